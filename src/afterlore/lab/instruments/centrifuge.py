"""Three centrifuges: a mini one with a clear dome, one for the bench, and a large one.

The dome of the mini one snaps open when it is pulled. The others are opened by a key, which lets go only while the
rotor stands still; nothing drives a rotor under a lid that is not closed.

Proportions are those of common machines of each kind: a mini centrifuge of 15 cm, a microcentrifuge of about
25 x 35 x 22 cm, a large benchtop of about 45 x 55 x 35 cm.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from afterlore.core import InputError
from afterlore.lab.instruments import centrifuge_looks as looks
from afterlore.lab.instruments.housing import apart, disc, hinge, solid
from afterlore.lab.parts.button import Button
from afterlore.lab.parts.latch import Latch
from afterlore.lab.parts.lid import Lid
from afterlore.lab.parts.part import Part, State
from afterlore.lab.parts.rotor import Rotor

__all__ = ["CENTRIFUGES", "STILL", "Centrifuge", "centrifuge"]

STILL = 0.5
"""rad/s, below which a rotor counts as standing still."""


@dataclass(frozen=True, slots=True)
class Centrifuge:
    """Half sizes and heights in metres; it looks towards -y."""

    name: str
    title: str
    across: float
    deep: float
    height: float
    """Of the housing, without the lid."""
    bowl: float
    """Radius of the chamber."""
    rotor: Rotor
    lid: Lid
    latch: Latch
    tint: tuple[float, float, float, float]
    dome: float = 0.0
    """Height of a clear dome in place of a plate."""
    mass: float = 8.0
    key: bool = True
    """Whether a key opens it, and not force."""

    @property
    def parts(self) -> Mapping[str, Part]:
        """Lid, latch, rotor and, where there is one, the key that opens."""
        key: dict[str, Part] = {"open/": Button()} if self.key else {}
        return {"": self.lid, "latch/": self.latch, "rotor/": self.rotor, **key}

    def act(self, state: Mapping[str, State], prefix: str = "") -> None:
        """What its electronics do, once a control step."""
        lid, latch = state[prefix], state[f"{prefix}latch/"]
        turning = np.abs(state[f"{prefix}rotor/"]["speed"]) > STILL
        lid["interlock"][:] = turning
        latch["bolted"][:] = turning
        if self.key:
            latch["released"] |= state[f"{prefix}open/"]["pressed"] & ~turning
        state[f"{prefix}rotor/"]["target"][~lid["closed"]] = 0

    @property
    def _back(self) -> float:
        """Where the hinge is: the lid's grip stands out in front."""
        return self.lid.length - self.deep * 0.99

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Add it at the origin of ``body``, which has a name; gives that body."""
        low = self.height * 0.42
        half = (self.across, self.deep)
        looks.shell(spec, body, prefix, half, low, self.height, self.bowl, self.tint)
        solid(body, f"{prefix}housing", (self.across, self.deep, self.height / 2), (0, 0, self.height / 2))
        self._chamber(spec, body, prefix)
        looks.front(spec, body, prefix, half, low, self.height, self.title)
        if self.key:
            self._opener(spec, body, prefix, low)
        self._lid(spec, body, prefix)
        return body

    def _chamber(self, spec: Any, body: Any, prefix: str) -> None:
        sunk = min(0.6 * self.bowl, 0.45 * self.height)
        looks.chamber(spec, body, prefix, self.height, self.bowl, sunk)
        mount = body.add_body(name=f"{prefix}drive", pos=[0, 0, self.height - 0.024])
        turned = self.rotor.build(spec, mount, f"{prefix}rotor/")
        looks.wheel(spec, turned, prefix, self.rotor.slots, self.rotor.radius, sunk - 0.024)

    def _opener(self, spec: Any, body: Any, prefix: str, low: float) -> None:
        place = [self.across * 0.55, -self.deep - 0.0006, low * 0.55]
        spot = body.add_body(name=f"{prefix}key", pos=place, quat=[math.sqrt(0.5), math.sqrt(0.5), 0, 0])
        cap = Button().build(spec, spot, f"{prefix}open/")
        radius = min(0.014, low * 0.2)
        disc(cap, f"{prefix}open/cap", radius, 0.004)
        looks.opener(spec, spot, cap, prefix, radius)
        apart(spec, body, cap)

    def _lid(self, spec: Any, body: Any, prefix: str) -> None:
        frame = hinge(body, f"{prefix}back", self._back, self.height + 0.001)
        lid = self.lid.build(spec, frame, prefix)
        length, half = self.lid.length, self.lid.length / 2
        kind = partial(looks.dome, tall=self.dome) if self.dome else looks.plate
        kind(spec, frame, lid, prefix, length, self._back, self.across, self.bowl, tint=self.tint)
        solid(lid, f"{prefix}plate", (half, self.across * 0.8, 0.008), (half, 0, 0.012))
        if self.dome:
            disc(lid, f"{prefix}dome_solid", 0.9 * self.bowl, self.dome / 2 - 0.004, (self._back, 0, self.dome / 2))
        grip = max(0.012, self.across * 0.12)
        looks.grip(spec, lid, prefix, length, grip)
        solid(lid, f"{prefix}grip_solid", (0.012, grip, 0.006), (length + 0.008, 0, 0.012))
        looks.catch(spec, body, prefix, -self.deep - 0.001, self.height - 0.012)
        self.latch.build(spec, body, f"{prefix}latch/")
        apart(spec, body, lid)


CENTRIFUGES = {
    one.name: one
    for one in (
        Centrifuge(
            name="mini centrifuge",
            title="mini 6",
            across=0.075,
            deep=0.08,
            height=0.085,
            bowl=0.052,
            rotor=Rotor(slots=6, radius=0.028, inertia=2e-5, torque=0.02, mass=0.06),
            lid=Lid.counterbalanced(0.08, 0.15, math.radians(80), math.radians(50)),
            latch=Latch(hold=0.6, lever=False),
            tint=(0.28, 0.55, 0.50, 1),
            dome=0.05,
            mass=0.9,
            key=False,
        ),
        Centrifuge(
            name="bench centrifuge",
            title="bench 24",
            across=0.125,
            deep=0.165,
            height=0.19,
            bowl=0.095,
            rotor=Rotor(slots=12, radius=0.065, inertia=1e-3, torque=0.25, mass=0.9),
            lid=Lid.counterbalanced(0.7, 0.31),
            latch=Latch(hold=12.0, lever=False),
            tint=(0.24, 0.36, 0.52, 1),
            mass=12,
        ),
        Centrifuge(
            name="large centrifuge",
            title="L 4000",
            across=0.22,
            deep=0.27,
            height=0.31,
            bowl=0.17,
            rotor=Rotor(slots=8, radius=0.11, inertia=2e-2, torque=2.0, mass=4.0),
            lid=Lid.counterbalanced(2.4, 0.51, math.radians(68), math.radians(42)),
            latch=Latch(hold=40.0, lever=False),
            tint=(0.42, 0.44, 0.47, 1),
            mass=45,
        ),
    )
}
"""By name."""


def centrifuge(name: str) -> Centrifuge:
    """The centrifuge of a name. Raises InputError for another one."""
    if name not in CENTRIFUGES:
        raise InputError(f"no centrifuge {name!r}; there are: {', '.join(CENTRIFUGES)}")
    return CENTRIFUGES[name]
