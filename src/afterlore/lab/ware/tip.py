"""Pipette tips, and the box that 96 of them stand in, 9 mm apart.

Sizes are those of the usual universal tips, to about half a millimetre: 200 µl (51 mm long) and 1000 µl (71 mm). A ring
on a tip stands where the inner shape holds its volume, which a test compares with the shape's own.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.instruments.housing import words
from afterlore.lab.meshes import Mesh, holed, revolved, rounded_box, seen
from afterlore.lab.parts.part import massive
from afterlore.lab.ware.hollow import Hollow
from afterlore.lab.ware.tube import FRICTION

__all__ = ["TIPS", "Tip", "TipBox", "tip"]

_DYED = (0.86, 0.30, 0.44, 1.0)
_PITCH = 0.009
_ROWS, _COLUMNS = 8, 12
_WHITE = (0.90, 0.91, 0.92, 1)


@dataclass(frozen=True)
class Tip:
    """A tip that stands along z, its open end at the origin; metres, kilograms, microlitres."""

    name: str
    nominal: float
    """µl."""
    within: tuple[tuple[float, float], ...]
    """The inside: (radius, height) from the open end up."""
    wall: float
    seat: float
    """How deep a pipette's cone goes in at the top."""
    collar: float
    """Radius of the widest part, outside."""
    mass: float
    marks: tuple[float, ...]
    """Rings, µl."""
    rgba: tuple[float, float, float, float]

    @cached_property
    def hollow(self) -> Hollow:
        """Its inside, as far as a pipette's cone leaves room."""
        whole = Hollow(self.within)
        top = self.length - self.seat
        return Hollow((*(point for point in self.within if point[1] < top), (whole.radius(top), top)))

    @property
    def length(self) -> float:
        """From the open end to the rim."""
        return self.within[-1][1]

    @property
    def capacity(self) -> float:
        """µl, below a pipette's cone."""
        return self.hollow.capacity * 1e9

    def radius(self, height: float) -> float:
        """Inside, at a height from 0 to ``length``."""
        return Hollow(self.within).radius(height)

    def height(self, volume: float) -> float:
        """How high above its open end ``volume`` µl stand. Raises InputError for more than there is room for."""
        if not 0 <= volume <= self.capacity:
            raise InputError(f"a tip of {self.name!r} holds 0 to {self.capacity:.0f} µl, not {volume!r}")
        return self.hollow.height(volume * 1e-9)

    def shell(self) -> Mesh:
        """What is seen: the cone, and at its top a collar that it is held and pulled off by."""
        inside = self.within
        wide = [(radius + self.wall, height) for radius, height in inside]
        neck = self.length - self.seat - 0.001
        throat = self.radius(neck) + self.wall
        outside = [
            (inside[0][0] + self.wall * 0.5, 0.0),
            *(point for point in wide[1:] if point[1] < neck),
            (throat, neck),
            (self.collar, neck + 0.0012),
            (self.collar, self.length - 0.0006),
            (self.collar - 0.0004, self.length),
        ]
        return revolved([inside[0], *outside, *reversed(inside)], sides=24)

    def build(
        self, spec: Any, body: Any, prefix: str = "", *, volume: float = 0.0, rgba: tuple[float, ...] = _DYED
    ) -> Any:
        """Add it at the origin of ``body``, with ``volume`` µl of a liquid seen in it; gives the tip's body."""
        across = self.mass * self.length**2 / 12
        made = massive(body, f"{prefix}tip", self.mass, (across, across, across / 20), (0, 0, self.length * 0.6))
        if self.height(volume) > 0:
            seen(made, self.hollow.filled(volume * 1e-9).add(spec, f"{prefix}liquid"), rgba, name=f"{prefix}liquid")
        seen(made, self.shell().add(spec, f"{prefix}shell"), self.rgba, name=f"{prefix}shell")
        for number, mark in enumerate(self.marks):
            place = self.height(mark)
            radius = self.radius(place) + self.wall * 1.1
            ring = [(radius, place - 0.00015), (radius, place + 0.00015)]
            name = f"{prefix}mark{number}"
            seen(made, revolved(ring, sides=24).add(spec, name), (*self.rgba[:3], 0.95), name=name)
        made.add_site(name=f"{prefix}end", size=[0.0005, 0, 0])
        for name, low, high, thick in self._solids():
            made.add_geom(
                name=f"{prefix}{name}",
                type=mujoco.mjtGeom.mjGEOM_CAPSULE,
                fromto=[0, 0, low + thick, 0, 0, high - thick],
                size=[thick, 0, 0],
                group=3,
                mass=0,
                friction=FRICTION,
            )
        return made

    def _solids(self) -> list[tuple[str, float, float, float]]:
        """Name, from, to, and radius of what collides: a needle, and the wider part above it."""
        middle = self.within[1][1]
        return [
            ("needle", 0.0, middle, self.radius(middle / 2) + self.wall),
            ("barrel", middle, self.length, self.radius((middle + self.length) / 2) + self.wall),
        ]


