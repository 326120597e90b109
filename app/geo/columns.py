"""Which column holds what, guessed from its name and its contents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.errors import N_

AREA_KINDS = ("district", "street", "community")
KINDS = (*AREA_KINDS, "building", "road", "water", "codes")
AREA_FIELDS = ("code", "name", "parent_code", "parent_name")
FIELDS: dict[str, tuple[str, ...]] = {
    "district": AREA_FIELDS,
    "street": AREA_FIELDS,
    "community": AREA_FIELDS,
    "building": (
        "code",
        "name",
        "address",
        "kind",
        "floors",
        "units",
        "households",
        "community_code",
        "community_name",
        "built_year",
        "lon",
        "lat",
    ),
    "road": ("name", "road_class"),
    "water": ("name", "water_kind"),
    "codes": ("code", "name", "parent_code", "class"),
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "district": ("name",),
    "street": ("name",),
    "community": ("name",),
    "building": (),
    "road": (),
    "water": (),
    "codes": ("code", "name"),
}
NUMBERS = ("floors", "units", "households", "built_year")
FIELD_NAMES = {
    "code": N_("编码"),
    "name": N_("名称"),
    "parent_code": N_("上级编码"),
    "parent_name": N_("上级名称"),
    "address": N_("地址"),
    "kind": N_("用途"),
    "floors": N_("层数"),
    "units": N_("单元数"),
    "households": N_("户数"),
    "community_code": N_("社区编码"),
    "community_name": N_("社区名称"),
    "built_year": N_("建成年份"),
    "lon": N_("经度"),
    "lat": N_("纬度"),
    "road_class": N_("道路等级"),
    "water_kind": N_("水体类型"),
    "class": N_("城乡分类"),
}

# Names met in real files, likeliest first. Compared after `plain_name`.
COMMON = {
    "code": (
        "code 代码 编码 编号 区划代码 行政区划代码 统计用区划代码 xzqdm dm bm bh 楼栋编码 "
        "楼栋代码 建筑编码 adcode gbcode villagecode gid id objectid osmkey osmid osmwayid "
        "dist"
    ),
    "name": "name 名称 mc 全称 xzqmc namechn namezh namecn label title",
    "lon": "lon lng longitude 经度 x long 坐标x wgs84lon jd",
    "lat": "lat latitude 纬度 y 坐标y wgs84lat wd",
    "address": (
        "address addr 地址 门牌 门牌地址 详细地址 坐落 dz mphm 住址 zl location full_addr "
        "fulladdr streetaddress"
    ),
    "kind": (
        "kind buildingkind 用途 类型 建筑用途 房屋用途 建筑类型 楼栋类型 fwyt yt lx building "
        "buildingtype type use"
    ),
    "floors": "floors 层数 总层数 楼层 楼层数 地上层数 buildinglevels levels floor cs dscs zcs storeys",
    "units": "units 单元数 单元 楼道数 门洞数 dys unitcount entrances",
    "households": "households 户数 总户数 住户数 居民户数 套数 hs zhs buildingflats flats hu dwellings",
    "built_year": (
        "builtyear 建成年份 建造年份 竣工年份 建成年代 建筑年代 年代 jcnf jznd startdate yearbuilt"
    ),
    "road_class": "roadclass 等级 道路等级 道路类型 highway fclass class dldj type",
    "water_kind": "waterkind 类型 水体类型 水系类型 water waterway fclass type lx",
    "class": "class 城乡分类 城乡分类代码 分类代码 cxfl cxfldm",
}
COMMUNITY_NAMES = "community communityname 社区 社区名称 社区名 居委会 所属社区 居委会名称 村社区 sqmc sssq ssq jwhmc cunmc sq jwh village"
COMMUNITY_CODES = "communitycode 社区代码 社区编码 居委会代码 sqdm sqbm jwhdm cundm villagecode"
STREET_NAMES = "street streetname 街道 街道名称 街道名 街办 所属街道 乡镇街道 街道办 街办名称 jdmc ssjd jbmc xzjd jd xzmc town"
STREET_CODES = "streetcode 街道代码 街道编码 jddm jdbm ssjddm xzdm"
DISTRICT_NAMES = (
    "district districtname 区 区县 区名称 区县名称 所属区 行政区 qxmc qmc ssq county area 行政区划"
)
DISTRICT_CODES = "districtcode 区代码 区县代码 qxdm qdm areacode adcode"
PARENTS = "parentcode 上级代码 父级代码 上级编码 pcode parent"
PARENT_NAMES = "parentname 上级 上级名称 所属上级 隶属"
BY_KIND: dict[str, dict[str, str]] = {
    "community": {
        "code": f"{COMMUNITY_CODES} {COMMON['code']}",
        "name": f"{COMMUNITY_NAMES} {COMMON['name']}",
        "parent_code": f"{PARENTS} {STREET_CODES}",
        "parent_name": f"{PARENT_NAMES} {STREET_NAMES}",
    },
    "street": {
        "code": f"{STREET_CODES} {COMMON['code']}",
        "name": f"{STREET_NAMES} {COMMON['name']}",
        "parent_code": f"{PARENTS} {DISTRICT_CODES}",
        "parent_name": f"{PARENT_NAMES} {DISTRICT_NAMES}",
    },
    "district": {
        "code": f"{DISTRICT_CODES} {COMMON['code']}",
        "name": f"{DISTRICT_NAMES} {COMMON['name']}",
        "parent_code": f"{PARENTS} citycode 市代码",
        "parent_name": f"{PARENT_NAMES} 城市 市 city cityname",
    },
    "building": {
        **{name: COMMON[name] for name in FIELDS["building"] if name in COMMON},
        "name": (
            "楼栋 楼号 楼栋号 楼栋名称 幢号 栋号 楼名 楼幢 ldh ldmc buildingname buildingno "
            f"建筑名称 {COMMON['name']} addrhousename addrhousenumber"
        ),
        "community_code": COMMUNITY_CODES,
        "community_name": COMMUNITY_NAMES,
    },
    "road": {
        "name": f"道路名称 路名 dlmc lm {COMMON['name']} streetname street ref",
        "road_class": COMMON["road_class"],
    },
    "water": {
        "name": f"水体名称 河流名称 河名 hlmc {COMMON['name']}",
        "water_kind": COMMON["water_kind"],
    },
    "codes": {
        "code": f"{COMMUNITY_CODES} {COMMON['code']}",
        "name": f"{COMMON['name']} {COMMUNITY_NAMES}",
        "parent_code": f"{PARENTS} {STREET_CODES}",
        "class": COMMON["class"],
    },
}
# Short words that name a column in many files but mean nothing on their own.
WEAK = frozenset(
    [
        "id",
        "objectid",
        "gid",
        "type",
        "class",
        "x",
        "y",
        "area",
        "village",
        "dist",
        "label",
        "title",
        "gbcode",
        "ref",
        "use",
        "osmid",
        "osmwayid",
    ]
)


def plain_name(name: str) -> str:
    """A column name for comparing: half-width, lower case, without blanks, marks and brackets."""
    half = unicodedata.normalize("NFKC", name).lower()
    half = re.sub(r"\(.*?\)", "", half)
    return re.sub(r"[\s_\-:./]", "", half)


_LISTS = {kind: {item: words.split() for item, words in fields.items()} for kind, fields in BY_KIND.items()}
_KNOWN = frozenset(
    plain_name(word) for fields in _LISTS.values() for words in fields.values() for word in words
) - WEAK | {"name"}


def known_headings() -> frozenset[str]:
    """Headings that say which field of ours a column holds, as `plain_name` writes them."""
    return _KNOWN


def known_name(name: str) -> bool:
    """Whether a cell looks like the heading of a column we know."""
    return plain_name(name) in _KNOWN


@dataclass(slots=True)
class ColumnSketch:
    """What one column looks like.

    ``dtype`` is ``text``, ``integer`` or ``real`` by its contents; ``distinct`` stops counting at 10,000. Of a ``personal``
    column there are no samples, and it serves no field.
    """

    name: str
    dtype: str
    samples: list[str] = field(default_factory=list)
    filled_share: float = 0.0
    distinct: int = 0
    guess: str | None = None
    personal: str | None = None

    @property
    def lengths(self) -> set[int]:
        """Lengths of the samples."""
        return {len(sample) for sample in self.samples}


def guess_columns(
    kind: str, sketches: Iterable[ColumnSketch], remembered: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Choose a column for each field of a kind.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.
    sketches : iterable of ColumnSketch
        The columns of the layer.
    remembered : mapping of field to column name, optional
        What this office chose last time; used where the column exists.

    Returns
    -------
    dict
        Field to column name; fields without a fitting column are left out. No column serves two fields.
    """
    columns = {sketch.name: sketch for sketch in sketches if sketch.filled_share > 0 and not sketch.personal}
    chosen = {
        item: name for item, name in (remembered or {}).items() if item in FIELDS[kind] and name in columns
    }
    ranked = sorted(
        (rank, item, name)
        for item, words in _LISTS[kind].items()
        for name, sketch in columns.items()
        if (rank := _rank(item, words, sketch)) is not None
    )
    for _, item, name in ranked:
        if item not in chosen and name not in chosen.values():
            chosen[item] = name
    _by_content(kind, columns, chosen)
    return chosen


