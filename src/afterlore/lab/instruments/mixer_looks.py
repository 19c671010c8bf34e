"""What is seen of the mixers: a desk with keys before a block with holes, and a foot with a rubber cup and a knob."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from afterlore.lab.instruments.finish import ALUMINIUM, BLACK, RUBBER, STEEL, show
from afterlore.lab.instruments.housing import DARK, WHITE
from afterlore.lab.instruments.prints import FACING, Print, label
from afterlore.lab.instruments.shells import ALONG, block, cap, feet, inlet, rectangle, screws, sign, slots, switch
from afterlore.lab.meshes import joined, lofted, pierced, revolved, skinned

__all__ = ["cup", "desk", "heated", "key", "knob", "tower", "wedge"]

_INK = (0.17, 0.20, 0.24, 1.0)
_PALE = (0.93, 0.94, 0.95, 1.0)
_HOLLOW = (0.13, 0.14, 0.15, 1.0)


def wedge(spec: Any, body: Any, prefix: str, half: tuple[float, float], top: float, desk: Any, lean: float) -> None:
    """A body whose front slopes under a desk of frame ``desk`` (y, z), which leans back by ``lean``."""
    across, deep = half
    way, out = np.array([math.cos(lean), math.sin(lean)]), np.array([-math.sin(lean), math.cos(lean)])
    slope = np.asarray(desk) - 0.002 * out
    high = slope + way * (top - slope[1]) / way[1]
    nose = slope - 0.046 * way
    side = [(nose[0] + 0.003, 0.009), (deep, 0.009), (deep, top), tuple(high), tuple(nose)]
    shape = block(side, (0.004, 0.010, 0.014, 0.012, 0.006), -across, across, 0.007).placed(euler=ALONG)
    show(spec, body, f"{prefix}base", shape, WHITE)
    middle = (nose[0] + deep) / 2
    plinth = block(rectangle(across - 0.006, deep - middle - 0.006, (0, middle)), 0.008, 0.0055, 0.0115, 0.001)
    show(spec, body, f"{prefix}plinth", plinth, BLACK, "rubber")
    feet(spec, body, prefix, across * 0.8, deep * 0.8)
    slots(spec, body, f"{prefix}slots", across, (deep * 0.25, top * 0.52), deep * 0.36, 5)
    inlet(spec, body, f"{prefix}inlet", (-0.4 * across, deep, top * 0.4))
    switch(spec, body, f"{prefix}power", (across - 0.0004, deep * 0.78, top * 0.36))
    label(
        spec, body, f"{prefix}title", "thermal mixer", (0, (high[0] - 0.022) / 2 + 0.004, top), 0.011, euler=(0, 0, 0)
    )


def heated(spec: Any, body: Any, prefix: str, centre: Sequence[float], half: Sequence[float], deck: float) -> None:
    """The block: 6 × 4 holes of 1.5 ml tubes in metal, on a dark mat."""
    mat = block(
        rectangle(half[0] + 0.005, half[1] + 0.005, (centre[0], centre[1])), 0.006, deck - 0.002, deck + 0.0015, 0.001
    )
    show(spec, body, f"{prefix}mat", mat, RUBBER, "rubber")
    columns, rows = (np.arange(6) - 2.5) * 0.022, (np.arange(4) - 1.5) * 0.022
    hole = 0.0062
    show(spec, body, f"{prefix}metal", pierced(half, columns, rows, hole), ALUMINIUM, "metal", pos=list(centre))
    deep = 2 * half[2] - 0.004
    inside = [
        (hole + 0.0009, 0.0003),
        (hole - 0.0001, -0.0008),
        (hole - 0.0009, 0.006 - deep),
        (hole * 0.5, -deep),
        (0, -deep),
    ]
    places = np.array([(x, y, half[2]) for x in columns for y in rows])
    show(spec, body, f"{prefix}holes", revolved(inside, sides=20).repeated(places), _HOLLOW, "metal", pos=list(centre))
    top = centre[2] + half[2]
    heads = [(a * (half[0] - 0.006), centre[1] + b * (half[1] - 0.006), top) for a in (-1, 1) for b in (-1, 1)]
    screws(spec, body, f"{prefix}screws", heads)
    place = (centre[0], centre[1] - half[1], centre[2])
    label(spec, body, f"{prefix}format", "24 x 1.5 ml", place, 0.010)


def desk(spec: Any, frame: Any, prefix: str, across: float, keys: Sequence[float], tint: Sequence[float]) -> None:
    """The plate that carries display and keys, with what is printed beside these."""
    plate = block(rectangle(across, 0.041), 0.006, -0.004, 0.0012, 0.001)
    show(spec, frame, f"{prefix}console", plate, tint)
    left, right = keys[0] - 0.014, keys[-1] + 0.014
    picture = Print(right - left, 0.07, density=6_000)
    middle = (left + right) / 2
    picture.text(keys[0] - middle, 0.015, 0.0085, "mode")
    for place, kind in zip(keys[1:], ("minus", "plus"), strict=True):
        picture.symbol(place - middle, 0.0145, 0.0036, kind)
    picture.text(0, -0.0262, 0.0068, "temperature   time   speed")
    printed = picture.mesh().placed((middle, 0, 0.0014))
    show(spec, frame, f"{prefix}signs", printed, _PALE, "ink")
    ring = [(0.0102, 0.001), (0.0120, 0.001), (0.0120, 0.0018), (0.0112, 0.0024), (0.0102, 0.0018), (0.0102, 0.001)]
    rings = revolved(ring, sides=32).repeated(np.array([(place, -0.006, 0) for place in keys]))
    show(spec, frame, f"{prefix}rings", rings, DARK)


def key(spec: Any, moving: Any, name: str, kind: str, radius: float, half: float) -> None:
    """A pale key with its symbol."""
    cap(spec, moving, f"{name}_cap", radius, half, _PALE)
    sign(spec, moving, f"{name}_face", kind, radius * 0.34, half - 0.0004, _INK)


def tower(spec: Any, body: Any, prefix: str, half: tuple[float, float], low: float, height: float, dial: float) -> None:
    """A dark foot with the scale of the knob, which is at height ``dial``, and a pale shell above it."""
    across, deep = half
    corners, edge, lean = rectangle(across, deep), 0.013, 0.007
    base = [(0.004, 0.006), (0.001, 0.0075), (0.0, 0.010), (0.0, low - 0.003), (0.001, low - 0.0012), (0.003, low)]
    show(spec, body, f"{prefix}base", lofted(corners, 0.018, base), DARK)
    groove = [(0.004, low - 0.003), (0.004, low + 0.006)]
    show(spec, body, f"{prefix}seam", lofted(corners, 0.018, groove), BLACK, "rubber")
    steps = np.linspace(0, math.pi / 2, 6)
    shell = [(0.003, low + 0.0015), (0.0008, low + 0.0022), (0.0, low + 0.004)]
    shell += [(lean + edge * (1 - math.cos(a)), height - edge * (1 - math.sin(a))) for a in steps]
    show(spec, body, f"{prefix}tower", lofted(corners, 0.020, shell, segments=6), WHITE)
    feet(spec, body, prefix, across * 0.75, deep * 0.75)
    inlet(spec, body, f"{prefix}inlet", (-0.3 * across, deep, low * 0.5))
    picture = Print(0.05, 0.05, density=8_000)
    picture.ticks(0, 0, 0.0143, 0.0022, [math.radians(27 * step) for step in range(11)])
    picture.text(0, 0.0205, 0.0062, "speed")
    scale = picture.mesh().placed(euler=FACING)
    show(spec, body, f"{prefix}scale", scale, _PALE, "ink", pos=[0, -deep - 0.0002, dial])
    start, end = low + 0.004, height - edge
    tilt = math.atan2(lean, end - start)

    def face(x: float, z: float) -> tuple[float, float, float]:
        return x, -deep + lean * (z - start) / (end - start), z

    leaning = (math.pi / 2 - tilt, 0, 0)
    label(spec, body, f"{prefix}title", "vortex", face(-0.016, low + 0.026), 0.016, euler=leaning)
    place = face(0.034, low + 0.026)
    plate = block(rectangle(0.0085, 0.0125), 0.002, -0.002, 0.0012, 0.0008)
    rocker = block(rectangle(0.0062, 0.0100), 0.0015, -0.002, 0.0020, 0.0008).placed((0, 0, 0.0006), (0.10, 0, 0))
    shape = joined(plate, rocker).placed(place, leaning)
    show(spec, body, f"{prefix}mode", shape, RUBBER)
    words = Print(0.012, 0.022, density=8_000)
    words.symbol(0, 0.0055, 0.0018, "power")
    words.symbol(0, -0.0058, 0.0016, "down")
    show(
        spec,
        body,
        f"{prefix}mode_signs",
        words.mesh().placed((0, 0, 0.0038), (0.10, 0, 0)).placed(place, leaning),
        _PALE,
        "ink",
    )


def cup(spec: Any, body: Any, prefix: str, y: float, height: float) -> None:
    """The rubber cup, and the boot under it."""
    wall = [
        (0, 0),
        (0.0160, 0),
        (0.0176, 0.0012),
        (0.0186, 0.005),
        (0.0196, 0.0066),
        (0.0208, 0.0172),
        (0.0215, 0.0186),
    ]
    lip = [(0.0213, 0.0202), (0.0204, 0.0208), (0.0192, 0.0204), (0.0182, 0.0190)]
    dish = [(0.0150, 0.0130), (0.0105, 0.0092), (0.0055, 0.0072), (0.0, 0.0066)]
    show(
        spec,
        body,
        f"{prefix}cup",
        revolved([*wall, *lip, *dish], sides=56),
        RUBBER,
        "rubber",
        pos=[0, y, height + 0.004],
    )
    folds = [(0.0275, -0.004), (0.0275, 0.0006), (0.0262, 0.0018), (0.0236, 0.0020), (0.0226, 0.0008), (0.0212, 0.0008)]
    folds += [(0.0205, 0.0026), (0.0188, 0.0034), (0.0172, 0.0030), (0.0165, 0.0045), (0, 0.0045)]
    boot = revolved(folds, sides=56)
    show(spec, body, f"{prefix}neck", boot, (0.30, 0.32, 0.35, 1), "rubber", pos=[0, y, height])


def knob(spec: Any, moving: Any, prefix: str, radius: float, tall: float, rgba: Sequence[float]) -> None:
    """A fluted knob that stands on its frame, with a pointer that looks along y."""
    angles = np.linspace(0, 2 * math.pi, 96, endpoint=False)
    ways = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    rings = []
    for wide, depth, level in (
        (0.0, 0.0, 0.0004),
        (1.0, 0.0, 0.0004),
        (1.0, 0.0, 0.12),
        (0.95, 0.0, 0.17),
        (0.93, 0.05, 0.22),
        (0.89, 0.05, 0.88),
        (0.84, 0.03, 0.96),
        (0.78, 0.0, 1.0),
        (0.70, 0.0, 1.0),
        (0.66, 0.0, 0.96),
        (0.0, 0.0, 0.96),
    ):
        away = radius * (wide - depth * (0.5 - 0.5 * np.cos(16 * angles)))
        rings.append(np.column_stack([ways * away[:, None], np.full(len(angles), level * tall)]))
    show(spec, moving, f"{prefix}speed_knob", skinned(rings, caps=False), rgba)
    mark = block(rectangle(0.0009, 0.0036, (0, radius * 0.58)), 0.0008, 0.9 * tall, tall + 0.0004, 0.0002)
    show(spec, moving, f"{prefix}speed_mark", mark, (0.97, 0.97, 0.97, 1))
    plug = [(0, 0.9 * tall), (radius * 0.3, 0.9 * tall), (radius * 0.3, tall * 0.985), (0, tall * 0.985)]
    show(spec, moving, f"{prefix}speed_plug", revolved(plug, sides=24), STEEL, "metal")
