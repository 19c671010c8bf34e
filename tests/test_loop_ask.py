"""``ask`` and ``runs``: what a person sees, what machines read, and what happens when somebody stops it."""

import json
import os
import shlex
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from afterlore.app.cli import run
from afterlore.journal import Runs
from afterlore.llm.scripted import Broken, ScriptedEndpoint, Turn, call, in_turn, say
from afterlore.llm.scripted.faults import FAULTS
from conftest import ROOT
from loopback import HTML, serve
from search_services import services

CORPUS = str(ROOT / "samples" / "research" / "corpus")
QUESTION = "In which town was the founder of the company that makes the Lumen-4 buoy born?"
KEY = "sk-dummy-7f3a9b2c4d5e6f70"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def configured(base_url: str, **more: str) -> dict[str, str]:
    """The environment that names an endpoint ``local``."""
    named = {"BASE_URL": base_url, "MODEL": "scripted", **more}
    return {f"AFTERLORE_MODELS__LOCAL__{name}": value for name, value in named.items()}


def ask(capsys: pytest.CaptureFixture[str], data: Path, *words: str, code: int = 0) -> dict[str, Any]:
    assert run(["ask", *words, "--data-dir", str(data), "--json"]) == code
    read: dict[str, Any] = json.loads(capsys.readouterr().out)
    return read


