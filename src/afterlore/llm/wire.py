"""The HTTP below: clients of one endpoint, opened when they are first needed and closed by their owner.

Redirects are not followed, and proxies and credentials of the environment are not used: a request goes to the address
that was configured and nowhere else. That address may be private, for whoever configured it owns it.

Not covered: addresses that need a query or another header than ``Authorization: Bearer``, HTTP/2, proxies.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from afterlore.llm.attempts import Timing
from afterlore.llm.endpoint import Endpoint
from afterlore.llm.faults import Trouble, refusal
from afterlore.llm.secrets import Scrubber, plain
from afterlore.llm.tape import Tape

if TYPE_CHECKING:
    import httpx2

__all__ = ["Wire"]

_CONNECT_SECONDS = 30.0
"""By our own clock: a process that begins 800 runs at once on a busy machine is itself late by more than 10 s."""
_EACH = 16
"""Connections of one client. It looks at all of them before each request: 200 in one took more CPU than the request."""
_ERROR_BYTES = 64 * 1024
_ERROR_SECONDS = 10.0
"""That the body of an error may take; its status says the most."""


class Wire:
    """Sends bodies and gives back answers."""

    def __init__(self, endpoint: Endpoint, timing: Timing) -> None:
        self.endpoint = endpoint
        self.scrubber = Scrubber(endpoint.key())
        self.tape = Tape(endpoint, self.scrubber)
        self._timing = timing
        self._clients: list[httpx2.AsyncClient] = []
        self._busy: list[int] = []
        """Requests under way, for each client."""

    async def aclose(self) -> None:
        """End all connections. Asking again opens new ones."""
        clients, self._clients, self._busy = self._clients, [], []
        for client in clients:
            await client.aclose()

    async def pieces(self, path: str, body: bytes, *, seconds: float, longest: float) -> AsyncGenerator[bytes, None]:
        """The answer's body, of status 200, as it comes: ``seconds`` may pass between two pieces, ``longest`` in all.

        Raises Trouble. Close it (``aclosing``) when you stop before its end.
        """
        if self.endpoint.replay is not None:
            status, recorded = self.tape.answer(path, body)
            if status != 200:
                raise refusal(status, {}, recorded)
            yield recorded
            return
        import httpx2

        size = 0
        clients = self._opened()
        least = min(range(len(clients)), key=self._busy.__getitem__)
        busy = self._busy
        busy[least] += 1
        try:
            async with clients[least].stream(
                "POST",
                self.endpoint.base_url + path,
                content=body,
                timeout=httpx2.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds), pool=None),
            ) as response:
                if response.status_code != 200:
                    trouble = refusal(response.status_code, response.headers, await self._head(response, seconds))
                    trouble.detail = self.scrubber.text(trouble.detail)
                    raise trouble
                end = self._timing.clock() + longest
                async for piece in response.aiter_bytes():
                    size += len(piece)
                    if size > self.endpoint.max_bytes:
                        limit = self.endpoint.max_bytes
                        raise Trouble("malformed", f"it answers more than {limit} bytes; allow more with max_bytes")
                    if self._timing.clock() > end:
                        detail = f"it still answers after {longest:.0f} s; allow more with longest"
                        raise Trouble("timed_out", detail)
                    yield piece
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            detail = f"nothing answers at {self.endpoint.base_url!r}: {self._said(error)}; is it running?"
            kind = "timed_out" if isinstance(error, httpx2.ConnectTimeout) else "unavailable"
            raise Trouble(kind, detail, retry=True, sent=False) from error
        except httpx2.TimeoutException as error:
            detail = f"no answer within {seconds:.0f} s; allow more with timeout"
            raise Trouble("timed_out", detail, retry=True) from error
        except httpx2.TransportError as error:
            detail = f"the connection broke: {self._said(error)}"
            raise Trouble("cut_off" if size else "unavailable", detail, retry=True) from error
        except httpx2.DecodingError as error:
            raise Trouble("malformed", "its answer cannot be decompressed") from error
        finally:
            busy[least] -= 1

    async def whole(self, path: str, body: bytes, *, seconds: float) -> bytes:
        """All of the answer's body, without the key. Raises Trouble."""
        pieces = self.pieces(path, body, seconds=seconds, longest=seconds)
        try:
            async with asyncio.timeout(seconds), aclosing(pieces):
                return self.scrubber.bytes(b"".join([piece async for piece in pieces]))
        except TimeoutError as error:
            detail = f"no whole answer within {seconds:.0f} s; allow more with timeout"
            raise Trouble("timed_out", detail, retry=True) from error

    async def _head(self, response: "httpx2.Response", seconds: float) -> bytes:
        """The beginning of an error's body, as far as it comes: nobody waits long for the rest of it."""
        import httpx2

        head = b""
        with suppress(httpx2.TransportError, httpx2.DecodingError, TimeoutError):
            async with asyncio.timeout(min(seconds / 2, _ERROR_SECONDS)):
                async for piece in response.aiter_bytes():
                    head += piece
                    if len(head) >= _ERROR_BYTES:
                        break
        return self.scrubber.bytes(head[:_ERROR_BYTES])

    def _opened(self) -> "list[httpx2.AsyncClient]":
        import httpx2

        if not self._clients:
            # Compressed answers save little here, and a small one may inflate without end.
            headers = {
                "Content-Type": "application/json",
                "User-Agent": f"afterlore/{_version()}",
                "Accept-Encoding": "identity",
            }
            if key := self.endpoint.key():
                headers["Authorization"] = f"Bearer {key}"
            secure = self.endpoint.base_url.startswith("https:")
            # Reading all certificates takes longer than many requests; without them no TLS connection is made.
            trusted = httpx2.create_ssl_context(trust_env=False) if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._clients = [
                httpx2.AsyncClient(
                    headers=headers,
                    limits=httpx2.Limits(max_connections=None, max_keepalive_connections=_EACH),
                    follow_redirects=False,
                    trust_env=False,
                    verify=trusted,
                )
                for _ in range(-(-self.endpoint.max_concurrency // _EACH))
            ]
            self._busy = [0] * len(self._clients)
        return self._clients

    def _said(self, error: Exception) -> str:
        return plain(self.scrubber.text(str(error) or type(error).__name__))


def _version() -> str:
    try:
        return version("afterlore")
    except PackageNotFoundError:
        return "0"
