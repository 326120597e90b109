"""One address of the matrix."""

from dataclasses import dataclass
from typing import Any

LOOK = {"district", "planner", "dispatcher", "community"}
PLAN = {"district", "planner"}
SIGNED_IN = LOOK | PLAN | {"system", "security", "auditor", "volunteer"}
ANYBODY = None


@dataclass(frozen=True)
class Entry:
    """An address: who may, what it is about, and how it is asked."""

    who: set[str] | None
    method: str
    path: str
    # "" asks about nothing in particular; "area" may also be seen from below.
    about: str = ""
    json: Any = None
    form: Any = None
    # What an allowed request about one's own thing may answer besides 200: a state that does not fit, a form half filled.
    also: tuple[int, ...] = ()
