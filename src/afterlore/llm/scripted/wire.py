"""Replies in the form of the OpenAI protocol: whole, in pieces, and vectors.

Source: the API reference of OpenAI, "Chat Completions" and "Embeddings".
"""

import base64
import hashlib
import json
import math
import re
import struct
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from afterlore.core import ToolCall
from afterlore.llm.scripted.turn import Body, Turn

__all__ = ["chunks", "completion", "event", "identified", "length", "tokens", "usage", "vector", "vectors"]

_PIECE = 24
"""Characters of text in one piece of a stream."""
_WORD = re.compile(r"[^\W_]+")
_HAN = re.compile(r"[\u3400-\u9fff]+")

Json = dict[str, Any]


def identified(turn: Turn, number: int) -> tuple[ToolCall, ...]:
    """The calls of the endpoint's ``number``-th reply, each with an id."""
    return tuple(one.model_copy(update={"id": one.id or f"call_{number}_{at}"}) for at, one in enumerate(turn.calls))


def completion(turn: Turn, body: Body, number: int, *, reasoning_field: str, report: bool) -> Json:
    """The whole reply, as one object."""
    message: Json = {"role": "assistant", "content": turn.text or (None if turn.calls else "")}
    if turn.reasoning:
        message[reasoning_field] = turn.reasoning
    if turn.calls:
        message["tool_calls"] = [_call(one) for one in identified(turn, number)]
    whole: Json = {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": body.get("model", ""),
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(turn)}],
    }
    if report and turn.usage:
        whole["usage"] = usage(turn, body)
    return whole


def chunks(turn: Turn, body: Body, number: int, *, reasoning_field: str, report: bool) -> Iterator[Json]:
    """The reply in pieces, as a stream sends them."""

    def chunk(delta: Json, finish: str | None = None) -> Json:
        return {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": body.get("model", ""),
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        }

    yield chunk({"role": "assistant", "content": ""})
    for piece in _pieces(turn.reasoning):
        yield chunk({reasoning_field: piece})
    for piece in _pieces(turn.text):
        yield chunk({"content": piece})
    for at, one in enumerate(identified(turn, number)):
        head = {**_call(one), "index": at}
        yield chunk({"tool_calls": [{**head, "function": {"name": one.name, "arguments": ""}}]})
        for piece in _pieces(one.arguments):
            yield chunk({"tool_calls": [{"index": at, "function": {"arguments": piece}}]})
    yield chunk({}, _finish(turn))
    options = body.get("stream_options")
    if report and turn.usage and isinstance(options, dict) and options.get("include_usage"):
        yield {**chunk({}), "choices": [], "usage": usage(turn, body)}


def event(data: Json | str) -> bytes:
    """One event of a stream."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return f"data: {text}\n\n".encode()


def length(body: Body) -> int:
    """Characters of all messages, calls included."""
    total = 0
    for message in body.get("messages", ()):
        content = message.get("content") or ""
        total += len(content) if isinstance(content, str) else sum(len(str(part.get("text", ""))) for part in content)
        total += sum(len(str(one["function"]["arguments"])) for one in message.get("tool_calls") or ())
    return total


def tokens(characters: int) -> int:
    """As this endpoint counts them: four characters each, rounded up."""
    return -(-characters // 4)


def usage(turn: Turn, body: Body) -> Json:
    """What a reply consumed."""
    read = tokens(length(body))
    thought = tokens(len(turn.reasoning))
    written = tokens(len(turn.text) + sum(len(one.arguments) for one in turn.calls)) + thought
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": thought},
    }


def vector(text: str, size: int) -> list[float]:
    """A text's words and pairs of Han characters, hashed into ``size`` dimensions; of length 1, or 0 for no words.

    Equal for equal text on every machine, and near for texts that share words: feature hashing with signs (Weinberger
    et al. 2009). It knows nothing of meaning.
    """
    folded = unicodedata.normalize("NFKC", text).lower()
    terms = _WORD.findall(_HAN.sub(" ", folded))
    for run in _HAN.findall(folded):
        terms += [run[at : at + 2] for at in range(max(1, len(run) - 1))]
    values = [0.0] * size
    for term in terms:
        hashed = int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "big")
        values[hashed % size] += 1.0 if hashed >> 63 else -1.0
    norm = math.sqrt(sum(value * value for value in values))
    return [value / norm for value in values] if norm else values


def vectors(texts: Sequence[str], body: Body, *, size: int, report: bool) -> Json:
    """A batch of vectors, as numbers or, where asked for, as base64 of little-endian 32-bit floats."""
    size = body.get("dimensions", size)
    data = []
    for at, text in enumerate(texts):
        values = vector(text, size)
        packed: object = values
        if body.get("encoding_format") == "base64":
            packed = base64.b64encode(struct.pack(f"<{size}f", *values)).decode()
        data.append({"object": "embedding", "index": at, "embedding": packed})
    whole: Json = {"object": "list", "model": body.get("model", ""), "data": data}
    if report:
        read = tokens(sum(len(text) for text in texts))
        whole["usage"] = {"prompt_tokens": read, "total_tokens": read}
    return whole


def _finish(turn: Turn) -> str:
    return turn.finish or ("tool_calls" if turn.calls else "stop")


def _call(one: ToolCall) -> Json:
    return {"id": one.id, "type": "function", "function": {"name": one.name, "arguments": one.arguments}}


def _pieces(text: str) -> Iterator[str]:
    # A long reply is no more instructive in thousands of pieces.
    size = max(_PIECE, len(text) // 200)
    return (text[at : at + size] for at in range(0, len(text), size))
