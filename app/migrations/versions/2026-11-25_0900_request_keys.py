"""Commands carry a key, so that a request sent twice takes effect once.

What happens to code that runs meanwhile: nothing, it does not know the table.
"""

from alembic import op
import sqlalchemy as sa

revision = "20261125_8"
down_revision = "20261125_5"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_key",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("wish", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answer", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("location", sa.String(), server_default="", nullable=False),
        sa.Column("made_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("request_key_account_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("request_key_pk")),
    )
    op.create_index(op.f("request_key_made_at_ix"), "request_key", ["made_at"])


def downgrade() -> None:
    op.drop_table("request_key")
