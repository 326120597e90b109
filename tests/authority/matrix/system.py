"""The page of whoever runs the installation: nothing about any area."""

from tests.authority.matrix.entry import Entry

SYSTEM: dict[str, Entry] = {"system.show": Entry({"system"}, "GET", "/system")}
