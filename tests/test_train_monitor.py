"""The monitor rings on what only a collapse does, and the file remembers exactly what was seen.

Histories are synthetic: the shapes that the literature and our prototype report, with noise.
"""

import math
import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.core import InputError
from afterlore.train.monitor import Alarm, History, Monitor, Observation, TensorBoard, alarm, read

STEPS = 120


def numbered(found: list[Observation]) -> list[Observation]:
    return [replace(one, step=step) for step, one in enumerate(found, 1)]


share = st.floats(0, 1)
maybe = st.none() | share
observed = st.builds(
    Observation,
    step=st.just(1),
    reward=st.floats(-5, 30),
    agreement=share,
    top_answer_share=share,
    unanswered=share,
    length=st.floats(0, 4096),
    truncated=share,
    entropy=st.none() | st.floats(0, 12),
    kl=st.none() | st.floats(-1, 50),
    label_accuracy=maybe,
    accuracy=maybe,
    alpha=maybe,
    questions=st.none() | st.integers(1, 64),
)
histories = st.lists(observed, max_size=40).map(numbered)


def run(
    seed: int, end: dict[str, float], *, gold: bool = False, onset: int = 20, over: int = 12, noise: float = 0.03
) -> list[Observation]:
    """From how a base model answers to ``end``, along a logistic curve around ``onset`` + ``over``, with noise."""
    rng = random.Random(seed)
    start: dict[str, float] = {
        "reward": rng.uniform(0.35, 0.7),
        "agreement": rng.uniform(0.35, 0.7),
        "top_answer_share": rng.uniform(0.03, 0.4),
        "unanswered": rng.uniform(0, 0.3),
        "length": rng.uniform(30, 900),
        "truncated": rng.uniform(0, 0.15),
        "entropy": rng.uniform(0.2, 1.2),
        "label_accuracy": rng.uniform(0.35, 0.7),
    }
    history = []
    for step in range(1, STEPS + 1):
        done = 1 / (1 + math.exp(-(step - onset - over) / (over / 4)))
        values: dict[str, Any] = {}
        for name, began in start.items():
            value = began + (end.get(name, began) - began) * done
            if name in ("length", "entropy"):
                # Given as a share of the first value.
                value = began * (1 + (end.get(name, 1.0) - 1) * done) * rng.uniform(0.92, 1.08)
            else:
                value = min(1.0, max(0.0, value + rng.gauss(0, noise)))
            values[name] = value
        known = values.pop("label_accuracy")
        history.append(Observation(step=step, kl=0.1, label_accuracy=known if gold else None, **values))
    return history


COLLAPSES: dict[str, dict[str, float]] = {
    "one answer, reasoning skipped": {
        **{"reward": 0.99, "agreement": 0.99, "top_answer_share": 0.95, "length": 0.2, "entropy": 0.05},
        **{"label_accuracy": 0.0, "unanswered": 0.0, "truncated": 0.0},
    },
    "mostly one answer, reasoning skipped": {
        **{"reward": 0.9, "top_answer_share": 0.82, "length": 0.2, "label_accuracy": 0.1}
    },
    "one answer, at length": {
        **{"reward": 0.99, "agreement": 0.99, "top_answer_share": 0.97, "entropy": 0.1, "label_accuracy": 0.02}
    },
    "loops": {"truncated": 0.98, "unanswered": 0.95, "length": 3.0, "entropy": 0.02, "label_accuracy": 0.0},
    "loops after an answer": {"truncated": 0.98, "length": 3.0, "entropy": 0.02, "label_accuracy": 0.3},
    "silence": {"unanswered": 1.0, "entropy": 4.0, "label_accuracy": 0.0},
}
HEALTHY: dict[str, dict[str, float]] = {
    "solves everything": {
        **{"reward": 1.0, "agreement": 1.0, "entropy": 0.01, "label_accuracy": 1.0, "unanswered": 0.0, "truncated": 0.0}
    },
    "gets brief": {"reward": 0.95, "agreement": 0.97, "entropy": 0.1, "length": 0.7, "label_accuracy": 0.9},
    "thinks longer": {"reward": 0.9, "agreement": 0.85, "entropy": 0.6, "length": 3.0, "truncated": 0.35},
    "learns nothing": {},
    "gets unsure": {"reward": 0.3, "agreement": 0.25, "entropy": 1.8, "label_accuracy": 0.3},
}