def test_a_question_is_answered_offline(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    result = ask(capsys, data, QUESTION, "--corpus", CORPUS, "--model", "scripted")
    assert (result["answer"], result["stop_reason"]) == ("Oskerry", "answered")
    assert {quote["status"] for quote in result["evidence"]} == {"quote-verified"}
    assert len(result["evidence"]) == 3
    assert "no model was asked" in result["notice"]
    assert run(["runs", "ls", "--data-dir", str(data), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["runs"]
    assert (row["run"], row["state"], row["question"]) == (result["run"], "answered", QUESTION)
    assert run(["runs", "show", result["run"], "--data-dir", str(data), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["result"] == result | {"model": "scripted"}
    assert shown["trajectory"]["outcome"]["answer"] == "Oskerry"
    assert shown["settings"]["corpus"] == CORPUS


def test_what_a_person_sees(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    assert run(["ask", QUESTION, "--corpus", CORPUS, "--model", "scripted", "--data-dir", str(data)]) == 0
    seen = capsys.readouterr()
    for text in ("Oskerry", "✓ quote-verified", "ilse-quandt.md", "no model was asked", "afterlore runs show"):
        assert text in seen.out
    for text in ("→ search “", "→ visit “", "hits for", "was read"):
        assert text in seen.err
    assert run(["runs", "ls", "--data-dir", str(data)]) == 0
    assert QUESTION[:60] in capsys.readouterr().out
    with Runs(data / "runs.sqlite") as runs:
        id = runs.ls()[0].id
    assert run(["runs", "show", id[:-1], "--data-dir", str(data)]) == 0
    shown = capsys.readouterr().out
    assert "→ visit “" in shown
    assert "✓ quote-verified" in shown


def test_without_an_answer_what_was_found_is_shown(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    words = [QUESTION, "--corpus", CORPUS, "--model", "scripted", "--budget", "calls=3"]
    result = ask(capsys, data, *words, code=3)
    assert (result["answer"], result["stop_reason"]) == (None, "limit:calls")
    assert result["usage"]["attempts"] <= 3
    assert result["findings"]["hits"]
    more = ask(capsys, data, "--resume", result["run"], "--budget", "calls=40")
    assert (more["answer"], more["run"]) == ("Oskerry", result["run"])
    assert more["usage"]["attempts"] > 3
    none = ask(capsys, data, *words[:-1], "calls=0", code=3)
    assert (none["answer"], none["stop_reason"]) == (None, "limit:calls")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["", "--corpus", CORPUS], "the question is empty"),
        (["q" * 50_000, "--corpus", CORPUS], "50,000 characters, at most 20,000"),
        ([QUESTION], "--corpus PATH, --context DIR or --web searxng=URL"),
        ([], "give a QUESTION, or --resume RUN"),
        ([QUESTION, "--resume", "x"], "give a QUESTION, or --resume RUN"),
        ([QUESTION, "--corpus", CORPUS], "--model scripted"),
        ([QUESTION, "--corpus", CORPUS, "--model", "gpt"], "model 'gpt' is not configured"),
        ([QUESTION, "--corpus", "nowhere", "--model", "scripted"], "no such corpus: "),
        ([QUESTION, "--context", "nowhere", "--model", "scripted"], "no context database in "),
        ([QUESTION, "--corpus", CORPUS, "--context", "x"], "exclude each other"),
        ([QUESTION, "--corpus", CORPUS, "--model", "scripted", "--budget", "calls=many"], "the limit is no number"),
        ([QUESTION, "--corpus", CORPUS, "--model", "scripted", "--budget", ""], "names no limit"),
        ([QUESTION, "--corpus", CORPUS, "--model", "priceless", "--budget", "cost=1"], "price of 'm' is not known"),
        ([QUESTION, "--corpus", CORPUS, "--model", "keyless"], "'NO_SUCH_KEY' holds no key; set it"),
        (["--resume", "nothing"], "there are no runs in "),
    ],
)
def test_wrong_use_is_one_line_that_says_how(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, data: Path, words: list[str], said: str
) -> None:
    if {"priceless", "keyless"} & set(words):
        for name in ("PRICELESS", "KEYLESS"):
            monkeypatch.setenv(f"AFTERLORE_MODELS__{name}__BASE_URL", "http://127.0.0.1:9/v1")
            monkeypatch.setenv(f"AFTERLORE_MODELS__{name}__MODEL", "m")
        monkeypatch.setenv("AFTERLORE_MODELS__KEYLESS__API_KEY_ENV", "NO_SUCH_KEY")
    assert run(["ask", *words, "--data-dir", str(data)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
    assert not data.exists()


def start(data: Path, environment: dict[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "afterlore.app", "ask", *words, "--data-dir", str(data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def test_stopped_and_resumed_and_never_by_two_at_once(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    answers = in_turn([Turn(calls=(call("search", queries=["Lumen-4"]),)), Broken("hang")])
    with ScriptedEndpoint(answers) as endpoint:
        environment = configured(endpoint.base_url)
        process = start(data, environment, QUESTION, "--corpus", CORPUS)
        assert process.stderr is not None
        first = process.stderr.readline()
        id = first.removeprefix("run ").strip()
        while "hits for" not in process.stderr.readline():
            pass
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            assert run(["ask", "--resume", id, "--data-dir", str(data)]) == 2
            assert "is being worked on by another process" in capsys.readouterr().err
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
            assert process.returncode == 130
            assert f"afterlore ask --resume {id} --data-dir {data}" in said.splitlines()[-1]
            endpoint.play(say("It was Oskerry."))
            result = ask(capsys, data, "--resume", id)
        assert (result["answer"], result["run"]) == ("It was Oskerry.", id)
        assert result["findings"]["queries"] == ["Lumen-4"]
        assert [message["role"] for message in endpoint.bodies[0]["messages"]] == [
            "system",
            "user",
            "assistant",
            "tool",
        ]


def test_cancelled_by_another_process(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    with ScriptedEndpoint(in_turn([Turn(calls=(call("search", queries=[str(n)]),)) for n in range(500)])) as endpoint:
        process = start(data, configured(endpoint.base_url), QUESTION, "--corpus", CORPUS, "--budget", "calls=500")
        assert process.stderr is not None
        id = process.stderr.readline().removeprefix("run ").strip()
        assert run(["runs", "cancel", id, "--data-dir", str(data)]) == 0
        assert "will end before its next step" in capsys.readouterr().out
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "No answer (limit:cancelled)" in out


@pytest.mark.parametrize("fault", ["", "key_echo", "key_echo_500"])
def test_a_key_is_nowhere(data: Path, fault: str) -> None:
    asked = in_turn(
        [Turn(calls=(call("search", queries=["Lumen-4"]),)), *([FAULTS[fault]] if fault else []), Turn("Oskerry.")]
    )  # type: ignore[list-item]
    with ScriptedEndpoint(asked, key=KEY) as endpoint:
        environment = configured(endpoint.base_url, API_KEY=KEY, RETRIES="1") | {"AFTERLORE_LOG_LEVEL": "debug"}
        process = start(data, environment, QUESTION, "--corpus", CORPUS)
        out, err = process.communicate(timeout=60)
        assert endpoint.count() >= 2
        assert all(KEY in one.headers["authorization"] for one in endpoint.seen)
    assert process.returncode in (0, 3), err
    assert KEY not in out + err
    files = [path for path in data.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


def test_the_web_is_searched_and_read(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    said = {"address": "", "quote": "The ferry leaves at 10:30."}
    with contextmanager(serve)() as site, services() as service:
        page = b"<html><title>Ferry</title><body><article><p>The ferry leaves at 10:30. " + b"It is white. " * 40
        site.routes["/robots.txt"] = (404, {}, b"")
        site.routes["/go"] = (302, {"Location": "/ferry"}, b"")
        site.routes["/ferry"] = (200, HTML, page + b"</p></article></body></html>")
        asked = site.url("/go")
        service.results = [(asked, "Ferry", "When it leaves.")]
        part = [
            Turn(calls=(call("search", queries=["ferry"]),)),
            Turn(calls=(call("visit", urls=[asked], goal="when"),)),
            Turn(calls=(call("answer", answer="At 10:30.", evidence=[said | {"address": asked}]),)),
        ]
        with ScriptedEndpoint(in_turn(part)) as endpoint, pytest.MonkeyPatch.context() as patch:
            for name, value in (configured(endpoint.base_url) | {"AFTERLORE_ALLOW_HOSTS": "127.0.0.1"}).items():
                patch.setenv(name, value)
            address = service.url.replace("//", "//somebody:pass-8Qw1@")
            result = ask(capsys, data, "When does it leave?", "--web", f"searxng={address}")
            assert result["answer"] == "At 10:30."
            assert [(quote["status"], quote["address"]) for quote in result["evidence"]] == [
                ("quote-verified", site.url("/ferry"))
            ]
            assert [one.query["q"] for one in service.asked] == [["ferry"]]
            assert "authorization" in service.asked[0].headers
            searched = ["--web", f"searxng={address}", "--budget", "calls=1"]
            unfinished = ask(capsys, data, "And back?", *searched)
            assert unfinished["stop_reason"] == "limit:calls"
            words = ["--resume", unfinished["run"], "--budget", "calls=2", "--data-dir", str(data)]
            assert run(["ask", *words]) == 2
            assert "the password of the service is not stored" in capsys.readouterr().err
    assert [path for path in data.rglob("*") if path.is_file() and b"pass-8Qw1" in path.read_bytes()] == []


@pytest.mark.parametrize(
    ("web", "said"),
    [
        ("bing", "write searxng=URL, or one of: serper, brave, tavily"),
        ("searxng=", "write searxng=URL"),
        ("searxng=ftp://x", "is no web address"),
        ("serper", "set AFTERLORE_SERPER_KEY"),
        ("brave=x", "write searxng=URL"),
    ],
)
def test_a_service_that_there_is_not(capsys: pytest.CaptureFixture[str], data: Path, web: str, said: str) -> None:
    assert run(["ask", QUESTION, "--model", "scripted", "--web", web, "--data-dir", str(data)]) == 2
    assert said in capsys.readouterr().err


def test_what_a_model_writes_is_no_markup(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    with (
        ScriptedEndpoint(
            say("[bold]so[/bold] \x1b[31mred\x1b[0m [/nothing] :heart: " + "long " * 60 + "C:\\\\")
        ) as endpoint,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in configured(endpoint.base_url).items():
            patch.setenv(name, value)
        assert run(["ask", QUESTION, "--corpus", CORPUS, "--data-dir", str(data)]) == 0
    seen = capsys.readouterr()
    assert "[bold]so[/bold]" in seen.out
    assert ":heart: " + "long " * 60 + "C:\\\\\n" in seen.out
    assert "\x1b[31m" not in seen.out + seen.err


def test_what_is_over_is_shown_again_without_what_it_searched(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Lumen-4\n\nThe Lumen-4 is made by Harrowmere.\n")
    result = ask(capsys, data, "Which company makes the Lumen-4?", "--corpus", str(page), "--model", "scripted")
    page.unlink()
    assert ask(capsys, data, "--resume", result["run"]) == result


@pytest.mark.parametrize(
    ("budget", "more"), [("calls=3,cost=0.5", " --budget calls=6,cost=0.5"), ("depth=1", " --budget depth=2")]
)
def test_how_to_go_on_is_said_so_that_it_can_be_typed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, budget: str, more: str
) -> None:
    data = tmp_path / "my data"
    words = ["--corpus", CORPUS, "--model", "scripted", "--data-dir", str(data)]
    run(["ask", QUESTION, *words, "--budget", budget])
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("go on: "))
    assert more in line
    go_on = shlex.split(line.removeprefix("go on: afterlore "))
    assert run([*go_on, "--json"]) in (0, 3)
    assert json.loads(capsys.readouterr().out)["steps"] > 0


def test_stopped_while_it_loads() -> None:
    code = (
        "import builtins, runpy, signal, os\nreal = builtins.__import__\n"
        "def stopped(name, *more, **named):\n"
        "    if name == 'typer':\n        os.kill(os.getpid(), signal.SIGINT)\n"
        "    return real(name, *more, **named)\n"
        "builtins.__import__ = stopped\nrunpy.run_module('afterlore.app', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code, "runs", "ls"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "afterlore: interrupted\n")