# A column of names that names hardly any row is not the one.
MOSTLY_EMPTY = 0.1


def _rank(item: str, words: list[str], sketch: ColumnSketch) -> int | None:
    """Place of a column's name in the list of a field; None when it is not there or its contents contradict it."""
    name = plain_name(sketch.name)
    plain_words = [plain_name(word) for word in words]
    if name not in plain_words:
        return None
    if item in (*NUMBERS, "lon", "lat") and not any(re.search(r"\d", sample) for sample in sketch.samples):
        return None
    if item in ("name", "parent_name", "community_name") and (
        sketch.dtype == "real" or sketch.filled_share < MOSTLY_EMPTY
    ):
        return None
    if item in ("code", "parent_code", "community_code") and any(
        len(sample) > 40 for sample in sketch.samples
    ):
        return None
    return plain_words.index(name) + (100 if name in WEAK else 0)


def _by_content(kind: str, columns: Mapping[str, ColumnSketch], chosen: dict[str, str]) -> None:
    """Fill gaps from contents: twelve digits are a division code, seventeen a building code."""
    free = [sketch for name, sketch in columns.items() if name not in chosen.values()]
    wanted = {"building": {17: "code", 12: "community_code"}}.get(
        kind, {12: "code"} if "code" in FIELDS[kind] else {}
    )
    for sketch in free:
        if sketch.dtype != "integer" or len(sketch.lengths) != 1:
            continue
        item = wanted.get(next(iter(sketch.lengths)))
        held = chosen.get(item) if item else None
        weakly_held = held is not None and plain_name(held) in WEAK
        if item and (held is None or weakly_held) and sketch.distinct > 1:
            chosen[item] = sketch.name
    if "name" in FIELDS[kind] and "name" not in chosen and kind != "building":
        texts = [
            sketch
            for sketch in free
            if sketch.dtype == "text" and sketch.distinct > 1 and sketch.name not in chosen.values()
        ]
        telling = [sketch for sketch in texts if re.search(r"name|名|mc$", plain_name(sketch.name))]
        telling = telling or (_labels(free) if kind in AREA_KINDS else [])
        if telling:
            chosen["name"] = telling[0].name


