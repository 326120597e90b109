"""The same list again, numbers that run out, settling in a large file, and undoing in any order."""

from pathlib import Path

import pytest
from shapely.geometry import LineString, Point
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.config import Settings
from app.errors import Conflict
from app.ground import boundary_import
from tests.builders import build_town, cell, footprint_in
from tests.ground.importing import accept, bring, checked, codes_of, counts, found
from tests.ground.test_imports import LEFT, RIGHT, houses


@pytest.mark.parametrize(
    "facts",
    [
        [{"address": f"堤前路{n}号"} for n in range(3)],
        [{"name": name} for name in ("1幢", "1幢", "2幢")],
        [{"name": "1幢", "address": "堤前路1号"}] * 3,
    ],
    ids=["addresses without names", "repeated names", "repeated lines"],
)
def test_an_address_list_again_makes_nothing_twice(
    session: Session, tmp_path: Path, settings: Settings, facts: list[dict[str, str]]
) -> None:
    build_town(session, buildings=0)
    rows = [(None, {"community_name": "左岸社区", "households": 24, **one}) for one in facts]
    assert counts(bring(tmp_path, settings, "building", rows)) == (3, 0, 0, 0)
    assert counts(bring(tmp_path, settings, "building", rows)) == (0, 0, 3, 0)


