"""Laws of what flows: the pipette's ledger, the liquid's surface and its waves, heat."""

import math
from dataclasses import replace
from itertools import pairwise

import mujoco
import numpy as np

from afterlore.lab.laws.law import Check, Law
from afterlore.lab.parts.liquid import Liquid
from afterlore.lab.parts.part import Array, One, massive
from afterlore.lab.parts.pump import MICROLITRE, Pump
from afterlore.lab.parts.rig import Rig, motor, table
from afterlore.lab.parts.solid import Solid
from afterlore.lab.parts.thermal import Thermal

__all__ = ["ledger", "liquid", "thermal"]

_PUMP = Pump(wells=2)
_LIQUID = Liquid()
_THERMAL = Thermal()
_WIDE = ((0.0139, 0.0), (0.0139, 0.1))
"""A straight vessel, for which waves and volumes have formulas."""
_NOWHERE = One(None, None)
"""For parts that need no world."""


def ledger(part: Pump = _PUMP) -> Law:
    """A thousand transfers from well to well by a thumb that pushes: forty pipettes, twenty-five transfers each."""
    worlds, transfers = 40, 25
    pipette = _Pipette(replace(part, wells=2), worlds)
    state = pipette.state
    state["volume"][:] = np.linspace(20, 200, worlds)
    state["wells"][:, 0] = 10_000 * MICROLITRE
    total = pipette.total()
    taken, left = [], []
    for _ in range(transfers):
        taken.append(pipette.aspirate(0))
        left.append(pipette.dispense(1))
    share = np.array(taken) / (state["volume"] * MICROLITRE)
    moved = 10_000 * MICROLITRE - state["wells"][:, 0]
    lost = np.abs(pipette.total() - total).max()
    ended = np.abs(moved - state["wells"][:, 1]).max()

    # A tip that is drawn out of the liquid too early sucks air, and the display of the failure must come.
    state["depth"][:] = -1
    early = pipette.aspirate(0, share=0.5)
    silent = int((state["air"] == 0).sum()) + int((early >= state["volume"] * MICROLITRE * 0.95).sum())
    return Law(
        "what leaves a well is in the tip, in a well or spilled, and a set volume is what is sucked in",
        (
            Check("lost in 1,000 transfers", float(lost), 0, "pl"),
            Check("missing where it was brought", float(ended), 0, "pl"),
            Check("spilled", float(state["spilled"].max()), 0, "pl"),
            Check("left in a tip that was emptied", float(np.max(left)), 0, "pl"),
            Check("volume sucked in", float(np.abs(share - 1).max()), 0.01),
            Check("air that nobody noticed", float(silent), 0, "tips"),
            Check("force of the plunger", _force(part), 0.01),
        ),
    )


class _Pipette:
    """A row of pipettes and the thumbs that push them."""

    def __init__(self, part: Pump, n: int) -> None:
        spec, mount = table()
        part.build(spec, mount)
        motor(spec, "plunger")
        self.rig = Rig(spec, {"": part}, n)
        self.state = self.rig.state[""]

    def total(self) -> Array:
        """All there is, pl."""
        state = self.state
        return np.asarray(state["wells"].sum(axis=1) + state["tip"] + state["spilled"])

    def push(self, force: Array | float, steps: int = 250) -> None:
        """Change the thumb's force to ``force`` and wait."""
        thumb = self.rig.control("plunger")
        first = thumb.copy()
        for step in range(steps):
            thumb[:] = first + (force - first) * min(1, 2 * step / steps)
            self.rig.step()

    def first_stop(self) -> Array:
        """The force of a thumb that feels the first stop and does not push through it."""
        stop = _PUMP.stop(self.state["volume"])
        return _PUMP.reference(stop, stop) + _PUMP.step_up / 2

    def aspirate(self, well: int, share: float = 1.0) -> Array:
        """Down to the first stop in air, into the liquid, up; gives what is in the tip, pl."""
        self.state["at"][:], self.state["depth"][:] = well, -0.01
        self.push(self.first_stop())
        self.state["depth"][:] = 0.003
        if share < 1:
            self.push(self.first_stop() * (1 - share))
            self.state["depth"][:] = -0.01
        self.push(0.0)
        self.state["depth"][:] = -0.01
        return self.state["tip"].copy()

    def dispense(self, well: int) -> Array:
        """Down to the second stop over the well, and up in air; gives what stayed in the tip, pl."""
        self.state["at"][:], self.state["depth"][:] = well, -0.001
        self.push(self.first_stop())
        self.push(30.0)
        self.push(0.0)
        return self.state["tip"].copy()


