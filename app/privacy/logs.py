"""Logs say what went wrong and where, never whose data it was."""

import logging
import re

from app.privacy.masking import scrub

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
# What the database adds to a refusal holds the row: "Key (login)=(zhou) already exists."
_ROW = re.compile(r"^\s*(DETAIL|CONTEXT|LINE \d+|\[SQL|\[parameters)\b.*", re.MULTILINE)
# "invalid input syntax for type integer: "zhou"", "malformed array literal: …", "value "zhou" is out of range"
_VALUE = re.compile(r'((?:invalid|malformed|out of range|value)[^"\n]*)"[^"\n]*"')
_ON_ONE_LINE = re.compile(r"\b(Failing row contains|Key) \(.*?\)(=\(.*?\))?")


class QuietFormatter(logging.Formatter):
    """As usual, without rows, parameters, telephone and identity numbers."""

    def format(self, record: logging.LogRecord) -> str:
        return quiet(super().format(record))


def quiet(text: str) -> str:
    """A line or a trace without what the database or a person put into it."""
    return scrub(_VALUE.sub(r'\1"…"', _ON_ONE_LINE.sub(r"\1 (…)", _ROW.sub("", text))))


def install(level: int = logging.WARNING) -> None:
    """For the whole process, once: everything that is logged goes through the formatter."""
    root = logging.getLogger()
    if any(isinstance(handler.formatter, QuietFormatter) for handler in root.handlers):
        return
    handler = logging.StreamHandler()
    handler.setFormatter(QuietFormatter(FORMAT))
    root.addHandler(handler)
    root.setLevel(level)
