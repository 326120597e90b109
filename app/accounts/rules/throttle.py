"""How often somebody may guess: slower and slower, never locked."""

from typing import Final, NamedTuple

from app.accounts.rules.keys import keyed_hash


class Limit(NamedTuple):
    """So many tries at once; then a wait that doubles with each up to the longest. A quiet while starts anew."""

    free: int
    first_wait_s: int
    longest_wait_s: int


class Counter(NamedTuple):
    """One row of `attempt`."""

    key: bytes
    limit: Limit


# How long a browser that has signed in is remembered.
DEVICE_DAYS: Final = 180
FORGET_S: Final = 15 * 60
# The tenth guess comes 465 s after the first, the eleventh after 945 s: ten in a quarter of an hour, no more.
GUESSING: Final = Limit(5, 15, 480)
# Offices share an address: many people mistype there on a Monday morning.
NETWORK: Final = Limit(60, 2, 60)


def counters(secret: str, purpose: str, subject: str, network: str = "", device: str = "") -> list[Counter]:
    """Which counters one try at something counts on.

    Parameters
    ----------
    secret : str
        Of the installation: rows cannot be read back as logins or addresses.
    purpose : str
        "sign_in", "code" or "confirm".
    subject : str
        What is guessed at: a login as typed, or an account's number.
    network : str
        Coarse address of who guesses; empty when it does not matter.
    device : str
        Token of a browser that has signed in to this account before: it has a counter of its own and no other.

    Returns
    -------
    list of Counter
        In the order in which they are asked.
    """
    subject = subject.strip().lower()
    if device:
        return [Counter(keyed_hash(secret, f"{purpose} device", f"{device} {subject}"), GUESSING)]
    asked = [Counter(keyed_hash(secret, f"{purpose} account", subject), GUESSING)]
    if network:
        asked.insert(0, Counter(keyed_hash(secret, f"{purpose} network", network), NETWORK))
    return asked
