"""Two mixers: a thermal mixer with a live panel and three buttons, and a vortex mixer with a cup and a knob."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import mujoco
import numpy as np

from afterlore.lab.instruments.housing import DARK, GREY, WHITE, apart, box, solid, words
from afterlore.lab.meshes import revolved, seen
from afterlore.lab.parts.button import Button
from afterlore.lab.parts.detent import Detent
from afterlore.lab.parts.panel import Panel
from afterlore.lab.parts.part import Part
from afterlore.lab.parts.thermal import Thermal

__all__ = ["ThermalMixer", "VortexMixer"]

_TINT = (0.22, 0.42, 0.55, 1.0)
_KEYS = ("mode", "down", "up")
_HALF = math.sqrt(0.5)


@dataclass(frozen=True, slots=True)
class ThermalMixer:
    """A block for 24 tubes of 1.5 ml, heated and shaken; about 22 x 25 x 12 cm."""

    across: float = 0.11
    deep: float = 0.125
    height: float = 0.095
    panel: Panel = field(default_factory=Panel)
    block: Thermal = field(default_factory=Thermal)

    @property
    def parts(self) -> Mapping[str, Part]:
        """The display, the heated block and the keys ``mode``, ``down`` and ``up``."""
        return {"panel/": self.panel, "block/": self.block, **{f"{key}/": Button() for key in _KEYS}}

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Add it at the origin of ``body``, which has a name; gives that body."""
        half = self.height / 2
        box(spec, body, f"{prefix}base", (self.across, self.deep, half), (0, 0, half + 0.006), WHITE, radius=0.016)
        box(
            spec,
            body,
            f"{prefix}belt",
            (self.across + 0.001, self.deep + 0.001, 0.008),
            (0, 0, 0.02),
            _TINT,
            radius=0.007,
        )
        solid(body, f"{prefix}housing", (self.across, self.deep, half), (0, 0, half))
        self._block(spec, body, prefix)
        # The front leans back, so that it is read from above.
        lean = math.radians(50)
        turn = [math.cos(lean / 2), math.sin(lean / 2), 0, 0]
        desk = body.add_body(name=f"{prefix}desk", pos=[0, -self.deep - 0.006, self.height * 0.62], quat=turn)
        box(spec, desk, f"{prefix}console", (self.across * 0.92, 0.042, 0.008), (0, 0, -0.006), _TINT, radius=0.006)
        screen = desk.add_body(name=f"{prefix}screen", pos=[-0.04, 0, 0.0045])
        size = (self.panel.width / 2 + 0.004, self.panel.height / 2 + 0.004, 0.002)
        box(spec, screen, f"{prefix}bezel", size, (0, 0, -0.0015), DARK, radius=0.002)
        self.panel.build(spec, screen, f"{prefix}panel/")
        for number, (key, sign) in enumerate(zip(_KEYS, ("M", "-", "+"), strict=True)):
            spot = desk.add_body(name=f"{prefix}{key}_spot", pos=[0.025 + 0.028 * number, -0.006, 0.004])
            cap = Button().build(spec, spot, f"{prefix}{key}/")
            cap.add_geom(
                name=f"{prefix}{key}/cap",
                type=mujoco.mjtGeom.mjGEOM_CYLINDER,
                size=[0.0095, 0.003, 0],
                rgba=[0.93, 0.94, 0.95, 1],
                mass=0,
            )
            words(
                spec,
                desk,
                f"{prefix}{key}_sign",
                sign,
                (0.025 + 0.028 * number, 0.018, 0.0024),
                (0.012, 0.012),
                ink=(245, 246, 247),
                ground=(56, 107, 140),
                euler=(0, 0, 0),
            )
            apart(spec, body, cap)
        return body

    def _block(self, spec: Any, body: Any, prefix: str) -> None:
        top = self.height + 0.006
        box(spec, body, f"{prefix}metal", (0.075, 0.052, 0.016), (0, 0.03, top + 0.01), GREY, radius=0.004, touch=True)
        places = np.array(
            [
                ((column - 2.5) * 0.022, 0.03 + (row - 1.5) * 0.022, top + 0.0262)
                for row in range(4)
                for column in range(6)
            ]
        )
        hole = (
            revolved([(0.0, 0.0), (0.0062, 0.0), (0.0, 0.0001)], sides=24).repeated(places).add(spec, f"{prefix}holes")
        )
        seen(body, hole, (0.06, 0.06, 0.07, 1))


@dataclass(frozen=True, slots=True)
class VortexMixer:
    """A heavy foot, a rubber cup that shakes, and a knob for the speed; about 12 x 15 x 16 cm."""

    across: float = 0.06
    deep: float = 0.075
    height: float = 0.12
    knob: Detent = field(
        default_factory=lambda: Detent(positions=40, torque=0.004, inertia=2e-5, damping=2e-4, range=(0, 1.5 * math.pi))
    )

    @property
    def parts(self) -> Mapping[str, Part]:
        """The knob."""
        return {"speed/": self.knob}

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Add it at the origin of ``body``, which has a name; gives that body."""
        low, high = self.height * 0.36, self.height * 0.64
        box(spec, body, f"{prefix}base", (self.across, self.deep, low / 2), (0, 0, low / 2 + 0.006), DARK, radius=0.012)
        upper = (self.across * 0.86, self.deep * 0.8, high / 2)
        box(spec, body, f"{prefix}tower", upper, (0, 0.008, low + high / 2), WHITE, radius=0.02)
        solid(body, f"{prefix}housing", (self.across, self.deep, self.height / 2), (0, 0, self.height / 2))
        cup = [
            (0.0, 0.0),
            (0.017, 0.0),
            (0.02, 0.006),
            (0.0215, 0.02),
            (0.0185, 0.02),
            (0.013, 0.009),
            (0.0, 0.006),
        ]
        seen(
            body,
            revolved(cup, sides=48).add(spec, f"{prefix}cup"),
            (0.1, 0.1, 0.11, 1),
            pos=[0, 0.008, self.height + 0.004],
        )
        neck = [(0, 0), (0.024, 0.0), (0.018, 0.006), (0, 0.006)]
        seen(body, revolved(neck, sides=48).add(spec, f"{prefix}neck"), GREY, pos=[0, 0.008, self.height - 0.002])
        spot = body.add_body(name=f"{prefix}dial", pos=[0, -self.deep - 0.001, low * 0.55], quat=[_HALF, _HALF, 0, 0])
        knob = self.knob.build(spec, spot, f"{prefix}speed/")
        knob.add_geom(
            name=f"{prefix}speed/cap",
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            size=[0.013, 0.007, 0],
            pos=[0, 0, 0.007],
            rgba=[0.9, 0.45, 0.12, 1],
            mass=0,
        )
        knob.add_geom(
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=[0.001, 0.0055, 0.0006],
            pos=[0, 0.007, 0.0142],
            rgba=[1, 1, 1, 1],
            group=2,
            contype=0,
            conaffinity=0,
            mass=0,
        )
        face = 0.008 - self.deep * 0.8 - 0.0006
        words(spec, body, f"{prefix}title", "vortex", (0, face, low + high * 0.45), (0.05, 0.014))
        apart(spec, body, knob)
        return body
