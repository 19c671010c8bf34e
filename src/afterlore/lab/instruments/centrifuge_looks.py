"""What is seen of a centrifuge: shell and bowl, the rotor with its holes, the front, and lids of two kinds."""

import math
from typing import Any

import numpy as np

from afterlore.lab.instruments.finish import ALUMINIUM, BLACK, RUBBER, STEEL, show
from afterlore.lab.instruments.housing import DARK, GLASS, WHITE
from afterlore.lab.instruments.prints import FACING, PALE, Print, label
from afterlore.lab.instruments.shells import (
    barrels,
    bezel,
    block,
    cap,
    feet,
    inlet,
    rectangle,
    ridges,
    seal,
    sign,
    slots,
    switch,
)
from afterlore.lab.meshes import Mesh, joined, lofted, outline, rays, revolved, skinned
from afterlore.lab.parts.part import Array

__all__ = ["catch", "chamber", "dome", "front", "grip", "opener", "plate", "shell", "wheel"]

_BOWL = (0.34, 0.36, 0.39, 1.0)
_LINER = (0.70, 0.72, 0.74, 1.0)
_ROUND = {"segments": 6, "steps": 10}
"""Outlines that a circle is joined to have points all around."""


def _ring(edge: Array, height: float) -> Array:
    return np.column_stack([edge, np.full(len(edge), height)])


def _circle(edge: Array, middle: tuple[float, float], radius: float) -> Array:
    """The points of a circle that lie in the same directions as those of ``edge``."""
    away = edge - middle
    return np.asarray(middle + radius * away / np.linalg.norm(away, axis=1, keepdims=True))


def shell(
    spec: Any, body: Any, prefix: str, half: tuple[float, float], low: float, height: float, bowl: float, tint: Any
) -> None:
    """A base, a dark seam, and above it a shell that leans in a little, with a round hole at its top."""
    across, deep = half
    corners, radius = rectangle(across, deep), min(0.03, max(0.018, 0.16 * across))
    edge, lean = _edge(across), _lean(across)
    base = [(0.006, 0.006), (0.0015, 0.0078), (0.0, 0.011), (0.0, low - 0.0025), (0.0022, low), (0.01, low)]
    show(spec, body, f"{prefix}base", lofted(corners, radius, base), tint)
    groove = [(0.0045, low - 0.003), (0.0045, low + 0.006)]
    show(spec, body, f"{prefix}seam", lofted(corners, radius, groove), BLACK, "rubber")
    profile = [(0.004, low + 0.0015), (0.0012, low + 0.0018), (0.0, low + 0.0035), (lean, height - edge)]
    profile += [
        (lean + edge * (1 - math.cos(a)), height - edge * (1 - math.sin(a))) for a in np.linspace(0, math.pi / 2, 6)[1:]
    ]
    edges = [(outline(corners, radius, inset=inset, **_ROUND), level) for inset, level in profile]
    rings = [_ring(edge, level) for edge, level in edges]
    top = edges[-1][0]
    rings += [
        _ring(_circle(top, (0, 0), bowl + 0.006), height),
        _ring(_circle(top, (0, 0), bowl + 0.004), height - 0.002),
    ]
    show(spec, body, f"{prefix}shell", skinned(rings, caps=False), WHITE)
    feet(spec, body, prefix, across * 0.8, deep * 0.8)
    tall = height - low
    if tall > 0.06:
        level = low + tall * 0.4
        slots(spec, body, f"{prefix}slots", across - lean * 0.4, (deep * 0.42, level), deep * 0.3, int(tall / 0.016))
    inlet(spec, body, f"{prefix}inlet", (-0.4 * across, deep, low * 0.55))
    switch(spec, body, f"{prefix}power", (across - 0.0006, deep * 0.62, max(low * 0.55, 0.016)))


def chamber(spec: Any, body: Any, prefix: str, height: float, bowl: float, sunk: float) -> None:
    """The bowl, and the gasket around it."""
    ring = seal(bowl - 0.0005, bowl + 0.008, -0.0008, 0.0035)
    show(spec, body, f"{prefix}rim", ring, RUBBER, "rubber", pos=[0, 0, height])
    fillet = min(0.012, sunk * 0.4)
    curve = [(bowl - fillet * (1 - math.cos(a)), fillet * (1 - math.sin(a))) for a in np.linspace(0, math.pi / 2, 6)]
    inside = [(bowl + 0.004, sunk), (bowl, sunk), *curve, (bowl * 0.3, 0.0), (bowl * 0.22, 0.004), (0.0, 0.004)]
    show(spec, body, f"{prefix}bowl", revolved(inside, sides=56), _BOWL, "metal", pos=[0, 0, height - sunk])


