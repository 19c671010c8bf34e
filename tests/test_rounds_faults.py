"""The fault bench with rounds: whatever the endpoint does from the second round on, the first round's answer stands."""

import asyncio
from pathlib import Path

import pytest

from afterlore.core import Budget
from afterlore.journal import Runs
from afterlore.llm.attempts import Timing
from afterlore.llm.chat import Chat
from afterlore.llm.endpoint import Endpoint as Configured
from afterlore.llm.scripted import FAULTS, Body, Mode, Rule, ScriptedEndpoint, Turn, When, call, faulty
from afterlore.research.browse import browsing
from afterlore.research.loop import begin
from afterlore.research.rounds.rounds import Plan, Rounds, RoundsResult
from scripted_model import Library

PAGES = {"lib/ada": "Ada Lovelace wrote the first program in 1843. She was born in London."}
QUOTE = "Ada Lovelace wrote the first program in 1843."
RECORD = (
    '{"constraints": ["wrote the first program", "was born in 1815"], "evidence": [{"key": "n1", "claim": "she did",'
    f' "quote": "{QUOTE}", "address": "lib/ada"}}], "cells": [{{"candidate": "Ada Lovelace", "constraint":'
    ' "wrote the first program", "verdict": "supports", "evidence": ["n1"]}]}'
)
FIRST_ROUND = 4
"""Requests: search, visit, answer, record."""


def policy(body: Body) -> Turn:
    if not body.get("tools"):
        return Turn(RECORD)
    turns = sum(message["role"] == "tool" for message in body["messages"])
    if turns == 0 and len(body["tools"]) > 1:
        return Turn(calls=(call("search", queries=["first program"]),))
    if turns == 1 and len(body["tools"]) > 1:
        return Turn(calls=(call("visit", urls=["lib/ada"], goal="who"),))
    return Turn(calls=(call("answer", answer="Ada Lovelace", evidence=[{"address": "lib/ada", "quote": QUOTE}]),))


QUICK = ("overflow_openai", "unavailable", "cut", "garbage", "call_as_text", "arguments_cut")
"""Run each time; all of them in both modes take minutes."""
BENCH = [pytest.param(fault, marks=() if fault in QUICK else pytest.mark.slow) for fault in FAULTS]


@pytest.fixture(params=["strict", "lenient"])
def mode(request: pytest.FixtureRequest) -> Mode:
    return request.param  # type: ignore[no-any-return]


def go(path: Path, mode: Mode, *rules: Rule) -> RoundsResult:
    library = Library(PAGES)

    async def work(base_url: str, runs: Runs) -> RoundsResult:
        configured = Configured(name="local", base_url=base_url, model="scripted", timeout=0.5, retries=1)
        timing = Timing(sleep=lambda _: asyncio.sleep(0))
        async with Chat(configured, timing=timing) as model:
            rounds = Rounds(model, browsing(library, library), Plan(rounds=2))
            with begin(runs, "Who?", budget=Budget(calls=40), agent_version="1", settings={}) as run:
                return await rounds.run(run)

    served = ScriptedEndpoint(faulty(policy, *rules), mode=mode, usage=mode == "strict", keep=False)
    with served as endpoint, Runs(path / "runs.sqlite") as runs:
        result = asyncio.run(work(endpoint.base_url, runs))
        assert endpoint.count() <= 40
    return result


@pytest.mark.parametrize("fault", BENCH)
def test_a_fault_in_the_last_round_leaves_the_answer_of_the_first(tmp_path: Path, mode: Mode, fault: str) -> None:
    result = go(tmp_path, mode, Rule(FAULTS[fault], When(first=FIRST_ROUND + 1)))
    assert result.answer == "Ada Lovelace"
    assert [piece.quote for piece in result.evidence if piece.verified] == [QUOTE]
    assert result.stop_reason.startswith(("limit:", "failed:"))
    assert result.rounds == 2


@pytest.mark.parametrize("fault", BENCH)
def test_a_fault_from_the_beginning_ends_with_a_reason(tmp_path: Path, mode: Mode, fault: str) -> None:
    result = go(tmp_path, mode, Rule(FAULTS[fault]))
    assert result.stop_reason.startswith(("limit:", "failed:"))
    assert not any(piece.verified for piece in result.evidence) or result.answer


@pytest.mark.parametrize("fault", BENCH)
def test_a_fault_while_compressing_costs_only_the_record(tmp_path: Path, mode: Mode, fault: str) -> None:
    result = go(tmp_path, mode, Rule(FAULTS[fault], When(tools="none")))
    assert (result.answer, result.stop_reason) == ("Ada Lovelace", "limit:rounds")
    assert [piece.quote for piece in result.evidence if piece.verified] == [QUOTE]
