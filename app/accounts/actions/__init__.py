"""What can be done with accounts. Takes a session, never commits."""

from app.accounts.actions.attempts import forget_attempts, give_back, wait_before
from app.accounts.actions.forgetting import forget_account, forget_disabled_accounts
from app.accounts.actions.invitations import (
    INVITATION_DAYS,
    Invited,
    accept_invitation,
    begin_batch,
    invitation_gone,
    invite,
    invite_many,
    reset_access,
)
from app.accounts.actions.logins import add_account, disable_account, enable_account, ensure_first_account
from app.accounts.actions.passwords import account_with_password, generated_password, set_password
from app.accounts.actions.roles import grant_role, revoke_role
from app.accounts.actions.second_factor import (
    drop_second_factor,
    new_recovery_codes,
    new_totp_key,
    reset_second_factor,
    second_factor_passed,
    set_second_factor,
    shown_key,
)
from app.accounts.actions.sessions import (
    account_id_of,
    end_session,
    end_sessions,
    forget_devices,
    forget_expired_sessions,
    is_known_device,
    remember_device,
    sign_out_everywhere,
)

__all__ = [
    "INVITATION_DAYS",
    "Invited",
    "accept_invitation",
    "account_id_of",
    "account_with_password",
    "add_account",
    "begin_batch",
    "disable_account",
    "drop_second_factor",
    "enable_account",
    "end_session",
    "end_sessions",
    "ensure_first_account",
    "forget_account",
    "forget_attempts",
    "forget_devices",
    "forget_disabled_accounts",
    "forget_expired_sessions",
    "generated_password",
    "give_back",
    "grant_role",
    "invitation_gone",
    "invite",
    "invite_many",
    "is_known_device",
    "new_recovery_codes",
    "new_totp_key",
    "remember_device",
    "reset_access",
    "reset_second_factor",
    "revoke_role",
    "second_factor_passed",
    "set_password",
    "set_second_factor",
    "shown_key",
    "sign_out_everywhere",
    "wait_before",
]
