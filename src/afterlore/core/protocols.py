"""What one part needs from another, as protocols: ``app`` passes in who does it.

All of them are asynchronous, so that many runs wait on their endpoints in one process.
"""

from collections.abc import AsyncIterator
from typing import Protocol

from pydantic import AwareDatetime, JsonValue

from afterlore.core.budget import Ledger
from afterlore.core.record import Record
from afterlore.core.trajectory import Message
from afterlore.core.usage import Usage

__all__ = ["ChatModel", "Delta", "Hit", "Page", "Reader", "Reply", "Request", "Searcher", "ToolSpec"]


class ToolSpec(Record):
    """A tool as a model is told of it."""

    name: str
    description: str
    parameters: dict[str, JsonValue]
    """JSON Schema of the arguments, an object."""


class Request(Record):
    """What a model is asked."""

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int | None = None
    """Most to be written; None leaves it to the endpoint."""
    temperature: float | None = None
    seed: int | None = None


class Reply(Record):
    """What a model answered."""

    message: Message
    usage: Usage
    finish: str
    """Why it ended: ``stop``, ``tool_calls``, ``length`` or the endpoint's own word."""
    model: str
    """As the endpoint names it."""
    sent: str
    """SHA-256 of the canonical JSON of the messages sent."""


class Delta(Record):
    """A piece of a reply that is being written."""

    content: str = ""
    reasoning: str = ""
    restart: bool = False
    """What came before is void: that attempt failed, and the reply begins anew."""


class ChatModel(Protocol):
    """A model that answers messages and calls tools."""

    @property
    def name(self) -> str:
        """As the configuration names it."""

    async def complete(self, request: Request, *, ledger: Ledger | None = None) -> Reply:
        """The whole reply. Each attempt reserves a call in the ledger before it is sent.

        Raises ModelError (which says what kind of failure, and what was consumed) or BudgetExhausted.
        """

    def stream(self, request: Request, *, ledger: Ledger | None = None) -> AsyncIterator[Delta | Reply]:
        """The reply as it is written; the last item is the whole ``Reply``."""


class Hit(Record):
    """One thing that a search found."""

    address: str
    """What ``Reader.read`` opens: a URL, or an address within a corpus."""
    title: str
    snippet: str
    score: float | None = None
    """Higher is better, comparable within one search; None where the engine tells none."""
    published: str = ""
    """ISO 8601, as far as the engine knows it."""


class Searcher(Protocol):
    """Finds pages for a query."""

    @property
    def name(self) -> str:
        """One word: ``corpus``, ``searxng``, ``brave``."""

    async def search(self, query: str, *, limit: int = 10) -> tuple[Hit, ...]:
        """The best first; empty when nothing is found. Raises ServiceError, or InputError for a query that it cannot
        take.
        """


class Page(Record):
    """A document as it was read."""

    address: str
    title: str
    text: str
    """Main text, markup removed; what quotes are checked against."""
    sha256: str
    """Of ``text``, as UTF-8."""
    retrieved: AwareDatetime


class Reader(Protocol):
    """Opens what a search found."""

    async def read(self, address: str) -> Page:
        """Its main text. Raises ServiceError, or InputError for an address that it cannot open."""
