"""One table-top scene for each part, in which it does what it is for: to look at, and to see how a part is used."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.parts.button import Button
from afterlore.lab.parts.detent import Detent
from afterlore.lab.parts.latch import Latch
from afterlore.lab.parts.lid import Lid
from afterlore.lab.parts.liquid import Liquid
from afterlore.lab.parts.panel import Field, Panel
from afterlore.lab.parts.part import Part, massive
from afterlore.lab.parts.pump import MICROLITRE, Pump
from afterlore.lab.parts.rig import Rig, motor, servo, table
from afterlore.lab.parts.rotor import Rotor
from afterlore.lab.parts.thermal import Thermal
from afterlore.lab.parts.thread import Thread

__all__ = ["SCENES", "Scene", "play"]

_BOX, _CYLINDER = mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_CYLINDER
_WHITE, _GREY, _DARK = [0.93, 0.94, 0.95, 1], [0.62, 0.66, 0.7, 1], [0.18, 0.2, 0.23, 1]
_BLUE, _AMBER, _GLASS = [0.2, 0.45, 0.8, 1], [0.95, 0.6, 0.15, 1], [0.85, 0.92, 0.97, 0.3]


@dataclass(frozen=True, slots=True)
class Scene:
    """A spec with parts in it, and what happens there."""

    spec: Any
    parts: Mapping[str, Part]
    act: Callable[[Rig, float], None]
    """Before every physics step, with the time in s."""
    begin: Callable[[Rig], None] = Rig.forward
    """Once, before anything moves."""
    seconds: float = 2.0


def play(name: str) -> tuple[Rig, list[dict[str, Any]]]:
    """Play a scene to its end: the rig, and the states at tenths of it. Raises InputError for a name that is none."""
    if name not in SCENES:
        raise InputError(f"no scene {name!r}; there are: {', '.join(SCENES)}")
    scene = SCENES[name]()
    rig = Rig(scene.spec, scene.parts)
    scene.begin(rig)
    steps = round(scene.seconds / rig.dt)
    states = []
    for step in range(steps):
        scene.act(rig, step * rig.dt)
        rig.step()
        if (step + 1) % (steps // 10) == 0:
            states.append({part: {key: value.copy() for key, value in own.items()} for part, own in rig.state.items()})
    return rig, states


def _look(body: Any, kind: Any, size: list[float], pos: list[float], rgba: list[float]) -> None:
    """A geom that is only seen."""
    body.add_geom(type=kind, size=size, pos=pos, rgba=rgba, mass=0, contype=0, conaffinity=0)


def _between(time: float, start: float, end: float) -> float:
    """From 0 to 1 while time goes from start to end."""
    return min(1.0, max(0.0, (time - start) / (end - start)))


def _thread() -> Scene:
    part = Thread()
    spec, mount = table()
    _look(mount, _CYLINDER, [0.012, 0.025, 0], [0, 0, -0.025], _GLASS)
    cap = part.build(spec, mount)
    _look(cap, _CYLINDER, [0.014, 0.006, 0], [0, 0, -0.004], _BLUE)
    _look(cap, _BOX, [0.012, 0.0015, 0.0005], [0, 0, 0.0025], _WHITE)
    # What a hand would do: it turns the cap out, lifts it and leaves it to fall beside the tube.
    hand = massive(spec.worldbody, "hand", 0.2, [1e-4] * 3, pos=[0, 0, 0.05], gravcomp=1)
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
        solimp=[0.9999, 0.9999, 1e-3, 0.5, 2],
    )
    motor(spec, "lift")
    servo(spec, "wrist", 5, 0.2)

    def begin(rig: Rig) -> None:
        bound: Any = rig.bound[""]
        bound.place(rig.batch, rig.state[""], 0.0)
        rig.forward()

    def act(rig: Rig, time: float) -> None:
        rig.control("wrist")[:] = 2 * math.pi * 3.2 * _between(time, 0.2, 3.0)
        rig.control("lift")[:] = 0.8 if time > 3.0 else 0.0

    return Scene(spec, {"": part}, act, begin, 3.8)


def _detent() -> Scene:
    part = Detent(damping=2e-3)
    spec, mount = table()
    _look(mount, _CYLINDER, [0.045, 0.005, 0], [0, 0, -0.01], _WHITE)
    knob = part.build(spec, mount)
    _look(knob, _CYLINDER, [0.025, 0.012, 0], [0, 0, 0.007], _DARK)
    _look(knob, _BOX, [0.002, 0.008, 0.001], [0, 0.016, 0.0195], _AMBER)
    for click in range(part.positions):
        angle = 2 * math.pi * click / part.positions
        _look(mount, _CYLINDER, [0.0015, 0.001, 0], [0.036 * math.cos(angle), 0.036 * math.sin(angle), -0.005], _DARK)
    motor(spec, "knob")

    def act(rig: Rig, time: float) -> None:
        rig.control("knob")[:] = 1.2 * part.torque if time % 0.5 < 0.1 else 0.0

    return Scene(spec, {"": part}, act)


def _button() -> Scene:
    part = Button()
    spec, mount = table()
    _look(mount, _BOX, [0.03, 0.03, 0.02], [0, 0, -0.022], _WHITE)
    cap = part.build(spec, mount)
    _look(cap, _CYLINDER, [0.012, 0.004, 0], [0, 0, 0.002], _AMBER)
    motor(spec, "button")

    def act(rig: Rig, time: float) -> None:
        rig.control("button")[:] = 2.0 * max(0.0, math.sin(2 * math.pi * time))

    return Scene(spec, {"": part}, act)


def _lid() -> Scene:
    part = Lid(length=0.12, spring=0.1)
    spec, mount = table()
    base = mount.add_body(pos=[-0.06, 0, 0])
    _look(base, _BOX, [0.06, 0.05, 0.02], [0.06, 0, -0.025], _WHITE)
    _look(part.build(spec, base), _BOX, [0.06, 0.05, 0.003], [0.06, 0, 0], [*_GLASS[:3], 0.6])
    motor(spec, "lid")

    def act(rig: Rig, time: float) -> None:
        # Somebody lifts it all the time; the interlock gives way later.
        rig.control("lid")[:] = 0.35
        rig.state[""]["interlock"][:] = time < 1.0

    return Scene(spec, {"": part}, act)


def _latch() -> Scene:
    lid, part = Lid(length=0.12, spring=0.05), Latch(holds="lid/lid")
    spec, mount = table()
    base = mount.add_body(pos=[-0.06, 0, 0])
    _look(base, _BOX, [0.06, 0.05, 0.02], [0.06, 0, -0.025], _WHITE)
    _look(lid.build(spec, base, "lid/"), _BOX, [0.06, 0.05, 0.003], [0.06, 0, 0], _GREY)
    front = base.add_body(pos=[0.12, 0, -0.015])
    _look(part.build(spec, front, "latch/"), _BOX, [0.02, 0.01, 0.002], [0.02, 0, 0], _AMBER)
    motor(spec, "lid/lid")
    servo(spec, "latch/lever", 5, 0.05)

    def begin(rig: Rig) -> None:
        rig.joint("lid/lid")[0][:] = math.radians(60)
        rig.forward()

    def act(rig: Rig, time: float) -> None:
        # It falls and is caught, is pulled at in vain, and opens when the lever is moved.
        rig.control("lid/lid")[:] = 0.4 if time > 1.0 else 0.0
        rig.control("latch/lever")[:] = math.radians(50) * _between(time, 1.8, 2.2)

    return Scene(spec, {"lid/": lid, "latch/": part}, act, begin, 2.8)


def _rotor() -> Scene:
    part = Rotor()
    spec, mount = table()
    housing = massive(mount, "housing", 3.0, [0.05] * 3)
    for name, axis in (("x", [1, 0, 0]), ("y", [0, 1, 0])):
        housing.add_joint(name=name, type=mujoco.mjtJoint.mjJNT_SLIDE, axis=axis, stiffness=4000, damping=20)
    _look(housing, _CYLINDER, [0.085, 0.02, 0], [0, 0, -0.025], _WHITE)
    rotor = part.build(spec, housing)
    _look(rotor, _CYLINDER, [0.065, 0.008, 0], [0, 0, 0.004], _DARK)
    for slot in range(part.slots):
        angle = 2 * math.pi * slot / part.slots
        place = [part.radius * math.cos(angle), part.radius * math.sin(angle), 0.012]
        _look(rotor, _CYLINDER, [0.008, 0.006, 0], place, _AMBER if slot == 0 else _GREY)

    def act(rig: Rig, time: float) -> None:
        state = rig.state[""]
        state["masses"][:, 0] = 0.01
        # A counterweight is put in half-way.
        state["masses"][:, 3] = 0.01 if time > 1.5 else 0.0
        state["target"][:] = 60

    return Scene(spec, {"": part}, act, seconds=3.0)


def _thermal() -> Scene:
    part, panel = Thermal(), Panel((Field("temperature", "°C", 4, 1), Field("target", "°C", 4, 1)), 0.07)
    spec, mount = table()
    _look(mount, _BOX, [0.05, 0.035, 0.02], [0, 0.03, -0.022], _GREY)
    for row in range(4):
        for column in range(6):
            _look(mount, _CYLINDER, [0.005, 0.0005, 0], [0.015 * (column - 2.5), 0.03 + 0.015 * (row - 1.5), 0], _DARK)
    part.build(spec, mount)
    front = mount.add_body(pos=[0, -0.035, -0.02], quat=[math.cos(0.5), math.sin(0.5), 0, 0])
    panel.build(spec, front, "panel/")

    def act(rig: Rig, time: float) -> None:
        state = rig.state[""]
        state["on"][:], state["target"][:] = True, 25.0 if time < 6 else 27.0
        rig.state["panel/"]["values"][:] = np.stack([state["temperature"], state["target"]], axis=-1)

    return Scene(spec, {"": part, "panel/": panel}, act, seconds=12.0)


def _liquid() -> Scene:
    part = Liquid(((0.004, 0.0), (0.013, 0.012), (0.0139, 0.1)))
    spec, mount = table()
    cart = massive(mount, "cart", 0.1, [1e-4] * 3, pos=[0, 0, -0.045])
    cart.add_joint(name="rail", type=mujoco.mjtJoint.mjJNT_SLIDE, axis=[1, 0, 0])
    _look(cart, _CYLINDER, [0.0145, 0.05, 0], [0, 0, 0.051], _GLASS)
    part.build(spec, cart)
    servo(spec, "rail", 60, 2)

    def begin(rig: Rig) -> None:
        rig.state[""]["volume"][:] = 2.5e-5

    def act(rig: Rig, time: float) -> None:
        rig.control("rail")[:] = 0.04 * math.sin(2 * math.pi * 1.5 * time)

    return Scene(spec, {"": part}, act, begin)


def _pump() -> Scene:
    part = Pump(wells=2)
    spec, mount = table()
    mount.pos = [0, 0, 0.12]
    _look(mount, _CYLINDER, [0.012, 0.04, 0], [0, 0, -0.03], _WHITE)
    _look(mount, _CYLINDER, [0.003, 0.025, 0], [0, 0, -0.09], _GLASS)
    plunger = part.build(spec, mount)
    _look(plunger, _CYLINDER, [0.004, 0.012, 0], [0, 0, 0.022], _GREY)
    _look(plunger, _CYLINDER, [0.009, 0.003, 0], [0, 0, 0.036], _AMBER)
    motor(spec, "plunger")

    def begin(rig: Rig) -> None:
        rig.state[""]["wells"][:, 0] = 1000 * MICROLITRE
        rig.state[""]["volume"][:] = 100

    def act(rig: Rig, time: float) -> None:
        state = rig.state[""]
        stop = part.stop(state["volume"])
        first = part.reference(stop, stop) + part.step_up / 2
        # Down in air, up in the first well; down to the second stop over the other.
        state["at"][:] = 0 if time < 1.5 else 1
        state["depth"][:] = 0.003 if 0.6 < time < 1.4 else -0.01
        thumb = _between(time, 0.1, 0.5) - _between(time, 0.7, 1.3)
        rig.control("plunger")[:] = first * thumb + 30 * (_between(time, 1.6, 2.0) - _between(time, 2.3, 2.6))

    return Scene(spec, {"": part}, act, begin, 3.0)


def _panel() -> Scene:
    part = Panel(width=0.16)
    spec, mount = table()
    tilted = mount.add_body(quat=[math.cos(0.4), math.sin(0.4), 0, 0], pos=[0, 0, 0.01])
    _look(tilted, _BOX, [0.086, 0.072, 0.006], [0, 0, -0.007], _WHITE)
    part.build(spec, tilted)

    def act(rig: Rig, time: float) -> None:
        rig.state[""]["values"][:] = [37, 90 - math.floor(time * 10), 1500]
        rig.state[""]["cursor"][:] = int(time) % 3

    return Scene(spec, {"": part}, act)


SCENES: dict[str, Callable[[], Scene]] = {
    "thread": _thread,
    "detent": _detent,
    "button": _button,
    "lid": _lid,
    "latch": _latch,
    "rotor": _rotor,
    "thermal": _thermal,
    "liquid": _liquid,
    "pump": _pump,
    "panel": _panel,
}
