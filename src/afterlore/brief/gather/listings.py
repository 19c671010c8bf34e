"""Documents that list addresses: OPML (feeds) and sitemaps (pages), read by lxml with entities and network off."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import NamedTuple

from lxml import etree

from afterlore.brief.gather.moments import moment
from afterlore.core import InputError
from afterlore.web.urls import is_web

__all__ = ["Listed", "Sitemap", "SitemapPage", "parse_opml", "parse_sitemap"]


class Listed(NamedTuple):
    """One feed of an OPML file."""

    url: str
    title: str
    """Empty when the file gives none."""


class SitemapPage(NamedTuple):
    """One address of a sitemap."""

    url: str
    modified: datetime | None
    """``lastmod``: the last change, which may be long after publication."""
    published: datetime | None
    """``news:publication_date``."""
    title: str
    outlet: str | None
    """``news:name``."""


class Sitemap(NamedTuple):
    """Pages of a ``urlset``, or further sitemaps of a ``sitemapindex``."""

    pages: tuple[SitemapPage, ...]
    maps: tuple[SitemapPage, ...]


def parse_opml(text: str) -> list[Listed]:
    """The feeds of an OPML file, each once, in its order. Raises InputError when it is not OPML."""
    root = _root(text, "OPML")
    if _name(root) != "opml":
        raise InputError(f"not an OPML file: its first element is {_name(root)!r}")
    found: dict[str, Listed] = {}
    for outline in root.iter("outline", "{*}outline"):
        lower = {str(key).lower(): str(value) for key, value in outline.attrib.items()}
        url = lower.get("xmlurl", "").strip()
        if is_web(url):
            found.setdefault(url, Listed(url, (lower.get("title") or lower.get("text") or "").strip()))
    return list(found.values())


def parse_sitemap(text: str, zone: tzinfo) -> Sitemap:
    """A sitemap or an index of sitemaps (sitemaps.org, with Google's news elements). Raises InputError otherwise."""
    root = _root(text, "sitemap")
    name = _name(root)
    if name not in ("urlset", "sitemapindex"):
        raise InputError(f"not a sitemap: its first element is {name!r}")
    places = tuple(place for place in _places(root, zone) if is_web(place.url))
    return Sitemap(places, ()) if name == "urlset" else Sitemap((), places)


def _places(root: etree._Element, zone: tzinfo) -> Iterator[SitemapPage]:
    for element in root:
        if not isinstance(element.tag, str):
            continue
        values: dict[str, str] = {}
        for inner in element.iter():
            if isinstance(inner.tag, str) and inner.text and inner.text.strip():
                # The first of each name wins: an image's title comes after the page's own.
                values.setdefault(_name(inner), inner.text.strip())
        yield SitemapPage(
            values.get("loc", ""),
            moment(values.get("lastmod", ""), zone),
            moment(values.get("publication_date", ""), zone),
            values.get("title", ""),
            values.get("name") or None,
        )


def _root(text: str, what: str) -> etree._Element:
    parser = etree.XMLParser(
        # Overrides what the text, decoded already, still declares.
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.lstrip("\ufeff \t\r\n").encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError(f"not a well-formed {what}: {error}") from error
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):  # type: ignore[union-attr]  # the stubs lack it
        raise InputError(f"the {what} declares entities of its own, which none needs; it is not read")
    return root


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname.lower()
