"""How a plan stands to today, in words."""

from datetime import date, timedelta
from typing import NamedTuple

from flask_babel import format_date
from flask_babel import gettext as _

from app.zones import rules
from app.zones.queries.plans import PlanFacts, PlanLine


class ShownStanding(NamedTuple):
    """A word, how it looks, and the dates in a sentence."""

    kind: rules.Standing
    word: str
    look: str
    dates: str


def shown_standing(plan: PlanFacts | PlanLine, on: date) -> ShownStanding:
    """What a badge beside a plan's name says."""
    kind = rules.standing(plan.state, plan.from_on, plan.to_on, on)
    looks = {"draft": "is-warn", "in_force": "is-good"}
    return ShownStanding(
        kind, standing_word(kind), looks.get(kind, "is-plain"), shown_dates(plan.from_on, plan.to_on)
    )


def standing_word(kind: rules.Standing) -> str:
    """One word for it."""
    return {
        "draft": _("草稿"),
        "in_force": _("现行"),
        "coming": _("待生效"),
        "over": _("已被替代"),
        "never": _("未曾生效"),
    }[kind]


def shown_dates(from_on: date | None, to_on: date | None) -> str:
    """From its first to its last day, as people count them."""
    if from_on is None:
        return ""
    if to_on is None:
        return _("%(day)s 起", day=format_date(from_on))
    last = to_on - timedelta(days=1)
    return _("%(first)s 至 %(last)s", first=format_date(from_on), last=format_date(last))
