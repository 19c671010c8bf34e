"""What one source said: the article as it came out of extraction, and the pieces that never became one."""

from datetime import datetime
from typing import Literal

from afterlore.context.ingest.node import Drop
from afterlore.core import Record

__all__ = ["Article", "Drop"]


class Article(Record):
    """One article. ``text`` is the cleaned body: one paragraph a line, ``\\n`` between paragraphs, no trailing newline.

    Outlet, address and dates come from the collector; nothing that an article's body says of itself can set them to
    something that its page, feed or front matter does not carry, save that a repost is recognised as one (``origin``).
    """

    id: str
    """16 hexadecimal digits: of the canonical address, or of the text when there is no address."""
    url: str
    """Canonical address; for a local file without one, its path relative to the folder that was given."""
    outlet: str
    outlet_stored: str | None = None
    """What the source had in the outlet's place, when that was wrong (an author's name, a section)."""
    origin: str | None = None
    """The outlet that this text was first published by, when it says that it is a repost."""
    title: str
    published: datetime | None
    """With offset; None when the source gives no time."""
    retrieved: datetime | None = None
    """When it came over the network; None for a local file."""
    language: str
    text: str
    sha256: str
    """Of ``text``, as UTF-8."""
    images: tuple[str, ...] = ()
    source: str
    """Label of the source (feed, folder, address) that it came from."""
    kind: Literal["news", "roundup", "notice"] = "news"
    """A roundup tells many events in one article; a notice advertises, recruits or invites."""
