"""What an assessment of protection levels asks for beyond good practice; `docs/security.md` says why none of it is the default."""

from types import MappingProxyType
from typing import Final, NamedTuple

from app.accounts.rules.identity import SIGNED_IN
from app.errors import N_, InvalidInput

# They will see telephone numbers, send people out, or hand out roles.
SENSITIVE: Final = frozenset({"district", "dispatcher", "community", "security"})


class Demands(NamedTuple):
    """How strictly people sign in; zero means that it is not asked."""

    assessed: bool = False
    # Kinds of characters in a password, of four.
    kinds: int = 0
    max_age_days: int = 0
    # Former passwords that may not come back.
    history: int = 0
    idle_minutes: int = 0
    second_factor_roles: frozenset[str] = frozenset()


DEMANDS: Final = MappingProxyType(
    {
        "none": Demands(),
        "mlps2": Demands(True, 3, 90, 5, 30, SENSITIVE),
        "mlps3": Demands(True, 3, 90, 5, 15, frozenset(SIGNED_IN)),
    }
)


def demanded(compliance: str, second_factor_roles: str = "") -> Demands:
    """What two settings ask of everybody who signs in.

    Parameters
    ----------
    compliance : str
        One of `DEMANDS`.
    second_factor_roles : str
        Roles separated by commas that need a second factor besides those which `compliance` names.

    Returns
    -------
    Demands

    Raises
    ------
    InvalidInput
        "setting_wrong" when a role is unknown.
    """
    named = {word.strip() for word in second_factor_roles.split(",") if word.strip()}
    unknown = sorted(named - set(SIGNED_IN))
    if unknown:
        raise InvalidInput(
            "setting_wrong",
            N_("WARDMAP_SECOND_FACTOR_ROLES 里的“%(role)s”不是角色。可以写：%(roles)s。"),
            role=unknown[0],
            roles="、".join(SIGNED_IN),
        )
    demands = DEMANDS[compliance]
    return demands._replace(second_factor_roles=demands.second_factor_roles | named)
