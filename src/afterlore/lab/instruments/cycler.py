"""A thermal cycler: a heated block of 96 wells under a lid that a lever at its front lets go."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from afterlore.lab.instruments.housing import DARK, GREY, WHITE, apart, box, hinge, solid, words
from afterlore.lab.meshes import revolved, rounded_box, seen
from afterlore.lab.parts.latch import Latch
from afterlore.lab.parts.lid import Lid
from afterlore.lab.parts.panel import Field, Panel
from afterlore.lab.parts.part import Part
from afterlore.lab.parts.thermal import Thermal

__all__ = ["Cycler"]

_TINT = (0.20, 0.30, 0.36, 1.0)


@dataclass(frozen=True, slots=True)
class Cycler:
    """About 24 x 40 x 20 cm, as common ones of one block; metres, it looks towards -y."""

    across: float = 0.12
    deep: float = 0.2
    height: float = 0.155
    """Of the housing, without the lid."""
    lid: Lid = field(default_factory=lambda: Lid(mass=1.2, length=0.24, damping=0.15, spring=1.0))
    latch: Latch = field(default_factory=lambda: Latch(hold=8.0, mass=0.06, length=0.06, spring=0.0, friction=0.04))
    """Its lever stays where it is put."""
    block: Thermal = field(default_factory=Thermal)
    panel: Panel = field(
        default_factory=lambda: Panel((Field("temperature", "°C", 4, 1), Field("cycle", "", 2)), width=0.07)
    )

    @property
    def parts(self) -> Mapping[str, Part]:
        """Lid, latch, the heated block and the display."""
        return {"": self.lid, "latch/": self.latch, "block/": self.block, "panel/": self.panel}

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Add it at the origin of ``body``, which has a name; gives that body."""
        half = self.height / 2
        box(spec, body, f"{prefix}base", (self.across, self.deep, half), (0, 0, half + 0.006), WHITE, radius=0.02)
        box(
            spec,
            body,
            f"{prefix}belt",
            (self.across + 0.001, self.deep + 0.001, 0.01),
            (0, 0, 0.03),
            _TINT,
            radius=0.009,
        )
        solid(body, f"{prefix}housing", (self.across, self.deep, half), (0, 0, half))
        self._wells(spec, body, prefix)
        self._front(spec, body, prefix)
        frame = hinge(body, f"{prefix}back", self._back, self.height + 0.018)
        lid = self.lid.build(spec, frame, prefix)
        long = self.lid.length / 2
        box(spec, lid, f"{prefix}cover", (long, self.across * 0.88, 0.024), (long, 0, 0.026), _TINT, radius=0.016)
        box(spec, lid, f"{prefix}plate", (0.06, 0.04, 0.004), (long, 0, 0.0), GREY, radius=0.002)
        solid(lid, f"{prefix}plate_solid", (long, self.across * 0.8, 0.02), (long, 0, 0.026))
        box(spec, lid, f"{prefix}grip", (0.012, 0.05, 0.008), (2 * long + 0.008, 0, 0.03), DARK, touch=True)
        lever = self.latch.build(
            spec, hinge(body, f"{prefix}catch", -self.deep - 0.004, self.height - 0.02), f"{prefix}latch/"
        )
        box(spec, lever, f"{prefix}handle", (0.022, 0.022, 0.005), (0.022, 0, 0), (0.85, 0.45, 0.12, 1), touch=True)
        apart(spec, body, lid, lever)
        return body

    @property
    def _back(self) -> float:
        return self.lid.length - self.deep * 0.92

    def _wells(self, spec: Any, body: Any, prefix: str) -> None:
        """The block: a plate of metal with a grid of wells."""
        middle = self._back - self.lid.length / 2
        top = rounded_box((0.062, 0.042, 0.008), 0.003).add(spec, f"{prefix}metal")
        seen(body, top, (0.72, 0.73, 0.75, 1), pos=[0, middle, self.height + 0.003])
        places = np.array(
            [
                ((column - 5.5) * 0.009, middle + (row - 3.5) * 0.009, self.height + 0.0112)
                for row in range(8)
                for column in range(12)
            ]
        )
        well = (
            revolved([(0.0, 0.0), (0.0031, 0.0), (0.0, 0.0001)], sides=20).repeated(places).add(spec, f"{prefix}wells")
        )
        seen(body, well, (0.12, 0.12, 0.13, 1))

    def _front(self, spec: Any, body: Any, prefix: str) -> None:
        face = -self.deep - 0.001
        words(spec, body, f"{prefix}title", "cycler 96", (0.06, face, self.height * 0.45), (0.07, 0.014))
        half = math.sqrt(0.5)
        frame = body.add_body(
            name=f"{prefix}screen", pos=[-0.045, face - 0.0035, self.height * 0.52], quat=[half, half, 0, 0]
        )
        size = (self.panel.width / 2 + 0.006, self.panel.height / 2 + 0.006, 0.003)
        box(spec, frame, f"{prefix}bezel", size, (0, 0, -0.002), DARK, radius=0.003)
        self.panel.build(spec, frame, f"{prefix}panel/")
