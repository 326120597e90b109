"""Where a file lies as a whole, what a nameless one is called, and what a killed worker leaves behind."""

import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from shapely.affinity import translate
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.config import Settings
from app.errors import InvalidInput
from app.ground.boundary_import.folders import private_folder, remove_abandoned
from app.ground.boundary_import.options import clean_options
from app.ground.boundary_import.run import intake_limits, look_limits
from app.ground.queries import imports
from tests.builders import build_town, cell, footprint_in
from tests.ground.importing import bring, checked, codes_of

HOLD = """
import sys, time
from pathlib import Path
from app.ground.boundary_import.folders import private_folder
with private_folder(Path(sys.argv[1]), 7) as folder:
    (folder / "upload").write_text("names and addresses")
    print(folder, flush=True)
    time.sleep(600)
"""


def houses(count: int, far: int) -> list:
    """Buildings of the test town, the last of them some six degrees away."""
    shapes = [footprint_in(cell(0), number) for number in range(count)]
    shapes[count - far :] = [translate(shape, 6, 1) for shape in shapes[count - far :]]
    return [(shape, {"name": f"{number}幢"}) for number, shape in enumerate(shapes)]


def test_a_file_that_lies_elsewhere_is_told_first(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    build_town(session, buildings=1)
    import_id = checked(tmp_path, settings, "building", houses(40, 39))
    first = imports.finding_counts(session, import_id)[0]
    assert (first["code"], first["severity"], first["count"]) == ("file_elsewhere", "warn", 1)
    page = imports.findings_page(session, import_id, limit=5)
    assert page["findings"][0]["code"] == "file_elsewhere"
    assert 550 < page["findings"][0]["facts"]["distance_km"] < 600
    rest = imports.findings_page(session, import_id, after=page["next"])
    assert {finding["code"] for finding in rest["findings"]} >= {"community_none"}
    assert len(rest["findings"]) + 5 == page["total"]


def test_some_far_rows_are_no_far_file(session: Session, tmp_path: Path, settings: Settings) -> None:
    build_town(session, buildings=1)
    one = checked(tmp_path, settings, "building", houses(40, 20))
    assert "file_elsewhere" not in codes_of(session, one)


@pytest.mark.parametrize("kind", ["district", "water"])
def test_other_kinds_elsewhere(session: Session, tmp_path: Path, settings: Settings, kind: str) -> None:
    rows = [(translate(cell(0), 6, 1), {"name": "远方"})]
    assert "file_elsewhere" not in codes_of(session, checked(tmp_path, settings, kind, rows)), "no ground yet"
    build_town(session, buildings=0)
    assert "file_elsewhere" in codes_of(session, checked(tmp_path, settings, kind, rows))


def test_a_nameless_file_goes_in_under_the_given_name(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    one = bring(tmp_path, settings, "district", [(cell(0), {})], name="  滨江区 ")
    assert one.state == "published", one.error
    assert (
        session.scalar(text("SELECT name FROM area_version WHERE import_id = :id"), {"id": one.id})
        == "滨江区"
    )
    with pytest.raises(InvalidInput, match="1 到 80"):
        clean_options({"kind": "district", "name": "长" * 81})


def test_areas_made_for_a_file_say_what_they_are(
    session: Session, tmp_path: Path, settings: Settings
) -> None:
    one = bring(tmp_path, settings, "community", [(cell(0), {"name": "甲社区"})])
    made = {area["level"]: area["name"] for area in (one.summary or {})["parents_created"]}
    assert made["district"] == f"{made['street']}（区）"
    said = imports.findings_page(session, one.id, code="parent_created")["findings"]
    assert {finding["facts"]["level"] for finding in said} == {"区", "街道"}


def test_folder_of_a_killed_worker_is_removed(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    try:
        assert holder.stdout is not None
        left = Path(holder.stdout.readline().strip())
        assert left.parent == tmp_path / "imports"
        assert [stat.S_IMODE(path.stat().st_mode) for path in (left, left.parent)] == [0o700, 0o700]
        with private_folder(tmp_path, 8) as own:
            assert remove_abandoned(tmp_path) == 0, "both are in use"
            holder.send_signal(signal.SIGKILL)
            holder.wait()
            assert remove_abandoned(tmp_path) == 1
            assert own.exists() and not left.exists()
        assert not own.exists()
    finally:
        holder.kill()
        holder.communicate()


def test_a_look_may_take_less_time_than_a_check(settings: Settings) -> None:
    assert look_limits(settings).wall_s == 60 < intake_limits(settings).wall_s
