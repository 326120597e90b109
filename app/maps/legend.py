"""A legend: what each colour, pattern and number on the map means, as facts for the browser."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.maps.palette import KIND_FILLS, PATTERNS, SEQUENTIAL, Swatch


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One line: the group number that tiles carry as `g`, its words, and how it is drawn."""

    group: int
    label: str
    swatch: Swatch
    mark: str = ""

    def as_json(self) -> dict[str, Any]:
        """The form that the browser module reads."""
        return {
            "group": self.group,
            "label": self.label,
            "fill": self.swatch.fill,
            "stroke": self.swatch.stroke,
            "pattern": self.swatch.pattern,
            "mark": self.mark,
        }


@dataclass(frozen=True, slots=True)
class Legend:
    """A titled list of entries; `none_label` names buildings that are in no group."""

    title: str
    entries: tuple[LegendEntry, ...] = ()
    none_label: str = ""
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """The form that the browser module reads."""
        return {
            "title": self.title,
            "entries": [entry.as_json() for entry in self.entries],
            "noneLabel": self.none_label,
            "note": self.note,
        }

    @classmethod
    def of_classes(cls, title: str, labels: Sequence[str], none_label: str = "") -> "Legend":
        """A legend of ordered classes, light to dark, numbered from 1."""
        entries = (
            LegendEntry(i + 1, label, _class_swatch(i, len(labels)), mark="")
            for i, label in enumerate(labels)
        )
        return cls(title, tuple(entries), none_label)

    @classmethod
    def of_kinds(cls, title: str, kinds: Sequence[tuple[int, str, str]], none_label: str = "") -> "Legend":
        """A legend of building kinds given as (group number, kind, label)."""
        entries = (LegendEntry(g, label, _kind_swatch(kind)) for g, kind, label in kinds)
        return cls(title, tuple(entries), none_label)


def _class_swatch(position: int, classes: int) -> Swatch:
    step = position * (len(SEQUENTIAL) - 1) / max(classes - 1, 1)
    fill, stroke = SEQUENTIAL[round(step)]
    return Swatch(fill, stroke, PATTERNS[0])


def _kind_swatch(kind: str) -> Swatch:
    fill, stroke, pattern = KIND_FILLS.get(kind, KIND_FILLS["residential"])
    return Swatch(fill, stroke, pattern)
