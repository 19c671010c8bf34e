"""Single-channel pipettes: a handle with a hook and a window, a cone that a tip sits on, and the plunger.

The plunger is the part ``pump``, with its two stops and its ledger; the rest is a housing in the proportions of common
pipettes, about 25 cm long. What the window shows is printed: the largest volume.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.instruments.housing import DARK, apart, box, words
from afterlore.lab.meshes import revolved, seen
from afterlore.lab.parts.part import Part, massive
from afterlore.lab.parts.pump import Pump
from afterlore.lab.ware.sweep import swept
from afterlore.lab.ware.tip import TIPS, Tip

__all__ = ["PIPETTES", "Pipette", "pipette"]

_PALE = (0.90, 0.91, 0.92, 1.0)
_STEEL = (0.66, 0.68, 0.71, 1.0)
_HANDLE = (
    (0.096, 0.0105, 0.0105),
    (0.101, 0.0122, 0.0122),
    (0.110, 0.0130, 0.0133),
    (0.130, 0.0126, 0.0134),
    (0.150, 0.0124, 0.0134),
    (0.172, 0.0130, 0.0142),
    (0.195, 0.0140, 0.0158),
    (0.206, 0.0140, 0.0160),
    (0.212, 0.0132, 0.0152),
    (0.215, 0.0112, 0.0132),
)
"""Height, and half sizes across and deep."""
_TOP = 0.215
_CAP = (0.240, 0.0095)
"""Where the plunger's cap begins at rest, and how tall it is."""


