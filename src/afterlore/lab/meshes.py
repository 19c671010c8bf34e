"""Shapes that are computed: what is turned about an axis, and boxes without sharp edges. Metres.

A mesh is only seen: what collides are a few plain shapes beside it, which are faster and never catch on an edge.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.parts.part import Array

__all__ = ["Mesh", "holed", "revolved", "rounded_box", "seen"]

Profile = Sequence[tuple[float, float]]
"""Points (radius, height)."""


@dataclass(frozen=True, slots=True)
class Mesh:
    """Triangles that face outwards."""

    vertices: Array
    """(n, 3)."""
    faces: Array
    """(m, 3) indices, anticlockwise from outside."""
    texture: Array
    """(n, 2) coordinates of a picture, 0 to 1; (0, 3) for none."""

    @property
    def volume(self) -> float:
        """Of what it encloses, m³, where it is closed."""
        a, b, c = np.moveaxis(self.vertices[self.faces], 1, 0)
        return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)

    def repeated(self, places: Array) -> "Mesh":
        """As often as there are places (k, 3), as one mesh: what is drawn once costs little."""
        count = len(self.vertices)
        return Mesh(
            (np.asarray(places)[:, None] + self.vertices).reshape(-1, 3),
            (np.arange(len(places))[:, None, None] * count + self.faces).reshape(-1, 3),
            np.tile(self.texture, (len(places), 1)),
        )

    def add(self, spec: Any, name: str) -> str:
        """Make it known to a model; gives its name."""
        more = {"usertexcoord": self.texture.ravel().tolist()} if len(self.texture) else {}
        spec.add_mesh(
            name=name,
            uservert=self.vertices.ravel().tolist(),
            userface=self.faces.ravel().tolist(),
            # A thin shell has hardly a volume; masses are said elsewhere.
            inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,
            **more,
        )
        return name


def revolved(profile: Profile, *, sides: int = 40, arc: float = 2 * math.pi, start: float = 0.0) -> Mesh:
    """A profile turned about z, from its first point to its last, the outside on its right. Raises InputError.

    With an ``arc`` of less than a turn, what comes of it is open. Picture coordinates go round and along.
    """
    points = np.asarray(profile, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) < 2 or (points[:, 0] < 0).any():
        raise InputError("a profile is two points or more of (radius, height), no radius below 0")
    angles = start + np.linspace(0, arc, sides + 1)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    flat = points[:, None, :1] * ring
    heights = np.broadcast_to(points[:, None, 1:], (len(points), sides + 1, 1))
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    texture = np.stack(np.broadcast_arrays(np.linspace(0, 1, sides + 1)[None], (along / along[-1])[:, None]), axis=-1)
    below = np.arange((len(points) - 1) * (sides + 1)).reshape(-1, sides + 1)[:, :-1].ravel()
    above = below + sides + 1
    faces = np.concatenate([np.stack([below, below + 1, above + 1], -1), np.stack([below, above + 1, above], -1)])
    vertices = np.concatenate([flat, heights], axis=-1).reshape(-1, 3)
    # Where the profile meets the axis, triangles are lines.
    a, b, c = np.moveaxis(vertices[faces], 1, 0)
    solid = np.linalg.norm(np.cross(b - a, c - a), axis=1) > 1e-18
    return Mesh(vertices, faces[solid], texture.reshape(-1, 2))


def rounded_box(half: Sequence[float], radius: float, *, segments: int = 4) -> Mesh:
    """A box of half sizes ``half`` (x, y, z) with round edges. Raises InputError for a radius that is too wide."""
    sizes = np.asarray(half, dtype=float)
    if not 0 < radius <= sizes.min():
        raise InputError(f"the edges of a box of half sizes {list(half)!r} are rounded by 0 to {sizes.min()}")
    steps = np.linspace(0, math.pi / 2, segments + 1)
    # A sphere in eight parts, pulled apart to the corners.
    latitudes = np.concatenate([-steps[::-1], steps])
    signs = np.repeat([-1, 1], segments + 1)
    longitudes = np.concatenate([quarter * math.pi / 2 + steps for quarter in range(4)])
    corners = np.repeat([(1, 1), (-1, 1), (-1, -1), (1, -1)], segments + 1, axis=0)
    rows = len(latitudes)
    columns = len(longitudes)
    centres = sizes - radius
    flat = radius * np.cos(latitudes)[:, None, None] * np.stack([np.cos(longitudes), np.sin(longitudes)], -1)[None]
    vertices = np.empty((rows, columns, 3))
    vertices[..., :2] = flat + corners[None] * centres[:2]
    vertices[..., 2] = (radius * np.sin(latitudes) + signs * centres[2])[:, None]
    at = np.arange(rows * columns).reshape(rows, columns)
    right = np.roll(at, -1, axis=1)
    quads = [at[:-1].ravel(), right[:-1].ravel(), right[1:].ravel(), at[1:].ravel()]
    faces = np.concatenate([np.stack([quads[0], quads[1], quads[2]], -1), np.stack([quads[0], quads[2], quads[3]], -1)])
    lids = [(at[0, 0], at[0, k + 1], at[0, k]) for k in range(1, columns - 1)]
    lids += [(at[-1, 0], at[-1, k], at[-1, k + 1]) for k in range(1, columns - 1)]
    points = vertices.reshape(-1, 3)
    faces = np.concatenate([faces, np.asarray(lids)])
    a, b, c = np.moveaxis(points[faces], 1, 0)
    solid = np.linalg.norm(np.cross(b - a, c - a), axis=1) > 1e-18
    return Mesh(points, faces[solid], np.empty((0, 2)))


def holed(half: Sequence[float], hole: float, *, sides: int = 64) -> Mesh:
    """A plate of half sizes ``half`` (x, y, z) with a round hole. Raises InputError for one that is too wide."""
    x, y, z = half
    if not 0 < hole < min(x, y):
        raise InputError(f"the hole of a plate of half sizes {list(half)!r} is wider than 0, and less than {min(x, y)}")
    corners = np.arctan2([y, y, -y, -y], [x, -x, -x, x]) % (2 * math.pi)
    # The corners are among the angles, or they would be cut off.
    angles = np.unique(np.concatenate([np.linspace(0, 2 * math.pi, sides, endpoint=False), corners]))
    ways = np.stack([np.cos(angles), np.sin(angles)], -1)
    outer = ways * np.min(np.array([x, y]) / np.maximum(np.abs(ways), 1e-12), axis=1, keepdims=True)
    rings = [(outer, -z), (outer, z), (ways * hole, z), (ways * hole, -z)]
    vertices = np.concatenate([np.column_stack([flat, np.full(len(flat), level)]) for flat, level in rings])
    count = len(angles)
    at = np.arange(count)
    ahead = (at + 1) % count
    faces = []
    for ring in range(4):
        low, high = ring * count, (ring + 1) % 4 * count
        faces += [
            np.stack([low + at, low + ahead, high + ahead], -1),
            np.stack([low + at, high + ahead, high + at], -1),
        ]
    return Mesh(vertices, np.concatenate(faces), np.empty((0, 2)))


def seen(body: Any, mesh: str, rgba: Sequence[float], *, material: str = "", **more: Any) -> Any:
    """A geom that shows a mesh and touches nothing."""
    geom = body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_MESH, meshname=mesh, rgba=rgba, contype=0, conaffinity=0, group=2, mass=0, **more
    )
    if material:
        geom.material = material
    return geom
