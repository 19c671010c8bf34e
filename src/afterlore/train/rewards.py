"""Rewards of groups of answers to one question, 1 or 0 each, and their advantages.

A group is what one question's roll-outs answer, as ``grading.read`` gives it; an empty text stands for none. ``right``
and ``majority`` are RLVR's and TTRL's (arXiv 2504.16084), ``across_views`` and ``by_teacher`` those of Co-rewarding-I
and -II (arXiv 2508.00410). ``at_random`` and ``of_form`` are nulls: what is gained under them is no learning to reason.
"""

import math
import random
from collections.abc import Sequence
from statistics import fmean, stdev

from afterlore.core import InputError
from afterlore.grading import vote

__all__ = ["across_views", "advantages", "at_random", "by_teacher", "majority", "of_form", "right"]

EPSILON = 1e-6
"""Beside the deviation, as the authors of Co-rewarding have it; TRL's is 1e-4."""


def right(answers: Sequence[str], gold: str) -> list[float]:
    """1 for the gold answer, which is in the form of the others (``grading.key``). Raises InputError without one."""
    if not gold:
        raise InputError("the gold answer is empty; a question without one takes a reward that needs no label")
    return _equal(answers, gold)


def majority(answers: Sequence[str]) -> list[float]:
    """1 for what most of the group say."""
    return _equal(answers, vote(answers).label)


def across_views(answers: Sequence[str], others: Sequence[str]) -> tuple[list[float], list[float]]:
    """Of a question's answers and of those to its rewording: each is labelled by the vote of the other view."""
    return _equal(answers, vote(others).label), _equal(others, vote(answers).label)


def by_teacher(answers: Sequence[str], teacher: Sequence[str]) -> list[float]:
    """1 for what most of the teacher's answers say."""
    return _equal(answers, vote(teacher).label)


def at_random(answers: Sequence[str], *, seed: int) -> list[float]:
    """A coin for each answer, the same for the same seed."""
    rng = random.Random(seed)
    return [float(rng.random() < 0.5) for _ in answers]


def of_form(answers: Sequence[str]) -> list[float]:
    """1 for any answer that could be read."""
    return [float(bool(answer)) for answer in answers]


def _equal(answers: Sequence[str], label: str) -> list[float]:
    # Where nobody won nobody is right: an empty answer is no label.
    return [float(bool(label) and answer == label) for answer in answers]


def advantages(rewards: Sequence[float], *, epsilon: float = EPSILON) -> list[float]:
    """(r - mean) / (std + ε) within one group, std unbiased; all 0 for a group of equal rewards.

    Raises InputError for a group of fewer than two, and for rewards that are no finite numbers.
    """
    if not all(map(math.isfinite, rewards)):
        raise InputError(f"rewards must be finite numbers, not {list(rewards)!r}; leave the roll-out out")
    if len(rewards) < 2:
        raise InputError(f"a group of {len(rewards)} has no advantages; take two roll-outs or more")
    mean, spread = fmean(rewards), stdev(rewards)
    return [(reward - mean) / (spread + epsilon) for reward in rewards]
