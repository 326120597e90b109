"""What whoever runs an installation should be told, and settings as they may be shown."""

from collections.abc import Collection, Iterator
from dataclasses import fields
from typing import NamedTuple
from urllib.parse import urlsplit

from app.config import Settings
from app.errors import N_

SECRET = ("secret_key", "tianditu_key")
ADDRESSES = ("database_url", "database_web_url", "database_public_url")
LEAST_FREE = 0.1


class Shown(NamedTuple):
    """A setting as a page shows it; of secrets only whether they are set."""

    name: str
    meaning: str
    value: str
    is_own: bool


class State(NamedTuple):
    """What warnings are made from."""

    workers: int
    failed_jobs: int
    free_share: float
    finds_by_index: bool


def shown_settings(settings: Settings, given: Collection[str]) -> list[Shown]:
    """Every setting in the order of the documentation.

    Parameters
    ----------
    settings : Settings
    given : collection of str
        Names of the environment variables that are set.

    Returns
    -------
    list of Shown
    """
    lines = []
    for one in fields(settings):
        name = one.metadata["name"] or f"WARDMAP_{one.name.upper()}"
        value = _shown_value(one.name, getattr(settings, one.name))
        lines.append(Shown(name, one.metadata["meaning"], value, name in given))
    return lines


def warnings(settings: Settings, state: State) -> Iterator[str]:
    """Sentences about what should be looked after; none when all is well.

    Parameters
    ----------
    settings : Settings
    state : State

    Yields
    ------
    str
        Marked for translation.
    """
    if not state.workers:
        yield N_("没有后台任务进程在运行：上传的文件不会被检查。请重新启动，或运行 wardmap worker。")
    if state.failed_jobs:
        yield N_("有后台任务失败了。请看数据文件夹里的日志，把最后几行告诉维护人员。")
    if state.free_share < LEAST_FREE:
        yield N_("硬盘快满了。请清理空间；满了以后什么也存不进去。")
    if not state.finds_by_index:
        yield N_(
            "这个数据库的空间索引暂时用不上，地图会慢：请数据库超级用户执行一次 docs/operating.md 里写的那条语句。"
        )
    if settings.plain_http:
        yield N_("没有用 HTTPS：同一网络里的人可以看到密码。只能在不通互联网的内部网络里试用。")
    if not settings.base_url and (settings.secure_cookies or settings.trusted_proxies or settings.plain_http):
        yield N_("没有写明本系统的网址（WARDMAP_BASE_URL）：邀请链接会按当时打开网页的地址来写。")


def _shown_value(name: str, value: object) -> str:
    if name in SECRET:
        return N_("已设置") if value else ""
    if name in ADDRESSES:
        parts = urlsplit(str(value))
        return f"{parts.username or ''}@{parts.hostname or ''}{parts.path}" if value else ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return ",".join(f"{one:g}" for one in value) if isinstance(value, tuple) else str(value)
