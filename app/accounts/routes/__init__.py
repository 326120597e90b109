"""How the web reaches accounts."""

from app.accounts.routes.sign_in import accounts

rooms = [accounts]
