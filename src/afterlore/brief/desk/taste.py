"""What this desk's editors tend to choose, learned online from what they chose, and shown with its reasons.

A ridge regression over the traits of the candidates (``traits``), within days: of each day's stories, what did the
chosen ones have that the others had not? The untrained ranker is the prior mean: what is learned is the *correction* of
its score, so that with nothing decided yet it adds exactly nothing, and the more days teach, the more the editors' own
choices count. After Hoerl and Kennard, "Ridge Regression", 1970, solved by conjugate gradients (Hestenes and Stiefel,
1952); the departures stand in docs/papers.md.

A ``Taste`` is a pure fold over days: ``Taste.of(a + b) == Taste.of(a).then(b)``. To forget is to fold from later on.

What bounds it: a story gains or loses at most ``BOUND`` points of score; a word counts once a title, and speaks only
once it was decided upon on two days; decisions that only let the ranker's proposal stand count a quarter.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from afterlore.brief.desk.experience import Candidate, Day
from afterlore.brief.desk.traits import TEXT, Trait, kinship, read, readable, traits
from afterlore.brief.desk.words import Part, explain, named, reason, within
from afterlore.core import Record

__all__ = ["BOUND", "Preference", "Taste", "Verdict"]

BOUND = 3.0
"""The most that taste can add to a story's score or take from it, in points of score."""

_GAIN = 12.0
"""Points of score for a certainty: what turns a share of being chosen into score."""
_RIDGE = 1.5
_DECAY = 0.99
"""Weight of a day beside the day after it: a choice counts half after ten weeks."""
_PASSIVE = 0.25
"""Weight of letting a proposal stand beside that of an act: else the ranker would learn from itself."""
_DAYS = 2
"""Days on which a word must have been decided upon before it speaks."""
_KIN_DAYS = 7
_SHOWN = 3
"""Stories that must have had a trait before it is told as a preference."""
_STEPS = 200
_TOLERANCE = 1e-6
# How far a trait's weight may be expected from 0, by kind: what is rare must be learned from few titles, what every
# title has is learned from all.
_SPREAD = {
    "word": 0.033,
    "pair": 0.033,
    "gram": 0.016,
    "category": 0.25,
    "reason": 0.25,
    "form": 0.04,
    "kin": 0.5,
}


@dataclass(frozen=True, slots=True)
class _Lesson:
    """A day as it is learned from: made once, from the day and from what the days before it told."""

    at: NDArray[np.intp]
    """Cells of the day's matrix: the decision's number within the day,"""
    of: NDArray[np.intp]
    """the trait's number,"""
    amount: NDArray[np.float64]
    """and how far the candidate has it."""
    told: tuple[frozenset[str], ...]
    passed: tuple[frozenset[str], ...]
    chosen: NDArray[np.float64]
    untrained: NDArray[np.float64]
    weight: NDArray[np.float64]


class Verdict(Record):
    """Taste's share in a story's score."""

    value: float
    """Points of score, within ±``BOUND``; exactly 0 while nothing was learned."""
    why: str
    """One line in the brief's language; empty when the value is 0."""
    parts: tuple[Part, ...]
    """Largest effect first, at most eight."""


class Preference(Record):
    """What editors here tend to choose or to pass over."""

    text: str
    effect: float
    """Points of score for a title that has it in full."""
    chosen: int
    """Stories with it that were told."""
    seen: int
    """Stories with it that were decided upon."""


