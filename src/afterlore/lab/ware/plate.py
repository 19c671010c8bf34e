"""A plate of 96 wells, as ANSI/SLAS 1-2004 to 4-2004 have it: 127.76 by 85.48 mm, wells 9 mm apart."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.meshes import revolved, rounded_box, seen
from afterlore.lab.parts.part import massive

__all__ = ["Plate"]

_LENGTH, _WIDTH = 0.12776, 0.08548
_FIRST = (0.01438, 0.01124)
"""From the plate's edges to the middle of well A1 (ANSI/SLAS 4-2004)."""
_PITCH = 0.009
_DYED = (0.86, 0.30, 0.44, 1.0)
_CLEAR = (0.93, 0.95, 0.97, 0.3)


@dataclass(frozen=True, slots=True)
class Plate:
    """Flat-bottomed wells; the plate's foot lies at the origin, its middle on z."""

    height: float = 0.01422
    radius: float = 0.00343
    """Of a well, inside."""
    depth: float = 0.0107
    mass: float = 0.045

    @property
    def volume(self) -> float:
        """Of a well, ml."""
        return math.pi * self.radius**2 * self.depth * 1e6

    def well(self, name: str) -> tuple[float, float, float]:
        """Where a well's bottom is, ``A1`` to ``H12``. Raises InputError for another name."""
        row, column = "ABCDEFGH".find(name[:1].upper()), name[1:]
        if row < 0 or not name[:1] or not column.isdigit() or not 1 <= int(column) <= 12:
            raise InputError(f"no well {name!r}; there are A1 to H12")
        x = -_LENGTH / 2 + _FIRST[0] + (int(column) - 1) * _PITCH
        y = _WIDTH / 2 - _FIRST[1] - row * _PITCH
        return x, y, self.height - self.depth

    def surface(self, volume: float) -> float:
        """How high above a well's bottom ``volume`` ml stand, m. Raises InputError for more than there is room for."""
        if not 0 <= volume <= self.volume:
            raise InputError(f"a well holds 0 to {self.volume:.3f} ml, not {volume!r}")
        return volume * 1e-6 / (math.pi * self.radius**2)

    def build(self, spec: Any, body: Any, prefix: str = "", *, filled: Mapping[str, float] | None = None) -> Any:
        """Add it at the origin of ``body``; gives the plate's body. ``filled``: what wells are seen to hold, ml."""
        half = (_LENGTH / 2, _WIDTH / 2, self.height / 2)
        inertia = [self.mass / 3 * (half[a] ** 2 + half[b] ** 2) for a, b in ((1, 2), (0, 2), (0, 1))]
        made = massive(body, f"{prefix}plate", self.mass, inertia, (0, 0, half[2]))
        skirt = rounded_box((half[0], half[1], 0.0018), 0.0015).add(spec, f"{prefix}skirt")
        seen(made, skirt, _CLEAR, pos=[0, 0, 0.0018])
        tall = self.height / 2 - 0.0012
        for way, size, place in (
            ("long", (half[0] - 0.0014, 0.0006, tall), (0, half[1] - 0.0020)),
            ("short", (0.0006, half[1] - 0.0014, tall), (half[0] - 0.0020, 0)),
        ):
            side = rounded_box(size, 0.0005).add(spec, f"{prefix}{way}")
            for sign in (-1, 1):
                seen(made, side, _CLEAR, pos=[sign * place[0], sign * place[1], tall])
        deck = rounded_box((half[0] - 0.0015, half[1] - 0.0015, 0.0008), 0.0006).add(spec, f"{prefix}deck")
        seen(made, deck, _CLEAR, pos=[0, 0, self.height - 0.0025])
        wall = self.radius + 0.0006
        profile = [(0, 0), (wall, 0), (wall, self.depth), (self.radius, self.depth), (self.radius, 0.0006), (0, 0.0006)]
        rim = [(self.radius, 0), (wall, 0), (wall, 0.0003), (self.radius, 0.0003), (self.radius, 0)]
        places = np.array([self.well(f"{row}{column}") for row in "ABCDEFGH" for column in range(1, 13)])
        cups = revolved(profile, sides=20).repeated(places).add(spec, f"{prefix}cups")
        seen(made, cups, (0.78, 0.84, 0.90, 0.3))
        rims = revolved(rim, sides=20).repeated(places + np.array([0, 0, self.depth])).add(spec, f"{prefix}rims")
        seen(made, rims, (0.98, 0.98, 0.98, 1))
        for name, volume in (filled or {}).items():
            x, y, bottom = self.well(name)
            made.add_geom(
                name=f"{prefix}{name}",
                type=mujoco.mjtGeom.mjGEOM_CYLINDER,
                size=[self.radius * 0.985, self.surface(volume) / 2, 0],
                pos=[x, y, bottom + self.surface(volume) / 2 + 0.0006],
                rgba=_DYED,
                group=2,
                contype=0,
                conaffinity=0,
                mass=0,
            )
        made.add_geom(
            name=f"{prefix}block",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=[half[0], half[1], (self.height - self.depth) / 2],
            pos=[0, 0, (self.height - self.depth) / 2],
            group=3,
            mass=0,
        )
        return made
