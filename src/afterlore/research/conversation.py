"""What is sent to the model: a pure function of the steps on record and of the room there is.

Every assistant message that calls tools is followed by their results, in order, whatever happened in between; arguments
go out as valid JSON even where they came in broken. When it does not fit, the oldest results become references first:
their texts stay in the journal.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from afterlore.context.tokens import count_tokens
from afterlore.core import Message, Role, Step, StepKind, ToolCall, ToolResult, canonical_json
from afterlore.research.words import NUDGES, Nudge

__all__ = ["Entry", "entries", "fit", "looks_like_call", "nudge_of", "plain", "size"]

_OVERHEAD = 8
"""Tokens that a message costs besides its text, about."""
_STUB_BELOW = 240
"""Characters of a result that is not worth shortening."""
_CALL_TEXT = re.compile(
    r"<\|?tool_call|<function[=_]|<invoke\b|\[TOOL_CALLS\]|<｜tool▁call|<\|tool▁call|\A\s*(?:```\w*\s*)?\{\s*\"(?:name|tool|function"
    r"|tool_name|tool_calls)\"\s*:|```\w*\s*\{\s*\"(?:name|tool|function)\"\s*:\s*\"[^\"]*\"\s*,\s*\"(?:arguments|parameters)\"\s*:"
)
_NAME = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One message, and what may stand in its place."""

    message: Message
    tokens: int
    stub: Message | None = None
    """Shorter; None where there is nothing to shorten."""
    stub_tokens: int = 0


def size(message: Message) -> int:
    """Tokens of a message, about."""
    calls = sum(count_tokens(call.arguments) + _OVERHEAD for call in message.calls)
    return _OVERHEAD + count_tokens(message.content) + calls


def plain(role: Role, content: str) -> Entry:
    """A message that stays as it is."""
    message = Message(role=role, content=content)
    return Entry(message, size(message))


def looks_like_call(text: str) -> bool:
    """Whether a text is a tool call that a model spelt out instead of making it. Never acted on: only not taken for an
    answer.
    """
    return _CALL_TEXT.search(text) is not None


def nudge_of(message: Message, finish: str) -> Nudge | None:
    """What is wrong with a reply without calls; None when it can be taken for an answer."""
    if looks_like_call(message.content):
        return "tool_text"
    if not message.content.strip():
        return "cut_off" if finish == "length" else "empty_reply"
    return "cut_off" if finish == "length" else None


def entries(step: Step, calls: Sequence[ToolCall], nudge: str, *, reasoning: bool = False) -> list[Entry]:
    """What a step adds to the conversation. ``calls`` are those that its results answer, of the step before; with a
    ``nudge`` a reply was no use, and what it wanted to call is not called. ``reasoning`` goes along with calls where
    the model is the one that wrote it: some endpoints want it back, the others' clients leave it out.
    """
    if step.kind is StepKind.THINK and step.message is not None:
        said = step.message
        if nudge:
            return [plain(Role.ASSISTANT, said.content.strip() or "(nothing)"), plain(Role.USER, NUDGES[nudge])]
        calls_ = tuple(map(_sendable, said.calls))
        sent = Message(
            role=Role.ASSISTANT, content=said.content, calls=calls_, reasoning=said.reasoning if reasoning else ""
        )
        return [Entry(sent, size(sent))]
    if step.kind is StepKind.OBSERVE:
        results = {result.call: result for result in step.results}
        return [_observed(call, results[call.id]) for call in calls]
    return []


def _sendable(call: ToolCall) -> ToolCall:
    name = _NAME.sub("_", call.name)[:64] or "unknown"
    arguments = canonical_json(call.parsed) if call.parsed is not None else "{}"
    return call.model_copy(update={"name": name, "arguments": arguments, "parsed": call.parsed or {}})


def _observed(call: ToolCall, result: ToolResult) -> Entry:
    name = _sendable(call).name
    message = Message(role=Role.TOOL, content=result.content, call=call.id, name=name)
    if len(result.content) <= _STUB_BELOW:
        return Entry(message, size(message))
    where = f", {result.blob[:12]}" if result.blob else ""
    stub = message.model_copy(
        update={
            "content": f"[no longer shown, to save room: {len(result.content):,} characters{where}; "
            "the same call shows them again]"
        }
    )
    return Entry(message, size(message), stub, size(stub))


def fit(parts: Sequence[Entry], room: int, *, recent: int) -> tuple[Message, ...] | None:
    """The messages, in at most ``room`` tokens: the oldest results become references, then those among the last
    ``recent`` entries are cut to what room there is. None when even so they do not fit.
    """
    total = sum(entry.tokens for entry in parts)
    shown = list(parts)
    border = len(parts) - recent
    for at in _shrinkable(shown, range(border)):
        if total <= room:
            break
        total += shown[at].stub_tokens - shown[at].tokens
        shown[at] = _stubbed(shown[at])
    left = list(_shrinkable(shown, range(border, len(parts))))
    for number, at in enumerate(left):
        if total <= room:
            break
        # What is over is shared among the results that are still whole.
        entry = shown[at]
        target = entry.tokens - -(-(total - room) // (len(left) - number))
        shown[at] = _cut(entry, target) if target > 2 * entry.stub_tokens else _stubbed(entry)
        total += shown[at].tokens - entry.tokens
    for at in left:
        if total <= room:
            break
        entry = shown[at]
        shown[at] = _stubbed(entry)
        total += shown[at].tokens - entry.tokens
    return tuple(entry.message for entry in shown) if total <= room else None


def _shrinkable(shown: Sequence[Entry], places: Iterable[int]) -> Iterable[int]:
    return [at for at in places if at >= 0 and shown[at].stub is not None]


def _stubbed(entry: Entry) -> Entry:
    return entry if entry.stub is None else Entry(entry.stub, entry.stub_tokens)


def _cut(entry: Entry, tokens: int) -> Entry:
    text = entry.message.content
    end = text.rfind("\n</data", 0)
    tail = text[end:] if end > 0 else ""
    keep = max(0, int(len(text) * (tokens - 40) / entry.tokens) - len(tail))
    content = f"{text[:keep]}\n[cut here, to save room: {keep:,} of {len(text):,} characters]{tail}"
    message = entry.message.model_copy(update={"content": content})
    return Entry(message, size(message), entry.stub, entry.stub_tokens)
