"""A lock on a file that dies with its process: whoever was killed holds nothing back.

``flock`` where there is ``fcntl`` (Linux, macOS, BSD), a locked first byte where there is ``msvcrt`` (Windows). What it
does not cover: network file systems that do not pass locks on.
"""

import os
import sys
from pathlib import Path
from typing import Self

__all__ = ["FileLock"]


class FileLock:
    """Held from ``take`` until ``free`` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def __enter__(self) -> Self:
        """Ours once whoever holds it has given it back."""
        self.take(wait=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.free()

    def take(self, *, wait: bool = False) -> bool:
        """Whether the lock is now ours; at once, or with ``wait`` when it is free."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            if not _lock(file, wait):
                os.close(file)
                return False
            # Whoever held it before may have removed the file between our opening and our locking.
            try:
                current = self._path.stat()
            except FileNotFoundError:
                current = None
            if current is not None and os.path.samestat(os.fstat(file), current):
                self._file = file
                return True
            os.close(file)

    def free(self) -> None:
        """Give it back. Again does nothing."""
        file, self._file = self._file, None
        if file is None:
            return
        if sys.platform == "win32":
            os.close(file)
        else:
            self._path.unlink(missing_ok=True)
            os.close(file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int, wait: bool) -> bool:
        while True:
            try:
                # LK_LOCK gives up after ten seconds.
                msvcrt.locking(file, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            except OSError:
                if not wait:
                    return False
            else:
                return True

else:
    import fcntl

    def _lock(file: int, wait: bool) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
