"""Angles that bring an arm's tool to a pose: differential inverse kinematics by mink, on the arm alone.

On the arm alone, because mink's limit of the configuration fails once contact pushes a finger past its range; and a
quadratic programme over six or seven joints is the faster for it.
"""

from dataclasses import dataclass

import mink
import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.parts.part import Array, blank
from afterlore.lab.robots.arm import Arm

__all__ = ["Reached", "Solver"]

STEPS = 200
CLOSE, TURNED = 5e-4, 5e-3
"""When a pose is reached: metres, radians."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What a solver came to."""

    angles: Array
    """(joints,), radians, within the limits."""
    distance: float
    """Metres from where the tool should be,"""
    turn: float
    """and radians."""

    @property
    def holds(self) -> bool:
        """Whether that is close enough."""
        return self.distance <= CLOSE and self.turn <= TURNED


class Solver:
    """Of one arm, whose tool stands ``tool`` metres before its flange."""

    def __init__(self, arm: Arm, tool: float = 0.0) -> None:
        spec = blank()
        flange = arm.build(spec, spec.worldbody)
        flange.add_site(name="tool", pos=[0, 0, tool])
        model = spec.compile()
        self._arm = arm
        self._configuration = mink.Configuration(model)
        self._reach = mink.FrameTask("tool", "site", position_cost=1.0, orientation_cost=0.3, lm_damping=1e-3)
        # Of the ways to stand there, the one that is nearest to where it waits.
        self._rest = mink.PostureTask(model, cost=1e-3)
        self._rest.set_target(np.array(arm.home))
        self._limits = [mink.ConfigurationLimit(model)]

    def solve(self, pose: Array, start: Array | None = None, iterations: int = STEPS) -> Reached:
        """For a pose (4, 4) in the base's frame, from ``start`` on (the arm's home), in so many iterations at most.

        Look at ``holds``: not every pose can be reached. Raises InputError for what is no pose.
        """
        target = np.asarray(pose, dtype=float)
        if target.shape != (4, 4) or not np.allclose(target[:3, :3] @ target[:3, :3].T, np.eye(3), atol=1e-6):
            raise InputError("a pose is a matrix of 4 x 4 whose first 3 x 3 are a rotation")
        here = self._configuration
        here.update(np.array(self._arm.home if start is None else start, dtype=float))
        self._reach.set_target(mink.SE3.from_matrix(target))
        for _ in range(iterations):
            velocity = mink.solve_ik(here, [self._reach, self._rest], 0.1, "daqp", limits=self._limits)
            here.integrate_inplace(velocity, 0.1)
            if self._left(target).holds:
                break
        return self._left(target)

    def _left(self, target: Array) -> Reached:
        there = self._configuration.get_transform_frame_to_world("tool", "site").as_matrix()
        turn = np.zeros(3)
        quaternion = np.zeros(4)
        mujoco.mju_mat2Quat(quaternion, (target[:3, :3].T @ there[:3, :3]).ravel())
        mujoco.mju_quat2Vel(turn, quaternion, 1)
        distance = float(np.linalg.norm(there[:3, 3] - target[:3, 3]))
        return Reached(self._configuration.q.copy(), distance, float(np.linalg.norm(turn)))
