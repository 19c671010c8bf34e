"""Questions of several hops, answered by the agent: are the answers right, and were the right pages read?

Exact match and F1 over words are SQuAD's (Rajpurkar et al., 2016, arXiv 1606.05250), the best of a question's answers
counting, a Chinese character as a word; yes, no and no answer earn nothing in part (HotpotQA). Evidence is counted by
pages: the share of the supporting ones that were read, and that verified quotes for the answer come from.

Every question is a run in a journal, so that an evaluation that was stopped goes on where it was, and each of its runs
can be looked at and exported like any other.

::

    afterlore research eval --data FILE --model NAME
"""

import asyncio
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean
from typing import Any

from afterlore.core import Budget, Progress, ServiceError
from afterlore.journal import Head, Run, RunRow, Runs
from afterlore.journal.trajectory import read_outcome
from afterlore.research.evaluate.questions import Labelled
from afterlore.research.loop import begin
from afterlore.research.rounds.harvest import pages_read
from afterlore.research.rounds.log import Progress as Worked
from afterlore.research.rounds.rounds import Rounds, RoundsResult
from afterlore.stats import bootstrap
from afterlore.text.tokens import CJK

__all__ = ["Answered", "exact_match", "f1", "figures", "work"]

_CJK = re.compile(f"[{CJK}]")
_ARTICLES = frozenset({"a", "an", "the"})
_ALL_OR_NOTHING = (["yes"], ["no"], ["noanswer"])
_SERVICE = ("failed:unavailable", "failed:rate_limited", "failed:timed_out", "failed:refused", "failed:malformed")
_PATIENCE = 3
"""Questions in a row that may end in a failure of the endpoint."""


@dataclass(frozen=True)
class Answered:
    """What came of one question."""

    question: Labelled
    answer: str | None
    stop_reason: str
    failure: str
    read: float
    """Share of the supporting pages that were read,"""
    quoted: float
    """and that a verified quote for the answer comes from."""
    calls: int
    """Requests sent."""
    tokens: int | None
    cost: Decimal | None
    seconds: float

    @property
    def unasked(self) -> bool:
        """Whether the endpoint failed, so that nothing is known of the answer."""
        return self.stop_reason in _SERVICE


