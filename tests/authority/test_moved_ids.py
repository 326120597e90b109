"""Ids of others where nobody expects them: in the path beside one's own, in every field that a view reads, in lists, headers, tiles.

Nothing is written down per address here: the fields are read out of the views' own code, so a new endpoint is asked by itself.
"""

import ast
import copy
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from tests.authority import asking
from tests.authority.asking import Scene, areas_of, foreign_secrets, nothing, things_of
from tests.authority.matrix import MATRIX, Entry
from tests.authority.papers import readable, tile_features
from tests.authority.region import COMMUNITIES, COMMUNITY, FAR_COMMUNITY, OTHER_STREETS_OWN, SIBLING

scene = asking.scene
SAFE = ("GET", "HEAD")
# Who asks about what of their own, and whose ids they bring.
FOREIGN = {
    "planner": (COMMUNITY, FAR_COMMUNITY, OTHER_STREETS_OWN),
    "team": (SIBLING, COMMUNITY, OTHER_STREETS_OWN),
}
READ = re.compile(
    r"""\b(?:args|form|values|asked|body|json|sent)\b(?:\.get|\.getlist)?\s*[(\[]\s*["'](\w+)["']"""
    r"""|\(\s*(?:asked|body|form)\s*,\s*["'](\w+)["']"""
)
ONE_TIME = re.compile(
    r'nonce="[^"]+"|name="csrf[-_]token" (?:value|content)="[^"]+"|[0-9a-f]{8}-[0-9a-f-]{27}|\d+'
)
# A field whose name says what it holds: a foreign value must answer exactly like one that nothing has.
NAMED = {
    "area": re.compile(r"area|within|into|parent|community|street|district|code$"),
    "building": re.compile(r"building|^ids$"),
    "zone": re.compile(r"^zone"),
    "plan": re.compile(r"plan|^copy"),
    "step": re.compile(r"^step$"),
    "import": re.compile(r"^import"),
}  # fmt: skip
HEADERS = {
    "X-Area-Code": FAR_COMMUNITY, "X-Scope": "{%}", "X-Original-URL": "/plans", "X-Rewrite-URL": "/plans",
    "X-HTTP-Method-Override": "DELETE", "X-Remote-User": "admin", "Authorization": "Basic YWRtaW46YWRtaW4=",
}  # fmt: skip
# In this order, where the first may not ask.
ASKERS = ("planner", "community", "auditor", "volunteer", "security", "system")
CODE_OF_OURS = re.compile(r"^app\.(\w+\.(routes|boundary_import)|web\.parse)")


def asker(entry: Entry, wished: str = "planner") -> str:
    return next((name for name in (wished, *ASKERS) if entry.who and areas_of(name, entry.who)), "anonymous")


def fields_read(view: Any) -> set[str]:
    """Names of fields that a view, or what it calls of its own room's routes, takes out of a request."""
    seen: set[Any] = set()
    waiting, found = [inspect.unwrap(view)], set()
    while waiting:
        function = waiting.pop()
        if function in seen or len(seen) > 40:
            continue
        seen.add(function)
        source = textwrap.dedent(inspect.getsource(function))
        found |= {name for pair in READ.findall(source) for name in pair if name}
        if "request." in source:
            found |= set(_listed(source))
        for name in function.__code__.co_names:
            called = function.__globals__.get(name)
            if inspect.isfunction(called) and CODE_OF_OURS.match(called.__module__):
                waiting.append(inspect.unwrap(called))
    return found


