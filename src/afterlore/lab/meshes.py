"""Shapes that are computed: turned about an axis, drawn along an outline, boxes without sharp edges. Metres.

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

__all__ = [
    "Mesh",
    "holed",
    "joined",
    "lofted",
    "outline",
    "pierced",
    "rays",
    "revolved",
    "rounded_box",
    "seen",
    "skinned",
]

Profile = Sequence[tuple[float, float]]
"""Points (radius, height)."""
Corners = Sequence[tuple[float, float]]
"""Of a convex polygon, (x, y), anticlockwise."""


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

    def placed(self, place: Sequence[float] = (0, 0, 0), euler: Sequence[float] = (0, 0, 0)) -> "Mesh":
        """Turned by ``euler`` (about x, then its own y, then its own z), and then moved to ``place``."""
        quat, matrix = np.zeros(4), np.zeros(9)
        mujoco.mju_euler2Quat(quat, np.asarray(euler, dtype=float), "xyz")
        mujoco.mju_quat2Mat(matrix, quat)
        return Mesh(self.vertices @ matrix.reshape(3, 3).T + np.asarray(place), self.faces, self.texture)

    def welded(self) -> "Mesh":
        """With one vertex where there were several: light passes over the seam. Without a picture."""
        _, first, one = np.unique(self.vertices.round(8), axis=0, return_index=True, return_inverse=True)
        return Mesh(self.vertices[first], one.ravel()[self.faces], np.empty((0, 2)))

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


def outline(
    corners: Corners, radius: float | Sequence[float], *, inset: float = 0.0, segments: int = 5, steps: int = 1
) -> Array:
    """The edge (n, 2) of a convex polygon with round corners, anticlockwise, ``inset`` within it. Raises InputError.

    ``radius`` is that of all corners, or one for each.
    n depends on the numbers alone (``segments`` of a corner, ``steps`` of a side): what is inset fits what is not.
    """
    points = np.asarray(corners, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) < 3:
        raise InputError(f"an outline has three corners (x, y) or more, not {list(corners)!r}")
    along = points - np.roll(points, 1, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    before = np.stack([-along[:, 1], along[:, 0]], axis=-1)
    after = np.roll(before, -1, axis=0)
    sines = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    if (sines <= 0).any():
        raise InputError(f"an outline is convex and runs anticlockwise, unlike {list(corners)!r}")
    towards = (before + after) / (1 + (before * after).sum(axis=1, keepdims=True))
    round_ = np.maximum(np.broadcast_to(radius, len(points)) - inset, 0.0)[:, None]
    middles = points + towards * (inset + round_)
    turns = np.arctan2(sines, (before * after).sum(axis=1))
    shares = np.linspace(0, 1, segments + 1)[None]
    angles = np.arctan2(-before[:, 1], -before[:, 0])[:, None] + turns[:, None] * shares
    arcs = middles[:, None] + round_[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    ends, starts = arcs[:, -1], np.roll(arcs[:, 0], -1, axis=0)
    if (((starts - ends) * np.roll(along, -1, axis=0)).sum(axis=1) < -1e-12).any():
        raise InputError(f"a side is too short for corners of radius {radius!r} and an inset of {inset}")
    inner = (np.arange(1, steps) / steps)[None, :, None]
    sides = ends[:, None] + (starts - ends)[:, None] * inner
    return np.concatenate([arcs, sides], axis=1).reshape(-1, 2)


def skinned(rings: Sequence[Array], *, loop: bool = False, caps: bool = True) -> Mesh:
    """What lies between rings (n, 3) that follow each other, the outside on the right of the way up. Raises InputError.

    Its ends are closed with ``caps``; as a ``loop`` the last ring meets the first and there are no ends.
    """
    stack = np.asarray(rings, dtype=float)
    if stack.ndim != 3 or stack.shape[2] != 3 or len(stack) < 2 or stack.shape[1] < 3:
        raise InputError("a skin has two rings or more, each of the same three points (x, y, z) or more")
    count, size = stack.shape[:2]
    at = np.arange(count * size).reshape(count, size)
    low, high = (at, np.roll(at, -1, axis=0)) if loop else (at[:-1], at[1:])
    ahead, above = np.roll(low, -1, axis=1), np.roll(high, -1, axis=1)
    corners = [(low, ahead, above), (low, above, high)]
    vertices = stack.reshape(-1, 3)
    if caps and not loop:
        vertices = np.concatenate([vertices, stack[[0, -1]].mean(axis=1)])
        first, last = np.full(size, count * size), np.full(size, count * size + 1)
        corners += [(first, np.roll(at[0], -1), at[0]), (last, at[-1], np.roll(at[-1], -1))]
    faces = np.concatenate([np.stack([one.ravel() for one in corner], axis=-1) for corner in corners])
    a, b, c = np.moveaxis(vertices[faces], 1, 0)
    return Mesh(vertices, faces[np.linalg.norm(np.cross(b - a, c - a), axis=1) > 1e-18], np.empty((0, 2)))


def lofted(corners: Corners, radius: float | Sequence[float], profile: Profile, **more: int) -> Mesh:
    """A closed shape over a convex polygon with round corners, by its edge's (inset, height) from below to above.

    It is to an outline what ``revolved`` is to a circle. Raises InputError as ``outline`` does, which takes ``more``.
    """
    edges = [(outline(corners, radius, inset=inset, **more), height) for inset, height in profile]
    return skinned([np.column_stack([edge, np.full(len(edge), height)]) for edge, height in edges])


def joined(*meshes: Mesh) -> Mesh:
    """Several as one, which is drawn at once; without pictures."""
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts, strict=False)]),
        np.empty((0, 2)),
    )


def rays(low: Sequence[float], high: Sequence[float], sides: int) -> tuple[Array, Array]:
    """Directions (n, 2) around the origin, and where the edge of a rectangle about it is seen in them.

    They are ``sides`` even ones and those of the rectangle's corners, which would be cut off else.
    """
    corners = np.arctan2([low[1], low[1], high[1], high[1]], [low[0], high[0], low[0], high[0]]) % (2 * math.pi)
    angles = np.sort(np.concatenate([np.linspace(0, 2 * math.pi, sides, endpoint=False), corners]))
    angles = angles[np.diff(angles, append=angles[0] + 2 * math.pi) > 1e-9]
    ways = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    room = np.where(ways > 0, high, low) / np.where(np.abs(ways) < 1e-9, 1e-12, ways)
    return ways, ways * np.abs(room).min(axis=1, keepdims=True)


def pierced(
    half: Sequence[float],
    columns: Sequence[float] | Array,
    rows: Sequence[float] | Array,
    hole: float,
    *,
    sides: int = 24,
) -> Mesh:
    """A plate of half sizes ``half`` with round holes at every x of ``columns`` and y of ``rows``, both rising.

    Raises InputError for holes that meet each other or the edge, and for ``sides`` that are no multiple of 4.
    """
    width, depth, z = half
    lines = []
    for places, end in ((np.asarray(columns, dtype=float), width), (np.asarray(rows, dtype=float), depth)):
        walls = np.concatenate([[-end], (places[:-1] + places[1:]) / 2, [end]])
        if hole <= 0 or min(np.min(places - walls[:-1]), np.min(walls[1:] - places)) <= hole or sides % 4:
            raise InputError(f"holes of radius {hole} need room in half sizes {list(half)!r}, and sides divisible by 4")
        lines.append(list(zip(places, walls[:-1], walls[1:], strict=True)))
    made = []
    for x, left, right in lines[0]:
        for y, near, far in lines[1]:
            ways, edge = rays((left - x, near - y), (right - x, far - y), sides)
            outer = edge + np.array([x, y])
            inner = ways * hole + (x, y)
            rings = [
                np.column_stack([flat, np.full(len(flat), level)])
                for flat, level in ((outer, z), (inner, z), (inner, -z), (outer, -z))
            ]
            mesh = skinned(rings, caps=False)
            made.append(mesh)
            rim = np.abs(outer) > np.array([width, depth]) - 1e-9
            bounds = (rim & np.roll(rim, -1, axis=0)).any(axis=1)
            wall = skinned([rings[3], rings[0]], caps=False)
            made.append(Mesh(wall.vertices, wall.faces[np.tile(bounds, 2)], wall.texture))
    return joined(*made)


def seen(body: Any, mesh: str, rgba: Sequence[float], *, material: str = "", **more: Any) -> Any:
    """A geom that shows a mesh and touches nothing."""
    geom = body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_MESH, meshname=mesh, rgba=rgba, contype=0, conaffinity=0, group=2, mass=0, **more
    )
    if material:
        geom.material = material
    return geom
