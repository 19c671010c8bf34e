"""Contact sheets: instruments, labware and arms side by side, each with its name, as people look at them."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from afterlore.core import InputError
from afterlore.lab.instruments.all import INSTRUMENTS, instrument
from afterlore.lab.meshes import revolved, seen
from afterlore.lab.parts.panel import Panel
from afterlore.lab.parts.part import Array, blank
from afterlore.lab.render import Eye, Renderer
from afterlore.lab.robots.arm import Arm
from afterlore.lab.robots.arms import ARMS
from afterlore.lab.robots.gripper import Gripper
from afterlore.lab.robots.holder import Holder
from afterlore.lab.robots.menagerie import menagerie
from afterlore.lab.ware.pipette import pipette
from afterlore.lab.ware.plate import Plate
from afterlore.lab.ware.rack import Rack
from afterlore.lab.ware.tip import TipBox, tip
from afterlore.lab.ware.tube import TUBES, tube

__all__ = ["WARE", "sheet"]

Builder = Callable[[Any, Any], None]
"""Adds something to a spec, on a body of it."""

_COLUMNS = 3
_FILLED = 0.9
"""Of a picture's width or height, by what it shows."""
_SHOWN = {"temperature": 37.0, "time": 300.0, "speed": 800.0, "cycle": 12.0}
"""On live displays."""
_INK, _PAPER = (38, 42, 50), (250, 251, 252)


def sheet(names: Sequence[str], width: int, *, lids: float, meshes: Path | None = None) -> Any:
    """A picture (PIL) of these, all instruments without a name; lids at ``lids`` of their opening. Arms have the
    meshes of the MuJoCo Menagerie's checkout at ``meshes``, where it is given.

    Raises InputError for a name that is none, and for meshes that no arm can be given.
    """
    chosen = list(names) or list(INSTRUMENTS)
    if meshes and not ARMS.keys() & set(chosen):
        raise InputError(f"the Menagerie has meshes of arms, and none is among the names; there are: {', '.join(ARMS)}")
    height = round(width * 0.78)
    columns = min(_COLUMNS, len(chosen))
    rows = math.ceil(len(chosen) / columns)
    strip = max(18, width // 14)
    picture = Image.new("RGB", (columns * width, rows * (height + strip)), _PAPER)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size=strip * 0.62)
    for number, name in enumerate(chosen):
        row, column = divmod(number, columns)
        x, y = column * width, row * (height + strip)
        picture.paste(Image.fromarray(_portrait(name, width, height, lids, meshes)), (x, y))
        pen.text((x + strip * 0.5, y + height + strip * 0.12), name, font=font, fill=_INK)
    return picture


def _portrait(name: str, width: int, height: int, lids: float, meshes: Path | None) -> Array:
    spec = _studio()
    stand = spec.worldbody.add_body(name="stand")
    one: Any = None
    if name in INSTRUMENTS:
        one = instrument(name)
        one.build(spec, stand)
    elif name in WARE:
        WARE[name](spec, stand)
    elif name in ARMS:
        _arm(menagerie(meshes, ARMS[name]) if meshes else ARMS[name], spec, stand)
    else:
        names = ", ".join((*INSTRUMENTS, *WARE, *ARMS))
        raise InputError(f"no arm, no instrument {name!r}, and no labware; there are: {names}")
    model = spec.compile()
    data = mujoco.MjData(model)
    if name in ARMS:
        data.qpos[: len(ARMS[name].home)] = ARMS[name].home
        data.joint("left").qpos = data.joint("right").qpos = Gripper().width / 4
    if hasattr(one, "lid"):
        data.joint("lid").qpos = lids * one.lid.opening
    for prefix, part in one.parts.items() if one else ():
        if isinstance(part, Panel):
            display = part.bind(model, prefix)
            state = display.initial(1)
            state["values"][:] = [_SHOWN[field.name] for field in part.fields]
            display.draw(model, state, 0)
    mujoco.mj_forward(model, data)
    cloud = _cloud(model, data)
    low, high = cloud.min(axis=0), cloud.max(axis=0)
    # Shadows are drawn as finely as what casts them is small.
    model.stat.center, model.stat.extent = (low + high) / 2, np.linalg.norm(high - low)
    # What is tall is looked at more from the side.
    eye = _framed(cloud, width / height, model.vis.global_.fovy, elevation=-27 if name in ARMS else -30)
    with Renderer(model, width, height, fine=True, shadows=True) as renderer:
        return renderer.frame(data, eye)


def _studio() -> Any:
    """A pale floor under a lamp."""
    spec = blank()
    spec.visual.headlight.ambient = [0.38, 0.38, 0.38]
    spec.visual.headlight.diffuse = [0.22, 0.22, 0.22]
    spec.visual.headlight.specular = [0.1, 0.1, 0.1]
    # Near things are not cut off, and the shadows of small ones have edges.
    spec.visual.map.znear = 0.005
    spec.visual.quality.shadowsize = 4096
    world = spec.worldbody
    world.add_light(
        type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
        pos=[0.35, -0.45, 0.85],
        dir=[-0.35, 0.45, -0.85],
        diffuse=[0.5, 0.5, 0.5],
        specular=[0.25, 0.25, 0.25],
    )
    spec.add_texture(
        name="sky",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
        rgb1=[0.85, 0.87, 0.89],
        rgb2=[0.85, 0.87, 0.89],
        width=64,
        height=384,
    )
    world.add_geom(
        name="floor",
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=[20, 20, 0.1],
        rgba=[0.88, 0.90, 0.92, 1],
        contype=0,
        conaffinity=0,
    )
    return spec


