"""What a task is: a scene, a beginning, and conditions that all hold when it is done.

A task holds no state: what it has to remember of a world is a ``State`` like that of a part, under ``lab.memory``.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import numpy as np

from afterlore.lab.bench import Bench
from afterlore.lab.parts.part import Array, State
from afterlore.lab.robots.arm import Arm
from afterlore.lab.scene import Scene

__all__ = ["SETTLED", "Level", "Task"]

Level = Literal["easy", "medium", "hard"]
"""Easy: one primitive. Medium: contact, or a tool. Hard: precision, an order, or a display to be read."""
SETTLED = 0.5
"""Seconds that all conditions must hold, before a task counts as done."""


class Task(Protocol):
    """Parameters of a task, a frozen dataclass."""

    @property
    def id(self) -> str:
        """Its name, as in ``afterlore/<id>-v0``."""
        ...

    @property
    def level(self) -> Level:
        """What it demands."""
        ...

    @property
    def says(self) -> str:
        """What has to be so in the end, in one line."""
        ...

    @property
    def prompts(self) -> Sequence[str]:
        """Ways to ask for it."""
        ...

    @property
    def seconds(self) -> float:
        """Its time limit."""
        ...

    @property
    def arm(self) -> Arm:
        """Who does it."""
        ...

    @property
    def ready(self) -> tuple[float, float, float, float]:
        """Where its gripper waits at first: x, y, z, metres, and how far it looks up, rad; -π/2 is straight down."""
        ...

    @property
    def loose(self) -> Sequence[str]:
        """Bodies whose mass may vary,"""
        ...

    @property
    def thin(self) -> Sequence[str]:
        """and geoms, cylinders, whose radius may."""
        ...

    def scene(self) -> Scene:
        """A new one, with what is worked on."""
        ...

    def memory(self, n: int) -> State:
        """What it remembers of n worlds, at their beginning."""
        ...

    def begin(self, lab: Bench, world: int, noise: np.random.Generator) -> None:
        """Put one world to its beginning, by ``qpos`` and the states of parts; the bench is laid already."""
        ...

    def act(self, lab: Bench) -> None:
        """What instruments do by themselves, and what is to be remembered; after each control step."""
        ...

    def conditions(self, lab: Bench) -> Mapping[str, Array]:
        """What must hold, by name; each (n,) of bool."""
        ...

    @property
    def last(self) -> str:
        """Name of the last condition: how the robot and its work touch."""
        ...

    def contact_holds(self, lab: Bench, world: int) -> bool:
        """Whether the last condition holds in one world."""
        ...