def test_points_at_one_place_again_make_nothing_twice(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_town(session, buildings=0)
    rows = [(Point(118.602, 31.952), {"households": n}) for n in (10, 20)]
    assert counts(bring(tmp_path, settings, "building", rows)) == (2, 0, 0, 0)
    assert counts(bring(tmp_path, settings, "building", rows)) == (0, 0, 2, 0)


def test_points_at_one_place_are_told_apart_by_their_names(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_town(session, buildings=0)
    rows = [(Point(118.627, 31.952), {"name": name}) for name in ("宾西楼站", "宾西楼", "福建路站")]
    assert counts(bring(tmp_path, settings, "building", rows, into=RIGHT, datum="wgs84")) == (3, 0, 0, 0)
    # They are known by their place only: this time the file is said to be about nothing.
    assert counts(bring(tmp_path, settings, "building", rows, datum="wgs84")) == (0, 0, 3, 0)


def test_what_a_building_is_used_as_is_not_supposed(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_town(session, buildings=0)
    rows = [(footprint_in(cell(0), 1), {"name": "一幢"})]
    assert counts(bring(tmp_path, settings, "building", rows)) == (1, 0, 0, 0)
    assert session.scalars(text("SELECT kind FROM building")).all() == [None]
    assert counts(bring(tmp_path, settings, "building", rows)) == (0, 0, 1, 0)
    known = [(footprint_in(cell(0), 1), {"name": "一幢", "kind": "school"})]
    assert counts(bring(tmp_path, settings, "building", known)) == (0, 1, 0, 0)
    assert session.scalars(text("SELECT kind FROM building")).all() == ["school"]


def test_a_stored_area_keeps_its_parent_whatever_comes_beside_it(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    street = [(cell(0), {"name": "望德堂"})]
    assert counts(bring(tmp_path, settings, "street", street, datum="wgs84")) == (1, 0, 0, 0)
    for number, name in ((3, "甲区"), (4, "乙区")):
        bring(tmp_path, settings, "district", [(cell(number), {"name": name})], datum="wgs84")
    assert counts(bring(tmp_path, settings, "street", street, datum="wgs84")) == (0, 0, 1, 0)


def test_names_longer_than_what_is_kept_are_the_same_again(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_town(session, buildings=0)
    road = [(LineString([(118.6, 31.95), (118.61, 31.951)]), {"name": "长" * 130})]
    assert counts(bring(tmp_path, settings, "road", road)) == (1, 0, 0, 0)
    assert counts(bring(tmp_path, settings, "road", road)) == (0, 0, 1, 0)
    house = [(None, {"name": "楼" * 120, "community_name": "左岸社区"})]
    first = bring(tmp_path, settings, "building", house)
    assert counts(first) == (1, 0, 0, 0) and "text_shortened" in codes_of(session, first.id), "it is said"
    assert counts(bring(tmp_path, settings, "building", house)) == (0, 0, 1, 0)


def test_after_the_last_number_the_free_ones_are_used(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_town(session, buildings=0)
    bring(tmp_path, settings, "building", [(footprint_in(cell(0), 1), {"code": LEFT + "99998"})])
    one = bring(tmp_path, settings, "building", houses(cell(0), [2, 3, 4]))
    assert counts(one) == (3, 0, 0, 0)
    codes = session.scalars(text("SELECT right(code, 5) FROM building ORDER BY code")).all()
    assert codes == ["00001", "00002", "99998", "99999"]


def test_settling_some_rows_leaves_the_plan_of_the_others(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_town(session, buildings=0)
    bring(tmp_path, settings, "building", houses(cell(1), [7]))
    rows = houses(cell(0), [1, 2]) + houses(cell(5), [3, 4]) + houses(cell(1), [7], households=30)
    import_id = checked(tmp_path, settings, "building", rows, datum="wgs84")
    before = {row[0]: row[1:] for row in plan_of(session, import_id)}
    boundary_import.settle_rows(session, import_id, [3], RIGHT)
    boundary_import.settle_rows(session, import_id, [4], RIGHT)
    after = {row[0]: row[1:] for row in plan_of(session, import_id)}
    assert {n: after[n] for n in (1, 2, 5)} == {n: before[n] for n in (1, 2, 5)}
    assert {after[n] for n in (3, 4)} == {("create", RIGHT + "00002"), ("create", RIGHT + "00003")}
    summary = found(import_id).summary or {}
    assert summary["last_numbers"] == {LEFT: 2, RIGHT: 3}
    assert "community_none" not in summary["findings"]
    # Taken back, one row is nowhere again.
    boundary_import.settle_rows(session, import_id, [3], None)
    assert counts(found(import_id)) == (3, 1, 0, 1)
    assert (found(import_id).summary or {})["findings"]["community_none"] == 1
    boundary_import.settle_rows(session, import_id, [3], LEFT)
    session.commit()
    assert accept(import_id, settings) == "published"
    stored = session.scalars(text("SELECT code FROM building ORDER BY code")).all()
    assert stored == [LEFT + n for n in ("00001", "00002", "00003")] + [RIGHT + "00001", RIGHT + "00003"]


def plan_of(session: Session, import_id: int) -> list[tuple]:
    rows = session.execute(
        text("SELECT row_no, verdict, target_code FROM import_row WHERE import_id = :id ORDER BY row_no"),
        {"id": import_id},
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("kind", ["road", "codes"])
def test_undoing_goes_by_the_order_of_acceptance(
    session: Session, tmp_path: Path, settings: Settings, kind: str
) -> None:
    """Uploaded first, accepted last: that one is the last word, and the one that can be undone."""

    def rows(name: str) -> list:
        if kind == "road":
            return [(LineString([(118.6, 31.95), (118.61, 31.951)]), {"name": name})]
        return [(None, {"code": "329903001000", "name": name})]

    def name() -> str:
        table = "road" if kind == "road" else "division_code WHERE code = '329903001000'"
        return session.scalar(text(f"SELECT name FROM {table}"))

    bring(tmp_path, settings, kind, rows("原名"))
    first, second = (checked(tmp_path, settings, kind, rows(one), datum="wgs84") for one in ("甲", "乙"))
    assert accept(second, settings) == "published"
    assert accept(first, settings) == "published"
    assert name() == "甲"
    with pytest.raises(Conflict) as refused, session.begin_nested():
        boundary_import.ask_undo(session, second)
    assert refused.value.code == "import_in_use"
    boundary_import.ask_undo(session, first)
    assert name() == "乙"
    boundary_import.ask_undo(session, second)
    assert name() == "原名"
