"""What the planner says about a file: from the inspection to a form, and from the form to options."""

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, NamedTuple

from flask_babel import gettext as _

from app.errors import N_, InvalidInput
from app.geo.columns import FIELD_NAMES, FIELDS, REQUIRED
from app.geo.encoding import EVIDENCE
from app.ground.routes.days import today
from app.ground.routes.imports.wording import DATUM_WORDS, FIELD_HINTS, KIND_WORDS, both
from app.web import parse
from app.web.language import sentence

ENCODING_WORDS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "gb18030": "GB18030（GBK）", "utf-16": "UTF-16"}
SUSPICIONS = ("datum_suspected", "datum_schema", "datum_distance")
# Which level an area of this kind belongs to.
PARENT_LEVELS = {"street": "district", "community": "street", "building": "community"}
# Kinds whose rows may all be called by a name that is given here.
NAMED_HERE = ("district", "street", "community")
NEW_PLACE = "new"
SHOWN_SAMPLES = 3
# What the engine takes as a name for rows without one.
MOST_LETTERS = 80
# The marks of candidates in the list and on the map.
LETTERS = "ABCDEFGHIJKLMNOP"
METRE_DEG = 1e-5


class NewPlace(NamedTuple):
    """An area to be made along with the rows of the file that belong to it."""

    level: str
    name: str
    parent_code: str


def layer_of(inspection: Mapping[str, Any], name: str | None) -> dict[str, Any] | None:
    """The named layer, else the one with the most features, else None for a file without layers."""
    layers = inspection.get("layers") or []
    named = [layer for layer in layers if layer["name"] == name]
    if named:
        return dict(named[0])
    return dict(max(layers, key=lambda layer: layer["features"])) if layers else None


def kinds_for(layer: Mapping[str, Any], chosen: str | None) -> list[dict[str, Any]]:
    """Radio cards: every kind, which one was guessed, which one is chosen."""
    guess = layer.get("kind_guess")
    return [
        {"kind": kind, **both(words), "guessed": kind == guess, "checked": kind == (chosen or guess)}
        for kind, words in KIND_WORDS.items()
    ]


def column_rows(
    layer: Mapping[str, Any],
    kind: str,
    remembered: Mapping[str, str] | None,
    chosen: Mapping[str, str] | None,
) -> list[dict[str, Any]]:
    """One line per field of ours: which columns could serve, which is proposed, and why."""
    columns = {column["name"]: column for column in layer["columns"] if not column.get("personal")}
    guessed = (layer.get("column_guesses") or {}).get(kind) or {}
    rows = []
    for field in FIELDS[kind]:
        proposed, origin = _proposal(field, columns, chosen, remembered, guessed)
        rows.append(
            {
                "field": field,
                "name": sentence(FIELD_NAMES[field]),
                "hint": hint_of(field, field in REQUIRED[kind]),
                "required": field in REQUIRED[kind],
                "proposed": proposed,
                "origin": origin,
                "samples": samples_of(columns[proposed]) if proposed else [],
            }
        )
    return rows


def hint_of(field: str, is_required: bool) -> str:
    # "It can be left out" is said only where it can.
    may_say = field in FIELD_HINTS and not (field == "code" and is_required)
    return sentence(FIELD_HINTS[field]) if may_say else ""


def _proposal(
    field: str,
    columns: Mapping[str, Any],
    chosen: Mapping[str, str] | None,
    remembered: Mapping[str, str] | None,
    guessed: Mapping[str, str],
) -> tuple[str | None, str]:
    # A choice made here earlier wins even where it left a field empty.
    if chosen is not None:
        return (chosen[field], "") if chosen.get(field) in columns else (None, "")
    for source, origin in ((remembered or {}, "remembered"), (guessed, "guessed")):
        if source.get(field) in columns:
            return source[field], origin
    return None, ""


def samples_of(column: Mapping[str, Any]) -> list[str]:
    return [str(sample) for sample in column["samples"][:SHOWN_SAMPLES]]


def encodings_of(layer: Mapping[str, Any], chosen: str | None) -> dict[str, Any] | None:
    """The encodings that may be chosen with the same names under each; None where there is nothing to choose."""
    seen = layer.get("encoding") or {}
    previews = seen.get("previews") or {}
    if not previews:
        return None
    used = chosen if chosen in previews else seen.get("used")
    return {
        "reason": sentence(EVIDENCE[seen["evidence"]]) if seen.get("evidence") in EVIDENCE else "",
        "choices": [
            {
                "encoding": name,
                "label": ENCODING_WORDS.get(name, name),
                "names": list(dict.fromkeys(names))[:8],
                "checked": name == used,
                "guessed": name == seen.get("used"),
                "broken": any("\ufffd" in one for one in names),
            }
            for name, names in previews.items()
        ],
    }


def datum_choices(suspicions: list[str], checked_before: bool, chosen: str | None) -> dict[str, Any]:
    """Datum radios. Where something speaks for a shift none is preselected: the planner has to decide."""
    checked = chosen if checked_before and chosen else (None if suspicions else "wgs84")
    return {
        "suspicions": suspicions,
        "choices": [
            {"datum": datum, **both(words), "checked": datum == checked}
            for datum, words in DATUM_WORDS.items()
        ],
    }


