"""The town map: outlines, tiles, search, details, dates, and the map as a file."""

from datetime import date

from sqlalchemy import text

from tests.builders import build_area, build_building, build_town, cell, footprint_in


def mvt_strings(body: bytes) -> str:
    return body.decode("utf-8", errors="replace")


def test_an_empty_service_says_what_to_do(login_as) -> None:
    page = login_as("planner").get("/").get_data(as_text=True)
    assert "还没有地图" in page
    assert "/imports/new" in page


def test_the_map_page_is_small_and_names_no_other_host(login_as, session) -> None:
    build_town(session)
    page = login_as("planner").get("/").get_data(as_text=True)
    assert len(page.encode()) < 60 * 1024
    assert "测试街道" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_the_map_draws_every_level_that_there_is(login_as, session) -> None:
    build_area(session, "329909000000", "别区", cell(4))
    session.commit()
    page = login_as("planner").get("/").get_data(as_text=True)
    assert "level=district" in page and "level=community" not in page
    build_town(session)
    page = login_as("planner").get("/").get_data(as_text=True)
    assert all(f"level={level}" in page for level in ("district", "street", "community"))


def test_outlines_carry_their_sums(login_as, session) -> None:
    build_town(session, buildings=12)
    answer = login_as("planner").get("/ground/areas.geojson?level=community")
    left = next(one for one in answer.json["features"] if one["id"] == "329902001001")
    assert left["properties"]["buildings"] == 12
    assert left["properties"]["households"] == 12 * 36
    street = login_as("planner").get("/ground/areas.geojson?level=street").json["features"][0]
    assert street["properties"]["buildings"] == 24


def test_outlines_can_be_narrowed_to_a_street(login_as, session) -> None:
    build_town(session)
    build_area(session, "329902002001", "别处社区", cell(3))
    session.commit()
    answer = login_as("planner").get("/ground/areas.geojson?level=community&within=329902001000")
    assert {one["id"] for one in answer.json["features"]} == {"329902001001", "329902001002"}


def test_a_street_whose_code_ends_in_zero_is_not_taken_for_a_district(login_as, session) -> None:
    build_area(session, "329902010001", "十号街道的社区", cell(0))
    build_area(session, "329902001001", "一号街道的社区", cell(1))
    session.commit()
    answer = login_as("planner").get("/ground/areas.geojson?level=community&within=329902010000")
    assert [one["id"] for one in answer.json["features"]] == ["329902010001"]


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    import math

    side = 1 << z
    x = int((lon + 180) / 360 * side)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)
    return x, y


