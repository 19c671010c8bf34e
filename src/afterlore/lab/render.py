"""Pictures of a model without a screen: through EGL, or through OSMesa where there is none.

Shadows and smooth edges are off where nobody asks for them: on a processor they cost most of the time.
"""

import os
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar, Self

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.parts.part import Array, Upload, upload

__all__ = ["Eye", "Renderer"]

_BACKENDS = ("mujoco.egl", "mujoco.osmesa")


class Eye:
    """A camera of nobody's: it looks from (``azimuth``, ``elevation``), degrees, at a place, metres."""

    def __init__(
        self,
        lookat: tuple[float, float, float] = (0, 0, 0.1),
        distance: float = 1.0,
        azimuth: float = 90,
        elevation: float = -30,
    ) -> None:
        self.camera = mujoco.MjvCamera()
        self.camera.lookat[:] = lookat
        self.camera.distance, self.camera.azimuth, self.camera.elevation = distance, azimuth, elevation


class Renderer:
    """Of one model, pictures of ``width`` × ``height``. Close it, or use it as a context.

    ``fine`` ones have smooth edges. Raises InputError that names the packages where nothing can draw.
    """

    _process: ClassVar[int | None] = None
    """The first that drew."""

    def __init__(
        self, model: Any, width: int = 224, height: int = 224, *, fine: bool = False, shadows: bool = False
    ) -> None:
        # Graphics do not survive a fork: in the child, the first call would wait for ever.
        if Renderer._process not in (None, os.getpid()):
            raise InputError("this process was forked from one that drew; start it by spawn: context='spawn'")
        Renderer._process = os.getpid()
        self._thread = threading.get_ident()
        self._model, self._size = model, (width, height)
        vision = model.vis.global_
        vision.offwidth, vision.offheight = max(width, vision.offwidth), max(height, vision.offheight)
        model.vis.quality.offsamples = 4 if fine else 0
        self._context = _context()(width, height)
        self._context.make_current()
        self._scene = mujoco.MjvScene(model, maxgeom=10_000)
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = shadows
        self._option = mujoco.MjvOption()
        self._drawn = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._drawn)
        self._area = mujoco.MjrRect(0, 0, width, height)

    def upload(self, what: Upload | None) -> None:
        """Bring to the graphics what a part drew into the model."""
        if what is not None:
            self._context.make_current()
            upload(self._model, self._drawn, what)

    def frame(self, data: Any, camera: str | Eye, model: Any = None) -> Array:
        """A new array (height, width, 3), uint8. ``model`` is another of the same shapes, with its own colours, lights
        and cameras. Raises InputError for a camera that is not there.
        """
        if threading.get_ident() != self._thread:
            raise InputError("pictures are drawn by the thread that drew the first one, and by no other")
        self._context.make_current()
        mujoco.mjv_updateScene(
            model or self._model,
            data,
            self._option,
            None,
            self._camera(camera),
            mujoco.mjtCatBit.mjCAT_ALL,
            self._scene,
        )
        mujoco.mjr_render(self._area, self._scene, self._drawn)
        width, height = self._size
        pixels = np.empty((height, width, 3), dtype=np.uint8)
        mujoco.mjr_readPixels(pixels, None, self._area, self._drawn)
        # OpenGL's first row is the lowest.
        return pixels[::-1].copy()

    def _camera(self, camera: str | Eye) -> Any:
        if isinstance(camera, Eye):
            return camera.camera
        known = isinstance(camera, str)
        found = mujoco.mj_name2id(self._model, mujoco.mjtObj.mjOBJ_CAMERA, camera) if known else -1
        if found < 0:
            names = [self._model.camera(number).name for number in range(self._model.ncam)]
            raise InputError(f"no camera {camera!r}; there are: {', '.join(names) or 'none'}")
        fixed = mujoco.MjvCamera()
        fixed.type, fixed.fixedcamid = mujoco.mjtCamera.mjCAMERA_FIXED, found
        return fixed

    def close(self) -> None:
        """Free what it draws with."""
        self._drawn.free()
        self._context.free()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _context() -> Callable[[int, int], Any]:
    """The first way to draw that works."""
    from importlib import import_module

    said = []
    for name in _BACKENDS:
        try:
            made: Callable[[int, int], Any] = import_module(name).GLContext
            made(8, 8).free()
        # Whatever a driver that is half there raises; the next one is tried.
        except Exception as error:  # noqa: BLE001
            said.append(f"{name}: {error}")
        else:
            return made
    raise InputError(
        f"nothing here can draw ({'; '.join(said)}); install libegl1 and libgl1-mesa-dri, or libosmesa6 (Debian)"
    )
