"""A PostGIS of the operator's own (DATABASE_URL): is it enough, and if not, what exactly is missing."""

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from app.cluster.contents import LET_FIND, finds_by_index, libpq_url
from app.cluster.programs import EXTENSIONS, OLDEST_MAJOR
from app.errors import DomainError, NotAllowed, Unavailable

OLDEST_POSTGIS = (3, 3)


def check_given_database(url: str) -> bool:
    """Refuse with a sentence unless the database can carry Wardmap; creates a missing extension when it may.

    False when spatial searches will be slow, because only a superuser could let them use an index.
    """
    conninfo = libpq_url(url)
    try:
        with psycopg.connect(conninfo, autocommit=True, connect_timeout=10) as connection:
            _check_server(connection)
            for extension in EXTENSIONS:
                _check_extension(connection, extension)
            _check_postgis_version(connection)
            _check_rights(connection)
            return _let_indexes_be_used(connection)
    except psycopg.OperationalError as error:
        raise _unreachable(conninfo, error) from error
    except psycopg.ProgrammingError as error:
        raise Unavailable(
            "database_url_wrong",
            "DATABASE_URL 不能用：%(reason)s。 DATABASE_URL cannot be used: %(reason)s.",
            reason=_first_line(error),
        ) from error


def _check_server(connection: psycopg.Connection) -> None:
    major = connection.info.server_version // 10_000
    if major < OLDEST_MAJOR:
        raise Unavailable(
            "server_too_old",
            "DATABASE_URL 指向 PostgreSQL %(major)s，而 Wardmap 需要 %(oldest)s 或更新版本。"
            " DATABASE_URL leads to PostgreSQL %(major)s; Wardmap needs %(oldest)s or newer.",
            major=major,
            oldest=OLDEST_MAJOR,
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise Unavailable(
            "database_not_utf8",
            "DATABASE_URL 的数据库编码是 %(encoding)s，不能保存中文：请用 ENCODING 'UTF8' 另建一个数据库。"
            " The database of DATABASE_URL is encoded in %(encoding)s: create one with ENCODING 'UTF8'.",
            encoding=encoding,
        )


def _check_extension(connection: psycopg.Connection, extension: str) -> None:
    if connection.execute("SELECT 1 FROM pg_extension WHERE extname = %s", [extension]).fetchone():
        return
    installed = connection.execute(
        "SELECT 1 FROM pg_available_extensions WHERE name = %s", [extension]
    ).fetchone()
    if not installed:
        raise Unavailable(
            "extension_missing",
            "DATABASE_URL 的服务器没有安装扩展 %(extension)s：请在那台服务器上安装它的软件包。"
            " The server of DATABASE_URL lacks the extension %(extension)s: install its package on that server.",
            extension=extension,
        )
    try:
        connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
    except psycopg.errors.InsufficientPrivilege:
        raise NotAllowed(
            "extension_not_allowed",
            "角色 %(role)s 无权建立扩展 %(extension)s：请管理员在数据库 %(database)s 中执行 CREATE EXTENSION %(extension)s。"
            " The role %(role)s may not create the extension %(extension)s:"
            " ask an administrator to run CREATE EXTENSION %(extension)s in the database %(database)s.",
            role=connection.info.user,
            database=connection.info.dbname,
            extension=extension,
        ) from None


def _check_postgis_version(connection: psycopg.Connection) -> None:
    row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'postgis'").fetchone()
    version = row[0] if row else "0"
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_POSTGIS:
        raise Unavailable(
            "postgis_too_old",
            "DATABASE_URL 的 PostGIS 是 %(version)s，而 Wardmap 需要 %(oldest)s 或更新版本。"
            " The PostGIS of DATABASE_URL is %(version)s; Wardmap needs %(oldest)s or newer.",
            version=version,
            oldest=".".join(map(str, OLDEST_POSTGIS)),
        )


def _check_rights(connection: psycopg.Connection) -> None:
    """Migrations make tables in the current schema."""
    row = connection.execute(
        "SELECT current_schema(), coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)"
    ).fetchone()
    schema, may_create = row if row else (None, False)
    if not may_create:
        raise NotAllowed(
            "right_missing",
            "角色 %(role)s 在数据库 %(database)s 的模式 %(schema)s 中没有 CREATE 权限：请管理员授予，或让它成为数据库的所有者。"
            " The role %(role)s lacks the right CREATE on the schema %(schema)s of the database %(database)s:"
            " ask an administrator to grant it, or to make the role the database's owner.",
            role=connection.info.user,
            database=connection.info.dbname,
            schema=schema or "public",
        )


def _let_indexes_be_used(connection: psycopg.Connection) -> bool:
    if finds_by_index(connection):
        return True
    try:
        connection.execute(LET_FIND)
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def _unreachable(conninfo: str, error: psycopg.OperationalError) -> DomainError:
    """Name the place, never the password."""
    try:
        parts = conninfo_to_dict(conninfo)
    except psycopg.ProgrammingError:
        parts = {}
    return Unavailable(
        "database_unreachable",
        "连不上 DATABASE_URL 的数据库（主机 %(host)s，数据库 %(database)s，角色 %(role)s）：%(reason)s。"
        " The database of DATABASE_URL (host %(host)s, database %(database)s, role %(role)s)"
        " cannot be reached: %(reason)s.",
        host=parts.get("host", "localhost"),
        database=parts.get("dbname", "?"),
        role=parts.get("user", "?"),
        reason=_first_line(error),
    )


def _first_line(error: Exception) -> str:
    return (
        str(error).strip().splitlines()[-1].strip().rstrip(".")
        if str(error).strip()
        else type(error).__name__
    )