def test_building_tiles_hold_what_is_there_and_answer_304(login_as, session) -> None:
    town = build_town(session)
    planner = login_as("planner")
    point = town["cells"]["left"].centroid
    x, y = tile_of(point.x, point.y - 0.002, 16)
    answer = planner.get(f"/tiles/building/16/{x}/{y}.mvt?by=floors")
    assert answer.status_code == 200
    assert answer.mimetype == "application/vnd.mapbox-vector-tile"
    assert "1幢" in mvt_strings(answer.data)
    again = planner.get(
        f"/tiles/building/16/{x}/{y}.mvt?by=floors", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304
    assert not again.data


def test_a_change_of_the_ground_changes_the_tile(login_as, session) -> None:
    town = build_town(session)
    planner = login_as("planner")
    point = town["cells"]["left"].centroid
    x, y = tile_of(point.x, point.y, 14)
    before = planner.get(f"/tiles/building/14/{x}/{y}.mvt")
    build_building(session, "32990200100199999", footprint_in(town["cells"]["left"], 55))
    session.commit()
    after = planner.get(f"/tiles/building/14/{x}/{y}.mvt", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert len(after.data) > len(before.data)


def test_tiles_outside_the_scheme_are_refused(login_as, session) -> None:
    planner = login_as("planner")
    assert planner.get("/tiles/building/13/0/0.mvt").status_code == 422
    assert planner.get("/tiles/building/14/16384/0.mvt").status_code == 422
    assert planner.get("/tiles/building/14/0/0.mvt?by=secret").status_code == 422


def test_tiles_need_an_account(client) -> None:
    assert client.get("/tiles/building/14/0/0.mvt", headers={"Accept": "*/*"}).status_code == 403


def test_one_area_is_counted_without_counting_the_rest(login_as, session, monkeypatch) -> None:
    from app.ground.queries import areas

    build_town(session, buildings=3)
    build_area(session, "329903001001", "别处社区", cell(3))
    session.commit()
    lines = areas.area_tree(session, date(2026, 7, 1), "329902001001")
    assert [(line.code, line.buildings) for line in lines] == [("329902001001", 3)]
    street = areas.area_tree(session, date(2026, 7, 1), "329902001")
    assert [line.buildings for line in street] == [6, 3, 3]

    asked = []
    whole = areas.area_tree
    monkeypatch.setattr(areas, "area_tree", lambda *given: asked.append(given[2:]) or whole(*given))
    assert login_as("planner").get("/ground/areas/329902001000").json["buildings"] == 6
    assert asked == [("329902001",)]


def test_search_finds_areas_and_buildings_by_several_words(login_as, session) -> None:
    build_town(session)
    planner = login_as("planner")
    found = planner.get("/ground/search?q=左岸").json["places"]
    assert found[0]["what"] == "area"
    one = planner.get("/ground/search?q=左岸 3幢").json["places"]
    assert one[0]["what"] == "building"
    assert one[0]["code"] == "32990200100100003"
    assert planner.get("/ground/search?q=32990200100100003").json["places"][0]["name"].endswith("3幢")


def test_search_takes_percent_signs_literally(login_as, session) -> None:
    build_town(session)
    assert login_as("planner").get("/ground/search?q=%25").json["places"] == []


def test_a_building_in_full(login_as, session) -> None:
    town = build_town(session)
    facts = login_as("community").get(f"/ground/buildings/{town['buildings']['329902001001'][0]}").json
    assert facts["community"] == "左岸社区"
    assert facts["street"] == "测试街道"
    assert facts["kind"] == "住宅"
    assert facts["history"] == []


def test_an_earlier_day_shows_the_earlier_boundary(login_as, session) -> None:
    build_area(session, "329902001001", "旧名社区", cell(0), during="[2025-01-01,2026-03-01)")
    session.execute(
        text("INSERT INTO area_version (area_code, name, boundary, during) SELECT area_code, '新名社区', boundary,"
             " '[2026-03-01,)' FROM area_version WHERE area_code = '329902001001'")
    )  # fmt: skip
    session.commit()
    planner = login_as("planner")
    names = [
        planner.get(f"/ground/areas.geojson?level=community&on={day}").json["features"][0]["properties"][
            "name"
        ]
        for day in ("2026-02-28", "2026-03-01")
    ]
    assert names == ["旧名社区", "新名社区"]
    assert [one["name"] for one in planner.get("/ground/areas/329902001001").json["versions"]] == [
        "新名社区",
        "旧名社区",
    ]
    assert planner.get("/ground/areas/329902001001?on=2024-01-01").status_code == 404


def test_the_export_is_one_file_without_other_hosts(login_as, session) -> None:
    build_town(session)
    answer = login_as("community").get("/ground/areas/329902001001/export.html")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    body = answer.get_data(as_text=True)
    assert "左岸社区" in body
    assert 'src="' not in body
    assert "fetch-me" not in body


def test_a_too_large_export_says_what_is_too_many(login_as, session, app) -> None:
    from dataclasses import replace

    build_town(session)
    planner = login_as("planner")
    kept = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(kept, export_features=5)
    try:
        answer = planner.get("/ground/areas/329902001001/export.html", headers={"Accept": "application/json"})
    finally:
        app.config["SETTINGS"] = kept
    assert answer.status_code == 422
    assert answer.json["code"] == "export_too_large"
    assert "超过 5 栋" in answer.json["sentence"]
    assert "6" not in answer.json["sentence"], "the rows stop at one more: it is no count"


def test_overlapping_versions_of_an_area_are_refused_by_the_database(session, app) -> None:
    import pytest

    from app import db
    from app.errors import Conflict

    build_area(session, "329902001001", "一", cell(0))
    session.commit()
    with pytest.raises(Conflict) as refused, db.transaction() as writing:
        writing.execute(text("INSERT INTO area_version (area_code, name) VALUES ('329902001001', '二')"))
    assert refused.value.code == "area_changed"


def test_a_bow_tie_is_refused_by_the_database(session, app) -> None:
    import pytest
    from shapely.geometry import Polygon

    from app import db
    from app.errors import InvalidInput

    town = build_town(session)
    x, y = town["cells"]["left"].bounds[:2]
    bow_tie = Polygon([(x, y), (x + 0.001, y + 0.001), (x + 0.001, y), (x, y + 0.001)])
    with pytest.raises(InvalidInput) as refused, db.transaction() as writing:
        build_building(writing, "32990200100188888", bow_tie)
    assert refused.value.code == "geometry_invalid"
