"""How much of a vessel lies below a plane, and where the plane is that has so much below it: exact, without meshing.

The vessel is cut into tetrahedra once. The share of a tetrahedron below a plane is a sum of products of ratios from 0
to 1, without any cancellation, so that volumes are right to machine precision whatever the plane.
"""

import math
from dataclasses import dataclass

import numpy as np

from afterlore.core import InputError
from afterlore.lab.parts.part import Array

__all__ = ["Solid", "share_below"]


def share_below(heights: Array) -> Array:
    """Share of tetrahedra below 0, for the heights (…, 4) of their corners above it."""
    a, b, c, d = np.moveaxis(np.sort(heights, axis=-1), -1, 0)

    def cut(low: Array, high: Array) -> Array:
        """How far along the edge from ``low`` up to ``high`` the plane cuts it."""
        span = high - low
        return np.asarray(np.clip(np.divide(-low, span, out=np.zeros_like(span), where=span > 0), 0, 1))

    one = cut(a, b) * cut(a, c) * cut(a, d)
    ac, ad, bc, bd = cut(a, c), cut(a, d), cut(b, c), cut(b, d)
    two = ac * ad + ac * (1 - ad) * bd + (1 - ac) * bc * bd
    three = 1 - (1 - cut(a, d)) * (1 - bd) * (1 - cut(c, d))
    return np.asarray(
        np.select([a >= 0, b >= 0, c >= 0, d > 0], [np.zeros_like(a), one, two, three], default=np.ones_like(a))
    )


@dataclass(frozen=True, slots=True)
class Solid:
    """A solid of revolution about z: rings of corners, a point at the bottom, and the tetrahedra between them."""

    points: Array
    """(n, 3), m: the axis from below, ring by ring, then the rings."""
    tetrahedra: Array
    """(m, 4) of indices, and"""
    volumes: Array
    """(m,) of volumes, m³."""

    @classmethod
    def of(cls, profile: tuple[tuple[float, float], ...], sectors: int) -> "Solid":
        """Of the (radius, height) of its wall from below, which rise; the bottom and the top are flat."""
        radius, height = np.array(profile).T
        levels = len(radius)
        angles = 2 * math.pi * np.arange(sectors) / sectors
        axis = np.stack([np.zeros(levels), np.zeros(levels), height], axis=-1)
        rings = np.stack(
            [
                radius[:, None] * np.cos(angles),
                radius[:, None] * np.sin(angles),
                np.broadcast_to(height[:, None], (levels, sectors)),
            ],
            axis=-1,
        )
        points = np.concatenate([axis, rings.reshape(-1, 3)])
        corners = []
        for level in range(levels - 1):
            low, high = levels + level * sectors, levels + (level + 1) * sectors
            for sector in range(sectors):
                after = (sector + 1) % sectors
                # A wedge between the axis and two corners of either ring is three tetrahedra.
                bottom = (level, low + sector, low + after)
                top = (level + 1, high + sector, high + after)
                corners += [(*bottom, top[2]), (bottom[0], bottom[1], top[1], top[2]), (bottom[0], *top)]
        tetrahedra = np.array(corners)
        edges = points[tetrahedra[:, 1:]] - points[tetrahedra[:, :1]]
        volumes = np.abs(np.linalg.det(edges)) / 6
        return cls(points, tetrahedra[volumes > 0], volumes[volumes > 0])

    @property
    def volume(self) -> float:
        """m³."""
        return float(self.volumes.sum())

    def below(self, normals: Array, heights: Array) -> Array:
        """Volumes (n,) below planes at ``heights`` along unit ``normals`` (n, 3), m³."""
        above = normals @ self.points.T - heights[:, None]
        return np.asarray(share_below(above[:, self.tetrahedra]) @ self.volumes)

    def surface(self, normals: Array, volumes: Array) -> Array:
        """Heights (n,) of the planes that have ``volumes`` below them. Raises InputError for what does not fit."""
        if (volumes < 0).any() or (volumes > self.volume * (1 + 1e-12)).any():
            raise InputError(f"the vessel holds from 0 to {self.volume * 1e6:.4g} ml, not all of {volumes * 1e6} ml")
        along = normals @ self.points.T
        low, high = along.min(axis=1), along.max(axis=1)
        under, over = -volumes, self.volume - volumes
        side = np.zeros(len(volumes), dtype=np.int64)
        # False position, with the end that stays put weighed by half (Illinois): a dozen steps.
        for _ in range(100):
            middle = low - under * (high - low) / np.where(over > under, over - under, 1)
            missing = self.below(normals, middle) - volumes
            if (np.abs(missing) <= 1e-14 * self.volume).all():
                break
            up, down = missing < 0, missing > 0
            over = np.where(up & (side == 1), over / 2, over)
            under = np.where(down & (side == -1), under / 2, under)
            low, under = np.where(up, middle, low), np.where(up, missing, under)
            high, over = np.where(down, middle, high), np.where(down, missing, over)
            low, high = np.where(missing == 0, middle, low), np.where(missing == 0, middle, high)
            side = np.sign(-missing).astype(np.int64)
        return np.asarray(middle)
