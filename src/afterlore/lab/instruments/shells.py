"""Pieces that housings of several instruments are drawn with: feet, cooling slots, switches, hinges, keys.

All of them are only seen. Each is one mesh, however many pieces it shows: what is drawn once costs little.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from afterlore.lab.instruments.finish import BLACK, RUBBER, STEEL, show
from afterlore.lab.instruments.prints import Print
from afterlore.lab.meshes import Mesh, joined, lofted, outline, revolved, rounded_box, skinned

__all__ = [
    "ALONG",
    "barrels",
    "bezel",
    "block",
    "cap",
    "feet",
    "inlet",
    "rectangle",
    "ridges",
    "screen",
    "screws",
    "seal",
    "sign",
    "slots",
    "switch",
]

ALONG = (math.pi / 2, math.pi / 2, 0)
"""Turns what lies in x-y and looks along z so that it lies in y-z and looks along x."""
_PALE = (0.95, 0.96, 0.97, 1.0)


def rectangle(x: float, y: float, centre: tuple[float, float] = (0, 0)) -> list[tuple[float, float]]:
    """The corners of one of half sizes x and y."""
    return [(centre[0] + x * a, centre[1] + y * b) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]


def seal(inner: float, outer: float, low: float, high: float) -> Mesh:
    """A ring with a round back, as gaskets have."""
    half, middle = (outer - inner) / 2, (outer + inner) / 2
    back = [
        (middle + half * math.cos(angle), low + (high - low) * (0.4 + 0.6 * math.sin(angle)))
        for angle in np.linspace(0, math.pi, 7)
    ]
    return revolved([(inner, low), (outer, low), *back, (inner, low)], sides=56)


def feet(spec: Any, body: Any, prefix: str, across: float, deep: float) -> None:
    """Four of rubber, at ± ``across`` and ± ``deep``."""
    foot = revolved([(0, 0), (0.0075, 0), (0.0085, 0.001), (0.0095, 0.0075), (0, 0.0075)], sides=20)
    places = np.array([(x, y, 0) for x in (-across, across) for y in (-deep, deep)])
    show(spec, body, f"{prefix}feet", foot.repeated(places), RUBBER, "rubber")


def slots(
    spec: Any,
    body: Any,
    name: str,
    across: float,
    middle: tuple[float, float],
    half: float,
    levels: int,
    *,
    pitch: float = 0.007,
) -> None:
    """Cooling slots of half length ``half`` in both side walls at ± ``across``, about ``middle`` (y, z)."""
    slot = rounded_box((0.0011, half, 0.0016), 0.00105, segments=1)
    frame = rounded_box((0.0009, half + 0.004, levels * pitch / 2 + 0.002), 0.0008, segments=2)
    rows = (np.arange(levels) - (levels - 1) / 2) * pitch + middle[1]
    places = np.array([(x, middle[0], row) for x in (-across, across) for row in rows])
    show(spec, body, name, slot.repeated(places), BLACK, "rubber")
    sides = np.array([(x, *middle) for x in (-across, across)])
    show(spec, body, f"{name}_frame", frame.repeated(sides), (0.80, 0.81, 0.83, 1))


def switch(spec: Any, body: Any, name: str, place: Sequence[float]) -> None:
    """A rocker in its frame on the wall that looks along x."""
    frame = rounded_box((0.0018, 0.0105, 0.0075), 0.0015, segments=2)
    show(spec, body, name, frame, RUBBER, pos=list(place))
    rocker = rounded_box((0.0016, 0.0078, 0.0050), 0.0012, segments=2).placed((0.0014, 0, 0), (0, 0, 0.09))
    show(spec, body, f"{name}_rocker", rocker, (0.70, 0.13, 0.11, 1), pos=list(place))


def inlet(spec: Any, body: Any, name: str, place: Sequence[float]) -> None:
    """A mains socket on the wall that looks along y, and a plate with what a maker has to say beside it."""
    frame = bezel((0.0115, 0.0080), 0.0030, 0.0022, 0.002)
    pins = block(rectangle(0.0010, 0.0028), 0.0004, -0.001, 0.0012, 0.0003, segments=1)
    back = block(rectangle(0.0120, 0.0085), 0.002, -0.001, 0.0004, 0.0002)
    socket = joined(frame, back, pins.repeated(np.array([(-0.005, -0.001, 0), (0.005, -0.001, 0), (0, 0.0015, 0)])))
    turned = (-math.pi / 2, 0, 0)
    show(spec, body, name, socket.placed(euler=turned), RUBBER, pos=list(place))
    picture = Print(0.034, 0.020, density=6_000)
    picture.plate(0, 0, (0.017, 0.010), 0.0015, (206, 209, 212), (120, 124, 130))
    for row, text in enumerate(("100-240 V", "50/60 Hz", "No. 0042")):
        picture.text(-0.0145, 0.0058 - 0.0058 * row, 0.0046, text, anchor="lm")
    # Upright, and read from behind.
    x, y, z = place
    picture.foil(spec, body, f"{name}_plate", (x + 0.038, y, z), (math.pi / 2, math.pi, 0))


def barrels(across: float, half: float, radius: float) -> Mesh:
    """The knuckles of a hinge along x, at ± ``across``."""
    edge = radius * 0.15
    rod = [(0, -half), (radius - edge, -half), (radius, edge - half), (radius, half - edge), (radius - edge, half)]
    barrel = revolved([*rod, (0, half)], sides=24).placed(euler=(0, math.pi / 2, 0))
    return barrel.repeated(np.array([(-across, 0, 0), (across, 0, 0)]))


def screws(spec: Any, body: Any, name: str, places: Sequence[Sequence[float]], radius: float = 0.0028) -> None:
    """Heads of screws that look up."""
    head = [(0, 0), (radius, 0), (radius, 0.0006), (radius * 0.8, 0.0011), (radius * 0.45, 0.0011)]
    head += [(radius * 0.4, 0.0004), (0, 0.0004)]
    show(spec, body, name, revolved(head, sides=12).repeated(np.asarray(places)), STEEL, "metal")


def bezel(half: tuple[float, float], border: float, tall: float, radius: float = 0.004) -> Mesh:
    """A frame around a rectangle of half sizes ``half`` in x-y, which it leaves open; its back is z = 0."""
    wide = rectangle(half[0] + border, half[1] + border)
    rings = []
    for inset, height in (
        (0.0, 0.0),
        (0.0, tall * 0.5),
        (border * 0.18, tall * 0.88),
        (border * 0.35, tall),
        (border * 0.6, tall),
        (border, tall * 0.3),
        (border, 0.0),
    ):
        edge = outline(wide, radius + border, inset=inset)
        rings.append(np.column_stack([edge, np.full(len(edge), height)]))
    return skinned(rings, loop=True)


def cap(spec: Any, moving: Any, name: str, radius: float, half: float, rgba: Sequence[float]) -> None:
    """What is seen of a round button: as large as the cylinder that is touched, with a dish for the finger."""
    edge = min(0.0012, radius * 0.12)
    steps = np.linspace(0, math.pi / 2, 4)
    back = [(radius - edge * (1 - math.cos(a)), half - edge * (1 - math.sin(a))) for a in steps]
    dish = [(radius * part, half - edge * 0.55 * (1 - part**2)) for part in (0.75, 0.5, 0.25, 0.0)]
    show(spec, moving, name, revolved([(0, -half), (radius, -half), *back, *dish], sides=40), rgba)


def sign(
    spec: Any, moving: Any, name: str, kind: str, size: float, height: float, rgba: Sequence[float] = _PALE
) -> None:
    """A symbol on a button, which moves with it."""
    picture = Print(2.6 * size, 2.6 * size, density=20 / size)
    picture.symbol(0, 0, size, kind)
    show(spec, moving, name, picture.mesh(), rgba, "ink", pos=[0, 0, height])


def block(
    corners: Sequence[tuple[float, float]],
    radius: float | Sequence[float],
    low: float,
    high: float,
    edge: float,
    *,
    segments: int = 4,
) -> Mesh:
    """A prism from ``low`` to ``high`` whose edges are round; ``segments`` 1 is enough for what is tiny."""
    steps = np.linspace(0, math.pi / 2, max(2, segments))
    top = [(edge * (1 - math.cos(a)), high - edge * (1 - math.sin(a))) for a in steps]
    bottom = [(edge * (1 - math.cos(a)), low + edge * (1 - math.sin(a))) for a in steps[::-1]]
    return lofted(corners, radius, [*bottom, *top], segments=segments)


def ridges(half: float, at: float, top: float, *, pitch: float = 0.0034) -> Mesh:
    """Three ridges that a finger finds hold on, along y to ± ``half``, about x = ``at``; they end at ``top``."""
    ridge = block(rectangle(0.0008, half), 0.0007, top - 0.0014, top, 0.0005, segments=1)
    return ridge.repeated(np.array([(at + pitch * step, 0, 0) for step in (-1, 0, 1)]))


def screen(spec: Any, frame: Any, prefix: str, half: tuple[float, float], sunk: float) -> None:
    """What a live display sits in; its face lies ``sunk`` above what the frame stands on."""
    back = block(rectangle(half[0] + 0.003, half[1] + 0.003), 0.003, -sunk, -0.0006, 0.0004)
    frame_ = bezel((half[0] + 0.0006, half[1] + 0.0006), 0.004, sunk + 0.0012, 0.001).placed((0, 0, -sunk))
    show(spec, frame, f"{prefix}bezel", joined(back, frame_), (0.10, 0.11, 0.13, 1))
