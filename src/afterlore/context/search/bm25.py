"""BM25 from numbers alone, so that whoever has the numbers gets the same score.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009; the idf is Lucene's, which is
never negative. A single Chinese character counts less than a word or a pair: it is in most long texts, and stands in
the query mostly as a part of a pair.
"""

import math
from collections.abc import Mapping

from afterlore.context.records import Document, Statistics
from afterlore.context.tokens import is_cjk

__all__ = ["K1", "ONE_CHARACTER", "B", "bm25", "idf"]

K1 = 1.2
B = 0.75
ONE_CHARACTER = 0.3
"""Weight of a term that is one CJK character. Between .2 and .5 all values find much the same; see docs/context.md."""


def idf(frequency: int, documents: int) -> float:
    """How much a term tells that ``frequency`` of ``documents`` hold."""
    return math.log1p((documents - frequency + 0.5) / (frequency + 0.5))


def bm25(
    document: Document,
    frequencies: Mapping[str, int],
    statistics: Statistics,
    *,
    k1: float = K1,
    b: float = B,
    one_character: float = ONE_CHARACTER,
) -> float:
    """The score of a document for the terms in ``frequencies``; 0 when it holds none of them."""
    held = k1 * (1 - b + b * document.length / statistics.average)
    return math.fsum(
        (one_character if len(term) == 1 and is_cjk(term) else 1.0)
        * idf(frequencies[term], statistics.documents)
        * (count * (k1 + 1) / (count + held))
        for term, count in document.counts.items()
        if term in frequencies
    )
