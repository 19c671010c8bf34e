"""What every task stands in: a bench in a room, an arm with a gripper on a stand, two cameras, a lamp.

Metres; the bench's top is z = 0, instruments look towards -y and the arm stands there.
"""

import math
from collections.abc import Sequence
from typing import Any

import mujoco
import numpy as np

from afterlore.lab.instruments.housing import Instrument
from afterlore.lab.meshes import revolved, rounded_box, seen
from afterlore.lab.parts.part import Array, Part, blank
from afterlore.lab.robots.arm import Arm
from afterlore.lab.robots.gripper import Gripper

__all__ = ["CAMERAS", "GRIPPER", "ROBOT", "TEXTURES", "Scene", "aimed", "looking"]

CAMERAS = ("front", "wrist")
ROBOT = "robot/"
"""What the names of the arm begin with,"""
GRIPPER = "gripper/"
"""and those of the gripper."""
TEXTURES = 4
"""That a bench top may have, ``bench0`` and so on."""

_WALL, _FLOOR, _STAND = (0.80, 0.83, 0.85, 1), (0.55, 0.57, 0.60, 1), (0.34, 0.36, 0.39, 1)


class Scene:
    """A spec to which a task adds what is worked on; ``parts`` are what has to be stepped in it."""

    def __init__(self, arm: Arm, gripper: Gripper, stand: Sequence[float], eye: Sequence[float], at: Sequence[float]):
        """The arm's base is at ``stand``, the fixed camera at ``eye``, looking ``at`` a place."""
        self.spec = blank()
        self.parts: dict[str, Part] = {}
        self.placed: list[str] = []
        """Bodies that stand on the bench and are set down a little elsewhere at each reset."""
        self.eye, self.at = np.asarray(eye, dtype=float), np.asarray(at, dtype=float)
        self._room()
        self._robot(arm, gripper, stand)
        self.spec.worldbody.add_camera(
            name="front", pos=list(eye), quat=looking(self.at - self.eye).tolist(), fovy=42, resolution=[224, 224]
        )

    def body(self, name: str, place: Sequence[float]) -> Any:
        """A new one on the bench."""
        self.placed.append(name)
        return self.spec.worldbody.add_body(name=name, pos=list(place))

    def loose(self, name: str, place: Sequence[float]) -> Any:
        """A new body that moves freely."""
        body = self.spec.worldbody.add_body(name=name, pos=list(place))
        body.add_freejoint(name=name)
        return body

    def instrument(self, name: str, one: Instrument, place: Sequence[float]) -> Any:
        """Set it down, its names beginning with ``name/``."""
        body = self.body(name, place)
        one.build(self.spec, body, f"{name}/")
        self.parts.update({f"{name}/{key}": part for key, part in one.parts.items()})
        return body

    def _room(self) -> None:
        spec, world = self.spec, self.spec.worldbody
        # Little things near the wrist's camera are not cut off.
        spec.visual.map.znear = 0.01
        spec.stat.extent, spec.stat.center = 1.2, [0, 0, 0.2]
        spec.visual.headlight.ambient = [0.36, 0.36, 0.36]
        spec.visual.headlight.diffuse = [0.25, 0.25, 0.25]
        spec.visual.headlight.specular = [0.1, 0.1, 0.1]
        world.add_light(
            name="lamp",
            type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
            pos=[-0.6, -0.9, 1.8],
            dir=[0.35, 0.5, -0.9],
            diffuse=[0.5, 0.5, 0.5],
            specular=[0.2, 0.2, 0.2],
        )
        spec.add_texture(
            name="sky",
            type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
            builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
            rgb1=_WALL[:3],
            rgb2=_WALL[:3],
            width=16,
            height=96,
        )
        for number in range(TEXTURES):
            texture = spec.add_texture(
                name=f"bench{number}", type=mujoco.mjtTexture.mjTEXTURE_2D, width=128, height=128, nchannel=3
            )
            texture.data = _top(number).tobytes()
        roles = [""] * int(mujoco.mjtTextureRole.mjNTEXROLE)
        roles[int(mujoco.mjtTextureRole.mjTEXROLE_RGB)] = "bench0"
        spec.add_material(name="bench", textures=roles, specular=0.15, shininess=0.2, texrepeat=[6, 4])
        world.add_geom(
            name="bench",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=[0.95, 0.75, 0.02],
            pos=[0, -0.12, -0.02],
            material="bench",
            friction=[0.8, 0.005, 0.0001],
        )
        for name, size, place, rgba in (
            ("wall", [3, 0.02, 1.5], [0, 0.95, 0.75], _WALL),
            ("floor", [3, 3, 0.02], [0, 0, -0.78], _FLOOR),
            ("shelf", [3, 0.06, 0.012], [0, 0.88, 0.02], _STAND),
        ):
            world.add_geom(
                name=name,
                type=mujoco.mjtGeom.mjGEOM_BOX,
                size=size,
                pos=place,
                rgba=rgba,
                contype=0,
                conaffinity=0,
                group=2,
            )

    def _robot(self, arm: Arm, gripper: Gripper, stand: Sequence[float]) -> None:
        spec = self.spec
        # At home it looks along +y.
        half = (math.pi / 2 - arm.facing) / 2
        base = spec.worldbody.add_body(name="stand", pos=list(stand), quat=[math.cos(half), 0, 0, math.sin(half)])
        height = stand[2]
        if height > 0.02:
            profile = [
                (0, 0),
                (0.11, 0),
                (0.11, 0.015),
                (0.075, 0.03),
                (0.075, height - 0.012),
                (0.09, height),
                (0, height),
            ]
            seen(base, revolved(profile, sides=48).add(spec, "column"), _STAND, pos=[0, 0, -height])
        else:
            plate = rounded_box((0.1, 0.1, 0.006), 0.004).add(spec, "plate")
            seen(base, plate, _STAND, pos=[0, 0, 0.004 - height])
        flange = arm.build(spec, base, ROBOT)
        gripper.build(spec, flange, GRIPPER)
        palm = spec.body(f"{GRIPPER}palm")
        eye = np.array([-0.07, 0, 0.065])
        palm.add_camera(
            name="wrist",
            pos=eye.tolist(),
            quat=looking(np.array([0, 0, 0.18]) - eye, up=(-1, 0, 0)).tolist(),
            fovy=70,
            resolution=[224, 224],
        )


