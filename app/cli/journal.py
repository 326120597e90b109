"""The journal from the command line: is it whole."""

from datetime import datetime

import click

from app import db
from app.cli.settings import connected
from app.journal.verify import Verdict, verify
from app.migrations.journalling import unjournalled

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def journal() -> None:
    """操作记录：核验。"""


@journal.command("verify")
@click.option(
    "--area", "area_code", default="", metavar="区划代码", help="只核验这个区或街道；不写就是全部。"
)
@click.option("--from", "since", type=DAY, default=None, help="从哪一天起（含）。")
@click.option("--to", "until", type=DAY, default=None, help="到哪一天止（含）。")
@click.option("--seal", "seals", multiple=True, metavar="封条", help="以前抄下的封条，可写多个。")
@click.option("--quiet", is_flag=True, help="不显示新的封条。")
def verify_(
    area_code: str, since: datetime | None, until: datetime | None, seals: tuple[str, ...], quiet: bool
) -> None:
    """逐行重算操作记录的校验值。有人改动、删除、插入或截断过就指出第一处，并以 1 结束。"""
    with connected(), db.reading() as session:
        found = verify(
            session,
            db.scope_of([area_code]),
            since.date() if since else None,
            until.date() if until else None,
            seals,
            unjournalled(session.connection()) if not area_code else (),
        )
    click.echo(
        f"{found.lines:,} 行，{found.blocks:,} 段，{found.chains} 条链，{found.seconds:.1f} 秒（每秒 {found.lines_a_second:,} 行）。"
        " Lines, blocks, chains, seconds, lines per second."
    )
    if not quiet:
        for one in found.seals:
            click.echo(f"封条 seal  {one}")
    tell(found)


def tell(found: Verdict) -> None:
    """Say whether it is whole; end with 1 when it is not."""
    for one in found.breaks:
        click.secho(f"✗ {one.chain or '000000000000'}：{one}", fg="red", err=True)
    if found.breaks:
        raise SystemExit(1)
    click.echo("✓ 操作记录完整。 The journal is whole.")
