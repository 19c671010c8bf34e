"""The sentence graph of a story, and the choice of sentences that covers it.

Similarity is the cosine of TF-IDF term vectors. Centrality is TextRank (Mihalcea & Tarau 2004, §2 with the weighted
graph of §2.2, damping .85). The choice maximises the monotone submodular function of Lin & Bilmes 2011, "A Class of
Submodular Functions for Document Summarization" (§5: saturated coverage L plus diversity reward R) greedily. Deltas:
the
reward of a sentence is its editorial quality, not its mean similarity; its concave
function is a power, not the root; the partition is by topic label and by outlet,
not by k-means; the budget counts sentences; a pair more alike than ``limit`` is never chosen.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["centrality", "choose", "similarity"]

Matrix = NDArray[np.float64]

# The paper's square root lets a poor sentence of a new topic beat a good one of a topic already there.
_CONCAVITY = 0.7


def similarity(bags: Sequence[frozenset[str]]) -> Matrix:
    """(n, n) cosines between 0 and 1 of the sentences' TF-IDF vectors, the document frequency being the story's own."""
    n = len(bags)
    index: dict[str, int] = {}
    for bag in bags:
        for term in sorted(bag):
            index.setdefault(term, len(index))
    if not n or not index:
        return np.zeros((n, n))
    vectors = np.zeros((n, len(index)))
    for row, bag in enumerate(bags):
        vectors[row, [index[term] for term in bag]] = 1.0
    frequency = vectors.sum(axis=0)
    vectors *= np.array([math.log(1 + n / count) for count in frequency])
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.where(norms > 0, norms, 1.0)
    # Rounded, so that the last bits of a sum do not decide a tie.
    return np.asarray(np.round(np.clip(vectors @ vectors.T, 0.0, 1.0), 6), dtype=np.float64)


def centrality(alike: Matrix, damping: float = 0.85, rounds: int = 40) -> NDArray[np.float64]:
    """(n,) TextRank scores, the greatest being 1."""
    n = len(alike)
    if n == 0:
        return np.zeros(0)
    weights = alike.copy()
    np.fill_diagonal(weights, 0.0)
    out = weights.sum(axis=1, keepdims=True)
    moves = np.where(out > 0, weights / np.where(out > 0, out, 1.0), 1.0 / n)
    rank = np.full(n, 1.0 / n)
    for _ in range(rounds):
        rank = (1 - damping) / n + damping * (rank @ moves)
    return np.asarray(rank / rank.max(), dtype=np.float64)


def _concave(value: float) -> float:
    return float(value**_CONCAVITY)


def choose(
    alike: Matrix,
    quality: Sequence[float],
    groups: Sequence[Sequence[str]],
    *,
    most: int,
    allowed: Sequence[bool],
    limit: float = 0.38,
    taken: Sequence[int] = (),
    coverage: float = 1.0,
) -> list[int]:
    """Indices of at most ``most`` sentences, in the order chosen.

    ``quality`` is what a sentence is worth by itself (≥ 0), ``groups`` the partitions' cells that it falls in (a
    topic, an outlet). Every sentence wants to be covered; only those ``allowed`` can be chosen. ``taken`` are already
    told elsewhere in the story: they cover, and nothing like them is chosen.
    """
    n = len(quality)
    if n == 0:
        return []
    share = 0.12  # Lin & Bilmes' alpha as a share of a sentence's whole similarity: one or two neighbours saturate it.
    caps = share * alike.sum(axis=1)
    covered = np.zeros(n)
    for index in taken:
        covered += alike[index]
    mass: dict[str, float] = {}
    # So that the first of a cell earns its quality itself, and the second of equal quality 0.62 of it.
    worth = [value ** (1 / _CONCAVITY) for value in quality]
    chosen: list[int] = []
    blocked = list(taken)
    open_to = [bool(ok) for ok in allowed]
    scale = max(1e-9, float(np.minimum(caps, alike.sum(axis=1)).sum()))
    while len(chosen) < most:
        base = np.minimum(covered, caps).sum()
        best_gain, best = 0.0, -1
        for index in range(n):
            if not open_to[index] or any(alike[index, other] > limit for other in blocked):
                open_to[index] = False
                continue
            gain = coverage * (np.minimum(covered + alike[index], caps).sum() - base) / scale
            for cell in groups[index]:
                gain += _concave(mass.get(cell, 0.0) + worth[index]) - _concave(mass.get(cell, 0.0))
            if gain > best_gain:
                best_gain, best = float(gain), index
        if best < 0:
            break
        chosen.append(best)
        blocked.append(best)
        open_to[best] = False
        covered += alike[best]
        for cell in groups[best]:
            mass[cell] = mass.get(cell, 0.0) + worth[best]
    return chosen
