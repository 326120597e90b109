"""Folium's figure without outside hosts: every link becomes our own copy, every script carries the page's nonce.

The nonce is written by the templates in this file only, on tags that they own. Nothing searches the page for
tags, so a tag that sneaked in through a text would stay without a nonce and the browser would not run it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink, Link
from folium.features import DivIcon, GeoJsonPopup, GeoJsonTooltip
from folium.template import Template
from markupsafe import Markup

from app.maps.safe_json import safe_json

StaticUrl = Callable[[str], str]
STATIC_ROOT: Final = Path(__file__).parents[1] / "web" / "static"

# The name our modules import -> the library's ES module.
LIBRARY_MODULES: Final = {
    "pbf": "vendor/pbf/index.js",
    "@mapbox/vector-tile": "vendor/vector-tile/index.js",
    "@mapbox/point-geometry": "vendor/point-geometry/index.js",
}

# The name by which a page's own scripts import the map.
OUR_MODULE: Final = ("wardmap", "map/index.js")

# Folium's name of a link -> our copy under static/; None: the page does not need it.
ASSETS: Final[dict[str, str | None]] = {
    "leaflet": "vendor/leaflet/leaflet.js",
    "leaflet_css": "vendor/leaflet/leaflet.css",
    "wardmap_css": "map/map.css",
    "jquery": None,
    "bootstrap": None,
    "bootstrap_css": None,
    "glyphicons_css": None,
    "awesome_markers": None,
    "awesome_markers_font_css": None,
    "awesome_markers_css": None,
    "awesome_rotate_css": None,
}

# Each of these writes text into HTML or into a script literal (F6); our modules build such things from JSON.
_TEXT_SINKS: Final = (folium.Popup, folium.Tooltip, GeoJsonPopup, GeoJsonTooltip, DivIcon, folium.Icon)


class UnvendoredAsset(RuntimeError):
    """A Folium element asks for a file that we keep no copy of."""

    def __init__(self, name: str, url: str) -> None:
        super().__init__(f"no own copy of the asset {name!r} ({url}); add it to app/web/assets.py and ASSETS")
        self.name = name
        self.url = url


class UnsafeElement(RuntimeError):
    """A Folium element that would write text as HTML or as script."""

    def __init__(self, element: Element) -> None:
        super().__init__(f"{type(element).__name__} writes text as HTML; send it as JSON to our own module")


@dataclass(frozen=True, slots=True)
class MapParts:
    """What a page puts in its head, where the map goes, and at the end of its body."""

    head: Markup
    body: Markup
    script: Markup


def plain_static_url(path: str) -> str:
    """Where a static file is when the page has no fingerprinting of its own."""
    return f"/static/{path}"


@cache
def page_modules() -> tuple[str, ...]:
    """Every module a map page loads; asked for at once instead of one import level after the other."""
    only_standalone = {"standalone", "local"}
    own = [
        path.name for path in sorted((STATIC_ROOT / "map").glob("*.js")) if path.stem not in only_standalone
    ]
    return (*(f"map/{name}" for name in own), *LIBRARY_MODULES.values())


class LocalFigure(Figure):
    """A figure that renders to three parts for our own page, from our own assets."""

    # The import map stands before every module: a browser refuses one that comes later.
    _links = Template(
        '<script type="importmap" nonce="{{ nonce|e }}">{{ names }}</script>\n'
        "{% for url in stylesheets %}"
        '<link rel="stylesheet" href="{{ url|e }}">\n'
        "{% endfor %}"
        "{% for url in modules %}"
        '<link rel="modulepreload" href="{{ url|e }}">\n'
        "{% endfor %}"
    )
    _scripts = Template(
        "{% for url in sources %}"
        '<script nonce="{{ nonce|e }}" src="{{ url|e }}"></script>\n'
        "{% endfor %}"
        '<script nonce="{{ nonce|e }}">\n{{ code }}\n</script>\n'
        "{% for url in modules %}"
        '<script type="module" nonce="{{ nonce|e }}" src="{{ url|e }}"></script>\n'
        "{% endfor %}"
    )

    def __init__(self, static_url: StaticUrl = plain_static_url) -> None:
        super().__init__()
        self._static_url = static_url

    def parts(self, nonce: str) -> MapParts:
        """Render once; `nonce` is the one in this answer's Content-Security-Policy."""
        code, body = self.rendered()
        stylesheets = [self._static_url(path) for path in self._own_copies(CssLink)]
        sources = [self._static_url(path) for path in self._own_copies(JavascriptLink)]
        modules = [self._static_url(OUR_MODULE[1])]
        preloaded = [self._static_url(path) for path in page_modules()]
        names = {name: self._static_url(path) for name, path in (*LIBRARY_MODULES.items(), OUR_MODULE)}
        head = self._links.render(
            nonce=nonce, names=safe_json({"imports": names}), stylesheets=stylesheets, modules=preloaded
        )
        script = self._scripts.render(nonce=nonce, sources=sources, code=code, modules=modules)
        return MapParts(
            head=Markup(head),  # noqa: S704
            body=Markup(body),  # noqa: S704
            script=Markup(script),  # noqa: S704
        )

    def rendered(self) -> tuple[str, str]:
        """The script that builds the map, and the HTML of its containers and JSON blocks."""
        for element in _descendants(self):
            if isinstance(element, _TEXT_SINKS):
                raise UnsafeElement(element)
        for child in list(self._children.values()):
            child.render()
        return self.script.render(), self.html.render()

    def _own_copies(self, kind: type[Link]) -> Iterator[str]:
        for name, link in self.header._children.items():
            if not isinstance(link, Link):
                continue  # Folium's inline head parts; our map element has none
            if name not in ASSETS:
                raise UnvendoredAsset(name, link.url)
            path = ASSETS[name]
            if path is not None and isinstance(link, kind):
                yield path


def _descendants(element: Element) -> Iterator[Element]:
    for child in element._children.values():
        yield child
        yield from _descendants(child)
    # Folium keeps a marker's icon and a layer's popup as plain attributes until it renders.
    for value in vars(element).values():
        if isinstance(value, _TEXT_SINKS):
            yield value


class JsonBlock(Element):
    """A JSON block beside the map's container; the only way our layers hand text to the browser."""

    _template = Template(
        '<script type="application/json" id="{{ this.block_id }}">{{ this.text }}</script>\n'
    )

    def __init__(self, block_id: str, text: str) -> None:
        super().__init__()
        self.block_id = block_id
        self.text = text


def figure_of(element: Element) -> "LocalFigure":
    """The figure an element hangs in; it must be ours."""
    figure = element.get_root()
    if not isinstance(figure, LocalFigure):
        raise TypeError("the map is not in a LocalFigure; make it with new_map()")
    return figure
