"""Centrifuge tubes with a conical bottom, graduations and a threaded cap.

Sizes are those of the usual makers' drawings, to about half a millimetre: 1.5 ml screw-cap microtubes (10.8 mm wide),
15 ml (17 mm by 120 mm with the cap) and 50 ml (29 mm by 115 mm). A graduation stands where the inner shape holds its
volume, which a test compares with the shape's own.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.meshes import revolved, seen
from afterlore.lab.parts.part import massive
from afterlore.lab.ware.hollow import Hollow

__all__ = ["FRICTION", "TUBES", "Tube", "tube"]

FRICTION = (0.8, 0.005, 0.0001)
"""Of polypropylene on what it stands on and is held with."""
_FRONT = -math.pi / 2
"""Where the graduations are, about z: towards whoever stands at -y."""
_PLASTIC = (0.86, 0.92, 0.96, 0.28)
_PRINT = (0.15, 0.25, 0.45, 1.0)
_DYED = (0.9, 0.5, 0.6, 0.8)
_FROSTED = (0.96, 0.97, 0.98, 0.9)


@dataclass(frozen=True)
class Tube:
    """A tube that stands along z, the outside of its tip at the origin; metres, kilograms, millilitres."""

    name: str
    nominal: float
    """ml."""
    outer: float
    """Radius."""
    wall: float
    length: float
    """Without the cap."""
    cone: float
    """Height of the conical bottom, inside."""
    tip: float
    """Radius of its end, inside."""
    cap_radius: float
    cap_height: float
    mass: float
    """Empty, with its cap."""
    marks: tuple[float, ...]
    """Graduations, ml."""
    cap_rgba: tuple[float, float, float, float]

    @property
    def inner(self) -> float:
        """Radius of the cylinder inside."""
        return self.outer - self.wall

    @cached_property
    def hollow(self) -> Hollow:
        """Its inside."""
        floor = self.wall * 1.4
        return Hollow(((self.tip, floor), (self.inner, floor + self.cone), (self.inner, self.length)))

    @property
    def capacity(self) -> float:
        """ml, to the rim."""
        return self.hollow.capacity * 1e6

    def height(self, volume: float) -> float:
        """How high above the origin ``volume`` ml stand. Raises InputError for more than there is room for."""
        if not 0 <= volume <= self.capacity:
            raise InputError(f"{self.name!r} holds 0 to {self.capacity:.2f} ml, not {volume!r}")
        return self.hollow.height(volume * 1e-6)

    def build(
        self, spec: Any, body: Any, prefix: str = "", *, volume: float = 0.0, rgba: tuple[float, ...] = _DYED
    ) -> Any:
        """Add it, capped, at the origin of ``body``, with ``volume`` ml of a liquid in it; gives the tube's body."""
        centre = self.length * 0.55
        mass = self.mass + volume * 1e-3
        across = mass * (3 * self.outer**2 + self.length**2) / 12
        made = massive(body, f"{prefix}tube", mass, (across, across, mass * self.outer**2 / 2), (0, 0, centre))
        for name, mesh, colour in self._meshes(spec, prefix, volume, rgba):
            seen(made, mesh, colour, name=name)
        for name, size, place, low in self._solids():
            made.add_geom(
                name=f"{prefix}{name}",
                type=mujoco.mjtGeom.mjGEOM_CAPSULE if low else mujoco.mjtGeom.mjGEOM_CYLINDER,
                size=size,
                pos=[0, 0, place],
                group=3,
                mass=0,
                friction=FRICTION,
            )
        return made

    def _meshes(
        self, spec: Any, prefix: str, volume: float, rgba: tuple[float, ...]
    ) -> Iterator[tuple[str, str, tuple[float, ...]]]:
        inside = self.hollow.profile
        neck = inside[1][1]
        outside = [(0.0, 0.0), (self.tip + self.wall * 0.6, 0), (self.outer, neck), (self.outer, self.length)]
        shell = [*outside, *reversed(inside), (0.0, inside[0][1])]
        yield f"{prefix}shell", revolved(shell).add(spec, f"{prefix}shell"), _PLASTIC
        if volume:
            yield f"{prefix}liquid", self.hollow.filled(volume * 1e-6).add(spec, f"{prefix}liquid"), rgba
        low, high = neck + 0.004, self.length - self.cap_height * 0.8 - 0.004
        label = [(self.outer * 1.006, low), (self.outer * 1.006, high)]
        yield f"{prefix}label", revolved(label, arc=1.3, start=_FRONT + 0.35).add(spec, f"{prefix}label"), _FROSTED
        for number, mark in enumerate(self.marks):
            long = number % 5 == len(self.marks) % 5 or number == len(self.marks) - 1
            place = self.height(mark)
            radius = float(np.interp(place, [z for _, z in outside[1:]], [r for r, _ in outside[1:]])) * 1.012
            line = [(radius, place - 0.00025), (radius, place + 0.00025)]
            shape = revolved(line, arc=0.8 if long else 0.45, start=_FRONT - (0.75 if long else 0.4), sides=12)
            yield f"{prefix}mark{number}", shape.add(spec, f"{prefix}mark{number}"), _PRINT
        yield f"{prefix}cap", self._cap().add(spec, f"{prefix}cap"), self.cap_rgba

    def _cap(self) -> Any:
        low, high, radius = self.length - self.cap_height * 0.75, self.length + self.cap_height * 0.25, self.cap_radius
        edge = radius * 0.08
        wall = [(radius - edge, low), (radius, low + edge), (radius, high - edge), (radius - edge, high)]
        cap = revolved([(0, low), *wall, (0, high)], sides=96)
        # Ribs to hold it by: every other line of the outside stands back.
        angles = np.arctan2(cap.vertices[:, 1], cap.vertices[:, 0])
        ribbed = np.where(np.cos(48 * angles) > 0, 1.0, 0.965)
        cap.vertices[:, :2] *= np.where(np.hypot(*cap.vertices[:, :2].T) > 0.95 * radius, ribbed, 1.0)[:, None]
        return cap

    def _solids(self) -> Iterator[tuple[str, list[float], float, bool]]:
        """What collides: a cylinder, a narrow capsule for the cone, and the cap."""
        neck = self.hollow.profile[1][1]
        top = self.length - self.cap_height * 0.75
        yield "wall", [self.outer, (top - neck) / 2, 0], (top + neck) / 2, False
        thin = (self.outer + self.tip) / 2
        yield "cone", [thin, max(neck / 2 - thin * 0.5, 1e-4), 0], neck / 2 + thin * 0.5, True
        yield "cap_wall", [self.cap_radius, self.cap_height / 2, 0], self.length - self.cap_height * 0.25, False


