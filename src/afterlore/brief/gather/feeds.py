"""Feeds: RSS 0.9x-2.0, RDF and Atom (through feedparser), and JSON Feed.

feedparser is given well-formed XML that was decoded here, never fetches, and neither sanitises nor rewrites the HTML:
what a page's markup means is decided once, by the extractor. A document that declares entities of its own is refused,
because no feed needs them and they are how XML is made to grow without bound.
"""

import html
import io
import re
from calendar import timegm
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal, NamedTuple
from urllib.parse import urljoin

import feedparser
from pydantic import BaseModel, ConfigDict, ValidationError

from afterlore.brief.gather.feed_outlets import Byline, outlets
from afterlore.brief.gather.feed_xml import visible, well_formed
from afterlore.brief.gather.moments import moment
from afterlore.core import InputError
from afterlore.web.urls import is_web

__all__ = ["DocumentKind", "Feed", "FeedEntry", "kind_of", "parse_feed", "parse_json_feed", "visible_length"]

DocumentKind = Literal["feed", "json_feed", "opml", "sitemap", "page", "other"]


class FeedEntry(NamedTuple):
    """One entry of a feed."""

    url: str
    """Absolute; empty when the entry gives none."""
    title: str
    published: datetime | None
    """With offset; the time of the last change when no other is given."""
    author: str | None
    html: str
    """The fullest text that the entry gives, as HTML; empty when there is none."""
    summary_only: bool
    """Whether ``html`` is a teaser and the whole text is on the page."""
    outlet: str | None
    """Who published the entry; None when the feed gathers several outlets and does not say which this one is from."""


class Feed(NamedTuple):
    """A feed. ``title`` is its own name for itself, and may be empty."""

    title: str
    entries: tuple[FeedEntry, ...]


# A teaser of a news site has one or two sentences; a short complete notice has about as much. What decides is which
# element it stands in: `content` is meant to be whole, `description` may be either. Lengths are in visible characters.
_WHOLE_CONTENT = 80
_WHOLE_DESCRIPTION = 500
_CUT = re.compile(
    r"(?i)(?:…|\.{3}|\[\s*(?:…|\.{3}|&hellip;)\s*\]|(?:阅读|查看|展开)(?:全文|更多|原文)|全文(?:链接|请见)?|"
    r"(?:continue reading|read more|read the rest|keep reading|view original)[^<]{0,80}|"
    r"the post .{1,300} (?:appeared first|first appeared) on [^<]{1,80}?)\W*$"
)
_ROOT = re.compile(r"<\s*(?:[\w.-]+:)?(rss|rdf|feed|opml|urlset|sitemapindex|html)\b", re.IGNORECASE)
_TAG = re.compile(r"<(?:[A-Za-z][^<>]*|/[A-Za-z][^<>]*|!--)")
_LONGEST_NAME = 300
"""Characters of a title or author that are kept."""


def kind_of(text: str) -> DocumentKind:
    """What a document is, by how it begins: its name and its media type are wrong too often."""
    head = text[:4096].lstrip("\ufeff \t\r\n")
    if head.startswith("{"):
        return "json_feed" if "jsonfeed.org/version/" in head.replace("\\/", "/") else "other"
    if not head.startswith("<"):
        return "other"
    root = _ROOT.search(re.sub(r"(?s)<!--.*?-->", "", head))
    kinds: dict[str, DocumentKind] = {"opml": "opml", "urlset": "sitemap", "sitemapindex": "sitemap", "html": "page"}
    if root is not None:
        return kinds.get(root[1].lower(), "feed")
    return "page" if re.match(r"(?i)<!doctype html|<(?:head|body|div|p|article|section|main|h1)\b", head) else "other"


def parse_feed(text: str, base: str, zone: tzinfo) -> Feed:
    """An RSS, RDF or Atom feed. ``base`` is the feed's own address, or empty; ``zone`` is for dates without offset.

    Raises InputError when the text is not XML or no feed.
    """
    data, problem = well_formed(text)
    parsed = _parsed(data, base)
    if not parsed.entries and (problem or not parsed.version):
        detail = f" ({problem})" if problem else ""
        raise InputError(f"not an RSS or Atom feed{detail}; it begins with {text[:40]!r}")
    raw = list(parsed.entries)
    site = _text(parsed.feed.get("link"))
    title = _plain(_text(parsed.feed.get("title")))
    urls = [_link(entry, base or site) for entry in raw]
    bylines = [
        Byline(url, _author(entry), _plain(_text((entry.get("source") or {}).get("title"))))
        for url, entry in zip(urls, raw, strict=True)
    ]
    named = outlets(title, urljoin(base, site) if site else base, bylines)
    return Feed(
        title,
        tuple(_entry(entry, byline, outlet, zone) for entry, byline, outlet in zip(raw, bylines, named, strict=True)),
    )


