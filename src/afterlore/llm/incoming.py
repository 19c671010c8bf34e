"""From the body of an answer, whole or in pieces, to core types."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from afterlore.core import Message, Request, Role, ToolCall, canonical_json
from afterlore.llm.dialects import Dialect
from afterlore.llm.faults import Trouble, refusal
from afterlore.llm.secrets import plain
from afterlore.llm.written import ThinkStream, split_calls, split_thinking
from afterlore.text.tokens import count_tokens

__all__ = ["Counts", "Draft", "Lines", "arguments", "counts", "load", "message", "whole"]

_REASONING = ("reasoning_content", "reasoning")
_DEEPEST = 64
"""Levels of arguments; far below what readers of JSON take, for records lie within others."""


@dataclass(slots=True)
class _Call:
    id: str = ""
    name: str = ""
    arguments: str = ""
    signature: str = ""


@dataclass(slots=True)
class Draft:
    """A reply as far as it has come."""

    think: bool = False
    """Whether content may begin with reasoning."""
    content: str = ""
    reasoning: str = ""
    calls: list[_Call] = field(default_factory=list)
    finish: str = ""
    model: str = ""
    usage: Mapping[str, Any] | None = None
    done: bool = False
    """The endpoint said that this is all."""
    _at: dict[int, _Call] = field(default_factory=dict)
    _pieces: list[str] = field(default_factory=list)
    _thoughts: list[str] = field(default_factory=list)
    _thinking: ThinkStream = field(default_factory=ThinkStream)

    def feed(self, chunk: Mapping[str, Any]) -> tuple[str, str]:
        """Take one piece of a stream in. Gives the reasoning and the content that it adds. Raises Trouble."""
        self._take_head(chunk)
        for choice in _list(chunk.get("choices"))[:1]:
            self.finish = _text(choice.get("finish_reason")) or self.finish
            delta = choice.get("delta") or {}
            if not isinstance(delta, dict):
                raise Trouble("malformed", "a piece of its stream holds no message")
            for piece in _list(delta.get("tool_calls")):
                self._add_call(piece)
            reasoning, content = _said(delta)
            if reasoning:
                self._thoughts.append(reasoning)
            if content:
                self._pieces.append(content)
                thought, content = self._thinking.feed(content) if self.think else ("", content)
                reasoning += thought
            return reasoning, content
        return "", ""

    def _take_head(self, chunk: Mapping[str, Any]) -> None:
        self.model = _text(chunk.get("model")) or self.model
        if isinstance(chunk.get("usage"), dict):
            self.usage = chunk["usage"]

    def _add_call(self, piece: Mapping[str, Any]) -> None:
        function = piece.get("function")
        function = function if isinstance(function, dict) else {}
        index, id, name = piece.get("index"), _text(piece.get("id")), _text(function.get("name"))
        call = self._at.get(index) if isinstance(index, int) else None
        if call is None and not isinstance(index, int) and not (id or name) and self.calls:
            call = self.calls[-1]
        # Some give all calls the same index: a new id with a name begins a new call.
        if call is None or (id and name and call.id and id != call.id):
            call = _Call()
            self.calls.append(call)
        if isinstance(index, int):
            self._at[index] = call
        call.id = call.id or id
        call.name = call.name or name
        call.arguments += arguments(function.get("arguments"))
        call.signature = call.signature or _signature(piece)

    def tokens(self) -> int:
        """Written so far, by our own estimate."""
        texts = [self.content, self.reasoning, *self._pieces, *self._thoughts]
        return sum(map(count_tokens, texts)) + sum(count_tokens(call.name + call.arguments) for call in self.calls)

    def take(self, other: "Draft") -> None:
        """Be the reply that came in one piece after all."""
        self.content, self.reasoning, self.calls = other.content, other.reasoning, other.calls
        self.finish, self.model, self.usage, self.done = other.finish, other.model, other.usage, True

    def scrub(self, clean: Callable[[str], str]) -> None:
        """Once more over the whole text, for what came in pieces."""
        self.content, self.reasoning = clean(self.content), clean(self.reasoning)
        for call in self.calls:
            call.arguments = clean(call.arguments)

    def closed(self) -> "Draft":
        """The same once all pieces are there."""
        self.content += "".join(self._pieces)
        self.reasoning += "".join(self._thoughts)
        self._pieces.clear()
        self._thoughts.clear()
        return self


class Lines:
    """The data of server-sent events, as the bytes come. Each ``data`` line is one event: all send them so."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[bytes]:
        """Data of the lines that are whole by now."""
        if b"\n" not in piece:
            self._rest += piece
            return []
        *lines, self._rest = (self._rest + piece).split(b"\n")
        return [line[5:].strip() for line in lines if line.startswith(b"data:")]

    def end(self) -> list[bytes]:
        """Data of a last line that nothing ends."""
        rest, self._rest = self._rest, b""
        return [rest[5:].strip()] if rest.startswith(b"data:") else []


