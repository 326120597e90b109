"""Every address, who may reach it and what it is about, written by hand; a room adds its own module here."""

from tests.authority.matrix.accounts import ACCOUNTS
from tests.authority.matrix.administration import ADMINISTRATION
from tests.authority.matrix.entry import Entry
from tests.authority.matrix.ground import GROUND
from tests.authority.matrix.journal import JOURNAL
from tests.authority.matrix.sign_in import SIGN_IN
from tests.authority.matrix.system import SYSTEM
from tests.authority.matrix.zones import ZONES

MATRIX: dict[str, Entry] = {**ACCOUNTS, **ADMINISTRATION, **GROUND, **JOURNAL, **SIGN_IN, **SYSTEM, **ZONES}
__all__ = ["MATRIX", "Entry"]
