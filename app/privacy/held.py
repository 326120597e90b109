"""What is held about one account, as far as each room says: for those who ask what is known of them."""

from typing import Final, NamedTuple


class Holding(NamedTuple):
    """A question to the database with `:account` in it; its answer is shown to the person it is about."""

    title: str
    question: str


HELD: Final[list[Holding]] = []


def holds(title: str, question: str) -> None:
    """A room says what it keeps of an account; secrets are never part of it."""
    HELD.append(Holding(title, question))
