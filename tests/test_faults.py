"""The fault bench: every scenario ends as it must, in every mode; and the bench can tell when one does not."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from afterlore.app import cli
from afterlore.core import Page
from afterlore.llm.scripted import FAULTS, Mode
from afterlore.research.faults import SCENARIOS, Row, Scenario, bench
from afterlore.research.faults.bench import _KEY
from afterlore.research.faults.library import Library
from afterlore.research.loop import Loop

ROOT = Path(__file__).parents[1]
SOUND = next(scenario for scenario in SCENARIOS if scenario.name == "nothing_wrong")
QUICK = ("unavailable_late_for_good", "nothing_wrong", "page_404")


def named(*names: str) -> list[Scenario]:
    return [scenario for scenario in SCENARIOS if scenario.name in names]


def one(scenario: Scenario = SOUND) -> Row:
    (row,) = bench([scenario], modes=["strict"], usages=[True])
    return row


@pytest.mark.parametrize("usage", [True, False])
@pytest.mark.parametrize("mode", ["strict", "lenient"])
def test_nothing_is_fatal(mode: Mode, usage: bool) -> None:
    rows = bench(modes=[mode], usages=[usage])
    assert [f"{row.name}: {row.problem}" for row in rows if row.problem] == []
    assert [row.name for row in rows] == [scenario.name for scenario in SCENARIOS]
    assert not any(row.uncaught for row in rows)
    assert all(row.evidence_kept for row in rows)
    assert all(row.stop_reason for row in rows)
    assert any(row.answer is None for row in rows)


def test_there_is_a_scenario_for_every_fault() -> None:
    used = {id(rule.fault) for scenario in SCENARIOS for rule in scenario.rules}
    unused = {name for name, fault in FAULTS.items() if id(fault) not in used}
    assert unused == set()
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS) >= 24


def test_another_end_than_the_expected_is_a_problem() -> None:
    assert "expected failed:refused" in one(replace(SOUND, stop="failed:refused", answered="none")).problem
    assert "not answered with right" in one(replace(SOUND, answered="other")).problem


def test_a_fault_that_never_comes_is_a_problem() -> None:
    scenario = named("overflow_openai")[0]
    late = replace(scenario.rules[0], when=replace(scenario.rules[0].when, first=1_000))
    assert one(replace(scenario, rules=(late,))).problem == "its fault never came"


def test_what_is_raised_is_uncaught(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(*_: Any, **__: Any) -> Any:
        raise KeyError("state")

    monkeypatch.setattr(Loop, "run", run)
    row = one()
    assert (row.uncaught, row.evidence_kept, row.stop_reason) == (True, False, "")
    assert row.problem == "KeyError: 'state'"


def test_a_page_that_is_not_on_record_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    read = Library.read

    async def other(self: Library, address: str) -> Page:
        page = await read(self, address)
        self.returned.append(page.model_copy(update={"sha256": page.sha256[::-1]}))
        return page

    monkeypatch.setattr(Library, "read", other)
    row = one()
    assert not row.evidence_kept
    assert "not in the journal" in row.problem


def test_a_key_that_is_stored_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    read = Library.read

    async def leaking(self: Library, address: str) -> Page:
        page = await read(self, address)
        return page.model_copy(update={"title": f"{page.title} {_KEY}"})

    monkeypatch.setattr(Library, "read", leaking)
    assert one().problem == "the key is in what was stored or told"


@pytest.fixture
def quick() -> list[str]:
    return [word for name in QUICK for word in ("--only", name)]


def test_the_command_prints_rows(quick: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["research", "faults", "--json", *quick]) == 0
    rows = json.loads(capsys.readouterr().out)["scenarios"]
    assert len(rows) == len(QUICK) * 4
    for row in rows:
        assert row.keys() >= {"name", "mode", "usage", "answer", "stop_reason", "uncaught", "evidence_kept"}
    assert {row["answer"] for row in rows} == {"Ketteridge", None}
    assert cli.run(["research", "faults", *quick]) == 0
    out = capsys.readouterr().out
    assert "12 runs of 3 scenarios: 0 uncaught, 0 with evidence lost, 0 not as they must be" in out


def test_the_command_says_when_it_does_not_hold(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(*_: Any, **__: Any) -> Any:
        raise KeyError("state")

    monkeypatch.setattr(Loop, "run", run)
    assert cli.run(["research", "faults", "--only", "nothing_wrong"]) == 1
    assert "4 uncaught" in capsys.readouterr().out


def test_an_unknown_scenario_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["research", "faults", "--only", "sunshine"]) == 2
    assert "'sunshine' is no scenario; there are: nothing_wrong" in capsys.readouterr().err


def test_the_docs_show_the_scenarios_as_they_are() -> None:
    text = (ROOT / "docs" / "research.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w:]+)` \| (right|other|none) \| (.+) \|$", text, re.M)
    shown = {name: (stop, answered) for stop, answered, names in rows for name in re.findall(r"`(\w+)`", names)}
    assert shown == {scenario.name: (scenario.stop, scenario.answered) for scenario in SCENARIOS}
