"""The state that a search carries from round to round: a join-semilattice.

A state is a set of pieces for each kind; merging is their union, pieces of one key joined. So a merge is idempotent,
commutative and associative, and loses no evidence, and what one round adds is itself a state. Forgetting is an addition
too: a retraction is a tombstone, and whatever rests on retracted evidence alone is unknown again (``matrix``).
The construction is the delta-state CRDT of Almeida, Shoker and Baquero 2018, "Delta state replicated data types".
"""

from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property, reduce
from typing import Literal, TypeVar

from pydantic import field_validator

from afterlore.core import Record
from afterlore.research.rounds.state.items import (
    Branch,
    Candidate,
    Constraint,
    Evidence,
    Link,
    LoggedFailure,
    Note,
    Origin,
    Piece,
    Query,
    Retraction,
    Visit,
)

__all__ = ["State", "Status", "merge"]

P = TypeVar("P", bound=Piece)


class Status(StrEnum):
    """Of a piece of evidence."""

    QUOTE_VERIFIED = "quote_verified"
    """The page holds the quote. Whether the claim follows from it is another matter."""
    UNVERIFIED = "unverified"
    """The words were not found: it neither stops a search nor rejects a candidate."""
    RETRACTED = "retracted"


class State(Record):
    """All that is known. Each field is in the order in which its pieces were found, and holds no key twice, whatever it
    was made from: states that know the same are equal, to the byte of their JSON.
    """

    schema_version: Literal[1] = 1
    constraints: tuple[Constraint, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    retractions: tuple[Retraction, ...] = ()
    links: tuple[Link, ...] = ()
    branches: tuple[Branch, ...] = ()
    queries: tuple[Query, ...] = ()
    visits: tuple[Visit, ...] = ()
    failures: tuple[LoggedFailure, ...] = ()
    notes: tuple[Note, ...] = ()

    @field_validator(
        "constraints",
        "candidates",
        "evidence",
        "retractions",
        "links",
        "branches",
        "queries",
        "visits",
        "failures",
        "notes",
    )
    @classmethod
    def _joined(cls, pieces: tuple[P, ...]) -> tuple[P, ...]:
        kept: dict[tuple[object, ...], P] = {}
        for piece in pieces:
            other = kept.get(piece.key)
            if other is None or piece.rank > other.rank:
                kept[piece.key] = piece
        return tuple(sorted(kept.values(), key=lambda piece: (piece.origin, piece.key)))

    @cached_property
    def evidence_by_id(self) -> dict[str, Evidence]:
        """Retracted pieces included."""
        return {piece.id: piece for piece in self.evidence}

    @cached_property
    def _retracted(self) -> frozenset[str]:
        return frozenset(piece.evidence for piece in self.retractions)

    def status(self, evidence: Evidence) -> Status:
        """Of a piece of evidence, retractions counted."""
        if evidence.id in self._retracted:
            return Status.RETRACTED
        return Status.QUOTE_VERIFIED if evidence.verified else Status.UNVERIFIED

    def plan(self) -> tuple[str, ...]:
        """What the latest round that planned means to do next."""
        plans = [note for note in self.notes if note.kind == "plan"]
        latest = max((note.origin.round for note in plans), default=0)
        return tuple(note.text for note in plans if note.origin.round == latest)

    def latest(self) -> Origin:
        """Of the last thing that was added; (0, 0, 0) when nothing was."""
        pieces = (piece.origin for name in _KINDS for piece in getattr(self, name))
        return max(pieces, default=Origin(0, 0, 0))


_KINDS = tuple(name for name in State.model_fields if name != "schema_version")


def merge(*states: State) -> State:
    """Everything that any of them knows."""
    return reduce(_join, states, State())


def _join(one: State, other: State) -> State:
    def both(name: str) -> Iterable[Piece]:
        return (*getattr(one, name), *getattr(other, name))

    return State.model_validate({name: both(name) for name in _KINDS})
