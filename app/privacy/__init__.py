"""What is kept about people, why and for how long; and words that hide it."""

from app.privacy.catalogue import PERSONAL, TABLES, Field, Level, level_of
from app.privacy.masking import mask_login, mask_name, mask_telephone, scrub
from app.privacy.numbers import is_identity_number, is_mobile_number

__all__ = [
    "PERSONAL",
    "TABLES",
    "Field",
    "Level",
    "is_identity_number",
    "is_mobile_number",
    "level_of",
    "mask_login",
    "mask_name",
    "mask_telephone",
    "scrub",
]
