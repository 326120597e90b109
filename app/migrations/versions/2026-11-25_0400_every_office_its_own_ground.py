"""Roles are granted for areas, rows say whose they are, and the database keeps offices apart.

What happens to code that runs meanwhile: the former version names account.role and sets no scope, so every page of it is
refused; it is replaced together with the database, by the same start. The new columns are filled from rows that the same
tables refer to, which takes seconds for a million buildings.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "20261125_3"
down_revision = "20261125_25"
branch_labels = None
depends_on = None

ROLES = ("system", "security", "auditor", "district", "planner", "dispatcher", "community", "volunteer")
# Read once per statement and row; a simple body, so that it is put into the plan in place of the call. Without a scope
# the setting is unknown or empty, and both are errors: nobody sees nothing by mistake, or everything.
FUNCTIONS = """
CREATE FUNCTION in_scope(code text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
RETURN code LIKE ANY (current_setting('wardmap.scope')::text[]);
CREATE FUNCTION above_scope(code text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
RETURN EXISTS (
  SELECT FROM unnest(current_setting('wardmap.scope')::text[]) AS pattern
  WHERE starts_with(pattern, CASE WHEN right(code, 6) = '000000' THEN left(code, 6)
                                  WHEN right(code, 3) = '000' THEN left(code, 9) ELSE code END));
"""
# table -> column that says whose a row is
OWN = {
    "building": "area_code", "building_change": "area_code", "plan": "area_code", "zone": "area_code",
    "zone_building": "area_code", "plan_step": "area_code", "ground_import": "area_code",
}
# Seen from below too: a community's page names its street and district.
LADDER = {"area": "code", "area_version": "area_code"}
# Seen by every account, changed by those whose ground it is.
SHARED = {"road": "area_code", "water": "area_code", "green": "''::text", "division_code": "code"}
# Pieces of an import: whose it is, the import says.
PIECES = ("import_file", "import_part", "import_row", "import_finding", "import_former")


def upgrade() -> None:
    op.create_table(
        "role_grant",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("area_code", sa.String(length=12), server_default="", nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), server_default=sa.text("tstzrange(now(), NULL)"), nullable=False),
        sa.Column("given_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(f"role IN ({', '.join(map(repr, ROLES))})", name=op.f("role_grant_role_is_known")),
        sa.CheckConstraint("area_code ~ '^([0-9]{12})?$'", name=op.f("role_grant_area_code_has_12_digits")),
        sa.CheckConstraint("NOT isempty(during)", name=op.f("role_grant_during_is_given")),
        postgresql.ExcludeConstraint(
            (sa.column("account_id"), "="), (sa.column("role"), "="), (sa.column("area_code"), "="),
            (sa.column("during"), "&&"), using="gist", name="role_grant_once_at_a_time",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("role_grant_account_id_fk"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["given_by"], ["account.id"], name=op.f("role_grant_given_by_fk")),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name=op.f("role_grant_ended_by_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("role_grant_pk")),
    )
    for column in ("account_id", "given_by", "ended_by"):
        op.create_index(op.f(f"role_grant_{column}_ix"), "role_grant", [column], unique=False)
    # Until now every account saw everything; whoever could plan could plan everywhere.
    op.execute("INSERT INTO role_grant (account_id, role) SELECT id, CASE role WHEN 'planner' THEN 'district' ELSE role END FROM account")
    op.execute(
        "INSERT INTO role_grant (account_id, role) SELECT a.id, r.role FROM (SELECT min(id) AS id FROM account) a,"
        " (VALUES ('system'), ('security')) r(role) WHERE a.id IS NOT NULL"
    )
    op.drop_column("account", "role")
    add_owners()
    for statement in filter(str.strip, FUNCTIONS.split(";\n")):
        op.execute(statement)
    for table, column in OWN.items():
        guard(table, f"in_scope({column})")
    for table, column in LADDER.items():
        guard(table, f"in_scope({column})", f"in_scope({column}) OR above_scope({column})")
    for table, column in SHARED.items():
        guard(table, f"in_scope({column})", "true")
    for table in PIECES:
        # COPY fills them, which policies of the owner would forbid.
        guard(table, "EXISTS (SELECT FROM ground_import i WHERE i.id = import_id)", force=False)


def add_owners() -> None:
    for table in ("ground_import", "road", "water"):
        op.add_column(table, sa.Column("area_code", sa.String(length=12), server_default="", nullable=False))
    op.create_check_constraint(op.f("ground_import_area_code_has_12_digits"), "ground_import", "area_code ~ '^([0-9]{12})?$'")
    for table, parent, key in (("plan_step", "plan", "plan_id"), ("building_change", "building", "building_id")):
        op.add_column(table, sa.Column("area_code", sa.String(length=12), nullable=True))
        op.execute(f"UPDATE {table} SET area_code = p.area_code FROM {parent} p WHERE p.id = {table}.{key}")
        op.alter_column(table, "area_code", nullable=False)
        op.drop_constraint(op.f(f"{table}_{key}_fk"), table, type_="foreignkey")
        moves = {"onupdate": "CASCADE"} if parent == "building" else {}
        op.create_foreign_key(
            f"{table}_{parent}_fk", table, parent, [key, "area_code"], ["id", "area_code"], ondelete="CASCADE", **moves
        )


def guard(table: str, may_change: str, may_see: str = "", *, force: bool = True) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    if force:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY {table}_see ON {table} FOR SELECT USING ({may_see or may_change})")
    op.execute(f"CREATE POLICY {table}_add ON {table} FOR INSERT WITH CHECK ({may_change})")
    op.execute(f"CREATE POLICY {table}_change ON {table} FOR UPDATE USING ({may_change}) WITH CHECK ({may_change})")
    op.execute(f"CREATE POLICY {table}_remove ON {table} FOR DELETE USING ({may_change})")


def downgrade() -> None:
    for table in (*OWN, *LADDER, *SHARED, *PIECES):
        for what in ("see", "add", "change", "remove"):
            op.execute(f"DROP POLICY {table}_{what} ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("DROP FUNCTION in_scope(text)")
    op.execute("DROP FUNCTION above_scope(text)")
    for table, parent, key in (("plan_step", "plan", "plan_id"), ("building_change", "building", "building_id")):
        op.drop_constraint(f"{table}_{parent}_fk", table, type_="foreignkey")
        op.drop_column(table, "area_code")
        op.create_foreign_key(op.f(f"{table}_{key}_fk"), table, parent, [key], ["id"], ondelete="CASCADE")
    for table in ("ground_import", "road", "water"):
        op.drop_column(table, "area_code")
    # Without areas only two roles are left; whoever had neither may look.
    op.add_column("account", sa.Column("role", sa.String(length=16), server_default="community", nullable=False))
    op.execute(
        "UPDATE account SET role = 'planner' WHERE id IN"
        " (SELECT account_id FROM role_grant WHERE role IN ('district', 'planner') AND during @> now())"
    )
    op.alter_column("account", "role", server_default=None)
    op.create_check_constraint(op.f("account_role_is_known"), "account", "role IN ('planner', 'community')")
    op.drop_table("role_grant")
