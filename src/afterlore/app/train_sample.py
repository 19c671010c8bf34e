"""``afterlore train sample``: roll-outs of a checkpoint, to be evaluated."""

from pathlib import Path
from typing import Annotated

import typer

from afterlore.core import InputError, Interrupted

__all__ = ["sample"]


def sample(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The folder of a checkpoint, or a hub's name.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Questions: Parquet or JSON lines.")],
    out: Annotated[Path, typer.Option(help="Where roll-outs go; what stands there is kept.", metavar="FILE")] = Path(
        "rollouts.jsonl"
    ),
    count: Annotated[int, typer.Option("--n", min=1, help="Roll-outs of each question.", metavar="N")] = 8,
    max_tokens: Annotated[int, typer.Option(min=1, help="Of a roll-out.", metavar="N")] = 3072,
    temperature: Annotated[float, typer.Option(min=0, help="0 takes the likeliest token each time.")] = 1.0,
    system: Annotated[
        str, typer.Option(help="Said before questions that bring none; as in training.", show_default=False)
    ] = "",
    limit: Annotated[int, typer.Option(min=0, help="The first so many questions; 0 for all.", metavar="N")] = 0,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no report, only errors.")] = False,
) -> None:
    """Sample answers from a model, for ``train eval`` and ``train labels``. Interrupted, it goes on where it was."""
    from afterlore.app.terminal import Bar
    from afterlore.train.data import read_questions
    from afterlore.train.settings import SYSTEM

    questions = read_questions(file, limit=limit)
    try:
        from afterlore.train.sample import sample as work
    except ImportError as error:
        raise InputError(f"sampling needs more: pip install 'afterlore[train]' ({error})") from error
    try:
        with Bar(quiet=quiet) as bar:
            work(
                model,
                questions,
                out,
                count=count,
                max_tokens=max_tokens,
                temperature=temperature,
                system=system or SYSTEM,
                seed=seed,
                progress=bar,
            )
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; what was sampled is kept in {str(out)!r}, run the same again") from None
    if not quiet:
        typer.echo(f"{len(questions)} questions x {count}: {out}; how often they are right: afterlore train eval {out}")