def _cloud(model: Any, data: Any) -> Array:
    """Every corner that is seen, (n, 3)."""
    points = []
    for geom in range(model.ngeom):
        mesh = model.geom_dataid[geom]
        if model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_MESH:
            start = model.mesh_vertadr[mesh]
            vertices = model.mesh_vert[start : start + model.mesh_vertnum[mesh]]
            points.append(vertices @ data.geom_xmat[geom].reshape(3, 3).T + data.geom_xpos[geom])
    return np.concatenate(points)


def _framed(cloud: Array, ratio: float, fovy: float, azimuth: float = 112, *, elevation: float) -> Eye:
    """From where all of it is just in the picture."""
    turn, lean = np.radians([azimuth, elevation])
    towards = -np.array([np.cos(turn) * np.cos(lean), np.sin(turn) * np.cos(lean), np.sin(lean)])
    right = np.array([np.sin(turn), -np.cos(turn), 0])
    axes = np.stack([right, np.cross(towards, right), towards])
    cloud = cloud @ axes.T
    middle = (cloud.min(axis=0) + cloud.max(axis=0)) / 2
    tall = np.tan(np.radians(fovy) / 2) * _FILLED
    for _ in range(4):
        # What is near looks larger, so that the middle of the picture is not that of the thing.
        views = cloud - middle
        distance = np.max(np.abs(views[:, :2]) / (tall * ratio, tall) + views[:, 2:])
        flat = views[:, :2] / (distance - views[:, 2:])
        middle[:2] += (flat.min(axis=0) + flat.max(axis=0)) / 2 * distance
    return Eye(tuple(middle @ axes), float(distance), azimuth, elevation)


def _arm(arm: Arm, spec: Any, body: Any) -> None:
    """It stands on a short pedestal and opens its gripper halfway."""
    foot = [(0, 0), (0.115, 0), (0.115, 0.010), (0.112, 0.013), (0.098, 0.016), (0.095, 0.02), (0.095, 0.118)]
    foot += [(0.105, 0.121), (0.108, 0.124), (0.108, 0.14), (0.105, 0.143), (0, 0.143)]
    seen(body, revolved(foot, sides=64).add(spec, "pedestal"), (0.36, 0.39, 0.43, 1.0))
    base = body.add_body(name="base", pos=[0, 0, 0.143], euler=[0, 0, _TURNS[arm.name]])
    Gripper().build(spec, arm.build(spec, base))


_TURNS = {"ur5e": 1.2, "panda": 0.0}
"""By which an arm is turned on its pedestal, so that its housings are seen beside each other, rad."""


def _tube(name: str) -> Builder:
    def build(spec: Any, body: Any) -> None:
        one = tube(name)
        one.build(spec, body, volume=one.nominal * 0.6)

    return build


def _rack(spec: Any, body: Any) -> None:
    one = tube("15ml")
    rack = Rack(one)
    rack.build(spec, body)
    for number, share in ((0, 0.8), (1, 0.6), (2, 0.4), (4, 0.7), (6, 0.5)):
        place = body.add_body(name=f"place{number}", pos=rack.slot(number))
        one.build(spec, place, f"tube{number}/", volume=share * one.nominal)


def _plate(spec: Any, body: Any) -> None:
    filled = {f"{row}{column}": 0.02 + 0.025 * column for row in "ABCDEFGH" for column in range(1, 13)}
    Plate().build(spec, body, filled={well: held for well, held in filled.items() if int(well[1:]) % 3})


def _pipette(name: str) -> Builder:
    """It lies on its hook and the end of its tip, the window up."""

    def build(spec: Any, body: Any) -> None:
        one = pipette(name)
        lean = np.arctan2(0.040, 0.19 + one.reach)
        half = (lean - np.pi / 2) / 2
        lying = body.add_body(name="lying", quat=[np.cos(0.15), 0, 0, -np.sin(0.15)])
        nose = [0, one.reach * np.cos(lean), one.reach * np.sin(lean) + 0.001]
        tilted = lying.add_body(name="tilted", pos=nose, quat=[np.cos(half), np.sin(half), 0, 0])
        one.build(spec, tilted, volume=0.7 * one.pump.largest)

    return build


def _box(spec: Any, body: Any) -> None:
    TipBox(tip("200ul")).build(spec, body, without=[95, 94, 93, 83, 82])


def _holder(spec: Any, body: Any) -> None:
    holder = Holder(pipette("200ul"))
    holder.build(spec, body.add_body(name="flange", pos=[0, 0, holder.reach + 0.004], quat=[0, 1, 0, 0]))


WARE: dict[str, Builder] = {
    **{f"{name} tube": _tube(name) for name in TUBES},
    "rack": _rack,
    "plate": _plate,
    "tip box": _box,
    "pipette": _pipette("200ul"),
    "large pipette": _pipette("1000ul"),
    "pipette holder": _holder,
}
"""Labware, and how it is shown."""
