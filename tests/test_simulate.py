"""The simulation: worlds with one right answer, one policy for all methods, and the same over real HTTP."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest

from afterlore.app import cli
from afterlore.core import Budget, ChatModel, Message, Request, Role, Silent, ToolSpec
from afterlore.journal import Runs
from afterlore.llm.chat import Chat
from afterlore.llm.endpoint import Endpoint as Configured
from afterlore.llm.scripted import ScriptedEndpoint, Turn
from afterlore.research.browse import browsing
from afterlore.research.loop import Limits, begin
from afterlore.research.rounds.log import Merged
from afterlore.research.rounds.methods import METHODS
from afterlore.research.rounds.rounds import Plan, Rounds
from afterlore.research.rounds.state import Status, merge
from afterlore.research.simulate import study
from afterlore.research.simulate.bench import ABLATIONS, ARMS, GRID, HEADLINE, Arm, Cell, Outcome, compare, run_cell
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
    assert [outcome.arm for outcome in outcomes] == [one.name for one in METHODS]
    for outcome in outcomes:
        assert len(outcome.right) == 2
        assert set(outcome.right) <= {0.0, 0.5, 1.0}
        assert all(0 < calls <= 16 for calls in outcome.calls)
    assert asyncio.run(run_cell(cell, ARMS[:1])) == outcomes[:1]


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


def test_a_study_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "_PIECE", 1)
    parts = study.select("headline", arms=["rounds", "single"], questions=2, seeds=1)
    file = tmp_path / "new" / "sim.jsonl"

    class Stopped(Silent):
        """Ctrl-C once a piece is down."""

        done = 0

        def advance(self, items: int = 1) -> None:
            self.done += items
            if self.done:
                raise KeyboardInterrupt

    before = set(active_children())
    with pytest.raises(KeyboardInterrupt):
        study.work(parts, file, jobs=1, progress=Stopped())
    (first,) = file.read_text().splitlines()
    assert all(not child.is_alive() for child in set(active_children()) - before)
    # Killed while it wrote.
    with file.open("a") as out:
        out.write(first[:20])
    study.work(parts, file, jobs=2, progress=Silent())
    lines = file.read_text().splitlines()
    assert lines[0] == first
    assert len(lines) == 4
    found = study.results(parts, file)
    small = replace(HEADLINE, questions=2, seeds=HEADLINE.seeds[:1])
    expected = {outcome.arm: outcome for outcome in asyncio.run(run_cell(small, (ARMS[0], ARMS[2])))}
    for row in found["cells"][0]["methods"]:
        assert row["right"] == expected[row["method"]].share
        assert row["requests"] == sum(expected[row["method"]].calls) / 2


def test_sim_prints_every_cell_and_what_the_gate_makes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["research", "sim", "--cells", "grid", "--only", "wanderer 1/3 poison 30%", "--questions", "1"]
    words += ["--seeds", "1", "--methods", "rounds,best-of-n", "--out", str(tmp_path / "sim.jsonl")]
    assert cli.run([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [cell["cell"] for cell in found["cells"]] == ["wanderer 1/3 poison 30%", "wanderer 1/3 poison 30% gate off"]
    assert [row["method"] for row in found["gate on minus off"]] == ["rounds", "best-of-n"]
    assert cli.run(words) == 0
    assert "| best-of-n |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--cells", "moon"], "there are: headline, grid, ablations, all"),
        (["--only", "moon"], "'wanderer 1/5 poison 0%'"),
        (["--methods", "guess"], "there is no method 'guess'; there are: best-of-n, forced"),
        (["--methods", "no early stop"], "runs in 'headline'"),
    ],
)
def test_sim_names_what_there_is(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["research", "sim", *words, "--out", str(tmp_path / "sim.jsonl")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "sim.jsonl").exists()


def test_a_file_that_is_no_study_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("bread\n")
    assert cli.run(["research", "sim", "--questions", "1", "--seeds", "1", "--out", str(file)]) == 2
    assert "line 1 is no piece of a study" in capsys.readouterr().err
    assert file.read_text() == "bread\n"


def test_an_ablation_takes_out_what_it_names(tmp_path: Path) -> None:
    world = make_world(0, 5)

    def done(arm: Arm, runs: Runs) -> tuple[Any, list[dict[str, Any]], list[Merged]]:
        plan = Plan(method=arm.method, rounds=4, branches=arm.branches)
        result = asyncio.run(run(runs, Searcher(POLICIES[0], 0), world, plan))
        events = runs.events(result.run)
        began = [json.loads(event.body) for event in events if event.kind == "round"]
        return result, began, [Merged.from_json(event.body) for event in events if event.kind == "merged"]

    with Runs(tmp_path / "runs.sqlite") as runs:
        found = {arm.name: done(arm, runs) for arm in ABLATIONS}
    prompts = {name: [p for one in began[1:] for p in one["prompts"]] for name, (_, began, _) in found.items()}
    assert all(prompts.values())
    for name, (result, _, merged) in found.items():
        kept = [one for one in merged if name != "only the last round's state" or one.round == merged[-1].round]
        assert result.state == merge(*(one.added for one in kept))
        assert any("## Pages read" in p for p in prompts[name]) == (name != "not told what was visited")
        assert any(" exhausted: " in p for p in prompts[name]) == (name != "not told what was visited")
    assert {arm: len(began[0]["prompts"]) for arm, (_, began, _) in found.items()} == {
        arm.name: arm.branches for arm in ABLATIONS
    }
    assert found["rounds"][0].stop_reason == "answered"
    assert found["no early stop"][0].stop_reason == "limit:rounds"
