"""``afterlore train toy``: every method on a tiny model, from scratch, on a CPU."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from afterlore.core import InputError, Interrupted

__all__ = ["toy"]


def toy(
    cells: Annotated[str, typer.Option(help="headline, trigger, elements or rate.", metavar="GROUP")] = "headline",
    methods: Annotated[str, typer.Option(help="Some of the methods, separated by commas.", metavar="A,B")] = "",
    seeds: Annotated[int, typer.Option(min=0, help="The first so many of the group's; 0 for all.")] = 0,
    jobs: Annotated[int, typer.Option(min=1, help="Processes, of one thread each.")] = 2,
    out: Annotated[
        Path, typer.Option(help="Where what is done is put down; it is not run again.", metavar="DIR")
    ] = Path("build/toy"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")] = False,
) -> None:
    """Train a tiny model with a planted shortcut by every method, and see which ones collapse.

    It shows the mechanism, and is no evidence about large models. Interrupted, it goes on where it was.
    """
    from afterlore.app.terminal import Bar
    from afterlore.train.toy.experiment import results, work
    from afterlore.train.toy.study import points
    from afterlore.train.toy.told import picture, told

    named = [name.strip() for name in methods.split(",") if name.strip()]
    chosen = points(cells, methods=named, seeds=seeds)
    todo = [cell for point in chosen for name in point.methods for cell in point.cells(name)]
    try:
        with Bar(quiet=as_json) as bar:
            work(todo, out, jobs=jobs, progress=bar)
    except ImportError as error:
        raise InputError(f"training needs more: pip install 'afterlore[train]' ({error})") from error
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; what was done is kept in {str(out)!r}, run the same again") from None
    found = []
    for point in chosen:
        runs = {name: results(point.cells(name), out) for name in ("", *point.methods)}
        found.append({"setting": point.label, "seeds": point.seeds, "methods": told(point, runs)})
        if cells == "headline":
            drawn = out / "toy.svg"
            drawn.write_text(picture(point, runs), "utf-8")
    seconds = sum(run["seconds"] for run in results(todo, out)) + sum(
        run["seconds"] for run in results(list({cell.base.key: cell.base for cell in todo}.values()), out)
    )
    if as_json:
        typer.echo(json.dumps({"group": cells, "settings": found, "cpu_minutes": round(seconds / 60, 1)}))
        return
    _show(found)
    typer.echo(f"\n{seconds / 60:.1f} minutes of processor time. The shortcut is planted: it shows the mechanism.")
    if cells == "headline":
        typer.echo(f"The picture: {out / 'toy.svg'}")


def _show(found: list[dict[str, Any]]) -> None:
    for setting in found:
        typer.echo(f"\n{setting['setting']}, seeds {', '.join(map(str, setting['seeds']))}\n")
        typer.echo("| method | median | mean | gain over the base | each seed | alarm at step | without gold |")
        typer.echo("|---|---|---|---|---|---|---|")
        for row in setting["methods"]:
            cells = [f"{row['median']:.2f}", _interval(row, "")]
            cells.append(_interval(row["gain"], "+") if "gain" in row else "–")
            cells.append(" ".join(f"{value:.2f}" for value in row["seeds"]))
            cells += [_alarms(row[name]) if name in row else "–" for name in ("alarm", "alarm without gold")]
            typer.echo(f"| {row['method']} | {' | '.join(cells)} |")


def _interval(row: dict[str, float], sign: str) -> str:
    return f"{row['mean']:{sign}.2f} [{row['low']:{sign}.2f}, {row['high']:{sign}.2f}]"


def _alarms(steps: list[int | None]) -> str:
    return " ".join("–" if step is None else str(step) for step in steps)
