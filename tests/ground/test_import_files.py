"""Real kinds of files through the command line's engine: odd encodings, a shifted datum, and every broken file."""

import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import db
from app.cli.imports import import_
from app.cluster import Facts
from app.config import Settings
from app.ground.boundary_import.whole import Wishes, bring_in
from tests.conftest import GEODATA, copy_database, database_name, opened
from tests.ground.importing import codes_of, counts

BROKEN = GEODATA / "broken"
EXPECTED = tomllib.loads((BROKEN / "expected.toml").read_text(encoding="utf-8"))["files"]


@pytest.fixture(scope="module")
def town(cluster: Facts, sample_database: str, settings: Settings) -> Iterator[Settings]:
    """The sample town on a database of its own."""
    url = copy_database(cluster, database_name(sample_database))
    engine = opened(url)
    yield replace(settings, database_url=url)
    engine.dispose()


@pytest.fixture
def connected(town: Settings) -> Iterator[Settings]:
    engine = opened(town.database_url)
    yield town
    engine.dispose()


@pytest.fixture(scope="module")
def streets_url(cluster: Facts, settings: Settings) -> str:
    """Only the district and its streets are there."""
    url = copy_database(cluster, cluster.database)
    engine = opened(url)
    for kind, name in (("district", "district.geojson"), ("street", "streets.geojson")):
        with db.acting_in(db.EVERYWHERE):
            one = bring_in([GEODATA / name], Wishes(kind=kind), replace(settings, database_url=url))
        assert one.state == "published"
    engine.dispose()
    return url


def test_a_missing_community_leaves_a_gap(streets_url: str, settings: Settings) -> None:
    engine = opened(streets_url)
    one = bring_in([BROKEN / "gap_in_parent.geojson"], Wishes(kind="community"), settings, dry_run=True)
    with db.reading() as session:
        assert "gap_in_parent" in codes_of(session, one.id)
    engine.dispose()


@pytest.mark.parametrize(
    "case", [c for c in EXPECTED if c["codes"] != ["gap_in_parent"]], ids=lambda case: case["file"]
)
def test_broken_file_ends_as_expected(connected: Settings, case: dict) -> None:
    wishes = Wishes(kind=case["kind"])
    if case["outcome"] == "refused_file":
        try:
            one = bring_in([BROKEN / case["file"]], wishes, connected, dry_run=True)
            code = (one.error or {}).get("code")
            assert one.state == "failed"
        except db.DomainError as error:
            code = error.code
        assert code in case["codes"]
        return
    one = bring_in([BROKEN / case["file"]], wishes, connected, dry_run=True)
    assert one.state == "checked", one.error
    with db.reading() as session:
        seen = codes_of(session, one.id)
        said = {finding["code"] for finding in (one.inspection or {})["findings"]}
        refused = session.scalars(
            text("SELECT code FROM import_finding WHERE import_id = :id AND severity = 'refuse'"),
            {"id": one.id},
        ).all()
    assert set(case["codes"]) <= seen | said
    if case["outcome"] == "accepted":
        assert not refused


def test_gbk_shapefile_without_cpg_is_read_and_is_what_is_there(connected: Settings) -> None:
    one = bring_in([BROKEN / "gbk_without_cpg.zip"], Wishes(kind="community"), connected)
    assert one.state == "published"
    assert counts(one)[0] == counts(one)[3] == 0
    with db.reading() as session:
        names = session.scalars(
            text("SELECT name FROM import_row WHERE import_id = :id"), {"id": one.id}
        ).all()
    assert names and all("社区" in name for name in names)


def test_loose_shapefile_parts_are_one_import(connected: Settings, tmp_path: Path) -> None:
    with zipfile.ZipFile(BROKEN / "gbk_without_cpg.zip") as archive:
        archive.extractall(tmp_path)
    parts = sorted(path for path in tmp_path.rglob("*") if path.suffix in (".shp", ".shx", ".dbf", ".prj"))
    one = bring_in(parts, Wishes(kind="community"), connected, dry_run=True)
    assert one.state == "checked" and one.file_name.endswith(".shp")


def test_shifted_file_waits_for_a_word_and_lands_where_it_belongs(connected: Settings) -> None:
    path = BROKEN / "gcj02_labelled_wgs84.geojson"
    doubtful = bring_in([path], Wishes(kind="building"), connected)
    assert doubtful.state == "checked", "nobody said that the coordinates are right"
    sure = bring_in([path], Wishes(kind="building", datum="gcj02"), connected)
    assert sure.state == "published"
    with db.reading() as session:
        moved = session.scalar(
            text(
                "SELECT max(ST_DistanceSphere(b.point, (SELECT ST_PointOnSurface((c.before ->> 'footprint')::geometry))))"
                " FROM building b JOIN building_change c ON c.building_id = b.id WHERE c.import_id = :id"
            ),
            {"id": sure.id},
        )
    assert moved is None or moved < 2, "metres"


def test_command_line_says_what_it_found(
    town: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", town.database_url)
    monkeypatch.setenv("WARDMAP_HOME", str(tmp_path))
    ran = CliRunner().invoke(import_, [str(BROKEN / "bow_tie.geojson"), "--as", "building", "--dry-run"])
    assert ran.exit_code == 3, ran.output
    assert "拒绝" in ran.output and "边界自相交" in ran.output
    as_json = CliRunner().invoke(
        import_, [str(BROKEN / "bow_tie.geojson"), "--as", "building", "--dry-run", "--json"]
    )
    report = orjson.loads(as_json.output)
    with db.reading() as session:
        kept = session.scalar(
            text("SELECT count(*) FROM ground_import WHERE id = :id"), {"id": report["import"]}
        )
    assert kept == 0, "a look leaves nothing in the list of imports"
    assert report["dry_run"] and "geometry_invalid" in {one["code"] for one in report["findings"]}
    refused = CliRunner().invoke(import_, [str(BROKEN / "zip_bomb.zip"), "--as", "building"])
    assert refused.exit_code == 1 and "压缩包" in refused.output
    missing = CliRunner().invoke(import_, [str(tmp_path / "nothing.zip"), "--as", "building"])
    assert missing.exit_code == 1 and "打不开" in missing.output
    wrong = CliRunner().invoke(import_, [str(BROKEN / "bow_tie.geojson"), "--map", "name"])
    assert wrong.exit_code == 2


def test_sample_again_changes_nothing(town: Settings, tmp_path: Path) -> None:
    from app.cli.sample import load_sample

    load_sample(town)
    engine = opened(town.database_url)
    with Session(engine) as session:
        doubles = session.scalar(text("SELECT count(*) FROM green")) - session.scalar(
            text("SELECT count(DISTINCT shape_md5) FROM green")
        )
        changed = session.scalar(
            text(
                "SELECT count(*) FROM building_change WHERE import_id IN (SELECT max(id) FROM ground_import WHERE kind = 'building')"
            )
        )
    engine.dispose()
    assert (doubles, changed) == (0, 0)
