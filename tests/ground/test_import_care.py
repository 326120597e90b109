"""What is taken, kept, forgotten and remembered around an import."""

from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import db
from app.config import Settings
from app.errors import Conflict, InvalidInput
from app.ground import boundary_import
from app.ground.queries import imports
from tests.builders import build_town, cell, footprint_in
from tests.ground.importing import accept, bring, checked, found

LEFT, RIGHT = "329902001001", "329902001002"


def houses(area, numbers, **facts):
    return [
        (footprint_in(area, n), {"name": f"{n}幢", "address": f"测试路{n}号", "households": 24, **facts})
        for n in numbers
    ]


def test_upload_with_the_same_key_is_one_import(session: Session, tmp_path: Path, settings: Settings) -> None:
    import io

    key = uuid4()
    first = boundary_import.receive(session, [("a.geojson", io.BytesIO(b"{}"))], key=key, max_bytes=100)
    second = boundary_import.receive(session, [("a.geojson", io.BytesIO(b"{}"))], key=key, max_bytes=100)
    assert first == second
    assert session.scalar(text("SELECT count(*) FROM import_part")) == 1


@pytest.mark.parametrize(
    ("names", "content", "code"),
    [
        (["a.geojson"], b"x" * 101, "file_too_large"),
        (["a.geojson"], b"", "file_empty"),
        (["a.geojson", "b.geojson"], b"{}", "files_mixed"),
        (["a.shp", "b.dbf"], b"{}", "files_mixed"),
        ([], b"", "files_missing"),
        (["..."], b"x", "file_name_unusable"),
    ],
)
def test_uploads_that_cannot_be_taken(session: Session, names: list[str], content: bytes, code: str) -> None:
    import io

    with pytest.raises(InvalidInput) as refused, session.begin_nested():
        boundary_import.receive(
            session, [(name, io.BytesIO(content)) for name in names], key=uuid4(), max_bytes=100
        )
    assert refused.value.code == code


def test_a_step_out_of_turn_is_refused(session: Session, tmp_path: Path, settings: Settings) -> None:
    build_town(session, buildings=0)
    import_id = checked(tmp_path, settings, "building", houses(cell(0), [1]))
    for step in (boundary_import.begin_inspect, boundary_import.ask_undo):
        with pytest.raises(Conflict, match="待确认"), session.begin_nested():
            step(session, import_id)
    with pytest.raises(Conflict, match="计划又变了"), session.begin_nested():
        boundary_import.begin_publish(session, import_id, version=99)
    assert accept(import_id, settings) == "published"
    with pytest.raises(Conflict, match="已导入"), session.begin_nested():
        boundary_import.begin_publish(session, import_id)


def test_lost_staging_rows_ask_for_another_check(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_town(session, buildings=0)
    import_id = checked(tmp_path, settings, "building", houses(cell(0), range(3)))
    session.execute(text("DELETE FROM import_row WHERE import_id = :id AND row_no = 2"), {"id": import_id})
    session.commit()
    assert accept(import_id, settings) == "failed"
    assert (found(import_id).error or {})["code"] == "staging_lost"
    with db.transaction() as own:
        boundary_import.begin_check(own, import_id, {"kind": "building", "columns": {"name": "name"}})
    assert boundary_import.run_check(import_id, settings) == "checked"
    assert accept(import_id, settings) == "published"


def test_bytes_are_gone_after_publishing(session: Session, tmp_path: Path, settings: Settings) -> None:
    build_town(session, buildings=0)
    bring(tmp_path, settings, "building", houses(cell(0), range(3)))
    assert session.scalar(text("SELECT count(*) FROM import_part")) == 0


def test_old_uploads_are_forgotten(session: Session, tmp_path: Path, settings: Settings) -> None:
    build_town(session, buildings=0)
    import_id = checked(tmp_path, settings, "building", houses(cell(0), [1]))
    assert boundary_import.forget_old_files(session) == 0
    session.execute(text("UPDATE ground_import SET updated_at = now() - interval '8 days'"))
    assert boundary_import.forget_old_files(session) == 1
    session.commit()
    assert (found(import_id).state, (found(import_id).error or {})["code"]) == ("cancelled", "file_forgotten")
    with pytest.raises(Conflict):
        accept(import_id, settings)


def test_the_mapping_of_the_last_such_file_is_remembered(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_town(session, buildings=0)
    rows = [(footprint_in(cell(0), n), {"旧名": f"{n}幢", "新名": f"甲{n}"}) for n in range(2)]
    bring(tmp_path, settings, "building", rows, columns={"name": "新名"})
    remembered = imports.remembered_mapping(session, "building", ["新名", "旧名"])
    assert remembered is not None and remembered["name"] == "新名"
    assert imports.remembered_mapping(session, "building", ["别的"]) is None
    more = [(footprint_in(cell(0), n), {"旧名": f"{n}幢", "新名": f"甲{n}"}) for n in range(5, 7)]
    bring(tmp_path, settings, "building", more)
    assert session.scalar(text("SELECT count(*) FROM building WHERE name LIKE '甲%'")) == 4


def test_what_the_wizard_shows(session: Session, tmp_path: Path, settings: Settings) -> None:
    build_town(session, buildings=0)
    import_id = checked(tmp_path, settings, "building", houses(cell(0), range(3)) + houses(cell(7), range(4)))
    detail = imports.import_detail(session, import_id)
    assert detail["may"]["publish"] and detail["may"]["settle"] and not detail["may"]["undo"]
    assert [one["code"] for one in imports.finding_counts(session, import_id)] == ["community_none"]
    first = imports.findings_page(session, import_id, limit=3)
    rest = imports.findings_page(session, import_id, limit=3, after=first["next"])
    assert (first["total"], len(first["findings"]), len(rest["findings"]), rest["next"]) == (4, 3, 1, None)
    points = imports.findings_geojson(session, import_id, limit=2)
    assert points["truncated"] and len(points["features"]) == 2
    page = imports.rows_page(session, import_id, verdict="create", limit=2)
    assert (page["total"], [row["area_name"] for row in page["rows"]]) == (3, ["左岸社区", "左岸社区"])
    assert imports.rows_page(session, import_id, query="2幢")["total"] == 2
    assert len(imports.rows_geojson(session, import_id)["features"]) == 7
    first = imports.rows_geojson(session, import_id, limit=1)
    assert first["truncated"] and first["features"][0]["properties"]["verdict"] == "refused"
    assert imports.repaired_row(session, import_id, 1)["before"] is None
    assert imports.import_list(session)[0]["counts"]["refused"] == 4
