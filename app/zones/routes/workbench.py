"""The workbench of one plan: its page, and what the page's script asks for."""

from collections.abc import Collection
from datetime import date
from uuid import uuid4

import orjson
from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import db
from app.accounts.guard import LOOKS, PLANS, allow, current_account
from app.ground.map_layers import kind_name
from app.ground.queries.areas import bounds_on, ground_revision
from app.ground.queries.tiles import BUILDINGS_FROM_ZOOM, TileAddress
from app.ground.routes.days import today
from app.ground.routes.town import chosen_basemap, map_words
from app.maps.canvas import CONTROLS, page_parts
from app.maps.figure import MapParts
from app.maps.legend import Legend
from app.web import headers, parse
from app.web.pages import etag_answer, static_url, unchanged
from app.zones import map_layers, rules
from app.zones.models import MAX_NAME
from app.zones.queries import buildings as building_queries
from app.zones.queries import plans as plan_queries
from app.zones.queries.buildings import BuildingFilter
from app.zones.queries.outlines import MOST_BUILDINGS, has_outlines
from app.zones.queries.plans import PlanFacts
from app.zones.routes import shown
from app.zones.routes.standing import shown_standing
from app.zones.routes.words import page_words

workbench = Blueprint("workbench", __name__, url_prefix="/plans/<int:plan_id>")
MVT = "application/vnd.mapbox-vector-tile"


@workbench.get("")
@allow(*LOOKS)
def show(plan_id: int) -> ResponseReturnValue:
    on = today()
    with db.reading() as session:
        plan = plan_queries.plan_facts(session, plan_id, on)
        force = plan_queries.plan_in_force(session, plan.area_code, on)
        standing, on = shown_standing(plan, on), plan.ground_on
        state, legend = shown.state_and_legend(session, plan, on)
        parts = chart_of(session, plan, legend, on, CONTROLS)
        outlined = has_outlines(session, plan.area_code, on)
    account = current_account()
    editable = plan.state == "draft" and account is not None and account.may(*PLANS)
    facts = {
        "state": state,
        "editable": editable,
        "band": rules.BAND,
        "limits": rules.LIMITS,
        "unassigned": rules.UNASSIGNED_GROUP,
        "path": f"/plans/{plan_id}",
    }
    return render_template(
        "zones/workbench.html",
        map=parts,
        plan=plan,
        standing=standing,
        state=state,
        facts=facts,
        editable=editable,
        may_copy=account is not None and account.may(*PLANS),
        copy_key=uuid4(),
        max_name=MAX_NAME,
        in_force=force,
        words=page_words(),
        has_outlines=outlined,
        most_outlined=MOST_BUILDINGS,
    )


def chart_of(
    session: Session, plan: PlanFacts, legend: Legend, on: date, controls: Collection[str]
) -> MapParts:
    """The plan's map, beginning on its community."""
    revision = ground_revision(db.straight(session))
    base = chosen_basemap()
    headers.allow_images_from(*base.image_origins)
    chart = map_layers.plan_map(
        name="plan",
        bounds=bounds_on(session, plan.area_code, on),
        basemap=base,
        legend=legend,
        area_code=plan.area_code,
        buildings_url=f"/plans/{plan.id}/tiles/{{z}}/{{x}}/{{y}}.mvt?v={plan.version}-{revision}",
        backdrop_url=f"/tiles/backdrop/{{z}}/{{x}}/{{y}}.mvt?v={revision}",
        areas_url=f"/ground/areas.geojson?level=community&on={on}&v={revision}",
        outlines_url=f"/plans/{plan.id}/outlines.geojson?v={plan.version}",
        words=map_words(),
        title=f"{plan.community} {plan.name}",
        controls=controls,
        static_url=static_url,
    )
    return page_parts(chart, headers.nonce())


@workbench.get("/state.json")
@allow(*LOOKS)
def state(plan_id: int) -> Response:
    with db.reading() as session:
        plan = plan_queries.plan_facts(session, plan_id, today())
        return jsonify(shown.plan_state(session, plan, plan.ground_on))


@workbench.get("/outlines.geojson")
@allow(*LOOKS)
def outlines(plan_id: int) -> Response:
    with db.glance() as asking:
        plan = plan_queries.plan_head(asking, plan_id, today())
    on = plan.ground_on
    etag = f"outlines-{plan_id}-{plan.version}-{plan.revision}-{on}"
    if kept := unchanged(etag):
        return kept
    with db.reading() as session:
        body = orjson.dumps(shown.shown_outlines(session, plan_id, plan.area_code, on))
    return etag_answer(body, "application/geo+json", etag)


@workbench.get("/tiles/<int:z>/<int:x>/<int:y>.mvt")
@allow(*LOOKS)
def tile(plan_id: int, z: int, x: int, y: int) -> Response:
    place = TileAddress(z, x, y).checked(BUILDINGS_FROM_ZOOM)
    with db.glance() as asking:
        plan = plan_queries.plan_head(asking, plan_id, today())
    on = plan.ground_on
    etag = f"plan-{plan_id}-{plan.version}-{plan.revision}-{on}"
    if kept := unchanged(etag):
        return kept
    with db.glance() as asking:
        body = building_queries.plan_tile(asking, plan_id, plan.area_code, place, on)
    return etag_answer(body, MVT, etag)


@workbench.get("/buildings.json")
@allow(*LOOKS)
def buildings(plan_id: int) -> Response:
    page = parse.whole(request.args.get("page"), _("页"), 1, 1, 100_000)
    with db.reading() as session:
        plan = plan_queries.plan_facts(session, plan_id, today())
        listed = building_queries.listed_buildings(session, plan, _asked(), plan.ground_on, page)
    for one in listed["buildings"]:
        one["kind"] = _(kind_name(one["kind"]))
    return jsonify(listed)


@workbench.get("/buildings/ids.json")
@allow(*LOOKS)
def ids(plan_id: int) -> Response:
    with db.reading() as session:
        plan = plan_queries.plan_facts(session, plan_id, today())
        return jsonify(ids=building_queries.building_ids(session, plan, _asked(), plan.ground_on))


@workbench.get("/unassigned.json")
@allow(*LOOKS)
def unassigned(plan_id: int) -> Response:
    after = parse.plain_text(request.args.get("after", ""), _("编码"), 17)
    with db.reading() as session:
        plan = plan_queries.plan_facts(session, plan_id, today())
        return jsonify(building=building_queries.next_unassigned(session, plan, after, plan.ground_on))


def _asked() -> BuildingFilter:
    """The list's filter, as the address says it."""
    zone = request.args.get("zone", "")
    return BuildingFilter(
        words=parse.plain_text(request.args.get("q", ""), _("搜索"), 60),
        zone=parse.whole(zone, _("责任区"), 0, 0, rules.MAX_ZONES) if zone else None,
        sort=request.args.get("sort", "code"),
    )
