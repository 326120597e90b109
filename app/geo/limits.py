"""How much one file may ask of this machine."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from app.geo.columns import AREA_KINDS
from app.geo.findings import refusal

MEBIBYTE = 1024 * 1024
# Corners of one shape that the tables take; no setting can raise these, for they are constraints of the database.
AREA_VERTICES = 200_000
BUILDING_VERTICES = 10_000
BACKDROP_VERTICES = 100_000
STORED_VERTICES = {
    **dict.fromkeys(AREA_KINDS, AREA_VERTICES),
    "building": BUILDING_VERTICES,
    "road": BACKDROP_VERTICES,
    "water": BACKDROP_VERTICES,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings for one import, enforced by the kernel where the kernel can.

    Attributes
    ----------
    max_bytes, max_unpacked_bytes : int
        Size of the upload, and of everything inside it once unpacked.
    max_members : int
        Files inside an archive.
    max_ratio : int
        Unpacked bytes per packed byte of one archive member.
    max_features, max_table_rows, max_vertices_feature, max_vertices_file : int
        Rows with shapes, rows of a table without any, corners of one shape, corners of all shapes.
    wall_s, cpu_s : float
        Time the child process may take, by the clock and on the processor.
    repair_wall_s, repair_total_s : float
        Time for repairing one shape, and all shapes of a file.
    memory_bytes : int
        Address space of the child; somewhat more than the memory it uses.
    """

    max_bytes: int = 300 * MEBIBYTE
    max_unpacked_bytes: int = 1536 * MEBIBYTE
    max_members: int = 500
    max_ratio: int = 250
    max_features: int = 500_000
    max_table_rows: int = 1_000_000
    max_vertices_feature: int = 10_000
    max_vertices_file: int = 8_000_000
    wall_s: float = 600.0
    cpu_s: float = 600.0
    repair_wall_s: float = 2.0
    repair_total_s: float = 30.0
    memory_bytes: int = 2048 * MEBIBYTE

    def refuse_rows(self, rows: int, has_shapes: bool) -> None:
        """Refuse a layer with more rows than allowed.

        Raises
        ------
        InvalidInput
            ``too_many_features``.
        """
        limit = self.max_features if has_shapes else self.max_table_rows
        if rows > limit:
            raise refusal("too_many_features", features=rows, limit=limit)

    def vertices_of(self, kind: str) -> int:
        """Most corners a shape of a kind may have: the setting, or what its table takes when that is less."""
        return min(self.max_vertices_feature, STORED_VERTICES.get(kind, self.max_vertices_feature))

    def as_json(self) -> dict[str, Any]:
        """The limits as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read back what ``as_json`` wrote."""
        return cls(**stored)
