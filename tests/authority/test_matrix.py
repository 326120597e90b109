"""Every address, every role, every area: what may be reached and what answers like something that does not exist.

The matrix is written here, not read from the program: an address that is missing in it fails, and so does a mark that differs.
"""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.authority import asking
from tests.authority.asking import ACTORS, Scene, areas_of, foreign_secrets, is_within, targets
from tests.authority.matrix import MATRIX, Entry
from tests.authority.papers import readable, tile_features
from tests.authority.region import AREAS, COMMUNITIES, COMMUNITY, FAR_COMMUNITY, SECRETS

scene = asking.scene
SAFE = ("GET", "HEAD")


def test_every_address_is_in_the_matrix(app: Any) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(MATRIX)
    for endpoint, entry in MATRIX.items():
        mark = getattr(app.view_functions[endpoint], "guard", ())
        assert (entry.who is None) == (mark == "public") and (entry.who is None or set(mark) == entry.who), (
            endpoint
        )


@pytest.mark.parametrize("endpoint", MATRIX)
def test_the_whole_matrix(scene: Scene, endpoint: str, record_property: Callable[[str, int], None]) -> None:
    """Each actor about each area: the status that is written, no word and no row of anybody else's."""
    entry = MATRIX[endpoint]
    wrong: list[str] = []
    answers: dict[tuple[str, str], tuple[int, bytes]] = {}
    for name, visitor in scene.visitors.items():
        for code, names in targets(entry, scene.region):
            with scene.undone():
                answer = visitor.ask(entry, names)
                changed = [] if entry.method in SAFE else scene.changes(areas_of(name, entry.who))
            answers[name, code] = (answer.status_code, answer.data)
            question = f"{endpoint} as {name} about {code or 'nothing'}"
            if not wanted(entry, name, code)(answer.status_code):
                wrong.append(f"{question}: {answer.status_code} {answer.data[:90]!r}")
            wrong += [f"{question}: tells {word}" for word in told(entry, name, code, answer)]
            wrong += [f"{question}: changed {what}" for what in changed]
    wrong += differing(endpoint, entry, answers)
    record_property("requests", len(answers))
    assert not wrong, "\n".join(wrong[:40]) + f"\n… {len(wrong)} in all"


def wanted(entry: Entry, name: str, code: str) -> Callable[[int], bool]:
    """What the matrix says of one request."""
    fine = {200, 201, *entry.also}
    if entry.who is None:
        # The form token of an account that was shut went with its sessions.
        return lambda status: (
            status in fine or (name == "disabled" and entry.method not in SAFE and status == 400)
        )
    if name in asking.OUT:
        return lambda status: status in (302, 403)
    areas = areas_of(name, entry.who)
    if not areas:
        # The front page leads on to the first page that the account has.
        return lambda status: status == (302 if entry.path == "/" else 403)
    if not entry.about:
        return lambda status: status in fine
    reached = code != "missing" and any(
        is_within(code, area) or (entry.about == "area" and is_within(area, code)) for area in areas
    )
    return (lambda status: status in fine) if reached else (lambda status: status == 404)


def told(entry: Entry, name: str, code: str, answer: Any) -> list[str]:
    """Words of other areas in an answer; what everybody may know is how a community is called."""
    said = readable(answer.data, answer.headers)
    if entry.path.startswith("/open/"):
        said = re.sub(r"机密\d+号区划", "", said)
    return [word for word in foreign_secrets(name) if word in said]


def differing(endpoint: str, entry: Entry, answers: dict[tuple[str, str], tuple[int, bytes]]) -> list[str]:
    """A foreign thing answers like one that does not exist, word for word but for its own code in the question."""
    found = []
    for (name, code), (status, body) in answers.items():
        if status == 404 and code != "missing" and entry.about:
            missing = answers[name, "missing"][1]
            if re.sub(rb"\d{12}", b"", body) != re.sub(rb"\d{12}", b"", missing):
                found.append(f"{endpoint} as {name}: {code} does not answer like what is missing")
    return found


def test_the_matrix_asks_about_everybody_everywhere(scene: Scene) -> None:
    assert set(scene.visitors) == {"anonymous", *ACTORS}
    planned = sum(len(list(targets(entry, scene.region))) for entry in MATRIX.values()) * len(scene.visitors)
    assert planned > 5_000
    assert set(SECRETS) == set(AREAS)


def test_tiles_hold_own_buildings_only(scene: Scene) -> None:
    # Two tiles side by side hold the whole ground.
    count = {
        name: sum(
            tile_features(scene.visitors[name].get(f"/tiles/building/14/{x}/6656.mvt").data)
            for x in (13589, 13590)
        )
        for name in ("community", "team", "planner", "district", "everywhere")
    }
    assert count == {"community": 3, "team": 6, "planner": 6, "district": 9, "everywhere": 12}


def test_ids_of_others_are_refused_in_bodies_and_queries(
    scene: Scene,
) -> None:
    region, session = scene.region, scene.session
    planner, plan = scene.visitors["planner"], region.plans[COMMUNITY]
    zone, foreign = region.zones[COMMUNITY], region.buildings[FAR_COMMUNITY]

    def give(**body: Any) -> Any:
        asked = {"key": uuid4().hex, "seen_version": 1, **body}
        return planner.post(f"/plans/{plan}/buildings", json=asked)

    assert give(zone=zone, ids=foreign).json["answer"]["assigned"] == 0
    assert give(zone=region.zones[FAR_COMMUNITY], ids=region.buildings[COMMUNITY]).status_code in (
        404,
        409,
        422,
    )
    assert planner.post("/plans", data={"community": FAR_COMMUNITY, "key": str(uuid4())}).status_code == 404
    form = {"level": "community", "name": "越界", "parent_community": "329903001000"}
    assert planner.post("/ground/areas", data=form).status_code == 422
    form = {"level": "district", "name": "新区"}
    assert planner.post("/ground/areas", data=form).status_code in (403, 422)
    within = planner.get("/ground/areas.geojson?level=community&within=329903001000").json
    assert within["features"] == []
    session.execute(text("SELECT set_config('wardmap.scope', '{%}', true)"))
    left = session.execute(text("SELECT plan_id, building_id FROM zone_building")).all()
    assert len(left) == len(COMMUNITIES)
    assert session.scalar(text("SELECT count(*) FROM area")) == len(AREAS)


def test_a_revoked_grant_ends_with_the_next_request(
    scene: Scene,
) -> None:
    planner, address = scene.visitors["planner"], f"/plans/{scene.region.plans[COMMUNITY]}"
    assert planner.get(address).status_code == 200
    scene.session.execute(
        text(
            "UPDATE role_grant SET during = tstzrange(now() - interval '2 h', now() - interval '1 h') WHERE role = 'planner'"
        )
    )
    scene.session.commit()
    assert planner.get(address).status_code == 403
