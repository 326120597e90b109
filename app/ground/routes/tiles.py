"""Tiles of buildings and of the backdrop; unchanged ones are answered from their ETag before any tile is cut."""

from flask import Blueprint, Response, request

from app import db
from app.accounts.guard import LOOKS, allow
from app.errors import N_, InvalidInput
from app.ground.queries import tiles as cut
from app.ground.queries.areas import ground_revision
from app.ground.routes.days import today
from app.web import parse
from app.web.pages import etag_answer, unchanged

tiles = Blueprint("tiles", __name__, url_prefix="/tiles")
MVT = "application/vnd.mapbox-vector-tile"


@tiles.get("/building/<int:z>/<int:x>/<int:y>.mvt")
@allow(*LOOKS)
def building(z: int, x: int, y: int) -> Response:
    tile = cut.TileAddress(z, x, y).checked(cut.BUILDINGS_FROM_ZOOM)
    by = request.args.get("by", "kind")
    if by not in cut.COLOURINGS:
        raise InvalidInput("colouring_unknown", N_("没有这种着色方式。"))
    on = parse.day(request.args.get("on"), today())
    with db.glance() as asking:
        etag = f"{ground_revision(asking)}-{by}-{on}"
    if kept := unchanged(etag):
        return kept
    with db.glance() as asking:
        return etag_answer(cut.building_tile(asking, tile, by, on), MVT, etag)


@tiles.get("/backdrop/<int:z>/<int:x>/<int:y>.mvt")
@allow(*LOOKS)
def backdrop(z: int, x: int, y: int) -> Response:
    tile = cut.TileAddress(z, x, y).checked(cut.BACKDROP_FROM_ZOOM)
    with db.glance() as asking:
        etag = f"{ground_revision(asking)}-backdrop"
    if kept := unchanged(etag):
        return kept
    with db.glance() as asking:
        return etag_answer(cut.backdrop_tile(asking, tile), MVT, etag)
