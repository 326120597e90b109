"""Uploads that lie, grow, climb or hide."""

from __future__ import annotations

import gzip
import io
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.geo.container import receive, unpack
from app.geo.limits import MEBIBYTE, Limits

SQUARE = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": "甲"},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[118.7, 32], [118.71, 32], [118.71, 32.01], [118.7, 32]]],
                },
            }
        ],
    }
).encode()
VRT = b'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/etc/hostname</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
ENTITIES = b'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a SYSTEM "file:///etc/hostname">]><kml><name>&a;</name></kml>'
Refuse = Callable[..., str]


@pytest.fixture
def refused(tmp_path: Path) -> Refuse:
    """The code with which an upload is refused."""

    def refuse(*files: tuple[str, bytes], limits: Limits | None = None) -> str:
        with pytest.raises(InvalidInput) as caught:
            receive(
                tmp_path / "job", [(name, io.BytesIO(content)) for name, content in files], limits or Limits()
            )
            unpack(tmp_path / "job", limits or Limits())
        assert str(caught.value)
        return caught.value.code

    return refuse


def zipped(*members: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of members as given."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return sink.getvalue()


@pytest.mark.parametrize(
    "name", ["a.geojson", "a.json", "a.kml", "a.csv", "a.gpkg", "a.fgb", "a.osm", "a.shp", "a.xlsx", "a.vrt"]
)
def test_a_vrt_is_refused_under_any_name(name: str, refused: Refuse) -> None:
    assert refused((name, VRT)) == "driver_refused"
    assert refused(("b.zip", zipped((name, VRT)))) == "driver_refused"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.gpkg", SQUARE),
        ("a.geojson", b"SQLite format 3\x00" + b"x" * 100),
        ("a.zip", SQUARE),
        ("a.csv", SQUARE),
        ("a.parquet", b"\x1f\x8b\x08"),
        ("a.rar", b"Rar!"),
        ("a", SQUARE),
        ("a.geojson", b"\x00\x01\x02"),
        ("a.geojson", b"hello"),
        ("a.geojson", SQUARE.decode().encode("utf-16")),
        ("a.csv", ENTITIES.decode().encode("utf-16")),
        ("a.csv", "x,y".encode("utf-16-le")),
    ],
)
def test_bytes_and_name_must_agree(name: str, content: bytes, refused: Refuse) -> None:
    assert refused((name, content)) == "driver_refused"


def test_entities(refused: Refuse) -> None:
    assert refused(("a.kml", ENTITIES)) == "xml_entities"
    late = b"<kml>" + b" " * 2 * MEBIBYTE + b"<!entity x 'y'></kml>"
    assert refused(("a.kml", late)) == "xml_entities"
    assert refused(("a.kml", ENTITIES.decode().encode("utf-16"))) == "driver_refused"
    assert refused(("a.kmz", zipped(("doc.kml", ENTITIES)))) == "xml_entities"


@pytest.mark.parametrize(
    "name", ["../../a.geojson", "/etc/a.geojson", "..\\a.geojson", "C:\\a.geojson", "a/../../b.geojson"]
)
def test_climbing_out(name: str, refused: Refuse) -> None:
    assert refused(("a.zip", zipped((name, SQUARE)))) == "zip_path"


def test_links(refused: Refuse) -> None:
    entry = zipfile.ZipInfo("a.geojson")
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    assert refused(("a.zip", sink.getvalue())) == "zip_path"


def test_bombs(refused: Refuse) -> None:
    assert refused(("a.zip", zipped(("a.geojson", b" " * 40 * MEBIBYTE)))) == "zip_bomb"
    many = zipped(*((f"{number}.geojson", b"{}") for number in range(600)))
    assert refused(("a.zip", many)) == "zip_bomb"
    small = Limits(max_unpacked_bytes=MEBIBYTE)
    assert refused(("a.geojson.gz", gzip.compress(b" " * 9 * MEBIBYTE)), limits=small) == "zip_bomb"
    assert refused(("a.zip", zipped(("a.zip", zipped(("a.geojson", SQUARE)))))) == "zip_nested"
    assert refused(("a.geojson", b" " * 2 * MEBIBYTE), limits=Limits(max_bytes=MEBIBYTE)) == "file_too_large"


def test_a_member_larger_than_it_says_is_not_read_past_its_word(refused: Refuse) -> None:
    content = bytearray(zipped(("a.geojson", b" " * 900_000)))
    forged = (100).to_bytes(4, "little")
    true = (900_000).to_bytes(4, "little")
    while (at := content.find(true)) >= 0:
        content[at : at + 4] = forged
    assert refused(("a.zip", bytes(content))) == "file_truncated"


