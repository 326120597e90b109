"""What holds for zones whatever the database says."""

from app.zones.rules.identity import Stay, successors
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
    zone_code,
)
from app.zones.rules.outlines import label_place, zone_outlines
from app.zones.rules.pieces import REACH_M, pieces
from app.zones.rules.standing import MOST_DAYS_AHEAD, Standing, standing

__all__ = [
    "BAND",
    "LIMITS",
    "MAX_ZONES",
    "MOST_DAYS_AHEAD",
    "REACH_M",
    "UNASSIGNED_GROUP",
    "Band",
    "Standing",
    "Stay",
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
    "standing",
    "successors",
    "zone_code",
    "zone_outlines",
]
