"""How well a name or figure of a claim goes with the words that stand near it, in the sources.

Words, names and figures near a unit are its company: each counts less the farther it stands and the more stops lie
between. A claim keeps faith when the company of each unit is most like the company of the same unit in the sources;
when it is clearly more like that of another unit of its kind, the two may have changed places. Paraphrases move words
freely, so the margins are wide.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from afterlore.brief.check.reading import Reading, located_name
from afterlore.brief.check.values import same_unit, same_value
from afterlore.brief.check.verdict import Problem
from afterlore.text.names import Name
from afterlore.text.quantities import Quantity

__all__ = ["check_swapped_names", "figure_margin"]

_REACH = 8.0
"""Characters over which a word's part falls to 1/e."""
_ENGLISH = 2.2
"""An English word is so much longer than the Chinese one for it."""
_STOPS = {
    "，": 0.55,
    ",": 0.55,
    "；": 0.25,
    ";": 0.25,
    "。": 0.2,
    "！": 0.2,
    "？": 0.2,
    "：": 0.8,
    "、": 0.75,
    "(": 0.7,
    ")": 0.7,
}
_SWAPPED = 0.2

Company = dict[str, float]


class _Unit(NamedTuple):
    key: str
    place: bool
    company: Company


@lru_cache(maxsize=8192)
def _items(reading: Reading) -> tuple[tuple[int, int, str, float], ...]:
    """(start, end, key, weight) of all that can be company."""
    words = [(f.at, f.at + 1, f.key, f.weight) for f in reading.features]
    return (*words, *((q.start, q.end, _figure(q), 2.0) for q in reading.quantities if not q.small))


def _figure(q: Quantity) -> str:
    return f"={q.value:.4g}"


@lru_cache(maxsize=16384)
def _company(reading: Reading, start: int, end: int, own: str) -> Company:
    found: Company = {}
    stretch = _ENGLISH if not reading.chinese else 1.0
    for a, b, key, weight in _items(reading):
        if key == own or start <= a < end:
            continue
        low, high = (end, a) if a >= end else (b, start)
        worth = weight * math.exp(-max(0, high - low) / stretch / _REACH)
        for mark in reading.plain[low:high]:
            worth *= _STOPS.get(mark, 1.0)
        found[key] = max(found.get(key, 0.0), worth)
    return found


def _alike(ours: Company, theirs: Company, total: float) -> float:
    """The share of the claim's company that stands about as near in the source."""
    return sum(min(worth, 1.5 * theirs.get(key, 0.0)) for key, worth in ours.items()) / total


def figure_margin(claim: Reading, q: Quantity, sources: Sequence[Reading]) -> float:
    """How much more the company of a figure is like that of a rival than like its own, as a share; below 0 when it is
    not."""
    ours = _company(claim, q.start, q.end, _figure(q))
    total = sum(ours.values())
    if total <= 0.5:
        return 0.0
    own = rival = 0.0
    for source in sources:
        for f in source.quantities:
            if not same_unit(q, f):
                continue
            theirs = _company(source, f.start, f.end, _figure(f))
            if same_value(q, f):
                own = max(own, _alike(ours, theirs, total))
            elif f.dimension == q.dimension or {f.dimension, q.dimension} == {"", "count"}:
                bare = {key: worth for key, worth in ours.items() if key != _figure(f)}
                rival = max(rival, _alike(bare, theirs, total))
    return rival - own


def check_swapped_names(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """Two names of the claim, each in the company that the sources give the other."""
    if len(sources) > 8:
        return []
    theirs: dict[str, list[_Unit]] = {}
    for source in sources:
        for name in source.names:
            if name.kind != "quoted" and not located_name(source.plain, name):
                company = _company(source, name.start, name.end, "@" + name.key)
                theirs.setdefault(name.key, []).append(_Unit(name.key, name.kind == "place", company))
    found: dict[str, tuple[float, float, str, Name]] = {}
    for name in claim.names:
        if name.key in theirs and name.kind != "quoted" and not located_name(claim.plain, name):
            best = _best(_company(claim, name.start, name.end, "@" + name.key), name, theirs)
            if best:
                found[name.key] = (*best, name)
    for a, b in combinations(found, 2):
        (own_a, rival_a, like_a, first), (own_b, rival_b, like_b, second) = found[a], found[b]
        if like_a == b and like_b == a and rival_a + rival_b - own_a - own_b > _SWAPPED:
            start, end = min(first.start, second.start), max(first.end, second.end)
            return [
                Problem(kind="subject", claim_says=claim.text[start:end], source_says=f"{second.text} ↔ {first.text}")
            ]
    return []


def _best(ours: Company, name: Name, theirs: dict[str, list[_Unit]]) -> tuple[float, float, str] | None:
    """(likeness to its own company, to the most alike rival's, that rival); None when too little stands near."""
    total = sum(ours.values())
    if total <= 0.5:
        return None
    own = max(_alike(ours, unit.company, total) for unit in theirs[name.key])
    rivals = [(0.0, "")]
    for key, units in theirs.items():
        if key != name.key:
            bare = {word: worth for word, worth in ours.items() if word != "@" + key}
            rivals += [(_alike(bare, u.company, total), key) for u in units if u.place == (name.kind == "place")]
    rival, key = max(rivals)
    return own, rival, key
