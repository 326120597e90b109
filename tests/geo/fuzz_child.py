"""Damage a file in many ways and read each like the jailed child does: ``python -P fuzz_child.py FOLDER NAME COUNT``.

The folder holds the sound file. GDAL is let in once with its one driver; each damaged file is read in a fork of its own, so
that a library's crash counts as one file and not as the end. Prints one JSON line per damaged file that misbehaved.
"""

import importlib.util
import io
import json
import os
import random
import signal
import sys
import traceback
import types
import zipfile
from collections.abc import Callable
from pathlib import Path

DOOR = Path(__file__).resolve().parents[2] / "app" / "geo" / "jail_door.py"
SECONDS = 10
GOOD, REFUSED, ODD = 0, 1, 2


def enter() -> None:
    """Load the geometry part of the program only, as the door does."""
    spec = importlib.util.spec_from_file_location("door", DOOR)
    assert spec and spec.loader
    door = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(door)
    sys.modules["app"] = types.ModuleType("app")
    sys.modules["app"].__path__ = [str(door.PACKAGE)]
    sys.meta_path.insert(0, door.Unwanted())


def damaged(sound: bytes, chance: random.Random) -> bytes:
    """Flipped, cut, inserted, doubled or zeroed bytes, one to eight times."""
    content = bytearray(sound)
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        at = chance.randrange(len(content) or 1)
        piece = chance.randrange(1, 40)
        match chance.randrange(6):
            case 0 if content:
                content[at % len(content)] ^= 1 << chance.randrange(8)
            case 1 if content:
                content[at % len(content)] = chance.randrange(256)
            case 2:
                del content[at : len(content) if chance.random() < 0.3 else at + piece]
            case 3:
                content[at:at] = chance.randbytes(piece)
            case 4:
                content[at:at] = content[at : at + piece]
            case _:
                content[at : at + piece] = bytes(piece)
    return bytes(content)


def damaged_inside(sound: bytes, chance: random.Random) -> bytes:
    """An archive with one damaged member; bytes that are only damaged outside rarely get past the checksum."""
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sound)) as source, zipfile.ZipFile(sink, "w") as target:
        chosen = chance.choice(source.namelist())
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, damaged(content, chance) if name == chosen else content)
    return sink.getvalue()


def read(folder: Path, name: str, content: bytes, driver: str | None) -> int:
    """Unpack, inspect and check, as ``jail_child`` does one after the other."""
    from app.errors import InvalidInput
    from app.geo.check import check_contents
    from app.geo.container import receive, unpack
    from app.geo.inspect import inspect_contents
    from app.geo.limits import Limits
    from app.geo.options import ImportOptions

    limits = Limits(repair_wall_s=0.2, repair_total_s=0.4)
    try:
        receive(folder, [(name, io.BytesIO(content))], limits)
        contents = unpack(folder, limits)
        if contents.driver != driver:
            return GOOD
        found = inspect_contents(contents, limits, lambda *_, **__: None)
        said = json.dumps(found.as_json(), allow_nan=False)
        for layer in found.layers:
            crs = "EPSG:4326" if layer.crs["missing"] else None
            for kind in ("building", "community"):
                options = ImportOptions(kind, layer.name, layer.column_guesses[kind], crs=crs, repair=True)
                try:
                    checked = check_contents(folder, contents, options, limits, lambda *_, **__: None)
                except InvalidInput:
                    continue
                said += json.dumps(checked.as_json(), allow_nan=False) + facts_of(folder)
        assert "\\u0000" not in said, "no database takes a NUL"
        assert "NaN" not in said and "Infinity" not in said, "nor is this JSON"
    except InvalidInput:
        return REFUSED
    return GOOD


def facts_of(folder: Path) -> str:
    """What a check has to say, in one piece."""
    import pyarrow.parquet as pq

    from app.geo.options import FINDINGS_FILE

    return "".join(pq.read_table(folder / FINDINGS_FILE)["facts"].to_pylist())


def forked(job: Callable[[], int], log: Path) -> int | str:
    """What a job came to in a fork, or how the fork ended."""
    pid = os.fork()
    if not pid:
        # Of its own processor time: a busy machine is nobody's fault.
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        outcome = ODD
        try:
            outcome = job()
        except BaseException:
            log.write_text(traceback.format_exc())
        finally:
            os._exit(outcome)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return f"signal {os.WTERMSIG(status)}"
    return log.read_text() if os.waitstatus_to_exitcode(status) == ODD else os.waitstatus_to_exitcode(status)


def main(folder: Path, name: str, count: int) -> None:
    """Damage, read, tell."""
    enter()
    from app.geo import check, inspect  # noqa: F401 - loaded once, before the forks
    from app.geo.cage import allow_driver

    driver = {"geojson": "GeoJSON", "zip": "ESRI Shapefile"}.get(name.rsplit(".", 1)[1])
    allow_driver(driver, folder)
    import pyogrio.raw  # noqa: F401

    sound = (folder / name).read_bytes()
    # Once without a fork, so that what it loads and remembers is there for all.
    read(folder / "warm", name, sound, driver)
    tally: dict[str, int] = {}
    for number in range(count):
        chance = random.Random(f"{name} {number}")
        is_archive = sound.startswith(b"PK") and chance.random() < 0.8
        content = (damaged_inside if is_archive else damaged)(sound, chance) if number else sound
        place = folder / str(number)
        outcome = forked(
            lambda place=place, content=content: read(place, name, content, driver), folder / "log"
        )
        word = {GOOD: "read", REFUSED: "refused"}.get(outcome, "odd")
        tally[word] = tally.get(word, 0) + 1
        if word == "odd":
            print(json.dumps({"number": number, "outcome": outcome}))
    print(json.dumps(tally))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
