"""Addresses for everybody: no account, no session, nothing but public views."""

import orjson
from flask import Blueprint, Response

from app import db
from app.ground.queries.open_areas import open_communities
from app.web.pages import open_answer, public

open_ground = Blueprint("open_ground", __name__, url_prefix="/open")


@open_ground.get("/areas.json")
@public
def areas() -> Response:
    """Communities by name, for the public map's list."""
    with db.public_reading() as session:
        communities = open_communities(session)
    return open_answer(orjson.dumps({"communities": [one._asdict() for one in communities]}))
