"""Files through the whole engine: plan, publish, again, changed, undone."""

from pathlib import Path

import pytest
from shapely.affinity import translate
from shapely.geometry import LineString, Point
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.config import Settings
from app.errors import Conflict, InvalidInput
from app.ground import boundary_import
from app.ground.queries import imports
from tests.builders import build_area, build_town, cell, footprint_in
from tests.ground.importing import accept, bring, checked, codes_of, counts, found

LEFT, RIGHT = "329902001001", "329902001002"


def street_rows() -> list:
    return [
        (cell(0), {"name": "东街道", "parent_name": "测试区"}),
        (cell(1), {"name": "西街道", "parent_name": "测试区"}),
    ]


def houses(area, numbers, **facts):
    return [
        (footprint_in(area, n), {"name": f"{n}幢", "address": f"测试路{n}号", "households": 24, **facts})
        for n in numbers
    ]


def test_same_file_again_changes_nothing(session: Session, tmp_path: Path, settings: Settings) -> None:
    build_town(session, buildings=0)
    rows = houses(cell(0), range(5)) + houses(cell(1), range(5, 8))
    assert counts(bring(tmp_path, settings, "building", rows)) == (8, 0, 0, 0)
    assert counts(bring(tmp_path, settings, "building", rows)) == (0, 0, 8, 0)
    assert session.scalar(text("SELECT count(*) FROM building")) == 8


def test_dry_run_writes_nothing(session: Session, tmp_path: Path, settings: Settings) -> None:
    build_town(session, buildings=0)
    one = bring(tmp_path, settings, "building", houses(cell(0), range(3)), dry_run=True)
    assert (one.state, counts(one)) == ("checked", (3, 0, 0, 0))
    assert session.scalar(text("SELECT count(*) FROM building")) == 0
    assert found(one.id).state == "cancelled"