def wheel(spec: Any, turned: Any, prefix: str, count: int, radius: float, sunk: float) -> None:
    """A fixed-angle rotor: holes that lean outwards in a cone, a rim, and a nut on its hub.

    It reaches from ``sunk`` below its frame to 2 cm above it.
    """
    hole = max(0.17 * radius, 0.0052)
    inner, outer = radius - 1.55 * hole, radius + 1.5 * hole
    high = 0.0165

    def level(away: Array) -> Array:
        return np.asarray(high - 0.55 * (outer - away))

    # The sector of a hole is a rectangle that is bent about the axis: x becomes the angle, y the radius.
    wide = math.pi * radius / count
    ways, flat = rays((-wide, inner - radius), (wide, outer - radius), 40)
    away, turn = radius + flat[:, 1], -flat[:, 0] / radius
    edge = np.column_stack([away * np.cos(turn), away * np.sin(turn), level(away)])
    # Across the radius and along it, as ``ways`` goes.
    mouth = np.column_stack([radius + hole * ways[:, 1], -hole * ways[:, 0]])
    mouth = np.column_stack([mouth, level(np.hypot(*mouth.T))])
    deep = min(0.9 * sunk, 2.2 * hole) + 0.006
    bottom = mouth + deep * np.array([0.12, 0, -0.95])
    sector, cup = skinned([edge, mouth], caps=False), _cup(mouth, bottom)
    turns = 2 * math.pi * np.arange(count) / count
    top = joined(*(sector.placed(euler=(0, 0, turn)) for turn in turns)).welded()
    rim = [
        (0.0, -0.75 * sunk),
        (outer - 0.004, -0.75 * sunk),
        (outer - 0.0006, 0.004 - 0.75 * sunk),
        (outer - 0.0002, high - 0.010),
        (outer + 0.0035, high - 0.008),
        (outer + 0.0035, high + 0.001),
        (outer + 0.0025, high + 0.0022),
        (outer + 0.0005, high + 0.0022),
        (outer - 0.0010, high - 0.0030),
    ]
    nave = float(level(np.array(inner)))
    hub = [
        (inner + 0.0012, nave - 0.0005),
        (inner, nave + 0.0012),
        (inner * 0.9, nave + 0.0016),
        (inner * 0.5, nave + 0.003),
        (0.0, nave + 0.003),
    ]
    rotor = joined(top, revolved(rim, sides=56), revolved(hub, sides=48))
    show(spec, turned, f"{prefix}hub", rotor, ALUMINIUM, "metal")
    cups = joined(*(cup.placed(euler=(0, 0, turn)) for turn in turns))
    show(spec, turned, f"{prefix}cups", cups, BLACK, "rubber")
    nut = min(0.016, inner * 0.5)
    six = [(nut * math.cos(a), nut * math.sin(a)) for a in np.arange(6) * math.pi / 3]
    grip = lofted(six, nut * 0.2, [(0.001, nave + 0.002), (0, nave + 0.003), (0, 0.0165), (0.0015, 0.018)], steps=1)
    show(spec, turned, f"{prefix}nut", grip, DARK)
    button = revolved([(0, 0.017), (nut * 0.5, 0.017), (nut * 0.5, 0.0188), (nut * 0.4, 0.0196), (0, 0.0196)], sides=24)
    show(spec, turned, f"{prefix}pin", button, STEEL, "metal")


def _cup(mouth: Array, bottom: Array) -> Mesh:
    """The inside of a hole: it is seen from above."""
    middle = np.broadcast_to(bottom.mean(axis=0), bottom.shape)
    return skinned([mouth, bottom, middle], caps=False)


