"""Chat over the OpenAI wire protocol: the ChatModel that asks a real endpoint.

Usage is what the endpoint says. Where it says nothing it is None, and only the ledger, which must count something, is
told an estimate. Tokens of attempts that were not answered are in the ledger alone, as what was reserved for them.
"""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from types import TracebackType
from typing import Self

from afterlore.core import Delta, Ledger, Reply, Request, Usage
from afterlore.llm.attempts import Attempt, Attempts, Timing
from afterlore.llm.dialects import DIALECTS
from afterlore.llm.endpoint import Endpoint
from afterlore.llm.faults import Trouble
from afterlore.llm.incoming import Draft, Lines, counts, load, message, whole
from afterlore.llm.outgoing import Outgoing
from afterlore.llm.prices import cost, prices_of
from afterlore.llm.wire import Wire

__all__ = ["Chat"]

_PATH = "/chat/completions"
_OPTIONAL = ("stream_options", "seed", "max_completion_tokens", "max_tokens")
"""Parameters that a request can do without, or say otherwise."""
_NOT_TAKEN = re.compile(
    r"unsupported|not supported|(?:does not|doesn't) support|unknown|unrecogni[sz]ed|unexpected|extra|"
    r"not (?:permitted|allowed)|不支持|未知",
    re.I,
)
_TAIL_SECONDS = 0.25

_log = logging.getLogger("afterlore.llm")


