"""What a fresh cluster is filled with: the role that owns everything, those of web pages, the database, the extensions."""

import psycopg
from psycopg import sql

from app.cluster.folders import Facts
from app.cluster.journal_keeping import JOURNAL_ROLE
from app.cluster.programs import EXTENSIONS, extension_missing

# Row-level security lets an index be searched only by operators that cannot tell what they looked at. This one compares
# boxes: it raises no error and prints nothing that depends on them, which is what the word promises. Without it every tile
# and every lasso would look at all rows. Holds for one database, and only a superuser may say it.
# The other subtracts two days, for the planner: without it, it believes that of all dated rows half a percent hold today, and
# reads a whole community to show one page of it.
LET_FIND = (
    "ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF;"
    " ALTER FUNCTION pg_catalog.daterange_subdiff(date, date) LEAKPROOF"
)


def finds_by_index(connection: psycopg.Connection) -> bool:
    """Whether spatial indexes are searched, and dates estimated, in spite of row-level security."""
    row = connection.execute(
        "SELECT bool_and(p.proleakproof) AND (SELECT proleakproof FROM pg_proc"
        " WHERE oid = 'pg_catalog.daterange_subdiff(date, date)'::regprocedure)"
        " FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'"
        " JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'postgis' WHERE p.proname = 'geometry_overlaps'"
    ).fetchone()
    return bool(row and row[0])


def is_filled(facts: Facts) -> bool:
    """Whether the owner and the web pages get in and find the extensions."""
    try:
        with (
            psycopg.connect(facts.web_conninfo),
            psycopg.connect(facts.public_conninfo),
            psycopg.connect(facts.conninfo) as connection,
        ):
            rows = connection.execute("SELECT extname FROM pg_extension").fetchall()
            roles = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [JOURNAL_ROLE]).fetchall()
            may_use_indexes = finds_by_index(connection)
    except psycopg.OperationalError:
        return False
    return bool(roles) and may_use_indexes and set(EXTENSIONS) <= {row[0] for row in rows}


def fill(facts: Facts, major: int, *, may_create_databases: bool = False) -> None:
    """Create what is missing; safe to run again after it was cut off anywhere."""
    database = sql.Identifier(facts.database)
    owner, web = sql.Identifier(facts.role), sql.Identifier(facts.web_role)
    everybody = sql.Identifier(facts.public_role)
    with psycopg.connect(facts.as_superuser_in("postgres"), autocommit=True) as connection:
        _make_role(
            connection, facts.role, facts.password, "CREATEDB" if may_create_databases else "NOCREATEDB"
        )
        _make_role(connection, facts.web_role, facts.web_password, "NOCREATEDB")
        _make_role(connection, facts.public_role, facts.public_password, "NOCREATEDB")
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [JOURNAL_ROLE]).fetchone():
            connection.execute(f"CREATE ROLE {JOURNAL_ROLE} NOLOGIN")
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [facts.database]
        ).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))
        # Nobody but these has business in it, not even somebody who can name the database.
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        # Settling rows by hand plans in temporary tables.
        connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(database, web))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, everybody))
    with psycopg.connect(facts.superuser_conninfo, autocommit=True) as connection:
        for extension in EXTENSIONS:
            try:
                connection.execute(
                    sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))
                )
            except (psycopg.errors.UndefinedFile, psycopg.errors.FeatureNotSupported):
                raise extension_missing(extension, major) from None
        connection.execute(LET_FIND)


def _make_role(connection: psycopg.Connection, name: str, password: str, rights: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS {} PASSWORD {}").format(
            sql.SQL("ALTER" if found else "CREATE"),
            sql.Identifier(name),
            sql.SQL(rights),
            sql.Literal(password),
        )
    )


def has_table(url: str, name: str) -> bool:
    """Whether the database has this table in the schema that new tables go to."""
    with psycopg.connect(libpq_url(url)) as connection:
        return bool(connection.execute("SELECT to_regclass(%s) IS NOT NULL", [name]).fetchone() == (True,))


def libpq_url(url: str) -> str:
    """The same address without the name of SQLAlchemy's driver."""
    return "postgresql://" + url.split("://", 1)[1]
