"""From the bytes of one file to its tree, by what the file is."""

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from afterlore.context.ingest.markdown import FrontMatter, front_matter, read_markdown
from afterlore.context.ingest.node import Limits, Node
from afterlore.context.ingest.sections import grown
from afterlore.web.charset import decode

__all__ = ["VERSION", "Parsed", "Unreadable", "parse"]

VERSION = 1
"""Raised when the same bytes would give another tree; a store keeps it beside the hash of what it imported."""


class Unreadable(Exception):
    """The bytes are no document. ``reason`` is a word of the list in docs/context.md; carries data and does nothing."""

    def __init__(self, reason: str, detail: str, fix: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one file says."""

    node: Node
    head: FrontMatter = field(default_factory=FrontMatter)
    remarks: tuple[tuple[str, str, str], ...] = ()
    """(reason, detail, fix) of what was read but not as it should be."""


def parse(
    body: bytes | str,
    name: str,
    *,
    url: str | None = None,
    media_type: str = "",
    split: bool = True,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> Parsed:
    """The tree of a file that is called ``name``, a safe name whose extension says what it is.

    ``media_type`` says it for a page that was fetched, ``url`` is the page's address. ``split=False`` gives one file,
    however long, for a text that is written in place. Raises Unreadable.
    """
    text = _text(body)
    head, start = front_matter(text)
    outline = read_markdown(text[start:], PurePosixPath(name).stem, title=head.title)
    return Parsed(grown(outline, name, limit=limits.nodes, split=split), head)


def _text(body: bytes | str) -> str:
    text = decode(body) if isinstance(body, bytes) else body
    return text.replace("\r\n", "\n").replace("\r", "\n")
