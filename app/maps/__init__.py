"""The drawing toolkit: Folium maps from our own assets, as page parts or as one file.

It draws what it is given. It knows no table, no request and no person; text reaches the browser only as JSON.
"""

from app.maps.basemap import Basemap, basemap_from_setting
from app.maps.canvas import ColourChoice, MapOptions, new_map, page_parts
from app.maps.figure import LocalFigure, MapParts, UnsafeElement, UnvendoredAsset
from app.maps.layers import AreaOutlines, BeforeAfter, CandidateBoxes, FindingsLayer, TownTiles, ZoneOutlines
from app.maps.legend import Legend, LegendEntry
from app.maps.page import content_security_sources, import_map
from app.maps.palette import colour_zones
from app.maps.standalone import standalone_html
from app.maps.words import WORDS

__all__ = [
    "WORDS",
    "AreaOutlines",
    "Basemap",
    "BeforeAfter",
    "CandidateBoxes",
    "ColourChoice",
    "FindingsLayer",
    "Legend",
    "LegendEntry",
    "LocalFigure",
    "MapOptions",
    "MapParts",
    "TownTiles",
    "UnsafeElement",
    "UnvendoredAsset",
    "ZoneOutlines",
    "basemap_from_setting",
    "colour_zones",
    "content_security_sources",
    "import_map",
    "new_map",
    "page_parts",
    "standalone_html",
]
