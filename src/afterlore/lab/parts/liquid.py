"""Liquid in a vessel: a plane surface that cuts off exactly the volume there is, and sloshes in its first mode.

The plane is upright to the apparent gravity g - a, which it follows as a damped oscillator of
ω² = (1.841 g/R) tanh(1.841 h/R), the first antisymmetric mode in an upright cylinder.

What it does not cover: capillarity, waves beyond the first mode, splashing, pouring. Liquid that a tilt would let out
of an open vessel stays in; ``spilling`` says so.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.parts.part import Array, Rate, State, Upload, Worlds, ident
from afterlore.lab.parts.solid import Solid

__all__ = ["MODE", "Liquid"]

MODE = 1.841183781340659
"""First zero of J₁′: the first antisymmetric wave in a cylinder."""
_GRAVITY = 9.81


@dataclass(frozen=True, slots=True)
class Liquid:
    """Liquid in an open vessel whose bottom is at the origin of its body."""

    profile: tuple[tuple[float, float], ...] = ((0.001, 0.0), (0.0045, 0.012), (0.005, 0.04))
    """(radius, height) of the vessel's wall from below, m; heights rise."""
    sectors: int = 24
    """Of which the vessel is made all around."""
    damping: float = 0.05
    """Share of the critical damping."""
    steepest: float = math.radians(60)
    """The surface is not tilted farther than that against the apparent gravity, rad."""
    rgba: tuple[float, float, float, float] = (0.35, 0.55, 0.9, 0.6)

    def __post_init__(self) -> None:
        heights = [height for _, height in self.profile]
        if len(heights) < 2 or sorted(set(heights)) != heights or min(radius for radius, _ in self.profile) <= 0:
            raise InputError(f"a vessel's profile needs rising heights and radii above 0, not {self.profile!r}")
        if not 0 <= self.damping < 1:
            raise InputError(f"a liquid's damping is from 0 to below 1, not {self.damping!r}")

    @property
    def solid(self) -> Solid:
        """The vessel's inside."""
        return Solid.of(self.profile, self.sectors)

    def reference(self, acceleration: Array) -> Array:
        """Angle of the surface at rest under a horizontal acceleration (m/s²), rad: tan φ = a/g."""
        return np.arctan(np.asarray(acceleration) / _GRAVITY)

    def frequency(self, level: Array) -> Array:
        """Of the first mode with the surface ``level`` m above the bottom, rad/s, with the radius there."""
        radius, height = np.array(self.profile).T
        wide = np.interp(level, height, radius)
        wave = MODE / wide
        return np.asarray(np.sqrt(_GRAVITY * wave * np.tanh(wave * np.maximum(level, 1e-6))))

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Adds a mesh ``liquid`` that is seen, weighs nothing and touches nothing. Gives ``body``."""
        if not body.name:
            body.name = f"{prefix}vessel"
        columns = _columns(self.profile, self.sectors)
        points, faces = _skin(columns, columns[:, -1], np.array([0, 0, self.profile[-1][1]]))
        spec.add_mesh(
            name=f"{prefix}liquid",
            uservert=points.ravel(),
            userface=faces.ravel(),
            smoothnormal=False,
        )
        body.add_geom(
            name=f"{prefix}liquid",
            type=mujoco.mjtGeom.mjGEOM_MESH,
            meshname=f"{prefix}liquid",
            rgba=self.rgba,
            mass=0,
            contype=0,
            conaffinity=0,
        )
        return body

    def bind(self, model: Any, prefix: str = "") -> "_Bound":
        """Raises InputError where there is no such liquid."""
        geom = ident(model, "geom", f"{prefix}liquid")
        levels = np.linspace(0, self.profile[-1][1], 65)[1:]
        solid = self.solid
        volumes = solid.below(np.tile([0.0, 0.0, 1.0], (64, 1)), levels)
        return _Bound(self, solid, int(model.geom_bodyid[geom]), int(model.geom_dataid[geom]), levels, volumes)


@dataclass(frozen=True, slots=True)
class _Bound:
    part: Liquid
    solid: Solid
    body: int
    mesh: int
    levels: Array
    volumes: Array
    rate: ClassVar[Rate] = "control"

    def initial(self, n: int) -> State:
        """``volume`` (m³) is a command. ``slope`` (n, 2) of the surface and its rate ``swing`` are in the world's axes:
        the lateral share of what is upright to the surface, by its vertical one; ``normal`` is in the vessel's axes.
        """
        normal = np.zeros((n, 3))
        normal[:, 2] = 1
        return {
            "volume": np.zeros(n),
            "slope": np.zeros((n, 2)),
            "swing": np.zeros((n, 2)),
            "normal": normal,
            "place": np.full((n, 3), np.nan),
            "speed": np.zeros((n, 3)),
        }

    def step(self, worlds: Worlds, state: State, dt: float) -> None:
        """Follow the vessel, whose acceleration is taken from where it was in the last two steps."""
        place = worlds.bind("xpos")[:, self.body]
        speed = np.nan_to_num((place - state["place"]) / dt)
        pull = (speed - state["speed"]) / dt
        state["place"][:], state["speed"][:] = place, speed
        steepest = math.tan(self.part.steepest)
        upright = np.maximum(_GRAVITY + pull[:, 2:], 0.1 * _GRAVITY)
        rest = np.clip(pull[:, :2] / upright, -steepest, steepest)
        omega = self.part.frequency(np.interp(state["volume"], self.volumes, self.levels))[:, None]
        slope, swing = oscillate(state["slope"] - rest, state["swing"], omega, self.part.damping, dt)
        state["slope"][:] = np.clip(slope + rest, -steepest, steepest)
        state["swing"][:] = swing
        normal = np.concatenate([state["slope"], np.ones((len(slope), 1))], axis=-1)
        normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
        axes = worlds.bind("xmat")[:, self.body].reshape(-1, 3, 3)
        state["normal"][:] = np.einsum("nij,ni->nj", axes, normal)

    def heights(self, state: State) -> Array:
        """Of the surface along ``normal``, from the vessel's bottom, m. Raises InputError for more than it holds."""
        return self.solid.surface(state["normal"], state["volume"])

    def spilling(self, state: State) -> Array:
        """Whether the surface stands over the rim somewhere."""
        rim = self.solid.points[-self.part.sectors :]
        return np.asarray((state["normal"] @ rim.T).min(axis=1) < self.heights(state))

    def draw(self, model: Any, state: State, world: int) -> Upload | None:
        """Write the liquid of one world into the mesh of ``model``; None if it is there.

        Where a tilt uncovers the flat bottom, what is drawn there is a little too much.
        """
        normal = state["normal"][world]
        height = float(self.heights({name: state[name][world : world + 1] for name in ("normal", "volume")})[0])
        columns = _columns(self.part.profile, self.part.sectors)
        above = columns @ normal - height
        rim = np.empty((len(columns), 3))
        for column, (points, over) in enumerate(zip(columns, above, strict=True)):
            first = int(np.argmax(over > 0)) if (over > 0).any() else len(points)
            low = max(first - 1, 0)
            share = 0.0 if first in (0, len(points)) else -over[low] / (over[first] - over[low])
            rim[column] = points[low] + share * (points[min(first, len(points) - 1)] - points[low])
            points[first:] = rim[column]
        centre = np.array([0, 0, np.clip(height / max(float(normal[2]), 1e-3), 0, self.part.profile[-1][1])])
        points, _ = _skin(columns, rim, centre)
        turn = np.zeros(9)
        mujoco.mju_quat2Mat(turn, model.mesh_quat[self.mesh])
        # The compiler moved the mesh into the frame of its inertia.
        points = (points - model.mesh_pos[self.mesh]) @ turn.reshape(3, 3)
        start = int(model.mesh_vertadr[self.mesh])
        there = model.mesh_vert[start : start + len(points)]
        if np.allclose(there, points, atol=1e-6):
            return None
        there[:] = points
        return "mesh", self.mesh


