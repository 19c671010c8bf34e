"""The simulation: worlds with one right answer, one policy for all methods, and the same over real HTTP."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from afterlore.core import Budget, ChatModel, Message, Request, Role, ToolSpec
from afterlore.journal import Runs
from afterlore.llm.chat import Chat
from afterlore.llm.endpoint import Endpoint as Configured
from afterlore.llm.scripted import ScriptedEndpoint, Turn
from afterlore.research.browse import browsing
from afterlore.research.loop import Limits, begin
from afterlore.research.rounds.methods import METHODS, method
from afterlore.research.rounds.rounds import Plan, Rounds
from afterlore.research.rounds.state import Status
from afterlore.research.simulate.bench import GRID, HEADLINE, Cell, Outcome, compare, run_cell
from afterlore.research.simulate.searcher import POLICIES, Searcher
from afterlore.research.simulate.world import FACTS, World, make_world


@pytest.mark.parametrize("branches", [1, 3, 5])
def test_a_world_has_one_right_answer(branches: int) -> None:
    for seed in range(20):
        world = make_world(seed, branches)
        assert world == make_world(seed, branches)
        wanted = [
            part.removeprefix("its ").split(" is ") for part in world.question.split("Known: ")[1][:-1].split("; ")
        ]
        text = " ".join(world.pages.values())
        fitting = [
            {
                sentence.split(" ")[3]
                for sentence in text.split(". ")
                for sentence in [f"{sentence}."]
                if says(sentence, *fact)
            }
            for fact in wanted
        ]
        assert set.intersection(*fitting) == {world.answer}
        assert len(fitting[0] & fitting[1]) == 4
        assert [fact for fact, _ in wanted] == list(FACTS)


def says(sentence: str, fact: str, value: str) -> bool:
    return f"The {fact} of " in sentence and f" is {value}." in sentence


def test_the_headline_is_what_was_fixed() -> None:
    assert (HEADLINE.policy.name, HEADLINE.branches, HEADLINE.questions, len(HEADLINE.seeds)) == ("wanderer", 5, 500, 5)
    assert not set(HEADLINE.seeds) & {seed for cell in GRID for seed in cell.seeds}
    assert {cell.branches for cell in GRID} == {1, 3, 5}
    assert {cell.gate for cell in GRID} == {True, False}


def test_a_cell_gives_every_method_the_same_questions_and_budget() -> None:
    cell = Cell(POLICIES[0], 3, questions=2, seeds=(1, 2), calls=16)
    outcomes = asyncio.run(run_cell(cell))
    assert [outcome.method for outcome in outcomes] == [one.name for one in METHODS]
    for outcome in outcomes:
        assert len(outcome.right) == 2
        assert set(outcome.right) <= {0.0, 0.5, 1.0}
        assert all(0 < calls <= 16 for calls in outcome.calls)
    assert asyncio.run(run_cell(cell, (method("rounds"),))) == outcomes[:1]


def test_differences_are_paired() -> None:
    one = Outcome("rounds", (1.0, 1.0, 0.5, 1.0), (1.0,) * 4)
    other = Outcome("single", (0.5, 0.5, 0.0, 0.5), (1.0,) * 4)
    assert compare(one, other) == (0.5, (0.5, 0.5))
    assert compare(one, one) == (0.0, (0.0, 0.0))


def run(runs: Runs, model: ChatModel, world: World, plan: Plan) -> Any:
    async def work() -> Any:
        with begin(runs, world.question, budget=Budget(calls=40), agent_version="sim", settings={}) as held:
            return await Rounds(model, browsing(world, world), plan, Limits(context=30_000)).run(held)

    return work()


def test_the_gate_keeps_made_up_facts_from_deciding(tmp_path: Path) -> None:
    policy = replace(POLICIES[0], poison=0.5, loss=0.0)
    world = make_world(0, 3)
    for gate in (True, False):
        with Runs(tmp_path / f"{gate}.sqlite") as runs:
            result = asyncio.run(run(runs, Searcher(policy, 1), world, Plan(rounds=3, gate=gate)))
        text = " ".join(world.pages.values())
        false = [piece for piece in result.state.evidence if piece.claim.startswith("The ") and piece.claim not in text]
        assert false
        assert {result.state.status(piece) for piece in false} == {Status.UNVERIFIED if gate else Status.QUOTE_VERIFIED}


def test_over_http_it_is_the_same(tmp_path: Path) -> None:
    """The whole client and a real socket in between change no answer and no request."""
    for question in range(3):
        world = make_world(question, 3)
        served = Searcher(POLICIES[0], question)

        async def policy(body: Mapping[str, Any], served: Searcher = served) -> Turn:
            messages = tuple(
                Message(role=Role(one["role"]), content=one.get("content") or "") for one in body["messages"]
            )
            tools = tuple(
                ToolSpec(name=one["function"]["name"], description="", parameters={}) for one in body.get("tools", ())
            )
            reply = await served.complete(Request(messages=messages, tools=tools))
            return Turn(text=reply.message.content, calls=reply.message.calls)

        async def over_http(runs: Runs, base_url: str, world: World = world) -> Any:
            async with Chat(Configured(name="local", base_url=base_url, model="scripted")) as model:
                return await run(runs, model, world, Plan(rounds=3))

        with Runs(tmp_path / f"{question}.sqlite") as runs, ScriptedEndpoint(policy) as endpoint:
            far = asyncio.run(over_http(runs, endpoint.base_url))
            near = asyncio.run(run(runs, Searcher(POLICIES[0], question), world, Plan(rounds=3)))
            assert endpoint.count() == near.usage.attempts
        assert (far.answer, far.stop_reason, far.rounds) == (near.answer, near.stop_reason, near.rounds)
        assert far.state == near.state
