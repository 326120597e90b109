"""The wizard's two maps: where a file without a reference system could lie, and what is about to come in."""

from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import db
from app.errors import N_
from app.ground.map_layers import basemap_of
from app.ground.queries.areas import ground_bounds, ground_revision
from app.ground.routes.days import today
from app.ground.routes.imports.wording import crs_title
from app.maps.canvas import MapOptions, new_map, page_parts
from app.maps.figure import MapParts
from app.maps.layers import AreaOutlines, CandidateBoxes, FindingsLayer, TownTiles
from app.maps.legend import Legend, LegendEntry
from app.maps.palette import Swatch
from app.maps.words import WORDS
from app.web import headers
from app.web.pages import static_url

# What comes in, by verdict: fill, edge. overlay.js draws with the same colours and patterns.
VERDICT_SWATCHES = {
    "create": (N_("新增"), Swatch("#bfe0c9", "#1c6b3c", "plain")),
    "change": (N_("更新"), Swatch("#f4dba6", "#8a5200", "slash")),
    "same": (N_("不变"), Swatch("#e2e2df", "#77797b", "plain")),
    "refused": (N_("不导入"), Swatch("#f0c0bb", "#a3261f", "cross")),
}
CONTROLS = frozenset({"zoom", "zoom_all", "scale", "legend", "full_screen"})
Bounds = tuple[float, float, float, float]


def review_map(session: Session, detail: dict[str, Any]) -> MapParts:
    """Findings and incoming shapes over what is there already. The page's script fetches both."""
    incoming = (detail["summary"] or {}).get("bounds")
    entries = tuple(
        LegendEntry(group, _(word), swatch)
        for group, (word, swatch) in enumerate(VERDICT_SWATCHES.values(), start=1)
    )
    chart = _ground_map(
        session,
        name="review",
        bounds=tuple(incoming) if incoming else ground_bounds(session),
        legend=Legend(_("这份文件"), entries),
        title=_("导入检查：%(name)s", name=detail["file_name"]),
    )
    FindingsLayer().add_to(chart)
    return page_parts(chart, headers.nonce())


def candidates_map(session: Session, candidates: list[dict[str, Any]]) -> MapParts:
    """One box per candidate, with what is there already."""
    boxes = [(one["code"], crs_title(one["name"]), tuple(one["bounds_wgs84"])) for one in candidates]
    ground = ground_bounds(session)
    chart = _ground_map(
        session,
        name="candidates",
        bounds=around([boxes[0][2]] if ground else [box[2] for box in boxes], ground),
        legend=None,
        title=_("文件可能的位置"),
    )
    CandidateBoxes(boxes).add_to(chart)
    return page_parts(chart, headers.nonce())


def around(boxes: list[Bounds], ground: Bounds | None) -> Bounds:
    """An extent that shows these boxes, and the ground when there is some."""
    edges = [*boxes, ground] if ground else boxes
    return (
        min(box[0] for box in edges),
        min(box[1] for box in edges),
        max(box[2] for box in edges),
        max(box[3] for box in edges),
    )


def _ground_map(session: Session, *, name: str, bounds: Any, legend: Legend | None, title: str) -> Any:
    settings = current_app.config["SETTINGS"]
    base = basemap_of(settings.basemap, settings.tianditu_key, settings.wmts_url, settings.wmts_attribution)
    headers.allow_images_from(*base.image_origins)
    chart = new_map(
        name=name,
        bounds=bounds,
        basemap=base,
        options=MapOptions(
            title=title, words={key: _(word) for key, word in WORDS.items()}, legend=legend, controls=CONTROLS
        ),
        static_url=static_url,
    )
    revision, day = ground_revision(db.straight(session)), today()
    if ground_bounds(session) is not None:
        TownTiles(
            buildings_url=f"/tiles/building/{{z}}/{{x}}/{{y}}.mvt?on={day}&v={revision}",
            backdrop_url=f"/tiles/backdrop/{{z}}/{{x}}/{{y}}.mvt?v={revision}",
        ).add_to(chart)
        for level in ("street", "community"):
            url = f"/ground/areas.geojson?level={level}&on={day}&v={revision}"
            # A click into a community settles a building there.
            AreaOutlines(level=level, url=url, clickable=level == "community", counts_below_zoom=0).add_to(
                chart
            )
    return chart
