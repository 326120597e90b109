"""`wardmap …`: the same actions without a browser."""

import sys

import click
from sqlalchemy import create_engine

from app import db
from app.cli.account import account
from app.cli.backup import backup, restore
from app.cli.imports import import_
from app.cli.serve import up
from app.cli.settings import installed
from app.cli.worker import worker
from app.errors import DomainError
from app.migrations import differences, upgrade


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """守望图 Wardmap：街道、社区与楼栋的责任区地图。"""


@commands.group("db")
def database() -> None:
    """数据库的结构。"""


@database.command("upgrade")
def upgrade_database() -> None:
    """把数据库升级到这份程序需要的结构。"""
    upgrade(installed().database_url)


@database.command("check")
def check_database() -> None:
    """检查模型与迁移是否一致。"""
    engine = create_engine(db.driver_url(installed().database_url))
    differences(engine)
    click.echo("ok")


commands.add_command(up)
commands.add_command(worker)
commands.add_command(account)
commands.add_command(import_)
commands.add_command(backup)
commands.add_command(restore)


def main() -> None:
    """Run a command; what a person can act on is one sentence, not a trace."""
    try:
        commands.main(standalone_mode=True)
    except DomainError as error:
        click.secho(str(error), fg="red", err=True)
        sys.exit(2)
