"""Laws of the intervals and of the agreement of two groupings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.stats import agreement, b_cubed, bootstrap, pair_counts, wilson

groupings = st.lists(st.integers(0, 4), max_size=12).map(
    lambda labels: [[i for i, label in enumerate(labels) if label == wanted] for wanted in sorted(set(labels))]
)


@given(st.integers(0, 200), st.integers(0, 200))
def test_wilson_holds_the_share_and_narrows_with_more_items(hits: int, more: int) -> None:
    total = hits + more
    low, high = wilson(hits, total)
    assert 0 <= low <= high <= 1
    if total:
        assert low <= hits / total <= high
        wide = wilson(hits * 4, total * 4)
        assert wide.high - wide.low <= high - low + 1e-12


def test_wilson_agrees_with_the_published_example() -> None:
    # Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662, 0 of 20 gives 0 to 0.1611.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


@pytest.mark.parametrize(("hits", "total", "confidence"), [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0)])
def test_wilson_refuses_what_is_no_share(hits: int, total: int, confidence: float) -> None:
    with pytest.raises(ValueError):
        wilson(hits, total, confidence)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=20), st.integers(0, 5))
def test_bootstrap_is_the_same_for_the_same_seed_and_stays_within_the_items(items: list[float], seed: int) -> None:
    def mean(sample: object) -> float:
        assert isinstance(sample, list)
        return float(sum(sample) / len(sample))

    first = bootstrap(items, mean, seed=seed, rounds=50)
    assert first == bootstrap(items, mean, seed=seed, rounds=50)
    assert min(items) - 1e-9 <= first.low <= first.high <= max(items) + 1e-9


def test_bootstrap_needs_items() -> None:
    with pytest.raises(ValueError, match="at least one"):
        bootstrap([], len)


@given(groupings)
def test_a_grouping_agrees_with_itself(groups: list[list[int]]) -> None:
    assert agreement(groups, groups) == (1.0, 1.0, 1.0, 1.0)


@given(groupings, groupings)
def test_swapping_the_groupings_swaps_precision_and_recall(a: list[list[int]], b: list[list[int]]) -> None:
    ours, theirs = pair_counts(a, b), pair_counts(b, a)
    assert (ours.precision, ours.recall) == (theirs.recall, theirs.precision)
    one, other = b_cubed(a, b), b_cubed(b, a)
    assert one == pytest.approx((other[1], other[0], other[2]))


def test_figures_of_a_worked_example() -> None:
    counts = pair_counts([["a", "b", "c"], ["d"]], [["a", "b"], ["c", "d"]])
    assert counts == (1, 2, 1)
    assert (counts.precision, counts.recall, counts.f1) == pytest.approx((1 / 3, 1 / 2, 0.4))
    assert b_cubed([["a", "b", "c"], ["d"]], [["a", "b"], ["c", "d"]]) == pytest.approx((2 / 3, 3 / 4, 12 / 17))


def test_leaving_all_apart_scores_nothing_on_pairs() -> None:
    figures = agreement([["a"], ["b"], ["c"]], [["a", "b"], ["c"]])
    assert figures.pair_f1 == 0
    assert figures.b3_f1 > 0.7


def test_ignored_pairs_count_neither_way() -> None:
    counts = pair_counts([["a", "b", "c"]], [["a", "b"], ["c"]], [frozenset("ac"), frozenset("bc")])
    assert counts == (1, 0, 0)


def test_an_item_in_two_groups_is_refused() -> None:
    for bad in ([["a", "b"], ["a"]], [["a", "a"]]):
        with pytest.raises(ValueError, match="two groups"):
            pair_counts(bad, [["a"]])
