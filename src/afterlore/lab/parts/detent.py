"""A knob that clicks from one position to the next: τ = -τ₀ sin(N θ).

Two drives give the same torque. ``force`` applies it at every physics step, and keeps the energy of oscillation as
long as ω·dt ≤ 0.25, which ``bind`` checks. ``spring`` needs no code in the loop: a rotor geared to turn N times as
fast carries a tendon of rest length 0 from radius a to a post at distance b. The tendon's energy is
½k(a² + b² - 2ab cos Nθ), so τ = -N·k·a·b·sin(Nθ) exactly; but the gear is a soft equality and drains oscillations.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.parts.part import Array, Rate, State, Worlds, ident, massive

__all__ = ["Detent"]

_ARM = 0.01


@dataclass(frozen=True, slots=True)
class Detent:
    """A knob that turns about z."""

    positions: int = 12
    """In one turn."""
    torque: float = 0.02
    """τ₀, N·m: what takes the knob from one position to the next."""
    inertia: float = 2e-4
    """Of the knob, kg·m²."""
    damping: float = 0.0
    """N·m·s/rad."""
    friction: float = 0.0
    """N·m."""
    range: tuple[float, float] | None = None
    """Stops, rad."""
    drive: Literal["force", "spring"] = "force"

    def reference(self, angle: Array) -> Array:
        """Torque on the knob at ``angle``, N·m: minus the slope of the energy -(τ₀/N) cos(Nθ)."""
        return np.asarray(-self.torque * np.sin(self.positions * np.asarray(angle)))

    def frequency(self) -> float:
        """Of small oscillations about a position, rad/s: √(N τ₀ / I)."""
        return math.sqrt(self.positions * self.torque / self.inertia)

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Gives the knob, with hinge ``knob``; it has its inertia and no geoms."""
        knob = massive(body, f"{prefix}knob", 0.05, [self.inertia] * 3)
        hinge = knob.add_joint(name=f"{prefix}knob", axis=[0, 0, 1], damping=self.damping, frictionloss=self.friction)
        if self.range is not None:
            hinge.range = self.range
            hinge.limited = mujoco.mjtLimited.mjLIMITED_TRUE
        if self.drive == "spring":
            self._gear(spec, body, prefix)
        return knob

    def _gear(self, spec: Any, body: Any, prefix: str) -> None:
        # Light, because the knob feels N² times its inertia.
        inertia = 0.01 * self.inertia / self.positions**2
        rotor = massive(body, f"{prefix}gear", 1e-3, [inertia] * 3)
        rotor.gravcomp = 1
        rotor.add_joint(name=f"{prefix}gear", axis=[0, 0, 1])
        rotor.add_site(name=f"{prefix}arm", pos=[_ARM, 0, 0], group=5)
        body.add_site(name=f"{prefix}post", pos=[2 * _ARM, 0, 0], group=5)
        stiffness = self.torque / (self.positions * _ARM * 2 * _ARM)
        tendon = spec.add_tendon(name=f"{prefix}detent", stiffness=stiffness, springlength=[0, 0], group=5)
        tendon.wrap_site(f"{prefix}arm")
        tendon.wrap_site(f"{prefix}post")
        spec.add_equality(
            type=mujoco.mjtEq.mjEQ_JOINT,
            name=f"{prefix}gear",
            objtype=mujoco.mjtObj.mjOBJ_JOINT,
            name1=f"{prefix}gear",
            name2=f"{prefix}knob",
            data=[0, self.positions, *[0] * 10],
            solimp=[0.9999, 0.9999, 1e-3, 0.5, 2],
            solref=[0.005, 1],
        )

    def bind(self, model: Any, prefix: str = "") -> "_Bound":
        """Raises InputError where the time step is too long for the force to keep energy."""
        joint = ident(model, "joint", f"{prefix}knob")
        turn = self.frequency() * float(model.opt.timestep)
        if self.drive == "force" and turn > 0.25:
            least = self.inertia * (turn / 0.25) ** 2
            raise InputError(
                f"detent {prefix!r}: ω·dt is {turn:.2f}, and beyond 0.25 its energy drifts; "
                f"give it an inertia of {least:.1e} kg·m² or more, or drive='spring'"
            )
        return _Bound(self, int(model.jnt_qposadr[joint]), int(model.jnt_dofadr[joint]))


@dataclass(frozen=True, slots=True)
class _Bound:
    part: Detent
    qpos: int
    dof: int
    rate: ClassVar[Rate] = "physics"

    def initial(self, n: int) -> State:
        """``position``: of the detent that the knob is nearest to, counted from where angle is 0."""
        return {"position": np.zeros(n, dtype=np.int64)}

    def step(self, worlds: Worlds, state: State, dt: float) -> None:
        """Apply the torque and say where the knob stands."""
        del dt
        turns = self.part.positions * worlds.bind("qpos")[:, self.qpos]
        if self.part.drive == "force":
            worlds.bind("qfrc_applied")[:, self.dof] = -self.part.torque * np.sin(turns)
        state["position"][:] = np.rint(turns / (2 * math.pi))
