"""Episodes of a task by a policy that needs no training: the expert, and the controls that must not succeed.

::

    afterlore lab expert --all --episodes 50
    afterlore lab run PickUpTube --policy random --steps 1000
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from afterlore.core import InputError
from afterlore.lab.actions import Mode
from afterlore.lab.bench import RATE
from afterlore.lab.experts.all import Crew
from afterlore.lab.laboratory import Laboratory
from afterlore.lab.parts.part import Array
from afterlore.lab.randomise import Randomisation
from afterlore.lab.tasks.task import Task
from afterlore.stats.intervals import Interval, wilson

__all__ = ["POLICIES", "Episode", "Policy", "Trials", "trials"]

Policy = Literal["expert", "noop", "random"]
_AT_ONCE = 10
"""Worlds that are stepped together."""
_USUAL = Randomisation()


@dataclass(frozen=True, slots=True)
class Episode:
    """What came of one."""

    seed: int
    success: bool
    seconds: float
    """Simulated, until it was done, or cut off."""
    failed: tuple[str, ...] = ()
    """Conditions that did not hold in the end."""
    said: str = ""
    """By an expert that gave up."""


@dataclass(frozen=True, slots=True)
class Trials:
    """Episodes of one task."""

    task: str
    policy: Policy
    episodes: tuple[Episode, ...]

    @property
    def successes(self) -> int:
        """How many were done."""
        return sum(episode.success for episode in self.episodes)

    @property
    def rate(self) -> float:
        """Share that was done."""
        return self.successes / len(self.episodes)

    @property
    def interval(self) -> Interval:
        """Wilson's, at 95 %."""
        return wilson(self.successes, len(self.episodes))


class _Actor(Protocol):
    def actions(self) -> Array: ...


class _Noop:
    """Does nothing."""

    def __init__(self, lab: Laboratory, seeds: Sequence[int]) -> None:
        del seeds
        self._lab = lab

    def actions(self) -> Array:
        return self._lab.action.nothing(self._lab.command)


class _Random:
    """Draws each action evenly from its limits, every world from a generator of its own."""

    def __init__(self, lab: Laboratory, seeds: Sequence[int]) -> None:
        self._low, self._high = lab.action.low, lab.action.high
        self._noises = [np.random.default_rng([seed, 1]) for seed in seeds]

    def actions(self) -> Array:
        return np.stack([noise.uniform(self._low, self._high) for noise in self._noises])


def _expert(lab: Laboratory, seeds: Sequence[int]) -> _Actor:
    del seeds
    return Crew(lab)


POLICIES: Mapping[Policy, Callable[[Laboratory, Sequence[int]], _Actor]] = {
    "expert": _expert,
    "noop": _Noop,
    "random": _Random,
}
"""By name."""


def trials(
    task: Task,
    policy: Policy,
    seeds: Sequence[int],
    *,
    steps: int | None = None,
    mode: Mode = "joint_abs",
    randomisation: Randomisation = _USUAL,
    threads: int = 1,
    done: Callable[[int], None] = lambda _: None,
) -> Trials:
    """An episode for each seed, of ``steps`` control steps at most (the task's limit); ``done`` is told how many ended.

    Raises InputError for a policy that is none, and for an expert in another mode than ``joint_abs``.
    """
    if policy not in POLICIES:
        raise InputError(f"no policy {policy!r}; there are: {', '.join(POLICIES)}")
    if not seeds or (steps is not None and steps < 1):
        raise InputError(f"there is an episode and a step at least, not {len(seeds)} and {steps}")
    found: list[Episode] = []
    for first in range(0, len(seeds), _AT_ONCE):
        some = seeds[first : first + _AT_ONCE]
        lab = Laboratory(task, len(some), threads=threads, mode=mode, randomisation=randomisation)
        lab.reset(seeds=some)
        found += _episodes(lab, POLICIES[policy](lab, some), some, steps or lab.limit)
        done(len(some))
    return Trials(task.id, policy, tuple(found))


def _episodes(lab: Laboratory, actor: _Actor, seeds: Sequence[int], steps: int) -> list[Episode]:
    ended: list[Episode | None] = [None] * lab.n
    for step in range(1, steps + 1):
        lab.step(actor.actions())
        for world in np.flatnonzero(lab.success):
            ended[world] = ended[world] or Episode(seeds[int(world)], True, step / RATE)
        if all(ended):
            break
    held = lab.conditions
    said = getattr(actor, "said", [""] * lab.n)
    return [
        episode
        or Episode(seed, False, steps / RATE, tuple(name for name in held if not held[name][world]), said[world])
        for world, (episode, seed) in enumerate(zip(ended, seeds, strict=True))
    ]
