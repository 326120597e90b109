"""What can be done with accounts. Takes a session, never commits."""

from app.accounts.actions.logins import (
    add_account,
    disable_account,
    ensure_first_account,
    forget_expired_sessions,
)
from app.accounts.actions.passwords import account_with_password, generated_password, set_password
from app.accounts.actions.roles import grant_role, revoke_role

__all__ = [
    "account_with_password",
    "add_account",
    "disable_account",
    "ensure_first_account",
    "forget_expired_sessions",
    "generated_password",
    "grant_role",
    "revoke_role",
    "set_password",
]
