"""A model and a small library in memory, for tests of the loop: real objects behind core's protocols."""

import random
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal

from afterlore.core import (
    Delta,
    Hit,
    InputError,
    Ledger,
    Message,
    ModelError,
    Page,
    Reply,
    Request,
    Role,
    ServiceError,
    ToolCall,
    Usage,
    canonical_json,
    digest,
)

__all__ = ["Library", "Played", "call", "calls", "says"]

Answer = Reply | ModelError
Policy = Callable[[Request], Answer]


def call(name: str, id: str = "", **arguments: object) -> ToolCall:
    """A call with arguments as JSON."""
    return ToolCall(id=id or f"{name}-1", name=name, arguments=canonical_json(arguments))


def calls(*wanted: ToolCall, text: str = "") -> Reply:
    """A reply that calls tools."""
    message = Message(role=Role.ASSISTANT, content=text, calls=wanted)
    return Reply(message=message, usage=_usage(), finish="tool_calls", model="played", sent="")


def says(text: str, finish: str = "stop") -> Reply:
    """A reply in words."""
    return Reply(message=Message(role=Role.ASSISTANT, content=text), usage=_usage(), finish=finish, model="p", sent="")


def _usage() -> Usage:
    return Usage(requests=1, attempts=1, input_tokens=100, output_tokens=20, cost=Decimal("0.001"))


class Played:
    """A ChatModel that plays its part: answers in turn, or by a policy over what was sent.

    Checks what a strict endpoint checks: every call answered directly after it, in order, ids unique.
    """

    name = "played"

    def __init__(self, part: Iterable[Answer] | Policy, *, faults: float = 0.0, seed: int = 0) -> None:
        self._part = part if callable(part) else iter(part)
        self._faults = faults
        self._random = random.Random(seed)
        self.sent: list[Request] = []
        self.received = 0
        """Requests that the other side counted."""

    async def complete(self, request: Request, *, ledger: Ledger | None = None) -> Reply:
        """One reply; a part of the attempts fails and is tried again, as an endpoint's client does."""
        _strict(request)
        attempts = 0
        while True:
            held = ledger.reserve(calls=1, tokens=100) if ledger else None
            attempts += 1
            self.received += 1
            if self._random.random() >= self._faults:
                break
            if held:
                held.commit(tokens=0)
            if attempts == 3:
                raise ModelError(self.name, "unavailable", "it is down", status=503, attempts=attempts)
        self.sent.append(request)
        answer = self._part(request) if callable(self._part) else next(self._part)
        if held:
            held.commit(tokens=120)
        if isinstance(answer, ModelError):
            raise answer
        sent = digest(canonical_json([message.model_dump(mode="json") for message in request.messages]))
        usage = answer.usage.model_copy(update={"attempts": attempts})
        return answer.model_copy(update={"sent": sent, "usage": usage})

    async def stream(self, request: Request, *, ledger: Ledger | None = None) -> AsyncIterator[Delta | Reply]:
        """At once."""
        yield await self.complete(request, ledger=ledger)


def _strict(request: Request) -> None:
    waiting: list[str] = []
    before = ""
    for message in request.messages:
        if message.role is Role.TOOL:
            assert waiting, "a result without its call"
            assert waiting.pop(0) == message.call, "results out of order"
        else:
            assert not waiting, f"calls without results: {waiting}"
            assert message.role != before, f"two messages of {before} in a row"
        for one in message.calls:
            assert one.id not in waiting
            waiting.append(one.id)
            assert one.parsed is not None
        before = message.role
    assert not waiting
    assert before != Role.ASSISTANT


class Library:
    """A Searcher and a Reader over pages by address; counts what it was asked."""

    name = "library"

    def __init__(self, pages: dict[str, str]) -> None:
        self.pages = pages
        self.searched: list[str] = []
        self.read_: list[str] = []

    async def search(self, query: str, *, limit: int = 10) -> tuple[Hit, ...]:
        """Pages that hold any of the words."""
        self.searched.append(query)
        words = query.casefold().split()
        found = [address for address, text in self.pages.items() if any(word in text.casefold() for word in words)]
        return tuple(Hit(address=one, title=one, snippet=self.pages[one][:80]) for one in found[:limit])

    async def read(self, address: str) -> Page:
        """A page."""
        self.read_.append(address)
        if address.startswith("down:"):
            raise ServiceError(f"{address!r} answers nothing")
        if address not in self.pages:
            raise InputError(f"no page {address!r}")
        text = self.pages[address]
        now = datetime(2026, 3, 1, tzinfo=UTC)
        return Page(address=address, title=address, text=text, sha256=digest(text), retrieved=now)
