"""What collecting gives: items that may become articles, and a line on the health of each source."""

from datetime import datetime
from typing import Literal

from afterlore.core import Record

__all__ = ["Item", "SourceHealth", "SourceKind", "SourceState"]

SourceKind = Literal["feed", "opml", "sitemap", "page", "folder", "file", "unknown"]
SourceState = Literal["ok", "empty", "failed", "stale"]
"""``stale``: it answers, but its newest entry is old."""


class Item(Record):
    """One document as it was found, not yet read for its text. All but the body may be unknown."""

    source: str
    """Label of the source that it came from."""
    address: str
    """Canonical address; for a local file that names none, its path relative to the folder that was given."""
    kind: Literal["html", "markdown", "text", "feed"]
    """What ``body`` is: a whole page, Markdown without its front matter, plain text, or the HTML fragment of a feed."""
    body: str
    url: str | None = None
    """Canonical; None when nothing names it."""
    path: str | None = None
    """Relative to the folder that was given; None for what came from the web or a feed."""
    title: str | None = None
    outlet: str | None = None
    """Who published it, as the feed or the front matter names it; None when only the page may know."""
    outlet_stored: str | None = None
    """What a saved file has in the outlet's place (its 公众号 line): an outlet often, an author's name sometimes."""
    published: datetime | None = None
    """With offset."""
    author: str | None = None
    retrieved: datetime | None = None
    """When the bytes came over the network; None for a local file."""
    summary_only: bool = False
    """Whether ``body`` is a feed's teaser because the page itself could not be had."""
    summary: str | None = None
    """The feed's teaser as HTML, when ``body`` is the page it leads to."""


class SourceHealth(Record):
    """How one source did in this run."""

    source: str
    """Its label: the address with secrets struck out, or the name of the file or folder."""
    kind: SourceKind
    state: SourceState
    title: str = ""
    """Its own name for itself."""
    detail: str = ""
    """What was found, in one sentence."""
    fix: str = ""
    """What the reader can do about it; empty when nothing is wrong."""
    items: int = 0
    """Items it gave to this run."""
    newest: datetime | None = None
    """The latest date among its entries, in the window or not; None when none has a date."""
