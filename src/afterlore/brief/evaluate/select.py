"""Learning from editors' choices, measured day after day: what days before a day taught decides how that day is ranked.

Reads a ``days.jsonl``: a line a day, ``{"date", "items": [{"title", "chosen"}]}``. Of an item only the title is read,
and ``chosen`` once its day is over; the category is our own classifier's. Whatever else a file holds (addresses,
places, labels) may be known of the chosen alone and would give them away, and so may the order of the items: they are
put in an order of their own first.

Figures are shares of pairs: of all pairs of a chosen and an unchosen title of one day, those in the right order (the
area under the ROC curve, days weighing by their pairs), each with an interval from resampled days. The first week only
teaches; ``all_days`` counts from the first day on, when nothing is known yet, and ``mean_of_days`` weighs those days
alike. ``by_warm_up`` counts after other warm-ups too, in both ways, to show what of a figure is the way of counting.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date as Date
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, StrictBool, ValidationError

from afterlore.brief.article import Article
from afterlore.brief.desk.experience import Day, Decision, lasting
from afterlore.brief.desk.proposed import proposed
from afterlore.brief.desk.taste import Taste
from afterlore.brief.rank import rank
from afterlore.brief.vertical import Vertical, load_vertical
from afterlore.core import InputError, digest
from afterlore.stats.intervals import bootstrap
from afterlore.text.ngrams import ngrams

__all__ = ["WARM_UP", "evaluate", "read_days"]

WARM_UP = 7
"""Days at the start that only teach."""
_WARM_UPS = (0, 5, WARM_UP, 10, 14, 18)
_FEWEST = WARM_UP + 3
_SEEDS = (0, 1, 2, 3, 4)
"""Of the permutations that the shuffled control learns from."""
_STEPS = 20
_ENOUGH = 0.01
"""Newton's method ends once a step is this small a part of the weights, and a step once this part of it is unsolved."""

_FORM = '{"date": "YYYY-MM-DD", "items": [{"title": "...", "chosen": true}]}'


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    title: str
    chosen: StrictBool


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    date: str
    items: tuple[_Item, ...]


class _Count(NamedTuple):
    """Pairs of one day in the right order (ties half), and all pairs."""

    right: float
    pairs: int


