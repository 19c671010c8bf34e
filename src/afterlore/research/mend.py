"""A tool call's arguments as a model wrote them: read, and mended where only one reading is possible.

Mended: a code fence around them, raw line breaks within strings, trailing commas, Python's quotes and constants, JSON
in a string, closing brackets that are missing or too many, the same object written twice, one text where a list of
texts is wanted, arguments that the tool does not know (left out). Not mended, but asked again: a text that breaks off
within a string or a number, a missing argument, a value of another type.
"""

import ast
import json
import re
import warnings
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from afterlore.core import canonical_json

__all__ = ["Unfit", "read_arguments", "sound"]

_FENCE = re.compile(r"\A```\w*\s*(.*?)\s*```\Z", re.S)
_LONGEST = 100_000
"""Characters of a text that is mended; no call that is meant has more."""
_NAMED = 8
"""Fields at fault that an error names."""


_M = TypeVar("_M", bound=BaseModel)


class Unfit(Exception):
    """The arguments cannot be used; the message, for the model, names what is wrong."""

    def __init__(self, message: str, parsed: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.parsed = parsed
        """What the text was read as, where it is an object."""


def sound(text: str) -> str:
    """Without halves of characters, which no file and no endpoint takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def read_arguments(text: str, model: type[_M]) -> tuple[_M, bool]:
    """The arguments, and whether they were mended. Raises Unfit."""
    value, mended = _read(text)
    if "\\u" in text:
        value = json.loads(sound(json.dumps(value, ensure_ascii=False)))
    try:
        canonical_json(value)
    except ValueError as error:
        raise Unfit("the arguments hold a number that is too large; send a smaller one") from error
    for _ in range(1 + 2 * _NAMED):
        try:
            return model.model_validate(value), mended
        except ValidationError as error:
            wrong = error
        changed = [_mend_field(value, one) for one in wrong.errors()]
        if not any(changed):
            break
        mended = True
    faults = "; ".join(
        f"{'.'.join(map(str, one['loc'])) or 'arguments'}: {one['msg']}" for one in wrong.errors()[:_NAMED]
    )
    raise Unfit(f"the arguments do not fit: {faults}", value)


def _mend_field(value: dict[str, Any], fault: Any) -> bool:
    where = fault["loc"]
    if fault["type"] == "extra_forbidden" and len(where) == 1:
        del value[where[0]]
        return True
    if fault["type"] not in ("list_type", "tuple_type") or not isinstance(fault["input"], str) or len(where) != 1:
        return False
    inner = _loads(fault["input"])
    value[where[0]] = inner if isinstance(inner, list) else [fault["input"]]
    return True


def _read(text: str) -> tuple[dict[str, Any], bool]:
    """The object that the text spells, and whether it had to be mended."""
    if not text.strip():
        return {}, False
    value = _loads(text)
    if isinstance(value, dict):
        return value, False
    for _ in range(2):
        if isinstance(value, str):
            value = _loads(value)
    if value is None:
        value = _mended(text.strip())
    if isinstance(value, dict):
        return value, True
    raise Unfit("the arguments are no JSON object that can be read; send one, complete and with double quotes")


def _loads(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _mended(text: str) -> Any:
    if len(text) > _LONGEST:
        return None
    fence = _FENCE.match(text)
    text = fence[1] if fence else text
    for form in (text, *_rebracketed(text)):
        try:
            return json.loads(form, strict=False, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            pass
        try:
            with warnings.catch_warnings(action="ignore"):
                value = ast.literal_eval(form)
            # A round trip leaves only what JSON can say: no tuples, sets, bytes.
            return json.loads(json.dumps(value, allow_nan=False)) if isinstance(value, dict) else None
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            pass
    return None


def _rebracketed(text: str) -> list[str]:
    """The text with its brackets balanced and without trailing commas; nothing when it ends within a string."""
    out: list[str] = []
    closing: list[str] = []
    quote = ""
    escaped = False
    for at, char in enumerate(text):
        if quote:
            escaped, ended = (not escaped and char == "\\"), (char == quote and not escaped)
            quote = "" if ended else quote
        elif char in "\"'":
            quote = char
        elif char in "{[":
            closing.append("}" if char == "{" else "]")
        elif char in "}]":
            if not closing:
                return [] if text[at:].strip("}] \n\t") else ["".join(out)]
            if closing.pop() != char:
                return []
            _drop_comma(out)
        out.append(char)
        if not closing and out and char in "}]":
            rest = text[at + 1 :].strip()
            same = "".join(out).strip()
            if not rest.strip("}] \n\t") or rest == same:
                return [same]
            return []
    if quote or not closing:
        return []
    # A number or a word at the very end may have been longer.
    if out and (out[-1].isalnum() or out[-1] in ".-+:"):
        return []
    _drop_comma(out)
    return ["".join(out) + "".join(reversed(closing))]


def _drop_comma(out: list[str]) -> None:
    while out and out[-1].isspace():
        out.pop()
    if out and out[-1] == ",":
        out.pop()
