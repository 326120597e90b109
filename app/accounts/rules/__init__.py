"""Decisions about accounts on plain values."""

from app.accounts.rules.administration import (
    ADMINISTERS,
    Reach,
    may_grant,
    reach_of,
    refuse_foreign,
    refuse_own,
    roles_to_give,
)
from app.accounts.rules.compliance import DEMANDS, Demands, demanded
from app.accounts.rules.identity import LOOKS, PLANS, SIGNED_IN, Grant, Identity, checked_login, typed_login
from app.accounts.rules.keys import derived_key, keyed_hash, token_hash
from app.accounts.rules.lists import CheckedRow, ListRow, Wanted, checked_rows, list_rows, wanted_of
from app.accounts.rules.passwords import checked_password, typed_password
from app.accounts.rules.throttle import Counter, Limit, counters
from app.accounts.rules.traces import coarse_network, device_words

__all__ = [
    "ADMINISTERS",
    "DEMANDS",
    "LOOKS",
    "PLANS",
    "SIGNED_IN",
    "CheckedRow",
    "Counter",
    "Demands",
    "Grant",
    "Identity",
    "Limit",
    "ListRow",
    "Reach",
    "Wanted",
    "checked_login",
    "checked_password",
    "checked_rows",
    "coarse_network",
    "counters",
    "demanded",
    "derived_key",
    "device_words",
    "keyed_hash",
    "list_rows",
    "may_grant",
    "reach_of",
    "refuse_foreign",
    "refuse_own",
    "roles_to_give",
    "token_hash",
    "typed_login",
    "typed_password",
    "wanted_of",
]
