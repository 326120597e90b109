"""The shape of the database from the command line."""

import click
from sqlalchemy import create_engine

from app.cli.settings import installed
from app.db import driver_url
from app.migrations import differences, upgrade


@click.group("db")
def database() -> None:
    """数据库的结构：升级、检查。"""


@database.command("upgrade")
def upgrade_database() -> None:
    """把数据库升级到这份程序需要的结构。"""
    upgrade(installed().database_url)


@database.command("check")
def check_database() -> None:
    """升级后检查模型与迁移是否一致。"""
    url = installed().database_url
    upgrade(url)
    differences(create_engine(driver_url(url)))
    click.echo("ok")
