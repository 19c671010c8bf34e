"""Large contents as files named by what they hold.

A file is written before the transaction that refers to it, so a crash leaves at most a file that nobody refers to;
``collect`` deletes those once they are old enough that no writer can be about to commit. Writing what is there already
makes it young again.
"""

import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from afterlore.core import InputError, digest

__all__ = ["Blobs"]


class Blobs:
    """The files below ``folder``; it is made with the first of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    def write(self, content: bytes, name: str) -> None:
        """Have ``content`` under its SHA-256, on the disk for certain. Raises InputError when the disk is full."""
        path = self._path(name)
        try:
            if path.exists() and path.stat().st_size == len(content):
                os.utime(path)
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f".{name[:16]}.{secrets.token_hex(6)}")
            try:
                with part.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(
                f"a content of {len(content):,} bytes could not be written beside the database ({error.strerror}); "
                "nothing of it was kept: free space"
            ) from error

    def read(self, name: str) -> bytes:
        """The content, checked. Raises InputError where it is missing or not what it was."""
        try:
            content = self._path(name).read_bytes()
        except OSError as error:
            raise InputError(f"the file {name[:12]}… of the store is missing ({error.strerror}); restore it") from error
        if digest(content) != name:
            raise InputError(f"the file {name[:12]}… of the store is not what was written; restore it")
        return content

    def size(self, name: str) -> int | None:
        """Bytes, or None when it is missing."""
        try:
            return self._path(name).stat().st_size
        except OSError:
            return None

    def names(self) -> Iterator[tuple[str, float]]:
        """Every file, half-written ones too, with its age in seconds."""
        now = time.time()
        if self._folder.is_dir():
            for path in sorted(self._folder.glob("*/*")):
                yield path.name, now - path.stat().st_mtime

    def delete(self, name: str) -> None:
        """Take one away; a half-written one by its own name."""
        for path in self._folder.glob(f"*/{name}"):
            path.unlink(missing_ok=True)