@dataclass(frozen=True)
class Taste:
    """What was learned from ``days``, in that order. With no days it adds nothing to any story."""

    days: tuple[Day, ...] = ()
    _lessons: tuple[_Lesson, ...] = field(default=(), compare=False, repr=False)
    _numbers: dict[Trait, int] = field(default_factory=dict, compare=False, repr=False)
    """Numbers of the traits. Only ever added to, so that what goes on from here can share it."""

    @classmethod
    def of(cls, days: Iterable[Day]) -> "Taste":
        """What these days teach, the oldest first (``experience.lasting`` puts a log's days in order)."""
        return cls().then(days)

    def then(self, days: Iterable[Day]) -> "Taste":
        """What is known once these days, later ones, have taught too. Days without a decision teach nothing."""
        more = tuple(day for day in days if day.decisions)
        lessons = list(self._lessons)
        for day in more:
            lessons.append(_lesson(day, lessons[-_KIN_DAYS:], self._numbers))
        return Taste((*self.days, *more), tuple(lessons), self._numbers)

    def judge(self, candidates: Sequence[Candidate], language: str = "zh") -> list[Verdict]:
        """What taste adds to each of the day's candidates, told in ``language`` (Chinese, or else English)."""
        if not self._lessons or not candidates:
            return [Verdict(value=0.0, why="", parts=()) for _ in candidates]
        lessons = self._lessons[-_KIN_DAYS:]
        rows = [_row(candidate, lessons) for candidate in candidates]
        effects = [{t: self._weights[t] * x for t, x in row.items() if t in self._weights} for row in rows]
        usual: dict[Trait, float] = defaultdict(float)
        for effect in effects:
            for trait, value in effect.items():
                usual[trait] += value / len(rows)
        few = [trait for trait in usual if trait.kind not in TEXT]
        middle = math.fsum(math.fsum(effect.values()) for effect in effects) / len(rows)
        told = []
        for candidate, effect in zip(candidates, effects, strict=True):
            value = round(max(-BOUND, min(BOUND, math.fsum(effect.values()) - middle)), 4)
            beside = {trait: effect.get(trait, 0.0) - usual[trait] for trait in (*effect, *few)}
            parts = explain(candidate, beside, effect, self._weights, language)
            told.append(Verdict(value=value, why=reason(value, parts, language), parts=parts[:8]))
        return told

    def summary(self, language: str = "zh", most: int = 8) -> tuple[tuple[Preference, ...], tuple[Preference, ...]]:
        """What editors here choose, and what they pass over, strongest first, at most so many of each."""
        seen = np.zeros(len(self._numbers))
        chosen = np.zeros(len(self._numbers))
        for lesson in self._lessons:
            had = lesson.amount > 0
            seen += _sums(lesson.of[had], np.ones(int(had.sum())), len(seen))
            chosen += _sums(lesson.of[had], lesson.chosen[lesson.at[had]], len(seen))
        found = []
        for trait, weight in self._weights.items():
            number = self._numbers[trait]
            text = named(trait, language) if seen[number] >= _SHOWN else ""
            if text:
                effect = weight + sum(self._weights.get(gram, 0.0) for gram in within(trait))
                counts = {"chosen": int(chosen[number]), "seen": int(seen[number])}
                found.append(Preference(text=text, effect=round(effect, 4), **counts))
        found.sort(key=lambda one: (-abs(one.effect), one.text))
        return tuple(p for p in found if p.effect > 0)[:most], tuple(p for p in found if p.effect < 0)[:most]

    @cached_property
    def _weights(self) -> dict[Trait, float]:
        """Points of score for each trait that speaks."""
        return _fit(self._lessons, self._numbers) if self._lessons else {}


def _row(candidate: Candidate, lessons: Sequence[_Lesson]) -> dict[Trait, float]:
    words = _telling(candidate)
    told = kinship(words, [other for lesson in lessons for other in lesson.told])
    passed = kinship(words, [other for lesson in lessons for other in lesson.passed])
    return {**traits(candidate), Trait("kin", "told"): told, Trait("kin", "passed"): passed}


def _telling(candidate: Candidate) -> frozenset[str]:
    return frozenset(word for word, _ in read(candidate.title).words if readable(word))


def _lesson(day: Day, before: Sequence[_Lesson], numbers: dict[Trait, int]) -> _Lesson:
    candidates = [decision.candidate for decision in day.decisions]
    titles = [_telling(one) for one in candidates]
    chosen = [decision.chosen for decision in day.decisions]
    rows = [_row(candidate, before) for candidate in candidates]
    return _Lesson(
        at=np.repeat(np.arange(len(rows)), [len(row) for row in rows]),
        of=np.array([numbers.setdefault(trait, len(numbers)) for row in rows for trait in row], dtype=np.intp),
        amount=np.array([value for row in rows for value in row.values()], dtype=np.float64),
        told=tuple(title for title, yes in zip(titles, chosen, strict=True) if yes),
        passed=tuple(title for title, yes in zip(titles, chosen, strict=True) if not yes),
        chosen=np.array(chosen, dtype=np.float64),
        untrained=np.array([math.fsum(one.features.values()) for one in candidates]),
        weight=np.array([_PASSIVE if d.decision in ("kept", "left") else 1.0 for d in day.decisions]),
    )


