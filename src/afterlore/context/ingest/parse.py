"""From the bytes of one file to its tree, by what the file is."""

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from afterlore.context.ingest.code import LANGUAGES, read_code, read_python
from afterlore.context.ingest.data import BadData, read_json, read_json_lines
from afterlore.context.ingest.markdown import FrontMatter, read_head, read_markdown
from afterlore.context.ingest.node import Limits, Node
from afterlore.context.ingest.plain import read_plain
from afterlore.context.ingest.sections import Outline, grown
from afterlore.web.charset import decode
from afterlore.web.page import Page

__all__ = ["VERSION", "Parsed", "Unreadable", "parse"]

VERSION = 2
"""Raised when the same bytes would give another tree; a store keeps it beside the hash of what it imported."""

_MARKDOWN = frozenset({".md", ".markdown", ".mdown", ".mdx", ".qmd", ".rmd"})
_XML = frozenset({".xml", ".rss", ".atom", ".rdf"})
_HTML = frozenset({".html", ".htm", ".xhtml"})
_MEDIA_TYPES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "application/json": ".json",
    "application/jsonl": ".jsonl",
    "application/x-ndjson": ".jsonl",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "text/x-python": ".py",
}
_SIGNATURES = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"Rar!", "an archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3", "a database"),
)
_UNICODE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
_HEAD = 8192
"""Bytes that are looked at for what no text holds."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


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

    ``media_type`` says it in the extension's place, ``url`` is the address of a page. ``split=False`` gives one file
    however long, for a text that is written in place. Raises Unreadable.
    """
    stem, extension = PurePosixPath(name).stem, PurePosixPath(name).suffix.lower()
    extension = _MEDIA_TYPES.get(media_type, extension)
    if isinstance(body, bytes) and extension in (".pdf", ".docx"):
        return Parsed(grown(_office(body, stem, extension, limits), name, limit=limits.nodes, split=split))
    outline, head, remarks = _text_outline(body, stem, extension, url)
    return Parsed(grown(outline, name, limit=limits.nodes, split=split), head, tuple(remarks))


def _office(body: bytes, stem: str, extension: str, limits: Limits) -> Outline:
    # The module is light; the libraries below it are imported by the first file that needs them.
    from afterlore.context.ingest.office import BadDocument, read_docx, read_pdf

    if not body.strip():
        raise Unreadable("empty", "there is nothing in it", "nothing to do")
    try:
        return read_pdf(body, stem) if extension == ".pdf" else read_docx(body, stem, limits)
    except BadDocument as error:
        raise Unreadable(error.reason, str(error), error.fix) from error


def _text_outline(
    body: bytes | str, stem: str, extension: str, url: str | None
) -> tuple[Outline, FrontMatter, list[tuple[str, str, str]]]:
    text, remarks = _text(body)
    head = FrontMatter()
    if extension in _HTML:
        outline, head = _page(text, stem, url)
    elif extension in (".json", ".geojson", ".ipynb"):
        outline = _json(text, stem)
    elif extension in (".jsonl", ".ndjson"):
        outline = _json_lines(text, stem, remarks)
    elif extension in LANGUAGES:
        outline = read_code(text, stem, LANGUAGES[extension], extension)
    elif extension in (".py", ".pyi"):
        python = read_python(text, stem)
        if python is None:
            remarks.append(("syntax", "it is not Python 3; it was cut at its blocks", "nothing to do"))
        outline = python or read_code(text, stem, "python", ".py")
    elif extension in _XML:
        outline = _feed(text, stem) or read_plain(text, stem)
    elif extension in _MARKDOWN or text.startswith("---\n"):
        head, start = read_head(text)
        if head.problem:
            remarks.append(("front-matter", head.problem, "put values that hold a colon between quotation marks"))
        read = read_markdown if extension in _MARKDOWN else read_plain
        outline = read(text[start:], stem)
        outline.root.title = head.title or outline.root.title
        outline.root.lead = head.lead
    else:
        outline = read_plain(text, stem)
    return outline, head, remarks


def _text(body: bytes | str) -> tuple[str, list[tuple[str, str, str]]]:
    remarks: list[tuple[str, str, str]] = []
    if isinstance(body, bytes):
        text = _decoded(body)
        lost = text.count("\ufffd") - body.count("\ufffd".encode())
        if lost > 0:
            detail = f"{lost:,} of its characters fit no encoding and became U+FFFD"
            remarks.append(("encoding", detail, "save it as UTF-8"))
    else:
        text = body
    if not text.strip():
        raise Unreadable("empty", "there is nothing in it", "nothing to do")
    # One spelling for the ends of lines, so that an offset means one place.
    return text.replace("\r\n", "\n").replace("\r", "\n"), remarks


def _decoded(body: bytes) -> str:
    head = body[:_HEAD]
    fix = "give it the extension that it is, or save it as text"
    for signature, what in _SIGNATURES:
        if head.startswith(signature):
            raise Unreadable("binary", f"it is no text: its first bytes are those of {what}", fix)
    if b"\0" in head and not head.startswith(_UNICODE_MARKS):
        # Text in UTF-16 without its mark has a zero in every second byte wherever it is ASCII.
        for encoding, zeros, others in (("utf-16-le", head[1::2], head[::2]), ("utf-16-be", head[::2], head[1::2])):
            if zeros.count(0) > len(zeros) * 0.4 and not others.count(0):
                return body.decode(encoding, "replace")
        raise Unreadable("binary", "it is no text: there are zero bytes in it", fix)
    text = decode(body)
    sample = text[:_HEAD]
    odd = len(_CONTROL.findall(sample)) + sample.count("\ufffd")
    if odd > max(2, len(sample) * 0.1):
        raise Unreadable("binary", "it is no text: most of its bytes fit no encoding", fix)
    return text


def _page(text: str, stem: str, url: str | None) -> tuple[Outline, FrontMatter]:
    # trafilatura takes a second to import, and most imports hold no page.
    from afterlore.context.ingest.html_page import FIXES, read_html

    found = read_html(text, stem, url)
    if isinstance(found, Page):
        problem = found.problem or "empty"
        raise Unreadable(problem, found.detail or f"the page is {problem}", FIXES[problem])
    return found


def _feed(text: str, stem: str) -> Outline | None:
    # The readers of markup below it are not light either.
    from afterlore.context.ingest.feed import read_feed

    return read_feed(text, stem)


def _json(text: str, stem: str) -> Outline:
    try:
        return read_json(text, stem)
    except BadData as error:
        raise Unreadable("damaged", str(error), "repair the file, or import it as .txt") from error


def _json_lines(text: str, stem: str, remarks: list[tuple[str, str, str]]) -> Outline:
    try:
        outline, bad = read_json_lines(text, stem)
    except BadData as error:
        raise Unreadable("damaged", str(error), "repair the file, or import it as .txt") from error
    if bad:
        detail = f"{len(bad):,} of its lines are not JSON and were kept as text, the first of them line {bad[0]:,}"
        remarks.append(("lines", detail, "repair those lines"))
    return outline
