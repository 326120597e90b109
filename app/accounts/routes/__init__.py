"""How the web reaches accounts."""

from app.accounts.routes import own, second_factor
from app.accounts.routes.sign_in import accounts

__all__ = ["own", "rooms", "second_factor"]
rooms = [accounts]
