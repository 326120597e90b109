"""All imports, newest first, and example files to begin with."""

import csv
import io
from pathlib import Path

from flask import Response, current_app, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db
from app.accounts.guard import LOOKS, PLANS, allow, current_account
from app.errors import N_, NotFound
from app.ground.boundary_import import STATE_WORDS
from app.ground.queries.imports import import_list
from app.ground.routes.imports.room import imports
from app.ground.routes.imports.wording import KIND_WORDS, STATE_STYLES, VERDICT_WORDS
from app.web import parse

SHOWN = 100
GEODATA = Path(__file__).parents[4] / "geodata"
EXAMPLE_ROWS = (
    ("楼栋名称", "地址", "用途", "层数", "单元数", "户数", "社区名称", "经度", "纬度"),
    ("1幢", "沿江路12号1幢", "住宅", "6", "3", "36", "", "", ""),
    ("2幢", "沿江路12号2幢", "住宅", "6", "4", "48", "", "", ""),
    ("3幢", "沿江路12号3幢", "高层住宅", "18", "1", "72", "", "", ""),
)


@imports.get("/imports")
@allow(*LOOKS)
def show_list() -> ResponseReturnValue:
    before = parse.whole(request.args.get("before"), "before", 0) or None
    with db.reading() as session:
        listed = import_list(session, limit=SHOWN + 1, before_id=before)
    account = current_account()
    return render_template(
        "ground/imports/list.html",
        listed=listed[:SHOWN],
        older=listed[SHOWN - 1]["id"] if len(listed) > SHOWN else None,
        first_page=before is None,
        may_change=account is not None and account.may(*PLANS),
        kinds=KIND_WORDS,
        states=STATE_WORDS,
        styles=STATE_STYLES,
        verdicts=VERDICT_WORDS,
    )


@imports.get("/imports/example/<name>")
@allow(*LOOKS)
def example(name: str) -> Response:
    """A small file that shows how one may look: the sample town's communities, or a list of buildings."""
    if name == "buildings.csv":
        body = io.StringIO()
        csv.writer(body).writerows(EXAMPLE_ROWS)
        # With the mark, so that spreadsheet programs read it as UTF-8.
        answer = Response("\ufeff" + body.getvalue(), mimetype="text/csv")
        answer.headers["Content-Disposition"] = "attachment; filename=buildings.csv"
        return answer
    if name == "communities.geojson" and (GEODATA / name).exists():
        return send_from_directory(GEODATA, name, as_attachment=True, mimetype="application/geo+json")
    raise NotFound("example_missing", N_("没有这个示例文件。"))


def upload_limit_mb() -> int:
    return int(current_app.config["SETTINGS"].max_upload_mb)


def formats() -> list[tuple[str, str]]:
    """What may be handed in, in the order offices have it."""
    return [
        (_("Shapefile"), _(".zip 压缩包，或一起选中 .shp、.shx、.dbf、.prj 几个文件")),
        (_("Excel、CSV 名单"), _(".xlsx、.xls、.csv、.csv.gz：楼栋名单，或 12 位区划代码表")),
        (_("GeoJSON"), _(".geojson、.geojson.gz、.json、.topojson")),
        (_("其他地图文件"), _(".gpkg、.fgb、.parquet、.kml、.osm、.osm.gz、.osm.pbf")),
    ]