def _labels(sketches: list[ColumnSketch]) -> list[ColumnSketch]:
    """Columns that could serve as names where none is called so: short, filled, as varied as any other column."""
    short = [
        sketch
        for sketch in sketches
        if sketch.dtype != "real"
        and sketch.filled_share > 0.9
        and max(sketch.lengths, default=99) <= 20
        and not re.search(r"guid|globalid|area|length|date|pop|time", plain_name(sketch.name))
    ]
    return sorted(short, key=lambda sketch: (-sketch.distinct, sketch.dtype != "text"))


LAYER_WORDS = (
    ("building", r"楼|建筑|房屋|building|footprint|\bfw|jzw|parcel|宗地"),
    ("road", r"道路|路网|road|street_?line|centerline|highway|\bdl\b|线路"),
    ("water", r"水系|水体|河|湖|water|hydro|hyd|river|lake"),
    ("community", r"社区|居委|村|communit|neighbou?rhood|precinct|\bsq"),
    ("street", r"街道|街办|乡镇|subdistrict|\bjd"),
    ("district", r"区县|行政区|district|county|zip"),
    ("codes", r"代码|区划|villages?|codes?\b"),
)


def guess_kind(
    layer_name: str, geometry_types: Iterable[str], columns: Mapping[str, ColumnSketch]
) -> str | None:
    """Guess what a layer holds from its name, its shapes and its columns; None when nothing speaks for anything."""
    shapes = {kind.removeprefix("Multi") for kind in geometry_types}
    names = {plain_name(name) for name in columns}
    scores: dict[str, float] = {}
    for kind, pattern in LAYER_WORDS:
        if re.search(pattern, layer_name.lower()):
            scores[kind] = scores.get(kind, 0.0) + 2.0
    if names & {
        "户数",
        "层数",
        "楼栋",
        "楼号",
        "幢号",
        "floors",
        "households",
        "buildinglevels",
        "建筑用途",
        "building",
    }:
        scores["building"] = scores.get("building", 0.0) + 3.0
    for kind, words in (("community", COMMUNITY_NAMES), ("street", STREET_NAMES)):
        if names & set(words.split()):
            scores[kind] = scores.get(kind, 0.0) + (1.5 if kind == "community" else 1.0)
    if names & {"highway", "roadclass", "道路名称", "路名"}:
        scores["road"] = scores.get("road", 0.0) + 3.0
    if not shapes:
        scores["codes"] = scores.get("codes", 0.0) + 1.0
        if names & {"lon", "lng", "longitude", "经度", "地址", "address"}:
            scores["building"] = scores.get("building", 0.0) + 2.0
    allowed = [kind for kind in scores if _shape_fits(kind, shapes)]
    if allowed:
        return max(allowed, key=lambda kind: scores[kind])
    return "road" if shapes == {"LineString"} else None


def _shape_fits(kind: str, shapes: set[str]) -> bool:
    if not shapes:
        return kind in ("codes", "building")
    needed = {
        "road": {"LineString"},
        "water": {"LineString", "Polygon"},
        "building": {"Polygon", "Point"},
        "codes": set[Any](),
    }
    return bool(shapes & needed.get(kind, {"Polygon"}))
