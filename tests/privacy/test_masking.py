"""Masks hide what they should, whatever they are given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.privacy import masked_login, masked_name, masked_phone, scrubbed
from app.privacy.masking import is_identity_number

# Made by the rule of GB 11643 for a place that does not exist.
INVENTED = "990101199001011234"[:17]
mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


def with_check_digit(first_17: str) -> str:
    return next(first_17 + last for last in "0123456789X" if is_identity_number(first_17 + last))


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [("张伟", "张*"), ("欧阳修文", "欧阳**"), ("欧阳", "欧*"), ("王", "王*"), ("", ""), (" 李雷 ", "李*")],
)
def test_names(given_name: str, shown: str) -> None:
    assert masked_name(given_name) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13812345678", "138****5678"),
        ("+86 138 1234 5678", "138****5678"),
        ("025-83612345", "*********45"),
        ("110", "****"),
    ],
)
def test_phones(number: str, shown: str) -> None:
    assert masked_phone(number) == shown


@given(mobiles)
def test_no_mask_shows_the_middle_of_a_number(number: str) -> None:
    assert number[3:7] not in masked_phone(number) or number[3:7] == number[7:]


@given(st.text(), mobiles, st.text())
def test_no_mobile_number_is_left_in_a_text(before: str, number: str, after: str) -> None:
    assert number not in scrubbed(f"{before} {number} {after}")


@given(st.text(alphabet="0123456789", min_size=16, max_size=16))
def test_no_identity_number_is_left_in_a_text(digits: str) -> None:
    number = with_check_digit("3" + digits)
    assert number not in scrubbed(f"身份证 {number}。")
    assert number.lower() not in scrubbed(f"身份证 {number.lower()}。")


def test_building_codes_and_other_long_numbers_stay() -> None:
    line = "320106001002 32010600100200017 1700000000000 0.138123456789"
    assert scrubbed(line) == line


def test_logins() -> None:
    assert masked_login("zhouli") == "z***"
    assert masked_login("") == ""
    assert with_check_digit(INVENTED).startswith(INVENTED)
