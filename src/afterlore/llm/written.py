"""What some models write into the text of a reply, where others have fields for it: reasoning and calls.

Three ways to write a call are known within ``<tool_call>…</tool_call>``: Hermes and Qwen
(``{"name": …, "arguments": {…}}``), Qwen3-Coder (``<function=NAME><parameter=KEY>VALUE</parameter></function>``) and
GLM-4.5 (``NAME<arg_key>KEY</arg_key><arg_value>VALUE</arg_value>``); and two of DeepSeek's, between tokens of its own.
Calls count only where tools were offered, at the end of the reply, and outside its reasoning.

Not covered: a model that ends its reply with a call which a page told it to write. It is the model's reply all the
same, as a call in the proper field would be; what a tool may do is limited where it is run.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from afterlore.core import ToolSpec, canonical_json

__all__ = ["ThinkStream", "split_calls", "split_thinking"]

_OPEN, _CLOSE = "<think>", "</think>"
_DEEPSEEK = re.compile(r"<｜tool▁calls▁begin｜>(.*?)(?:<｜tool▁calls▁end｜>\s*)?\Z", re.S)
_DEEPSEEK_CALL = re.compile(
    r"<｜tool▁call▁begin｜>(?:function<｜tool▁sep｜>([\w.:-]+)\s*```json\s*(.*?)\s*```|([\w.:-]+)<｜tool▁sep｜>(.*?))\s*"
    r"<｜tool▁call▁end｜>",
    re.S,
)
_BLOCK = re.compile(r"<tool_call>((?:(?!</?tool_call>).)*)(?:</tool_call>|\Z)", re.S)
_FUNCTION = re.compile(r"<function=([^>\s]+)>(.*?)(?:</function>|\Z)", re.S)
_PARAMETER = re.compile(r"<parameter=([^>\s]+)>\n?(.*?)\n?</parameter>", re.S)
_PAIR = re.compile(r"<arg_key>(.*?)</arg_key>\s*<arg_value>(.*?)</arg_value>", re.S)
_NAME = re.compile(r'"name"\s*:\s*"([^"]+)"')
_ARGUMENTS = re.compile(r'"(?:arguments|parameters)"\s*:\s*')


def split_thinking(content: str, *, lone_close: bool) -> tuple[str, str]:
    """Reasoning and content of a text that may begin with ``<think>``; one that is never closed is all reasoning."""
    start = content.lstrip()
    if start.startswith(_OPEN):
        inner, _, rest = start[len(_OPEN) :].partition(_CLOSE)
        return inner.strip(), rest.strip()
    if lone_close and _CLOSE in content and _OPEN not in content:
        inner, _, rest = content.partition(_CLOSE)
        return inner.strip(), rest.strip()
    return "", content


class ThinkStream:
    """The same while the text comes in pieces: which of it is reasoning, which is content. A closing tag without an
    opening one is seen only in the whole text.
    """

    def __init__(self) -> None:
        self._held = ""
        self._place = "start"

    def feed(self, piece: str) -> tuple[str, str]:
        """Reasoning and content that are certain by now."""
        text = self._held + piece
        self._held = ""
        reasoning = ""
        if self._place == "start":
            start = text.lstrip()
            if not start.startswith(_OPEN):
                if _OPEN.startswith(start):
                    self._held = text
                    return "", ""
                self._place = "content"
                return "", text
            self._place, text = "thinking", start[len(_OPEN) :]
        if self._place == "thinking":
            reasoning, closed, text = text.partition(_CLOSE)
            if not closed:
                keep = next((n for n in range(len(_CLOSE) - 1, 0, -1) if reasoning.endswith(_CLOSE[:n])), 0)
                self._held = reasoning[len(reasoning) - keep :]
                return reasoning[: len(reasoning) - keep], ""
            self._place = "content"
        return reasoning, text


def split_calls(content: str, tools: Sequence[ToolSpec]) -> tuple[str, list[tuple[str, str]]]:
    """The content without the calls that stand at its end, and their names and arguments, as raw text.

    A block that cannot be read stays in the content, and so do all others then.
    """
    deepseek = _DEEPSEEK.search(content) if tools else None
    if deepseek is not None:
        named = [(a or c, b or d) for a, b, c, d in _DEEPSEEK_CALL.findall(deepseek[1])]
        return (content[: deepseek.start()].rstrip(), named) if named else (content, [])
    end, blocks = len(content), list[str]()
    for found in reversed(list(_BLOCK.finditer(content)) if tools else []):
        if content[found.end() : end].strip():
            break
        end = found.start()
        blocks.insert(0, found[1].strip())
    schemas = {tool.name: tool.parameters for tool in tools}
    read = [call for call in (_call(block, schemas) for block in blocks) if call is not None]
    if not read or len(read) < len(blocks):
        return content, []
    return content[:end].rstrip(), read


def _call(block: str, schemas: Mapping[str, Mapping[str, Any]]) -> tuple[str, str] | None:
    if block.startswith("{"):
        return _hermes(block)
    function = _FUNCTION.match(block)
    if function:
        name, pairs = function[1], _PARAMETER.findall(function[2])
    else:
        name, pairs = block.split("<arg_key>", 1)[0].strip(), _PAIR.findall(block)
    if not name or not re.fullmatch(r"[\w.:-]+", name):
        return None
    properties = schemas.get(name, {}).get("properties", {})
    values = {key.strip(): _value(text, properties.get(key.strip())) for key, text in pairs}
    return name, canonical_json(values)


def _hermes(block: str) -> tuple[str, str] | None:
    """The arguments are cut out as they stand; where they do not parse, up to the last brace but one."""
    name, opened = _NAME.search(block), _ARGUMENTS.search(block)
    if name is None:
        return None
    if opened is None:
        return name[1], ""
    rest = block[opened.end() :]
    try:
        value, end = json.JSONDecoder().raw_decode(rest)
    except (ValueError, RecursionError):
        cut = rest.rstrip()
        return name[1], cut[:-1].rstrip() if cut.endswith("}") else cut
    # Some spell the object once more as a string.
    return name[1], value if isinstance(value, str) else rest[:end]


def _value(text: str, schema: object) -> Any:
    """Text where the tool wants text; else JSON, where it is any."""
    if isinstance(schema, dict) and schema.get("type") == "string":
        return text
    try:
        value = json.loads(text)
        canonical_json(value)
    except (ValueError, RecursionError):
        return text
    return value
