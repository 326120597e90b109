"""The words of an import: its states and stages, and what planning has to say about a row.

What is wrong with a file or a shape is worded in `app.geo.findings`.
"""

from app.errors import N_
from app.geo.findings import SENTENCES

PLAN_SENTENCES: dict[str, str] = {
    "file_elsewhere": N_("整份文件都在现有辖区之外（约 %(distance_km)s 公里），多半是坐标系选错或拿错了文件。确实是新的地方就可以继续。"),
    "community_none": N_("这栋楼不在任何社区的边界内，也没有写明社区。请在地图上逐个指定社区，或先导入社区边界。"),
    "community_several": N_("这栋楼可以归入几个社区：%(candidates)s。请在地图上指定一个。"),
    "community_differs": N_("写明的社区是“%(stated)s”，位置却在“%(placed)s”的边界内。按写明的社区导入，请核对。"),
    "community_kept": N_("位置已到“%(placed)s”，但这栋楼已划入“%(kept)s”的责任区方案，社区保持不变。请先在方案中移出这栋楼。"),
    "communities_missing": N_("还没有任何社区，楼栋无处可归。请先导入社区边界，或在地图页新建社区，再重新检查。"),
    "building_of_another_day": N_("这栋楼已经在册，保持不变：填了生效日期的文件只补充没有的楼。要更新它，请把日期改回今天再检查。"),
    "numbers_used_up": N_("“%(parent)s”内可用的编号已用完，这一行不能导入。"),
    "parent_none": N_("找不到上级%(level)s。请先导入上级边界，或在“归入”中指定上级。"),
    "parent_several": N_("上级有几个可能：%(candidates)s。请在列中写明上级编码，或在“归入”中指定。"),
    "parent_created": N_("还没有上级%(level)s“%(name)s”，将按编码 %(code)s 一并建立，没有边界。"),
    "parent_differs": N_("写明的上级是“%(stated)s”，图形却在“%(placed)s”的边界内。按写明的上级导入，请核对。"),
    "code_of_other_level": N_("编码“%(value)s”不是%(level)s一级的编码，已忽略。请检查选择的类别。"),
    "code_made": N_("“%(name)s”没有官方编码，生成本地编码 %(code)s。"),
    "code_found": N_("按名称“%(name)s”对上官方编码 %(code)s（%(official)s）。"),
    "official_ambiguous": N_("名称“%(name)s”对应多个官方编码：%(candidates)s。没有采用，改用本地编码；请核对后在文件中写明编码。"),
    "area_several": N_("名称“%(name)s”对应现有的几个区划：%(candidates)s。请在文件中写明编码。"),
    "area_repeated": N_("与第 %(first_row)s 行是同一个区划，只保留前面那一行。"),
    "name_unlisted": N_("官方名单的“%(parent)s”之下没有“%(name)s”，生成本地编码 %(code)s。请核对名称。"),
    "name_changes": N_("“%(former)s”改名为“%(name)s”。"),
    "version_replaced": N_("“%(name)s”今天已经有过一版边界，将由这一版代替；撤销本次导入可以恢复。"),
    "row_not_yours": N_("“%(name)s”不在你的辖区之内，或就是你的辖区本身：它的名称和边界由上级导入。这一行不导入。"),
    "row_elsewhere": N_("这个图形画在你的辖区之外，不导入。请由那里的单位或上级导入。"),
    "overlay_kept_apart": N_("有 %(count)s 行是开发区、监狱、林场等（第 7 至 9 位为 400 以上），作为覆盖单元保存，不当作街道。"),
}  # fmt: skip

# What `app.geo` and `boundary_import` report while they work; `tests/ground/test_import_stages.py` compares.
STAGES: dict[str, str] = {
    "": N_("等待处理"),
    "unpack": N_("取出文件"),
    "read": N_("读取文件"),
    "shapes": N_("读取并检查图形"),
    "repair": N_("修复图形"),
    "keys": N_("核对编码和名称"),
    "relations": N_("核对相邻与上级边界"),
    "write": N_("整理检查结果"),
    "stage": N_("存入待审核区"),
    "plan": N_("与现有数据比对"),
    "publish": N_("写入正式数据"),
    "done": N_("完成"),
}

STATE_WORDS: dict[str, str] = {
    "uploaded": N_("已上传"),
    "inspecting": N_("正在辨认"),
    "inspected": N_("待选择"),
    "checking": N_("正在检查"),
    "checked": N_("待确认"),
    "publishing": N_("正在写入"),
    "published": N_("已导入"),
    "undone": N_("已撤销"),
    "failed": N_("未成功"),
    "cancelled": N_("已取消"),
}

LEVEL_WORDS = {"district": N_("区"), "street": N_("街道"), "community": N_("社区")}
_SEVERITIES: dict[str, str] = {
    "row_not_yours": "refuse",
    "row_elsewhere": "refuse",
    "community_none": "refuse",
    "community_several": "refuse",
    "communities_missing": "refuse",
    "numbers_used_up": "refuse",
    "building_of_another_day": "refuse",
    "parent_none": "refuse",
    "parent_several": "refuse",
    "area_several": "refuse",
    "area_repeated": "refuse",
    "file_elsewhere": "warn",
    "community_differs": "warn",
    "community_kept": "warn",
    "parent_differs": "warn",
    "code_of_other_level": "warn",
    "official_ambiguous": "warn",
    "name_unlisted": "warn",
}


# Findings of the database itself, made once when the rows arrive and kept through every new plan.
STAGING_SENTENCES = {
    "text_shortened": N_("“%(field)s”超过 %(longest)s 个字，只保留前面的部分。请核对，或在文件里改短。"),
    "shape_refused": N_(
        "数据库认为这个图形无效（%(reason)s），这一行不能导入。请在制图软件里修正这个图形后重新导入。"
    ),
}


def sentence_of(code: str) -> str:
    """The untranslated sentence of a finding, with its placeholders."""
    return PLAN_SENTENCES.get(code) or STAGING_SENTENCES.get(code) or SENTENCES[code]


def severity_of(code: str) -> str:
    """How serious a finding of planning is: 'refuse', 'warn' or 'note'."""
    return _SEVERITIES.get(code, "note")
