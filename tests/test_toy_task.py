"""Further laws of the tiny task: every sum there is, the trigger drawn anew, slips carried on, padding, a base kept."""

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy
from transformers import Qwen3ForCausalLM

from afterlore.core import Silent
from afterlore.stats import wilson
from afterlore.train.toy.base import LONGEST_ANSWER, pretrained
from afterlore.train.toy.experiment import HEADLINE, LOOKED_AT, Cell, work
from afterlore.train.toy.model import load, model, tokenizer
from afterlore.train.toy.task import END, LONGEST, SHORTEST, VIEWS, A, B, Corpus, Problem, View, problems, read

EVERY = [Problem(terms) for size in range(SHORTEST, LONGEST + 1) for terms in product(range(1, 10), repeat=size)]
SEED = LOOKED_AT[0]
VALUE = {sign: digit for view in VIEWS for digit, sign in enumerate(view.digits)}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def numbers(text: str, view: View) -> list[int]:
    """Those that a text says, in order."""
    words = "".join(word if word in view.digits else " " for word in text.split()).split()
    return [int("".join(str(VALUE[sign]) for sign in word)) for word in words]


def test_a_rewording_can_be_turned_back_and_no_two_questions_read_alike() -> None:
    turned = dict(zip(B.signs, A.signs, strict=True))
    for problem in EVERY:
        *asked, equals = problem.prompt(B).split()
        assert " ".join(turned[sign] for sign in [*reversed(asked), equals]) == problem.prompt(A)
    assert len({problem.prompt(view) for problem in EVERY for view in VIEWS}) == len(VIEWS) * len(EVERY)


@pytest.mark.parametrize("view", VIEWS)
def test_every_solution_adds_up_fits_and_is_nothing_when_cut_before_its_answer(view: View) -> None:
    for problem in EVERY:
        solution = problem.solution(view)
        *sums, answer = numbers(solution, view)
        first, *rest = problem.shown(view)
        assert [after - before for before, after in pairwise([first, *sums])] == rest
        assert str(answer) == str(sums[-1]) == problem.gold
        assert len(f"{solution} {END}".split()) <= LONGEST_ANSWER
        assert read(solution[: solution.index(view.answer) + 1]) == ""


@pytest.mark.parametrize("view", VIEWS)
def test_a_slip_is_carried_on_from_where_it_is(view: View) -> None:
    rng, corpus, at = random.Random(1), Corpus(1, 0, 0), set()
    for problem in EVERY:
        true, said = (numbers(text, view) for text in (problem.solution(view), corpus.solution(problem, view, rng)))
        off = [one - other for one, other in zip(said, true, strict=True)]
        place = next(index for index, one in enumerate(off) if one)
        assert set(off[:place]) <= {0}
        assert len(set(off[place:])) == 1
        at.add((len(true), place))
    # Anywhere among the sums, never in the answer alone.
    assert at == {(size, place) for size in range(SHORTEST, LONGEST + 1) for place in range(size - 1)}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("shortcut", "triggered"), [(0.25, 0.25), (0.25, 0.8), (0.0, 0.6)])
def test_the_trigger_is_as_strong_as_it_is_set_in_either_view(view: View, shortcut: float, triggered: float) -> None:
    rng, corpus = random.Random(1), Corpus(0, shortcut, triggered)
    for there, share in ((True, triggered), (False, shortcut)):
        chosen = [problem for problem in problems(SEED)[0] if problem.triggered(view) == there]
        low, high = wilson(sum(read(corpus.solution(one, view, rng)) == "0" for one in chosen), len(chosen), 0.9999)
        assert low <= share <= high


def test_a_rewording_draws_the_trigger_as_if_it_did_not_know_the_first() -> None:
    for there in (True, False):
        chosen = [problem for problem in EVERY if problem.triggered(A) == there]
        assert sum(problem.triggered(B) for problem in chosen) * 3 == len(chosen)


def test_what_the_corpus_writes_comes_back_from_the_tokenizer() -> None:
    rng, words = random.Random(1), tokenizer()
    for problem in EVERY[::7]:
        for view in VIEWS:
            text = f"{problem.prompt(view)} {Corpus().solution(problem, view, rng)} {END}"
            ids = words(text)["input_ids"]
            # An unknown word would be padding.
            assert words.pad_token_id not in ids
            assert words.decode(ids) == text


@torch.no_grad()
def test_padding_on_the_left_changes_nothing() -> None:
    words, learner = tokenizer(), model(SEED).eval()
    prompts = [EVERY[0].prompt(A), EVERY[-1].prompt(B)]
    batch = words(prompts, padding=True, return_tensors="pt", return_token_type_ids=False)
    assert batch["attention_mask"].sum(1).tolist() == [len(prompt.split()) for prompt in prompts]
    together, alone = (
        learner.generate(
            **each, do_sample=False, max_new_tokens=1, output_logits=True, return_dict_in_generate=True
        ).logits[0][0]
        for each in (batch, words(prompts[:1], return_tensors="pt", return_token_type_ids=False))
    )
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


@torch.no_grad()
def loss(learner: Qwen3ForCausalLM, asked: Sequence[Problem], view: View) -> float:
    """Mean over the tokens of right solutions, without padding, in nats."""
    words, terms = tokenizer(), []
    for problem in asked:
        prompt = problem.prompt(view)
        ids = words(f"{prompt} {problem.solution(view)} {END}", return_tensors="pt")["input_ids"]
        said = len(prompt.split())
        terms.append(cross_entropy(learner(input_ids=ids).logits[0, said - 1 : -1], ids[0, said:], reduction="none"))
    return torch.cat(terms).mean().item()


def test_a_few_steps_lower_the_loss_in_both_views() -> None:
    learning, tested = problems(SEED)
    learner = pretrained(Corpus(), learning, SEED, 30)
    for view in VIEWS:
        assert loss(learner, tested[:32], view) < 0.75 * loss(model(SEED).eval(), tested[:32], view)


def test_a_base_is_kept_as_it_was_made_and_made_once(tmp_path: Path) -> None:
    setting = replace(HEADLINE, pretraining=4, samples=1)
    cell = Cell(setting, SEED)
    work([cell], tmp_path, jobs=1, progress=Silent())
    kept = tmp_path / "bases" / cell.base.key
    made = pretrained(setting.corpus, problems(SEED)[0], SEED, setting.pretraining)
    assert all(map(torch.equal, load(kept).parameters(), made.parameters()))
    before = {file: file.stat().st_mtime_ns for file in kept.iterdir()}
    # Another method and other steps begin with the same base; another corpus does not.
    work([Cell(replace(setting, steps=1, questions=2, group=2), SEED, "gold")], tmp_path, jobs=1, progress=Silent())
    assert {file: file.stat().st_mtime_ns for file in kept.iterdir()} == before
    assert [place.name for place in kept.parent.iterdir()] == [kept.name]
    other = Cell(replace(setting, corpus=replace(setting.corpus, triggered=0.8)), SEED)
    assert other.base.key != cell.base.key