def test_buildings_are_numbered_from_west_to_east_and_north_to_south(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_town(session, buildings=0)
    west, south, _, _ = cell(0).bounds
    places = {"东": (0.004, 0.002), "西北": (0.0003, 0.004), "西南": (0.0003, 0.001)}
    rows = [
        (Point(west + x, south + y).buffer(0.0001, quad_segs=1), {"name": name})
        for name, (x, y) in places.items()
    ]
    bring(tmp_path, settings, "building", rows)
    names = session.scalars(text("SELECT name FROM building ORDER BY code")).all()
    assert names == ["西北", "西南", "东"]
    assert session.scalar(text("SELECT min(code) FROM building")) == LEFT + "00001"


def test_numbers_are_never_given_out_again(session: Session, tmp_path: Path, settings: Settings) -> None:
    build_town(session, buildings=0)
    one = bring(tmp_path, settings, "building", houses(cell(0), range(3)))
    boundary_import.ask_undo(session, one.id)
    bring(tmp_path, settings, "building", houses(cell(0), range(4, 6)))
    assert session.scalars(text("SELECT right(code, 5) FROM building ORDER BY 1")).all() == ["00004", "00005"]


def test_redrawn_building_is_a_change_with_its_history(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_town(session, buildings=0)
    bring(tmp_path, settings, "building", houses(cell(0), range(3)))
    moved = [(translate(shape, 0.00005, 0.00005), {"households": 48}) for shape, _ in houses(cell(0), [1])]
    one = bring(tmp_path, settings, "building", moved)
    assert counts(one) == (0, 1, 0, 0)
    name, households = session.execute(text("SELECT name, households FROM building WHERE version = 2")).one()
    assert (name, households) == ("1幢", 48), "an empty column erases nothing"
    before = session.scalar(text("SELECT before ->> 'households' FROM building_change"))
    assert before == "24"
    boundary_import.ask_undo(session, one.id)
    assert session.scalar(text("SELECT count(*) FROM building WHERE households = 24")) == 3
    assert counts(bring(tmp_path, settings, "building", houses(cell(0), range(3)))) == (0, 0, 3, 0)


def test_the_offices_own_number_recognises_a_building(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_town(session, buildings=0)
    bring(
        tmp_path,
        settings,
        "building",
        [(footprint_in(cell(0), 1), {"code": "A-17"}), (footprint_in(cell(0), 2), {"code": "A-18"})],
    )
    again = [(footprint_in(cell(0), 30), {"code": "A-17"}), (footprint_in(cell(0), 2), {"code": "A-18"})]
    assert counts(bring(tmp_path, settings, "building", again)) == (0, 1, 1, 0)


def test_a_building_outside_every_community_is_refused_until_settled(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_town(session, buildings=0)
    import_id = checked(tmp_path, settings, "building", houses(cell(0), [1]) + houses(cell(5), [2]))
    unplaced = imports.unplaced_rows(session, import_id)
    assert [(row["row_no"], row["reason"]) for row in unplaced["rows"]] == [(2, "community_none")]
    assert unplaced["rows"][0]["lon"] == pytest.approx(footprint_in(cell(5), 2).centroid.x, abs=1e-4)
    assert boundary_import.settle_rows(session, import_id, [2], RIGHT) == 1
    assert counts(found(import_id)) == (2, 0, 0, 0)
    session.commit()
    assert accept(import_id, settings) == "published"
    assert session.scalar(text("SELECT count(*) FROM building WHERE area_code = :code"), {"code": RIGHT}) == 1


def test_settling_to_an_unknown_community_is_refused(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_town(session, buildings=0)
    import_id = checked(tmp_path, settings, "building", houses(cell(5), [2]))
    with pytest.raises(InvalidInput, match="没有编码为"):
        boundary_import.settle_rows(session, import_id, [1], "329902009999")


def test_a_building_on_the_shared_border_falls_twice(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_area(session, LEFT, "左岸社区", cell(0).union(cell(1)))
    build_area(session, RIGHT, "右岸社区", cell(1))
    session.commit()
    import_id = checked(tmp_path, settings, "building", houses(cell(1), [1]))
    rows = imports.unplaced_rows(session, import_id)["rows"]
    assert [(row["reason"], [one["name"] for one in row["candidates"]]) for row in rows] == [
        ("community_several", ["左岸社区", "右岸社区"])
    ]


def test_stated_community_wins_over_the_place_and_is_said(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_town(session, buildings=0)
    one = bring(tmp_path, settings, "building", houses(cell(0), [1], community_name="右岸居委会"))
    assert session.scalar(text("SELECT area_code FROM building")) == RIGHT
    assert "community_differs" in codes_of(session, one.id)


def test_an_address_list_without_shapes_goes_in_by_name(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_town(session, buildings=0)
    rows = [
        (None, {"name": f"{n}幢", "address": "无图路1号", "community_name": "左岸社区"}) for n in range(3)
    ]
    assert counts(bring(tmp_path, settings, "building", rows)) == (3, 0, 0, 0)
    assert counts(bring(tmp_path, settings, "building", rows)) == (0, 0, 3, 0)


def test_without_communities_no_building_goes_in(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    one = bring(tmp_path, settings, "building", houses(cell(0), range(3)))
    assert (one.state, counts(one)) == ("checked", (0, 0, 0, 3))
    assert "communities_missing" in codes_of(session, one.id)


def test_a_new_boundary_closes_the_old_one(session: Session, tmp_path: Path, settings: Settings) -> None:
    build_area(session, "329902000000", "测试区", cell(0).union(cell(1)))
    build_area(session, "329902001000", "测试街道", cell(0))
    session.commit()
    one = bring(
        tmp_path,
        settings,
        "street",
        [(cell(1), {"name": "测试街道办事处", "parent_name": "测试区"})],
        datum="wgs84",
    )
    assert counts(one) == (0, 1, 0, 0)
    spans = session.execute(
        text(
            "SELECT name, upper(during) = CURRENT_DATE, lower(during) = CURRENT_DATE FROM area_version"
            " WHERE area_code = '329902001000' ORDER BY lower(during)"
        )
    ).all()
    assert [tuple(span) for span in spans] == [("测试街道", True, False), ("测试街道办事处", None, True)]
    boundary_import.ask_undo(session, one.id)
    only = session.execute(
        text("SELECT name, upper(during) FROM area_version WHERE area_code = '329902001000'")
    ).all()
    assert [tuple(row) for row in only] == [("测试街道", None)]


def test_a_second_version_on_one_day_replaces_the_first_and_can_be_undone(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_area(session, "329902000000", "测试区", cell(0).union(cell(1)))
    session.commit()
    first = bring(tmp_path, settings, "street", street_rows())
    # Half a kilometre to the east looks like GCJ-02; the datum is said, so that nobody is asked.
    moved = [(cell(2), {"name": "东街道", "parent_name": "测试区"})]
    second = bring(tmp_path, settings, "street", moved, datum="wgs84")
    assert counts(second) == (0, 1, 0, 0)
    assert "version_replaced" in codes_of(session, second.id)
    with pytest.raises(Conflict) as refused, session.begin_nested():
        boundary_import.ask_undo(session, first.id)
    assert refused.value.code == "import_in_use"
    boundary_import.ask_undo(session, second.id)
    boundary = session.scalar(
        text("SELECT ST_XMin(boundary) FROM area_version WHERE name = '东街道' AND import_id = :id"),
        {"id": first.id},
    )
    assert boundary == pytest.approx(cell(0).bounds[0])
    boundary_import.ask_undo(session, first.id)
    assert session.scalar(text("SELECT count(*) FROM area WHERE level = 'street'")) == 0


def test_local_codes_have_the_official_shape_and_are_marked(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_area(session, "329902000000", "测试区", cell(0).union(cell(1)))
    session.commit()
    one = bring(tmp_path, settings, "street", street_rows())
    made = session.execute(text("SELECT code, is_local FROM area WHERE level = 'street' ORDER BY code")).all()
    assert [tuple(row) for row in made] == [("329902701000", True), ("329902702000", True)]
    assert "code_made" in codes_of(session, one.id)


def test_names_find_their_official_codes(session: Session, tmp_path: Path, settings: Settings) -> None:
    build_area(session, "329902000000", "测试区", cell(0).union(cell(1)))
    session.execute(
        text(
            "INSERT INTO division_code (code, name) VALUES ('329902000000', '测试区'), ('329902005000', '东街道办事处'),"
            " ('329902401000', '西街道')"
        )
    )
    session.commit()
    one = bring(tmp_path, settings, "street", street_rows())
    made = session.execute(text("SELECT code, is_local FROM area WHERE level = 'street' ORDER BY code")).all()
    assert [tuple(row) for row in made] == [("329902005000", False), ("329902701000", True)], (
        "an overlay is no street"
    )
    assert {"code_found", "name_unlisted"} <= codes_of(session, one.id)


def test_missing_areas_above_are_made_by_their_code(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    rows = [(cell(n), {"code": f"32990300100{n + 1}", "name": f"第{n}社区"}) for n in range(2)]
    one = bring(tmp_path, settings, "community", rows)
    assert counts(one) == (2, 0, 0, 0)
    levels = session.execute(text("SELECT level, count(*) FROM area GROUP BY 1")).all()
    assert dict(levels) == {"district": 1, "street": 1, "community": 2}
    boundary_import.ask_undo(session, one.id)
    assert session.scalar(text("SELECT count(*) FROM area")) == 0


def test_undo_names_what_depends_on_it(session: Session, tmp_path: Path, settings: Settings) -> None:
    areas = bring(tmp_path, settings, "community", [(cell(0), {"code": "329903001001", "name": "甲社区"})])
    houses_in = bring(tmp_path, settings, "building", houses(cell(0), range(2)))
    with pytest.raises(Conflict, match="楼栋（2）"), session.begin_nested():
        boundary_import.ask_undo(session, areas.id)
    ids = session.scalars(text("SELECT id FROM building ORDER BY id")).all()
    plan = session.scalar(
        text("INSERT INTO plan (area_code, name) VALUES ('329903001001', '方案') RETURNING id")
    )
    zone = session.scalar(
        text("INSERT INTO zone (plan_id, area_code, number) VALUES (:plan, '329903001001', 1) RETURNING id"),
        {"plan": plan},
    )
    session.execute(
        text("INSERT INTO zone_building VALUES (:plan, :building, :zone, '329903001001')"),
        {"plan": plan, "building": ids[0], "zone": zone},
    )
    with pytest.raises(Conflict, match="责任区中的楼栋（1）"), session.begin_nested():
        boundary_import.ask_undo(session, houses_in.id)
    assert session.scalar(text("SELECT count(*) FROM building")) == 2


def test_roads_are_known_by_their_line(session: Session, tmp_path: Path, settings: Settings) -> None:
    line = LineString([(118.6, 31.95), (118.61, 31.951)])
    assert counts(
        bring(tmp_path, settings, "road", [(line, {"name": "滨江路", "road_class": "arterial"})])
    ) == (1, 0, 0, 0)
    renamed = bring(tmp_path, settings, "road", [(line, {"name": "滨江大道", "road_class": "arterial"})])
    assert counts(renamed) == (0, 1, 0, 0)
    boundary_import.ask_undo(session, renamed.id)
    assert session.scalar(text("SELECT name FROM road")) == "滨江路"


def test_code_list_tells_cells_from_overlays(session: Session, tmp_path: Path, settings: Settings) -> None:
    rows = [
        (None, {"code": "329903000000", "name": "某区"}),
        (None, {"code": "329903001000", "name": "甲街道"}),
        (None, {"code": "329903401000", "name": "某开发区"}),
    ]
    one = bring(tmp_path, settings, "codes", rows)
    assert counts(one) == (3, 0, 0, 0)
    assert ((one.summary or {})["cells"], (one.summary or {})["overlays"]) == (1, 1)
    again = bring(
        tmp_path, settings, "codes", [*rows[:1], (None, {"code": "329903001000", "name": "乙街道"})]
    )
    assert counts(again) == (0, 1, 1, 0)
    boundary_import.ask_undo(session, again.id)
    assert session.scalar(text("SELECT name FROM division_code WHERE code = '329903001000'")) == "甲街道"
