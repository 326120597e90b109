"""Every stage that the steps of an import report has words of its own, and no words are kept for stages that nobody reports."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.ground.queries.import_words import STAGES

APP = Path(__file__).parents[2] / "app"
# Whoever reports progress calls it by one of these names, with the stage first.
REPORTERS = {"progress", "reporter", "tell", "on_progress"}


def reported(path: Path) -> Iterator[str]:
    """The stages that a file names when it reports progress or ends a step."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", None))
        stages = node.args[:1] if name in REPORTERS else []
        stages += [keyword.value for keyword in node.keywords if keyword.arg == "stage"]
        for stage in stages:
            if isinstance(stage, ast.Constant) and isinstance(stage.value, str):
                yield stage.value


@pytest.fixture(scope="module")
def stages() -> set[str]:
    """What is reported anywhere below the wizard."""
    paths = [*(APP / "geo").glob("*.py"), *(APP / "ground" / "boundary_import").glob("*.py")]
    return {stage for path in paths for stage in reported(path)}


def test_every_stage_is_worded(stages: set[str]) -> None:
    assert {"unpack", "read", "shapes", "write", "plan", "publish"} <= stages, "the search finds too little"
    assert stages == set(STAGES)


def test_waiting_is_not_said_of_work() -> None:
    assert [stage for stage, words in STAGES.items() if words == STAGES[""]] == [""]
