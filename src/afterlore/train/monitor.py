"""Watches a run for collapse: what each step shows, when to ring, and the file that remembers it.

Rewards without labels can be won without reasoning. Co-rewarding (arXiv 2508.00410, §1 and appendix) tells how such
runs end: under majority voting reward goes to 1 and label accuracy to 0, answers get short and one of them ("0") is
boxed for every question; under entropy and self-certainty tokens loop to the length limit and entropy goes to 0.

The difficulty is success, which looks alike: reward and agreement go to 1 and entropy falls there too. So none of these
rings alone. What no healthy run does, and what is therefore asked first, is that *different* questions get one answer,
that answers go missing, or that texts do not end. All is relative to the run's own first steps, because a share of .3
for one answer is much where answers are numbers and little where they are yes or no.

Every limit below was fixed beforehand, from synthetic histories and the prototype's figures, and not tuned on the
experiment that it is reported for. What it does not see: a run that goes wrong in many different ways at once, one
that had collapsed before its fifth step and (without gold) one that agrees on wrong answers of many kinds. What it
takes for a collapse (without gold): a run that finds out that nine in ten questions have one and the same right answer.
"""

import json
import math
import os
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Self

from afterlore.core import InputError

__all__ = ["Alarm", "History", "Monitor", "Observation", "Sign", "TensorBoard", "alarm", "levels", "read"]

FIRST = 5
"""Observations whose medians are how the run began: within the warm-up of the learning rate, before it learns;"""
WINDOW = 5
"""and whose medians are how it is now: small batches are noisy."""
PATIENCE = 5
"""For so many observations in a row it has to look like a collapse; with the window, 7 are needed, and 4 never ring."""
HIGH = 0.8
"""A share that began above says nothing by rising: what is left to rise is noise."""
SHORT = 0.6
"""Of its first length an answer is short. Who learns to be brief saves a third, who skips the reasoning more."""
FALLEN = 0.5
"""Of its first value label accuracy (accuracy, where no label is used) counts as fallen, if that was at least"""
KNOWN = 0.1
"""so much: half of less is noise."""
STILL = 0.2
"""Of its first value entropy is near 0."""
ENOUGH = 8
"""Different questions a step; of fewer neither their most frequent answer nor their label accuracy says anything. One
question that is learnt has one answer, and the label accuracy of four jumps by quarters."""

_SHARES = ("agreement", "top_answer_share", "unanswered", "truncated", "label_accuracy", "accuracy")


