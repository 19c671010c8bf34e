"""What arms look like: cylinders on any axis, and smooth shells that run into each other.

A smooth shell is where a signed distance is zero. The distance of a rod is a formula, two distances are blended by
another, and a net of one point a cell is drawn over the zeros.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from afterlore.core import InputError
from afterlore.lab.meshes import Mesh, Profile, revolved
from afterlore.lab.parts.part import Array

__all__ = ["Rod", "Shape", "can", "joined", "ring", "shell", "turned"]

_ROUNDS = 10
"""Of moving the points of a net to where they belong."""
Point = tuple[float, float, float]
Colour = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Rod:
    """A cylinder from ``start`` to ``end``, metres."""

    start: Point
    end: Point
    radius: float
    edge: float = 0.004
    """Radius of its rounded edges."""
    narrow: float | None = None
    """Radius at the end, where it is another one."""

    def distance(self, points: Array) -> Array:
        """Of points (..., 3), below zero inside; near to it where the rod is a cone."""
        start, way = np.asarray(self.start), np.subtract(self.end, self.start)
        length = float(np.linalg.norm(way))
        along = (points - start) @ (way / length)
        across = np.sqrt(np.maximum(((points - start) ** 2).sum(axis=-1) - along**2, 0))
        share = np.clip(along / length, 0, 1)
        radius = self.radius + ((self.radius if self.narrow is None else self.narrow) - self.radius) * share
        out = across - radius + self.edge
        beyond = np.abs(along - length / 2) - length / 2 + self.edge
        outside = np.hypot(np.maximum(out, 0), np.maximum(beyond, 0))
        return np.asarray(outside + np.minimum(np.maximum(out, beyond), 0) - self.edge)


@dataclass(frozen=True, slots=True)
class Shape:
    """Of one link, in the frame that turns with it."""

    seen: tuple[tuple[Mesh, Colour], ...]
    touched: tuple[Rod, ...] = field(default=())
    """Plain cylinders that the world touches."""


def joined(*meshes: Mesh) -> Mesh:
    """All of these as one, without a picture."""
    counts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.faces + count for mesh, count in zip(meshes, counts[:-1], strict=True)]),
        np.empty((0, 2)),
    )


def turned(start: Point, end: Point, profile: Profile, *, sides: int = 40) -> Mesh:
    """A profile turned about the line from ``start`` to ``end``, its heights being metres from the start."""
    way = np.subtract(end, start)
    way = way / np.linalg.norm(way)
    # Any frame will do, for what is turned looks the same all round.
    side = np.cross(way, (0, 0, 1) if abs(way[2]) < 0.9 else (0, 1, 0))
    side /= np.linalg.norm(side)
    mesh = revolved(profile, sides=sides)
    return Mesh(mesh.vertices @ np.stack([side, np.cross(way, side), way]) + start, mesh.faces, np.empty((0, 2)))


def can(start: Point, end: Point, radius: float, edge: float = 0.004, *, sides: int = 40) -> Mesh:
    """A cylinder whose edges are rounded by ``edge``."""
    length = float(np.linalg.norm(np.subtract(end, start)))
    angles = np.linspace(0, np.pi / 2, 3)
    low = [(radius - edge + edge * np.sin(angle), edge - edge * np.cos(angle)) for angle in angles]
    high = [(wide, length - height) for wide, height in reversed(low)]
    return turned(start, end, [(0, 0), *low, *high, (0, length)], sides=sides)


def ring(start: Point, end: Point, radius: float, *, sides: int = 40) -> Mesh:
    """The skin of a cylinder, its ends open: what stands between two housings."""
    return turned(start, end, [(radius, 0), (radius, float(np.linalg.norm(np.subtract(end, start))))], sides=sides)


def shell(rods: Sequence[Rod], cuts: Sequence[Rod] = (), *, soft: float = 0.03, cell: float = 0.0125) -> Mesh:
    """Rods that run into each other over about ``soft`` metres, less what ``cuts`` take away. Raises InputError.

    ``cell`` is how far its points stand from each other.
    """
    if not rods:
        raise InputError("a shell is made of one rod or more")

    def distance(points: Array) -> Array:
        result = rods[0].distance(points)
        for rod in rods[1:]:
            result = _blended(result, rod.distance(points), soft)
        for cut in cuts:
            result = -_blended(-result, cut.distance(points), 0.016)
        return result

    ends = np.array([end for rod in rods for end in (rod.start, rod.end)])
    wide = max(max(rod.radius, rod.narrow or 0) for rod in rods) + soft / 4 + 2 * cell
    low, high = ends.min(axis=0) - wide, ends.max(axis=0) + wide
    shape = np.ceil((high - low) / cell).astype(int) + 1
    nodes = low + np.stack(np.meshgrid(*(np.arange(count) for count in shape), indexing="ij"), axis=-1) * cell
    points, quads = _net(distance(nodes))
    points = low + points * cell
    ends = np.concatenate([quads[:, [corner, (corner + 1) % 4]] for corner in range(4)])
    counts = np.bincount(ends[:, 0], minlength=len(points))[:, None]
    steps = np.eye(3) * 1e-5
    for turn in range(_ROUNDS):
        # Evenly apart from each other, and down the slope to where the distance is zero.
        if turn < _ROUNDS - 3:
            sums = np.stack([np.bincount(ends[:, 0], points[ends[:, 1], axis], len(points)) for axis in range(3)], -1)
            points = (points + sums / counts) / 2
        slope = np.stack([distance(points + step) - distance(points - step) for step in steps], axis=-1) / 2e-5
        points = points - slope * (distance(points) / np.maximum((slope**2).sum(axis=-1), 0.25))[:, None]
    # The shorter diagonal makes the better triangles.
    first, second = (np.linalg.norm(points[quads[:, a]] - points[quads[:, b]], axis=1) for a, b in ((0, 2), (1, 3)))
    quads = np.where((first <= second)[:, None], quads, np.roll(quads, 1, axis=1))
    return Mesh(points, np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]), np.empty((0, 2)))


def _blended(a: Array, b: Array, soft: float) -> Array:
    """The smaller of two distances, with a fillet where they are alike."""
    near = np.maximum(soft - np.abs(a - b), 0) / soft
    return np.asarray(np.minimum(a, b) - near**2 * soft / 4)


def _net(values: Array) -> tuple[Array, Array]:
    """Points (n, 3), in cells, and quads over the zeros of values (x, y, z) on a grid: a point a cell, four cells
    about each edge whose ends differ in sign.
    """
    inside = values < 0
    shape = np.array(values.shape) - 1
    total, hits = np.zeros((*shape, 3)), np.zeros(shape)
    edges = []
    for axis in range(3):
        first = np.moveaxis(values, axis, 0)[:-1]
        second = np.moveaxis(values, axis, 0)[1:]
        crossed = (first < 0) != (second < 0)
        share = np.where(crossed, first / np.where(crossed, first - second, 1), 0)
        crossed, share = np.moveaxis(crossed, 0, axis), np.moveaxis(share, 0, axis)
        one, two = (other for other in range(3) if other != axis)
        for corner in np.ndindex(2, 2):
            # The edge of every cell at this corner of it.
            window = [slice(None)] * 3
            window[one], window[two] = (
                slice(bit, bit + shape[other]) for bit, other in zip(corner, (one, two), strict=True)
            )
            there = crossed[tuple(window)]
            hits += there
            total[..., axis] += share[tuple(window)] * there
            total[..., one] += corner[0] * there
            total[..., two] += corner[1] * there
        edges.append(np.argwhere(crossed))
    cells = np.argwhere(hits > 0)
    number = np.full(shape, -1)
    number[tuple(cells.T)] = np.arange(len(cells))
    points = cells + (total / np.maximum(hits, 1)[..., None])[tuple(cells.T)]
    quads = []
    for axis, at in enumerate(edges):
        one, two = np.eye(3, dtype=int)[[(axis + 1) % 3, (axis + 2) % 3]]
        around = [number[tuple((at - shift).T)] for shift in (one + two, two, 0 * one, one)]
        outwards = inside[tuple(at.T)]
        quad = np.stack(around, axis=-1)
        quads.append(np.where(outwards[:, None], quad, quad[:, ::-1]))
    return points, np.concatenate(quads)
