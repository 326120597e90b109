"""What has outlived its purpose goes: by the clock in the worker, by hand with `wardmap retention`."""

from collections.abc import Callable

import click
from sqlalchemy.orm import Session

from app import db
from app.accounts.actions import forget_attempts, forget_disabled_accounts, forget_expired_sessions
from app.cli.settings import connected
from app.config import Settings
from app.ground.boundary_import import forget_old_files

# Later rooms add theirs.
RULES: list[tuple[str, Callable[[Session, Settings], int]]] = [
    ("过期的登录和设备标记 expired sessions", lambda session, settings: forget_expired_sessions(session)),
    ("登录尝试的计数 quiet counters", lambda session, settings: forget_attempts(session)),
    (
        "停用已久的账号 accounts disabled long ago",
        lambda session, settings: forget_disabled_accounts(session, settings.retention_account_days),
    ),
    (
        "上传的文件和样例 uploaded files and samples",
        lambda session, settings: forget_old_files(session, settings.retention_file_days),
    ),
]


def forget_outlived(settings: Settings, *, dry_run: bool = False) -> dict[str, int]:
    """Apply every rule, each in a transaction of its own; a dry run takes each back."""
    counts: dict[str, int] = {}
    for words, rule in RULES:
        with db.transaction() as session:
            counts[words] = rule(session, settings)
            if dry_run:
                session.rollback()
    return counts


@click.command("retention")
@click.option("--dry-run", is_flag=True, help="只说会清除多少，不动数据。")
def retention(dry_run: bool) -> None:
    """按保存期限清除过期的内容。后台任务每小时会自动做一次。"""
    with connected() as settings:
        for words, count in forget_outlived(settings, dry_run=dry_run).items():
            click.echo(f"{count}\t{words}")
