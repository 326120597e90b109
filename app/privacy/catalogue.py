"""Every table has a level here, and every column that tells something of a person has an entry of its own.

P0 may be known by everybody, P1 is for those who work here, P2 tells something of a person, P3 would harm them in wrong hands.
The test that compares this with the tables says what is missing; `docs/personal-data.md` is written from it.
"""

from typing import Final, Literal, NamedTuple

Level = Literal["P0", "P1", "P2", "P3"]


class Field(NamedTuple):
    """Why something personal is kept, for how long, and who sees it as it is."""

    level: Level
    what: str
    purpose: str
    keep: str
    seen_by: str


# Of all columns of a table that have no entry of their own below.
TABLES: Final[dict[str, Level]] = {
    # what a map shows
    "area": "P0", "area_version": "P0", "division_code": "P0", "road": "P0", "water": "P0", "green": "P0",
    "building": "P1", "building_change": "P1", "revision": "P0",
    # work on zones
    "plan": "P1", "plan_step": "P1", "zone": "P1", "zone_building": "P1", "plan_exception": "P1",
    # files that were brought in
    "ground_import": "P1", "import_file": "P1", "import_part": "P2", "import_row": "P1", "import_finding": "P1",
    "import_former": "P1",
    # logins
    "account": "P1", "role_grant": "P1", "invitation": "P1", "invitation_batch": "P1", "browser_session": "P1", "known_device": "P1",
    "former_password": "P3", "recovery_code": "P3", "attempt": "P1",
    # what happened
    "journal": "P1", "journal_block": "P1", "journal_head": "P1", "journal_check": "P1", "request_key": "P1",
}  # fmt: skip

_NOBODY = "谁也看不到（只存散列或密文）"
_ACCOUNT = "账号停用后 {retention_account_days} 天换成代号"
_SESSION = "登录结束或过期即删"

PERSONAL: Final[dict[tuple[str, str], Field]] = {
    ("account", "login"): Field(
        "P2", "账号名", "登录；说明一项改动是谁做的", _ACCOUNT, "本人；管理账号的人；同一辖区里看方案、导入和记录的人"
    ),
    ("account", "password_hash"): Field("P3", "密码", "登录", "账号停用后换成代号时清空", _NOBODY),
    ("account", "totp_key"): Field("P3", "动态口令密钥", "登录的第二步", "停用第二步或换成代号时清空", _NOBODY),
    ("former_password", "password_hash"): Field(
        "P3", "用过的密码", "等级保护要求不得重复使用近期密码", "只留最近几个，换成代号时删除", _NOBODY
    ),
    ("recovery_code", "code_hash"): Field("P3", "恢复码", "手机丢失时登录", "用过即删，换成代号时删除", _NOBODY),
    ("browser_session", "token_hash"): Field("P2", "登录标记", "认出已经登录的浏览器", _SESSION, _NOBODY),
    ("browser_session", "contents"): Field("P2", "登录状态", "表单防伪、语言之类", _SESSION, _NOBODY),
    ("browser_session", "device"): Field("P2", "浏览器和系统的大类", "让本人认出自己的登录", _SESSION, "本人"),
    ("browser_session", "network"): Field("P2", "网络的大致地址（去掉末段）", "让本人认出陌生的登录", _SESSION, "本人"),
    ("browser_session", "seen_at"): Field("P2", "最近使用时间", "让本人认出自己的登录", _SESSION, "本人；管理账号的人只看到日期"),
    ("known_device", "token_hash"): Field("P2", "用过的设备标记", "别人乱猜密码时不拖慢本人", "半年不用即删", _NOBODY),
    ("attempt", "key"): Field("P2", "登录尝试的计数（账号和网络的散列）", "放慢猜密码的人", "安静一刻钟后，每小时清除一次", _NOBODY),
    ("import_part", "content"): Field(
        "P2", "上传文件的原文", "检查和写入；文件里可能夹带没有用到的列", "写入、撤销或放弃后即删，最长 7 天", "同一辖区里导入的人"
    ),
    ("ground_import", "inspection"): Field(
        "P2", "上传文件各列的几个样例", "让人选对列", "导入结束 7 天后清空", "同一辖区里导入的人"
    ),
    ("invitation", "token_hash"): Field("P2", "邀请链接", "第一次登录", "用过、作废或过期即失效", _NOBODY),
}  # fmt: skip


def level_of(table: str, column: str) -> Level:
    """How carefully a column is handled; KeyError for a table that nobody has thought about."""
    field = PERSONAL.get((table, column))
    return field.level if field else TABLES[table]
