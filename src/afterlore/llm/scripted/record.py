"""How the searcher by rules keeps the record of a search in rounds: what it noted and answered, as the update that is
asked for. One constraint for each relation of the question; what it quoted supports the answer in the relation that
the words state. It weighs nothing, and says nothing against a candidate.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from afterlore.llm.scripted.relations import KNOWN, NOTE, Relation, asked_in, claim
from afterlore.llm.scripted.turn import Body, Turn

__all__ = ["is_record", "record"]

_ASKED = "You keep the record of a search."
_DONE = "What was just done"
_PAGE = re.compile(r"^<data \w*> page (?P<address>[^\n]*)\n#? ?(?P<title>[^\n]+)$", re.M)
_ANSWER = re.compile(r"^  calls answer (?P<arguments>\{.*\})$", re.M)
_NOTED = re.compile(r"^\[\d+\] searcher: (?=Noted: )", re.M)


def is_record(body: Body) -> bool:
    """Whether the record is asked for, rather than a next step."""
    return not body.get("tools") and _text(body["messages"][0]).startswith(_ASKED)


def record(body: Body) -> Turn:
    """The update, as JSON."""
    question, _, rest = _text(body["messages"][1]).removeprefix("Question: ").partition("\n\n")
    known, _, done = rest.partition(_DONE)
    done = _NOTED.sub("", done)
    relations = asked_in(question)
    titles = {one["address"].strip(): one["title"] for text in (done, known) for one in _titled(text)}
    answer, quoted = _answered(done)
    quotes = dict.fromkeys([*((one["address"], one["text"]) for one in NOTE.finditer(done)), *quoted])
    evidence: list[dict[str, str]] = []
    cells: list[dict[str, Any]] = []
    told: set[str] = set()
    for address, text in quotes:
        relation = next((one for one in relations if one.told.search(text) and one.name not in told), None)
        if relation is None:
            continue
        told.add(relation.name)
        key = f"n{len(evidence) + 1}"
        said = claim(titles.get(address, address), relation)
        evidence.append({"key": key, "claim": said, "quote": text, "address": address})
        if answer:
            cell = {"candidate": answer, "constraint": _constraint(relation), "verdict": "supports", "evidence": [key]}
            cells.append(cell)
    open_ = [one for one in relations if one.name not in told]
    update = {
        "constraints": [_constraint(one) for one in relations if _constraint(one) not in known],
        "candidates": [answer] if answer else [],
        "evidence": evidence,
        "cells": cells,
        "branches": [*({"lead": _lead(one), "status": "open"} for one in open_), *_closed(relations, told, known)],
        "conclusions": [f"The quotes lead from the question to {answer}."] if answer and not open_ else [],
        "uncertainties": [f"No page that was read tells of “{one.name}” yet." for one in open_],
        "plan": [f"Find the page that tells of “{one.name}”." for one in open_],
    }
    return Turn(json.dumps({name: items for name, items in update.items() if items}, ensure_ascii=False))


def _titled(text: str) -> Iterator[re.Match[str]]:
    for pattern in (_PAGE, NOTE, KNOWN):
        yield from pattern.finditer(text)


def _answered(done: str) -> tuple[str, list[tuple[str, str]]]:
    """The answer, empty where the searcher says that it has none, and what it quoted."""
    said = [_read(one["arguments"]) for one in _ANSWER.finditer(done)]
    if not said:
        return "", []
    quotes = [(one.get("address", ""), one.get("quote", "")) for one in said[-1].get("evidence", ())]
    return str(said[-1].get("answer", "")) if said[-1].get("found", True) else "", quotes


def _read(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _constraint(relation: Relation) -> str:
    return f"A page states the step “{relation.name}” of the question."


def _lead(relation: Relation) -> str:
    return f"where “{relation.name}” leads"


def _closed(relations: list[Relation], told: set[str], known: str) -> Iterator[dict[str, str]]:
    """Lines of inquiry of earlier rounds that are at their end."""
    for one in relations:
        if one.name in told and _lead(one) in known:
            yield {"lead": _lead(one), "status": "exhausted", "reason": "a page tells it"}


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    return content if isinstance(content, str) else ""
