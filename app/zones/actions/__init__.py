"""What can be done with plans and zones. Nothing here commits."""

from app.zones.actions.give import give_buildings
from app.zones.actions.plans import copy_plan, delete_draft, load_zones, make_draft, rename_plan
from app.zones.actions.publishing import publish_plan
from app.zones.actions.redraw import Wanted, redraw_zones
from app.zones.actions.steps import Ask, Outcome
from app.zones.actions.turns import Direction, turn_step
from app.zones.actions.zones import add_zone, lock_zone, remove_zone, rename_zone, renumber_zones

__all__ = [
    "Ask",
    "Direction",
    "Outcome",
    "Wanted",
    "add_zone",
    "copy_plan",
    "delete_draft",
    "give_buildings",
    "load_zones",
    "lock_zone",
    "make_draft",
    "publish_plan",
    "redraw_zones",
    "remove_zone",
    "rename_plan",
    "rename_zone",
    "renumber_zones",
    "turn_step",
]
