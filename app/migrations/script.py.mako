"""${message}

What happens to code that runs meanwhile: (say it here; rename in three steps, add columns with a default,
create indexes CONCURRENTLY on tables that are large in the field).
"""

from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
