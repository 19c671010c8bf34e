"""From a text and its sections to a tree of files that a reader, or a budget of tokens, can take one at a time.

A document that is short stays one file. A long one becomes a directory with a file or directory for each of its
sections, down to sections that are short enough; a long section without any of its own is cut into parts at the ends of
its paragraphs. Every character of the text is in exactly one file, in order.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from afterlore.context.ingest.names import Names, one_line, section_name
from afterlore.context.ingest.node import DIRECTORY, Heading, Node

__all__ = ["LONG", "Outline", "Section", "Writer", "grown", "nested"]

LONG = 6_000
"""Bytes of UTF-8 above which a document is split at its headings: 1,500 to 2,000 tokens of English or Chinese."""
_PARTS = 2
"""Times that length, above which a section without headings is cut into parts."""
_ANCHORS = re.compile(r"<a\s[^<>]*>\s*</a>|<a\s[^<>]*/>|<!--.{0,2000}?-->", re.DOTALL)
_STRIDE = 1024
"""Characters between the byte offsets that are kept."""
_WIDE = 200
"""Sections side by side above which neighbours share a file."""
_LONGEST_OUTLINE = 200
"""Lines of the outline of one file."""


@dataclass(slots=True)
class Section:
    """``text[start:end]``, with all that is below it. ``body`` is where its own text begins, after its heading."""

    title: str
    start: int
    end: int
    body: int
    lead: str = ""
    name: str = ""
    """What to call its file, without the extension; made from the title when empty."""
    sections: list["Section"] = field(default_factory=list)


@dataclass(slots=True)
class Outline:
    """A text that was read: the root section spans all of it."""

    text: str
    root: Section
    cuts: Sequence[int] = ()
    """Offsets, ascending, at which a section may be cut into parts (starts of paragraphs)."""
    media_type: str = "text/markdown"
    extension: str = ".md"
    """Of the files that sections become."""
    _marks: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._marks = [0]
        for at in range(0, len(self.text), _STRIDE):
            self._marks.append(self._marks[-1] + _bytes(self.text[at : at + _STRIDE]))

    def size(self, start: int, end: int) -> int:
        """Bytes of UTF-8 of ``text[start:end]``."""
        return self._offset(end) - self._offset(start)

    def _offset(self, at: int) -> int:
        mark = at // _STRIDE
        return self._marks[mark] + _bytes(self.text[mark * _STRIDE : at])


def nested(title: str, end: int, found: Iterable[tuple[int, str, int, int]]) -> Section:
    """The root of a text of ``end`` characters with headings (level, title, start, start of what is below it)."""
    root = Section(title, 0, end, 0)
    stack: list[tuple[int, Section]] = [(0, root)]
    for level, name, start, body in found:
        while stack[-1][0] >= level:
            stack.pop()[1].end = start
        section = Section(name, start, end, body)
        stack[-1][1].sections.append(section)
        stack.append((level, section))
    return root


class Writer:
    """Puts a text together from the headings and paragraphs of a format that is no text itself."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0
        self._headings: list[tuple[int, str, int, int]] = []
        self._cuts: list[int] = []

    def heading(self, level: int, title: str) -> None:
        """A heading, 1 the highest; an empty one is left out."""
        title = " ".join(title.split())
        if title:
            start = self._size
            self.paragraph("#" * min(6, level) + " " + title)
            self._headings.append((level, title, start, self._size))

    def paragraph(self, text: str) -> None:
        """A paragraph, list entry or table, as it should read; an empty one is left out."""
        text = text.strip("\n")
        if text.strip():
            self._cuts.append(self._size)
            self._parts.append(text + "\n\n")
            self._size += len(text) + 2

    def mark(self, level: int, title: str) -> None:
        """A section begins here that the text has no heading for."""
        self._headings.append((level, title, self._size, self._size))

    def outline(self, title: str) -> Outline:
        """All of it."""
        text = "".join(self._parts)
        return Outline(text, nested(title, len(text), self._headings), self._cuts)


def grown(outline: Outline, name: str, *, limit: int, split: bool = True) -> Node:
    """The tree of a document that is called ``name``, of at most ``limit`` nodes; one file when ``split`` is False."""
    if not split:
        return _file(outline, outline.root, name, outline.root.start)
    long = LONG
    while True:
        node = _node(outline, outline.root, name, outline.root.start, long)
        if sum(1 for _ in node.walk()) <= limit or long > len(outline.text) * 4:
            return node
        # Larger files rather than missing ones.
        long *= 2


