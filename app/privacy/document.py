"""The catalogue as a table for the office's data officer."""

from typing import Final

from app.privacy.catalogue import PERSONAL

DOCUMENT: Final = "docs/personal-data.md"
BEGIN, END = "<!-- 目录开始 -->", "<!-- 目录结束 -->"


def table_of_fields(**defaults: int) -> str:
    """Markdown: what, level, why, how long, who; `defaults` are the settings that the entries name."""
    lines = ["| 存什么 | 级别 | 为什么 | 存多久 | 谁看得到 |", "|---|---|---|---|---|"]
    for field in PERSONAL.values():
        keep = field.keep.format(**defaults)
        lines.append(f"| {field.what} | {field.level} | {field.purpose} | {keep} | {field.seen_by} |")
    return "\n".join(lines)


def rewritten(document: str, **defaults: int) -> str:
    """The document with its table made anew."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table_of_fields(**defaults)}\n{END}{after}"
