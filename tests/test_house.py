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
import app.partition
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
ROOMS = {"accounts", "audit", "ground", "system", "zones"}
TOOLKITS = {"cli", "cluster", "geo", "journal", "maps", "migrations", "partition", "privacy", "web"}
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
DOCUMENTED = re.compile(r"app/(geo/|partition/|\w+/(rules|actions))")


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
        "/open/areas.json",
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
    toolkit = next(
        (one for one in (app.geo, app.partition) if path.is_relative_to(Path(one.__file__).parent)), None
    )
    exported = set(toolkit.__all__) if toolkit else None
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


PROGRAM = [path for path in SOURCES if path.is_relative_to(APP)]
# For a migration's own connection, which nobody else gets.
SETS_FOR_ITSELF = {"app/migrations/env.py"}
# Map pages are put together by our own figure, whose parts are escaped where they are made.
MARKED_SAFE = {
    "app/maps/figure.py": {"head", "body", "script"},
    "app/maps/standalone.py": {"style", "body", "script"},
    "app/web/templates/ground/imports/choose.html": {"map.head", "map.body", "map.script"},
    "app/web/templates/ground/imports/review.html": {"map.head", "map.body", "map.script"},
    "app/web/templates/map_page.html": {"map.head", "map.body", "map.script"},
}
# Names of tables, columns and conditions that their callers in the same room write down.
PUT_INTO_SQL = {
    "app/ground/boundary_import/plan_buildings.py: moving",
    "app/ground/boundary_import/undo.py: table",
    "app/ground/boundary_import/undo.py: column",
    "app/migrations/journalling.py: table",
}


def calls(path: Path) -> list[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@pytest.mark.parametrize("path", PROGRAM, ids=named)
def test_no_setting_outlives_its_transaction(path: Path) -> None:
    """What a connection is told with SET stays with it for the next request, of another office."""
    told = re.compile(r"(^|;)\s*SET\s+(?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b)", re.M)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    # SET that begins a line of an UPDATE is no statement.
    words = [
        node.value for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "UPDATE" not in node.value
    ]  # fmt: skip
    found = [one for one in words if told.search(one)]
    assert not found or named(path) in SETS_FOR_ITSELF, found
    assert not [one for one in words if re.search(r"set_config\([^)]*,\s*false", one)]


def test_a_nonce_is_given_where_a_script_is_made() -> None:
    """Put in afterwards by replacing text it would bless what somebody else has put there."""
    for path in PROGRAM:
        for call in calls(path):
            if called(call) in {"sub", "subn", "replace"}:
                assert not re.search(r"nonce|<script|<style", ast.unparse(call)), (
                    f"{named(path)}:{call.lineno}"
                )


def test_no_text_for_folium_to_write() -> None:
    """Its words for pop-ups, labels and hints become markup or script as they are."""
    for path in PROGRAM:
        for call in calls(path):
            sinks = {"popup", "tooltip", "parse_html", "fields", "aliases"} & {
                word.arg for word in call.keywords
            }
            assert not sinks, f"{named(path)}:{call.lineno} {sinks}"
            assert called(call) not in {
                "GeoJson",
                "Choropleth",
                "Marker",
                "CircleMarker",
                "add_child_text",
            }, named(path)


def test_only_our_own_figure_is_marked_safe() -> None:
    found: dict[str, set[str]] = {}
    for path in PROGRAM:
        for call in calls(path):
            if called(call) == "Markup":
                found.setdefault(named(path), set()).add(ast.unparse(call.args[0]))
    for path in (APP / "web" / "templates").rglob("*.html"):
        content = path.read_text(encoding="utf-8")
        for words in re.findall(r"([\w.]+)\s*\|\s*safe\b", content):
            found.setdefault(named(path), set()).add(words)
        assert "autoescape" not in content, named(path)
    assert all(words <= MARKED_SAFE.get(name, set()) for name, words in found.items()), found


@pytest.mark.parametrize("path", PROGRAM, ids=named)
def test_nothing_that_was_sent_is_written_into_sql(path: Path) -> None:
    """Values are bound. What may stand in a statement is a constant, or was put together from constants here."""
    assert "routes" not in path.parts or "sqlalchemy import text" not in path.read_text(encoding="utf-8"), (
        "routes ask queries"
    )
    for function in functions(path):
        given = {one.arg for one in (*function.args.args, *function.args.kwonlyargs)}
        for call in ast.walk(function):
            if (
                not isinstance(call, ast.Call)
                or called(call) not in {"text", "execute", "exec_driver_sql"}
                or not call.args
            ):
                continue
            for part in ast.walk(call.args[0]):
                if not isinstance(part, ast.FormattedValue):
                    continue
                words = ast.unparse(part.value)
                assert "request" not in words, f"{named(path)}:{call.lineno} {words}"
                if isinstance(part.value, ast.Name) and words in given:
                    assert f"{named(path)}: {words}" in PUT_INTO_SQL, f"{named(path)}:{call.lineno} {words}"
