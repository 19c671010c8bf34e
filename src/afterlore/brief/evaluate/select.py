"""Learning from editors' choices, measured day after day: what days before a day taught decides how that day is ranked.

Reads a ``days.jsonl``: a line a day, ``{"date", "items": [{"title", "chosen"}]}``. Of an item only the title is read,
and ``chosen`` once its day is over; the category is our own classifier's. Whatever else a file holds (addresses,
places, labels) may be known of the chosen alone and would give them away, and so may the order of the items: they are
put in an order of their own first.

Figures are shares of pairs: of all pairs of a chosen and an unchosen title of one day, those in the right order (the
area under the ROC curve, days weighing by their pairs), each with an interval from resampled days. The first week only
teaches; ``all_days`` counts from the first day on, when nothing is known yet, and ``mean_of_days`` weighs those days
alike.
"""

import random
import zlib
from collections.abc import Callable, Sequence
from datetime import date as Date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, StrictBool, ValidationError

from afterlore.brief.article import Article
from afterlore.brief.desk.experience import Candidate, Day, Decision, lasting
from afterlore.brief.desk.proposed import proposed
from afterlore.brief.desk.taste import Taste
from afterlore.brief.rank import rank
from afterlore.brief.vertical import Vertical, load_vertical
from afterlore.core import InputError, digest
from afterlore.stats.intervals import bootstrap

__all__ = ["WARM_UP", "evaluate", "read_days"]

WARM_UP = 7
"""Days at the start that only teach."""
_FEWEST = WARM_UP + 3
_SEEDS = (0, 1, 2, 3, 4)
"""Of the permutations that the shuffled control learns from."""
_BUCKETS = 4096


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


def evaluate(data: Path, vertical: Vertical | None = None) -> dict[str, Any]:
    """Figures of learning on, off and shuffled, and of baselines. Raises InputError when there are too few days."""
    days = read_days(data, vertical or load_vertical("ai"))
    truth = [np.array([decision.chosen for decision in day.decisions]) for day in days]
    untrained = [_untrained(day) for day in days]
    learned = _count(_prequential(days, untrained), truth)
    shuffles = [_count(_prequential([_shuffled(day, seed) for day in days], untrained), truth) for seed in _SEEDS]
    shuffled = [_Count(sum(one.right for one in day) / len(day), day[0].pairs) for day in zip(*shuffles, strict=True)]
    plain = _count(untrained, truth)
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
        "baselines": {
            "title_length": _row(_count(lengths, truth)),
            "character_ngrams": _row(_count(_ngrams(days), truth)),
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
    """The baseline: ridge regression on hashed runs of one to three characters of the title, and nothing else."""
    rows = [[_hashed(d.candidate) for d in day.decisions] for day in days]
    target = [np.array([float(d.chosen) for d in day.decisions]) for day in days]
    matrix = np.stack([row for day in rows for row in day])
    kernel = matrix @ matrix.T
    truth = np.concatenate([chosen - chosen.mean() for chosen in target])
    scores = [np.zeros(len(rows[0]))]
    seen = len(rows[0])
    for day in rows[1:]:
        known = kernel[:seen, :seen] + np.eye(seen)
        scores.append(kernel[seen : seen + len(day), :seen] @ np.linalg.solve(known, truth[:seen]))
        seen += len(day)
    return scores


def _hashed(candidate: Candidate) -> NDArray[np.float64]:
    row = np.zeros(_BUCKETS)
    low = candidate.title.casefold()
    for size in (1, 2, 3):
        for start in range(len(low) - size + 1):
            row[zlib.crc32(low[start : start + size].encode()) % _BUCKETS] = 1.0
    return row / np.linalg.norm(row)


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
    third = max(1, len(scored) // 3)
    low, high = bootstrap(scored, _share)
    row = {"auc": _share(scored), "low": low, "high": high}
    parts: tuple[tuple[str, Sequence[_Count], Callable[[Sequence[_Count]], float]], ...] = (
        ("first_third", scored[:third], _share),
        ("last_third", scored[-third:], _share),
        ("all_days", counts, _share),
        ("mean_of_days", counts, _mean),
    )
    for name, part, figure in parts:
        low, high = bootstrap(part, figure)
        row |= {name: figure(part), f"{name}_low": low, f"{name}_high": high}
    return _rounded(row)


def _mean(counts: Sequence[_Count]) -> float:
    return sum(count.right / count.pairs for count in counts) / len(counts)


def _difference(ours: Sequence[_Count], theirs: Sequence[_Count]) -> dict[str, float]:
    paired = [_Count(a.right - b.right, a.pairs) for a, b in zip(ours[WARM_UP:], theirs[WARM_UP:], strict=True)]
    low, high = bootstrap(paired, _share)
    return _rounded({"mean": _share(paired), "low": low, "high": high})


def _rounded(row: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in row.items()}
