"""Web search services as Searchers: SearXNG, Serper, Brave and Tavily, each by the protocol that it documents.

The address of a service is the user's own setting, so it may be on this machine; nothing that a model or a page says
becomes part of it, and redirects are not followed. Keys are sent in a header, and stand in no error, log or address.
What comes back is data: markup is taken out, addresses that are not http or https are left out.

Nothing is asked twice: whoever called decides what to do about a refusal. Not covered: further pages of results, and
services whose protocol has changed since docs/searchers.md was written (they are an error that says what is missing).
"""

import asyncio
import html
import json
import re
from abc import ABC, abstractmethod
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, NamedTuple, Self

import httpx2

from afterlore.context.ingest.names import one_line
from afterlore.core import ConfigError, Hit, InputError, ServiceError
from afterlore.web.answer import retry_after
from afterlore.web.urls import is_web, redact

__all__ = ["Brave", "SearXNG", "Serper", "Service", "Tavily"]

_SECONDS = 20.0
_MAX_BYTES = 5 * 1024 * 1024
"""Of one reply. It is asked for uncompressed."""
_TITLE = 300
_SNIPPET = 1500
_HIGHEST = 1e9
"""A score beyond it, or one that is no number, is none."""
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)


class _Asked(NamedTuple):
    """One request, as ``httpx2`` takes it."""

    method: str
    path: str
    params: dict[str, str | int] | None = None
    json: dict[str, Any] | None = None


