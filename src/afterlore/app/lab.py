"""``afterlore lab``: the laws of the laboratory, and whether the checks of them can fail."""

import json
import math
import sys
from typing import Annotated, Any

import typer

from afterlore.app.lab_extra import in_laboratory
from afterlore.app.lab_render import render
from afterlore.app.lab_tasks import Json, bench, expert, run, tasks
from afterlore.core import InputError

__all__ = ["app"]

app = typer.Typer(help="A digital biology laboratory: physics that obeys its laws, for robot policies.")


def verify(
    names: Annotated[list[str] | None, typer.Argument(metavar="[LAW]...", help="Laws to measure.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Measure every law.")] = False,
    as_json: Json = False,
) -> None:
    """Measure the laws that parts must obey: each error beside its bound. Exit code 1 if one is broken."""
    from afterlore.lab.verify import LAWS
    from afterlore.lab.verify import verify as measure

    if not names and not every:
        raise InputError(f"name a law, or give --all; there are: {', '.join(LAWS)}")
    rows: dict[str, Any] = {}
    for verdict in measure(list(LAWS) if every else names or []):
        rows[verdict.name] = {
            "says": verdict.law.says,
            "holds": verdict.law.holds,
            "seconds": round(verdict.seconds, 2),
            "checks": [_check(check) for check in verdict.law.checks],
        }
        if not as_json:
            _show(verdict.name, rows[verdict.name])
    holds = all(row["holds"] for row in rows.values())
    if as_json:
        typer.echo(json.dumps({"holds": holds, "laws": rows}, ensure_ascii=False, indent=1))
    if not holds:
        raise typer.Exit(1)


def mutate(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Mutations; without one, all.")] = None,
    as_json: Json = False,
) -> None:
    """Break parts on purpose, and see that the laws notice. Exit code 1 if one goes by."""
    from afterlore.lab.mutate import mutate as broken

    rows: dict[str, Any] = {}
    for caught in broken(names or ()):
        rows[caught.name] = [_check(check) for check in caught.by]
        if not as_json:
            seen = "; ".join(f"{check.name} ({_number(check.error)})" for check in caught.by)
            typer.echo(f"{'caught' if seen else 'MISSED'}  {caught.name:<32} {seen}")
    holds = all(rows.values())
    if as_json:
        typer.echo(json.dumps({"holds": holds, "mutations": rows}, ensure_ascii=False, indent=1))
    if not holds:
        raise typer.Exit(1)


def _check(check: Any) -> dict[str, Any]:
    """A figure that is no number, as when something never happened, is null."""
    error = check.error if math.isfinite(check.error) else None
    return {"check": check.name, "error": error, "bound": check.bound, "unit": check.unit, "holds": check.holds}


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "none"


def _show(name: str, row: dict[str, Any]) -> None:
    from rich.table import Table

    from afterlore.app.terminal import open_console

    console = open_console(sys.stdout)
    console.print(f"{name}: {row['says']} ({row['seconds']} s)")
    table = Table("", "error", "bound", "unit", "", box=None, pad_edge=False)
    for check in row["checks"]:
        error = "none" if check["error"] is None else f"{check['error']:.3g}"
        table.add_row(check["check"], error, f"{check['bound']:.3g}", check["unit"], "" if check["holds"] else "BROKEN")
    console.print(table)


for command in (tasks, run, expert, bench, render, verify, mutate):
    app.command()(in_laboratory(command))
