"""The page of a replay, made ready for the template. Everything from texts is escaped; nothing is loaded."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from afterlore.core import Outcome, Step, StepKind, ToolStatus
from afterlore.journal import Event, Head
from afterlore.report import Page, asset, environment, one_line
from afterlore.research.replay.chart import HEIGHT, WIDTH, charts
from afterlore.research.replay.story import Chapter, Story, tell
from afterlore.research.rounds.harvest import steps_of
from afterlore.research.rounds.state import Evidence, Row, State, Status, fold, matrix

__all__ = ["page"]

_PACKAGE = "afterlore.research.replay"
_WORDS = {"skip": "Skip to the answer", "dark": "Dark"}
_AROUND = 320
"""Characters of a page that are shown before a quote, and after it, at most."""
_SENTENCES = 2
_END = re.compile(r"[.!?](?=\s)|[。！？]|\n+")
_LINES = re.compile(r"\s*\n\s*")
_CANDIDATES = 6
"""Shown in a table."""
_LONGEST = 1_200
_BY = {
    "model": "The model wrote what it adds; code checked it.",
    "code": "Put together by code alone: the model gave no record that can be used.",
    "both": "The model wrote what it adds and code checked it; of a part the model gave no record that can be used.",
}
_STOPS = {
    "answered": "Verified quotes cover this candidate alone in every constraint, so the search stopped.",
    "limit:rounds": "All rounds were used; this is the best candidate there was.",
    "limit:cancelled": "Somebody ended the run.",
    "interrupted": "The run has not ended.",
    "running": "The run has not ended: somebody works on it.",
}


@dataclass(frozen=True)
class _Quote:
    """A quote within its page, and what is claimed by it."""

    id: str
    status: str
    claims: tuple[str, ...]
    quote: str
    before: str
    after: str
    cut: bool
    """Whether the page goes on before what is shown."""
    goes_on: bool
    title: str
    address: str
    link: str
    """The address where a browser can follow it."""


def page(id: str, head: Head, events: Sequence[Event], text_of: Callable[[str], str], *, notice: str = "") -> str:
    """One HTML file. ``text_of`` gives a stored text by its SHA-256; ``notice`` is said above the answer."""
    story = tell(id, head, events, text_of)
    result = story.result
    quotes = _Quotes(result.state, text_of)
    shown: set[str] = set()
    row = next((row for row in matrix(result.state) if result.answer == row.candidate.answer), None)
    return _template().render(
        lang="en",
        title=f"Replay: {one_line(result.question)[:80]}",
        words=_WORDS,
        notice=notice,
        result=result,
        method="one run" if story.plan is None else f"at most {story.plan.attempts} rounds",
        why=_why(story),
        reasons=list(_reasons(result.state, row, result.evidence, quotes)),
        charts=charts(story),
        width=WIDTH,
        height=HEIGHT,
        in_rounds=story.plan is not None,
        rounds=[_round(story, chapter, quotes, shown) for chapter in story.chapters],
    )


@cache
def _template() -> Page:
    return Page(environment(_PACKAGE), "replay.html", css=asset(_PACKAGE, "replay.css"))


def _why(story: Story) -> str:
    """Why the search ended, in a sentence."""
    reason = story.result.stop_reason
    if story.plan is None and reason == "answered":
        return "The model gave this answer with the quotes below."
    if reason in _STOPS:
        return _STOPS[reason]
    kind, _, what = reason.partition(":")
    if kind == "limit":
        return f"The budget of {what} was used up; what is shown is the best there was."
    return f"It could not go on ({what}): {story.result.failure}"


def _reasons(state: State, row: Row | None, cited: Sequence[Evidence], quotes: "_Quotes") -> Iterator[dict[str, Any]]:
    """What the answer rests on: constraint by constraint, then what was cited for it as a whole."""
    shown: set[str] = set()
    texts = {one.id: one.text for one in state.constraints}
    for cell in row.cells if row else ():
        ids = cell.supports + cell.contradicts or cell.unverified
        held = quotes.of([state.evidence_by_id[id] for id in ids])
        shown |= {one.id for one in held}
        yield {"text": texts[cell.constraint], "verdict": _word(cell), "quotes": held}
    rest = [one for one in quotes.of(cited) if one.id not in shown]
    if rest:
        yield {"text": "Cited for the answer", "verdict": "", "quotes": rest}


class _Quotes:
    """Quotes within their pages, each under one id however many claims rest on it."""

    def __init__(self, state: State, text_of: Callable[[str], str]) -> None:
        self._state = state
        self._text_of = text_of
        self._titles = {visit.address: visit.title for visit in state.visits if visit.title}
        self._all: dict[tuple[str, str], list[Evidence]] = {}
        for piece in state.evidence:
            self._all.setdefault((piece.address, fold(piece.quote)), []).append(piece)

    def of(self, pieces: Sequence[Evidence]) -> list[_Quote]:
        """Each quote once."""
        claims: dict[tuple[str, str], dict[str, None]] = {}
        for piece in pieces:
            claims.setdefault((piece.address, fold(piece.quote)), {})[piece.claim] = None
        return [self._quote(self._all[key], tuple(said)) for key, said in claims.items()]

    def _quote(self, pieces: Sequence[Evidence], claims: tuple[str, ...]) -> _Quote:
        best = max(pieces, key=lambda one: one.verified)
        statuses = [self._state.status(one) for one in pieces]
        status = next((one for one in Status if one in statuses), Status.UNVERIFIED)
        before = after = ""
        cut = goes_on = False
        if best.span is not None:
            text = self._text_of(best.sha256)
            start, end = _around(text, *best.span)
            before, after = text[start : best.span[0]], text[best.span[1] : end]
            cut, goes_on = start > 0, end < len(text)
        return _Quote(
            id=pieces[0].id,
            status=status.value.replace("_", "-"),
            claims=claims,
            quote=best.quote[:_LONGEST],
            before=_LINES.sub("\n", before).lstrip(),
            after=_LINES.sub("\n", after).rstrip(),
            cut=cut,
            goes_on=goes_on,
            title=self._titles.get(best.address, ""),
            address=best.address,
            link=best.address if best.address.startswith(("https://", "http://")) else "",
        )


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    """Some sentences before and after a span."""
    first = max(0, start - _AROUND)
    cuts = [first + match.end() for match in _END.finditer(text[first:start])]
    # The last cut is the end of the sentence before.
    if len(cuts) > _SENTENCES:
        first = cuts[-_SENTENCES - 1]
    last = min(len(text), end + _AROUND)
    ends = [end + match.end() for match in _END.finditer(text[end:last])]
    return first, ends[_SENTENCES] if len(ends) > _SENTENCES else last


def _word(cell: Any) -> str:
    if cell.disputed:
        return "disputed"
    return "unverified" if cell.verdict == "unknown" and cell.unverified else str(cell.verdict.value)


def _round(story: Story, chapter: Chapter, quotes: _Quotes, shown: set[str]) -> dict[str, Any]:
    """``shown``: ids of the quotes that stand in earlier rounds."""
    now, change = chapter.round, chapter.change
    meters = now.meters
    names = {one.id: one.answer for one in chapter.after.candidates}
    texts = {one.id: one.text for one in chapter.after.constraints}
    merged = [one for one in now.merged if one is not None]
    found = [(quote, quote.id in shown) for quote in quotes.of((*change.evidence, *change.verified))]
    shown.update(quote.id for quote, _ in found)
    # The hits of one call are on record with each of its queries.
    asked: dict[Any, list[Any]] = {}
    for query in change.queries:
        asked.setdefault((query.origin, query.hits), []).append(query)
    return {
        "number": now.number,
        "calls": sum(meter.calls for meter in meters),
        "tokens": sum(meter.tokens for meter in meters),
        "by": sorted({_BY[one.by] for one in merged}) if story.plan is not None else [],
        "complaints": [complaint for one in merged for complaint in one.complaints],
        "branches": [_branch(now.leads[at], now.outcomes[at], events) for at, events in enumerate(now.parts)],
        "change": change,
        "visits": [visit for visit in change.visits if visit.sha256],
        "lost": [visit for visit in change.visits if not visit.sha256],
        "standings": [
            {"answer": names[one.candidate], "before": one.before.value, "after": one.after.value}
            for one in change.standings
        ],
        "cells": [
            {
                "answer": names[one.candidate],
                "constraint": texts[one.constraint],
                "before": one.before,
                "after": one.after,
            }
            for one in change.cells
        ],
        "notes": [(kind, [note.text for note in change.notes if note.kind == kind]) for kind in _KINDS],
        "quotes": found,
        "searches": [([one.text for one in made], len(hits)) for (_, hits), made in asked.items()],
        "matrix": _matrix(chapter.after, quotes),
        "known": f"{len(chapter.before.evidence)} pieces of evidence" if chapter.before.evidence else "nothing",
    }


_KINDS = ("conclusion", "uncertainty", "plan")


def _branch(lead: str, outcome: Outcome | None, events: Sequence[Event]) -> dict[str, Any]:
    return {
        "lead": lead,
        "end": "not ended" if outcome is None else outcome.stop_reason,
        "answer": "" if outcome is None else outcome.answer or "",
        "steps": [line for step in steps_of(events) for line in _lines(step)],
    }


def _lines(step: Step) -> Iterator[tuple[str, str]]:
    """Of a step what the terminal shows of it: a kind, and a line."""
    if step.failure is not None:
        yield "failed", f"{step.failure.kind}: {step.failure.cause}"[:_LONGEST]
    if step.kind is StepKind.THINK and step.message is not None:
        thought = step.message.reasoning or (step.message.content if step.message.calls else "")
        if thought.strip():
            yield "thought", thought[:_LONGEST]
    for call in step.calls if step.kind is StepKind.ACT else ():
        yield "call", f"{call.name} {call.arguments}"[:_LONGEST]
    for result in step.results:
        ok = result.status in (ToolStatus.OK, ToolStatus.RETRIED)
        yield "gave" if ok else "failed", result.content.partition("<data ")[0].strip()[:_LONGEST]


def _matrix(state: State, quotes: _Quotes) -> dict[str, Any]:
    """Constraints by row, candidates by column, the best first."""
    rows = matrix(state)
    shown = rows[:_CANDIDATES]
    return {
        "candidates": [{"answer": row.candidate.answer, "standing": row.standing.value} for row in shown],
        "more": len(rows) - len(shown),
        "rows": [
            {"text": constraint.text, "cells": [_cell(row.cells[at], state, quotes) for row in shown]}
            for at, constraint in enumerate(state.constraints)
        ],
    }


def _cell(cell: Any, state: State, quotes: _Quotes) -> dict[str, Any]:
    ids = cell.supports + cell.contradicts or cell.unverified
    return {"word": _word(cell), "quotes": [one.id for one in quotes.of([state.evidence_by_id[id] for id in ids])]}
