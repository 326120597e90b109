"""What can be asked about imports: where they stand, what was found, what their rows would become."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import in_scope
from app.errors import N_, NotFound
from app.ground.queries.import_words import STAGES, STATE_WORDS, sentence_of
from app.ground.rules import STEP_STARTS

MAP_CAP = 2000
# A file that lies elsewhere explains what is wrong with its rows, so it is told before them.
SEVERITY_RANK = "CASE WHEN code = 'file_elsewhere' THEN 0 WHEN severity = 'refuse' THEN 1 WHEN severity = 'warn' THEN 2 ELSE 3 END"


def import_list(session: Session, limit: int = 50, before_id: int | None = None) -> list[dict[str, Any]]:
    """Imports, newest first."""
    rows = session.execute(
        text(
            f"""SELECT i.id, i.file_name, i.kind, i.state, i.size_bytes, i.created_at, i.published_at, i.undone_at,
                      a.login AS created_by_login,
                      jsonb_build_object('create', summary -> 'create', 'change', summary -> 'change',
                        'same', summary -> 'same', 'refused', summary -> 'refused') AS counts
               FROM ground_import i LEFT JOIN account a ON a.id = i.created_by
               WHERE (CAST(:before AS bigint) IS NULL OR i.id < :before) AND {in_scope("i.area_code")} ORDER BY i.id DESC LIMIT :limit"""
        ),
        {"limit": limit, "before": before_id},
    )
    return [dict(row._mapping) | {"state_words": STATE_WORDS[row.state]} for row in rows]


def import_detail(session: Session, import_id: int) -> dict[str, Any]:
    """One import with everything the wizard needs to show where it stands."""
    row = session.execute(
        text(
            f"""SELECT i.id, i.key, i.file_name, i.size_bytes, i.kind, i.state, i.stage, i.done, i.total,
                      i.inspection, i.options, i.summary, i.error, i.created_at, i.published_at, i.undone_at, i.version,
                      a.login AS created_by_login,
                      EXISTS (SELECT FROM import_file f WHERE f.import_id = i.id) AS has_file
               FROM ground_import i LEFT JOIN account a ON a.id = i.created_by
               WHERE i.id = :id AND {in_scope("i.area_code")}"""
        ),
        {"id": import_id},
    ).first()
    if row is None:
        raise _missing()
    found = dict(row._mapping)
    steps = {step: found["state"] in starts for step, starts in STEP_STARTS.items()}
    for step in ("inspect", "check"):
        steps[step] = steps[step] and found["has_file"]
    steps["check"] = steps["check"] and found["inspection"] is not None
    steps["settle"] = steps["settle"] and found["kind"] == "building"
    return found | _progress(found) | {"may": steps}


def import_progress(session: Session, import_id: int) -> dict[str, Any]:
    """How far a running step has come; cheap, for asking every second."""
    row = session.execute(
        text(
            "SELECT state, stage, done, total, error, version FROM ground_import"
            f" WHERE id = :id AND {in_scope('area_code')}"
        ),
        {"id": import_id},
    ).first()
    if row is None:
        raise _missing()
    found = dict(row._mapping)
    return found | _progress(found)


def _progress(found: dict[str, Any]) -> dict[str, Any]:
    percent = round(100 * found["done"] / found["total"]) if found["total"] else None
    return {
        "percent": percent,
        "stage_words": STAGES.get(found["stage"], STAGES[""]),
        "state_words": STATE_WORDS[found["state"]],
    }


def _missing() -> NotFound:
    return NotFound("import_missing", N_("没有这次导入。"))


def finding_counts(session: Session, import_id: int) -> list[dict[str, Any]]:
    """How often each thing was found, most serious first."""
    rows = session.execute(
        text(
            f"""SELECT code, severity, count(*) AS count FROM import_finding WHERE import_id = :id
                GROUP BY 1, 2 ORDER BY {SEVERITY_RANK}, 3 DESC, 1"""
        ),
        {"id": import_id},
    )
    return [dict(row._mapping) | {"sentence": sentence_of(row.code)} for row in rows]


def findings_page(
    session: Session,
    import_id: int,
    *,
    code: str | None = None,
    severity: str | None = None,
    after: str | None = None,
    limit: int = 100,
) -> dict[str, Any]:
    """A page of findings, most serious first; `after` is the cursor the page before gave."""
    rank, last_id = _cursor(after)
    bound = {
        "id": import_id,
        "code": code,
        "severity": severity,
        "rank": rank,
        "last_id": last_id,
        "limit": limit + 1,
    }
    chosen = (
        "import_id = :id AND (CAST(:code AS text) IS NULL OR code = :code)"
        " AND (CAST(:severity AS text) IS NULL OR severity = :severity)"
    )
    rows = session.execute(
        text(
            f"""SELECT f.id, f.row_no, f.code, f.severity, f.facts, COALESCE(r.name, f.facts ->> 'row_name') AS name,
                       ST_X(f.place) AS lon, ST_Y(f.place) AS lat, f.rank
                FROM (SELECT *, {SEVERITY_RANK} AS rank FROM import_finding WHERE {chosen}) f
                LEFT JOIN import_row r ON r.import_id = :id AND r.row_no = f.row_no
                WHERE (f.rank, f.id) > (:rank, :last_id) ORDER BY f.rank, f.id LIMIT :limit"""
        ),
        bound,
    ).all()
    total = session.scalar(text(f"SELECT count(*) FROM import_finding WHERE {chosen}"), bound)
    shown = [dict(row._mapping) | {"sentence": sentence_of(row.code)} for row in rows[:limit]]
    cursor = f"{shown[-1]['rank']}.{shown[-1]['id']}" if len(rows) > limit else None
    return {"findings": shown, "next": cursor, "total": total}


def all_findings(
    session: Session, import_id: int, codes: Sequence[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Every finding, or those of some kinds, most serious first."""
    rows = session.execute(
        text(
            f"""SELECT f.id, f.row_no, f.code, f.severity, f.facts, COALESCE(r.name, f.facts ->> 'row_name') AS name,
                       ST_X(f.place) AS lon, ST_Y(f.place) AS lat
                FROM (SELECT *, {SEVERITY_RANK} AS rank FROM import_finding
                      WHERE import_id = :id AND (CAST(:codes AS text[]) IS NULL OR code = ANY(:codes))) f
                LEFT JOIN import_row r ON r.import_id = :id AND r.row_no = f.row_no ORDER BY f.rank, f.id"""
        ),
        {"id": import_id, "codes": list(codes) if codes is not None else None},
    )
    return (dict(row._mapping) | {"sentence": sentence_of(row.code)} for row in rows)


