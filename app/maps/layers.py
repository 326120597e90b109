"""Folium layers that carry only facts: each leaves a JSON block and a place in our module's queue.

Nothing here writes text into HTML or script. The names in the generated script are Folium's own identifiers.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from folium.map import Layer
from folium.template import Template

from app.maps.basemap import TileSource
from app.maps.figure import JsonBlock, figure_of
from app.maps.legend import LegendEntry
from app.maps.palette import zone_swatches
from app.maps.safe_json import safe_json

Bounds = tuple[float, float, float, float]  # west, south, east, north in degrees
GeoJson = Mapping[str, Any]


class QueuedLayer(Layer):
    """A layer that our module fills: Folium sees a named layer group, the browser finds the facts beside it."""

    layer_type = ""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.layerGroup();
            (window.wardmapQueue = window.wardmapQueue || []).push({
                type: {{ this.layer_type|tojavascript }},
                map: {{ this._parent.get_name() }},
                group: {{ this.get_name() }},
                block: "{{ this.get_name() }}_json"
            });
        {% endmacro %}
        """
    )

    def __init__(self, *, name: str, show: bool = True) -> None:
        super().__init__(name=name, overlay=True, control=True, show=show)
        self._name = type(self).__name__

    def facts(self) -> dict[str, Any]:
        """What the browser module needs to draw this layer."""
        raise NotImplementedError

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Leave the JSON block in the page's body, then render as Folium does."""
        block_id = f"{self.get_name()}_json"
        figure_of(self).html.add_child(JsonBlock(block_id, safe_json(self.facts())), name=block_id)
        super().render(**kwargs)  # type: ignore[no-untyped-call]


class TownTiles(QueuedLayer):
    """Water, green, roads and buildings from vector tiles.

    `buildings_url` and `backdrop_url` hold {z} {x} {y}; `groups` says how the tiles' group numbers are drawn.
    Either URL may be empty: then that half is not drawn.
    """

    layer_type = "town_tiles"

    def __init__(
        self,
        *,
        buildings_url: str = "",
        backdrop_url: str = "",
        groups: Sequence[LegendEntry] = (),
        buildings_from_zoom: int = 14,
        backdrop_from_zoom: int = 7,
        last_zoom: int = 17,
    ) -> None:
        super().__init__(name="town")
        self._facts = {
            "buildingsUrl": buildings_url,
            "backdropUrl": backdrop_url,
            "groups": [entry.as_json() for entry in groups],
            "buildingsFromZoom": buildings_from_zoom,
            "backdropFromZoom": backdrop_from_zoom,
            # Deeper zooms draw a part of this tile: its 4096 steps are 7 cm there, finer than any survey.
            "lastZoom": last_zoom,
        }

    def facts(self) -> dict[str, Any]:
        """The tile addresses and how groups are drawn."""
        return self._facts


class LocalTown(QueuedLayer):
    """The same town from features inside the file; for maps that must work with no server.

    `group_title` names what a building's group is, such as its zone, where its facts are shown.
    """

    layer_type = "local_town"

    def __init__(
        self,
        *,
        buildings: GeoJson,
        roads: GeoJson,
        water: GeoJson,
        green: GeoJson,
        groups: Sequence[LegendEntry] = (),
        group_title: str = "",
    ) -> None:
        super().__init__(name="town")
        self._facts = {
            "groupTitle": group_title,
            "buildings": buildings,
            "road": roads,
            "water": water,
            "green": green,
            "groups": [entry.as_json() for entry in groups],
            "buildingsFromZoom": 13,
            "backdropFromZoom": 8,
            "lastZoom": 16,
        }

    def facts(self) -> dict[str, Any]:
        """The features and how groups are drawn."""
        return self._facts


class AreaOutlines(QueuedLayer):
    """Outlines of streets or communities; names at every zoom, counts below the zoom where buildings appear.

    Give `features` (a FeatureCollection as in `/ground/areas.geojson`) or a `url` to fetch it from.
    """

    layer_type = "areas"

    def __init__(
        self,
        *,
        level: Literal["district", "street", "community"],
        features: GeoJson | None = None,
        url: str = "",
        counts_below_zoom: int = 14,
        clickable: bool = True,
        focus: str = "",
    ) -> None:
        super().__init__(name=level)
        self._facts = {
            "level": level,
            "features": features,
            "url": url,
            "countsBelowZoom": counts_below_zoom,
            "clickable": clickable,
            # The code of the area in work: everything outside it is dimmed.
            "focus": focus,
        }

    def facts(self) -> dict[str, Any]:
        """The outlines or where they are."""
        return self._facts


class ZoneOutlines(QueuedLayer):
    """Zone outlines with their numbers; properties as in `/zones/plans/<id>/outlines.geojson`.

    A feature's `colour` is a colour index of the palette. `swatches` go along, so that outlines fetched
    later can use every colour.
    """

    layer_type = "zones"

    def __init__(self, *, features: GeoJson | None = None, url: str = "") -> None:
        super().__init__(name="zones")
        self._facts = {"features": features, "url": url, "swatches": zone_swatches()}

    def facts(self) -> dict[str, Any]:
        """The outlines or where they are, and the colours."""
        return self._facts


class FindingsLayer(QueuedLayer):
    """Where an import found something: points and shapes, one of which may be the current one.

    Feature properties: `severity` (error, warning, note), `sentence` (already in the reader's language),
    `row`, `name`; the feature id is the finding's id.
    """

    layer_type = "findings"

    def __init__(self, *, features: GeoJson | None = None, url: str = "") -> None:
        super().__init__(name="findings")
        self._facts = {"features": features, "url": url}

    def facts(self) -> dict[str, Any]:
        """The findings or where they are."""
        return self._facts


class CandidateBoxes(QueuedLayer):
    """Where a file would lie under each candidate reference system: boxes given as (key, label, bounds)."""

    layer_type = "candidates"

    def __init__(self, boxes: Sequence[tuple[str, str, Bounds]]) -> None:
        super().__init__(name="candidates")
        self._facts = {
            "boxes": [{"key": key, "label": label, "bounds": list(bounds)} for key, label, bounds in boxes]
        }

    def facts(self) -> dict[str, Any]:
        """The boxes."""
        return self._facts


class PictureTiles(QueuedLayer):
    """A base map's picture tiles; the browser moves GCJ-02 tiles to where they belong."""

    layer_type = "pictures"

    def __init__(self, source: TileSource) -> None:
        super().__init__(name="basemap")
        self._facts = {
            "url": source.url,
            "subdomains": source.subdomains,
            "maxNativeZoom": source.max_native_zoom,
            "gcj02": source.gcj02,
        }

    def facts(self) -> dict[str, Any]:
        """The tile address."""
        return self._facts