@dataclass(frozen=True, slots=True)
class Pipette:
    """It stands along z: the end of its cone at the origin, the plunger on top; the window looks towards -y."""

    name: str
    smallest: float
    """µl that can be set,"""
    pump: Pump
    """whose ``largest`` is the most."""
    tip: Tip
    rgba: tuple[float, float, float, float]
    """Of the plunger's cap and the panel: the maker's code for a tip's colour."""
    mass: float = 0.085
    """Without plunger and tip."""

    @property
    def parts(self) -> Mapping[str, Part]:
        """The plunger and its ledger."""
        return {"pump/": self.pump}

    @property
    def height(self) -> float:
        """Of the plunger's cap at rest above the end of the cone."""
        return sum(_CAP)

    @property
    def reach(self) -> float:
        """From the end of the cone down to the open end of the tip."""
        return self.tip.length - self.tip.seat

    def stop(self, volume: float) -> float:
        """Depth of the first stop for a volume in µl, m. Raises InputError for one that cannot be set."""
        if not self.smallest <= volume <= self.pump.largest:
            raise InputError(
                f"a pipette of {self.name!r} is set to {self.smallest:g} to {self.pump.largest:g} µl, not {volume!r}"
            )
        return float(self.pump.stop(np.asarray(volume)))

    def build(self, spec: Any, body: Any, prefix: str = "", *, volume: float | None = 0.0) -> Any:
        """Add it at the origin of ``body``; gives the pipette's body.

        ``volume`` µl are seen in its tip; None leaves the tip away. The tip's names begin with ``<prefix>tip/``: its
        site ``end`` is where liquid is drawn in.
        """
        across = self.mass * 0.22**2 / 12
        made = massive(body, f"{prefix}pipette", self.mass, (across, across, across / 40), (0, 0, 0.14))
        self._shaft(spec, made, prefix)
        self._handle(spec, made, prefix)
        plunger = self.pump.build(spec, made, f"{prefix}pump/")
        # A contact knows inertia but not the damping that is integrated implicitly, which at the first stop is worth
        # half a kilogram: without this whatever pushes would sink through the cap.
        plunger.joints[0].armature = 0.2
        self._cap(spec, plunger, prefix)
        apart(spec, made, plunger)
        if volume is not None:
            held = made.add_body(name=f"{prefix}seat", pos=[0, 0, -self.reach])
            self.tip.build(spec, held, f"{prefix}tip/", volume=volume)
        return made

    def _shaft(self, spec: Any, made: Any, prefix: str) -> None:
        """The cone, which is as wide as the tip's inside, and the sleeve that throws a tip off."""
        tip = self.tip
        low, high = (tip.radius(tip.length - left) - 5e-5 for left in (tip.seat, 0))
        cone = [(0, 0), (low - 4e-4, 0), (low, 0.001), (high, tip.seat), (high + 3e-4, 0.016), (0, 0.016)]
        seen(made, revolved(cone).add(spec, f"{prefix}cone"), _STEEL, name=f"{prefix}cone")
        foot = tip.collar + 0.0003
        sleeve = [
            (0.0, 0.0105),
            (foot - 0.0004, 0.0105),
            (foot, 0.011),
            (foot, 0.0145),
            (foot + 0.0004, 0.016),
            (foot + 0.0005, 0.030),
            (0.0066, 0.060),
            (0.0078, 0.085),
            (0.0082, 0.0925),
            (0.0, 0.0925),
        ]
        seen(made, revolved(sleeve).add(spec, f"{prefix}sleeve"), _PALE)
        ring = [(0, 0.092), (0.0092, 0.092), (0.0098, 0.0926), (0.0098, 0.0965), (0.0092, 0.0975), (0, 0.0975)]
        seen(made, revolved(ring).add(spec, f"{prefix}ring"), self.rgba)
        made.add_geom(
            name=f"{prefix}shaft",
            type=mujoco.mjtGeom.mjGEOM_CAPSULE,
            fromto=[0, 0, 0.018, 0, 0, 0.092],
            size=[0.0075, 0, 0],
            group=3,
            mass=0,
        )

    def _handle(self, spec: Any, made: Any, prefix: str) -> None:
        grip = swept([(0.0, row[0]) for row in _HANDLE], [row[1:] for row in _HANDLE], power=3.0, sides=56)
        seen(made, grip.add(spec, f"{prefix}grip"), _PALE)
        bend = [(0.008, 0.1965), (0.018, 0.1975), (0.026, 0.197), (0.033, 0.1935), (0.0375, 0.187), (0.0385, 0.1795)]
        wide = [(0.0105, 0.0045), (0.0100, 0.0036), (0.0095, 0.0031), (0.0090, 0.0028), (0.0082, 0.0025)]
        wide.append((0.0060, 0.0017))
        seen(made, swept(bend, wide, power=2.6).add(spec, f"{prefix}hook"), _PALE)
        neck = [(0, 0.213), (0.0088, 0.213), (0.0088, 0.2185), (0.0078, 0.2205), (0, 0.2205)]
        seen(made, revolved(neck).add(spec, f"{prefix}neck"), DARK)
        # The button that throws the tip off.
        box(spec, made, f"{prefix}thrower", (0.0052, 0.0028, 0.0085), (0, 0.0125, 0.2205), DARK, radius=0.0026)
        front = -0.0150
        half = (0.0088, 0.0030, 0.0295)
        box(spec, made, f"{prefix}panel", half, (0, front + 0.0012, 0.1785), self.rgba, radius=0.0028)
        box(spec, made, f"{prefix}bezel", (0.0062, 0.0010, 0.0150), (0, front - 0.0016, 0.1905), DARK, radius=0.0009)
        digits = f"{self.pump.largest:.0f}"
        tall = 0.0255 / len(digits)
        for number, digit in enumerate(digits):
            place = (0, front - 0.0025, 0.1905 + 0.01275 - (number + 0.5) * tall)
            words(spec, made, f"{prefix}digit{number}", digit, place, (0.0084, tall - 0.0006))
        label = f"{self.smallest:g}-{self.pump.largest:g}"
        red, green, blue = (round(255 * part) for part in self.rgba[:3])
        # On a dark ground one prints in white.
        colours = {"ground": (red, green, blue), "ink": (245, 246, 247) if green < 128 else (40, 44, 52)}
        words(spec, made, f"{prefix}range", label, (0, front - 0.0016, 0.1665), (0.0160, 0.0046), **colours)
        words(spec, made, f"{prefix}unit", "ul", (0, front - 0.0016, 0.1600), (0.0100, 0.0050), **colours)
        low, high = _HANDLE[0][0], _TOP
        made.add_geom(
            name=f"{prefix}handle",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=[0.0125, 0.0135, (high - low) / 2],
            pos=[0, 0, (high + low) / 2],
            group=3,
            mass=0,
        )
        made.add_geom(
            name=f"{prefix}catch",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=[0.009, 0.012, 0.003],
            pos=[0, 0.026, 0.196],
            group=3,
            mass=0,
        )

    def _cap(self, spec: Any, plunger: Any, prefix: str) -> None:
        low, tall = _CAP
        rod = [(0, 0.2), (0.0033, 0.2), (0.0033, low + 0.001), (0, low + 0.001)]
        seen(plunger, revolved(rod, sides=24).add(spec, f"{prefix}rod"), _STEEL)
        cap = [(0.0, 0.0), (0.0048, 0.0), (0.0056, 0.001), (0.0066, 0.0045), (0.0086, 0.0068), (0.0086, 0.0082)]
        cap += [(0.0080, 0.0090), (0.0066, tall), (0.0, tall)]
        seen(plunger, revolved(cap).add(spec, f"{prefix}cap"), self.rgba, pos=[0, 0, low])
        plunger.add_geom(
            name=f"{prefix}push",
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            size=[0.0085, tall / 2, 0],
            pos=[0, 0, low + tall / 2],
            group=3,
            mass=0,
        )


PIPETTES = {
    one.name: one
    for one in (
        Pipette("200ul", 20, Pump(largest=200), TIPS["200ul"], (0.93, 0.74, 0.16, 1.0)),
        Pipette("1000ul", 100, Pump(largest=1000), TIPS["1000ul"], (0.22, 0.48, 0.78, 1.0)),
    )
}
"""By name."""


def pipette(name: str) -> Pipette:
    """The pipette of a name. Raises InputError for another one."""
    if name not in PIPETTES:
        raise InputError(f"no pipette {name!r}; there are: {', '.join(PIPETTES)}")
    return PIPETTES[name]
