"""Words for kinds of buildings, roads and water, from OpenStreetMap and from office files, to our own."""

from __future__ import annotations

import re

BUILDING_KINDS = (
    "residential",
    "lane_house",
    "tower",
    "commercial",
    "office",
    "school",
    "hospital",
    "market",
    "industrial",
    "public",
    "utility",
)
ROAD_CLASSES = ("arterial", "secondary", "minor", "lane", "footway", "levee_road", "railway")
WATER_KINDS = ("river", "canal", "pond", "lake")

_BUILDING_WORDS = {
    "residential": "apartments residential house detached semidetached_house dormitory bungalow",
    "lane_house": "terrace",
    "commercial": "commercial retail hotel kiosk",
    "office": "office government",
    "school": "school kindergarten university college",
    "hospital": "hospital clinic",
    "market": "supermarket market",
    "industrial": "industrial warehouse manufacture factory farm barn",
    "public": "public civic church chapel mosque temple train_station museum sports_hall fire_station",
    "utility": "garage garages shed roof service hut transformer_tower carport toilets bunker",
}
# Looked for inside a Chinese text, in this order: the particular before the general.
_BUILDING_CHINESE = (
    ("school", "学校|小学|中学|幼儿园|教学|校舍"),
    ("hospital", "医院|卫生院|卫生服务"),
    ("market", "市场|菜场"),
    ("utility", "配电|泵房|车库|车棚|门卫|公厕|厕所|附属|设备"),
    ("tower", "高层|塔楼|点式"),
    ("lane_house", "平房|里弄|老宅|棚户|传统民居"),
    ("commercial", "商业|商铺|商用|商住|店铺|酒店|宾馆|门面"),
    ("office", "办公|写字楼|机关"),
    ("industrial", "工业|厂房|仓库|仓储|生产"),
    ("public", "公共|公建|文化|体育|宗教|服务中心|养老"),
    ("residential", "住宅|居住|居民|民宅|住房|宿舍|公寓|多层"),
)
_ROAD_WORDS = {
    "arterial": "motorway trunk primary",
    "secondary": "secondary tertiary",
    "minor": "unclassified residential road",
    "lane": "living_street service track",
    "footway": "pedestrian footway path steps cycleway bridleway corridor",
    "railway": "rail light_rail subway tram narrow_gauge",
}
_ROAD_CHINESE = (
    ("levee_road", "堤"),
    ("railway", "铁路|轨道|地铁"),
    ("arterial", "高速|快速|主干|国道|省道"),
    ("secondary", "次干|县道"),
    ("footway", "步行|人行|绿道|自行车"),
    ("lane", "巷|弄|里|胡同|小区"),
    ("minor", "支路|乡道|一般|城市道路"),
)
_WATER_WORDS = {
    "river": "river riverbank",
    "canal": "stream canal ditch drain",
    "pond": "pond basin water fishpond",
    "lake": "reservoir lake",
}
_WATER_CHINESE = (
    ("river", "江|河流|大河|主河"),
    ("canal", "渠|沟|运河|溪|港|河"),
    ("lake", "湖|水库"),
    ("pond", "塘|池|坑|鱼"),
)


def _table(own: tuple[str, ...], words: dict[str, str]) -> dict[str, str]:
    return {word: kind for kind, listed in words.items() for word in listed.split()} | {
        kind: kind for kind in own
    }


_BUILDINGS = _table(BUILDING_KINDS, _BUILDING_WORDS)
_ROADS = _table(ROAD_CLASSES, _ROAD_WORDS)
_WATERS = _table(WATER_KINDS, _WATER_WORDS)


def building_kind(text: str) -> str | None:
    """Our kind for a building word; None when it says nothing (such as OpenStreetMap's ``yes``)."""
    return _look_up(text, _BUILDINGS, _BUILDING_CHINESE)


def road_class(text: str) -> str | None:
    """Our class for a road word."""
    return _look_up(text, _ROADS, _ROAD_CHINESE)


def water_kind(text: str) -> str | None:
    """Our kind for a word about water."""
    return _look_up(text, _WATERS, _WATER_CHINESE)


def _look_up(text: str, table: dict[str, str], chinese: tuple[tuple[str, str], ...]) -> str | None:
    # Some exports write a list into the cell: ['primary', 'trunk'].
    first = re.split(r"[,;]", text.strip("[]\"' "))[0].strip("\"' ").lower()
    found = table.get(first.removesuffix("_link"))
    if found:
        return found
    return next((kind for kind, pattern in chinese if re.search(pattern, text)), None)
