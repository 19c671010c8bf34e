"""Checkpoints that are whole or not there: a mark is written last, and only what has one is gone on from.

The trainer below writes a checkpoint file by file and would take the newest folder for good, also one that a full disk
cut short.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from afterlore.core import InputError

__all__ = ["Checkpoints"]

_MARK = "complete"


class Checkpoints:
    """Those of one run, in ``folder``; the newest ``keep`` stay."""

    def __init__(self, folder: Path, keep: int) -> None:
        self._folder, self._keep = folder, keep

    def whole(self) -> list[Path]:
        """Those that were written to their end, by step."""
        marked = [mark.parent for mark in self._folder.glob(f"checkpoint-*/{_MARK}")]
        return sorted(marked, key=lambda folder: int(folder.name.rpartition("-")[2]))

    def last(self) -> Path:
        """The one to go on from. Raises InputError where there is none."""
        found = self.whole()
        if not found:
            raise InputError(f"{str(self._folder)!r} holds no whole checkpoint; begin without --resume")
        return found[-1]

    def said(self) -> str:
        """Where a run that failed can go on, as a sentence."""
        found = self.whole()
        return f"{str(found[-1])!r} is whole: go on with --resume" if found else "No checkpoint was written yet"

    @contextmanager
    def writing(self, step: int, *, first: bool) -> Iterator[Path]:
        """The folder of a step's checkpoint, while it is written; ``first`` for the process that writes the mark.

        Raises InputError when it cannot be written to its end; what was begun is removed.
        """
        folder = self._folder / f"checkpoint-{step}"
        try:
            yield folder
            if first:
                (folder / _MARK).touch()
        except (OSError, RuntimeError, SafetensorError) as error:
            if first:
                shutil.rmtree(folder, ignore_errors=True)
            raise InputError(f"{str(folder)!r} cannot be written ({error}); make room. {self.said()}") from error
        if first:
            for old in self.whole()[: -self._keep]:
                shutil.rmtree(old)
