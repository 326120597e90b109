"""From which day on what is imported holds: earlier, later and inserted versions, and the way back."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.config import Settings
from app.errors import Conflict, InvalidInput
from app.ground import boundary_import
from tests.builders import build_area, cell
from tests.ground.importing import accept, bring, checked, codes_of, counts
from tests.ground.test_imports import houses, street_rows


def versions(session: Session, code: str) -> list[tuple[str, str | None, str]]:
    """First day, day after the last, name."""
    rows = session.execute(
        text(
            "SELECT lower(during)::text, upper(during)::text, name FROM area_version"
            " WHERE area_code = :code ORDER BY during"
        ),
        {"code": code},
    )
    return [tuple(row) for row in rows]


def test_a_boundary_holds_from_the_day_that_was_said(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_area(session, "329902000000", "测试区", cell(0).union(cell(1)))
    session.commit()
    rows = [(cell(0), {"code": "329902001", "name": "甲街道"})]
    of_2020 = bring(tmp_path, settings, "street", rows, from_day="2020-03-01")
    assert counts(of_2020) == (1, 0, 0, 0)
    renamed = [(cell(0), {"code": "329902001", "name": "乙街道"})]
    of_2024 = bring(tmp_path, settings, "street", renamed, from_day="2024-01-01")
    assert counts(of_2024) == (0, 1, 0, 0)
    # An older truth is found later: it fills the time until the first known version.
    oldest = [(cell(0), {"code": "329902001", "name": "丙街道"})]
    of_2010 = bring(tmp_path, settings, "street", oldest, from_day="2010-01-01")
    assert counts(of_2010) == (0, 1, 0, 0)
    expected = [
        ("2010-01-01", "2020-03-01", "丙街道"),
        ("2020-03-01", "2024-01-01", "甲街道"),
        ("2024-01-01", None, "乙街道"),
    ]
    assert versions(session, "329902001000") == expected
    again = bring(tmp_path, settings, "street", oldest, from_day="2015-06-01")
    assert counts(again) == (0, 0, 1, 0)
    # The first one is the area itself; the others can go.
    with pytest.raises(Conflict), session.begin_nested():
        boundary_import.ask_undo(session, of_2020.id)
    boundary_import.ask_undo(session, of_2010.id)
    boundary_import.ask_undo(session, of_2024.id)
    assert versions(session, "329902001000") == [("2020-03-01", None, "甲街道")]
    boundary_import.ask_undo(session, of_2020.id)
    assert versions(session, "329902001000") == []


def test_buildings_are_there_from_the_day_that_was_said(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_area(session, "329902000000", "测试区", cell(0))
    build_area(session, "329902001000", "测试街道", cell(0))
    build_area(session, "329902001001", "测试社区", cell(0))
    session.commit()
    one = bring(tmp_path, settings, "building", houses(cell(0), range(2)), from_day="2015-05-05")
    assert counts(one)[0] == 2
    assert session.scalars(text("SELECT DISTINCT lower(during)::text FROM building")).all() == ["2015-05-05"]


@pytest.mark.parametrize("day", ["2015-05-05", "2027-06-01"])
def test_a_file_of_another_day_changes_no_building_that_is_there(
    session: Session, tmp_path: Path, settings: Settings, day: str
) -> None:
    build_area(session, "329902000000", "测试区", cell(0))
    build_area(session, "329902001000", "测试街道", cell(0))
    build_area(session, "329902001001", "测试社区", cell(0))
    session.commit()
    bring(tmp_path, settings, "building", houses(cell(0), [1], households=24))
    other = bring(tmp_path, settings, "building", houses(cell(0), [1, 2], households=30), from_day=day)
    assert counts(other) == (1, 0, 0, 1)
    assert "building_of_another_day" in codes_of(session, other.id)
    rows = session.execute(text("SELECT households, lower(during) = CURRENT_DATE FROM building ORDER BY id"))
    assert [tuple(row) for row in rows] == [(24, True), (30, False)]


@pytest.mark.parametrize("day", ["1899-12-31", "2999-01-01", "gestern", "2026-02-30"])
def test_days_that_cannot_be_are_refused(
    session: Session, tmp_path: Path, settings: Settings, day: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        bring(tmp_path, settings, "street", street_rows(), from_day=day)
    assert refused.value.code == "from_day_wrong"


def test_a_plan_of_yesterday_is_made_again(session: Session, tmp_path: Path, settings: Settings) -> None:
    build_area(session, "329902000000", "测试区", cell(0).union(cell(1)))
    session.commit()
    import_id = checked(tmp_path, settings, "street", street_rows(), datum="wgs84")
    session.execute(
        text(
            "UPDATE ground_import SET summary = summary || jsonb_build_object('from_day', CURRENT_DATE - 1) WHERE id = :id"
        ),
        {"id": import_id},
    )
    session.commit()
    assert accept(import_id, settings) == "published"
    assert session.scalar(
        text("SELECT bool_and(lower(during) = CURRENT_DATE) FROM area_version WHERE import_id = :id"),
        {"id": import_id},
    )
