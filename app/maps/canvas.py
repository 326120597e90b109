"""An empty map in our own figure, ready for layers, and its way into a page."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import folium
from folium.template import Template

from app.maps.basemap import NO_BASEMAP, Basemap
from app.maps.figure import JsonBlock, LocalFigure, MapParts, StaticUrl, figure_of, plain_static_url
from app.maps.layers import Bounds, PictureTiles
from app.maps.legend import Legend
from app.maps.palette import zone_swatches
from app.maps.safe_json import safe_json
from app.maps.words import WORDS

MIN_ZOOM: Final = 2
MAX_ZOOM: Final = 20
CONTROLS: Final = frozenset(
    {"zoom", "zoom_all", "scale", "locate", "full_screen", "print", "legend", "north"}
)


@dataclass(frozen=True, slots=True)
class ColourChoice:
    """One entry of the “colour by” select: a key for the tile address and its label."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class MapOptions:
    """What the map shows around its layers. All texts are plain text, already in the reader's language."""

    title: str = ""
    words: Mapping[str, str] = field(default_factory=lambda: WORDS)
    legend: Legend | None = None
    colour_by: tuple[ColourChoice, ...] = ()
    coloured_by: str = ""
    controls: Collection[str] = CONTROLS
    credit: str = ""


class WardMapElement(folium.Map):
    """Folium's map with templates of our own: no inline style, no viewport tag, no outside link."""

    # Tuples: Folium's add_js_link would change a list for every map of the process.
    default_js = (("leaflet", "leaflet"),)  # type: ignore[assignment]
    default_css = (("leaflet_css", "leaflet"), ("wardmap_css", "wardmap"))  # type: ignore[assignment]

    _template = Template(
        """
        {% macro html(this, kwargs) %}
            <div class="wardmap" id="{{ this.get_name() }}"></div>
        {% endmacro %}

        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.map("{{ this.get_name() }}", {{ this.options|tojavascript }});
            {%- if this.bounds %}
            {{ this.get_name() }}.fitBounds({{ this.bounds|tojavascript }}, {padding: [24, 24], maxZoom: 18});
            {%- else %}
            {{ this.get_name() }}.setView({{ this.location|tojavascript }}, {{ this.start_zoom|tojavascript }});
            {%- endif %}
            (window.wardmapQueue = window.wardmapQueue || []).push({
                type: "map", map: {{ this.get_name() }}, block: "{{ this.get_name() }}_json"
            });
        {% endmacro %}
        """
    )

    def __init__(
        self, *, facts: dict[str, Any], bounds: Bounds | None, centre: tuple[float, float], zoom: int
    ) -> None:
        super().__init__(
            location=(centre[1], centre[0]),
            tiles=None,
            zoom_control=False,
            prefer_canvas=True,
            fade_animation=False,
            attribution_control=False,
            bounce_at_zoom_limits=False,
            world_copy_jump=False,
        )
        # Folium keeps these for its own tiles. Without them Leaflet takes the limits of our tile layers, so that
        # nothing wider than a district can be seen, and a single point is zoomed to infinity.
        self.options.update(min_zoom=MIN_ZOOM, max_zoom=MAX_ZOOM)
        self._name = "Map"
        self.facts = facts
        self.bounds = [[bounds[1], bounds[0]], [bounds[3], bounds[2]]] if bounds else None
        self.start_zoom = zoom

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Leave the JSON block in the page's body, then render as Folium does."""
        block_id = f"{self.get_name()}_json"
        figure_of(self).html.add_child(JsonBlock(block_id, safe_json(self.facts)), name=block_id)
        super().render(**kwargs)  # type: ignore[no-untyped-call]


def new_map(
    *,
    name: str = "main",
    bounds: Bounds | None = None,
    centre: tuple[float, float] = (118.75, 32.05),
    zoom: int = 15,
    basemap: Basemap = NO_BASEMAP,
    options: MapOptions | None = None,
    static_url: StaticUrl = plain_static_url,
) -> folium.Map:
    """A map with no tiles of its own, in a LocalFigure.

    `bounds` are west, south, east, north and win over `centre` (longitude, latitude) and `zoom`. `name` is how
    the page's scripts find the map: `await window.wardmap.get(name)`.
    """
    chosen = options or MapOptions()
    facts = {
        "name": name,
        "bounds": list(bounds) if bounds else None,
        "title": chosen.title,
        "words": {**WORDS, **chosen.words},
        "legend": chosen.legend.as_json() if chosen.legend else None,
        "colourBy": [{"key": choice.key, "label": choice.label} for choice in chosen.colour_by],
        "colouredBy": chosen.coloured_by,
        "controls": sorted(chosen.controls),
        "credits": [text for text in (basemap.credit, chosen.credit) if text],
        "plain": basemap.kind == "none",
        "swatches": zone_swatches(),
    }
    element = WardMapElement(facts=facts, bounds=bounds, centre=centre, zoom=zoom)
    element.add_to(LocalFigure(static_url))
    for source in basemap.sources:
        PictureTiles(source).add_to(element)
    return element


def page_parts(chart: folium.Map, nonce: str) -> MapParts:
    """The three parts of a map for a page whose Content-Security-Policy names `nonce`."""
    return figure_of(chart).parts(nonce)
