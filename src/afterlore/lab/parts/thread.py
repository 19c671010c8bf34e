"""A screw thread: a free cap that is caught by the thread's start, moves along z = p·θ/2π, and is free again past it.

On the vessel sits a captive carrier with a slide and a hinge. When the cap is placed well enough (upright, in the
middle, in phase) and turned in, a weld between cap and carrier and the helix between slide and hinge are switched on,
with what was askew captured at that moment, so that nothing jumps; the first half turn then straightens it. Past
the last turn both are switched off.

A joint equality of MuJoCo regularises as if its polynomial had no slope, so that a cap sags on its thread: 0.44 mm for
4 g at a solimp of 0.999, 44 µm at 0.9999, which is used here.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import mujoco
import numpy as np

from afterlore.lab.parts.part import Array, Rate, State, Worlds, ident, massive
from afterlore.lab.parts.rotation import about_z, conjugate, multiply, rotate, tilt, twist

__all__ = ["GRIP", "Thread"]

GRIP: Mapping[str, Any] = {
    "solimp": (0.99, 0.999, 1e-3, 0.5, 2),
    "priority": 1,
    "condim": 4,
    "friction": (1.0, 0.005, 1e-4),
}
"""For geoms of a cap that fingers hold. A cap weighs so little that usual contacts, which are softened by mass, let it
slip through fingers that turn it; these hold, best with elliptic cones and an ``impratio`` of 10."""
_STIFF = [0.9999, 0.9999, 1e-3, 0.5, 2]
_SUPPORT = 1 << 6
"""Collision bit by which a cap that is not engaged rests on the thread's start, and nothing else."""
_FEET = 4
_STRAIGHT = (0, 0, 0, 1, 0, 0, 0)
_CARRIER = 0.005
"""kg. A much lighter one would make the soft constraints between cap and vessel softer."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A right-handed thread about z; the cap's origin is at that of the vessel's mouth when it is seated."""

    pitch: float = 0.003
    """Way along z in one turn, m."""
    turns: float = 3.0
    """From seated to free."""
    radius: float = 0.012
    """Of the vessel's mouth, m."""
    mass: float = 0.004
    """Of the cap, kg. Geoms added to it weigh nothing."""
    friction: float = 0.004
    """Torque that turns the engaged cap, N·m."""
    seat: float = 0.15
    """Torque that it takes beyond that to seat it, N·m,"""
    squeeze: float = math.radians(20)
    """growing from 0 over this last part of the way, rad."""
    upright: float = math.radians(2)
    """Angle between the axes below which the thread can catch,"""
    centred: float = 0.0005
    """distance between them, m,"""
    phase: float = math.radians(20)
    """and angle by which the starts have passed each other, rad."""
    close: float = 0.0005
    """Height above or below where the cap stands on the start, m; a cap that leans stands higher."""

    @property
    def rest(self) -> float:
        """Height at which a cap that is set down stands on the thread's start, m: just before the last turn ends."""
        return self.pitch * (self.turns - 0.05)

    def reference(self, turns: Array) -> Array:
        """Height of the cap above its seat after so many turns, m: z = p·θ/2π."""
        return np.asarray(self.pitch * np.asarray(turns))

    def torque(self, angle: Array) -> Array:
        """Torque against turning at ``angle`` (rad) from the seat, N·m."""
        return np.asarray(self.friction + self.seat * np.clip(1 - np.asarray(angle) / self.squeeze, 0, 1))

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """``body`` is the vessel's mouth. Gives the cap, a free body of the world with joint ``cap``.

        Put it where it belongs with ``place`` of what ``bind`` gives.
        """
        if not body.name:
            body.name = f"{prefix}mouth"
        body.add_geom(
            name=f"{prefix}start",
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            size=[self.radius, self.rest / 2, 0],
            pos=[0, 0, -self.rest / 2],
            mass=0,
            contype=0,
            conaffinity=_SUPPORT,
            group=5,
        )
        carrier = massive(body, f"{prefix}carrier", _CARRIER, [3e-6] * 3)
        carrier.gravcomp = 1
        carrier.add_joint(name=f"{prefix}slide", type=mujoco.mjtJoint.mjJNT_SLIDE, axis=[0, 0, 1])
        carrier.add_joint(
            name=f"{prefix}turn",
            axis=[0, 0, 1],
            range=[0, 1e3],
            limited=mujoco.mjtLimited.mjLIMITED_TRUE,
            frictionloss=self.friction,
            # Friction is a soft constraint too: this keeps a cap under its seat torque from creeping.
            solimp_friction=[0.99999, 0.99999, 1e-3, 0.5, 2],
            solref_friction=[0.005, 1],
            solimp_limit=_STIFF,
            solref_limit=[0.005, 1],
        )
        cap = self._cap(spec, prefix)
        common = {"active": False, "solimp": _STIFF, "solref": [0.005, 1]}
        way = spec.add_tendon(name=f"{prefix}helix", group=5)
        way.wrap_joint(f"{prefix}slide", 1)
        way.wrap_joint(f"{prefix}turn", -self.pitch / (2 * math.pi))
        spec.add_equality(
            name=f"{prefix}helix",
            type=mujoco.mjtEq.mjEQ_TENDON,
            objtype=mujoco.mjtObj.mjOBJ_TENDON,
            name1=f"{prefix}helix",
            data=[0] * 12,
            **common,
        )
        spec.add_equality(
            name=f"{prefix}weld",
            type=mujoco.mjtEq.mjEQ_WELD,
            objtype=mujoco.mjtObj.mjOBJ_BODY,
            name1=f"{prefix}carrier",
            name2=f"{prefix}cap",
            data=[0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0],
            **common,
        )
        return cap

    def _cap(self, spec: Any, prefix: str) -> Any:
        across = self.mass * self.radius**2
        cap = massive(spec.worldbody, f"{prefix}cap", self.mass, [0.6 * across, 0.6 * across, across])
        cap.add_freejoint(name=f"{prefix}cap")
        for foot in range(_FEET):
            angle = 2 * math.pi * foot / _FEET
            cap.add_geom(
                name=f"{prefix}foot{foot}",
                size=[0.001, 0, 0],
                pos=[
                    0.7 * self.radius * math.cos(angle),
                    0.7 * self.radius * math.sin(angle),
                    0.001 - self.rest,
                ],
                mass=0,
                contype=_SUPPORT,
                conaffinity=0,
                group=5,
            )
        return cap

    def bind(self, model: Any, prefix: str = "") -> "_Bound":
        """Raises InputError where there is no such thread."""
        cap, slide, turn = (ident(model, "joint", f"{prefix}{name}") for name in ("cap", "slide", "turn"))
        carrier = ident(model, "body", f"{prefix}carrier")
        qpos, dof = model.jnt_qposadr, model.jnt_dofadr
        return _Bound(
            self,
            mouth=int(model.body_parentid[carrier]),
            cap=ident(model, "body", f"{prefix}cap"),
            cap_qpos=int(qpos[cap]),
            cap_dof=int(dof[cap]),
            qpos=(int(qpos[slide]), int(qpos[turn])),
            dofs=(int(dof[slide]), int(dof[turn])),
            helix=ident(model, "equality", f"{prefix}helix"),
            weld=ident(model, "equality", f"{prefix}weld"),
            feet=tuple(ident(model, "geom", f"{prefix}foot{foot}") for foot in range(_FEET)),
        )


