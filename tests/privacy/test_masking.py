"""Masks show what one knows already, whatever signs are mixed in, and numbers of persons do not survive in free text."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.privacy import is_identity_number, is_mobile_number, mask_login, mask_name, mask_telephone, scrub
from app.privacy.masking import COMPOUND_SURNAMES, IN_PLACE_OF
from app.privacy.numbers import CHECK_SIGNS, WEIGHTS

HIDDEN = "\u200b\u202e\u2066\u00ad\ufeff"
WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
second_to_last = st.text("0123456789", min_size=9, max_size=9)
mobiles = st.builds(lambda second, rest: f"1{second}{rest}", st.sampled_from("3456789"), second_to_last)


def with_check_sign(digits: str) -> str:
    return digits + CHECK_SIGNS[sum(w * int(d) for w, d in zip(WEIGHTS, digits, strict=True)) % 11]


identities = st.builds(
    lambda area, born, number: with_check_sign(f"{area:06d}{born:%Y%m%d}{number:03d}"),
    st.integers(110000, 659999),
    st.dates(min_value=date(1930, 1, 1), max_value=date(2025, 1, 1)),
    st.integers(0, 999),
)


@pytest.mark.parametrize(
    ("typed", "masked"),
    [
        ("13812345678", "138****5678"), ("138 1234 5678", "138****5678"), ("138-1234-5678", "138****5678"),
        ("+86 13812345678", "138****5678"), ("+8613812345678", "138****5678"), ("0086 138 1234 5678", "138****5678"),
        ("１３８１２３４５６７８", "138****5678"), ("138\u200b1234\u202e5678", "138****5678"),
        ("025-84710000", "****00"), ("12345", "****"), ("", "****"), ("没有", "****"),
    ],
)  # fmt: skip
def test_telephones(typed, masked) -> None:
    assert mask_telephone(typed) == masked


@pytest.mark.parametrize(
    ("typed", "masked"),
    [
        ("张三", "张*"), ("张小三", "张*"), ("欧阳修", "欧阳*"), ("欧阳", "欧*"), ("司马相如", "司马*"), (" 张 三 ", "张*"),
        ("𠮷田", "𠮷*"), ("阿卜杜拉·买买提", "阿*"), ("Anna Müller", "A*"), ("", ""), ("\u202e\u200b", ""), ("\u202e张三", "张*"),
        ("\u0301张", "*"), ("张\x00三\n", "张*"),
    ],
)  # fmt: skip
def test_names(typed, masked) -> None:
    assert mask_name(typed) == masked


def test_logins() -> None:
    assert [mask_login(one) for one in ("zhou", "13812345678", "周敏", "")] == [
        "z***",
        "138****5678",
        "周***",
        "",
    ]


@given(st.text(max_size=40))
def test_no_mask_turns_the_line_round_or_tells_more_than_it_may(text) -> None:
    for masked in (mask_name(text), mask_login(text), mask_telephone(text)):
        assert all(unicodedata.category(sign) not in ("Cf", "Cc", "Cs", "Zl", "Zp") for sign in masked)
        assert len(masked) <= 11
    name = mask_name(text)
    assert not name or (name.endswith("*") and (len(name) <= 2 or name[:-1] in COMPOUND_SURNAMES))


@given(
    st.text(max_size=30),
    mobiles,
    st.text(max_size=30),
    st.sampled_from(["", " ", "-", "\u200b", "\u202e"]),
    st.booleans(),
)
def test_a_telephone_number_does_not_survive(before, number, after, gap, wide) -> None:
    typed = f"{number[:3]}{gap}{number[3:7]}{gap}{number[7:]}"
    text = f"{before}，{typed.translate(WIDE) if wide else typed}，{after}"
    clean = scrub(text)
    assert number not in clean and number.translate(WIDE) not in clean
    assert IN_PLACE_OF["mobile"] in clean
    assert scrub(clean) == clean


@given(st.text(max_size=30), identities, st.text(max_size=30), st.booleans())
def test_an_identity_number_does_not_survive(before, number, after, wide) -> None:
    text = f"{before}：{number.translate(WIDE) if wide else number}；{after}"
    clean = scrub(text)
    assert number not in clean and number.translate(WIDE) not in clean
    assert IN_PLACE_OF["identity"] in clean


@given(identities)
def test_the_check_sign_is_checked(number) -> None:
    assert is_identity_number(number)
    assert is_identity_number(number.lower())
    other = CHECK_SIGNS[(CHECK_SIGNS.index(number[-1]) + 1) % 11]
    assert not is_identity_number(number[:-1] + other)


@pytest.mark.parametrize(
    "text",
    [
        "32010600100200001", "320106001002", "118.13912345678", "139.12345678", "2026-11-25 06:50:47,123", "12345678901", "23812345678",
        "138123456789", "1381234567", "1,388,123,456.78", "第 3 幢 15 单元 601", "999999999999999999",
    ],
)  # fmt: skip
def test_other_numbers_stay(text) -> None:
    assert scrub(text) == text
    assert not is_mobile_number(text)
    assert not is_identity_number(text)
