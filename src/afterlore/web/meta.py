"""What a page says of itself in its head: title, site, author, time, picture, canonical address."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from afterlore.text.language import cjk_share
from afterlore.web.blocks import http_url, squeeze

__all__ = ["Meta", "meta", "moment"]

_CHINA = timezone(timedelta(hours=8))
_DATE = re.compile(
    r"(?<!\d)(20\d\d|19\d\d)\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[\sT]*(\d{1,2})\s*[:：时]\s*(\d{1,2})(?:\s*[:：分]\s*(\d{1,2}))?)?"
)
_TIMES = (
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datePublished",
    "pubdate",
    "publishdate",
    "publish_date",
    "publish-date",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date.issued",
    "dc.date",
    "dcterms.created",
    "date",
    "weibo:article:create_at",
    "apub:time",
    "publication_date",
    "cXenseParse:recs:publishtime",
    "bytedance:published_time",
)
_ARTICLE_TYPES = re.compile(r"Article|Posting|Report", re.I)


class Meta(NamedTuple):
    """Fields are empty or None where the page says nothing that can be used."""

    title: str
    site: str
    author: str | None
    published: datetime | None
    image: str | None
    canonical: str | None


def meta(root: HtmlElement, url: str | None) -> Meta:
    """What the head of the page says. An address that points to another site than ``url`` is not taken as canonical."""
    tags = _tags(root)
    data = next(_articles(root), {})
    zone = _CHINA if _chinese(root, url) else UTC
    return Meta(
        title=_title(root, tags, data),
        site=_site(tags, data, url),
        author=_author(tags, data),
        published=_published(root, tags, data, zone),
        image=http_url(tags.get("og:image") or tags.get("twitter:image"), url),
        canonical=_canonical(root, tags, url),
    )


def _tags(root: HtmlElement) -> dict[str, str]:
    tags: dict[str, str] = {}
    for node in root.iter("meta"):
        value = squeeze(node.get("content") or "")
        for name in (node.get("property"), node.get("name"), node.get("itemprop")):
            if name and value:
                tags.setdefault(name, value)
                tags.setdefault(name.lower(), value)
    return tags


def _articles(root: HtmlElement) -> Iterator[dict[str, Any]]:
    """The JSON-LD objects that describe an article. A block that is not JSON says nothing."""
    for node in root.xpath('//script[contains(@type, "ld+json")]'):
        try:
            stack = [json.loads(node.text or "", strict=False)]
        except (ValueError, RecursionError):
            continue
        while stack:
            item = stack.pop()
            if isinstance(item, list):
                stack.extend(reversed(item))
            elif isinstance(item, dict):
                if _ARTICLE_TYPES.search(str(item.get("@type", ""))):
                    yield item
                stack.extend(value for key in ("@graph", "mainEntity") if (value := item.get(key)))


def _named(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, map(_named, value)))
    if isinstance(value, dict):
        value = value.get("name", "")
    return squeeze(value) if isinstance(value, str) else ""


def _title(root: HtmlElement, tags: dict[str, str], data: dict[str, Any]) -> str:
    heads = [squeeze("".join(node.itertext())) for node in root.iter("h1")]
    return (
        tags.get("og:title")
        or tags.get("twitter:title")
        or _named(data.get("headline"))
        or (heads[0] if len(heads) == 1 else "")
        or squeeze("".join(root.xpath("//head/title//text()")))
        or next(filter(None, heads), "")
    )


def _site(tags: dict[str, str], data: dict[str, Any], url: str | None) -> str:
    named = tags.get("og:site_name") or _named(data.get("publisher")) or tags.get("application-name", "")
    if named:
        return named
    return (urlsplit(url).hostname or "").removeprefix("www.") if url and http_url(url) else ""


def _author(tags: dict[str, str], data: dict[str, Any]) -> str | None:
    named = _named(data.get("author")) or tags.get("author") or tags.get("article:author") or ""
    return named if named and not named.startswith(("http:", "https:")) and len(named) <= 80 else None


def _published(root: HtmlElement, tags: dict[str, str], data: dict[str, Any], zone: timezone) -> datetime | None:
    candidates = [data.get("datePublished"), *(tags.get(name) for name in _TIMES)]
    candidates += [node.get("datetime") or node.get("content") for node in root.xpath('//*[@itemprop="datePublished"]')]
    candidates += [node.get("datetime") for node in root.xpath("//time[@datetime]")[:1]]
    shown = root.xpath(
        '//*[contains(@class, "time") or contains(@class, "date") or contains(@id, "time") or contains(@id, "date")]'
    )
    candidates += [text for node in shown[:40] if len(text := "".join(node.itertext())) < 80]
    for candidate in candidates:
        if isinstance(candidate, str) and (found := moment(candidate, zone)) is not None:
            return found
    return None


def moment(text: str, zone: timezone) -> datetime | None:
    """The point in time that ``text`` gives; ``zone`` for one without an offset; a day alone is its midnight."""
    text = text.strip()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        match = _DATE.search(text)
        if match is None:
            return None
        try:
            year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
            found = datetime(year, month, day, hour, minute, second)
        except ValueError:
            return None
    if not 1990 <= found.year <= 2100:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def _chinese(root: HtmlElement, url: str | None) -> bool:
    lang = (root.get("lang") or root.get("xml:lang") or "").lower()
    host = (urlsplit(url).hostname or "") if url and http_url(url) else ""
    title = squeeze("".join(root.xpath("//title//text()")))
    return lang.startswith("zh") or host.endswith(".cn") or cjk_share(title) > 0.5


def _canonical(root: HtmlElement, tags: dict[str, str], url: str | None) -> str | None:
    links = [node.get("href") for node in root.iter("link") if "canonical" in (node.get("rel") or "").lower().split()]
    for link in [*links, tags.get("og:url")]:
        found = http_url(link, url)
        if found is None:
            continue
        if url is None or http_url(url) is None or _site_of(found) == _site_of(url):
            return found
    return None


def _site_of(url: str) -> str:
    return ".".join((urlsplit(url).hostname or "").split(".")[-2:])
