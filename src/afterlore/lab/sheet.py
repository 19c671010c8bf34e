"""Contact sheets: instruments side by side, each with its name, as people look at them."""

import math
from collections.abc import Sequence
from typing import Any

import mujoco
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from afterlore.lab.instruments.all import INSTRUMENTS, instrument
from afterlore.lab.parts.part import Array, blank
from afterlore.lab.render import Eye, Renderer

__all__ = ["sheet"]

_COLUMNS = 3
_INK, _PAPER = (38, 42, 50), (250, 251, 252)


def sheet(names: Sequence[str], width: int, *, lids: float) -> Any:
    """A picture (PIL) of these instruments, all without a name; lids at ``lids`` of their opening.

    Raises InputError for a name that is none.
    """
    chosen = list(names) or list(INSTRUMENTS)
    height = round(width * 0.78)
    columns = min(_COLUMNS, len(chosen))
    rows = math.ceil(len(chosen) / columns)
    strip = max(18, width // 14)
    picture = Image.new("RGB", (columns * width, rows * (height + strip)), _PAPER)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size=strip * 0.62)
    for number, name in enumerate(chosen):
        row, column = divmod(number, columns)
        x, y = column * width, row * (height + strip)
        picture.paste(Image.fromarray(_portrait(name, width, height, lids)), (x, y))
        pen.text((x + strip * 0.5, y + height + strip * 0.12), name, font=font, fill=_INK)
    return picture


def _portrait(name: str, width: int, height: int, lids: float) -> Array:
    one: Any = instrument(name)
    spec = blank()
    spec.visual.headlight.ambient = [0.42, 0.42, 0.42]
    spec.visual.headlight.diffuse = [0.38, 0.38, 0.38]
    world = spec.worldbody
    world.add_light(pos=[0.4, -0.8, 1.6], dir=[-0.2, 0.4, -0.85])
    spec.add_texture(
        name="sky",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=[0.93, 0.95, 0.97],
        rgb2=[0.80, 0.84, 0.88],
        width=64,
        height=384,
    )
    world.add_geom(
        type=mujoco.mjtGeom.mjGEOM_PLANE, size=[3, 3, 0.1], rgba=[0.86, 0.88, 0.90, 1], contype=0, conaffinity=0
    )
    one.build(spec, world.add_body(name="instrument"))
    model = spec.compile()
    data = mujoco.MjData(model)
    if hasattr(one, "lid"):
        data.joint("lid").qpos = lids * one.lid.opening
    mujoco.mj_forward(model, data)
    size = float(np.hypot(one.across, one.deep))
    eye = Eye((0, 0, one.height * (0.75 if hasattr(one, "lid") else 0.5)), size * 4.1, azimuth=112, elevation=-32)
    if not hasattr(one, "lid"):
        eye.camera.distance = size * 3.6
    with Renderer(model, width, height, fine=True) as renderer:
        return renderer.frame(data, eye)
