"""The inside of a vessel that is turned about an axis: how high a volume stands in it, exactly."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from afterlore.core import InputError
from afterlore.lab.meshes import Mesh, revolved
from afterlore.lab.parts.part import Array

__all__ = ["Hollow"]

_SHRUNK = 0.985
"""A liquid is drawn a hair narrower than the inside, so that two surfaces never fight."""


@dataclass(frozen=True)
class Hollow:
    """Frusta on one another: (radius, height) from the lowest up, metres; its floor is flat."""

    profile: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        points = np.asarray(self.profile, dtype=float)
        if points.ndim != 2 or len(points) < 2 or (points[:, 0] <= 0).any() or (np.diff(points[:, 1]) <= 0).any():
            raise InputError("a hollow is two points or more of (radius, height), each wider than 0 and above the last")

    @cached_property
    def _below(self) -> Array:
        """Volume below each point, m³."""
        radii, heights = np.asarray(self.profile).T
        parts = math.pi / 3 * np.diff(heights) * (radii[:-1] ** 2 + radii[:-1] * radii[1:] + radii[1:] ** 2)
        return np.concatenate([[0], np.cumsum(parts)])

    @property
    def capacity(self) -> float:
        """To the highest point, m³."""
        return float(self._below[-1])

    def radius(self, height: float) -> float:
        """At a height, m."""
        radii, heights = zip(*self.profile, strict=True)
        return float(np.interp(height, heights, radii))

    def height(self, volume: float) -> float:
        """How high ``volume`` m³ stand, 0 to ``capacity``."""
        number = int(np.clip(np.searchsorted(self._below, volume) - 1, 0, len(self.profile) - 2))
        (low, start), (high, end) = self.profile[number : number + 2]
        left = volume - float(self._below[number])
        slope = (high - low) / (end - start)
        if slope == 0:
            return start + left / (math.pi * low**2)
        # Volume in a frustum grows as the cube of its radius.
        return start + float(np.cbrt(low**3 + 3 * slope * left / math.pi) - low) / slope

    def filled(self, volume: float) -> Mesh:
        """The shape of ``volume`` m³ at rest."""
        top = self.height(volume)
        below = [(radius, height) for radius, height in self.profile if height < top]
        shape = [(0.0, below[0][1]), *below, (self.radius(top), top), (0.0, top)]
        return revolved([(_SHRUNK * radius, height) for radius, height in shape])
