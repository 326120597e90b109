"""Second factor, what a session knows of itself, and how often something was tried.

What happens to code that runs meanwhile: it goes on; it knows none of the new columns, and each has a default.
Sessions of before stay, and are asked to confirm where that is asked.
"""

from alembic import op
import sqlalchemy as sa

revision = "20261125_5"
down_revision = "20261125_4"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
INSTANT = sa.TIMESTAMP(timezone=True)
SESSION_COLUMNS = ("created_at", "seen_at", "proved_at", "second_factor", "rights", "device", "network")


def upgrade() -> None:
    op.add_column("account", sa.Column("password_changed_at", INSTANT, server_default=NOW, nullable=False))
    op.add_column("account", sa.Column("totp_key", sa.String(length=600), nullable=True))
    op.add_column("account", sa.Column("totp_counter", sa.BigInteger(), server_default="0", nullable=False))
    for name, kind, default in (
        ("created_at", INSTANT, NOW), ("seen_at", INSTANT, NOW), ("second_factor", sa.Boolean(), sa.text("false")),
        ("rights", sa.BigInteger(), "0"), ("device", sa.String(length=60), ""), ("network", sa.String(length=43), ""),
    ):
        op.add_column("browser_session", sa.Column(name, kind, server_default=default, nullable=False))
    op.add_column("browser_session", sa.Column("proved_at", INSTANT, nullable=True))
    op.create_table(
        "recovery_code",
        account_id(),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        of_account("recovery_code"),
        sa.PrimaryKeyConstraint("account_id", "code_hash", name=op.f("recovery_code_pk")),
    )
    op.create_table(
        "former_password",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        account_id(),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        of_account("former_password"),
        sa.PrimaryKeyConstraint("id", name=op.f("former_password_pk")),
    )
    op.create_table(
        "known_device",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        account_id(),
        sa.Column("expires_at", INSTANT, nullable=False),
        of_account("known_device"),
        sa.PrimaryKeyConstraint("token_hash", "account_id", name=op.f("known_device_pk")),
    )
    op.create_table(
        "attempt",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("free_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("attempt_pk")),
        prefixes=["UNLOGGED"],
    )
    for table, column in (
        ("former_password", "account_id"), ("known_device", "account_id"), ("known_device", "expires_at"), ("attempt", "last_at"),
    ):
        op.create_index(op.f(f"{table}_{column}_ix"), table, [column], unique=False)


def account_id() -> sa.Column:
    return sa.Column("account_id", sa.BigInteger(), nullable=False)


def of_account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["account_id"], ["account.id"], name=op.f(f"{table}_account_id_fk"), ondelete="CASCADE"
    )


def downgrade() -> None:
    for table in ("attempt", "known_device", "former_password", "recovery_code"):
        op.drop_table(table)
    for column in SESSION_COLUMNS:
        op.drop_column("browser_session", column)
    for column in ("totp_counter", "totp_key", "password_changed_at"):
        op.drop_column("account", column)
