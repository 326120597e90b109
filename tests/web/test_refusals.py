"""What is dangerous is not started: one sentence each, by the launcher and by whatever serves `app.wsgi`."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit
from uuid import uuid4

import psycopg
import pytest

from app.cli.refusals import refuse_exposed, refuse_weak_database
from app.config import Settings, is_guessable, is_own_machine, read_settings, secret_key
from app.errors import DomainError
from tests.conftest import CHECKOUT, copy_database, database_name

KEY = "Zt5wQ8nLx2Vb7Rk4Jd9Gh3Ym6Pc1Sf0Ae"
HTTPS = {"WARDMAP_BASE_URL": "https://ward.example.cn", "WARDMAP_SECURE_COOKIES": "1"}
OPEN_HOST = "0.0.0.0"
# What is set, where it listens, and what the sentence must name.
BAD: dict[str, tuple[dict[str, str], str, str]] = {
    "debug for others": ({**HTTPS, "FLASK_DEBUG": "1"}, OPEN_HOST, "FLASK_DEBUG"),
    "debug behind a proxy": ({**HTTPS, "FLASK_DEBUG": "true"}, "127.0.0.1", "FLASK_DEBUG"),
    "a short secret": ({"WARDMAP_SECRET_KEY": "short"}, "127.0.0.1", "WARDMAP_SECRET_KEY"),
    "a repeated secret": ({"WARDMAP_SECRET_KEY": "Zt5wQ8nLx2" * 4}, "127.0.0.1", "WARDMAP_SECRET_KEY"),
    "a flat secret": ({"WARDMAP_SECRET_KEY": "abababacbabababacbababacbaabbccaa"}, "127.0.0.1", "WARDMAP_SECRET_KEY"),
    "a secret of examples": ({"WARDMAP_SECRET_KEY": "please-change-me-before-going-live-0815"}, "127.0.0.1", "WARDMAP_SECRET_KEY"),
    "a secret of these tests": (
        {"WARDMAP_SECRET_KEY": "a key that only these tests know, long enough"}, "127.0.0.1", "WARDMAP_SECRET_KEY",
    ),
    "open without TLS": ({}, OPEN_HOST, "WARDMAP_PLAIN_HTTP"),
    "open by name without TLS": ({}, "::", "WARDMAP_PLAIN_HTTP"),
    "a plain address": ({"WARDMAP_BASE_URL": "http://ward.example.cn"}, "127.0.0.1", "WARDMAP_BASE_URL"),
    "cookies not bound": ({"WARDMAP_BASE_URL": "https://ward.example.cn"}, "127.0.0.1", "WARDMAP_SECURE_COOKIES"),
    "cookies never sent": (
        {"WARDMAP_BASE_URL": "http://127.0.0.1:8000", "WARDMAP_SECURE_COOKIES": "1"}, "127.0.0.1", "WARDMAP_SECURE_COOKIES",
    ),
    "a proxy without TLS": (
        {"WARDMAP_BASE_URL": "http://127.0.0.1:8000", "WARDMAP_TRUSTED_PROXIES": "1"}, "127.0.0.1", "WARDMAP_TRUSTED_PROXIES",
    ),
    "an address with a path": ({**HTTPS, "WARDMAP_BASE_URL": "https://ward.example.cn/app"}, "127.0.0.1", "WARDMAP_BASE_URL"),
    "an address with a login": ({**HTTPS, "WARDMAP_BASE_URL": "https://a:b@ward.example.cn"}, "127.0.0.1", "WARDMAP_BASE_URL"),
    "too many proxies": ({"WARDMAP_TRUSTED_PROXIES": "99"}, "127.0.0.1", "WARDMAP_TRUSTED_PROXIES"),
    "sessions without end": ({"WARDMAP_SESSION_HOURS": "8760"}, "127.0.0.1", "WARDMAP_SESSION_HOURS"),
    "absurdly many threads": ({"WARDMAP_WEB_THREADS": "4000"}, "127.0.0.1", "WARDMAP_WEB_THREADS"),
    "a home among the pages": ({"WARDMAP_HOME": str(CHECKOUT / "app/web/static/x")}, "127.0.0.1", "WARDMAP_HOME"),
    "another language": ({"WARDMAP_LANGUAGE": "fr"}, "127.0.0.1", "WARDMAP_LANGUAGE"),
    "no such place": ({"WARDMAP_TIME_ZONE": "Mars/Olympus"}, "127.0.0.1", "WARDMAP_TIME_ZONE"),
    "a box inside out": ({"WARDMAP_BOX": "120,31,118,33"}, "127.0.0.1", "WARDMAP_BOX"),
    "a slip of the pen": ({"WARDMAP_SECRETKEY": KEY}, "127.0.0.1", "WARDMAP_SECRETKEY"),
    "a usual database password": (
        {"DATABASE_URL": "postgresql://wardmap:wardmap@db.example/wardmap"}, "127.0.0.1", "DATABASE_URL",
    ),
    "one role for both": (
        {"DATABASE_URL": "postgresql://w:Zt5wQ8@127.0.0.1/w", "DATABASE_WEB_URL": "postgresql://w:other@127.0.0.1/w"},
        "127.0.0.1", "DATABASE_WEB_URL",
    ),
    "one password for both": (
        {"DATABASE_URL": "postgresql://w:Zt5wQ8@127.0.0.1/w", "DATABASE_WEB_URL": "postgresql://v:Zt5wQ8@127.0.0.1/w"},
        "127.0.0.1", "DATABASE_WEB_URL",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_configuration_is_refused_and_named(name: str, monkeypatch, tmp_path: Path) -> None:
    environ, host, named = BAD[name]
    monkeypatch.setenv("FLASK_DEBUG", environ.get("FLASK_DEBUG", ""))
    given = {
        "WARDMAP_HOME": str(tmp_path),
        **{key: value for key, value in environ.items() if key != "FLASK_DEBUG"},
    }
    with pytest.raises(DomainError) as refused:
        settings = read_settings(given)
        refuse_exposed(settings, [host])
        refuse_weak_database(settings)
    assert named in str(refused.value)
    assert str(refused.value).count("\n") == 0


FINE: dict[str, tuple[dict[str, str], str]] = {
    "one's own machine": ({}, "127.0.0.1"),
    "debug on one's own machine": ({"FLASK_DEBUG": "1"}, "localhost"),
    "behind a proxy with TLS": (
        {**HTTPS, "WARDMAP_TRUSTED_PROXIES": "1", "WARDMAP_SECRET_KEY": KEY},
        "127.0.0.1",
    ),
    "the proxy elsewhere": (HTTPS, OPEN_HOST),
    "a closed network": ({"WARDMAP_PLAIN_HTTP": "yes"}, OPEN_HOST),
    "a closed network with a name": (
        {"WARDMAP_PLAIN_HTTP": "yes", "WARDMAP_BASE_URL": "http://10.1.2.3:8000"},
        OPEN_HOST,
    ),
    "a socket": ({}, "unix"),
    "version six": ({}, "[::1]"),
}


@pytest.mark.parametrize("name", FINE)
def test_a_good_one_is_not(name: str, monkeypatch, tmp_path: Path) -> None:
    environ, host = FINE[name]
    monkeypatch.setenv("FLASK_DEBUG", environ.get("FLASK_DEBUG", ""))
    settings = read_settings(
        {"WARDMAP_HOME": str(tmp_path), **{k: v for k, v in environ.items() if k != "FLASK_DEBUG"}}
    )
    refuse_exposed(settings, [host])


def test_where_nobody_knows_where_it_listens_the_worst_is_assumed() -> None:
    with pytest.raises(DomainError, match="WARDMAP_PLAIN_HTTP"):
        refuse_exposed(Settings(), None)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    settings = Settings(home=tmp_path)
    assert not is_guessable(secret_key(settings))
    (tmp_path / "secret_key").chmod(mode)
    with pytest.raises(DomainError, match="chmod 600"):
        secret_key(settings)


def test_generated_keys_are_never_taken_for_weak_ones() -> None:
    import secrets

    assert not any(is_guessable(secrets.token_hex(16)) for _ in range(300))
    assert not any(is_guessable(secrets.token_urlsafe(48)) for _ in range(300))


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("10.0.0.1", False), ("0.0.0.0", False),
     ("::", False), ("", False), ("ward.example.cn", False), ("localhost.evil.example", False), ("192.168.1.5", False)],
)  # fmt: skip
def test_what_only_this_machine_reaches(host: str, own: bool) -> None:
    assert is_own_machine(host) is own


ROLES = {"a superuser": "SUPERUSER", "one past all policies": "BYPASSRLS"}


@pytest.mark.parametrize("kind", ROLES)
@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_WEB_URL"])
def test_a_database_role_that_no_policy_binds_is_refused(cluster, settings, kind: str, name: str) -> None:
    role, database = f"strong_{uuid4().hex[:8]}", database_name(copy_database(cluster, cluster.database))
    with psycopg.connect(cluster.superuser_conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN {ROLES[kind]} PASSWORD '{KEY}'")
        connection.execute(f"GRANT CONNECT ON DATABASE {database} TO {role}")
    strong = replace(cluster, role=role, password=KEY, database=database).url
    given = {
        "DATABASE_URL": {"database_url": strong},
        "DATABASE_WEB_URL": {"database_url": cluster.url, "database_web_url": strong},
    }
    with pytest.raises(DomainError, match=role) as refused:
        refuse_weak_database(replace(settings, **given[name]))
    assert name in str(refused.value)


def test_a_web_role_that_owns_tables_is_refused(cluster, settings) -> None:
    with pytest.raises(DomainError, match="DATABASE_WEB_URL"):
        refuse_weak_database(replace(settings, database_url=cluster.web_url, database_web_url=cluster.url))
    refuse_weak_database(replace(settings, database_url=cluster.url, database_web_url=cluster.web_url))
    refuse_weak_database(replace(settings, database_url=cluster.url, database_web_url=""))


def start(command: list[str], environ: dict[str, str]) -> tuple[int, str]:
    plain = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("WARDMAP_", "FLASK_", "DATABASE_"))
    }
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=CHECKOUT, env={**plain, "PYTHONPATH": str(CHECKOUT), **environ},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


UP = ["app.cli", "up", "--no-browser", "--empty", "--port", "1"]
GUNICORN = ["gunicorn", "-c", "python:app.cli.serving", "app.wsgi:application", "--bind"]
BARE = ["gunicorn", "app.wsgi:application", "--bind"]


@pytest.mark.parametrize(
    ("command", "environ", "named"),
    [
        ([*UP, "--host", OPEN_HOST], {}, "WARDMAP_PLAIN_HTTP"),
        ([*UP, "--host", OPEN_HOST], {**HTTPS, "FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
        (UP, {"WARDMAP_SECRET_KEY": "change-me-change-me-change-me-change-me"}, "WARDMAP_SECRET_KEY"),
        ([*GUNICORN, f"{OPEN_HOST}:0"], {}, "WARDMAP_PLAIN_HTTP"),
        ([*GUNICORN, "127.0.0.1:0"], {"WARDMAP_BASE_URL": "https://ward.example.cn"}, "WARDMAP_SECURE_COOKIES"),
        ([*BARE, "127.0.0.1:0"], {}, "WARDMAP_PLAIN_HTTP"),
        ([*BARE, "127.0.0.1:0"], {"WARDMAP_PLAIN_HTTP": "yes", "FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
        ([*BARE, "127.0.0.1:0"], {"WARDMAP_PLAIN_HTTP": "yes", "ROLE": "superuser"}, "DATABASE_URL"),
    ],
)  # fmt: skip
def test_the_very_programs_refuse(
    cluster, tmp_path: Path, command: list[str], environ: dict[str, str], named: str
) -> None:
    url = copy_database(cluster, cluster.database)
    role = cluster
    if environ.pop("ROLE", ""):
        role = replace(cluster, role=cluster.superuser, password=cluster.superuser_password)
    given = {
        "DATABASE_URL": replace(role, database=database_name(url)).url,
        "WARDMAP_HOME": str(tmp_path / "home"),
        **environ,
    }
    code, said = start(command, given)
    assert code != 0
    assert named in said, said
    assert "Traceback" not in said, said
    assert urlsplit(given["DATABASE_URL"]).password not in said and quote(cluster.password) not in said
