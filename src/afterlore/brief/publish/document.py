"""The Markdown form of a brief: read, written back byte for byte, and checked.

A document is a heading with the date, then stories closed by ``---``, then (in the short form only) other news::

    # 🤖 AI行业速递 - 2026年02月20日
    ## <title>
    > **分类：** <category>
    > **来源：** [outlet](address) 、 [outlet](address)
    **核心洞察：** <one or more paragraphs>
    **内容简介：**
    - <label>：<fact>
    ---
    ## 其他相关资讯
    - [title](address)
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from pydantic import Field

from afterlore.core import InputError, Record

__all__ = [
    "OTHERS",
    "Document",
    "Finding",
    "Link",
    "Story",
    "escape",
    "label_of",
    "lint",
    "parse",
    "render",
    "render_others",
    "render_story",
    "safe_address",
]

OTHERS = "## 其他相关资讯"

_HEADING = re.compile(r"# (?P<title>.+) - (?P<year>\d{4})年(?P<month>\d{2})月(?P<day>\d{2})日")
_LINK = re.compile(r"\[(?P<label>(?:\\.|[^\]\\])*)\]\((?P<address>[^()\s]+)\)")
_OTHER = re.compile(r"- \[(?P<label>.*)\]\((?P<address>[^()\s]+)\)")
_LABEL = re.compile(r"(?P<label>[^：:。，]{1,30})[：:](?P<fact>.+)", re.S)
_PLACEHOLDER = re.compile(r"(?i)(?:source|来源|outlet|未知|unknown|n/?a)\s*\d*")


class Link(Record):
    """Label and address, as they stand in the Markdown."""

    label: str
    address: str


class Story(Record):
    """One story. Texts are Markdown: what came from an article went through ``escape`` first."""

    title: str
    category: str
    sources: tuple[Link, ...]
    insight: tuple[str, ...]
    """Paragraphs."""
    bullets: tuple[str, ...]


class Document(Record):
    """One day's brief. ``others`` is None in the long form, which has no such list."""

    title: str
    """With the emoji: ``🤖 AI行业速递``."""
    date: date
    stories: tuple[Story, ...] = Field(min_length=0)
    others: tuple[Link, ...] | None = None


class Finding(NamedTuple):
    """One thing that is wrong with a document."""

    line: int
    """1-based; 0 when it is about the whole."""
    problem: str


def render(document: Document) -> str:
    """The document as Markdown, in exactly the reference form."""
    day = document.date
    parts = [f"# {document.title} - {day.year:04d}年{day.month:02d}月{day.day:02d}日\n"]
    parts += map(render_story, document.stories)
    if document.others is not None:
        parts.append(render_others(document.others))
    return "\n".join(parts)


def render_story(story: Story) -> str:
    """A story as it stands in the document, with the rule that closes it."""
    sources = " 、 ".join(f"[{link.label}]({link.address})" for link in story.sources)
    insight = "\n\n".join(story.insight)
    bullets = "".join(f"- {bullet}\n" for bullet in story.bullets)
    return (
        f"## {story.title}\n\n> **分类：** {story.category}\n> **来源：** {sources}\n\n"
        f"**核心洞察：** {insight}\n**内容简介：**\n\n{bullets}\n---\n"
    )


def render_others(others: Sequence[Link]) -> str:
    """The list of other news as it stands in the document."""
    return f"{OTHERS}\n\n" + "".join(f"- [{link.label}]({link.address})\n" for link in others)


def parse(text: str) -> Document:
    """Read a document. Raises InputError that names the first line out of form."""
    return _Reader(text).document()


def lint(text: str) -> tuple[Document | None, list[Finding]]:
    """The document (None when it is out of form) and everything that is wrong with it."""
    reader = _Reader(text)
    try:
        document = reader.document()
    except InputError as error:
        return None, [Finding(reader.at + 1, str(error).partition(": ")[2])]
    found: list[Finding] = []
    if not document.stories:
        found.append(Finding(0, "no story"))
    titles: set[str] = set()
    for story, line in zip(document.stories, reader.story_lines, strict=True):
        found.extend(Finding(line, problem) for problem in _story_problems(story))
        if story.title in titles:
            found.append(Finding(line, f"the title {story.title!r} stands twice"))
        titles.add(story.title)
    for link in document.others or ():
        found.extend(Finding(0, problem) for problem in _link_problems(link))
    return document, found


def _story_problems(story: Story) -> list[str]:
    problems = [problem for link in story.sources for problem in _link_problems(link)]
    problems += [
        f"the outlet label {link.label!r} names no outlet"
        for link in story.sources
        if _PLACEHOLDER.fullmatch(link.label)
    ]
    addresses = [link.address for link in story.sources]
    problems += [f"{a!r} is cited twice" for a in dict.fromkeys(addresses) if addresses.count(a) > 1]
    if not any(paragraph.strip() for paragraph in story.insight):
        problems.append("no insight")
    if not story.bullets:
        problems.append("no bullets")
    problems += [f"an empty bullet under {story.title!r}" for bullet in story.bullets if not bullet.strip()]
    return problems


def _link_problems(link: Link) -> list[str]:
    problems = [] if link.label.strip() else [f"the link to {link.address!r} has no label"]
    if safe_address(link.address) != link.address:
        problems.append(f"the address {link.address!r} is neither http(s) nor a path in the folder")
    return problems


