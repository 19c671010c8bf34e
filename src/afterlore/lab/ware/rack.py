"""A rack that tubes stand in: plates with holes on pillars, and a floor."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.meshes import holed, revolved, rounded_box, seen
from afterlore.lab.ware.tube import FRICTION, Tube

__all__ = ["Rack"]

_GREY, _WHITE = (0.30, 0.33, 0.37, 1), (0.92, 0.93, 0.94, 1)


@dataclass(frozen=True, slots=True)
class Rack:
    """``rows`` × ``columns`` places for one kind of tube; its floor lies at the origin."""

    tube: Tube
    rows: int = 2
    columns: int = 4
    clearance: float = 0.0006
    """Between a tube and its hole, metres, all round."""
    rgba: tuple[float, float, float, float] = (0.20, 0.48, 0.62, 1)

    def __post_init__(self) -> None:
        if self.rows < 1 or self.columns < 1 or not 0 < self.clearance < 0.01:
            raise InputError(f"a rack has a row and a column at least, and room of up to 1 cm, not {self!r}")

    @property
    def pitch(self) -> float:
        """Between the middles of neighbouring holes."""
        return 2 * self.tube.cap_radius + 0.004

    @property
    def top(self) -> float:
        """Height of the upper plate."""
        return self.tube.length * 0.72

    @property
    def _half(self) -> tuple[float, float]:
        return self.columns * self.pitch / 2 + 0.006, self.rows * self.pitch / 2 + 0.006

    def slot(self, number: int) -> tuple[float, float, float]:
        """Where the tip of a tube stands, from 0, row by row. Raises InputError for a place that is not there."""
        if not 0 <= number < self.rows * self.columns:
            raise InputError(f"the rack has places 0 to {self.rows * self.columns - 1}, not {number!r}")
        row, column = divmod(number, self.columns)
        x = (column - (self.columns - 1) / 2) * self.pitch
        y = (row - (self.rows - 1) / 2) * self.pitch
        return x, y, 0.006

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Add it at the origin of ``body``; gives that body."""
        across, deep = self._half
        floor = rounded_box((across, deep, 0.003), 0.002).add(spec, f"{prefix}floor")
        seen(body, floor, self.rgba, pos=[0, 0, 0.003])
        side = rounded_box((0.003, deep, self.top / 2), 0.002).add(spec, f"{prefix}side")
        for sign in (-1, 1):
            seen(body, side, self.rgba, pos=[sign * (across + 0.001), 0, self.top / 2])
        hole = self.tube.outer + self.clearance
        # It stands out of the plate a little: two faces in one plane fight.
        low, high, wide = -0.0004, 0.0046, hole + 0.0022
        ring = [(hole, low), (wide, low), (wide, high - 0.0006), (wide - 0.0006, high), (hole, high), (hole, low)]
        collar = revolved(ring, sides=32).add(spec, f"{prefix}collar")
        for level in (self.top * 0.45, self.top - 0.004):
            self._plate(spec, body, f"{prefix}plate{level:.3f}", level, hole)
            for number in range(self.rows * self.columns):
                x, y, _ = self.slot(number)
                seen(body, collar, _WHITE, pos=[x, y, level])
        body.add_geom(
            name=f"{prefix}ground",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=[across, deep, 0.003],
            pos=[0, 0, 0.003],
            group=3,
            mass=0.12,
            friction=FRICTION,
            # At MuJoCo's own 20 ms a tube that falls 6 cm sinks past the middle of the floor, and is pushed out below.
            solref=[0.006, 1],
            priority=1,
        )
        return body

    def _plate(self, spec: Any, body: Any, name: str, level: float, hole: float) -> None:
        """It is seen with round holes in a frame; what tubes touch are bars between the holes."""
        across, deep = self._half
        middles = np.array([self.slot(number) for number in range(self.rows * self.columns)]) * (1, 1, 0)
        grid = holed((self.pitch / 2, self.pitch / 2, 0.002), hole + 0.001, sides=40).repeated(middles)
        seen(body, grid.add(spec, f"{name}grid"), self.rgba, pos=[0, 0, level + 0.002])
        for side, half, x, y in (
            ("long", (across, 0.0031, 0.0022), 0.0, deep - 0.003),
            ("short", (0.0031, deep - 0.005, 0.0021), across - 0.003, 0.0),
        ):
            edge = rounded_box(half, 0.0015).add(spec, f"{name}{side}")
            for sign in (-1, 1):
                seen(body, edge, self.rgba, pos=[sign * x, sign * y, level + 0.002])
        for number, (x, y, half_x, half_y) in enumerate(self._bars(hole)):
            body.add_geom(
                name=f"{name}stop{number}",
                type=mujoco.mjtGeom.mjGEOM_BOX,
                size=[half_x, half_y, 0.002],
                pos=[x, y, level + 0.002],
                group=3,
                mass=0.005,
            )

    def _bars(self, hole: float) -> Iterator[tuple[float, float, float, float]]:
        """Middle and half sizes of each bar of a plate, in both directions."""
        across, deep = self._half
        for edges, half, crossing, along_x in (
            (self._edges(self.columns, hole), across, deep, False),
            (self._edges(self.rows, hole), deep, across, True),
        ):
            starts = [-half, *(high for _, high in edges)]
            ends = [*(low for low, _ in edges), half]
            for start, end in zip(starts, ends, strict=True):
                middle, width = (start + end) / 2, (end - start) / 2
                yield (0.0, middle, crossing, width) if along_x else (middle, 0.0, width, crossing)

    def _edges(self, count: int, hole: float) -> list[tuple[float, float]]:
        middles = [(at - (count - 1) / 2) * self.pitch for at in range(count)]
        return [(middle - hole, middle + hole) for middle in middles]
