"""What an account still owes before a view opens: a second factor, a new password, or a fresh proof of who it is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from flask import current_app, session

from app.accounts.rules import Demands
from app.errors import N_

View = Callable[..., Any]


class Debt(NamedTuple):
    """Where it is paid, and what to say to a script that is refused until then."""

    endpoint: str
    code: str
    sentence: str


SECOND_FACTOR = Debt(
    "accounts.second_factor", "second_factor_first", N_("你的角色必须使用动态口令，请先在“我的账号”里设好。")
)
NEW_PASSWORD = Debt("accounts.password", "password_expired", N_("密码已经用得太久，请先换一个新密码。"))


def demands() -> Demands:
    """What the settings ask of everybody who signs in."""
    asked: Demands = current_app.config["DEMANDS"]
    return asked


def debt() -> Debt | None:
    """What has to be done before anything else opens to this account."""
    asked = demands()
    account = session.account  # type: ignore[attr-defined]
    if account is None:
        return None
    if must_have_second_factor() and not session.has_second_factor:  # type: ignore[attr-defined]
        return SECOND_FACTOR
    set_at = session.password_changed_at  # type: ignore[attr-defined]
    if asked.max_age_days and set_at and datetime.now(UTC) - set_at > timedelta(days=asked.max_age_days):
        return NEW_PASSWORD
    return None


def must_have_second_factor() -> bool:
    """Whether one of the account's roles may not do without."""
    account = session.account  # type: ignore[attr-defined]
    return account is not None and account.may(*demands().second_factor_roles)


def proof_is_old(view: View) -> bool:
    """Whether this view asks for the password again, and the last time is long ago."""
    wanted = getattr(view, "fresh", "")
    if not wanted or (wanted == "assessed" and not demands().assessed):
        return False
    proved_at = session.proved_at  # type: ignore[attr-defined]
    minutes = current_app.config["SETTINGS"].fresh_minutes
    return proved_at is None or datetime.now(UTC) - proved_at > timedelta(minutes=minutes)


def fresh(view: View) -> View:
    """Mark a view, above `allow`, as one that asks for the password again when the last time is long ago."""
    view.fresh = "always"  # type: ignore[attr-defined]
    return view


def fresh_when_assessed(view: View) -> View:
    """The same, only where an assessment asks for it."""
    view.fresh = "assessed"  # type: ignore[attr-defined]
    return view


def opens_early(view: View) -> View:
    """Mark a view as one where a debt is paid: it opens before."""
    view.opens_early = True  # type: ignore[attr-defined]
    return view