def front(spec: Any, body: Any, prefix: str, half: tuple[float, float], low: float, height: float, title: str) -> None:
    """A dark foil in a frame, with a display and keys printed on it, and the name above."""
    across, deep = half
    left, right = -0.66 * across, 0.78 * across
    tall = min(0.30 * low, 0.045)
    middle, level = (left + right) / 2, low * 0.55
    wide = (right - left) / 2
    foil = block(rectangle(wide + 0.001, tall + 0.001), 0.003, 0, 0.0012, 0.0008).placed((0, 0, 0), FACING)
    show(spec, body, f"{prefix}foil", foil, DARK, "glass", pos=[middle, -deep, level])
    frame = bezel((wide, tall), min(0.004, 0.2 * tall), 0.0028, 0.003).placed((0, 0, 0), FACING)
    show(spec, body, f"{prefix}bezel", frame, (0.30, 0.32, 0.35, 1), pos=[middle, -deep, level])
    picture = Print(2 * wide, 2 * tall, density=800 / wide / 2)
    picture.plate(0, 0, (wide, tall), 0, (24, 28, 34))
    screen = (-0.22 * across - middle, 0.31 * across)
    picture.plate(screen[0], 0, (screen[1], tall * 0.84), 0.002, (9, 17, 20), (86, 94, 104))
    glow, dim = (120, 235, 255), (62, 128, 142)
    size = tall * 0.78
    picture.text(screen[0] + screen[1] * 0.36, tall * 0.22, size, "0", glow, anchor="rm")
    picture.text(screen[0] + screen[1] * 0.46, tall * 0.13, size * 0.46, "rpm", dim, anchor="lm")
    picture.text(screen[0] + screen[1] * 0.36, -tall * 0.46, size * 0.56, "00:00", glow, anchor="rm")
    picture.text(screen[0] + screen[1] * 0.46, -tall * 0.49, size * 0.46, "min", dim, anchor="lm")
    key = min(0.013, 0.36 * tall, 0.075 * across)
    for column, kinds in enumerate((("up", "down"), ("right", "stop"))):
        for row, kind in enumerate(kinds):
            ink = ((120, 220, 150), (238, 96, 84))[row] if column else PALE
            picture.key((0.185 + 0.17 * column) * across - middle, tall * (0.45 - 0.9 * row), key, kind, ink)
    picture.foil(spec, body, f"{prefix}speed", (middle, -deep - 0.0012, level), glow=0.35)
    # The shell leans in, and so do the letters on it.
    start, end, lean = low + 0.0035, height - _edge(across), _lean(across)
    roomy = height - low > 0.06
    share, tall, x = (0.3, (height - low) * 0.15, -0.34) if roomy else (0.42, 0.010, 0.63)
    tilt = math.atan2(lean, end - start)
    place = (x * across, -deep + share * lean, start + share * (end - start))
    label(spec, body, f"{prefix}title", title, place, tall, euler=(math.pi / 2 - tilt, 0, 0))


def _edge(across: float) -> float:
    """Radius of the shell's upper edge."""
    return min(0.011, 0.085 * across)


def _lean(across: float) -> float:
    """How far it leans in."""
    return min(0.006, 0.03 * across)


def opener(spec: Any, spot: Any, moving: Any, prefix: str, radius: float) -> None:
    """The button that opens, in a ring."""
    ring = [(radius + 0.0006, 0), (radius + 0.0030, 0), (radius + 0.0030, 0.0018), (radius + 0.0018, 0.0026)]
    ring += [(radius + 0.0006, 0.0018), (radius + 0.0006, 0)]
    show(spec, spot, f"{prefix}open_ring", revolved(ring, sides=40), STEEL, "metal")
    cap(spec, moving, f"{prefix}open_cap", radius, 0.004, (0.16, 0.52, 0.33, 1))
    sign(spec, moving, f"{prefix}open_sign", "up", radius * 0.42, 0.0036)


def catch(spec: Any, body: Any, prefix: str, y: float, z: float) -> None:
    """The plate behind which the latch is."""
    plate = block(rectangle(0.020, 0.0085), 0.004, -0.004, 0.0018, 0.0012).placed((0, 0, 0), FACING)
    show(spec, body, f"{prefix}catch_plate", plate, RUBBER, pos=[0, y + 0.001, z])


def _knuckles(spec: Any, frame: Any, lid: Any, prefix: str, across: float, radius: float, tint: Any) -> None:
    """The hinge, in a frame whose y runs along it: what stands and what turns."""
    turned = (0, 0, math.pi / 2)
    post = block(rectangle(radius, across * 0.16), radius * 0.4, -0.009, 0, radius * 0.3)
    posts = post.repeated(np.array([(0, -across * 0.6, 0), (0, across * 0.6, 0)]))
    standing = joined(barrels(across * 0.6, across * 0.16, radius).placed(euler=turned), posts)
    show(spec, frame, f"{prefix}posts", standing, DARK)
    moving = barrels(across * 0.34, across * 0.09, radius).placed(euler=turned)
    arm = block(rectangle(0.011, across * 0.08, (0.011, 0)), 0.003, 0.001, radius * 0.9 + 0.0015, 0.0012)
    arms = arm.repeated(np.array([(0, -across * 0.34, 0), (0, across * 0.34, 0)]))
    show(spec, lid, f"{prefix}arms", joined(moving, arms), tint)


