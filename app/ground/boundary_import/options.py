"""The choices of an import: kept as JSON with it, handed to `app.geo` as its own type."""

from datetime import date, timedelta
from typing import Any

from app.config import Settings
from app.errors import N_, InvalidInput
from app.geo.columns import FIELDS
from app.geo.datum import DATUMS
from app.geo.options import ImportOptions
from app.ground.boundary_import.wished_area import clean_wish
from app.ground.models import GroundImport
from app.ground.models.boundary_import import KINDS

# What a wizard page or a command may choose; the rest comes from the settings. "name" is what rows without one are called.
CHOICES = {
    "kind": str, "layer": str, "columns": dict, "encoding": str, "crs": str, "datum": str,
    "swap_xy": bool, "repair": bool, "accept_large_repairs": bool, "into": str, "name": str, "from_day": str, "new_area": dict,
}  # fmt: skip
# Kinds that are kept with the days on which they hold.
DATED = ("district", "street", "community", "building")
EARLIEST_DAY = date(1900, 1, 1)
LONGEST_AHEAD = timedelta(days=366)
# Of these only the engine wants to know.
OURS = ("into", "name", "from_day", "new_area")
# A number is added to it, and the ground keeps 100 characters.
MAX_NAME = 80


def clean_options(options: dict[str, Any]) -> dict[str, Any]:
    """The choices that were made, typed, without empty ones.

    Parameters
    ----------
    options : dict
        Keys of ``CHOICES``.

    Returns
    -------
    dict

    Raises
    ------
    InvalidInput
        "kind_unknown", "option_unknown", "given_name_wrong", "from_day_wrong", "level_unknown", "name_missing".
    """
    if options.get("kind") not in KINDS:
        raise InvalidInput(
            "kind_unknown", N_("请先选择这份文件是什么：区、街道、社区、楼栋、道路、水系或代码表。")
        )
    chosen = {name: value for name, value in options.items() if value not in (None, "", {})}
    for name, value in chosen.items():
        if name not in CHOICES or not isinstance(value, CHOICES[name]):
            raise _unknown(name)
    kind = chosen["kind"]
    columns = chosen.get("columns", {})
    for field, column in columns.items():
        if field not in FIELDS[kind] or not isinstance(column, str):
            raise _unknown(str(field))
    chosen["columns"] = {field: column for field, column in columns.items() if column}
    if chosen.get("datum", "wgs84") not in DATUMS:
        raise _unknown("datum")
    _clean_wishes(chosen)
    return chosen


def _clean_wishes(chosen: dict[str, Any]) -> None:
    if "name" in chosen:
        chosen["name"] = _given_name(chosen["name"])
    if "new_area" in chosen:
        chosen["new_area"] = clean_wish(chosen["new_area"])
        chosen.pop("into", None)
    if "from_day" in chosen:
        chosen["from_day"] = _given_day(chosen["from_day"])
        if chosen["kind"] not in DATED:
            del chosen["from_day"]


def _given_name(typed: str) -> str:
    name = " ".join(typed.split())
    if not name.isprintable() or not 0 < len(name) <= MAX_NAME:
        raise InvalidInput(
            "given_name_wrong", N_("名称要有 1 到 %(most)s 个字。请改短一些，不要带控制字符。"), most=MAX_NAME
        )
    return name


def _given_day(typed: str) -> str:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        day = date.min
    latest = date.today() + LONGEST_AHEAD  # noqa: DTZ011 - a bound, not a day that anything happens on
    if not EARLIEST_DAY <= day <= latest:
        raise InvalidInput(
            "from_day_wrong",
            N_("生效日期要写成 2026-07-21 这样，在 %(earliest)s 到 %(latest)s 之间。"),
            earliest=EARLIEST_DAY.isoformat(),
            latest=latest.isoformat(),
        )
    return day.isoformat()


def _unknown(name: str) -> InvalidInput:
    return InvalidInput("option_unknown", N_("选项“%(name)s”的值不能用。请刷新页面后重新选择。"), name=name)


def geo_options(found: GroundImport, settings: Settings) -> ImportOptions:
    """The choices of an import together with what the settings say about measuring and the service area."""
    kept = found.options or {}
    chosen = {name: kept[name] for name in CHOICES if name in kept and name not in OURS}
    return ImportOptions(
        **chosen, given_name=kept.get("name"), metric_srid=settings.metric_srid, box=settings.box
    )


def layer_columns(inspection: dict[str, Any] | None, layer: str | None) -> list[str]:
    """Names of the columns of a layer, sorted; by these a mapping is remembered."""
    for sketch in (inspection or {}).get("layers", []):
        if layer is None or sketch["name"] == layer:
            return sorted(column["name"] for column in sketch["columns"])
    return []