def _cursor(after: str | None) -> tuple[int, int]:
    rank, _, last_id = (after or "").partition(".")
    return (int(rank), int(last_id)) if rank.isdecimal() and last_id.isdecimal() else (-1, 0)


def findings_geojson(session: Session, import_id: int, limit: int = MAP_CAP) -> dict[str, Any]:
    """Findings that have a place, most serious first, as points."""
    rows = session.execute(
        text(
            f"""SELECT f.id, f.code, f.severity, f.row_no, COALESCE(r.name, f.facts ->> 'row_name') AS name,
                       ST_X(f.place) AS lon, ST_Y(f.place) AS lat
                FROM (SELECT * FROM import_finding WHERE import_id = :id AND place IS NOT NULL
                      ORDER BY {SEVERITY_RANK}, id LIMIT :limit) f
                LEFT JOIN import_row r ON r.import_id = :id AND r.row_no = f.row_no"""
        ),
        {"id": import_id, "limit": limit + 1},
    ).all()
    features = [
        _feature(row.id, {"type": "Point", "coordinates": [row.lon, row.lat]},
                 {"code": row.code, "severity": row.severity, "row_no": row.row_no, "name": row.name})
        for row in rows[:limit]
    ]  # fmt: skip
    return {"type": "FeatureCollection", "features": features, "truncated": len(rows) > limit}


def repaired_row(session: Session, import_id: int, row_no: int) -> dict[str, Any]:
    """A row's outline before and after repair, as GeoJSON."""
    row = session.execute(
        text(
            """SELECT row_no, name, ST_AsGeoJSON(shape_before, 7) AS before, ST_AsGeoJSON(shape, 7) AS after
               FROM import_row WHERE import_id = :id AND row_no = :row_no"""
        ),
        {"id": import_id, "row_no": row_no},
    ).first()
    if row is None:
        raise NotFound("row_missing", N_("没有第 %(row)s 行，或检查结果已经按期删除。"), row=row_no)
    before, after = (orjson.loads(shape) if shape else None for shape in (row.before, row.after))
    return {"row_no": row.row_no, "name": row.name, "before": before, "after": after}


