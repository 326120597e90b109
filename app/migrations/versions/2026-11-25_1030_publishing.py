"""Publishing: zones keep their identity through plans, exceptions have a name, what is published or locked stays as it is.

What happens to code that runs meanwhile: it goes on making drafts; each new column has a default. Zones of today's plans get
identities of their own; those of a copy made before this are not known to be the same.
"""

from alembic import op
import sqlalchemy as sa

revision = "20261125_11"
down_revision = "20261125_10"
branch_labels = None
depends_on = None

INSTANT = sa.TIMESTAMP(timezone=True)
IN_SCOPE = "coalesce(area_code LIKE ANY ((SELECT scope_patterns())::text[]), false)"
# Once a statement, over the rows that it touched. A plan or zone that goes away itself takes its rows along unasked.
STAYS = """
CREATE FUNCTION zones_stay() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, {schema}, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM touched t JOIN plan p ON p.id = t.plan_id WHERE p.state = 'published') THEN
    RAISE EXCEPTION 'a published plan stays as it is' USING ERRCODE = '23514', CONSTRAINT = 'published_plan_stays';
  END IF;
  IF TG_TABLE_NAME = 'zone_building' THEN
    IF EXISTS (SELECT FROM touched t JOIN zone z ON z.id = t.zone_id WHERE z.locked) THEN
      RAISE EXCEPTION 'a locked zone stays as it is' USING ERRCODE = '23514', CONSTRAINT = 'locked_zone_stays';
    END IF;
  END IF;
  RETURN NULL;
END $$
"""
LOCKED_STAYS = """
CREATE FUNCTION locked_zone_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, {schema}, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM touched t JOIN plan p ON p.id = t.plan_id WHERE t.locked) THEN
    RAISE EXCEPTION 'a locked zone stays as it is' USING ERRCODE = '23514', CONSTRAINT = 'locked_zone_stays';
  END IF;
  RETURN NULL;
END $$
"""
PLAN_STAYS = """
CREATE FUNCTION published_plan_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, {schema}, pg_temp AS $$
BEGIN
  IF OLD.state = 'published' AND (TG_OP = 'DELETE' OR (NEW.state, NEW.name, NEW.area_code, NEW.published_at, lower(NEW.during))
      IS DISTINCT FROM (OLD.state, OLD.name, OLD.area_code, OLD.published_at,
                        CASE WHEN isempty(NEW.during) THEN NULL ELSE lower(OLD.during) END)) THEN
    RAISE EXCEPTION 'a published plan stays as it is' USING ERRCODE = '23514', CONSTRAINT = 'published_plan_stays';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$
"""
# A row that moves leaves one zone and enters another: both are asked.
TOUCHING = (("added", "INSERT", "NEW"), ("left", "UPDATE", "OLD"), ("entered", "UPDATE", "NEW"), ("removed", "DELETE", "OLD"))


def upgrade() -> None:
    op.add_column("zone", sa.Column("lineage", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False))
    op.create_unique_constraint(op.f("zone_plan_id_lineage_is_unique"), "zone", ["plan_id", "lineage"])
    op.add_column("zone", sa.Column("locked", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("plan", sa.Column("published_at", INSTANT, nullable=True))
    op.add_column("plan", sa.Column("published_by", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("plan_published_by_fk"), "plan", "account", ["published_by"], ["id"])
    op.create_index(op.f("plan_published_by_ix"), "plan", ["published_by"])
    op.create_table(
        "plan_exception",
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("zone_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("granted_by", sa.BigInteger(), nullable=True),
        sa.Column("granted_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('in_pieces')", name=op.f("plan_exception_kind_is_known")),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("plan_exception_reason_is_given")),
        sa.ForeignKeyConstraint(["granted_by"], ["account.id"], name=op.f("plan_exception_granted_by_fk")),
        sa.ForeignKeyConstraint(
            ["zone_id", "plan_id", "area_code"], ["zone.id", "zone.plan_id", "zone.area_code"],
            name="plan_exception_zone_fk", ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("plan_id", "zone_id", "kind", name=op.f("plan_exception_pk")),
    )
    op.create_index(op.f("plan_exception_granted_by_ix"), "plan_exception", ["granted_by"])
    guard("plan_exception")
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    for statement in (STAYS, LOCKED_STAYS, PLAN_STAYS):
        op.execute(statement.replace("{schema}", schema))
    for table in ("zone", "zone_building", "plan_exception"):
        for name, event, rows in TOUCHING:
            op.execute(
                f"CREATE TRIGGER stays_{name} AFTER {event} ON {table} REFERENCING {rows} TABLE AS touched"
                " FOR EACH STATEMENT EXECUTE FUNCTION zones_stay()"
            )
    op.execute(
        "CREATE TRIGGER locked_stays AFTER DELETE ON zone REFERENCING OLD TABLE AS touched"
        " FOR EACH STATEMENT EXECUTE FUNCTION locked_zone_stays()"
    )
    op.execute(
        "CREATE TRIGGER published_stays BEFORE UPDATE OR DELETE ON plan FOR EACH ROW EXECUTE FUNCTION published_plan_stays()"
    )


def guard(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY {table}_see ON {table} FOR SELECT USING ({IN_SCOPE})")
    op.execute(f"CREATE POLICY {table}_add ON {table} FOR INSERT WITH CHECK ({IN_SCOPE})")
    op.execute(f"CREATE POLICY {table}_change ON {table} FOR UPDATE USING ({IN_SCOPE}) WITH CHECK ({IN_SCOPE})")
    op.execute(f"CREATE POLICY {table}_remove ON {table} FOR DELETE USING ({IN_SCOPE})")


def downgrade() -> None:
    op.drop_table("plan_exception")
    op.execute("DROP FUNCTION zones_stay() CASCADE")
    op.execute("DROP FUNCTION locked_zone_stays() CASCADE")
    op.execute("DROP FUNCTION published_plan_stays() CASCADE")
    op.drop_column("plan", "published_by")
    op.drop_column("plan", "published_at")
    op.drop_column("zone", "locked")
    op.drop_column("zone", "lineage")
