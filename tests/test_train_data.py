"""Questions and rewordings: read, paired, checked; and made by a scripted endpoint over real HTTP."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.app import cli
from afterlore.core import InputError
from afterlore.llm.scripted import Body, Broken, Policy, ScriptedEndpoint, Turn
from afterlore.train.data import Question, read_questions, usable
from afterlore.train.methods import METHODS
from afterlore.train.rephrase import numbers, survives

ROWS = [
    {"id": "a", "prompt": "Ada has 3 apples and buys 14 more. How many apples has Ada?", "gold": "17"},
    {"id": "b", "prompt": "一个长方形长12厘米，宽5厘米，面积是多少？", "gold": "60"},
    {"id": "c", "prompt": "What is $\\frac12$ of 40?", "gold": "20"},
]


def lines(file: Path, rows: list[Any]) -> Path:
    file.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), "utf-8")
    return file


def test_questions_of_json_lines_and_of_parquet_are_the_same(tmp_path: Path) -> None:
    system = {"role": "system", "content": "Think."}
    rows = [
        {
            "prompt": [system, {"role": "user", "content": row["prompt"]}],
            "reward_model": {"ground_truth": row["gold"], "style": "rule"},
            "extra_info": {"index": number},
        }
        for number, row in enumerate(ROWS)
    ]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "questions.parquet")
    plain = [{**row, "id": str(number), "system": "Think."} for number, row in enumerate(ROWS)]
    found = read_questions(tmp_path / "questions.parquet")
    assert found == read_questions(lines(tmp_path / "questions.jsonl", plain))
    assert found[1] == Question("1", ROWS[1]["prompt"], "60", "", "Think.")
    assert read_questions(tmp_path / "questions.parquet", limit=2) == found[:2]


def test_pairs_of_two_files_are_those_of_one(tmp_path: Path) -> None:
    others = [{**row, "prompt": f"Say: {row['prompt']}"} for row in reversed(ROWS)]
    one = lines(tmp_path / "one.jsonl", ROWS)
    pairs = read_questions(one, lines(tmp_path / "other.jsonl", others))
    assert [pair.id for pair in pairs] == ["a", "b", "c"]
    together = [{**row, "rewording": f"Say: {row['prompt']}"} for row in ROWS]
    assert pairs == read_questions(lines(tmp_path / "both.jsonl", together))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "holds no questions"),
        ([{"id": "a", "question": "?"}], "row 1 has no prompt, but id, question; a line is"),
        (["?"], "row 1 has no prompt, but '?'"),
        ([ROWS[0], ROWS[0]], "row 2: the id 'a' stands there twice"),
        ([{"id": "a", "prompt": "  "}], "row 1: 'a' has an empty prompt"),
        ([{"id": "a", "prompt": [{"role": "user"}]}], "a prompt is a text, or one message of the user"),
        ([{"id": "a", "prompt": [{"role": "tool", "content": "1"}]}], "a prompt is a text, or one message of the user"),
    ],
)
def test_a_bad_file_of_questions_is_one_clear_error(rows: list[Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        read_questions(lines(tmp_path / "bad.jsonl", rows))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file: 'nowhere'"):
        read_questions(Path("nowhere"))
    (tmp_path / "a.csv").write_text("id")
    with pytest.raises(InputError, match=r"questions are read from \.parquet and \.jsonl"):
        read_questions(tmp_path / "a.csv")
    (tmp_path / "a.parquet").write_text("id")
    with pytest.raises(InputError, match="is no Parquet file"):
        read_questions(tmp_path / "a.parquet")
    (tmp_path / "a.jsonl").write_text("{}\n{")
    with pytest.raises(InputError, match="row 1 has no prompt"):
        read_questions(tmp_path / "a.jsonl")
    (tmp_path / "a.jsonl").write_text('{"id": "a", "prompt": "?"}\n{')
    with pytest.raises(InputError, match="line 2 is no JSON"):
        read_questions(tmp_path / "a.jsonl")


@pytest.mark.parametrize(
    ("others", "said"),
    [
        (ROWS[:2], "other.jsonl' holds no 'c', which stands in"),
        ([*ROWS, {**ROWS[0], "id": "d"}], "one.jsonl' holds no 'd', which stands in"),
        ([{**ROWS[0], "gold": "18"}, *ROWS[1:]], "the rewording of 'a' changed the answer, from '17' to '18'"),
    ],
)
def test_pairs_that_do_not_fit(others: list[Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        read_questions(lines(tmp_path / "one.jsonl", ROWS), lines(tmp_path / "other.jsonl", others))


def test_what_a_method_needs() -> None:
    bare, whole = Question("q", "?"), Question("r", "?", "1", "Say: ?")
    with pytest.raises(InputError, match=r"'q' has no gold answer, which 'gold' needs \(1 such\)"):
        usable([whole, bare], METHODS["gold"])
    with pytest.raises(InputError, match="'q' has no rewording, which 'co-rewarding-i' needs"):
        usable([bare], METHODS["co-rewarding-i"])
    with pytest.raises(InputError, match="no question has what 'gold' needs"):
        usable([bare], METHODS["gold"], leave_out=True)
    for method in METHODS.values():
        assert usable([whole], method) == [whole]
        lacks = method.gold or method.rewordings
        assert usable([whole, bare], method, leave_out=True) == ([whole] if lacks else [whole, bare])


def test_the_files_at_hand_load_as_they_are(shared: Path) -> None:
    place = shared / "math-pairs"
    pairs = read_questions(place / "train_original.parquet", place / "train_rewritten.parquet")
    assert len(pairs) == len(usable(pairs, METHODS["co-rewarding-i"])) == 7_500
    # Two of MATH's training answers are empty.
    assert len(usable(pairs, METHODS["gold"], leave_out=True)) == 7_498
    assert len(usable(read_questions(place / "test.parquet"), METHODS["gold"])) == 5_000


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Ada buys 14 apples. Before, she had 3. How many are there now?", ""),
        ("Ada buys fourteen apples; three were hers.", "it lost the number 14"),
        ("With three apples, Ada buys 14 more. How many?", ""),
        ("Ada has 3 apples and buys 14, then 5 more.", "it has a number of its own, 5"),
        ("  ada has 3 apples and buys 14 more. how many apples has Ada?", "it is the question itself"),
        ("Ada has 3 and 14: the answer is 17.", "it says an answer"),
        (r"Ada has 3 and 14, so \boxed{1}.", "it says an answer"),
        ("", "it is empty"),
    ],
)
def test_what_a_rewording_must_keep(text: str, why: str) -> None:
    assert survives(Question("a", ROWS[0]["prompt"], "17"), text) == why


def test_numbers_are_the_same_however_they_are_written() -> None:
    assert numbers(r"$\frac12$ of 1,200 and .50 of １２")[0] == numbers(r"\frac{1}{2} of 1200, 12, 0.5")[0]
    assert numbers("两个 and three pairs")[1] == {"2", "3"}


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=5), st.integers(0, 4), st.integers(1, 9))
def test_a_number_that_changes_is_seen(values: list[int], at: int, more: int) -> None:
    changed = [value + more * (place == at % len(values)) for place, value in enumerate(values)]
    question = Question("q", "Add " + " and ".join(map(str, values)))
    assert not survives(question, "The sum of " + ", ".join(map(str, values)) + "?")
    if set(changed) != set(values):
        assert survives(question, "The sum of " + ", ".join(map(str, changed)) + "?")


def writer(reword: Callable[[str], str]) -> Callable[[Body], Turn]:
    """Rewords by a function, and solves by the answers in ``ROWS``."""

    def answer(body: Body) -> Turn:
        order, shown = body["messages"][0]["content"], body["messages"][1]["content"]
        text = shown.partition("\n")[2].rpartition("\n")[0]
        if order.startswith("Solve"):
            gold = next((row["gold"] for row in ROWS if row["prompt"] in text), "0")
            return Turn(text=rf"So it is \boxed{{{gold}}}.")
        return Turn(text=reword(text))

    return answer


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Policy], ScriptedEndpoint]]:
    running: list[ScriptedEndpoint] = []

    def start(answers: Policy) -> ScriptedEndpoint:
        server = ScriptedEndpoint(answers)
        running.append(server.__enter__())
        monkeypatch.setenv("AFTERLORE_MODELS__X__BASE_URL", server.base_url)
        monkeypatch.setenv("AFTERLORE_MODELS__X__MODEL", "scripted")
        monkeypatch.setenv("AFTERLORE_MODELS__X__RETRIES", "0")
        return server

    yield start
    for server in running:
        server.__exit__(None, None, None)


def test_rewordings_are_made_checked_and_not_made_twice(
    endpoint: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # One question's rewording loses its numbers, each time.
    server = endpoint(writer(lambda text: "Nothing." if "$" in text else f"In other words: {text}"))
    file, out = lines(tmp_path / "q.jsonl", ROWS), tmp_path / "r.jsonl"
    assert cli.run(["train", "rephrase", str(file), "--out", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["questions"], said["kept"], said["refused"]) == (3, 2, {"it lost the number …": 1})
    # Two kept: reworded and solved; one refused twice, and not solved.
    assert said["calls"] == len(server.bodies) == 6
    assert any("it lost the number 1" in body["messages"][-1]["content"] for body in server.bodies)
    pairs = read_questions(file, out)
    assert [pair.rewording for pair in pairs][:2] == [f"In other words: {row['prompt']}" for row in ROWS[:2]]
    # A torn line is made again, and nothing else.
    whole = out.read_bytes()
    out.write_bytes(whole[:-5])
    assert cli.run(["train", "rephrase", str(file), "--out", str(out)]) == 0
    assert sorted(out.read_bytes().splitlines()) == sorted(whole.splitlines())
    assert cli.run(["train", "rephrase", str(file), "--check", str(out), "--json"]) == 0


def test_a_rewording_with_another_answer_is_refused(
    endpoint: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint(writer(lambda text: " ".join(sorted(text.split()))))
    file = lines(tmp_path / "q.jsonl", [{"id": "a", "prompt": ROWS[0]["prompt"]}])
    words = ["train", "rephrase", str(file), "--json", "--out"]
    assert cli.run([*words, str(tmp_path / "solved.jsonl")]) == 0
    assert json.loads(capsys.readouterr().out)["refused"] == {"it has another answer": 1}
    assert cli.run([*words, str(tmp_path / "kept.jsonl"), "--no-solve"]) == 0
    assert json.loads(capsys.readouterr().out)["kept"] == 1


def test_an_endpoint_that_fails_loses_nothing(
    endpoint: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def answers(body: Body) -> Turn | Broken:
        text = body["messages"][1]["content"]
        return Broken("reset") if "$" in text else writer(lambda one: f"Say: {one}")(body)

    endpoint(answers)
    file, out = lines(tmp_path / "q.jsonl", ROWS), tmp_path / "r.jsonl"
    assert cli.run(["train", "rephrase", str(file), "--out", str(out)]) == 3
    assert "is kept in" in capsys.readouterr().err
    endpoint(writer(lambda one: f"Say: {one}"))
    assert cli.run(["train", "rephrase", str(file), "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kept"] == 3
    assert cli.run(["train", "rephrase", str(file), "--out", str(file)]) == 2
    assert "line 1 is no rewording" in capsys.readouterr().err
