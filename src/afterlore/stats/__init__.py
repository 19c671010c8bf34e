"""Pure figures: intervals for shares and means, and how well two groupings of the same items agree."""

from afterlore.stats.agreement import Agreement, PairCounts, agreement, b_cubed, pair_counts
from afterlore.stats.intervals import Interval, bootstrap, wilson

__all__ = [
    "Agreement",
    "Interval",
    "PairCounts",
    "agreement",
    "b_cubed",
    "bootstrap",
    "pair_counts",
    "wilson",
]
