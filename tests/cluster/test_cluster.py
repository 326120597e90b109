"""The private cluster on a real PostgreSQL: made, stopped, killed, found again."""

import contextlib
import json
import os
import re
import signal
import stat
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from app.cluster import Cluster, Facts, connection_url, start_temporary, status
from app.cluster.leftovers import recorded_pid
from app.cluster.programs import database_account
from app.errors import Unavailable
from tests.cluster.builders import (
    add_row,
    facts_of,
    launcher,
    refused_start,
    rows,
    running,
    running_servers,
    until_gone,
)


def test_fresh_cluster_is_utf8_checksummed_and_owned_by_an_ordinary_role(empty_home: Path) -> None:
    with running(empty_home) as cluster, psycopg.connect(facts_of(cluster).conninfo) as connection:
        settings = {
            name: connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            for name in ("server_encoding", "lc_collate", "data_checksums", "password_encryption")
        }
        assert settings["server_encoding"] == ("UTF8",)
        assert settings["lc_collate"] in (("C.UTF-8",), ("C",))
        assert settings["data_checksums"] == ("on",)
        assert settings["password_encryption"] == ("scram-sha-256",)
        is_superuser = connection.execute(
            "SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert is_superuser == (False, False)
        assert connection.execute("SELECT ST_Area(ST_MakeEnvelope(0, 0, 2, 3))").fetchone() == (6.0,)


def test_durable_settings_and_a_log_that_keeps_rows_to_itself(home: Path) -> None:
    cluster = Cluster(home)
    try:
        facts = cluster.start()
        with psycopg.connect(facts.conninfo, autocommit=True) as connection:
            wanted = {
                "fsync": "on",
                "full_page_writes": "on",
                "synchronous_commit": "on",
                "deadlock_timeout": "200ms",
                "log_error_verbosity": "terse",
                "log_parameter_max_length_on_error": "0",
                "log_min_messages": "log",
                "archive_mode": "off",
            }
            for name, value in wanted.items():
                assert connection.execute("SELECT current_setting(%s)", [name]).fetchone() == (value,), name
            connection.execute("CREATE TABLE person (phone text UNIQUE, age int CHECK (age > 0))")
            connection.execute("INSERT INTO person VALUES ('13900001111', 40)")
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO person VALUES (%s, %s)", ["13900001111", 41])
            with pytest.raises(psycopg.errors.CheckViolation):
                connection.execute("INSERT INTO person VALUES ('13900002222', -1)")
            with pytest.raises(psycopg.errors.InvalidTextRepresentation):
                connection.execute("SELECT 'old 13900003333'::int")
    finally:
        cluster.close()
    written = cluster.log.read_text(encoding="utf-8")
    assert "shut down" in written
    assert not re.search("1390000[123]{4}", written)


def test_a_password_is_asked_for_on_socket_and_loopback(home: Path) -> None:
    with running(home) as cluster:
        facts = facts_of(cluster)
        for host in (facts.socket_folder, "127.0.0.1"):
            for password in ("", "guess"):
                with pytest.raises(psycopg.OperationalError, match=r"password|fe_sendauth"):
                    psycopg.connect(
                        host=host, port=facts.port, user=facts.role, password=password, dbname=facts.database
                    )
            psycopg.connect(
                host=host, port=facts.port, user=facts.role, password=facts.password, dbname=facts.database
            ).close()


def test_what_is_written_down_is_for_the_owner_only(home: Path) -> None:
    with running(home) as cluster:
        assert stat.S_IMODE((home / "cluster.json").stat().st_mode) == 0o600
        assert stat.S_IMODE((home / "database").stat().st_mode) == 0o700
        assert stat.S_IMODE(Path(facts_of(cluster).socket_folder).stat().st_mode) == 0o700


def test_restart_keeps_rows_and_address_book(home: Path) -> None:
    with running(home) as cluster:
        add_row(facts_of(cluster), "河东社区")
        first = facts_of(cluster)
    assert status(home) == "stopped"
    with pytest.raises(Unavailable, match="not running"):
        connection_url(home)
    with running(home) as cluster:
        assert rows(facts_of(cluster)) == ["河东社区"]
        assert facts_of(cluster).password == first.password
        assert connection_url(home) == facts_of(cluster).url
        assert status(home) == "running"
    assert running_servers(home) == []


def test_killed_launcher_takes_its_database_along_and_loses_nothing(home: Path) -> None:
    with launcher(home) as started:
        facts = Facts(**json.loads((home / "cluster.json").read_text()))
        add_row(facts, "written before the kill")
        started.kill()
        started.wait()
        until_gone(home)
    with running(home) as cluster:
        assert rows(facts_of(cluster)) == ["written before the kill"]


def test_everything_killed_at_once_recovers(home: Path) -> None:
    with launcher(home) as started:
        add_row(Facts(**json.loads((home / "cluster.json").read_text())), "kept")
        for pid in (started.pid, *running_servers(home)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        started.wait()
        until_gone(home)
    assert recorded_pid(home / "database") is not None, "the pid file must be stale for this test"
    with running(home) as cluster:
        assert rows(facts_of(cluster)) == ["kept"]


def test_pid_file_naming_a_stranger_is_set_aside_and_the_stranger_lives(home: Path) -> None:
    with running(home) as cluster:
        add_row(facts_of(cluster), "kept")
        pid_file = (home / "database" / "postmaster.pid").read_text().split("\n")
    account = database_account(home / "database")
    stranger = subprocess.Popen(["sleep", "600"], **account.options())
    try:
        (home / "database" / "postmaster.pid").write_text("\n".join([str(stranger.pid), *pid_file[1:]]))
        with running(home) as cluster:
            assert rows(facts_of(cluster)) == ["kept"]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_orphaned_server_is_stopped_before_a_new_one_starts(home: Path) -> None:
    with running(home) as cluster:
        add_row(facts_of(cluster), "kept")
        programs_folder = Path(f"/proc/{recorded_pid(home / 'database')}/exe").readlink().parent
    account = database_account(home / "database")
    # Started by hand, outside any launcher: nothing stops it when its parent goes.
    orphan = subprocess.Popen(
        [str(programs_folder / "postgres"), "-D", str(home / "database")], **account.options()
    )
    try:
        deadline = time.monotonic() + 30
        while orphan.pid not in running_servers(home) and time.monotonic() < deadline:
            time.sleep(0.05)
        said: list[str] = []
        cluster = Cluster(home, throw_away=True, say=said.append)
        try:
            assert rows(cluster.start()) == ["kept"]
        finally:
            cluster.close()
        assert orphan.wait(30) is not None
        assert any("earlier launch" in line for line in said)
    finally:
        if orphan.poll() is None:
            orphan.kill()
            orphan.wait()


def test_two_homes_run_side_by_side(home: Path) -> None:
    other = home / "另一个 home"
    other.mkdir()
    other.chmod(0o711)
    with running(home) as one, running(other) as two:
        add_row(facts_of(one), "one")
        add_row(facts_of(two), "two")
        assert facts_of(one).port != facts_of(two).port
        assert rows(facts_of(one)) == ["one"]
        assert rows(facts_of(two)) == ["two"]
    for pid in running_servers(other):
        os.kill(pid, signal.SIGKILL)


def test_second_launcher_of_one_home_is_refused_and_disturbs_nothing(home: Path) -> None:
    with launcher(home) as started:
        refusal = refused_start(home)
        assert refusal.code == "home_in_use"
        assert str(started.pid) in str(refusal)
        add_row(Facts(**json.loads((home / "cluster.json").read_text())), "still served")


def test_a_broken_configuration_is_explained_with_its_reason(home: Path) -> None:
    with running(home):
        pass
    (home / "database" / "local.conf").write_text("shared_buffers = 'much'\n")
    refusal = refused_start(home)
    assert refusal.code == "database_failed"
    assert re.search(r"shared_buffers|configuration file", str(refusal))


def test_temporary_cluster_lets_parallel_workers_copy_it() -> None:
    with start_temporary() as facts:
        with psycopg.connect(facts.conninfo, autocommit=True) as connection:
            connection.execute("CREATE DATABASE copy_1 TEMPLATE template0")
        home = Path(facts.database_folder).parent
        assert home.exists()
    assert not home.exists()