TIPS = {
    one.name: one
    for one in (
        Tip(
            name="200ul",
            nominal=200,
            within=((0.00024, 0.0), (0.0008, 0.014), (0.0024, 0.038), (0.00275, 0.051)),
            wall=0.0004,
            seat=0.009,
            collar=0.0036,
            mass=0.00028,
            marks=(20.0, 50.0, 100.0),
            rgba=(0.98, 0.88, 0.40, 0.42),
        ),
        Tip(
            name="1000ul",
            nominal=1000,
            within=((0.00038, 0.0), (0.0015, 0.02), (0.00365, 0.056), (0.0038, 0.071)),
            wall=0.00055,
            seat=0.009,
            collar=0.00442,
            mass=0.00065,
            marks=(100.0, 250.0, 500.0, 750.0),
            rgba=(0.45, 0.68, 0.95, 0.40),
        ),
    )
}
"""By name."""


def tip(name: str) -> Tip:
    """The tip of a name. Raises InputError for another one."""
    if name not in TIPS:
        raise InputError(f"no tip {name!r}; there are: {', '.join(TIPS)}")
    return TIPS[name]


@dataclass(frozen=True, slots=True)
class TipBox:
    """Eight rows of twelve places for tips of one kind, without its lid; it stands on the origin."""

    tip: Tip
    clearance: float = 0.004
    """Below the open ends."""
    mass: float = 0.09
    """Without tips."""

    @property
    def height(self) -> float:
        """Of the deck that the tips hang in by their collars."""
        return self.clearance + self.tip.length - self.tip.seat - 0.0012

    def slot(self, number: int) -> tuple[float, float, float]:
        """Where a tip's open end is, 0 (at the back, left) to 95, row by row. Raises InputError for another place."""
        if not 0 <= number < _ROWS * _COLUMNS:
            raise InputError(f"the box has places 0 to {_ROWS * _COLUMNS - 1}, not {number!r}")
        row, column = divmod(number, _COLUMNS)
        return (column - (_COLUMNS - 1) / 2) * _PITCH, ((_ROWS - 1) / 2 - row) * _PITCH, self.clearance

    def build(self, spec: Any, body: Any, prefix: str = "", *, without: Collection[int] = ()) -> Any:
        """Add it at the origin of ``body``, with a tip in each place but those of ``without``; gives the box's body.

        All tips are one mesh that is only seen.
        """
        half = (_COLUMNS * _PITCH / 2 + 0.005, _ROWS * _PITCH / 2 + 0.005)
        inertia = [self.mass / 3 * (a * a + b * b) for a, b in ((half[1], 0.03), (half[0], 0.03), half)]
        made = massive(body, f"{prefix}box", self.mass, inertia, (0, 0, self.height / 2))
        absent = {self.slot(number) for number in without}
        places = np.array([self.slot(number) for number in range(_ROWS * _COLUMNS)])
        self._housing(spec, made, prefix, half)
        deck = holed((_PITCH / 2, _PITCH / 2, 0.0008), self.tip.collar - 0.0004, sides=20)
        tops = places * (1, 1, 0) + (0, 0, self.height - 0.0008)
        seen(made, deck.repeated(tops).add(spec, f"{prefix}deck"), _WHITE)
        present = [place for place in places if tuple(place) not in absent]
        if present:
            tips = self.tip.shell().repeated(np.array(present)).add(spec, f"{prefix}tips")
            seen(made, tips, (*self.tip.rgba[:3], 0.85))
        made.add_geom(
            name=f"{prefix}solid",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=[*half, self.height / 2],
            pos=[0, 0, self.height / 2],
            group=3,
            mass=0,
        )
        return made

    def _housing(self, spec: Any, made: Any, prefix: str, half: tuple[float, float]) -> None:
        """Four walls and a floor in the tip's colour, a foot, and a rim around the deck."""
        across, deep = half
        tint = (*(0.25 + 0.62 * part for part in self.tip.rgba[:3]), 1.0)
        tall = (self.height - 0.002) / 2
        walls = {
            "front": ((across, 0.0012, tall), (0, -deep + 0.0012)),
            "back": ((across, 0.0012, tall), (0, deep - 0.0012)),
            "left": ((0.0012, deep, tall), (-across + 0.0012, 0)),
            "right": ((0.0012, deep, tall), (across - 0.0012, 0)),
        }
        for name, (size, (x, y)) in walls.items():
            wall = rounded_box(size, 0.0011).add(spec, f"{prefix}{name}")
            seen(made, wall, tint, pos=[x, y, tall])
            rim = (0.0027, deep, 0.0016) if size[0] < size[1] else (across, 0.0027, 0.0016)
            place = [x - np.sign(x) * 0.0014, y - np.sign(y) * 0.0014, self.height - 0.0012]
            seen(made, rounded_box(rim, 0.0012).add(spec, f"{prefix}{name}_rim"), _WHITE, pos=place)
        sign = self.tip.name.replace("ul", " ul")
        words(spec, made, f"{prefix}sign", sign, (0, -deep - 0.0003, tall), (0.036, 0.012), ground=(244, 245, 246))
        foot = rounded_box((across + 0.002, deep + 0.002, 0.003), 0.002).add(spec, f"{prefix}foot")
        seen(made, foot, tint, pos=[0, 0, 0.003])
