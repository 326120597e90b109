"""Accounts from the command line."""

import click

from app import db
from app.accounts import actions
from app.accounts.models import ROLES
from app.accounts.queries.sessions import open_sessions
from app.accounts.rules import Demands, demanded
from app.cli.settings import connected
from app.config import Settings, read_settings


def ensure_first_account(settings: Settings) -> tuple[str, str | None]:
    """The first account's login, and its password if it was made just now."""
    with connected(settings), db.transaction() as session:
        return actions.ensure_first_account(session)


@click.group()
def account() -> None:
    """账号：新建、重设密码、停用；结束登录、重设动态口令。"""


@account.command("add")
@click.argument("login")
@click.option("--role", type=click.Choice(ROLES), default="planner", show_default=True)
@click.option("--area", "area_code", default="", metavar="区划代码", help="在哪个辖区；不写就是全部。")
def add(login: str, role: str, area_code: str) -> None:
    """新建账号，密码随机生成并显示一次。"""
    password = actions.generated_password()
    with connected(), db.transaction() as session:
        actions.add_account(session, login, password, role, area_code, demands())
    click.echo(f"{login}\t{password}")


@account.command("password")
@click.argument("login")
def password_(login: str) -> None:
    """重设密码，并结束这个账号的所有登录。"""
    password = actions.generated_password()
    with connected(), db.transaction() as session:
        actions.set_password(session, login, password, demands())
    click.echo(f"{login}\t{password}")


@account.command("disable")
@click.argument("login")
def disable(login: str) -> None:
    """停用账号，并结束它的所有登录。"""
    with connected(), db.transaction() as session:
        actions.disable_account(session, login)
    click.echo("ok")


@account.command("sessions")
@click.argument("login")
def sessions(login: str) -> None:
    """列出这个账号登录的地方。"""
    with connected(), db.reading() as session:
        found = open_sessions(session, actions.account_id_of(session, login))
    for one in found:
        used = one.seen_at.strftime("%Y-%m-%d %H:%M")
        click.echo(f"{one.key}\t{used}\t{one.device or '–'}\t{one.network or '–'}")


@account.command("end-sessions")
@click.argument("login")
def end_sessions(login: str) -> None:
    """结束这个账号的所有登录。"""
    with connected(), db.transaction() as session:
        click.echo(actions.end_sessions(session, actions.account_id_of(session, login)))


@account.command("reset-2fa")
@click.argument("login")
def reset_second_factor(login: str) -> None:
    """手机和恢复代码都丢了：去掉动态口令，并结束所有登录。"""
    with connected(), db.transaction() as session:
        actions.reset_second_factor(session, actions.account_id_of(session, login))
    click.echo("ok")


def demands() -> Demands:
    settings = read_settings()
    return demanded(settings.compliance, settings.second_factor_roles)
