"""Columns about people: said, not sampled, not mapped, not kept."""

import json

import pytest
from shapely.geometry import mapping

from app.errors import InvalidInput
from app.geo.columns import plain_name
from app.geo.personal import personal_kind
from tests.builders import cell, footprint_in
from tests.geo.conftest import codes_of
from tests.privacy.test_masking import with_check_sign

IDENTITIES = [with_check_sign(one) for one in ("32010619900101123", "32010619851212002", "11010119900307803")]
MOBILES = ["13812345678", "139 1234 5679", "+86 15912345670"]
WIDE = IDENTITIES[0].translate(str.maketrans("0123456789X", "０１２３４５６７８９Ｘ"))
MISTYPED = ["320106199001011230", "320106198512120020"]


def houses(**columns: list[str]) -> bytes:
    count = len(next(iter(columns.values())))
    features = [
        {
            "type": "Feature",
            "properties": {
                "楼栋": f"{n + 1}幢", "地址": f"测试路{n + 1}号", **{name: cells[n] for name, cells in columns.items()}
            },
            "geometry": mapping(footprint_in(cell(0), n)),
        }
        for n in range(count)
    ]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def told(inspection) -> list[str]:
    return [finding.facts["columns"] for finding in inspection.findings if finding.code == "column_personal"]


TOLD = {
    "identity": [
        ("身份证号", ["x"]), ("SFZH", ["x"]), ("备注", IDENTITIES), ("code", IDENTITIES), ("备注", [WIDE]), ("备注", MISTYPED),
        ("备注", [*"abcdefgh", *IDENTITIES[:2]]), ("备注", [f"张三 {IDENTITIES[0]}", f"李四 {IDENTITIES[2]}"]),
        ("Y", ["6222021234567894", "4111111111111111"]), ("B", ["苏A12345", "沪B·D12345"]), ("车牌", ["x"]),
    ],
    "telephone": [
        ("联系电话", ["025-84710000"]), ("备注", MOBILES), ("LXDH", ["x"]), ("编码", MOBILES), ("楼栋编号", MOBILES), ("contact", ["x"]),
        ("X", ["a3@qq.com", "b@126.com"]), ("C", ["025-84451234", "02584451235"]),
    ],
    "person": [
        ("户主姓名", ["张三"]), ("出生日期", ["1990"]), ("XM", ["张三"]), ("产权人", ["x"]), ("租户", ["x"]), ("楼长", ["x"]),
        ("owner", ["x"]), ("A", ["张伟", "李娜娜", "欧阳修"]), ("Name2", ["王秀英", "赵六", "某"]),
    ],
    None: [
        ("备注", [*"abcdefgh", MISTYPED[0]]), ("osm_id", ["13812345678", "13812345679"]), ("楼栋编码", ["32010600100200001"]),
        ("备注", ["320106001002"]), ("lon", ["118.7812345678", "139.12345678"]), ("height", ["13.8", "14"]), ("hotel", ["x"]),
        ("备注", ["999999999999999999"]), ("社区", ["左岸社区"]), ("page", ["1"]), ("建成年份", ["1998"]),
        ("名称", ["张伟", "李娜", "王芳"]), ("颜色", ["白色", "黄色", "灰色"]),
        ("结构", ["砖混", "框架", "石墙"]), ("路", ["安康路", "方家巷", "石门街"]),
        ("小区", ["金陵苑", "白鹭花园", "万科城"]), ("用途", ["住宅", "商业", "高层"]),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "cells", "kind"), [(*one, kind) for kind, several in TOLD.items() for one in several]
)
def test_what_a_column_says_about_people(heading, cells, kind) -> None:
    assert personal_kind(plain_name(heading), cells) == kind


