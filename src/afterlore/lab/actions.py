"""Action modes: what a policy's numbers mean, and how they become what servos are told.

``joint_abs``: angles of the joints, radians, and the width between the fingers, metres.
``ee_delta``: how far the tool, the middle between the pads, moves in this step along the axes of the arm's base (x, y,
z, metres), how far it turns about itself (a rotation vector along the same axes, radians), and the width. Its inverse
kinematics are mink's.
"""

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.parts.part import Array
from afterlore.lab.robots.arm import Arm
from afterlore.lab.robots.gripper import TOOL
from afterlore.lab.robots.ik import Solver

__all__ = ["MODES", "Action", "Mode"]

Mode = Literal["joint_abs", "ee_delta"]
_STEP, _TURN = 0.02, 0.1
"""The most that ``ee_delta`` takes: metres along an axis, radians about one."""
_LOST, _TWISTED = 2e-4, 5e-4
"""Metres and radians from where the tool should be, beyond which an arm stays where it is."""


class Action(Protocol):
    """A mode for one arm."""

    names: tuple[str, ...]
    """Of the numbers,"""
    low: Array
    """the least (d,) and"""
    high: Array
    """the most that they may be."""

    def checked(self, actions: Array, n: int) -> Array:
        """Actions as an array (n, d). Raises InputError for other shapes, for what is no number, and out of limits."""
        ...

    def targets(self, command: Array, actions: Array) -> Array:
        """What servos shall come to, (n, joints + 1), from what they were told last."""
        ...

    def nothing(self, command: Array) -> Array:
        """Actions (n, d) that leave all as it is."""
        ...


class _Limited:
    """Numbers within limits."""

    def __init__(self, names: tuple[str, ...], low: list[float], high: list[float]) -> None:
        self.names, self.low, self.high = names, np.array(low), np.array(high)

    def checked(self, actions: Array, n: int) -> Array:
        """See ``Action``."""
        try:
            made = np.asarray(actions, dtype=float)
        except (TypeError, ValueError) as error:
            raise InputError(f"an action is an array of {len(self.names)} numbers: {error}") from error
        shape = (n, len(self.names))
        if made.shape != shape:
            raise InputError(f"actions have the shape {shape}, not {made.shape}: {', '.join(self.names)}")
        if not np.isfinite(made).all():
            world, number = np.argwhere(~np.isfinite(made))[0]
            raise InputError(f"{self.names[number]!r} of the action is {made[world, number]}, no finite number")
        # float32 rounds limits to a little more.
        outside = (made < self.low - 1e-6) | (made > self.high + 1e-6)
        if outside.any():
            world, number = np.argwhere(outside)[0]
            raise InputError(
                f"{self.names[number]!r} of the action is {made[world, number]:.4g}, out of its limits"
                f" {self.low[number]:.4g} to {self.high[number]:.4g}"
            )
        return np.asarray(np.clip(made, self.low, self.high))


class _JointAbs(_Limited):
    def __init__(self, arm: Arm, width: float) -> None:
        low, high = [link.low for link in arm.links], [link.high for link in arm.links]
        super().__init__((*arm.joints, "width"), [*low, 0], [*high, width])

    def targets(self, command: Array, actions: Array) -> Array:
        """The actions themselves."""
        del command
        return actions

    def nothing(self, command: Array) -> Array:
        """What was told last."""
        return command.copy()


class _EeDelta(_Limited):
    def __init__(self, arm: Arm, width: float) -> None:
        names = ("dx", "dy", "dz", "rx", "ry", "rz", "width")
        high = [_STEP] * 3 + [_TURN] * 3
        super().__init__(names, [*(-most for most in high), 0], [*high, width])
        self._arm, self._solver = arm, Solver(arm, TOOL)

    def targets(self, command: Array, actions: Array) -> Array:
        """Angles that move the tool; an arm that cannot follow stays where it is."""
        made = command.copy()
        made[:, -1] = actions[:, -1]
        moved = np.flatnonzero(np.abs(actions[:, :-1]).max(axis=-1) > 0)
        for world, pose in zip(moved, self._arm.reference(command[moved, :-1]), strict=True):
            turn = np.zeros(9)
            quaternion = np.zeros(4)
            angle = float(np.linalg.norm(actions[world, 3:6]))
            mujoco.mju_axisAngle2Quat(quaternion, actions[world, 3:6] / max(angle, 1e-12), angle)
            mujoco.mju_quat2Mat(turn, quaternion)
            aim = pose.copy()
            aim[:3, 3] += TOOL * pose[:3, 2]
            aim[:3, :3] = turn.reshape(3, 3) @ pose[:3, :3]
            aim[:3, 3] += actions[world, :3]
            reached = self._solver.solve(aim, command[world, :-1], iterations=10)
            if reached.distance < _LOST and reached.turn < _TWISTED:
                made[world, :-1] = reached.angles
        return made

    def nothing(self, command: Array) -> Array:
        """No move, and the width that was told last."""
        made = np.zeros((len(command), len(self.names)))
        made[:, -1] = command[:, -1]
        return made


MODES: Mapping[str, Callable[[Arm, float], Action]] = {"joint_abs": _JointAbs, "ee_delta": _EeDelta}
"""By name; each takes an arm and the width of its open gripper."""
