"""Two districts with streets and communities, each with buildings, a plan and an import: ground that must be kept apart."""

from dataclasses import dataclass, field
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.builders import build_area, build_building, cell, footprint_in

HOME, STREET, COMMUNITY = "329902000000", "329902001000", "329902001001"
SIBLING, OTHER_STREET, OTHER_STREETS_OWN = "329902001002", "329902002000", "329902002001"
OTHER_DISTRICT, FAR_STREET, FAR_COMMUNITY = "329903000000", "329903001000", "329903001001"
COMMUNITIES = (COMMUNITY, SIBLING, OTHER_STREETS_OWN, FAR_COMMUNITY)
AREAS = (
    HOME,
    STREET,
    COMMUNITY,
    SIBLING,
    OTHER_STREET,
    OTHER_STREETS_OWN,
    OTHER_DISTRICT,
    FAR_STREET,
    FAR_COMMUNITY,
)
# In every text of this area, and of no other.
SECRETS = {code: f"机密{number}号" for number, code in enumerate(AREAS)}
# What a typist put where it does not belong, in the other district.
MOBILE, IDENTITY = "13987654321", "32990219900101123X"


@dataclass
class Region:
    """Ids by area code."""

    buildings: dict[str, list[int]] = field(default_factory=dict)
    plans: dict[str, int] = field(default_factory=dict)
    zones: dict[str, int] = field(default_factory=dict)
    imports: dict[str, int] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    grants: dict[str, int] = field(default_factory=dict)


def build_region(session: Session) -> Region:
    made = Region()
    squares = {code: cell(number) for number, code in enumerate(COMMUNITIES)}
    for code in AREAS:
        below = [square for community, square in squares.items() if community.startswith(code.rstrip("0"))]
        build_area(session, code, f"{SECRETS[code]}区划", below[0].union(below[-1]).envelope)
        made.imports[code] = build_import(session, code)
    for code in COMMUNITIES:
        made.buildings[code] = [
            build_building(
                session,
                f"{code}{n:05d}",
                footprint_in(squares[code], n),
                name=f"{SECRETS[code]}{n}幢",
                address=f"{SECRETS[code]}路{n}号"
                + (f" {MOBILE} {IDENTITY}" if code == FAR_COMMUNITY else ""),
            )
            for n in range(1, 4)
        ]
        made.plans[code] = session.execute(
            text("INSERT INTO plan (area_code, name) VALUES (:code, :name) RETURNING id"),
            {"code": code, "name": f"{SECRETS[code]}方案"},
        ).scalar_one()
        made.zones[code] = session.execute(
            text(
                "INSERT INTO zone (plan_id, area_code, number, name) VALUES (:plan, :code, 1, :name) RETURNING id"
            ),
            {"plan": made.plans[code], "code": code, "name": f"{SECRETS[code]}责任区"},
        ).scalar_one()
        session.execute(
            text("INSERT INTO zone_building VALUES (:plan, :building, :zone, :code)"),
            {
                "plan": made.plans[code],
                "building": made.buildings[code][0],
                "zone": made.zones[code],
                "code": code,
            },
        )
        made.accounts[code], made.grants[code] = build_account(session, code)
        made.steps[code] = session.execute(
            text(
                "INSERT INTO plan_step (plan_id, area_code, key, kind, before, answer)"
                " VALUES (:plan, :code, 'a-step', 'name', jsonb_build_object('from', CAST(:name AS text), 'to', CAST(:name AS text)),"
                " jsonb_build_object('name', CAST(:name AS text))) RETURNING id"
            ),
            {"plan": made.plans[code], "code": code, "name": f"{SECRETS[code]}旧名"},
        ).scalar_one()
    session.commit()
    return made


def build_account(session: Session, code: str) -> tuple[int, int]:
    """Somebody of the community who has been invited."""
    account_id = session.execute(
        text("INSERT INTO account (login, password_hash) VALUES (:login, '-') RETURNING id"),
        {"login": f"{SECRETS[code]}人"},
    ).scalar_one()
    grant_id = session.execute(
        text(
            "INSERT INTO role_grant (account_id, role, area_code) VALUES (:id, 'community', :code) RETURNING id"
        ),
        {"id": account_id, "code": code},
    ).scalar_one()
    return int(account_id), int(grant_id)


def build_import(session: Session, code: str) -> int:
    import_id = session.execute(
        text(
            "INSERT INTO ground_import (key, file_name, state, kind, area_code, options, summary, inspection)"
            " VALUES (:key, :name, 'checked', 'road', :code, '{\"kind\": \"road\"}', '{\"rows\": 1}', '{\"layers\": []}')"
            " RETURNING id"
        ),
        {"key": uuid4(), "name": f"{SECRETS[code]}.geojson", "code": code},
    ).scalar_one()
    session.execute(
        text(
            "INSERT INTO import_row (import_id, row_no, name, verdict) VALUES (:id, 1, :name, 'same');".rstrip(
                ";"
            )
        ),
        {"id": import_id, "name": f"{SECRETS[code]}路"},
    )
    session.execute(
        text(
            "INSERT INTO import_finding (import_id, row_no, code, severity, facts)"
            " VALUES (:id, 1, 'name_changes', 'note', jsonb_build_object('former', CAST(:name AS text), 'name', ''))"
        ),
        {"id": import_id, "name": f"{SECRETS[code]}路"},
    )
    return int(import_id)
