"""The edition that stood before the last publication that changed it, so that a desk can show what changed."""

from datetime import date
from pathlib import Path

from afterlore.journal import Journal

__all__ = ["before_last", "remember"]

_BEFORE = "edition before"


def remember(ledger: Path, encoded: str, day: date, journal: Journal) -> None:
    """Keep the edition that is about to be replaced by another one."""
    try:
        standing = ledger.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return
    if standing != encoded:
        journal.replace(_BEFORE, {day.isoformat(): standing})


def before_last(journal: Journal, day: date) -> str | None:
    """The ``brief.json`` that stood before the last publication that changed it."""
    return journal.recall(_BEFORE, [day.isoformat()]).get(day.isoformat())
