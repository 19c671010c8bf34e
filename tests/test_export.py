"""Runs as training samples: what was sent, word for word, and only of runs that are right."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from afterlore.app.cli import run
from afterlore.core import Message, Request, Role, ToolCall
from afterlore.llm.chat import Chat
from afterlore.llm.endpoint import Endpoint
from afterlore.llm.scripted import ScriptedEndpoint, Turn
from afterlore.research.export import same_answer
from conftest import ROOT
from test_loop_ask import CORPUS, QUESTION, ask

OFFLINE = [QUESTION, "--corpus", CORPUS, "--model", "scripted"]
GOLD = ROOT / "samples" / "research" / "questions.jsonl"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def export(capsys: pytest.CaptureFixture[str], data: Path, *words: str, code: int = 0) -> tuple[Any, list[Any]]:
    out = data.parent / "sft.jsonl"
    out.unlink(missing_ok=True)
    assert run(["runs", "export", *words, "--out", str(out), "--data-dir", str(data), "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    return told, [json.loads(line) for line in out.read_text("utf-8").splitlines()] if out.exists() else []


def read(message: dict[str, Any]) -> Message:
    """Back from the form of the protocol."""
    return Message(
        role=Role(message["role"]),
        content=message["content"] or "",
        call=message.get("tool_call_id", ""),
        calls=tuple(
            ToolCall(id=one["id"], name=one["function"]["name"], arguments=one["function"]["arguments"])
            for one in message.get("tool_calls", ())
        ),
    )


def bare(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name != "reasoning_content"}


def test_a_sample_is_what_was_sent_and_can_be_sent_again(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    result = ask(capsys, data, *OFFLINE)
    told, (sample,) = export(capsys, data, result["run"][:12])
    assert told["samples"] == told["as sent"] == 1
    assert (sample["answer"], sample["tokens"]) == (
        "Oskerry",
        result["usage"]["input_tokens"] + result["usage"]["output_tokens"],
    )
    assert (sample["run"], sample["round"], sample["branch"], sample["model"]) == (result["run"], 1, 0, "scripted")
    final = sample["messages"][-1]
    assert json.loads(final["tool_calls"][0]["function"]["arguments"])["answer"] == "Oskerry"
    names = {tool["function"]["name"] for tool in sample["tools"]}
    called = {one["function"]["name"] for message in sample["messages"] for one in message.get("tool_calls", ())}
    assert called == names == {"search", "visit", "answer"}
    # A strict endpoint takes it, which refuses a call without its result; and gets the same messages.
    with ScriptedEndpoint(lambda _: Turn(text="Yes.")) as served:
        asyncio.run(_sent(served.base_url, sample["messages"][:-1]))
        assert [bare(one) for one in served.bodies[0]["messages"]] == [bare(one) for one in sample["messages"][:-1]]


async def _sent(base_url: str, messages: list[dict[str, Any]]) -> None:
    async with Chat(Endpoint(name="strict", base_url=base_url, model="scripted")) as chat:
        await chat.complete(Request(messages=tuple(map(read, messages))))


def test_a_run_in_rounds_gives_a_sample_a_round(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    result = ask(capsys, data, *OFFLINE, "--rounds", "4", "--budget", "calls=40,depth=3")
    told, rows = export(capsys, data, "--all-answered", "--gold", str(GOLD))
    assert [(row["round"], row["branch"], row["question_id"]) for row in rows] == [
        (1, 0, "buoy-founder"),
        (2, 0, "buoy-founder"),
    ]
    assert told["as sent"] == len(rows) == result["rounds"] == 2
    first, second = (row["messages"][1]["content"] for row in rows)
    assert first == QUESTION
    assert second.startswith(f"{QUESTION}\n\nYou have worked on this question before.")
    assert "## Constraints" in second
    # The first round ran out of turns: it is asked for its answer, and that is part of what it was shown.
    assert "There is no more searching or reading" in rows[0]["messages"][-2]["content"]
    assert {row["messages"][-1]["role"] for row in rows} == {"assistant"}


def test_only_what_is_right_is_taken(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    right = ask(capsys, data, *OFFLINE)
    ask(capsys, data, *OFFLINE, "--budget", "calls=1", code=3)
    told, rows = export(capsys, data, "--all-answered")
    assert (told["runs"], told["samples"], told["left out"]) == (2, 1, {"not answered": 1})
    assert rows[0]["run"] == right["run"]
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text(json.dumps({"question": QUESTION, "answer": "Velmora", "answer_aliases": ["Vel"]}), "utf-8")
    told, rows = export(capsys, data, right["run"], "--gold", str(wrong), code=1)
    assert (told["left out"], told["out"], rows) == ({"another answer": 1}, None, [])
    wrong.write_text(json.dumps({"question": "Another?", "answer": "Velmora"}), "utf-8")
    told, _ = export(capsys, data, right["run"], "--gold", str(wrong), code=1)
    assert told["left out"] == {"no answer is known for its question": 1}


def test_no_key_is_in_a_sample(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = 'dummy-"key"-9876'
    folder = tmp_path / "corpus"
    folder.mkdir()
    for page in Path(CORPUS).glob("*.md"):
        (folder / page.name).write_text(f"{page.read_text('utf-8')}\n\nA page that holds {key}.\n", "utf-8")
    ask(capsys, data, QUESTION, "--corpus", str(folder), "--model", "scripted")
    _, (before,) = export(capsys, data, "--all-answered")
    assert key in json.dumps(before).replace('\\\\\\"', '"').replace('\\"', '"')
    monkeypatch.setenv("AFTERLORE_SERPER_KEY", key)
    _, (after,) = export(capsys, data, "--all-answered")
    assert "9876" not in json.dumps(after)
    assert "***" in json.dumps(after)


@pytest.mark.parametrize(
    ("answer", "gold", "same"),
    [
        ("The Oskerry.", ["oskerry"], True),
        ("ＯＳＫＥＲＲＹ", ["Oskerry"], True),
        ("212 metres", ["212", "212 Metres"], True),
        ("Oskerry or Velmora", ["Oskerry"], False),
        ("", [""], False),
    ],
)
def test_an_answer_is_the_same_but_for_its_spelling(answer: str, gold: list[str], same: bool) -> None:
    assert same_answer(answer, gold) is same


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--all-answered"], "give --out"),
        (["--out", "x.jsonl"], "name runs"),
        (["20260101", "--all-answered", "--out", "x.jsonl"], "not both"),
        (["20260101", "--out", "x.jsonl"], "there is no run"),
        (["--all-answered", "--out", "x.jsonl", "--gold", "none.jsonl"], "cannot be read"),
    ],
)
def test_wrong_use_is_one_line(capsys: pytest.CaptureFixture[str], data: Path, words: list[str], said: str) -> None:
    ask(capsys, data, *OFFLINE)
    assert run(["runs", "export", *words, "--data-dir", str(data)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