def _node(outline: Outline, section: Section, name: str, start: int, long: int) -> Node:
    """``start`` lies before the section's own when text that has no file of its own belongs to it."""
    size = outline.size(start, section.end)
    if size <= long:
        return _file(outline, section, name, start)
    if not section.sections:
        return (
            _parts(outline, section, name, start, long)
            if size > _PARTS * long
            else _file(outline, section, name, start)
        )
    names, children = Names(), []
    first = section.sections[0].start
    # A heading with nothing under it is no file: it opens the first section.
    opening = first if _says(outline.text[section.body : first]) else start
    if opening > start:
        intro = Section(section.title, start, first, section.body, section.lead)
        children.append(_node(outline, intro, names.take("index" + outline.extension), start, long))
    for child in _packed(outline, section.sections, long):
        wanted = section_name(
            child.name or child.title, "" if _becomes_directory(outline, child, opening, long) else outline.extension
        )
        children.append(_node(outline, child, names.take(wanted), min(opening, child.start), long))
        opening = child.end
    return Node(name, _title(section), media_type=DIRECTORY, children=tuple(children), lead=one_line(section.lead))


def _packed(outline: Outline, sections: list[Section], long: int) -> list[Section]:
    """The sections, or runs of them that fit one file together where there are too many to look through."""
    if len(sections) <= _WIDE:
        return sections
    packed: list[list[Section]] = []
    for section in sections:
        if packed and outline.size(packed[-1][0].start, section.end) <= long:
            packed[-1].append(section)
        else:
            packed.append([section])
    return [_joined(run) if len(run) > 1 else run[0] for run in packed]


def _joined(run: list[Section]) -> Section:
    first, last = run[0], run[-1]
    return Section(f"{first.title} – {last.title}", first.start, last.end, first.start, sections=run)


def _becomes_directory(outline: Outline, section: Section, opening: int, long: int) -> bool:
    size = outline.size(min(opening, section.start), section.end)
    return size > long if section.sections else size > _PARTS * long and len(_cut(outline, section, opening, long)) > 2


def _parts(outline: Outline, section: Section, name: str, start: int, long: int) -> Node:
    bounds = _cut(outline, section, start, long)
    count = len(bounds) - 1
    if count < 2:
        return _file(outline, section, name, start)
    width = len(str(count))
    children = []
    for number, (a, b) in enumerate(pairwise(bounds), 1):
        piece = Section(f"{section.title} ({number}/{count})", a, b, section.body if a == start else a)
        children.append(_file(outline, piece, f"part-{number:0{width}}{outline.extension}", a))
    return Node(name, _title(section), media_type=DIRECTORY, children=tuple(children), lead=one_line(section.lead))


def _cut(outline: Outline, section: Section, start: int, long: int) -> list[int]:
    """Offsets from ``start`` to the section's end: pieces of about ``long`` bytes, of whole paragraphs if it can be."""
    start = min(start, section.start)
    bounds, cuts = [start], outline.cuts
    at = bisect_left(cuts, section.body + 1)
    while outline.size(bounds[-1], section.end) > long:
        best = None
        while at < len(cuts) and cuts[at] < section.end and outline.size(bounds[-1], cuts[at]) <= long:
            best = cuts[at]
            at += 1
        if best is None:
            best = _forced(outline.text, bounds[-1], section.end, long)
            at = bisect_left(cuts, best + 1)
        if best >= section.end or not outline.text[best : section.end].strip():
            break
        bounds.append(best)
    return [*bounds, section.end]


def _forced(text: str, start: int, end: int, long: int) -> int:
    """A paragraph that is too long by itself ends at the last line, sentence or word that fits, or just anywhere."""
    piece = text[start : min(end, start + long)]
    piece = piece.encode()[:long].decode("utf-8", "ignore")
    if len(piece) == end - start:
        return end
    for mark in ("\n", "。", ". ", "；", " "):
        found = piece.rfind(mark, len(piece) // 2)
        if found >= 0:
            return start + found + len(mark)
    return start + len(piece)


def _file(outline: Outline, section: Section, name: str, start: int) -> Node:
    text = outline.text[min(start, section.start) : section.end]
    headings = tuple(_headings(section, 1))[:_LONGEST_OUTLINE]
    return Node(name, _title(section), text, outline.media_type, lead=one_line(section.lead), outline=headings)


def _headings(section: Section, depth: int) -> list[Heading]:
    found = []
    for child in section.sections:
        found.append(Heading(depth, _title(child), one_line(child.lead)))
        found += _headings(child, depth + 1)
    return found


def _title(section: Section) -> str:
    return one_line(section.title) or "untitled"


def _says(text: str) -> bool:
    """Whether there is more in it than white space and anchors."""
    return bool(_ANCHORS.sub("", text).strip())


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
