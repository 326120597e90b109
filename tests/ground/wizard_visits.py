"""Small files, and a planner who takes them through the wizard over HTTP."""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import geopandas
import orjson
from shapely.geometry import Polygon, mapping

from app.config import Settings
from app.ground import boundary_import
from tests.builders import cell, footprint_in
from tests.conftest import Visitor

JSON = {"Accept": "application/json"}


def houses(count: int = 3, **facts: Any) -> list[tuple[Polygon | None, dict[str, Any]]]:
    return [
        (footprint_in(cell(0), n), {"name": f"{n}幢", "address": f"测试路{n}号", "households": 24, **facts})
        for n in range(count)
    ]


def geojson(rows: list[tuple[Any, dict[str, Any]]]) -> bytes:
    features = [
        {"type": "Feature", "properties": facts, "geometry": mapping(shape) if shape is not None else None}
        for shape, facts in rows
    ]
    return orjson.dumps({"type": "FeatureCollection", "features": features})


def send(visitor: Visitor, *files: tuple[str, bytes], key: str = "") -> Any:
    parts = [(io.BytesIO(content), name) for name, content in files]
    form = {"key": key or str(uuid4()), "files": parts}
    return visitor.post("/imports", data=form, headers=JSON, content_type="multipart/form-data")


def uploaded(visitor: Visitor, name: str, content: bytes) -> int:
    answer = send(visitor, (name, content))
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return int(answer.json["id"])


def inspected(visitor: Visitor, settings: Settings, name: str, content: bytes) -> int:
    import_id = uploaded(visitor, name, content)
    boundary_import.run_inspect(import_id, settings)
    return import_id


def choice(**form: str) -> dict[str, str]:
    return {
        "kind": "building",
        "datum": "wgs84",
        "map_name": "name",
        "map_address": "address",
        "map_households": "households",
        **form,
    }


def ask_check(visitor: Visitor, import_id: int, **form: str) -> Any:
    return visitor.post(f"/imports/{import_id}/check", data=choice(**form), headers=JSON)


def checked(visitor: Visitor, settings: Settings, rows: list[tuple[Any, dict[str, Any]]], **form: str) -> int:
    import_id = inspected(visitor, settings, "楼栋.geojson", geojson(rows))
    answer = ask_check(visitor, import_id, **form)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert boundary_import.run_check(import_id, settings) == "checked"
    return import_id


def page_of(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def loose_shapefile(rows: list[tuple[Any, dict[str, Any]]]) -> bytes:
    """A zipped shapefile without its .prj."""
    body = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(body, "w") as packed:
        frame = geopandas.GeoDataFrame([facts for _, facts in rows], geometry=[shape for shape, _ in rows])
        frame.to_file(Path(folder) / "layer.shp", encoding="gb18030")
        for path in Path(folder).iterdir():
            if path.suffix in (".shp", ".shx", ".dbf"):
                packed.write(path, path.name)
    return body.getvalue()
