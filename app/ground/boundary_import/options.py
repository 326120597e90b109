"""The choices of an import: kept as JSON with it, handed to `app.geo` as its own type."""

from typing import Any

from app.config import Settings
from app.errors import N_, InvalidInput
from app.geo.columns import FIELDS
from app.geo.datum import DATUMS
from app.geo.options import ImportOptions
from app.ground.models import GroundImport
from app.ground.models.boundary_import import KINDS

# What a wizard page or a command may choose; the rest comes from the settings. "name" is what rows without one are called.
CHOICES = {
    "kind": str, "layer": str, "columns": dict, "encoding": str, "crs": str, "datum": str,
    "swap_xy": bool, "repair": bool, "accept_large_repairs": bool, "into": str, "name": str,
}  # fmt: skip
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
        "kind_unknown", "option_unknown".
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
    if "name" in chosen:
        chosen["name"] = _given_name(chosen["name"])
    return chosen


def _given_name(typed: str) -> str:
    name = " ".join(typed.split())
    if not name.isprintable() or not 0 < len(name) <= MAX_NAME:
        raise InvalidInput(
            "given_name_wrong", N_("名称要有 1 到 %(most)s 个字。请改短一些，不要带控制字符。"), most=MAX_NAME
        )
    return name


def _unknown(name: str) -> InvalidInput:
    return InvalidInput("option_unknown", N_("选项“%(name)s”的值不能用。请刷新页面后重新选择。"), name=name)


def geo_options(found: GroundImport, settings: Settings) -> ImportOptions:
    """The choices of an import together with what the settings say about measuring and the service area."""
    kept = found.options or {}
    chosen = {name: kept[name] for name in CHOICES if name in kept and name not in ("into", "name")}
    return ImportOptions(
        **chosen, given_name=kept.get("name"), metric_srid=settings.metric_srid, box=settings.box
    )


def layer_columns(inspection: dict[str, Any] | None, layer: str | None) -> list[str]:
    """Names of the columns of a layer, sorted; by these a mapping is remembered."""
    for sketch in (inspection or {}).get("layers", []):
        if layer is None or sketch["name"] == layer:
            return sorted(column["name"] for column in sketch["columns"])
    return []
