"""Candidates against constraints: what the evidence that still stands says, and what follows.

Only quote-verified evidence decides. A cell where it speaks on both sides is disputed, which is unknown: it neither
stops the search nor rejects the candidate, and the next round is shown both quotes.
"""

from collections import defaultdict
from enum import StrEnum

from afterlore.core import Record
from afterlore.research.rounds.state.items import Candidate, Evidence, Verdict, fold
from afterlore.research.rounds.state.known import State, Status

__all__ = ["Cell", "Row", "Standing", "best", "matrix", "settled", "support"]


class Standing(StrEnum):
    """Of a candidate."""

    COVERED = "covered"
    """Verified evidence supports it in every constraint."""
    SUPPORTED = "supported"
    """In some, and is against it in none."""
    REJECTED = "rejected"
    """Verified evidence contradicts it in some constraint and supports it there nowhere."""
    UNKNOWN = "unknown"


class Cell(Record):
    """One candidate in one constraint. The fields hold ids of evidence, in the order in which it was found."""

    constraint: str
    supports: tuple[str, ...] = ()
    contradicts: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    """Said to support it, the quote not found."""

    @property
    def verdict(self) -> Verdict:
        """By verified evidence alone."""
        if self.supports and not self.contradicts:
            return Verdict.SUPPORTS
        return Verdict.CONTRADICTS if self.contradicts and not self.supports else Verdict.UNKNOWN

    @property
    def disputed(self) -> bool:
        """Verified evidence stands on both sides."""
        return bool(self.supports and self.contradicts)


class Row(Record):
    """A candidate, with one cell for each constraint, in their order."""

    candidate: Candidate
    cells: tuple[Cell, ...]
    cited: tuple[str, ...] = ()
    """Verified evidence that was given for the answer as a whole."""

    @property
    def standing(self) -> Standing:
        """Follows from the cells."""
        verdicts = [cell.verdict for cell in self.cells]
        if Verdict.CONTRADICTS in verdicts:
            return Standing.REJECTED
        if verdicts and all(verdict is Verdict.SUPPORTS for verdict in verdicts):
            return Standing.COVERED
        return Standing.SUPPORTED if Verdict.SUPPORTS in verdicts else Standing.UNKNOWN

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of the verified evidence that supports it, each once."""
        return tuple(dict.fromkeys((*(id for cell in self.cells for id in cell.supports), *self.cited)))

    def _merit(self) -> tuple[int, ...]:
        verdicts = [cell.verdict for cell in self.cells]
        return (
            self.standing is not Standing.REJECTED,
            verdicts.count(Verdict.SUPPORTS) - verdicts.count(Verdict.CONTRADICTS),
            sum(1 for cell in self.cells if cell.disputed),
            len(self.evidence),
            sum(1 for cell in self.cells if cell.unverified),
        )


def matrix(state: State) -> tuple[Row, ...]:
    """A row for each candidate, the best first: those not rejected, then by constraints supported less contradicted, by
    constraints disputed, by pieces of evidence, by constraints with unverified support, then the later found, whose
    round knew more.
    """
    sides: dict[tuple[str, str, str], list[Evidence]] = defaultdict(list)
    for link in state.links:
        evidence = state.evidence_by_id.get(link.evidence)
        status = Status.RETRACTED if evidence is None else state.status(evidence)
        if evidence is None or status is Status.RETRACTED:
            continue
        if status is Status.QUOTE_VERIFIED:
            sides[link.candidate, link.constraint, link.verdict.value].append(evidence)
        elif link.verdict is Verdict.SUPPORTS:
            sides[link.candidate, link.constraint, "unverified"].append(evidence)

    def ids(candidate: str, constraint: str, side: str) -> tuple[str, ...]:
        return tuple(piece.id for piece in sorted(sides[candidate, constraint, side], key=lambda e: (e.origin, e.id)))

    rows = [
        Row(
            candidate=candidate,
            cells=tuple(
                Cell(
                    constraint=constraint.id,
                    supports=ids(candidate.id, constraint.id, Verdict.SUPPORTS.value),
                    contradicts=ids(candidate.id, constraint.id, Verdict.CONTRADICTS.value),
                    unverified=ids(candidate.id, constraint.id, "unverified"),
                )
                for constraint in state.constraints
            ),
            cited=ids(candidate.id, "", Verdict.SUPPORTS.value),
        )
        for candidate in state.candidates
    ]
    return tuple(sorted(rows, key=lambda row: (row._merit(), row.candidate.origin, row.candidate.id), reverse=True))


def best(state: State) -> Row | None:
    """The row to answer from; None when there is no candidate."""
    return next(iter(matrix(state)), None)


def settled(state: State) -> Row | None:
    """The one candidate that verified evidence covers in every constraint, where there is exactly one: the search may
    stop. Two that are covered mean that the constraints do not tell them apart yet.
    """
    covered = [row for row in matrix(state) if row.standing is Standing.COVERED]
    return covered[0] if len(covered) == 1 else None


def support(state: State, candidate: Candidate) -> tuple[Evidence, ...]:
    """What an answer is shown with: all that is said for it and not retracted, each quote once; the verified first, and
    what speaks for a constraint before what is cited for the answer as a whole.
    """
    cited = {  # whether it is cited for the answer as a whole alone
        link.evidence: not link.constraint
        for link in sorted(state.links, key=lambda link: link.constraint)
        if link.candidate == candidate.id and link.verdict is Verdict.SUPPORTS
    }
    held = [one for one in state.evidence if one.id in cited and state.status(one) is not Status.RETRACTED]
    held.sort(key=lambda one: (not one.verified, cited[one.id]))
    shown: dict[tuple[str, str], Evidence] = {}
    for one in held:
        shown.setdefault((one.address, fold(one.quote)), one)
    return tuple(shown.values())
