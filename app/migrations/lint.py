"""Whether tables, views, functions and roles are guarded as they must be: asked at every start, after every migration."""

from typing import NamedTuple

from sqlalchemy import Connection, text

import app.migrations.tables  # noqa: F401  a table that is not known is not looked at
from app.cluster.folders import PUBLIC_ROLE, WEB_ROLE
from app.db import Base
from app.errors import N_, Unavailable
from app.migrations.journalling import unjournalled
from app.migrations.rights import FILLED_BY_COPY, OPEN_TABLES, PUBLIC_VIEWS, SEEN_BY_ALL, WRITTEN_BY_TRIGGER


class Finding(NamedTuple):
    """A rule, and the name of what breaks it."""

    rule: str
    name: str

    def __str__(self) -> str:
        return f"{self.name} ({self.rule})"


# Our tables and their partitions; an operator's own beside them are the operator's business.
OURS = """
WITH here AS (
  SELECT c.oid, c.relname::text AS name, c.relkind AS kind, c.relowner AS owner, c.relacl AS acl, c.relrowsecurity AS guarded,
         c.relforcerowsecurity AS forced, coalesce(c.reloptions, '{}') AS options, n.nspname AS schema,
         EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') AS foreign_made
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema()
), tables AS (
  SELECT * FROM here WHERE kind IN ('r', 'p') AND (name = ANY(:known) OR EXISTS (
    SELECT FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent WHERE i.inhrelid = here.oid AND p.relname = ANY(:known)))
), tenants AS (
  SELECT * FROM tables WHERE NOT name = ANY(:open)
), views AS (
  SELECT * FROM here WHERE kind IN ('v', 'm') AND NOT foreign_made
), policies AS (
  SELECT t.name, t.oid, p.cmd, p.permissive = 'PERMISSIVE' AS widens, p.qual, p.with_check
  FROM pg_policies p JOIN tenants t ON t.name = p.tablename AND t.schema = p.schemaname
), functions AS (
  SELECT p.oid, p.oid::regprocedure::text AS name, p.prosecdef, p.prorettype, p.proleakproof, p.proname,
         (SELECT split_part(c, '=', 2) FROM unnest(p.proconfig) AS c WHERE c LIKE 'search_path=%') AS path
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
), guests AS (
  SELECT * FROM pg_roles WHERE rolname IN (:web, :public)
), strong AS (
  SELECT oid FROM pg_roles WHERE rolsuper OR rolbypassrls OR oid IN (SELECT owner FROM tables)
    OR rolname IN ('pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
)
"""
# Of tables, views and functions. What a policy asks for must be the scope, or a row of a table that asks for it.
RULES = {
    "no_row_security": "SELECT name FROM tenants WHERE NOT guarded",
    "not_for_the_owner": "SELECT name FROM tenants WHERE guarded AND NOT forced AND NOT name = ANY(:filled)",
    "command_without_policy": """
        SELECT t.name || ' ' || command FROM tenants t, unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS command
        WHERE NOT EXISTS (SELECT FROM policies p WHERE p.oid = t.oid AND p.widens AND p.cmd IN ('ALL', command))""",
    "policy_asks_for_no_scope": r"""
        SELECT name || ' ' || cmd FROM policies CROSS JOIN LATERAL (VALUES
          (CASE WHEN cmd <> 'INSERT' THEN coalesce(qual, '') END),
          (CASE WHEN cmd IN ('ALL', 'INSERT', 'UPDATE') THEN coalesce(with_check, qual, '') END)) AS said (asked)
        WHERE widens AND asked <> 'false' AND asked !~ ('scope_patterns|FROM (' || array_to_string(CAST(:guarding AS text[]), '|') || ')\M')
          AND NOT (cmd = 'SELECT' AND name = ANY(:seen_by_all))""",
    "owned_by_a_web_role": "SELECT h.name FROM here h JOIN guests g ON pg_has_role(g.oid, h.owner, 'MEMBER') WHERE NOT h.foreign_made",
    "view_with_its_owners_rights": """
        SELECT name FROM views WHERE NOT name = ANY(:views) AND (kind = 'm' OR NOT options @> '{security_invoker=true}')""",
    "public_view_differs": """
        SELECT wanted FROM unnest(CAST(:views AS text[])) AS wanted WHERE NOT EXISTS (
          SELECT FROM views v WHERE v.name = wanted AND v.kind = 'v' AND v.options::text LIKE '%security_barrier%'
            AND v.owner IN (SELECT owner FROM tables)
            AND (SELECT string_agg(wanted || '.' || attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = v.oid AND attnum > 0)
                = (SELECT string_agg(one, ',' ORDER BY place) FROM unnest(CAST(:columns AS text[])) WITH ORDINALITY AS c (one, place)
                   WHERE split_part(one, '.', 1) = wanted))""",
    # A temporary table of the caller's would otherwise be found before ours.
    "definer_without_search_path": r"""
        SELECT name FROM functions WHERE prosecdef AND oid NOT IN (SELECT objid FROM pg_depend WHERE deptype = 'e')
          AND (path IS NULL OR path !~ 'pg_temp"?\s*$')""",
    "definer_for_everybody": """
        SELECT name FROM functions WHERE prosecdef AND prorettype <> 'trigger'::regtype
          AND oid NOT IN (SELECT objid FROM pg_depend WHERE deptype = 'e') AND has_function_privilege('public', oid, 'EXECUTE')""",
    "leakproof_without_reason": "SELECT name FROM functions WHERE proleakproof AND proname <> 'geometry_overlaps'",
    "given_to_everybody": """
        SELECT h.name FROM here h WHERE (h.oid IN (SELECT oid FROM tables) OR h.name = ANY(:views)) AND (
          EXISTS (SELECT FROM aclexplode(h.acl) a WHERE a.grantee = 0)
          OR EXISTS (SELECT FROM pg_attribute t, aclexplode(t.attacl) a WHERE t.attrelid = h.oid AND a.grantee = 0))""",
    "given_to_whatever_comes": """
        SELECT defaclrole::regrole::text FROM pg_default_acl d WHERE defaclrole IN (SELECT owner FROM tables) AND defaclobjtype <> 'T'
          AND EXISTS (SELECT FROM aclexplode(d.defaclacl) a WHERE a.grantee = 0 OR a.grantee IN (SELECT oid FROM guests))""",
    "public_role_reads_more": """
        SELECT h.name FROM here h JOIN guests g ON g.rolname = :public WHERE kind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT foreign_made
          AND h.owner IN (SELECT owner FROM tables) AND (
            CASE WHEN kind = 'S' THEN has_sequence_privilege(g.oid, h.oid, 'USAGE, SELECT, UPDATE')
                 ELSE has_table_privilege(g.oid, h.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
                   OR (has_any_column_privilege(g.oid, h.oid, 'SELECT') AND NOT name = ANY(:views)) END)""",
    "public_role_lacks": """
        SELECT v.name FROM views v JOIN guests g ON g.rolname = :public
        WHERE v.name = ANY(:views) AND NOT has_table_privilege(g.oid, v.oid, 'SELECT')""",
    "web_role_changes_shape": """
        SELECT t.name FROM here t JOIN guests g ON g.rolname = :web WHERE t.kind IN ('r', 'p', 'v') AND NOT foreign_made AND (
          (t.oid IN (SELECT oid FROM tables) AND has_table_privilege(g.oid, t.oid, 'TRUNCATE, REFERENCES, TRIGGER'))
          OR (t.name = ANY(:closed) AND has_table_privilege(g.oid, t.oid, 'INSERT, UPDATE, DELETE')))""",
}
# Of the roles themselves.
POWERFUL = """
SELECT rolname::text FROM guests g WHERE rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
  OR EXISTS (SELECT FROM strong s WHERE pg_has_role(g.oid, s.oid, 'MEMBER'))
  OR has_schema_privilege(g.oid, current_schema(), 'CREATE') OR has_database_privilege(g.oid, current_database(), 'CREATE')
"""


