"""A model's endpoint on loopback that does what a policy says: what a client is really run against.

It speaks the OpenAI protocol (chat completions, whole and as streams, embeddings, the list of models) over real
sockets, counts and keeps what it is asked, and can fail in every way of ``faults``. No limit of rate or size is
enforced unless a policy does.
"""

import asyncio
import json
import socket
import struct
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, Literal, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from afterlore.core import InputError
from afterlore.llm.scripted import strict, wire
from afterlore.llm.scripted.strict import Refusal
from afterlore.llm.scripted.turn import Answer, Body, Broken, Policy, Raw, Turn

__all__ = ["Mode", "ScriptedEndpoint", "Seen"]

Mode = Literal["strict", "lenient"]

_PACE = 0.002
"""Seconds between two pieces of a stream that never ends."""


@dataclass(frozen=True)
class Seen:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    """Names in lower case; the key included."""
    body: str

    @property
    def json(self) -> Any:
        """The body, parsed. Raises ValueError when it is no JSON."""
        return json.loads(self.body)


class ScriptedEndpoint:
    """A context manager: it listens on a free port of 127.0.0.1 from ``with`` on, in a thread of its own.

    ``policy`` decides the replies. ``mode`` ``strict`` refuses what hosted endpoints refuse, ``lenient`` takes any
    request with a list of messages. ``usage`` False never reports consumed tokens. ``key`` is the only one that is let
    in; empty lets anybody in. ``reasoning_field`` is where reasoning goes: ``reasoning_content`` (DeepSeek, Qwen, GLM),
    ``reasoning`` (OpenRouter, vLLM). ``keep`` False counts requests, but keeps none.

    Raises InputError for a mode that there is not.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        mode: Mode = "strict",
        usage: bool = True,
        key: str = "",
        models: tuple[str, ...] = ("scripted",),
        reasoning_field: str = "reasoning_content",
        dimensions: int = 64,
        keep: bool = True,
    ) -> None:
        if mode not in ("strict", "lenient"):
            raise InputError(f"{mode!r} is no mode of an endpoint; there are: strict, lenient")
        self.mode = mode
        self.usage = usage
        self.key = key
        self.models = models
        self.reasoning_field = reasoning_field
        self.dimensions = dimensions
        self.keep = keep
        self._policy = policy
        self._lock = threading.Lock()
        self._seen: list[Seen] = []
        self._counts: dict[str, int] = {}
        self._replies = 0
        self._open: dict[tuple[str, int], asyncio.Transport] = {}
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._port = 0

    @property
    def base_url(self) -> str:
        """What a client is given: ``http://127.0.0.1:PORT/v1``."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def seen(self) -> tuple[Seen, ...]:
        """All requests that were kept, in the order in which they came."""
        with self._lock:
            return tuple(self._seen)

    @property
    def bodies(self) -> tuple[Any, ...]:
        """The bodies of the requests for replies, parsed."""
        return tuple(one.json for one in self.seen if one.path.endswith("/chat/completions"))

    def count(self, path: str = "/v1/chat/completions") -> int:
        """How many requests came to a path, refused ones included."""
        with self._lock:
            return self._counts.get(path, 0)

    def play(self, policy: Policy) -> None:
        """Another policy from now on; counts and what was kept begin anew."""
        with self._lock:
            self._policy = policy
            self._seen.clear()
            self._counts.clear()

    def __enter__(self) -> Self:
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._application(),
            loop="asyncio",
            http=self._protocol(),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=600,
            timeout_graceful_shutdown=5,
        )
        self._server = _Server(config, self._abort_all)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="scripted-endpoint", daemon=True
        )
        self._thread.start()
        self._server.up.wait()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        assert self._thread is not None
        self._server.stop()
        self._thread.join()

    def _application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
                Route("/v1/embeddings", self._embeddings, methods=["POST"]),
                Route("/v1/models", self._list, methods=["GET"]),
            ],
            exception_handlers={ClientDisconnect: _nobody},
        )

    def _protocol(self) -> type[H11Protocol]:
        """HTTP, with the connections at hand: a fault may cut one."""
        connections = self._open

        class Protocol(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                if self.client is not None:
                    connections[self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                if self.client is not None:
                    connections.pop(self.client, None)
                super().connection_lost(exc)

        return Protocol

    def _abort_all(self) -> None:
        for transport in tuple(self._open.values()):
            transport.abort()

    async def _note(self, request: Request) -> tuple[str, str]:
        """The body and the key of a request, which is counted."""
        with self._lock:
            self._counts[request.url.path] = self._counts.get(request.url.path, 0) + 1
        body = (await request.body()).decode("utf-8", "replace")
        headers = dict(request.headers)
        if self.keep:
            with self._lock:
                self._seen.append(Seen(request.url.path, headers, body))
        return body, headers.get("authorization", "").removeprefix("Bearer ").strip()

    def _refusal(self, text: str, key: str) -> Refusal | Body:
        """The request, parsed, or why it is not taken."""
        if self.key and key != self.key:
            if not key:
                return Refusal("You didn't provide an API key.", status=401)
            return Refusal(f"Incorrect API key provided: {key[:3]}***.", code="invalid_api_key", status=401)
        try:
            body = json.loads(text)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return Refusal("We could not parse the JSON body of your request.")
        if self.mode == "strict" and body.get("model") and body["model"] not in self.models:
            said = f"The model `{body['model']}` does not exist or you do not have access to it."
            return Refusal(said, code="model_not_found", status=404)
        return body

    async def _chat(self, request: Request) -> Response:
        text, key = await self._note(request)
        body = self._refusal(text, key)
        if isinstance(body, Refusal):
            return _sent(body.raw(), key)
        refused = strict.refusal(body) if self.mode == "strict" else None
        if self.mode == "lenient" and not isinstance(body.get("messages"), list):
            refused = Refusal("Missing required parameter: 'messages'.", "messages", "missing_required_parameter")
        if refused:
            return _sent(refused.raw(), key)
        answer = self._policy(body)
        if isawaitable(answer):
            answer = await answer
        with self._lock:
            self._replies += 1
            number = self._replies
        return self._answered(answer, body, number, key)

    def _answered(self, answer: Answer, body: Body, number: int, key: str) -> Response:
        if isinstance(answer, Raw):
            return _sent(answer, key)
        turn = answer if isinstance(answer, Turn) else answer.turn
        as_said = {"reasoning_field": self.reasoning_field, "report": self.usage}
        if body.get("stream"):
            pieces = [wire.event(piece) for piece in _chunks(turn, body, number, as_said)] + [wire.event("[DONE]")]
            media = "text/event-stream"
        else:
            pieces = [json.dumps(_whole(turn, body, number, as_said), ensure_ascii=False).encode()]
            media = "application/json"
        if isinstance(answer, Turn):
            return Response(b"".join(pieces), media_type=media) if media != "text/event-stream" else _Stream(pieces)
        return _Breaking(answer, pieces, media, self._open)

    async def _embeddings(self, request: Request) -> Response:
        text, key = await self._note(request)
        body = self._refusal(text, key)
        if isinstance(body, Refusal):
            return _sent(body.raw(), key)
        refused = strict.refusal_of_embeddings(body)
        if refused:
            return _sent(refused.raw(), key)
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        whole = wire.vectors(texts, body, size=self.dimensions, report=self.usage)
        return Response(json.dumps(whole), media_type="application/json")

    async def _list(self, request: Request) -> Response:
        _, key = await self._note(request)
        if self.key and key != self.key:
            return _sent(Refusal("Incorrect API key provided.", code="invalid_api_key", status=401).raw(), key)
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "afterlore"} for name in self.models]
        return Response(json.dumps({"object": "list", "data": data}), media_type="application/json")


