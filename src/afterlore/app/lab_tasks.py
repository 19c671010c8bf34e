"""``afterlore lab tasks``, ``run``, ``expert``, ``bench``: what robots are asked to do, who can do it, and how fast."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from afterlore.core import InputError

if TYPE_CHECKING:
    from afterlore.lab.tasks.task import Task
    from afterlore.lab.trials import Trials

__all__ = ["bench", "expert", "run", "tasks"]

_MANY = 1_000_000
Names = Annotated[list[str] | None, typer.Argument(metavar="[TASK]...", help="Tasks, by id.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")]
Every = Annotated[bool, typer.Option("--all", help="Every task that is ready.")]
Seed = Annotated[int, typer.Option(min=0, max=2**62, help="Of the first episode; the others have those that follow.")]
Threads = Annotated[int, typer.Option(min=1, max=256, help="That step the worlds; results are the same.")]
Robot = Annotated[str, typer.Option("--arm", help="ur5e or panda.")]
Ranges = Annotated[str, typer.Option(help="Of domain randomisation: usual, fixed or widest.")]
FIRST = 10_000
"""Seeds from here on were used for nothing but measuring."""
_RATE = 0.95


def tasks(as_json: Json = False) -> None:
    """List the tasks of the laboratory: level, whether they are ready, and what has to be so in the end."""
    from afterlore.lab.tasks.all import TASKS

    rows: list[dict[str, Any]] = [
        {
            "id": entry.id,
            "level": entry.level,
            "ready": entry.task is not None,
            "says": entry.says,
            "environment": f"afterlore/{entry.id}-v0" if entry.task else None,
            "seconds": entry.task.seconds if entry.task else None,
            "arm": entry.task.arm.name if entry.task else None,
            "prompts": list(entry.task.prompts) if entry.task else [],
        }
        for entry in TASKS.values()
    ]
    if as_json:
        typer.echo(json.dumps({"tasks": rows}, ensure_ascii=False, indent=1))
        return
    _table([[row["id"], row["level"], "ready" if row["ready"] else "named", row["says"]] for row in rows], left=4)


def run(
    name: Annotated[str, typer.Argument(metavar="TASK", help="A task, by id.")],
    policy: Annotated[str, typer.Option(help="expert, noop or random.")] = "random",
    episodes: Annotated[int, typer.Option(min=1, max=_MANY)] = 5,
    steps: Annotated[
        int | None, typer.Option(min=1, max=_MANY, help="At most, in each; else the task's own limit.")
    ] = None,
    arm: Robot = "ur5e",
    mode: Annotated[str, typer.Option(help="joint_abs or ee_delta.")] = "joint_abs",
    ranges: Ranges = "usual",
    seed: Seed = FIRST,
    threads: Threads = 1,
    as_json: Json = False,
) -> None:
    """Let a policy do a task, and say of each episode what came of it."""
    from afterlore.app.terminal import Bar
    from afterlore.lab import randomise
    from afterlore.lab.tasks.all import task
    from afterlore.lab.trials import trials

    # What is not in a literal is refused with the names that are.
    chosen: Any = policy
    way: Any = mode
    seeds = range(seed, seed + episodes)
    drawn = randomise.ranges(ranges)
    with Bar(quiet=as_json) as bar:
        bar.stage(name, episodes)
        found = trials(
            task(name, arm),
            chosen,
            seeds,
            steps=steps,
            mode=way,
            randomisation=drawn,
            threads=threads,
            done=bar.advance,
        )
    row = _row(found)
    if as_json:
        typer.echo(json.dumps(row, ensure_ascii=False, indent=1))
        return
    for episode in row["episodes"]:
        typer.echo(_line(episode))
    typer.echo(_summary(row))


def expert(
    names: Names = None,
    every: Every = False,
    episodes: Annotated[int, typer.Option(min=1, max=_MANY, help="Of each task.")] = 50,
    arm: Robot = "ur5e",
    ranges: Ranges = "usual",
    seed: Seed = FIRST,
    threads: Threads = 1,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Film the first episode of each there.")] = None,
    as_json: Json = False,
) -> None:
    """Let experts do tasks, each from a beginning of its own. Exit code 1 if one succeeds in less than 95 %."""
    from afterlore.app.terminal import Bar
    from afterlore.lab import randomise
    from afterlore.lab.trials import trials

    chosen, drawn = _chosen(names, every, arm), randomise.ranges(ranges)
    if out is not None:
        _folder(out)
    rows = []
    with Bar(quiet=as_json) as bar:
        for one in chosen:
            bar.stage(one.id, episodes)
            seeds = range(seed, seed + episodes)
            found = trials(one, "expert", seeds, randomisation=drawn, threads=threads, done=bar.advance)
            rows.append(_row(found))
            if not as_json:
                typer.echo(_summary(rows[-1]))
                for episode in rows[-1]["episodes"]:
                    if not episode["success"]:
                        typer.echo(f"  {_line(episode)}")
    if out is not None:
        _film(chosen, seed, out, quiet=as_json)
    holds = all(row["rate"] >= _RATE for row in rows)
    if as_json:
        typer.echo(json.dumps({"holds": holds, "tasks": rows}, ensure_ascii=False, indent=1))
    if not holds:
        raise typer.Exit(1)


def bench(
    names: Names = None,
    arm: Robot = "ur5e",
    worlds: Annotated[int, typer.Option(min=1, max=4096, help="That are stepped together.")] = 1,
    draw: Annotated[bool, typer.Option("--draw/--no-draw", help="Pictures of both cameras too, at 224 x 224.")] = True,
    as_json: Json = False,
) -> None:
    """Measure how fast the laboratory is while an expert works, beside its peer. Without a task, all."""
    from afterlore.lab.speed import PEER_SETS, speeds

    rows = []
    for speed in speeds(_chosen(names, not names, arm), worlds, draw=draw):
        rows.append(
            {
                "task": speed.task,
                "worlds": speed.worlds,
                "real_time": round(speed.real_time, 1),
                "physics": round(speed.physics, 1),
                "peer_ratio": round(speed.peer, 1) if speed.peer else None,
                "sets_a_second": round(speed.sets_a_second, 1) if draw else None,
                "sets_peer_ratio": round(speed.sets_a_second / PEER_SETS, 1) if draw else None,
            }
        )
    if as_json:
        typer.echo(json.dumps({"tasks": rows}, ensure_ascii=False, indent=1))
        return
    head = ["", "worlds", "x real time", "without the expert", "x peer", "sets/s", "x peer"]
    _table([["–" if value is None else str(value) for value in row.values()] for row in rows], head, left=1)


def _chosen(names: list[str] | None, every: bool, arm: str) -> "list[Task]":
    from afterlore.lab.tasks.all import TASKS, task

    ready = [entry.id for entry in TASKS.values() if entry.task]
    if not every and not names:
        raise InputError(f"name a task, or give --all; there are: {', '.join(ready)}")
    return [task(name, arm) for name in (ready if every else dict.fromkeys(names or []))]


def _folder(out: Path) -> None:
    """Made before the work begins, so that nothing is lost where it cannot be."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{str(out)!r} is no folder that can be written to: {error.strerror}") from error


