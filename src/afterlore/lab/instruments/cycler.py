"""A thermal cycler: a heated block of 96 wells under a lid that a lever at its front lets go."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from afterlore.lab.instruments import cycler_looks as looks
from afterlore.lab.instruments.housing import apart, hinge, solid
from afterlore.lab.instruments.shells import screen
from afterlore.lab.parts.latch import Latch
from afterlore.lab.parts.lid import Lid
from afterlore.lab.parts.panel import Field, Panel
from afterlore.lab.parts.part import Part, State
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
    lid: Lid = field(default_factory=lambda: Lid.counterbalanced(1.2, 0.24))
    latch: Latch = field(default_factory=lambda: Latch(hold=12.0, mass=0.06, length=0.06, spring=0.0, friction=0.04))
    """Its lever stays where it is put."""
    block: Thermal = field(default_factory=Thermal)
    panel: Panel = field(
        default_factory=lambda: Panel((Field("temperature", "°C", 4, 1), Field("cycle", "", 2)), width=0.07)
    )

    @property
    def parts(self) -> Mapping[str, Part]:
        """Lid, latch, the heated block and the display."""
        return {"": self.lid, "latch/": self.latch, "block/": self.block, "panel/": self.panel}

    def act(self, state: Mapping[str, State], prefix: str = "") -> None:
        """What its electronics do, once a control step: the display shows the block's temperature."""
        state[f"{prefix}panel/"]["values"][:, 0] = np.round(state[f"{prefix}block/"]["temperature"], 1)

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Add it at the origin of ``body``, which has a name; gives that body."""
        half = self.height / 2
        looks.housing(spec, body, prefix, (self.across, self.deep), self.height, _TINT)
        solid(body, f"{prefix}housing", (self.across, self.deep, half), (0, 0, half))
        looks.wells(spec, body, prefix, self._back - self.lid.length / 2, self.height)
        self._front(spec, body, prefix)
        frame = hinge(body, f"{prefix}back", self._back, self.height + 0.018)
        lid = self.lid.build(spec, frame, prefix)
        long = self.lid.length / 2
        looks.cover(spec, frame, lid, prefix, self.lid.length, self.across, _TINT)
        solid(lid, f"{prefix}plate_solid", (long, self.across * 0.8, 0.02), (long, 0, 0.026))
        solid(lid, f"{prefix}grip_solid", (0.012, 0.05, 0.008), (2 * long + 0.008, 0, 0.03))
        y, z = -self.deep - 0.004, self.height - 0.02
        lever = self.latch.build(spec, hinge(body, f"{prefix}catch", y, z), f"{prefix}latch/")
        solid(lever, f"{prefix}handle_solid", (0.022, 0.022, 0.005), (0.022, 0, 0))
        looks.handle(spec, lid, body, lever, prefix, self.lid.length, y, z)
        apart(spec, body, lid, lever)
        return body

    @property
    def _back(self) -> float:
        return self.lid.length - self.deep * 0.92

    def _front(self, spec: Any, body: Any, prefix: str) -> None:
        level = self.height * 0.52
        looks.front(spec, body, prefix, (self.across, self.deep), level)
        half = math.sqrt(0.5)
        frame = body.add_body(name=f"{prefix}screen", pos=[-0.045, -self.deep - 0.0045, level], quat=[half, half, 0, 0])
        screen(spec, frame, prefix, (self.panel.width / 2, self.panel.height / 2), 0.0036)
        self.panel.build(spec, frame, f"{prefix}panel/")
