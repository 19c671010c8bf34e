"""How well a grouping agrees with the true one: over pairs of items, and B³.

Pairs: precision and recall over the unordered pairs that each grouping puts together, the gate for clustering because
leaving everything apart scores zero. B³ (Bagga and Baldwin 1998, "Algorithms for scoring coreference chains") averages
over items and rewards a right singleton.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from itertools import combinations
from typing import NamedTuple, TypeVar

__all__ = ["Agreement", "PairCounts", "agreement", "b_cubed", "pair_counts"]

K = TypeVar("K", bound=Hashable)


class PairCounts(NamedTuple):
    """Pairs of items: together in both groupings, only in ours, only in the true one."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Of the pairs we put together; 1 when we put none together."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Of the true pairs; 1 when there are none."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return _f1(self.precision, self.recall)


class Agreement(NamedTuple):
    """Pair figures and B³ F1 of one grouping against the true one."""

    pair_precision: float
    pair_recall: float
    pair_f1: float
    b3_f1: float


def pair_counts(
    ours: Iterable[Collection[K]], truth: Iterable[Collection[K]], ignore: Collection[frozenset[K]] = ()
) -> PairCounts:
    """Count pairs of two groupings. An item that a grouping leaves out stands alone in it; pairs in ``ignore`` count
    neither way. Raises ValueError when one grouping holds an item twice.
    """
    skipped = set(ignore)
    a = _pairs(ours) - skipped
    b = _pairs(truth) - skipped
    return PairCounts(len(a & b), len(a - b), len(b - a))


def b_cubed(ours: Sequence[Collection[K]], truth: Sequence[Collection[K]]) -> tuple[float, float, float]:
    """B³ precision, recall and F1 over the items of both groupings; (1, 1, 1) when there are none."""
    mine, true = _owner(ours), _owner(truth)
    items = list(dict.fromkeys([*mine, *true]))
    if not items:
        return 1.0, 1.0, 1.0
    precision = recall = 0.0
    for item in items:
        a = mine.get(item, frozenset((item,)))
        b = true.get(item, frozenset((item,)))
        common = len(a & b)
        precision += common / len(a)
        recall += common / len(b)
    precision, recall = precision / len(items), recall / len(items)
    return precision, recall, _f1(precision, recall)


def agreement(
    ours: Sequence[Collection[K]], truth: Sequence[Collection[K]], ignore: Collection[frozenset[K]] = ()
) -> Agreement:
    """The figures that a clustering is judged by; ``ignore`` holds pairs that count neither way (B³ knows no pairs)."""
    counts = pair_counts(ours, truth, ignore)
    return Agreement(counts.precision, counts.recall, counts.f1, b_cubed(ours, truth)[2])


def _pairs(groups: Iterable[Collection[K]]) -> set[frozenset[K]]:
    seen: set[K] = set()
    pairs: set[frozenset[K]] = set()
    for group in groups:
        members = list(dict.fromkeys(group))
        if len(members) != len(group) or not seen.isdisjoint(members):
            raise ValueError(f"an item stands in two groups, or twice in one: {sorted(map(str, members))[:5]!r}")
        seen.update(members)
        pairs.update(frozenset(pair) for pair in combinations(members, 2))
    return pairs


def _owner(groups: Sequence[Collection[K]]) -> dict[K, frozenset[K]]:
    owner: dict[K, frozenset[K]] = {}
    sizes: dict[K, int] = defaultdict(int)
    for group in groups:
        whole = frozenset(group)
        for item in whole:
            sizes[item] += 1
            owner[item] = whole
    doubled = [item for item, n in sizes.items() if n > 1]
    if doubled:
        raise ValueError(f"an item stands in two groups: {doubled[0]!r}")
    return owner


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
