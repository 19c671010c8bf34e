"""What is common to the commands of the laboratory: what they need, and how they end when they are interrupted."""

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

from afterlore.core import InputError, Interrupted

__all__ = ["in_laboratory"]


def in_laboratory(command: Callable[..., None]) -> Callable[..., None]:
    """A command that first sees whether all is there, and that keeps nothing when it is interrupted."""

    @wraps(command)
    def made(*given: Any, **named: Any) -> None:
        _need()
        try:
            command(*given, **named)
        except KeyboardInterrupt:
            raise Interrupted("interrupted; nothing of it was kept, run it again") from None

    return made


def _need() -> None:
    """Raises InputError where the extra is not installed, and where MuJoCo was told to draw by what is not there."""
    try:
        import av  # noqa: F401
        import gymnasium  # noqa: F401
        import mink  # noqa: F401
        import mujoco  # noqa: F401
        import PIL  # noqa: F401
    except ImportError as error:
        raise InputError(f"the laboratory needs more: pip install 'afterlore[lab]' ({error})") from error
    # MuJoCo loads what MUJOCO_GL names as it is imported, and fails with whatever that raises.
    except Exception as error:
        way = os.environ.get("MUJOCO_GL")
        if way is None:
            raise InputError(f"MuJoCo does not load: {error}") from error
        raise InputError(
            f"MuJoCo cannot draw by MUJOCO_GL={way!r} ({error}); unset it, or install libegl1 and libgl1-mesa-dri for"
            " 'egl', libosmesa6 for 'osmesa' (Debian)"
        ) from error