@dataclass(frozen=True, slots=True)
class Observation:
    """What one training step shows: means over its roll-outs, shares from 0 to 1, None where nobody knows.

    Raises InputError for what is no finite number and for shares outside 0 to 1: a NaN is an error, not a collapse.
    """

    step: int
    """From 1."""
    reward: float
    """Before advantages."""
    agreement: float
    """Share of a group that gives its most frequent answer, mean over groups; 0 for a group without answers."""
    top_answer_share: float
    """Of the answers that could be read in the whole batch, which is of different questions, the most frequent one's
    share, by canonical key; 0 where there is none."""
    unanswered: float
    """Share of roll-outs of which no answer could be read."""
    length: float
    """Tokens of a roll-out, without the prompt."""
    truncated: float
    """Share of roll-outs that ran into the length limit."""
    entropy: float | None = None
    """Of the policy's distribution, nats, mean over tokens."""
    kl: float | None = None
    """To the reference, nats per token, as the loss estimates it."""
    label_accuracy: float | None = None
    """Share of labels that equal the gold answer, of those questions whose gold answer is known."""
    accuracy: float | None = None
    """Share of roll-outs that equal the gold answer, likewise."""
    alpha: float | None = None
    """Of the teacher's moving average."""
    questions: float | None = None
    """Different questions in the batch; a rewording is no other question. None counts as enough of them."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None and field.default is None:
                continue
            kind = int if field.name == "step" else int | float
            if not isinstance(value, kind) or isinstance(value, bool) or not math.isfinite(value):
                raise InputError(
                    f"step {self.step!r}: {field.name} is {value!r}, not a finite number; try a lower learning rate"
                )
            # Means of single-precision numbers may end a little outside.
            if field.name in _SHARES and not -1e-6 <= value <= 1 + 1e-6:
                raise InputError(f"step {self.step!r}: {field.name} is {value!r}, but a share is from 0 to 1")


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that a collapse shows."""

    field: str
    """Of the observation."""
    words: str
    first: float
    """How the run began,"""
    now: float
    """and how it was when the alarm rang."""

    def __str__(self) -> str:
        return f"{self.words} ({self.field.replace('_', ' ')} {self.first:.3g} at first, {self.now:.3g} then)"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A collapse: at which step it was certain enough, and why."""

    step: int
    found: tuple[Sign, ...]

    @property
    def signs(self) -> tuple[str, ...]:
        """Each sign in words."""
        return tuple(map(str, self.found))


def alarm(history: Iterable[Observation]) -> Alarm | None:
    """The first alarm of a history, if any: a function of it alone, and what comes after never changes it."""
    return Monitor(history).alarm


def levels(observations: Iterable[Observation]) -> dict[str, float]:
    """The median of each field, over the observations that know it."""
    known: dict[str, list[float]] = {}
    for observation in observations:
        for name in Observation.__dataclass_fields__:
            if (value := getattr(observation, name)) is not None:
                known.setdefault(name, []).append(value)
    return {name: median(values) for name, values in known.items()}


class Monitor:
    """Takes observations one by one, in constant time and memory. A resumed run hands it the history so far."""

    def __init__(self, history: Iterable[Observation] = ()) -> None:
        self.alarm: Alarm | None = None
        """Once it rang it stays."""
        self._first: list[Observation] = []
        self._recent: deque[Observation] = deque(maxlen=WINDOW)
        self._held = 0
        for observation in history:
            self.observe(observation)

    def observe(self, observation: Observation) -> Alarm | None:
        """The alarm, from the step on at which it rang. Raises InputError for a step that does not come later."""
        if self._recent and observation.step <= self._recent[-1].step:
            raise InputError(f"step {observation.step} comes after step {self._recent[-1].step}; cut the history first")
        self._recent.append(observation)
        if len(self._first) < FIRST:
            self._first.append(observation)
            return self.alarm
        if self.alarm is None:
            signs = _signs(levels(self._first), levels(self._recent))
            self._held = self._held + 1 if signs else 0
            if self._held >= PATIENCE:
                self.alarm = Alarm(observation.step, signs)
        return self.alarm


def _signs(first: Mapping[str, float], now: Mapping[str, float]) -> tuple[Sign, ...]:
    """Why it looks like a collapse; none where it does not."""

    def rose(name: str) -> bool:
        return first[name] <= HIGH and now[name] >= _halfway(first[name])

    def change(name: str, words: str) -> Sign:
        return Sign(name, words, first[name], now[name])

    found = []
    enough = min(first.get("questions", ENOUGH), now.get("questions", ENOUGH)) >= ENOUGH
    judges = ("label_accuracy", "accuracy") if enough else ()
    gold = next((name for name in judges if first.get(name, 0) >= KNOWN and name in now), None)
    wrong = now[gold] <= FALLEN * first[gold] if gold else None
    short = now["length"] <= SHORT * first["length"]
    # So much, from so little, that it needs no second sign.
    sudden = first["top_answer_share"] <= 0.5 and now["top_answer_share"] >= 0.9
    if enough and rose("top_answer_share") and wrong is not False and (wrong or short or sudden):
        found.append(change("top_answer_share", "different questions get one answer"))
        if short:
            found.append(change("length", "answers are short"))
    paid = now["reward"] >= _halfway(first["reward"]) if 0 <= first["reward"] <= 1 else now["reward"] > first["reward"]
    if gold and wrong and (paid or found):
        found.append(change(gold, "labels are wrong" if gold == "label_accuracy" else "answers are wrong"))
        if paid:
            found.append(change("reward", "and yet the reward is high"))
    if rose("unanswered"):
        found.append(change("unanswered", "answers are missing"))
    if rose("truncated") and now.get("entropy", math.inf) <= STILL * first.get("entropy", 0.0):
        found.append(change("truncated", "texts run to the length limit"))
        found.append(change("entropy", "and nothing in them is open"))
    return tuple(found)


def _halfway(share: float) -> float:
    """Half of the way that is left to 1."""
    return (1 + share) / 2


def read(path: Path) -> tuple[Observation, ...]:
    """The observations of a file, exactly as they were written. A last line that was cut off is no observation.

    Raises InputError for any other line that is none.
    """
    whole, _, _ = path.read_text(encoding="utf-8", errors="replace").rpartition("\n")
    return tuple(_parsed(path, number, line) for number, line in enumerate(whole.split("\n"), 1) if whole)


def _parsed(path: Path, number: int, line: str) -> Observation:
    try:
        return Observation(**json.loads(line))
    except (TypeError, ValueError, InputError) as error:
        raise InputError(f"{str(path)!r}, line {number} is no observation ({error}); move the file away") from error


class History:
    """The file of a run's observations, one JSON object a line, each flushed before the next step begins.

    Opened at the step of the checkpoint that a run goes on from (0: a new run), it cuts what was written after that
    step: those steps are done again, and the file ends as that of a run that was never stopped. The cut is atomic.
    """

    def __init__(self, path: Path, *, upto: int) -> None:
        held = read(path) if path.exists() else ()
        self.observations: tuple[Observation, ...] = tuple(one for one in held if one.step <= upto)
        """Those that were kept."""
        part = path.with_name(f"{path.name}.part")
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(map(_line, self.observations))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        self._file = path.open("a", encoding="utf-8", newline="\n")

    def append(self, observation: Observation) -> None:
        """Writes one more."""
        self._file.write(_line(observation))
        self._file.flush()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _line(observation: Observation) -> str:
    return json.dumps(asdict(observation), allow_nan=False) + "\n"


class TensorBoard:
    """The same for TensorBoard: one scalar for each field that is known, under ``train/``.

    ``upto`` as for ``History``: what was written after that step is taken back. Raises InputError without the extra.
    """

    def __init__(self, folder: Path, *, upto: int) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise InputError("TensorBoard is not installed; pip install 'afterlore[train]'") from error
        self._writer = SummaryWriter(str(folder), purge_step=upto + 1)

    def append(self, observation: Observation) -> None:
        """Writes one more."""
        values = asdict(observation)
        step = values.pop("step")
        for name, value in values.items():
            if value is not None:
                self._writer.add_scalar(f"train/{name}", value, step)
        self._writer.flush()

    def close(self) -> None:
        """Closes the file."""
        self._writer.close()
