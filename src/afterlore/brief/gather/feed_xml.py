"""Well-formed XML out of what feeds really send, in time that grows no faster than the feed.

feedparser's own way with broken XML is a parser written as regular expressions, which a few megabytes of ``<`` keep
busy for minutes. So a feed that is not well-formed is repaired first: HTML's named entities and bare ampersands are
replaced, undeclared prefixes declared, and libxml2 closes what was left open. What is still broken then is refused.
"""

import re
from html.entities import html5
from xml.parsers import expat

from lxml import etree

from afterlore.core import InputError

__all__ = ["visible", "well_formed"]

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_PROLOG = re.compile(r"<[A-Za-z_]")
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CDATA = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)
_AMPERSAND = re.compile(r"&(?!#\d{1,7};|#x[0-9A-Fa-f]{1,6};|(?:lt|gt|amp|quot|apos);)(\w{2,31};)?")
_PREFIX = re.compile(r"</?([A-Za-z_][\w.-]{0,30}):[A-Za-z_]")
_ROOT = re.compile(r"<[A-Za-z_][\w.:-]*")
_MOST_ELEMENTS = 100_000
"""feedparser takes some ten microseconds for each; a feed of a thousand entries has thirty thousand."""
_NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "media": "http://search.yahoo.com/mrss/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}


def well_formed(text: str) -> tuple[bytes, str | None]:
    """The feed as well-formed XML in UTF-8, and what was wrong with it before the repair, if anything was.

    Raises InputError when it is no XML at all, declares entities, or is too large.
    """
    start = _PROLOG.search(text)
    if start is None:
        raise InputError(f"not XML: it begins with {text[:40]!r}")
    if "<!ENTITY" in text[: start.start()].upper():
        raise InputError("the feed declares entities of its own, which no feed needs; it is not read")
    # The text is decoded already, so what it says of its encoding no longer holds.
    declaration = _DECLARATION.match(text)
    clean = _ILLEGAL.sub("", text[declaration.end() :] if declaration else text).lstrip("\ufeff \t\r\n")
    data = clean.encode()
    problem = _problem(data)
    if problem is None:
        return data, None
    data = _repaired(clean)
    still = _problem(data)
    if still is not None:
        raise InputError(f"not well-formed XML ({still}); it begins with {text[:40]!r}")
    return data, problem


def visible(markup: str) -> str:
    """What is left of HTML without its tags, scripts and styles; character references stay. Linear in its length."""
    pieces: list[str] = []
    lower: str | None = None
    at = 0
    while (opening := markup.find("<", at)) >= 0:
        pieces.append(markup[at:opening])
        closing = markup.find(">", opening)
        if closing < 0:
            pieces.append(markup[opening:])
            return " ".join(pieces)
        at = closing + 1
        name = markup[opening + 1 : opening + 7].lower()
        if name.startswith(("script", "style")):
            lower = lower if lower is not None else markup.translate(_LOWER)
            end = lower.find("</script" if name.startswith("script") else "</style", at)
            if end < 0:
                return " ".join(pieces)
            at = end
    pieces.append(markup[at:])
    return " ".join(pieces)


# `str.lower` changes the length of some characters, and offsets must keep.
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def _problem(data: bytes) -> str | None:
    """What the parser that feedparser uses says against the data. Raises InputError when there is too much of it."""
    parser = expat.ParserCreate(namespace_separator=" ")
    count = 0

    def start(_: str, __: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > _MOST_ELEMENTS:
            raise InputError(f"the feed has more than {_MOST_ELEMENTS:,} elements, which no feed of news needs")

    parser.StartElementHandler = start
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        return str(error)
    return None


def _repaired(text: str) -> bytes:
    parts = _CDATA.split(text)
    parts[::2] = [_AMPERSAND.sub(_character, part) for part in parts[::2]]
    text = "".join(parts)
    root = _ROOT.search(text)
    if root is not None:
        used = {match[1] for match in _PREFIX.finditer(text)}
        missing = sorted(prefix for prefix in used if f"xmlns:{prefix}" not in text[: root.end() + 4000])
        declared = "".join(f' xmlns:{prefix}="{_NAMESPACES.get(prefix, f"urn:{prefix}")}"' for prefix in missing)
        text = text[: root.end()] + declared + text[root.end() :]
    parser = etree.XMLParser(
        encoding="utf-8", recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        tree = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:
        return text.encode()
    return text.encode() if tree is None else etree.tostring(tree, encoding="utf-8")


def _character(match: re.Match[str]) -> str:
    known = html5.get(match[1] or "")
    return known if known else f"&amp;{match[1] or ''}"