def parse_json_feed(text: str, base: str, zone: tzinfo) -> Feed:
    """A JSON Feed, version 1 or 1.1 (jsonfeed.org). Raises InputError when it is not one."""
    try:
        feed = _JsonFeed.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise InputError(f"not a valid JSON Feed: {where}: {first['msg']}") from error
    bylines = [
        Byline(
            urljoin(base, item.url or item.external_url or (item.id if is_web(item.id) else "")),
            ", ".join(author.name for author in item.people() if author.name) or None,
            "",
        )
        for item in feed.items
    ]
    named = outlets(feed.title, urljoin(base, feed.home_page_url) if feed.home_page_url else base, bylines)
    entries = []
    for item, byline, outlet in zip(feed.items, bylines, named, strict=True):
        content = item.content_html or _as_html(item.content_text)
        body, teaser = _fullest(content, _as_html(item.summary))
        published = moment(item.date_published, zone) or moment(item.date_modified, zone)
        entries.append(FeedEntry(byline.url, _plain(item.title), published, byline.author, body, teaser, outlet))
    return Feed(feed.title.strip(), tuple(entries))


def visible_length(markup: str) -> int:
    """How many characters of the HTML a reader sees, white space not counted."""
    return len("".join(html.unescape(visible(markup)).split()))


class _JsonAuthor(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: str = ""


class _JsonItem(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    id: str = ""
    url: str = ""
    external_url: str = ""
    title: str = ""
    content_html: str = ""
    content_text: str = ""
    summary: str = ""
    date_published: str = ""
    date_modified: str = ""
    authors: list[_JsonAuthor] = []
    author: _JsonAuthor | None = None

    def people(self) -> Iterable[_JsonAuthor]:
        return self.authors or ([self.author] if self.author else [])


class _JsonFeed(BaseModel):
    model_config = ConfigDict(extra="ignore")

    version: str
    title: str = ""
    home_page_url: str = ""
    items: list[_JsonItem]


def _parsed(data: bytes, base: str) -> Any:
    try:
        return feedparser.parse(
            io.BytesIO(data),
            response_headers={"content-type": "application/xml; charset=utf-8", "content-location": base},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError) as error:
        # It trips over hostile values in ways that it does not document.
        raise InputError(f"not an RSS or Atom feed that can be read ({type(error).__name__})") from error


def _entry(entry: Any, byline: Byline, outlet: str | None, zone: tzinfo) -> FeedEntry:
    contents = [(_text(part.get("value")), part.get("type", "")) for part in entry.get("content", [])]
    content, content_type = max(contents, key=lambda part: len(part[0]), default=("", ""))
    summary = _text(entry.get("summary"))
    summary_type = (entry.get("summary_detail") or {}).get("type", "")
    body, teaser = _fullest(_as_html(content, content_type), _as_html(summary, summary_type))
    return FeedEntry(
        byline.url, _plain(_text(entry.get("title"))), _when(entry, zone), byline.author, body, teaser, outlet
    )


def _fullest(content: str, description: str) -> tuple[str, bool]:
    long, short = visible_length(content), visible_length(description)
    if long >= short and long:
        return content, long < _WHOLE_CONTENT or (_cut(content) and long < _WHOLE_DESCRIPTION)
    return description, short < _WHOLE_DESCRIPTION or (_cut(description) and short < 2 * _WHOLE_DESCRIPTION)


def _cut(markup: str) -> bool:
    return _CUT.search(html.unescape(visible(markup[-2000:])).strip()) is not None


def _as_html(text: str, media_type: str = "") -> str:
    """Text without a single tag becomes paragraphs, one a line; HTML stays as it is."""
    text = text.strip()
    if not text:
        return ""
    if media_type == "text/plain":
        text = html.escape(text, quote=False)
    elif _TAG.search(text):
        return text
    else:
        text = text.replace("<", "&lt;").replace(">", "&gt;")
    return "\n".join(f"<p>{line.strip()}</p>" for line in text.splitlines() if line.strip())


def _when(entry: Any, zone: tzinfo) -> datetime | None:
    for name in ("published", "updated", "created"):
        # `in`, because asking feedparser for a missing date answers with another one and a warning.
        if name not in entry:
            continue
        found = moment(_text(entry[name]), zone)
        if found is not None:
            return found
        parsed = entry.get(f"{name}_parsed")
        if parsed is not None:
            return datetime.fromtimestamp(timegm(parsed), UTC)
    return None


def _link(entry: Any, base: str) -> str:
    for link in entry.get("links", []):
        if link.get("rel", "alternate") == "alternate" and _text(link.get("href")):
            return urljoin(base, _text(link["href"]).strip())
    for name in ("link", "id"):
        value = _text(entry.get(name)).strip()
        if is_web(value):
            return value
    return ""


def _author(entry: Any) -> str | None:
    names = [_text(author.get("name")) for author in entry.get("authors", []) if author.get("name")]
    name = _plain(", ".join(names) or _text(entry.get("author")))
    return name or None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _plain(text: str) -> str:
    return " ".join(html.unescape(visible(text)).split())[:_LONGEST_NAME]
