"""``afterlore lab render``: pictures of instruments and labware, to look at."""

from pathlib import Path
from typing import Annotated

import typer

from afterlore.core import InputError

__all__ = ["render"]


def render(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Instruments, labware, arms, or tasks; without one, all instruments."),
    ] = None,
    out: Annotated[Path, typer.Option(help="A PNG.", metavar="FILE")] = Path("build/instruments.png"),
    width: Annotated[int, typer.Option(min=64, max=4096, help="Of one picture, in pixels.")] = 480,
    tasks: Annotated[bool, typer.Option("--tasks", help="All tasks: at their start, in the middle, done.")] = False,
    closed: Annotated[bool, typer.Option("--closed", help="Lids shut; else they stand open.")] = False,
    menagerie: Annotated[
        Path | None, typer.Option(help="A checkout of the MuJoCo Menagerie: arms have its meshes.", metavar="FOLDER")
    ] = None,
) -> None:
    """Draw instruments, labware and arms side by side, or what experts do in tasks."""
    from afterlore.lab.instruments.all import INSTRUMENTS
    from afterlore.lab.robots.arms import ARMS, UR5E
    from afterlore.lab.robots.menagerie import menagerie as meshed
    from afterlore.lab.sheet import WARE, sheet
    from afterlore.lab.storyboard import storyboard
    from afterlore.lab.tasks.all import TASKS, task

    if out.suffix.lower() != ".png":
        raise InputError(f"{str(out)!r}: a picture is written as .png")
    ready = [entry.id for entry in TASKS.values() if entry.task]
    for name in names or []:
        if name not in {*TASKS, *INSTRUMENTS, *WARE, *ARMS}:
            known = ", ".join((*INSTRUMENTS, *WARE, *ARMS, *ready))
            raise InputError(f"no arm, no instrument {name!r}, no labware and no task; there are: {known}")
    chosen = [name for name in names or [] if name in TASKS]
    if tasks or chosen:
        others = [name for name in names or [] if name not in chosen]
        if others or (tasks and chosen):
            raise InputError(f"tasks are drawn by themselves: leave {(others or ['--tasks'])[0]!r} out")
        if closed:
            raise InputError("--closed is for instruments: what is open in a task is the task's own")
        arm = meshed(menagerie, UR5E) if menagerie else UR5E
        drawn = storyboard([task(name, arm) for name in chosen or ready], width)
    else:
        drawn = sheet(names or [], width, lids=0.0 if closed else 0.75, meshes=menagerie)
    out.parent.mkdir(parents=True, exist_ok=True)
    drawn.save(out, optimize=True)
    typer.echo(f"The picture: {out}")
