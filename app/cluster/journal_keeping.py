"""The journal in a private cluster: owned by a role that nobody can become, and told of every change of the tables' shape."""

import psycopg

from app.cluster.folders import OWNER_ROLE, PUBLIC_ROLE, SUPERUSER, WEB_ROLE

# Owns the journal and nothing else; what is written stays.
JOURNAL_ROLE = "wardmap_journal"
JOURNAL = ("journal", "journal_block", "journal_head")
JOURNAL_FUNCTIONS = """
SELECT oid::regprocedure::text FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'journal\\_%'
"""
# The owner of a table may switch its triggers off, and on again. It cannot switch off this, which only a superuser may make.
NOTE_SHAPE = """
CREATE OR REPLACE FUNCTION journal_note_shape() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  one record;
BEGIN
  IF TG_EVENT = 'sql_drop' THEN
    FOR one IN SELECT object_type, object_identity FROM pg_event_trigger_dropped_objects()
      WHERE original AND NOT is_temporary AND schema_name = 'public'
    LOOP
      INSERT INTO journal (subject, action, rows, changes) VALUES
        ('shape', 'delete', 1, jsonb_build_array(jsonb_build_object('id', one.object_identity, 'is', TG_TAG)));
    END LOOP;
  ELSE
    FOR one IN SELECT object_identity FROM pg_event_trigger_ddl_commands() WHERE schema_name = 'public'
    LOOP
      INSERT INTO journal (subject, action, rows, changes) VALUES
        ('shape', 'update', 1, jsonb_build_array(jsonb_build_object('id', one.object_identity, 'is', TG_TAG)));
    END LOOP;
  END IF;
END $$
"""
CHANGES = (
    "ALTER TABLE", "CREATE TABLE", "CREATE TRIGGER", "ALTER TRIGGER", "CREATE FUNCTION", "ALTER FUNCTION", "CREATE POLICY",
    "ALTER POLICY", "CREATE VIEW", "ALTER VIEW", "CREATE RULE", "ALTER RULE",
)  # fmt: skip
WATCH = (
    NOTE_SHAPE,
    "REVOKE ALL ON FUNCTION journal_note_shape() FROM PUBLIC",
    f"ALTER FUNCTION journal_note_shape() OWNER TO {JOURNAL_ROLE}",
    "CREATE EVENT TRIGGER journal_shape_dropped ON sql_drop EXECUTE FUNCTION journal_note_shape()",
    "CREATE EVENT TRIGGER journal_shape_changed ON ddl_command_end"
    f" WHEN TAG IN ({', '.join(map(repr, CHANGES))}) EXECUTE FUNCTION journal_note_shape()",
)
REST = (
    "DROP EVENT TRIGGER IF EXISTS journal_shape_changed",
    "DROP EVENT TRIGGER IF EXISTS journal_shape_dropped",
)


def keep_journal(conninfo: str) -> None:
    """Give the journal to its own role, if there is one (earlier versions had none); to be told by a superuser."""
    orders = [
        *REST,
        *(f"ALTER TABLE {table} OWNER TO {JOURNAL_ROLE}" for table in JOURNAL),
        f"GRANT SELECT ON {', '.join(JOURNAL)} TO {OWNER_ROLE}, {WEB_ROLE}",
        # What its functions look up.
        f"GRANT USAGE ON SCHEMA public TO {JOURNAL_ROLE}",
        f"GRANT SELECT ON role_grant TO {JOURNAL_ROLE}",
        # The owner of a schema may drop every table in it, whoever owns that.
        f"ALTER SCHEMA public OWNER TO {SUPERUSER}",
        f"GRANT ALL ON SCHEMA public TO {OWNER_ROLE}",
        f"GRANT USAGE ON SCHEMA public TO {WEB_ROLE}, {PUBLIC_ROLE}",
    ]
    with psycopg.connect(conninfo) as connection:
        if connection.execute("SELECT to_regclass('public.journal')").fetchone() == (None,):
            return
        for order in orders:
            connection.execute(order)
        for (function,) in connection.execute(JOURNAL_FUNCTIONS).fetchall():
            connection.execute(f"ALTER FUNCTION {function} OWNER TO {JOURNAL_ROLE}")
            connection.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {OWNER_ROLE}, {WEB_ROLE}")
        for order in WATCH:
            connection.execute(order)


def lend_journal(conninfo: str) -> None:
    """Give it back to the owner of the database for the length of a migration, which leaves a line of its own."""
    with psycopg.connect(conninfo) as connection:
        for order in REST:
            connection.execute(order)
        connection.execute(f"REASSIGN OWNED BY {JOURNAL_ROLE} TO {OWNER_ROLE}")
