"""The same from the command line, by whoever is at the machine itself."""

from typing import Any

import pytest
from click.testing import CliRunner, Result

from app import db
from app.accounts import actions
from app.cli import commands
from app.errors import Conflict, NotFound
from tests.authority.region import COMMUNITY, STREET
from tests.conftest import copy_database, opened


@pytest.fixture
def run(cluster: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    url = copy_database(cluster, cluster.database)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("WARDMAP_HOME", str(tmp_path))

    def command(*words: str) -> Result:
        return CliRunner().invoke(commands, ["account", *words])

    command.url = url  # type: ignore[attr-defined]
    return command


def test_from_invitation_to_revoking(run: Any) -> None:
    answer = run(
        "invite", "Zhou.Min", "--role", "planner", "--area", STREET, "--address", "https://map.example/"
    )
    login, link = answer.output.strip().split("\t")
    assert login == "zhou.min" and link.startswith("https://map.example/welcome/")
    assert run("grant", "zhou.min", "--role", "community", "--area", COMMUNITY).output == "ok\n"
    listed = run("list").output.strip().split("\t")
    assert listed[1:] == ["zhou.min", "invited", f"planner@{STREET} community@{COMMUNITY}"]
    assert isinstance(run("grant", "zhou.min", "--role", "auditor").exception, Conflict)
    assert run("revoke", "zhou.min", "--role", "planner", "--area", STREET).output == "ok\n"
    assert isinstance(run("revoke", "zhou.min", "--role", "planner", "--area", STREET).exception, NotFound)
    assert isinstance(run("invite", "zhou.min").exception, Conflict)
    assert run("disable", "zhou.min").output == run("enable", "zhou.min").output == "ok\n"
    engine = opened(run.url)
    with pytest.raises(NotFound), db.transaction() as session:
        actions.accept_invitation(session, link.rpartition("/")[2], "three quiet herons wade")
    engine.dispose()


def test_the_last_security_administrator_stays(run: Any) -> None:
    assert "\t" in run("add", "only", "--role", "security").output
    for words in (["disable", "only"], ["revoke", "only", "--role", "security"]):
        error = run(*words).exception
        assert isinstance(error, Conflict) and error.code == "last_security"
