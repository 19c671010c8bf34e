"""``afterlore research faults``: run the agent through everything that can go wrong, and see that nothing is fatal."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from afterlore.core import InputError

if TYPE_CHECKING:
    from afterlore.research.faults import Row

__all__ = ["app"]

app = typer.Typer(help="The research agent, held against what it must survive, and its parts, measured.")


@app.callback()
def _research() -> None:
    """Keeps the name of the only command."""


@app.command()
def faults(
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="This scenario alone; may be given again.", metavar="NAME", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")] = False,
) -> int:
    """Run the agent through every fault of models, endpoints and pages, against a scripted endpoint on loopback.

    Strict and lenient, with and without reported usage. Exit code 1 when something was not caught, lost, or did not end
    as it must. It takes about a minute.
    """
    from afterlore.research.faults import SCENARIOS, bench

    known = {scenario.name: scenario for scenario in SCENARIOS}
    if unknown := [name for name in only or () if name not in known]:
        raise InputError(f"{unknown[0]!r} is no scenario; there are: {', '.join(known)}")
    chosen = [known[name] for name in dict.fromkeys(only)] if only else SCENARIOS
    if not as_json:
        typer.echo(f"{'scenario':<34} {'mode':<8} {'usage':<6} {'stop reason':<22} answer")
    with _expected():
        rows = bench(chosen, told=(lambda _: None) if as_json else _print)
    if as_json:
        typer.echo(json.dumps({"scenarios": [asdict(row) for row in rows]}, ensure_ascii=False, indent=1))
    else:
        _sum_up(rows)
    return int(any(row.problem for row in rows))


@contextmanager
def _expected() -> Iterator[None]:
    """What tools raise here is no news: the bench makes them raise it."""
    logger = logging.getLogger("afterlore.research")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _print(row: "Row") -> None:
    from afterlore.report import one_line

    answer = "-" if row.answer is None else one_line(row.answer)[:40]
    usage = "yes" if row.usage else "no"
    typer.echo(f"{row.name:<34} {row.mode:<8} {usage:<6} {row.stop_reason or 'UNCAUGHT':<22} {answer}")
    if row.problem:
        typer.echo(f"  {one_line(row.problem)}")


def _sum_up(rows: "tuple[Row, ...]") -> None:
    uncaught = sum(row.uncaught for row in rows)
    lost = sum(not row.evidence_kept for row in rows)
    wrong = sum(bool(row.problem) for row in rows)
    typer.echo(
        f"{len(rows)} runs of {len({row.name for row in rows})} scenarios: {uncaught} uncaught, "
        f"{lost} with evidence lost, {wrong} not as they must be"
    )
