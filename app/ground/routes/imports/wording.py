"""The words of the wizard: kinds, fields, states, and a short title for each kind of finding."""

import re
from typing import Final

from app.errors import N_
from app.web.language import sentence

# kind -> (name, what such a file looks like)
KIND_WORDS: Final[dict[str, tuple[str, str]]] = {
    "community": (N_("社区边界"), N_("每个面是一个社区、居委会或村")),
    "building": (N_("楼栋"), N_("楼栋轮廓，或带地址、经纬度的楼栋名单")),
    "street": (N_("街道边界"), N_("每个面是一个街道、镇或乡")),
    "district": (N_("区边界"), N_("每个面是一个区或县，一般只有一个")),
    "road": (N_("道路"), N_("道路中心线，只用作地图背景")),
    "water": (N_("水系"), N_("河、渠、塘、湖，只用作地图背景")),
    "codes": (N_("区划代码表"), N_("12 位编码和名称的表格，没有图形")),
}

# What to look for in a file for each of our fields; their names are geo's.
FIELD_HINTS: Final[dict[str, str]] = {
    "code": N_("没有也行，会自动编本地编码"),
    "name": N_("如“清江社区”“3幢”"),
    "address": N_("如“沿江路12号3幢”"),
    "floors": N_("地上层数"),
    "units": N_("楼道或单元个数"),
    "households": N_("以后用来均衡划分责任区"),
    "parent_code": N_("所属上级的 12 位编码"),
    "parent_name": N_("所属上级，如“江东街道”"),
    "community_code": N_("所属社区的 12 位编码"),
    "community_name": N_("所属社区，如“清江社区”"),
    "lon": N_("名单没有图形时用来定位"),
    "lat": N_("名单没有图形时用来定位"),
}

SEVERITY_WORDS: Final[dict[str, tuple[str, str]]] = {
    "refuse": (N_("不能导入"), N_("这些行不会进入系统，改好原文件后可以再导一次")),
    "warn": (N_("请核对"), N_("可以导入，但最好先看一眼")),
    "note": (N_("说明"), N_("已自动处理或仅供参考")),
}
SEVERITY_STYLES: Final = {"refuse": "is-bad", "warn": "is-warn", "note": "is-plain"}

VERDICT_WORDS: Final[dict[str, tuple[str, str]]] = {
    "create": (N_("新增"), N_("系统里还没有")),
    "change": (N_("更新"), N_("与现有的不同，将更新")),
    "same": (N_("不变"), N_("与现有的一样，不动")),
    "refused": (N_("不导入"), N_("有问题，不会进入系统")),
}

STATE_STYLES: Final[dict[str, str]] = {
    "uploaded": "is-plain", "inspecting": "is-plain", "inspected": "is-warn", "checking": "is-plain",
    "checked": "is-warn", "publishing": "is-plain", "published": "is-good", "undone": "is-plain",
    "failed": "is-bad", "cancelled": "is-plain",
}  # fmt: skip

DATUM_WORDS: Final[dict[str, tuple[str, str]]] = {
    "wgs84": (N_("没有偏移"), N_("测绘、规划部门，天地图，GPS，OpenStreetMap（CGCS2000、WGS 84）")),
    "gcj02": (N_("高德、腾讯坐标（GCJ-02）"), N_("从高德、腾讯、DataV 取得的数据；导入时自动还原")),
    "bd09": (N_("百度坐标（BD-09）"), N_("从百度地图取得的数据；导入时自动还原")),
}

