"""The one safe way to get a page: everything in Afterlore that reads the web goes through ``Fetcher.fetch``.

Every hop of a redirect is checked anew (scheme, connected address, robots.txt); sizes, times, retries and the pace per
host are bounded; an unchanged page is asked for conditionally and not sent again. Proxies and credentials of the
environment are never used, and cookies are never kept, so the connection pool below httpx2 is used directly.

Not covered: the contents of a page (scripts are not run, but nor are they removed), and see ``afterlore.web.address``.
"""

import logging
import re
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Iterable
from contextvars import Token
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from threading import Event, Lock
from types import TracebackType
from typing import NamedTuple, Self

import httpcore2
import httpx2

from afterlore.core import FetchFailed, FetchRefused
from afterlore.web.address import AllowList, CheckedBackend, Resolver, deadline, system_resolver
from afterlore.web.answer import (
    Limits,
    Response,
    Stats,
    content_type,
    explained,
    header,
    pointer,
    response,
    retry_after,
)
from afterlore.web.cache import CachedResponse, MemoryCache, ResponseCache
from afterlore.web.charset import decode
from afterlore.web.inflate import BadCompression, Inflater, TooLarge
from afterlore.web.pace import Pace
from afterlore.web.robots import PARSED_BYTES, Rules, rules_for
from afterlore.web.urls import redact

__all__ = ["Fetcher", "Limits", "Response", "Stats", "decode"]

_log = logging.getLogger("afterlore.web")

_NOT_TEXT = re.compile(r"^(?:image|audio|video|font)/|^application/(?:pdf|zip|wasm|x-(?:tar|7z|rar)|vnd\.)")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({429, 503})
_ROBOTS_FRESH = timedelta(hours=24)


