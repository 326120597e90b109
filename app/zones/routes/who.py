"""Whose request this is, for what is written into a plan."""

from app.accounts.guard import current_account


def account_id() -> int | None:
    """The signed-in account's id."""
    account = current_account()
    return account.id if account else None
