"""A Searcher and Reader that answer from a script: for tests, demonstrations and fault benches."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from afterlore.core import AfterloreError, Hit, NotFoundError, Page, digest

__all__ = ["ScriptedSearcher", "scripted_page"]

_RETRIEVED = datetime(2026, 1, 1, tzinfo=UTC)


class ScriptedSearcher:
    """Gives ``hits`` for a query and ``pages`` for an address, or raises the error that stands in their place.

    A query that the script does not hold finds nothing; an address that it does not hold is a NotFoundError. What was
    asked, in order, is in ``queries`` and ``addresses``.
    """

    name = "scripted"

    def __init__(
        self,
        hits: Mapping[str, Sequence[Hit] | AfterloreError] | None = None,
        pages: Mapping[str, Page | AfterloreError] | None = None,
    ) -> None:
        self._hits = dict(hits or {})
        self._pages = dict(pages or {})
        self.queries: list[str] = []
        self.addresses: list[str] = []

    async def search(self, query: str, *, limit: int = 10) -> tuple[Hit, ...]:
        """See Searcher."""
        self.queries.append(query)
        found = self._hits.get(query, ())
        if isinstance(found, AfterloreError):
            raise found
        return tuple(found)[:limit]

    async def read(self, address: str) -> Page:
        """See Reader."""
        self.addresses.append(address)
        page = self._pages.get(address)
        if page is None:
            raise NotFoundError(f"the script holds no page {address!r}; add it")
        if isinstance(page, AfterloreError):
            raise page
        return page


def scripted_page(address: str, text: str, title: str = "") -> Page:
    """A page with its hash, retrieved at the same moment always, so that runs can be compared."""
    return Page(address=address, title=title or address, text=text, sha256=digest(text), retrieved=_RETRIEVED)
