"""Private folders for uploaded files while they are looked at, and the clearing up after a worker that was killed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FOLDERS = "imports"
LOCK = ".lock"


@contextmanager
def private_folder(home: Path, import_id: int) -> Iterator[Path]:
    """A folder below the installation's own that only this account can read, gone afterwards whatever happens.

    The lock on a file in it lasts as long as this process, so others can tell a folder in use from one left behind.
    """
    place = _place(home)
    with _alone(place):
        folder = Path(tempfile.mkdtemp(prefix=f"{import_id}-", dir=place))
        owned = _locked(folder / LOCK)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if owned is not None:
            os.close(owned)


def remove_abandoned(home: Path) -> int:
    """Remove the folders that no live process owns. Returns how many there were."""
    place = _place(home)
    removed = 0
    with _alone(place):
        for folder in [entry for entry in place.iterdir() if entry.is_dir() and not entry.is_symlink()]:
            owned = _locked(folder / LOCK)
            if owned is None:
                continue
            shutil.rmtree(folder, ignore_errors=True)
            os.close(owned)
            removed += 1
    return removed


def _place(home: Path) -> Path:
    place = home / FOLDERS
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(PermissionError):
        place.chmod(0o700)
    return place


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Nobody makes a folder while somebody clears up: a folder is locked before others may judge it."""
    held = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _locked(path: Path) -> int | None:
    """An open file that this process holds locked; None when another does."""
    opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(opened)
        return None
    return opened
