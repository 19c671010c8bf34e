"""What the fetcher remembers of earlier answers, so that an unchanged page is not sent twice."""

from datetime import datetime
from threading import Lock
from typing import NamedTuple, Protocol

__all__ = ["CachedResponse", "MemoryCache", "ResponseCache"]


class CachedResponse(NamedTuple):
    """One remembered answer to a GET of one address."""

    url: str
    """The address that gave the answer, without user information and fragment."""
    etag: str | None
    last_modified: str | None
    """As the server spelled it."""
    media_type: str
    """Lower case, without parameters; empty when the server named none."""
    charset: str | None
    body: bytes
    """Decompressed."""
    retrieved: datetime
    """When the body was received; a later 304 does not move it."""
    location: str | None = None
    """Set when the address only leads to another one; then ``body`` is empty."""


class ResponseCache(Protocol):
    """Where answers are kept. Both methods are called from several threads."""

    def get(self, url: str) -> CachedResponse | None:
        """The last answer of this address, or None."""

    def put(self, url: str, response: CachedResponse) -> None:
        """Remember the answer in place of an earlier one."""


class MemoryCache:
    """A ResponseCache that lives as long as the process. It has no size limit."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[str, CachedResponse] = {}

    def get(self, url: str) -> CachedResponse | None:
        """The last answer of this address, or None."""
        with self._lock:
            return self._kept.get(url)

    def put(self, url: str, response: CachedResponse) -> None:
        """Remember the answer in place of an earlier one."""
        with self._lock:
            self._kept[url] = response
