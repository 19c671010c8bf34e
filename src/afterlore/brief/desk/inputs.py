"""What a day was made of, kept in the journal so that a desk can make it again without its sources."""

import json
from datetime import date
from pathlib import Path
from typing import Literal

from afterlore.brief.article import Article, Drop
from afterlore.brief.gather.item import SourceHealth
from afterlore.brief.vertical import Vertical
from afterlore.core import Record
from afterlore.journal import Journal

__all__ = ["Inputs", "before_last", "recalled", "remember"]

_FORMAT = '{"format":"afterlore.day/1",'
_STAGE = "day"
_BEFORE = "edition before"


class Inputs(Record):
    """A day's articles and request, as extraction left them. The articles themselves are in the journal already."""

    format: Literal["afterlore.day/1"] = "afterlore.day/1"
    day: date
    hours: int
    """How far back from the end of the day articles count."""
    top: int
    vertical: Vertical
    """Whole, so that a desk needs no file that was given on the command line."""
    keys: tuple[str, ...]
    """Of the articles, in the journal's stage ``extract``."""
    sources: tuple[SourceHealth, ...]
    dropped: tuple[Drop, ...]
    """What did not become an article."""

    def store(self, journal: Journal) -> None:
        """Keep these as the day's; the ones of an earlier run are replaced."""
        journal.replace(_STAGE, self.day.isoformat(), self.to_json())

    @classmethod
    def stored(cls, journal: Journal, day: date) -> str | None:
        """The day's inputs as JSON; None when nothing, or something of another version, is kept."""
        text = journal.recall(_STAGE, [day.isoformat()]).get(day.isoformat())
        return text if text and text.startswith(_FORMAT) else None

    def articles(self, journal: Journal) -> list[Article] | None:
        """The articles, or None when the journal does not hold all of them any more."""
        found = journal.recall("extract", self.keys)
        if len(found) != len(set(self.keys)):
            return None
        return [one for key in self.keys if isinstance(one := recalled(found[key]), Article)]


def recalled(value: str) -> Article | Drop:
    """What the journal's stage ``extract`` holds under a key."""
    kind, record = json.loads(value)
    return Article.from_json(record) if kind == "Article" else Drop.from_json(record)


def remember(ledger: Path, encoded: str, day: date, journal: Journal) -> None:
    """Keep the edition that is about to be replaced by another one."""
    try:
        standing = ledger.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return
    if standing != encoded:
        journal.replace(_BEFORE, day.isoformat(), standing)


def before_last(journal: Journal, day: date) -> str | None:
    """The ``brief.json`` that stood before the last publication that changed it."""
    return journal.recall(_BEFORE, [day.isoformat()]).get(day.isoformat())
