"""Areas from the command line."""

import click

from app import db
from app.cli.settings import connected
from app.ground.actions import LEVELS, add_area


@click.group()
def area() -> None:
    """区划：没有边界文件时手工建立。"""


@area.command("add")
@click.argument("name")
@click.option("--level", type=click.Choice(LEVELS), default="community", show_default=True)
@click.option("--parent", default="", help="上级的 12 位编码")
@click.option("--parent-name", default="", help="上级还没有时，一起建立的上级名称")
@click.option("--code", default="", help="12 位编码；空着就生成本地编码")
def add(name: str, level: str, parent: str, parent_name: str, code: str) -> None:
    """建立一个没有边界的区划，打印它的编码。"""
    with connected(), db.transaction() as session:
        made = add_area(session, level, name, parent_code=parent, parent_name=parent_name, code=code)
    click.echo(made)