class Service(ABC):
    """A Searcher that asks a service over HTTP, within one event loop. ``aclose`` ends its connections.

    ``search`` raises ServiceError in one line for whatever the service or the network does wrong.
    """

    name: ClassVar[str]
    longest: ClassVar[int] = 2000
    """Characters of a query that the service takes."""
    most: ClassVar[int] = 20
    """Hits that the service gives at once."""

    def __init__(self, url: str, *, headers: dict[str, str], seconds: float) -> None:
        if not is_web(url):
            raise ConfigError(f"{self.name}: {redact(url)!r} is no web address; give http:// or https://")
        given = httpx2.URL(url)
        auth = (given.username, given.password) if given.userinfo else None
        self._url = str(given.copy_with(username=None, password=None, query=None, fragment=None)).rstrip("/")
        self._seconds = seconds
        self._client = httpx2.AsyncClient(
            auth=auth,
            headers={"Accept": "application/json", "Accept-Encoding": "identity", **headers},
            timeout=httpx2.Timeout(seconds),
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End its connections."""
        await self._client.aclose()

    async def search(self, query: str, *, limit: int = 10) -> tuple[Hit, ...]:
        """See Searcher. At most ``most`` hits, whatever the limit."""
        words = " ".join(query.split())
        if not words:
            raise InputError("the query is empty; ask with words")
        if len(words) > self.longest:
            raise InputError(
                f"{self.name} takes queries of at most {self.longest:,} characters; ask for the main point"
            )
        if limit < 1:
            raise InputError("limit begins at 1")
        reply = await self._reply(self._asked(words, min(limit, self.most)))
        items = self._items(reply)
        if not isinstance(items, list):
            raise self._wrong("its reply holds no results where they should be; is the address that of its API?")
        hits: dict[str, Hit] = {}
        for hit in map(self._hit, items):
            if hit is not None:
                hits.setdefault(hit.address, hit)
        if items and not hits:
            raise self._wrong(f"none of its {len(items)} results has a web address")
        return tuple(hits.values())[:limit]

    @abstractmethod
    def _asked(self, query: str, limit: int) -> _Asked: ...

    @abstractmethod
    def _items(self, reply: dict[str, Any]) -> Any:
        """The list of results; anything else when the reply is none of the service."""

    @abstractmethod
    def _fields(self, item: dict[str, Any]) -> tuple[Any, Any, Any, Any, Any]:
        """Address, title, snippet, score, time of publication, as the service gives them."""

    def _hit(self, item: Any) -> Hit | None:
        if not isinstance(item, dict):
            return None
        url, title, snippet, score, published = self._fields(item)
        if not isinstance(url, str) or not is_web(url := one_line(url, 4000)):
            return None
        return Hit(
            address=url,
            title=_plain(title, _TITLE) or url,
            snippet=_plain(snippet, _SNIPPET),
            score=float(score) if isinstance(score, int | float) and abs(score) < _HIGHEST else None,
            published=_iso(published),
        )

    async def _reply(self, asked: _Asked) -> dict[str, Any]:
        try:
            # Each wait has its limit in the client; this one ends a reply that drips.
            async with asyncio.timeout(self._seconds):
                status, headers, body = await self._sent(asked)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise self._wrong(f"no answer within {self._seconds:g} s; try again later") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._wrong(
                f"no connection ({type(error).__name__}); is it running, and is the address right?"
            ) from error
        if status != 200:
            raise self._wrong(self._refusal(status, headers))
        try:
            value = json.loads(body)
        except (ValueError, RecursionError) as error:
            what = "a web page" if body.lstrip()[:1] == b"<" else "something"
            raise self._wrong(f"it answered {what} that is not JSON; is the address that of its API?") from error
        if not isinstance(value, dict):
            raise self._wrong("its reply is not a JSON object; is the address that of its API?")
        return value

    async def _sent(self, asked: _Asked) -> tuple[int, httpx2.Headers, bytes]:
        body = bytearray()
        async with self._client.stream(
            asked.method, self._url + asked.path, params=asked.params, json=asked.json
        ) as response:
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > _MAX_BYTES:
                    raise self._wrong(f"its reply is over {_MAX_BYTES // 2**20} MiB")
            return response.status_code, response.headers, bytes(body)

    def _refusal(self, status: int, headers: httpx2.Headers) -> str:
        if status in (401, 403):
            return f"it refused the key or login (HTTP {status}); check the key in your settings"
        if status == 402:
            return "its credit is used up (HTTP 402); add some, or use another service"
        if status == 429:
            wait = retry_after(headers.get("retry-after", ""), datetime.now().astimezone(), 0)
            return "too many requests (HTTP 429); " + (f"it asks for {wait:.0f} s of rest" if wait else "wait a while")
        if 300 <= status < 400:
            target = redact(headers.get("location", ""))
            return f"it redirects to {target[:200]!r} (HTTP {status}), which is not followed; give that address"
        if status >= 500:
            return f"it failed (HTTP {status}); try again later"
        return f"it did not accept the query (HTTP {status}); make it shorter and plainer"

    def _wrong(self, detail: str) -> ServiceError:
        return ServiceError(f"{self.name} at {self._url!r}: {detail}")


class SearXNG(Service):
    """A SearXNG instance whose ``search.formats`` holds ``json``. ``url`` is where its start page is; user and
    password in it are sent as Basic authorization.
    """

    name = "searxng"

    def __init__(self, url: str, *, seconds: float = _SECONDS) -> None:
        super().__init__(url.rstrip("/").removesuffix("/search"), headers={}, seconds=seconds)

    def _asked(self, query: str, limit: int) -> _Asked:
        del limit  # the instance decides
        return _Asked("GET", "/search", params={"q": query, "format": "json"})

    def _items(self, reply: dict[str, Any]) -> Any:
        items, silent = reply.get("results"), reply.get("unresponsive_engines")
        if items == [] and isinstance(silent, list) and silent:
            # Nothing found, and nobody asked: not the same.
            names = ", ".join(one_line(str(one[0] if isinstance(one, list) and one else one), 40) for one in silent[:5])
            raise self._wrong(f"none of its engines answered ({names}); try again later, or enable others")
        return items

    def _fields(self, item: dict[str, Any]) -> tuple[Any, Any, Any, Any, Any]:
        return item.get("url"), item.get("title"), item.get("content"), item.get("score"), item.get("publishedDate")

    def _refusal(self, status: int, headers: httpx2.Headers) -> str:
        if status == 403:
            return "it does not answer in JSON (HTTP 403); add json to search.formats in its settings.yml"
        return super()._refusal(status, headers)


class Serper(Service):
    """Google's results by serper.dev."""

    name = "serper"
    most = 100

    def __init__(self, key: str, *, url: str = "https://google.serper.dev", seconds: float = _SECONDS) -> None:
        super().__init__(url, headers={"X-API-KEY": _key(self.name, key)}, seconds=seconds)

    def _asked(self, query: str, limit: int) -> _Asked:
        return _Asked("POST", "/search", json={"q": query, "num": limit})

    def _items(self, reply: dict[str, Any]) -> Any:
        return reply.get("organic")

    def _fields(self, item: dict[str, Any]) -> tuple[Any, Any, Any, Any, Any]:
        return item.get("link"), item.get("title"), item.get("snippet"), None, item.get("date")


class Brave(Service):
    """Brave's web search."""

    name = "brave"
    longest = 400

    def __init__(self, key: str, *, url: str = "https://api.search.brave.com", seconds: float = _SECONDS) -> None:
        super().__init__(url, headers={"X-Subscription-Token": _key(self.name, key)}, seconds=seconds)

    def _asked(self, query: str, limit: int) -> _Asked:
        return _Asked("GET", "/res/v1/web/search", params={"q": query, "count": limit})

    def _items(self, reply: dict[str, Any]) -> Any:
        web = reply.get("web")
        if web is None and reply.get("type") == "search":
            return []  # how it says that nothing was found
        return web.get("results") if isinstance(web, dict) else None

    def _fields(self, item: dict[str, Any]) -> tuple[Any, Any, Any, Any, Any]:
        return item.get("url"), item.get("title"), item.get("description"), None, item.get("page_age")


class Tavily(Service):
    """Tavily's search, basic depth."""

    name = "tavily"
    longest = 400

    def __init__(self, key: str, *, url: str = "https://api.tavily.com", seconds: float = _SECONDS) -> None:
        super().__init__(url, headers={"Authorization": f"Bearer {_key(self.name, key)}"}, seconds=seconds)

    def _asked(self, query: str, limit: int) -> _Asked:
        return _Asked("POST", "/search", json={"query": query, "max_results": limit})

    def _items(self, reply: dict[str, Any]) -> Any:
        return reply.get("results")

    def _fields(self, item: dict[str, Any]) -> tuple[Any, Any, Any, Any, Any]:
        return item.get("url"), item.get("title"), item.get("content"), item.get("score"), item.get("published_date")


def _key(name: str, key: str) -> str:
    key = key.strip()
    if not key:
        raise ConfigError(f"{name} needs a key; get one from the service and set it")
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise ConfigError(f"the key for {name} holds a space or a character that no key has; copy it again")
    return key


def _plain(text: Any, size: int) -> str:
    if not isinstance(text, str):
        return ""
    return one_line(html.unescape(_TAG.sub("", text[: 4 * size])), size)


def _iso(text: Any) -> str:
    """A time as ISO 8601; empty when it is none or says less than a day ("3 hours ago")."""
    if not isinstance(text, str) or not text[:1].strip():
        return ""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text[:40])
        except ValueError:
            continue
        return moment.isoformat()
    return ""