class _Matrix(NamedTuple):
    """Cells that are not 0, by row."""

    row: NDArray[np.intp]
    column: NDArray[np.intp]
    value: NDArray[np.float64]
    shape: tuple[int, int]

    def times(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(
            np.bincount(self.row, weights=self.value * vector[self.column], minlength=self.shape[0]), dtype=np.float64
        )

    def transposed_times(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(
            np.bincount(self.column, weights=self.value * vector[self.row], minlength=self.shape[1]), dtype=np.float64
        )


def evaluate(data: Path, vertical: Vertical | None = None) -> dict[str, Any]:
    """Figures of learning on, off and shuffled, and of baselines. Raises InputError when there are too few days."""
    days = read_days(data, vertical or load_vertical("ai"))
    truth = [np.array([decision.chosen for decision in day.decisions]) for day in days]
    untrained = [_untrained(day) for day in days]
    learned = _count(_prequential(days, untrained), truth)
    shuffles = [_count(_prequential([_shuffled(day, seed) for day in days], untrained), truth) for seed in _SEEDS]
    shuffled = [_Count(sum(one.right for one in day) / len(day), day[0].pairs) for day in zip(*shuffles, strict=True)]
    plain = _count(untrained, truth)
    characters = _count(_ngrams(days), truth)
    lengths = [np.array([float(len(d.candidate.title)) for d in day.decisions]) for day in days]
    return {
        "days": len(days),
        "scored_days": len(days) - WARM_UP,
        "titles": sum(len(day.decisions) for day in days),
        "learned": _row(learned),
        "untrained": _row(plain),
        "shuffled": _row(shuffled),
        "learned_minus_untrained": _difference(learned, plain),
        "learned_minus_shuffled": _difference(learned, shuffled),
        "learned_minus_character_ngrams": _difference(learned, characters),
        "baselines": {
            "title_length": _row(_count(lengths, truth)),
            "character_ngrams": _row(characters),
        },
        "by_warm_up": {
            str(start): {
                "learned": _parts(learned[start:]),
                "untrained": _parts(plain[start:]),
                "character_ngrams": _parts(characters[start:]),
            }
            for start in _WARM_UPS
            if len(days) >= start + 3
        },
    }


def read_days(data: Path, vertical: Vertical) -> tuple[Day, ...]:
    """The file's days as a desk would have logged them, each with the untrained ranker's reasons for its titles.

    What was chosen counts as fetched by the editor and what was not as dropped: both sides are the editor's own act.
    Raises InputError that says which line is at fault.
    """
    days = []
    # Not splitlines: JSON lets a title hold the other characters at which that would break it.
    for number, text in enumerate(data.read_text(encoding="utf-8").split("\n"), 1):
        if not text.strip():
            continue
        try:
            line = _Line.model_validate_json(text)
            when = Date.fromisoformat(line.date)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the line"
            raise _malformed(data, number, f"{where}: {first['msg']}") from error
        except ValueError as error:
            raise _malformed(data, number, f"date takes YYYY-MM-DD, not {line.date!r}") from error
        items = {item.title.strip(): item.chosen for item in line.items}
        if "" in items:
            raise _malformed(data, number, "an item has no title")
        if len(set(items.values())) == 2:
            days.append(_day(when, items, vertical))
    found = lasting(days)
    if len(found) < _FEWEST:
        raise InputError(f"{str(data)!r} holds {len(found)} days with chosen and other titles; {_FEWEST} are needed")
    return found


def _malformed(data: Path, number: int, problem: str) -> InputError:
    return InputError(f"{str(data)!r} line {number}: {problem}; a line is {_FORM}")


def _day(when: Date, items: dict[str, bool], vertical: Vertical) -> Day:
    titles = sorted(items, key=digest)
    stories = [[_titled(title, vertical)] for title in titles]
    reasons = {one.story: [(r.name, r.value) for r in one.reasons] for one in rank(stories, vertical)}
    return Day(
        date=when,
        decisions=tuple(
            Decision(
                # The title as it stands: no shorter one is looked for among an event's articles.
                candidate=proposed(story, vertical, reasons[i]).model_copy(update={"title": title}),
                decision="promoted" if items[title] else "dropped",
            )
            for i, (title, story) in enumerate(zip(titles, stories, strict=True))
        ),
    )


def _titled(title: str, vertical: Vertical) -> Article:
    """An article of which nothing is known but its title; all of one outlet, so that none differs by it."""
    name = digest(title)[:16]
    return Article(
        id=name,
        url=name,
        outlet="-",
        title=title,
        published=None,
        language=vertical.language,
        text="",
        sha256=digest(""),
        source="-",
    )


def _untrained(day: Day) -> NDArray[np.float64]:
    return np.array([sum(decision.candidate.features.values()) for decision in day.decisions])


def _prequential(days: Sequence[Day], untrained: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Each day's scores by what the days before it taught."""
    taste = Taste()
    scores = []
    for day, score in zip(days, untrained, strict=True):
        verdicts = taste.judge([decision.candidate for decision in day.decisions])
        scores.append(score + np.array([verdict.value for verdict in verdicts]))
        taste = taste.then([day])
    return scores


def _shuffled(day: Day, seed: int) -> Day:
    """The day with its choices dealt out anew; as many stay chosen."""
    said = [decision.decision for decision in day.decisions]
    random.Random(f"{seed} {day.date}").shuffle(said)
    decisions = zip(day.decisions, said, strict=True)
    return day.model_copy(update={"decisions": tuple(d.model_copy(update={"decision": s}) for d, s in decisions)})


def _ngrams(days: Sequence[Day]) -> list[NDArray[np.float64]]:
    """The baseline: logistic regression on TF-IDF of runs of one to three characters of the title, by the days before.

    What scikit-learn's ``TfidfVectorizer(analyzer="char", ngram_range=(1, 3))`` and ``LogisticRegression()`` make of
    them: smoothed idf, rows of length 1, a penalty of 1 on the weights and none on the intercept.
    """
    decisions = [decision for day in days for decision in day.decisions]
    chosen = np.array([float(decision.chosen) for decision in decisions])
    ends = np.cumsum([len(day.decisions) for day in days])
    numbers: dict[str, int] = {}
    cells = []
    for row, decision in enumerate(decisions):
        title = decision.candidate.title.lower()
        for gram, times in Counter(gram for size in (1, 2, 3) for gram in ngrams(title, size)).items():
            cells.append((row, numbers.setdefault(gram, len(numbers)), times))
    rows, columns, times = np.array(cells, dtype=np.intp).T
    weights, intercept = np.zeros(len(numbers)), 0.0
    scores = [np.zeros(ends[0])]
    for seen, end in pairwise(ends):
        past, now = np.searchsorted(rows, (seen, end))
        titles = np.bincount(columns[:past], minlength=len(numbers))
        idf = np.where(titles > 0, np.log((1 + seen) / (1 + titles)) + 1, 0.0)
        value = times[:now] * idf[columns[:now]]
        # At least 1 but where no run of a title is known, since an idf is.
        value /= np.maximum(1.0, np.sqrt(np.bincount(rows[:now], weights=value**2)))[rows[:now]]
        known = _Matrix(rows[:past], columns[:past], value[:past], (seen, len(numbers)))
        weights, intercept = _logistic(known, chosen[:seen], weights, intercept)
        today = _Matrix(rows[past:now] - seen, columns[past:now], value[past:], (end - seen, len(numbers)))
        scores.append(today.times(weights))
    return scores


def _logistic(
    known: _Matrix, chosen: NDArray[np.float64], weights: NDArray[np.float64], intercept: float
) -> tuple[NDArray[np.float64], float]:
    """Weights and intercept by Newton's method, from those given on."""
    for _ in range(_STEPS):
        share = 1 / (1 + np.exp(-known.times(weights) - intercept))
        curve, rest = share * (1 - share), chosen - share
        # The intercept's own equation is solved for it and put into the others.
        target = known.transposed_times(rest - curve * rest.sum() / curve.sum()) - weights
        step = _newton(known, curve, target)
        weights = weights + step
        intercept += float((rest - curve * known.times(step)).sum() / curve.sum())
        if np.linalg.norm(step) <= _ENOUGH * np.linalg.norm(weights):
            break
    return weights, intercept


def _newton(known: _Matrix, curve: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """One step of Newton's method by conjugate gradients."""
    solution, rest, way = np.zeros_like(target), target, target
    size = float(rest @ rest)
    enough = _ENOUGH**2 * size
    while size > enough:
        moved = known.times(way)
        image = known.transposed_times(curve * (moved - curve @ moved / curve.sum())) + way
        length = size / float(way @ image)
        solution = solution + length * way
        rest = rest - length * image
        before, size = size, float(rest @ rest)
        way = rest + size / before * way
    return solution


def _count(scores: Sequence[NDArray[np.float64]], truth: Sequence[NDArray[np.bool_]]) -> list[_Count]:
    counts = []
    for score, chosen in zip(scores, truth, strict=True):
        ours, others = score[chosen][:, None], score[~chosen][None, :]
        right = float((ours > others).sum() + 0.5 * (ours == others).sum())
        counts.append(_Count(right, ours.size * others.size))
    return counts


def _share(counts: Sequence[_Count]) -> float:
    return sum(count.right for count in counts) / sum(count.pairs for count in counts)


def _row(counts: Sequence[_Count]) -> dict[str, float]:
    scored = counts[WARM_UP:]
    third = len(scored) // 3
    low, high = bootstrap(scored, _share)
    row = {"auc": _share(scored), "low": low, "high": high}
    parts: tuple[tuple[str, Sequence[_Count], Callable[[Sequence[_Count]], float]], ...] = (
        ("all_days", counts, _share),
        ("mean_of_days", counts, _mean),
        ("first_third", scored[:third], _share),
        ("last_third", scored[-third:], _share),
    )
    for name, part, figure in parts:
        low, high = bootstrap(part, figure)
        row |= {name: figure(part), f"{name}_low": low, f"{name}_high": high}
    return _rounded(row)


def _parts(scored: Sequence[_Count]) -> dict[str, float]:
    third = len(scored) // 3
    parts = (("", scored), ("_first_third", scored[:third]), ("_last_third", scored[-third:]))
    figures = (("pooled", _share), ("mean_of_days", _mean))
    return _rounded({f"{name}{part}": figure(counts) for name, figure in figures for part, counts in parts})


def _mean(counts: Sequence[_Count]) -> float:
    return sum(count.right / count.pairs for count in counts) / len(counts)


def _difference(ours: Sequence[_Count], theirs: Sequence[_Count]) -> dict[str, float]:
    paired = [_Count(a.right - b.right, a.pairs) for a, b in zip(ours[WARM_UP:], theirs[WARM_UP:], strict=True)]
    low, high = bootstrap(paired, _share)
    return _rounded({"mean": _share(paired), "low": low, "high": high})


def _rounded(row: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in row.items()}