def test_cut_archives(refused: Refuse) -> None:
    whole = zipped(("a.geojson", SQUARE * 50))
    assert refused(("a.zip", whole[: len(whole) // 2])) == "file_truncated"
    assert refused(("a.geojson.gz", gzip.compress(SQUARE)[:-20])) == "file_truncated"
    misnamed = zipped(("社区.geojson", SQUARE)).replace("社".encode(), b"\xff\xfe\xff")
    assert refused(("a.zip", misnamed)) == "file_unreadable"


def test_parts_of_a_shapefile(refused: Refuse) -> None:
    shp = b"\x00\x00\x27\x0a" + bytes(96)
    assert refused(("路.shp", shp)) == "dbf_missing"
    assert refused(("路.dbf", b"\x03")) == "shp_missing"
    assert refused(("a.zip", zipped(("x/路.shp", shp), ("y/路.dbf", b"\x03")))) in (
        "dbf_missing",
        "shp_missing",
    )
    assert refused(("a.zip", zipped(("readme.txt.bak", b"hello")))) == "driver_refused"


def test_names_in_gbk_without_a_flag(tmp_path: Path) -> None:
    # zipfile writes cp437 names as they are, which is how archives from Chinese Windows look to it.
    disguised = "社区_面.geojson".encode("gbk").decode("cp437")
    content = bytearray(zipped(("aaaaaaaa.geojson", SQUARE)))
    raw = "社区面社.geojson".encode("gbk")
    content = bytearray(bytes(content).replace(b"aaaaaaaa.geojson", raw))
    assert disguised
    receive(tmp_path, [("a.zip", io.BytesIO(bytes(content)))], Limits())
    assert [member.title for member in unpack(tmp_path, Limits()).members] == ["社区面社"]


def test_stored_names_are_ours(tmp_path: Path) -> None:
    receive(tmp_path, [("../../evil\x00名.geojson", io.BytesIO(SQUARE))], Limits())
    contents = unpack(tmp_path, Limits())
    assert sorted(path.name for path in (tmp_path / "upload").iterdir()) == ["0000", "names.json"]
    assert contents.members[0].path.parent == tmp_path / "unpacked"
    assert contents.members[0].title == "evil名"


def test_other_files_are_named_not_read(tmp_path: Path) -> None:
    archive = zipped(
        ("a.geojson", SQUARE), ("a.csv", b"x,y\n1,2\n"), ("__MACOSX/._a.geojson", b"x"), ("a.qml", b"<x/>")
    )
    receive(tmp_path, [("a.zip", io.BytesIO(archive))], Limits())
    contents = unpack(tmp_path, Limits())
    assert contents.kind == "geojson"
    assert [finding.code for finding in contents.findings] == ["members_ignored"]


POINT_SHP = b"\x00\x00\x27\x0a" + bytes(96)


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        ((("a.geojson", SQUARE),), "geojson"),
        ((("a.csv", b"x,y\n1,2\n"),), "csv"),
        ((("a.shp", POINT_SHP), ("a.dbf", b"\x03")), "shapefile"),
    ],
)
@pytest.mark.parametrize(
    "beside",
    [
        ("readme.txt", b""),
        ("readme.txt", b"made in spring"),
        ("style.json", b"[1,2]"),
        ("style.json", b'{"version": 8, "layers": []}'),
        ("notes.txt", b"\x00\x01"),
        ("old.xls", b"no workbook"),
    ],
)
def test_what_goes_along_with_a_layer_is_no_reason_to_refuse_it(
    layer: tuple[tuple[str, bytes], ...], kind: str, beside: tuple[str, bytes], tmp_path: Path
) -> None:
    for members in ((*layer, beside), (beside, *layer)):
        receive(tmp_path, [("a.zip", io.BytesIO(zipped(*members)))], Limits())
        contents = unpack(tmp_path, Limits())
        assert (contents.kind, [member.title for member in contents.members]) == (kind, ["a"])
        assert [finding.facts["names"] for finding in contents.findings] == [beside[0]]


@pytest.mark.parametrize(
    ("beside", "code"),
    [
        (("b.geojson", b""), "file_empty"),
        (("b.geojson", SQUARE[:-9]), "file_truncated"),
        (("b.json", SQUARE[:-9]), "file_truncated"),
        (("b.geojson", VRT), "driver_refused"),
        (("b.gpkg", SQUARE), "driver_refused"),
        (("../b.txt", b""), "zip_path"),
        (("b.zip", b""), "zip_nested"),
    ],
)
def test_a_broken_layer_is_never_passed_over(beside: tuple[str, bytes], code: str, refused: Refuse) -> None:
    assert refused(("a.zip", zipped(("a.geojson", SQUARE), beside))) == code
    assert refused(("a.zip", zipped(beside, ("readme.txt", b"made in spring")))) == code


def test_a_text_alone_in_an_archive_is_the_table(refused: Refuse, tmp_path: Path) -> None:
    receive(tmp_path / "b", [("a.zip", io.BytesIO(zipped(("a.txt", b"x\ty\n1\t2\n"))))], Limits())
    assert unpack(tmp_path / "b", Limits()).kind == "csv"
    assert refused(("a.zip", zipped(("a.txt", b"")))) == "file_empty"
    assert refused(("a.zip", zipped(("style.json", b"[1,2]")))) == "driver_refused"
    assert refused(("readme.txt", b"")) == "file_empty"


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from(["a.zip", "a.geojson", "a.kml", "a.gpkg", "a.csv", "a.osm.gz", "a.shp"]),
)
def test_any_bytes_are_kept_out_or_understood(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    receive(folder, [(name, io.BytesIO(content))], Limits())
    try:
        contents = unpack(folder, Limits())
    except InvalidInput:
        return
    assert contents.members
