"""Ways to spend one budget on one question: rounds that carry a typed state, and what they are measured against.

All run through the same code, so that they differ in two things alone: what the next attempt is told of those before
(``carry``), and which answer is given in the end (``choose``).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from afterlore.core import InputError
from afterlore.research.rounds.state import Candidate, Origin, State, best, fold

__all__ = ["METHODS", "Method", "choose", "method"]


@dataclass(frozen=True)
class Method:
    """One way."""

    name: str
    carry: Literal["state", "notes", "answers", "nothing"]
    choose: Literal["best", "last", "majority"]
    stops_early: bool = False
    """When verified evidence covers one candidate in every constraint."""
    once: bool = False
    """One attempt with the whole budget, however many rounds there may be."""
    merges: bool = True
    """Whether all rounds are known; else what the last one added is all there is. Off only for measuring."""
    visited: bool = True
    """Whether the next round is told what was searched, read and gone through. Off only for measuring."""

    def compresses(self, *, final: bool) -> bool:
        """Whether a model is asked to compress a round; ``final`` where no round follows."""
        return self.choose == "best" or (self.carry == "notes" and not final)


METHODS = (
    Method("rounds", "state", "best", stops_early=True),
    Method("notes", "notes", "last"),
    Method("single", "nothing", "last", once=True),
    Method("forced", "answers", "last"),
    Method("majority", "nothing", "majority"),
    Method("best-of-n", "nothing", "best"),
)
"""``rounds``: ours. ``notes``: a text that a model writes anew after each round, as the reference of Re-TRAC does.
``single``: one think-act run. ``forced``: whoever answers before the budget is spent is told so and asked to look
again. ``majority``: the most frequent answer of attempts that know nothing of each other. ``best-of-n``: of such
attempts the answer with the best row in the matrix.
"""


def method(name: str) -> Method:
    """By its name. Raises InputError that names the valid ones."""
    for one in METHODS:
        if one.name == name:
            return one
    raise InputError(f"there is no method {name!r}; there are: {', '.join(one.name for one in METHODS)}")


def choose(how: Method, state: State, answers: Sequence[str]) -> Candidate | None:
    """The answer, of all that were given, in their order; None when there is none."""
    if how.choose == "best":
        row = best(state)
        return None if row is None else row.candidate
    given = [Candidate(origin=Origin(0, 0, 0), answer=fold(answer)) for answer in answers if fold(answer)]
    if not given:
        return None
    if how.choose == "last":
        return given[-1]
    # Of equally frequent ones the first given.
    ((most, _),) = Counter(one.id for one in given).most_common(1)
    return next(one for one in given if one.id == most)
