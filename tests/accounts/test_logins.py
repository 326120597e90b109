"""Which account names are taken."""

import pytest

from app.accounts.rules import checked_login
from app.errors import InvalidInput


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("аdmin", "login_unusable"), ("../x", "login_unusable"), ("<b>x</b>", "login_unusable"), ("=cmd()", "login_unusable"),
        ("a", "login_unusable"), ("a b", "login_unusable"), (".ab", "login_unusable"), ("zhou\u202emin", "login_unusable"),
        ("13912345678", "login_personal"), ("11010519491231002X", "login_personal"),
    ],
)  # fmt: skip
def test_logins_that_mislead_or_tell_too_much(typed, code) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_login(typed)
    assert refused.value.code == code


def test_logins_that_are_fine() -> None:
    for typed, kept in {
        "ＺＨＯＵ": "zhou",
        " Wu.Lei ": "wu.lei",
        "周敏": "周敏",
        "li@street-1": "li@street-1",
    }.items():
        assert checked_login(typed) == kept
