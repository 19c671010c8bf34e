"""What came out of the experiment, as rows of a table and as one picture."""

from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import Any

from afterlore.report.plot import Level, Line, Panel, figure
from afterlore.stats import bootstrap
from afterlore.train.monitor import Alarm, Observation, alarm
from afterlore.train.toy.study import Point

__all__ = ["picture", "told"]

WINDOW = 5
"""Steps that a point of the picture is the mean of."""

_FIELDS = {"length": "completions/mean_length", "truncated": "completions/clipped_ratio"}
_SEEN = ("reward", "agreement", "top_answer_share", "unanswered", "length", "truncated", "entropy", "kl")

Runs = Mapping[str, Sequence[Mapping[str, Any]]]
"""By method, "" the base's: the result of each seed, in the order of the point's seeds."""


def told(point: Point, runs: Runs) -> list[dict[str, Any]]:
    """A row for the base and for each method: final sampled accuracy on held-out questions by seed, its median and
    mean, and the gain over the base paired by seed, with 95 % bootstrap intervals over seeds; and the step at which
    the monitor rang, by seed, with gold answers and without.
    """
    bases = [run["accuracy"] for run in runs[""]]
    rows: list[dict[str, Any]] = [{"method": "base", "median": median(bases), **_mean(bases), "seeds": bases}]
    for method in point.methods:
        own = [run["accuracy"] for run in runs[method]]
        row = {"method": method, "median": median(own), **_mean(own), "seeds": own}
        row["gain"] = _mean([one - base for one, base in zip(own, bases, strict=True)])
        for name, gold in (("alarm", True), ("alarm without gold", False)):
            histories = [_history(run["steps"], point.setting.questions, gold=gold) for run in runs[method]]
            row[name] = [_step(alarm(history)) for history in histories]
        rows.append(row)
    return rows


def _mean(values: Sequence[float]) -> dict[str, float]:
    low, high = bootstrap(values, fmean)
    return {"mean": fmean(values), "low": low, "high": high}


def _step(found: Alarm | None) -> int | None:
    return found.step if found else None


def _history(steps: Mapping[str, Sequence[float]], questions: int, *, gold: bool) -> list[Observation]:
    names = (*_SEEN, "label_accuracy", "accuracy") if gold else _SEEN
    columns = [steps[_FIELDS.get(name, name)] for name in names]
    return [
        Observation(step, **dict(zip(names, row, strict=True)), questions=questions)
        for step, row in enumerate(zip(*columns, strict=True), 1)
    ]


def picture(point: Point, runs: Runs) -> str:
    """Accuracy, label accuracy and entropy over steps, one line for each method: an SVG that stands alone."""
    base = fmean(run["accuracy"] for run in runs[""])
    panels = [
        Panel("Accuracy of roll-outs", _lines(point, runs, "accuracy"), (0, 1), levels=[Level(base, "base")]),
        Panel("Accuracy of labels", _lines(point, runs, "label_accuracy"), (0, 1)),
        Panel("Entropy", _lines(point, runs, "entropy"), unit="nats a token"),
    ]
    seeds = f"{len(point.seeds)} seeds" if len(point.seeds) > 1 else "one seed"
    return figure(panels, title=f"Every method on the tiny task, mean of {seeds}", alone=True)


def _lines(point: Point, runs: Runs, name: str) -> list[Line]:
    lines = []
    for method in point.methods:
        series = [_smooth(run["steps"][name]) for run in runs[method]]
        points = [(1 + WINDOW * at + WINDOW / 2, fmean(values)) for at, values in enumerate(zip(*series, strict=True))]
        lines.append(Line(method, points))
    return lines


def _smooth(values: Sequence[float]) -> list[float]:
    return [fmean(values[start : start + WINDOW]) for start in range(0, len(values), WINDOW)]
