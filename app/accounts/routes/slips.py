"""What is handed over to somebody who is invited, on a screen or on paper: a link that is shown once."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

import segno
from flask import url_for
from flask_babel import gettext as _

from app.accounts.actions import Invited
from app.accounts.guard import ROLE_NAMES
from app.accounts.rules import Grant
from app.web.pages import own_address


class Slip(NamedTuple):
    """One account with its link."""

    account_id: int
    login: str
    link: str
    # A QR code of the link, as the address of a picture.
    picture: str
    roles: str
    expires_at: datetime


def slip(invited: Invited, grants: Iterable[Grant], area_names: Mapping[str, str]) -> Slip:
    """The slip of an invitation."""
    link = own_address(url_for("accounts.welcome", token=invited.token))
    # One mask for all: looking for the best takes four times as long, and a list has 500 slips.
    picture = segno.make(link, error="m", mask=3).svg_data_uri(
        scale=4, border=2, dark="#1d2a33", light="#fff"
    )
    return Slip(
        invited.account_id,
        invited.login,
        link,
        picture,
        grant_words(grants, area_names),
        invited.expires_at,
    )


def grant_words(grants: Iterable[Grant], area_names: Mapping[str, str]) -> str:
    """Roles and where they hold, in one line."""
    return _("、").join(
        f"{ROLE_NAMES[grant.role]} · {area_words(grant.area_code, area_names)}" for grant in grants
    )


def area_words(code: str, area_names: Mapping[str, str]) -> str:
    """The name of an area, for people."""
    return area_names.get(code, code) if code else _("全部辖区")
