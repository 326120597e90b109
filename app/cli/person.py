"""What is known of one person, and forgetting them. Today a person is an account."""

import click
import orjson
from sqlalchemy import text

from app import db
from app.accounts.actions import account_id_of, forget_account
from app.cli.settings import connected
from app.privacy.held import HELD


@click.group()
def person() -> None:
    """个人信息：导出一个人的全部内容，或把他的账号换成代号。"""


@person.command("export")
@click.argument("login")
def export(login: str) -> None:
    """以 JSON 写出数据库里关于这个账号的全部内容（密码等秘密除外）。"""
    import app.accounts.queries.held
    import app.ground.queries.held
    import app.journal.held
    import app.zones.queries.held  # noqa: F401  each says what it holds

    with connected(), db.reading() as session:
        bound = {"account": account_id_of(session, login)}
        held = {
            holding.title: [dict(row._mapping) for row in session.execute(text(holding.question), bound)]
            for holding in HELD
        }
    click.echo(orjson.dumps(held, option=orjson.OPT_INDENT_2, default=str).decode())


@person.command("forget")
@click.argument("login")
@click.option("--yes", is_flag=True, help="不再询问。")
def forget(login: str, yes: bool) -> None:
    """把账号名换成代号，清除密码和登录；他做过的方案、导入和记录保留。不能恢复。"""
    if not yes and click.prompt("不能恢复。请再输一次账号名 Type the login again") != login:
        raise click.ClickException("两次输入不一样，没有改动。")
    with connected(), db.transaction() as session:
        pseudonym = forget_account(session, login)
    click.echo(pseudonym)
