"""The expert of every task that is there, and a run of it over n worlds."""

from collections.abc import Callable

import numpy as np

from afterlore.core import InputError
from afterlore.lab.experts.hand import Actions, GaveUp, Hand
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
        """Raises InputError for another mode."""
        if lab.mode != "joint_abs":
            raise InputError(f"the expert acts in the mode 'joint_abs', not in {lab.mode!r}")
        self._lab, self._expert = lab, expert(lab.task)
        self._hands = [Hand(lab, world) for world in range(lab.n)]
        self._skills: list[Actions] = [iter(())] * lab.n
        self._resets = np.zeros(lab.n, dtype=np.int64)
        self.said: list[str] = [""] * lab.n
        """Why an expert gave up."""

    def actions(self) -> Array:
        """(n, d): what each does next. In a world that was reset it begins anew."""
        lab = self._lab
        for world in map(int, np.flatnonzero(self._resets != lab.resets)):
            self._skills[world] = self._expert(self._hands[world])
            self.said[world] = ""
        self._resets[:] = lab.resets
        made = lab.action.nothing(lab.command)
        for world, skill in enumerate(self._skills):
            try:
                made[world] = next(skill, made[world])
            except GaveUp as error:
                self.said[world] = str(error)
                self._skills[world] = iter(())
        return np.asarray(made)
