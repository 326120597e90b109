"""How the child process comes in: ``python jail_door.py FOLDER``.

Importing ``app.geo`` the usual way would first run ``app/__init__``, and with it the web framework and the database toolkit:
two seconds, and much code a jailed process has no business to hold. So the outer package is put in place empty.
"""

import importlib.abc
import importlib.machinery
import os
import sys
import types
from collections.abc import Sequence
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


class Unwanted(importlib.abc.MetaPathFinder):
    """Says that some installed packages are not there: others load them only to serve callers we do not have."""

    NAMES = frozenset({"pandas", "geopandas"})

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Refuse the unwanted names, leave all others to the usual finders."""
        if fullname in self.NAMES:
            raise ModuleNotFoundError(fullname, name=fullname)
        return None


def enter(folder: Path) -> int:
    """Run the job in a folder with only the geometry part of the program loaded."""
    shell = types.ModuleType("app")
    shell.__path__ = [str(PACKAGE)]
    sys.modules["app"] = shell
    sys.meta_path.insert(0, Unwanted())
    from app.geo.jail_child import main

    return main(folder)


if __name__ == "__main__":
    status = enter(Path(sys.argv[1]))
    # Taking down half a dozen native libraries in order is not worth waiting for.
    os._exit(status)
