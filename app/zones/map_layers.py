"""How zones look: facts in, colours, legend and Folium map out."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import folium

from app.maps.basemap import Basemap
from app.maps.canvas import MapOptions, new_map
from app.maps.figure import StaticUrl
from app.maps.layers import AreaOutlines, Bounds, TownTiles, ZoneOutlines
from app.maps.legend import Legend, LegendEntry
from app.maps.palette import ZONE_COLOURS, Swatch, colour_zones, zone_swatch
from app.zones.rules import UNASSIGNED_GROUP

COLOURS = len(ZONE_COLOURS)
# Grey and hatched: nobody's yet. Differs from every zone in hue and from other communities in weight.
UNASSIGNED = Swatch("#d4d6d7", "#666e73", "slash")


def shown_colours(stored: Sequence[int], adjacency: Sequence[Collection[int]]) -> list[int]:
    """A colour index for each zone: the stored one, unless a neighbour before it has the same.

    Zones keep their colour while people draw; only a zone that clashes is given another, one that its
    neighbours do not have. When that is not enough, all are coloured anew.
    """
    shown = [colour % COLOURS for colour in stored]
    for zone, others in enumerate(adjacency):
        taken = {shown[other] for other in others}
        if shown[zone] in {shown[other] for other in others if other < zone}:
            free = [colour for colour in range(COLOURS) if colour not in taken]
            if not free:
                return colour_zones(adjacency)
            shown[zone] = min(free, key=lambda colour: (shown.count(colour), colour))
    return shown


def zones_legend(
    title: str, zones: Sequence[tuple[int, str, int]], unassigned: str, elsewhere: str = ""
) -> Legend:
    """A legend of zones given as (number, label, colour index), then what is in no zone, then other communities if shown."""
    entries = [
        LegendEntry(number, label, zone_swatch(colour), mark=str(number)) for number, label, colour in zones
    ]
    entries.append(LegendEntry(UNASSIGNED_GROUP, unassigned, UNASSIGNED))
    return Legend(title, tuple(entries), elsewhere)


def plan_map(
    *,
    name: str,
    bounds: Bounds | None,
    basemap: Basemap,
    legend: Legend,
    area_code: str,
    buildings_url: str,
    backdrop_url: str,
    areas_url: str,
    outlines_url: str,
    words: Mapping[str, str],
    title: str,
    controls: Collection[str],
    static_url: StaticUrl,
) -> folium.Map:
    """One community's plan: its buildings by zone, zone outlines under them, everything else behind a veil."""
    options = MapOptions(title=title, words=words, legend=legend, controls=controls)
    chart = new_map(
        name=name, bounds=bounds, zoom=16, basemap=basemap, options=options, static_url=static_url
    )
    TownTiles(buildings_url=buildings_url, backdrop_url=backdrop_url, groups=legend.entries).add_to(chart)
    AreaOutlines(level="community", url=areas_url, clickable=False, focus=area_code).add_to(chart)
    ZoneOutlines(url=outlines_url).add_to(chart)
    return chart


def outline_features(outlines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Outlines as a FeatureCollection; each has id, geometry, and what becomes its properties."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": one["id"],
                "geometry": one["geometry"],
                "properties": {key: one[key] for key in one if key not in ("id", "geometry")},
            }
            for one in outlines
        ],
    }
