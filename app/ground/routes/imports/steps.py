"""The steps a planner asks for: look again, check, publish, undo, cancel, settle. Each is one action."""

from collections.abc import Callable
from typing import Any

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import db
from app.accounts.guard import PLANS, account_id, allow
from app.ground import boundary_import
from app.ground.queries.imports import import_detail, import_progress
from app.ground.routes.imports import choices
from app.ground.routes.imports.room import imports
from app.web import parse
from app.web.error_pages import wants_json
from app.web.once import once

MOST_ROWS_AT_ONCE = 5000


@imports.post("/imports/<int:import_id>/inspect")
@allow(*PLANS)
def inspect(import_id: int) -> ResponseReturnValue:
    return taken(import_id, boundary_import.ask_inspect)


@imports.post("/imports/<int:import_id>/check")
@allow(*PLANS)
def check(import_id: int) -> ResponseReturnValue:
    with db.reading() as session:
        detail = import_detail(session, import_id)
    options = choices.options_of(request.form, detail["inspection"] or {})
    wanted = choices.new_place(request.form, options["kind"])
    options["new_area"] = wanted._asdict() if wanted else None
    return taken(import_id, lambda session, one: boundary_import.ask_check(session, one, options))


@imports.post("/imports/<int:import_id>/repair")
@allow(*PLANS)
def repair(import_id: int) -> ResponseReturnValue:
    """Check again with the same choices, now using the repairs that were offered."""
    with db.reading() as session:
        chosen = import_detail(session, import_id)["options"] or {}
    again = {
        **{name: value for name, value in chosen.items() if name != "column_names"},
        "repair": True,
        "accept_large_repairs": request.form.get("large") == "1",
    }
    return taken(import_id, lambda session, one: boundary_import.ask_check(session, one, again))


@imports.post("/imports/<int:import_id>/publish")
@allow(*PLANS)
def publish(import_id: int) -> ResponseReturnValue:
    seen = parse.whole(request.form.get("version"), _("版本"), 0) or None
    return taken(import_id, lambda session, one: boundary_import.ask_publish(session, one, seen))


@imports.post("/imports/<int:import_id>/undo")
@allow(*PLANS)
def undo(import_id: int) -> ResponseReturnValue:
    return taken(import_id, boundary_import.ask_undo)


@imports.post("/imports/<int:import_id>/cancel")
@allow(*PLANS)
def cancel(import_id: int) -> ResponseReturnValue:
    return taken(import_id, boundary_import.ask_cancel)


@imports.post("/imports/<int:import_id>/settle")
@allow(*PLANS)
def settle(import_id: int) -> ResponseReturnValue:
    body = parse.json_object()
    rows = parse.whole_list(body.get("rows"), _("行号"), MOST_ROWS_AT_ONCE)
    wanted = body.get("community_code")
    code = None if wanted is None else parse.area_code(wanted if isinstance(wanted, str) else "")
    with db.transaction() as session:
        settled = boundary_import.settle_rows(session, import_id, rows, code)
    with db.reading() as session:
        detail = import_detail(session, import_id)
    return jsonify(settled=settled, summary=detail["summary"], version=detail["version"])


def taken(import_id: int, step: Callable[[Any, int], Any]) -> ResponseReturnValue:
    """Take a step and say where to look next."""

    def take(session: Session) -> ResponseReturnValue:
        step(session, import_id)
        address = url_for("imports.show", import_id=import_id)
        if not wants_json():
            return redirect(address, 303)
        session.flush()
        return jsonify(url=address, state=import_progress(session, import_id)["state"])

    return once(account_id(), take)
