"""What is kept about people, why and for how long; and words that hide it."""

from app.privacy.catalogue import PERSONAL, TABLES, Field, Level, level_of
from app.privacy.masking import (
    is_identity_number,
    masked_login,
    masked_name,
    masked_phone,
    names_identity,
    scrubbed,
)

__all__ = [
    "PERSONAL",
    "TABLES",
    "Field",
    "Level",
    "is_identity_number",
    "level_of",
    "masked_login",
    "masked_name",
    "masked_phone",
    "names_identity",
    "scrubbed",
]
