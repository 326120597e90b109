"""What is kept about people, why and for how long; and words that hide it."""

from app.privacy.catalogue import PERSONAL, TABLES, Field, Level, level_of
from app.privacy.masking import masked_login, masked_name, masked_phone, scrubbed

__all__ = [
    "PERSONAL", "TABLES", "Field", "Level", "level_of", "masked_login", "masked_name", "masked_phone", "scrubbed",
]  # fmt: skip
