"""What of a candidate may speak for or against it: its title, its category, the ranker's reasons.

A title is read as the ranker reads it, without interjections and without what asks for a place or names the editors; a
trait counts once in a title however often it stands there. Nothing is read of an article's body, outlet or address.
"""

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import rjieba

from afterlore.brief.desk.experience import Candidate
from afterlore.brief.write import phrases
from afterlore.brief.write.candidates import numbers_in, width
from afterlore.brief.write.titles import clean_title
from afterlore.text.ngrams import fold

__all__ = ["TEXT", "Read", "Trait", "grams", "kinship", "read", "readable", "traits"]


class Trait(NamedTuple):
    """One thing that a candidate has. ``kind`` is ``word``, ``pair`` (two words side by side), ``gram`` (two or three
    characters), ``category``, ``reason`` (a feature of the untrained ranker), ``form`` or ``kin``.
    """

    kind: str
    name: str


class Read(NamedTuple):
    """A title as learning reads it."""

    text: str
    """Folded; ``\\n`` where something was left out."""
    words: tuple[tuple[str, int], ...]
    """The words in order, each with its first character's place in ``text``."""


TEXT = frozenset({"word", "pair", "gram"})
"""Kinds that come from the words of the title; all others are few, and known beforehand."""

_SAYS = re.compile(r"[^\W_]")
_LONGEST = 24
"""Characters of a word; what is longer is no word."""
_READ = 120
"""Characters read of a title: twice the longest headline."""
# A title that says what editors do with it, or readers must: about itself, not about the news.
_PLEA = re.compile(
    r"(?:(?:编辑|小编|主编|本报|本刊|本站)[^，。！？：:]{0,6}(?:推荐|精选|必选|首选|力荐|选中|喜欢|喜爱|最爱|青睐|之选)"
    r"|(?:今日|本周)?(?:必读|必看|推荐阅读|置顶|头条推荐|强烈推荐|不容错过)"
    r"|\b(?:editors?['’]?s?['’]?\s+(?:choice|picks?|(?:love|like|choose)s?|favou?rites?)|must[- ](?:read|see))\b)"
    r"[\s：:，,、|｜!！]*",
    re.IGNORECASE,
)
_PARTICLES = (
    "the a an of to in on for and or is are was with by as at from that this it its has have will after over how why "
    "以及 如何 为何 什么 一个 成为 通过 实现 进行 其中 我们 他们 这些 那些 之间 可以 能否 不再 不是 而是 还是 已经 目前"
)
_EMPTY = frozenset(_PARTICLES.split())


@lru_cache(maxsize=20_000)
def read(title: str) -> Read:
    """The title without what asks or pleads, and its words."""
    said = _PLEA.sub("\n", phrases.without_begging(clean_title(title)))
    text = fold(said).strip()[:_READ]
    words = []
    at = 0
    for word in rjieba.cut(text):
        if _SAYS.search(word) and len(word) <= _LONGEST:
            words.append((word.strip(), at))
        at += len(word)
    return Read(text, tuple(words))


def readable(word: str) -> bool:
    """Whether a reader learns something from the word alone: no particle, no lone character, no bare figure."""
    return len(word) > 1 and word not in _EMPTY and not word.isdigit()


def grams(text: str) -> dict[str, None]:
    """The distinct runs of two and of three characters, in order."""
    runs = (text[i : i + size] for size in (2, 3) for i in range(len(text) - size + 1))
    return dict.fromkeys(run for run in runs if "\n" not in run)


def traits(candidate: Candidate) -> dict[Trait, float]:
    """The candidate's traits and how far it has them: 1 for a piece of text, at most 2 in size for all others."""
    text, placed = read(candidate.title)
    words = [word for word, _ in placed]
    found = dict.fromkeys((Trait("word", word) for word in words), 1.0)
    found.update(dict.fromkeys((Trait("pair", f"{a} {b}") for a, b in pairwise(words)), 1.0))
    found.update(dict.fromkeys((Trait("gram", gram) for gram in grams(text)), 1.0))
    if candidate.category:
        found[Trait("category", candidate.category)] = 1.0
    for name, value in candidate.features.items():
        found[Trait("reason", name)] = max(-2.0, min(2.0, value)) if math.isfinite(value) else 0.0
    found.update({Trait("form", name): value for name, value in _form(text).items() if value})
    return found


def _form(text: str) -> dict[str, float]:
    if not text:
        return {}
    return {
        "length": min(1.0, width(text) / 40),
        "colon": float(":" in text),
        "figures": min(1.0, len(numbers_in(text)) / 2),
        "quoted": float(bool(re.search(r"[「“\"《]", text))),
        "question": float("?" in text),
    }


def kinship(words: frozenset[str], others: Sequence[frozenset[str]]) -> float:
    """How much of a title stands in the most alike of ``others``, 0 to 1."""
    best = 0.0
    for other in others:
        shared = len(words & other)
        if shared:
            best = max(best, shared / max(4, min(len(words), len(other))))
    return min(1.0, best)