def options_of(form: Mapping[str, str], inspection: Mapping[str, Any]) -> dict[str, Any]:
    """The form as the engine's options.

    Raises InvalidInput naming what still has to be chosen: nothing about place is ever guessed.
    """
    kind = form.get("kind", "")
    if kind not in KIND_WORDS:
        raise InvalidInput("kind_missing", N_("请先选择这份文件是什么。"))
    layer = layer_of(inspection, form.get("layer") or None)
    if layer is None:
        raise InvalidInput("layer_missing", N_("文件里没有可以导入的内容。请换一个文件。"))
    # A column without a single value says nothing; it is as good as not chosen.
    empty = {column["name"] for column in layer["columns"] if not column["filled_share"]}
    named = {field: form.get(f"map_{field}", "") for field in FIELDS[kind]}
    mapping = {field: column for field, column in named.items() if column and column not in empty}
    given = _given_name(form, kind) if "name" not in mapping else None
    _refuse_incomplete(kind, mapping, layer, given)
    has_shapes = bool(layer.get("geometry_types"))
    placed = has_shapes or "lon" in mapping
    crs = _chosen_crs(form)
    if has_shapes and crs is None and (layer.get("crs") or {}).get("missing"):
        raise InvalidInput("crs_not_chosen", N_("请先选择坐标系：在地图上看哪一个位置是对的。"))
    datum = form.get("datum") or None
    if placed and datum not in DATUM_WORDS:
        raise InvalidInput("datum_not_chosen", N_("请先选择坐标有没有偏移。"))
    return {
        "kind": kind,
        "layer": layer["name"],
        "columns": mapping,
        "datum": datum if placed else "wgs84",
        "crs": crs,
        "encoding": form.get("encoding") or None,
        "repair": form.get("repair") == "1",
        "accept_large_repairs": form.get("repair") == "1" and form.get("accept_large_repairs") == "1",
        "swap_xy": form.get("swap_xy") == "1",
        "into": parse.area_code(form["into"]) if form.get("into") not in (None, "", NEW_PLACE) else None,
        "name": given,
        "from_day": _chosen_day(form),
    }


def _chosen_day(form: Mapping[str, str]) -> str | None:
    """The day that was chosen; the office's own day, which the form proposes, means the day of writing."""
    day = parse.day(form.get("from_day"), today())
    return None if day == today() else day.isoformat()


def _given_name(form: Mapping[str, str], kind: str) -> str | None:
    typed = parse.plain_text(form.get("given_name", ""), _("名称"), MOST_LETTERS)
    return typed or None if kind in NAMED_HERE else None


def new_place(form: Mapping[str, str], kind: str) -> NewPlace | None:
    """The area that the form wants made, None when it names none."""
    level = PARENT_LEVELS.get(kind)
    if level is None or form.get("into") != NEW_PLACE:
        return None
    name = parse.plain_text(form.get("new_name", ""), _("新建的名称"), 100)
    parent = form.get("new_parent", "")
    return NewPlace(level, name, parse.area_code(parent) if parent else "")


def stem_of(file_name: str) -> str:
    """A file's name without its endings, as a first proposal for a name."""
    name = PurePath(file_name)
    return (PurePath(name.stem) if name.suffix.lower() == ".gz" else name).stem[:MOST_LETTERS]


def with_twins(candidates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Candidates, each with the letters of those that lie at the very same place."""
    letters = [
        [
            LETTERS[number]
            for number, other in enumerate(candidates)
            if other is not one and _same_place(one["bounds_wgs84"], other["bounds_wgs84"])
        ]
        for one in candidates
    ]
    return [{**one, "twins": twins} for one, twins in zip(candidates, letters, strict=True)]


def _same_place(one: list[float], other: list[float]) -> bool:
    return all(abs(a - b) < METRE_DEG for a, b in zip(one, other, strict=True))


def _refuse_incomplete(
    kind: str, mapping: Mapping[str, str], layer: Mapping[str, Any], given: str | None
) -> None:
    known = {column["name"] for column in layer["columns"]}
    for field, column in mapping.items():
        if column not in known:
            raise InvalidInput(
                "column_unknown",
                N_("文件里没有列“%(column)s”。请重新对应“%(field)s”。"),
                column=column[:60],
                field=_(FIELD_NAMES[field]),
            )
    for field in REQUIRED[kind]:
        if field not in mapping and not (field == "name" and given):
            raise InvalidInput(
                "column_required", N_("请为“%(field)s”选择一列。"), field=_(FIELD_NAMES[field])
            )
    if len(set(mapping.values())) != len(mapping):
        raise InvalidInput("column_twice", N_("同一列不能对应两个内容，请检查“列对应”。"))


def _chosen_crs(form: Mapping[str, str]) -> str | None:
    wanted = form.get("crs", "")
    if wanted == "other":
        wanted = form.get("crs_other", "")
    wanted = parse.plain_text(wanted, _("坐标系"), 40).upper().replace(" ", "")
    if not wanted or wanted == "STATED":
        return None
    number = re.fullmatch(r"(?:EPSG[:：])?([0-9]{4,6})", wanted)
    if number is None:
        raise InvalidInput("crs_malformed", N_("坐标系请填 EPSG 编号，例如 EPSG:4549。"))
    return f"EPSG:{number[1]}"
