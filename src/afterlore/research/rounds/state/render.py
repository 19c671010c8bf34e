"""The state as the next round's prompt shows it, within a number of tokens.

Lines are taken by importance until the budget is full, then set in the order of the sections: what decides comes before
what merely happened. The same state gives the same text.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from afterlore.context.tokens import count_tokens
from afterlore.core import InputError
from afterlore.research.rounds.state.items import BranchStatus, Evidence, fold
from afterlore.research.rounds.state.known import State, Status
from afterlore.research.rounds.state.matrix import Row, matrix

__all__ = ["render"]

_LONGEST = 400
"""Characters of a quote, claim or note that are shown."""
_SMALLEST = 64
"""Tokens below which no line of use fits."""


class _Line(NamedTuple):
    importance: int
    """0 is shown first."""
    section: str
    text: str


def render(state: State, tokens: int, *, count: Callable[[str], int] = count_tokens) -> str:
    """At most ``tokens`` long by ``count``; says how many lines were left out.

    Raises InputError for fewer than 64 tokens.
    """
    if tokens < _SMALLEST:
        raise InputError(f"a state cannot be shown in {tokens} tokens; give it {_SMALLEST} or more")
    lines = list(_lines(state))
    order = sorted(range(len(lines)), key=lambda at: (lines[at].importance, at))
    taken = len(order)
    text = _set(lines, order, taken)
    if count(text) > tokens:
        # The length grows with each line taken, so the most that fit are found by halving.
        fits = 0
        while taken - fits > 1:
            middle = (fits + taken) // 2
            fits, taken = (middle, taken) if count(_set(lines, order, middle)) <= tokens else (fits, middle)
        text = _set(lines, order, fits)
    return text


def _set(lines: list[_Line], order: list[int], taken: int) -> str:
    chosen = [lines[at] for at in sorted(order[:taken])]
    out: list[str] = []
    section = None
    for line in chosen:
        if line.section != section:
            out.append(f"## {line.section}")
            section = line.section
        out.append(line.text)
    if taken < len(lines):
        out.append(f"({len(lines) - taken} more lines of what is known do not fit here.)")
    return "\n".join(out)


def _lines(state: State) -> Iterator[_Line]:
    rows = matrix(state)
    yield from (_Line(0, "Constraints", f"- {one.id}: {_short(one.text)}") for one in state.constraints)
    for place, row in enumerate(rows):
        yield _Line(1 if place < 3 else 4, "Candidates", _row(row))
    yield from (_Line(2, "Plan of the last round", f"- {_short(text)}") for text in state.plan())
    yield from _evidence(state, rows)
    for status, importance in ((BranchStatus.OPEN, 2), (BranchStatus.EXHAUSTED, 5), (BranchStatus.ABANDONED, 5)):
        for branch in state.branches:
            if branch.status is status:
                reason = f" ({_short(branch.reason)})" if branch.reason else ""
                yield _Line(importance, "Branches", f"- {branch.id} {status.value}: {_short(branch.lead)}{reason}")
    latest = state.latest().round
    for kind, section in (("conclusion", "Conclusions"), ("uncertainty", "Uncertain")):
        for note in state.notes:
            if note.kind == kind:
                yield _Line(3 if note.origin.round == latest else 6, section, f"- {_short(note.text)}")
    asked = Counter(fold(query.text) for query in state.queries)
    hits = {fold(query.text): len(query.hits) for query in state.queries}
    yield from (
        _Line(5, "Searches made", f"- {_short(text)!r}: {hits[text]} hits{', asked again' if times > 1 else ''}")
        for text, times in asked.items()
    )
    read = {visit.address: bool(visit.sha256) for visit in state.visits}
    yield from (_Line(5, "Pages read", f"- {_short(at)}{'' if ok else ' (failed)'}") for at, ok in read.items())
    for logged in state.failures:
        text = f"- round {logged.origin.round}: {logged.failure.kind}: {_short(logged.failure.cause)}"
        yield _Line(7, "Failures", text)


def _row(row: Row) -> str:
    cells = []
    for cell in row.cells:
        word = "disputed" if cell.disputed else cell.verdict.value
        shown = cell.supports + cell.contradicts or cell.unverified
        cells.append(f"{cell.constraint} {word}{' by ' + ' '.join(shown) if shown else ''}")
    head = f"- {row.candidate.id} {row.standing.value}: {_short(row.candidate.answer)}"
    cited = [f"cited for it: {' '.join(row.cited)}"] if row.cited else []
    return "; ".join([head, *cells, *cited])


def _evidence(state: State, rows: tuple[Row, ...]) -> Iterator[_Line]:
    leading = {id for row in rows[:3] for cell in row.cells for id in cell.contradicts}
    leading.update(id for row in rows[:3] for id in row.evidence)
    retracted = {piece.evidence: piece.reason for piece in state.retractions}

    def line(piece: Evidence) -> str:
        return f"- {piece.id}: {_short(piece.claim)} — “{_short(piece.quote)}” ({_short(piece.address)})"

    for wanted, section, importance in (
        (Status.QUOTE_VERIFIED, "Evidence, quotes verified", 3),
        (Status.UNVERIFIED, "Evidence whose quote was not found: do not rely on it", 6),
        (Status.RETRACTED, "Retracted: do not use again", 5),
    ):
        for piece in state.evidence:
            if state.status(piece) is wanted:
                why = f" [{_short(retracted[piece.id])}]" if wanted is Status.RETRACTED else ""
                yield _Line(1 if piece.id in leading else importance, section, line(piece) + why)


def _short(text: str) -> str:
    """On one line."""
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
