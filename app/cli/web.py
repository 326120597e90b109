"""`python -m app.cli.web`: load the application while the database starts; serve once told to."""

import importlib
import sys

from gunicorn.app.wsgiapp import run  # type: ignore[import-untyped]

from app.config import CHECKOUT


def load_rooms() -> None:
    """Import every room, which is most of the time a start takes."""
    for routes in sorted((CHECKOUT / "app").glob("*/routes*")):
        importlib.import_module(f"app.{routes.parent.name}.routes")


def main() -> None:
    load_rooms()
    if sys.stdin.readline().strip():  # an end without a word: the launch was given up meanwhile
        sys.exit(run(prog="gunicorn"))


if __name__ == "__main__":
    main()
