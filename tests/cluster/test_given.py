"""DATABASE_URL: what is missing in a database of the operator's own is named."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from app.cluster import Facts, check_given_database, start_temporary
from app.cluster.contents import LET_FIND
from app.errors import NotAllowed, Unavailable


@pytest.fixture(scope="module")
def server() -> Iterator[Facts]:
    with start_temporary() as facts:
        yield facts


def database(server: Facts, name: str, *wishes: str, encoding: str = "UTF8") -> str:
    """A fresh database with an ordinary role beside it, and the address for that role."""
    with psycopg.connect(server.superuser_conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'word'").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE 'C' LC_CTYPE 'C'").format(
                sql.Identifier(name), sql.Literal(encoding)
            )
        )
    with psycopg.connect(server.as_superuser_in(name), autocommit=True) as connection:
        for wish in wishes:
            connection.execute(wish)
    return f"postgresql+psycopg://{name}:word@127.0.0.1:{server.port}/{name}"


def test_enough_is_accepted_and_a_creatable_extension_is_created(server: Facts) -> None:
    # btree_gist is trusted: who may create in the database may create it, PostGIS only a superuser.
    url = database(
        server,
        "enough",
        "CREATE EXTENSION postgis",
        "GRANT CREATE ON SCHEMA public TO enough",
        "GRANT CREATE ON DATABASE enough TO enough",
    )
    assert not check_given_database(url), "only a superuser can let spatial indexes be used"
    with psycopg.connect(server.as_superuser_in("enough")) as connection:
        found = connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'btree_gist'").fetchone()
        assert found is not None
        connection.execute(LET_FIND)
    assert check_given_database(url)


def test_extension_that_may_not_be_created_names_role_database_and_order(server: Facts) -> None:
    url = database(server, "without_postgis", "GRANT CREATE ON SCHEMA public TO without_postgis")
    with pytest.raises(NotAllowed) as refusal:
        check_given_database(url)
    for named in ("without_postgis", "CREATE EXTENSION postgis"):
        assert named in str(refusal.value)


def test_missing_right_names_role_and_schema(server: Facts) -> None:
    url = database(server, "without_right", "CREATE EXTENSION postgis", "CREATE EXTENSION btree_gist")
    with pytest.raises(NotAllowed) as refusal:
        check_given_database(url)
    assert refusal.value.code == "right_missing"
    assert "without_right" in str(refusal.value)
    assert "public" in str(refusal.value)


def test_database_that_cannot_hold_chinese_is_refused(server: Facts) -> None:
    with pytest.raises(Unavailable) as refusal:
        check_given_database(database(server, "latin", encoding="LATIN1"))
    assert refusal.value.code == "database_not_utf8"


@pytest.mark.parametrize("change", [("enough_wrong", "no_such_role"), (":word@", ":other@")])
def test_wrong_role_or_password_is_named_without_the_password(server: Facts, change: tuple[str, str]) -> None:
    url = f"postgresql://enough_wrong:word@127.0.0.1:{server.port}/wardmap".replace(*change)
    with pytest.raises(Unavailable) as refusal:
        check_given_database(url)
    assert refusal.value.code == "database_unreachable"
    assert "127.0.0.1" in str(refusal.value)
    assert "word@" not in str(refusal.value)


@pytest.mark.parametrize(
    "url", ["postgresql://", "postgresql://127.0.0.1:1/none", "postgresql://[", "postgresql://h:x/y"]
)
def test_an_address_that_leads_nowhere_is_one_sentence(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", "1")
    with pytest.raises(Unavailable) as refusal:
        check_given_database(url)
    assert "DATABASE_URL" in str(refusal.value)
