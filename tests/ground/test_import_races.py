"""What happens when a worker dies, when two imports race, and when somebody changes their mind: on a committed database."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session

from app import db
from app.cluster import Facts
from app.config import Settings
from app.errors import Conflict
from app.ground import boundary_import
from app.ground.boundary_import.whole import Wishes, bring_in
from tests.builders import build_town, cell, footprint_in
from tests.conftest import CHECKOUT, copy_database, everywhere, opened
from tests.ground.importing import accept, checked, counts, found, write_geojson

LEFT = "329902001001"
# Runs one step in a process of its own, and dies as hard as a process can at the place named.
DYING = """
import os, signal, sys
from app import db
from app.config import Settings
from app.ground.boundary_import import plan, publish, run, staging
step, place, url, import_id = sys.argv[1:5]
def die(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)
def after(module, name):
    work = getattr(module, name)
    def wrapped(*given, **named):
        work(*given, **named)
        die()
    setattr(module, name, wrapped)
module, name = place.split(".")
if name.startswith("after_"):
    after({"run": run, "publish": publish}[module], name.removeprefix("after_"))
else:
    setattr({"run": run, "publish": publish}[module], name, die)
db.connect(url)
db.act_in(db.EVERYWHERE)
getattr(run, step)(int(import_id), Settings(database_url=url))
"""


@pytest.fixture
def own(cluster: Facts, settings: Settings) -> Iterator[Settings]:
    """Settings of a database that is really committed to."""
    url = copy_database(cluster, cluster.database)
    engine = opened(url)
    try:
        with Session(engine) as writing:
            build_town(writing, buildings=0)
        yield replace(settings, database_url=url)
    finally:
        engine.dispose()


def rows(numbers: Any, **facts: Any) -> list:
    return [
        (footprint_in(cell(0), n), {"name": f"{n}幢", "address": f"测试路{n}号", **facts}) for n in numbers
    ]


def die_at(step: str, place: str, own: Settings, import_id: int) -> None:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    ended = subprocess.run(
        [sys.executable, "-c", DYING, step, place, own.database_url, str(import_id)],
        env=environment,
        timeout=120,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL


def buildings(own: Settings) -> list[tuple[str, str]]:
    engine = create_engine(db.driver_url(own.database_url))
    event.listen(engine, "connect", everywhere)
    with engine.connect() as reading:
        listed = [
            tuple(row) for row in reading.execute(text("SELECT code, name FROM building ORDER BY code"))
        ]
    engine.dispose()
    return listed


@pytest.mark.parametrize(
    "place", ["run.check_file", "run.load_rows", "run.after_load_rows", "run.after_plan_import"]
)
def test_a_worker_that_dies_while_checking_is_followed_by_another(
    own: Settings, tmp_path: Path, place: str
) -> None:
    import_id = checked(tmp_path, own, "building", rows(range(6)))
    with db.transaction() as session:
        boundary_import.begin_check(session, import_id, {"kind": "building", "columns": {"name": "name"}})
    die_at("run_check", place, own, import_id)
    assert found(import_id).state == "checking"
    assert boundary_import.run_check(import_id, own) == "checked"
    assert counts(found(import_id)) == (6, 0, 0, 0)


@pytest.mark.parametrize(
    "place", ["publish.carry_out", "publish.after_carry_out", "publish.forget_files", "publish.finish"]
)
def test_a_worker_that_dies_while_publishing_leaves_nothing_half_done(
    own: Settings, tmp_path: Path, place: str
) -> None:
    import_id = checked(tmp_path, own, "building", rows(range(6)))
    with db.transaction() as session:
        boundary_import.begin_publish(session, import_id)
    die_at("run_publish", place, own, import_id)
    assert buildings(own) == []
    assert boundary_import.run_publish(import_id, own) == "published"
    assert [name for _, name in buildings(own)] and len(buildings(own)) == 6
    assert boundary_import.run_publish(import_id, own) == "published", "once more changes nothing"
    assert len(buildings(own)) == 6


def test_two_imports_of_one_file_make_each_building_once(own: Settings, tmp_path: Path) -> None:
    imports = [checked(tmp_path, own, "building", rows(range(8))) for _ in range(2)]
    with db.transaction() as session:
        for import_id in imports:
            boundary_import.begin_publish(session, import_id)
    together = threading.Barrier(2)

    def publish(import_id: int) -> None:
        together.wait()
        with db.acting_in(db.EVERYWHERE):
            boundary_import.run_publish(import_id, own)

    threads = [threading.Thread(target=publish, args=(import_id,)) for import_id in imports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {found(import_id).state for import_id in imports} == {"published"}
    assert sorted(counts(found(import_id)) for import_id in imports) == [(0, 0, 8, 0), (8, 0, 0, 0)]
    assert len(buildings(own)) == 8


def test_one_acceptance_wins(own: Settings, tmp_path: Path) -> None:
    import_id = checked(tmp_path, own, "building", rows(range(3)))
    outcomes: list[str] = []
    together = threading.Barrier(8)

    def press() -> None:
        together.wait()
        try:
            with db.acting_in(db.EVERYWHERE), db.transaction() as session:
                boundary_import.begin_publish(session, import_id)
            outcomes.append("taken")
        except Conflict as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["import_state"] * 7 + ["taken"]


def test_cancelling_stops_the_child_and_keeps_nothing(own: Settings, tmp_path: Path) -> None:
    import_id = checked(tmp_path, own, "building", rows(range(6)))
    with db.transaction() as session:
        boundary_import.begin_check(session, import_id, {"kind": "building", "columns": {"name": "name"}})
        boundary_import.ask_cancel(session, import_id)
    started = time.monotonic()
    assert boundary_import.run_check(import_id, own) == "cancelled"
    assert time.monotonic() - started < 60
    assert (found(import_id).error or {})["code"] == "import_cancelled"
    with db.transaction() as session:
        boundary_import.begin_check(session, import_id, {"kind": "building", "columns": {"name": "name"}})
    assert boundary_import.run_check(import_id, own) == "checked", "it can be checked again"


def test_a_waiting_import_is_cancelled_at_once(own: Settings, tmp_path: Path) -> None:
    import_id = checked(tmp_path, own, "building", rows(range(2)))
    with db.transaction() as session:
        boundary_import.ask_cancel(session, import_id)
    assert found(import_id).state == "cancelled"
    with pytest.raises(Conflict):
        accept(import_id, own)


def test_a_change_of_the_ground_between_plan_and_acceptance_is_seen(own: Settings, tmp_path: Path) -> None:
    waiting = checked(tmp_path, own, "building", rows(range(4), households=30))
    first = checked(tmp_path, own, "building", rows(range(4), households=24))
    assert accept(first, own) == "published"
    assert accept(waiting, own) == "checked", "agreed to as new, it would be a change now"
    assert counts(found(waiting)) == (0, 4, 0, 0)
    assert (found(waiting).error or {})["code"] == "plan_changed"
    assert {name for _, name in buildings(own)} == {"0幢", "1幢", "2幢", "3幢"}
    assert accept(waiting, own) == "published"
    assert counts(found(waiting)) == (0, 4, 0, 0)


def test_who_cancels_and_asks_again_gets_the_second_answer(own: Settings, tmp_path: Path) -> None:
    """The step that was cancelled runs on for a moment; what it found is not kept."""
    import_id = checked(tmp_path, own, "building", rows(range(3)))
    wanted = {"kind": "building", "columns": {"name": "name"}}
    with db.transaction() as session:
        boundary_import.begin_check(session, import_id, wanted)
    seen: list[str] = []

    def in_the_middle(stage: str, done: int, total: int) -> None:
        if stage == "plan" and not seen:
            seen.append(stage)
            with db.transaction() as session:
                boundary_import.ask_cancel(session, import_id)
                boundary_import.begin_check(session, import_id, wanted | {"from_day": "2020-02-02"})

    assert boundary_import.run_check(import_id, own, in_the_middle) == "checking"
    assert seen and found(import_id).summary is None
    assert boundary_import.run_check(import_id, own) == "checked"
    assert (found(import_id).summary or {})["from_day"] == "2020-02-02"


def test_cancelled_while_writing_nothing_is_written(own: Settings, tmp_path: Path) -> None:
    import_id = checked(tmp_path, own, "building", rows(range(3)))
    with db.transaction() as session:
        boundary_import.begin_publish(session, import_id)

    def cancel(stage: str, done: int, total: int) -> None:
        with db.transaction() as session:
            boundary_import.ask_cancel(session, import_id)

    assert boundary_import.run_publish(import_id, own, cancel) == "cancelled"
    assert buildings(own) == []


def test_whoever_interrupts_the_command_leaves_no_running_step(own: Settings, tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "a.geojson", rows(range(3)))

    def interrupt(stage: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring_in([path], Wishes(kind="building"), own, on_progress=interrupt)
    with db.reading() as session:
        assert session.scalars(text("SELECT state FROM ground_import")).all() == ["cancelled"]


def test_a_step_that_kills_its_workers_is_given_up(own: Settings, tmp_path: Path) -> None:
    import_id = checked(tmp_path, own, "building", rows(range(2)))
    with db.transaction() as session:
        boundary_import.ask_check(session, import_id, {"kind": "building", "columns": {"name": "name"}})
        # As its fourth worker left it.
        session.execute(
            text(
                "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour');"
                " UPDATE procrastinate_jobs SET status = 'doing', attempts = 3,"
                " worker_id = (SELECT max(id) FROM procrastinate_workers) WHERE task_name = 'wardmap:ground.check'"
            )
        )
    worker = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "worker"], env=worker_environment(own, tmp_path)
    )
    try:
        deadline = time.monotonic() + 60
        while found(import_id).state == "checking" and time.monotonic() < deadline:
            time.sleep(0.5)
    finally:
        worker.terminate()
        worker.wait(30)
    assert (found(import_id).error or {})["code"] == "step_broken"


def test_steps_run_from_the_queue(own: Settings, tmp_path: Path) -> None:
    import_id = checked(tmp_path, own, "building", rows(range(3)))
    with db.transaction() as session:
        boundary_import.ask_publish(session, import_id)
    subprocess.run(
        [sys.executable, "-m", "app.cli", "worker", "--until-empty"],
        env=worker_environment(own, tmp_path),
        timeout=120,
        check=True,
    )
    assert found(import_id).state == "published"


def worker_environment(own: Settings, home: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("WARDMAP_")},
        "DATABASE_URL": own.database_url,
        "WARDMAP_HOME": str(home),
        "PYTHONPATH": str(CHECKOUT),
    }
