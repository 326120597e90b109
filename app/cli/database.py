"""The shape of the database from the command line."""

import click
from sqlalchemy import create_engine

from app.cli.settings import installed
from app.cluster import started_facts
from app.config import Settings, read_settings
from app.db import driver_url
from app.migrations import differences, upgrade


@click.group("db")
def database() -> None:
    """数据库的结构：升级、检查。"""


def keeper(settings: Settings) -> str:
    """Who gives the journal to its own role: the superuser of the private cluster, and nobody elsewhere."""
    if read_settings().database_url:
        return ""
    return started_facts(settings.home).superuser_conninfo


@database.command("upgrade")
def upgrade_database() -> None:
    """把数据库升级到这份程序需要的结构。"""
    settings = installed()
    upgrade(settings.database_url, keeper(settings))


@database.command("check")
def check_database() -> None:
    """升级后检查模型与迁移是否一致。"""
    settings = installed()
    url = settings.database_url
    upgrade(url, keeper(settings))
    differences(create_engine(driver_url(url)))
    click.echo("ok")
