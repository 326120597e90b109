"""What exists on the ground, and what came in from which file."""

from app.ground.models.boundary_import import (
    BuildingChange,
    GroundImport,
    ImportFile,
    ImportFinding,
    ImportFormer,
    ImportPart,
    ImportRow,
)
from app.ground.models.places import Area, AreaVersion, Building, DivisionCode, Green, Revision, Road, Water

__all__ = [
    "Area",
    "AreaVersion",
    "Building",
    "BuildingChange",
    "DivisionCode",
    "Green",
    "GroundImport",
    "ImportFile",
    "ImportFinding",
    "ImportFormer",
    "ImportPart",
    "ImportRow",
    "Revision",
    "Road",
    "Water",
]
