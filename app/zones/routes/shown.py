"""A plan as pages and scripts show it: zones with titles, colours and how full they are."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import format_datetime
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.maps.legend import Legend
from app.zones import map_layers, rules
from app.zones.queries import plans as plan_queries
from app.zones.queries.outlines import zone_outlines
from app.zones.queries.plans import PlanFacts, StepLine, ZoneLine


def zone_title(number: int, name: str) -> str:
    """What a zone is called: its own name, or its number in words."""
    return name or _("第 %(n)s 责任区", n=number)


def zone_colours(zones: Sequence[ZoneLine]) -> list[int]:
    """Colour indices of zones as shown on this plan's map."""
    return map_layers.shown_colours(
        [one.colour for one in zones], rules.neighbours([one.box for one in zones])
    )


def plan_legend(zones: Sequence[ZoneLine], colours: Sequence[int], *, alone: bool = False) -> Legend:
    """Zones by number, then hatched grey for what is in none, then other communities unless it stands alone."""
    entries = [
        (one.number, zone_title(one.number, one.name), colour)
        for one, colour in zip(zones, colours, strict=True)
    ]
    return map_layers.zones_legend(_("责任区"), entries, _("未划入"), "" if alone else _("别的社区"))


def plan_state(session: Session, plan: PlanFacts, on: date) -> dict[str, Any]:
    """Everything the workbench shows beside the map, for its script."""
    return state_and_legend(session, plan, on)[0]


def state_and_legend(session: Session, plan: PlanFacts, on: date) -> tuple[dict[str, Any], Legend]:
    """The same, and the legend for a map on the same page: both of the zones as they were read once."""
    zones = plan_queries.zone_lines(session, plan.id, on)
    sums = plan_queries.plan_sums(session, plan.id, plan.area_code, on)
    undo, redo = plan_queries.open_steps(session, plan.id) if plan.state == "draft" else (None, None)
    colours = zone_colours(zones)
    deviation = rules.largest_deviation([one.households for one in zones if one.buildings])
    legend = plan_legend(zones, colours)
    state = {
        "id": plan.id,
        "name": plan.name,
        "version": plan.version,
        "zones": [
            shown_zone(plan.area_code, one, colour) for one, colour in zip(zones, colours, strict=True)
        ],
        "sums": sums._asdict(),
        "deviation": deviation,
        "undo": shown_step(undo),
        "redo": shown_step(redo),
        "legend": legend.as_json(),
    }
    return state, legend


def shown_zone(area_code: str, zone: ZoneLine, colour: int) -> dict[str, Any]:
    """One zone as the panel shows it."""
    return {
        "id": zone.id,
        "number": zone.number,
        "code": rules.zone_code(area_code, zone.number),
        "name": zone.name,
        "title": zone_title(zone.number, zone.name),
        "colour": colour,
        "locked": zone.locked,
        "buildings": zone.buildings,
        "households": zone.households,
        "band": rules.household_band(zone.households),
        "bandText": band_text(rules.household_band(zone.households)),
        "box": zone.box,
    }


def band_text(band: rules.Band) -> str:
    """How full a zone is, in words: colour is never the only sign."""
    return {
        "empty": _("没有住户"),
        "far_below": _("过少"),
        "below": _("偏少"),
        "within": _("合适"),
        "above": _("偏多"),
        "far_above": _("过多"),
    }[band]


def shown_step(step: StepLine | None) -> dict[str, Any] | None:
    """A step as the undo button names it."""
    if step is None:
        return None
    made_at = format_datetime(step.made_at, "HH:mm")
    return {
        "id": step.id,
        "kind": step.kind,
        "text": step_text(step.kind, step.answer),
        "by": step.made_by,
        "at": made_at,
    }


def step_text(kind: str, answer: dict[str, Any]) -> str:
    """What a step did, in a few words."""
    if kind == "give" and answer["zone"] is None:
        return _("移出 %(n)s 栋", n=answer["assigned"])
    if kind == "give":
        return _("%(n)s 栋划入第 %(zone)s 责任区", n=answer["assigned"], zone=answer["zone"])
    if kind == "add":
        return _("新建第 %(zone)s 责任区", zone=answer["zone"]["number"])
    if kind == "remove":
        return _("删除第 %(zone)s 责任区", zone=answer["zone"]["number"])
    if kind == "lock":
        if answer["locked"]:
            return _("锁定第 %(zone)s 责任区", zone=answer["zone"])
        return _("解锁第 %(zone)s 责任区", zone=answer["zone"])
    if kind == "redraw":
        return _("重划 %(zones)s 个责任区，%(n)s 栋变动", zones=answer["zones"], n=answer["moved"])
    if kind == "name":
        return _("方案改名为“%(name)s”", name=answer["name"])
    return _("改编号或名称")


def shown_outlines(session: Session, plan_id: int, area_code: str, on: date) -> dict[str, Any]:
    """Zone outlines with their colours and sums, as GeoJSON."""
    zones = plan_queries.zone_lines(session, plan_id, on)
    outlines = zone_outlines(session, plan_id, area_code, on)
    shown = [
        {
            "id": one.id,
            "geometry": outlines[one.id]["geometry"],
            "number": one.number,
            "name": one.name,
            "colour": colour,
            "buildings": one.buildings,
            "households": one.households,
            "label": outlines[one.id]["label"],
        }
        for one, colour in zip(zones, zone_colours(zones), strict=True)
        if one.id in outlines
    ]
    return map_layers.outline_features(shown)
