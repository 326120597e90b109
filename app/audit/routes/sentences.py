"""A line of the journal as a sentence."""

from collections.abc import Callable
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _

from app.accounts.guard import ROLE_NAMES
from app.audit.queries import Line, Names, account_of, zones_in
from app.audit.routes.words import SOURCES, column_word, subject_word, value_word

MOST_COLUMNS = 3


def who(line: Line, names: Names) -> str:
    """Whose doing it was."""
    if line.account_id is not None:
        return account_word(line.account_id, names)
    if line.source in SOURCES:
        return _(SOURCES[line.source])
    return _("数据库角色 %(role)s", role=line.db_role)


def account_word(account_id: int, names: Names) -> str:
    """What an account is called now."""
    return names.accounts.get(account_id) or _("账号 #%(id)s", id=account_id)


def label(subject: str, row: dict[str, Any], names: Names) -> str:
    """What people call a changed row; accounts are looked up, because lines keep only their numbers."""
    account_id = account_of(subject, row)
    if account_id is None:
        return str(row.get("is") or row.get("id") or "–")
    _number, _sep, role = str(row.get("is") or "").partition(" ")
    return f"{account_word(account_id, names)} {ROLE_NAMES.get(role, role)}".strip()


def sentence(line: Line, names: Names) -> str:
    """Who did what where, in one sentence."""
    facts = {
        "who": who(line, names),
        "where": names.areas.get(line.area_code) or line.area_code or _("全部辖区"),
        "thing": subject_word(line.subject),
        "n": format_decimal(line.rows),
    }
    special = SPECIAL.get(line.subject)
    if line.action == "look":
        return _look(line, facts)
    return (special and special(line, facts, names)) or _plain(line, facts, names)


def first_change(line: Line) -> dict[str, Any]:
    """The first row of a line; empty for the summary of many."""
    return line.changes[0] if isinstance(line.changes, list) and line.changes else {}


def _look(line: Line, facts: dict[str, Any]) -> str:
    columns = "、".join(column_word(field) for field in line.changes.get("fields") or ())
    return _(
        "%(who)s 查看了 %(n)s 个%(thing)s的%(columns)s，理由：%(reason)s",
        columns=columns or "–", reason=line.changes.get("reason") or "–", **facts,
    )  # fmt: skip


def _plain(line: Line, facts: dict[str, Any], names: Names) -> str:
    one = first_change(line)
    facts["label"] = label(line.subject, one, names) if one else "–"
    if line.rows != 1 or not one:
        match line.action:
            case "insert":
                return _("%(who)s 在%(where)s新增了 %(n)s 条%(thing)s", **facts)
            case "delete":
                return _("%(who)s 在%(where)s删除了 %(n)s 条%(thing)s", **facts)
            case _:
                columns = "、".join(column_word(name) for name in list(one.get("after") or {})[:MOST_COLUMNS])
                return _(
                    "%(who)s 在%(where)s修改了 %(n)s 条%(thing)s（%(columns)s）",
                    columns=columns or "–",
                    **facts,
                )
    if line.action == "insert":
        return _("%(who)s 在%(where)s新增了%(thing)s“%(label)s”", **facts)
    if line.action == "delete":
        return _("%(who)s 在%(where)s删除了%(thing)s“%(label)s”", **facts)
    return _changed(one, facts, names)


def _changed(one: dict[str, Any], facts: dict[str, Any], names: Names) -> str:
    before, after = one.get("before") or {}, one.get("after") or {}
    changed = list(after or before)
    if changed == ["name"]:
        return _(
            "%(who)s 在%(where)s把%(thing)s“%(before)s”改名为“%(after)s”",
            before=before["name"] or "–",
            after=after["name"] or "–",
            **facts,
        )
    said = [
        f"{column_word(name)} {value_word(name, before.get(name), names.accounts)}"
        f" → {value_word(name, after.get(name), names.accounts)}"
        for name in changed
    ]
    what = "；".join(said[:MOST_COLUMNS])
    if len(said) > MOST_COLUMNS:
        what = _("%(what)s，等 %(n)s 项", what=what, n=len(said))
    return _("%(who)s 在%(where)s修改了%(thing)s“%(label)s”：%(what)s", what=what, **facts)


def _buildings_in_zones(line: Line, facts: dict[str, Any], names: Names) -> str:
    zones = zones_in(line)
    if len(zones) > 1:
        facts["zone"] = _("几个责任区（共 %(n)s 个）", n=len(zones))
    elif zones and zones[0] in names.zones:
        number, name, plan = names.zones[zones[0]]
        facts["zone"] = _(
            "方案“%(plan)s”的责任区 %(number)s %(name)s", plan=plan, number=number, name=name
        ).rstrip()
    else:
        facts["zone"] = _("一个后来删除的责任区")
    match line.action:
        case "insert":
            return _("%(who)s 在%(where)s把 %(n)s 栋楼划入%(zone)s", **facts)
        case "update":
            return _("%(who)s 在%(where)s把 %(n)s 栋楼改划到%(zone)s", **facts)
        case _:
            return _("%(who)s 在%(where)s把 %(n)s 栋楼移出%(zone)s", **facts)


def _account(line: Line, facts: dict[str, Any], names: Names) -> str:
    one = first_change(line)
    if line.rows != 1 or line.action != "update":
        return ""
    facts["label"], after = label(line.subject, one, names), one.get("after") or {}
    if "password_hash" in after:
        return _("%(who)s 重设了账号“%(label)s”的密码", **facts)
    if list(after) == ["sessions_ended_at"]:
        return _("%(who)s 结束了账号“%(label)s”的所有登录", **facts)
    if list(after) == ["disabled_at"]:
        return (
            _("%(who)s 停用了账号“%(label)s”", **facts)
            if after["disabled_at"]
            else _("%(who)s 重新启用了账号“%(label)s”", **facts)
        )
    return ""


def _role_grant(line: Line, facts: dict[str, Any], names: Names) -> str:
    if line.rows != 1 or not first_change(line):
        return ""
    account, _sep, role = label(line.subject, first_change(line), names).rpartition(" ")
    facts |= {"label": account, "role": role}
    match line.action:
        case "insert":
            return _("%(who)s 授予账号“%(label)s”在%(where)s的角色“%(role)s”", **facts)
        case "update" if "during" in (first_change(line).get("after") or {}):
            return _("%(who)s 结束了账号“%(label)s”在%(where)s的角色“%(role)s”", **facts)
        case _:
            return ""


def _upgrade(line: Line, facts: dict[str, Any], names: Names) -> str:
    one = first_change(line)
    before, after = ((one.get(side) or {}).get("version_num", "–") for side in ("before", "after"))
    return _("程序升级了数据库结构：%(before)s → %(after)s", before=before, after=after)


def _shape(line: Line, facts: dict[str, Any], names: Names) -> str:
    """Past the program, in the database itself: triggers switched off, a table changed or dropped."""
    one = first_change(line)
    what = f"{one.get('is', '')} {one.get('id', '')}".strip()
    return _("数据库角色 %(role)s 改动了表的结构：%(what)s", role=line.db_role, what=what)


SPECIAL: dict[str, Callable[[Line, dict[str, Any], Names], str]] = {
    "zone_building": _buildings_in_zones,
    "account": _account,
    "role_grant": _role_grant,
    "alembic_version": _upgrade,
    "shape": _shape,
}
