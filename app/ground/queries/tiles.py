"""Vector tiles, cut by PostGIS from the stored 3857 columns and their GiST indexes."""

from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import psycopg

from app.db import in_scope, scoped_row
from app.errors import N_, InvalidInput
from app.ground.models import places

EXTENT = 4096
# Drawn outside the tile so that strokes and labels meet at the seams.
BUFFER = 48
FLOOR_STEPS = (3, 6, 9, 18)
# Nobody lives in a shop: none is a class of its own.
HOUSEHOLD_STEPS = (0, 10, 30, 60, 120)
COLOURINGS = ("kind", "floors", "households")
BUILDINGS_FROM_ZOOM = 14
BACKDROP_FROM_ZOOM = 7
DEEPEST_ZOOM = 20


class TileAddress(NamedTuple):
    z: int
    x: int
    y: int

    def checked(self, from_zoom: int) -> "TileAddress":
        # The zoom first: shifting by whatever was sent would fill the memory.
        scheme = from_zoom <= self.z <= DEEPEST_ZOOM
        if not scheme or not (0 <= self.x < 1 << self.z and 0 <= self.y < 1 << self.z):
            raise InvalidInput("tile_unknown", N_("没有这块瓦片。"))
        return self


def _steps(column: str, steps: tuple[int, ...]) -> str:
    return f"width_bucket({column}, ARRAY[{', '.join(str(step + 1) for step in steps)}]) + 1"


# Group number of a building by attribute, as SQL over `b`.
GROUPS = {
    "kind": f"array_position(ARRAY{list(places.BUILDING_KINDS)!r}, b.kind::text)",
    "floors": _steps("b.floors", FLOOR_STEPS),
    "households": _steps("b.households", HOUSEHOLD_STEPS),
}


def building_tile(asking: psycopg.Connection[Any], tile: TileAddress, by: str, on: date) -> bytes:
    """Buildings of a tile, grouped by an attribute."""
    return cut_building_tile(asking, tile, GROUPS[by], "", {"on": on})


def cut_building_tile(
    asking: psycopg.Connection[Any], tile: TileAddress, group: str, join: str, bound: dict[str, object]
) -> bytes:
    """Buildings of a tile with a group number given by an SQL expression over `b` and what is joined, in one round trip.

    `group` and `join` are written by rooms, never made from what a browser sends; values go into `bound`.
    """
    statement = _building_statement(group, join, tile.z >= 16)
    return _cut(asking, statement, {**tile._asdict(), **bound})


def _cut(asking: psycopg.Connection[Any], statement: str, bound: dict[str, object]) -> bytes:
    row = scoped_row(asking, statement, bound, binary=True)
    return bytes(row[0]) if row and row[0] else b""


@lru_cache(maxsize=64)
def _building_statement(group: str, join: str, with_names: bool) -> str:
    """Put together once, not for every tile."""
    named = ", nullif(b.name, '') AS n" if with_names else ""
    return f"""
        WITH frame AS MATERIALIZED (
          SELECT e AS tile, ST_Expand(e, (ST_XMax(e) - ST_XMin(e)) * {BUFFER / EXTENT}) AS reach
          FROM ST_TileEnvelope(%(z)s::int, %(x)s::int, %(y)s::int) AS e
        )
        SELECT ST_AsMVT(cut, 'building', {EXTENT}, 'shape', 'id') FROM (
          SELECT b.id, {group} AS g{named},
                 ST_AsMVTGeom(b.shape_3857, frame.tile, {EXTENT}, {BUFFER}, true) AS shape
          FROM frame JOIN building b ON b.shape_3857 && frame.reach {join}
          WHERE b.during @> %(on)s::date AND {in_scope("b.area_code")}
        ) AS cut WHERE shape IS NOT NULL"""


# Far out only what is seen from far: big water, main roads; very far only the largest of it.
_FAR, _VERY_FAR = 13, 10
_BACKDROP = {
    "water": ("water_kind", "s.water_kind IN ('river', 'lake')", "s.water_kind IN ('river', 'lake')"),
    "green": ("green_kind", "false", "false"),
    "road": (
        "road_class",
        "s.road_class IN ('arterial', 'secondary', 'railway')",
        "s.road_class IN ('arterial', 'railway')",
    ),
}


def backdrop_tile(asking: psycopg.Connection[Any], tile: TileAddress) -> bytes:
    """Water, green ground and roads of a tile: three layers in one answer."""
    layers = []
    for theme, (kind, from_far, from_very_far) in _BACKDROP.items():
        chosen = from_very_far if tile.z < _VERY_FAR else from_far if tile.z < _FAR else "true"
        layers.append(
            f"""(SELECT ST_AsMVT(cut, '{theme}', {EXTENT}, 'shape') FROM (
                  SELECT s.{kind} AS k, nullif(s.name, '') AS n,
                         ST_AsMVTGeom(s.shape_3857, frame.tile, {EXTENT}, 256, true) AS shape
                  FROM {theme} s WHERE s.shape_3857 && frame.reach AND {chosen}
                ) AS cut WHERE shape IS NOT NULL)"""
        )
    statement = f"""
        WITH frame AS MATERIALIZED (
          SELECT e AS tile, ST_Expand(e, (ST_XMax(e) - ST_XMin(e)) / 16) AS reach
          FROM ST_TileEnvelope(%(z)s::int, %(x)s::int, %(y)s::int) AS e
        ) SELECT {" || ".join(layers)} FROM frame"""
    return _cut(asking, statement, {**tile._asdict()})
