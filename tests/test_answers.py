"""The agent on questions with known answers: figures as SQuAD has them, and an evaluation that goes on where it was."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.app import cli
from afterlore.core import InputError
from afterlore.journal import Runs
from afterlore.llm.scripted import ScriptedEndpoint
from afterlore.llm.scripted.searcher import searcher
from afterlore.research.evaluate.answers import exact_match, f1
from afterlore.research.evaluate.questions import read_labelled
from afterlore.research.rounds.rounds import Rounds

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "samples" / "research" / "corpus"
QUESTIONS = [json.loads(line) for line in (CORPUS.parent / "questions.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    rows = [{**one, "id": f"q{n}"} for n, one in enumerate(QUESTIONS) if one["answer"] is not None][:3]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return path


def evaluate(capsys: pytest.CaptureFixture[str], file: Path, *words: str, code: int = 0) -> dict[str, Any]:
    where = ["--corpus", str(CORPUS), "--data-dir", str(file.parent / "data"), "--model", "scripted"]
    assert cli.run(["research", "eval", "--data", str(file), *where, "--json", *words]) == code
    read: dict[str, Any] = json.loads(capsys.readouterr().out)
    return read


WORDS = st.text(st.sampled_from("abc the, 镇青.'"), max_size=12)


@given(WORDS, WORDS)
def test_f1_is_symmetric_and_one_for_the_same_words(one: str, other: str) -> None:
    assert f1(one, [other]) == f1(other, [one])
    assert 0.0 <= f1(one, [other]) <= 1.0
    assert f1(one, [one]) == exact_match(one, [one]) == 1.0
    assert (f1(one, [other]) == 1.0) >= (exact_match(one, [other]) == 1.0)
    assert f1(None, [other]) == exact_match(None, [other]) == 0.0


@pytest.mark.parametrize(
    ("answer", "right", "exact", "partly"),
    [
        ("The Oskerry.", ["oskerry"], 1.0, 1.0),
        ("Stanley Hall", ["G. Stanley Hall"], 0.0, 0.8),
        ("Stanley Hall", ["G. Stanley Hall", "Stanley Hall"], 1.0, 1.0),
        ("yes indeed", ["yes"], 0.0, 0.0),
        ("青砚", ["青砚镇"], 0.0, 0.8),
        ("青砚镇。", ["青砚镇"], 1.0, 1.0),
        ("８９０米", ["890米"], 1.0, 1.0),
        ("Velmora", ["Oskerry"], 0.0, 0.0),
    ],
)
def test_figures_are_those_of_squad(answer: str, right: list[str], exact: float, partly: float) -> None:
    assert exact_match(answer, right) == exact
    assert f1(answer, right) == pytest.approx(partly)


def test_who_says_that_there_is_no_answer_is_right_where_there_is_none(
    capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    assert exact_match(None, []) == f1(None, []) == 1.0
    assert exact_match("Oskerry", []) == f1("Oskerry", []) == 0.0
    # The questions of the samples as they are.
    found = evaluate(capsys, CORPUS.parent / "questions.jsonl", "--data-dir", str(file.parent / "samples"))
    assert found["answers"]["agent"]["exact match"] == 1.0
    none = sum(one["answer"] is None for one in QUESTIONS)
    assert found["answers"]["no answer"]["exact match"] == pytest.approx(none / len(QUESTIONS))
    assert none


def test_questions_are_answered_and_not_asked_again(
    capsys: pytest.CaptureFixture[str], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = evaluate(capsys, file)
    assert first["answers"]["agent"]["exact match"] == 1.0
    assert first["answers"]["no answer"]["F1"] == 0.0
    assert first["stop reasons"] == {"answered": 3}
    assert first["cost"]["requests"]["mean"] > 2
    assert "no model was asked" in first["notice"]
    asked: list[str] = []
    run = Rounds.run

    async def counted(self: Rounds, held: Any, **more: Any) -> Any:
        asked.append(held.id)
        before = len(held.events())
        result = await run(self, held, **more)
        assert len(held.events()) == before
        return result

    monkeypatch.setattr(Rounds, "run", counted)
    assert evaluate(capsys, file) == first
    assert len(asked) == 3
    monkeypatch.setattr(Rounds, "run", run)
    # Another method is another evaluation.
    assert evaluate(capsys, file, "--method", "single")["runs"] != first["runs"]
    assert cli.run(["runs", "ls", "--data-dir", first["runs"]]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_a_question_without_an_answer_in_the_corpus_is_no_failure(
    capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    file.write_text(json.dumps({"id": "q", "question": "Who owns the moon?", "answer": "nobody"}), "utf-8")
    found = evaluate(capsys, file, "--rounds", "1")
    assert found["stop reasons"] == {"failed:not_found": 1}
    assert found["answers"]["agent"]["answered"] == 0
    # Without supporting pages there is no share of them.
    assert found["evidence"] == {}


def test_an_evaluation_that_was_stopped_goes_on(
    capsys: pytest.CaptureFixture[str], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, done = Rounds.run, 0

    async def stopped(self: Rounds, held: Any, **more: Any) -> Any:
        nonlocal done
        done += 1
        if done == 2:
            raise KeyboardInterrupt
        return await run(self, held, **more)

    monkeypatch.setattr(Rounds, "run", stopped)
    words = ["research", "eval", "--data", str(file), "--corpus", str(CORPUS), "--model", "scripted", "--jobs", "1"]
    words += ["--data-dir", str(file.parent / "data")]
    assert cli.run(words) == 130
    assert "run the same command again to go on" in capsys.readouterr().err
    monkeypatch.setattr(Rounds, "run", run)
    again = evaluate(capsys, file, "--jobs", "1")
    assert again["stop reasons"] == {"answered": 3}
    with Runs(Path(again["runs"]) / "runs.sqlite") as runs:
        assert len(runs.ls()) == 3


def test_an_endpoint_that_fails_ends_it_and_once_mended_it_goes_on(
    capsys: pytest.CaptureFixture[str], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    more = [{**rows[0], "id": f"more{n}"} for n in range(4)]
    file.write_text("".join(f"{json.dumps(row)}\n" for row in [*rows, *more]), "utf-8")
    words = ["research", "eval", "--data", str(file), "--corpus", str(CORPUS), "--model", "own", "--jobs", "1"]
    words += ["--data-dir", str(file.parent / "data"), "--json"]
    with ScriptedEndpoint(searcher(), key="sk-dummy") as endpoint:
        monkeypatch.setenv("AFTERLORE_MODELS__OWN__BASE_URL", endpoint.base_url)
        monkeypatch.setenv("AFTERLORE_MODELS__OWN__MODEL", "scripted")
        assert cli.run(words) == 3
        assert "the endpoint failed for 3 questions in a row" in capsys.readouterr().err
        # One request each: whoever refuses the question is not asked to compress it.
        assert endpoint.count() == 3
        monkeypatch.setenv("AFTERLORE_MODELS__OWN__API_KEY", "sk-dummy")
        assert cli.run(words) == 0
        found = json.loads(capsys.readouterr().out)
    assert found["stop reasons"] == {"answered": 7}
    assert found["cost"]["dollars"]["mean"] is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no questions"),
        ("{", "is no file of questions with answers"),
        ('{"question": "Who?"}', "is no file of questions with answers"),
        ('{"question": "Who?", "answer": " "}', "question and answers must be texts"),
        (
            '{"id": "a", "question": "Who?", "answer": "I"}\n{"id": "a", "question": "What?", "answer": "It"}',
            "'a' more than",
        ),
    ],
)
def test_a_file_that_holds_none_is_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=said):
        read_labelled(path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--method", "luck"], "there is no method 'luck'; there are: rounds, notes"),
        (["--data", "nowhere.jsonl"], "no such file"),
        (["--budget", "luck=3"], "luck"),
    ],
)
def test_wrong_use_is_one_clear_error(
    words: list[str], said: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["research", "eval", "--data", str(file), "--model", "scripted", *words]) == 2
    assert said in capsys.readouterr().err
    assert cli.run(["research", "eval", "--model", "scripted"]) == 2
    assert "--data FILE" in capsys.readouterr().err


def test_musique_and_hotpotqa_as_they_are(tmp_path: Path) -> None:
    page = {"title": "Quay", "paragraph_text": "The quay is old.", "is_supporting": True}
    musique = {"id": "m", "question": "How old?", "answer": "old", "answer_aliases": ["very old"], "paragraphs": [page]}
    hotpot = {
        "_id": "h",
        "question": "Where?",
        "answer": "here",
        "supporting_facts": [["A", 0], ["B", 1]],
        "context": [["A", ["a. ", "b."]], ["B", ["c."]], ["C", ["d."]]],
    }
    path = tmp_path / "q.json"
    path.write_text(json.dumps([musique, hotpot]), "utf-8")
    one, two = read_labelled(path)
    assert (one.answers, len(one.support), one.hops) == (("old", "very old"), 1, None)
    path.write_text(json.dumps([{**musique, "answerable": False}]), "utf-8")
    assert read_labelled(path)[0].answers == ()
    assert (two.id, two.answers, len(two.support), two.hops) == ("h", ("here",), 2, 2)
