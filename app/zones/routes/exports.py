"""A plan to take along: one HTML file with the map, a workbook, and a page for the printer."""

from flask import Blueprint, Response, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime, get_locale
from flask_babel import gettext as _

from app import db
from app.accounts.guard import LOOKS, allow, fresh_when_assessed
from app.errors import N_, InvalidInput
from app.ground.map_layers import kind_name
from app.ground.queries.areas import bounds_on
from app.ground.queries.buildings import backdrop_features
from app.ground.routes.days import today
from app.ground.routes.town import map_words
from app.maps.standalone import standalone_html
from app.web.pages import attachment
from app.zones.queries import buildings as building_queries
from app.zones.queries import plans as plan_queries
from app.zones.queries.buildings import BuildingFilter
from app.zones.routes import shown
from app.zones.routes.workbench import chart_of
from app.zones.routes.workbook import plan_workbook
from app.zones.rules import UNASSIGNED_GROUP

exports = Blueprint("plan_exports", __name__, url_prefix="/plans/<int:plan_id>")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_LINES = 100_000


@exports.get("/export.html")
@fresh_when_assessed
@allow(*LOOKS)
def standalone(plan_id: int) -> Response:
    most = current_app.config["SETTINGS"].export_features
    with db.reading() as session:
        plan = plan_queries.plan_facts(session, plan_id, today())
        on = plan.ground_on
        zones = plan_queries.zone_lines(session, plan_id, on)
        collections = {"buildings": building_queries.plan_features(session, plan, on, most)}
        if len(collections["buildings"]["features"]) > most:
            # One more than the limit was read: how many there are is not known, and not worth asking.
            raise InvalidInput(
                "export_too_large",
                N_("这个社区的楼栋超过 %(most)s 栋，一个地图文件放不下。请改用“导出表格”或“打印”。"),
                most=most,
            )
        room = most - len(collections["buildings"]["features"])
        for theme, around in backdrop_features(session, plan.area_code, on).items():
            # What stands around it is cut short, never the reason to refuse.
            collections[theme] = {**around, "features": around["features"][: max(room, 0)]}
            room -= len(collections[theme]["features"])
        outlines = shown.shown_outlines(session, plan_id, plan.area_code, on)
        bounds = bounds_on(session, plan.area_code, on)
    for feature in collections["buildings"]["features"]:
        facts = feature["properties"]
        facts["kind"], facts["g"] = _(kind_name(facts["kind"])), facts.pop("zone") or UNASSIGNED_GROUP
    for feature in outlines["features"]:
        feature["properties"]["name"] = shown.zone_title(
            feature["properties"]["number"], feature["properties"]["name"]
        )
    body = standalone_html(
        f"{plan.community} {plan.name}",
        collections,
        outlines,
        shown.plan_legend(zones, shown.zone_colours(zones), alone=True),
        [_("数据日期：%(day)s", day=on), _("由守望图导出，不联网也能打开。")],
        get_locale().language,
        words=map_words(),
        bounds=bounds,
        most_features=most,
    )
    return attachment(body.encode(), "text/html", f"{plan.community}-{plan.name}-{on}.html")


@exports.get("/zones.xlsx")
@fresh_when_assessed
@allow(*LOOKS)
def workbook(plan_id: int) -> Response:
    with db.reading() as session:
        plan = plan_queries.plan_facts(session, plan_id, today())
        on = plan.ground_on
        state = shown.plan_state(session, plan, on)
        listed = building_queries.listed_buildings(
            session, plan, BuildingFilter(sort="zone"), on, 1, MOST_LINES
        )
    body = plan_workbook(plan, state, listed["buildings"], on)
    return attachment(body, XLSX, f"{plan.community}-{plan.name}-{on}.xlsx")


@exports.get("/print")
@fresh_when_assessed
@allow(*LOOKS)
def paper(plan_id: int) -> ResponseReturnValue:
    with db.reading() as session:
        plan = plan_queries.plan_facts(session, plan_id, today())
        on = plan.ground_on
        state, legend = shown.state_and_legend(session, plan, on)
        listed = building_queries.listed_buildings(
            session, plan, BuildingFilter(sort="zone"), on, 1, MOST_LINES
        )
        parts = chart_of(session, plan, legend, on, ("scale", "north", "legend"))
    by_zone: dict[int, list[dict[str, object]]] = {}
    for one in listed["buildings"]:
        by_zone.setdefault(one["zone"] or 0, []).append(one)
    printed_at = format_datetime(format="yyyy-MM-dd HH:mm")
    return render_template(
        "zones/print.html", map=parts, plan=plan, state=state, by_zone=by_zone, on=on, printed_at=printed_at
    )