class _Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Fetcher:
    """Fetches documents for one run. Usable from several threads; ``close`` ends what is under way.

    ``allow_hosts`` names hosts (``host`` or ``host:port``) that may lie at private addresses. ``offline`` answers from
    the cache alone. ``robots=False`` is for hosts whose owner is the user. ``resolver``, ``sleep`` and ``now`` replace
    the system's own.

    ``fetch`` raises FetchRefused when our rules forbid a request (reason ``scheme``, ``address``, ``robots``, ``size``,
    ``type``, ``redirects``, ``offline``; each is logged to ``afterlore.web``), FetchFailed when the other side fails.
    """

    def __init__(
        self,
        *,
        cache: ResponseCache | None = None,
        allow_hosts: Iterable[str] = (),
        offline: bool = False,
        robots: bool = True,
        limits: Limits | None = None,
        agent: str | None = None,
        resolver: Resolver = system_resolver,
        sleep: Callable[[float], object] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.offline = offline
        self.limits = limits or Limits()
        self.agent = agent or f"afterlore/{_version()}"
        self._cache = cache if cache is not None else MemoryCache()
        self._use_robots = robots
        self._now = now
        self._closed = Event()
        self._pace = Pace(self.limits.host_connections, sleep or self._closed.wait)
        self._backend = CheckedBackend(AllowList(allow_hosts), resolver)
        self._ssl_context = ssl_context
        self._lock = Lock()
        self._pool: httpcore2.ConnectionPool | None = None
        self._stats = Stats()
        self._rules: dict[str, Rules] = {}
        self._rules_locks: dict[str, Lock] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all connections and waits; a fetch under way in another thread fails."""
        self._closed.set()
        self._backend.abort()
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    @property
    def stats(self) -> Stats:
        """The counts up to now."""
        with self._lock:
            return self._stats

    def fetch(self, url: str, *, max_bytes: int | None = None) -> Response:
        """The document at an http or https address. ``max_bytes`` replaces the limit for this one body."""
        first = self._parsed(url)
        if self.offline:
            return self._stored(first)
        token: Token[float] = deadline.set(time.monotonic() + self.limits.total_seconds)
        try:
            return self._followed(first, max_bytes or self.limits.max_bytes)
        finally:
            deadline.reset(token)

    # -- one fetch ---------------------------------------------------------------------------------------------------

    def _followed(self, first: httpx2.URL, max_bytes: int) -> Response:
        url = first
        for _ in range(self.limits.redirects + 1):
            delay = self._permitted(url)
            cached = self._cache.get(_key(url))
            if cached is not None and cached.location is not None:
                cached = None
            answer = self._answered(url, cached, max_bytes, delay)
            if answer.status not in _REDIRECTS:
                found = self._document(url, answer, cached)
                if url != first:
                    self._cache.put(_key(first), pointer(_key(first), found))
                return found
            url = self._target(url, answer)
        raise self._refusal(first, "redirects", f"it redirects more than {self.limits.redirects} times")

    def _document(self, url: httpx2.URL, answer: _Answer, cached: CachedResponse | None) -> Response:
        if answer.status == 304 and cached is not None:
            self._count(not_modified=1)
            return response(cached, answer.headers, True)
        if not 200 <= answer.status < 300:
            raise FetchFailed(_shown(url), explained(answer.status), answer.status)
        self._count(bodies=1)
        media_type, charset = content_type(answer.headers.get("content-type", ""))
        fresh = CachedResponse(
            _key(url),
            answer.headers.get("etag"),
            answer.headers.get("last-modified"),
            media_type,
            charset,
            answer.body,
            self._now(),
        )
        if "no-store" not in answer.headers.get("cache-control", "").lower():
            self._cache.put(fresh.url, fresh)
        return response(fresh, answer.headers, False)

    def _target(self, url: httpx2.URL, answer: _Answer) -> httpx2.URL:
        location = answer.headers.get("location", "")
        if not location:
            raise FetchFailed(_shown(url), f"it answered {answer.status} but names no new address", answer.status)
        try:
            joined = url.join(location)
        except (httpx2.InvalidURL, ValueError) as error:
            raise FetchFailed(_shown(url), f"it redirects to an address that cannot be read: {error}") from error
        if _origin(joined) == _origin(url):
            joined = joined.copy_with(username=url.username, password=url.password)
        else:
            # Credentials belong to the host they were given for, and a redirect must not bring its own.
            joined = joined.copy_with(username=None, password=None)
        return self._parsed(str(joined))

    def _stored(self, first: httpx2.URL) -> Response:
        cached = self._cache.get(_key(first))
        for _ in range(self.limits.redirects):
            if cached is None or cached.location is None:
                break
            cached = self._cache.get(cached.location)
        if cached is None or cached.location is not None:
            raise self._refusal(
                first, "offline", "this run is offline and the page was not fetched before; run once without --offline"
            )
        return response(cached, {}, True)

    # -- rules -------------------------------------------------------------------------------------------------------

    def _parsed(self, url: str) -> httpx2.URL:
        try:
            parsed = httpx2.URL(url.strip()).copy_with(fragment=None)
        except (httpx2.InvalidURL, ValueError) as error:
            raise self._refusal(url, "scheme", f"it is not a web address: {error}") from error
        if parsed.scheme not in ("http", "https"):
            raise self._refusal(url, "scheme", f"only http and https are fetched, not {parsed.scheme!r}")
        if not parsed.host:
            raise self._refusal(url, "scheme", "it names no host")
        return parsed

    def _permitted(self, url: httpx2.URL) -> float:
        """The pause that the site asks for, in seconds. Raises FetchRefused when its robots.txt forbids the address."""
        if not self._use_robots:
            return self.limits.host_delay
        origin = _origin(url)
        with self._lock:
            lock = self._rules_locks.setdefault(origin, Lock())
        with lock:
            rules = self._rules.get(origin)
            if rules is None:
                rules = self._rules[origin] = self._asked_rules(url, httpx2.URL(f"{origin}/robots.txt"))
        if rules.unreachable is not None:
            raise FetchFailed(_shown(url), rules.unreachable)
        refusal = rules.refusal(_key(url), self.agent)
        if refusal is not None:
            raise self._refusal(url, "robots", refusal)
        return max(self.limits.host_delay, min(rules.delay(self.agent), self.limits.longest_crawl_delay))

    def _asked_rules(self, page: httpx2.URL, url: httpx2.URL) -> Rules:
        try:
            return self._read_rules(url)
        except FetchRefused as error:
            # Already logged; the reader asked for the page and should read about the page.
            raise FetchRefused(_shown(page), error.reason, error.detail) from error
        except FetchFailed as error:
            # Remembered, so that a dead host costs one time-out and not one for each of its pages.
            return Rules(None, unreachable=f"its robots.txt cannot be fetched: {error.detail}")

    def _read_rules(self, url: httpx2.URL) -> Rules:
        first, cached = url, self._cache.get(_key(url))
        if cached is not None and cached.location is None and self._now() - cached.retrieved < _ROBOTS_FRESH:
            return rules_for(200, decode(cached.body, "utf-8"))
        for _ in range(self.limits.redirects + 1):
            answer = self._answered(url, None, PARSED_BYTES, self.limits.host_delay, robots=True)
            if answer.status not in _REDIRECTS:
                if answer.status == 200:
                    kept = CachedResponse(_key(first), None, None, "text/plain", None, answer.body, self._now())
                    self._cache.put(_key(first), kept)
                return rules_for(answer.status, decode(answer.body, "utf-8"))
            url = self._target(url, answer)
        # Section 2.3.1.2: after five redirects a crawler may take the file to be unavailable.
        return rules_for(404, "")

    def _refusal(self, url: httpx2.URL | str, reason: str, detail: str) -> FetchRefused:
        shown = redact(str(url))
        self._count(refused=1)
        # Offline every page is refused, by the user's own wish: nothing to warn of.
        level = logging.INFO if reason == "offline" else logging.WARNING
        _log.log(level, "refused %r: %s", shown, detail, extra={"url": shown, "reason": reason})
        return FetchRefused(shown, reason, detail)

    # -- the wire ----------------------------------------------------------------------------------------------------

    def _answered(
        self, url: httpx2.URL, cached: CachedResponse | None, max_bytes: int, delay: float, *, robots: bool = False
    ) -> _Answer:
        """One hop with its retries; the body is read for 2xx only."""
        for tries_left in range(self.limits.retries, -1, -1):
            tried = self.limits.retries - tries_left
            try:
                answer = self._asked(url, cached, max_bytes, delay, robots)
            except FetchRefused as error:
                raise self._refusal(url, error.reason, error.detail) from error
            except (httpcore2.ReadError, httpcore2.RemoteProtocolError) as error:
                if not tries_left or self._closed.is_set():
                    raise FetchFailed(_shown(url), f"the connection broke: {_words(error)}") from error
                continue
            except httpcore2.TimeoutException as error:
                raise FetchFailed(_shown(url), f"no answer in time: {_words(error)}") from error
            except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
                raise FetchFailed(_shown(url), f"no connection: {_words(error)}") from error
            except BadCompression as error:
                raise FetchFailed(_shown(url), str(error)) from error
            if answer.status not in _BUSY or not tries_left:
                return answer
            self._wait(url, answer, 2.0**tried)
        raise FetchFailed(_shown(url), "no tries are left")

    def _wait(self, url: httpx2.URL, answer: _Answer, otherwise: float) -> None:
        wait = retry_after(answer.headers.get("retry-after", ""), self._now(), otherwise)
        left = deadline.get() - time.monotonic()
        if wait > min(self.limits.longest_wait, left):
            raise FetchFailed(
                _shown(url), f"it answered {answer.status} and asks to be left alone for {wait:.0f} s", answer.status
            )
        self._pace.hold(url.host, wait)

    def _asked(
        self, url: httpx2.URL, cached: CachedResponse | None, max_bytes: int, delay: float, robots: bool
    ) -> _Answer:
        with self._pace.turn(url.host, delay) as waited:
            if self._closed.is_set():
                raise FetchFailed(_shown(url), "the run was stopped")
            deadline.set(deadline.get() + waited)
            self._count(requests=1)
            timeout = {
                "connect": self.limits.connect_seconds,
                "read": self.limits.read_seconds,
                "write": self.limits.read_seconds,
                "pool": self.limits.total_seconds,
            }
            target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
            headers = self._headers(url, cached)
            with self._opened().stream("GET", target, headers=headers, extensions={"timeout": timeout}) as stream:
                found = {name.decode("latin-1").lower(): header(value) for name, value in reversed(stream.headers)}
                body = self._read(url, stream, found, max_bytes, robots) if 200 <= stream.status < 300 else b""
                return _Answer(stream.status, found, body)

    def _read(
        self, url: httpx2.URL, stream: httpcore2.Response, headers: dict[str, str], max_bytes: int, robots: bool
    ) -> bytes:
        encoding = headers.get("content-encoding", "").strip().lower().replace("x-gzip", "gzip") or "identity"
        if encoding not in ("identity", "gzip", "deflate"):
            raise FetchRefused(_shown(url), "type", f"it is sent in encoding {encoding!r}, which was not asked for")
        media_type = content_type(headers.get("content-type", ""))[0]
        if not robots and _NOT_TEXT.match(media_type):
            raise FetchRefused(_shown(url), "type", f"it is {media_type!r}, not a page or a feed")
        size = headers.get("content-length", "")
        if not robots and size.isdigit() and int(size) > max_bytes:
            raise FetchRefused(_shown(url), "size", f"it is {int(size):,} bytes, more than the limit of {max_bytes:,}")
        inflater = Inflater(encoding, max_bytes, truncate=robots)
        received = 0
        try:
            for chunk in stream.iter_stream():
                received += len(chunk)
                inflater.feed(chunk)
                # Compressed data that yield nothing could otherwise go on for ever.
                if received > 2 * max_bytes and not inflater.full:
                    raise TooLarge(max_bytes)
                if inflater.full:
                    break
        except TooLarge as error:
            raise FetchRefused(_shown(url), "size", f"it is {error}") from error
        finally:
            self._count(bytes=received)
        return inflater.finish()

    def _headers(self, url: httpx2.URL, cached: CachedResponse | None) -> list[tuple[bytes, bytes]]:
        headers = [
            (b"Host", url.netloc),
            (b"User-Agent", self.agent.encode()),
            (b"Accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,application/json;q=0.9,*/*;q=0.5"),
            # Only what `Inflater` can bound.
            (b"Accept-Encoding", b"gzip, deflate"),
        ]
        if url.userinfo:
            pair = f"{url.username}:{url.password}".encode()
            headers.append((b"Authorization", b"Basic " + b64encode(pair)))
        if cached is not None and cached.etag:
            headers.append((b"If-None-Match", cached.etag.encode("latin-1", "ignore")))
        if cached is not None and cached.last_modified:
            headers.append((b"If-Modified-Since", cached.last_modified.encode("latin-1", "ignore")))
        return headers

    def _opened(self) -> httpcore2.ConnectionPool:
        with self._lock:
            if self._closed.is_set():
                raise httpcore2.ConnectError("the run was stopped")
            if self._pool is None:
                context = self._ssl_context or httpx2.create_ssl_context(trust_env=False)
                self._pool = httpcore2.ConnectionPool(
                    ssl_context=context, max_connections=32, keepalive_expiry=15.0, network_backend=self._backend
                )
            return self._pool

    def _count(
        self, *, requests: int = 0, bodies: int = 0, not_modified: int = 0, refused: int = 0, bytes: int = 0
    ) -> None:
        with self._lock:
            old = self._stats
            self._stats = Stats(
                old.requests + requests,
                old.bodies + bodies,
                old.not_modified + not_modified,
                old.refused + refused,
                old.bytes + bytes,
            )


def _version() -> str:
    try:
        return version("afterlore")
    except PackageNotFoundError:
        return "0"


def _key(url: httpx2.URL) -> str:
    return str(url.copy_with(username=None, password=None))


def _shown(url: httpx2.URL) -> str:
    return redact(str(url))


def _origin(url: httpx2.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
