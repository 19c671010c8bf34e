"""What is printed on instruments: letters, key symbols and displays, on a clear ground that lets the housing through."""

import math
from collections.abc import Sequence
from typing import Any

import mujoco
import numpy as np
from PIL import Image, ImageDraw, ImageFont

__all__ = ["INK", "PALE", "Print", "label"]

Colour = tuple[int, int, int] | tuple[int, int, int, int]

INK = (44, 50, 60)
PALE = (236, 240, 243)
_DENSITY = 5_000
"""Pixels per metre."""
_FINE = 2
"""As many times as large it is drawn, for smooth edges."""
_SYMBOLS: dict[str, tuple[tuple[float, float], ...]] = {
    "up": ((-0.8, -0.6), (0.8, -0.6), (0.0, 0.8)),
    "down": ((-0.8, 0.6), (0.0, -0.8), (0.8, 0.6)),
    "left": ((0.6, -0.8), (0.6, 0.8), (-0.8, 0.0)),
    "right": ((-0.6, -0.8), (0.8, 0.0), (-0.6, 0.8)),
    "stop": ((-0.7, -0.7), (0.7, -0.7), (0.7, 0.7), (-0.7, 0.7)),
    "minus": ((-0.8, -0.15), (0.8, -0.15), (0.8, 0.15), (-0.8, 0.15)),
}


class Print:
    """A picture of ``wide`` × ``tall`` metres; x to the right and y up from its middle, metres too."""

    def __init__(self, wide: float, tall: float, *, shade: Colour = INK) -> None:
        self.wide, self.tall = wide, tall
        self._scale = _DENSITY * min(1.0, 0.16 / wide) * _FINE
        size = (max(1, round(wide * self._scale)), max(1, round(tall * self._scale)))
        # What is clear has the ink's colour, or edges would be fringed with black.
        self._image = Image.new("RGBA", size, (*shade[:3], 0))
        self._pen = ImageDraw.Draw(self._image)

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return (self.wide / 2 + x) * self._scale, (self.tall / 2 - y) * self._scale

    def text(self, x: float, y: float, tall: float, text: str, ink: Colour = INK, *, anchor: str = "mm") -> None:
        """Letters, ``tall`` metres of type."""
        font = ImageFont.load_default(size=max(4.0, tall * self._scale))
        self._pen.text(self._at(x, y), text, font=font, fill=ink, anchor=anchor)

    def plate(
        self, x: float, y: float, half: tuple[float, float], radius: float, fill: Colour, edge: Colour | None = None
    ) -> None:
        """A rectangle with round corners."""
        left, top = self._at(x - half[0], y + half[1])
        right, bottom = self._at(x + half[0], y - half[1])
        line = max(1, round(0.0004 * self._scale))
        self._pen.rounded_rectangle(
            (left, top, right, bottom), radius * self._scale, fill=fill, outline=edge, width=line
        )

    def symbol(self, x: float, y: float, size: float, kind: str, ink: Colour = INK) -> None:
        """One of a key's symbols, ``size`` metres from its middle to its edge."""
        if kind == "power":
            left, top = self._at(x - size, y + size)
            right, bottom = self._at(x + size, y - size)
            line = max(1, round(0.28 * size * self._scale))
            self._pen.arc((left, top, right, bottom), -55, 235, fill=ink, width=line)
            self._pen.line([self._at(x, y + 1.1 * size), self._at(x, y + 0.1 * size)], fill=ink, width=line)
            return
        if kind == "plus":
            self._pen.polygon([self._at(x + size * a, y + size * b) for b, a in _SYMBOLS["minus"]], fill=ink)
            kind = "minus"
        self._pen.polygon([self._at(x + size * a, y + size * b) for a, b in _SYMBOLS[kind]], fill=ink)

    def key(self, x: float, y: float, half: float, kind: str, ink: Colour = PALE) -> None:
        """A printed key of a foil: a frame with a symbol in it."""
        self.plate(x, y, (half, half * 0.8), half * 0.3, (58, 64, 73), (104, 112, 122))
        self.symbol(x, y, half * 0.42, kind, ink)

    def dot(self, x: float, y: float, radius: float, fill: Colour) -> None:
        """A lamp."""
        self._pen.ellipse((*self._at(x - radius, y + radius), *self._at(x + radius, y - radius)), fill=fill)

    def ring(self, x: float, y: float, radius: float, line: float, ink: Colour) -> None:
        """A circle."""
        box = (*self._at(x - radius, y + radius), *self._at(x + radius, y - radius))
        self._pen.ellipse(box, outline=ink, width=max(1, round(line * self._scale)))

    def ticks(self, x: float, y: float, radius: float, long: float, angles: Sequence[float], ink: Colour) -> None:
        """Marks of a scale at these angles (rad, anticlockwise from y), from ``radius`` outwards."""
        for angle in angles:
            way = (-math.sin(angle), math.cos(angle))
            ends = [self._at(x + part * way[0], y + part * way[1]) for part in (radius, radius + long)]
            self._pen.line(ends, fill=ink, width=max(1, round(0.0006 * self._scale)))

    def stick(
        self,
        spec: Any,
        body: Any,
        name: str,
        place: Sequence[float],
        euler: Sequence[float] = (math.pi / 2, 0, 0),
        *,
        glow: float = 0.0,
    ) -> None:
        """Put it on a face through ``place``, facing -y where ``euler`` does not turn it."""
        picture = self._image.resize(
            (max(1, self._image.width // _FINE), max(1, self._image.height // _FINE)), Image.Resampling.BOX
        )
        texture = spec.add_texture(
            name=name, type=mujoco.mjtTexture.mjTEXTURE_2D, width=picture.width, height=picture.height, nchannel=4
        )
        texture.data = np.asarray(picture).tobytes()
        roles = [""] * int(mujoco.mjtTextureRole.mjNTEXROLE)
        roles[int(mujoco.mjtTextureRole.mjTEXROLE_RGB)] = name
        material = spec.add_material(name=name, textures=roles, specular=0.15, shininess=0.3, emission=glow)
        turn = np.zeros(4)
        mujoco.mju_euler2Quat(turn, np.asarray(euler, dtype=float), "xyz")
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=[self.wide / 2, self.tall / 2, 0.0002],
            pos=list(place),
            quat=turn.tolist(),
            material=material.name,
            # Only what is not quite opaque is blended with what is behind it.
            rgba=[1, 1, 1, 0.99],
            group=2,
            contype=0,
            conaffinity=0,
            mass=0,
        )


def label(
    spec: Any,
    body: Any,
    name: str,
    text: str,
    place: Sequence[float],
    tall: float,
    *,
    ink: Colour = INK,
    euler: Sequence[float] = (math.pi / 2, 0, 0),
) -> None:
    """A line of letters, ``tall`` metres of type."""
    picture = Print(tall * (0.75 * len(text) + 1), tall * 1.6, shade=ink)
    picture.text(0, 0, tall, text, ink)
    picture.stick(spec, body, name, place, euler)
