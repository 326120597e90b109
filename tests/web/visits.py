"""Every address of the matrix, asked by somebody who may see everything."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.authority.matrix import MATRIX, Entry
from tests.authority.region import COMMUNITY, Region
from tests.conftest import Visitor

MISSING = 999_999


def names_of(region: Region) -> dict[str, Any]:
    """What the places in an address stand for."""
    return {
        "area": COMMUNITY, "import": region.imports[COMMUNITY], "plan": region.plans[COMMUNITY], "zone": region.zones[COMMUNITY],
        "step": region.steps[COMMUNITY], "building": region.buildings[COMMUNITY][0],
        "account": region.accounts[COMMUNITY], "grant": region.grants[COMMUNITY],
    }  # fmt: skip


def let_everywhere(session: Session) -> None:
    """Duties that exclude each other, in every account there is: only so can one visitor ask every address."""
    session.execute(
        text(
            "INSERT INTO role_grant (account_id, role, together) SELECT a.id, r.role, true"
            " FROM account a, (VALUES ('security'), ('auditor'), ('system')) AS r (role)"
        )
    )
    session.commit()


def absent() -> dict[str, Any]:
    return {
        "area": "329909009009",
        **dict.fromkeys(("import", "plan", "zone", "step", "building", "account", "grant"), MISSING),
    }


def sent_with(entry: Entry, names: dict[str, Any]) -> dict[str, Any]:
    """The body that the matrix writes down for an address."""
    if entry.json is not None:
        fresh = {"K": uuid4().hex, "S": names["step"]}
        return {"json": {k: fresh.get(v, v) if isinstance(v, str) else v for k, v in entry.json.items()}}
    if entry.form is not None:
        form = entry.form.items()
        return {"data": {k: str(uuid4()) if v == "K" else str(v).format(**names) for k, v in form}}
    return {}


def looks() -> Iterator[tuple[str, Entry]]:
    return ((endpoint, entry) for endpoint, entry in MATRIX.items() if entry.method == "GET")


def commands() -> Iterator[tuple[str, Entry]]:
    return ((endpoint, entry) for endpoint, entry in MATRIX.items() if entry.method != "GET")


def cookie_of(visitor: Visitor) -> str:
    kept = visitor.client.get_cookie("wardmap")
    assert kept is not None
    return str(kept.value)
