"""The expert of every task that is there, and a run of it over n worlds."""

from collections.abc import Callable, Iterator

import numpy as np

from afterlore.core import InputError
from afterlore.lab.experts.hand import Actions, Hand, Unreachable
from afterlore.lab.experts.lids import close_lid, open_lid
from afterlore.lab.experts.pickup import pick_up
from afterlore.lab.laboratory import Laboratory
from afterlore.lab.parts.part import Array
from afterlore.lab.tasks.lids import LidTask
from afterlore.lab.tasks.pickup import PickUpTube
from afterlore.lab.tasks.task import Task

__all__ = ["Crew", "expert"]


def expert(task: Task) -> Callable[[Hand], Actions]:
    """The expert of a task. Raises InputError where there is none."""
    if isinstance(task, LidTask):
        skill = open_lid if task.opens else close_lid
        return lambda hand: skill(task, hand)
    if isinstance(task, PickUpTube):
        return lambda hand: pick_up(task, hand)
    raise InputError(f"nobody is an expert of {task.id!r} yet")


class Crew:
    """An expert for each world of a laboratory, which has the mode ``joint_abs``."""

    def __init__(self, lab: Laboratory) -> None:
        self._lab, self._expert = lab, expert(lab.task)
        self._hands = [Hand(lab, world) for world in range(lab.n)]
        self._skills: list[Actions] = [iter(())] * lab.n
        self.said: list[str] = [""] * lab.n
        """Why an expert gave up."""
        self.begin(range(lab.n))

    def begin(self, ids: Iterator[int] | range | list[int]) -> None:
        """Anew in worlds that were reset."""
        for world in ids:
            self._skills[world] = self._expert(self._hands[world])
            self.said[world] = ""

    def actions(self) -> Array:
        """(n, d): what each does next."""
        made = self._lab.action.nothing(self._lab.command)
        for world, skill in enumerate(self._skills):
            try:
                made[world] = next(skill, made[world])
            except Unreachable as error:
                self.said[world] = str(error)
                self._skills[world] = iter(())
        return np.asarray(made)
