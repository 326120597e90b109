"""Every address, every role, every area: what may be reached and what answers like something that does not exist.

The matrix is written here, not read from the program: an address that is missing in it fails, and so does a mark that differs.
"""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.actions import add_account
from tests.authority.matrix import MATRIX, Entry
from tests.authority.region import (
    AREAS,
    COMMUNITIES,
    COMMUNITY,
    FAR_COMMUNITY,
    HOME,
    SECRETS,
    STREET,
    Region,
    build_region,
)  # fmt: skip
from tests.conftest import PASSWORD, Visitor

MISSING = 999_999
ACTORS: dict[str, tuple[str, str]] = {
    "district": ("district", HOME), "planner": ("planner", STREET), "dispatcher": ("dispatcher", STREET),
    "community": ("community", COMMUNITY), "volunteer": ("volunteer", COMMUNITY), "auditor": ("auditor", HOME),
    "system": ("system", ""), "security": ("security", ""), "everywhere": ("district", ""),
}  # fmt: skip


def prefix(code: str) -> str:
    return re.sub(r"(000000|000)$", "", code) if code else ""


def is_within(code: str, area: str) -> bool:
    return code.startswith(prefix(area))


@pytest.fixture
def region(session: Session) -> Region:
    return build_region(session)


@pytest.fixture
def visitors(app: Any, session: Session, region: Region) -> dict[str, Visitor]:
    made = {"anonymous": Visitor(app.test_client())}
    for name, (role, area) in ACTORS.items():
        login = f"{name}-{uuid4().hex[:6]}"
        add_account(session, login, PASSWORD, role, area)
        session.commit()
        visitor = Visitor(app.test_client())
        assert (
            visitor.post("/sign-in", data={"login": login, "password": PASSWORD, "next": "/help"}).status_code
            == 303
        )
        kept = visitor.client.get_cookie("wardmap")
        assert kept is not None
        visitor.cookie = kept.value  # type: ignore[attr-defined]
        made[name] = visitor
    return made


def test_every_address_is_in_the_matrix(app: Any) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(MATRIX)
    for endpoint, entry in MATRIX.items():
        mark = getattr(app.view_functions[endpoint], "guard", ())
        assert (entry.who is None) == (mark == "public") and (entry.who is None or set(mark) == entry.who), (
            endpoint
        )


