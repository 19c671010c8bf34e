"""The protocol between the brief and whoever writes its stories."""

from collections.abc import Sequence
from typing import Protocol

from afterlore.brief.article import Article
from afterlore.brief.vertical import Vertical
from afterlore.brief.write.story import Draft

__all__ = ["Writer"]


class Writer(Protocol):
    """Turns the articles about one event into a draft. Deterministic writers give the same draft for the same input."""

    name: str
    """Shown in the document, so that a reader knows what wrote it."""
    version: str
    """Part of the key under which a draft is remembered; another one for each change that gives another draft."""

    def write(self, articles: Sequence[Article], *, vertical: Vertical, avoid: Sequence[str] = ()) -> Draft | None:
        """A draft, or None when the articles hold nothing that can be told.

        ``avoid`` are sentences that an earlier day's brief already told; the draft then tells only what is new, and is
        None when nothing is.
        """
