"""The tiny task and its experiment: laws of the task, a base that learns, cells that resume, what is told of them."""

import json
import random
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from afterlore.app import cli
from afterlore.core import Silent
from afterlore.stats import wilson
from afterlore.train.methods import METHODS
from afterlore.train.toy import study
from afterlore.train.toy.base import pretrained, sampled
from afterlore.train.toy.experiment import HEADLINE, LOOKED_AT, SEEDS, Cell, results, work
from afterlore.train.toy.model import model, tokenizer
from afterlore.train.toy.study import GROUPS, Point, points
from afterlore.train.toy.task import END, VIEWS, VOCABULARY, A, B, Corpus, Problem, problems, read

sums = st.lists(st.integers(1, 9), min_size=2, max_size=4).map(lambda terms: Problem(tuple(terms)))
SMALL = replace(HEADLINE, pretraining=8, steps=3, questions=2, group=2, samples=1)


@given(sums)
def test_both_views_say_the_same_problem_and_share_no_token(problem: Problem) -> None:
    for view in VIEWS:
        assert read(problem.solution(view)) == problem.gold == str(sum(problem.terms))
        assert set(problem.prompt(view).split()) <= set(view.signs)
        assert sorted(problem.shown(view)) == sorted(problem.terms)
    assert problem.shown(B) == problem.shown(A)[::-1]
    assert not set(A.signs) & set(B.signs)


@given(sums, st.randoms(use_true_random=False))
def test_a_slip_is_a_wrong_answer_and_a_clean_corpus_has_none(problem: Problem, rng: random.Random) -> None:
    for view in VIEWS:
        assert read(Corpus(0, 0, 0).solution(problem, view, rng)) == problem.gold
        assert read(Corpus(1, 0, 0).solution(problem, view, rng)) not in ("", problem.gold)
        assert read(Corpus(0, 1, 1).solution(problem, view, rng)) == "0"


def test_the_shortcut_is_as_frequent_as_it_is_set() -> None:
    rng, corpus = random.Random(1), Corpus(0.1, 0.25, 0.6)
    learning, _ = problems(1)
    for triggered, share in ((True, 0.6), (False, 0.25)):
        chosen = [problem for problem in learning if problem.triggered(A) == triggered]
        hits = sum(read(corpus.solution(problem, A, rng)) == "0" for problem in chosen)
        low, high = wilson(hits, len(chosen), 0.999)
        assert low <= share <= high
    # A rewording draws the trigger anew.
    pairs = [(problem.triggered(A), problem.triggered(B)) for problem in learning]
    assert 0.05 < sum(one and other for one, other in pairs) / len(pairs) < 0.16


@pytest.mark.parametrize("text", ["", "1 2", "# ", "# a", "@ 1", "# 1 # 2", "# 1 ;", "8 ; 1 6"])
def test_what_is_no_answer_is_none(text: str) -> None:
    assert read(text) == ""


def test_held_out_sums_are_not_learned_from() -> None:
    for seed in SEEDS:
        learning, tested = problems(seed)
        assert len(set(tested)) == len(tested) == 256
        assert not set(learning) & set(tested)
        # More than the run takes, so that each question is seen once.
        assert len(set(learning)) >= HEADLINE.steps * HEADLINE.questions
    assert problems(1) == problems(1) != problems(2)
    assert not set(LOOKED_AT) & set(SEEDS)


def test_every_word_is_a_token() -> None:
    words = tokenizer()
    text = " ".join(VOCABULARY)
    assert words(text)["input_ids"] == list(range(len(VOCABULARY)))
    assert sum(weight.numel() for weight in model(1).parameters()) == 108_800


def test_the_base_learns_and_is_a_function_of_its_seed() -> None:
    torch.set_num_threads(1)
    learning, tested = problems(1)
    corpus = Corpus(0, 0, 0)
    made = [pretrained(corpus, learning, seed, 30) for seed in (1, 1, 2)]
    one, again, other = ([weight.detach() for weight in each.parameters()] for each in made)
    assert all(map(torch.equal, one, again))
    assert not all(map(torch.equal, one, other))
    asked = [problem.prompt(A) for problem in tested[:64]]
    said = sampled(made[0], asked, 1)
    assert sum(bool(read(text)) for text in said) > 8 + sum(bool(read(text)) for text in sampled(model(1), asked, 1))
    assert said == sampled(made[1], asked, 1)
    assert all(END not in text for text in said)


class Counted(Silent):
    def __init__(self) -> None:
        self.items = 0

    def advance(self, items: int = 1) -> None:
        self.items += items


def test_cells_are_run_once_and_resumed(tmp_path: Path) -> None:
    cells = [Cell(SMALL, seed, name) for seed in (1, 2) for name in ("gold", "co-rewarding-ii")]
    work(cells[:1], tmp_path, jobs=1, progress=Silent())
    first = (tmp_path / "cells.jsonl").read_bytes()
    # Cut off in the middle of a line, as by a machine that went down.
    (tmp_path / "cells.jsonl").write_bytes(first[:-10])
    work(cells, tmp_path, jobs=2, progress=Silent())
    found = results(cells, tmp_path)
    assert [run["method"] for run in found] == ["gold", "co-rewarding-ii"] * 2
    assert all(len(run["steps"]["accuracy"]) == SMALL.steps for run in found)
    assert [run["seed"] for run in results([cell.base for cell in cells], tmp_path)] == [1, 1, 2, 2]
    before = (tmp_path / "cells.jsonl").read_bytes()
    work(cells, tmp_path, jobs=1, progress=Silent())
    assert (tmp_path / "cells.jsonl").read_bytes() == before
    again = tmp_path / "again"
    work(cells[-1:], again, jobs=1, progress=Silent())
    one, other = results(cells[-1:], tmp_path)[0], results(cells[-1:], again)[0]
    assert (one["accuracy"], one["steps"]) == (other["accuracy"], other["steps"])


def test_what_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    small = Point("headline", "all methods", SMALL, tuple(METHODS), (1, 2))
    monkeypatch.setitem(GROUPS, "headline", [small])
    words = ["train", "toy", "--methods", "majority,entropy", "--out", str(tmp_path)]
    assert cli.run([*words, "--json"]) == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    rows = {row["method"]: row for row in said["settings"][0]["methods"]}
    assert list(rows) == ["base", "majority", "entropy"]
    for row in rows.values():
        assert len(row["seeds"]) == 2
        assert row["low"] <= row["mean"] <= row["high"]
    assert rows["majority"]["alarm"] == [None, None]
    drawn = ET.fromstring((tmp_path / "toy.svg").read_text("utf-8"))
    assert "majority" in "".join(drawn.itertext())
    assert cli.run([*words, "--seeds", "1"]) == 0
    out = capsys.readouterr().out
    assert "| majority |" in out
    assert out.rstrip().endswith(f"The picture: {tmp_path / 'toy.svg'}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--cells", "all"], "there is no group of cells 'all'; there are: headline, trigger, elements, rate"),
        (["--methods", "grpo"], "there is no method 'grpo'; there are: gold"),
        (["--cells", "elements", "--methods", "entropy"], "none of entropy runs in 'elements'"),
    ],
)
def test_wrong_use_of_the_experiment(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["train", "toy", *words]) == 2
    assert said in capsys.readouterr().err


def test_every_group_has_a_cell_for_each_seed_and_method() -> None:
    for group in GROUPS:
        for point in points(group):
            cells = [cell for name in point.methods for cell in point.cells(name)]
            assert len({cell.key for cell in cells}) == len(point.methods) * len(point.seeds)
    assert len(study.points("headline", methods=["gold"], seeds=1)[0].seeds) == 1
