"""The town map: areas, buildings, search, what is known about one place, and the map as a file to take along."""

from typing import Any

import orjson
from flask import Blueprint, Response, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_date, format_datetime, get_locale
from flask_babel import gettext as _

from app import db
from app.accounts.guard import LOOKS, PLANS, allow, current_account, fresh_when_assessed
from app.codes import code_prefix
from app.errors import N_, InvalidInput
from app.ground import map_layers
from app.ground.models.places import BUILDING_KINDS, LEVELS
from app.ground.queries import areas as area_queries
from app.ground.queries import buildings as building_queries
from app.ground.queries import tiles as cut
from app.ground.routes.days import today
from app.maps.canvas import page_parts
from app.maps.legend import Legend
from app.maps.standalone import standalone_html
from app.maps.words import WORDS
from app.web import headers, parse
from app.web.pages import attachment, etag_answer, static_url, unchanged

town = Blueprint("town", __name__)


@town.get("/")
@allow(*LOOKS)
def show() -> ResponseReturnValue:
    on = parse.day(request.args.get("on"), today())
    by = request.args.get("by", "kind")
    by = by if by in cut.COLOURINGS else "kind"
    with db.reading() as session:
        tree = area_queries.area_tree(session, on)
        bounds = area_queries.ground_bounds(session)
        revision = area_queries.ground_revision(db.straight(session))
    if bounds is None:
        return render_template("ground/empty.html")
    base = chosen_basemap()
    headers.allow_images_from(*base.image_origins)
    chart = map_layers.town_map(
        bounds=bounds,
        basemap=base,
        legend=legend_by(by),
        colour_by=[(key, _(name)) for key, name in map_layers.COLOURING_NAMES.items()],
        coloured_by=by,
        buildings_url=f"/tiles/building/{{z}}/{{x}}/{{y}}.mvt?by={by}&on={on}&v={revision}",
        backdrop_url=f"/tiles/backdrop/{{z}}/{{x}}/{{y}}.mvt?v={revision}",
        areas_url=f"/ground/areas.geojson?level={{level}}&on={on}&v={revision}",
        levels={line.level for line in tree if line.has_boundary},
        words=map_words(),
        title=f"{tree[0].name if tree else _('辖区地图')} {on}",
        static_url=static_url,
    )
    parts = page_parts(chart, headers.nonce())
    legends = {key: legend_by(key).as_json() for key in cut.COLOURINGS}
    return render_template(
        "ground/town.html",
        map=parts,
        tree=tree,
        on=on,
        by=by,
        today=today(),
        words=page_words(),
        legends=legends,
    )


@town.get("/ground/areas.geojson")
@allow(*LOOKS)
def areas() -> Response:
    level = request.args.get("level", "community")
    if level not in LEVELS:
        raise InvalidInput("level_unknown", N_("没有这一级区划。"))
    within = request.args.get("within", "")
    prefix = code_prefix(parse.area_code(within)) if within else ""
    on = parse.day(request.args.get("on"), today())
    with db.glance() as asking:
        etag = f"{area_queries.ground_revision(asking)}-{level}-{within}-{on}"
    if kept := unchanged(etag):
        return kept
    with db.reading() as session:
        body = area_queries.areas_geojson(session, level, prefix, on)
    return etag_answer(body, "application/geo+json", etag)


@town.get("/ground/buildings/<int:building_id>")
@allow(*LOOKS)
def building(building_id: int) -> Response:
    with db.reading() as session:
        facts = building_queries.building_facts(session, building_id)
    facts["kind"] = _(map_layers.kind_name(facts["kind"]))
    facts["from_on"] = format_date(facts["from_on"]) if facts["from_on"] else ""
    facts["to_on"] = format_date(facts["to_on"]) if facts["to_on"] else ""
    facts["history"] = [
        {
            **line,
            "changed_at": format_datetime(line["changed_at"], "yyyy-MM-dd HH:mm"),
            "before": in_words(line["before"]),
            "after": in_words(line["after"]),
        }
        for line in facts["history"]
    ]
    return jsonify(facts)


def in_words(state: dict[str, Any]) -> dict[str, Any]:
    """What a building was, as far as a person reads it."""
    return {**state, "kind": _(map_layers.kind_name(state["kind"]))} if "kind" in state else state


@town.get("/ground/areas/<code>")
@allow(*LOOKS)
def area(code: str) -> Response:
    on = parse.day(request.args.get("on"), today())
    with db.reading() as session:
        facts = area_queries.area_on(session, parse.area_code(code), on)
        versions = area_queries.area_versions(session, code)
        below = area_queries.area_tree(session, on, code_prefix(code))
    line = next(one for one in below if one.code == code)
    account = current_account()
    made_by_hand = not any(version["file_name"] for version in versions)
    may_remove = bool(account and account.may(*PLANS) and made_by_hand and not line.buildings)
    for version in versions:
        version["from_on"] = format_date(version["from_on"]) if version["from_on"] else ""
        version["to_on"] = format_date(version["to_on"]) if version["to_on"] else ""
    shown = {
        **facts._asdict(),
        "level": _(map_layers.LEVEL_NAMES[facts.level]),
        "level_code": facts.level,
        "buildings": line.buildings,
        "households": line.households,
        "versions": versions,
        "may_remove": may_remove,
    }
    return jsonify(shown)


