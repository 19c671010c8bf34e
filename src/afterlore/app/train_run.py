"""``afterlore train run``: one training run, or what it would take."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from afterlore.core import InputError

if TYPE_CHECKING:
    from afterlore.train.plan import Plan
    from afterlore.train.settings import Settings

__all__ = ["run"]


_UNREAD = 0.9
"""Share of roll-outs without an answer, above which hardly anything can have been learned."""


def run(
    config: Annotated[str, typer.Argument(metavar="CONFIG", help="A TOML file, or the name of a shipped one.")],
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="Over the file's; several times.", metavar="KEY=VALUE")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last whole checkpoint.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would take; nothing is loaded.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")] = False,
) -> None:
    """Train a model: on gold answers, or without labels."""
    from afterlore.train.plan import plan
    from afterlore.train.settings import read_settings

    settings = read_settings(config, changes or [])
    planned = plan(settings, _count(settings))
    if dry_run:
        if as_json:
            typer.echo(json.dumps({**asdict(planned), "peak": planned.peak, "fits": planned.fits}))
        else:
            _show(settings, planned)
    if not planned.fits:
        raise InputError(
            f"it takes {planned.peak:.1f} GiB of a GPU, and {planned.available:.1f} may be filled; {_fix(settings)}"
        )
    if not dry_run:
        _train(settings, resume=resume, as_json=as_json)


def _count(settings: "Settings") -> int | None:
    """Of the questions that can be used, where their file is at hand."""
    from afterlore.train.data import read_questions, usable
    from afterlore.train.methods import method

    data = settings.data
    if not Path(data.questions).is_file():
        return None
    found = read_questions(Path(data.questions), Path(data.rewordings) if data.rewordings else None, limit=data.limit)
    return len(usable(found, method(settings.method), leave_out=data.leave_out))


def _train(settings: "Settings", *, resume: bool, as_json: bool) -> None:
    from afterlore.app.terminal import Bar
    from afterlore.train.launch import check

    check(settings, os.environ)
    try:
        from afterlore.train.run import train
    except ImportError as error:
        raise InputError(f"training needs more: pip install 'afterlore[train]' ({error})") from error
    with Bar(quiet=as_json) as bar:
        done = train(settings, resume=resume, progress=bar)
    alarm = done.alarm and {"step": done.alarm.step, "signs": done.alarm.signs}
    if as_json:
        said = {"checkpoint": str(done.checkpoint), "page": str(done.page), "alarm": alarm, "unread": done.unread}
        typer.echo(json.dumps(said))
        return
    if done.unread > _UNREAD:
        typer.echo(
            f"Of {done.unread:.0%} of the roll-outs no answer could be read: ask for \\boxed{{}} in data.system, "
            "or raise rollouts.max_tokens."
        )
    if done.alarm:
        typer.echo(f"At step {done.alarm.step} it was clear that the run collapses: {'; '.join(done.alarm.signs)}")
    typer.echo(f"The model: {done.checkpoint}\nHow it went: {done.page}")


def _fix(settings: "Settings") -> str:
    if not settings.lora.rank:
        return "train an adapter (lora.rank = 32), or take more GPUs with deepspeed-zero2"
    if not settings.hardware.checkpointing:
        return "set hardware.checkpointing"
    return "take a smaller hardware.batch, fewer rollouts.questions, or shorter rollouts.max_tokens"


def _show(settings: "Settings", planned: "Plan") -> None:
    share = planned.trainable / planned.parameters
    rows: list[tuple[str, Any]] = [
        ("model", f"{settings.model}, {planned.parameters:,} parameters"),
        ("trained", f"{planned.trainable:,} of them ({share:.1%})" if share < 1 else "all of them"),
        ("method", settings.method),
        ("roll-outs a step", f"{planned.rollouts} of the policy, {planned.teacher_rollouts} of the teacher"),
        ("tokens a step", f"{planned.tokens:,} at most"),
        ("batches a step", f"{planned.batches} on each of {settings.processes}"),
        ("steps", planned.steps or f"not known before {settings.data.questions!r} is there"),
        ("started by", f"{planned.launch} …"),
        ("teacher's α", ", ".join(f"{step}: {alpha:.6f}" for step, alpha in planned.schedule) or "no teacher"),
    ]
    for name, value in rows:
        typer.echo(f"{name:<18}{value}")
    typer.echo("\nmemory of a GPU, GiB (arithmetic, not measured)   training  sampling")
    for part in planned.memory:
        cells = [f"{part.gib:10.2f}" if when else f"{'':10}" for when in (part.training, part.sampling)]
        typer.echo(f"  {part.name:<46}{''.join(cells)}")
    verdict = "fits" if planned.fits else "does not fit"
    typer.echo(f"  peak {planned.peak:.1f} of {planned.available:.1f} that may be filled: it {verdict}")
