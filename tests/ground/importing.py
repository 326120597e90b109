"""Small files to import, and the way they go in."""

import io
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import db
from app.config import Settings
from app.ground import boundary_import
from app.ground.boundary_import.whole import Wishes, bring_in
from app.ground.models import GroundImport

Row = tuple[BaseGeometry | None, dict[str, Any]]


def write_geojson(path: Path, rows: Sequence[Row]) -> Path:
    """A GeoJSON file of these shapes and properties."""
    features = [
        {
            "type": "Feature",
            "properties": properties,
            "geometry": mapping(shape) if shape is not None else None,
        }
        for shape, properties in rows
    ]
    path.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": features}))
    return path


def bring(folder: Path, settings: Settings, kind: str, rows: Sequence[Row], **wishes: Any) -> GroundImport:
    """Import shapes through the whole engine."""
    path = write_geojson(folder / f"{kind}-{uuid.uuid4().hex[:6]}.geojson", rows)
    dry_run = wishes.pop("dry_run", False)
    return bring_in([path], Wishes(kind=kind, **wishes), settings, dry_run=dry_run)


def checked(folder: Path, settings: Settings, kind: str, rows: Sequence[Row], **options: Any) -> int:
    """An import that was checked and waits to be accepted."""
    path = write_geojson(folder / f"{kind}-{uuid.uuid4().hex[:6]}.geojson", rows)
    columns = {name: name for _, properties in rows for name in properties}
    with db.transaction() as session:
        import_id = boundary_import.receive(
            session, [(path.name, io.BytesIO(path.read_bytes()))], key=uuid.uuid4(), max_bytes=10**8
        )
        boundary_import.begin_check(session, import_id, {"kind": kind, "columns": columns, **options})
    assert boundary_import.run_check(import_id, settings) == "checked", found(import_id).error
    return import_id


def found(import_id: int) -> GroundImport:
    """The import as it stands."""
    with db.reading() as session:
        one = session.get_one(GroundImport, import_id)
        session.expunge(one)
        return one


def accept(import_id: int, settings: Settings) -> str:
    """Accept a checked import and carry it out."""
    with db.transaction() as session:
        boundary_import.begin_publish(session, import_id)
    return boundary_import.run_publish(import_id, settings)


def counts(one: GroundImport) -> tuple[int, int, int, int]:
    """create, change, same, refused"""
    summary = one.summary or {}
    return (summary["create"], summary["change"], summary["same"], summary["refused"])


def codes_of(session: Session, import_id: int) -> set[str]:
    """Code words of everything that was found."""
    return set(
        session.scalars(
            text("SELECT DISTINCT code FROM import_finding WHERE import_id = :id"), {"id": import_id}
        )
    )
