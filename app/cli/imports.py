"""`wardmap import`: a file into the ground from the command line, through the same steps as in the browser."""

import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import orjson

from app import db
from app.cli.settings import connected
from app.errors import DomainError
from app.ground.boundary_import.receive import forget_import
from app.ground.boundary_import.whole import Wishes, bring_in, doubtful_datum
from app.ground.models import GroundImport
from app.ground.models.boundary_import import KINDS
from app.ground.queries.import_words import STAGES, STATE_WORDS
from app.ground.queries.imports import finding_counts, findings_page

# 0: every row went in (or would); 1: nothing was written; 3: written, but some rows were refused.
ALL_IN, NOTHING, SOME_REFUSED = 0, 1, 3
SEVERITY_WORDS = {"refuse": "拒绝", "warn": "提醒", "note": "说明"}
KIND_WORDS = {
    "district": "区", "street": "街道", "community": "社区", "building": "楼栋", "road": "道路", "water": "水系", "codes": "代码表",
}  # fmt: skip
EXAMPLES = 3


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--as", "kind", type=click.Choice(KINDS), help="这份文件是什么；不写则根据内容推断。")
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="字段=列名",
    help="列对应，可以多次给出，例如 --map name=SQMC。",
)
@click.option(
    "--datum", type=click.Choice(["wgs84", "gcj02", "bd09"]), help="坐标基准；GCJ-02、BD-09 会还原。"
)
@click.option("--crs", metavar="EPSG:4549", help="坐标系；文件没有说明时必须写明。")
@click.option("--encoding", metavar="gb18030", help="文字编码；不写则自动辨认。")
@click.option("--layer", help="图层名；文件有几个图层时使用。")
@click.option("--name", help="没有名称列时的名称；有几行时依次加上编号。")
@click.option("--from", "from_day", metavar="2026-07-21", help="从哪一天起有效；不写就是今天。")
@click.option("--into", metavar="区划代码", help="文件内容所在的区、街道或社区。")
@click.option("--swap-xy", is_flag=True, help="文件里纬度写在前面。")
@click.option("--repair", is_flag=True, help="采用面积变化不超过 1% 的图形修复。")
@click.option("--accept-large-repairs", is_flag=True, help="面积变化更大的修复也采用。")
@click.option("--dry-run", is_flag=True, help="只检查和比对，不写入。")
@click.option("--json", "as_json", is_flag=True, help="结果以 JSON 输出。")
def import_(
    files: tuple[Path, ...],
    kind: str | None,
    mapping: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    **wishes: Any,
) -> None:
    """把边界、楼栋、道路、水系或区划代码文件导入数据库。散开的 shapefile 请把同名的几个文件一起写上。"""
    chosen = Wishes(kind=kind, columns=_columns(mapping), **wishes)
    with connected() as settings:
        line = _ProgressLine(not as_json)
        try:
            found = bring_in(files, chosen, settings, dry_run=dry_run, on_progress=line.show)
        except DomainError as error:
            line.clear()
            _say_error(error.code, str(error), as_json)
            sys.exit(NOTHING)
        except KeyboardInterrupt:
            line.clear()
            click.echo("已取消，没有写入任何数据。", err=True)
            sys.exit(130)
        line.clear()
        report = _report(found, dry_run)
        if dry_run:
            with db.transaction() as session:
                forget_import(session, found.id)
    click.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2).decode() if as_json else _readable(report))
    sys.exit(report["exit"])


