"""Invitations, and duties that one account may not hold together.

What happens to code that runs meanwhile: it goes on; it knows neither the tables nor the new columns, and each has a default.
Accounts that hold duties together by now may keep them; only the first of an installation should.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "20261125_6"
down_revision = "20261125_7"
branch_labels = None
depends_on = None

INSTANT = sa.TIMESTAMP(timezone=True)
NOW = sa.text("now()")
DUTY = "CASE WHEN role IN ('system', 'security', 'auditor') THEN role ELSE 'ground' END"
TOGETHER = f"""
UPDATE role_grant SET together = true WHERE account_id = (SELECT min(id) FROM account) OR account_id IN (
  SELECT a.account_id FROM role_grant a JOIN role_grant b ON b.account_id = a.account_id AND b.during && a.during
  WHERE a.duty <> b.duty)
"""


def upgrade() -> None:
    op.create_table(
        "invitation_batch",
        sa.Column("key", postgresql.UUID(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", INSTANT, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("invitation_batch_created_by_fk")),
        sa.PrimaryKeyConstraint("key", name=op.f("invitation_batch_pk")),
    )
    op.create_index(op.f("invitation_batch_created_by_ix"), "invitation_batch", ["created_by"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", INSTANT, server_default=NOW, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.CheckConstraint("used_at IS NULL OR revoked_at IS NULL", name=op.f("invitation_ends_once")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("invitation_account_id_fk"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["invited_by"], ["account.id"], name=op.f("invitation_invited_by_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("invitation_pk")),
        sa.UniqueConstraint("token_hash", name=op.f("invitation_token_hash_is_unique")),
    )
    for column in ("account_id", "invited_by"):
        op.create_index(op.f(f"invitation_{column}_ix"), "invitation", [column], unique=False)
    op.create_index(
        "invitation_one_open", "invitation", ["account_id"], unique=True,
        postgresql_where=sa.text("used_at IS NULL AND revoked_at IS NULL"),
    )
    op.add_column("role_grant", sa.Column("duty", sa.String(length=16), sa.Computed(DUTY, persisted=True), nullable=False))
    op.add_column("role_grant", sa.Column("together", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute(TOGETHER)
    op.create_exclude_constraint(
        "role_grant_duties_apart", "role_grant", ("account_id", "="), ("duty", "<>"), ("during", "&&"),
        where=sa.text("NOT together"), using="gist",
    )


def downgrade() -> None:
    op.drop_constraint("role_grant_duties_apart", "role_grant")
    for column in ("together", "duty"):
        op.drop_column("role_grant", column)
    op.drop_table("invitation")
    op.drop_table("invitation_batch")
