"""How fast the laboratory is, while an expert works in it; beside what was measured of its peer.

::

    afterlore lab bench
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from afterlore.lab.experts.all import Crew
from afterlore.lab.laboratory import Laboratory
from afterlore.lab.scene import CAMERAS
from afterlore.lab.tasks.task import Task

__all__ = ["PEER", "PEER_SETS", "Speed", "speeds"]

PEER: Mapping[str, float] = {"PickUpTube": 1.1, "OpenCyclerLid": 16, "CloseCyclerLid": 16}
"""Times real time, of AutoBio's own code on two cores."""
PEER_SETS = 17.5
"""Observations with two cameras a second, of the same: 17 to 18."""
_FRAMES = 60
"""Pictures are taken of so many moments of an episode."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Of one task."""

    task: str
    worlds: int
    seconds: float
    """Simulated, in all worlds."""
    stepping: float
    """Wall time for physics and parts, s,"""
    thinking: float
    """and for the experts."""
    sets: int
    """Pairs of pictures that were drawn,"""
    drawing: float
    """and the wall time for it, s."""

    @property
    def real_time(self) -> float:
        """Simulated seconds a second, the experts' own time included."""
        return self.seconds / (self.stepping + self.thinking)

    @property
    def physics(self) -> float:
        """The same without the experts."""
        return self.seconds / self.stepping

    @property
    def sets_a_second(self) -> float:
        """Pictures of both cameras, drawn one pair after the other."""
        return self.sets / self.drawing if self.sets else 0.0

    @property
    def peer(self) -> float | None:
        """How many times as fast as the peer it is, where that was measured."""
        return self.real_time / PEER[self.task] if self.task in PEER else None


def speeds(tasks: Sequence[Task], worlds: int = 1, *, draw: bool = True, seed: int = 0) -> Iterator[Speed]:
    """Measure one task after the other, over the episodes of ``worlds`` seeds. One thread."""
    for task in tasks:
        with Laboratory(task, worlds) as lab:
            yield _measure(lab, list(range(seed, seed + worlds)), draw)


def _measure(lab: Laboratory, seeds: list[int], draw: bool) -> Speed:
    lab.reset(seeds=seeds)
    if draw:
        lab.frame(CAMERAS[0])
    crew = Crew(lab)
    stepping = thinking = drawing = 0.0
    steps = sets = 0
    every = max(1, lab.limit // _FRAMES)
    running = np.ones(lab.n, dtype=bool)
    while running.any() and steps < lab.limit:
        start = time.perf_counter()
        actions = crew.actions()
        thought = time.perf_counter()
        lab.step(actions)
        stepped = time.perf_counter()
        thinking += thought - start
        stepping += stepped - thought
        if draw and steps % every == 0:
            for camera in CAMERAS:
                lab.frame(camera, sets % lab.n)
            drawing += time.perf_counter() - stepped
            sets += 1
        steps += 1
        running &= ~lab.success
    return Speed(lab.task.id, lab.n, steps * lab.n * lab.seconds, stepping, thinking, sets, drawing)
