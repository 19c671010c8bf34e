"""BM25 from numbers alone, so that whoever has the numbers gets the same score.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009; the idf is Lucene's, which is
never negative.
"""

import math
from collections.abc import Mapping

from afterlore.context.records import Document, Statistics

__all__ = ["K1", "B", "bm25", "idf"]

K1 = 1.2
B = 0.4
"""How much a long text is held back. Below the usual .75: sections and turns are short, and a longer one says more.
Chosen on conversations 26 and 30 of LoCoMo; see docs/context.md."""


def idf(frequency: int, documents: int) -> float:
    """How much a term tells that ``frequency`` of ``documents`` hold."""
    return math.log1p((documents - frequency + 0.5) / (frequency + 0.5))


def bm25(
    document: Document, frequencies: Mapping[str, int], statistics: Statistics, *, k1: float = K1, b: float = B
) -> float:
    """The score of a document for the terms in ``frequencies``; 0 when it holds none of them."""
    held = k1 * (1 - b + b * document.length / statistics.average)
    return math.fsum(
        idf(frequencies[term], statistics.documents) * count * (k1 + 1) / (count + held)
        for term, count in document.counts.items()
        if term in frequencies
    )