def label_of(bullet: str) -> tuple[str | None, str]:
    """A bullet's label and fact; the label is None when it begins with none."""
    match = _LABEL.match(bullet)
    return (match["label"], match["fact"].strip()) if match else (None, bullet)


def escape(text: str) -> str:
    """Text as Markdown that shows just that text: no link, no HTML, no emphasis, no line break."""
    flat = " ".join(text.split())
    flat = re.sub(r"([\\`*\[\]])", r"\\\1", flat)
    # Readers make links of bare addresses too.
    flat = re.sub(r"(?i)\b(https?|ftp|mailto)(?=:)|\b(www)(?=\.)", lambda m: m[0] + "\\", flat)
    flat = re.sub(r"<(?=[A-Za-z/!?])", r"\\<", flat)
    flat = re.sub(r"(?<![A-Za-z0-9_])_|_(?![A-Za-z0-9_])", r"\\_", flat)
    flat = re.sub(r"&(?=#?\w+;)", r"\\&", flat)
    return re.sub(r"^([#>+-]|\d+[.)](?=\s))", r"\\\1", flat)


def safe_address(address: str) -> str:
    """The address if a reader may follow it, with what Markdown would trip over percent-encoded; else ``about:blank``.

    Allowed: http, https, and paths relative to the folder that was read.
    """
    if not re.match(r"https?://[^\s/]", address) and (
        re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|[/\\]{2}|/|\\", address) or not address.strip()
    ):
        return "about:blank"
    return re.sub(r"""[\s()<>"'\\`\[\]]""", lambda m: "".join(f"%{byte:02X}" for byte in m[0].encode()), address)


class _Reader:
    """Walks the lines; ``at`` is the line being read, from 0."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.at = 0
        self.story_lines: list[int] = []

    def document(self) -> Document:
        heading = _HEADING.fullmatch(self._take("the heading '# <title> - YYYY年MM月DD日'"))
        if heading is None:
            self.at = 0
            raise self._out_of_form("the heading is not '# <title> - YYYY年MM月DD日'")
        try:
            day = date(int(heading["year"]), int(heading["month"]), int(heading["day"]))
        except ValueError as error:
            raise self._out_of_form(f"the heading's date does not exist: {error}") from error
        self._blank()
        stories: list[Story] = []
        others: tuple[Link, ...] | None = None
        while self.at < len(self.lines):
            if self.lines[self.at] == OTHERS:
                others = self._others()
                break
            stories.append(self._story())
            if self.lines[self.at :] == [""]:
                break
            self._blank()
        return Document(title=heading["title"], date=day, stories=tuple(stories), others=others)

    def _story(self) -> Story:
        self.story_lines.append(self.at + 1)
        title = self._after("## ")
        self._blank()
        category = self._after("> **分类：** ")
        sources = self._links(self._after("> **来源：** "))
        self._blank()
        insight = self._until("**内容简介：**", first=self._after("**核心洞察：** "))
        self._blank()
        bullets: list[str] = []
        while self._peek().startswith("- "):
            bullets.append(self._after("- "))
        self._blank()
        self._exactly("---")
        return Story(title=title, category=category, sources=sources, insight=insight, bullets=tuple(bullets))

    def _others(self) -> tuple[Link, ...]:
        self._exactly(OTHERS)
        self._blank()
        links: list[Link] = []
        while self._peek():
            line = self._take("a link")
            match = _OTHER.fullmatch(line)
            if match is None:
                self.at -= 1
                raise self._out_of_form(f"not a link '- [title](address)': {line[:60]!r}")
            links.append(Link(label=match["label"], address=match["address"]))
        if self.lines[self.at :] != [""]:
            raise self._out_of_form("text after the list of other news")
        return tuple(links)

    def _links(self, line: str) -> tuple[Link, ...]:
        links: list[Link] = []
        end = 0
        for match in _LINK.finditer(line):
            if line[end : match.start()] != (" 、 " if links else ""):
                break
            links.append(Link(label=match["label"], address=match["address"]))
            end = match.end()
        if not links or end != len(line):
            self.at -= 1
            raise self._out_of_form(f"not '[outlet](address) 、 [outlet](address)': {line[end:][:60]!r}")
        return tuple(links)

    def _until(self, stop: str, first: str) -> tuple[str, ...]:
        """Paragraphs up to the line ``stop``: single blank lines between them, none before the stop."""
        lines = [first]
        while (line := self._take(repr(stop))) != stop:
            lines.append(line)
        return tuple("\n".join(lines).split("\n\n"))

    def _peek(self) -> str:
        return self.lines[self.at] if self.at < len(self.lines) else ""

    def _take(self, wanted: str) -> str:
        if self.at >= len(self.lines):
            raise self._out_of_form(f"the document ends where {wanted} should stand")
        self.at += 1
        return self.lines[self.at - 1]

    def _after(self, prefix: str) -> str:
        line = self._take(repr(prefix))
        if not line.startswith(prefix):
            self.at -= 1
            raise self._out_of_form(f"expected {prefix!r}, found {line[:60]!r}")
        return line[len(prefix) :]

    def _exactly(self, wanted: str) -> None:
        line = self._take(repr(wanted))
        if line != wanted:
            self.at -= 1
            raise self._out_of_form(f"expected {wanted!r}, found {line[:60]!r}")

    def _blank(self) -> None:
        self._exactly("")

    def _out_of_form(self, detail: str) -> InputError:
        return InputError(f"line {self.at + 1}: {detail}")