def _fit(lessons: Sequence[_Lesson], numbers: dict[Trait, int]) -> dict[Trait, float]:
    """The weights, in points of score, by ridge regression in its dual form: as many unknowns as decisions."""
    sizes = [len(lesson.chosen) for lesson in lessons]
    count, starts = sum(sizes), np.cumsum([0, *sizes])
    day = np.repeat(np.arange(len(lessons)), sizes)
    ages = range(len(lessons) - 1, -1, -1)
    weight = np.concatenate([lesson.weight * math.pow(_DECAY, age) for lesson, age in zip(lessons, ages, strict=True)])
    total: NDArray[np.float64] = _sums(day, weight, len(lessons))
    scale = _scales(lessons, numbers, count)
    of = np.concatenate([lesson.of for lesson in lessons])
    at = np.concatenate([lesson.at + start for lesson, start in zip(lessons, starts[:-1], strict=True)])
    amount = np.concatenate([lesson.amount for lesson in lessons]) * scale[of]
    speaks = amount != 0
    at, of, amount = at[speaks], of[speaks], amount[speaks]

    def beside(values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Less the day's weighted mean: only what tells a day's stories apart teaches."""
        usual: NDArray[np.float64] = _sums(day, weight * values, len(total)) / total
        return values - usual[day]

    def spread(dual: NDArray[np.float64]) -> NDArray[np.float64]:
        """The weights that the dual variables stand for: the transpose of reading the rows within their days."""
        inner = dual - weight * (_sums(day, dual, len(total)) / total)[day]
        return _sums(of, amount * inner[at], len(scale))

    def kernel(dual: NDArray[np.float64]) -> NDArray[np.float64]:
        image = beside(_sums(at, amount * spread(dual)[of], count))
        image += _RIDGE * dual / weight
        return image

    chosen = np.concatenate([lesson.chosen for lesson in lessons])
    expected = np.concatenate([lesson.untrained for lesson in lessons]) / _GAIN
    learned = _GAIN * scale * spread(_solve(kernel, beside(chosen - expected)))
    return {trait: float(learned[number]) for trait, number in numbers.items() if number < len(scale) and scale[number]}


def _sums(of: NDArray[np.intp], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """The sum of ``values`` for each of ``count`` owners, added in order: the same bits each time."""
    return np.asarray(np.bincount(of, values, minlength=count), dtype=np.float64)


def _scales(lessons: Sequence[_Lesson], numbers: dict[Trait, int], count: int) -> NDArray[np.float64]:
    """How much each trait is read, by number: words by their rarity in what was decided upon, and 0 for what stays
    silent.
    """
    known = len(numbers)
    held = [np.bincount(lesson.of, minlength=known) for lesson in lessons]
    titles = np.sum(held, axis=0)
    days = np.sum([counts > 0 for counts in held], axis=0)
    text = np.array([trait.kind in TEXT for trait in numbers])
    size = np.array([_SPREAD[trait.kind] for trait in numbers])
    rarity = np.where(text, np.log((1 + count) / (1 + titles)) + 1, 1.0)
    return np.where((titles > 0) & (~text | (days >= _DAYS)), size * rarity, 0.0)


def _solve(
    operator: Callable[[NDArray[np.float64]], NDArray[np.float64]], target: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Conjugate gradients from zero, the same steps each time."""
    solution = np.zeros_like(target)
    rest = target.copy()
    step = rest.copy()
    size = float(rest @ rest)
    enough = _TOLERANCE**2 * size
    for _ in range(_STEPS):
        if size <= enough:
            break
        image = operator(step)
        length = size / float(step @ image)
        solution += length * step
        rest -= length * image
        before, size = size, float(rest @ rest)
        step = rest + size / before * step
    return solution
