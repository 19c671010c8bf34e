"""The claim: a statement and what is known of it."""

from datetime import datetime
from enum import StrEnum

from pydantic import model_validator

from afterlore.core.record import Record

__all__ = ["Change", "Claim", "Evidence", "Rung"]


class Rung(StrEnum):
    """How far a claim's evidence has climbed. The brief uses the first two rungs and ``disputed``."""

    QUOTED = "quoted"
    """One source sentence says so."""
    CORROBORATED = "corroborated"
    """Independent outlets agree."""
    INVESTIGATED = "investigated"
    """A search in rounds found primary evidence."""
    RERUN = "re-run"
    """We tested it ourselves."""
    DISPUTED = "disputed"
    """Outlets differ on it."""
    REFUTED = "refuted"
    """Shown to be false."""


class Evidence(Record):
    """One place in one stored source. ``source[start:end] == quote`` holds for the text whose SHA-256 is ``sha256``."""

    article: str
    """Id of the article in the brief's article table."""
    sha256: str
    """Of the article's stored text, as UTF-8."""
    start: int
    """First character of the quote, counted in Unicode code points from 0."""
    end: int
    """One past the last character of the quote."""
    quote: str

    @model_validator(mode="after")
    def _span(self) -> "Evidence":
        if not 0 <= self.start < self.end or self.end - self.start != len(self.quote):
            raise ValueError(f"span {self.start}:{self.end} does not fit a quote of {len(self.quote)} characters")
        return self


class Change(Record):
    """One step in a claim's history."""

    date: str
    """ISO 8601 date of the brief that made the change."""
    rung: Rung
    reason: str


class Claim(Record):
    """A statement, where it stands in the sources, and which outlets speak for and against it."""

    id: str
    text: str
    language: str
    """BCP 47, ``zh`` or ``en``."""
    subject: str
    """Who or what the claim is about, as the sources write it; empty when nothing can be named."""
    evidence: tuple[Evidence, ...]
    rung: Rung
    outlets_for: tuple[str, ...]
    outlets_against: tuple[str, ...] = ()
    first_seen: datetime | None
    """When the earliest of its articles was published; None when none of them says."""
    history: tuple[Change, ...] = ()

    @model_validator(mode="after")
    def _grounded(self) -> "Claim":
        if not self.evidence:
            raise ValueError(f"claim {self.id!r} points at no source")
        return self
