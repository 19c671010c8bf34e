"""Two mixers: a thermal mixer with a live panel and three buttons, and a vortex mixer with a cup and a knob."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from afterlore.lab.instruments import mixer_looks as looks
from afterlore.lab.instruments.housing import apart, disc, solid
from afterlore.lab.instruments.shells import screen
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
        top = self.height + 0.006
        # The front leans back, so that it is read from above.
        lean, place = math.radians(50), (-self.deep - 0.006, self.height * 0.62)
        looks.wedge(spec, body, prefix, (self.across, self.deep), top, place, lean)
        solid(body, f"{prefix}housing", (self.across, self.deep, half), (0, 0, half))
        metal, centre = (0.075, 0.052, 0.016), (0, 0.03, top + 0.01)
        looks.heated(spec, body, prefix, centre, metal, top)
        solid(body, f"{prefix}metal_solid", metal, centre)
        turn = [math.cos(lean / 2), math.sin(lean / 2), 0, 0]
        desk = body.add_body(name=f"{prefix}desk", pos=[0, *place], quat=turn)
        places = [0.025 + 0.028 * number for number in range(len(_KEYS))]
        looks.desk(spec, desk, prefix, self.across * 0.92, places, _TINT)
        frame = desk.add_body(name=f"{prefix}screen", pos=[-0.04, 0, 0.0045])
        screen(spec, frame, prefix, (self.panel.width / 2, self.panel.height / 2), 0.0036)
        self.panel.build(spec, frame, f"{prefix}panel/")
        for key, sign, x in zip(_KEYS, ("right", "minus", "plus"), places, strict=True):
            spot = desk.add_body(name=f"{prefix}{key}_spot", pos=[x, -0.006, 0.004])
            cap = Button().build(spec, spot, f"{prefix}{key}/")
            disc(cap, f"{prefix}{key}/cap", 0.0095, 0.003)
            looks.key(spec, cap, f"{prefix}{key}", sign, 0.0095, 0.003)
            apart(spec, body, cap)
        return body


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
        dial = self.height * 0.198
        looks.tower(spec, body, prefix, (self.across, self.deep), self.height * 0.46, self.height, dial)
        solid(body, f"{prefix}housing", (self.across, self.deep, self.height / 2), (0, 0, self.height / 2))
        looks.cup(spec, body, prefix, 0.008, self.height)
        spot = body.add_body(name=f"{prefix}dial", pos=[0, -self.deep - 0.001, dial], quat=[_HALF, _HALF, 0, 0])
        knob = self.knob.build(spec, spot, f"{prefix}speed/")
        disc(knob, f"{prefix}speed/cap", 0.013, 0.007, (0, 0, 0.007))
        looks.knob(spec, knob, prefix, 0.013, 0.014, (0.9, 0.45, 0.12, 1))
        apart(spec, body, knob)
        return body
