"""What a search knows, piece by piece.

Each piece has a ``key``, which says what it is about, and a ``rank``, a total order over the pieces of one key. Of two
pieces of one key the higher is kept: so they merge in any order, any number of times, to the same.
"""

import unicodedata
from abc import abstractmethod
from enum import StrEnum
from functools import cached_property
from typing import Literal, NamedTuple

from pydantic import Field, model_validator

from afterlore.core import Failure, Record, canonical_json, digest

__all__ = [
    "Branch",
    "BranchStatus",
    "Candidate",
    "Constraint",
    "Evidence",
    "Link",
    "LoggedFailure",
    "Note",
    "Origin",
    "Piece",
    "Query",
    "Retraction",
    "Verdict",
    "Visit",
    "fold",
]

_ID_DIGITS = 12
"""Of a digest: 48 bits, so that among 10,000 pieces of a run two meet with a chance below one in a million."""


class Origin(NamedTuple):
    """Where in a run something came from. Ordered as the run went."""

    round: int
    """From 1; 0 is what was known before the first."""
    branch: int
    """Of the branches that ran side by side in the round, from 0."""
    seq: int
    """Step of that branch's trajectory."""


def fold(text: str) -> str:
    """Spellings that are the same text: NFKC, white space as one space."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _identifier(letter: str, *parts: str) -> str:
    return letter + digest(canonical_json(parts))[:_ID_DIGITS]


class Piece(Record):
    """Something known, with where it came from."""

    origin: Origin

    @property
    @abstractmethod
    def key(self) -> tuple[object, ...]:
        """What it is about. Two pieces of one kind and key are joined."""

    @property
    def rank(self) -> tuple[object, ...]:
        """Total order among pieces of one key; the first to be found wins unless a kind says otherwise."""
        return (*(-part for part in self.origin), self.to_json())


class Evidence(Piece):
    """A claim, and the words of a page that are said to bear it out.

    Quote-verified says that the page holds the words, not that the claim follows from them.
    """

    claim: str
    quote: str = Field(min_length=1)
    """As it stands in the page where it is verified, else as the model gave it."""
    address: str
    sha256: str = ""
    """Of the page's text, as UTF-8; empty while unverified."""
    span: tuple[int, int] | None = None
    """``text[start:end] == quote``, in code points; None while the words were not found in the page."""

    @model_validator(mode="after")
    def _fits(self) -> "Evidence":
        if self.span is not None:
            start, end = self.span
            if start < 0 or end - start != len(self.quote):
                raise ValueError(f"span {start}:{end} does not fit a quote of {len(self.quote)} characters")
        if (self.span is None) != (self.sha256 == ""):
            raise ValueError("a span and the digest of its page come together")
        return self

    @cached_property
    def id(self) -> str:
        """Of claim, quote and address: found twice, or verified later, it is the same piece."""
        return _identifier("e", fold(self.claim), fold(self.quote), self.address)

    @property
    def verified(self) -> bool:
        """Whether the page was seen to hold the quote."""
        return self.span is not None

    @property
    def key(self) -> tuple[object, ...]:
        return (self.id,)

    @property
    def rank(self) -> tuple[object, ...]:
        return (self.verified, *super().rank)


class Retraction(Piece):
    """A tombstone: evidence that is no longer held. It stands for good, and before the evidence is known."""

    evidence: str
    reason: str

    @property
    def key(self) -> tuple[object, ...]:
        return (self.evidence,)


class Constraint(Piece):
    """Something that the answer must satisfy."""

    text: str = Field(min_length=1)

    @cached_property
    def id(self) -> str:
        """Of the text, upper and lower case the same."""
        return _identifier("c", fold(self.text).casefold())

    @property
    def key(self) -> tuple[object, ...]:
        return (self.id,)


class Candidate(Piece):
    """Something that may be the answer."""

    answer: str = Field(min_length=1)

    @cached_property
    def id(self) -> str:
        """Of the answer, upper and lower case the same."""
        return _identifier("a", fold(self.answer).casefold())

    @property
    def key(self) -> tuple[object, ...]:
        return (self.id,)


class Verdict(StrEnum):
    """What is known of a candidate and a constraint."""

    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"
    UNKNOWN = "unknown"


class Link(Piece):
    """One piece of evidence speaks for or against a candidate in one constraint; ids."""

    candidate: str
    constraint: str
    """Empty where it is cited for the answer as a whole, which covers no constraint."""
    verdict: Literal[Verdict.SUPPORTS, Verdict.CONTRADICTS]
    evidence: str

    @property
    def key(self) -> tuple[object, ...]:
        return (self.candidate, self.constraint, self.verdict.value, self.evidence)


class BranchStatus(StrEnum):
    """What became of a line of inquiry."""

    OPEN = "open"
    EXHAUSTED = "exhausted"
    """Followed to its end."""
    ABANDONED = "abandoned"
    """Left before its end, for a reason."""


class Branch(Piece):
    """A line of inquiry. The latest word on it stands."""

    lead: str = Field(min_length=1)
    status: BranchStatus = BranchStatus.OPEN
    reason: str = ""

    @cached_property
    def id(self) -> str:
        """Of the lead, upper and lower case the same."""
        return _identifier("b", fold(self.lead).casefold())

    @property
    def key(self) -> tuple[object, ...]:
        return (self.id,)

    @property
    def rank(self) -> tuple[object, ...]:
        return (*self.origin, list(BranchStatus).index(self.status), self.to_json())


class Query(Piece):
    """A search that was made, and the addresses that it gave."""

    text: str
    hits: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        return (fold(self.text), *self.origin)


class Visit(Piece):
    """A page that was read."""

    address: str
    title: str = ""
    sha256: str = ""
    """Of its text, as UTF-8; empty when it could not be read."""

    @property
    def key(self) -> tuple[object, ...]:
        return (self.address, *self.origin)


class LoggedFailure(Piece):
    """What went wrong, and where."""

    failure: Failure

    @property
    def key(self) -> tuple[object, ...]:
        return (self.failure.to_json(), *self.origin)


class Note(Piece):
    """What the model concluded, doubts, or means to do next, in its own words. Nothing is decided on notes."""

    kind: Literal["conclusion", "uncertainty", "plan"]
    text: str = Field(min_length=1)

    @property
    def key(self) -> tuple[object, ...]:
        return (self.kind, fold(self.text), *self.origin)
