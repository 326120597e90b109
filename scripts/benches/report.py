"""The rows of a run: what was promised, what was measured, and whether it is kept."""

import os
import platform
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

NOT_MEASURED = "not measured"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One promise. `measured` is None when it could not be measured; `note` then says why."""

    name: str
    what: str
    unit: str
    budget: float
    at_least: bool
    measured: float | None = None
    note: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool | None:
        if self.measured is None:
            return None
        return self.measured >= self.budget if self.at_least else self.measured <= self.budget

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ok": self.ok}


def table(rows: Sequence[Row]) -> str:
    """The rows as text, columns aligned, numbers to the right."""
    cells = [("", "what", "budget", "measured", "")]
    for one in rows:
        sign = ">=" if one.at_least else "<="
        measured = NOT_MEASURED if one.measured is None else f"{plain(one.measured)} {one.unit}".strip()
        verdict = {True: "ok", False: "NOT OK", None: "-"}[one.ok]
        cells.append(
            (one.name, one.what, f"{sign} {plain(one.budget)} {one.unit}".strip(), measured, verdict)
        )
    widths = [max(_width(line[place]) for line in cells) for place in range(5)]
    lines = []
    beside: tuple[Row | None, ...] = (None, *rows)
    for line, row in zip(cells, beside, strict=True):
        padded = [
            " " * (width - _width(cell)) + cell if place in (2, 3) else cell + " " * (width - _width(cell))
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
        if row is None:
            lines.append("-" * (sum(widths) + 8))
        elif row.note:
            lines.append(f"{'':{widths[0]}}    {row.note}")
    return "\n".join(lines)


def plain(number: float) -> str:
    """A number with as many digits as it deserves."""
    if abs(number) >= 1000:
        return f"{number:,.0f}"
    return f"{number:.0f}" if abs(number) >= 100 or number == int(number) else f"{number:.3g}"


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in _lines(Path("/proc/cpuinfo"))
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "processor": model,
        "memory_gib": round(memory_bytes / 2**30, 1),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def _lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines() if path.exists() else []


def _width(words: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in words)
