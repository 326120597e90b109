"""What an office brings in stays on its own ground, and the journal names who brought it in."""

from typing import Any

import pytest
from shapely.geometry import LineString
from sqlalchemy import text

from app import db
from app.accounts.actions import add_account
from app.ground import boundary_import
from app.ground.boundary_import.jobs import check_job, publish_job
from tests.builders import build_area, cell
from tests.conftest import PASSWORD, Visitor
from tests.ground.wizard_visits import JSON, geojson, inspected

DISTRICT, OWN, NEXT = "329902000000", "329902001000", "329902002000"


@pytest.fixture
def planner(app, session, settings, monkeypatch) -> Visitor:
    """Of the street in the west; another lies east of it in the same district."""
    west, east = cell(0), cell(1)
    build_area(session, DISTRICT, "测试区", west.union(east))
    build_area(session, OWN, "西街道", west)
    build_area(session, NEXT, "东街道", east)
    add_account(session, "xi", PASSWORD, "planner", OWN)
    session.commit()
    monkeypatch.setattr("app.ground.boundary_import.jobs.read_settings", lambda: settings)
    visitor = Visitor(app.test_client())
    visitor.post("/sign-in", data={"login": "xi", "password": PASSWORD})
    return visitor


def planned(
    planner: Visitor, settings: Any, rows: list[tuple[Any, dict[str, Any]]], kind: str, **columns: str
) -> int:
    import_id = inspected(planner, settings, "文件.geojson", geojson(rows))
    form = {"kind": kind, "datum": "wgs84", **{f"map_{name}": column for name, column in columns.items()}}
    assert planner.post(f"/imports/{import_id}/check", data=form, headers=JSON).status_code == 200
    check_job(import_id, 1)
    return import_id


def found(session: Any, import_id: int) -> tuple[dict[str, int], list[str]]:
    summary = session.scalar(text("SELECT summary FROM ground_import WHERE id = :id"), {"id": import_id})
    codes = session.scalars(
        text("SELECT code FROM import_finding WHERE import_id = :id AND severity = 'refuse'"),
        {"id": import_id},
    )
    return {name: summary[name] for name in ("create", "change", "refused")}, list(codes)


def test_a_road_on_the_neighbours_ground_is_refused(planner, session, settings) -> None:
    (x0, y0, x1, y1), (far_x, *_rest) = cell(0).bounds, cell(1).centroid.coords[0]
    y = (y0 + y1) / 2
    rows = [
        (LineString([(x0 + 0.0001, y), (x1 - 0.0001, y)]), {"name": "自家路"}),
        (LineString([(x0 + 0.0002, y), (far_x, y)]), {"name": "过界路"}),
        (LineString([(far_x, y), (far_x + 0.0005, y)]), {"name": "别家路"}),
    ]
    counts, codes = found(session, planned(planner, settings, rows, "road", name="name"))
    assert counts == {"create": 2, "change": 0, "refused": 1}
    assert codes == ["row_elsewhere"]


def test_another_offices_road_is_not_changed(planner, session, settings) -> None:
    (x0, y0, x1, y1) = cell(0).bounds
    line = LineString([(x0 + 0.0001, (y0 + y1) / 2), (x1 - 0.0001, (y0 + y1) / 2)])
    session.execute(
        text(
            "INSERT INTO road (name, road_class, shape, area_code) VALUES ('旧名', 'minor', ST_Multi(ST_GeomFromText(:wkt, 4326)), :code)"
        ),
        {"wkt": line.wkt, "code": NEXT},
    )
    session.commit()
    counts, codes = found(
        session, planned(planner, settings, [(line, {"name": "新名"})], "road", name="name")
    )
    assert counts == {"create": 0, "change": 0, "refused": 1} and codes == ["row_not_yours"]


@pytest.mark.parametrize(
    ("kind", "code", "place", "why"),
    [
        ("district", DISTRICT, 0, "row_not_yours"),
        ("street", OWN, 0, "row_not_yours"),
        ("street", NEXT, 1, "row_not_yours"),
        ("community", "329902002001", 1, "row_not_yours"),
        ("community", "329902001001", 1, "row_elsewhere"),
    ],
)
def test_areas_of_others_and_the_own_outline_are_refused_while_checking(
    planner, session, settings, kind, code, place, why
) -> None:
    rows = [(cell(place).buffer(-0.0001), {"name": "某地", "code": code})]
    import_id = planned(planner, settings, rows, kind, name="name", code="code")
    counts, codes = found(session, import_id)
    assert counts == {"create": 0, "change": 0, "refused": 1}
    assert why in codes
    page = planner.get(f"/imports/{import_id}").get_data(as_text=True)
    assert "没有可以导入的内容" in page


def test_own_communities_go_in_and_the_journal_says_who_confirmed(planner, session, settings) -> None:
    rows = [(cell(0).buffer(-0.0001), {"name": "新社区", "code": "329902001001"})]
    import_id = planned(planner, settings, rows, "community", name="name", code="code")
    assert found(session, import_id)[0] == {"create": 1, "change": 0, "refused": 0}
    assert planner.post(f"/imports/{import_id}/publish", headers=JSON).status_code == 200
    who = session.scalar(text("SELECT id FROM account WHERE login = 'xi'"))
    asked = session.execute(
        text(
            "SELECT args FROM procrastinate_jobs WHERE task_name = 'wardmap:ground.publish' ORDER BY id DESC LIMIT 1"
        )
    ).scalar_one()
    assert asked == {"import_id": import_id, "by": who}
    publish_job(**asked)
    lines = session.execute(
        text(
            "SELECT account_id, source, request FROM journal WHERE subject = 'area_version' AND request = :r"
        ),
        {"r": f"import-{import_id}"},
    ).all()
    assert lines == [(who, "worker", f"import-{import_id}")]


def test_whoever_works_everywhere_may_draw_everything(login_as, session, settings, planner) -> None:
    rows = [(cell(1).buffer(-0.0001), {"name": "东街道", "code": NEXT})]
    everywhere = login_as("planner")
    import_id = inspected(everywhere, settings, "文件.geojson", geojson(rows))
    form = {"kind": "street", "datum": "wgs84", "map_name": "name", "map_code": "code"}
    assert everywhere.post(f"/imports/{import_id}/check", data=form, headers=JSON).status_code == 200
    with db.acting_in(db.EVERYWHERE):
        assert boundary_import.run_check(import_id, settings) == "checked"
    assert found(session, import_id)[0]["change"] == 1
