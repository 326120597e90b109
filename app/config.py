"""Settings: read once from the environment, typed, frozen, refused at start when wrong."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints
from zoneinfo import available_timezones

from app.errors import N_, InvalidInput

CHECKOUT = Path(__file__).resolve().parent.parent
BASEMAPS = ("none", "tianditu", "amap", "osm", "wmts")


def _setting(default: Any, meaning: str, name: str | None = None) -> Any:
    """Declare one setting: its default, what it means, and its environment variable if not WARDMAP_*."""
    factory: dict[str, Any] = {"default_factory": default} if callable(default) else {"default": default}
    return field(**factory, metadata={"meaning": meaning, "name": name})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything an operator can set. `docs/settings.md` lists the same names; a test compares the two."""

    home: Path = _setting(CHECKOUT / "var", "数据文件夹：私有数据库、密钥、日志")
    database_url: str = _setting("", "使用自己的 PostGIS；为空时启动私有数据库", "DATABASE_URL")
    database_web_url: str = _setting(
        "", "网页服务用的数据库地址：另一个角色，不拥有任何表；为空时与 DATABASE_URL 相同", "DATABASE_WEB_URL"
    )
    database_public_url: str = _setting(
        "",
        "不用登录的页面所用的数据库地址：角色 wardmap_public，只能读公开视图；为空时与网页服务相同",
        "DATABASE_PUBLIC_URL",
    )
    secret_key: str = _setting("", "会话与表单签名密钥，至少 32 个字符；为空时在数据文件夹内生成")
    language: str = _setting("zh", "默认界面语言：zh 或 en")
    time_zone: str = _setting("Asia/Shanghai", "显示时间所用的时区")
    metric_srid: int = _setting(4549, "量测面积和长度所用的投影坐标系（EPSG 编号）")
    box: tuple[float, float, float, float] = _setting(
        (-180.0, -90.0, 180.0, 90.0), "本系统接受的经纬度范围：西,南,东,北"
    )
    max_upload_mb: int = _setting(200, "上传文件的大小上限（MB）")
    max_unpacked_mb: int = _setting(1000, "压缩包解开后的大小上限（MB）")
    max_features: int = _setting(500_000, "一个文件的要素个数上限")
    max_vertices: int = _setting(10_000, "一个要素的顶点个数上限")
    import_memory_mb: int = _setting(2048, "检查文件的子进程可用内存上限（MB）")
    import_wall_s: int = _setting(600, "检查一个文件的时间上限（秒）")
    web_processes: int = _setting(2, "网页服务进程数")
    web_threads: int = _setting(4, "每个进程的线程数")
    session_hours: int = _setting(12, "登录后无操作自动退出的小时数")
    secure_cookies: bool = _setting(False, "只在 HTTPS 下发送会话标记；经 HTTPS 对外服务时必须打开")
    trusted_proxies: int = _setting(0, "前面反向代理的层数，用于识别真实的访问地址")
    basemap: str = _setting("none", "底图：none、tianditu、amap、osm 或 wmts")
    tianditu_key: str = _setting("", "天地图浏览器端密钥")
    wmts_url: str = _setting("", "单位自有底图的瓦片地址，含 {z} {x} {y}")
    wmts_attribution: str = _setting("", "自有底图的版权说明")
    map_review_no: str = _setting("", "审图号，显示在地图下方")
    export_features: int = _setting(3000, "独立 HTML 地图最多包含的建筑个数")

    @property
    def cookie_name(self) -> str:
        return "__Host-wardmap" if self.secure_cookies else "wardmap"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read settings from the environment, or raise InvalidInput naming the variable that is wrong."""
    environ = os.environ if environ is None else environ
    kinds = get_type_hints(Settings)
    values: dict[str, Any] = {}
    for one in fields(Settings):
        name = variable_name(one)
        raw = environ.get(name, "").strip()
        if raw:
            values[one.name] = _read_value(name, raw, kinds[one.name])
    _refuse_unknown(environ)
    settings = Settings(**values)
    _refuse_wrong(settings)
    return settings


def variable_name(one: Any) -> str:
    """The environment variable of a settings field."""
    return str(one.metadata["name"] or f"WARDMAP_{one.name.upper()}")


def secret_key(settings: Settings) -> str:
    """The signing key: the one that was set, or one kept in the data folder, made on first use."""
    if settings.secret_key:
        return settings.secret_key
    place = settings.home / "secret_key"
    if not place.exists():
        settings.home.mkdir(parents=True, exist_ok=True)
        try:
            with place.open("x", encoding="ascii") as fresh:
                place.chmod(0o600)
                fresh.write(secrets.token_urlsafe(48))
        except FileExistsError:
            pass
    return place.read_text(encoding="ascii")


def _read_value(name: str, raw: str, kind: Any) -> Any:
    try:
        if kind is bool:
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[
                raw.lower()
            ]
        if kind is int:
            return int(raw)
        if kind is Path:
            return Path(raw).expanduser().resolve()
        if kind is str:
            return raw
        west, south, east, north = (float(part) for part in raw.split(","))
    except (KeyError, ValueError):
        raise _wrong(name, raw) from None
    return west, south, east, north


def _refuse_wrong(settings: Settings) -> None:
    for name in ("max_upload_mb", "max_unpacked_mb", "max_features", "max_vertices", "import_memory_mb",
                 "import_wall_s", "web_processes", "web_threads", "session_hours", "export_features"):  # fmt: skip
        if getattr(settings, name) < 1:
            raise _wrong(f"WARDMAP_{name.upper()}", str(getattr(settings, name)))
    if settings.language not in ("zh", "en"):
        raise _wrong("WARDMAP_LANGUAGE", settings.language)
    if settings.time_zone not in available_timezones():
        raise _wrong("WARDMAP_TIME_ZONE", settings.time_zone)
    if settings.basemap not in BASEMAPS:
        raise _wrong("WARDMAP_BASEMAP", settings.basemap)
    _refuse_wrong_basemap(settings)
    if settings.secret_key and len(settings.secret_key) < 32:
        raise InvalidInput("setting_wrong", N_("WARDMAP_SECRET_KEY 太短，至少要 32 个字符。"))
    west, south, east, north = settings.box
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise _wrong("WARDMAP_BOX", ",".join(map(str, settings.box)))
    for name in ("database_url", "database_web_url", "database_public_url"):
        url = getattr(settings, name)
        if url and not url.startswith(("postgresql://", "postgresql+psycopg://", "postgres://")):
            raise InvalidInput("setting_wrong", N_("%(name)s 要以 postgresql:// 开头。"), name=name.upper())


def _refuse_wrong_basemap(settings: Settings) -> None:
    if settings.basemap == "tianditu" and not re.fullmatch(r"[0-9a-fA-F]{32}", settings.tianditu_key):
        raise InvalidInput(
            "setting_wrong",
            N_("底图选了天地图，但 WARDMAP_TIANDITU_KEY 不是 32 位密钥。请到天地图网站申请浏览器端密钥。"),
        )
    if settings.basemap == "wmts" and not all(part in settings.wmts_url for part in ("{z}", "{x}", "{y}")):
        raise _wrong("WARDMAP_WMTS_URL", settings.wmts_url)


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = {variable_name(one) for one in fields(Settings)} | {"WARDMAP_REAL_DATA"}
    for name in environ:
        if name.startswith("WARDMAP_") and name not in known:
            raise InvalidInput(
                "setting_unknown",
                N_("没有名为 %(name)s 的设置。请对照 docs/settings.md 检查拼写。"),
                name=name,
            )


def _wrong(name: str, value: str) -> InvalidInput:
    return InvalidInput(
        "setting_wrong",
        N_("设置 %(name)s 的值“%(value)s”不能用。请对照 docs/settings.md 改正。"),
        name=name,
        value=value,
    )
