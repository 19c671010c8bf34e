"""Rewards against the authors' rules said anew, the teacher's schedule, and the commands."""

import json
import math
import random
from itertools import combinations
from pathlib import Path

import pytest

from afterlore.app import cli
from afterlore.core import InputError
from afterlore.grading import read
from afterlore.train.evaluate import accuracy, pass_at
from afterlore.train.methods import METHODS, method
from afterlore.train.rewards import Answers, Group, Place, Voting, advantages, at_random, labels, matching, of_form
from afterlore.train.schedule import alpha

ROLLOUTS = 10_000
BOXES = ["0.5", "1/2", r"\frac{1}{2}", "3", "7", "", None]


def rollout(rng: random.Random) -> str:
    box = rng.choice(BOXES)
    if box is None:
        return rng.choice(["no box", r"\boxed{3} no, \boxed{4"])
    return rng.choice(["", r"\boxed{9} no, "]) + rf"\boxed{{{box}}}"


def groups(seed: int, size: int = 8) -> list[tuple[list[str], list[str]]]:
    rng = random.Random(seed)
    return [([rollout(rng) for _ in range(size)], [rollout(rng) for _ in range(size)]) for _ in range(ROLLOUTS // size)]


def last_box(text: str) -> str:
    """The authors' rule, said anew: what stands in the last box, nothing where there is none or it is cut off."""
    last = text.split(r"\boxed{")[-1]
    return last[:-1] if r"\boxed{" in text and last.endswith("}") else ""


def label_of(texts: list[str]) -> str:
    """The most frequent string; of equals the first seen; an empty one is no answer."""
    said = [last_box(text) for text in texts]
    seen: list[str] = []
    for one in said:
        if one and one not in seen:
            seen.append(one)
    best = ""
    for one in seen:
        if not best or said.count(one) > said.count(best):
            best = one
    return best


def rewards_of(texts: list[str], label: str) -> list[float]:
    return [1.0 if label and last_box(text) == label else 0.0 for text in texts]


def verdicts(name: str, ours: list[str], theirs: list[str], teacher: bool = False) -> tuple[list[float], list[float]]:
    """What a method makes of a question's roll-outs and of those to its rewording, as the trainer asks for it.

    With ``teacher``, the second are the teacher's answers to the first prompt, and the first its answers to the other.
    """
    one, other = Place("q", 0), Place("q", 1)
    mine, yours = (Answers([read(text, "authors") for text in texts]) for texts in (ours, theirs))
    groups = (
        {one: Group(mine, yours, "3"), other: Group(yours, mine, "3")}
        if teacher
        else {one: Group(mine, gold="3"), other: Group(yours, gold="3")}
    )
    found = labels(METHODS[name], groups, Voting())
    return matching(mine.texts, found[one]), matching(yours.texts, found[other])


def test_rewards_are_those_of_the_authors() -> None:
    for ours, theirs in groups(1):
        own, other = label_of(ours), label_of(theirs)
        assert verdicts("majority", ours, theirs) == (rewards_of(ours, own), rewards_of(theirs, other))
        assert verdicts("co-rewarding-i", ours, theirs) == (rewards_of(ours, other), rewards_of(theirs, own))
        assert verdicts("co-rewarding-ii", ours, theirs, True) == (rewards_of(ours, other), rewards_of(theirs, own))
        assert verdicts("co-rewarding-i+ii", ours, theirs, True) == (rewards_of(ours, own), rewards_of(theirs, other))
        assert verdicts("gold", ours, theirs) == (rewards_of(ours, "3"), rewards_of(theirs, "3"))
        assert of_form([read(text, "authors") for text in ours]) == [float(last_box(text) != "") for text in ours]


def test_advantages_are_those_of_the_authors() -> None:
    for ours, theirs in groups(2):
        rewards = verdicts("majority", ours, theirs)[0]
        mean = sum(rewards) / len(rewards)
        deviation = math.sqrt(sum((reward - mean) ** 2 for reward in rewards) / (len(rewards) - 1))
        for found, reward in zip(advantages(rewards), rewards, strict=True):
            assert abs(found - (reward - mean) / (deviation + 1e-6)) <= 1e-6


def test_where_nobody_answers_nobody_is_right() -> None:
    nothing = ["no box"] * 8
    for name in ("majority", "co-rewarding-i"):
        assert verdicts(name, nothing, nothing) == ([0.0] * 8, [0.0] * 8)
    assert of_form([""] * 8) == advantages([0.0] * 8) == [0.0] * 8
    with pytest.raises(InputError, match="finite numbers"):
        advantages([math.nan, 1.0])
    with pytest.raises(InputError, match="two roll-outs or more"):
        advantages([1.0])


def test_what_a_method_needs_is_said_when_it_is_not_there() -> None:
    alone = {Place("q", 0): Group(Answers(["3"]))}
    with pytest.raises(InputError, match="'q' has no gold answer"):
        labels(METHODS["gold"], alone, Voting())
    with pytest.raises(InputError, match="the two forms of 'q' are not in one batch"):
        labels(METHODS["co-rewarding-i"], alone, Voting())
    with pytest.raises(InputError, match="no method 'grpo'; there are gold, random"):
        method("grpo")


def test_the_random_null_knows_nothing() -> None:
    assert at_random(4_000, seed="1") == at_random(4_000, seed="1") != at_random(4_000, seed="2")
    assert abs(sum(at_random(4_000, seed="1")) / 4_000 - 0.5) < 0.03


def test_the_schedule_is_the_script_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["train", "schedule", "--steps", "300", "--at", "1,75,151,226,301", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["schedule"]
    assert [row["step"] for row in rows] == [1, 75, 151, 226, 301]
    for row, value in zip(rows, (0.990000, 0.991426, 0.994995, 0.998527, 0.999990), strict=True):
        assert abs(row["alpha"] - value) <= 1e-6
    values = [alpha(step, 300) for step in range(1, 400)]
    assert values == sorted(values)
    assert values[-1] == values[300] == 1 - 1e-5
    assert cli.run(["train", "schedule", "--steps", "20"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 11


def test_labels_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rollouts.jsonl"
    texts = [r"\boxed{0.5}", r"\boxed{\frac12}", r"\boxed{3}", r"\boxed{3}", "答案是50%"]
    rows = [{"id": "a", "rollouts": texts, "gold": "1/2"}, {"id": "b", "rollouts": ["?"]}]
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    assert cli.run(["train", "labels", str(file), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["each"][0] == {
        "id": "a",
        "canonical": {"label": "1/2", "agreement": 0.6},
        "authors": {"label": "3", "agreement": 0.4},
    }
    assert (found["canonical"]["label accuracy"], found["authors"]["label accuracy"]) == (1.0, 0.0)
    assert found["canonical"]["labelled"] == 1
    assert cli.run(["train", "labels", str(file), "--minimum", "0.7"]) == 0
    assert "canonical" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no roll-outs"),
        ("{", "line 1: the line"),
        ('{"id": "a"}', "line 1: rollouts: Field required"),
        ('{"id": "a", "rollouts": []}', "line 1: no rollouts"),
        ('{"id": "a", "rollouts": ["1"]}\n{"id": "a", "rollouts": ["1"]}', "the id 'a' stands there twice"),
        ('{"id": "a", "rollouts": ["1"], "truncated": [true, false]}', "1 rollouts, but 2 of truncated"),
    ],
)
def test_a_bad_file_is_one_clear_error(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rollouts.jsonl"
    file.write_text(text, "utf-8")
    assert cli.run(["train", "labels", str(file)]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["schedule", "--steps", "300", "--at", "one"], "write whole numbers as 1,75,151"),
        (["schedule", "--steps", "300", "--at", "0"], "steps are counted from 1"),
        (["eval", "nowhere.jsonl"], "no such file: 'nowhere.jsonl'"),
        (["labels", "nowhere.jsonl"], "no such file: 'nowhere.jsonl'"),
    ],
)
def test_wrong_use_names_the_fix(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["train", *words]) == 2
    assert said in capsys.readouterr().err


def test_pass_at_k_is_the_share_of_all_choices_of_k_with_a_right_one() -> None:
    rng = random.Random(3)
    for _ in range(200):
        samples = [rng.random() < 0.3 for _ in range(rng.randint(1, 7))]
        for k in range(1, len(samples) + 1):
            chosen = list(combinations(samples, k))
            assert pass_at(k, [samples]).mean == pytest.approx(sum(map(any, chosen)) / len(chosen))
        assert pass_at(1, [samples]).mean == pytest.approx(accuracy([samples]).mean)
    with pytest.raises(InputError, match="one has 2"):
        pass_at(3, [[True, False], [True] * 4])


def test_figures_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rollouts.jsonl"
    rows = [
        {"id": "a", "rollouts": [r"\boxed{0.5}", "the answer is 50%", "no"], "gold": r"\frac12"},
        {"id": "b", "rollouts": [r"\boxed{4}"] * 3, "gold": "5"},
    ]
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    assert cli.run(["train", "eval", str(file), "--k", "1,2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["questions"], found["rollouts"]) == (2, 6)
    assert found["accuracy"]["mean"] == pytest.approx(1 / 3)
    assert found["answered"]["mean"] == pytest.approx(5 / 6)
    assert found["pass@2"] == {"mean": 0.5, "low": 0.0, "high": 1.0}
    assert cli.run(["train", "eval", str(file), "--k", "4"]) == 2
    assert "pass@4 takes 4 samples" in capsys.readouterr().err
    rows[0]["gold"] = ""
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    assert cli.run(["train", "eval", str(file)]) == 2
    assert "'a' has no gold answer" in capsys.readouterr().err
