"""Addresses of the ground: areas, maps, imports."""

from typing import Any

from tests.authority.matrix.entry import ANYBODY, LOOK, PLAN, SIGNED_IN, Entry
from tests.authority.region import COMMUNITY


def of_import(path: str) -> Entry:
    return Entry(LOOK, "GET", f"/imports/{{import}}{path}", "import")


def ask_import(path: str, **form: Any) -> Entry:
    return Entry(PLAN, "POST", f"/imports/{{import}}/{path}", "import", form=form, also=(303, 409, 422))


GROUND: dict[str, Entry] = {
    "areas.new": Entry(PLAN, "GET", "/ground/areas/new"),
    "areas.add": Entry(PLAN, "POST", "/ground/areas", form={"level": "community", "name": ""}, also=(422,)),
    "areas.remove": Entry(PLAN, "POST", "/ground/areas/{area}/delete", "own area", also=(409,)),
    "town.show": Entry(LOOK, "GET", "/"),
    "town.areas": Entry(LOOK, "GET", "/ground/areas.geojson?level=community"),
    "town.search": Entry(LOOK, "GET", "/ground/search?q=机密"),
    "town.area": Entry(LOOK, "GET", "/ground/areas/{area}", "area"),
    "town.export": Entry(LOOK, "GET", "/ground/areas/{area}/export.html", "area"),
    "town.building": Entry(LOOK, "GET", "/ground/buildings/{building}", "building"),
    "tiles.building": Entry(LOOK, "GET", "/tiles/building/16/54358/26624.mvt"),
    "tiles.backdrop": Entry(LOOK, "GET", "/tiles/backdrop/14/13589/6656.mvt"),
    "open_ground.areas": Entry(ANYBODY, "GET", "/open/areas.json"),
    "imports.show_list": Entry(LOOK, "GET", "/imports"),
    "imports.show_help": Entry(SIGNED_IN, "GET", "/help"),
    "imports.example": Entry(LOOK, "GET", "/imports/example/buildings.csv"),
    "imports.new": Entry(PLAN, "GET", "/imports/new"),
    "imports.upload": Entry(PLAN, "POST", "/imports", form={}, also=(422,)),
    "imports.show": of_import(""),
    "imports.progress": of_import("/progress"),
    "imports.columns": Entry(PLAN, "GET", "/imports/{import}/columns?kind=road", "import"),
    "imports.findings": of_import("/findings.json"),
    "imports.findings_drawn": of_import("/findings.geojson"),
    "imports.findings_csv": of_import("/findings.csv"),
    "imports.findings_xlsx": of_import("/findings.xlsx"),
    "imports.rows": of_import("/rows.json"),
    "imports.rows_drawn": of_import("/rows.geojson"),
    "imports.repaired": of_import("/repaired/1"),
    "imports.unplaced": of_import("/unplaced.json"),
    "imports.inspect": ask_import("inspect"),
    "imports.check": ask_import("check", kind="road", datum="wgs84"),
    "imports.repair": ask_import("repair"),
    "imports.publish": ask_import("publish"),
    "imports.undo": ask_import("undo"),
    "imports.cancel": ask_import("cancel"),
    "imports.settle": Entry(
        PLAN, "POST", "/imports/{import}/settle", "import", json={"rows": [1], "community_code": COMMUNITY}, also=(409, 422)
    ),
}  # fmt: skip
