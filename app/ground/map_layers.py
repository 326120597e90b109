"""How the ground looks: facts in, Folium map out."""

from collections.abc import Container, Mapping, Sequence
from itertools import pairwise
from typing import Literal

import folium

from app.errors import N_
from app.maps.basemap import Basemap, basemap_from_setting
from app.maps.canvas import ColourChoice, MapOptions, new_map
from app.maps.figure import StaticUrl
from app.maps.layers import AreaOutlines, Bounds, TownTiles
from app.maps.legend import Legend

KIND_NAMES = {
    "residential": N_("住宅"), "lane_house": N_("里弄老宅"), "tower": N_("高层住宅"), "commercial": N_("商业"),
    "office": N_("办公"), "school": N_("学校"), "hospital": N_("医院"), "market": N_("菜场"),
    "industrial": N_("厂房"), "public": N_("公共设施"), "utility": N_("市政设施"),
}  # fmt: skip
COLOURING_NAMES = {"kind": N_("按用途"), "floors": N_("按层数"), "households": N_("按户数")}
# Of buildings whose file did not say.
NO_KIND = N_("没有填写")
# From the widest to the finest: the finest is drawn last, and its outlines take the clicks.
LEVELS: tuple[Literal["district", "street", "community"], ...] = ("district", "street", "community")
LEVEL_NAMES = {"district": N_("区"), "street": N_("街道"), "community": N_("社区")}


def kind_name(kind: str | None) -> str:
    """The untranslated word for what a building is used as."""
    return KIND_NAMES.get(kind or "", NO_KIND)


def basemap_of(kind: str, tianditu_key: str, wmts_url: str, wmts_attribution: str) -> Basemap:
    """The base map that the settings name."""
    if kind == "tianditu":
        return basemap_from_setting(kind, key=tianditu_key)
    if kind == "wmts":
        return basemap_from_setting(kind, url=wmts_url, credit=wmts_attribution)
    return basemap_from_setting(kind)


def step_labels(steps: Sequence[int], unit: str) -> list[str]:
    """Words for classes that end at each step: “1–3 层”, “4–6 层”, …, “≥ 19 层”."""
    edges = [-1 if steps[0] == 0 else 0, *steps]
    labels = [
        f"{low + 1}–{high} {unit}" if low + 1 < high else f"{high} {unit}" for low, high in pairwise(edges)
    ]
    return [*labels, f"≥ {steps[-1] + 1} {unit}"]


def town_map(
    *,
    bounds: Bounds | None,
    basemap: Basemap,
    legend: Legend,
    colour_by: Sequence[tuple[str, str]],
    coloured_by: str,
    buildings_url: str,
    backdrop_url: str,
    areas_url: str,
    levels: Container[str],
    words: Mapping[str, str],
    title: str,
    static_url: StaticUrl,
) -> folium.Map:
    """The town: backdrop, buildings from tiles, outlines of the levels that there are; the finest takes clicks."""
    chart = new_map(
        name="town",
        bounds=bounds,
        zoom=15,
        basemap=basemap,
        options=MapOptions(
            title=title,
            words=words,
            legend=legend,
            colour_by=tuple(ColourChoice(key, label) for key, label in colour_by),
            coloured_by=coloured_by,
        ),
        static_url=static_url,
    )
    TownTiles(buildings_url=buildings_url, backdrop_url=backdrop_url, groups=legend.entries).add_to(chart)
    present = [level for level in LEVELS if level in levels]
    for level in present:
        outlines = AreaOutlines(
            level=level, url=areas_url.format(level=level), clickable=level == present[-1]
        )
        outlines.add_to(chart)
    return chart
