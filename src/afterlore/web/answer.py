"""What a fetch gives back, what it may take, and how the headers of an answer are read."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from afterlore.web.cache import CachedResponse

__all__ = ["Limits", "Response", "Stats", "content_type", "explained", "header", "pointer", "response", "retry_after"]

_KEPT_HEADERS = ("content-type", "etag", "last-modified", "date", "content-language", "link", "cache-control")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one fetch may take. The defaults suit news pages; seconds and bytes."""

    max_bytes: int = 5 * 1024 * 1024
    """Of one body, after decompression."""
    connect_seconds: float = 10.0
    """To open a connection, TLS included."""
    read_seconds: float = 20.0
    """Between two pieces of an answer."""
    total_seconds: float = 60.0
    """For one fetch with its redirects, retries and waits, but not the time spent waiting for the host's turn."""
    redirects: int = 5
    retries: int = 2
    """Further tries when a host says that it is busy (429, 503) or drops the connection."""
    longest_wait: float = 30.0
    """The longest Retry-After that is waited for; a longer one fails at once and says so."""
    host_delay: float = 0.5
    """Between the starts of two requests to one host."""
    host_connections: int = 2
    """Requests to one host at the same time."""
    longest_crawl_delay: float = 5.0
    """A longer Crawl-delay in robots.txt is cut to this."""


class Response(NamedTuple):
    """One fetched document."""

    url: str
    """The address that answered in the end, without user information and fragment."""
    status: int
    """Of the answer that the body came with: 200 when a 304 confirmed it."""
    headers: dict[str, str]
    """Lower-case names; only the few that a reader of news has a use for."""
    body: bytes
    """Decompressed."""
    media_type: str
    """Lower case, without parameters; empty when the server named none."""
    charset: str | None
    """As the server named it; use ``decode`` for the text."""
    retrieved: datetime
    """When these bytes were received, with offset; an earlier time for a confirmed or stored body."""
    not_modified: bool
    """Whether the body comes from the cache, confirmed by a 304 or taken offline."""


class Stats(NamedTuple):
    """What a fetcher has done so far."""

    requests: int = 0
    """Sent, with redirects, retries and robots.txt."""
    bodies: int = 0
    """Documents received in full; robots.txt is not counted."""
    not_modified: int = 0
    """Documents that a 304 confirmed."""
    refused: int = 0
    bytes: int = 0
    """Of bodies as they came over the wire, robots.txt included, headers not."""


def header(value: bytes) -> str:
    """A header's value as text: UTF-8 when it is, else the Latin-1 of old."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def content_type(value: str) -> tuple[str, str | None]:
    """The media type in lower case and the charset of a Content-Type header."""
    charset = re.search(r"(?i)charset\s*=\s*[\"']?\s*([\w.:-]+)", value)
    return value.partition(";")[0].strip().lower(), charset[1] if charset else None


def pointer(first: str, found: Response) -> CachedResponse:
    """A cache entry that says: this address leads to the one of ``found``."""
    return CachedResponse(first, None, None, "", None, b"", found.retrieved, found.url)


def response(cached: CachedResponse, headers: dict[str, str], not_modified: bool) -> Response:
    """The remembered document as a response; ``headers`` are those of the answer that brought or confirmed it."""
    kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
    return Response(
        cached.url, 200, kept, cached.body, cached.media_type, cached.charset, cached.retrieved, not_modified
    )


def retry_after(value: str, now: datetime, otherwise: float) -> float:
    """Seconds that a Retry-After header (seconds or a date) asks to wait; ``otherwise`` when it cannot be read."""
    value = value.strip()
    if value.isdigit():
        return float(value)
    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return otherwise
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (then - now).total_seconds())


def explained(status: int) -> str:
    """What a status that brings no document means to the reader."""
    known = {
        304: "it answered 304 to a request that was not conditional",
        401: "it answered 401: it wants a login",
        403: "it answered 403: it does not let us in",
        404: "it answered 404: there is no such page",
        410: "it answered 410: the page was taken down",
        429: "it answered 429 again and again: it is asked too often",
        503: "it answered 503 again and again: it is overloaded or down",
    }
    return known.get(status, f"it answered {status}")
