"""Articles as short weighted lists of terms, and how alike two of them are.

A term weighs by where it stands (title, lead, body), by how rare it is on the day, and by how much of a name it is:

- *Day-local rarity.* A vendor that half of the day's articles name tells nothing about which event an article
  reports, a product that three name tells nearly all. On a day of few articles, counts alone call everything common,
  so the day is topped up with ``pool`` imagined articles in which a term is as common as in general usage.
- *House style.* What an outlet writes in most of its articles (by-lines, slogans, calls to follow) counts as common
  in that outlet, however rare it is elsewhere.
- *One term is a topic, not an event.* In the similarity of two articles no term adds more than ``cap``: two articles
  that share only one loud word stay apart.

Deltas from plain TF-IDF with cosine (Salton and Buckley 1988): the three points above, and only the ``terms`` heaviest
terms of an article are kept, which drops the chance overlap of long texts and bounds memory.
"""

import math
import re
from array import array
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from afterlore.brief.group.field_words import usage
from afterlore.text.ngrams import family_of, nameness, words

__all__ = ["Document", "Vectors", "similarity", "vectors"]

_HAN = re.compile("[\u3400-\u9fff]")
# English has no list of words here: what English texts write small is an ordinary word of middling rarity.
_LOWER = re.compile(r"(?<![\w.\-])[a-z]{3,}(?![\w.\-]\w)")
_ORDINARY = 0.6
_ORDINARY_SHARE = 0.05
# A word that the vertical calls common stands in every fifth article: between a topic and a word of the trade.
_COMMON_SHARE = 0.2
# Of a product's mentions with their version, the share that does not count for its name alone.
_SAID = 0.75


@dataclass(frozen=True, slots=True)
class Document:
    """What is compared: weighted pieces of text, and whose house style they are in."""

    house: str
    """The outlet; documents of one house share its boilerplate. Empty for none."""
    parts: tuple[tuple[float, str], ...]
    """(weight, text). A text may stand in several parts, a lead for instance also in the body."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """``rows[i]`` maps term numbers to weights of document i, of unit length, shorter for a
    document of few words (empty when nothing sets it apart)."""

    vocabulary: list[str]
    rows: list[dict[int, float]]

    def shared(self, a: Mapping[int, float], b: Mapping[int, float], limit: int = 5) -> list[str]:
        """The terms that speak most for two rows being alike, strongest first."""
        both = sorted((-a[t] * b[t], self.vocabulary[t]) for t in a.keys() & b.keys())
        return [term for _, term in both[:limit]]


def similarity(a: Mapping[int, float], b: Mapping[int, float], cap: float) -> float:
    """Dot product in which no term adds more than ``cap``; 0 to 1."""
    if len(a) > len(b):
        a, b = b, a
    total = 0.0
    for term, weight in a.items():
        other = b.get(term)
        if other is not None:
            product = weight * other
            total += product if product < cap else cap
    return total


def vectors(
    documents: Sequence[Document],
    *,
    terms: int,
    pool: float,
    house: float,
    event: float,
    little: float = 0.0,
    common: Collection[str] = (),
) -> Vectors:
    """The documents' rows.

    ``terms`` kept per document; ``pool`` imagined articles of general usage beside the day's; ``house`` imagined
    articles of an outlet that do not hold a term, so that two articles of a small outlet are no house style yet;
    ``event`` imagined articles that hold any term: until about so many do, a term is not rarer for being held by
    fewer, else the words that one article alone uses would outweigh those that an event's articles share; ``little``
    is the least squared length that a row is divided by, so that the few words of a bare title do not count as much
    as those of a whole text; ``common`` are words, in lower case, that the field uses in stories of all kinds.
    """
    numbers: dict[str, int] = {}
    starts = [0]
    ids, counts = array("l"), array("f")
    ordinary: set[str] = set()
    for document in documents:
        bag: Counter[str] = Counter()
        for weight, text in document.parts:
            if not _HAN.search(text[:200]):
                ordinary.update(_LOWER.findall(text))
            for word, times in Counter(words(text)).items():
                bag[word] += weight * times  # type: ignore[assignment]  # a Counter of floats adds as well
        for word in list(bag):
            family = family_of(word) if word.isascii() else ""
            if family and family in bag:
                # One name must not speak twice, as "GLM-5" and as "GLM".
                bag[family] -= _SAID * bag[word]  # type: ignore[assignment]
        for word, count in bag.items():
            ids.append(numbers.setdefault(word, len(numbers)))
            counts.append(count)
        starts.append(len(ids))
    vocabulary = list(numbers)
    if not ids:
        return Vectors(vocabulary, [{} for _ in documents])
    term = np.asarray(ids, dtype=np.int64)
    lengths = np.diff(np.asarray(starts))
    usual = {**dict.fromkeys(ordinary, _ORDINARY_SHARE), **dict.fromkeys(common, _COMMON_SHARE)}
    shares = np.maximum(
        _day_shares(term, vocabulary, usual, len(documents), pool, event)[term],
        _house_shares(
            term, np.repeat(_numbered([d.house for d in documents]), lengths), documents, len(vocabulary), house
        ),
    )
    names = np.asarray([_ORDINARY if word in ordinary else nameness(word) for word in vocabulary])[term]
    weights = np.sqrt(np.asarray(counts, dtype=np.float64)) * -np.log(np.minimum(shares, 1.0)) * names
    return Vectors(vocabulary, [_row(term[a:b], weights[a:b], terms, little) for a, b in pairwise(starts)])


def _day_shares(
    term: NDArray[np.int64],
    vocabulary: list[str],
    known: Mapping[str, float],
    documents: int,
    pool: float,
    event: float,
) -> NDArray[np.float64]:
    """Per vocabulary entry: the share of articles, seen and imagined, that hold it."""
    found = np.bincount(term, minlength=len(vocabulary)).astype(np.float64)
    expected = np.asarray([max(usage(word), known.get(word, 0.0)) for word in vocabulary])
    shares: NDArray[np.float64] = (found + event + pool * expected) / (documents + event + pool)
    return shares


def _house_shares(
    term: NDArray[np.int64],
    owner: NDArray[np.int64],
    documents: Sequence[Document],
    vocabulary: int,
    house: float,
) -> NDArray[np.float64]:
    """Per occurrence: the share of the outlet's other articles that hold the term too."""
    sizes = Counter(document.house for document in documents)
    names = list(dict.fromkeys(document.house for document in documents))
    others = np.asarray([sizes[name] - 1 if name else 0 for name in names], dtype=np.float64)
    _, inverse, found = np.unique(owner * vocabulary + term, return_inverse=True, return_counts=True)
    shares: NDArray[np.float64] = (found[inverse] - 1) / (others[owner] + house)
    nameless = np.asarray([not name for name in names])
    shares[nameless[owner]] = 0.0
    return shares


def _numbered(names: Sequence[str]) -> NDArray[np.int64]:
    numbers = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return np.asarray([numbers[name] for name in names], dtype=np.int64)


def _row(term: NDArray[np.int64], weight: NDArray[np.float64], terms: int, little: float = 0.0) -> dict[int, float]:
    # Stable order on ties, so that the same articles always give the same row.
    kept = np.argsort(-weight, kind="stable")[:terms]
    kept = kept[weight[kept] > 0]
    length = math.sqrt(max(float(np.square(weight[kept]).sum()), little))
    return dict(zip(term[kept].tolist(), (weight[kept] / length).tolist(), strict=True)) if length else {}
