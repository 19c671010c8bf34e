"""What a run has found: queries asked, hits, pages read, and quotes checked against them. It grows only by what the
journal holds, so that a resumed run knows the same.
"""

from collections.abc import Callable, Sequence
from typing import Literal, Self

from pydantic import AwareDatetime

from afterlore.core import Hit, Page, Record
from afterlore.text.quotes import QuoteIndex

__all__ = ["Findings", "PageRef", "Quoted", "check_quotes", "normal_query"]


class PageRef(Record):
    """A page that was read; its text stands in the journal."""

    address: str
    title: str
    sha256: str
    """Of the text, as UTF-8: the blob."""
    retrieved: AwareDatetime
    asked: str = ""
    """The address that led there, where it is another one."""

    @classmethod
    def of(cls, page: Page, asked: str) -> Self:
        """Without the text."""
        return cls(
            address=page.address,
            title=page.title,
            sha256=page.sha256,
            retrieved=page.retrieved,
            asked="" if asked == page.address else asked,
        )


class Quoted(Record):
    """A quote given for an answer. *quote-verified*: the page reads so, not: the answer follows from it."""

    address: str
    quote: str
    status: Literal["quote-verified", "unverified"]
    reason: str = ""
    """Why it is unverified."""
    sha256: str = ""
    """Of the page's text."""
    start: int | None = None
    """First character of the quote in that text, in Unicode code points from 0,"""
    end: int | None = None
    """and one past its last."""
    retrieved: AwareDatetime | None = None


class Findings(Record):
    """All that was found, in order, each once."""

    queries: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    pages: tuple[PageRef, ...] = ()
    quotes: tuple[Quoted, ...] = ()

    def page(self, address: str) -> PageRef | None:
        """The page that was read from this address, last."""
        wanted = _normal_address(address)
        read = ((page, map(_normal_address, (page.address, page.asked))) for page in reversed(self.pages))
        return next((page for page, addresses in read if wanted and wanted in addresses), None)

    def has_query(self, query: str) -> bool:
        """Whether it was asked, up to case and spaces."""
        return normal_query(query) in map(normal_query, self.queries)

    def __add__(self, other: "Findings") -> "Findings":
        hits = {hit.address: hit for hit in (*other.hits, *self.hits)}
        order = dict.fromkeys(hit.address for hit in (*self.hits, *other.hits))
        return Findings(
            queries=tuple(dict.fromkeys((*self.queries, *other.queries))),
            hits=tuple(hits[address] for address in order),
            pages=tuple({(page.address, page.sha256): page for page in (*self.pages, *other.pages)}.values()),
            quotes=tuple(dict.fromkeys((*self.quotes, *other.quotes))),
        )


def normal_query(query: str) -> str:
    """What makes two queries the same."""
    return " ".join(query.casefold().split())


def _normal_address(address: str) -> str:
    return address.strip().partition("#")[0].rstrip("/")


def check_quotes(
    quotes: Sequence[tuple[str, str]], findings: Findings, text_of: Callable[[str], str]
) -> tuple[Quoted, ...]:
    """Whether the pages, as they were read, hold what is quoted of them: (address, quote) each. ``text_of`` gives a
    stored text by its SHA-256.
    """
    texts: dict[str, QuoteIndex] = {}

    def checked(address: str, quote: str) -> Quoted:
        page = findings.page(address)
        if page is None:
            return Quoted(address=address, quote=quote, status="unverified", reason="this page was not read")
        if page.sha256 not in texts:
            texts[page.sha256] = QuoteIndex(text_of(page.sha256))
        span = texts[page.sha256].locate(quote)
        return Quoted(
            address=page.address,
            quote=quote,
            status="unverified" if span is None else "quote-verified",
            reason="the page does not read so" if span is None else "",
            sha256=page.sha256,
            start=None if span is None else span.start,
            end=None if span is None else span.end,
            retrieved=page.retrieved,
        )

    return tuple(checked(address, quote) for address, quote in quotes)