def _force(part: Pump) -> float:
    """Largest distance of the thumb's force from the reference at rest, in shares of it."""
    depths = np.linspace(0.05, 0.95, 19) * _PUMP.travel
    pipette = _Pipette(part, len(depths))
    stop = _PUMP.stop(pipette.state["volume"])
    expected = _PUMP.reference(depths, stop)
    pipette.push(expected, 1000)
    place, _ = pipette.rig.joint("plunger")
    return float(np.abs(_PUMP.reference(place, stop) / expected - 1).max())


def liquid(part: Liquid = _LIQUID) -> Law:
    """Volumes are measured by another way than they are found: over the clipped skin, from a point on the plane."""
    rng = np.random.default_rng(3)
    worst = 0.0
    for profile in (part.profile, _WIDE, ((0.004, 0.0), (0.02, 0.01), (0.009, 0.03), (0.011, 0.05))):
        solid = Solid.of(profile, part.sectors)
        normals = rng.normal(size=(100, 3))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        volumes = rng.uniform(0.01, 0.99, 100) * solid.volume
        heights = solid.surface(normals, volumes)
        measured = [
            _clipped(profile, part.sectors, normal, float(height))
            for normal, height in zip(normals, heights, strict=True)
        ]
        worst = max(worst, float(np.abs(np.array(measured) / volumes - 1).max()))
    return Law(
        "a liquid keeps its volume, lies across the apparent gravity, and sloshes as a cylinder's first mode",
        (
            Check("volume", worst, 1e-9),
            Check("tilt under acceleration", _tilt(part), 0.01),
            Check("frequency of the first mode", _slosh(part), 0.01),
        ),
    )


def _clipped(profile: tuple[tuple[float, float], ...], sectors: int, normal: Array, height: float) -> float:
    """Volume of a vessel below a plane, by Gauss: from a point on the plane the cut itself counts for nothing."""
    radius, level = np.array(profile).T
    angles = 2 * math.pi * np.arange(sectors + 1) / sectors
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    wall = np.concatenate(
        [ring[:, None] * radius[:, None], np.broadcast_to(level[:, None], (sectors + 1, len(level), 1))], axis=-1
    )
    faces = []
    for left, right in pairwise(wall):
        for step in range(len(level) - 1):
            faces += [(left[step], right[step], right[step + 1]), (left[step], right[step + 1], left[step + 1])]
        faces.append((np.array([0, 0, level[0]]), right[0], left[0]))
        faces.append((np.array([0, 0, level[-1]]), left[-1], right[-1]))
    origin, total = normal * height, 0.0
    for face in faces:
        corners = np.array(face) - origin
        above = corners @ normal
        kept: list[Array] = []
        for here, there, low, high in zip(corners, np.roll(corners, -1, 0), above, np.roll(above, -1), strict=True):
            if low <= 0:
                kept.append(here)
            if (low <= 0) != (high <= 0):
                kept.append(here + (there - here) * low / (low - high))
        for second, third in pairwise(kept[1:]):
            total += float(kept[0] @ np.cross(second, third)) / 6
    return total


def _tilt(part: Liquid) -> float:
    """Vessels pulled along a rail by steady forces: largest distance of tan φ from a/g, in shares of it."""
    pulls = np.linspace(0.5, 6, 12)
    spec, mount = table()
    cart = massive(mount, "cart", 1, [1e-3] * 3)
    cart.add_joint(name="rail", type=mujoco.mjtJoint.mjJNT_SLIDE, axis=[1, 0, 0])
    own = replace(part, profile=_WIDE, damping=max(part.damping, 0.5))
    own.build(spec, cart)
    motor(spec, "rail")
    rig = Rig(spec, {"": own}, len(pulls))
    rig.state[""]["volume"][:] = 2e-5
    rig.control("rail")[:] = pulls
    rig.step(1000)
    normal = rig.state[""]["normal"]
    # Radians of the angle between the surface's upright and z.
    found = np.arctan2(np.hypot(normal[:, 0], normal[:, 1]), normal[:, 2])
    return float(np.abs(np.tan(found) / (pulls / 9.81) - 1).max())


