"""Who an account is, and what it may."""

import re
import unicodedata
from typing import Final, NamedTuple

from app.errors import N_, InvalidInput
from app.privacy import is_identity_number, is_mobile_number

# Who cuts zones and brings files in, and who looks at the ground, each within the area of the grant.
PLANS: Final = ("district", "planner")
LOOKS: Final = ("district", "planner", "dispatcher", "community")
# Everybody with a login and a role; the same list as `models.ROLES`.
SIGNED_IN: Final = (
    "system", "security", "auditor", "district", "planner", "dispatcher", "community", "volunteer",
)  # fmt: skip


# No script whose letters look like those of another.
LOGIN: Final = re.compile(r"[a-z0-9\u4e00-\u9fff](?:[a-z0-9\u4e00-\u9fff._@-]{0,62}[a-z0-9\u4e00-\u9fff])")


class Grant(NamedTuple):
    """A role in an area; an empty code means everywhere."""

    role: str
    area_code: str


class Identity(NamedTuple):
    """The signed-in account, as far as a page needs it."""

    id: int
    login: str
    grants: tuple[Grant, ...]

    def may(self, *roles: str) -> bool:
        """Whether the account has one of these roles anywhere."""
        return any(grant.role in roles for grant in self.grants)

    def areas(self, *roles: str) -> tuple[str, ...]:
        """Codes of the areas in which it has one of these roles; an empty one means everywhere."""
        return tuple(dict.fromkeys(grant.area_code for grant in self.grants if grant.role in roles))


def typed_login(login: str) -> str:
    """A login as it is looked up: full-width signs of an input method, capitals and blanks around it do not matter.

    Parameters
    ----------
    login : str
        As typed.

    Returns
    -------
    str
    """
    return unicodedata.normalize("NFKC", login).strip().lower()


def checked_login(login: str) -> str:
    """Refuse logins that could be taken for another's, or that say too much of their owner.

    Parameters
    ----------
    login : str
        As typed.

    Returns
    -------
    str
        As it is kept: 2 to 64 Latin letters, digits, Chinese characters and . _ - @ between them.

    Raises
    ------
    InvalidInput
        "login_unusable"; "login_personal" for a mobile or identity number.
    """
    plain = typed_login(login)
    if not LOGIN.fullmatch(plain):
        raise InvalidInput(
            "login_unusable",
            N_("账号名要有 2 到 64 个字符：字母、数字、汉字，中间可以有 . _ - @，不能有空格。"),
        )
    if is_mobile_number(plain) or is_identity_number(plain):
        raise InvalidInput(
            "login_personal", N_("账号名不要用手机号或身份证号：它会出现在名单和记录里。请用姓名拼音。")
        )
    return plain
