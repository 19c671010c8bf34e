"""HTML to lines of plain text: one line a block, inline elements joined, scripts and hidden parts left out."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import lxml.etree
import lxml.html
from lxml.html import HtmlElement

__all__ = ["MAX_CHARS", "Block", "blocks", "hidden", "http_url", "images", "parse", "squeeze", "text_lines"]

MAX_CHARS = 3_000_000
"""Characters of HTML that are read; the longest real article page seen is a third of it."""

_SKIP = frozenset(
    {
        "script",
        "style",
        "noscript",
        "template",
        "iframe",
        "frame",
        "object",
        "embed",
        "svg",
        "math",
        "canvas",
        "video",
        "audio",
        "head",
        "title",
        "select",
        "option",
        "textarea",
        "button",
        "input",
        "mpvoice",
        "mpvideosnap",
        "mp-style-type",
        "qqmusic",
    }
)
_BLOCK = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    }
)
_CELL = frozenset(("td", "th"))
_CARD = frozenset(("mp-common-profile", "mpprofile", "mp-common-product", "mp-miniprogram", "mpcps"))
_CARD_CLASS = re.compile(r"\bmp_profile_iframe|\bjs_wechatbiz_card|\bcustom_select_card\b|\bweapp_")
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60\u3000-\u303f\u2018-\u201d\u2026\u2014"
_NEWLINE_IN_HAN = re.compile(rf"(?<=[{_WIDE}])[ \t\xa0]*[\r\n]\s*(?=[{_WIDE}])")
# Invisible characters, among them those that turn the direction of writing: a reader must see what is stored.
_INVISIBLE = re.compile(
    "[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u00ad\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]"
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_INLINE = re.compile(r"display\s*:\s*inline\s*(?:;|!|$)", re.I)
_LAZY = ("data-src", "data-original", "data-lazy-src", "data-actualsrc", "data-backsrc", "data-croporisrc", "src")


class Block(NamedTuple):
    """A top-level part of a body. ``signature`` is the same for parts that are built and styled alike."""

    signature: str
    lines: list[str]
    card: bool
    """Whether it is a profile card or another widget, as WeChat accounts put behind an article."""


def parse(html: str) -> HtmlElement | None:
    """The document, or None when there is no element in it. Reads MAX_CHARS at most; never raises for bad markup."""
    data = html[:MAX_CHARS].replace("\x00", "").encode("utf-8", "replace")
    if not data.strip():
        return None
    try:
        root = lxml.html.document_fromstring(data, parser=lxml.html.HTMLParser(encoding="utf-8"))
    except (lxml.etree.LxmlError, ValueError):
        return None
    return root


def squeeze(text: str) -> str:
    """One line: white space runs become one space, a line break inside Chinese none; invisible characters go."""
    return " ".join(_NEWLINE_IN_HAN.sub("", _INVISIBLE.sub("", text)).split())


def hidden(element: HtmlElement) -> bool:
    """Whether the element's own style or attribute hides it."""
    return element.get("hidden") is not None or bool(_HIDDEN.search(element.get("style") or ""))


def text_lines(roots: Iterable[HtmlElement]) -> list[str]:
    """Text of the elements, one line a block; a root's own ``hidden`` style is not asked, its tail not read."""
    lines: list[str] = []
    buffer: list[str] = []
    for root in roots:
        _walk(root, lines, buffer)
        if _breaks(root):
            _flush(lines, buffer)
    _flush(lines, buffer)
    return lines


def _walk(root: HtmlElement, lines: list[str], buffer: list[str]) -> None:
    # iterwalk is not recursive: a page may be nested deeper than Python's stack.
    walker = lxml.etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    pre = 0
    for event, node in walker:
        tag = node.tag if isinstance(node.tag, str) else ""
        if event in ("comment", "pi"):
            if node is not root:
                buffer.append(node.tail or "")
            continue
        if event == "start":
            if tag in _SKIP or tag in _CARD or (node is not root and hidden(node)):
                walker.skip_subtree()
                continue
            if _breaks(node):
                _flush(lines, buffer)
            elif tag in _CELL:
                buffer.append(" ")
            pre += tag == "pre"
            _append(lines, buffer, node.text, pre)
        else:
            if tag == "br" or _breaks(node):
                _flush(lines, buffer)
            pre -= tag == "pre" and not (tag in _SKIP or (node is not root and hidden(node)))
            if node is not root:
                _append(lines, buffer, node.tail, pre)


