"""A lid on a hinge: it falls, rests against its stops, is helped by a spring, and can be locked by an interlock.

``Lid.counterbalanced`` is the lid of an instrument: its spring keeps it closed below the crossover and open above, a
damper closes it softly, and it comes to rest ajar on its gasket, until somebody presses it shut.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.parts.part import Array, Rate, State, Worlds, ident, massive

__all__ = ["Lid"]

_FAR = 1e3
_GRAVITY = 9.81


@dataclass(frozen=True, slots=True)
class Lid:
    """A plate that lies along +x when closed and turns upwards about -y; its hinge is at the origin."""

    mass: float = 0.4
    """kg. Geoms added to it weigh nothing."""
    length: float = 0.2
    """From the hinge to the far edge, m; a uniform plate."""
    opening: float = math.radians(80)
    """Angle of the open stop, rad; closed is 0."""
    damping: float = 0.05
    """N·m·s/rad."""
    friction: float = 0.0
    """N·m."""
    spring: float = 0.0
    """N·m/rad: a spring at the hinge that lifts the lid,"""
    spring_rest: float = math.radians(80)
    """and where it is slack, rad."""
    caught: float = math.radians(2)
    """Angle below which the lid counts as closed, rad: only then the interlock takes hold."""

    gasket: float = 0.0
    """Torque of a gasket that is pressed flat, N·m,"""
    cushion: float = math.radians(2)
    """and the angle at which the lid first meets it, rad."""

    @classmethod
    def counterbalanced(
        cls, mass: float, length: float, opening: float = math.radians(75), crossover: float = math.radians(45)
    ) -> Self:
        """A lid that stays closed below ``crossover`` (rad) and goes to its stop at ``opening`` above it.

        Closed, it weighs a twentieth of what it would without its spring; its gasket takes all of that weight to be
        pressed flat; and its damper lets it fall at no more than half a radian a second. Raises InputError where no
        spring does that.
        """
        if not 0.2 < crossover < 0.9 * opening < math.pi / 2:
            raise InputError(f"a lid crosses over between 0.2 rad and 0.9 of its opening, not at {crossover!r}")
        weight, closed = mass * _GRAVITY * length / 2, 0.95
        spring = weight * (closed - math.cos(crossover)) / crossover
        return cls(
            mass,
            length,
            opening,
            damping=0.24 * weight,
            spring=spring,
            spring_rest=closed * weight / spring,
            caught=math.radians(1),
            gasket=weight,
        )

    @property
    def inertia(self) -> float:
        """About the hinge, kg·m²."""
        return self.mass * self.length**2 / 3

    def reference(self, angle: Array, gravity: float = _GRAVITY) -> Array:
        """Torque that holds the lid at ``angle`` between its stops, N·m, positive upwards."""
        angle = np.asarray(angle)
        weight = self.mass * gravity * self.length / 2 * np.cos(angle)
        pressed = np.clip(1 - angle / self.cushion, 0, None)
        return np.asarray(weight + self.spring * (angle - self.spring_rest) - self.gasket * pressed)

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Gives the lid, with hinge ``lid``."""
        plate = self.mass * self.length**2 / 12
        lid = massive(body, f"{prefix}lid", self.mass, [plate, plate, 2 * plate], [self.length / 2, 0, 0])
        lid.add_joint(
            name=f"{prefix}lid",
            axis=[0, -1, 0],
            range=[0, self.opening],
            limited=mujoco.mjtLimited.mjLIMITED_TRUE,
            damping=self.damping,
            frictionloss=self.friction,
            stiffness=self.spring,
            springref=self.spring_rest,
            solimp_limit=[0.99, 0.999, 1e-3, 0.5, 2],
            solref_limit=[0.005, 1],
        )
        if self.gasket:
            # A spring that is slack above its cushion.
            pad = spec.add_tendon(name=f"{prefix}gasket", springlength=[self.cushion, _FAR], group=5)
            pad.stiffness = [self.gasket / self.cushion, 0, 0]
            pad.wrap_joint(f"{prefix}lid", 1)
        spec.add_equality(
            type=mujoco.mjtEq.mjEQ_JOINT,
            name=f"{prefix}interlock",
            objtype=mujoco.mjtObj.mjOBJ_JOINT,
            name1=f"{prefix}lid",
            data=[0] * 12,
            active=False,
            solimp=[0.999, 0.9999, 1e-3, 0.5, 2],
            solref=[0.01, 1],
        )
        return lid

    def bind(self, model: Any, prefix: str = "") -> "_Bound":
        """Raises InputError where there is no such lid."""
        joint = ident(model, "joint", f"{prefix}lid")
        interlock = ident(model, "equality", f"{prefix}interlock")
        return _Bound(self, int(model.jnt_qposadr[joint]), int(model.jnt_dofadr[joint]), interlock)


@dataclass(frozen=True, slots=True)
class _Bound:
    part: Lid
    qpos: int
    dof: int
    equality: int
    rate: ClassVar[Rate] = "physics"

    def initial(self, n: int) -> State:
        """``interlock`` is the command; ``closed`` and ``locked`` is what is so.

        ``shut`` and ``flung`` are the fastest that it moved within ``cushion`` of its closed and its open stop, rad/s.
        """
        flags = {name: np.zeros(n, dtype=bool) for name in ("interlock", "closed", "locked")}
        return {**flags, "shut": np.zeros(n), "flung": np.zeros(n)}

    def step(self, worlds: Worlds, state: State, dt: float) -> None:
        """Lock what is closed and shall be locked; a lid that stands open cannot be."""
        del dt
        part, angle, speed = self.part, worlds.bind("qpos")[:, self.qpos], worlds.bind("qvel")[:, self.dof]
        np.maximum(state["shut"], np.where(angle < part.cushion, -speed, 0), out=state["shut"])
        np.maximum(state["flung"], np.where(angle > part.opening - part.cushion, speed, 0), out=state["flung"])
        state["closed"][:] = angle < part.caught
        state["locked"][:] = state["interlock"] & (state["closed"] | state["locked"])
        worlds.bind("eq_active")[:, self.equality] = state["locked"]
