"""What signed-in and anonymous people see while the database is away, and while too many sign in."""

from contextlib import ExitStack

import psycopg
import pytest

from app.accounts import actions
from app.accounts.actions import passwords
from app.errors import Unavailable
from tests.conftest import PASSWORD, copy_database, database_name


@pytest.fixture
def away(cluster, settings, engine, login_as, tmp_path):
    """A signed-in visitor of an application whose database has gone."""
    from dataclasses import replace

    from app import create_app, db
    from tests.conftest import Visitor

    url = copy_database(cluster, cluster.database)
    app = create_app(replace(settings, database_url=url))
    with db.transaction() as session:
        actions.add_account(session, "zhou", PASSWORD, "planner")
    visitor = Visitor(app.test_client())
    assert visitor.post("/sign-in", data={"login": "zhou", "password": PASSWORD}).status_code == 303
    with psycopg.connect(cluster.superuser_conninfo, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {database_name(url)} WITH (FORCE)")
    yield visitor
    db.bind(engine)


@pytest.mark.parametrize("path", ["/plans", "/tiles/backdrop/14/13597/6632.mvt", "/healthz", "/sign-in"])
def test_it_is_said_in_words_with_all_headers(away, path) -> None:
    answer = away.get(path)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "暂时连不上数据库" in answer.get_data(as_text=True)


def test_a_flood_of_sign_ins_is_turned_away_quickly(session) -> None:
    actions.add_account(session, "zhou", PASSWORD, "planner")
    with ExitStack() as busy:
        for _ in range(2):
            busy.enter_context(passwords._HASHES_AT_ONCE)
        with pytest.raises(Unavailable) as turned_away:
            actions.account_with_password(session, "zhou", PASSWORD)
    assert turned_away.value.code == "sign_in_busy"
    assert actions.account_with_password(session, "zhou", PASSWORD)


@pytest.mark.parametrize("target", ["//[", "http://[::", "/%00"])
def test_a_strange_way_back_leads_home(client, target) -> None:
    assert client.get("/sign-in", query_string={"next": target}).status_code == 200


def test_a_login_with_a_nul_is_a_wrong_login(client) -> None:
    assert client.post("/sign-in", data={"login": "a\x00b", "password": "x"}).status_code == 422


def test_an_absurd_zoom_costs_nothing(login_as) -> None:
    planner = login_as("planner")
    for zoom in (10**10, 2**63, 10**30):
        assert planner.get(f"/tiles/building/{zoom}/0/0.mvt").status_code == 422
        assert planner.get(f"/tiles/backdrop/{zoom}/0/0.mvt").status_code == 422
