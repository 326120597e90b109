"""Append-only record of who did what: triggers write it, hashes chain it, and looks at personal data are noted in it."""

from app.journal.looks import note_look

__all__ = ["note_look"]
