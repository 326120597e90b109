"""What the review page asks for: findings, rows, shapes, repairs, and rows that fall nowhere or twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response, jsonify, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import db
from app.accounts.guard import LOOKS, allow
from app.errors import N_, InvalidInput
from app.ground.boundary_import import sentence_of
from app.ground.queries import imports as queries
from app.ground.routes.imports.room import imports
from app.ground.routes.imports.wording import SEVERITY_WORDS, VERDICT_WORDS, finding_title
from app.web import parse
from app.web.language import told

PAGE = 50
MOST_DRAWN = 3000
# The map toolkit's words for our severities.
DRAWN_SEVERITY = {"refuse": "error", "warn": "warning", "note": "note"}


@contextmanager
def looking_at(import_id: int) -> Iterator[Session]:
    """For questions about the pieces of an import: first of all it has to be one that the asker may see."""
    with db.reading() as session:
        queries.import_progress(session, import_id)
        yield session


@imports.get("/imports/<int:import_id>/findings.json")
@allow(*LOOKS)
def findings(import_id: int) -> Response:
    with looking_at(import_id) as session:
        page = queries.findings_page(
            session,
            import_id,
            code=request.args.get("code") or None,
            severity=severity_asked(),
            after=request.args.get("after") or None,
            limit=parse.whole(request.args.get("limit"), "limit", PAGE, 1, 500),
        )
    return jsonify({**page, "findings": [worded(one) for one in page["findings"]]})


@imports.get("/imports/<int:import_id>/findings.geojson")
@allow(*LOOKS)
def findings_drawn(import_id: int) -> Response:
    with looking_at(import_id) as session:
        collection = queries.findings_geojson(session, import_id, limit=MOST_DRAWN)
    for feature in collection["features"]:
        props = feature["properties"]
        feature["properties"] = {
            "severity": DRAWN_SEVERITY[props["severity"]],
            "code": props["code"],
            "sentence": finding_title(props["code"], sentence_of(props["code"])),
            "row": props["row_no"],
            "name": props["name"] or "",
        }
    return jsonify(collection)


@imports.get("/imports/<int:import_id>/rows.json")
@allow(*LOOKS)
def rows(import_id: int) -> Response:
    with looking_at(import_id) as session:
        page = queries.rows_page(
            session,
            import_id,
            verdict=verdict_asked(),
            query=parse.plain_text(request.args.get("q", ""), _("搜索"), 60) or None,
            after=parse.whole(request.args.get("after"), "after", 0) or None,
            limit=parse.whole(request.args.get("limit"), "limit", PAGE, 1, 500),
        )
    return jsonify(page)


@imports.get("/imports/<int:import_id>/rows.geojson")
@allow(*LOOKS)
def rows_drawn(import_id: int) -> Response:
    with looking_at(import_id) as session:
        only = parse.whole(request.args.get("row"), "row", 0) or None
        return jsonify(queries.rows_geojson(session, import_id, only=only, limit=MOST_DRAWN))


@imports.get("/imports/<int:import_id>/repaired/<int:row_no>")
@allow(*LOOKS)
def repaired(import_id: int, row_no: int) -> Response:
    with looking_at(import_id) as session:
        return jsonify(queries.repaired_row(session, import_id, row_no))


@imports.get("/imports/<int:import_id>/unplaced.json")
@allow(*LOOKS)
def unplaced(import_id: int) -> Response:
    after = parse.whole(request.args.get("after"), "after", 0)
    with looking_at(import_id) as session:
        return jsonify(queries.unplaced_rows(session, import_id, after=after, limit=200))


def worded(finding: dict[str, Any]) -> dict[str, Any]:
    """A finding for the page: its sentence in the reader's language, without the raw facts except a repair's areas."""
    facts = finding["facts"] or {}
    kept = {key: facts[key] for key in ("area_before_m2", "area_after_m2", "change_percent") if key in facts}
    return {
        **{key: finding[key] for key in ("id", "row_no", "code", "severity", "name", "lon", "lat")},
        "title": finding_title(finding["code"], finding["sentence"]),
        "sentence": told(finding["sentence"], facts),
        "repair": kept if finding["code"].startswith("geometry_") and kept else None,
    }


def severity_asked() -> str | None:
    return _one_of(request.args.get("severity"), SEVERITY_WORDS)


def verdict_asked() -> str | None:
    return _one_of(request.args.get("verdict"), VERDICT_WORDS)


def _one_of(value: str | None, known: dict[str, Any]) -> str | None:
    if value and value not in known:
        raise InvalidInput("filter_unknown", N_("没有这种筛选条件。"))
    return value or None
