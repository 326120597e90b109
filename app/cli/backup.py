"""Backup and restore of the private cluster, with PostgreSQL's own tools."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
import psycopg
from psycopg import sql

from app.cluster import Cluster, Facts, started_facts, status
from app.cluster.contents import fill
from app.cluster.journal_keeping import keep_journal
from app.cluster.programs import Programs, find_programs
from app.config import Settings, read_settings
from app.errors import Conflict, InvalidInput, Unavailable


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """把私有数据库备份成一个文件。运行中或停下时都可以。"""
    if file.exists():
        raise Conflict(
            "backup_exists", "%(file)s 已经存在，没有覆盖。 The file exists and was left alone.", file=file
        )
    unfinished = file.with_name(file.name + ".part")
    with _running(private_home()) as facts:
        try:
            # Policies hold for the owner too: only the superuser sees all rows at once.
            as_superuser = replace(facts, role=facts.superuser, password=facts.superuser_password)
            _run(
                "pg_dump", as_superuser, "--format=custom", "--no-owner", "--exclude-table-data=public.spatial_ref_sys",
                f"--file={unfinished.resolve()}", facts.database,
            )  # fmt: skip
            _run("pg_restore", facts, "--list", str(unfinished.resolve()), quiet=True)
            unfinished.chmod(0o600)
            unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)
    click.echo(f"已备份到 {file}（{file.stat().st_size / 1e6:.1f} MB）。 Backed up.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(file: Path) -> None:
    """用备份文件替换私有数据库。先停下 ./scripts/start；原来的数据库改名保留。"""
    settings = private_home()
    with file.open("rb") as start:
        if start.read(5) != b"PGDMP":
            raise InvalidInput(
                "backup_unreadable", "%(file)s 不是备份文件。 This is not a backup file.", file=file
            )
    if status(settings.home) == "running":
        raise Conflict(
            "still_running",
            "守望图还在运行，请先按 Ctrl-C 停下再恢复。 Wardmap is running: stop it first, then restore.",
        )
    kept = f"wardmap_before_{datetime.now(UTC):%Y%m%d_%H%M%S}"
    with _running(settings) as facts:
        fresh = replace(facts, database="wardmap_restored")
        with psycopg.connect(facts.as_superuser_in("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(fresh.database)))
        fill(fresh, programs_of(facts).major)
        as_superuser = replace(fresh, role=facts.superuser, password=facts.superuser_password)
        with _listed(as_superuser, file) as listed:
            _run(
                "pg_restore", as_superuser, "--exit-on-error", "--single-transaction", "--no-owner", "--no-comments",
                f"--role={facts.role}", f"--dbname={fresh.database}", f"--use-list={listed}", str(file.resolve()),
            )  # fmt: skip
        keep_journal(fresh.superuser_conninfo)
        with psycopg.connect(facts.as_superuser_in("postgres"), autocommit=True) as connection:
            for old, new in ((facts.database, kept), (fresh.database, facts.database)):
                connection.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))
                )
    click.echo(f"已恢复。原来的数据库保留为 {kept}。 Restored; the former database is kept under that name.")


@contextmanager
def _listed(facts: Facts, file: Path) -> Iterator[Path]:
    """What is in a backup without event triggers: only a superuser may make those, and the journal's keeper does."""
    with tempfile.NamedTemporaryFile("w", suffix=".list", encoding="utf-8") as listed:
        program = programs_of(facts).path("pg_restore")
        found = subprocess.run(
            [program, "--list", str(file.resolve())], capture_output=True, text=True, check=True
        )
        listed.writelines(f"{line}\n" for line in found.stdout.splitlines() if " EVENT TRIGGER " not in line)
        listed.flush()
        yield Path(listed.name)


def private_home() -> Settings:
    """Settings of an installation with a private cluster; a given database is backed up by its own operator."""
    settings = read_settings()
    if settings.database_url:
        raise InvalidInput(
            "database_given",
            "设置了 DATABASE_URL，这个数据库请用它自己的办法备份（例如 pg_dump）。"
            " DATABASE_URL is set: back that database up with its own tools, for example pg_dump.",
        )
    return settings


def programs_of(facts: Facts) -> Programs:
    """The programs of the very version that serves this cluster."""
    with psycopg.connect(facts.conninfo) as connection:
        return find_programs(connection.info.server_version // 10_000)


@contextmanager
def _running(settings: Settings) -> Iterator[Facts]:
    """The cluster, started for the length of the command when it is not running."""
    state = status(settings.home)
    if state == "absent":
        raise Unavailable(
            "database_absent", "还没有数据库，请先运行 ./scripts/start。 There is no database yet."
        )
    if state == "running":
        yield started_facts(settings.home)
        return
    cluster = Cluster(settings.home)
    try:
        yield cluster.start()
    finally:
        cluster.close()


def _run(program: str, facts: Facts, *arguments: str, quiet: bool = False) -> None:
    done = subprocess.run(
        [programs_of(facts).path(program), *arguments],
        env={
            **os.environ,
            "PGHOST": str(facts.socket_folder),
            "PGPORT": str(facts.port),
            "PGUSER": facts.role,
            "PGPASSWORD": facts.password,
        },
        stdout=subprocess.DEVNULL if quiet else None,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["?"])[-1]
        raise Unavailable("backup_failed", "%(program)s 没有成功：%(why)s", program=program, why=last)