def oscillate(place: Array, speed: Array, omega: Array, damping: float, dt: float) -> tuple[Array, Array]:
    """A free damped oscillator after ``dt``, exactly; ``damping`` is the share of the critical one, below 1."""
    decay = damping * omega
    turn = omega * math.sqrt(1 - damping**2)
    cos, sin, fade = np.cos(turn * dt), np.sin(turn * dt) / turn, np.exp(-decay * dt)
    after = fade * (place * cos + (speed + decay * place) * sin)
    return after, fade * (speed * cos - (decay * speed + omega**2 * place) * sin)


def _columns(profile: tuple[tuple[float, float], ...], sectors: int) -> Array:
    """The wall's corners (sectors, levels, 3)."""
    radius, height = np.array(profile).T
    angles = 2 * math.pi * np.arange(sectors)[:, None] / sectors
    return np.stack(
        [radius * np.cos(angles), radius * np.sin(angles), np.broadcast_to(height, (sectors, len(height)))], axis=-1
    )


def _skin(columns: Array, rim: Array, centre: Array) -> tuple[Array, Array]:
    """Corners and triangles of the wall, the flat bottom and the surface, which has corners of its own."""
    sectors, levels, _ = columns.shape
    points = np.concatenate([columns.reshape(-1, 3), rim, [columns[:, 0].mean(axis=0)], [centre]])
    top, bottom, middle = sectors * levels, sectors * (levels + 1), sectors * (levels + 1) + 1
    faces = []
    for sector in range(sectors):
        after = (sector + 1) % sectors
        for level in range(levels - 1):
            low, next_low = sector * levels + level, after * levels + level
            faces += [(low, next_low, next_low + 1), (low, next_low + 1, low + 1)]
        faces += [(bottom, after * levels, sector * levels), (middle, top + sector, top + after)]
    return points, np.array(faces)
