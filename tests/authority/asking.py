"""Who asks in the tests of authority, what they can ask about, and what may have changed afterwards."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from app import db
from app.accounts.actions import add_account, disable_account, grant_role
from app.db import Base
from app.migrations.rights import OPEN_TABLES, WRITTEN_BY_TRIGGER
from tests.authority.matrix import Entry
from tests.authority.region import (
    AREAS,
    COMMUNITIES,
    COMMUNITY,
    FAR_COMMUNITY,
    HOME,
    OTHER_STREET,
    SECRETS,
    SIBLING,
    STREET,
    Region,
    build_region,
)  # fmt: skip
from tests.conftest import PASSWORD, Visitor

Grants = tuple[tuple[str, str], ...]
MISSING_AREA = "329909009009"
ACTORS: dict[str, Grants] = {
    "district": (("district", HOME),), "planner": (("planner", STREET),), "dispatcher": (("dispatcher", STREET),),
    "community": (("community", COMMUNITY),), "volunteer": (("volunteer", COMMUNITY),), "auditor": (("auditor", HOME),),
    "system": (("system", ""),), "security": (("security", ""),), "everywhere": (("district", ""),),
    # The street next door; one community here and one in another district; planning here, only looking there.
    "neighbour": (("planner", OTHER_STREET),), "team": (("planner", SIBLING), ("planner", FAR_COMMUNITY)),
    "mixed": (("planner", SIBLING), ("community", FAR_COMMUNITY)),
    # Their browsers are still signed in.
    "ended": (), "disabled": (),
}  # fmt: skip
OUT = ("anonymous", "disabled")


def prefix(code: str) -> str:
    return re.sub(r"(000000|000)$", "", code) if code else ""


def is_within(code: str, area: str) -> bool:
    return code.startswith(prefix(area))


def areas_of(name: str, roles: set[str] | None) -> tuple[str, ...]:
    """Where this actor holds one of these roles."""
    return tuple(area for role, area in ACTORS.get(name, ()) if roles is None or role in roles)


@dataclass
class Scene:
    """A region, everybody who may ask about it, and the one transaction in which they do."""

    session: Session
    connection: Connection
    region: Region
    visitors: dict[str, "Asker"]
    before: dict[tuple[str, str], str] = field(default_factory=dict)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What happens within is taken back."""
        point = self.connection.begin_nested()
        try:
            yield
        finally:
            point.rollback()

    def changes(self, own: tuple[str, ...]) -> list[str]:
        """Rows outside these areas that differ from the beginning."""
        return changed_elsewhere(self.before, fingerprints(self.connection), own)


@pytest.fixture(scope="module")
def scene(app: Flask, engine: Engine) -> Iterator[Scene]:
    """Made once for all questions of a module: each takes back what it did."""
    with engine.connect() as connection, db.acting_in(db.EVERYWHERE):
        outer = connection.begin()
        db.bind(connection, join_transaction_mode="create_savepoint")
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            region = build_region(session)
            made = Scene(session, connection, region, signed_in(app, session))
            made.before = fingerprints(connection)
            yield made
        outer.rollback()
    db.bind(engine)


def signed_in(app: Flask, session: Session) -> dict[str, "Asker"]:
    made = {"anonymous": Asker(app)}
    for name, grants in ACTORS.items():
        login = f"{name}-{uuid4().hex[:6]}"
        (role, area), *more = grants or (("planner", STREET),)
        account = add_account(session, login, PASSWORD, role, area)
        for other_role, other_area in more:
            grant_role(session, account.id, other_role, other_area)
        session.commit()
        made[name] = Asker(app, login)
        if name == "ended":
            ending = "UPDATE role_grant SET during = tstzrange(now() - interval '2 h', now() - interval '1 h') WHERE account_id = :id"
            session.execute(text(ending), {"id": account.id})
        if name == "disabled":
            disable_account(session, login)
        session.commit()
    return made


