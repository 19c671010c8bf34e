"""Quaternions (w, x, y, z) in arrays (n, 4): what MuJoCo has for one, for n."""

import numpy as np

from afterlore.lab.parts.part import Array

__all__ = ["about_z", "conjugate", "cross", "multiply", "rotate", "tilt", "twist"]


def cross(first: Array, second: Array) -> Array:
    """first × second, as numpy's but for vectors (…, 3) alone, in a third of the time."""
    a, b, c = first[..., 0], first[..., 1], first[..., 2]
    x, y, z = second[..., 0], second[..., 1], second[..., 2]
    return np.stack([b * z - c * y, c * x - a * z, a * y - b * x], axis=-1)


def multiply(first: Array, second: Array) -> Array:
    """first ⊗ second: turn by the second, then by the first."""
    a, b, c, d = np.moveaxis(first, -1, 0)
    w, x, y, z = np.moveaxis(second, -1, 0)
    return np.stack(
        [
            a * w - b * x - c * y - d * z,
            a * x + b * w + c * z - d * y,
            a * y - b * z + c * w + d * x,
            a * z + b * y - c * x + d * w,
        ],
        axis=-1,
    )


def conjugate(quat: Array) -> Array:
    """The turn back."""
    return np.asarray(quat * np.array([1.0, -1.0, -1.0, -1.0]))


def rotate(quat: Array, vector: Array) -> Array:
    """``vector`` (n, 3) turned by ``quat`` (n, 4)."""
    axis = quat[..., 1:]
    turned = 2 * cross(axis, vector)
    return np.asarray(vector + quat[..., :1] * turned + cross(axis, turned))


def about_z(angle: Array) -> Array:
    """Turn about z."""
    none = np.zeros_like(angle)
    return np.stack([np.cos(angle / 2), none, none, np.sin(angle / 2)], axis=-1)


def twist(quat: Array) -> Array:
    """Angle of the turn's share about z, in (-π, π]."""
    angle = 2 * np.arctan2(quat[..., 3], quat[..., 0])
    return np.asarray(np.pi - (np.pi - angle) % (2 * np.pi))


def tilt(quat: Array) -> Array:
    """Angle between z and the turned z."""
    # By the sine and the cosine: acos alone is blind near 0.
    x, y = quat[..., 1], quat[..., 2]
    half = np.hypot(x, y)
    return np.asarray(2 * np.arctan2(half, np.hypot(quat[..., 0], quat[..., 3])))
