"""How a plan stands to a day: being drawn, in force, still to come, over, or never in force."""

from datetime import date
from typing import Final, Literal

Standing = Literal["draft", "in_force", "coming", "over", "never"]
# A day further ahead is a slip of the hand.
MOST_DAYS_AHEAD: Final = 366


def standing(state: str, from_on: date | None, to_on: date | None, on: date) -> Standing:
    """How a plan stands to a day.

    Parameters
    ----------
    state : str
        "draft" or "published".
    from_on, to_on : date or None
        First day, and the day on which the next plan began; both None for a published plan that was replaced before it began.
    on : date
        The day.

    Returns
    -------
    Standing
        "draft", "in_force", "coming", "over" or "never".
    """
    if state == "draft":
        return "draft"
    if from_on is None:
        return "never"
    if on < from_on:
        return "coming"
    return "in_force" if to_on is None or on < to_on else "over"
