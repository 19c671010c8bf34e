"""What commands of the laboratory need before they import it."""

import os

from afterlore.core import InputError

__all__ = ["need"]


def need() -> None:
    """Raises InputError where the extra is not installed, and where MuJoCo was told to draw by what is not there."""
    try:
        import gymnasium  # noqa: F401
        import mink  # noqa: F401
        import mujoco  # noqa: F401
        import PIL  # noqa: F401
    except ImportError as error:
        raise InputError(f"the laboratory needs more: pip install 'afterlore[lab]' ({error})") from error
    # MuJoCo loads what MUJOCO_GL names as it is imported, and fails with whatever that raises.
    except Exception as error:
        way = os.environ.get("MUJOCO_GL")
        raise InputError(
            f"MuJoCo cannot draw by MUJOCO_GL={way!r} ({error}); unset it, or install libegl1 and libgl1-mesa-dri for"
            " 'egl', libosmesa6 for 'osmesa' (Debian)"
        ) from error
