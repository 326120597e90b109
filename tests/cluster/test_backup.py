"""A backup counts when it has been restored."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from app.cluster import Cluster
from app.migrations import upgrade

CHECKOUT = Path(__file__).parents[2]


def wardmap(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=CHECKOUT,
        env={
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            "WARDMAP_HOME": str(home),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tmp_path.chmod(0o711)
    return tmp_path / "home"


def test_what_was_backed_up_comes_back_and_the_former_database_is_kept(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "kept.dump"
    cluster = Cluster(home)
    facts = cluster.start()
    upgrade(facts.url, facts.superuser_conninfo)
    with psycopg.connect(facts.superuser_conninfo, autocommit=True) as connection:
        connection.execute("INSERT INTO area (code, level) VALUES ('329902000000', 'district')")
        done = wardmap(home, "backup", str(file))
        assert done.returncode == 0, done.stderr
        connection.execute("DELETE FROM area")
    refused = wardmap(home, "restore", str(file))
    assert refused.returncode == 2
    assert "Ctrl-C" in refused.stderr
    cluster.close()

    assert file.stat().st_mode & 0o777 == 0o600
    assert wardmap(home, "backup", str(file)).returncode == 2
    done = wardmap(home, "restore", str(file))
    assert done.returncode == 0, done.stderr
    again = Cluster(home)
    facts = again.start()
    with psycopg.connect(facts.superuser_conninfo, autocommit=True) as connection:
        assert connection.execute("SELECT code FROM area").fetchall() == [("329902000000",)]
        connection.execute("INSERT INTO area (code, level) VALUES ('329903000000', 'district')")
        owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'journal'"
        assert connection.execute(owner).fetchall() == [("wardmap_journal",)]
        lines = connection.execute("SELECT action, subject FROM journal ORDER BY id").fetchall()
        assert lines == [("insert", "area")] * 2  # one came back, one is new
        names = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'wardmap%'").fetchall()
    whole = wardmap(home, "journal", "verify")
    assert whole.returncode == 0, whole.stderr
    assert "2 行" in whole.stdout
    upgrade(facts.url, facts.superuser_conninfo)
    again.close()
    assert sum(name.startswith("wardmap_before_") for (name,) in names) == 1


def test_something_else_is_not_restored(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "not.dump"
    file.write_bytes(b"hello")
    refused = wardmap(home, "restore", str(file))
    assert refused.returncode == 2
    assert "不是备份文件" in refused.stderr
