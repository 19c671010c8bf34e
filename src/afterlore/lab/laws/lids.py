"""Laws of lids and latches: weight, fall, stop, lock, and the torque and the lever that open a latch."""

import math
from dataclasses import replace

import numpy as np

from afterlore.lab.laws.law import Check, Law
from afterlore.lab.parts.latch import Latch
from afterlore.lab.parts.lid import Lid
from afterlore.lab.parts.part import Array
from afterlore.lab.parts.rig import Rig, motor, servo, table

__all__ = ["latch", "lid"]

_LID = Lid()
_LATCH = Latch()
_OPENING, _CROSSOVER = math.radians(75), math.radians(45)
_BALANCED = Lid.counterbalanced(0.7, 0.3, _OPENING, _CROSSOVER)


def lid(part: Lid = _LID, balanced: Lid = _BALANCED) -> Law:
    """A slow servo weighs it; then it falls from where it was let go, against the integral of its energy."""
    return Law(
        "a lid weighs m·g·l/2·cos θ, falls as a plate does, rests at its stops, and does not open while locked; a"
        " counterbalanced one stays open or closed by itself",
        (
            Check("holding torque", _weight(part), 0.01),
            Check("time of the fall", _fall(part), 0.01),
            *_stops(part),
            *_sides(balanced),
        ),
    )


def _weight(part: Lid) -> float:
    """Largest distance from the reference, in shares of its largest torque."""
    spec, mount = table()
    replace(part, damping=0).build(spec, mount)
    servo(spec, "lid", 200, 4)
    rig = Rig(spec, {"": part})
    angle, _ = rig.joint("lid")
    angle[:] = math.radians(5)
    rig.forward()
    errors, sizes = [], []
    steps = 4000
    for step in range(steps):
        rig.control("lid")[:] = math.radians(5) + (_LID.opening - math.radians(10)) * step / steps
        before = angle.copy()
        rig.step()
        if step > 500:
            expected = float(_LID.reference(before)[0])
            errors.append(abs(float(rig.effort("lid")[0]) - expected))
            sizes.append(abs(expected))
    return max(errors) / max(sizes)


def _fall(part: Lid) -> float:
    first, last = math.radians(75), math.radians(5)
    spec, mount = table()
    replace(part, damping=0).build(spec, mount)
    rig = Rig(spec, {"": part})
    angle, _ = rig.joint("lid")
    angle[:] = first
    rig.forward()
    time = 0.0
    while True:
        before = float(angle[0])
        rig.step()
        if angle[0] <= last or time > 10:
            break
        time += rig.dt
    time += rig.dt * (before - last) / (before - float(angle[0]))

    # dθ/dt = -√(2 W/I), W being what the weight has done; θ = θ₀ - s² takes the pole at the start away.
    half = (np.arange(4000) + 0.5) / 4000 * math.sqrt(first - last)
    theta = first - half**2
    grid = np.linspace(0, 1, 201)
    path = theta[:, None] + (first - theta[:, None]) * grid
    work = np.trapezoid(_LID.reference(path), path, axis=1)
    width = math.sqrt(first - last) / 4000
    expected = float(np.sum(2 * half / np.sqrt(2 * work / _LID.inertia)) * width)
    return time / expected - 1


def _stops(part: Lid) -> tuple[Check, ...]:
    """One lid falls on its stop, one is pulled at while locked, one after it was unlocked, one was never closed."""
    spec, mount = table()
    part.build(spec, mount)
    motor(spec, "lid")
    rig = Rig(spec, {"": part}, 4)
    angle, _ = rig.joint("lid")
    state = rig.state[""]
    falling, locked, unlocked, ajar = range(4)
    angle[[falling, ajar]] = math.radians(70), math.radians(30)
    rig.forward()
    state["interlock"][[locked, unlocked, ajar]] = True
    deepest = 0.0
    for step in range(1500):
        if step == 300:
            rig.control("lid")[:] = [0, 5, 5, 5]
            state["interlock"][unlocked] = False
        rig.step()
        deepest = min(deepest, float(angle[falling]))
    return (
        Check("sinks into its stop", -deepest, math.radians(1), "rad"),
        Check("lies on its stop", float(angle[falling]), math.radians(0.1), "rad"),
        Check("opens while locked, 5 N·m", float(angle[locked]), math.radians(0.2), "rad"),
        Check("short of the stop when unlocked", _LID.opening - float(angle[unlocked]), math.radians(1), "rad"),
        Check("locked while open", float(state["locked"][ajar] and angle[ajar] > math.radians(5)), 0),
    )


