"""The fault bench: the loop is run through every scenario, over real HTTP, and what came of it is held against the
library's own record and the journal.

It shows that nothing that goes wrong is fatal. How good answers are, it does not show: a searcher by rules stands in
for the model.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from itertools import chain, product
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from afterlore.core import NotFoundError
from afterlore.journal import Head, Runs, fold
from afterlore.llm.attempts import Timing
from afterlore.llm.chat import Chat
from afterlore.llm.endpoint import Endpoint
from afterlore.llm.scripted import Mode, Rule, ScriptedEndpoint, faulty, searcher
from afterlore.research.browse import browsing
from afterlore.research.faults.library import ANSWER, PAGES, QUESTION, Library
from afterlore.research.faults.scenarios import LONG_ENOUGH, SCENARIOS, Answered, Scenario
from afterlore.research.loop import Limits, Loop, begin
from afterlore.research.state import Result

__all__ = ["Row", "bench"]

_KEY = "sk-bench-4f1d0c9ab2e7"
_RETRIES = 3


@dataclass(frozen=True)
class Row:
    """What came of one scenario."""

    name: str
    mode: Mode
    usage: bool
    answer: str | None
    stop_reason: str
    """Empty where something was not caught."""
    uncaught: bool
    evidence_kept: bool
    """All that tools gave stands in the journal and the trajectory, and the person is told of it."""
    problem: str
    """What is not as it must be; empty when all is."""


def bench(
    scenarios: Iterable[Scenario] = SCENARIOS,
    *,
    modes: Iterable[Mode] = ("strict", "lenient"),
    usages: Iterable[bool] = (True, False),
    told: Callable[[Row], None] = lambda _: None,
) -> tuple[Row, ...]:
    """Every scenario in every mode, with and without reported usage; ``told`` is given each row as it comes.

    The modes run side by side, each against an endpoint of its own; the rows are in order.
    """
    chosen = tuple(scenarios)

    async def all_of_them(folder: Path) -> list[tuple[Row, ...]]:
        sides = product(modes, usages)
        return await asyncio.gather(*(_side(chosen, mode, usage, folder, told) for mode, usage in sides))

    with TemporaryDirectory(prefix="afterlore-faults-") as folder:
        return tuple(chain.from_iterable(asyncio.run(all_of_them(Path(folder)))))


async def _side(
    scenarios: Iterable[Scenario], mode: Mode, usage: bool, folder: Path, told: Callable[[Row], None]
) -> tuple[Row, ...]:
    rows = []
    async with AsyncExitStack() as stack:
        runs = stack.enter_context(Runs(folder / f"{mode}-{usage}.sqlite"))
        served = stack.enter_context(ScriptedEndpoint(searcher(), mode=mode, usage=usage, key=_KEY))
        models: dict[tuple[float, bool], Chat] = {}
        for scenario in scenarios:
            kind = (scenario.timeout, scenario.stream)
            if kind not in models:
                models[kind] = await stack.enter_async_context(_model(scenario, served))
            rows.append(await _row(scenario, models[kind], served, runs))
            told(rows[-1])
    return tuple(rows)


def _model(scenario: Scenario, served: ScriptedEndpoint) -> Chat:
    endpoint = Endpoint(
        name="scripted",
        base_url=served.base_url,
        model="scripted",
        api_key=SecretStr(_KEY),
        timeout=scenario.timeout,
        longest=scenario.timeout,
        retries=_RETRIES,
        stream=scenario.stream,
    )
    return Chat(endpoint, timing=Timing(sleep=_at_once))


async def _row(scenario: Scenario, model: Chat, served: ScriptedEndpoint, runs: Runs) -> Row:
    came: list[Rule] = []
    served.play(faulty(searcher(), *scenario.rules, told=came.append))
    library = Library(scenario.trouble)
    tools = tuple(replace(tool, seconds=scenario.patience) for tool in browsing(library, library))
    loop = Loop(model, tools, Limits(context=scenario.context))
    row = Row(scenario.name, served.mode, served.usage, None, "", uncaught=True, evidence_kept=False, problem="")
    try:
        with begin(runs, QUESTION, budget=scenario.budget, agent_version="bench", settings={}) as run:
            result = await loop.run(run)
    # Whatever comes out of a run is what this bench looks for.
    except Exception as error:  # noqa: BLE001
        return replace(row, problem=f"{type(error).__name__}: {error}")
    lost = _lost(result, runs, library)
    vain = "its fault never came" if scenario.rules and not came else ""
    return replace(
        row,
        answer=result.answer,
        stop_reason=result.stop_reason,
        uncaught=False,
        evidence_kept=not lost,
        problem=vain or lost or _leak(result, runs, served) or _wrong(scenario, result, library, served),
    )


async def _at_once(_: float) -> None:
    """How long a client waits between attempts is no matter of this bench."""
    await asyncio.sleep(0)


def _lost(result: Result, runs: Runs, library: Library) -> str:
    """What tools gave that does not stand in the journal or the trajectory, or that the person is not told of."""
    row = runs.find(result.run)
    trajectory = fold(row.id, Head.from_json(row.head), runs.events(row.id))
    shown = "\n".join(one.content for step in trajectory.steps for one in step.results)
    told = {(page.address, page.sha256) for page in result.findings.pages}
    for page in library.returned:
        try:
            stored = runs.blob(page.sha256)
        except NotFoundError:
            return f"the text of {page.address!r} is not in the journal"
        if stored != page.text or page.address not in shown:
            return f"the page {page.address!r} is not in the trajectory as it was read"
        if (page.address, page.sha256) not in told:
            return f"the person is not told of the page {page.address!r}"
    for query in library.searched:
        if not result.findings.has_query(query) or repr(query) not in shown:
            return f"the search for {query!r} is not on record"
    return ""


def _leak(result: Result, runs: Runs, served: ScriptedEndpoint) -> str:
    """Where the key is found that must be nowhere but in the requests."""
    if not all(_KEY in seen.headers.get("authorization", "") for seen in served.seen):
        return "a request came without the key"
    if _KEY in result.to_json() or any(_KEY in event.body for event in runs.events(result.run)):
        return "the key is in what was stored or told"
    return ""


def _wrong(scenario: Scenario, result: Result, library: Library, served: ScriptedEndpoint) -> str:
    """What did not come out as the scenario says."""
    answered: Answered = "none" if result.answer is None else "right" if result.answer == ANSWER else "other"
    if (result.stop_reason, answered) != (scenario.stop, scenario.answered):
        return f"expected {scenario.stop} with {scenario.answered} answer, not {result.stop_reason} with {answered}"
    if answered == "right" and not (
        result.evidence and all(quote.status == "quote-verified" for quote in result.evidence)
    ):
        return "the right answer lacks verified quotes"
    if strange := set(library.asked) - PAGES.keys():
        return f"what no search gave was asked for: {strange}"
    # A client that waits so little may leave before its request arrives.
    missed = result.usage.attempts - served.count()
    if missed < 0 or (missed and scenario.timeout >= LONG_ENOUGH):
        return f"{result.usage.attempts} attempts are on record, {served.count()} requests came"
    return ""
