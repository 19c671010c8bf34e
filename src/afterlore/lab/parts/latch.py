"""A latch that holds a lid: it catches what closes, and lets go when its lever is moved, when it is told to, or when
it is overpowered.

The hook is the spring of a tendon on the lid's hinge, slack below 0 and stiff only while the latch is engaged: its
torque is known exactly, which no soft equality would give, and the lid gives way by ``slack`` before it breaks free.
Damping of k·dt, which MuJoCo integrates implicitly, makes the step an implicit one, so that the spring may be as stiff
as it likes.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.parts.part import Array, Rate, State, Worlds, ident, massive

__all__ = ["Latch"]

_FAR = 1e3


@dataclass(frozen=True, slots=True)
class Latch:
    """A lever that turns about -y, and the hook that it moves; or a hook alone, that opens by a command or by force."""

    holds: str = "lid"
    """Name of the hinge that is held, without the prefix that it shares with the latch: a latch built as
    ``cycler/latch/`` that holds ``lid`` holds ``cycler/lid``."""
    catch: float = math.radians(0.5)
    """Angle of the held joint below which it is caught, rad; closed is 0."""
    hold: float = 4.0
    """Torque at the held joint that overpowers the latch, N·m."""
    slack: float = math.radians(1.0)
    """How far the held joint gives way until then, rad."""
    damping: float = 0.2
    """Of the held joint while it is caught, N·m·s/rad."""
    lever: bool = True
    """Whether it has one."""
    rearm: float = math.radians(5)
    """Angle of the held joint beyond which a hook that was told to let go can catch again, rad."""
    travel: float = math.radians(40)
    """Angle of the lever at which the hook lets go, rad."""
    stop: float = math.radians(60)
    """Angle of the lever's stop, rad; it rests at 0."""
    spring: float = 0.05
    """What returns the lever, N·m/rad; 0 for a lever that stays where it is put,"""
    friction: float = 0.01
    """by its friction, N·m."""
    mass: float = 0.03
    """Of the lever, kg; geoms added to it weigh nothing."""
    length: float = 0.05
    """Of the lever, m."""

    def __post_init__(self) -> None:
        if not 0 < self.catch <= self.slack:
            raise InputError(f"a latch needs 0 < catch <= slack, not catch={self.catch!r} and slack={self.slack!r}")

    def reference(self, angle: Array) -> Array:
        """Torque of the hook on the held joint at ``angle``, N·m; beyond ``slack`` it has let go."""
        angle = np.asarray(angle)
        return np.where((angle > 0) & (angle <= self.slack), -self.hold / self.slack * angle, 0.0)

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Gives the lever, with hinge ``lever``, which lies along +x at rest; or ``body`` where there is none."""
        above, slash, _ = prefix.rstrip("/").rpartition("/")
        hook = spec.add_tendon(name=f"{prefix}hook", springlength=[-_FAR, 0], group=5)
        hook.wrap_joint(f"{above}{slash}{self.holds}", 1)
        if not self.lever:
            return body
        rod = self.mass * self.length**2 / 12
        lever = massive(body, f"{prefix}lever", self.mass, [rod, rod, rod], [self.length / 2, 0, 0])
        lever.gravcomp = 1
        lever.add_joint(
            name=f"{prefix}lever",
            axis=[0, -1, 0],
            range=[0, self.stop],
            limited=mujoco.mjtLimited.mjLIMITED_TRUE,
            stiffness=self.spring,
            damping=2e-3,
            frictionloss=self.friction,
            armature=1e-5,
        )
        return lever

    def bind(self, model: Any, prefix: str = "") -> "_Bound":
        """Raises InputError where there is no such latch."""
        hook = ident(model, "tendon", f"{prefix}hook")
        held = int(model.wrap_objid[model.tendon_adr[hook]])
        lever = int(model.jnt_qposadr[ident(model, "joint", f"{prefix}lever")]) if self.lever else None
        return _Bound(self, lever, int(model.jnt_qposadr[held]), hook)


@dataclass(frozen=True, slots=True)
class _Bound:
    part: Latch
    lever: int | None
    held: int
    hook: int
    rate: ClassVar[Rate] = "physics"

    def initial(self, n: int) -> State:
        """``engaged``; ``torn`` once it was overpowered; and two commands.

        While ``bolted`` is true the lever moves in vain, and so does the other command, ``released``: it lets go, and
        stays so until what was held has opened.
        """
        return {name: np.zeros(n, dtype=bool) for name in ("engaged", "torn", "bolted", "released")}

    def step(self, worlds: Worlds, state: State, dt: float) -> None:
        """Catch, hold, let go."""
        part = self.part
        qpos = worlds.bind("qpos")
        angle = qpos[:, self.held]
        free = state["released"].copy()
        if self.lever is not None:
            free |= qpos[:, self.lever] > part.travel
        free &= ~state["bolted"]
        held = (state["engaged"] | (angle < part.catch)) & ~free
        state["engaged"][:] = held & (angle <= part.slack)
        state["torn"] |= held & (angle > part.slack)
        state["released"] &= angle < part.rearm
        stiffness = part.hold / part.slack
        worlds.expand("tendon_stiffness")[:, self.hook] = np.where(state["engaged"], stiffness, 0.0)
        damping = part.damping + stiffness * dt
        worlds.expand("tendon_damping")[:, self.hook] = np.where(state["engaged"], damping, 0.0)
