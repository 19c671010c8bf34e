"""A story as the extractive writer reads it: its sentences, how alike they are, and what each is worth.

A sentence is worth more for its place in the sentence graph (``graph``), for being about what titles and leads are
about, for figures and names, for other outlets that tell the same fact, and for standing early; less for faults of form
and for length. The weights were set by reasoning on invented articles and checked by reading; none is fitted to a
labelled day.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from afterlore.brief.article import Article
from afterlore.brief.vertical import Vertical
from afterlore.brief.write import phrases
from afterlore.brief.write.candidates import Candidate, candidates, numbers_in, terms, width
from afterlore.brief.write.graph import Matrix, centrality, similarity
from afterlore.brief.write.labels import label_scores

__all__ = ["HARD", "Story", "overlap", "read", "repeats"]

HARD = frozenset(
    {
        "advert",
        "dangling",
        "dialogue",
        "exclamation",
        "fragment",
        "long",
        "outlet",
        "person",
        "question",
        "reference",
        "short",
    }
)
"""Faults that bar a sentence, whatever else speaks for it."""

# What a mild fault takes from a sentence's quality.
_MILD = {
    "chatty": 0.6,
    "conditional": 0.25,
    "elided": 0.35,
    "forecast": 0.5,
    "person": 0.4,
    "pronoun": 0.15,
    "vague": 0.6,
}
# The graph is quadratic; a story of more sentences is read up to here, in equal parts of its articles.
_MOST_SENTENCES = 480
# Two sentences of different outlets this alike (cosine) tell the same fact.
_SAME_FACT = 0.38
# Above this share of its terms in an earlier sentence, a sentence without a new figure is already told.
_TOLD = 0.55
# Shorter figures ("3", "12") recur by chance; those that ``figures_in`` reads have no such limit, they carry units.
_TELLING_FIGURE = 3


@dataclass(frozen=True, slots=True)
class Story:
    """Parallel lists, one entry a sentence, in reading order, article by article."""

    articles: Sequence[Article]
    found: list[Candidate]
    alike: Matrix
    """(n, n) similarities, 0 to 1."""
    central: list[float]
    """TextRank, 0 to 1."""
    about: list[float]
    """Share of the story's centre that the sentence holds, 0 to 1."""
    quality: list[float]
    """What the sentence is worth as a fact, about 0 to 3."""
    native: list[bool]
    """Whether the sentence's article is in the language of the brief; true of all when none is."""
    told: list[bool]
    """Whether an earlier day told it."""
    centre: dict[str, float]
    """Term → weight in what the story is about."""
    vertical: Vertical

    @property
    def sound(self) -> list[bool]:
        """Whether the sentence has no fault that bars it and nobody told it before."""
        return [not (one.faults & HARD or told) for one, told in zip(self.found, self.told, strict=True)]

    def mean_about(self, run: Sequence[int]) -> float:
        """Mean of ``about`` over the sentences of ``run``."""
        return math.fsum(self.about[i] for i in run) / len(run)

    def size(self, run: Sequence[int]) -> float:
        """Width of the sentences of ``run`` together."""
        return math.fsum(width(self.found[i].text) for i in run)


