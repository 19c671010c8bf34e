"""How often sampled answers are right: accuracy of one, and pass@k of several, with intervals over questions.

pass@k is the unbiased estimate of Chen et al., "Evaluating Large Language Models Trained on Code" (arXiv 2107.03374,
§2.1): of n samples with c right ones, 1 - C(n - c, k) / C(n, k).
"""

from collections.abc import Sequence
from math import comb
from statistics import fmean
from typing import NamedTuple

from afterlore.core import InputError
from afterlore.stats import bootstrap

__all__ = ["Figure", "accuracy", "pass_at"]


class Figure(NamedTuple):
    """A share of questions, with its 95 % bootstrap interval over questions."""

    mean: float
    low: float
    high: float


def accuracy(right: Sequence[Sequence[bool]]) -> Figure:
    """Of one sample: the mean over each question's samples (avg@k), then over questions."""
    return _figure([fmean(samples) for samples in _checked(right, 1)])


def pass_at(k: int, right: Sequence[Sequence[bool]]) -> Figure:
    """That one of ``k`` samples at least is right. Raises InputError for a question with fewer samples."""
    return _figure([_pass(len(samples), sum(samples), k) for samples in _checked(right, k)])


def _pass(n: int, right: int, k: int) -> float:
    return 1 - comb(n - right, k) / comb(n, k)


def _checked(right: Sequence[Sequence[bool]], k: int) -> Sequence[Sequence[bool]]:
    fewest = min((len(samples) for samples in right), default=0)
    if k < 1 or fewest < k:
        raise InputError(f"pass@{k} takes {max(1, k)} samples of each question at least; one has {fewest}")
    return right


def _figure(shares: Sequence[float]) -> Figure:
    low, high = bootstrap(shares, fmean)
    return Figure(fmean(shares), low, high)
