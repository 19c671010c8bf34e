"""``afterlore ask`` and ``afterlore runs``: put a question to an agent that searches and reads; look at what it did."""

import json
import shlex
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from afterlore import __version__
from afterlore.app import config, logs, models
from afterlore.core import Budget, ConfigError, InputError, Interrupted, NotFoundError

if TYPE_CHECKING:
    from afterlore.core import ChatModel, Reader, Searcher
    from afterlore.journal import Event, Head, Run, RunRow, Runs
    from afterlore.llm.endpoint import Endpoint
    from afterlore.research.rounds.rounds import Plan, RoundsResult
    from afterlore.research.state import Result

__all__ = ["ask", "runs_app"]

runs_app = typer.Typer(help="What agents did: each run step by step, kept so that it can be resumed.")

SCRIPTED = "scripted"
"""The name of the rules that stand in for a model."""
_DEFAULT = Budget(calls=40)
_NOTICE = (
    "no model was asked: the scripted rules searched and answered. That shows the mechanism, and nothing of what a "
    "model can do"
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Where runs and imported corpora are kept.", metavar="DIR", show_default=False),
]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="Its id, or the beginning of it.")]


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
    if resume is not None and (rounds is not None or branches is not None):
        raise InputError("a run goes on with the rounds that it was begun with; leave --rounds and --branches out")
    plan = chosen_plan(rounds, branches, limits or _DEFAULT)
    with ExitStack() as stack:
        runs = row = head = state = None
        if resume is not None:
            runs = stack.enter_context(_open_runs(data_dir))
            row = runs.find(resume)
            head = Head.from_json(row.head)
            plan = plan_of(head.settings)
            # A run in rounds knows itself when there is nothing to go on with.
            state = State.of(row, runs.events(row.id)) if plan is None else None
        chosen = _chosen(corpus, context, web, model, {} if head is None else head.settings)
        result: Result | RoundsResult
        if state is not None and state.outcome is not None and not state.can_reopen(limits):
            result = state.result()
        else:
            # All that can be wrong with what was asked for is said before anything is put down.
            before = state.budget if state is not None else _DEFAULT if head is None else head.budget
            chosen["model"] = _able(settings, chosen["model"], limits or before)
            run = None
            if runs is not None and row is not None:
                run = stack.enter_context(runs.resume(row.id))
            source = stack.enter_context(_source(settings, chosen, web, _data(data_dir)))
            if run is None:
                kept = chosen if plan is None else {**chosen, "plan": plan.settings}
                run = stack.enter_context(_begun(question or "", limits or _DEFAULT, kept, data_dir))
            silent = quiet or as_json
            result = _watched(settings, chosen, source, run, limits, plan, quiet=silent, data_dir=data_dir)
    if as_json:
        typer.echo(json.dumps(_shown(result, chosen), ensure_ascii=False, indent=1))
    else:
        _print(result)
        if not quiet:
            _report(result, chosen, data_dir)
    return 0 if result.answer is not None else 3