@pytest.mark.parametrize("gold", [True, False], ids=["gold", "no gold"])
@pytest.mark.parametrize("kind", COLLAPSES)
@given(seed=st.integers(0, 10**6), onset=st.integers(5, 20), over=st.integers(4, 16))
def test_it_rings_before_step_60(kind: str, gold: bool, seed: int, onset: int, over: int) -> None:
    rang = alarm(run(seed, COLLAPSES[kind], gold=gold, onset=onset, over=over))
    assert rang is not None
    assert onset < rang.step < 60
    assert rang.signs


@pytest.mark.parametrize("gold", [True, False], ids=["gold", "no gold"])
@pytest.mark.parametrize("kind", HEALTHY)
@given(seed=st.integers(0, 10**6), onset=st.integers(0, 60), over=st.integers(4, 60))
def test_it_is_silent_on_what_is_no_collapse(kind: str, gold: bool, seed: int, onset: int, over: int) -> None:
    assert alarm(run(seed, HEALTHY[kind], gold=gold, onset=onset, over=over)) is None


@pytest.mark.parametrize(("noise", "missed", "false"), [(0.03, 0.0, 0.0), (0.1, 0.0, 0.0), (0.3, 0.02, 0.06)])
def test_how_often_noise_misleads_it(noise: float, missed: float, false: float) -> None:
    """Noise of .03 is that of a share of 256 roll-outs, .1 of 25, .3 of 3: there it breaks (docs/train.md)."""

    def rang(end: dict[str, float], seed: int, latest: int) -> int:
        rng = random.Random(seed)
        how: dict[str, Any] = {"gold": seed % 2 == 0, "onset": rng.randint(5, latest), "over": rng.randint(4, 16)}
        found = alarm(run(seed, end, noise=noise, **how))
        return found is not None and found.step < 60

    collapses = [rang(end, seed, 20) for end in COLLAPSES.values() for seed in range(100)]
    healthy = [rang(end, seed, 60) for end in HEALTHY.values() for seed in range(100)]
    assert 1 - sum(collapses) / len(collapses) <= missed
    assert sum(healthy) / len(healthy) <= false
    assert noise < 0.3 or sum(healthy), "it breaks here, or the docs are wrong"


@given(observed, st.integers(0, 40))
def test_what_stays_as_it_was_never_rings(one: Observation, length: int) -> None:
    assert alarm(numbered([one] * length)) is None


@given(observed, st.lists(observed, min_size=1, max_size=4), st.integers(0, 20))
def test_what_passes_never_rings(usual: Observation, blip: list[Observation], after: int) -> None:
    # One blip: of those, some fields may be known and others not.
    known = [replace(one, entropy=usual.entropy and one.entropy) for one in blip]
    assert alarm(numbered([*[usual] * 9, *known, *[usual] * after])) is None


@given(histories, st.data())
def test_it_is_a_function_of_the_history_and_never_unrings(history: list[Observation], data: st.DataObject) -> None:
    whole = alarm(history)
    cut = data.draw(st.integers(0, len(history)))
    before = alarm(history[:cut])
    assert before is None or before == whole
    assert before == (whole if whole and whole.step <= cut else None)
    resumed = Monitor(history[:cut])
    for one in history[cut:]:
        resumed.observe(one)
    assert resumed.alarm == whole


def test_gold_answers_convict() -> None:
    # The reward is won with wrong answers of several kinds, as by Co-rewarding-I where both views err alike.
    found = {"reward": 0.98, "agreement": 0.97, "top_answer_share": 0.3, "label_accuracy": 0.03}
    rang = alarm(run(3, found, gold=True))
    assert rang is not None
    assert rang.step < 60
    assert alarm(run(3, found, gold=False)) is None, "without them nothing tells it from success: a limit"
    # Under a reward that is no share, accuracy tells where no label is used.
    rewarded = [
        replace(one, reward=9 + 0.1 * one.step, accuracy=one.label_accuracy, label_accuracy=None)
        for one in run(3, {"label_accuracy": 0.03}, gold=True)
    ]
    assert alarm(rewarded) is not None
    assert alarm([replace(one, reward=0.5) for one in rewarded]) is None, "a null reward may spoil a model unseen"


