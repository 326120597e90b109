"""How the web reaches the ledger."""

from app.audit.routes.ledger import ledger

rooms = [ledger]
