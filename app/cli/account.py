"""Accounts from the command line."""

import click

from app import db
from app.accounts import actions
from app.accounts.models import ROLES
from app.accounts.queries.accounts import account_lines, grant_lines
from app.accounts.queries.sessions import open_sessions
from app.accounts.rules import SIGNED_IN, Demands, Reach, demanded
from app.cli.settings import connected
from app.config import Settings, read_settings

# Whoever is at the machine itself.
EVERYBODY = (Reach(SIGNED_IN, ""),)


def ensure_first_account(settings: Settings) -> tuple[str, str | None]:
    """The first account's login, and its password if it was made just now."""
    with connected(settings), db.transaction() as session:
        return actions.ensure_first_account(session)


@click.group()
def account() -> None:
    """账号：邀请、授权、撤销、停用；结束登录、重设密码和动态口令。"""


AREA = click.option("--area", "area_code", default="", metavar="区划代码", help="在哪个辖区；不写就是全部。")


@account.command("list")
def list_() -> None:
    """列出账号：编号、账号名、状态、角色和辖区。"""
    with connected(), db.reading() as session:
        lines = account_lines(session, EVERYBODY, most=1_000_000)
    for one in lines:
        held = " ".join(f"{grant.role}@{grant.area_code or '*'}" for grant in one.grants)
        click.echo(f"{one.id}\t{one.login}\t{one.state}\t{held or '–'}")


@account.command("invite")
@click.argument("login")
@click.option("--role", type=click.Choice(ROLES), default="planner", show_default=True)
@AREA
@click.option(
    "--address",
    default="",
    metavar="网址",
    help="本系统的网址，例如 https://map.example.gov.cn；不写就用 WARDMAP_BASE_URL。",
)
def invite(login: str, role: str, area_code: str, address: str) -> None:
    """邀请：建立账号，给出一个 7 天内有效的链接，由本人打开后设密码。"""
    with connected() as settings, db.transaction() as session:
        invited = actions.invite(session, login, role, area_code)
    base = (address or settings.base_url).rstrip("/")
    click.echo(f"{invited.login}\t{base}/welcome/{invited.token}")


@account.command("grant")
@click.argument("login")
@click.option("--role", type=click.Choice(ROLES), required=True)
@AREA
def grant(login: str, role: str, area_code: str) -> None:
    """授权：从下一次点击起生效。"""
    with connected(), db.transaction() as session:
        actions.grant_role(session, actions.account_id_of(session, login), role, area_code)
    click.echo("ok")


@account.command("revoke")
@click.argument("login")
@click.option("--role", type=click.Choice(ROLES), required=True)
@AREA
def revoke(login: str, role: str, area_code: str) -> None:
    """撤销一项授权：从下一次点击起生效。"""
    with connected(), db.transaction() as session:
        account_id = actions.account_id_of(session, login)
        held = [one for one in grant_lines(session, EVERYBODY, account_id) if one.is_now]
        wanted = [one.id for one in held if (one.role, one.area_code) == (role, area_code)]
        actions.revoke_role(session, wanted[0] if wanted else 0)
    click.echo("ok")


@account.command("enable")
@click.argument("login")
def enable(login: str) -> None:
    """重新启用停用的账号，密码和角色不变。"""
    with connected(), db.transaction() as session:
        actions.enable_account(session, login)
    click.echo("ok")


@account.command("add")
@click.argument("login")
@click.option("--role", type=click.Choice(ROLES), default="planner", show_default=True)
@AREA
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
        click.echo(actions.sign_out_everywhere(session, actions.account_id_of(session, login)))


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