def _listed(source: str) -> Iterator[str]:
    """Words in tuples: fields that a loop reads one after the other."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Tuple):
            words = [
                one.value for one in node.elts if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            yield from (word for word in words if re.fullmatch(r"[a-z_]{2,20}", word))


def value(names: dict[str, Any], kind: str) -> Any:
    return names[kind]


Move = tuple[str, str, dict[str, Any], dict[str, Any]]


def moves(entry: Entry, fields: set[str], scene: Scene, name: str) -> Iterator[Move]:
    """A place, what is compared ("same" or "quiet"), the request with a foreign id there, and with one that nothing has."""
    home, *others = FOREIGN[name]
    own, none = things_of(scene.region, home), nothing(scene.region)
    reach = areas_of(asker(entry, name), entry.who)
    # What somebody reaches from elsewhere is not foreign to them.
    foreign_ground = [code for code in others if not any(asking.is_within(code, area) for area in reach)]
    for code in foreign_ground:
        foreign = things_of(scene.region, code)
        places = set(re.findall(r"{(\w+)}", entry.path))
        for place in places if len(places) > 1 else ():
            yield (
                f"path {place}", "same", {"path": entry.path.format(**{**own, place: foreign[place]})},
                {"path": entry.path.format(**{**own, place: none[place]})},
            )  # fmt: skip
    foreign = things_of(scene.region, others[0])
    base = asking.body_of(entry, own)
    for field in sorted(fields | set(base.get("json") or ()) | set(base.get("data") or ())):
        for kind in foreign:
            way = (
                "same"
                if others[0] in foreign_ground and kind in NAMED and NAMED[kind].search(field)
                else "quiet"
            )
            yield from in_field(entry, own, base, field, way, value(foreign, kind), value(none, kind))


def in_field(
    entry: Entry, own: dict[str, Any], base: dict[str, Any], field: str, way: str, foreign: Any, none: Any
) -> Iterator[Move]:
    """One field in each part of a request that can carry it."""
    address = entry.path.format(**own)
    joined = "&" if "?" in address else "?"
    # A zone in a query is its number in the plan.
    yield (
        f"query {field}",
        "quiet" if field == "zone" else way,
        {**base, "path": f"{address}{joined}{field}={foreign}"},
        {**base, "path": f"{address}{joined}{field}={none}"},
    )
    if "json" in base:
        shapes: list[Callable[[Any], Any]] = [lambda one: one]
        if isinstance(base["json"].get(field), list):
            mine = own["building"]
            shapes = [
                lambda one: [one],
                lambda one: [mine, one],
                lambda one: [one, mine],
                lambda one: [[one]],
                lambda one: [{"id": one}],
            ]
        for shape in shapes:
            yield (
                f"json {field} {shape(0)}",
                way,
                with_json(base, field, shape(foreign)),
                with_json(base, field, shape(none)),
            )
    elif entry.method not in SAFE:
        form = base.get("data") or {}
        yield (
            f"form {field}",
            way,
            {"data": {**form, field: str(foreign)}},
            {"data": {**form, field: str(none)}},
        )


def with_json(base: dict[str, Any], field: str, given: Any) -> dict[str, Any]:
    body = copy.deepcopy(base["json"])
    body[field] = given
    return {"json": body}


def told(answer: Any) -> tuple[int, str]:
    """An answer without what differs between any two: numbers and one-time words; of a page, what a person reads."""
    if answer.mimetype == "text/html":
        return answer.status_code, " ".join(re.findall(r"[\u4e00-\u9fff]+", readable(answer.data)))
    plain = ONE_TIME.sub("", readable(answer.data))
    return answer.status_code, plain


@pytest.mark.parametrize("who", FOREIGN)
@pytest.mark.parametrize("endpoint", MATRIX)
def test_ids_of_others_do_nothing_wherever_they_stand(
    app: Flask, scene: Scene, endpoint: str, who: str, record_property: Callable[[str, int], None]
) -> None:
    entry = MATRIX[endpoint]
    name = asker(entry, who)
    visitor, own = scene.visitors[name], things_of(scene.region, FOREIGN[who][0])
    reach, secrets = areas_of(name, entry.who), foreign_secrets(name)
    wrong: list[str] = []
    requests = 0
    for place, way, foreign, none in moves(entry, fields_read(app.view_functions[endpoint]), scene, who):
        answers = []
        for given in (foreign, none) if way == "same" else (foreign,):
            with scene.undone():
                answer = visitor.ask(entry, own, **given)
                changed = [] if entry.method in SAFE else scene.changes(reach)
            requests += 1
            answers.append(told(answer))
            words = [] if entry.path.startswith("/open/") else secrets
            said = readable(answer.data, answer.headers)
            wrong += [f"{endpoint}, {place}: changed {what}" for what in changed]
            wrong += [f"{endpoint}, {place}: tells {word}" for word in words if word in said]
            if answer.status_code >= 500:
                wrong.append(f"{endpoint}, {place} = {given}: {answer.status_code}")
        if len(answers) == 2 and answers[0] != answers[1]:
            wrong.append(
                f"{endpoint}, {place}: {answers[0][0]} {answers[0][1][:80]!r}, of nothing {answers[1][0]} {answers[1][1][:80]!r}"
            )
    record_property("requests", requests)
    assert not wrong, "\n".join(wrong[:30]) + f"\n… {len(wrong)} in all"


@pytest.mark.parametrize("endpoint", [name for name, entry in MATRIX.items() if entry.method == "GET"])
def test_headers_make_nobody_somebody_else(
    scene: Scene, endpoint: str, record_property: Callable[[str, int], None]
) -> None:
    entry = MATRIX[endpoint]
    visitor, own = scene.visitors[asker(entry)], things_of(scene.region, COMMUNITY)
    plain = told(visitor.ask(entry, own))
    for header, given in HEADERS.items():
        assert told(visitor.ask(entry, own, headers={header: given})) == plain, header
    record_property("requests", len(HEADERS) + 1)


@pytest.mark.parametrize("name", ["planner", "community", "neighbour", "team", "district"])
def test_an_answer_that_others_have_kept_is_not_confirmed(
    scene: Scene, name: str, record_property: Callable[[str, int], None]
) -> None:
    """The version in an ETag is the asker's own: what somebody who sees more has is never answered with "unchanged"."""
    asked = 0
    for entry in MATRIX.values():
        if entry.method != "GET" or not entry.who or not areas_of(name, entry.who):
            continue
        own = things_of(scene.region, areas_of(name, entry.who)[0]) if not entry.about else None
        code = next(
            (one for one in (COMMUNITY, OTHER_STREETS_OWN, FAR_COMMUNITY) if _reached(one, name, entry)), None
        )
        names = own or (things_of(scene.region, code) if code else None)
        if names is None:
            continue
        kept = scene.visitors["everywhere"].ask(entry, names).headers.get("ETag")
        if kept:
            asked += 1
            assert (
                scene.visitors[name].ask(entry, names, headers={"If-None-Match": kept}).status_code == 200
            ), entry.path
    record_property("requests", asked * 2)
    assert asked >= 5


