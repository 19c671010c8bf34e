"""What one state knows beyond another: what a round has added, for the replay page and the live view."""

from afterlore.core import Record
from afterlore.research.rounds.state.items import (
    Branch,
    Candidate,
    Constraint,
    Evidence,
    LoggedFailure,
    Note,
    Query,
    Retraction,
    Verdict,
    Visit,
)
from afterlore.research.rounds.state.known import State
from afterlore.research.rounds.state.matrix import Standing, matrix

__all__ = ["CellChange", "StandingChange", "StateDiff", "diff"]


class CellChange(Record):
    """A candidate in a constraint, by id: what was known and what is known now."""

    candidate: str
    constraint: str
    before: Verdict
    after: Verdict


class StandingChange(Record):
    """A candidate, by id. It was ``unknown`` before it was found."""

    candidate: str
    before: Standing
    after: Standing


class StateDiff(Record):
    """What is new. All fields are empty where the second state knows no more than the first."""

    constraints: tuple[Constraint, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    verified: tuple[Evidence, ...] = ()
    """Known before, its quote found now."""
    retractions: tuple[Retraction, ...] = ()
    cells: tuple[CellChange, ...] = ()
    standings: tuple[StandingChange, ...] = ()
    branches: tuple[Branch, ...] = ()
    """New, or with another word on them."""
    queries: tuple[Query, ...] = ()
    visits: tuple[Visit, ...] = ()
    failures: tuple[LoggedFailure, ...] = ()
    notes: tuple[Note, ...] = ()


def diff(before: State, after: State) -> StateDiff:
    """What ``after`` knows that ``before`` did not; what only ``before`` knows is not told."""
    known = before.evidence_by_id
    old, new = _cells(before), _cells(after)
    stood, stands = _standings(before), _standings(after)
    keys = {name: {piece.key for piece in getattr(before, name)} for name in State.model_fields if name[-1] == "s"}
    return StateDiff(
        constraints=tuple(piece for piece in after.constraints if piece.key not in keys["constraints"]),
        candidates=tuple(piece for piece in after.candidates if piece.key not in keys["candidates"]),
        evidence=tuple(piece for piece in after.evidence if piece.id not in known),
        verified=tuple(
            piece for piece in after.evidence if piece.verified and piece.id in known and not known[piece.id].verified
        ),
        retractions=tuple(piece for piece in after.retractions if piece.key not in keys["retractions"]),
        cells=tuple(
            CellChange(candidate=at[0], constraint=at[1], before=old.get(at, Verdict.UNKNOWN), after=verdict)
            for at, verdict in new.items()
            if verdict is not old.get(at, Verdict.UNKNOWN)
        ),
        standings=tuple(
            StandingChange(candidate=id, before=stood.get(id, Standing.UNKNOWN), after=standing)
            for id, standing in stands.items()
            if standing is not stood.get(id, Standing.UNKNOWN)
        ),
        branches=tuple(branch for branch in after.branches if branch not in before.branches),
        queries=tuple(piece for piece in after.queries if piece.key not in keys["queries"]),
        visits=tuple(piece for piece in after.visits if piece.key not in keys["visits"]),
        failures=tuple(piece for piece in after.failures if piece.key not in keys["failures"]),
        notes=tuple(piece for piece in after.notes if piece.key not in keys["notes"]),
    )


def _cells(state: State) -> dict[tuple[str, str], Verdict]:
    return {(row.candidate.id, cell.constraint): cell.verdict for row in matrix(state) for cell in row.cells}


def _standings(state: State) -> dict[str, Standing]:
    return {row.candidate.id: row.standing for row in matrix(state)}
