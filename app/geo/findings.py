"""What can be wrong with a file, in words a planner can act on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Self

from app.errors import N_, InvalidInput

Severity = Literal["refuse", "warn", "note"]
SEVERITIES: tuple[Severity, ...] = ("refuse", "warn", "note")

# One sentence per code: what is wrong, then what to do. The facts named here are always in Finding.facts.
SENTENCES: dict[str, str] = {
    # the shape itself
    "geometry_missing": N_("这一行没有图形。请在原文件中补画，或从名单中去掉这一行。"),
    "geometry_absent": N_(
        "%(count)s 行没有图形（共 %(rows)s 行）。将按社区和地址归入名单，不会画在地图上；有经纬度列时请在“列对应”中选择。"
    ),
    "geometry_empty": N_("这一行的图形是空的，或者缩成了一点、一条线。请在原文件中重画。"),
    "geometry_invalid": N_(
        "图形有错误：%(reason)s。可以修复：面积由 %(area_before_m2)s 平方米变为 %(area_after_m2)s 平方米"
        "（变化 %(change_percent)s%%）。请对照前后图形后决定是否采用。"
    ),
    "geometry_repaired": N_(
        "图形原有错误：%(reason)s。已按你的选择修复：面积由 %(area_before_m2)s 平方米变为 %(area_after_m2)s 平方米"
        "（变化 %(change_percent)s%%）。"
    ),
    "geometry_unrepairable": N_("图形有错误：%(reason)s，而且修复后不再是完整的面。请在原文件中重画。"),
    "geometry_too_complex": N_("图形自相交过于复杂，在限定时间内无法处理。请在原文件中简化或重画这个图形。"),
    "row_too_complex": N_(
        "第 %(row)s 行的图形过于复杂，在限定时间内算不完，整份文件没有导入。请在原文件中简化或重画这个图形后重新上传。"
    ),
    "geometry_type_wrong": N_("图形类型是 %(found)s，这里需要%(expected)s。请检查选择的图层和导入类别。"),
    "vertices_too_many": N_(
        "这个%(noun)s有 %(vertices)s 个顶点，超过上限 %(most)s 个。请制图的人把这个图形简化到 %(most)s 个顶点以内，"
        "或请管理员调高 WARDMAP_MAX_VERTICES。"
    ),
    "vertices_beyond_table": N_(
        "这个%(noun)s有 %(vertices)s 个顶点，系统最多保存 %(most)s 个。请制图的人把这个图形简化到 %(most)s 个顶点以内。"
    ),
    "coordinates_not_finite": N_("坐标中有不是数字的值（NaN 或无穷大）。请在原文件中重画。"),
    "out_of_box": N_("位置（%(lon)s，%(lat)s）在本系统的服务范围之外。请检查坐标系，或经纬度是否写反。"),
    # its neighbours
    "outside_parent": N_("有 %(share_percent)s%% 的面积在上级“%(parent)s”的边界之外。请核对两者的边界。"),
    "overlap_sibling": N_("与“%(other)s”重叠 %(area_m2)s 平方米。请核对两者的公共边界。"),
    "gap_in_parent": N_("“%(parent)s”内有 %(area_m2)s 平方米不属于任何下级。请核对是否缺少一块。"),
    "sliver": N_("与“%(other)s”之间有一条狭缝或细小重叠，约 %(area_m2)s 平方米。多半是描边误差，可以接受。"),
    "feature_duplicate": N_("与第 %(first_row)s 行是同一个图形，只保留前面那一行。"),
    # keys and names
    "code_duplicate": N_("编码“%(value)s”在第 %(rows)s 行重复出现。请只保留正确的一行。"),
    "code_missing": N_("这一行没有编码。代码表的每一行都要有 12 位编码，请补上。"),
    "code_malformed": N_(
        "“%(value)s”不是规定格式的编码（%(expected)s）。将作为原编号保存，另行生成本地编码。"
    ),
    "code_refused": N_("“%(value)s”不是 12 位区划编码，或与上级编码对不上。请更正后再导入。"),
    "name_missing": N_("这一行没有名称。请补上名称，或在“列对应”中选择正确的名称列。"),
    "name_duplicate": N_(
        "名称“%(value)s”在第 %(rows)s 行重复出现。请确认是不同的对象，还是新旧两版混在一起。"
    ),
    "key_constant": N_("列“%(column)s”每一行都是“%(value)s”，不能当作编号使用，已忽略。请另选编号列。"),
    "name_unmatched": N_("名称“%(value)s”在现有名单中找不到。请更正名称，或稍后手工指定。"),
    "name_ambiguous": N_("名称“%(value)s”对应多个：%(candidates)s。请用编码区分，或稍后手工指定。"),
    # numbers and text
    "households_implausible": N_("户数 %(value)s 不合常理（%(reason)s）。请核对。"),
    "households_mean": N_("平均每栋住宅 %(mean)s 户，通常在 10 到 120 户之间。请检查户数列是否选对。"),
    "number_unreadable": N_("列“%(column)s”中的“%(value)s”不能读成数字，已留空。请更正。"),
    "text_cut": N_("列“%(column)s”中的“%(value)s”在文件里被截断（字段长度不够）。请核对全文。"),
    "text_undecodable": N_("列“%(column)s”中有按 %(encoding)s 读不出的字。请换一种编码看看预览。"),
    # where it lies
    "crs_missing": N_("文件没有说明坐标系。请从候选中选择一个，并在地图上确认位置。"),
    "crs_unreadable": N_("坐标系“%(crs)s”读不懂。请从候选中选择一个，或填写 EPSG 编号，例如 EPSG:4549。"),
    "axis_swapped": N_("坐标看起来是“纬度、经度”的顺序。请勾选“交换横纵坐标”后再看位置。"),
    "datum_suspected": N_(
        "坐标很可能是 %(best)s 偏移坐标：按原样有 %(share_as_is)s%% 落在已有范围内，按 %(best)s 还原后有 %(share_best)s%%。"
        "请在“基准”中选择 %(best)s 后重新检查。"
    ),
    "datum_schema": N_(
        "列名 %(columns)s 是高德/DataV 边界数据的特征，坐标通常是 GCJ-02。请在“基准”中选择 GCJ-02。"
    ),
    "datum_distance": N_(
        "与已有边界的距离：按原样约 %(distance_as_is_m)s 米，按 %(best)s 还原后约 %(distance_best_m)s 米。"
        "坐标很可能是 %(best)s，请在“基准”中选择它后重新检查。"
    ),
    # the file
    "driver_refused": N_("“%(name)s”不能导入：%(reason)s。"),
    "zip_bomb": N_("压缩包“%(name)s”展开后过大（%(reason)s），已拒绝。请只打包需要的图层。"),
    "zip_path": N_("压缩包里的“%(member)s”指向包外，已拒绝。请重新打包。"),
    "zip_nested": N_("压缩包里还有压缩包“%(member)s”。请先解开再上传。"),
    "zip_encrypted": N_("压缩包“%(name)s”加了密码。请去掉密码再上传。"),
    "members_ignored": N_("压缩包里的其他文件没有使用：%(names)s。"),
    "xml_entities": N_("“%(name)s”含有 DOCTYPE 或 ENTITY 声明，已拒绝。请用软件重新导出。"),
    "file_truncated": N_("“%(name)s”不完整，后面的内容缺失。请重新复制或导出后再上传。"),
    "file_unreadable": N_("“%(name)s”读不出来（%(reason)s）。请用原软件打开确认，再重新导出。"),
    "file_empty": N_("“%(name)s”是空文件。请重新导出后再上传。"),
    "file_too_large": N_("文件超过上限 %(limit_mb)s MB。请按街道分成几个文件导入。"),
    "file_too_slow": N_("处理超过了时限 %(limit_s)s 秒，已停止。请减少要素或按街道分成几个文件。"),
    "memory_exceeded": N_("处理这个文件需要的内存超过上限，已停止。请按街道分成几个文件导入。"),
    "layer_empty": N_("图层“%(layer)s”没有任何要素。请检查导出时的筛选条件。"),
    "layer_unknown": N_("文件里没有图层“%(layer)s”。请从列出的图层中选择。"),
    "column_unknown": N_("文件里没有列“%(column)s”。请重新对应列。"),
    "column_personal": N_(
        "列“%(columns)s”像是身份证号、电话或姓名一类的个人信息，不会导入，也不留样例。这里用不到，请从文件中删去后再上传。"
    ),
    "text_personal": N_("有 %(count)s 处文字里夹着手机号或身份证号，已经去掉，不会导入。请从原文件中删去。"),
    "column_required": N_("还没有指定“%(field)s”列。请在“列对应”中选择。"),
    "dbf_missing": N_(
        "“%(name)s”缺少同名的 .dbf 属性文件，只有图形没有名称。请把 .shp、.shx、.dbf、.prj 一起上传。"
    ),
    "shp_missing": N_("“%(name)s”缺少同名的 .shp 图形文件。请把 .shp、.shx、.dbf、.prj 一起上传。"),
    "too_many_columns": N_(
        "“%(name)s”至少有 %(columns)s 列，超过上限 %(limit)s 列。请只保留需要的列，或检查表格是否横竖颠倒。"
    ),
    "too_many_features": N_("图层有 %(features)s 个要素，超过上限 %(limit)s 个。请按街道分成几个文件导入。"),
    "too_many_vertices": N_(
        "图层共有 %(vertices)s 个顶点，超过上限 %(limit)s 个。请先简化，或分成几个文件。"
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about a file or one of its rows.

    Attributes
    ----------
    code : str
        Key of ``SENTENCES``.
    severity : {'refuse', 'warn', 'note'}
        ``refuse``: the row (or, without a row, the file) will not be imported as it is.
    row : int or None
        ``row_no`` of the row; None when the remark is about the file.
    facts : dict
        Values for the sentence; strings and numbers only.
    place : tuple of float or None
        (lon, lat) in WGS 84 to show on the map.
    name : str or None
        Name of the row, for people.
    """

    code: str
    severity: Severity
    row: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    place: tuple[float, float] | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        if self.code not in SENTENCES:
            raise ValueError(f"no sentence for finding {self.code!r}")

    @property
    def sentence(self) -> str:
        """The untranslated Chinese sentence, with its placeholders."""
        return SENTENCES[self.code]

    def __str__(self) -> str:
        return self.sentence % self.facts

    def as_json(self) -> dict[str, Any]:
        """The finding as a JSON object."""
        return {
            "code": self.code,
            "severity": self.severity,
            "row": self.row,
            "name": self.name,
            "facts": self.facts,
            "place": list(self.place) if self.place else None,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read back what ``as_json`` wrote."""
        place = stored.get("place")
        return cls(
            code=stored["code"],
            severity=stored["severity"],
            row=stored.get("row"),
            facts=stored.get("facts") or {},
            place=(place[0], place[1]) if place else None,
            name=stored.get("name"),
        )


def refusal(code: str, **facts: Any) -> InvalidInput:
    """The error that stops a whole file, worded by ``SENTENCES``."""
    return InvalidInput(code, SENTENCES[code], **facts)
