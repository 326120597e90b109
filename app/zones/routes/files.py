"""A plan as files for map programs: GeoJSON, GeoPackage, shapefiles."""

from datetime import date
from typing import Any

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from app import db
from app.accounts.guard import LOOKS, allow, fresh_when_assessed
from app.errors import N_, InvalidInput
from app.geo.writing import WrittenLayer, write_layers
from app.ground.routes.days import today
from app.web.pages import attachment
from app.zones.queries import plans as plan_queries
from app.zones.queries.plans import PlanFacts
from app.zones.queries.taken_along import MOST_TAKEN, taken_buildings, taken_outlines
from app.zones.routes import shown
from app.zones.rules import zone_code

files = Blueprint("plan_files", __name__, url_prefix="/plans/<int:plan_id>")
GEOJSON, GEOPACKAGE, ZIP = "application/geo+json", "application/geopackage+sqlite3", "application/zip"


@files.get("/<any(zones, buildings):layer>.geojson")
@fresh_when_assessed
@allow(*LOOKS)
def geojson(plan_id: int, layer: str) -> Response:
    with db.reading() as session:
        plan, (zones, buildings) = _layers(session, plan_id, today())
    body = write_layers([zones if layer == "zones" else buildings], "geojson")
    return attachment(body, GEOJSON, _name(plan, f"{layer}.geojson"))


@files.get("/plan.gpkg")
@fresh_when_assessed
@allow(*LOOKS)
def geopackage(plan_id: int) -> Response:
    with db.reading() as session:
        plan, layers = _layers(session, plan_id, today())
    return attachment(write_layers(layers, "gpkg"), GEOPACKAGE, _name(plan, "gpkg", "."))


@files.get("/shapefile.zip")
@fresh_when_assessed
@allow(*LOOKS)
def shapefile(plan_id: int) -> Response:
    with db.reading() as session:
        plan, layers = _layers(session, plan_id, today())
    return attachment(write_layers(layers, "shapefile"), ZIP, _name(plan, "shapefile.zip"))


def _layers(session: Session, plan_id: int, on: date) -> tuple[PlanFacts, list[WrittenLayer]]:
    """The zones and the buildings of a plan; field names are short enough for a DBF table and the same in every format."""
    plan = plan_queries.plan_facts(session, plan_id, on)
    buildings = taken_buildings(session, plan, on)
    if len(buildings) > MOST_TAKEN:
        raise InvalidInput(
            "export_too_large", N_("这个社区的楼栋超过 %(most)s 栋，一个文件放不下。请改用“导出表格”。"), most=MOST_TAKEN
        )  # fmt: skip
    zones = plan_queries.zone_lines(session, plan_id, on)
    outlines = taken_outlines(session, plan, zones, on)
    zone_columns: dict[str, list[Any]] = {
        "code": [zone_code(plan.area_code, one.number) for one in zones],
        "number": [one.number for one in zones],
        "name": [shown.zone_title(one.number, one.name) for one in zones],
        "buildings": [one.buildings for one in zones],
        "households": [one.households for one in zones],
    }
    plain = ("code", "name", "address", "kind", "floors", "units", "households", "zone")
    building_columns = {
        **{field: [one[field] for one in buildings] for field in plain},
        "zone_code": [one["zone"] and zone_code(plan.area_code, one["zone"]) for one in buildings],
        "zone_name": [one["zone"] and shown.zone_title(one["zone"], one["zone_name"]) for one in buildings],
    }
    return plan, [
        WrittenLayer("zones", outlines, zone_columns),
        WrittenLayer("buildings", [_bytes(one["shape"]) for one in buildings], building_columns),
    ]


def _bytes(shape: memoryview | bytes | None) -> bytes | None:
    return None if shape is None else bytes(shape)


def _name(plan: PlanFacts, ending: str, joint: str = "-") -> str:
    return f"{plan.community}-{plan.name}-{today()}{joint}{ending}"
