"""Which picture lies under our own layers: none, or one of four kinds of tiles, chosen by a setting."""

import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from app.errors import N_, InvalidInput

BasemapKind = Literal["none", "osm", "tianditu", "amap", "wmts"]
KINDS: Final[tuple[BasemapKind, ...]] = ("none", "osm", "tianditu", "amap", "wmts")
_TIANDITU: Final = (
    "https://t{s}.tianditu.gov.cn/%(layer)s_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=%(layer)s"
    "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=%(key)s"
)
_AMAP: Final = (
    "https://webrd0{s}.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}"
)
_KEY: Final = re.compile(r"[0-9A-Za-z]{8,64}")
_WMTS_NAMES: Final = {"TileMatrix": "z", "TileRow": "y", "TileCol": "x"}


@dataclass(frozen=True, slots=True)
class TileSource:
    """One layer of tiles; `url` has {z} {x} {y}, and {s} where there are several hosts."""

    url: str
    subdomains: str = ""
    max_native_zoom: int = 18
    gcj02: bool = False


@dataclass(frozen=True, slots=True)
class Basemap:
    """A base map: its tile layers, whom to credit, and the hosts that the page must allow as image sources."""

    kind: BasemapKind
    sources: tuple[TileSource, ...] = ()
    credit: str = ""

    @property
    def image_origins(self) -> tuple[str, ...]:
        """Origins for the img-src directive of the page."""
        return tuple(sorted({origin for source in self.sources for origin in _origins(source)}))


NO_BASEMAP: Final = Basemap("none")


def basemap_from_setting(kind: str, *, key: str = "", url: str = "", credit: str = "") -> Basemap:
    """The base map an office has chosen; InvalidInput when key or address is missing or malformed."""
    if kind == "none":
        return NO_BASEMAP
    if kind == "osm":
        address = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
        return Basemap(
            "osm", (TileSource(address, max_native_zoom=19),), credit or "© OpenStreetMap contributors"
        )
    if kind == "tianditu":
        return _tianditu(key, credit)
    if kind == "amap":
        return Basemap("amap", (TileSource(_AMAP, "1234", gcj02=True),), credit or "高德地图")
    if kind == "wmts":
        return _office_wmts(url, credit)
    raise InvalidInput(
        "basemap_unknown", N_("不认识的底图 “%(kind)s”，可选：%(kinds)s。"), kind=kind, kinds="、".join(KINDS)
    )


def _tianditu(key: str, credit: str) -> Basemap:
    if not _KEY.fullmatch(key):
        raise InvalidInput("basemap_key", N_("天地图需要浏览器端密钥（由字母和数字组成），请在设置里填写。"))
    layers = tuple(TileSource(_TIANDITU % {"layer": name, "key": key}, "01234567") for name in ("vec", "cva"))
    return Basemap("tianditu", layers, credit or "天地图")


def _office_wmts(url: str, credit: str) -> Basemap:
    address = url
    for wmts_name, leaflet_name in _WMTS_NAMES.items():
        address = address.replace("{" + wmts_name + "}", "{" + leaflet_name + "}")
    parts = urlsplit(address)
    placed = all(f"{{{name}}}" in address for name in "zxy")
    local = address.startswith("/") and not address.startswith("//")
    if not placed or not (local or (parts.scheme in ("http", "https") and parts.hostname)):
        raise InvalidInput(
            "basemap_url",
            N_("WMTS 地址须以 http 开头，并含有 {TileMatrix}、{TileRow}、{TileCol} 三个位置。"),
        )
    return Basemap("wmts", (TileSource(address),), credit)


def _origins(source: TileSource) -> list[str]:
    parts = urlsplit(source.url)
    if not parts.netloc:
        return []
    return [f"{parts.scheme}://{parts.netloc.replace('{s}', s)}" for s in (source.subdomains or " ")]
