"""Laws of what is turned and pushed: the detent's torque, the button's clicks, and energy that stays."""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from afterlore.lab.laws.law import Check, Law
from afterlore.lab.parts.button import Button
from afterlore.lab.parts.detent import Detent
from afterlore.lab.parts.lid import Lid
from afterlore.lab.parts.part import Array
from afterlore.lab.parts.rig import Rig, motor, servo, table

__all__ = ["button", "detent", "energy"]

_DETENT = Detent()
_BUTTON = Button()


def detent(part: Detent = _DETENT) -> Law:
    """Torque over one click by a slow stiff servo; the torque that snaps it through, by a row of worlds."""
    checks = []
    for drive in ("force", "spring"):
        own = replace(part, drive=drive)
        checks += [
            Check(f"torque curve, {drive}", _curve(own), 0.01),
            Check(f"snap-through, {drive}", _snap(own), 0.01),
        ]
    return Law("a detent's torque is -τ₀ sin(Nθ), and τ₀ takes it to the next position", tuple(checks))


def _curve(part: Detent) -> float:
    """Largest distance from the reference, in shares of τ₀."""
    spec, mount = table(gravity=False)
    part.build(spec, mount)
    servo(spec, "knob", 100 * _DETENT.positions * _DETENT.torque, 0.2)
    rig = Rig(spec, {"": part})
    angle, _ = rig.joint("knob")
    click, worst = 2 * math.pi / _DETENT.positions, 0.0
    steps = 1000
    for step in range(steps):
        rig.control("knob")[:] = click * step / steps
        before = float(angle[0])
        rig.step()
        # Past the start, where the servo has come up to its speed.
        if step > steps // 10:
            error = float(rig.effort("knob")[0]) + float(_DETENT.reference(np.array(before)))
            worst = max(worst, abs(error) / _DETENT.torque)
    return worst


def _snap(part: Detent) -> float:
    """How far the least torque that moves the knob on is from τ₀, in shares of it."""
    shares = np.linspace(0.97, 1.03, 25)
    spec, mount = table(gravity=False)
    replace(part, damping=0.02).build(spec, mount)
    motor(spec, "knob")
    rig = Rig(spec, {"": part}, len(shares))
    steps = 2500
    for step in range(2 * steps):
        rig.control("knob")[:] = shares * _DETENT.torque * min(1, step / steps)
        rig.step()
    moved = rig.state[""]["position"] > 0
    if not moved.any() or moved[0]:
        return math.inf
    return float(abs(shares[moved].min() - 1))


def button(part: Button = _BUTTON) -> Law:
    """A force that grows slowly: where it clicks; one that trembles about the click: how often it does."""
    spec, mount = table(gravity=False)
    part.build(spec, mount)
    motor(spec, "button")
    rig = Rig(spec, {"": part})
    depth, _ = rig.joint("button")
    last = float(_BUTTON.reference(np.array(_BUTTON.travel)))

    def click(forces: Array, pressed: bool) -> float:
        """The force at which the button is first ``pressed``."""
        for force in forces:
            rig.control("button")[:] = force
            rig.step(2)
            if rig.state[""]["pressed"][0] == pressed:
                return float(force)
        return math.nan

    ramp = np.linspace(0, last, 1000)
    on = click(ramp, True) / float(_BUTTON.reference(np.array(_BUTTON.on * _BUTTON.travel))) - 1
    off = click(ramp[::-1], False) / float(_BUTTON.reference(np.array(_BUTTON.off * _BUTTON.travel))) - 1

    rig.state[""]["presses"][:] = 0
    middle = float(_BUTTON.reference(np.array((_BUTTON.on + _BUTTON.off) / 2 * _BUTTON.travel)))
    rng = np.random.default_rng(8)
    # A finger that goes in once, trembling by two thirds of the gap between the clicks.
    for force in np.concatenate([np.linspace(0, last, 200), middle + rng.uniform(-1, 1, 400) * 0.09, np.zeros(50)]):
        rig.control("button")[:] = force
        rig.step(2)
    presses = int(rig.state[""]["presses"][0])

    rig.control("button")[:] = 2 * last
    rig.step(300)
    over = float(depth[0]) - _BUTTON.travel
    return Law(
        "a button clicks in and out at the force of its spring, once for each push",
        (
            Check("force of the click in", on, 0.01),
            Check("force of the click out", off, 0.01),
            Check("presses counted beyond one", presses - 1, 0, "presses"),
            Check("way past the stop", over, 1e-4, "m"),
        ),
    )


def energy(knob: Detent = _DETENT, seconds: float = 10.0) -> Law:
    """Mean energy of the last second against the first, of a knob in its detent and a lid on its spring."""
    spec, mount = table(gravity=False)
    knob.build(spec, mount)
    rig = Rig(spec, {"": knob})
    angle, speed = rig.joint("knob")
    angle[:] = 0.5 * math.pi / knob.positions

    def turning(place: float, pace: float) -> float:
        well = knob.torque / knob.positions
        return 0.5 * knob.inertia * pace**2 + well * (1 - math.cos(knob.positions * place))

    knobs = _drift(rig, angle, speed, turning, seconds)

    lid = Lid(damping=0, spring=3.0, spring_rest=math.radians(50))
    spec, mount = table()
    lid.build(spec, mount)
    rig = Rig(spec, {"": lid})
    angle, speed = rig.joint("lid")
    angle[:] = math.radians(65)

    def swinging(place: float, pace: float) -> float:
        weight = lid.mass * 9.81 * lid.length / 2 * math.sin(place)
        return 0.5 * lid.inertia * pace**2 + weight + 0.5 * lid.spring * (place - lid.spring_rest) ** 2

    # Energy is counted from where the lid would rest: a share of an arbitrary zero would say nothing.
    grid = np.linspace(0, lid.opening, 2000)
    least = min(swinging(float(place), 0) for place in grid)
    lids = _drift(rig, angle, speed, lambda place, pace: swinging(place, pace) - least, seconds)
    return Law(
        "what swings without friction keeps its energy over 10 s",
        (Check("knob in its detent", knobs, 1e-3), Check("lid on its spring", lids, 1e-3)),
    )


def _drift(rig: Rig, place: Array, speed: Array, measure: Any, seconds: float) -> float:
    rig.forward()
    energies = []
    for _ in range(round(seconds / rig.dt)):
        before, pace = float(place[0]), float(speed[0])
        rig.step()
        # Speeds belong between the steps: the mean of two is the speed at the place between them.
        energies.append(measure(before, (pace + float(speed[0])) / 2))
    second = round(1 / rig.dt)
    return float(np.mean(energies[-second:]) / np.mean(energies[:second]) - 1)
