"""What the role of web pages may do, given anew after every migration; and whether the tables are guarded as they must be."""

from sqlalchemy import Connection, text

from app.cluster.folders import WEB_ROLE
from app.db import Base
from app.errors import N_, Unavailable
from app.migrations.journalling import unjournalled

# Tables without policies, and why none is needed.
OPEN_TABLES = {
    "account": "logins belong to no area; pages show those whose grants lie in the asker's areas",
    "role_grant": "read with every request before any scope is known",
    "invitation": "found by an unguessable token, while nobody is signed in yet",
    "invitation_batch": "random keys",
    "browser_session": "found by an unguessable token, before any scope is known",
    "recovery_code": "found by account and a keyed hash, while nobody is signed in yet",
    "former_password": "of logins, which belong to no area",
    "known_device": "found by an unguessable token, while nobody is signed in yet",
    "attempt": "keyed hashes and numbers, before any scope is known",
    "request_key": "found by an account and the key that its own page made; it says what was answered, for a day",
    "revision": "a number for the whole ground",
    "alembic_version": "the shape of the database",
    "spatial_ref_sys": "of PostGIS",
}
# Policies, but not for the owner: the worker fills them by COPY, which policies forbid.
FILLED_BY_COPY = ("import_file", "import_part", "import_row", "import_finding", "import_former")
# The same: their owner's triggers write them for everybody, in whatever scope.
WRITTEN_BY_TRIGGER = ("journal", "journal_block", "journal_head")
GIVE = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    "REVOKE INSERT, UPDATE, DELETE ON alembic_version, spatial_ref_sys, journal, journal_block, journal_head FROM {role}",
)
UNGUARDED = """
SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND c.relname = ANY(:known) AND NOT c.relname = ANY(:open)
  AND (NOT c.relrowsecurity OR (NOT c.relforcerowsecurity AND NOT c.relname = ANY(:filled))
       OR (SELECT count(DISTINCT cmd) FROM pg_policies p WHERE p.schemaname = n.nspname AND p.tablename = c.relname) < 4)
UNION ALL
SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind = 'v' AND c.relname NOT IN ('geometry_columns', 'geography_columns')
  AND NOT COALESCE(c.reloptions @> ARRAY['security_invoker=true'], false)
UNION ALL
SELECT p.proname::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = current_schema() AND p.prosecdef
  AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS c WHERE c LIKE 'search_path=%')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
ORDER BY 1
"""
POWERFUL = """
SELECT r.rolsuper OR r.rolbypassrls OR EXISTS (
  SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = current_schema() AND c.relowner = r.oid)
FROM pg_roles r WHERE r.rolname = :role
"""


def give_rights(connection: Connection) -> None:
    """Let the web role read and write rows, where the server has one; it owns nothing and makes nothing."""
    if connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": WEB_ROLE}):
        schema = connection.scalar(text("SELECT quote_ident(current_schema())"))
        for statement in GIVE:
            connection.execute(text(statement.format(schema=schema, role=WEB_ROLE)))


def unguarded(connection: Connection) -> list[str]:
    """Names of tables, views and functions that would let one office see another's rows.

    An operator's own tables beside ours are the operator's business.
    """
    known = sorted(Base.metadata.tables)
    return list(
        connection.scalars(
            text(UNGUARDED),
            {"known": known, "open": list(OPEN_TABLES), "filled": [*FILLED_BY_COPY, *WRITTEN_BY_TRIGGER]},
        )
    )


def refuse_unguarded(connection: Connection) -> None:
    """Raise Unavailable naming what is not guarded, or the web role when it could do more than it should."""
    names = unguarded(connection)
    if names:
        raise Unavailable(
            "tables_unguarded",
            N_("数据库里有没有按辖区隔离的内容：%(names)s。为了安全没有启动，请联系维护人员。"),
            names="、".join(names),
        )
    names = unjournalled(connection)
    if names:
        raise Unavailable(
            "tables_unjournalled",
            N_("这些表的操作记录被关掉或改动了：%(names)s。为了安全没有启动，请联系维护人员。"),
            names="、".join(names),
        )
    if connection.scalar(text(POWERFUL), {"role": WEB_ROLE}):
        raise Unavailable(
            "web_role_powerful",
            N_("数据库角色 %(role)s 的权限太大（超级用户、可绕过隔离，或拥有表）。请收回后再启动。"),
            role=WEB_ROLE,
        )
