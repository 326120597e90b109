"""Small files that must be refused, questioned or repaired, each with the finding that is expected."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from . import broken_files, broken_rows
from .areas import Community
from .footprints import Building

Outcome = Literal["refused_file", "repairable", "finding", "accepted"]

HEAD = """\
# What must happen to each file of this folder. Written by scripts/make_sample.
#
# file     name in this folder
# kind     what it is imported as (street, community, building, road, water, codes)
# outcome  refused_file: nothing of it can be used, with one of `codes` as the reason
#          finding:      it is read; rows get findings with all of `codes`
#          repairable:   as finding, and a repair of the shape is offered
#          accepted:     it looks odd but must be read right, with no finding of the kind refuse
# codes    the code words of the findings
# rows     where it matters, the rows (counted from 1) that carry them
# needs    files of geodata/ that must have been imported first
# names    where it matters, names that must be read exactly so
# note     what is wrong, for people
"""


@dataclass
class Expected:
    file: str
    kind: str
    outcome: Outcome
    codes: list[str]
    note: str
    rows: list[int] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def as_toml(self) -> str:
        def listed(values: list[str]) -> str:
            return "[" + ", ".join(f'"{v}"' for v in values) + "]"

        lines = ["[[files]]", f'file = "{self.file}"', f'kind = "{self.kind}"', f'outcome = "{self.outcome}"']
        lines.append(f"codes = {listed(self.codes)}")
        if self.rows:
            lines.append(f"rows = {self.rows}")
        if self.needs:
            lines.append(f"needs = {listed(self.needs)}")
        if self.names:
            lines.append(f"names = {listed(self.names)}")
        return "\n".join([*lines, f'note = "{self.note}"'])


def write_broken(folder: Path, communities: list[Community], buildings: list[Building]) -> list[Expected]:
    folder.mkdir(parents=True, exist_ok=True)
    _clear_away(folder)
    maker = broken_files.Files(folder, communities, buildings)
    expected = [Expected(**row) for row in maker.write_all()]
    rows = broken_rows.Rows(folder, communities, buildings)
    expected += [Expected(**row) for row in rows.write_all()]
    text = HEAD + "\n" + "\n\n".join(e.as_toml() for e in expected) + "\n"
    (folder / "expected.toml").write_text(text, encoding="utf-8", newline="\n")
    return expected


def _clear_away(folder: Path) -> None:
    """Removes what an earlier drawing listed, so that a file no longer drawn does not stay behind."""
    listed = folder / "expected.toml"
    if listed.exists():
        for entry in tomllib.loads(listed.read_text(encoding="utf-8"))["files"]:
            (folder / Path(entry["file"]).name).unlink(missing_ok=True)
