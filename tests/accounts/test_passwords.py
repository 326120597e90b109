"""Passwords: long, not easily guessed, and nothing else by default."""

import random

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from app.accounts import actions
from app.accounts.rules import DEMANDS, checked_password, typed_password
from app.accounts.rules.passwords import common_words, is_easily_guessed
from app.errors import InvalidInput

GOOD = [
    "correct-horse-battery", "a long enough phrase", "七只灰鹭等在堤坝边上钓鱼", "wo zuotian kanjian san zhi huilu", "Ql7$vPz!m2Kd",
    "tidemark-lantern-vinegar",
]  # fmt: skip
BAD = [
    "password1234", "Password2026!", "P@ssw0rd2026", "123456789012", "qwertyuiop123", "1qaz2wsx3edc", "aaaaaaaaaaaa", "abcabcabcabc",
    "woaini5201314", "nanjing2026!!", "shouwangshequ2026", "zhongguo123456", "jiedaoban12345", "Admin@123456", "shequ20261125",
    "WardmapWardmap", "ｐａｓｓｗｏｒｄ１２３４", "gulouqu123456", "wangwei19800101", "x" * 200,
]  # fmt: skip


@pytest.mark.parametrize("password", GOOD)
def test_good_ones_are_taken(password) -> None:
    assert checked_password(password, "zhou") == typed_password(password)


@pytest.mark.parametrize("password", BAD)
def test_common_ones_are_refused_whatever_follows_them(password) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_password(password, "zhou")
    assert refused.value.code == "password_weak"


def test_the_list_is_long_and_all_of_it_is_refused() -> None:
    common = FREQUENCY_LISTS["passwords"]
    assert len(common_words()) > 10_000
    long_ones = [word for word in common if len(word) >= 12]
    words = [word for word in common if len(word) > 3 and word[-1].isalpha()]
    padded = [f"{word.title()}2026!!!!" for word in random.Random(1).sample(words, 500)]
    assert [word for word in long_ones + padded if not is_easily_guessed(word, "zhou")] == []


def test_words_of_the_office_are_refused() -> None:
    assert not is_easily_guessed("tidemark-xuri-vinegar", "zhou")
    assert is_easily_guessed("xurihuayuan2026", "zhou", ["XuriHuayuan"])
    with pytest.raises(InvalidInput):
        checked_password("my name is zhou, really", "zhou")


def test_generated_passwords_pass_every_rule() -> None:
    for _ in range(50):
        checked_password(actions.generated_password(), "admin", DEMANDS["mlps3"])


def test_full_width_signs_of_an_input_method_are_the_same(session) -> None:
    actions.add_account(session, "zhou", "ｔｉｄｅｍａｒｋ　ｌａｎｔｅｒｎ", "planner")
    assert actions.account_with_password(session, "zhou", "tidemark lantern")