def _append(lines: list[str], buffer: list[str], text: str | None, pre: int) -> None:
    if not text:
        return
    if not pre:
        buffer.append(text)
        return
    first, *rest = text.split("\n")
    buffer.append(first)
    for line in rest:
        _flush(lines, buffer)
        buffer.append(line)


def _breaks(node: HtmlElement) -> bool:
    return node.tag in _BLOCK and not _INLINE.search(node.get("style") or "")


def _flush(lines: list[str], buffer: list[str]) -> None:
    line = squeeze("".join(buffer))
    buffer.clear()
    if line:
        lines.append(line)


def blocks(body: HtmlElement) -> list[Block]:
    """Top-level parts of ``body``; lone wrappers are opened first. Inline neighbours at the top are one part."""
    body = _unwrap(body)
    found: list[Block] = []
    run: list[HtmlElement] = []

    def close() -> None:
        lines = text_lines(run)
        if lines:
            found.append(Block("#inline", lines, False))
        run.clear()

    if body.text and body.text.strip():
        run.append(_span(body.text))
    for child in body:
        if not isinstance(child.tag, str):
            pass
        elif _is_card(child):
            close()
            found.append(Block(_signature(child), [], True))
        elif hidden(child):
            pass
        elif _breaks(child):
            close()
            found.append(Block(_signature(child), text_lines([child]), False))
        elif child.tag == "br":
            close()
        else:
            run.append(child)
        if child.tail and child.tail.strip():
            run.append(_span(child.tail))
    close()
    return [block for block in found if block.lines or block.card]


def _span(text: str) -> HtmlElement:
    element = lxml.html.Element("span")
    element.text = _INVISIBLE.sub("", text)
    return element


def _unwrap(body: HtmlElement) -> HtmlElement:
    while True:
        inner = [
            child
            for child in body
            if isinstance(child.tag, str)
            and not hidden(child)
            and (_is_card(child) or any(text.strip() for text in child.itertext()))
        ]
        loose = (body.text or "").strip() or any((child.tail or "").strip() for child in body)
        if len(inner) != 1 or loose or not _breaks(inner[0]) or _is_card(inner[0]) or not len(inner[0]):
            return body
        body = inner[0]


def _is_card(node: HtmlElement) -> bool:
    def card(element: HtmlElement) -> bool:
        return element.tag in _CARD or bool(_CARD_CLASS.search(element.get("class") or ""))

    if card(node):
        return True
    return any(card(e) for e in node.iter() if isinstance(e.tag, str)) and not text_lines([node])


def _signature(node: HtmlElement) -> str:
    style = re.sub(r"\s+", "", node.get("style") or "").rstrip(";")
    return f"{node.tag}|{node.get('class') or ''}|{style}"


def http_url(address: str | None, base: str | None = None) -> str | None:
    """The absolute http(s) address, or None when it is not one."""
    address = (address or "").strip()
    if not address or any(ord(char) <= 32 for char in address):
        return None
    try:
        absolute = urljoin(base or "", address)
        parts = urlsplit(absolute)
    except ValueError:
        return None
    if absolute.startswith("//"):
        return "https:" + absolute
    return absolute if parts.scheme in ("http", "https") and parts.hostname else None


def images(body: HtmlElement, base: str | None) -> Iterator[str]:
    """Addresses of the pictures in ``body`` in page order, lazy ones included; a name may come more than once."""
    for node in body.iter("img"):
        for name in _LAZY:
            address = http_url(node.get(name), base)
            if address is not None:
                yield address
                break
