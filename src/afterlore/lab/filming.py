"""Experts on film, and the page that shows them: one file, with the films inside."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

from afterlore.core import InputError
from afterlore.lab.bench import RATE
from afterlore.lab.experts.all import Crew
from afterlore.lab.laboratory import Laboratory
from afterlore.lab.scene import CAMERAS
from afterlore.lab.tasks.task import Task
from afterlore.lab.video import Film
from afterlore.report import Page, asset, environment

__all__ = ["Filmed", "film", "page", "show"]

_PACKAGE = "afterlore.lab"
_FPS = 25
_AFTER = 0.6
"""Seconds that a film goes on after success."""
_WORDS = {"skip": "Skip to the films", "dark": "Dark"}


@dataclass(frozen=True, slots=True)
class Filmed:
    """An episode and its film."""

    task: str
    says: str
    prompt: str
    arm: str
    seed: int
    success: bool
    seconds: float
    """Simulated."""
    steps: int
    conditions: tuple[tuple[str, bool], ...]
    """By name, and whether it held in the end."""
    film: Path


def film(task: Task, seed: int, path: Path, *, size: int = 448, done: Callable[[], None] = lambda: None) -> Filmed:
    """The expert does a task once; both cameras side by side, in real time. ``done`` is told of each frame."""
    with Laboratory(task, size=size, fine=True) as lab, Film(path, 2 * size, size, _FPS) as made:
        lab.reset(seeds=[seed])
        crew = Crew(lab)
        finished, end = 0, lab.limit
        for step in range(lab.limit + round(_AFTER * RATE)):
            if step % round(RATE / _FPS) == 0:
                made.add(np.concatenate([lab.frame(camera) for camera in CAMERAS], axis=1))
                done()
            if step >= end:
                break
            lab.step(crew.actions())
            if not finished and lab.success[0]:
                finished, end = step + 1, step + round(_AFTER * RATE)
        held = tuple((name, bool(value[0])) for name, value in lab.conditions.items())
        prompt, arm = lab.prompts[0], task.arm.name
    steps = finished or end
    return Filmed(task.id, task.says, prompt, arm, seed, bool(finished), steps / RATE, steps, held, path)


def page(episodes: Sequence[Filmed]) -> str:
    """All of them as one HTML file: it loads nothing."""
    shown = [
        {"episode": one, "film": f"data:video/mp4;base64,{base64.b64encode(one.film.read_bytes()).decode()}"}
        for one in episodes
    ]
    versions = ", ".join(f"{name} {version(name)}" for name in ("afterlore", "mujoco", "gymnasium", "mink"))
    return _page().render(lang="en", title="Experts at work", words=_WORDS, shown=shown, versions=versions)


def show(
    tasks: Sequence[Task], seed: int, out: Path, *, size: int = 448, done: Callable[[], None] = lambda: None
) -> list[Path]:
    """Film one episode of each in the folder ``out``, and write ``index.html`` there: all files, the page first."""
    index = out / "index.html"
    if index.is_dir():
        raise InputError(f"{str(index)!r} is a folder; the page is to be written there: free it or name another place")
    episodes = [film(task, seed, out / f"{task.id}.mp4", size=size, done=done) for task in tasks]
    part = index.with_name(f".{index.name}.part")
    part.write_text(page(episodes), encoding="utf-8")
    part.replace(index)
    return [index, *(one.film for one in episodes)]


@cache
def _page() -> Page:
    return Page(
        environment(_PACKAGE),
        "episodes.html",
        css=asset(_PACKAGE, "episodes.css"),
        policy={"media-src": "data:"},
    )
