"""One desk a folder."""

import os
import sys
from pathlib import Path

from afterlore.core import InputError

__all__ = ["lock", "unlock"]


def lock(path: Path) -> int | None:
    """Hold the folder itself, so that nothing is left behind when the process is killed. Raises InputError when
    another desk does; None where that cannot be told.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise InputError(f"a desk is open on {str(path)!r} already; use that one, or stop it first") from error
    return handle


def unlock(handle: int | None) -> None:
    """Let it go."""
    if handle is not None:
        os.close(handle)