def words(text: str) -> list[str]:
    """As SQuAD compares them: no case, punctuation or articles; each CJK character is a word."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(c for c in folded if c not in string.punctuation and not unicodedata.category(c).startswith("P"))
    return [word for word in _CJK.sub(r" \g<0> ", kept).split() if word not in _ARTICLES]


def exact_match(answer: str | None, right: Iterable[str]) -> float:
    """1 where the words are those of one of the right answers, or no answer is given where there is none; else 0."""
    said = [words(one) for one in right]
    return float(not said if answer is None else words(answer) in said)


def f1(answer: str | None, right: Iterable[str]) -> float:
    """Harmonic mean of precision and recall of words, against the right answer that it fits best; 0 to 1. Without one
    it is all or nothing.
    """
    given = list(right)
    if answer is None or not given:
        return exact_match(answer, given)
    return max(_f1(words(answer), words(one)) for one in given)


def _f1(said: list[str], right: list[str]) -> float:
    if said == right:
        return 1.0
    shared = sum((Counter(said) & Counter(right)).values())
    if not shared or said in _ALL_OR_NOTHING or right in _ALL_OR_NOTHING:
        return 0.0
    return 2 * shared / (len(said) + len(right))


async def work(
    runs: Runs,
    questions: Sequence[Labelled],
    agent: Rounds,
    *,
    budget: Budget,
    settings: dict[str, Any],
    version: str,
    jobs: int,
    progress: Progress,
) -> list[Answered]:
    """Ask what has not been answered in ``runs`` yet, ``jobs`` questions at a time.

    Raises ServiceError when the endpoint fails for several questions in a row; what was done is kept.
    """
    known = {Head.from_json(row.head).settings.get("question"): row.id for row in runs.ls() if not _refused(row)}
    free = asyncio.Semaphore(jobs)
    failed: list[str] = []
    progress.stage("answer", len(questions))

    async def ask(question: Labelled) -> Answered:
        async with free:
            if len(failed) >= _PATIENCE:
                raise ServiceError(failed[-1])
            id = known.get(question.id)
            about = {**settings, "question": question.id}
            run = (
                begin(runs, question.text, budget=budget, agent_version=version, settings=about)
                if id is None
                else runs.resume(id)
            )
            with run:
                answered = _answered(question, await agent.run(run), run)
            if answered.unasked:
                failed.append(answered.failure)
            else:
                failed.clear()
            progress.advance()
            return answered

    tasks = [asyncio.create_task(ask(question)) for question in questions]
    try:
        return list(await asyncio.gather(*tasks))
    except ServiceError as error:
        raise ServiceError(
            f"the endpoint failed for {_PATIENCE} questions in a row: {error}; what was answered is kept, run the same "
            "command again to go on"
        ) from error
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _refused(row: RunRow) -> bool:
    """Whether the endpoint did not take what was asked. Once that is mended the question is asked anew."""
    ended = row.last is not None and row.last.kind == "ended"
    return ended and row.last is not None and read_outcome(row.last.body).stop_reason == "failed:refused"


def _answered(question: Labelled, result: RoundsResult, run: Run) -> Answered:
    worked = Worked(Head.from_json(run.head))
    for event in run.events():
        worked.apply(event)
    read = {page.sha256 for now in worked.rounds for events in now.parts for page in pages_read(events)}
    quoted = {piece.sha256 for piece in result.evidence if piece.verified}
    return Answered(
        question=question,
        answer=result.answer,
        stop_reason=result.stop_reason,
        failure=result.failure,
        read=_share(question.support, read),
        quoted=_share(question.support, quoted),
        calls=result.usage.attempts,
        tokens=result.usage.tokens,
        cost=result.usage.cost,
        seconds=result.seconds,
    )


def _share(wanted: frozenset[str], found: set[str]) -> float:
    return len(wanted & found) / len(wanted) if wanted else 0.0


def figures(done: Sequence[Answered], baselines: dict[str, Sequence[str | None]]) -> dict[str, Any]:
    """The agent beside ``baselines``, which answer each question in the same order; what it cost; and by hops."""
    asked = [one.question for one in done]
    rows: dict[str, Sequence[str | None]] = {
        "agent": [one.answer for one in done],
        "no answer": [None] * len(done),
        **baselines,
    }
    hops = sorted({one.question.hops for one in done if one.question.hops is not None})
    support = [one for one in done if one.question.support]
    return {
        "answers": {name: _quality(asked, answers) for name, answers in rows.items()},
        "evidence": {
            name: {"questions": len(support), **_mean([getattr(one, name) for one in support])}
            for name in ("read", "quoted")
            if support
        },
        "cost": {
            "requests": _mean([float(one.calls) for one in done]),
            "seconds": _mean([one.seconds for one in done]),
            "tokens": _known(done, lambda one: one.tokens),
            "dollars": _known(done, lambda one: one.cost),
        },
        "hops": {
            str(hop): _quality([one.question for one in own], [one.answer for one in own])
            for hop in hops
            for own in [[one for one in done if one.question.hops == hop]]
        },
        "stop reasons": dict(Counter(one.stop_reason for one in done)),
    }


def _quality(asked: Sequence[Labelled], answers: Sequence[str | None]) -> dict[str, Any]:
    pairs = list(zip(answers, asked, strict=True))
    exact = _mean([exact_match(answer, one.answers) for answer, one in pairs])
    partly = _mean([f1(answer, one.answers) for answer, one in pairs])
    return {
        "questions": len(pairs),
        "answered": sum(answer is not None for answer in answers),
        **{f"exact {name}" if name != "mean" else "exact match": value for name, value in exact.items()},
        **{f"F1 {name}" if name != "mean" else "F1": value for name, value in partly.items()},
    }


def _known(done: Sequence[Answered], what: Callable[[Answered], int | Decimal | None]) -> dict[str, float | None]:
    """Unknown as soon as it is unknown of one."""
    values = [what(one) for one in done]
    known = [float(value) for value in values if value is not None]
    return _mean(known) if len(known) == len(values) else {"mean": None, "low": None, "high": None}


def _mean(values: Sequence[float]) -> dict[str, Any]:
    low, high = bootstrap(values, fmean)
    return {"mean": fmean(values), "low": low, "high": high}
