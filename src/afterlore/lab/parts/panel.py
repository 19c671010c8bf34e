"""A live display: values in seven-segment digits, drawn into a texture only when what is shown changes.

What is shown is known without looking (``values``), and it can be read back from the pixels (``read``): that is how a
test knows that a policy which looks at the display has all that it needs.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import mujoco
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from afterlore.core import InputError
from afterlore.lab.parts.part import Array, Rate, State, Upload, Worlds, ident

__all__ = ["Field", "Panel"]

_SEGMENTS = {
    # Top, upper left, upper right, middle, lower left, lower right, bottom.
    "0": "1110111",
    "1": "0010010",
    "2": "1011101",
    "3": "1011011",
    "4": "0111010",
    "5": "1101011",
    "6": "1101111",
    "7": "1010010",
    "8": "1111111",
    "9": "1111011",
    "-": "0001000",
    " ": "0000000",
}
_DARK, _GLOW, _DIM = (12, 22, 26), (120, 235, 255), (22, 38, 44)
_ROW, _DIGIT, _TALL, _THICK, _LEFT = 48, 24, 36, 4, 12


@dataclass(frozen=True, slots=True)
class Field:
    """One row of the display."""

    name: str
    unit: str
    """Written behind the digits."""
    digits: int = 4
    decimals: int = 0
    """Of the digits, behind the point."""

    def text(self, value: float) -> str:
        """As it is shown: right-aligned, without the point; dashes for what has no room."""
        shown = math.copysign(math.floor(abs(value) * 10**self.decimals + 0.5), value)
        sign = "-" if shown < 0 else ""
        digits = f"{abs(shown):.0f}".rjust(self.decimals + 1, "0")
        return (sign + digits).rjust(self.digits) if len(sign + digits) <= self.digits else "-" * self.digits


@dataclass(frozen=True, slots=True)
class Panel:
    """A display in the x-y plane of its body, seen from +z, with x to the right."""

    fields: tuple[Field, ...] = (Field("temperature", "°C", 3), Field("time", "s", 4), Field("speed", "rpm", 4))
    width: float = 0.06
    """m; its height follows from the rows."""

    def __post_init__(self) -> None:
        if not self.fields:
            raise InputError("a panel needs one field or more")

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height."""
        return max(field.digits for field in self.fields) * _DIGIT + _LEFT + 64, _ROW * len(self.fields)

    @property
    def height(self) -> float:
        """m."""
        wide, tall = self.pixels
        return self.width * tall / wide

    def reference(self, values: Array) -> Array:
        """What of ``values`` (…, fields) the display can tell: rounded half away from 0."""
        values = np.asarray(values, dtype=float)
        scale = 10.0 ** np.array([field.decimals for field in self.fields])
        return np.asarray(np.copysign(np.floor(np.abs(values) * scale + 0.5), values) / scale)

    def picture(self, values: Array, cursor: int = -1, lit: bool = True) -> Array:
        """Pixels (height, width, 3), uint8. ``cursor`` marks the row that is being set."""
        texts = tuple(field.text(float(value)) for field, value in zip(self.fields, values, strict=True))
        return _picture(self, texts, cursor, lit)

    def read(self, picture: Array) -> Array:
        """The values (fields,) that a picture shows; NaN for what shows no number."""
        found = []
        for row, field in enumerate(self.fields):
            text = ""
            for place in range(field.digits):
                code = "".join(
                    "1" if int(picture[(top + bottom) // 2, (left + right) // 2].max()) > 128 else "0"
                    for left, top, right, bottom in _bars(row, place)
                )
                text += next((digit for digit, bars in _SEGMENTS.items() if bars == code), "?")
            try:
                found.append(int(text.strip()) / 10**field.decimals)
            except ValueError:
                found.append(math.nan)
        return np.array(found)

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Adds a geom ``panel``, a thin plate that touches nothing. Gives ``body``."""
        wide, tall = self.pixels
        texture = spec.add_texture(
            name=f"{prefix}panel",
            type=mujoco.mjtTexture.mjTEXTURE_2D,
            width=wide,
            height=tall,
            nchannel=3,
        )
        texture.data = self.picture(np.zeros(len(self.fields)), lit=False)[::-1].tobytes()
        textures = [""] * int(mujoco.mjtTextureRole.mjNTEXROLE)
        textures[int(mujoco.mjtTextureRole.mjTEXROLE_RGB)] = f"{prefix}panel"
        spec.add_material(name=f"{prefix}panel", textures=textures, emission=0.6, specular=0.1)
        points, faces = _plate(self.width / 2, self.height / 2, 0.0005)
        spec.add_mesh(
            name=f"{prefix}panel",
            uservert=points.ravel(),
            userface=faces.ravel(),
            usertexcoord=(points[:, :2] / [self.width, self.height] + 0.5).ravel(),
            smoothnormal=False,
        )
        body.add_geom(
            name=f"{prefix}panel",
            type=mujoco.mjtGeom.mjGEOM_MESH,
            meshname=f"{prefix}panel",
            material=f"{prefix}panel",
            mass=0,
            contype=0,
            conaffinity=0,
        )
        return body

    def bind(self, model: Any, prefix: str = "") -> "_Bound":
        """Raises InputError where there is no such panel."""
        return _Bound(self, ident(model, "texture", f"{prefix}panel"))


@dataclass(frozen=True, slots=True)
class _Bound:
    part: Panel
    texture: int
    rate: ClassVar[Rate] = "control"

    def initial(self, n: int) -> State:
        """Commands: ``values`` (n, fields), ``cursor`` (the row that is being set, -1 for none), ``lit``."""
        return {
            "values": np.zeros((n, len(self.part.fields))),
            "cursor": np.full(n, -1, dtype=np.int64),
            "lit": np.ones(n, dtype=bool),
        }

    def step(self, worlds: Worlds, state: State, dt: float) -> None:
        """Nothing happens by itself."""

    def draw(self, model: Any, state: State, world: int) -> Upload | None:
        """Write the display of one world into ``model``; None if it is there."""
        picture = self.part.picture(state["values"][world], int(state["cursor"][world]), bool(state["lit"][world]))
        start = int(model.tex_adr[self.texture])
        there = model.tex_data[start : start + picture.size]
        # The first row of a texture is the lowest one.
        pixels = picture[::-1].reshape(-1)
        if np.array_equal(there, pixels):
            return None
        there[:] = pixels
        return "texture", self.texture


def _bars(row: int, place: int) -> list[tuple[int, int, int, int]]:
    """Left, top, right and bottom of a digit's seven segments, inclusive, in pixels."""
    left, top = _LEFT + place * _DIGIT, row * _ROW + (_ROW - _TALL) // 2
    right, half, bottom = left + _DIGIT - 8, top + _TALL // 2, top + _TALL - _THICK
    thick = _THICK - 1
    return [
        (left + 2, top, right - 2, top + thick),
        (left, top + 2, left + thick, half - 1),
        (right - thick, top + 2, right, half - 1),
        (left + 2, half - 2, right - 2, half - 2 + thick),
        (left, half + 1, left + thick, bottom + 1),
        (right - thick, half + 1, right, bottom + 1),
        (left + 2, bottom, right - 2, bottom + thick),
    ]


@lru_cache(maxsize=256)
def _picture(panel: Panel, texts: tuple[str, ...], cursor: int, lit: bool) -> Array:
    image = Image.new("RGB", panel.pixels, _DARK)
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(18)
    for row, (field, text) in enumerate(zip(panel.fields, texts, strict=True)):
        for place, digit in enumerate(text):
            for bar, on in zip(_bars(row, place), _SEGMENTS[digit], strict=True):
                pen.rectangle(bar, fill=_GLOW if lit and on == "1" else _DIM)
        if not lit:
            continue
        middle = row * _ROW + _ROW // 2
        if field.decimals:
            point = _LEFT + (field.digits - field.decimals) * _DIGIT - 6
            pen.rectangle((point, middle + _TALL // 2 - 3, point + 3, middle + _TALL // 2), fill=_GLOW)
        if row == cursor:
            pen.polygon([(1, middle - 6), (8, middle), (1, middle + 6)], fill=_GLOW)
        pen.text((_LEFT + field.digits * _DIGIT + 4, middle), field.unit, fill=_GLOW, font=font, anchor="lm")
    picture = np.asarray(image)
    picture.flags.writeable = False
    return picture


def _plate(x: float, y: float, z: float) -> tuple[Array, Array]:
    """Corners and triangles of a flat box."""
    points = np.array([(i * x, j * y, k * z) for k in (-1, 1) for j in (-1, 1) for i in (-1, 1)])
    sides = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    return points, np.array([face for a, b, c, d in sides for face in ((a, b, c), (a, c, d))])
