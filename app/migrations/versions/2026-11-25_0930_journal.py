"""The journal: what was changed, by whom, from what to what; chained, and closed to everybody.

What happens to code that runs meanwhile: nothing. The triggers that write the journal are made anew after every migration
(`app/migrations/journalling.py`), from the tables as they are then.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "20261125_7"
down_revision = "20261125_8"
branch_labels = None
depends_on = None

CLOSED = ("journal", "journal_block", "journal_head")
IN_SCOPE = "coalesce({0} LIKE ANY ((SELECT scope_patterns())::text[]), false)"
# pg_catalog first: nobody who may make functions can put one in the place of a built-in.
DEFINER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp"
MICROSECONDS = "(extract(epoch FROM {0}) * 1000000)::bigint"
# Who, when, which transaction: never said by whoever inserts. `app/journal/verify.py` computes the digest anew.
COMPLETE = f"""
CREATE FUNCTION journal_complete() RETURNS trigger {DEFINER} AS $$
DECLARE
  actor text := coalesce(current_setting('wardmap.actor', true), '');
BEGIN
  NEW.chain := CASE WHEN NEW.area_code = '' THEN '' ELSE rpad(left(NEW.area_code, 9), 12, '0') END;
  NEW.account_id := nullif(split_part(actor, ' ', 1), '')::bigint;
  NEW.source := coalesce(nullif(split_part(actor, ' ', 2), ''), 'sql');
  NEW.request := split_part(actor, ' ', 3);
  NEW.db_role := session_user;
  NEW.at := now();
  NEW.txid := pg_current_xact_id()::text::bigint;
  NEW.digest := sha256(convert_to(concat_ws(E'\\x1f', NEW.id, NEW.chain, NEW.area_code, NEW.subject, NEW.action, NEW.rows,
    NEW.changes::text, coalesce(NEW.account_id::text, ''), NEW.source, NEW.request, NEW.db_role,
    {MICROSECONDS.format('NEW.at')}, NEW.txid), 'UTF8'));
  RETURN NEW;
END $$
"""
# Deferred to the commit: only then the heads are locked, all at once and in one order, so that no writer waits for another
# longer than a commit takes, and none crosswise.
CHAIN = f"""
CREATE FUNCTION journal_bind() RETURNS trigger {DEFINER} AS $$
DECLARE
  added record;
  head journal_head;
BEGIN
  IF EXISTS (SELECT FROM journal_head h
             WHERE h.chain = NEW.chain AND h.txid = NEW.txid AND h.at = NEW.at AND h.last_id >= NEW.id) THEN
    RETURN NULL;
  END IF;
  FOR added IN
    SELECT j.chain, count(*) AS lines, min(j.id) AS first_id, max(j.id) AS last_id,
      string_agg(j.digest, ''::bytea ORDER BY j.id) AS digests
    FROM journal j LEFT JOIN journal_head h ON h.chain = j.chain AND h.txid = j.txid AND h.at = j.at
    WHERE j.txid = NEW.txid AND j.at = NEW.at AND j.id > coalesce(h.last_id, 0)
    GROUP BY j.chain ORDER BY j.chain
  LOOP
    SELECT * INTO head FROM journal_head WHERE chain = added.chain FOR UPDATE;
    IF NOT FOUND THEN
      INSERT INTO journal_head VALUES (added.chain, 0, 0, NEW.at, 0, ''::bytea) ON CONFLICT DO NOTHING;
      SELECT * INTO head FROM journal_head WHERE chain = added.chain FOR UPDATE;
    END IF;
    head.number := head.number + 1;
    head.hash := sha256(head.hash || convert_to(concat_ws(E'\\x1f', added.chain, head.number, NEW.txid,
      {MICROSECONDS.format('NEW.at')}, added.first_id, added.last_id, added.lines), 'UTF8') || added.digests);
    INSERT INTO journal_block (chain, number, txid, at, first_id, last_id, lines, hash)
    VALUES (added.chain, head.number, NEW.txid, NEW.at, added.first_id, added.last_id, added.lines, head.hash);
    UPDATE journal_head SET number = head.number, hash = head.hash, txid = NEW.txid, at = NEW.at, last_id = added.last_id
    WHERE chain = added.chain;
  END LOOP;
  RETURN NULL;
END $$
"""
REFUSE = f"""
CREATE FUNCTION journal_refuse() RETURNS trigger {DEFINER} AS $$
BEGIN
  RAISE EXCEPTION '% of % is not allowed: the journal only grows', TG_OP, TG_TABLE_NAME USING ERRCODE = '42501';