def load(body: bytes) -> dict[str, Any]:
    """The JSON object of an answer of status 200. Raises Trouble where it is none, or says that it is an error."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        shown = plain(body[:400].decode("utf-8", "replace"), 120)
        detail = f"its answer is no JSON ({shown!r}); look at base_url" if shown else "its answer is empty"
        raise Trouble("malformed", detail, body=body) from error
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        raise Trouble("malformed", "its answer is JSON, but no object; look at base_url", body=body)
    bare = "choices" not in value and "code" in value and ("message" in value or "msg" in value)
    if value.get("error") or bare:
        inner = value["error"] if isinstance(value.get("error"), dict) else value
        code = str(inner.get("code"))
        raise refusal(int(code) if re.fullmatch(r"[45]\d\d", code) else 500, {}, body)
    return value


def whole(body: bytes) -> Draft:
    """A reply that came in one piece. Raises Trouble."""
    value = load(body)
    choices = _list(value.get("choices"))
    if not choices:
        raise Trouble("malformed", "its answer holds no choices", body=body)
    said = choices[0].get("message")
    if not isinstance(said, dict):
        raise Trouble("malformed", "its answer holds no message", body=body)
    draft = Draft(done=True, finish=_text(choices[0].get("finish_reason")))
    draft._take_head(value)
    draft.reasoning, draft.content = _said(said)
    for call in _list(said.get("tool_calls")):
        # Each is a call of its own, whatever its index says.
        draft._at.clear()
        draft._add_call({**call, "index": len(draft.calls)})
    return draft


def message(draft: Draft, request: Request, dialect: Dialect, sent: str) -> tuple[Message, str]:
    """The message that a whole reply is, and why it ended.

    Calls get an id that no other call of the conversation has: the endpoint's own, where it is one.
    """
    content, reasoning = draft.content, draft.reasoning
    if dialect.think:
        thought, content = split_thinking(content, lone_close=dialect.think_open)
        reasoning = "\n".join(filter(None, (reasoning, thought)))
    raw = [(call.id, call.name, call.arguments, call.signature) for call in draft.calls if call.name or call.arguments]
    if not raw and dialect.written_calls:
        content, written = split_calls(content, request.tools)
        raw = [("", name, text, "") for name, text in written]
    taken = {call.id for one in request.messages for call in one.calls}
    calls = []
    for at, (id, name, text, signature) in enumerate(raw):
        if not id or id in taken:
            id = f"call_{sent[:16]}_{at}"
        taken.add(id)
        calls.append(ToolCall(id=id, name=name, arguments=text, parsed=_parsed(text), signature=signature))
    finish = draft.finish
    if calls and finish in ("", "stop", "function_call"):
        finish = "tool_calls"
    return (
        Message(role=Role.ASSISTANT, content=content, reasoning=reasoning, calls=tuple(calls)),
        finish or "stop",
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """Tokens as the endpoint counts them; None where it does not say, or says what cannot be."""

    sent: int | None = None
    written: int | None = None
    cached: int | None = None


def counts(usage: Mapping[str, Any] | None) -> Counts:
    """Of a reply's ``usage``. Where the total is more than its parts, the rest is reasoning, which was written."""
    if usage is None:
        return Counts()
    sent, written = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    total = _count(usage.get("total_tokens"))
    if not sent:
        # No request is empty: 0 is how some say that they do not count.
        return Counts()
    if total is not None and total > sent + (written or 0):
        written = total - sent
    details = usage.get("prompt_tokens_details")
    cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else None
    if cached is None:
        cached = _count(usage.get("prompt_cache_hit_tokens"))
    return Counts(sent, written, cached)


def arguments(value: object) -> str:
    """Arguments as text; those that came as an object, spelled out."""
    if isinstance(value, str):
        return _text(value)
    try:
        # What is no JSON, a NaN, is spelled as it came: it is for others to refuse.
        return "" if value is None else _text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    except RecursionError as error:
        raise Trouble("malformed", "the arguments of a call are nested without end") from error


def _parsed(text: str) -> dict[str, Any] | None:
    """The JSON object that the text is; {} for no text at all, which is how some call without arguments."""
    if not text.strip():
        return {}
    try:
        value = json.loads(text, parse_constant=_refuse)
        # Spelled out once more, because escapes can hide what is no Unicode text.
        canonical_json(value).encode()
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and _is_shallow(value, _DEEPEST) else None


def _is_shallow(value: object, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(_is_shallow(one, levels - 1) for one in inner)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _said(part: Mapping[str, Any]) -> tuple[str, str]:
    """Reasoning and content of a message or a piece of one."""
    reasoning = next((_text(part[name]) for name in _REASONING if isinstance(part.get(name), str) and part[name]), "")
    content = part.get("content")
    if isinstance(content, list):
        parts = [item for item in content if isinstance(item, dict)]
        thoughts = [item for item in parts if item.get("type") in ("thinking", "reasoning")]
        reasoning += "".join(_inner(item) for item in thoughts)
        content = "".join(_text(item.get("text")) for item in parts if item not in thoughts)
    return reasoning, _text(content) or _text(part.get("refusal"))


def _inner(item: Mapping[str, Any]) -> str:
    value = item.get("thinking") or item.get("text")
    return "".join(_text(one.get("text")) for one in _list(value)) if isinstance(value, list) else _text(value)


def _signature(piece: Mapping[str, Any]) -> str:
    extra = piece.get("extra_content")
    google = extra.get("google") if isinstance(extra, dict) else None
    return _text(google.get("thought_signature")) if isinstance(google, dict) else ""


def _text(value: object) -> str:
    """Text that is Unicode: half a surrogate pair, which JSON can spell, becomes a question mark."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def _list(value: object) -> Sequence[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