class Asker(Visitor):
    """A browser whose session and form token are fetched once, not before every request."""

    def __init__(self, app: Flask, login: str = "") -> None:
        super().__init__(app.test_client())
        self.kept: dict[str, str] = {}
        if login:
            form = {"login": login, "password": PASSWORD, "next": "/help"}
            assert self.post("/sign-in", data=form).status_code == 303
        self.form_token = super().token()
        for name in ("wardmap", "__Host-wardmap"):
            cookie = self.client.get_cookie(name)
            if cookie is not None:
                self.kept[name] = cookie.value

    def token(self) -> str:
        return getattr(self, "form_token", None) or super().token()

    def ask(self, entry: Entry, names: dict[str, Any], **given: Any) -> Any:
        """What an earlier answer did to the browser (signed out, another language) is not carried on."""
        self.client._cookies.clear()
        for name, value in self.kept.items():
            self.client.set_cookie(name, value)
        headers = {"Accept": "application/json, text/html;q=0.5", **given.pop("headers", {})}
        sent = {**body_of(entry, names), **given}
        path = sent.pop("path", None) or entry.path.format(**names)
        # A file that is sent has a handle, which the answer's end closes.
        with self.send(entry.method, path, headers=headers, **sent) as answer:
            answer.get_data()
            return answer


def body_of(entry: Entry, names: dict[str, Any]) -> dict[str, Any]:
    """What an entry sends: K is a fresh key, S the plan's last step."""
    if entry.json is not None:
        fresh = {"K": uuid4().hex, "S": names.get("step")}
        return {"json": {k: fresh.get(v, v) if isinstance(v, str) else v for k, v in entry.json.items()}}
    if entry.form is not None:
        return {
            "data": {k: str(uuid4()) if v == "K" else str(v).format(**names) for k, v in entry.form.items()}
        }
    return {}


def targets(entry: Entry, region: Region) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the address can be asked about: area code, and the names in its path and body."""
    if not entry.about:
        yield "", {}
        return
    for code in AREAS if entry.about in ("area", "own area", "import") else COMMUNITIES:
        yield code, things_of(region, code)
    yield "missing", nothing(region)


def things_of(region: Region, code: str) -> dict[str, Any]:
    """Names of what lies in an area, as addresses write them: each list of the region by its kind."""
    kinds = {one.name.removesuffix("s"): getattr(region, one.name).get(code) for one in fields(region)}
    return {"area": code, **{kind: one[0] if isinstance(one, list) else one for kind, one in kinds.items()}}


def nothing(region: Region) -> dict[str, Any]:
    """Names of the same kinds and of about the same size that nothing has."""
    every = [things_of(region, code) for code in AREAS]
    # Far enough from what the region's visitors brought with them.
    free = {kind: max(names[kind] or 0 for names in every) + 700 for kind in every[0] if kind != "area"}
    return {**free, "area": MISSING_AREA}


# Whose a row is, where the column is not called area_code; '' is nobody's, compared as a whole.
OWNERS = {"area": "code", "division_code": "code"}
OF_AN_IMPORT = "(SELECT i.area_code FROM ground_import i WHERE i.id = import_id)"


def fingerprints(connection: Connection) -> dict[tuple[str, str], str]:
    """A hash over all rows of each tenant table and area. Two equal answers: nothing was changed."""
    tables = [
        name
        for name, table in sorted(Base.metadata.tables.items())
        if (name not in OPEN_TABLES or "area_code" in table.columns) and name not in WRITTEN_BY_TRIGGER
    ]
    connection.exec_driver_sql(db.SET_SCOPE, ("{%}",))
    found = connection.exec_driver_sql(" UNION ALL ".join(map(_hashed, tables)))
    return {(table, owner): digest for table, owner, digest in found}


def _hashed(table: str) -> str:
    columns = Base.metadata.tables[table].columns
    owner = OWNERS.get(table) or ("area_code" if "area_code" in columns else "''")
    if "import_id" in columns and (owner == "''" or table == "import_row"):
        owner = OF_AN_IMPORT
    row = "CAST(t.* AS text)"
    return f"SELECT '{table}', coalesce({owner}, ''), md5(string_agg({row}, '|' ORDER BY {row})) FROM {table} t GROUP BY 2"


def changed_elsewhere(before: dict[Any, str], after: dict[Any, str], own: tuple[str, ...]) -> list[str]:
    """Tables and areas outside `own` whose rows are not what they were."""
    return [
        f"{table} of {code or 'nobody'}"
        for table, code in sorted({*before, *after})
        if before.get((table, code)) != after.get((table, code))
        and not any(is_within(code, area) for area in own)
    ]


def foreign_secrets(name: str) -> list[str]:
    """The words of areas that are neither this actor's nor above."""
    own = areas_of(name, None)
    return [
        secret
        for code, secret in SECRETS.items()
        if not any(is_within(code, area) or is_within(area, code) for area in own)
    ]
