"""Web pages as a Reader: fetched by ``afterlore.web`` under its rules, main text extracted.

Not covered: PDF and other binary documents on the web (refused by their type), pages that need a browser or a login,
and what a page tells its reader to do: the text is data, and whoever shows it to a model must mark it as such.
"""

import asyncio

from afterlore.context.ingest.names import one_line
from afterlore.core import Page, ServiceError, digest
from afterlore.web.charset import decode
from afterlore.web.fetch import Fetcher
from afterlore.web.urls import redact

__all__ = ["PageReader"]

_PAGES = frozenset({"text/html", "application/xhtml+xml", ""})
_TITLE = 300


class PageReader:
    """A Reader for http and https addresses. The fetcher is the caller's; closing it ends what is under way."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    async def read(self, address: str) -> Page:
        """See Reader. Raises FetchRefused where our rules forbid it, FetchFailed where the other side fails, and
        ServiceError for a page that holds no text.
        """
        return await asyncio.to_thread(self.page, address)

    def page(self, address: str) -> Page:
        """``read``, in the thread of the caller."""
        answer = self._fetcher.fetch(address)
        text = decode(answer.body, answer.charset)
        title = ""
        if answer.media_type in _PAGES:
            # trafilatura takes a second to import.
            from afterlore.web.extract import extract

            found = extract(text, answer.url)
            title, text = found.title, found.text
            if not text.strip():
                detail = found.detail or "it holds no text"
                raise ServiceError(f"nothing to read at {redact(address)!r}: {detail}; try another result")
        elif not text.strip() or "\0" in text:
            raise ServiceError(f"nothing to read at {redact(address)!r}: it is empty or no text; try another result")
        title = one_line(title, _TITLE) or redact(answer.url)
        return Page(address=answer.url, title=title, text=text, sha256=digest(text), retrieved=answer.retrieved)
