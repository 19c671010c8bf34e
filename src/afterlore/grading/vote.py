r"""Votes on answers: what most of a group say is taken for right.

The authors of *Co-rewarding* (arXiv 2508.00410) vote on the raw strings of the last ``\boxed``, a tie going to the
first seen; ``mode="authors"`` does the same, for comparison. In either mode an empty answer never wins.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from afterlore.core import InputError
from afterlore.grading.extract import final_answer
from afterlore.grading.keys import key

__all__ = ["Mode", "Ties", "Vote", "read", "vote"]

Mode = Literal["canonical", "authors"]
Ties = Literal["first", "abstain", "random"]


@dataclass(frozen=True, slots=True)
class Vote:
    """What a group says."""

    label: str
    """The answer that won; empty when none did."""
    agreement: float
    """Share of the whole group that gave the most frequent answer, 0 to 1; 0 where there was none."""


def read(text: str, mode: Mode = "canonical") -> str:
    """The answer of one roll-out as it is voted on; empty when there is none."""
    if mode == "authors":
        return _last_box(text)
    return key(final_answer(text))


def _last_box(text: str) -> str:
    r"""What stands in the last ``\boxed``, as MATH's tools find it: nothing where that one is not closed."""
    _, mark, rest = text.rpartition(r"\boxed{")
    depth = 1 if mark else 0
    for at, sign in enumerate(rest if mark else ""):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth == 0:
            return rest[:at]
    return ""


def vote(
    answers: Sequence[str],
    *,
    ties: Ties = "first",
    minimum: float = 0.0,
    truncated: Sequence[bool] = (),
    seed: int = 0,
) -> Vote:
    """The most frequent of a group's answers, as ``read`` gives them. Those of ``truncated`` roll-outs do not count.

    ``minimum`` is the agreement below which nobody wins. Raises InputError for a group and marks of different sizes.
    """
    if truncated and len(truncated) != len(answers):
        raise InputError(f"{len(answers)} answers, but {len(truncated)} marks of what was truncated; give one for each")
    if not 0 <= minimum <= 1:
        raise InputError(f"minimum is a share from 0 to 1, not {minimum!r}")
    cut = truncated or [False] * len(answers)
    counts = Counter(answer for answer, off in zip(answers, cut, strict=True) if answer and not off)
    if not counts:
        return Vote("", 0.0)
    most = max(counts.values())
    # A Counter keeps the order in which they were first seen.
    best = [answer for answer, count in counts.items() if count == most]
    agreement = most / len(answers)
    if agreement < minimum or (len(best) > 1 and ties == "abstain"):
        return Vote("", agreement)
    winner = random.Random(f"{seed} {sorted(best)}").choice(sorted(best)) if ties == "random" else best[0]
    return Vote(winner, agreement)
