"""Markdown: front matter, headings and paragraphs, with exact offsets into the text.

The blocks are those of CommonMark (markdown-it-py), so that a ``#`` in a code block is no heading and a heading within
a list or a quotation divides nothing. Front matter is YAML read with every value as text.
"""

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from markdown_it import MarkdownIt

from afterlore.context.ingest.names import one_line
from afterlore.context.ingest.sections import Outline, Section, nested
from afterlore.core import InputError
from afterlore.text.front_matter import front_matter

__all__ = ["FrontMatter", "plain_title", "read_head", "read_markdown"]

_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()\s]*(?:\([^()]*\)[^()]*)?(?:\s+[\"'][^\"']*[\"'])?\)|\[[^\[\]]*\])")
_MARKS = re.compile(r"(?<!\\)(?:\*\*|__|~~|`+|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])|(?<!\w)_(?=\S)|(?<=\S)_(?!\w))")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)?[^<>\s@]*[@:/][^<>\s]*)>")
_ROLE = re.compile(r":[a-z:+-]{2,20}:(?=`)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.{0,500}?-->")
_ANCHOR = re.compile(r"\s*\{#[^{}]*\}\s*$")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the head of a file says of it. Fields are empty or None where it says nothing that can be used."""

    raw: str = ""
    title: str = ""
    lead: str = ""
    tags: tuple[str, ...] = ()
    modified: datetime | None = None
    url: str | None = None
    problem: str = ""
    """Why the block is not YAML, in one sentence; then it stays part of the text."""


def read_head(text: str) -> tuple[FrontMatter, int]:
    """What the front matter at the beginning of ``text`` says, and where the body begins (0 when there is none)."""
    try:
        block = front_matter(text)
    except InputError as error:
        return FrontMatter(problem=str(error)), 0
    if block is None:
        return FrontMatter(), 0
    values = block.values
    return FrontMatter(
        raw=block.raw,
        title=_text(values, "title"),
        lead=_text(values, "description", "summary", "abstract", "excerpt"),
        tags=_tags(values),
        modified=_moment(_text(values, "updated", "modified", "lastmod", "date", "published")),
        url=next((url for url in (_text(values, "url", "link", "source"),) if re.match(r"https?://\S+$", url)), None),
    ), block.end


def read_markdown(text: str, fallback: str, *, title: str = "") -> Outline:
    """The outline of a body without front matter. Titled ``title``, or as its one top heading, or ``fallback``."""
    starts = _line_starts(text)
    found: list[tuple[int, str, int, int]] = []
    cuts: list[int] = []
    pending: tuple[int, int, int] | None = None
    for token in _blocks().parse(text):
        if token.level == 0 and token.map is not None and token.nesting >= 0:
            cuts.append(starts[token.map[0]])
            if token.type == "heading_open":
                pending = (int(token.tag[1]), starts[token.map[0]], starts[token.map[1]])
        elif pending is not None and token.type == "inline":
            name = plain_title(token.content)
            if name:
                found.append((pending[0], name, pending[1], pending[2]))
            pending = None
    root = nested(title or fallback, len(text), found)
    return Outline(text, _unwrapped(root, text, title), cuts)


def plain_title(line: str) -> str:
    """The words of a heading without their markup, on one line."""
    # White space in runs costs the pattern below the square of its length.
    text = _ANCHOR.sub("", " ".join(line.split()))
    for _ in range(3):
        text = _LINK.sub(r"\1", text)
    text = _MARKS.sub("", _TAG.sub("", _AUTOLINK.sub(r"\1", _ROLE.sub("", text))))
    return " ".join(html.unescape(text).replace("\\", "").split())


def _unwrapped(root: Section, text: str, title: str) -> Section:
    """A document whose one top heading holds everything is what that heading says."""
    if len(root.sections) == 1 and not text[: root.sections[0].start].strip():
        only = root.sections[0]
        return Section(title or only.title, 0, root.end, only.body, sections=only.sections)
    return root


@lru_cache(maxsize=1)
def _blocks() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table").disable("inline")


def _line_starts(text: str) -> list[int]:
    starts = [0]
    at = text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    starts.append(len(text))
    return starts


def _text(values: dict[str, object], *keys: str) -> str:
    for key in keys:
        value = values.get(key)
        if isinstance(value, str) and value.strip():
            return one_line(value)
    return ""


def _tags(values: dict[str, object]) -> tuple[str, ...]:
    found: list[str] = []
    for key in ("tags", "keywords", "categories", "category"):
        value = values.get(key)
        parts = re.split(r"[,，、]", value) if isinstance(value, str) else value if isinstance(value, list) else []
        found += [one_line(part) for part in parts if isinstance(part, str) and part.strip()]
    return tuple(dict.fromkeys(filter(None, found)))


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