def _sides(part: Lid) -> tuple[Check, ...]:
    """Let go below and above its crossover; then one is pressed on with half of its weight, one with all of it."""
    spec, mount = table()
    part.build(spec, mount)
    motor(spec, "lid")
    rig = Rig(spec, {"": part}, 4)
    angle, speed = rig.joint("lid")
    below, above, leant, pressed = range(4)
    angle[:] = _CROSSOVER + np.radians([-2, 2, -2, -2])
    rig.forward()
    fastest = 0.0
    for step in range(6000):
        if step == 4000:
            weight = _BALANCED.mass * 9.81 * _BALANCED.length / 2
            rig.control("lid")[[leant, pressed]] = -0.5 * weight, -weight
        rig.step()
        fastest = max(fastest, -float(speed[below]))
    # Where a twentieth of the weight, and half of it more, are what the gasket bears.
    rests = _BALANCED.cushion * np.array([0.95, 0.45])
    return (
        Check("below its crossover: from where it rests", float(angle[below]) / rests[0] - 1, 0.03),
        Check("leant on by half its weight", float(angle[leant]) / rests[1] - 1, 0.03),
        Check("pressed on by all of it: not shut", max(float(angle[pressed]), 0.0), math.radians(0.1), "rad"),
        Check("above its crossover: short of the stop", _OPENING - float(angle[above]), math.radians(1), "rad"),
        Check("falls faster than half a radian a second", max(fastest - 0.5, 0.0), 0.05, "rad/s"),
    )


def latch(part: Latch = _LATCH) -> Law:
    """A row of worlds pulls at the lid and another moves the lever, each a little more than the one before."""
    shares = np.linspace(0.9, 1.1, 41)
    pulled = _opened(part, pull=shares * _LATCH.hold, lever=np.zeros(41))
    moved = _opened(part, pull=np.full(41, 0.2 * _LATCH.hold), lever=shares * _LATCH.travel)
    light = np.full(1, 0.2 * _LATCH.hold)
    bolted = _opened(part, pull=light, lever=np.full(1, _LATCH.stop), bolted=True)
    told = _opened(replace(part, lever=False), pull=light, lever=np.zeros(1), released=True)
    return Law(
        "a latch catches a lid that closes, holds it up to its torque, and lets go at the travel of its lever",
        (
            Check("torque that overpowers it", _threshold(shares, pulled), 0.01),
            Check("travel that releases it", _threshold(shares, moved), 0.01),
            Check("lids not let go when it was told to", float((~told).sum()), 0, "lids"),
            Check("lids let go while bolted", float(bolted.sum()), 0, "lids"),
            Check("falling lids not caught", float((~_caught(part)).sum()), 0, "lids"),
        ),
    )


def _threshold(shares: Array, opened: Array) -> float:
    """How far the least share that opens is from 1; no number where all or none do, or where it is not a threshold."""
    if opened.all() or not opened.any() or (np.diff(opened.astype(int)) < 0).any():
        return math.nan
    first = int(np.argmax(opened))
    return float((shares[first - 1] + shares[first]) / 2 - 1)


def _rig(part: Latch, n: int, *, gravity: bool) -> Rig:
    own = _LID
    spec, mount = table(gravity=gravity)
    own.build(spec, mount, "lid/")
    replace(part, holds="lid/lid").build(spec, mount, "latch/")
    motor(spec, "lid/lid")
    if part.lever:
        servo(spec, "latch/lever", 20, 0.05)
    return Rig(spec, {"lid/": own, "latch/": replace(part, holds="lid/lid")}, n)


def _opened(part: Latch, *, pull: Array, lever: Array, **commands: bool) -> Array:
    rig = _rig(part, len(pull), gravity=False)
    angle, _ = rig.joint("lid/lid")
    for name, command in commands.items():
        rig.state["latch/"][name][:] = command
    for step in range(2000):
        rig.control("lid/lid")[:] = pull * min(1, step / 1000)
        # The servo gives way to the lever's spring and friction: it is told to aim that much farther.
        aim = lever + (_LATCH.spring * lever + np.where(lever > 0, _LATCH.friction, 0)) / 20
        if part.lever:
            rig.control("latch/lever")[:] = aim * min(1, step / 1000)
        rig.step()
    return np.asarray(angle > 2 * _LATCH.slack)


def _caught(part: Latch) -> Array:
    heights = np.radians([5, 20, 45, 75])
    rig = _rig(part, len(heights), gravity=True)
    angle, _ = rig.joint("lid/lid")
    angle[:] = heights
    rig.forward()
    rig.step(1500)
    return rig.state["latch/"]["engaged"].copy()