@dataclass(frozen=True, slots=True)
class _Bound:
    part: Thread
    mouth: int
    cap: int
    cap_qpos: int
    cap_dof: int
    qpos: tuple[int, int]
    dofs: tuple[int, int]
    helix: int
    weld: int
    feet: tuple[int, ...]
    rate: ClassVar[Rate] = "physics"

    def initial(self, n: int) -> State:
        """``engaged``, ``tight``, ``turns`` (above the seat; those of the last turn while free).

        ``skew`` (n, 7) is where the cap was askew to the carrier when it was caught, ``share`` how much of it is
        left, ``begun`` the turns at which it was caught.
        """
        return {
            "engaged": np.zeros(n, dtype=bool),
            "tight": np.zeros(n, dtype=bool),
            "turns": np.full(n, self.part.turns),
            "skew": np.tile(np.array(_STRAIGHT, dtype=float), (n, 1)),
            "share": np.zeros(n),
            "begun": np.full(n, self.part.turns),
        }

    def place(self, worlds: Worlds, state: State, turns: float, ids: Array | slice = slice(None)) -> None:
        """Put the cap on its vessel, at rest, so many turns above the seat; engaged where that is within the thread.

        Needs the vessel's pose to be current, and makes that of the cap stale: run ``forward`` before and after.
        """
        part = self.part
        mouth, turned = worlds.bind("xpos")[ids, self.mouth], worlds.bind("xquat")[ids, self.mouth]
        n = len(mouth)
        angle, height = np.full(n, 2 * math.pi * turns), np.array([0, 0, part.pitch * turns])
        pose = np.concatenate(
            [mouth + rotate(turned, np.tile(height, (n, 1))), multiply(turned, about_z(angle))], axis=-1
        )
        qpos, qvel = worlds.bind("qpos"), worlds.bind("qvel")
        qpos[ids, self.cap_qpos : self.cap_qpos + 7] = pose
        qvel[ids, self.cap_dof : self.cap_dof + 6] = 0
        caught = turns <= part.turns
        state["engaged"][ids] = caught
        state["turns"][ids] = min(turns, part.turns)
        state["share"][ids] = 0
        state["skew"][ids] = _STRAIGHT
        self._park(worlds, state["turns"], ids)

    def _park(self, worlds: Worlds, turns: Array, ids: Array | slice) -> None:
        """Put the carrier at ``turns`` (n,), at rest, in the worlds of ``ids``."""
        qpos, qvel = worlds.bind("qpos"), worlds.bind("qvel")
        slide, turn = self.qpos
        qpos[ids, slide] = self.part.pitch * turns[ids]
        qpos[ids, turn] = 2 * math.pi * turns[ids]
        for dof in self.dofs:
            qvel[ids, dof] = 0

    def step(self, worlds: Worlds, state: State, dt: float) -> None:
        """Catch, guide, let go."""
        del dt
        part, engaged = self.part, state["engaged"]
        angle = worlds.bind("qpos")[:, self.qpos[1]]
        engaged &= angle <= 2 * math.pi * part.turns
        if not engaged.all():
            self._catch(worlds, state)
            free = np.flatnonzero(~engaged)
            state["turns"][free] = part.turns
            self._park(worlds, state["turns"], free)
        np.copyto(state["turns"], angle / (2 * math.pi), where=engaged)

        equalities = worlds.bind("eq_active")
        equalities[:, self.helix] = equalities[:, self.weld] = engaged
        worlds.expand("geom_contype")[:, self.feet] = np.where(engaged, 0, _SUPPORT)[:, None]
        worlds.expand("dof_frictionloss")[:, self.dofs[1]] = np.where(engaged, part.torque(angle), part.friction)
        state["tight"][:] = engaged & (angle < 0.05 * part.squeeze)
        relative = worlds.expand("eq_data")[:, self.weld, 3:10]
        relative[:] = _STRAIGHT
        if state["share"].any():
            relative[:] = self._straighten(state)

    def _catch(self, worlds: Worlds, state: State) -> None:
        """Engage the caps that are well placed and turned in, with the carrier where they are."""
        part = self.part
        pose, quat, spin = worlds.bind("xpos"), worlds.bind("xquat"), worlds.bind("cvel")[..., :3]
        apart = pose[:, self.cap] - pose[:, self.mouth]
        near = np.abs(apart).max(axis=1) < part.rest + part.radius
        ids = np.flatnonzero(near & ~state["engaged"])
        if not len(ids):
            return
        back = conjugate(quat[ids, self.mouth])
        place = rotate(back, apart[ids])
        turned = multiply(back, quat[ids, self.cap])
        speed = rotate(back, spin[ids, self.cap] - spin[ids, self.mouth])[:, 2]

        # How far the starts have passed each other: just so is where a thread catches.
        passed = (twist(turned) - 2 * math.pi * part.turns + math.pi) % (2 * math.pi) - math.pi
        caught = (speed < -1e-3) & (passed < 0) & (passed > -part.phase)
        caught &= (tilt(turned) < part.upright) & (np.hypot(place[:, 0], place[:, 1]) < part.centred)
        caught &= np.abs(place[:, 2] - part.rest) < part.close
        ids = ids[caught]
        if not len(ids):
            return
        turns = part.turns + passed[caught] / (2 * math.pi)
        place, turned, speed = place[caught], turned[caught], speed[caught]
        place[:, 2] -= part.pitch * turns
        unturn = about_z(-2 * math.pi * turns)
        state["skew"][ids] = np.concatenate([rotate(unturn, place), multiply(unturn, turned)], axis=-1)
        state["share"][ids] = 1
        state["begun"][ids] = state["turns"][ids] = turns
        state["engaged"][ids] = True
        self._park(worlds, state["turns"], ids)
        # The carrier takes over how the cap moves, or catching it would be a blow.
        qvel = worlds.bind("qvel")
        qvel[ids, self.dofs[1]] = speed
        qvel[ids, self.dofs[0]] = speed * part.pitch / (2 * math.pi)

    def _straighten(self, state: State) -> Array:
        """Pose (n, 7) of the cap on its carrier: what was askew goes within half a turn, and does not come back."""
        gone = np.clip(2 * (state["begun"] - state["turns"]), 0, 1)
        np.minimum(state["share"], 1 - gone, out=state["share"])
        share = state["share"][:, None]
        # Mixed with no turn at all, of the two signs that stand for one turn the near one.
        pose = state["skew"] * share
        pose[:, 3:] *= np.where(pose[:, 3:4] < 0, -1, 1)
        pose[:, 3] += 1 - share[:, 0]
        pose[:, 3:] /= np.linalg.norm(pose[:, 3:], axis=-1, keepdims=True)
        return pose