def test_gold_answers_acquit() -> None:
    # Nine in ten of the answers are "yes" by right, and the run finds that out.
    found = {"reward": 0.97, "agreement": 0.97, "top_answer_share": 0.95, "length": 0.5, "label_accuracy": 0.95}
    assert alarm(run(3, found, gold=True)) is None
    assert alarm(run(3, found, gold=False)) is not None, "without them it cannot know: a limit that it states"


def test_few_questions_a_step_tell_little() -> None:
    # One question a step: its group comes to agree, and that is the whole batch.
    found = {"reward": 1.0, "agreement": 1.0, "top_answer_share": 1.0, "length": 0.5}
    learnt = [replace(one, questions=1) for one in run(3, found)]
    assert alarm(learnt) is None
    assert alarm([replace(one, questions=32) for one in learnt]) is not None
    silent = [replace(one, questions=1) for one in run(3, COLLAPSES["silence"])]
    assert alarm(silent) is not None, "what is missing is missing"


def test_it_says_why() -> None:
    rang = alarm(run(1, COLLAPSES["one answer, reasoning skipped"], gold=True))
    assert isinstance(rang, Alarm)
    said = " ".join(rang.signs)
    assert "different questions get one answer" in said
    assert "labels are wrong" in said


def test_steps_come_one_after_the_other() -> None:
    one = run(0, {})[0]
    with pytest.raises(InputError, match="cut the history"):
        Monitor([one, one])


@pytest.mark.parametrize(
    ("field", "value"),
    [("reward", math.nan), ("kl", math.inf), ("agreement", 1.5), ("truncated", -0.1), ("length", "12"), ("step", 1.5)],
)
def test_what_is_no_observation_is_one_error(field: str, value: object) -> None:
    with pytest.raises(InputError, match=field):
        replace(run(0, {})[0], **{field: value})  # type: ignore[arg-type]


@given(histories, st.data())
def test_a_resumed_file_is_that_of_a_run_never_stopped(
    tmp_path_factory: pytest.TempPathFactory, history: list[Observation], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("history")
    whole, stopped = folder / "whole.jsonl", folder / "stopped.jsonl"
    with History(whole, upto=0) as file:
        for one in history:
            file.append(one)
    assert list(read(whole)) == history
    text = whole.read_bytes()
    # Killed anywhere, in the middle of a line too; the checkpoint is of a step that was written whole.
    stopped.write_bytes(text[: data.draw(st.integers(0, len(text)))])
    upto = data.draw(st.integers(0, len(read(stopped))))
    with History(stopped, upto=upto) as file:
        assert list(file.observations) == history[:upto]
        for one in history[upto:]:
            file.append(one)
    assert stopped.read_bytes() == text


def test_each_line_is_there_before_the_next_step(tmp_path: Path) -> None:
    with History(tmp_path / "observations.jsonl", upto=0) as file:
        for count, one in enumerate(run(0, {})[:3], 1):
            file.append(one)
            assert len(read(tmp_path / "observations.jsonl")) == count


@pytest.mark.parametrize("line", ["{", "[]", "\x80", '{"step": 1}', '{"step": 1, "reward": NaN}'])
def test_a_spoilt_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "observations.jsonl"
    with History(path, upto=0) as file:
        file.append(run(0, {})[0])
    path.write_text(f"{path.read_text()}{line}\n", encoding="latin-1")
    with pytest.raises(InputError, match="line 2"):
        read(path)


def test_tensorboard_takes_back_what_is_done_again(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    history = run(0, {})[:6]

    def write(found: list[Observation], upto: int) -> None:
        board = TensorBoard(tmp_path, upto=upto)
        for one in found:
            board.append(one)
        board.close()

    write(history, 0)
    again = [replace(one, reward=0.5) for one in history[3:5]]
    write(again, 3)
    events = accumulator.EventAccumulator(str(tmp_path)).Reload()
    shown = [(event.step, event.value) for event in events.Scalars("train/reward")]
    assert shown == [(one.step, pytest.approx(one.reward)) for one in (*history[:3], *again)]
    assert "train/label_accuracy" not in events.Tags()["scalars"], "what nobody knows is not drawn as 0"


def test_without_the_extra_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(InputError, match=r"afterlore\[train\]"):
        TensorBoard(tmp_path, upto=0)
