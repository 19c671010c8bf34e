"""From a collected item to an article, or to the reason why it is none."""

from collections.abc import Collection

from afterlore.brief.article import Article, Drop
from afterlore.brief.gather.item import Item
from afterlore.brief.read.clean import clean, kind, to_text, unusable
from afterlore.brief.read.outlets import resolve
from afterlore.core import digest
from afterlore.text.language import language
from afterlore.web.page import Page
from afterlore.web.urls import canonical

__all__ = ["VERSION", "extract"]

VERSION = "1"
"""Part of the key under which an extraction is remembered; raised when the same item would give another article."""

_FIXES = {
    "empty": "open the address in a browser; if there is text, save the page and give the file",
    "image_only": "nothing to do: the post has no text; read it by eye",
    "deleted": "nothing to do: the author or the platform took it down",
    "verification": "open the address in a browser, pass the check, save the page and give the file",
    "not_article": "give the address of an article, or a feed",
    "no_title": "give a title in the file's front matter",
    "too_short": "nothing to do: there is no news in it",
}


def extract(item: Item, known: Collection[str]) -> Article | Drop:
    """The item as an article. ``known`` are the outlets that may be named where the source names somebody else."""
    page = to_text(item.body, "html" if item.kind == "feed" else item.kind, item.url)
    if page.problem and item.summary:
        page = to_text(item.summary, "html", item.url)
    if page.problem:
        return _drop(item, page.problem, page.detail or f"the page is {page.problem.replace('_', ' ')}")
    title = " ".join((item.title or page.title).split())
    if not title:
        return _drop(item, "no_title", "it has no title")
    stored = item.outlet or item.outlet_stored or page.outlet or _host(item)
    outlet = resolve(stored, title=title, text=page.text, known=known)
    text = clean(page.text, title=title, outlet=outlet.name)
    reason = unusable(text)
    if reason:
        return _drop(item, "too_short", reason)
    url = item.url or _own_address(item, page)
    # Two folders may hold a file of one name; an address names one article wherever it was found.
    identity = url if url.startswith(("http://", "https://")) else f"{url}\n{text}"
    return Article(
        id=digest(identity)[:16],
        url=url,
        outlet=outlet.name,
        outlet_stored=outlet.stored_wrong or _differs(item.outlet_stored, outlet.name),
        origin=outlet.origin,
        title=title,
        published=item.published or page.published,
        retrieved=item.retrieved,
        language=language(text),
        text=text,
        sha256=digest(text),
        images=page.images,
        source=item.source,
        # Cleaning takes away the lines that give an advert away, so its kind is read from the page.
        kind=kind(title, page.text),
    )


def _own_address(item: Item, page: Page) -> str:
    """What the page says its address is; a saved page keeps its own address only in itself."""
    return canonical(page.url) if page.url and page.url.startswith(("http://", "https://")) else item.address


def _host(item: Item) -> str:
    """Nothing names the outlet: the site's host, or the folder, does."""
    return item.url.split("/")[2].removeprefix("www.") if item.url and "//" in item.url else item.source


def _differs(stored: str | None, name: str) -> str | None:
    return stored if stored and stored != name else None


def _drop(item: Item, reason: str, detail: str) -> Drop:
    return Drop(source=item.source, item=item.address, reason=reason, detail=detail, fix=_FIXES.get(reason, ""))