END $$
"""
NOTE_LOOK = """
CREATE FUNCTION journal_note_look(subject text, area_code text, ids bigint[], fields text[], reason text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp AS $$
  INSERT INTO journal (subject, action, area_code, rows, changes)
  VALUES ($1, 'look', $2, cardinality($3), jsonb_build_object('ids', $3, 'fields', $4, 'reason', $5))
$$
"""


def upgrade() -> None:
    make_tables()
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    for statement in (COMPLETE, CHAIN, REFUSE, NOTE_LOOK):
        op.execute(statement.replace("{schema}", schema))
    op.execute("CREATE TRIGGER journal_is_completed BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION journal_complete()")
    op.execute(
        "CREATE CONSTRAINT TRIGGER journal_is_bound AFTER INSERT ON journal DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION journal_bind()"
    )
    for table in CLOSED:
        changes = "DELETE OR TRUNCATE" if table == "journal_head" else "UPDATE OR DELETE OR TRUNCATE"
        op.execute(f"CREATE TRIGGER {table}_only_grows BEFORE {changes} ON {table} EXECUTE FUNCTION journal_refuse()")
    # Not forced: the owner's functions write for everybody, whatever their scope; nobody else may write at all.
    for table in CLOSED:
        guard(table, "area_code" if table == "journal" else "chain")
    op.execute("ALTER TABLE journal_check ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE journal_check FORCE ROW LEVEL SECURITY")
    within = IN_SCOPE.format("area_code")
    op.execute(f"CREATE POLICY journal_check_see ON journal_check FOR SELECT USING ({within})")
    op.execute(f"CREATE POLICY journal_check_add ON journal_check FOR INSERT WITH CHECK ({within})")
    op.execute(f"CREATE POLICY journal_check_change ON journal_check FOR UPDATE USING ({within}) WITH CHECK ({within})")
    op.execute(f"CREATE POLICY journal_check_remove ON journal_check FOR DELETE USING ({within})")


def guard(table: str, column: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY {table}_see ON {table} FOR SELECT USING ({IN_SCOPE.format(column)})")
    op.execute(f"CREATE POLICY {table}_add ON {table} FOR INSERT WITH CHECK (false)")
    op.execute(f"CREATE POLICY {table}_change ON {table} FOR UPDATE USING (false) WITH CHECK (false)")
    op.execute(f"CREATE POLICY {table}_remove ON {table} FOR DELETE USING (false)")


def make_tables() -> None:
    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("chain", sa.String(length=12), nullable=False),
        sa.Column("area_code", sa.String(length=12), server_default="", nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("db_role", sa.String(length=63), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("txid", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("action IN ('insert', 'update', 'delete', 'look')", name=op.f("journal_action_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("journal_pk")),
    )
    op.create_index(op.f("journal_txid_ix"), "journal", ["txid"])
    op.create_index("journal_chain_ix", "journal", ["chain", "id"])
    op.create_index("journal_account_id_ix", "journal", ["account_id", "id"])
    op.create_index("journal_look_ix", "journal", ["account_id", "at"], postgresql_where=sa.text("action = 'look'"))
    op.create_index("journal_change_ix", "journal", ["id"], postgresql_where=sa.text("action <> 'look'"))
    op.create_index("journal_request_ix", "journal", ["request"], postgresql_where=sa.text("request <> ''"))
    op.create_index("journal_at_ix", "journal", ["at"], postgresql_using="brin")
    op.create_table(
        "journal_block",
        sa.Column("chain", sa.String(length=12), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("txid", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "number", name=op.f("journal_block_pk")),
    )
    op.create_table(
        "journal_head",
        sa.Column("chain", sa.String(length=12), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("txid", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("journal_head_pk")),
    )
    op.create_table(
        "journal_check",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("area_code", sa.String(length=12), server_default="", nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("result", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint("area_code ~ '^([0-9]{12})?$'", name=op.f("journal_check_area_code_has_12_digits")),
        sa.PrimaryKeyConstraint("id", name=op.f("journal_check_pk")),
    )
    op.create_index(op.f("journal_check_area_code_ix"), "journal_check", ["area_code"])


def downgrade() -> None:
    # The triggers on other tables go with their functions.
    functions = op.get_bind().scalars(
        sa.text(
            "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
            r" AND proname LIKE 'journal\_%'"
        )
    )
    for table in ("journal_check", *CLOSED):
        op.drop_table(table)
    for function in functions:
        op.execute(f"DROP FUNCTION {function} CASCADE")
