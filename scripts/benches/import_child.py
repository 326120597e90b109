"""One side of the import comparison, timed inside a process of its own: `import_child ours|bare URL HOME FILE`."""

import json
import sys
import time
from pathlib import Path

from sqlalchemy import create_engine, text

from app import db
from scripts.benches.databases import import_file


def ours(url: str, home: Path, path: Path) -> dict[str, int]:
    return import_file(url, home, path, "building")


def bare(url: str, home: Path, path: Path) -> dict[str, int]:
    """What a script of ten lines would do: read, write, count the valid ones."""
    import geopandas as gpd

    engine = create_engine(db.driver_url(url))
    frame = gpd.read_file(path)
    frame.to_postgis("bare", engine, if_exists="replace")
    with engine.connect() as connection:
        counted = "SELECT count(*), count(*) FILTER (WHERE ST_IsValid(geometry)) FROM bare"
        rows, valid = connection.execute(text(counted)).one()
    engine.dispose()
    return {"rows": rows, "valid": valid}


def main() -> None:
    # Libraries are loaded before the clock starts, on both sides alike.
    import geopandas  # noqa: F401
    import pyogrio  # noqa: F401

    side, url, home, path = sys.argv[1:]
    began = time.perf_counter()
    counts = (ours if side == "ours" else bare)(url, Path(home), Path(path))
    print(json.dumps({"seconds": time.perf_counter() - began, **counts}))


if __name__ == "__main__":
    main()
