"""Who changed a plan last, and the key of the form that began it.

What happens to code that runs meanwhile: both columns may be empty, so it goes on writing plans as before.
The table has a few rows per community; checking them takes no time that anybody would notice.
"""

from alembic import op
import sqlalchemy as sa

revision = '20261125_2'
down_revision = '20261125_1'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('plan', sa.Column('changed_by', sa.BigInteger(), nullable=True))
    op.add_column('plan', sa.Column('key', sa.Uuid(), nullable=True))
    op.create_index(op.f('plan_changed_by_ix'), 'plan', ['changed_by'], unique=False)
    op.create_foreign_key(op.f('plan_changed_by_fk'), 'plan', 'account', ['changed_by'], ['id'])
    op.create_unique_constraint(op.f('plan_key_is_unique'), 'plan', ['key'])
    # Until now the last step said it.
    op.execute(
        """UPDATE plan SET changed_by = (
             SELECT made_by FROM plan_step WHERE plan_id = plan.id
             ORDER BY greatest(made_at, undone_at) DESC, id DESC LIMIT 1)
           WHERE state = 'draft'"""
    )


def downgrade() -> None:
    op.drop_constraint(op.f('plan_key_is_unique'), 'plan', type_='unique')
    op.drop_constraint(op.f('plan_changed_by_fk'), 'plan', type_='foreignkey')
    op.drop_index(op.f('plan_changed_by_ix'), table_name='plan')
    op.drop_column('plan', 'key')
    op.drop_column('plan', 'changed_by')
