"""What a web page turned out to be: its article as plain text, or the one reason why there is none."""

from datetime import datetime
from typing import Literal

from afterlore.core import Record

__all__ = ["Page", "Problem"]

Problem = Literal["empty", "image_only", "deleted", "verification", "not_article"]
"""Why a page gives no article: nothing in it, pictures only, taken down, a check for humans, something else."""


class Page(Record):
    """One page after extraction. ``text`` is plain text, one paragraph a line, never markup."""

    title: str = ""
    outlet: str = ""
    """Name of the site or account, as the page gives it; empty when it gives none."""
    author: str | None = None
    published: datetime | None = None
    """With offset; None when the page gives no time that can be believed."""
    text: str = ""
    images: tuple[str, ...] = ()
    """Absolute addresses, in page order, each once."""
    language: str = ""
    """``zh`` or ``en``; empty when there is no text."""
    url: str | None = None
    """The canonical address, or the one given."""
    problem: Problem | None = None
    detail: str = ""
    """What was found, in one sentence, when there is a problem."""
