"""Feeds (RSS, RDF, Atom) by their entries. Other XML is text.

feedparser never fetches here, and leaves the HTML of an entry to ``afterlore.web``. A document that declares entities
of its own is left as text: no feed needs them, and they are how XML is made to grow without bound.
"""

import io

from afterlore.context.ingest.sections import Outline, Writer
from afterlore.web.blocks import parse, squeeze, text_lines

__all__ = ["read_feed"]


def read_feed(text: str, fallback: str) -> Outline | None:
    """The outline of a feed, a section for each entry; None for what is none."""
    if "<!ENTITY" in text or not any(sign in text[:4096].lower() for sign in ("<rss", "<feed", "rdf:rdf")):
        return None
    # It takes a while to import, and most imports hold no feed.
    import feedparser

    headers = {"content-type": "application/xml; charset=utf-8"}
    found = feedparser.parse(
        io.BytesIO(text.encode("utf-8", "replace")),
        response_headers=headers,
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    writer = Writer()
    for number, entry in enumerate(found.entries, 1):
        writer.heading(1, _line(entry.get("title", "")) or f"entry {number}")
        moment = next((entry[name] for name in ("published", "updated") if name in entry), "")
        writer.paragraph(f"{moment} {entry.get('link', '')}".strip())
        bodies = [part.get("value", "") for part in entry.get("content", ())] or [entry.get("summary", "")]
        for line in _lines("\n".join(bodies)):
            writer.paragraph(line)
    outline = writer.outline(_line(found.feed.get("title", "")) or fallback)
    outline.root.lead = _line(found.feed.get("subtitle", ""))
    return outline if found.entries else None


def _lines(html: str) -> list[str]:
    root = parse(html)
    return [] if root is None else text_lines([root])


def _line(html: str) -> str:
    return squeeze(" ".join(_lines(html)))