def aimed(x: float, y: float, z: float, pitch: float, yaw: float = 0.0) -> Array:
    """A pose (4, 4) of the tool: it points along +y, turned by ``yaw`` about z, and ``pitch`` rad upwards; its fingers
    open sideways. At a pitch of 0 its x looks down.
    """
    c, s = math.cos(pitch), math.sin(pitch)
    made: Array = np.eye(4)
    made[:3, :3] = np.array([[0, -1, 0], [s, 0, c], [-c, 0, s]])
    about = np.array([[math.cos(yaw), -math.sin(yaw), 0], [math.sin(yaw), math.cos(yaw), 0], [0, 0, 1]])
    made[:3, :3] = about @ made[:3, :3]
    made[:3, 3] = x, y, z
    return np.asarray(made)


def looking(ahead: Array, up: Sequence[float] = (0, 0, 1)) -> Array:
    """Quaternion of a camera that looks ``ahead``: along its own -z, its +y being as far ``up`` as can be."""
    back = -np.asarray(ahead, dtype=float) / np.linalg.norm(ahead)
    right = np.cross(up, back)
    right /= np.linalg.norm(right)
    quaternion = np.zeros(4)
    mujoco.mju_mat2Quat(quaternion, np.stack([right, np.cross(back, right), back], axis=-1).ravel())
    return quaternion


def _top(number: int) -> Array:
    """The picture of a bench top: speckled, plain, tiled or with a grain, always the same for its number."""
    noise = np.random.default_rng(number)
    tone = np.array([(206, 212, 217), (176, 190, 198), (222, 219, 210), (190, 172, 148)][number], dtype=float)
    picture = np.broadcast_to(tone, (128, 128, 3)).copy()
    if number == 0:
        picture += noise.normal(0, 9, (128, 128, 1))
    elif number == 2:
        picture[::32] = picture[:, ::32] = tone * 0.86
    elif number == 3:
        lines = np.sin(np.arange(128) * 2 * math.pi * 6 / 128 + noise.normal(0, 0.3, 128)) + noise.normal(0, 0.4, 128)
        picture += 7 * lines[:, None, None]
    return np.asarray(np.clip(picture, 0, 255).astype(np.uint8))
