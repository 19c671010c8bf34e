"""``afterlore research sim``: search in rounds against other ways to spend a budget, with a simulated searcher."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["sim"]


def sim(
    cells: Annotated[str, typer.Option(help="headline, grid, ablations or all.", metavar="GROUP")] = "headline",
    only: Annotated[str, typer.Option(help="Cells whose label begins so.", metavar="LABEL")] = "",
    methods: Annotated[str, typer.Option(help="Some of the methods, separated by commas.", metavar="A,B")] = "",
    questions: Annotated[int, typer.Option(min=0, help="Fewer than the cells have, for a look.")] = 0,
    seeds: Annotated[int, typer.Option(min=0, help="The first so many of the cells'.")] = 0,
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    out: Annotated[
        Path, typer.Option(help="Where what is done is put down; it is not run again.", metavar="FILE")
    ] = Path("build/sim.jsonl"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")] = False,
) -> None:
    """Compare rounds with other ways to spend a budget, with a simulated searcher over generated pages.

    It tests book-keeping, not reasoning. Interrupted, it goes on where it was when it is run again.
    """
    from afterlore.app.terminal import Bar
    from afterlore.research.simulate.study import results, select, work

    named = [name.strip() for name in methods.split(",") if name.strip()]
    parts = select(cells, only=only, arms=named, questions=questions, seeds=seeds)
    with Bar(quiet=as_json) as bar:
        work(parts, out, jobs=jobs, progress=bar)
    found = results(parts, out)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        _show(found)


def _show(found: dict[str, Any]) -> None:
    for cell in found["cells"]:
        first = cell["methods"][0]["method"]
        typer.echo(f"\n{cell['group']}: {cell['cell']}, {cell['questions']} questions x {cell['seeds']} seeds\n")
        typer.echo(f"| method | right | requests | {first} minus it |\n|---|---|---|---|")
        for row in cell["methods"]:
            told = _difference(row["first minus it"]) if "first minus it" in row else "–"
            share = f"{row['right']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
            typer.echo(f"| {row['method']} | {share} | {row['requests']:.1f} | {told} |")
        spent = ", ".join(f"{calls:.1f}" for calls in cell["methods"][0]["requests of each round"])
        came = ", ".join(map(str, cell["methods"][0]["runs that came to it"]))
        typer.echo(f"\n{first}: requests of each round {spent}; runs that came to it {came}")
    if found["gate on minus off"]:
        typer.echo("\nGate on minus off:\n\n| cell | method | difference |\n|---|---|---|")
    for row in found["gate on minus off"]:
        typer.echo(f"| {row['cell']} | {row['method']} | {_difference(row)} |")
    typer.echo(f"\n{found['cpu_minutes']} minutes of processor time. It tests book-keeping, not reasoning.")


def _difference(row: dict[str, float]) -> str:
    return f"{row['mean']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]"
