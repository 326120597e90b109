"""The first lock alone: with every policy of the database switched off, questions still mean the asker's own ground only."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.db import Base
from app.migrations.rights import OPEN_TABLES
from tests.authority import asking
from tests.authority.asking import Scene, targets
from tests.authority.matrix import MATRIX
from tests.authority.test_matrix import differing, told, wanted

locked = asking.scene
# One street, parts of two districts, one community.
WHO = ("planner", "team", "community")


@pytest.fixture(scope="module")
def scene(locked: Scene) -> Iterator[Scene]:
    # What is waiting for the commit stands in the way of changing a table.
    locked.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    locked.session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    for table in Base.metadata.tables:
        if table not in OPEN_TABLES:
            locked.session.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
            locked.session.execute(text(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"))
    locked.session.commit()
    yield locked


@pytest.mark.parametrize("endpoint", [name for name, entry in MATRIX.items() if entry.who])
def test_without_policies_nobody_reaches_more(
    scene: Scene, endpoint: str, record_property: Callable[[str, int], None]
) -> None:
    entry = MATRIX[endpoint]
    wrong: list[str] = []
    answers: dict[tuple[str, str], tuple[int, bytes]] = {}
    for name in WHO:
        for code, names in targets(entry, scene.region):
            with scene.undone():
                answer = scene.visitors[name].ask(entry, names)
            answers[name, code] = (answer.status_code, answer.data)
            question = f"{endpoint} as {name} about {code or 'nothing'}"
            if not wanted(entry, name, code)(answer.status_code):
                wrong.append(f"{question}: {answer.status_code} {answer.data[:90]!r}")
            wrong += [f"{question}: tells {word}" for word in told(entry, name, code, answer)]
    wrong += differing(endpoint, entry, answers)
    record_property("requests", len(answers))
    assert not wrong, "\n".join(wrong[:40]) + f"\n… {len(wrong)} in all"


def test_the_policies_are_really_off(scene: Scene, app: Flask, engine: Engine) -> None:
    scene.session.execute(text("SELECT set_config('wardmap.scope', '{nowhere}', true)"))
    assert scene.session.scalar(text("SELECT count(*) FROM building")) > 0
