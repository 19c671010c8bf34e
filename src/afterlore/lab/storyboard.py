"""A contact sheet of tasks: each at its start, in the middle and done, as both cameras see it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from afterlore.core import InputError
from afterlore.lab.experts.all import Crew
from afterlore.lab.laboratory import Laboratory
from afterlore.lab.parts.part import Array
from afterlore.lab.scene import CAMERAS
from afterlore.lab.tasks.task import Task

__all__ = ["storyboard"]

_MOMENTS = ("start", "middle", "done")
_INK, _FAINT, _PAPER = (38, 42, 50), (110, 116, 126), (250, 251, 252)
_COLUMNS = 2
"""Tasks beside each other."""


def storyboard(tasks: Sequence[Task], width: int, *, seed: int = 0, done: Callable[[], None] = lambda: None) -> Any:
    """A picture (PIL) of what experts do; ``width`` of one camera's view, pixels. ``done`` is told of each task.

    Raises InputError where an expert does not succeed from this seed.
    """
    gap, strip = width // 12, max(20, width // 6)
    wide, tall = 3 * width + 2 * (gap // 3), 2 * width + gap // 3 + strip
    columns = min(_COLUMNS, len(tasks))
    rows = -(-len(tasks) // columns)
    picture = Image.new("RGB", (columns * (wide + gap) + gap, rows * (tall + gap) + gap), _PAPER)
    pen = ImageDraw.Draw(picture)
    large, small = ImageFont.load_default(size=strip * 0.42), ImageFont.load_default(size=strip * 0.30)
    for number, task in enumerate(tasks):
        row, column = divmod(number, columns)
        x, y = gap + column * (wide + gap), gap + row * (tall + gap)
        pen.text((x, y), task.id, font=large, fill=_INK)
        for moment, views in enumerate(_moments(task, width, seed)):
            left = x + moment * (width + gap // 3)
            pen.text((left + width, y + strip * 0.14), _MOMENTS[moment], font=small, fill=_FAINT, anchor="ra")
            for place, view in enumerate(views):
                picture.paste(Image.fromarray(view), (left, y + strip + place * (width + gap // 3)))
        done()
    return picture


def _moments(task: Task, width: int, seed: int) -> list[list[Array]]:
    """What both cameras see at each moment."""
    with Laboratory(task, size=width, fine=True) as lab:
        steps = _steps(lab, seed)
        lab.reset(seeds=[seed])
        crew = Crew(lab)
        views = []
        for step in range(steps[-1] + 1):
            if step in steps:
                views.append([lab.frame(camera) for camera in CAMERAS])
            lab.step(crew.actions())
        return views


def _steps(lab: Laboratory, seed: int) -> list[int]:
    """The first step, the middle one of those in which the robot touches something, and the one in which it is done."""
    lab.reset(seeds=[seed])
    crew = Crew(lab)
    touching = []
    for step in range(1, lab.limit + 1):
        lab.step(crew.actions())
        if lab.touching(0, "world"):
            touching.append(step)
        if lab.success[0]:
            return [0, int(np.median(touching)), step]
    raise InputError(f"the expert of {lab.task.id!r} does not succeed from seed {seed}")
