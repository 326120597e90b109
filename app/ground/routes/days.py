"""What day it is in the office."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import current_app


def today() -> date:
    """Today in the service's time zone."""
    return datetime.now(ZoneInfo(current_app.config["SETTINGS"].time_zone)).date()