def _film(chosen: "list[Task]", seed: int, out: Path, *, quiet: bool) -> None:
    from afterlore.app.terminal import Bar
    from afterlore.lab.filming import show

    with Bar(quiet=quiet) as bar:
        bar.stage("film", 0)
        files = show(chosen, seed, out, done=bar.advance)
    if not quiet:
        for path in files:
            typer.echo(str(path))


def _row(found: "Trials") -> dict[str, Any]:
    times = [episode.seconds for episode in found.episodes if episode.success]
    return {
        "task": found.task,
        "policy": found.policy,
        "successes": found.successes,
        "rate": round(found.rate, 4),
        "interval": [round(end, 4) for end in found.interval],
        "mean_seconds": round(sum(times) / len(times), 2) if times else None,
        "episodes": [
            {
                "seed": episode.seed,
                "success": episode.success,
                "seconds": round(episode.seconds, 2),
                "failed": list(episode.failed),
                "said": episode.said,
            }
            for episode in found.episodes
        ],
    }


def _line(episode: dict[str, Any]) -> str:
    end = "done" if episode["success"] else "not done"
    why = "; ".join([*(f"not {name}" for name in episode["failed"]), *filter(None, [episode["said"]])])
    return f"{episode['seed']}  {end} after {episode['seconds']:.1f} s{': ' if why else ''}{why}"


def _summary(row: dict[str, Any]) -> str:
    low, high = row["interval"]
    mean = f", {row['mean_seconds']:.1f} s on average" if row["mean_seconds"] else ""
    count = len(row["episodes"])
    return f"{row['task']}: {row['policy']} {row['successes']} of {count} [{low:.2f}, {high:.2f}]{mean}"


def _table(rows: list[list[str]], head: list[str] | None = None, *, left: int) -> None:
    from rich.markup import escape
    from rich.table import Table

    from afterlore.app.terminal import open_console

    table = Table(box=None, pad_edge=False, show_header=head is not None)
    for number, name in enumerate(head or [""] * len(rows[0])):
        table.add_column(name, justify="left" if number < left else "right", overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    open_console(sys.stdout).print(table)
