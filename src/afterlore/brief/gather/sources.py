"""Opening one source: from an address or a file to the steps that give its items.

A step is an Item, a Drop, or a ``Page`` that is still to be fetched. Opening never raises for what one source is or
does: a source that cannot be used is an ``Opened`` whose health is ``failed``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from afterlore.brief.article import Drop
from afterlore.brief.gather.feeds import Feed, FeedEntry, kind_of, parse_feed, parse_json_feed, visible_length
from afterlore.brief.gather.item import Item, SourceKind, SourceState
from afterlore.brief.gather.listings import Listed, SitemapPage, parse_opml, parse_sitemap
from afterlore.brief.gather.local import LARGEST_FILE, read_text
from afterlore.core import FetchRefused, InputError, ServiceError
from afterlore.web.charset import decode
from afterlore.web.fetch import Fetcher, Response
from afterlore.web.inflate import BadCompression, TooLarge, gunzip
from afterlore.web.urls import canonical, hostname, redact

__all__ = ["Context", "Opened", "Page", "Step", "failure", "fetch_page", "open_file", "open_url", "steps_of"]

_SITEMAPS = 20
"""Sitemaps of an index that are read, the latest first."""
_FEED_PATHS = (".xml", ".rss", ".atom", ".rdf", "/feed", "/rss", "/atom")
_LOGINS = (
    "passport.",
    "login.",
    "signin.",
    "accounts.",
    "account.",
    "auth.",
    "sso.",
    "consent.",
    "captcha.",
    "verify.",
)


class Page(NamedTuple):
    """A page still to be fetched."""

    url: str
    """As its source spells it, which a site may insist on."""
    item: Item
    """What is known of it; ``body`` is empty."""
    fallback: Item | None
    """What stands in for it when it cannot be had."""


Step = Item | Drop | Page


@dataclass
class Opened:
    """An opened source."""

    label: str
    kind: SourceKind
    steps: Iterable[Step] = ()
    feeds: list[Listed] = field(default_factory=list)
    """Sources that this one lists."""
    title: str = ""
    state: SourceState = "ok"
    detail: str = ""
    fix: str = ""
    newest: datetime | None = None


@dataclass(frozen=True)
class Context:
    """What opening needs to know of the run."""

    fetcher: Fetcher | None
    window_start: datetime
    window_end: datetime
    zone: tzinfo
    limit: int
    """Items of one feed or sitemap."""
    stale_after: timedelta

    def outside(self, published: datetime | None) -> tuple[str, str] | None:
        """Reason and detail when the date is known and outside the window, both ends of which belong to it.

        A time of exactly midnight stands for its whole day, because that is what a date without a time becomes.
        """
        if published is None:
            return None
        last = published
        if (published.hour, published.minute, published.second) == (0, 0, 0):
            last = published + timedelta(days=1, seconds=-1)
        if last < self.window_start:
            return "old", f"published {published.isoformat()}, before the window begins"
        if published > self.window_end:
            return "future", f"published {published.isoformat()}, after the window ends"
        return None


def failure(label: str, kind: SourceKind, detail: str, fix: str) -> Opened:
    """A source that cannot be used."""
    return Opened(label, kind, state="failed", detail=detail, fix=fix)


def open_url(url: str, context: Context) -> Opened:
    """The source at a web address: feed, OPML, sitemap or page."""
    label = redact(url)
    if context.fetcher is None:
        return failure(label, "unknown", "the run has no access to the network", "run it without --offline")
    try:
        response = context.fetcher.fetch(url)
        text = _text(response, context.fetcher)
    except ServiceError as error:
        detail, fix = _explained(error)
        return failure(label, "unknown", detail, fix)
    except InputError as error:
        return failure(label, "unknown", str(error), "check the address")
    kind = kind_of(text)
    if kind in ("page", "other") and not _json(text):
        xml = "xml" in response.media_type and "xhtml" not in response.media_type
        if xml or urlsplit(response.url).path.rstrip("/").endswith(_FEED_PATHS):
            detail = f"a feed was expected and something else came ({response.media_type or 'no type'})"
            return failure(label, "feed", f"{detail}; it begins with {text.strip()[:40]!r}", "check the feed's address")
        known = Item(source=label, address=canonical(url), kind="html", body="", url=canonical(url))
        return Opened(label, "page", [_page_item(response, text, known)])
    return _listing(text, label, response.url, context)


def open_file(path: Path, label: str, context: Context) -> Opened:
    """The source in a local file: feed, OPML or sitemap."""
    text = read_text(path, label, label)
    if isinstance(text, Drop):
        return failure(label, "file", text.detail, text.fix)
    if kind_of(text) in ("page", "other") and not _json(text):
        detail = f"not XML of a feed, an OPML file or a sitemap; it begins with {text.strip()[:40]!r}"
        return failure(label, "feed", detail, "save the feed again, or name it .html if it is a page")
    return _listing(text, label, "", context)


def _page_item(response: Response, text: str, known: Item) -> Item:
    """The fetched page, with what was known of it before; the address it was found at is used if it moved house."""
    url = known.url or canonical(response.url)
    landed = canonical(response.url)
    moved = hostname(landed) != hostname(url) and not hostname(landed).startswith(_LOGINS)
    if moved:
        # A short link or a feed's click counter; on the same host a redirect may be a check for humans.
        url = landed
    kind = {"text/plain": "text", "text/markdown": "markdown"}.get(response.media_type, "html")
    if kind_of(text) == "page":
        kind = "html"
    update = {"body": text, "kind": kind, "url": url, "address": url, "retrieved": response.retrieved}
    return known.model_copy(update=update)


def fetch_page(page: Page, context: Context) -> Item | Drop:
    """The page, or its fallback, or why there is neither."""
    try:
        if context.fetcher is None:
            raise FetchRefused(redact(page.url), "offline", "the run has no access to the network")
        response = context.fetcher.fetch(page.url)
        return _page_item(response, _text(response, context.fetcher), page.item)
    except ServiceError as error:
        if page.fallback is not None:
            return page.fallback
        detail, fix = _explained(error)
        reason = error.reason if isinstance(error, FetchRefused) else "unreachable"
    except InputError as error:
        reason, detail, fix = "damaged", str(error), ""
    return Drop(source=page.item.source, item=redact(page.item.address), reason=reason, detail=detail, fix=fix)


def _listing(text: str, label: str, base: str, context: Context) -> Opened:
    kind = kind_of(text)
    named: SourceKind = "opml" if kind == "opml" else "sitemap" if kind == "sitemap" else "feed"
    try:
        if kind == "opml":
            feeds = parse_opml(text)
            detail = f"lists {len(feeds)} feeds"
            return Opened(label, "opml", feeds=feeds, state="ok" if feeds else "empty", detail=detail)
        if kind == "sitemap":
            return _sitemap(text, label, context)
        parse = parse_json_feed if kind != "feed" else parse_feed
        return _feed(parse(text, base, context.zone), label, context)
    except InputError as error:
        return failure(label, named, str(error), "check that the address is that of a feed")


def _feed(feed: Feed, label: str, context: Context) -> Opened:
    newest = max((entry.published for entry in feed.entries if entry.published), default=None)
    opened = Opened(label, "feed", title=feed.title, newest=newest)
    if not feed.entries:
        opened.state, opened.detail = "empty", "the feed has no entries"
        opened.fix = "look whether the feed has moved, or take it off the list"
        return opened
    age = context.window_end - newest if newest else timedelta()
    if age > context.stale_after:
        opened.state = "stale"
        opened.detail = f"its newest entry is {age.days} days older than the end of the window"
        opened.fix = "look whether the feed has moved, or take it off the list"
    taken = _latest([(entry.published, context.outside(entry.published)) for entry in feed.entries], context.limit)
    opened.steps = [_entry_step(entry, label, context, number in taken) for number, entry in enumerate(feed.entries)]
    return opened


def _entry_step(entry: FeedEntry, label: str, context: Context, taken: bool) -> Step:
    name = canonical(entry.url) if entry.url else entry.title
    outside = context.outside(entry.published)
    if outside is not None:
        return Drop(source=label, item=redact(name), reason=outside[0], detail=outside[1])
    if not taken:
        return _over(label, redact(name), context)
    if not name:
        return Drop(source=label, item="(an entry)", reason="empty", detail="it has neither an address nor a title")
    item = Item(
        source=label,
        address=name,
        kind="feed",
        body=entry.html,
        url=name if entry.url else None,
        title=entry.title or None,
        outlet=entry.outlet,
        published=entry.published,
        author=entry.author,
        summary_only=entry.summary_only,
    )
    visible = visible_length(entry.html) > 0
    if not entry.summary_only and visible:
        return item
    if not item.url:
        if visible:
            return item
        return Drop(source=label, item=name, reason="empty", detail="it has neither a text nor an address")
    page = item.model_copy(
        update={"body": "", "kind": "html", "summary_only": False, "summary": entry.html if visible else None}
    )
    return Page(entry.url, page, item if visible else None)


def _sitemap(text: str, label: str, context: Context) -> Opened:
    sitemap = parse_sitemap(text, context.zone)
    pages, drops = list(sitemap.pages), []
    recent = [place for place in sitemap.maps if not _before(place.modified, context)]
    recent.sort(key=lambda place: (place.modified is None, -(place.modified.timestamp() if place.modified else 0)))
    for place in recent[:_SITEMAPS]:
        inner = _inner_sitemap(place.url, label, context)
        if isinstance(inner, Drop):
            drops.append(inner)
        else:
            pages += inner
    newest = max((date for page in pages if (date := page.published or page.modified)), default=None)
    opened = Opened(label, "sitemap", newest=newest)
    if not pages:
        opened.state, opened.detail = "empty", "it lists no pages"
    elif newest is None:
        opened.detail = "it gives no dates, so that its first pages are taken"
    if sitemap.maps:
        read = min(len(recent), _SITEMAPS)
        opened.detail = "; ".join(
            filter(None, (opened.detail, f"{read} of its {len(sitemap.maps)} sitemaps were read"))
        )
    dated = [(page.published or page.modified, _page_outside(page, context)) for page in pages]
    taken = _latest(dated, context.limit)
    opened.steps = [*drops, *(_page_step(page, label, context, at in taken) for at, page in enumerate(pages))]
    return opened


def _inner_sitemap(url: str, label: str, context: Context) -> list[SitemapPage] | Drop:
    try:
        if context.fetcher is None:
            raise FetchRefused(redact(url), "offline", "the run has no access to the network")
        response = context.fetcher.fetch(url)
        return list(parse_sitemap(_text(response, context.fetcher), context.zone).pages)
    except ServiceError as error:
        detail, fix = _explained(error)
        reason = error.reason if isinstance(error, FetchRefused) else "unreachable"
    except InputError as error:
        reason, detail, fix = "damaged", str(error), ""
    return Drop(source=label, item=redact(url), reason=reason, detail=detail, fix=fix)


def _page_step(page: SitemapPage, label: str, context: Context, taken: bool) -> Step:
    url = canonical(page.url)
    outside = _page_outside(page, context)
    if outside is not None:
        return Drop(source=label, item=redact(url), reason=outside[0], detail=outside[1])
    if not taken:
        return _over(label, redact(url), context)
    known = Item(
        source=label,
        address=url,
        kind="html",
        body="",
        url=url,
        title=page.title or None,
        outlet=page.outlet,
        published=page.published,
    )
    return Page(page.url, known, None)


def _page_outside(page: SitemapPage, context: Context) -> tuple[str, str] | None:
    if page.published is not None:
        return context.outside(page.published)
    if _before(page.modified, context):
        return "old", f"last changed {page.modified.isoformat() if page.modified else ''}, before the window begins"
    return None


def _before(modified: datetime | None, context: Context) -> bool:
    outside = context.outside(modified)
    return outside is not None and outside[0] == "old"


def _latest(dated: list[tuple[datetime | None, tuple[str, str] | None]], limit: int) -> set[int]:
    """Which of the entries inside the window are taken: the latest; those without a date last, in their order."""
    inside = [(number, date) for number, (date, outside) in enumerate(dated) if outside is None]
    inside.sort(key=lambda pair: (pair[1] is None, -(pair[1].timestamp() if pair[1] else 0.0), pair[0]))
    return {number for number, _ in inside[:limit]}


def _over(label: str, name: str, context: Context) -> Drop:
    detail = f"the source has more than {context.limit} items in the window; the latest were taken"
    return Drop(source=label, item=name, reason="limit", detail=detail)


def _text(response: Response, fetcher: Fetcher) -> str:
    body = response.body
    if body.startswith(b"\x1f\x8b"):
        limit = max(LARGEST_FILE, fetcher.limits.max_bytes)
        try:
            body = gunzip(body, limit)
        except TooLarge as error:
            raise FetchRefused(redact(response.url), "size", f"it is {error}") from error
        except BadCompression as error:
            raise InputError(f"what {redact(response.url)!r} sends is {error}") from error
    if b"\0" in body[:1024] and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"what {redact(response.url)!r} sends is not text")
    return decode(body, response.charset)


def _json(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n").startswith("{")


def _explained(error: ServiceError) -> tuple[str, str]:
    detail = getattr(error, "detail", str(error))
    fixes = {
        "address": "if the host is yours, allow it with --allow-host",
        "robots": "save the page into a folder and give that as a source",
        "offline": "run once without --offline",
        "size": "no article is that long; check the address",
        "type": "give the address of a page or a feed",
        "scheme": "give an http or https address",
        "redirects": "give the address that the page ends at",
    }
    reason = error.reason if isinstance(error, FetchRefused) else ""
    return detail, fixes.get(reason, "try again later, or look at the address in a browser")


def steps_of(items: Iterator[Item | Drop], context: Context) -> Iterator[Step]:
    """Items of local files, those with a date outside the window turned into drops."""
    for item in items:
        outside = context.outside(item.published) if isinstance(item, Item) else None
        if isinstance(item, Item) and outside is not None:
            yield Drop(source=item.source, item=item.path or item.address, reason=outside[0], detail=outside[1])
        else:
            yield item
