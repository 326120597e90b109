"""What the roles of web pages may do, given anew after every migration; and the written lists that the lint goes by."""

from sqlalchemy import Connection, text

from app.cluster.folders import PUBLIC_ROLE, WEB_ROLE

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
# Policies, but only for changes: every account sees them whole.
SEEN_BY_ALL = ("road", "water", "green", "division_code")
# Everything that is read without an account, column by column: facts that an office puts on its door. These views are read with
# the rights of their owner, so each column here was a decision; the lint refuses one that is not written down.
PUBLIC_VIEWS = {"open_area": ("code", "level", "parent_code", "name", "outline")}
GIVE_WEB = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    "GRANT EXECUTE ON FUNCTION {definers} TO {role}",
    "REVOKE INSERT, UPDATE, DELETE ON alembic_version, spatial_ref_sys, journal, journal_block, journal_head, {views} FROM {role}",
)
# Run with their owner's rights: for us, not for everybody, which is what PostgreSQL gives.
DEFINERS = "journal_note_look(text, text, bigint[], text[], text)"
GIVE_PUBLIC = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}",
    "GRANT SELECT ON {views} TO {role}",
)


def give_rights(connection: Connection) -> None:
    """Let each role do its part, where the server has it; none owns anything or makes anything."""
    schema = connection.scalar(text("SELECT quote_ident(current_schema())"))
    connection.execute(text(f"REVOKE EXECUTE ON FUNCTION {DEFINERS} FROM PUBLIC"))
    for role, statements in ((WEB_ROLE, GIVE_WEB), (PUBLIC_ROLE, GIVE_PUBLIC)):
        if connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role}):
            for statement in statements:
                order = statement.format(
                    schema=schema, role=role, views=", ".join(PUBLIC_VIEWS), definers=DEFINERS
                )
                connection.execute(text(order))
