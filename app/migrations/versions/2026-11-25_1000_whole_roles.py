"""Who runs the system runs all of it; and that an administrator ended somebody's sessions is on record.

What happens to code that runs meanwhile: it goes on; it does not know the new column.
"""

from alembic import op
import sqlalchemy as sa

revision = "20261125_10"
down_revision = "20261125_9"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("sessions_ended_at", sa.TIMESTAMP(timezone=True), nullable=True))
    op.execute(
        "UPDATE role_grant SET during = tstzrange(lower(during), greatest(now(), lower(during) + interval '1 us'))"
        " WHERE role = 'system' AND area_code <> '' AND upper_inf(during)"
    )
    op.create_check_constraint(
        op.f("role_grant_system_is_everywhere"), "role_grant", "role <> 'system' OR area_code = '' OR NOT upper_inf(during)"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("role_grant_system_is_everywhere"), "role_grant")
    op.drop_column("account", "sessions_ended_at")
