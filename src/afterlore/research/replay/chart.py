"""What was used of a budget over the time of a run, as the lines of an SVG."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from afterlore.research.replay.story import Sample, Story

__all__ = ["Chart", "Mark", "charts"]

WIDTH, HEIGHT = 440, 120
"""Of the field that is drawn in, in the units of the SVG."""


@dataclass(frozen=True)
class Mark:
    """Where a round begins."""

    x: float
    number: int


@dataclass(frozen=True)
class Chart:
    """One line that rises as something is used, up to the budget or to all that was used."""

    name: str
    used: int
    limit: int | None
    top: int
    """What the upper edge stands for."""
    seconds: float
    """What the right edge stands for."""
    points: str
    marks: tuple[Mark, ...]


def charts(story: Story) -> tuple[Chart, ...]:
    """Of requests and of tokens."""
    budget = story.result.budget
    return (
        _chart("requests", story, budget.calls, lambda sample: sample.calls),
        _chart("tokens", story, budget.tokens, lambda sample: sample.tokens),
    )


def _chart(name: str, story: Story, limit: int | None, of: Callable[[Sample], int]) -> Chart:
    samples: Sequence[Sample] = story.samples
    used = of(samples[-1])
    top = max(*map(of, samples), limit or 0, 1)
    seconds = samples[-1].seconds
    wide = max(seconds, 0.001)

    def at(sample: Sample, value: int) -> str:
        return f"{WIDTH * min(1.0, sample.seconds / wide):.1f},{HEIGHT - HEIGHT * value / top:.1f}"

    # What is used rises at once, so the line is one of steps.
    points = [at(samples[0], 0)]
    for before, sample in pairwise(samples):
        points += [at(sample, of(before)), at(sample, of(sample))]
    marks = tuple(Mark(round(WIDTH * began / wide, 1), number) for number, began in enumerate(story.began, 1))
    return Chart(name, used, limit, top, seconds, " ".join(points), marks)
