"""What is seen of a thermal cycler: housing, the block with its wells, the front, and a lid with a heated plate."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from afterlore.lab.instruments.finish import BLACK, RUBBER, STEEL, show
from afterlore.lab.instruments.housing import DARK, WHITE
from afterlore.lab.instruments.prints import FACING, PALE, Print, label
from afterlore.lab.instruments.shells import (
    barrels,
    bezel,
    block,
    feet,
    inlet,
    rectangle,
    ridges,
    screws,
    slots,
    switch,
)
from afterlore.lab.meshes import joined, lofted, pierced, revolved

__all__ = ["cover", "front", "handle", "housing", "wells"]

_HOLLOW = (0.20, 0.21, 0.22, 1.0)
_BLOCK = (0.062, 0.042)


def housing(spec: Any, body: Any, prefix: str, half: tuple[float, float], height: float, tint: Sequence[float]) -> None:
    """A tub, a seam, and a shell that leans in a little, with cooling slots at its sides."""
    across, deep = half
    corners, low, top, edge = rectangle(across, deep), 0.036, height + 0.004, 0.012
    base = [(0.005, 0.006), (0.0012, 0.0078), (0.0, 0.011), (0.0, low - 0.0025), (0.002, low), (0.01, low)]
    show(spec, body, f"{prefix}base", lofted(corners, 0.02, base), tint)
    groove = [(0.004, low - 0.003), (0.004, low + 0.006)]
    show(spec, body, f"{prefix}seam", lofted(corners, 0.02, groove), BLACK, "rubber")
    shell = [(0.004, low + 0.0015), (0.001, low + 0.002), (0.0, low + 0.0038)]
    shell += [
        (0.003 + edge * (1 - math.cos(a)), top - edge * (1 - math.sin(a))) for a in np.linspace(0, math.pi / 2, 6)
    ]
    show(spec, body, f"{prefix}shell", lofted(corners, 0.02, shell, segments=6), WHITE)
    feet(spec, body, prefix, across * 0.8, deep * 0.85)
    slots(spec, body, f"{prefix}slots", across - 0.0012, (-deep * 0.28, height * 0.58), deep * 0.26, 8)
    slots(spec, body, f"{prefix}slots2", across - 0.0012, (deep * 0.46, height * 0.58), deep * 0.26, 8)
    inlet(spec, body, f"{prefix}inlet", (-0.4 * across, deep - 0.0008, height * 0.45))
    switch(spec, body, f"{prefix}power", (across - 0.0004, deep * 0.78, low * 0.6))


def wells(spec: Any, body: Any, prefix: str, middle: float, height: float) -> None:
    """The block: 8 × 12 wells, 9 mm apart, in a dark frame."""
    columns, rows, hole = (np.arange(12) - 5.5) * 0.009, (np.arange(8) - 3.5) * 0.009, 0.0031
    plate = pierced((*_BLOCK, 0.006), columns, rows, hole, sides=12)
    top = height + 0.011
    show(spec, body, f"{prefix}metal", plate, STEEL, "metal", pos=[0, middle, top - 0.006])
    places = np.array([(x, y, 0) for x in columns for y in rows])
    cone = revolved([(hole + 0.0005, 0.0002), (0.0012, -0.0115), (0, -0.0115)], sides=12)
    show(spec, body, f"{prefix}wells", cone.repeated(places), _HOLLOW, "metal", pos=[0, middle, top])
    frame = bezel((_BLOCK[0] + 0.0008, _BLOCK[1] + 0.0008), 0.012, 0.0035, 0.003)
    show(spec, body, f"{prefix}frame", frame, RUBBER, "rubber", pos=[0, middle, height + 0.0035])
    heads = [
        (a * (_BLOCK[0] + 0.022), middle + b * (_BLOCK[1] + 0.006), height + 0.004) for a in (-1, 1) for b in (-1, 1)
    ]
    screws(spec, body, f"{prefix}screws", heads)


def front(spec: Any, body: Any, prefix: str, half: tuple[float, float], level: float) -> None:
    """A foil with keys, on which the live display sits to the left."""
    across, deep = half
    wide, tall = across * 0.84, 0.032
    plate = block(rectangle(wide + 0.0012, tall + 0.0012), 0.005, -0.003, 0.0010, 0.0006).placed(euler=FACING)
    show(spec, body, f"{prefix}panel_plate", plate, DARK, "glass", pos=[0, -deep, level])
    edge = bezel((wide, tall), 0.0035, 0.0046, 0.004).placed((0, 0, -0.002), FACING)
    show(spec, body, f"{prefix}panel_edge", edge, (0.33, 0.36, 0.40, 1), pos=[0, -deep, level])
    right = wide - 0.004
    picture = Print(0.088, 2 * tall - 0.006, density=8_000)
    picture.plate(0, 0, (0.06, 0.06), 0, (38, 43, 51))
    for x, y, kind in ((0, 0.0135, "up"), (0, -0.0065, "down"), (-0.0135, 0.0035, "left"), (0.0135, 0.0035, "right")):
        picture.key(x - 0.021, y, 0.0062, kind)
    for x, kind, ink in ((0.012, "right", (120, 220, 150)), (0.031, "stop", (238, 96, 84))):
        picture.key(x, 0.0105, 0.0078, kind, ink)
    picture.text(0.012, 0.0005, 0.0048, "run", PALE)
    picture.text(0.031, 0.0005, 0.0048, "stop", PALE)
    for x, word, lamp in ((0.006, "power", (96, 226, 130)), (0.026, "lid", (92, 98, 106))):
        picture.dot(x, -0.0105, 0.0012, lamp)
        picture.text(x + 0.003, -0.0105, 0.0046, word, (170, 178, 186), anchor="lm")
    picture.text(-0.021, -0.0205, 0.0060, "cycler 96", PALE)
    picture.foil(spec, body, f"{prefix}keys", (right - 0.044, -deep - 0.0011, level), glow=0.2)


def cover(spec: Any, frame: Any, lid: Any, prefix: str, length: float, across: float, tint: Sequence[float]) -> None:
    """The lid in the frame of its hinge, x to the front: a hood, and below it a heated plate in a dark frame."""
    half = length / 2
    corners, edge = rectangle(half, 0.88 * across, (half, 0)), 0.010
    steps = np.linspace(0, math.pi / 2, 6)
    hood = [(0.003, 0.0015), (0.0008, 0.0022), (0.0, 0.0045), (0.0005, 0.022)]
    hood += [(0.004 + 1.4 * edge * (1 - math.cos(a)), 0.049 - edge * (1 - math.sin(a))) for a in steps]
    show(spec, lid, f"{prefix}cover", lofted(corners, 0.02, hood, segments=6), tint)
    inlay = block(rectangle(half * 0.62, 0.50 * across, (half, 0)), 0.012, 0.045, 0.0502, 0.0009)
    show(spec, lid, f"{prefix}inlay", inlay, (*(0.72 * part for part in tint[:3]), 1.0))
    label(
        spec,
        lid,
        f"{prefix}title",
        "cycler 96",
        (half * 1.34, 0, 0.0502),
        0.012,
        rgba=(0.9, 0.92, 0.93, 1),
        euler=(0, 0, math.pi / 2),
    )
    under = block(rectangle(half - 0.006, 0.88 * across - 0.006, (half, 0)), 0.016, 0.0006, 0.004, 0.0006)
    show(spec, lid, f"{prefix}under", under, (0.26, 0.28, 0.31, 1), "rubber")
    # Its frame lies around the block of the housing when the lid is shut.
    plate = block(rectangle(_BLOCK[1] + 0.002, _BLOCK[0] + 0.002, (half, 0)), 0.003, -0.004, 0.002, 0.001)
    show(spec, lid, f"{prefix}plate", plate, STEEL, "metal")
    rim = bezel((_BLOCK[1] + 0.0045, _BLOCK[0] + 0.0045), 0.008, 0.0125, 0.003).placed(
        (half, 0, 0.0015), (math.pi, 0, 0)
    )
    show(spec, lid, f"{prefix}rim", rim, RUBBER, "rubber")
    turned = (0, 0, math.pi / 2)
    post = block(rectangle(0.008, across * 0.15), 0.003, -0.0165, 0.001, 0.002)
    posts = post.repeated(np.array([(0, -across * 0.62, 0), (0, across * 0.62, 0)]))
    standing = joined(barrels(across * 0.62, across * 0.15, 0.008).placed(euler=turned), posts)
    show(spec, frame, f"{prefix}posts", standing, DARK)
    rod = barrels(0, across * 0.46, 0.0055).placed(euler=turned)
    arm = block(rectangle(0.012, across * 0.3, (0.012, 0)), 0.004, -0.003, 0.008, 0.002)
    show(spec, lid, f"{prefix}arm", joined(rod, arm), tint)


def handle(spec: Any, lid: Any, body: Any, moving: Any, prefix: str, length: float, y: float, z: float) -> None:
    """The grip of the lid; and the lever below it, with the plate that it comes out of."""
    lip = block(rectangle(0.012, 0.05, (length + 0.008, 0)), 0.009, 0.022, 0.038, 0.0055)
    show(spec, lid, f"{prefix}grip", joined(lip, ridges(0.036, length + 0.0125, 0.0386)), DARK)
    paddle = block(rectangle(0.022, 0.022, (0.022, 0)), 0.007, -0.0048, 0.0046, 0.0034)
    paddle = joined(paddle, ridges(0.015, 0.031, 0.0054, pitch=0.004))
    show(spec, moving, f"{prefix}handle", paddle, (0.85, 0.45, 0.12, 1))
    plate = block(rectangle(0.029, 0.0115), 0.005, -0.006, 0.0016, 0.0014).placed(euler=FACING)
    show(spec, body, f"{prefix}lever_plate", plate, RUBBER, pos=[0, y + 0.004, z])
