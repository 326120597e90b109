"""What the bytes of tables mean: declarations, language byte, UTF-8, GB18030, cut names."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.geo.dbf import open_dbf
from app.geo.encoding import codec_named, guess_dbf, guess_text, previews
from app.geo.shapefile import decode_cells
from tests.geo.conftest import Brought

chinese = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=4, max_size=30)


def write_dbf(fields: list[tuple[bytes, int]], rows: list[list[bytes]], language: int = 0) -> bytes:
    """A dBASE table with text columns, byte by byte."""
    width = 1 + sum(size for _, size in fields)
    head = struct.pack("<BBBBIHH17xB2x", 3, 126, 11, 23, len(rows), 33 + 32 * len(fields), width, language)
    for name, size in fields:
        head += struct.pack("<11sc4xBB14x", name[:10], b"C", size, 0)
    body = b"".join(
        b" " + b"".join(cell[: fields[i][1]].ljust(fields[i][1]) for i, cell in enumerate(row))
        for row in rows
    )
    return head + b"\r" + body + b"\x1a"


def write_points(count: int) -> tuple[bytes, bytes]:
    """``.shp`` and ``.shx`` of points near Nanjing."""
    box = struct.pack("<4d32x", 118.0, 32.0, 119.0, 33.0)

    def head(content_bytes: int) -> bytes:
        return struct.pack(">I20xI", 9994, (100 + content_bytes) // 2) + struct.pack("<II", 1000, 1) + box

    shp = b"".join(
        struct.pack(">II", n + 1, 10) + struct.pack("<Idd", 1, 118.7 + n / 1000, 32.0) for n in range(count)
    )
    shx = b"".join(struct.pack(">II", (100 + 28 * n) // 2, 10) for n in range(count))
    return head(len(shp)) + shp, head(len(shx)) + shx


def test_geojson_that_is_not_utf8_is_named(bring: Callable[..., Brought]) -> None:
    feature = (
        '{"type":"Feature","properties":{"名称":"观潮"},"geometry":{"type":"Point","coordinates":[118.7,32]}}'
    )
    for content in (feature.encode("gbk"), feature.replace("名称", "name").encode("gbk")):
        with pytest.raises(InvalidInput) as caught:
            bring(("旧.geojson", content))
        assert caught.value.code == "file_unreadable"
        assert (caught.value.facts["name"], caught.value.facts["reason"]) == ("旧", "文字编码有误")


@given(chinese)
def test_chinese_in_either_encoding_is_recognised(text: str) -> None:
    assert guess_dbf(text.encode("utf-8"), 0, None).encoding == "utf-8"
    if guess_dbf(text.encode("gbk"), 0, None).encoding != "gb18030":
        text.encode("gbk").decode("utf-8")  # only bytes that are legal UTF-8 may be taken for it


@pytest.mark.parametrize(
    ("raw", "language", "cpg", "encoding", "evidence"),
    [
        ("社区".encode("gbk"), 0x4D, None, "gb18030", "language_byte"),
        ("社区名称".encode(), 0, "UTF-8", "utf-8", "cpg"),
        ("社区名称".encode("gbk"), 0, "GBK", "gb18030", "cpg"),
        ("社区名称".encode("gbk"), 0, "UTF-8", "gb18030", "gb18030"),  # a declaration the bytes contradict
        ("社区名称".encode(), 0x57, None, "utf-8", "utf8"),
        (b"plain", 0x4D, None, "utf-8", "ascii"),
    ],
)
def test_order_of_evidence(raw: bytes, language: int, cpg: str | None, encoding: str, evidence: str) -> None:
    guess = guess_dbf(raw, language, cpg)
    assert (guess.encoding, guess.evidence) == (encoding, evidence)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("GBK", "gb18030"),
        ("cp936", "gb18030"),
        ("936", "gb18030"),
        ("ANSI 936", "gb18030"),
        ("UTF8", "utf-8"),
        ("utf-8", "utf-8"),
        ("GB2312", "gb18030"),
        ("BIG5", "big5"),
        ("65001", "utf-8"),
        ("no such thing", None),
        ("\x00", None),
    ],
)
def test_names_of_code_pages(name: str, codec: str | None) -> None:
    assert codec_named(name) == codec


def test_text_files() -> None:
    assert guess_text(b"\xef\xbb\xbfname").encoding == "utf-8-sig"
    assert guess_text("名称,代码\n".encode("gb18030")).encoding == "gb18030"
    assert guess_text("名称".encode("utf-16")).encoding == "utf-16"


def test_previews_show_the_same_bytes_both_ways() -> None:
    shown = previews(["长江路".encode("gbk"), b"ascii"], "gb18030")
    assert shown["gb18030"] == ["长江路"]
    assert shown["utf-8"] != ["长江路"]
    assert previews([b"ascii"], "utf-8") == {}
    assert previews(["\0长江路".encode("gbk")], "gb18030")["gb18030"] == ["长江路"]


def test_a_cut_character_is_dropped_not_garbled() -> None:
    cells = np.array(["长江".encode()[:5], "江".encode(), b"", b"****"], dtype="S6")
    assert decode_cells(cells, "utf-8").to_pylist() == ["长", "江", None, None]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_shapefile_with_chinese_columns(encoding: str, bring: Callable[..., Brought]) -> None:
    names = ["社区名称甲", "所属街道"]
    fields = [(name.encode(encoding)[:10], 20) for name in names]
    rows = [
        ["观潮社区".encode(encoding), "江岸街道".encode(encoding)],
        ["书院社区".encode(encoding), "江岸街道".encode(encoding)],
    ]
    shp, shx = write_points(2)
    brought = bring(("点.shp", shp), ("点.shx", shx), ("点.dbf", write_dbf(fields, rows)))
    layer = brought.inspection.layers[0]
    columns = {column.name: column for column in layer.columns}
    # Ten bytes hold five characters in GBK and three in UTF-8.
    assert list(columns) == (["社区名称甲", "所属街道"] if encoding == "gb18030" else ["社区名", "所属街"])
    assert columns[next(iter(columns))].samples == ["观潮社区", "书院社区"]
    assert layer.encoding["used"] == encoding
    assert "观潮社区" in layer.encoding["previews"][encoding]
    assert layer.crs["missing"]


def test_the_choice_of_the_user_wins(bring: Callable[..., Brought]) -> None:
    shp, shx = write_points(2)
    dbf = write_dbf([(b"NAME", 20)], [["观潮".encode("gbk")], ["书院".encode("gbk")]])
    brought = bring(("a.shp", shp), ("a.shx", shx), ("a.dbf", dbf))
    _, rows, _ = brought.check("building", crs="EPSG:4490", encoding="big5")
    assert rows[0]["name"] != "观潮"
    _, rows, _ = brought.check("building", crs="EPSG:4490")
    assert [row["name"] for row in rows] == ["观潮", "书院"]


def test_cut_texts_are_told(bring: Callable[..., Brought]) -> None:
    shp, shx = write_points(2)
    dbf = write_dbf([(b"NAME", 10)], [["观潮社区居委会".encode()], ["书院".encode()]])
    _, rows, findings = bring(("a.shp", shp), ("a.shx", shx), ("a.dbf", dbf)).check(
        "building", crs="EPSG:4490"
    )
    assert rows[0]["name"] == "观潮社"
    assert [finding.facts["value"] for finding in findings if finding.code == "text_cut"] == ["观潮社"]


def test_deleted_records_leave_no_shift(bring: Callable[..., Brought]) -> None:
    shp, shx = write_points(3)
    dbf = bytearray(write_dbf([(b"NAME", 4)], [[b"a"], [b"b"], [b"c"]]))
    dbf[33 + 32 + 5] = ord("*")  # the mark of the second record
    _, rows, _ = bring(("a.shp", shp), ("a.shx", shx), ("a.dbf", bytes(dbf))).check(
        "building", crs="EPSG:4490"
    )
    assert [row["name"] for row in rows] == ["a", "c"]


def test_header_longer_than_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from app.errors import InvalidInput

    path = tmp_path / "a.dbf"
    path.write_bytes(write_dbf([(b"NAME", 20)], [[b"a"]] * 9)[:120])
    with pytest.raises(InvalidInput) as caught:
        open_dbf(path, "a")
    assert caught.value.code == "file_truncated"
