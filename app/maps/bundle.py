"""Our browser modules as one script, for the file that must work with no server.

The modules follow one style: imports and exports at the start of a line, by name, from neighbours only. That is
enough to put each into a function of its own, in the order of their imports; no build tool is needed.
"""

import re
from pathlib import Path
from typing import Final

_IMPORT: Final = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_EXPORT_LIST: Final = re.compile(r"^export \{([^}]*)\};\n", re.MULTILINE)
_LEFT_OVER: Final = re.compile(r"^(?:import|export)\b", re.MULTILINE)


class UnbundlableModule(RuntimeError):
    """A module is not written in the style that the bundle understands."""


def bundled(folder: Path, entry: str) -> str:
    """One script that runs `entry` and everything it imports."""
    order: list[str] = []
    _visit(folder, entry, order, ())
    parts = [_wrapped(name, (folder / f"{name}.js").read_text("utf-8")) for name in order]
    return '(() => {\n"use strict";\nconst modules = {};\n' + "\n".join(parts) + "\n})();\n"


def _visit(folder: Path, name: str, order: list[str], trail: tuple[str, ...]) -> None:
    if name in trail:
        raise UnbundlableModule(f"modules import each other in a circle: {' > '.join((*trail, name))}")
    if name in order:
        return
    source = (folder / f"{name}.js").read_text("utf-8")
    for found in _IMPORT.finditer(source):
        _visit(folder, found[2], order, (*trail, name))
    order.append(name)


def _wrapped(name: str, source: str) -> str:
    exported = [found[2] for found in _EXPORT.finditer(source)]
    for found in _EXPORT_LIST.finditer(source):
        exported += [word.strip() for word in found[1].split(",") if word.strip()]
    body = _IMPORT.sub(
        lambda found: f'const {{{found[1].replace(" as ", ": ")}}} = modules["{found[2]}"];\n', source
    )
    body = _EXPORT.sub(r"\1", _EXPORT_LIST.sub("", body))
    if _LEFT_OVER.search(body):
        raise UnbundlableModule(f"{name}.js has an import or export in a form that the bundle does not know")
    return f'modules["{name}"] = (() => {{\n{body}\nreturn {{ {", ".join(exported)} }};\n}})();'
