"""A shape that is drawn along a path: handles and hooks, which are neither turned about an axis nor boxes."""

from collections.abc import Sequence

import numpy as np

from afterlore.core import InputError
from afterlore.lab.meshes import Mesh

__all__ = ["swept"]


def swept(
    path: Sequence[tuple[float, float]], halves: Sequence[tuple[float, float]], *, power: float = 2.0, sides: int = 40
) -> Mesh:
    """A closed shape along ``path``, points (y, z), with half sizes (along x, across it) at each. Raises InputError.

    ``power`` 2 makes its section an ellipse, a larger one a rectangle with ever sharper edges.
    """
    points, sizes = np.asarray(path, dtype=float), np.asarray(halves, dtype=float)
    if points.shape != sizes.shape or points.ndim != 2 or points.shape[1] != 2 or len(points) < 2:
        raise InputError("a sweep has two points (y, z) or more, and two half sizes at each")
    along = np.gradient(points, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    angles = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    section = [np.sign(part) * np.abs(part) ** (2 / power) for part in (np.cos(angles), np.sin(angles))]
    x = sizes[:, :1] * section[0]
    out = sizes[:, 1:] * section[1]
    # Across the path, in its plane, so that x, out and along are a right-handed frame.
    across = np.stack([along[:, 1], -along[:, 0]], axis=-1)
    flat = points[:, None] + out[..., None] * across[:, None]
    rings = np.concatenate([x[..., None], flat], axis=-1).reshape(-1, 3)
    vertices = np.concatenate([rings, np.insert(points[[0, -1]], 0, 0, axis=1)])
    at = np.arange(len(points) * sides).reshape(-1, sides)
    right = np.roll(at, -1, axis=1)
    bottom, top = np.full(sides, len(rings)), np.full(sides, len(rings) + 1)
    corners = [
        (at[:-1], right[:-1], right[1:]),
        (at[:-1], right[1:], at[1:]),
        (bottom, right[0], at[0]),
        (top, at[-1], right[-1]),
    ]
    faces = np.concatenate([np.stack([one.ravel() for one in corner], axis=-1) for corner in corners])
    return Mesh(vertices, faces, np.empty((0, 2)))