def grip(spec: Any, lid: Any, prefix: str, length: float, half: float) -> None:
    """What the lid is lifted by: a lip, ridged above."""
    lip = block(rectangle(0.012, half, (length + 0.008, 0)), 0.006, 0.006, 0.018, 0.0042)
    show(spec, lid, f"{prefix}grip", joined(lip, ridges(half * 0.62, length + 0.0125, 0.0186)), DARK)


def plate(
    spec: Any, frame: Any, lid: Any, prefix: str, length: float, back: float, across: float, bowl: float, tint: Any
) -> None:
    """A lid with a round window; its underside has a liner and a gasket."""
    corners, radius = rectangle(length / 2, 0.88 * across, (length / 2, 0)), min(0.03, 0.16 * across)
    window, middle = bowl * 0.52, (back, 0.0)
    edge = 0.0065
    profile = [(0.0022, 0.0035), (0.0, 0.0055), (0.0, 0.0215 - edge)]
    profile += [
        (1.5 * edge * (1 - math.cos(a)), 0.0215 - edge * (1 - math.sin(a))) for a in np.linspace(0, math.pi / 2, 6)[1:]
    ]
    # Within its rim it lies a little deeper.
    rim, top = 1.5 * edge, 0.0203
    profile += [(rim + 0.009, 0.0215), (rim + 0.0102, 0.0212), (rim + 0.0115, top)]
    edges = [(outline(corners, radius, inset=inset, **_ROUND), level) for inset, level in profile]
    rings = [_ring(_circle(edges[0][0], middle, window), 0.0035), *(_ring(edge, level) for edge, level in edges)]
    rings.append(_ring(_circle(edges[-1][0], middle, window), top))
    show(spec, lid, f"{prefix}cover", skinned(rings, loop=True), tint)
    here = [back, 0, 0]
    show(spec, lid, f"{prefix}collar", seal(window - 0.001, window + 0.007, 0.0195, 0.0226), DARK, pos=here)
    liner = [(window, 0.004), (window, 0.0032), (bowl + 0.0125, 0.0032), (bowl + 0.014, 0.004)]
    show(spec, lid, f"{prefix}liner", revolved(liner, sides=56), _LINER, "metal", pos=here)
    gasket = [(bowl + 0.0005, 0.0034), (bowl + 0.002, 0.0026), (bowl + 0.0075, 0.0026), (bowl + 0.009, 0.0034)]
    show(spec, lid, f"{prefix}gasket", revolved(gasket, sides=56), RUBBER, "rubber", pos=here)
    _knuckles(spec, frame, lid, prefix, across, 0.0065, tint)
    pane = [(0, 0.012), (window + 0.0005, 0.012), (window + 0.0005, 0.0145), (0, 0.0145)]
    show(spec, lid, f"{prefix}pane", revolved(pane, sides=48), GLASS, "glass", pos=here)


def dome(
    spec: Any,
    frame: Any,
    lid: Any,
    prefix: str,
    length: float,
    back: float,
    across: float,
    bowl: float,
    tall: float,
    tint: Any,
) -> None:
    """A clear dome in a frame, which the grip belongs to."""
    corners = rectangle(length / 2, 0.87 * across, (length / 2, 0))
    hole, middle = bowl + 0.003, (back, 0.0)
    profile = [(0.0015, 0.0035), (0.0, 0.005), (0.0, 0.0095), (0.0012, 0.0118), (0.0035, 0.0130)]
    edges = [(outline(corners, 0.026, inset=inset, **_ROUND), level) for inset, level in profile]
    rings = [_ring(_circle(edges[0][0], middle, hole), 0.0035), *(_ring(edge, level) for edge, level in edges)]
    rings.append(_ring(_circle(edges[-1][0], middle, hole), 0.0130))
    show(spec, lid, f"{prefix}cover", skinned(rings, loop=True), tint)
    _knuckles(spec, frame, lid, prefix, across, 0.0042, tint)
    wide = bowl + 0.0065

    def curve(less: float) -> list[tuple[float, float]]:
        steps = np.linspace(0, math.pi / 2, 12)
        return [
            ((wide - less) * math.cos(a) ** 0.7, 0.013 + (tall - less - 0.013) * math.sin(a) ** 0.9) for a in steps[:-1]
        ] + [(0.0, tall - less)]

    flange = [(wide + 0.0032, 0.0125), (wide + 0.0032, 0.0146), (wide, 0.0150)]
    # What lies behind is drawn first, so that it is seen through what lies before it.
    inside = revolved([*reversed(curve(0.0014))], sides=56)
    clear = joined(inside, revolved([*flange, *curve(0.0)], sides=56))
    show(spec, lid, f"{prefix}dome", clear, GLASS, "glass", pos=[back, 0, 0])