def targets(entry: Entry, region: Region) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the address can be asked about: area code, and the names in its path and body."""
    if not entry.about:
        yield "", {}
    for code in (
        AREAS if entry.about in ("area", "own area", "import") else COMMUNITIES if entry.about else ()
    ):
        yield code, {
            "area": code, "import": region.imports[code], "plan": region.plans.get(code), "zone": region.zones.get(code),
            "step": region.steps.get(code), "account": region.accounts.get(code), "grant": region.grants.get(code),
            "building": (region.buildings.get(code) or [None])[0],
        }  # fmt: skip
    if entry.about:
        nothing = {
            "area": "329909009009",
            **dict.fromkeys(("import", "plan", "zone", "building", "step", "account", "grant"), MISSING),
        }
        yield "missing", nothing


def ask(visitor: Visitor, entry: Entry, names: dict[str, Any]) -> Any:
    # What an earlier answer did to the browser (signed out, another language) is not carried on.
    visitor.client.delete_cookie("wardmap_language")
    if hasattr(visitor, "cookie"):
        visitor.client.set_cookie("wardmap", visitor.cookie)
    given: dict[str, Any] = {"headers": {"Accept": "application/json, text/html;q=0.5"}}
    if entry.json is not None:
        fresh = {"K": uuid4().hex, "S": names.get("step")}
        given["json"] = {
            name: fresh.get(value, value) if isinstance(value, str) else value
            for name, value in entry.json.items()
        }
    elif entry.form is not None:
        given["data"] = {
            name: str(uuid4()) if value == "K" else str(value).format(**names)
            for name, value in entry.form.items()
        }
    return visitor.send(entry.method, entry.path.format(**names), **given)


def test_the_whole_matrix(visitors: dict[str, Visitor], region: Region, session: Session) -> None:
    connection = session.connection()
    wrong: list[str] = []
    checks = 0
    for endpoint, entry in MATRIX.items():
        answers: dict[tuple[str, str], tuple[int, bytes]] = {}
        for name, visitor in visitors.items():
            for code, names in targets(entry, region):
                undone = connection.begin_nested()
                answer = ask(visitor, entry, names)
                body = answer.get_data()
                undone.rollback()
                checks += 1
                answers[name, code] = (answer.status_code, body)
                expected = wanted(entry, name, code)
                if not expected(answer.status_code):
                    wrong.append(
                        f"{endpoint} as {name} about {code or 'nothing'}: {answer.status_code} {body[:90]!r}"
                    )
        wrong += differing(endpoint, entry, answers)
    print(f"{checks} requests over {len(MATRIX)} addresses")
    assert checks > 3_000
    assert not wrong, "\n".join(wrong[:40]) + f"\n… {len(wrong)} in all"


def wanted(entry: Entry, name: str, code: str) -> Any:
    """What the matrix says of one request."""
    fine = {200, 201, *entry.also}
    if entry.who is None:
        return lambda status: status in fine
    if name == "anonymous":
        return lambda status: status in (302, 403)
    role, area = ACTORS[name]
    if role not in entry.who:
        # The front page leads on to the first page that the account has.
        return lambda status: status == (302 if entry.path == "/" else 403)
    if not entry.about:
        return lambda status: status in fine
    reached = code != "missing" and (
        is_within(code, area) or (entry.about == "area" and is_within(area, code))
    )
    return (lambda status: status in fine) if reached else (lambda status: status == 404)


def differing(endpoint: str, entry: Entry, answers: dict[tuple[str, str], tuple[int, bytes]]) -> list[str]:
    """A foreign thing answers like one that does not exist, word for word but for its own code in the question."""
    found = []
    for (name, code), (status, body) in answers.items():
        if status == 404 and code != "missing" and entry.about:
            missing = answers[name, "missing"][1]
            if re.sub(rb"\d{12}", b"", body) != re.sub(rb"\d{12}", b"", missing):
                found.append(f"{endpoint} as {name}: {code} does not answer like what is missing")
    return found


@pytest.mark.parametrize("name", ["planner", "community", "dispatcher", "district"])
def test_no_word_of_others_is_in_any_answer(
    visitors: dict[str, Visitor], region: Region, session: Session, name: str
) -> None:
    """Every page, list, tile and file: only one's own areas, and the names of those above."""
    _, area = ACTORS[name]
    foreign = [
        secret.encode()
        for code, secret in SECRETS.items()
        if not is_within(code, area) and not is_within(area, code)
    ]
    looked = 0
    for entry in MATRIX.values():
        if entry.method != "GET":
            continue
        for code, names in targets(entry, region):
            answer = ask(visitors[name], entry, names)
            body = answer.get_data()
            looked += 1
            assert not [word for word in foreign if word in body], (entry.path, code)
    assert looked > 60


def test_tiles_hold_own_buildings_only(
    visitors: dict[str, Visitor], region: Region, session: Session
) -> None:
    own = visitors["community"].get("/tiles/building/14/13589/6656.mvt").get_data()
    everything = visitors["everywhere"].get("/tiles/building/14/13589/6656.mvt").get_data()
    assert 0 < len(own) < len(everything)
    count = session.scalar(text("SELECT count(*) FROM building"))
    assert count == 12


def test_ids_of_others_are_refused_in_bodies_and_queries(
    visitors: dict[str, Visitor], region: Region, session: Session
) -> None:
    planner, plan = visitors["planner"], region.plans[COMMUNITY]
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
    visitors: dict[str, Visitor], session: Session, region: Region
) -> None:
    planner = visitors["planner"]
    assert planner.get(f"/plans/{region.plans[COMMUNITY]}").status_code == 200
    session.execute(
        text(
            "UPDATE role_grant SET during = tstzrange(now() - interval '2 h', now() - interval '1 h') WHERE role = 'planner'"
        )
    )
    session.commit()
    assert planner.get(f"/plans/{region.plans[COMMUNITY]}").status_code == 403
