"""How the web reaches accounts."""

from app.accounts.routes import bulk, invitations, own, second_factor
from app.accounts.routes.administration import administration
from app.accounts.routes.sign_in import accounts

__all__ = ["bulk", "invitations", "own", "rooms", "second_factor"]
rooms = [accounts, administration]
