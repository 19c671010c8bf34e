"""From core types to the body of a request."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from afterlore.core import Message, Request, Role, ToolCall, canonical_json, digest
from afterlore.llm.dialects import DIALECTS, Dialect
from afterlore.llm.endpoint import Endpoint
from afterlore.text.tokens import count_tokens

__all__ = ["Outgoing", "wire_messages"]

_LIMITS = ("max_tokens", "max_completion_tokens")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request on its way: the same for all its attempts, but for parameters that an endpoint turns out to refuse."""

    request: Request
    endpoint: Endpoint
    messages: str
    """Canonical JSON."""
    sent: str
    """SHA-256 of it."""
    tokens: int
    """Sent, by our own estimate."""

    @classmethod
    def of(cls, request: Request, endpoint: Endpoint) -> "Outgoing":
        """Made once for a request, for the messages of a long run are the dear part."""
        dialect = DIALECTS[endpoint.dialect]
        back = dialect.reasoning_back if endpoint.reasoning_back is None else endpoint.reasoning_back
        messages = canonical_json(wire_messages(request.messages, dialect, reasoning_back=back))
        tools = "".join(tool.name + tool.description + canonical_json(tool.parameters) for tool in request.tools)
        return cls(request, endpoint, messages, digest(messages), count_tokens(messages) + count_tokens(tools))

    def body(self, *, stream: bool, refused: Collection[str] = ()) -> bytes:
        """UTF-8 JSON. ``refused`` parameters are left out, or said in the other way there is."""
        request, dialect = self.request, DIALECTS[self.endpoint.dialect]
        rest: dict[str, Any] = {"model": self.endpoint.model}
        if request.tools:
            rest["tools"] = [{"type": "function", "function": tool.model_dump(mode="json")} for tool in request.tools]
        if stream:
            rest |= {"stream": True, "stream_options": {"include_usage": True}}
        if request.max_tokens is not None:
            limit = dialect.limit
            if limit in refused:
                limit = next(name for name in _LIMITS if name != dialect.limit)
            rest[limit] = request.max_tokens
        if request.temperature is not None:
            rest["temperature"] = request.temperature
        if request.seed is not None:
            rest["seed"] = request.seed
        rest |= self.endpoint.extra
        for name in {*self.endpoint.omit, *refused} - self.endpoint.extra.keys():
            rest.pop(name, None)
        # The messages were spelled once, for the digest; they are not spelled again.
        return f'{canonical_json(rest)[:-1]},"messages":{self.messages}}}'.encode()


def wire_messages(
    messages: Collection[Message], dialect: Dialect | None = None, *, reasoning_back: bool = False
) -> list[dict[str, Any]]:
    """As the protocol spells them. Reasoning is left out, unless it is to go back with the calls that it led to."""
    dialect = dialect or DIALECTS["compatible"]
    # Where one message of a history has reasoning, the endpoint wants the field in all that call, empty ones too.
    reasons = reasoning_back and any(message.reasoning for message in messages)
    wire: list[dict[str, Any]] = []
    for message in messages:
        if message.role is Role.TOOL:
            wire.append({"role": "tool", "tool_call_id": message.call, "content": message.content})
        elif message.role is Role.ASSISTANT and message.calls:
            spelled: dict[str, Any] = {"role": "assistant", "content": message.content or None}
            if reasons:
                spelled["reasoning_content"] = message.reasoning
            spelled["tool_calls"] = [_call(call, dialect) for call in message.calls]
            wire.append(spelled)
        else:
            wire.append({"role": str(message.role), "content": message.content})
    return wire


def _call(call: ToolCall, dialect: Dialect) -> dict[str, Any]:
    # Some servers read the arguments of the history as JSON and fail when they are not: such a call is told as it was
    # mended, or as one without arguments, whose result says what was wrong.
    arguments = call.arguments if _is_object(call.arguments) else canonical_json(call.parsed or {})
    spelled: dict[str, Any] = {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": arguments},
    }
    if dialect.signatures and call.signature:
        spelled["extra_content"] = {"google": {"thought_signature": call.signature}}
    return spelled


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
