"""``afterlore ask``: put a question to an agent that searches and reads."""

import json
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from afterlore import __version__
from afterlore.app import config, logs
from afterlore.app.agent import (
    SCRIPTED,
    DataDir,
    Json,
    able,
    chosen_source,
    data_folder,
    open_model,
    open_runs,
    open_source,
    place,
)
from afterlore.app.runs import print_any, report, shown
from afterlore.core import Budget, InputError, Interrupted

if TYPE_CHECKING:
    from afterlore.core import Reader, Searcher
    from afterlore.journal import Run
    from afterlore.research.rounds.rounds import Plan, RoundsResult
    from afterlore.research.state import Result

__all__ = ["ask"]

_DEFAULT = Budget(calls=40)


def ask(
    question: Annotated[str | None, typer.Argument(metavar="QUESTION", show_default=False)] = None,
    corpus: Annotated[
        Path | None,
        typer.Option(help="Search a folder, a document or a file of JSON lines.", metavar="PATH", show_default=False),
    ] = None,
    context: Annotated[
        Path | None,
        typer.Option(help="Search a context database, as it is.", metavar="DIR", show_default=False),
    ] = None,
    web: Annotated[
        str | None,
        typer.Option(
            help="Search the web by a service; keys stand in AFTERLORE_SERPER_KEY and the like.",
            metavar="searxng=URL|serper|brave|tavily",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help=f"A configured model; {SCRIPTED!r} is rules that need none, for trying things out.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            help="What it may use: calls=40,tokens=200000,cost=0.50,seconds=600,depth=20. Without it: calls=40.",
            metavar="LIMITS",
            show_default=False,
        ),
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Search in so many rounds at most, what is known carried from one to the next.",
            metavar="N",
            show_default=False,
        ),
    ] = None,
    branches: Annotated[
        int | None,
        typer.Option(
            min=1, help="Branches side by side in each round. Without it: 1.", metavar="K", show_default=False
        ),
    ] = None,
    resume: Annotated[
        str | None, typer.Option(help="Go on with a run that was interrupted, ran out or failed.", metavar="RUN")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No steps, only the answer and errors.")] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> int:
    """Search, read and answer, with quotes that are checked against what was read.

    Exit code 0 with an answer, 3 without one.
    """
    from afterlore.app.rounds import chosen_plan, plan_of
    from afterlore.journal import Head
    from afterlore.research.loop import check_question
    from afterlore.research.state import State

    settings = config.load()
    logs.configure(settings)
    limits = None if budget is None else Budget.parse(budget)
    if limits == Budget():
        raise InputError(f"--budget {budget!r} names no limit; write calls=40, or leave it out")
    if (question is None) == (resume is None):
        raise InputError("give a QUESTION, or --resume RUN to go on with one")
    if question is not None:
        check_question(question)
    if resume is not None and branches is not None:
        raise InputError("a run goes on with the branches that it was begun with; leave --branches out")
    plan = chosen_plan(rounds, branches, limits or _DEFAULT)
    with ExitStack() as stack:
        runs = row = head = state = None
        if resume is not None:
            runs = stack.enter_context(open_runs(data_dir))
            row = runs.find(resume)
            head = Head.from_json(row.head)
            plan = plan_of(head.settings)
            if rounds is not None:
                if plan is None:
                    raise InputError("that run was begun without rounds; leave --rounds out, or ask anew with them")
                plan = replace(plan, rounds=rounds)
            # A run in rounds knows itself when there is nothing to go on with.
            state = State.of(row, runs.events(row.id)) if plan is None else None
        chosen = chosen_source(corpus, context, web, model, {} if head is None else head.settings)
        result: Result | RoundsResult
        if state is not None and state.outcome is not None and not state.can_reopen(limits):
            result = state.result()
        else:
            # All that can be wrong with what was asked for is said before anything is put down.
            before = state.budget if state is not None else _DEFAULT if head is None else head.budget
            chosen["model"] = able(settings, chosen["model"], limits or before)
            run = None
            if runs is not None and row is not None:
                run = stack.enter_context(runs.resume(row.id))
            source = stack.enter_context(open_source(settings, chosen, web, data_folder(data_dir)))
            if run is None:
                kept = chosen if plan is None else {**chosen, "plan": plan.settings}
                run = stack.enter_context(_begun(question or "", limits or _DEFAULT, kept, data_dir))
            silent = quiet or as_json
            result = _watched(settings, chosen, source, run, limits, plan, quiet=silent, data_dir=data_dir)
    if as_json:
        typer.echo(json.dumps(shown(result, chosen), ensure_ascii=False, indent=1))
    else:
        print_any(result)
        if not quiet:
            report(result, chosen, data_dir)
    return 0 if result.answer is not None else 3


@contextmanager
def _begun(question: str, budget: Budget, chosen: dict[str, Any], data_dir: Path | None) -> "Iterator[Run]":
    """A new run, on record."""
    from afterlore.research.loop import begin

    with (
        open_runs(data_dir, new=True) as runs,
        begin(runs, question, budget=budget, agent_version=__version__, settings=chosen) as run,
    ):
        yield run


def _watched(
    settings: config.Settings,
    chosen: dict[str, Any],
    source: "tuple[Searcher, Reader]",
    run: "Run",
    budget: Budget | None,
    plan: "Plan | None",
    *,
    quiet: bool,
    data_dir: Path | None,
) -> "Result | RoundsResult":
    """What comes of a run; a person sees it work. Raises Interrupted, which says how to go on."""
    import asyncio

    from afterlore.app.rounds import RoundsWatch
    from afterlore.app.watch import Watch

    try:
        with Watch(quiet=quiet) if plan is None else RoundsWatch(plan, quiet=quiet) as watch:
            watch.note(f"run {run.id}")
            return asyncio.run(_work(settings, chosen, source, run, budget, watch, plan))
    except KeyboardInterrupt:
        go_on = f"afterlore ask --resume {run.id}{place(data_dir)}"
        raise Interrupted(f"interrupted; all that was done is on record, go on with: {go_on}") from None


async def _work(
    settings: config.Settings, chosen: Any, source: Any, run: Any, budget: Any, watch: Any, plan: "Plan | None"
) -> "Result | RoundsResult":
    from afterlore.research.browse import browsing
    from afterlore.research.loop import Limits, Loop
    from afterlore.research.rounds.rounds import Rounds

    searcher, reader = source
    async with AsyncExitStack() as stack:
        if hasattr(searcher, "aclose"):
            stack.push_async_callback(searcher.aclose)
        model, context = await stack.enter_async_context(open_model(settings, chosen["model"]))
        limits = Limits() if context is None else Limits(context=context * 3 // 4)
        tools = browsing(searcher, reader)
        if plan is not None:
            return await Rounds(model, tools, plan, limits, watch.event).run(run, budget=budget)
        return await Loop(model, tools, limits, watch).run(run, budget=budget)
