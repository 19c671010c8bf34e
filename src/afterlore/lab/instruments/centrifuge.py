"""Three centrifuges: a mini one with a clear dome, one for the bench, and a large one.

The dome of the mini one snaps open when it is pulled. The others are opened by a key, which lets go only while the
rotor stands still; nothing drives a rotor under a lid that is not closed.

Proportions are those of common machines of each kind: a mini centrifuge of 15 cm, a microcentrifuge of about
25 x 35 x 22 cm, a large benchtop of about 45 x 55 x 35 cm.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.instruments.housing import DARK, GLASS, GREY, WHITE, apart, box, feet, hinge, solid, words
from afterlore.lab.meshes import holed, revolved, seen
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
        box(
            spec,
            body,
            f"{prefix}base",
            (self.across, self.deep, low / 2),
            (0, 0, low / 2 + 0.006),
            self.tint,
            radius=0.014,
        )
        self._shell(spec, body, prefix, low)
        feet(body, self.across * 0.8, self.deep * 0.8)
        solid(
            body, f"{prefix}housing", (self.across, self.deep, self.height / 2 - 0.01), (0, 0, self.height / 2 - 0.01)
        )
        self._chamber(spec, body, prefix)
        self._front(spec, body, prefix, low)
        self._lid(spec, body, prefix)
        return body

    def _shell(self, spec: Any, body: Any, prefix: str, low: float) -> None:
        """Walls around the chamber, and a top with a hole in it."""
        x, y, up = self.across * 0.985, self.deep * 0.985, (self.height - low) / 2
        for number, (half, place) in enumerate(
            (
                ((0.006, y, up), (-x + 0.006, 0)),
                ((0.006, y, up), (x - 0.006, 0)),
                ((x, 0.006, up), (0, -y + 0.006)),
                ((x, 0.006, up), (0, y - 0.006)),
            )
        ):
            box(spec, body, f"{prefix}wall{number}", half, (*place, self.height - up), WHITE, radius=0.006)
        top = holed((x - 0.004, y - 0.004, 0.002), self.bowl).add(spec, f"{prefix}top")
        seen(body, top, WHITE, pos=[0, 0, self.height - 0.003])

    def _chamber(self, spec: Any, body: Any, prefix: str) -> None:
        rim = [
            (self.bowl, 0.0),
            (self.bowl + 0.008, 0.0),
            (self.bowl + 0.008, 0.004),
            (self.bowl, 0.004),
            (self.bowl, 0.0),
        ]
        seen(body, revolved(rim, sides=64).add(spec, f"{prefix}rim"), DARK, pos=[0, 0, self.height])
        sunk = min(0.6 * self.bowl, 0.45 * self.height)
        bowl = [
            (0, 0.0),
            (self.bowl, 0.0),
            (self.bowl, sunk),
            (self.bowl - 0.002, sunk),
            (self.bowl - 0.002, 0.002),
            (0, 0.002),
        ]
        seen(body, revolved(bowl, sides=64).add(spec, f"{prefix}bowl"), GREY, pos=[0, 0, self.height - sunk])
        mount = body.add_body(name=f"{prefix}drive", pos=[0, 0, self.height - 0.024])
        turned = self.rotor.build(spec, mount, f"{prefix}rotor/")
        wide = self.rotor.radius
        hub = [(0, 0), (wide * 1.25, 0.0), (wide * 1.25, 0.004), (wide * 0.7, 0.016), (wide * 0.25, 0.02), (0, 0.02)]
        seen(turned, revolved(hub, sides=64).add(spec, f"{prefix}hub"), DARK)
        for slot in range(self.rotor.slots):
            angle = 2 * math.pi * slot / self.rotor.slots
            turned.add_geom(
                type=mujoco.mjtGeom.mjGEOM_CYLINDER,
                size=[wide * 0.17, 0.003, 0],
                pos=[wide * math.cos(angle), wide * math.sin(angle), 0.009],
                rgba=[0.02, 0.02, 0.02, 1],
                group=2,
                contype=0,
                conaffinity=0,
                mass=0,
            )

    def _front(self, spec: Any, body: Any, prefix: str, low: float) -> None:
        face = -self.deep - 0.0006
        wide, tall = self.across * 0.62, low * 0.5
        box(
            spec,
            body,
            f"{prefix}screen",
            (wide / 2, 0.003, tall / 2),
            (-self.across * 0.22, -self.deep, low * 0.55),
            DARK,
        )
        words(
            spec,
            body,
            f"{prefix}speed",
            "13 000 rpm",
            (-self.across * 0.22, face - 0.003, low * 0.55),
            (wide * 0.86, tall * 0.42),
            ink=(120, 235, 255),
            ground=(12, 22, 26),
        )
        words(
            spec,
            body,
            f"{prefix}title",
            self.title,
            (0, -self.deep * 0.985 - 0.0004, low + (self.height - low) * 0.5),
            (self.across * 1.1, (self.height - low) * 0.24),
        )
        if not self.key:
            return
        spot = body.add_body(
            name=f"{prefix}key", pos=[self.across * 0.55, face, low * 0.55], quat=[math.sqrt(0.5), math.sqrt(0.5), 0, 0]
        )
        cap = Button().build(spec, spot, f"{prefix}open/")
        radius = min(0.014, low * 0.2)
        cap.add_geom(
            name=f"{prefix}open/cap",
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            size=[radius, 0.004, 0],
            rgba=[0.2, 0.62, 0.4, 1],
            mass=0,
        )
        apart(spec, body, cap)

    def _lid(self, spec: Any, body: Any, prefix: str) -> None:
        frame = hinge(body, f"{prefix}back", self._back, self.height + 0.001)
        lid = self.lid.build(spec, frame, prefix)
        length, half = self.lid.length, self.lid.length / 2
        if self.dome:
            profile = [
                (self.bowl + 0.01, 0.0),
                *((math.cos(t) * (self.bowl + 0.01), math.sin(t) * self.dome) for t in (0.3, 0.6, 0.9, 1.2, 1.4)),
                (0.0, self.dome),
            ]
            seen(lid, revolved(profile, sides=64).add(spec, f"{prefix}cover"), GLASS, pos=[self._back, 0, 0])
        else:
            box(
                spec, lid, f"{prefix}cover", (half, self.across * 0.9, 0.009), (half, 0, 0.012), self.tint, radius=0.008
            )
            pane = [(0, 0), (self.bowl * 0.55, 0), (self.bowl * 0.55, 0.002), (0, 0.002)]
            seen(lid, revolved(pane, sides=48).add(spec, f"{prefix}pane"), GLASS, pos=[self._back, 0, 0.0215])
        solid(lid, f"{prefix}plate", (half, self.across * 0.8, 0.008), (half, 0, 0.012))
        grip = max(0.012, self.across * 0.12)
        box(spec, lid, f"{prefix}grip", (0.012, grip, 0.006), (length + 0.008, 0, 0.012), DARK, touch=True)
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
