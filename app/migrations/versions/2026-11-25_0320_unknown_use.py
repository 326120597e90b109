"""A building whose file does not say what it is used as is no dwelling for that.

What happens to code that runs meanwhile: it goes on writing a kind. Kinds that are stored stay as they are: which of them
were only supposed cannot be told any more; importing the file again changes nothing.
"""

from alembic import op
import sqlalchemy as sa

revision = "20261125_25"
down_revision = "20261125_2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("building", "kind", existing_type=sa.String(length=16), nullable=True, server_default=None)


def downgrade() -> None:
    op.execute("UPDATE building SET kind = 'residential' WHERE kind IS NULL")
    op.alter_column("building", "kind", existing_type=sa.String(length=16), nullable=False, server_default="residential")
