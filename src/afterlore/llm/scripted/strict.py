# ruff: noqa: E501
# A provider's wording is read as a whole.
"""What hosted endpoints refuse: a request is read as strictly as the strictest of them reads it.

Wordings and codes are those of OpenAI, and of Mistral and vLLM where those refuse what OpenAI takes (roles that do not
alternate, a system message further down, arguments in the history that are no JSON). What is not covered: limits of
size, images and sound, response formats, the schema of a tool's parameters beyond being an object.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from afterlore.llm.scripted.turn import Body, Raw

__all__ = ["Refusal", "refusal", "refusal_of_embeddings"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CHAT = _words(
    """audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages
    metadata modalities model n parallel_tool_calls prediction presence_penalty prompt_cache_key reasoning_effort
    response_format safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools
    top_logprobs top_p user verbosity web_search_options"""
)
_EMBEDDINGS = _words("dimensions encoding_format input model user")
_ROLES = ("system", "assistant", "user", "function", "tool", "developer")
_MESSAGE = {
    "assistant": _words("role content name refusal audio tool_calls function_call"),
    "tool": _words("role content tool_call_id"),
    "function": _words("role content name"),
    "user": _words("role content name"),
    "system": _words("role content name"),
    "developer": _words("role content name"),
}
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@dataclass(frozen=True)
class Refusal:
    """Why a request is not accepted."""

    message: str
    param: str | None = None
    code: str | None = None
    status: int = 400
    kind: str = "invalid_request_error"

    def raw(self) -> Raw:
        """As it is sent."""
        error = {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}
        return Raw(self.status, json.dumps({"error": error}, ensure_ascii=False))


def refusal(body: Body) -> Refusal | None:
    """The first thing that is wrong with a request for a reply; None for one that is in order."""
    return next(_wrong(body), None)


def refusal_of_embeddings(body: Body) -> Refusal | None:
    """The first thing that is wrong with a request for vectors; None for one that is in order."""
    for field in body:
        if field not in _EMBEDDINGS:
            return Refusal(f"Unknown parameter: '{field}'.", field, "unknown_parameter")
    texts = body.get("input")
    if texts in (None, [], ""):
        return Refusal("Invalid 'input': input cannot be an empty string or list.", "input", "empty_array")
    if not isinstance(texts, str) and not (isinstance(texts, list) and all(isinstance(text, str) for text in texts)):
        return Refusal("Invalid type for 'input': expected a string or an array of strings.", "input", "invalid_type")
    if isinstance(texts, list) and "" in texts:
        return Refusal("Invalid 'input': input cannot be an empty string.", "input", "empty_string")
    return None


def _wrong(body: Body) -> Iterator[Refusal]:
    for field in body:
        if field not in _CHAT:
            yield Refusal(f"Unknown parameter: '{field}'.", field, "unknown_parameter")
    for field in ("model", "messages"):
        if not body.get(field):
            yield Refusal(f"Missing required parameter: '{field}'.", field, "missing_required_parameter")
    if body.get("stream_options") is not None and not body.get("stream"):
        yield Refusal(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options", None
        )
    yield from _wrong_tools(body)
    messages = body["messages"]
    if not isinstance(messages, list) or not all(isinstance(message, Mapping) for message in messages):
        yield Refusal("Invalid type for 'messages': expected an array of objects.", "messages", "invalid_type")
        return
    for at, message in enumerate(messages):
        yield from _wrong_message(at, message)
    yield from _wrong_pairs(messages)
    yield from _wrong_order(messages)


def _wrong_tools(body: Body) -> Iterator[Refusal]:
    tools = body.get("tools")
    if tools is None:
        if body.get("tool_choice") is not None:
            yield Refusal("Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.")
        return
    if not isinstance(tools, list) or not tools:
        yield Refusal("Invalid 'tools': empty array. Expected an array with minimum length 1.", "tools", "empty_array")
        return
    for at, tool in enumerate(tools):
        function = tool.get("function") if isinstance(tool, Mapping) and tool.get("type") == "function" else None
        if not isinstance(function, Mapping):
            yield Refusal(f"Missing required parameter: 'tools[{at}].function'.", f"tools[{at}].function")
            return
        where = f"tools[{at}].function"
        if not _NAME.fullmatch(str(function.get("name", ""))):
            wanted = "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
            message = f"Invalid '{where}.name': string does not match pattern. {wanted}"
            yield Refusal(message, f"{where}.name", "invalid_value")
        parameters = function.get("parameters", {"type": "object"})
        if not isinstance(parameters, Mapping) or parameters.get("type") != "object":
            message = f"Invalid schema for function '{function.get('name')}': schema must be a JSON Schema of 'type: \"object\"'."
            yield Refusal(message, f"{where}.parameters", "invalid_function_parameters")


def _wrong_message(at: int, message: Mapping[str, Any]) -> Iterator[Refusal]:
    role = message.get("role")
    if role not in _ROLES:
        wanted = "'system', 'assistant', 'user', 'function', 'tool', and 'developer'"
        yield Refusal(
            f"Invalid value: '{role}'. Supported values are: {wanted}.", f"messages[{at}].role", "invalid_value"
        )
        return
    for field in message:
        if field not in _MESSAGE[role]:
            yield Refusal(f"Additional properties are not allowed ('{field}' was unexpected) - 'messages.{at}'")
    content = message.get("content")
    calls = message.get("tool_calls")
    if content is None and not calls:
        expected = "Invalid value for 'content': expected a string, got null."
        yield Refusal(expected, f"messages.[{at}].content")
    elif content is not None and not isinstance(content, str | list):
        yield Refusal(f"Invalid type for 'messages[{at}].content'.", f"messages[{at}].content", "invalid_type")
    if calls is not None and (not isinstance(calls, list) or not calls):
        where = f"messages[{at}].tool_calls"
        yield Refusal(f"Invalid '{where}': empty array. Expected an array with minimum length 1.", where, "empty_array")
        return
    for index, one in enumerate(calls or ()):
        where = f"messages[{at}].tool_calls[{index}]"
        function = one.get("function") if isinstance(one, Mapping) else None
        if not isinstance(function, Mapping) or not one.get("id") or one.get("type") != "function":
            yield Refusal(f"Missing required parameter: '{where}'.", where, "missing_required_parameter")
            return
        if not _NAME.fullmatch(str(function.get("name", ""))):
            message_ = f"Invalid '{where}.function.name': string does not match pattern."
            yield Refusal(message_, f"{where}.function.name", "invalid_value")
        arguments = function.get("arguments")
        if not isinstance(arguments, str) or not _is_object(arguments):
            yield Refusal(f"Invalid '{where}.function.arguments': expected a JSON object in a string.", where)


def _wrong_pairs(messages: Sequence[Mapping[str, Any]]) -> Iterator[Refusal]:
    """Every call of an assistant's message is answered directly after it, once, and nothing else is."""
    open_ids: list[str] = []
    answered: set[str] = set()
    for at, message in enumerate((*messages, {"role": "end"})):
        if message["role"] == "tool":
            own = message.get("tool_call_id")
            if own in answered:
                yield Refusal(f"Duplicate value for 'tool_call_id' of '{own}' in message[{at}].", f"messages.[{at}]")
            if own not in open_ids:
                said = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
                yield Refusal(f"Invalid parameter: {said}", f"messages.[{at}].role")
                return
            open_ids.remove(own)
            answered.add(own)
            continue
        if open_ids:
            said = "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
            lost = ", ".join(open_ids)
            yield Refusal(
                f"{said} The following tool_call_ids did not have response messages: {lost}", f"messages.[{at}].role"
            )
        open_ids = [one["id"] for one in message.get("tool_calls") or ()]
        answered = set()
        for own in open_ids:
            if open_ids.count(own) > 1:
                yield Refusal(f"Duplicate tool call id '{own}' in message[{at}].", f"messages[{at}].tool_calls")


def _wrong_order(messages: Sequence[Mapping[str, Any]]) -> Iterator[Refusal]:
    said = "After the optional system message, conversation roles must alternate user and assistant roles except for tool calls and results."
    before = ""
    for at, message in enumerate(messages):
        role = message["role"]
        if role in ("system", "developer"):
            if before not in ("", "system"):
                yield Refusal("System message must be at the beginning.", f"messages[{at}].role")
            before = "system"
            continue
        if role == before and role in ("user", "assistant"):
            yield Refusal(said, f"messages[{at}].role")
        if role == "assistant" and before in ("", "system"):
            yield Refusal(said, f"messages[{at}].role")
        before = role
    if before == "assistant":
        yield Refusal("Expected last role User or Tool for serving but got assistant.", "messages")
    if before in ("", "system"):
        yield Refusal("At least one message with role 'user' is required.", "messages")


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
