"""Accounts from the command line."""

import click

from app import db
from app.accounts import actions
from app.accounts.models import ROLES
from app.cli.settings import connected
from app.config import Settings


def ensure_first_account(settings: Settings) -> tuple[str, str | None]:
    """The first account's login, and its password if it was made just now."""
    with connected(settings), db.transaction() as session:
        return actions.ensure_first_account(session)


@click.group()
def account() -> None:
    """账号：新建、重设密码、停用。"""


@account.command("add")
@click.argument("login")
@click.option("--role", type=click.Choice(ROLES), default="planner", show_default=True)
@click.option("--area", "area_code", default="", metavar="区划代码", help="在哪个辖区；不写就是全部。")
def add(login: str, role: str, area_code: str) -> None:
    """新建账号，密码随机生成并显示一次。"""
    password = actions.generated_password()
    with connected(), db.transaction() as session:
        actions.add_account(session, login, password, role, area_code)
    click.echo(f"{login}\t{password}")


@account.command("password")
@click.argument("login")
def password_(login: str) -> None:
    """重设密码，并结束这个账号的所有登录。"""
    password = actions.generated_password()
    with connected(), db.transaction() as session:
        actions.set_password(session, login, password)
    click.echo(f"{login}\t{password}")


@account.command("disable")
@click.argument("login")
def disable(login: str) -> None:
    """停用账号，并结束它的所有登录。"""
    with connected(), db.transaction() as session:
        actions.disable_account(session, login)
    click.echo("ok")
