"""JSON and JSON lines by their records, each with the exact text that it has in the file."""

import json
import re
from typing import Any

from afterlore.context.ingest.sections import Outline, Section

__all__ = ["BadData", "read_json", "read_json_lines"]

_NAMES = ("title", "name", "headline", "subject", "question", "label")
_TITLES = (*_NAMES, "key", "id", "uid", "url")
_LEADS = ("description", "summary", "abstract", "text", "content", "body", "answer", "message")
_ABOUT = ("about", "description", "summary", "abstract")
"""Members in which an object says what it is."""
_SPACE = re.compile(r"[ \t\n\r]*")
_LONGEST_TITLE = 80
_LEAD = 300


class BadData(Exception):
    """The text is not what its name says. The message says where."""


def read_json(text: str, fallback: str) -> Outline:
    """The outline of a JSON document: elements of an array, members of an object. Raises BadData."""
    root = Section(fallback, 0, len(text), 0)
    decoder = json.JSONDecoder()
    at = _skip(text, 0)
    opener = text[at : at + 1]
    try:
        if opener not in ("[", "{"):
            _, at = decoder.raw_decode(text, at)
        else:
            at = _members(text, at, decoder, root)
    except json.JSONDecodeError as error:
        raise BadData(f"it is not JSON: {error.msg} in line {error.lineno}") from error
    except ValueError as error:
        # Python refuses whole numbers of thousands of digits.
        raise BadData(f"it holds a number that cannot be read: {error}") from error
    except RecursionError as error:
        raise BadData("it is JSON that is nested too deeply to read") from error
    if text[_skip(text, at) :]:
        raise BadData("it is not one JSON value: something follows it (JSON lines are named .jsonl)")
    return _outline(text, root)


def read_json_lines(text: str, fallback: str) -> tuple[Outline, list[int]]:
    """The outline of JSON lines, and the numbers of the lines that are no JSON. Raises BadData when none is."""
    root = Section(fallback, 0, len(text), 0)
    bad: list[int] = []
    keys: list[list[str]] = []
    at = count = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            count += 1
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                bad.append(number)
                value = None
            _add(root, value, f"line {number}", at)
            keys.append(list(value) if isinstance(value, dict) else [])
        at += len(line) + 1
    if len(bad) == count:
        raise BadData("none of its lines is JSON")
    root.lead = _records(keys)
    return _outline(text, root), bad


def _outline(text: str, root: Section) -> Outline:
    for before, after in zip(root.sections, root.sections[1:], strict=False):
        before.end = after.start
    if len(root.sections) < 2:
        root.sections = []
    # What opens the document before its first record is no text of its own.
    root.body = root.sections[0].start if root.sections else 0
    cuts = [section.start for section in root.sections] or [match.end() for match in re.finditer(r"\n", text)]
    return Outline(text, root, cuts, "application/json", ".json")


def _members(text: str, at: int, decoder: json.JSONDecoder, root: Section) -> int:
    """Reads the array or object that opens at ``at``, and gives where it ends."""
    closer = "]" if text[at] == "[" else "}"
    at = _skip(text, at + 1)
    if text[at : at + 1] == closer:
        return at + 1
    number = 1
    keys: list[list[str]] = []
    while True:
        start, title = at, f"record {number}"
        if closer == "}":
            title, at = decoder.raw_decode(text, at)
            if not isinstance(title, str):
                raise json.JSONDecodeError("a key is not a string", text, start)
            at = _skip(text, at)
            if text[at : at + 1] != ":":
                raise json.JSONDecodeError("a colon is missing", text, at)
            at = _skip(text, at + 1)
        value, at = decoder.raw_decode(text, at)
        _add(root, value, title, start, keyed=closer == "}")
        keys.append(list(value) if isinstance(value, dict) else [])
        at = _skip(text, at)
        if text[at : at + 1] == closer:
            root.lead = root.lead or _records(keys)
            return at + 1
        if text[at : at + 1] != ",":
            raise json.JSONDecodeError("a comma is missing", text, at)
        at = _skip(text, at + 1)
        number += 1


def _add(root: Section, value: Any, title: str, start: int, *, keyed: bool = False) -> None:
    lead = ""
    if isinstance(value, dict):
        lead = _word(value, _LEADS, _LEAD)
        if keyed:
            lead = lead or _word(value, _NAMES, _LONGEST_TITLE) or _first_text(value)
        else:
            title = _word(value, _TITLES, _LONGEST_TITLE) or _first_text(value) or title
    elif keyed and isinstance(value, str) and title.lower() in _ABOUT:
        root.lead = " ".join(value.split())[:_LEAD]
    if not lead and value is not None:
        lead = _gist(value)
    root.sections.append(Section(title, start, root.end, start, lead))


def _first_text(value: dict[str, Any]) -> str:
    """For want of a title: the first of its texts that is no longer than one."""
    texts = (" ".join(one.split()) for one in value.values() if isinstance(one, str))
    return next((one for one in texts if 2 <= len(one) <= _LONGEST_TITLE), "")


def _records(keys: list[list[str]]) -> str:
    """What records of one form are made of."""
    shared = set(keys[0]).intersection(*keys) if keys else set()
    named = [key for key in keys[0] if key in shared] if len(keys) > 1 else []
    return f"{len(keys)} records of {', '.join(named)}"[:_LEAD] if named else ""


def _gist(value: Any) -> str:
    """A value in a few words: its keys, how many it holds, or itself."""
    if isinstance(value, dict):
        return f"{{{', '.join(value)}}}"[:_LEAD]
    if isinstance(value, list):
        plain = [_spelt(one) for one in value if isinstance(one, str | int | float)]
        return f"[{', '.join(plain[:20])}]"[:_LEAD] if plain else f"[{len(value)}]"
    return _spelt(value)[:_LEAD]


def _spelt(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else json.dumps(value)


def _word(value: dict[str, Any], keys: tuple[str, ...], longest: int) -> str:
    lower = {key.lower(): key for key in value}
    for key in keys:
        found = value.get(lower.get(key, ""))
        if isinstance(found, str | int) and not isinstance(found, bool) and str(found).strip():
            return " ".join(str(found).split())[:longest]
    return ""


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
