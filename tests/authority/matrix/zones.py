"""Addresses of plans and zones."""

from typing import Any

from tests.authority.matrix.entry import LOOK, PLAN, Entry

LASSO = {
    "type": "Polygon",
    "coordinates": [[[118.6, 31.95], [118.62, 31.95], [118.62, 31.96], [118.6, 31.95]]],
}


def step(path: str, **json: Any) -> Entry:
    return Entry(
        PLAN,
        "POST",
        f"/plans/{{plan}}/{path}",
        "plan",
        json={"key": "K", "seen_version": 1, **json},
        also=(409, 422),
    )


ZONES: dict[str, Entry] = {
    "plans.index": Entry(LOOK, "GET", "/plans"),
    "plans.begin": Entry(PLAN, "POST", "/plans", "community", form={"community": "{area}", "key": "K"}, also=(303,)),
    "plans.copy": Entry(PLAN, "POST", "/plans/{plan}/copy", "plan", form={"key": "K"}, also=(303,)),
    "plans.delete": Entry(PLAN, "POST", "/plans/{plan}/delete", "plan", form={"seen_version": "1"}, also=(303,)),
    "workbench.show": Entry(LOOK, "GET", "/plans/{plan}", "plan"),
    "workbench.state": Entry(LOOK, "GET", "/plans/{plan}/state.json", "plan"),
    "workbench.outlines": Entry(LOOK, "GET", "/plans/{plan}/outlines.geojson", "plan"),
    "workbench.tile": Entry(LOOK, "GET", "/plans/{plan}/tiles/16/54358/26624.mvt", "plan"),
    "workbench.buildings": Entry(LOOK, "GET", "/plans/{plan}/buildings.json", "plan"),
    "workbench.ids": Entry(LOOK, "GET", "/plans/{plan}/buildings/ids.json", "plan"),
    "workbench.unassigned": Entry(LOOK, "GET", "/plans/{plan}/unassigned.json", "plan"),
    "plan_changes.pick": Entry(LOOK, "POST", "/plans/{plan}/pick", "plan", json={"lasso": LASSO}),
    "plan_changes.give": step("buildings", zone=None, ids=[1]),
    "plan_changes.add_zone": step("zones", name=""),
    "plan_changes.rename": step("name", name="新名"),
    "plan_changes.renumber": step("renumber"),
    "plan_changes.turn": step("undo", step="S"),
    "plan_changes.rename_zone": Entry(
        PLAN, "PATCH", "/plans/{plan}/zones/{zone}", "plan", json={"key": "K", "seen_version": 1, "name": "x"}, also=(409, 422)
    ),
    "plan_changes.remove_zone": Entry(
        PLAN, "DELETE", "/plans/{plan}/zones/{zone}", "plan", json={"key": "K", "seen_version": 1}, also=(409, 422)
    ),
    "plan_changes.lock_zone": Entry(
        PLAN, "POST", "/plans/{plan}/zones/{zone}/lock", "plan", json={"key": "K", "seen_version": 1, "locked": True}, also=(409, 422)
    ),
    "publishing.gate": Entry(PLAN, "GET", "/plans/{plan}/publish", "plan"),
    "publishing.publish": Entry(PLAN, "POST", "/plans/{plan}/publish", "plan", form={"key": "K", "seen_version": "1"}, also=(303, 409)),
    "plan_exports.paper": Entry(LOOK, "GET", "/plans/{plan}/print", "plan"),
    "plan_exports.standalone": Entry(LOOK, "GET", "/plans/{plan}/export.html", "plan"),
    "plan_exports.workbook": Entry(LOOK, "GET", "/plans/{plan}/zones.xlsx", "plan"),
    "plan_files.geojson": Entry(LOOK, "GET", "/plans/{plan}/zones.geojson", "plan"),
    "plan_files.geopackage": Entry(LOOK, "GET", "/plans/{plan}/plan.gpkg", "plan"),
    "plan_files.shapefile": Entry(LOOK, "GET", "/plans/{plan}/shapefile.zip", "plan"),
}  # fmt: skip
