"""The data officer's commands."""

import click

from app.config import CHECKOUT, Settings
from app.privacy.document import DOCUMENT, rewritten

DEFAULTS = {"retention_account_days": Settings.retention_account_days}


@click.group()
def privacy() -> None:
    """个人信息目录。"""


@privacy.command("write")
def write() -> None:
    """把目录写进 docs/personal-data.md。"""
    document = CHECKOUT / DOCUMENT
    document.write_text(rewritten(document.read_text(encoding="utf-8"), **DEFAULTS), encoding="utf-8")
    click.echo(DOCUMENT)
