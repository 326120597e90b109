"""Why an installation is not started: what would put it at risk is said in one sentence, before anything is served."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

import psycopg
from flask.helpers import get_debug_flag

from app.cluster.contents import libpq_url
from app.config import CHECKOUT, Settings, is_own_machine
from app.errors import N_, DomainError, InvalidInput, NotAllowed, Unavailable

# gunicorn takes it for an application that cannot be loaded, and does not try again.
EXIT_CODE = 4
USUAL_PASSWORDS = frozenset(
    {"", "postgres", "password", "wardmap", "123456", "12345678", "admin", "root", "changeme", "密码"}
)
POWER = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
OWNS = """
SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = c.relowner
  WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND r.rolname = current_user)
"""


@contextmanager
def refused_in_words() -> Iterator[None]:
    """One sentence and an end, in place of a trace."""
    try:
        yield
    except DomainError as refused:
        sys.stderr.write(f"✗ {in_both_languages(refused)}\n")
        sys.stderr.flush()
        raise SystemExit(EXIT_CODE) from None


def in_both_languages(error: DomainError) -> str:
    """The Chinese sentence, and the English one where the catalogue has it."""
    from babel.support import Translations

    english = Translations.load(CHECKOUT / "app" / "web" / "translations", ["en"]).gettext(error.sentence)
    if english == error.sentence:
        return str(error)
    return f"{error}\n  {english % error.facts if error.facts else english}"


def refuse_exposed(settings: Settings, hosts: Iterable[str] | None) -> None:
    """Refuse what is fine for one's own machine and dangerous for others; None: nobody knows where it will listen.

    Raises InvalidInput naming the setting.
    """
    open_to_others = hosts is None or not all(is_own_machine(host) for host in hosts)
    address = urlsplit(settings.base_url)
    if address.hostname and not is_own_machine(address.hostname):
        open_to_others = True
    if not open_to_others:
        return
    if get_debug_flag():
        raise InvalidInput(
            "debug_exposed",
            N_(
                "调试模式（FLASK_DEBUG）只能在本机使用，不能对外服务：它会让别人在服务器上执行程序。请去掉后再启动。"
            ),
        )
    if settings.plain_http or address.scheme == "https":
        return
    raise InvalidInput(
        "plain_http_exposed",
        N_(
            "对本机以外服务要用 HTTPS：请在前面放反向代理，设 WARDMAP_BASE_URL=https://…、WARDMAP_SECURE_COOKIES=1。"
            "只在不通互联网的内部网络里试用时，可设 WARDMAP_PLAIN_HTTP=yes。"
        ),
    )


def refuse_weak_database(settings: Settings) -> None:
    """Refuse database roles that row-level security does not bind, and passwords that everybody knows."""
    given = {"DATABASE_URL": settings.database_url, "DATABASE_WEB_URL": settings.database_web_url}
    parts = {name: urlsplit(url) for name, url in given.items() if url}
    for name, one in parts.items():
        host = one.hostname or ""
        password = unquote(one.password or "")
        if host and not is_own_machine(host) and (password in USUAL_PASSWORDS or password == one.username):
            raise InvalidInput(
                "database_password_usual",
                N_("%(name)s 里的数据库密码人人都猜得到。请在数据库里换一个随机的密码，再改这里。"),
                name=name,
            )
    if len(parts) == 2 and settings.database_web_url != settings.database_url:
        owner, web = parts["DATABASE_URL"], parts["DATABASE_WEB_URL"]
        if owner.username == web.username or (web.password and owner.password == web.password):
            raise InvalidInput(
                "database_roles_same",
                N_(
                    "DATABASE_URL 与 DATABASE_WEB_URL 要用不同的角色和不同的密码，否则网页服务等于拥有全部权限。"
                ),
            )
    for name in parts:
        _refuse_powerful(name, given[name], owns=name == "DATABASE_WEB_URL" and len(parts) == 2)


def _refuse_powerful(name: str, url: str, *, owns: bool) -> None:
    try:
        with psycopg.connect(libpq_url(url), connect_timeout=10) as connection:
            [(powerful,)] = connection.execute(POWER).fetchall()
            [(owner,)] = connection.execute(OWNS).fetchall() if owns else [(False,)]
            role = connection.info.user
    except psycopg.OperationalError:
        raise Unavailable(
            "database_away", N_("暂时连不上 %(name)s 的数据库，没有启动。请检查后再启动。"), name=name
        ) from None
    if powerful or owner:
        raise NotAllowed(
            "role_powerful",
            N_(
                "%(name)s 的角色 %(role)s 权限太大（超级用户、可绕过隔离，或拥有表）。请换一个普通角色，见 docs/operating.md。"
            ),
            name=name,
            role=role,
        )
