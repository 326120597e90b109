"""`scripts/bench`: measure what was promised, print a table, or JSON with --json."""

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from scripts.benches.report import Row, machine, table
from scripts.benches.stage import FULL_BUILDINGS, QUICK_BUILDINGS, Stage

# In this order: what needs only files first, the browser last.
BENCHES = {
    "import": "row_import",
    "tiles": "row_tiles",
    "unchanged": "row_unchanged",
    "sign_in": "row_sign_in",
    "rls": "row_rls",
    "page_weight": "row_page_weight",
    "browser": "row_browser",
    "lasso": "row_lasso",
}


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parse(arguments)
    before = machine()
    rows: list[Row] = []
    with ExitStack() as stack:
        stage = Stage(stack, quick=chosen.quick)
        for name in chosen.only or BENCHES:
            rows += importlib.import_module(f"scripts.benches.{BENCHES[name]}").measure(stage)
        drawn = stage.__dict__.get("town_files")
        town = {"buildings": drawn.count, "origin": drawn.origin} if drawn else None
    if chosen.json:
        rows_json = [row.as_json() for row in rows]
        print(
            json.dumps({"machine": before, "quick": chosen.quick, "town": town, "rows": rows_json}, indent=2)
        )
    else:
        _print(rows, before, town, chosen.quick)
    return int(chosen.strict and any(row.ok is False for row in rows))


def _print(rows: list[Row], before: dict[str, object], town: dict[str, object] | None, quick: bool) -> None:
    print(
        f"{before['cores']} cores, {before['processor']}, {before['memory_gib']} GiB, load {before['load_before']}"
    )
    if town:
        print(f"town of {town['buildings']} buildings, {town['origin']}")
    print("\n" + table(rows))
    if quick:
        print("\nA quick run on a small town shows that everything can be measured; its numbers say little.")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description=f"Measure Wardmap on a town of {FULL_BUILDINGS} buildings against peers on the same machine.",
    )
    parser.add_argument("--only", action="append", choices=BENCHES, metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--quick", action="store_true", help=f"a town of {QUICK_BUILDINGS} buildings, one short round"
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a budget is missed")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
