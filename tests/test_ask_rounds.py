"""``ask --rounds``: a search in rounds at the command line, from the question to the listing of its run."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from afterlore.app.cli import run
from afterlore.journal import Runs
from afterlore.llm.scripted import Broken, ScriptedEndpoint, Turn, call, in_turn
from test_loop_ask import CORPUS, QUESTION, ask, configured, start

OFFLINE = [QUESTION, "--corpus", CORPUS, "--model", "scripted"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def shown(capsys: pytest.CaptureFixture[str], data: Path, id: str) -> dict[str, Any]:
    assert run(["runs", "show", id, "--data-dir", str(data), "--json"]) == 0
    read: dict[str, Any] = json.loads(capsys.readouterr().out)
    return read


def test_what_one_round_finds_the_next_goes_on_from(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    result = ask(capsys, data, *OFFLINE, "--rounds", "4", "--budget", "calls=40,depth=3")
    assert (result["answer"], result["stop_reason"], result["standing"]) == ("Oskerry", "answered", "covered")
    assert result["rounds"] == 2
    assert result["usage"]["attempts"] <= 10
    assert [one["span"] is not None for one in result["evidence"]] == [True] * 3
    # That nothing was found in the first round is no candidate.
    (only,) = result["candidates"]
    assert (only["answer"], set(only["constraints"].values())) == ("Oskerry", {"supports"})
    # The second round reads what is missing, and none of what the first has read.
    visits = {visit["address"].rpartition("/")[2]: visit["origin"][0] for visit in result["state"]["visits"]}
    assert visits == {"lumen-4.md": 1, "harrowmere-instruments.md": 1, "ilse-quandt.md": 2}
    again = shown(capsys, data, result["run"])
    assert again["result"] == result
    assert again["settings"]["plan"] == {"method": "rounds", "rounds": 4, "branches": 1, "turns": 3, "known": 8000}
    assert [one["outcome"]["answer"] for one in again["trajectories"]] == [None, "Oskerry"]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which company acquired the maker of the Corrin microscope?", "Harrowmere Instruments"),
        ("生产鹭鸶二号水质浮标的公司，其创始人出生在哪个镇？", "青砚镇"),
        ("《潮间书》的作者出生的镇海拔多少米？", "890米"),
    ],
)
def test_three_turns_a_round_suffice_by_rules(
    capsys: pytest.CaptureFixture[str], data: Path, question: str, answer: str
) -> None:
    words = [question, "--corpus", CORPUS, "--model", "scripted", "--rounds", "3", "--budget", "calls=40,depth=3"]
    result = ask(capsys, data, *words)
    assert (result["answer"], result["stop_reason"], result["rounds"]) == (answer, "answered", 2)
    read = [visit["address"] for visit in result["state"]["visits"]]
    assert len(read) == len(set(read))


def test_what_a_person_sees_of_rounds(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    words = [*OFFLINE, "--rounds", "4", "--branches", "2", "--budget", "calls=60,depth=3", "--data-dir", str(data)]
    assert run(["ask", *words]) == 0
    seen = capsys.readouterr()
    for text in ("round 1 of 4", "1.1 → search “", "2.2 ↳ follows: where “born” leads", "(by the model)"):
        assert text in seen.err
    for text in ("Oskerry: covered, 3 of 3 constraints", "✓ quote-verified", "ilse-quandt.md", "2 rounds, "):
        assert text in seen.out
    with Runs(data / "runs.sqlite") as runs:
        id = runs.ls()[0].id
    assert run(["runs", "show", id, "--data-dir", str(data)]) == 0
    told = capsys.readouterr().out
    assert told.count("= Oskerry: covered") >= 1
    assert "2.1 → visit “" in told
    assert run(["runs", "ls", "--data-dir", str(data), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["runs"]
    assert (row["run"], row["state"], row["rounds"]) == (id, "answered", 4)


def test_a_run_in_rounds_is_stopped_and_goes_on(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    update = {"constraints": ["It is a town."], "plan": ["Read about Ilse Quandt."]}
    part = [
        Turn(calls=(call("search", queries=["Lumen-4"]),)),
        Turn("Velmora."),
        Turn(json.dumps(update)),
        Broken("hang"),
    ]
    with ScriptedEndpoint(in_turn(part)) as endpoint:
        environment = configured(endpoint.base_url)
        process = start(data, environment, QUESTION, "--corpus", CORPUS, "--rounds", "2")
        assert process.stderr is not None
        id = process.stderr.readline().removeprefix("run ").strip()
        assert any("round 2" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 130
        assert f"afterlore ask --resume {id}" in said.splitlines()[-1]
        assert shown(capsys, data, id)["result"]["stop_reason"] == "interrupted"
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            endpoint.play(in_turn([Turn("Oskerry."), Turn(json.dumps({"conclusions": ["It is not Velmora."]}))]))
            result = ask(capsys, data, "--resume", id)
            assert "Read about Ilse Quandt." in endpoint.bodies[0]["messages"][1]["content"]
    assert (result["run"], result["rounds"], result["stop_reason"]) == (id, 2, "limit:rounds")
    assert [one["answer"] for one in result["candidates"]] == ["Oskerry.", "Velmora."]
    assert [query["text"] for query in result["state"]["queries"]] == ["Lumen-4"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*OFFLINE, "--branches", "2"], "say how many rounds too: --rounds 8"),
        (["--resume", "x", "--branches", "2"], "leave --branches out"),
        ([*OFFLINE, "--rounds", "0"], "'--rounds': Input should be greater than or equal to 1"),
    ],
)
def test_wrong_use_of_rounds(capsys: pytest.CaptureFixture[str], data: Path, words: list[str], said: str) -> None:
    assert run(["ask", *words, "--data-dir", str(data)]) == 2
    assert said in capsys.readouterr().err
    assert not data.exists()


def test_a_run_that_used_its_rounds_is_given_more(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    first = ask(capsys, data, *OFFLINE, "--rounds", "1", "--budget", "calls=40,depth=3", code=3)
    assert (first["stop_reason"], first["rounds"]) == ("limit:rounds", 1)
    more = ask(capsys, data, "--resume", first["run"], "--rounds", "4")
    assert (more["answer"], more["rounds"], more["run"]) == ("Oskerry", 2, first["run"])
    again = ask(capsys, data, "--resume", first["run"], "--rounds", "8")
    assert again == more
    single = ask(capsys, data, *OFFLINE)
    assert run(["ask", "--resume", single["run"], "--rounds", "2", "--data-dir", str(data)]) == 2
    assert "begun without rounds" in capsys.readouterr().err
