"""A film, frame by frame: H.264 in MP4, as browsers play it."""

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import av
import numpy as np

from afterlore.core import InputError
from afterlore.lab.parts.part import Array

__all__ = ["Film"]

_CODEC = "libx264"


class Film:
    """A file that is there, whole, once the context was left without an error; until then it has another name.

    Raises InputError for sizes that are odd, for frames of other sizes or none, and where nothing encodes.
    """

    def __init__(self, path: Path, width: int, height: int, rate: int = 25) -> None:
        if width < 2 or height < 2 or width % 2 or height % 2:
            raise InputError(f"a film's width and height are even, not {width} x {height}")
        if _CODEC not in av.codecs_available:
            raise InputError(f"this build of PyAV has no {_CODEC!r}; install the one that 'afterlore[lab]' names")
        self._path, self._part, self._size = path, path.with_name(f".{path.name}.part"), (height, width, 3)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._frames = 0
        # The index comes first, so that a player can begin before it has all.
        self._container: Any = av.open(str(self._part), "w", format="mp4", options={"movflags": "faststart"})
        self._stream = cast(
            av.VideoStream, self._container.add_stream(_CODEC, rate=Fraction(rate), options={"crf": "21"})
        )
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"

    def add(self, frame: Array) -> None:
        """The next (height, width, 3), uint8."""
        if frame.shape != self._size or frame.dtype != np.uint8:
            raise InputError(f"a frame of this film is {self._size} of uint8, not {frame.shape} of {frame.dtype}")
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        for packet in self._stream.encode(picture):
            self._container.mux(packet)
        self._frames += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None and self._frames:
                for packet in self._stream.encode():
                    self._container.mux(packet)
            self._container.close()
            # Without a frame there is no file that could be renamed.
            if kind is None and not self._frames:
                raise InputError(f"a film has one frame at least, and {str(self._path)!r} was given none")
            if kind is None:
                self._part.replace(self._path)
        finally:
            self._part.unlink(missing_ok=True)
