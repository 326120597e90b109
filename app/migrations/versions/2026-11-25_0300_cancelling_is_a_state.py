"""Cancelling an import ends its step at once; nobody is asked to stop any more.

What happens to code that runs meanwhile: the former version names this column when it cancels; it is replaced together
with the database, by the same start.
"""

from alembic import op
import sqlalchemy as sa

revision = "20261125_1"
down_revision = "20261123_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("ground_import", "cancel_asked")


def downgrade() -> None:
    op.add_column(
        "ground_import", sa.Column("cancel_asked", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
