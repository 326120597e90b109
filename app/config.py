"""Settings: read once from the environment, typed, frozen, refused at start when wrong."""

import ipaddress
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
COMPLIANCE = ("none", "mlps2", "mlps3")
BASEMAPS = ("none", "tianditu", "amap", "osm", "wmts")
# More than this is a slip of the finger, or a machine that would not bear it.
MOST = {
    "web_processes": 64, "web_threads": 64, "web_waiting": 900, "session_hours": 168, "trusted_proxies": 5, "max_upload_mb": 4096,
}  # fmt: skip
KNOWN_WORDS = (
    "changeme", "change-me", "change_me", "secret", "password", "example", "default", "wardmap", "correct-horse", "qwerty",
    "123456789", "abcdefgh", "these tests know", "密码", "密钥",
)  # fmt: skip


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
    web_waiting: int = _setting(64, "每个进程排队等候的请求数上限，超过的立即答复“忙”；没有登录的最多占一半")
    base_url: str = _setting(
        "", "大家打开本系统所用的地址，例如 https://ward.example.gov.cn；为空时按收到的主机名"
    )
    plain_http: bool = _setting(False, "允许不经 HTTPS 对本机以外服务；只用于不通互联网的内部网络")
    session_hours: int = _setting(12, "登录后无操作自动退出的小时数")
    compliance: str = _setting(
        "none", "等级保护测评要求的登录规则：none、mlps2（二级）或 mlps3（三级），见 docs/security.md"
    )
    second_factor_roles: str = _setting(
        "", "除 WARDMAP_COMPLIANCE 要求的以外，还有哪些角色必须使用动态口令，逗号分隔"
    )
    retention_account_days: int = _setting(365, "账号停用多少天后，账号名换成代号、密码等一并清除")
    retention_file_days: int = _setting(7, "上传的文件、暂存内容和样例最多留多少天")
    fresh_minutes: int = _setting(15, "做重要操作前，多少分钟没有输过密码就再问一次")
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

    @property
    def device_cookie_name(self) -> str:
        return "__Host-wardmap-device" if self.secure_cookies else "wardmap_device"

    @property
    def language_cookie(self) -> str:
        return f"{self.cookie_name}_language"


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
    if place.exists():
        if place.stat().st_mode & 0o077:
            raise InvalidInput(
                "secret_exposed",
                N_(
                    "密钥文件 %(place)s 别的账户也能读。请执行 chmod 600，并删掉它换一个新的（大家会重新登录）。"
                ),
                place=place,
            )
    else:
        settings.home.mkdir(parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as fresh:
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
    _refuse_wrong_numbers(settings)
    choices = {"language": ("zh", "en"), "basemap": BASEMAPS, "compliance": COMPLIANCE}
    for name, known in choices.items():
        if getattr(settings, name) not in known:
            raise _wrong(f"WARDMAP_{name.upper()}", getattr(settings, name))
    if settings.time_zone not in available_timezones():
        raise _wrong("WARDMAP_TIME_ZONE", settings.time_zone)
    _refuse_wrong_basemap(settings)
    _refuse_weak_secret(settings)
    if settings.home.is_relative_to(CHECKOUT / "app"):
        raise _wrong("WARDMAP_HOME", str(settings.home))
    _refuse_wrong_address(settings)
    west, south, east, north = settings.box
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise _wrong("WARDMAP_BOX", ",".join(map(str, settings.box)))
    for name in ("database_url", "database_web_url", "database_public_url"):
        url = getattr(settings, name)
        if url and not url.startswith(("postgresql://", "postgresql+psycopg://", "postgres://")):
            raise InvalidInput("setting_wrong", N_("%(name)s 要以 postgresql:// 开头。"), name=name.upper())


def _refuse_wrong_numbers(settings: Settings) -> None:
    for name in ("max_upload_mb", "max_unpacked_mb", "max_features", "max_vertices", "import_memory_mb", "import_wall_s",
                 "web_processes", "web_threads", "web_waiting", "session_hours",
                 "fresh_minutes", "export_features", "retention_account_days", "retention_file_days"):  # fmt: skip
        if not 1 <= getattr(settings, name) <= MOST.get(name, 2**31):
            raise _wrong(f"WARDMAP_{name.upper()}", str(getattr(settings, name)))
    if not 0 <= settings.trusted_proxies <= MOST["trusted_proxies"]:
        raise _wrong("WARDMAP_TRUSTED_PROXIES", str(settings.trusted_proxies))


def _refuse_weak_secret(settings: Settings) -> None:
    if settings.secret_key and len(settings.secret_key) < 32:
        raise InvalidInput("setting_wrong", N_("WARDMAP_SECRET_KEY 太短，至少要 32 个字符。"))
    if settings.secret_key and is_guessable(settings.secret_key):
        raise InvalidInput(
            "setting_wrong",
            N_(
                "WARDMAP_SECRET_KEY 容易猜到（重复、太规律，或是示例里的）。请用 openssl rand -base64 48 生成一个。"
            ),
        )


def is_guessable(key: str) -> bool:
    """Whether a key has few different characters, is one word over and over, or stands in somebody's documentation."""
    plain = key.lower()
    repeats = (plain + plain).find(plain, 1) < len(plain)
    return repeats or len(set(key)) < 8 or any(word in plain for word in KNOWN_WORDS)


def _refuse_wrong_address(settings: Settings) -> None:
    """What browsers are told of this installation must fit together."""
    if not settings.base_url:
        return
    found = re.fullmatch(r"(https?)://[^\s/?#@\\]+/?", settings.base_url)
    if found is None:
        raise _wrong("WARDMAP_BASE_URL", settings.base_url)
    scheme = found[1]
    if scheme == "https" and not settings.secure_cookies:
        raise InvalidInput(
            "cookies_insecure",
            N_(
                "WARDMAP_BASE_URL 是 https，但 WARDMAP_SECURE_COOKIES 没有打开。请设 WARDMAP_SECURE_COOKIES=1。"
            ),
        )
    if scheme == "http" and settings.secure_cookies:
        raise InvalidInput(
            "cookies_never_sent",
            N_(
                "WARDMAP_SECURE_COOKIES 打开了，但 WARDMAP_BASE_URL 不是 https，这样谁也登录不了。请改用 https 地址。"
            ),
        )
    if scheme == "http" and not settings.plain_http and settings.trusted_proxies:
        raise InvalidInput(
            "proxy_without_tls",
            N_(
                "前面有反向代理（WARDMAP_TRUSTED_PROXIES），WARDMAP_BASE_URL 却不是 https。请在代理上配置 HTTPS。"
            ),
        )


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


def is_own_machine(host: str) -> bool:
    """Whether only programs of this machine can reach this address."""
    if host in ("localhost", "unix") or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
