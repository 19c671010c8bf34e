"""Domain randomisation: what of a scene is otherwise at each reset, and how far.

Half of each range is written down: ``place=0.02`` is up to 2 cm either way. All draws are made for every world in one
order, whatever the ranges are, from a generator of the world's own seed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.parts.part import Array, Worlds
from afterlore.lab.scene import TEXTURES, Scene, looking

__all__ = ["FIXED", "RANGES", "Randomisation", "Variation", "ranges"]

_MOST: Mapping[str, float] = {
    "place": 0.05,
    "turn": 0.5,
    "clearance": 0.0005,
    "light": 0.9,
    "texture": 1,
    "camera": 0.1,
    "mass": 0.5,
    "friction": 0.5,
}


@dataclass(frozen=True, slots=True)
class Randomisation:
    """Ranges, each from 0 on. Raises InputError for one that is impossible."""

    place: float = 0.02
    """Of what stands on the bench, m, along x and along y."""
    turn: float = 0.12
    """About z, rad."""
    clearance: float = 0.0003
    """By which tubes are thinner than they are drawn, m: they stand more loosely in their rack."""
    light: float = 0.3
    """Share by which the lamp is brighter or darker, and metres that it is moved."""
    texture: float = 1.0
    """Probability that the bench is not the usual one."""
    camera: float = 0.02
    """That the fixed camera is moved, m; it looks at the same place."""
    mass: float = 0.2
    """Share of the mass of loose things."""
    friction: float = 0.15
    """Share of all friction."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value, most = getattr(self, field.name), _MOST[field.name]
            if not (isinstance(value, Real) and 0 <= float(value) <= most):
                raise InputError(f"the randomisation of {field.name} is a number from 0 to {most}, not {value!r}")

    @classmethod
    def of(cls, ranges: Mapping[str, float]) -> "Randomisation":
        """The usual one with some ranges changed. Raises InputError for a range that is none."""
        names = [field.name for field in fields(cls)]
        for name in ranges:
            if name not in names:
                raise InputError(f"no randomisation of {name!r}; there is: {', '.join(names)}")
        return cls(**ranges)


FIXED = Randomisation(**dict.fromkeys(_MOST, 0.0))
"""No range at all: what a task draws by itself is all that differs."""
RANGES: Mapping[str, Randomisation] = {"usual": Randomisation(), "fixed": FIXED, "widest": Randomisation(**_MOST)}
"""By name."""


def ranges(name: str) -> Randomisation:
    """The randomisation of a name. Raises InputError for another one."""
    if name not in RANGES:
        raise InputError(f"no randomisation {name!r}; there are: {', '.join(RANGES)}")
    return RANGES[name]


class Variation:
    """Of the worlds of one scene: what they have for themselves."""

    def __init__(self, model: Any, scene: Scene, loose: Sequence[str], thin: Sequence[str]) -> None:
        """``loose`` are bodies whose mass varies, ``thin`` cylinders whose radius does."""
        self._model, self._scene = model, scene
        self._bodies = [model.body(name).id for name in scene.placed]
        self._loose = [model.body(name).id for name in loose]
        self._thin = [model.geom(name).id for name in thin]
        self._lamp, self._eye = model.light("lamp").id, model.camera("front").id
        self._bench = model.material("bench").id
        self._tops = [model.texture(f"bench{number}").id for number in range(TEXTURES)]

    def draw(self, worlds: Worlds, world: int, ranges: Randomisation, noise: np.random.Generator) -> None:
        """Put one world otherwise than the model is."""
        model = self._model
        for body in self._bodies:
            x, y, turn = noise.uniform(-1, 1, 3) * (ranges.place, ranges.place, ranges.turn)
            worlds.expand("body_pos")[world, body] = model.body_pos[body] + (x, y, 0)
            own = np.zeros(4)
            mujoco.mju_mulQuat(own, np.array([math.cos(turn / 2), 0, 0, math.sin(turn / 2)]), model.body_quat[body])
            worlds.expand("body_quat")[world, body] = own
        for geom in self._thin:
            size = worlds.expand("geom_size")[world, geom]
            size[0] = model.geom_size[geom, 0] - noise.uniform(0, 1) * ranges.clearance
        self._light(worlds, world, ranges, noise)
        other = int(noise.integers(1, TEXTURES))
        top = self._tops[other if noise.uniform() < ranges.texture else 0]
        worlds.expand("mat_texid")[world, self._bench, int(mujoco.mjtTextureRole.mjTEXROLE_RGB)] = top
        eye = self._scene.eye + noise.uniform(-1, 1, 3) * ranges.camera
        worlds.expand("cam_pos")[world, self._eye] = eye
        worlds.expand("cam_quat")[world, self._eye] = looking(self._scene.at - eye)
        for body in self._loose:
            share = 1 + noise.uniform(-1, 1) * ranges.mass
            worlds.expand("body_mass")[world, body] = model.body_mass[body] * share
            worlds.expand("body_inertia")[world, body] = model.body_inertia[body] * share
        share = 1 + noise.uniform(-1, 1) * ranges.friction
        worlds.expand("geom_friction")[world] = model.geom_friction * share

    def _light(self, worlds: Worlds, world: int, ranges: Randomisation, noise: np.random.Generator) -> None:
        bright, moved = 1 + noise.uniform(-1, 1) * ranges.light, noise.uniform(-1, 1, 3) * ranges.light
        worlds.expand("light_diffuse")[world, self._lamp] = self._model.light_diffuse[self._lamp] * bright
        way: Array = self._model.light_dir[self._lamp] + moved * (1, 1, 0)
        worlds.expand("light_dir")[world, self._lamp] = way / np.linalg.norm(way)
