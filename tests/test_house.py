"""The house rules that a machine can judge."""

import ast
import re
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from flask import Flask

import app.geo
from app.config import Settings, variable_name

CHECKOUT = Path(__file__).parent.parent
APP = CHECKOUT / "app"
SOURCES = sorted(
    path
    for folder in ("app", "scripts", "tests")
    for path in (CHECKOUT / folder).rglob("*.py")
    if not {"node_modules", "versions", "__pycache__"} & set(path.parts)
)
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
ROOMS = {"accounts", "ground", "zones"}
TOOLKITS = {"cli", "cluster", "geo", "maps", "migrations", "web"}
BAD_WORDS = {
    "data",
    "info",
    "manager",
    "handler",
    "process",
    "util",
    "utils",
    "helper",
    "helpers",
    "misc",
    "common",
    "services",
}
DOCUMENTED = re.compile(r"app/(geo/|\w+/(rules|actions))")


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def named(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_files_and_functions_are_short(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= MAX_FILE_LINES, f"{named(path)} has {lines} lines: cut it by subject"
    for function in functions(path):
        length = (function.end_lineno or 0) - function.lineno + 1
        docstring = ast.get_docstring(function)
        length -= docstring.count("\n") + 1 if docstring else 0
        assert length <= MAX_FUNCTION_LINES, (
            f"{named(path)}:{function.lineno} {function.name} has {length} lines"
        )


def test_rooms_are_the_ones_in_the_contracts() -> None:
    contracts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    doors = next(one for one in contracts if one["name"].startswith("2."))
    folders = {path.name for path in APP.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert {name.removeprefix("app.") for name in doors["containers"]} == ROOMS
    assert folders == ROOMS | TOOLKITS


def test_names_say_what_a_thing_is() -> None:
    bad = [
        named(path) for path in SOURCES if set(path.stem.split("_")) & BAD_WORDS and "tests" not in path.parts
    ]
    assert not bad


def test_every_view_is_guarded(app: Flask) -> None:
    unmarked = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "guard", None) is None
    ]
    assert not unmarked


def test_public_views_are_the_ones_we_mean(app: Flask) -> None:
    public = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "guard", None) == "public"
    }
    assert public == {
        "/assets/<version>/<path:path>",
        "/healthz",
        "/favicon.ico",
        "/language",
        "/sign-in",
        "/sign-in/code",
        "/sign-out",
        "/welcome/<token>",
    }


def test_there_is_one_commit() -> None:
    commits = [
        f"{named(path)}:{number}"
        for path in SOURCES
        if path.is_relative_to(APP) and "migrations" not in path.parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(r"\bsession\.commit\(|\bconnection\.commit\(", line)
    ]
    assert [one.rsplit(":", 1)[0] for one in commits] == ["app/db.py"]


@pytest.mark.parametrize("path", [one for one in SOURCES if DOCUMENTED.match(named(one))], ids=named)
def test_what_measures_or_acts_is_documented(path: Path) -> None:
    exported = set(app.geo.__all__) if path.is_relative_to(APP / "geo") else None
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        words = ast.get_docstring(node) or ""
        where = f"{named(path)}:{node.lineno} {node.name}"
        assert words, f"{where} has no docstring"
        if node.args.args and (exported is None or node.name in exported):
            assert "Parameters\n" in words, f"{where} does not say what it takes"


def test_user_text_never_reaches_folium() -> None:
    sinks = re.compile(r"\b(Popup|Tooltip|GeoJsonPopup|GeoJsonTooltip|DivIcon)\(")
    bad = [
        named(path)
        for path in SOURCES
        if path.is_relative_to(APP) and sinks.search(path.read_text(encoding="utf-8"))
    ]
    assert not bad


def test_scripts_never_write_markup() -> None:
    sinks = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")
    scripts = [path for path in (APP / "web" / "static").rglob("*.js") if "vendor" not in path.parts]
    assert scripts
    assert not [path.name for path in scripts if sinks.search(path.read_text(encoding="utf-8"))]


def test_settings_are_documented() -> None:
    listed = set(
        re.findall(r"^\| `([A-Z_]+)`", (CHECKOUT / "docs" / "settings.md").read_text(encoding="utf-8"), re.M)
    )
    assert listed == {variable_name(one) for one in fields(Settings)}


def test_nothing_names_a_machine() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    bad = []
    for name in filter(None, tracked):
        path = CHECKOUT / name
        if path.is_file() and path.suffix in {".py", ".md", ".js", ".toml", ".html", ".css", ".json", ""}:
            content = path.read_text(encoding="utf-8", errors="ignore")
            if re.search("/" + r"root/|registry\.npmjs|pypi\.org", content) and name != "tests/test_house.py":
                bad.append(name)
    assert not bad
