"""The words for what can go wrong. Each error carries a code word, a Chinese sentence and the facts in it."""

from typing import Any


def N_(sentence: str) -> str:
    """Mark a sentence for the translation catalogue; it is translated where it is shown."""
    return sentence


class Counted(list[tuple[str, int]]):
    """A fact: marked words with how many of each."""

    def __str__(self) -> str:
        return "、".join(f"{words}（{count}）" for words, count in self)


class DomainError(Exception):
    """Something the user can understand and act on; never a defect of the program."""

    def __init__(self, code: str, sentence: str, /, **facts: Any) -> None:
        self.code = code
        self.sentence = sentence
        self.facts = facts
        super().__init__(sentence % facts if facts else sentence)


class NotFound(DomainError):
    """It does not exist, or the asker may not know that it does."""


class NotAllowed(DomainError):
    """The asker is known but may not do this."""


class InvalidInput(DomainError):
    """What was sent cannot be used; the sentence says where the fault is and what to do."""


class Conflict(DomainError):
    """Somebody or something got there first."""


class Unavailable(DomainError):
    """A part that is needed is missing, full or too busy; it may come back."""
