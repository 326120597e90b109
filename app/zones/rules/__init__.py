"""What holds for zones whatever the database says."""

from app.zones.rules.lasso import lasso_shape
from app.zones.rules.numbers import (
    BAND,
    LIMITS,
    MAX_ZONES,
    UNASSIGNED_GROUP,
    Band,
    chinese_number,
    free_colour,
    free_number,
    household_band,
    largest_deviation,
    neighbours,
    own_name,
    reading_order,
    zone_code,
)
from app.zones.rules.outlines import label_place, zone_outlines
from app.zones.rules.pieces import REACH_M, pieces

__all__ = [
    "BAND",
    "LIMITS",
    "MAX_ZONES",
    "REACH_M",
    "UNASSIGNED_GROUP",
    "Band",
    "chinese_number",
    "free_colour",
    "free_number",
    "household_band",
    "label_place",
    "largest_deviation",
    "lasso_shape",
    "neighbours",
    "own_name",
    "pieces",
    "reading_order",
    "zone_code",
    "zone_outlines",
]
