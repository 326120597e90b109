"""Decisions about accounts on plain values."""

from app.accounts.rules.compliance import DEMANDS, Demands, demanded
from app.accounts.rules.identity import LOOKS, PLANS, SIGNED_IN, Grant, Identity, checked_login
from app.accounts.rules.keys import derived_key, keyed_hash, token_hash
from app.accounts.rules.passwords import checked_password, typed_password
from app.accounts.rules.throttle import Counter, Limit, counters
from app.accounts.rules.traces import coarse_network, device_words

__all__ = [
    "DEMANDS",
    "LOOKS",
    "PLANS",
    "SIGNED_IN",
    "Counter",
    "Demands",
    "Grant",
    "Identity",
    "Limit",
    "checked_login",
    "checked_password",
    "coarse_network",
    "counters",
    "demanded",
    "derived_key",
    "device_words",
    "keyed_hash",
    "token_hash",
    "typed_password",
]