def test_such_columns_are_told_and_shown_to_nobody(bring) -> None:
    brought = bring(
        (
            "a.geojson",
            houses(
                身份证号=IDENTITIES,
                手机=MOBILES,
                户主=["张三", "李四", "王五"],
                备注=["好", "旧", "13812345678 找老张"],
            ),
        )
    )
    assert told(brought.inspection) == ["身份证号、手机、户主"]
    columns = {column.name: column for column in brought.inspection.layers[0].columns}
    assert {name for name, column in columns.items() if column.personal} == {"身份证号", "手机", "户主"}
    assert columns["备注"].samples == ["好", "旧", "〔手机号〕 找老张"]
    kept = json.dumps(brought.inspection.as_json(), ensure_ascii=False)
    for secret in (*IDENTITIES, *MOBILES, "13912345679", "张三"):
        assert secret not in kept
    for guesses in brought.inspection.layers[0].column_guesses.values():
        assert not {"身份证号", "手机", "户主"} & set(guesses.values())


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_previews_of_encodings_show_nobody(bring, encoding) -> None:
    names = ["张三", "李四光", "王五"]
    lines = ["楼栋,经度,纬度,户主,电话,备注"]
    for n, number in enumerate(IDENTITIES):
        lines.append(f"{n}幢,118.7{n},32.0{n},{names[n]},025-8471000{n},身份证 {number}，电话 {MOBILES[n]}")
    brought = bring(("楼.csv", "\n".join(lines).encode(encoding)))
    seen = brought.inspection.layers[0].encoding
    # Of UTF-16 there is nothing to choose.
    assert encoding == "utf-16" or "1幢,118.71,32.01,*,*," in "\n".join(seen["previews"][seen["used"]])
    kept = json.dumps(brought.inspection.as_json(), ensure_ascii=False)
    mistaken = [
        name.encode(encoding).decode("utf-8" if encoding == "gb18030" else "gb18030", "replace")
        for name in names
    ]
    for secret in (
        *IDENTITIES,
        *MOBILES,
        *names,
        "025-8471",
        *filter(lambda one: "\ufffd" not in one, mistaken),
    ):
        assert secret not in kept


@pytest.mark.parametrize("column", ["身份证号", "手机", "户主"])
def test_such_a_column_cannot_be_taken_for_another(bring, column) -> None:
    brought = bring(("a.geojson", houses(身份证号=IDENTITIES, 手机=MOBILES, 户主=["张三", "李四", "王五"])))
    with pytest.raises(InvalidInput) as refused:
        brought.check("building", columns={"name": column})
    assert refused.value.code == "column_personal"
    assert refused.value.facts["columns"] == column
    assert "张三" not in str(refused.value)


def test_numbers_inside_names_and_addresses_are_left_out(bring) -> None:
    places = ["测试路1号", "测试路2号 电话138-1234-5678", f"测试路3号（{IDENTITIES[0]}）"]
    brought = bring(("a.geojson", houses(门牌地址=places)))
    _, rows, findings = brought.check("building", columns={"name": "楼栋", "address": "门牌地址"})
    assert [row["address"] for row in rows] == [
        "测试路1号",
        "测试路2号 电话〔手机号〕",
        "测试路3号（〔身份证号〕）",
    ]
    (finding,) = [one for one in findings if one.code == "text_personal"]
    assert finding.facts == {"count": 2}


def test_a_number_among_codes_is_no_code(bring) -> None:
    brought = bring(("a.geojson", houses(编码=["32990200100100001", MOBILES[0], "32990200100100003"])))
    _, rows, findings = brought.check("building")
    assert [row["code"] for row in rows] == ["32990200100100001", None, "32990200100100003"]
    assert MOBILES[0] not in str(rows) + str(findings)
    assert "text_personal" in codes_of(findings)


def test_ordinary_rows_are_not_touched(bring) -> None:
    brought = bring(
        ("a.geojson", houses(编码=["32990200100100001", "32990200100100002", "32990200100100003"]))
    )
    _, rows, findings = brought.check("building")
    assert [row["code"] for row in rows] == ["32990200100100001", "32990200100100002", "32990200100100003"]
    assert "text_personal" not in codes_of(findings)
    assert told(brought.inspection) == []
