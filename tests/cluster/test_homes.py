"""Where a home may lie, what may happen to it, and the homes that are refused."""

import os
import re
import shutil
import stat
from pathlib import Path

import psycopg
import pytest

from app.cluster import folders, status
from app.cluster.making import startup_failure
from tests.cluster.builders import add_row, facts_of, refused_start, rows, running


@pytest.mark.parametrize("name", ["深 圳" * 25, "x" * 150])
def test_long_and_unusual_paths(home: Path, name: str) -> None:
    # The new name lies below a folder of its own, because a home cannot be moved into itself.
    folder = home.with_name(home.name + "-below") / name
    folder.parent.mkdir(mode=0o711)
    home.rename(folder)
    with running(folder) as cluster:
        socket_folder = Path(facts_of(cluster).socket_folder)
        assert len(os.fsencode(facts_of(cluster).socket)) < 107
        assert stat.S_IMODE(socket_folder.stat().st_mode) == 0o700
        add_row(facts_of(cluster), "kept")
    assert not socket_folder.exists(), "a folder made for one run goes with it"
    with running(folder) as cluster:
        assert rows(facts_of(cluster)) == ["kept"]
    shutil.rmtree(folder.parent)


def test_moved_home_takes_its_rows_along(home: Path) -> None:
    with running(home) as cluster:
        add_row(facts_of(cluster), "kept")
    moved = home.with_name(home.name + "-moved")
    home.rename(moved)
    with running(moved) as cluster:
        assert rows(facts_of(cluster)) == ["kept"]
        assert facts_of(cluster).database_folder == str(moved.resolve() / "database")
    moved.rename(home)


@pytest.mark.parametrize("torn", [None, "{", '{"port": 1}'])
def test_lost_record_of_passwords_is_replaced(home: Path, torn: str | None) -> None:
    with running(home) as cluster:
        add_row(facts_of(cluster), "kept")
        before = facts_of(cluster).password
    record = home / "cluster.json"
    if torn is None:
        record.unlink()
    else:
        record.write_text(torn)
    with running(home) as cluster:
        assert rows(facts_of(cluster)) == ["kept"]
        assert facts_of(cluster).password != before


def test_first_start_cut_off_half_way_begins_again(empty_home: Path) -> None:
    half = empty_home / "database.new"
    (half / "base").mkdir(parents=True)
    (half / "PG_VERSION").write_text("15\n")
    with running(empty_home) as cluster:
        assert status(empty_home) == "running"
        add_row(facts_of(cluster), "works")
    assert not half.exists()


def test_a_database_of_a_newer_postgresql_is_refused_untouched(home: Path) -> None:
    with running(home):
        pass
    version = home / "database" / "PG_VERSION"
    version.write_text("99\n")
    refusal = refused_start(home)
    assert refusal.code == "database_major_newer"
    assert re.search(r"由 PostgreSQL 99 .*made by PostgreSQL 99", str(refusal))
    assert version.read_text() == "99\n"


def test_a_database_of_a_missing_older_postgresql_is_refused(home: Path) -> None:
    with running(home):
        pass
    (home / "database" / "PG_VERSION").write_text("11\n")
    assert refused_start(home).code == "database_major_missing"


def test_a_home_that_cannot_be_written_is_one_sentence(empty_home: Path) -> None:
    (empty_home / "file").write_text("in the way")
    refusal = refused_start(empty_home / "file" / "var")
    assert refusal.code == "home_unwritable"
    assert re.search(r"不能写入.*cannot be written", str(refusal))


@pytest.fixture
def unreachable_home(empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that only its owner gets to, as in a checkout below /root, and a stand-in for /var/lib/wardmap."""
    monkeypatch.setattr(folders, "SYSTEM_FOLDER", empty_home / "system")
    closed = empty_home / "closed"
    closed.mkdir()
    closed.chmod(0o700)
    return closed / "var"


def system_bases(empty_home: Path) -> list[str]:
    return sorted(base.name for base in (empty_home / "system").glob("*"))


def test_home_out_of_reach_of_the_database_account(empty_home: Path, unreachable_home: Path) -> None:
    with running(unreachable_home) as cluster:
        add_row(facts_of(cluster), "kept")
        folder = Path(facts_of(cluster).database_folder)
        # Only root lends the database to another account; anybody else reaches what is their own.
        lent = os.geteuid() == 0
        assert (folder.parent.parent == empty_home / "system") == lent
        assert (folder == unreachable_home / "database") == (not lent)
    with running(unreachable_home) as cluster:
        assert rows(facts_of(cluster)) == ["kept"]
    assert len(system_bases(empty_home)) == (1 if lent else 0)


def test_copied_home_does_not_take_the_originals_database(unreachable_home: Path) -> None:
    with running(unreachable_home) as cluster:
        add_row(facts_of(cluster), "of the original")
        original = facts_of(cluster).database_folder
    copy = unreachable_home.with_name("copy")
    # As `cp -r` by an operator: the record comes along, wherever the database lies.
    copy.mkdir()
    shutil.copy2(unreachable_home / "cluster.json", copy)
    with running(copy) as cluster:
        assert facts_of(cluster).database_folder != original
        add_row(facts_of(cluster), "of the copy")
        assert rows(facts_of(cluster)) == ["of the copy"]
    with running(unreachable_home) as cluster:
        assert rows(facts_of(cluster)) == ["of the original"]


def test_deleted_home_starts_afresh_and_leaves_old_rows_alone(unreachable_home: Path) -> None:
    with running(unreachable_home) as cluster:
        add_row(facts_of(cluster), "of the deleted home")
        before = Path(facts_of(cluster).database_folder)
    shutil.rmtree(unreachable_home)
    with running(unreachable_home) as cluster, pytest.raises(psycopg.errors.UndefinedTable):
        rows(facts_of(cluster))
    assert before.exists() == (os.geteuid() == 0)


def test_moved_home_keeps_a_database_that_lies_elsewhere(unreachable_home: Path) -> None:
    with running(unreachable_home) as cluster:
        add_row(facts_of(cluster), "kept")
    moved = unreachable_home.with_name("moved")
    unreachable_home.rename(moved)
    with running(moved) as cluster:
        assert rows(facts_of(cluster)) == ["kept"]


def test_full_disk_is_one_sentence_before_anything_is_written(
    empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil.disk_usage(empty_home).free
    monkeypatch.setattr(folders, "ROOM_FOR_NEW_MB", free // 1024**2 + 10_000)
    refusal = refused_start(empty_home)
    assert refusal.code == "disk_full"
    assert re.search(r"磁盘已满.*disk is full", str(refusal))
    assert not (empty_home / "database").exists()


def test_disk_that_fills_up_while_starting_is_recognised(tmp_path: Path) -> None:
    output = '2026-01-01 [1] PANIC:  could not write to file "pg_wal/xlogtemp.29": No space left on device'
    failure = startup_failure(output, tmp_path / "database", tmp_path / "database.log")
    assert failure.code == "disk_full"
