"""What the verifier answers."""

from typing import Literal

from afterlore.core import Record

__all__ = ["Kind", "Problem", "Verdict"]

Kind = Literal["number", "unit", "date", "entity", "subject", "quote", "attribution", "comparison", "bound"]


class Problem(Record):
    """One part of a claim that its sources do not bear out."""

    kind: Kind
    claim_says: str
    source_says: str
    """The nearest thing in the sources, or "" when they hold nothing like it."""
    minor: bool = False
    """A shade lost (最高, 据报道): worth showing, no reason to call the claim unsupported."""


class Verdict(Record):
    """``supported`` covers only the checkable parts; ``cannot_tell`` is an answer: nothing there could be checked."""

    state: Literal["supported", "contradicted", "unsupported", "cannot_tell"]
    problems: tuple[Problem, ...] = ()
    checked: int = 0
    """How many figures, dates, names and quotations of the claim were looked for."""
