"""Which tables of a GeoPackage hold features, asked of the file itself before GDAL opens it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

from app.errors import N_
from app.geo.findings import refusal
from app.geo.reasons import plain_reason

# A view could be a query without an end; only tables are read, and only tables may list them.
OBJECTS = (
    "SELECT lower(name), type FROM sqlite_master WHERE sql IS NOT NULL AND sql NOT LIKE 'CREATE VIRTUAL%'"
)
FEATURES = "SELECT table_name FROM gpkg_contents WHERE data_type = 'features'"
MOST_LAYERS = 500


def feature_tables(path: Path, title: str) -> list[str]:
    """Names of the real tables that the list of contents calls features, in its order.

    Parameters
    ----------
    path : Path
        An SQLite file; it is not written to.
    title : str
        What its owner called it.

    Raises
    ------
    InvalidInput
        ``file_unreadable`` when it is damaged, or when there is no such table.
    """
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            kinds = dict(connection.execute(OBJECTS).fetchall())
            if any(name.startswith("gpkg_") and kind == "view" for name, kind in kinds.items()):
                raise refusal("file_unreadable", name=title, reason=N_("内部的目录不是数据表"))
            listed = [str(name) for (name,) in connection.execute(FEATURES).fetchmany(MOST_LAYERS)]
        finally:
            connection.close()
    except (sqlite3.Error, ValueError) as error:
        raise refusal("file_unreadable", name=title, reason=plain_reason(error)) from error
    tables = [name for name in listed if kinds.get(name.lower()) == "table"]
    if not tables:
        raise refusal("file_unreadable", name=title, reason=N_("里面没有要素表；视图请先导出成图层"))
    return tables
