"""Laws of the rotor: how fast it gets up to speed, and how hard it shakes what it stands on."""

import math
from dataclasses import replace

import mujoco
import numpy as np

from afterlore.lab.laws.law import Check, Law
from afterlore.lab.parts.part import Array, massive
from afterlore.lab.parts.rig import Rig, table
from afterlore.lab.parts.rotor import Rotor

__all__ = ["rotor"]

_ROTOR = Rotor()
_LOAD = 0.002
"""kg."""


def rotor(part: Rotor = _ROTOR) -> Law:
    """A housing on springs answers to the shaking; a tube that is really there pulls at a force sensor."""
    speeds = np.linspace(20, 60, 9)
    shaken = _amplitude(part, speeds, [_LOAD] + [0.0] * (part.slots - 1))
    expected = _answer(speeds)
    opposite = [0.0] * part.slots
    opposite[0] = opposite[part.slots // 2] = _LOAD
    quiet = _amplitude(part, speeds, opposite)
    return Law(
        "a load out of balance shakes the housing with m·r·ω², one with a counterweight does not",
        (
            Check("m·r·ω² against a real mass", _real(part), 0.01),
            Check("amplitude on springs", float(np.abs(shaken / expected - 1).max()), 0.01),
            Check("amplitude in balance", float(np.abs(quiet / expected).max()), 1e-6),
            Check("time to get up to speed", _run_up(part), 0.01),
        ),
    )


_MASS, _STIFFNESS, _DAMPING = 5.0, 50_000.0, 100.0
"""Of the housing with the rotor, and of what it stands on; it resonates at 100 rad/s."""


def _answer(speeds: Array) -> Array:
    """Amplitude of a driven oscillator, m."""
    force = _LOAD * _ROTOR.radius * speeds**2
    return np.asarray(force / np.hypot(_STIFFNESS - _MASS * speeds**2, _DAMPING * speeds))


def _amplitude(part: Rotor, speeds: Array, masses: list[float]) -> Array:
    spec, mount = table(0.001, gravity=False)
    own = replace(part, drag=0.0)
    housing = massive(mount, "housing", _MASS - own.mass, [0.1] * 3)
    for name, axis in (("x", [1, 0, 0]), ("y", [0, 1, 0])):
        housing.add_joint(
            name=name, type=mujoco.mjtJoint.mjJNT_SLIDE, axis=axis, stiffness=_STIFFNESS, damping=_DAMPING
        )
    own.build(spec, housing)
    rig = Rig(spec, {"": own}, len(speeds))
    state = rig.state[""]
    state["target"][:] = speeds
    state["masses"][:] = masses
    rig.joint("rotor")[1][:] = speeds
    # Long enough for the springs' own oscillation, which fades with 2M/c = 0.1 s.
    rig.step(2000)
    place, _ = rig.joint("x")
    # A sine through 1 s of it: largest values alone would lie between the steps.
    angle, seen = [], []
    for _ in range(500):
        angle.append(rig.joint("rotor")[0].copy())
        seen.append(place.copy())
        rig.step()
    found = []
    for turned, moved in zip(np.array(angle).T, np.array(seen).T, strict=True):
        wave = np.stack([np.cos(turned), np.sin(turned)], axis=-1)
        found.append(np.linalg.norm(np.linalg.lstsq(wave, moved, rcond=None)[0]))
    return np.array(found)


def _real(part: Rotor) -> float:
    """The part's force against that which a body in a slot exerts on the housing in the simulation, in shares."""
    spec, mount = table(0.0005, gravity=False)
    own = replace(part, drag=0.0)
    housing = massive(mount, "housing", 1.0, [0.1] * 3)
    turning = own.build(spec, housing)
    housing.add_site(name="base")
    spec.add_sensor(name="force", type=mujoco.mjtSensor.mjSENS_FORCE, objtype=mujoco.mjtObj.mjOBJ_SITE, objname="base")
    massive(turning, "tube", _LOAD, [1e-7] * 3, pos=[_ROTOR.radius, 0, 0])
    rig = Rig(spec, {"": own}, 5)
    speeds = np.linspace(20, 100, 5)
    rig.state[""]["target"][:] = speeds
    rig.joint("rotor")[1][:] = speeds
    felt = rig.batch.bind("sensordata")
    rig.step(20)
    simulated = np.linalg.norm(felt, axis=-1)

    rig.state[""]["masses"][:, 0] = _LOAD
    rig.step()
    applied = rig.state[""]["force"]
    by_hand = _LOAD * _ROTOR.radius * speeds**2
    return float(max(np.abs(applied / by_hand - 1).max(), np.abs(simulated / by_hand - 1).max()))


def _run_up(part: Rotor) -> float:
    """Time to nine tenths of the speed against I·ω/τ, in shares."""
    goal = 0.9 * _ROTOR.fastest
    spec, mount = table(gravity=False)
    own = replace(part, drag=0.0)
    own.build(spec, mount)
    rig = Rig(spec, {"": own})
    rig.state[""]["target"][:] = _ROTOR.fastest
    _, speed = rig.joint("rotor")
    steps = 0
    while speed[0] < goal and steps < 5000:
        before = float(speed[0])
        rig.step()
        steps += 1
    if speed[0] < goal:
        return math.inf
    time = (steps - 1 + (goal - before) / (float(speed[0]) - before)) * rig.dt
    return time / (_ROTOR.inertia * goal / _ROTOR.torque) - 1
