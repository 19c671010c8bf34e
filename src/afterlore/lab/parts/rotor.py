"""A rotor with slots: it spins up against its inertia, and what is not in balance shakes the housing with m·r·ω².

The force is averaged over the time step, so that its impulse is right even where the rotor turns far within one.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from afterlore.core import InputError
from afterlore.lab.parts.part import Array, Rate, State, Worlds, ident, massive
from afterlore.lab.parts.rotation import cross

__all__ = ["Rotor"]


@dataclass(frozen=True, slots=True)
class Rotor:
    """A rotor that turns about z, on a housing that is a named body."""

    slots: int = 6
    radius: float = 0.05
    """Of the slots' centres, m."""
    inertia: float = 1e-3
    """About its axis, kg·m²."""
    torque: float = 0.2
    """The most that the motor gives, either way, N·m."""
    drag: float = 1e-4
    """N·m·s/rad."""
    fastest: float = 300.0
    """What the motor can be asked for, rad/s."""
    tolerance: float = 1e-5
    """Imbalance up to which it counts as balanced, kg·m: 1e-5 is 0.2 g at 5 cm."""
    mass: float = 0.8
    """kg. Geoms added to it weigh nothing."""

    def __post_init__(self) -> None:
        if self.slots < 2:
            raise InputError(f"a rotor needs two slots or more to be balanced, not {self.slots!r}")

    def reference(self, masses: Array, speed: Array) -> Array:
        """Size of the shaking force, N, for masses (…, slots) in kg at ``speed`` in rad/s: |Σ m r| ω²."""
        return np.asarray(np.linalg.norm(self.imbalance(masses), axis=-1) * np.asarray(speed) ** 2)

    def imbalance(self, masses: Array) -> Array:
        """Σ m r in the rotor's own frame, (…, 2), kg·m. Slot 0 lies on +x, the others follow counter-clockwise."""
        angles = 2 * math.pi * np.arange(self.slots) / self.slots
        arms = self.radius * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        return np.asarray(np.asarray(masses) @ arms)

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Gives the rotor, with hinge ``rotor`` and a site ``slotN`` at each slot."""
        del spec
        if not body.name:
            body.name = f"{prefix}housing"
        across = self.inertia / 2
        rotor = massive(body, f"{prefix}rotor", self.mass, [across, across, self.inertia])
        rotor.add_joint(name=f"{prefix}rotor", axis=[0, 0, 1], damping=self.drag)
        for slot in range(self.slots):
            angle = 2 * math.pi * slot / self.slots
            rotor.add_site(
                name=f"{prefix}slot{slot}",
                pos=[self.radius * math.cos(angle), self.radius * math.sin(angle), 0],
                quat=[math.cos(angle / 2), 0, 0, math.sin(angle / 2)],
                group=5,
            )
        return rotor

    def bind(self, model: Any, prefix: str = "") -> "_Bound":
        """Raises InputError where there is no such rotor."""
        joint = ident(model, "joint", f"{prefix}rotor")
        rotor = ident(model, "body", f"{prefix}rotor")
        return _Bound(self, int(model.jnt_dofadr[joint]), rotor, int(model.body_parentid[rotor]))


@dataclass(frozen=True, slots=True)
class _Bound:
    part: Rotor
    dof: int
    rotor: int
    housing: int
    rate: ClassVar[Rate] = "physics"

    def initial(self, n: int) -> State:
        """``target`` (rad/s) and ``masses`` (n, slots; kg, beyond the empty rotor's) are commands; ``speed`` in rad/s
        and ``force`` in N.

        A tube that lies in a slot as a body of its own pulls by itself: its mass is not to be named here too.
        """
        return {
            "target": np.zeros(n),
            "masses": np.zeros((n, self.part.slots)),
            "speed": np.zeros(n),
            "balanced": np.ones(n, dtype=bool),
            "force": np.zeros(n),
        }

    def step(self, worlds: Worlds, state: State, dt: float) -> None:
        """Drive towards the target and shake the housing."""
        part = self.part
        speed = worlds.bind("qvel")[:, self.dof]
        state["speed"][:] = speed
        target = np.clip(state["target"], -part.fastest, part.fastest)
        # Drag is made up for; the rest of the torque would arrive at the target within this step.
        wanted = part.drag * target + part.inertia * (target - speed) / dt
        worlds.bind("qfrc_applied")[:, self.dof] = np.clip(wanted, -part.torque, part.torque)

        own = part.imbalance(state["masses"])
        size = np.hypot(own[:, 0], own[:, 1])
        state["balanced"][:] = size <= part.tolerance
        state["force"][:] = size * speed**2
        applied = worlds.bind("xfrc_applied")[:, self.housing]
        if not size.any():
            applied[:] = 0
            return
        # Mean of a vector that turns by 2·half: it points to the middle and is sin(half)/half as long.
        half = speed * dt / 2
        mean = (own[:, 0] + 1j * own[:, 1]) * np.exp(1j * half) * np.sinc(half / math.pi) * speed**2
        axes = worlds.bind("xmat")[:, self.rotor].reshape(-1, 3, 3)
        force = axes[:, :, 0] * mean.real[:, None] + axes[:, :, 1] * mean.imag[:, None]
        # Forces act at the centre of mass: this is what the offset of the axis adds.
        arm = worlds.bind("xpos")[:, self.rotor] - worlds.bind("xipos")[:, self.housing]
        applied[:, :3], applied[:, 3:] = force, cross(arm, force)
