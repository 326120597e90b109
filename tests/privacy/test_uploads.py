"""Identity numbers in an office's file are neither shown nor kept."""

from dataclasses import asdict

import pytest

from app.errors import InvalidInput
from app.privacy import is_identity_number
from tests.geo.conftest import Brought, bring  # noqa: F401  a fixture


def identity_number(serial: int) -> str:
    first = f"99010119900101{serial:03d}"
    return next(first + last for last in "0123456789X" if is_identity_number(first + last))


NUMBERS = [identity_number(n) for n in range(100, 112)]
ROWS = "".join(
    f"{n}幢,滨江路{n}号,{number},{number},118.6{n:02d},31.95\n" for n, number in enumerate(NUMBERS, 1)
)
FILE = ("楼栋.csv", f"名称,地址,户主身份证号,备注,经度,纬度\n{ROWS}".encode())


def test_such_columns_are_left_out_by_name_and_by_content(bring) -> None:  # noqa: F811
    brought: Brought = bring(FILE)
    layer = brought.inspection.layers[0]
    assert [column.name for column in layer.columns] == ["名称", "地址", "经度", "纬度"]
    said = [
        finding.facts["column"]
        for finding in brought.inspection.findings
        if finding.code == "identity_column"
    ]
    assert said == ["户主身份证号", "备注"]
    everything = str(asdict(brought.inspection))
    assert not [number for number in NUMBERS if number in everything]


def test_nobody_can_ask_for_one_all_the_same(bring) -> None:  # noqa: F811
    with pytest.raises(InvalidInput) as refused:
        bring(FILE).check("building", columns={"name": "户主身份证号"})
    assert refused.value.code == "identity_column"


def test_other_long_numbers_stay(bring) -> None:  # noqa: F811
    rows = "".join(f"{n}幢,3299010010010{n:05d},118.6{n:02d},31.95\n" for n in range(1, 12))
    brought = bring(("楼栋.csv", f"名称,房屋编码,经度,纬度\n{rows}".encode()))
    assert "房屋编码" in [column.name for column in brought.inspection.layers[0].columns]