class Chat:
    """One endpoint. Use it within one event loop, and close it: ``async with Chat(endpoint) as model``.

    Raises ConfigError when its key is not at hand.
    """

    def __init__(self, endpoint: Endpoint, *, timing: Timing | None = None) -> None:
        self.endpoint = endpoint
        timing = timing or Timing()
        self._dialect = DIALECTS[endpoint.dialect]
        self._prices = prices_of(endpoint)
        self._wire = Wire(endpoint, timing)
        self._attempts = Attempts(endpoint, timing)
        self._refused: set[str] = set()

    @property
    def name(self) -> str:
        """As the configuration names it."""
        return self.endpoint.name

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End all connections."""
        await self._wire.aclose()

    async def complete(self, request: Request, *, ledger: Ledger | None = None) -> Reply:
        """See ChatModel."""
        async with aclosing(self._asked(request, ledger, stream=self.endpoint.stream)) as items:
            async for item in items:
                if isinstance(item, Reply):
                    return item
        raise AssertionError("an attempt ends with a reply or an error")

    def stream(self, request: Request, *, ledger: Ledger | None = None) -> AsyncGenerator[Delta | Reply, None]:
        """See ChatModel. Close it (``aclosing``) when you stop before its end."""
        return self._asked(request, ledger, stream=True)

    def _asked(self, request: Request, ledger: Ledger | None, *, stream: bool) -> AsyncGenerator[Delta | Reply, None]:
        outgoing = Outgoing.of(request, self.endpoint)
        tokens = outgoing.tokens + (request.max_tokens or 0)
        shown = False

        async def once(attempt: Attempt) -> AsyncGenerator[Delta | Reply, None]:
            nonlocal shown
            if shown:
                yield Delta(restart=True)
                shown = False
            body = outgoing.body(stream=stream, refused=self._refused)
            draft = Draft(think=self._dialect.think)
            try:
                if stream:
                    async with aclosing(self._streamed(body, attempt, draft)) as deltas:
                        async for delta in deltas:
                            shown = True
                            yield delta
                else:
                    draft = await self._whole(body, attempt)
                reply = self._reply(draft.closed(), outgoing, attempt)
            except Trouble as trouble:
                written = draft.tokens()
                most = max(written, request.max_tokens or 0)
                attempt.tokens, attempt.cost = outgoing.tokens + most, cost(self._prices, outgoing.tokens, most)
                trouble.billed = trouble.billed or written > 0
                self._learn(trouble, body)
                raise
            yield reply

        estimate = cost(self._prices, outgoing.tokens, request.max_tokens or 0)
        return self._attempts.run(once, ledger=ledger, tokens=tokens, cost=estimate)

    async def _whole(self, body: bytes, attempt: Attempt) -> Draft:
        """An answer in one piece."""
        answer = await self._wire.whole(_PATH, body, seconds=attempt.seconds)
        draft = whole(answer)
        self._wire.tape.keep(_PATH, body, 200, answer)
        return draft

    async def _streamed(self, body: bytes, attempt: Attempt, draft: Draft) -> AsyncGenerator[Delta, None]:
        """Fill the draft from a stream, and show what comes. An endpoint that does not stream is read all the same."""
        lines, kept = Lines(), bytearray()
        records, events = self._wire.tape.records, None
        async with aclosing(self._wire.pieces(_PATH, body, seconds=attempt.seconds, longest=attempt.longest)) as pieces:
            try:
                async for piece in pieces:
                    if events is None and not piece.isspace():
                        events = piece.lstrip()[:1] not in (b"{", b"[", b"<")
                    if records or events is False:
                        kept += piece
                    for delta in self._fed(draft, lines.feed(piece)) if events else ():
                        yield delta
                    if draft.done:
                        tail = await _tail(pieces)
                        kept += tail if records else b""
                        break
            except Trouble as trouble:
                # The reply was whole; what broke off was the end of the stream.
                if not (trouble.kind == "cut_off" and draft.finish):
                    raise
        if events is False:
            answer = self._wire.scrubber.bytes(bytes(kept))
            draft.take(whole(answer))
            if draft.content or draft.reasoning:
                yield Delta(content=draft.content, reasoning=draft.reasoning)
        elif not draft.done:
            with suppress(Trouble):
                for delta in self._fed(draft, lines.end()):
                    yield delta
            if not (draft.done or draft.finish):
                raise Trouble("cut_off", "its stream ended before the reply did", retry=True)
        self._wire.tape.keep(_PATH, body, 200, bytes(kept))

    def _fed(self, draft: Draft, events: list[bytes]) -> list[Delta]:
        """What some events of a stream add."""
        deltas = []
        for data in events:
            if data == b"[DONE]":
                draft.done = True
                break
            if not data:
                continue
            reasoning, content = draft.feed(load(self._wire.scrubber.bytes(data)))
            if reasoning or content:
                deltas.append(Delta(content=content, reasoning=reasoning))
        return deltas

    def _reply(self, draft: Draft, outgoing: Outgoing, attempt: Attempt) -> Reply:
        draft.scrub(self._wire.scrubber.text)
        said, finish = message(draft, outgoing.request, self._dialect, outgoing.sent)
        counted = counts(draft.usage)
        price = cost(self._prices, counted.sent, counted.written, counted.cached)
        sent = outgoing.tokens if counted.sent is None else counted.sent
        written = draft.tokens() if counted.written is None else counted.written
        attempt.tokens = sent + written
        attempt.cost = cost(self._prices, sent, written, counted.cached)
        usage = Usage(
            requests=1,
            attempts=attempt.number,
            input_tokens=counted.sent,
            output_tokens=counted.written,
            cached_tokens=counted.cached,
            cost=price,
        )
        model = draft.model or self.endpoint.model
        return Reply(message=said, usage=usage, finish=finish, model=model, sent=outgoing.sent)

    def _learn(self, trouble: Trouble, body: bytes) -> None:
        """An endpoint that refuses a parameter which a request can do without is asked without it, from now on."""
        if trouble.kind == "refused" and trouble.status in (400, 422):
            named = [name for name in _OPTIONAL if name in trouble.detail and f'"{name}"'.encode() in body]
            if named and named[0] not in self._refused and _NOT_TAKEN.search(trouble.detail):
                self._refused.add(named[0])
                trouble.retry, trouble.wait = True, 0.0
                _log.info("model %r does not take %r; it is left out from now on", self.name, named[0])
                return
        if not trouble.retry and trouble.body is not None and trouble.status is not None:
            self._wire.tape.keep(_PATH, body, trouble.status, trouble.body)


async def _tail(pieces: AsyncGenerator[bytes, None]) -> bytes:
    """The end of the body, after the last event: once it is read, the connection serves the next request."""
    with suppress(TimeoutError, Trouble):
        async with asyncio.timeout(_TAIL_SECONDS):
            return b"".join([piece async for piece in pieces])
    return b""
