"""Intervals: Wilson's for a share, the percentile bootstrap for anything else.

Wilson 1927 as in Brown, Cai and DasGupta 2001, "Interval estimation for a binomial proportion", section 3.1.1;
percentile bootstrap as in Efron and Tibshirani 1993, chapter 13.
"""

import math
import random
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import NamedTuple, TypeVar

__all__ = ["Interval", "bootstrap", "wilson"]

T = TypeVar("T")


class Interval(NamedTuple):
    """``low <= high``, both ends included."""

    low: float
    high: float


def wilson(hits: int, total: int, confidence: float = 0.95) -> Interval:
    """Wilson score interval of the share ``hits / total``; (0, 1) when nothing was counted.

    Raises ValueError unless ``0 <= hits <= total`` and ``0 < confidence < 1``.
    """
    if not 0 <= hits <= total:
        raise ValueError(f"hits must lie between 0 and total, not {hits!r} of {total!r}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence!r}")
    if total == 0:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = hits / total
    scale = 1 + z * z / total
    middle = (share + z * z / (2 * total)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    # Rounding must not push the share itself out of its interval at 0 and 1.
    return Interval(max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share)))


def bootstrap(
    items: Sequence[T],
    statistic: Callable[[Sequence[T]], float],
    *,
    seed: int = 0,
    rounds: int = 1000,
    confidence: float = 0.95,
) -> Interval:
    """Percentile interval of ``statistic`` over ``rounds`` resamples of ``items``; the same seed gives the same
    interval.

    An item is what was sampled: pass events or days, not the pairs inside them. Raises ValueError on no items.
    """
    if not items:
        raise ValueError("bootstrap needs at least one item")
    if rounds < 1 or not 0 < confidence < 1:
        raise ValueError(f"need rounds >= 1 and 0 < confidence < 1, not {rounds!r} and {confidence!r}")
    rng = random.Random(seed)
    values = sorted(statistic(rng.choices(items, k=len(items))) for _ in range(rounds))
    tail = (1 - confidence) / 2
    return Interval(_quantile(values, tail), _quantile(values, 1 - tail))


def _quantile(values: Sequence[float], at: float) -> float:
    """Linear interpolation between the sorted values."""
    place = at * (len(values) - 1)
    below = math.floor(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)
