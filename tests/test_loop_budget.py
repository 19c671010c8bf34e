"""Workers that share a budget never go beyond it, as the other side counts: failed and repeated requests included."""

import asyncio
import random
from pathlib import Path

import pytest

from afterlore.core import Budget, Ledger, Request, Role
from afterlore.journal import Runs
from afterlore.llm.attempts import Timing
from afterlore.llm.chat import Chat
from afterlore.llm.endpoint import Endpoint
from afterlore.llm.scripted import FAULTS, Body, Rule, ScriptedEndpoint, Turn, When, faulty
from afterlore.llm.scripted import call as scripted_call
from afterlore.research.browse import browsing
from afterlore.research.loop import Loop, begin
from afterlore.research.state import Result
from scripted_model import Answer, Library, Played, call, calls, says

PAGES = {f"lib/{n}": f"Page {n} of the library." for n in range(5)}
WORKERS = 4


def worker(rng: random.Random) -> "Loop":
    """Searches and reads for a while, fails as endpoints do, then answers or goes on for ever."""
    patience = rng.choice((2, 5, 12, 99))

    def policy(request: Request) -> Answer:
        turns = sum(message.role is Role.ASSISTANT for message in request.messages)
        if len(request.tools) == 1 or turns >= patience:
            return says(rng.choice(("It is so.", "", '{"name": "search", "arguments": {}}')))
        return calls(call("search", queries=[f"page {rng.random()}"]), call("visit", urls=[f"lib/{rng.randrange(6)}"]))

    library = Library(PAGES)
    return Loop(
        Played(policy, faults=rng.choice((0.0, 0.1, 0.4)), seed=rng.randrange(1 << 30)), browsing(library, library)
    )


async def together(runs: Runs, seed: int, ledger: Ledger) -> tuple[int, list[Result]]:
    """Four workers over one ledger: requests that the other side counted, and how each ended."""
    rng = random.Random(seed)
    loops = [worker(rng) for _ in range(WORKERS)]
    begun = [
        begin(runs, f"Question {n}?", budget=ledger.budget, agent_version="1", settings={}) for n in range(WORKERS)
    ]
    try:
        ends = await asyncio.gather(*(loop.run(run, ledger=ledger) for loop, run in zip(loops, begun, strict=True)))
    finally:
        for run in begun:
            run.close()
    received = 0
    for loop in loops:
        assert isinstance(loop.model, Played)
        received += loop.model.received
    return received, ends


@pytest.mark.parametrize(
    "seeds", [range(100), *(pytest.param(range(at, at + 225), marks=pytest.mark.slow) for at in range(100, 1000, 225))]
)
def test_forty_calls_are_never_exceeded(tmp_path: Path, seeds: range) -> None:
    reasons: set[str] = set()
    most = 0
    with Runs(tmp_path / "runs.sqlite") as runs:
        for seed in seeds:
            ledger = Ledger(Budget(calls=40))
            received, ends = asyncio.run(together(runs, seed, ledger))
            assert received <= 40
            # What is counted here is what the other side counts, and nothing is left reserved.
            assert ledger.calls == received
            assert ledger.left().calls == 40 - received
            assert sum(end.usage.attempts for end in ends) == received
            assert all(end.answer is not None or end.stop_reason != "answered" for end in ends)
            reasons |= {end.stop_reason for end in ends}
            most = max(most, received)
    assert most == 40
    assert {"answered", "limit:calls", "failed:unavailable", "failed:no_answer"} <= reasons


@pytest.mark.parametrize("seed", range(6))
def test_forty_calls_are_never_exceeded_over_http(tmp_path: Path, seed: int) -> None:
    """The same through the real client and a real socket, which both count by themselves."""
    rng = random.Random(seed)

    def policy(body: Body) -> Turn:
        if len(body["tools"]) == 1 or rng.random() < 0.03:
            return Turn("It is so.")
        return Turn(calls=(scripted_call("search", queries=[f"page {rng.random()}"]),))

    faults = [FAULTS[name] for name in ("rate_limited", "server_error", "cut", "reset", "html_page", "arguments_cut")]
    rules = [Rule(fault, When(p=0.08, seed=seed * 10 + number)) for number, fault in enumerate(faults)]
    library = Library(PAGES)

    async def work(base_url: str, runs: Runs, ledger: Ledger) -> list[Result]:
        timing = Timing(sleep=lambda _: asyncio.sleep(0))
        async with Chat(Endpoint(name="local", base_url=base_url, model="scripted"), timing=timing) as model:
            loop = Loop(model, browsing(library, library))
            begun = [
                begin(runs, "Which?", budget=ledger.budget, agent_version="1", settings={}) for _ in range(WORKERS)
            ]
            try:
                return await asyncio.gather(*(loop.run(run, ledger=ledger) for run in begun))
            finally:
                for run in begun:
                    run.close()

    ledger = Ledger(Budget(calls=40))
    with ScriptedEndpoint(faulty(policy, *rules), keep=False) as endpoint, Runs(tmp_path / "runs.sqlite") as runs:
        ends = asyncio.run(work(endpoint.base_url, runs, ledger))
        assert 5 <= endpoint.count() <= ledger.calls <= 40
    assert all(end.answer is not None or end.stop_reason.startswith(("limit:", "failed:")) for end in ends)
