"""What housings have in common: boxes without sharp edges, printed words, and the frame that a lid hangs in."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import mujoco
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from afterlore.lab.meshes import rounded_box, seen
from afterlore.lab.parts.part import Part

__all__ = ["DARK", "GLASS", "WHITE", "Instrument", "apart", "box", "disc", "hinge", "solid", "words"]

WHITE = (0.93, 0.94, 0.95, 1.0)
DARK = (0.15, 0.17, 0.20, 1.0)
GLASS = (0.55, 0.68, 0.75, 0.35)


class Instrument(Protocol):
    """Parameters of an instrument, a frozen dataclass. It stands on z = 0 and looks towards -y."""

    @property
    def parts(self) -> Mapping[str, Part]:
        """Its moving parts, by what their names begin with."""
        ...

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Add it at the origin of ``body``; gives that body."""
        ...


def box(
    spec: Any,
    body: Any,
    name: str,
    half: Sequence[float],
    centre: Sequence[float],
    rgba: Sequence[float],
    *,
    radius: float = 0.006,
    touch: bool = False,
) -> None:
    """A rounded box that is seen; with ``touch`` also a plain one of the same size that is touched."""
    shape = rounded_box(half, min(radius, *(0.95 * side for side in half))).add(spec, name)
    seen(body, shape, rgba, pos=list(centre))
    if touch:
        solid(body, f"{name}_solid", half, centre)


def solid(body: Any, name: str, half: Sequence[float], centre: Sequence[float]) -> None:
    """A plain box that is touched and not seen, and weighs nothing: masses are said for whole bodies."""
    body.add_geom(
        name=name, type=mujoco.mjtGeom.mjGEOM_BOX, size=list(half), pos=list(centre), group=3, mass=0, rgba=[0, 0, 0, 0]
    )


def disc(body: Any, name: str, radius: float, half: float, centre: Sequence[float] = (0, 0, 0)) -> None:
    """A plain cylinder along z that is touched and not seen, and weighs nothing."""
    body.add_geom(
        name=name,
        type=mujoco.mjtGeom.mjGEOM_CYLINDER,
        size=[radius, half, 0],
        pos=list(centre),
        group=3,
        mass=0,
        rgba=[0, 0, 0, 0],
    )


def apart(spec: Any, body: Any, *moving: Any) -> None:
    """The housing never touches its own moving parts: their stops are the parts' own."""
    for one in moving:
        spec.add_exclude(bodyname1=body.name, bodyname2=one.name)


def hinge(body: Any, name: str, y: float, z: float) -> Any:
    """The frame of a lid whose hinge runs along x at the back: its +x looks to the front."""
    half = math.sqrt(0.5)
    return body.add_body(name=name, pos=[0, y, z], quat=[half, 0, 0, -half])


def words(
    spec: Any,
    body: Any,
    name: str,
    text: str,
    place: Sequence[float],
    size: tuple[float, float],
    *,
    ink: tuple[int, int, int] = (40, 44, 52),
    ground: tuple[int, int, int] = (236, 239, 241),
    euler: Sequence[float] = (math.pi / 2, 0, 0),
) -> None:
    """A printed label of ``size`` (wide, tall) metres, facing -y; ``euler`` turns it otherwise."""
    tall = 96
    wide = max(1, round(tall * size[0] / size[1]))
    picture = Image.new("RGB", (wide, tall), ground)
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=tall * 0.62)
    left, top, right, bottom = pen.textbbox((0, 0), text, font=font)
    pen.text(((wide - right + left) / 2 - left, (tall - bottom + top) / 2 - top), text, font=font, fill=ink)
    texture = spec.add_texture(name=name, type=mujoco.mjtTexture.mjTEXTURE_2D, width=wide, height=tall, nchannel=3)
    texture.data = np.asarray(picture).tobytes()
    roles = [""] * int(mujoco.mjtTextureRole.mjNTEXROLE)
    roles[int(mujoco.mjtTextureRole.mjTEXROLE_RGB)] = name
    material = spec.add_material(name=name, textures=roles, specular=0.1, shininess=0.1)
    turn = np.zeros(4)
    mujoco.mju_euler2Quat(turn, np.asarray(euler, dtype=float), "xyz")
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=[size[0] / 2, size[1] / 2, 0.0004],
        pos=list(place),
        quat=turn.tolist(),
        material=material.name,
        group=2,
        contype=0,
        conaffinity=0,
        mass=0,
    )
