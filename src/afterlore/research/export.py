"""Successful runs as training samples: one conversation a line, in the form that OpenAI's chat endpoints take.

After Re-TRAC (arXiv 2602.02486), which fine-tunes on the trajectories of a stronger agent: a run in rounds gives one
sample a round, with the state of the rounds before in its prompt, so that what is learnt is to go on from a state. Only
runs that ended ``answered`` are taken, and where the right answers are given only those that have them.

A sample is what the model was shown with its last reply, and that reply; ``as_sent`` says whether its messages have the
very digest that was put down when they were sent. Where results were shortened for room the sample holds them whole.

::

    afterlore runs export --all-answered --out FILE.jsonl

Not covered: the requests that compress a round, whose prompts are not on record; and secrets that stood in pages.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from afterlore.core import (
    Failed,
    InputError,
    Message,
    Step,
    StepKind,
    Terminated,
    ToolSpec,
    canonical_json,
    digest,
)
from afterlore.journal import Event, Head, RunRow
from afterlore.journal.trajectory import fold
from afterlore.llm.outgoing import wire_messages
from afterlore.research import words
from afterlore.research.answer import ANSWER
from afterlore.research.browse import browsing
from afterlore.research.conversation import entries
from afterlore.research.rounds.log import Progress, part_id
from afterlore.research.search.scripted import ScriptedSearcher
from afterlore.research.state import Asked, State
from afterlore.research.tools import Tools
from afterlore.text.ngrams import bare

__all__ = ["Gold", "read_gold", "same_answer", "samples"]

_ROOM = 1 << 40
"""Tokens: more than any run holds, so nothing is shortened."""
_BOTH = (False, True)
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.I)


@dataclass(frozen=True)
class Gold:
    """A question whose answer is known."""

    id: str
    answers: tuple[str, ...]
    """Empty where there is none to be found."""


def read_gold(file: Path) -> dict[str, Gold]:
    """By question. JSON lines with ``question``, ``answer`` and, if there are, ``id`` and ``answer_aliases``.

    Raises InputError that names the line at fault.
    """
    try:
        rows = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{str(file)!r} cannot be read ({error}); give JSON lines with question and answer") from error
    gold: dict[str, Gold] = {}
    for number, line in enumerate(rows, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            given = [row["answer"], *row.get("answer_aliases", ())]
            answers = tuple(one for one in given if isinstance(one, str) and one.strip())
            gold[row["question"].strip()] = Gold(str(row.get("id", "")), answers)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise InputError(f"{str(file)!r}, line {number}: no JSON object with 'question' and 'answer'") from error
    return gold


def same_answer(answer: str, gold: Iterable[str]) -> bool:
    """Whether it is one of them, but for case, width, punctuation and an article."""
    return bare(_ARTICLE.sub("", answer.strip())) in {bare(_ARTICLE.sub("", one.strip())) for one in gold} - {""}


def samples(
    row: RunRow, events: Sequence[Event], gold: dict[str, Gold] | None = None
) -> tuple[list[dict[str, Any]], str]:
    """Of one run, a sample for each round and branch that ended with a reply; or why there is none."""
    head = Head.from_json(row.head)
    question = head.task.prompt
    progress = Progress(head) if "plan" in head.settings else None
    if progress is None:
        outcome = fold(row.id, head, events).outcome
    else:
        for event in events:
            progress.apply(event)
        outcome = progress.outcome
    if not isinstance(outcome, Terminated):
        return [], "not answered"
    known = None if gold is None else gold.get(question.strip())
    if gold is not None and known is None:
        return [], "no answer is known for its question"
    if known is not None and not same_answer(outcome.answer, known.answers):
        return [], "another answer"
    common = {
        "run": row.id,
        "question_id": "" if known is None else known.id,
        "question": question,
        "answer": outcome.answer,
    }
    if progress is None:
        parts = [(1, 0, row.id, head, events)]
    else:
        # A branch that failed teaches nothing.
        parts = [
            (now.number, branch, part_id(row.id, now.number, branch), progress.part_head(now, branch), part)
            for now in progress.rounds
            for branch, part in enumerate(now.parts)
            if not isinstance(now.outcomes[branch], Failed)
        ]
    found = [
        {**common, "round": round, "branch": branch, **made}
        for round, branch, id, own, part in parts
        if (made := _sample(id, own, row.began, part))
    ]
    return found, "" if found else "no reply on record"


def _sample(id: str, head: Head, began: datetime, events: Sequence[Event]) -> dict[str, Any]:
    """The conversation up to the last reply that was of use; empty where there is none."""
    asked = [Asked.from_json(event.body) for event in events if event.kind == "asked"]
    if not asked:
        return {}
    state = State(id, head, began, room=_ROOM, model=asked[0].model)
    shown: tuple[Message, ...] = ()
    last: tuple[tuple[Message, ...], Step] | None = None
    for event in events:
        if event.kind == "asked":
            why = Asked.from_json(event.body).closing
            shown = state.messages(_ROOM, words.CLOSING.format(why=words.WHY[why]) if why else "")[0] or ()
        told = state.apply(event)
        if isinstance(told, Step) and told.kind is StepKind.THINK and told.message is not None and not told.failure:
            last = (shown, told)
    if last is None:
        return {}
    sent, step = last
    (reply,) = (entry.message for entry in entries(step, (), "", reasoning=True))
    usage = fold(id, head, events).usage
    return {
        "model": asked[-1].model,
        "tokens": usage.tokens,
        "as_sent": step.context in {digest(canonical_json(wire_messages(sent, reasoning_back=back))) for back in _BOTH},
        "messages": wire_messages((*sent, reply), reasoning_back=True),
        "tools": [{"type": "function", "function": one.model_dump(mode="json")} for one in _specs()],
    }


def _specs() -> tuple[ToolSpec, ...]:
    """The tools that calls are made with."""
    nowhere = ScriptedSearcher()
    return Tools((*browsing(nowhere, nowhere), ANSWER)).specs