def read(articles: Sequence[Article], vertical: Vertical, avoid: Sequence[str] = ()) -> Story:
    """Read the articles of one story. ``avoid`` are sentences that earlier days told."""
    share = max(40, _MOST_SENTENCES // max(1, len(articles)))
    found = [one for one in candidates(articles, vertical.chatter) if one.order <= share][: 2 * _MOST_SENTENCES]
    alike = similarity([one.terms | one.numbers for one in found])
    _same_figures(found, articles, alike)
    central = [round(float(value), 6) for value in centrality(alike)]
    centre = _centre(found, articles)
    # fsum, because sets come in another order in every process and the choice must not.
    about = [min(1.0, math.fsum(centre.get(term, 0.0) for term in one.terms)) for one in found]
    backed = _corroborated(found, articles, alike)
    own = any(article.language == vertical.language for article in articles)
    native = [not own or articles[one.article].language == vertical.language for one in found]
    quality = [_quality(one, central[i], about[i], backed[i], vertical) for i, one in enumerate(found)]
    return Story(articles, found, alike, central, about, quality, native, _told(found, avoid), centre, vertical)


def overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of ``one`` that ``other`` holds; 0 for an empty set."""
    return len(one & other) / len(one) if one else 0.0


def repeats(one: Candidate, other: Candidate) -> bool:
    """Whether the shorter of two sentences says little that the longer does not."""
    short, long = sorted((one.terms, other.terms), key=len)
    return overlap(short, long) > 0.5


def _told(found: Sequence[Candidate], avoid: Sequence[str]) -> list[bool]:
    bags = [terms(sentence) for sentence in avoid]
    figures = frozenset().union(*(numbers_in(sentence) for sentence in avoid))
    return [one.numbers <= figures and any(overlap(one.terms, bag) >= _TOLD for bag in bags) for one in found]


def _centre(found: Sequence[Candidate], articles: Sequence[Article]) -> dict[str, float]:
    """Each term's weight in what the story is about: 1 divided among the terms that the leads and titles share."""
    count: Counter[str] = Counter()
    for article in articles:
        count.update(dict.fromkeys(terms(article.title), 3))
    for one in found:
        if one.position < 0.35:
            count.update(one.terms)
    heavy = dict(sorted(count.items(), key=lambda item: (-item[1], item[0]))[:24])
    total = sum(sorted(heavy.values(), reverse=True)[:8]) or 1
    return {term: value / total for term, value in heavy.items()}


def _same_figures(found: Sequence[Candidate], articles: Sequence[Article], alike: Matrix) -> None:
    """Make two sentences with the same telling figure alike when they share what it is of: one fact told twice.

    In one language that is two words in common; across languages words differ, so it is a name or a second figure, or
    the only figure of the shorter sentence.
    """
    holders: dict[str, list[int]] = {}
    for i, one in enumerate(found):
        for figure in {*one.figures, *(n for n in one.numbers if len(n) >= _TELLING_FIGURE)}:
            holders.setdefault(figure, []).append(i)
    for rows in holders.values():
        if not 2 <= len(rows) <= 12:
            continue
        for i, j in combinations(rows, 2):
            if _one_fact(
                found[i], found[j], articles[found[i].article].language == articles[found[j].article].language
            ):
                alike[i, j] = alike[j, i] = max(alike[i, j], _SAME_FACT + 0.05)


def _one_fact(one: Candidate, other: Candidate, same_language: bool) -> bool:
    shared = one.figures & other.figures
    if same_language:
        # One day may bring many facts.
        dated = all(figure.startswith("date") for figure in shared) and not one.numbers & other.numbers
        return not dated and len(one.terms & other.terms) >= 2
    fewest = min(len(one.figures), len(other.figures))
    named = bool(one.entities & other.entities) or bool(_latin(one) & _latin(other))
    return bool(shared) and (len(shared) >= 2 or named or 2 * len(shared) > fewest)


def _latin(one: Candidate) -> frozenset[str]:
    return frozenset(term for term in one.terms if term[:1].isascii() and term[:1].isalpha() and len(term) > 2)


def _corroborated(found: Sequence[Candidate], articles: Sequence[Article], alike: Matrix) -> list[int]:
    """How many other outlets tell the same fact."""
    if len({article.outlet for article in articles}) < 2 or not found:
        return [0] * len(found)
    outlet = np.array(_outlet_numbers(found, articles))
    carriers: dict[str, set[int]] = {}
    for i, one in enumerate(found):
        for figure in _measured(one):
            carriers.setdefault(figure, set()).add(int(outlet[i]))
    backed = []
    for i, one in enumerate(found):
        same = (alike[i] >= _SAME_FACT) & (outlet != outlet[i])
        others = set(outlet[same].tolist())
        for figure in _measured(one):
            others |= carriers[figure]
        backed.append(len(others - {int(outlet[i])}))
    return backed


def _measured(one: Candidate) -> list[str]:
    return [figure for figure in one.figures if not figure.startswith("date")]


def _outlet_numbers(found: Sequence[Candidate], articles: Sequence[Article]) -> list[int]:
    names = sorted({article.outlet for article in articles})
    return [names.index(articles[one.article].outlet) for one in found]


def _quality(one: Candidate, central: float, about: float, backed: int, vertical: Vertical) -> float:
    """What a sentence is worth as a fact, about 0 to 3."""
    size = width(one.text)
    value = 0.3 + 0.6 * central + 0.7 * about
    value += 0.25 * min(3, len(one.numbers)) + 0.12 * min(3, len(one.entities))
    value += 0.4 * min(2, backed)
    value += 0.35 * max(0.0, 1 - 2.5 * one.position)
    if phrases.SPEECH.search(one.text) and phrases.QUOTED.search(one.text):
        value += 0.1
    # What the vertical has a label for is what its readers look for.
    value += 0.35 * min(1.0, max(label_scores(one.text, vertical).values(), default=0.0) - 1.0)
    value -= 0.35 * max(0.0, (34 - size) / 20) + 0.6 * max(0.0, (size - 88) / 40)
    value -= math.fsum(cost for fault, cost in _MILD.items() if fault in one.faults)
    return max(0.02, value)