def unguarded(connection: Connection) -> list[Finding]:
    """What would let one office see or change another's rows, or anybody more than is public."""
    return [
        Finding(rule, name)
        for rule, question in RULES.items()
        for name in connection.scalars(text(OURS + question + " ORDER BY 1"), _lists())
    ]


def refuse_unguarded(connection: Connection) -> None:
    """Raise Unavailable naming what is not guarded, or a web role that could do more than it should."""
    for role in connection.scalars(text(OURS + POWERFUL + " ORDER BY 1"), _lists()):
        raise Unavailable(
            "web_role_powerful",
            N_("数据库角色 %(role)s 的权限太大（超级用户、可绕过隔离、拥有表，或能建表）。请收回后再启动。"),
            role=role,
        )
    found = unguarded(connection)
    if found:
        raise Unavailable(
            "tables_unguarded",
            N_("数据库里有没有按辖区隔离的内容：%(names)s。为了安全没有启动，请联系维护人员。"),
            names="、".join(map(str, found)),
        )
    names = unjournalled(connection)
    if names:
        raise Unavailable(
            "tables_unjournalled",
            N_("这些表的操作记录被关掉或改动了：%(names)s。为了安全没有启动，请联系维护人员。"),
            names="、".join(names),
        )


def _lists() -> dict[str, object]:
    known = sorted(Base.metadata.tables)
    return {
        "known": known,
        "open": list(OPEN_TABLES),
        "filled": [*FILLED_BY_COPY, *WRITTEN_BY_TRIGGER],
        "closed": ["alembic_version", *WRITTEN_BY_TRIGGER, *PUBLIC_VIEWS],
        "guarding": [name for name in known if name not in OPEN_TABLES],
        "seen_by_all": list(SEEN_BY_ALL),
        "views": list(PUBLIC_VIEWS),
        "columns": [f"{view}.{column}" for view, columns in PUBLIC_VIEWS.items() for column in columns],
        "web": WEB_ROLE,
        "public": PUBLIC_ROLE,
    }
