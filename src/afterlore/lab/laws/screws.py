"""Laws of the screw thread: its helix, and that nothing jumps when it catches and when it lets go."""

import math
from typing import Any

import mujoco
import numpy as np

from afterlore.lab.laws.law import Check, Law
from afterlore.lab.parts.part import Array, massive
from afterlore.lab.parts.rig import Rig, motor, table
from afterlore.lab.parts.rotation import about_z, multiply
from afterlore.lab.parts.thread import Thread

__all__ = ["helix"]

_THREAD = Thread()

_BOUND = 50e-6
"""m."""


def helix(part: Thread = _THREAD) -> Law:
    """A hand on a lift turns the cap in over three turns, pulls, seats it, and turns it out."""
    hand = _Hand(part, 1)
    hand.place(_THREAD.turns - 1e-4)
    way, torque = hand.turn_in()
    pulled = hand.pull(5.0)
    released, lifted = hand.turn_out()
    caught, jump = _catch(part)
    return Law(
        "a cap moves by its pitch in every turn, and neither catching nor letting go moves it",
        (
            Check("helix over three turns", way, _BOUND, "m"),
            Check("torque that seats it", torque, 0.02),
            Check("sag under 5 N", pulled, _BOUND, "m"),
            Check("jump when caught askew", jump, _BOUND, "m"),
            Check("well placed caps not caught", caught, 0, "caps"),
            Check("jump when let go", released, _BOUND, "m"),
            Check("caps still held past the last turn", lifted, 0, "caps"),
        ),
    )


class _Hand:
    """A hand that holds the cap, turns about z at a set speed and is free to rise and sink."""

    def __init__(self, part: Thread, n: int) -> None:
        spec, mount = table()
        mount.pos = [0, 0, 0.1]
        part.build(spec, mount)
        stiff = [0.9999, 0.9999, 1e-3, 0.5, 2]
        hand = massive(spec.worldbody, "hand", 0.3, [1e-3] * 3, gravcomp=1)
        hand.add_joint(name="lift", type=mujoco.mjtJoint.mjJNT_SLIDE, axis=[0, 0, 1], damping=20)
        hand.add_joint(name="wrist", axis=[0, 0, 1])
        spec.add_equality(
            name="grip",
            type=mujoco.mjtEq.mjEQ_WELD,
            objtype=mujoco.mjtObj.mjOBJ_BODY,
            name1="hand",
            name2="cap",
            data=[0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0],
            solref=[0.005, 1],
            solimp=stiff,
        )
        motor(spec, "lift")
        wrist = spec.add_actuator(name="wrist", target="wrist", trntype=mujoco.mjtTrn.mjTRN_JOINT)
        wrist.set_to_velocity(kv=5.0)
        self.rig = Rig(spec, {"": part}, n)
        self.state = self.rig.state[""]
        self.cap = self.rig.model.body("cap").id
        self.spot, self.quat = self.rig.batch.bind("xpos"), self.rig.batch.bind("xquat")

    def place(self, turns: float) -> None:
        """Put cap and hand on the vessel."""
        bound: Any = self.rig.bound[""]
        bound.place(self.rig.batch, self.state, turns)
        self.rig.joint("lift")[0][:] = 0.1 + bound.part.pitch * turns
        self.rig.joint("wrist")[0][:] = 2 * math.pi * turns
        self.rig.forward()

    def height(self) -> float:
        """Of the cap above its seat."""
        return float(self.spot[0, self.cap, 2]) - 0.1

    def yaw(self) -> float:
        return 2 * math.atan2(self.quat[0, self.cap, 3], self.quat[0, self.cap, 0])

    def turn_in(self) -> tuple[float, float]:
        """Largest distance of the cap from its helix, and of its torque from what seats it."""
        part = _THREAD
        yaw, turned = self.yaw(), 2 * math.pi * (part.turns - 1e-4)
        far, off = 0.0, 0.0
        for step in range(12000):
            # Fast over the turns, slow where the torque is to be read.
            self.rig.control("wrist")[:] = -3.0 * min(1, step / 200) if turned > 1.2 * part.squeeze else -0.05
            self.rig.step()
            after = self.yaw()
            turned += (after - yaw + math.pi) % (2 * math.pi) - math.pi
            yaw = after
            far = max(far, abs(self.height() - float(part.reference(np.array(turned / (2 * math.pi))))))
            if 0.1 * part.squeeze < turned < 0.9 * part.squeeze:
                torque = -float(self.rig.effort("wrist")[0])
                off = max(off, abs(torque - float(part.torque(np.array(turned)))) / part.seat)
            if self.state["tight"][0]:
                return far, off
        return math.inf, math.inf

    def pull(self, force: float) -> float:
        """How far the cap gives way."""
        self.rig.control("wrist")[:] = 0
        self.rig.step(200)
        before = self.height()
        self.rig.control("lift")[:] = force
        self.rig.step(300)
        self.rig.control("lift")[:] = 0
        return abs(self.height() - before)

    def turn_out(self) -> tuple[float, float]:
        """Jump at the last turn, beyond what the cap moved in the step before; and whether it cannot be lifted then."""
        self.rig.control("wrist")[:] = 3.0
        last, way = self.height(), 0.0
        for _ in range(6000):
            self.rig.step()
            moved = self.height() - last
            last = self.height()
            if not self.state["engaged"][0]:
                jump = abs(moved - way)
                self.rig.control("lift")[:] = 1.0
                self.rig.step(300)
                return jump, float(self.height() < last + 0.005)
            way = moved
        return math.inf, 1.0


def _catch(part: Thread) -> tuple[float, float]:
    """Caps askew in every way that still catches coast into the thread: how many do not, and the largest jump."""
    n = 64
    rng = np.random.default_rng(70)
    spec, mount = table(gravity=False)
    part.build(spec, mount)
    rig = Rig(spec, {"": part}, n)
    joint = rig.model.joint("cap")
    place = rig.batch.bind("qpos")[:, joint.qposadr[0] : joint.qposadr[0] + 7]
    speed = rig.batch.bind("qvel")[:, joint.dofadr[0] : joint.dofadr[0] + 6]
    lean, offset, way = rng.uniform(0, 0.9 * _THREAD.upright, n), rng.uniform(0, 0.9, n), rng.uniform(0, 7, n)
    place[:, :2] = _THREAD.centred * (offset * np.array([np.cos(way), np.sin(way)])).T
    place[:, 2] = 0.05 + _THREAD.rest + rng.uniform(0.3, 0.4, n) * 1e-3
    tipped = np.stack([np.cos(lean / 2), np.sin(lean / 2) * np.cos(way), np.sin(lean / 2) * np.sin(way), 0 * lean], -1)
    place[:, 3:] = multiply(tipped, about_z(2 * math.pi * _THREAD.turns + rng.uniform(-0.9, 0.9, n) * _THREAD.phase))
    speed[:, 5] = -2.0
    rig.forward()

    spot, cap = rig.batch.bind("xpos"), rig.model.body("cap").id
    engaged = rig.state[""]["engaged"]
    jump = 0.0
    before: Array = spot[:, cap].copy()
    pace = np.zeros_like(before)
    for _ in range(200):
        held = engaged.copy()
        rig.step()
        moved = spot[:, cap] - before
        before = spot[:, cap].copy()
        new = engaged & ~held
        if new.any():
            jump = max(jump, float(np.linalg.norm((moved - pace)[new], axis=-1).max()))
        pace = moved
    return float((~engaged).sum()), jump
