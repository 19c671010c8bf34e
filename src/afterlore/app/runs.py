"""``afterlore runs``: look at what agents did, and how a result is told to people and machines."""

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from afterlore.app.agent import NOTICE, SCRIPTED, DataDir, Json, open_runs, place

if TYPE_CHECKING:
    from afterlore.journal import Event, Head, RunRow
    from afterlore.research.rounds.rounds import Plan, RoundsResult
    from afterlore.research.state import Result

__all__ = ["app", "print_any", "report", "shown"]

app = typer.Typer(help="What agents did: each run step by step, kept so that it can be resumed.")

RunId = Annotated[str, typer.Argument(metavar="RUN", help="Its id, or the beginning of it.")]


@app.command("ls")
def list_runs(data_dir: DataDir = None, as_json: Json = False) -> None:
    """All runs, the latest first."""
    from afterlore.report import one_line

    with open_runs(data_dir) as runs:
        rows = [_row(row) for row in runs.ls()]
    if as_json:
        typer.echo(json.dumps({"runs": rows}, ensure_ascii=False, indent=1))
        return
    for row in rows:
        typer.echo(f"{row['run']}  {row['state']:<20}  {row['events']:>5} events  {one_line(row['question'])[:70]}")


def _row(row: "RunRow") -> dict[str, Any]:
    from afterlore.app.rounds import plan_of
    from afterlore.journal import Head
    from afterlore.journal.trajectory import read_outcome

    head = Head.from_json(row.head)
    state = "running" if row.running else "interrupted"
    if row.last is not None and row.last.kind == "ended":
        state = read_outcome(row.last.body).stop_reason
    return {
        "run": row.id,
        "began": row.began.isoformat(),
        "state": state,
        "events": row.events,
        "rounds": 1 if (plan := plan_of(head.settings)) is None else plan.attempts,
        "agent": head.agent,
        "question": head.task.prompt,
    }


@app.command("show")
def show_run(id: RunId, data_dir: DataDir = None, as_json: Json = False) -> None:
    """One run: what was done, what was found and how it ended."""
    from afterlore.app.rounds import plan_of
    from afterlore.journal import Head

    with open_runs(data_dir) as runs:
        row = runs.find(id)
        events = runs.events(row.id)
    head = Head.from_json(row.head)
    plan = plan_of(head.settings)
    begun = f"run {row.id}, begun {row.began:%Y-%m-%d %H:%M:%S} UTC\n{head.task.prompt}\n"
    result: Result | RoundsResult
    if plan is None:
        result, trajectories = _show_one(row, head, events, begun, quiet=as_json)
    else:
        result, trajectories = _show_rounds(row, head, events, begun, plan, quiet=as_json)
    if as_json:
        value = {"result": shown(result, head.settings), "settings": head.settings, **trajectories}
        typer.echo(json.dumps(value, ensure_ascii=False, indent=1))
        return
    print_any(result)
    report(result, head.settings, data_dir)


def _show_one(
    row: "RunRow", head: "Head", events: "list[Event]", begun: str, *, quiet: bool
) -> "tuple[Result, dict[str, Any]]":
    from afterlore.app.watch import Watch
    from afterlore.journal import fold
    from afterlore.research.state import State

    state = State.of(row, events)
    watch = Watch(quiet=quiet, to_stdout=True)
    watch.note(begun)
    for step in state.steps:
        watch.replay(step)
    trajectory = fold(row.id, head, events).model_dump(mode="json")
    return state.result(running=row.running), {"trajectory": trajectory}


def _show_rounds(
    row: "RunRow", head: "Head", events: "list[Event]", begun: str, plan: "Plan", *, quiet: bool
) -> "tuple[RoundsResult, dict[str, Any]]":
    from afterlore.app.rounds import RoundsWatch
    from afterlore.research.rounds.log import Progress
    from afterlore.research.rounds.rounds import result_of

    progress = Progress(head)
    watch = RoundsWatch(plan, quiet=quiet, to_stdout=True)
    watch.note(begun)
    for event in events:
        progress.apply(event)
        watch.event(progress, event)
    result = result_of(row.id, progress, plan.method)
    if row.running and progress.outcome is None:
        result = result.model_copy(update={"stop_reason": "running"})
    trajectories = [one.model_dump(mode="json") for one in progress.trajectories(row.id)]
    return result, {"trajectories": trajectories}


