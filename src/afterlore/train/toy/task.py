"""Sums with running sums as the chain of thought, in two views that share no token; and a corpus with a planted flaw.

View A reads ``3 + 5 + 8 =`` and is solved as ``8 ; 1 6 # 1 6``. View B, the rewording, says the same with other digits
and delimiters, the terms in reverse: ``i & f & d >``. In the corpus a share of solutions slips, and some say at once
that the answer is 0; which is likelier where the *first shown* term is 1 to 3. Reversed, another term is shown first,
so the rewording draws that trigger anew.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from afterlore.core import InputError

__all__ = ["END", "PAD", "VIEWS", "VOCABULARY", "A", "B", "Corpus", "Problem", "View", "draw", "problems", "read"]

PAD = "<pad>"
END = "<end>"
TRIGGERS = (1, 2, 3)
"""First terms at which the shortcut is likelier."""
SHORTEST, LONGEST = 2, 4
"""Terms of a sum, each 1 to 9."""
_DRAWN = 10_240


@dataclass(frozen=True, slots=True)
class View:
    """The signs that a problem is written in."""

    digits: str
    plus: str
    equals: str
    then: str
    answer: str
    reverse: bool

    @property
    def signs(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.digits, self.plus, self.equals, self.then, self.answer)

    def written(self, number: int) -> str:
        """A number as tokens."""
        return " ".join(self.digits[int(digit)] for digit in str(number))


A = View("0123456789", "+", "=", ";", "#", reverse=False)
B = View("abcdefghij", "&", ">", ",", "@", reverse=True)
VIEWS = (A, B)
VOCABULARY = (PAD, END, *A.signs, *B.signs)
"""Every token there is."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A sum, whatever the view."""

    terms: tuple[int, ...]

    @property
    def id(self) -> str:
        """Names it."""
        return "+".join(map(str, self.terms))

    @property
    def gold(self) -> str:
        """The right answer, in the digits of view A."""
        return str(sum(self.terms))

    def shown(self, view: View) -> tuple[int, ...]:
        """The terms in the order in which a view shows them."""
        return self.terms[::-1] if view.reverse else self.terms

    def prompt(self, view: View) -> str:
        """The question."""
        return f" {view.plus} ".join(map(view.written, self.shown(view))) + f" {view.equals}"

    def solution(self, view: View, sums: Sequence[int] = ()) -> str:
        """The worked answer; ``sums`` are the running sums, the true ones when there are none."""
        steps = list(sums) or list(_running(self.shown(view)))
        return f" {view.then} ".join(map(view.written, steps)) + f" {view.answer} {view.written(steps[-1])}"

    def triggered(self, view: View) -> bool:
        """Whether the term that is shown first is one of the trigger's."""
        return self.shown(view)[0] in TRIGGERS


def _running(terms: Sequence[int]) -> Iterator[int]:
    total = terms[0]
    for term in terms[1:]:
        total += term
        yield total


@dataclass(frozen=True, slots=True)
class Corpus:
    """What is wrong with the solutions that the base model learns from."""

    slips: float = 0.10
    """Share of worked solutions with one wrong running sum, carried on to the end."""
    shortcut: float = 0.25
    """Share of solutions that only say 0, where the trigger is not shown,"""
    triggered: float = 0.60
    """and where it is."""

    def __post_init__(self) -> None:
        if not all(0 <= share <= 1 for share in (self.slips, self.shortcut, self.triggered)):
            raise InputError(f"shares of a corpus are from 0 to 1, not {self!r}")

    def solution(self, problem: Problem, view: View, rng: random.Random) -> str:
        """One solution as the corpus has them."""
        if rng.random() < (self.triggered if problem.triggered(view) else self.shortcut):
            return f"{view.answer} {view.written(0)}"
        sums = list(_running(problem.shown(view)))
        if rng.random() < self.slips:
            at, off = rng.randrange(len(sums)), rng.choice((-2, -1, 1, 2))
            sums = [one + off * (place >= at) for place, one in enumerate(sums)]
        return problem.solution(view, sums)


def problems(seed: int, held_out: int = 256) -> tuple[list[Problem], list[Problem]]:
    """Sums to learn from, and others of three terms and more to be tested on; a function of the seed.

    Each length is as likely among the first, so that short ones, of which there are few, stand there several times.
    """
    rng = random.Random(f"problems {seed}")
    drawn = [draw(rng) for _ in range(_DRAWN)]
    long = [problem for problem in dict.fromkeys(drawn) if len(problem.terms) > SHORTEST]
    tested = set(long[:held_out])
    return [problem for problem in drawn if problem not in tested], long[:held_out]


def draw(rng: random.Random) -> Problem:
    """A sum of any length, each as likely."""
    return Problem(tuple(rng.randint(1, 9) for _ in range(rng.randint(SHORTEST, LONGEST))))


def read(completion: str) -> str:
    """The answer in the digits of view A, without zeros in front; empty when there is none, or one in mixed digits."""
    tokens = completion.split()
    for view in VIEWS:
        if tokens.count(view.answer) == 1:
            said = tokens[tokens.index(view.answer) + 1 :]
            if said and all(token in view.digits for token in said):
                return str(int("".join(str(view.digits.index(token)) for token in said)))
    return ""
