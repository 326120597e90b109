"""Tables, columns and values of the journal in plain words."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import format_datetime
from flask_babel import gettext as _

from app.accounts.guard import ROLE_NAMES
from app.audit.queries import ACCOUNT_COLUMNS
from app.errors import N_
from app.ground.map_layers import KIND_NAMES, LEVEL_NAMES
from app.ground.queries.import_words import STATE_WORDS
from app.web.language import sentence

SUBJECTS = {
    "plan": N_("方案"), "zone": N_("责任区"), "zone_building": N_("楼栋归属"), "plan_exception": N_("准许的例外"),
    "building": N_("楼栋"),
    "area": N_("区划"), "area_version": N_("区划名称或边界"), "road": N_("道路"), "water": N_("水系"), "green": N_("绿地"),
    "division_code": N_("官方区划代码"), "ground_import": N_("导入"), "account": N_("账号"), "role_grant": N_("角色授权"),
    "invitation": N_("邀请"),
    "alembic_version": N_("数据库结构"), "shape": N_("表的结构"),
}  # fmt: skip
ACTIONS = {"insert": N_("新增"), "update": N_("修改"), "delete": N_("删除"), "look": N_("查看")}
COLUMNS = {
    "id": N_("编号"), "name": N_("名称"), "code": N_("编码"), "area_code": N_("辖区"), "number": N_("编号"), "colour": N_("颜色"),
    "state": N_("状态"), "during": N_("起止"), "created_by": N_("建立者"), "created_at": N_("建立时间"), "plan_id": N_("方案"),
    "zone_id": N_("责任区"), "building_id": N_("楼栋"), "footprint": N_("轮廓"), "given_point": N_("位置"), "source_key": N_("原编号"),
    "address": N_("地址"), "kind": N_("用途"), "floors": N_("层数"), "units": N_("单元"), "households": N_("户数"),
    "built_year": N_("建成年份"), "import_id": N_("来自导入"), "level": N_("级别"), "parent_code": N_("上级"),
    "is_local": N_("本地编码"), "boundary": N_("边界"), "shape": N_("图形"), "road_class": N_("道路等级"), "water_kind": N_("水系类别"),
    "green_kind": N_("绿地类别"), "urban_class": N_("城乡分类"), "file_name": N_("文件名"), "size_bytes": N_("大小"),
    "sha256": N_("文件校验值"), "inspection": N_("文件内容摘要"), "options": N_("导入选项"),
    "summary": N_("检查结果摘要"), "error": N_("出错原因"),
    "published_at": N_("写入时间"), "undone_at": N_("撤销时间"), "login": N_("账号名"), "password_hash": N_("密码"),
    "disabled_at": N_("停用时间"), "sessions_ended_at": N_("结束登录的时间"),
    "account_id": N_("账号名"), "role": N_("角色"), "given_by": N_("授权人"), "ended_by": N_("结束人"),
    "reason": N_("理由"), "granted_by": N_("准许人"), "granted_at": N_("准许时间"), "published_by": N_("发布人"),
    "lineage": N_("责任区标识"), "locked": N_("锁定"),
    "version_num": N_("版本"), "password_changed_at": N_("密码更换时间"), "totp_key": N_("动态口令"), "together": N_("可以兼任"),
    "token_hash": N_("链接"), "invited_by": N_("邀请人"), "expires_at": N_("有效期到"),
    "used_at": N_("使用时间"), "revoked_at": N_("作废时间"),
}  # fmt: skip
PLAN_STATES = {"draft": N_("草稿"), "published": N_("已发布")}
SOURCES = {
    "worker": N_("后台任务"), "cli": N_("命令行"), "migration": N_("程序升级"), "program": N_("程序"), "web": N_("网页访客"),
}  # fmt: skip
LONGEST_VALUE = 60
DIGEST = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d(?::?\d\d)?|Z)?")
RANGE = re.compile(r'[\[(]"?([^",]*)"?,"?([^",\])]*)"?[\])]')


def _dict_word(value: dict[str, Any]) -> str:
    if "md5" in value:
        return _("图形 %(md5)s", md5=value["md5"][:8])
    # What went wrong with an import.
    if "sentence" in value:
        return sentence(str(value["sentence"]), value.get("facts") or {})
    return _("%(n)s 项内容", n=len(value))


def _time_word(value: str) -> str:
    """A moment as people write it; empty when it is none."""
    if not MOMENT.fullmatch(value):
        return ""
    return str(format_datetime(datetime.fromisoformat(value), "yyyy-MM-dd HH:mm:ss"))


def _range_word(value: str) -> str:
    """From when until when; empty when it is no range."""
    found = RANGE.fullmatch(value)
    if not found:
        return ""
    since, until = (_time_word(end.replace(" ", "T")) or end for end in found.groups())
    return _("%(since)s 至 %(until)s", since=since, until=until) if until else _("%(since)s 起", since=since)


def subject_word(subject: str) -> str:
    return _(SUBJECTS[subject]) if subject in SUBJECTS else subject


def column_word(column: str) -> str:
    return _(COLUMNS[column]) if column in COLUMNS else column


def value_word(column: str, value: Any, accounts: Mapping[int, str]) -> str:
    """A kept value as a person reads it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if column in ACCOUNT_COLUMNS and isinstance(value, int):
        return accounts.get(value) or f"#{value}"
    if isinstance(value, dict):
        return _dict_word(value)
    if isinstance(value, str):
        if plain := _time_word(value) or _range_word(value):
            return plain
        if DIGEST.fullmatch(value):
            return f"{value[:8]}…"
        words = {"state": {**STATE_WORDS, **PLAN_STATES}, "kind": KIND_NAMES, "level": LEVEL_NAMES}.get(
            column, {}
        )
        if column == "role" and value in ROLE_NAMES:
            return str(ROLE_NAMES[value])
        return _(words[value]) if value in words else value[:LONGEST_VALUE]
    return str(value)[:LONGEST_VALUE]
