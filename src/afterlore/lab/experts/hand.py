"""A hand: one robot of a laboratory, moved by poses of its tool.

Skills are generators: each ``yield`` is one action of ``joint_abs`` for a control step. Poses become angles by inverse
kinematics at a few places along the way, and angles a motion with a smooth beginning and end.
"""

from collections.abc import Iterator

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.bench import RATE
from afterlore.lab.laboratory import Laboratory
from afterlore.lab.parts.part import Array
from afterlore.lab.robots.gripper import TOOL
from afterlore.lab.robots.ik import Solver

__all__ = ["Actions", "GaveUp", "Hand", "Unreachable", "between"]

Actions = Iterator[Array]
"""Of ``joint_abs``, (joints + 1,) each."""
_STRIDE, _TWIST = 0.04, 0.25
"""Metres and radians between two places where inverse kinematics are solved."""
_JOINT_SPEED = 1.4
"""rad/s, less than any joint's own."""


class GaveUp(InputError):
    """What an expert could not do."""


class Unreachable(GaveUp):
    """A pose to which the arm cannot bring its tool."""


class Hand:
    """Of one world. Speeds are of the tool, m/s and rad/s."""

    def __init__(self, lab: Laboratory, world: int) -> None:
        self.lab, self.world = lab, world
        self._arm = lab.task.arm
        self._solver = Solver(self._arm, TOOL)
        self._base = lab.base_frame
        self._room = np.linalg.inv(self._base)

    @property
    def command(self) -> Array:
        """What its servos were told last, (joints + 1,)."""
        return np.asarray(self.lab.command[self.world])

    @property
    def aim(self) -> Array:
        """Pose (4, 4) of the tool, in the room, that its servos were told last."""
        flange = self._arm.reference(self.command[:-1])[0]
        made: Array = self._room @ flange
        made[:3, 3] += TOOL * made[:3, 2]
        return made

    @property
    def width(self) -> float:
        """Between its fingers, as they are, metres."""
        return float(self.lab.proprioception[self.world, -1])

    def pose(self, body: str) -> Array:
        """(4, 4), of a body in the room."""
        return self.lab.pose(body, self.world)

    def go(self, *poses: Array, width: float | None = None, speed: float = 0.35, turn: float = 1.6) -> Actions:
        """Through ``poses`` (4, 4) of the tool in the room, straight from one to the next, and stop at the last one.

        Raises Unreachable for one that cannot be reached.
        """
        fingers = self.command[-1] if width is None else width
        angles, times = [self.command[:-1].copy()], [0.0]
        here = self.aim
        for pose in poses:
            length, angle = _apart(here, pose)
            pieces = max(1, round(length / _STRIDE), round(angle / _TWIST))
            for piece in range(1, pieces + 1):
                there = between(here, pose, piece / pieces)
                reached = self._solver.solve(self._base @ there, angles[-1])
                if not reached.holds:
                    x, y, z = there[:3, 3]
                    raise Unreachable(f"{self._arm.name!r} cannot reach ({x:.3f}, {y:.3f}, {z:.3f})")
                swing = np.abs(reached.angles - angles[-1]).max()
                least = max(length / pieces / speed, angle / pieces / turn, swing / _JOINT_SPEED, 1e-6)
                times.append(times[-1] + least)
                angles.append(reached.angles)
            here = pose
        path = np.array(angles)
        # It starts and ends at rest: time runs along the way as a smooth step does, one and a half times as long.
        steps = max(1, round(1.5 * times[-1] * RATE))
        for step in range(1, steps + 1):
            share = step / steps
            moment = times[-1] * share * share * (3 - 2 * share)
            row = [np.interp(moment, times, column) for column in path.T]
            yield np.array([*row, fingers])

    def grip(self, width: float, seconds: float = 0.4) -> Actions:
        """Fingers to ``width``, metres; the arm stays."""
        for _ in range(round(seconds * RATE)):
            yield np.array([*self.command[:-1], width])

    def wait(self, seconds: float) -> Actions:
        """Stay."""
        yield from self.grip(float(self.command[-1]), seconds)

    @property
    def missing(self) -> list[str]:
        """Conditions of the task that do not hold here."""
        return [name for name, held in self.lab.conditions.items() if not held[self.world]]


def between(one: Array, other: Array, share: float) -> Array:
    """The pose at ``share`` of the way: straight, and turning evenly about one axis."""
    turn = np.zeros(4)
    mujoco.mju_mat2Quat(turn, (one[:3, :3].T @ other[:3, :3]).ravel())
    spin, part, matrix = np.zeros(3), np.zeros(4), np.zeros(9)
    mujoco.mju_quat2Vel(spin, turn, 1)
    angle = float(np.linalg.norm(spin))
    mujoco.mju_axisAngle2Quat(part, spin / max(angle, 1e-12), share * angle)
    mujoco.mju_quat2Mat(matrix, part)
    made = np.eye(4)
    made[:3, :3] = one[:3, :3] @ matrix.reshape(3, 3)
    made[:3, 3] = (1 - share) * one[:3, 3] + share * other[:3, 3]
    return made


def _apart(one: Array, other: Array) -> tuple[float, float]:
    """Metres and radians between two poses."""
    cosine = (np.trace(one[:3, :3].T @ other[:3, :3]) - 1) / 2
    return float(np.linalg.norm(one[:3, 3] - other[:3, 3])), float(np.arccos(np.clip(cosine, -1, 1)))
