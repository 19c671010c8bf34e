"""What a day was made of, so that a desk can make it again without its sources; and what extraction leaves on the way.

The journal keeps each extraction as it is done, so that a killed run goes on. Once the library holds an article, its
text is taken out there: each text has one home.
"""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal

from afterlore.brief.article import Article, Drop
from afterlore.brief.gather.item import SourceHealth
from afterlore.brief.vertical import Vertical
from afterlore.brief.window import Window
from afterlore.core import Record
from afterlore.journal import Journal

__all__ = ["EXTRACTED", "FORMAT", "Inputs", "bare", "hand_over", "recalled", "recorded"]

EXTRACTED = "extract"
"""The journal's stage of extractions."""

FORMAT = '{"format":"afterlore.day/2",'
"""What the JSON of inputs of this version begins with."""


class Inputs(Record):
    """A day's request and the articles that extraction left it, in their order."""

    format: Literal["afterlore.day/2"] = "afterlore.day/2"
    day: date
    hours: int
    """How far back from the end of the day articles count."""
    top: int
    vertical: Vertical
    """Whole, so that a desk needs no file that was given on the command line."""
    articles: tuple[Article, ...]
    """Without their texts: those that the day may use stand in the library, the others are never read again."""
    sources: tuple[SourceHealth, ...]
    dropped: tuple[Drop, ...]
    """What did not become an article."""

    @property
    def window(self) -> Window:
        """The time that the day's articles come from."""
        return Window.of(self.day, timedelta(hours=self.hours), self.vertical.zone)


def bare(article: Article) -> Article:
    """The article without its text, which its digest names."""
    return article.model_copy(update={"text": ""})


def recorded(result: Article | Drop) -> str:
    """What the journal keeps of an extraction."""
    return json.dumps([type(result).__name__, result.to_json()])


def recalled(value: str) -> Article | Drop:
    """The inverse of ``recorded``."""
    kind, record = json.loads(value)
    return Article.from_json(record) if kind == "Article" else Drop.from_json(record)


def hand_over(articles: Mapping[str, Article], window: Window, journal: Journal) -> None:
    """Take the texts that the library holds, those of the window, out of the journal; ``articles`` are by its keys."""
    held = {key: bare(article) for key, article in articles.items() if not window.refuses(article)}
    journal.replace(EXTRACTED, {key: recorded(article) for key, article in held.items()})
