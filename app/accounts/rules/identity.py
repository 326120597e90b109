"""Who an account is, and what it may."""

from typing import Final, NamedTuple

from app.errors import N_, InvalidInput

# Who cuts zones and brings files in, and who looks at the ground, each within the area of the grant.
PLANS: Final = ("district", "planner")
LOOKS: Final = ("district", "planner", "dispatcher", "community")
# Everybody with a login and a role; the same list as `models.ROLES`.
SIGNED_IN: Final = (
    "system", "security", "auditor", "district", "planner", "dispatcher", "community", "volunteer",
)  # fmt: skip


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


def checked_login(login: str) -> str:
    """Bring a login into its stored form.

    Parameters
    ----------
    login : str
        As typed; blanks around it and capitals do not matter.

    Returns
    -------
    str
        Lower case, no surrounding blanks, 2 to 64 characters.

    Raises
    ------
    InvalidInput
        "login_unusable" when it is too short, too long or holds blanks or control characters.
    """
    plain = login.strip().lower()
    if not 2 <= len(plain) <= 64 or any(ch.isspace() or not ch.isprintable() for ch in plain):
        raise InvalidInput("login_unusable", N_("账号名要有 2 到 64 个字符，中间不能有空格。"))
    return plain
