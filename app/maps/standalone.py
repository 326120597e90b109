"""A whole map as one file: it opens from a USB stick, calls nobody, and shows the same town."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from jinja2 import Environment
from markupsafe import Markup

from app.errors import N_, InvalidInput
from app.maps.bundle import bundled
from app.maps.canvas import MapOptions, new_map
from app.maps.figure import STATIC_ROOT, figure_of
from app.maps.layers import AreaOutlines, Bounds, GeoJson, LocalTown, ZoneOutlines
from app.maps.legend import Legend
from app.maps.words import WORDS

MOST_FEATURES: Final = 3000
_EMPTY: Final[GeoJson] = {"type": "FeatureCollection", "features": []}
_CONTROLS: Final = ("zoom", "zoom_all", "scale", "print", "legend", "north")

_PAGE = Environment(autoescape=True).from_string(
    """<!doctype html>
<html lang="{{ lang }}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{{ title }}</title>
<style>{{ style }}</style>
</head>
<body>
<header><h1>{{ title }}</h1></header>
<main>
<div id="wardmap-box">{{ body }}<section id="wardmap-detail" aria-live="polite" hidden></section></div>
</main>
{% if rows %}
<details id="wardmap-zones"><summary>{{ words.zone_list }}</summary>
<table><thead><tr><th scope="col">{{ words.code }}</th><th scope="col">{{ words.name }}</th>
<th scope="col">{{ words.building }}</th><th scope="col">{{ words.households }}</th></tr></thead>
<tbody>{% for row in rows %}
<tr><td>{{ row.number }}</td><td>{{ row.name }}</td><td>{{ row.buildings }}</td><td>{{ row.households }}</td></tr>
{%- endfor %}</tbody></table></details>
{% endif %}
{% if notes %}<footer>{% for note in notes %}<p>{{ note }}</p>{% endfor %}</footer>{% endif %}
{% for script in scripts %}<script>{{ script }}</script>
{% endfor %}</body>
</html>
"""
)


def standalone_html(
    title: str,
    collections: Mapping[str, GeoJson],
    zones: GeoJson | None,
    legend: Legend | None,
    notes: Sequence[str] = (),
    lang: str = "zh-CN",
    *,
    words: Mapping[str, str] = WORDS,
    bounds: Bounds | None = None,
    most_features: int = MOST_FEATURES,
) -> str:
    """The file's text.

    `collections` may hold "buildings" (ids are numbers; properties name, code, address, kind, floors, units,
    households and `g`, the legend's group), "roads", "water", "green" and "areas", all EPSG:4326 with the sample
    town's property names. `zones` are outlines as in the outlines contract. All texts are plain and already in
    the reader's language. InvalidInput "export_too_large" when there are more features than `most_features`.
    """
    _check_size(collections, most_features)
    shown_words = {**WORDS, **words}
    options = MapOptions(title=title, words=shown_words, legend=legend, controls=_CONTROLS)
    chart = new_map(bounds=bounds or _bounds_of(collections), options=options)
    LocalTown(
        buildings=collections.get("buildings", _EMPTY),
        roads=collections.get("roads", _EMPTY),
        water=collections.get("water", _EMPTY),
        green=collections.get("green", _EMPTY),
        groups=legend.entries if legend else (),
        group_title=_group_title(shown_words, zones, legend),
    ).add_to(chart)
    if "areas" in collections:
        AreaOutlines(level="community", features=collections["areas"], clickable=False).add_to(chart)
    if zones is not None:
        ZoneOutlines(features=zones).add_to(chart)
    code, body = figure_of(chart).rendered()
    leaflet, modules, style = _own_files()
    scripts = [leaflet, code, modules]
    return _PAGE.render(
        lang=lang,
        title=title,
        policy=_policy(scripts, style),
        style=Markup(style),  # noqa: S704
        body=Markup(body),  # noqa: S704
        rows=_zone_rows(zones),
        notes=notes,
        words=shown_words,
        scripts=[Markup(script) for script in scripts],  # noqa: S704
    )


def _group_title(words: Mapping[str, str], zones: GeoJson | None, legend: Legend | None) -> str:
    """What the colours tell: zones where the file has them, else what the legend is titled."""
    if zones is not None:
        return words["zone"]
    return legend.title if legend else ""


def _check_size(collections: Mapping[str, GeoJson], most_features: int) -> None:
    count = sum(len(collection["features"]) for collection in collections.values())
    if count > most_features:
        raise InvalidInput(
            "export_too_large",
            N_(
                "要导出的内容有 %(count)s 个要素，超过单个文件的上限 %(most)s 个。请缩小范围，例如只导出一个社区，再试一次。"
            ),
            count=count,
            most=most_features,
        )


@cache
def _own_files() -> tuple[str, str, str]:
    """Leaflet, our modules as one script, and all styles; read once, they are part of the program."""
    leaflet = (STATIC_ROOT / "vendor/leaflet/leaflet.js").read_text("utf-8")
    modules = bundled(STATIC_ROOT / "map", "standalone")
    sheets = ("vendor/leaflet/leaflet.css", "map/map.css", "map/standalone.css")
    style = "\n".join((STATIC_ROOT / sheet).read_text("utf-8") for sheet in sheets)
    for text in (leaflet, modules, style):
        if "</" in text and any(f"</{tag}" in text.lower() for tag in ("script", "style")):
            raise RuntimeError("a file of our own would close its element too early")
    return leaflet, modules, style


def _policy(scripts: Sequence[str], style: str) -> str:
    """Only the very texts in this file may run; nothing may be fetched."""
    allowed = " ".join(f"'{_digest(script)}'" for script in scripts)
    return f"default-src 'none'; script-src {allowed}; style-src '{_digest(style)}'; img-src data:; base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    # The browser hashes the element's text after turning every line end into \n; our files have no other.
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _zone_rows(zones: GeoJson | None) -> list[dict[str, Any]]:
    features = zones["features"] if zones else []
    rows = [
        {key: feature["properties"].get(key, "") for key in ("number", "name", "buildings", "households")}
        for feature in features
    ]
    return sorted(rows, key=lambda row: (not isinstance(row["number"], int), row["number"]))


def _bounds_of(collections: Mapping[str, GeoJson]) -> Bounds | None:
    """The box of what the map is about: the buildings, else everything."""
    chosen = [collections[name] for name in ("buildings",) if collections.get(name, _EMPTY)["features"]]
    west, south, east, north = 180.0, 90.0, -180.0, -90.0
    for collection in chosen or collections.values():
        for feature in collection["features"]:
            for lon, lat in _positions((feature["geometry"] or {}).get("coordinates", ())):
                west, east = min(west, lon), max(east, lon)
                south, north = min(south, lat), max(north, lat)
    return (west, south, east, north) if west <= east else None


def _positions(coordinates: Any) -> list[tuple[float, float]]:
    if len(coordinates) and isinstance(coordinates[0], int | float):
        return [(coordinates[0], coordinates[1])]
    return [position for part in coordinates for position in _positions(part)]
