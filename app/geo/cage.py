"""What the child process does to itself before it looks at a user's file."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from app.geo.limits import Limits

# Every vector driver GDAL 3.12 registers. All but the wanted one are left out when GDAL starts.
DRIVERS = [
    "ADBC",
    "AIVector",
    "AVCBin",
    "AVCE00",
    "AmigoCloud",
    "CSV",
    "CSW",
    "Carto",
    "DGN",
    "DXF",
    "EDIGEO",
    "EEDA",
    "ESRI Shapefile",
    "ESRIJSON",
    "Elasticsearch",
    "FlatGeobuf",
    "GDALG",
    "GML",
    "GPKG",
    "GPSBabel",
    "GPX",
    "GTFS",
    "GeoJSON",
    "GeoJSONSeq",
    "GeoRSS",
    "HTTP",
    "Idrisi",
    "JML",
    "JSONFG",
    "KML",
    "LIBKML",
    "LVBAG",
    "MBTiles",
    "MEM",
    "MVT",
    "MapInfo File",
    "MapML",
    "MiraMonVector",
    "NGW",
    "OAPIF",
    "ODS",
    "OGCAPI",
    "OGR_GMT",
    "OGR_PDS",
    "OGR_VRT",
    "OSM",
    "OpenFileGDB",
    "PCIDSK",
    "PDF",
    "PDS4",
    "PGDUMP",
    "PLSCENES",
    "PMTiles",
    "S57",
    "SQLite",
    "SXF",
    "Selafin",
    "TopoJSON",
    "VDV",
    "VFK",
    "VICAR",
    "WAsP",
    "WFS",
    "XLSX",
]
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
OPEN_FILES = 128

# Tags the OSM driver hands out as columns, for every kind of object.
OSM_KEYS = (
    "name,name:zh,ref,boundary,admin_level,building,building:levels,building:flats,addr:street,addr:place,"
    "addr:housenumber,addr:housename,start_date,amenity,shop,office,landuse,natural,water,waterway,highway,railway,man_made,embankment"
)
OSM_SETTINGS = """
closed_ways_are_polygons=aeroway,amenity,boundary,building,craft,geological,historic,landuse,leisure,military,natural,office,place,shop,sport,tourism,highway=platform,public_transport=platform
attribute_name_laundering=no
report_all_nodes=no
report_all_ways=no
"""
OSM_SECTION = """
[{layer}]
osm_id=yes
osm_version=no
osm_timestamp=no
osm_uid=no
osm_user=no
osm_changeset=no
attributes={keys}
unsignificant={bare}
other_tags=no
"""
OSM_LAYERS = ("points", "lines", "multipolygons", "multilinestrings", "other_relations")


def limit_process(limits: Limits) -> None:
    """Set kernel limits and die with the parent; the limits are inherited by the repair worker."""
    for kind, ceiling in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, int(limits.cpu_s)),
        (resource.RLIMIT_FSIZE, limits.max_unpacked_bytes),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        allowed = ceiling if hard == resource.RLIM_INFINITY else min(ceiling, hard)
        resource.setrlimit(kind, (allowed, allowed))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        # A namespace of its own has no network at all. Kernels may forbid it; the missing drivers are the main lock.
        if libc.unshare(CLONE_NEWNET) != 0:
            libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)


def allow_driver(driver: str | None, folder: Path, before_restart: Callable[[], None] = lambda: None) -> None:
    """Start GDAL with one driver and nothing else.

    Must run before anything imports pyogrio. When a newer GDAL brings drivers this list does not know, the process starts
    itself again with their names added, after ``before_restart``; if that does not help, it refuses to go on.
    """
    if "pyogrio" in sys.modules:
        raise RuntimeError("GDAL is already loaded")
    known = os.environ.get("WARDMAP_MORE_DRIVERS", "")
    skipped = [name for name in dict.fromkeys([*DRIVERS, *filter(None, known.split(","))]) if name != driver]
    os.environ.update(
        {
            "OGR_SKIP": ",".join(skipped),
            "GDAL_DRIVER_PATH": "disable",
            "CPL_TMPDIR": str(folder),
            "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
            "GDAL_HTTP_PROXY": "127.0.0.1:9",
            "GDAL_HTTP_CONNECTTIMEOUT": "1",
            "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR" if driver != "ESRI Shapefile" else "FALSE",
            "OGR_GEOJSON_MAX_OBJ_SIZE": "64",
            "OGR_GEOJSON_ARRAY_AS_STRING": "YES",
            "OGR_GEOMETRY_ACCEPT_UNCLOSED_RING": "YES",
            "OGR_SQLITE_LOAD_EXTENSIONS": "",
            "OGR_SQLITE_PRAGMA": "trusted_schema=0",
            "SHAPE_RESTORE_SHX": "YES",
            "SHAPE_ENCODING": "ISO-8859-1",
            "OSM_MAX_TMPFILE_SIZE": "300",
            "PROJ_NETWORK": "OFF",
        }
    )
    if driver is None:
        return
    import pyogrio

    unwanted = set(pyogrio.list_drivers()) - {driver}
    if not unwanted:
        return
    if known:
        raise RuntimeError(f"GDAL keeps drivers that were not asked for: {sorted(unwanted)}")
    os.environ["WARDMAP_MORE_DRIVERS"] = ",".join(sorted(unwanted))
    before_restart()
    os.execv(sys.executable, [sys.executable, "-P", *sys.argv])  # noqa: S606


def configure_osm(folder: Path) -> None:
    """Write the OSM driver's tag list into a folder and point the driver at it."""
    path = folder / "osmconf.ini"
    sections = [
        OSM_SECTION.format(layer=layer, keys=OSM_KEYS, bare="created_by,source,note") for layer in OSM_LAYERS
    ]
    path.write_text(OSM_SETTINGS + "".join(sections), encoding="ascii")
    os.environ["OSM_CONFIG_FILE"] = str(path)
