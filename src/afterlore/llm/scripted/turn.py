"""What a scripted model does on one request, and the policy that decides it.

A policy sees what an endpoint sees, the body of the request, and nothing else: whatever runs against it runs through
the whole client, the wire included.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from afterlore.core import ToolCall, canonical_json

__all__ = ["Answer", "Body", "Broken", "Policy", "Raw", "Turn", "call", "in_turn", "say"]

Body = Mapping[str, Any]
"""A request as it came, parsed."""


@dataclass(frozen=True)
class Turn:
    """A well-formed reply, whatever it says."""

    text: str = ""
    reasoning: str = ""
    """Sent apart from the text, in the field that the endpoint was told to use for it."""
    calls: tuple[ToolCall, ...] = ()
    """A call without an id is given one that is unique within the endpoint."""
    finish: str = ""
    """Empty is ``tool_calls`` where there are calls, and ``stop`` where there are none."""
    usage: bool = True
    """False leaves the consumed tokens out even where the endpoint reports them."""


@dataclass(frozen=True)
class Raw:
    """An answer that is sent as it stands, in place of a reply."""

    status: int = 200
    body: str = ""
    """``{key}`` is replaced by the key that came with the request: some endpoints do that."""
    media: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Broken:
    """A connection that goes wrong.

    ``hang`` answers nothing until the client leaves; ``reset`` cuts the connection before a byte is sent; ``cut`` cuts
    it within the reply; ``unfinished`` ends a stream properly, but before the reply is whole; ``bad_event`` sends an
    event that is no JSON; ``error_event`` reports an error within the stream; ``endless`` never stops sending. To who
    asked for no stream, ``unfinished``, ``bad_event`` and ``error_event`` are a ``cut``, ``endless`` is white space.
    """

    kind: Literal["hang", "reset", "cut", "unfinished", "bad_event", "error_event", "endless"]
    turn: Turn = Turn(text="This reply was being written when the connection went wrong; nobody will read its end.")
    """What was about to be sent."""
    after: int = 3
    """How many pieces of it arrive."""


Answer = Turn | Raw | Broken
Policy = Callable[[Body], Answer | Awaitable[Answer]]
"""Called on the server's event loop, one request at a time up to its first ``await``."""


def call(name: str, **arguments: object) -> ToolCall:
    """A call of a tool, to be given an id by the endpoint."""
    return ToolCall(id="", name=name, arguments=canonical_json(arguments), parsed=None)


def say(text: str, *calls: ToolCall) -> Policy:
    """The same reply to everything."""
    turn = Turn(text=text, calls=calls)
    return lambda _: turn


def in_turn(answers: Sequence[Answer]) -> Policy:
    """One answer after the other; the last one again and again. Raises ValueError for none at all."""
    if not answers:
        raise ValueError("a script has at least one answer")
    left = list(reversed(answers))
    return lambda _: left.pop() if len(left) > 1 else left[0]
