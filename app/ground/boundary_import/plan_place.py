"""Whether a whole file lies somewhere else than everything that is stored."""

from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.ground.queries.import_words import severity_of

FAR_M = 50_000
FAR_SHARE = 0.95
# So many rows, spread over the file, tell as much as all of them.
SAMPLE_ROWS = 2000
HAS_GROUND = """
SELECT EXISTS (SELECT FROM area_version WHERE during @> CURRENT_DATE AND boundary IS NOT NULL)
  OR EXISTS (SELECT FROM building WHERE during @> CURRENT_DATE AND point IS NOT NULL)
"""
# A box of degrees that holds the circle; towards the poles a degree of longitude is shorter. Boxes are compared, so that
# the spatial indexes answer; being a little too generous is harmless at this distance.
FAR = """
WITH placed AS (
  SELECT row_no, ST_Centroid(ST_Envelope(shape)) AS middle, shape, row_number() OVER (ORDER BY row_no) AS nth,
    count(*) OVER () AS total
  FROM import_row WHERE import_id = :id AND shape IS NOT NULL
), sampled AS (
  SELECT middle, ST_Expand(ST_Envelope(shape), :far_m / 111000.0 / greatest(0.05, cos(radians(ST_Y(middle)))),
    :far_m / 111000.0) AS around
  FROM placed WHERE nth % greatest(1, total / :sample) = 0
), judged AS (
  SELECT middle, NOT EXISTS (SELECT FROM area_version v WHERE v.boundary && around AND v.during @> CURRENT_DATE)
    AND NOT EXISTS (SELECT FROM building b WHERE b.point && around AND b.during @> CURRENT_DATE) AS is_far
  FROM sampled
)
SELECT count(*) FILTER (WHERE is_far) AS far, count(*) AS rows, ST_AsEWKB(ST_Centroid(ST_Collect(middle)
  FILTER (WHERE is_far))) AS middle
FROM judged
"""
# By centre degrees the index finds the nearest; only those few are measured on the sphere.
NEAREST = """
SELECT min(ST_DistanceSphere(place, CAST(:middle AS geometry))) FROM (
  (SELECT boundary AS place FROM area_version WHERE during @> CURRENT_DATE AND boundary IS NOT NULL
   ORDER BY boundary <-> CAST(:middle AS geometry) LIMIT 3)
  UNION ALL
  (SELECT point FROM building WHERE during @> CURRENT_DATE AND point IS NOT NULL
   ORDER BY point <-> CAST(:middle AS geometry) LIMIT 3)
) AS near
"""
NOTE = """
INSERT INTO import_finding (import_id, code, severity, facts, place)
VALUES (:id, 'file_elsewhere', :severity, CAST(:facts AS jsonb), CAST(:middle AS geometry))
"""


def note_elsewhere(session: Session, import_id: int) -> float | None:
    """Note that the file as a whole is far from all stored ground.

    Parameters
    ----------
    session : Session
    import_id : int
        Its checked rows are in place, in EPSG:4326.

    Returns
    -------
    float or None
        Kilometres between the middle of the file and the nearest stored area or building; None when nothing was noted.
    """
    if not session.scalar(text(HAS_GROUND)):
        return None
    asked: dict[str, Any] = {"id": import_id, "far_m": FAR_M, "sample": SAMPLE_ROWS}
    far, rows, middle = session.execute(text(FAR), asked).one()
    if not rows or far < FAR_SHARE * rows:
        return None
    distance_m = session.scalar(text(NEAREST), {"middle": bytes(middle)})
    distance_km = round(float(distance_m) / 1000)
    session.execute(
        text(NOTE),
        {
            "id": import_id,
            "severity": severity_of("file_elsewhere"),
            "facts": orjson.dumps({"distance_km": distance_km}).decode(),
            "middle": bytes(middle),
        },
    )
    return distance_km