def _chunks(turn: Turn, body: Body, number: int, as_said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return wire.chunks(turn, body, number, **as_said)


def _whole(turn: Turn, body: Body, number: int, as_said: dict[str, Any]) -> dict[str, Any]:
    return wire.completion(turn, body, number, **as_said)


async def _nobody(_request: Request, _error: Exception) -> Response:
    """To a client that left within its own request."""
    return Response(status_code=499)


def _sent(raw: Raw, key: str) -> Response:
    return Response(raw.body.replace("{key}", key), raw.status, dict(raw.headers), raw.media)


class _Server(uvicorn.Server):
    """Says when it is up, and stops at once when told to rather than at the next look at a flag."""

    def __init__(self, config: uvicorn.Config, abort: Callable[[], None]) -> None:
        super().__init__(config)
        self.up = threading.Event()
        self._abort = abort
        self._loop: asyncio.AbstractEventLoop
        self._told: asyncio.Event

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn starts, then ``up``."""
        self._loop = asyncio.get_running_loop()
        self._told = asyncio.Event()
        await super().startup(sockets=sockets)
        self.up.set()

    async def main_loop(self) -> None:
        """Until told."""
        await self._told.wait()
        self._abort()

    def stop(self) -> None:
        """From any thread."""
        self._loop.call_soon_threadsafe(self._told.set)


class _Stream(Response):
    """Events, one write each."""

    def __init__(self, pieces: list[bytes]) -> None:
        super().__init__(media_type="text/event-stream")
        del self.headers["content-length"]
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class _Breaking(Response):
    """What goes wrong on the connection itself."""

    def __init__(
        self, broken: Broken, pieces: list[bytes], media: str, connections: dict[tuple[str, int], asyncio.Transport]
    ) -> None:
        super().__init__(media_type=media)
        del self.headers["content-length"]
        self._broken = broken
        self._stream = media == "text/event-stream"
        self._pieces = pieces
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(_left(receive))
        transport = self._connections.get(tuple(scope["client"]))
        kind = self._broken.kind
        if kind == "reset" and transport is not None:
            # Discarding on close is what makes the other side see a reset rather than an end.
            connection = transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        if kind in ("hang", "reset"):
            await gone
            return
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for piece in self._sent(gone):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if self._stream and kind in ("unfinished", "bad_event", "error_event"):
            await send({"type": "http.response.body", "body": b""})
            gone.cancel()
            return
        if transport is not None:
            transport.close()
        await gone

    async def _sent(self, gone: "asyncio.Task[None]") -> AsyncIterator[bytes]:
        kind = self._broken.kind
        if kind == "endless":
            while not gone.done():
                yield self._pieces[1] if self._stream else b" "
                await asyncio.wait((gone,), timeout=_PACE)
            return
        if not self._stream:
            yield self._pieces[0][: len(self._pieces[0]) // 2]
            return
        for piece in self._pieces[: self._broken.after]:
            yield piece
        if kind == "bad_event":
            yield wire.event('{"id": "chatcmpl-0", "object": "chat.completion.chunk", "choices": [{"delta"')
        if kind == "error_event":
            message = "The server had an error while processing your request."
            yield wire.event({"error": {"message": message, "type": "server_error", "code": 500}})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