def _columns(mapping: Sequence[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for pair in mapping:
        field, equals, column = pair.partition("=")
        if not (field and equals and column):
            raise click.BadParameter(f"“{pair}”要写成 字段=列名，例如 name=SQMC。", param_hint="--map")
        columns[field.strip()] = column.strip()
    return columns


def _say_error(code: str, sentence: str, as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps({"error": {"code": code, "sentence": sentence}, "exit": NOTHING}).decode())
    else:
        click.secho(sentence, fg="red", err=True)


def _report(found: GroundImport, dry_run: bool) -> dict[str, Any]:
    """What happened, as JSON can carry it."""
    report: dict[str, Any] = {
        "import": found.id,
        "file": found.file_name,
        "kind": found.kind,
        "state": found.state,
        "dry_run": dry_run,
        "options": {name: value for name, value in (found.options or {}).items() if name != "column_names"},
        "counts": {
            name: (found.summary or {}).get(name, 0) for name in ("create", "change", "same", "refused")
        },
        "summary": found.summary,
        "doubtful_datum": doubtful_datum(found),
        "findings": [],
        "error": None,
    }
    if found.error:
        error = found.error
        report["error"] = {
            "code": error["code"],
            "sentence": error["sentence"] % error["facts"],
            "facts": error["facts"],
        }
    with db.reading() as session:
        for counted in finding_counts(session, found.id):
            page = findings_page(
                session, found.id, code=counted["code"], severity=counted["severity"], limit=EXAMPLES
            )
            examples = [_example(finding) for finding in page["findings"]]
            report["findings"].append(
                {
                    "code": counted["code"],
                    "severity": counted["severity"],
                    "count": counted["count"],
                    "examples": examples,
                }
            )
    written = found.state == "published" or (dry_run and found.state == "checked")
    report["exit"] = NOTHING if not written else SOME_REFUSED if report["counts"]["refused"] else ALL_IN
    return report


def _example(finding: dict[str, Any]) -> dict[str, Any]:
    return {
        "row": finding["row_no"],
        "name": finding["name"],
        "sentence": finding["sentence"] % finding["facts"],
        "lon": finding["lon"],
        "lat": finding["lat"],
    }


def _readable(report: dict[str, Any]) -> str:
    kind = KIND_WORDS.get(report["kind"] or "", "？")
    lines = [f"{report['file']}（{kind}）：{_outcome(report)}"]
    if report["error"]:
        lines.append(report["error"]["sentence"])
    if report["summary"]:
        counts = report["counts"]
        lines.append(
            _table(
                [
                    ["新增", "改变", "不变", "拒绝"],
                    [str(counts[n]) for n in ("create", "change", "same", "refused")],
                ]
            )
        )
        if report["kind"] == "codes":
            lines.append(
                f"街道一级：单元 {report['summary']['cells']} 个，覆盖单元 {report['summary']['overlays']} 个。"
            )
    if report["findings"]:
        rows = [["程度", "次数", "内容（举例）"]]
        for found in report["findings"]:
            example = (
                found["examples"][0]
                if found["examples"]
                else {"sentence": found["code"], "row": None, "name": None}
            )
            place = f"第 {example['row']} 行" if example["row"] else ""
            name = f"“{example['name']}”" if example["name"] else ""
            prefix = f"{place}{name}：" if place else ""
            rows.append(
                [SEVERITY_WORDS[found["severity"]], str(found["count"]), prefix + example["sentence"]]
            )
        lines.append(_table(rows))
    return "\n".join(lines)


def _outcome(report: dict[str, Any]) -> str:
    if report["dry_run"] and report["state"] == "checked":
        return "只是预览，没有写入。"
    if report["state"] == "published":
        return "已写入。"
    if report["state"] == "checked" and report["doubtful_datum"]:
        return "坐标基准有疑问，没有写入。请加上 --datum gcj02 或 --datum bd09 还原，或用 --datum wgs84 表示按原样导入。"
    if report["state"] == "checked":
        return "没有一行可以写入。"
    return STATE_WORDS[report["state"]] + "，没有写入任何数据。"


def _table(rows: list[list[str]]) -> str:
    """Columns aligned by the width on a terminal, where a Chinese character takes two places."""
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _width(words: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in words)


class _ProgressLine:
    """One line on the terminal that is written over; silent when the output is not a terminal."""

    def __init__(self, wanted: bool) -> None:
        self._live = wanted and sys.stderr.isatty()

    def show(self, stage: str, done: int, total: int) -> None:
        if self._live:
            share = f" {done}/{total}" if total else ""
            click.echo(f"\r\x1b[K{STAGES.get(stage, stage)}{share}", nl=False, err=True)

    def clear(self) -> None:
        if self._live:
            click.echo("\r\x1b[K", nl=False, err=True)