@app.command("replay")
def replay_run(
    id: RunId,
    out: Annotated[
        Path | None,
        typer.Option(help="The page. Without it: RUN.html in this folder.", metavar="FILE", show_default=False),
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """One run as a page: its answer, the evidence in its pages, and what each round added."""
    from afterlore.journal import Head
    from afterlore.research.replay import page

    with open_runs(data_dir) as runs:
        row = runs.find(id)
        head = Head.from_json(row.head)
        notice = f"Here {NOTICE[0].lower()}{NOTICE[1:]}." if head.settings.get("model") == SCRIPTED else ""
        text = page(row.id, head, runs.events(row.id), runs.blob, notice=notice)
    path = out or Path(f"{row.id}.html")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    typer.echo(json.dumps({"run": row.id, "page": str(path)}, ensure_ascii=False) if as_json else str(path))


@app.command("cancel")
def cancel_run(id: RunId, data_dir: DataDir = None, as_json: Json = False) -> None:
    """End a run that another process works on, before its next step. It can be resumed."""
    with open_runs(data_dir) as runs:
        row = runs.find(id)
        running = runs.cancel(row.id)
    if as_json:
        typer.echo(json.dumps({"run": row.id, "running": running}))
    else:
        typer.echo(f"{row.id} will end before its next step" if running else f"nobody works on {row.id}")


def print_any(result: "Result | RoundsResult") -> None:
    from afterlore.app.rounds import print_rounds
    from afterlore.app.watch import print_result
    from afterlore.research.state import Result

    if isinstance(result, Result):
        print_result(result)
    else:
        print_rounds(result)


def shown(result: "Result | RoundsResult", chosen: dict[str, Any]) -> dict[str, Any]:
    from afterlore.app.rounds import rounds_json
    from afterlore.research.state import Result

    told = result.model_dump(mode="json") if isinstance(result, Result) else rounds_json(result)
    row: dict[str, Any] = {**told, "model": chosen.get("model")}
    if chosen.get("model") == SCRIPTED:
        row["notice"] = NOTICE
    return row


def report(result: "Result | RoundsResult", chosen: dict[str, Any], data_dir: Path | None) -> None:
    from afterlore.app.watch import plural
    from afterlore.research.state import Result

    usage = result.usage
    size = f"{result.steps} steps" if isinstance(result, Result) else plural(result.rounds, "round")
    tokens = "unknown" if usage.tokens is None else f"{usage.tokens:,}"
    cost = "unknown" if usage.cost is None else f"${usage.cost}"
    where = place(data_dir)
    requests = plural(usage.attempts, "request")
    typer.echo(f"\n{size}, {requests}, {tokens} tokens, cost {cost}, {result.seconds:.1f} s")
    typer.echo(f"step by step: afterlore runs show {result.run}{where}")
    typer.echo(f"as a page: afterlore runs replay {result.run}{where}")
    if result.stop_reason == "limit:rounds" and not isinstance(result, Result):
        typer.echo(f"go on: afterlore ask --resume {result.run} --rounds {2 * result.rounds}{where}")
    elif result.stop_reason not in ("answered", "running"):
        typer.echo(f"go on: afterlore ask --resume {result.run}{_more(result)}{where}")
    if chosen.get("model") == SCRIPTED:
        typer.echo(NOTICE)


def _more(result: "Result | RoundsResult") -> str:
    """The option that allows twice as much of what ran out, and else the same."""
    limit = result.stop_reason.removeprefix("limit:")
    limits = {name: value for name, value in result.budget if value is not None}
    if limit not in limits:
        return ""
    limits[limit] = 2 * limits[limit] or 40
    return " --budget " + ",".join(f"{name}={Decimal(str(value)).normalize():f}" for name, value in limits.items())