# A title for the group; the sentence of each finding says the rest.
FINDING_TITLES: Final[dict[str, str]] = {
    "geometry_missing": N_("没有图形"),
    "shape_refused": N_("数据库不接受的图形"),
    "geometry_empty": N_("图形是空的"),
    "geometry_invalid": N_("图形有错误，可以修复"),
    "geometry_repaired": N_("图形已修复"),
    "geometry_unrepairable": N_("图形有错误，修不好"),
    "geometry_too_complex": N_("图形过于复杂"),
    "geometry_type_wrong": N_("图形类型不对"),
    "vertices_too_many": N_("顶点太多"),
    "vertices_beyond_table": N_("顶点太多"),
    "coordinates_not_finite": N_("坐标不是数字"),
    "out_of_box": N_("位置在服务范围之外"),
    "outside_parent": N_("超出上级边界"),
    "column_personal": N_("像是个人信息的列"),
    "text_personal": N_("文字里的手机号、身份证号已去掉"),
    "row_not_yours": N_("不归你的辖区导入"),
    "row_elsewhere": N_("画在你的辖区之外"),
    "overlap_sibling": N_("与相邻的重叠"),
    "gap_in_parent": N_("上级边界内有空缺"),
    "sliver": N_("狭缝或细小重叠"),
    "feature_duplicate": N_("重复的图形"),
    "code_duplicate": N_("编码重复"),
    "code_missing": N_("没有编码"),
    "code_malformed": N_("编码格式不合规定"),
    "code_refused": N_("编码不能用"),
    "name_missing": N_("没有名称"),
    "name_duplicate": N_("名称重复"),
    "key_constant": N_("编号列全都一样"),
    "name_unmatched": N_("名称对不上"),
    "name_ambiguous": N_("名称对应多个"),
    "households_implausible": N_("户数不合常理"),
    "households_mean": N_("平均户数不合常理"),
    "number_unreadable": N_("数字读不出来"),
    "text_cut": N_("文字被截断"),
    "text_undecodable": N_("有读不出的字"),
    "crs_missing": N_("没有坐标系"),
    "file_elsewhere": N_("整份文件在别处"),
    "crs_unreadable": N_("坐标系读不懂"),
    "axis_swapped": N_("经纬度可能写反"),
    "datum_suspected": N_("坐标可能有偏移"),
    "datum_schema": N_("坐标可能是高德偏移坐标"),
    "datum_distance": N_("坐标可能有偏移"),
    "members_ignored": N_("压缩包里没有用到的文件"),
    "dbf_missing": N_("缺少属性文件"),
    "community_none": N_("不在任何社区内"),
    "community_several": N_("同时落在几个社区"),
    "community_differs": N_("写明的社区与位置不一致"),
    "community_kept": N_("已划入责任区，社区保持不变"),
    "communities_missing": N_("还没有社区"),
    "building_of_another_day": N_("已经在册的楼"),
    "text_shortened": N_("文字太长"),
    "geometry_absent": N_("没有图形的行"),
    "layer_empty": N_("空的图层"),
    "row_too_complex": N_("图形过于复杂"),
    "numbers_used_up": N_("编号已用完"),
    "parent_none": N_("找不到上级"),
    "parent_several": N_("上级有几个可能"),
    "parent_created": N_("一并建立上级"),
    "parent_differs": N_("写明的上级与位置不一致"),
    "code_of_other_level": N_("编码不是这一级的"),
    "code_made": N_("编本地编码"),
    "code_found": N_("按名称对上官方编码"),
    "official_ambiguous": N_("名称对应多个官方编码"),
    "area_several": N_("名称对应几个区划"),
    "area_repeated": N_("重复的区划"),
    "name_unlisted": N_("官方名单里没有"),
    "name_changes": N_("改名"),
    "version_replaced": N_("代替今天的上一版"),
    "overlay_kept_apart": N_("另存为覆盖单元"),
}


# The words that names of reference systems are made of.
CRS_WORDS: Final = (
    N_("新北京 54"), N_("北京 54"), N_("西安 80"), N_(" 度带"), N_("中央经线"), N_("（带号前缀）"), N_("Web 墨卡托（EPSG:3857）"),
    N_("经纬度"), N_("第 "), N_(" 带"),
)  # fmt: skip


def crs_title(name: str | None) -> str:
    """The name of a reference system in the reader's language."""
    for word in CRS_WORDS:
        name = (name or "").replace(word, sentence(word))
    return name or ""


def both(words: tuple[str, str]) -> dict[str, str]:
    """A name and its explanation in the reader's language."""
    name, explanation = words
    return {"name": sentence(name), "explanation": sentence(explanation) if explanation else ""}


def finding_title(code: str, msgid: str) -> str:
    """The title of a group of findings: ours, else the first clause of its sentence with gaps for the facts."""
    if code in FINDING_TITLES:
        return sentence(FINDING_TITLES[code])
    return re.split("[。：；]", re.sub(r"%\(\w+\)s", "…", sentence(msgid)).replace("%%", "%"))[0]