def _marks(first: float, last: float, step: float) -> tuple[float, ...]:
    return tuple(float(one) for one in np.arange(first, last + step / 2, step))


_RED, _BLUE, _ORANGE = (0.75, 0.2, 0.2, 1), (0.16, 0.38, 0.66, 1), (0.93, 0.55, 0.12, 1)

TUBES = {
    one.name: one
    for one in (
        Tube(
            name="1.5ml",
            nominal=1.5,
            outer=0.0054,
            wall=0.0011,
            length=0.042,
            cone=0.016,
            tip=0.0012,
            cap_radius=0.0063,
            cap_height=0.010,
            mass=0.0021,
            marks=_marks(0.5, 1.5, 0.25),
            cap_rgba=_RED,
        ),
        Tube(
            name="15ml",
            nominal=15,
            outer=0.0085,
            wall=0.0013,
            length=0.118,
            cone=0.022,
            tip=0.0016,
            cap_radius=0.0105,
            cap_height=0.018,
            mass=0.0066,
            marks=_marks(1, 14, 1),
            cap_rgba=_BLUE,
        ),
        Tube(
            name="50ml",
            nominal=50,
            outer=0.0145,
            wall=0.0013,
            length=0.113,
            cone=0.015,
            tip=0.0035,
            cap_radius=0.0172,
            cap_height=0.019,
            mass=0.0135,
            marks=_marks(5, 50, 5),
            cap_rgba=_ORANGE,
        ),
    )
}
"""By name."""


def tube(name: str) -> Tube:
    """The tube of a name. Raises InputError for another one."""
    if name not in TUBES:
        raise InputError(f"no tube {name!r}; there are: {', '.join(TUBES)}")
    return TUBES[name]
