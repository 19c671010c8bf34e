"""A button that is pushed against a spring: it clicks in, and out again only farther up, so that it never chatters."""

from dataclasses import dataclass
from typing import Any, ClassVar

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.parts.part import Array, Rate, State, Worlds, ident, massive

__all__ = ["Button"]


@dataclass(frozen=True, slots=True)
class Button:
    """A cap that is pushed along -z."""

    travel: float = 0.003
    """To its stop, m."""
    stiffness: float = 300.0
    """N/m."""
    preload: float = 0.4
    """Of the spring when nobody pushes, N."""
    on: float = 0.7
    """Share of the travel at which it clicks in,"""
    off: float = 0.4
    """and at which it clicks out."""
    mass: float = 0.005
    """kg. Geoms added to it weigh nothing."""
    damping: float = 0.6
    """N·s/m."""

    def __post_init__(self) -> None:
        if not 0 < self.off < self.on < 1:
            raise InputError(f"a button needs 0 < off < on < 1, not off={self.off!r} and on={self.on!r}")

    def reference(self, depth: Array) -> Array:
        """Force that holds the button at ``depth`` (m below its rest), N: preload + k·depth."""
        return np.asarray(self.preload + self.stiffness * np.asarray(depth))

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Gives the cap, with slide ``button``, which is 0 at rest and positive when pushed."""
        del spec
        cap = massive(body, f"{prefix}button", self.mass, [1e-2 * self.mass * self.travel] * 3)
        cap.gravcomp = 1
        cap.add_joint(
            name=f"{prefix}button",
            type=mujoco.mjtJoint.mjJNT_SLIDE,
            axis=[0, 0, -1],
            range=[0, self.travel],
            limited=mujoco.mjtLimited.mjLIMITED_TRUE,
            stiffness=self.stiffness,
            springref=-self.preload / self.stiffness,
            damping=self.damping,
            solimp_limit=[0.99, 0.999, 1e-4, 0.5, 2],
            solref_limit=[0.005, 1],
        )
        return cap

    def bind(self, model: Any, prefix: str = "") -> "_Bound":
        """Raises InputError where there is no such button."""
        joint = ident(model, "joint", f"{prefix}button")
        return _Bound(self, int(model.jnt_qposadr[joint]))


@dataclass(frozen=True, slots=True)
class _Bound:
    part: Button
    qpos: int
    rate: ClassVar[Rate] = "physics"

    def initial(self, n: int) -> State:
        """``pressed`` now, and how many ``presses`` there were."""
        return {"pressed": np.zeros(n, dtype=bool), "presses": np.zeros(n, dtype=np.int64)}

    def step(self, worlds: Worlds, state: State, dt: float) -> None:
        """Click in and out."""
        del dt
        share = worlds.bind("qpos")[:, self.qpos] / self.part.travel
        before = state["pressed"].copy()
        state["pressed"][:] = share > np.where(before, self.part.off, self.part.on)
        state["presses"] += state["pressed"] & ~before
