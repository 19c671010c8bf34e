"""What is printed on instruments: letters, key symbols, scales and displays.

It is drawn as a picture, and comes out as a foil with that picture on it, or in one colour as a flat shape: a texture
that is clear in places would cast the shadow of all of it.
"""

import math
from collections.abc import Sequence
from typing import Any

import mujoco
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from afterlore.lab.instruments.finish import show
from afterlore.lab.meshes import Mesh, seen

__all__ = ["FACING", "INK", "PALE", "Colour", "Print", "label"]

Colour = tuple[int, int, int]
FACING = (math.pi / 2, 0, 0)
"""Turns what lies in x-y and looks along z so that it stands and looks along -y."""

INK = (44, 50, 60)
PALE = (236, 240, 243)
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
    """A picture of ``wide`` × ``tall`` metres; x to the right and y up from its middle, metres too.

    It has ``density`` pixels per metre.
    """

    def __init__(self, wide: float, tall: float, *, density: float = 5_000) -> None:
        self.wide, self.tall = wide, tall
        self._scale = density * _FINE
        size = (max(1, round(wide * self._scale)), max(1, round(tall * self._scale)))
        self._image = Image.new("RGBA", size, (0, 0, 0, 0))
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

    def ticks(self, x: float, y: float, radius: float, long: float, angles: Sequence[float], ink: Colour = INK) -> None:
        """Marks of a scale at these angles (rad, anticlockwise from y), from ``radius`` outwards."""
        for angle in angles:
            way = (-math.sin(angle), math.cos(angle))
            ends = [self._at(x + part * way[0], y + part * way[1]) for part in (radius, radius + long)]
            self._pen.line(ends, fill=ink, width=max(1, round(0.0006 * self._scale)))

    def _picture(self) -> Image.Image:
        small = (max(1, self._image.width // _FINE), max(1, self._image.height // _FINE))
        return self._image.resize(small, Image.Resampling.BOX)

    def foil(
        self,
        spec: Any,
        body: Any,
        name: str,
        place: Sequence[float],
        euler: Sequence[float] = FACING,
        *,
        glow: float = 0.0,
    ) -> None:
        """A foil with all of its colours on a face through ``place``; its ground is to be filled by a plate."""
        picture = self._picture().convert("RGB")
        texture = spec.add_texture(
            name=name, type=mujoco.mjtTexture.mjTEXTURE_2D, width=picture.width, height=picture.height, nchannel=3
        )
        texture.data = np.asarray(picture).tobytes()
        roles = [""] * int(mujoco.mjtTextureRole.mjNTEXROLE)
        roles[int(mujoco.mjtTextureRole.mjTEXROLE_RGB)] = name
        material = spec.add_material(name=name, textures=roles, specular=0.2, shininess=0.4, emission=glow)
        unit = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
        flat = np.column_stack([unit * (self.wide, self.tall), np.full(4, 0.0002)])
        # A picture's first row is its highest.
        face = Mesh(flat, np.array([(0, 1, 2), (0, 2, 3)]), unit * (1, -1) + 0.5)
        shown = Mesh(face.placed(place, euler).vertices, face.faces, face.texture).add(spec, name)
        seen(body, shown, (1, 1, 1, 1), material=material.name)

    def mesh(self) -> Mesh:
        """What is printed, whatever its colour, as a flat shape in x-y that looks along z: nothing lies around it.

        Rows of pixels are its rectangles, as far as they go down alike.
        """
        inked = np.asarray(self._picture())[..., 3] > 127
        rows = [np.flatnonzero(np.diff(np.concatenate([[0], row, [0]]))).reshape(-1, 2) for row in inked.astype(int)]
        open_: dict[tuple[int, int], int] = {}
        boxes = []
        for number, row in enumerate([*rows, np.empty((0, 2), dtype=int)]):
            here = {(int(start), int(end)) for start, end in row}
            boxes += [(*run, first, number) for run, first in open_.items() if run not in here]
            open_ = {run: open_.get(run, number) for run in here}
        left, right, top, bottom = np.array(boxes, dtype=float).reshape(-1, 4).T * (_FINE / self._scale)
        x, y = [left, right, right, left], [bottom, bottom, top, top]
        corners = np.stack([np.array(x) - self.wide / 2, self.tall / 2 - np.array(y), np.zeros((4, len(left)))], -1)
        halves = np.array([[(0, 1, 2), (0, 2, 3)]])
        faces = (4 * np.arange(len(left))[:, None, None] + halves).reshape(-1, 3)
        return Mesh(corners.transpose(1, 0, 2).reshape(-1, 3), faces, np.empty((0, 2)))


def label(
    spec: Any,
    body: Any,
    name: str,
    text: str,
    place: Sequence[float],
    tall: float,
    *,
    rgba: Sequence[float] = (0.17, 0.20, 0.24, 1),
    euler: Sequence[float] = FACING,
    anchor: str = "mm",
) -> None:
    """A line of letters, ``tall`` metres of type, printed on the face through ``place``; see Pillow for ``anchor``."""
    picture = Print(tall * (0.8 * len(text) + 1), tall * 1.6, density=44 / tall)
    picture.text({"l": -0.45 * picture.wide, "m": 0.0, "r": 0.45 * picture.wide}[anchor[0]], 0, tall, text)
    lifted = picture.mesh().placed((0, 0, 0.00015)).placed(place, euler)
    show(spec, body, name, lifted, rgba, "ink")
