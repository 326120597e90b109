"""The sample town: its files go in through the same steps as everybody's."""

from pathlib import Path

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import db
from app.cli.settings import connected
from app.config import CHECKOUT, Settings
from app.errors import N_, Unavailable
from app.geo.columns import FIELDS
from app.ground.boundary_import.whole import Wishes, bring_in
from app.zones.actions import load_zones

GEODATA = CHECKOUT / "geodata"
# Parents before children.
FILES = (
    ("district", "district.geojson"),
    ("street", "streets.geojson"),
    ("community", "communities.geojson"),
    ("building", "buildings.geojson"),
    ("road", "roads.geojson"),
    ("water", "water.geojson"),
)
GREEN = """
INSERT INTO green (name, green_kind, shape)
SELECT COALESCE(f -> 'properties' ->> 'name', ''), f -> 'properties' ->> 'green_kind', s.shape
FROM jsonb_array_elements(CAST(:features AS jsonb)) f,
  LATERAL (SELECT ST_Multi(ST_SetSRID(ST_GeomFromGeoJSON(f -> 'geometry'), 4326)) AS shape) s
WHERE NOT EXISTS (SELECT FROM green g WHERE g.shape_md5 = md5(ST_AsBinary(s.shape))::uuid)
"""


def load_sample(settings: Settings) -> None:
    """Bring the sample town in; what is there already stays as it is."""
    with connected(settings) as connected_settings:
        for kind, name in FILES:
            _bring(GEODATA / name, kind, connected_settings)
        with db.transaction() as session:
            load_green(session, GEODATA / "green.geojson")
            load_zones(session, GEODATA / "zones.json")


def _bring(path: Path, kind: str, settings: Settings) -> None:
    """One file; its columns bear the names of our fields, so that it need not be looked at first."""
    present = orjson.loads(path.read_bytes())["features"][0]["properties"]
    columns = {field: field for field in FIELDS[kind] if field in present}
    found = bring_in([path], Wishes(kind=kind, columns=columns), settings, is_known=True)
    if found.state != "published":
        error = found.error or {"sentence": "", "facts": {}}
        raise Unavailable(
            "sample_broken",
            N_("样例小镇的文件 %(name)s 没有导入：%(reason)s"),
            name=path.name,
            reason=error["sentence"] % error["facts"],
        )


def load_green(session: Session, path: Path) -> None:
    """Parks and slopes; they are only drawn, so they need no review."""
    features = orjson.loads(path.read_bytes())["features"]
    session.execute(text(GREEN), {"features": orjson.dumps(features).decode()})