def _slosh(part: Liquid) -> float:
    """The wave after a knock, by its zeros: largest distance from the formula over five fillings, in shares of it."""
    fillings = np.linspace(0.01, 0.08, 5)
    spec, mount = table()
    own = replace(part, profile=_WIDE, damping=0.02)
    own.build(spec, mount)
    rig = Rig(spec, {"": own}, len(fillings))
    state = rig.state[""]
    radius = _WIDE[0][0]
    # The vessel has corners: its filling is counted by its own cross-section.
    state["volume"][:] = fillings * own.solid.volume / _WIDE[1][1]
    state["swing"][:, 0] = 1.0
    slopes = []
    for _ in range(2000):
        rig.step()
        slopes.append(state["slope"][:, 0].copy())
    wave = np.array(slopes)
    worst = 0.0
    for column, filling in zip(wave.T, fillings, strict=True):
        up = np.flatnonzero((column[:-1] < 0) & (column[1:] >= 0))
        zeros = (up + column[up] / (column[up] - column[up + 1])) * rig.dt
        if len(zeros) < 3:
            return math.nan
        found = 2 * math.pi * (len(zeros) - 1) / (zeros[-1] - zeros[0]) / math.sqrt(1 - 0.02**2)
        expected = math.sqrt(9.81 * 1.841 / radius * math.tanh(1.841 * filling / radius))
        worst = max(worst, abs(found / expected - 1))
    return worst


def thermal(part: Thermal = _THERMAL) -> Law:
    """It cools off by itself in steps short and long; then it is driven to a target, and the heat is counted."""
    own = part.bind(None)
    constants = []
    for dt in (0.002, 0.02, 0.5):
        state = own.initial(1)
        state["temperature"][:] = 95.0
        times, missing = [0.0], [1.0]
        while missing[-1] > 1 / math.e and times[-1] < 1e3:
            own.step(_NOWHERE, state, dt)
            times.append(times[-1] + dt)
            missing.append(float(state["temperature"][0] - _THERMAL.ambient) / (95.0 - _THERMAL.ambient))
        if missing[-1] > 1 / math.e:
            constants.append(math.inf)
            continue
        # The logarithm is a line: between its last two points it is cut exactly.
        last, this = math.log(missing[-2]), math.log(missing[-1])
        constants.append(times[-2] + (times[-1] - times[-2]) * (last + 1) / (last - this))
    expected = _THERMAL.capacity / _THERMAL.conductance

    state = own.initial(3)
    state["on"][:], state["target"][:] = True, [4.0, 58.0, 95.0]
    dt, heat, lost, overshoot = 0.02, np.zeros(3), np.zeros(3), 0.0
    first = state["temperature"].copy()
    way = np.sign(state["target"] - first)
    for _ in range(10_000):
        before = state["temperature"].copy()
        own.step(_NOWHERE, state, dt)
        heat += state["power"] * dt
        lost += _THERMAL.conductance * ((before + state["temperature"]) / 2 - _THERMAL.ambient) * dt
        overshoot = max(overshoot, float((way * (state["temperature"] - state["target"])).max()))
    stored = _THERMAL.capacity * (state["temperature"] - first)
    return Law(
        "a block cools off with the time constant C/G, holds its target, and stores the heat that it is given",
        (
            Check("time constant", float(np.abs(np.array(constants) / expected - 1).max()), 0.01),
            Check("distance from the target", float(np.abs(state["temperature"] - state["target"]).max()), 0.1, "K"),
            Check("overshoot", overshoot, 0.1, "K"),
            Check("heat unaccounted for", float(np.abs((heat - lost - stored) / stored).max()), 0.01),
        ),
    )
