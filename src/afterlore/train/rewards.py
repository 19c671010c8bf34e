"""Labels and rewards of groups of answers, 1 or 0 each, and their advantages.

A group is what one prompt's roll-outs answer, as ``grading.read`` gives it; an empty text stands for none. Whose vote
a group is compared with is the method's (``methods``): RLVR's, TTRL's (arXiv 2504.16084), Co-rewarding-I's or -II's
(arXiv 2508.00410). ``at_random`` and ``of_form`` are nulls: what is gained under them is no learning to reason.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import NamedTuple

from afterlore.core import InputError
from afterlore.grading import Ties, Vote, vote
from afterlore.train.methods import Method

__all__ = ["Answers", "Group", "Place", "Voting", "advantages", "at_random", "labels", "matching", "of_form"]

EPSILON = 1e-6
"""Beside the deviation, as the authors of Co-rewarding have it; TRL's is 1e-4."""


class Place(NamedTuple):
    """Which prompt: a question's id, and 0 for the question itself or 1 for its rewording."""

    question: str
    form: int

    @property
    def other(self) -> "Place":
        """The other form of the same question."""
        return Place(self.question, 1 - self.form)


@dataclass(frozen=True, slots=True)
class Answers:
    """What several roll-outs of one prompt answer."""

    texts: Sequence[str]
    truncated: Sequence[bool] = ()
    """Which of them ran into the limit; these have no vote. Empty for none."""


@dataclass(frozen=True, slots=True)
class Group:
    """All that is known of one prompt's roll-outs."""

    policy: Answers
    teacher: Answers = Answers(())
    """Of the same prompt; empty where the method has no teacher."""
    gold: str = ""
    """The right answer, in the form of the others; empty where it is not known."""


@dataclass(frozen=True, slots=True)
class Voting:
    """How votes are counted: see ``grading.vote``."""

    ties: Ties = "first"
    minimum: float = 0.0
    seed: int = 0

    def of(self, answers: Answers) -> Vote:
        """What these answers say."""
        return vote(answers.texts, ties=self.ties, minimum=self.minimum, truncated=answers.truncated, seed=self.seed)


def labels(method: Method, groups: Mapping[Place, Group], voting: Voting) -> dict[Place, str]:
    """What counts as right for each prompt; empty where nobody won, and where the method has no labels.

    Raises InputError for a gold answer that is missing, and for a prompt whose other form is not among the groups.
    """
    return {place: _label(method, groups, place, voting) for place in groups}


def _label(method: Method, groups: Mapping[Place, Group], place: Place, voting: Voting) -> str:
    own = groups[place]
    if method.label == "none":
        return ""
    if method.label == "gold":
        if not own.gold:
            raise InputError(f"{place.question!r} has no gold answer; take a method that needs no label")
        return own.gold
    if method.label == "group":
        return voting.of(own.policy).label
    if method.label == "teacher":
        return voting.of(own.teacher).label
    if place.other not in groups:
        raise InputError(f"the two forms of {place.question!r} are not in one batch; keep them side by side")
    other = groups[place.other]
    return voting.of(other.policy if method.label == "rewording" else other.teacher).label


def matching(answers: Sequence[str], label: str) -> list[float]:
    """1 for the label. Without a label nobody is right: an empty answer is none."""
    return [float(bool(label) and answer == label) for answer in answers]


def at_random(count: int, *, seed: str) -> list[float]:
    """A coin for each answer, the same for the same seed."""
    rng = random.Random(seed)
    return [float(rng.random() < 0.5) for _ in range(count)]


def of_form(answers: Sequence[str]) -> list[float]:
    """1 for any answer that could be read."""
    return [float(bool(answer)) for answer in answers]


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