def rows_page(
    session: Session,
    import_id: int,
    *,
    verdict: str | None = None,
    query: str | None = None,
    after: int | None = None,
    limit: int = 100,
) -> dict[str, Any]:
    """A page of rows with what is to become of them; `query` looks in names, addresses and codes."""
    bound = {
        "id": import_id,
        "verdict": verdict,
        "query": query or None,
        "after": after or 0,
        "limit": limit + 1,
    }
    chosen = """r.import_id = :id AND (CAST(:verdict AS text) IS NULL OR r.verdict = :verdict)
      AND (CAST(:query AS text) IS NULL
           OR position(:query IN concat_ws(' ', r.name, r.address, r.code, r.source_key, r.target_code)) > 0)"""
    rows = session.execute(
        text(
            f"""SELECT r.row_no, r.code, r.source_key, r.name, r.address, r.kind, r.floors, r.units, r.households,
                       r.built_year, r.parent_code, r.parent_name, r.area_code, v.name AS area_name, r.target_code,
                       r.verdict, r.settled_code, ST_X(ST_Centroid(ST_Envelope(r.shape))) AS lon,
                       ST_Y(ST_Centroid(ST_Envelope(r.shape))) AS lat
                FROM import_row r
                LEFT JOIN area_version v ON v.area_code = r.area_code AND v.during @> CURRENT_DATE
                WHERE {chosen} AND r.row_no > :after ORDER BY r.row_no LIMIT :limit"""
        ),
        bound,
    ).all()
    total = session.scalar(text(f"SELECT count(*) FROM import_row r WHERE {chosen}"), bound)
    shown = [dict(row._mapping) for row in rows[:limit]]
    return {"rows": shown, "next": shown[-1]["row_no"] if len(rows) > limit else None, "total": total}


def unplaced_rows(session: Session, import_id: int, after: int = 0, limit: int = 200) -> dict[str, Any]:
    """Building rows that fall in no community or in several, with their place, to be settled one by one."""
    bound = {"id": import_id, "after": after, "limit": limit + 1}
    chosen = "f.import_id = :id AND f.code IN ('community_none', 'community_several')"
    rows = session.execute(
        text(
            f"""SELECT f.row_no, r.name, r.address, ST_X(f.place) AS lon, ST_Y(f.place) AS lat, f.code AS reason,
                       COALESCE((SELECT jsonb_agg(jsonb_build_object('code', v.area_code, 'name', v.name) ORDER BY v.area_code)
                                 FROM area_version v WHERE v.during @> CURRENT_DATE
                                 AND f.facts -> 'codes' ? v.area_code), '[]') AS candidates
                FROM import_finding f LEFT JOIN import_row r ON r.import_id = f.import_id AND r.row_no = f.row_no
                WHERE {chosen} AND f.row_no > :after ORDER BY f.row_no LIMIT :limit"""
        ),
        bound,
    ).all()
    total = session.scalar(text(f"SELECT count(*) FROM import_finding f WHERE {chosen}"), bound)
    shown = [dict(row._mapping) for row in rows[:limit]]
    return {"rows": shown, "next": shown[-1]["row_no"] if len(rows) > limit else None, "total": total}


def rows_geojson(
    session: Session, import_id: int, only: int | None = None, limit: int = MAP_CAP
) -> dict[str, Any]:
    """Outlines of rows for the map of the review: first those that somebody has to look at, or only one of them."""
    rows = session.execute(
        text(
            """SELECT row_no, verdict, name, target_code, ST_AsGeoJSON(shape, 6) AS shape FROM import_row r
               WHERE import_id = :id AND shape IS NOT NULL AND (CAST(:only AS integer) IS NULL OR row_no = :only)
               ORDER BY verdict <> 'refused', verdict <> 'change', NOT EXISTS (
                 SELECT FROM import_finding f WHERE f.import_id = :id AND f.row_no = r.row_no), row_no LIMIT :limit"""
        ),
        {"id": import_id, "only": only, "limit": limit + 1},
    ).all()
    features = [
        _feature(
            row.row_no,
            orjson.loads(row.shape),
            {"verdict": row.verdict, "name": row.name, "code": row.target_code},
        )
        for row in rows[:limit]
    ]
    return {"type": "FeatureCollection", "features": features, "truncated": len(rows) > limit}


def _feature(identity: int, geometry: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "id": identity, "geometry": geometry, "properties": properties}


def remembered_mapping(session: Session, kind: str, column_names: Iterable[str]) -> dict[str, str] | None:
    """What was chosen for the newest published file of this kind with the same columns."""
    found: dict[str, str] | None = session.scalar(
        text(
            f"""SELECT options -> 'columns' FROM ground_import
               WHERE kind = :kind AND published_at IS NOT NULL AND options -> 'column_names' = CAST(:names AS jsonb)
                 AND {in_scope("area_code")}
               ORDER BY published_at DESC LIMIT 1"""
        ),
        {"kind": kind, "names": orjson.dumps(sorted(column_names)).decode()},
    )
    return found