@contextmanager
def _begun(question: str, budget: Budget, chosen: dict[str, Any], data_dir: Path | None) -> "Iterator[Run]":
    """A new run, on record."""
    from afterlore.research.loop import begin

    with (
        _open_runs(data_dir, new=True) as runs,
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
        go_on = f"afterlore ask --resume {run.id}{_place(data_dir)}"
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
        model, context = await stack.enter_async_context(_model(settings, chosen["model"]))
        limits = Limits() if context is None else Limits(context=context * 3 // 4)
        tools = browsing(searcher, reader)
        if plan is not None:
            return await Rounds(model, tools, plan, limits, watch.event).run(run, budget=budget)
        return await Loop(model, tools, limits, watch).run(run, budget=budget)


@asynccontextmanager
async def _model(settings: config.Settings, name: str) -> "AsyncIterator[tuple[ChatModel, int | None]]":
    """The model, and how many tokens it takes where that is known."""
    from afterlore.llm.chat import Chat
    from afterlore.llm.endpoint import Endpoint, Prices

    async with AsyncExitStack() as stack:
        if name == SCRIPTED:
            from afterlore.llm.scripted import ScriptedEndpoint
            from afterlore.llm.scripted.searcher import searcher

            served = stack.enter_context(ScriptedEndpoint(searcher(), keep=False))
            free = Prices(input=Decimal(0))
            endpoint = Endpoint(name=SCRIPTED, base_url=served.base_url, model=SCRIPTED, prices=free)
        else:
            endpoint = _endpoint(settings, name)
        yield await stack.enter_async_context(Chat(endpoint)), endpoint.context


def _able(settings: config.Settings, name: str | None, budget: Budget) -> str:
    """The name of the model that is asked. Raises ConfigError where its key is not at hand, or its price is not known
    and the budget limits the cost.
    """
    from afterlore.llm.prices import require_prices

    if name == SCRIPTED:
        return SCRIPTED
    endpoint = _endpoint(settings, name)
    endpoint.key()
    require_prices(endpoint, budget)
    return endpoint.name


def _endpoint(settings: config.Settings, name: str | None) -> "Endpoint":
    """A configured model. Without any the error also says what needs none."""
    if not settings.models:
        wanted = f"model {name!r} is not configured" if name else "no model is configured"
        raise InputError(
            f"{wanted}; add a table [models.NAME] to {str(config.config_file())!r} (docs/models.md), or try the "
            f"mechanism without one: --model {SCRIPTED}"
        )
    return models.endpoint(settings, name)


def _chosen(
    corpus: Path | None, context: Path | None, web: str | None, model: str | None, known: dict[str, Any]
) -> dict[str, Any]:
    """Where to search and whom to ask: as given, else as the run had it. It is stored, so no password is in it."""
    from afterlore.web.urls import redact

    if sum(given is not None for given in (corpus, context, web)) > 1:
        raise InputError("--corpus, --context and --web exclude each other; name one")
    service, equals, url = (web or "").partition("=")
    named = {
        "corpus": None if corpus is None else str(corpus.resolve()),
        "context": None if context is None else str(context.resolve()),
        "web": None if web is None else service + equals + redact(url),
    }
    if not any(named.values()):
        named = {name: known.get(name) for name in named}
    if not any(named.values()):
        raise InputError("name what to search: --corpus PATH, --context DIR or --web searxng=URL")
    return {**named, "model": model or known.get("model")}


@contextmanager
def _source(
    settings: config.Settings, chosen: dict[str, Any], web: str | None, data: Path
) -> "Iterator[tuple[Searcher, Reader]]":
    from afterlore.research.search.corpus import open_context, open_corpus

    if chosen["web"]:
        from afterlore.research.search.pages import PageReader
        from afterlore.web.fetch import Fetcher

        if settings.offline:
            raise InputError("offline nothing is fetched; search with --corpus PATH, or unset AFTERLORE_OFFLINE")
        searcher = _service(settings, web or chosen["web"])
        with Fetcher(allow_hosts=settings.allow_hosts) as fetcher:
            yield searcher, PageReader(fetcher)
        return
    if chosen["corpus"]:
        opened = open_corpus(Path(chosen["corpus"]), data=data)
    else:
        opened = open_context(Path(chosen["context"]))
    with opened as source:
        yield source, source


def _service(settings: config.Settings, web: str) -> "Searcher":
    from afterlore.research.search.services import Brave, SearXNG, Serper, Tavily

    name, equals, url = web.partition("=")
    if "***@" in url:
        raise InputError("the password of the service is not stored; give --web searxng=URL again")
    if name == "searxng" and url:
        return SearXNG(url)
    keyed: dict[str, Callable[[str], Searcher]] = {"serper": Serper, "brave": Brave, "tavily": Tavily}
    if name not in keyed or equals:
        raise InputError(f"--web {web!r}: write searxng=URL, or one of: {', '.join(keyed)}")
    key = getattr(settings, f"{name}_key")
    if key is None:
        raise ConfigError(f"{name} needs a key; set AFTERLORE_{name.upper()}_KEY")
    return keyed[name](key.get_secret_value())


def _data(data_dir: Path | None) -> Path:
    import platformdirs

    return data_dir or Path(platformdirs.user_data_dir("afterlore", appauthor=False))


def _place(data_dir: Path | None) -> str:
    """The option, as it is typed again."""
    return "" if data_dir is None else f" --data-dir {shlex.quote(str(data_dir))}"


@contextmanager
def _open_runs(data_dir: Path | None, *, new: bool = False) -> "Iterator[Runs]":
    """The runs, which only ``new`` may make: looking for them where there are none must leave nothing behind."""
    from afterlore.journal import Runs

    path = _data(data_dir) / "runs.sqlite"
    if not new and not path.is_file():
        raise NotFoundError(f"there are no runs in {str(path.parent)!r} yet; afterlore ask makes one")
    with Runs(path) as runs:
        yield runs


def _print(result: "Result | RoundsResult") -> None:
    from afterlore.app.rounds import print_rounds
    from afterlore.app.watch import print_result
    from afterlore.research.state import Result

    if isinstance(result, Result):
        print_result(result)
    else:
        print_rounds(result)


def _shown(result: "Result | RoundsResult", chosen: dict[str, Any]) -> dict[str, Any]:
    from afterlore.app.rounds import rounds_json
    from afterlore.research.state import Result

    told = result.model_dump(mode="json") if isinstance(result, Result) else rounds_json(result)
    row: dict[str, Any] = {**told, "model": chosen.get("model")}
    if chosen.get("model") == SCRIPTED:
        row["notice"] = _NOTICE
    return row


def _report(result: "Result | RoundsResult", chosen: dict[str, Any], data_dir: Path | None) -> None:
    from afterlore.app.watch import plural
    from afterlore.research.state import Result

    usage = result.usage
    size = f"{result.steps} steps" if isinstance(result, Result) else plural(result.rounds, "round")
    tokens = "unknown" if usage.tokens is None else f"{usage.tokens:,}"
    cost = "unknown" if usage.cost is None else f"${usage.cost}"
    place = _place(data_dir)
    requests = plural(usage.attempts, "request")
    typer.echo(f"\n{size}, {requests}, {tokens} tokens, cost {cost}, {result.seconds:.1f} s")
    typer.echo(f"step by step: afterlore runs show {result.run}{place}")
    typer.echo(f"as a page: afterlore runs replay {result.run}{place}")
    if result.stop_reason not in ("answered", "running", "limit:rounds"):
        typer.echo(f"go on: afterlore ask --resume {result.run}{_more(result)}{place}")
    if chosen.get("model") == SCRIPTED:
        typer.echo(_NOTICE)


def _more(result: "Result | RoundsResult") -> str:
    """The option that allows twice as much of what ran out, and else the same."""
    limit = result.stop_reason.removeprefix("limit:")
    limits = {name: value for name, value in result.budget if value is not None}
    if limit not in limits:
        return ""
    limits[limit] = 2 * limits[limit] or 40
    return " --budget " + ",".join(f"{name}={Decimal(str(value)).normalize():f}" for name, value in limits.items())


@runs_app.command("ls")
def list_runs(data_dir: DataDir = None, as_json: Json = False) -> None:
    """All runs, the latest first."""
    from afterlore.report import one_line

    with _open_runs(data_dir) as runs:
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


@runs_app.command("show")
def show_run(id: RunId, data_dir: DataDir = None, as_json: Json = False) -> None:
    """One run: what was done, what was found and how it ended."""
    from afterlore.app.rounds import plan_of
    from afterlore.journal import Head

    with _open_runs(data_dir) as runs:
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
        value = {"result": _shown(result, head.settings), "settings": head.settings, **trajectories}
        typer.echo(json.dumps(value, ensure_ascii=False, indent=1))
        return
    _print(result)
    _report(result, head.settings, data_dir)


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


@runs_app.command("replay")
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

    with _open_runs(data_dir) as runs:
        row = runs.find(id)
        head = Head.from_json(row.head)
        notice = f"Here {_NOTICE[0].lower()}{_NOTICE[1:]}." if head.settings.get("model") == SCRIPTED else ""
        text = page(row.id, head, runs.events(row.id), runs.blob, notice=notice)
    path = out or Path(f"{row.id}.html")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    typer.echo(json.dumps({"run": row.id, "page": str(path)}, ensure_ascii=False) if as_json else str(path))


@runs_app.command("cancel")
def cancel_run(id: RunId, data_dir: DataDir = None, as_json: Json = False) -> None:
    """End a run that another process works on, before its next step. It can be resumed."""
    with _open_runs(data_dir) as runs:
        row = runs.find(id)
        running = runs.cancel(row.id)
    if as_json:
        typer.echo(json.dumps({"run": row.id, "running": running}))
    else:
        typer.echo(f"{row.id} will end before its next step" if running else f"nobody works on {row.id}")