@town.get("/ground/search")
@allow(*LOOKS)
def search() -> Response:
    words = parse.plain_text(request.args.get("q", ""), _("搜索"), 60)
    on = parse.day(request.args.get("on"), today())
    with db.reading() as session:
        places = building_queries.found_places(session, words, on)
    for place in places:
        if place["what"] == "area":
            place["detail"] = _(map_layers.LEVEL_NAMES[place["detail"]])
    return jsonify(places=places)


@town.get("/ground/areas/<code>/export.html")
@fresh_when_assessed
@allow(*LOOKS)
def export(code: str) -> Response:
    on, by = parse.day(request.args.get("on"), today()), request.args.get("by", "kind")
    by = by if by in cut.COLOURINGS else "kind"
    most = current_app.config["SETTINGS"].export_features
    with db.reading() as session:
        facts = area_queries.area_on(session, parse.area_code(code), on)
        prefix = code_prefix(code)
        collections: dict[str, Any] = {
            "buildings": building_queries.building_features(session, prefix, on, by, most),
            "areas": orjson.loads(area_queries.areas_geojson(session, facts.level, code, on)),
        }
        if len(collections["buildings"]["features"]) > most:
            # One more than the limit was read: how many there are is not known, and not worth asking.
            raise InvalidInput(
                "export_too_large",
                N_("这里的楼栋超过 %(most)s 栋，一个地图文件放不下。请缩小范围，例如只导出一个社区。"),
                most=most,
            )
        # What stands around it is cut short, never the reason to refuse.
        room = most - sum(len(one["features"]) for one in collections.values())
        for theme, around in building_queries.backdrop_features(session, prefix, on).items():
            collections[theme] = {**around, "features": around["features"][: max(room, 0)]}
            room -= len(collections[theme]["features"])
    for feature in collections["buildings"]["features"]:
        feature["properties"]["kind"] = _(map_layers.kind_name(feature["properties"]["kind"]))
    body = standalone_html(
        facts.name,
        collections,
        None,
        legend_by(by),
        [_("数据日期：%(day)s", day=on), _("由守望图导出，不联网也能打开。")],
        get_locale().language,
        words=map_words(),
        bounds=facts.bounds,
        most_features=most,
    )
    return attachment(body.encode(), "text/html", f"{facts.name}-{on}.html")


def chosen_basemap() -> Any:
    settings = current_app.config["SETTINGS"]
    return map_layers.basemap_of(
        settings.basemap, settings.tianditu_key, settings.wmts_url, settings.wmts_attribution
    )


def legend_by(by: str) -> Legend:
    """The legend of one way to colour buildings, in the reader's language."""
    title, none = _(map_layers.COLOURING_NAMES[by]), _("没有填写")
    if by == "kind":
        kinds = [(n, kind, _(map_layers.KIND_NAMES[kind])) for n, kind in enumerate(BUILDING_KINDS, start=1)]
        return Legend.of_kinds(title, kinds, none)
    steps, unit = (cut.FLOOR_STEPS, _("层")) if by == "floors" else (cut.HOUSEHOLD_STEPS, _("户"))
    return Legend.of_classes(title, map_layers.step_labels(steps, unit), none)


def map_words() -> dict[str, str]:
    """The map toolkit's own words in the reader's language."""
    return {key: _(word) for key, word in WORDS.items()}


def page_words() -> dict[str, str]:
    """Words of the town page's script."""
    return {
        "failed": _("没有成功，请稍后重试。"), "offline": _("连不上服务器，请检查网络后重试。"),
        "nothing": _("没有找到。换个写法试试，例如社区名加楼号。"), "code": _("编码"), "address": _("地址"),
        "kind": _("用途"), "floors": _("层数"), "units": _("单元"), "households": _("户数"),
        "buildings": _("楼栋"), "builtYear": _("建成年份"), "community": _("社区"), "street": _("街道"),
        "footprint": _("占地面积"), "since": _("登记日期"), "until": _("注销日期"), "source": _("来源"),
        "history": _("变更记录"), "noHistory": _("登记以来没有变更。"), "versions": _("边界与名称的版本"),
        "local": _("本地编码"), "openPlans": _("划分责任区"), "export": _("导出地图文件"), "close": _("关闭"),
        "zoomTo": _("在地图上看"), "now": _("现在"), "unnamed": _("未命名楼栋"), "area": _("面积"),
        "noBoundary": _("这个区划还没有边界。"), "household_unit": _("户"), "empty": _("未填"),
        "changed": _("%(field)s：%(before)s → %(after)s"), "remove": _("删除"),
        "removeSure": _("要删除“%(name)s”吗？删除后不能恢复。"), "noMap": _("地图没有加载成功，请刷新页面。"),
    }  # fmt: skip