def _reached(code: str, name: str, entry: Entry) -> bool:
    return any(asking.is_within(code, area) for area in areas_of(name, entry.who))


@pytest.mark.parametrize("name", ["planner", "community", "neighbour", "team", "volunteer"])
def test_tiles_over_the_ground_of_others_are_empty(
    scene: Scene, name: str, record_property: Callable[[str, int], None]
) -> None:
    """Zoomed in on each community in turn, in every colouring: things are drawn on one's own ground only."""
    from tests.maps.mvt import tile_of

    asked = drawn = 0
    for number, code in enumerate(COMMUNITIES):
        mine = any(
            asking.is_within(code, area) for area in areas_of(name, {"district", "planner", "community"})
        )
        for zoom in (15, 16, 17, 18):
            x, y = tile_of(118.60 + number * 0.005 + 0.0009, 31.95045, zoom)
            for by in ("kind", "floors", "households"):
                answer = scene.visitors[name].get(
                    f"/tiles/building/{zoom}/{x}/{y}.mvt?by={by}&within={FAR_COMMUNITY}"
                )
                asked += 1
                found = tile_features(answer.data) if answer.status_code == 200 else 0
                drawn += found
                # A tile further out reaches over to the neighbours.
                assert bool(found) == (mine and answer.status_code == 200) or (zoom < 17 and not mine), (
                    code,
                    zoom,
                    by,
                )
                assert not [word for word in foreign_secrets(name) if word in readable(answer.data)]
    record_property("requests", asked)
    assert bool(drawn) == (name != "volunteer")


def test_fields_are_read_out_of_the_views(app: Flask) -> None:
    """The generator sees what views take, also through helpers of their room."""
    assert {"ids", "zone", "lasso", "key", "seen_version"} <= fields_read(
        app.view_functions["plan_changes.give"]
    )
    assert {"on", "by"} <= fields_read(app.view_functions["town.show"])
    assert {"level", "name", "parent_name", "code"} <= fields_read(app.view_functions["areas.add"])
