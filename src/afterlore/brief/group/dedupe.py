"""Articles that are copies of one another: the same address, the same text, or nearly the same characters.

Near copies are found with MinHash over 5-character shingles (Broder 1997) in 32 bands of 4 rows (Leskovec, Rajaraman
and Ullman, "Mining of Massive Datasets", section 3.4: a pair of Jaccard 0.6 becomes a candidate with probability
0.99), and every candidate is then checked on its exact shingles. A check of what *differs* protects reports that
share a template but tell of different events: other figures, other names, systematically replaced words.

Not covered: translations, rewritten reports (clustering brings those together) and copies of a part of an article,
which a roundup may rightly hold.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

from afterlore.brief.article import Article
from afterlore.text.ngrams import bare, fold
from afterlore.web.urls import is_web

__all__ = ["Duplicate", "dedupe"]

_SHINGLE = 5
_PERMUTATIONS = 128
_BANDS = 32
_SEED = 20270301
# Shingles that two copies share. A text with 2% of its characters edited keeps 0.8 of them; a header and footer of half
# the text's own length leave it contained at 0.8 or more.
_JACCARD = 0.6
_CONTAINED = 0.8
_LENGTHS = 0.4
# Below so many characters a text is a flash: a few words tell its event apart from the next one of the same template.
_FLASH = 400
_TINY = 20
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-.+][a-z0-9]+)*", re.ASCII)
_DATELINE = re.compile(
    r"^(?:[^\n，,。]{0,12}?\d{1,2}月\d{1,2}日(?:电|讯|消息|报道|获悉)|[^\n，,。]{2,8}(?:讯|获悉|报道))[，,：: ]*"
)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """``article`` says what ``of`` says; both are ids, and ``of`` is an article that is kept."""

    article: str
    of: str
    similarity: float
    """Shingles in common over those of the shorter text, 0 to 1; 1 for the same address or text."""
    why: Literal["address", "text", "near"]


def dedupe(articles: Sequence[Article]) -> list[Duplicate]:
    """The articles to leave out, in the order in which they would be kept.

    Of a group of copies the earliest published is kept, then the original before a repost, then the longer text, then
    the lower id. The result does not depend on the order of ``articles``.
    """
    ranked = sorted(articles, key=_keep_order)
    texts = [_Text(article) for article in ranked]
    dropped: dict[int, Duplicate] = {}
    _same(ranked, texts, dropped)
    left = [i for i in range(len(ranked)) if i not in dropped and texts[i].length >= _TINY]
    for i, candidates in _candidates(left, texts):
        best: tuple[float, int] | None = None
        for j in candidates:
            if j in dropped or ranked[j].kind != ranked[i].kind:
                continue
            score = _copy(texts[i], texts[j])
            if score and (best is None or (score, -j) > best):
                best = (score, -j)
        if best:
            dropped[i] = Duplicate(ranked[i].id, ranked[-best[1]].id, round(best[0], 4), "near")
    return [dropped[i] for i in sorted(dropped)]


def _keep_order(article: Article) -> tuple[datetime, bool, int, str]:
    when = article.published or datetime.max.replace(tzinfo=UTC)
    return when, article.origin is not None, -len(article.text), article.id


class _Text:
    """An article's characters as they are compared, and its shingles in order."""

    def __init__(self, article: Article) -> None:
        body = _DATELINE.sub("", article.text)
        self.raw = body if len(body) >= 2 * _TINY else f"{article.title}\n{body}"
        self.bare = bare(self.raw)
        self.length = len(self.bare)
        self.shingles = _hashes(self.bare)
        self.set = np.unique(self.shingles)

    @cached_property
    def numbers(self) -> Counter[str]:
        return Counter(_NUMBER.findall(fold(self.raw)))

    @cached_property
    def names(self) -> Counter[str]:
        return Counter(name for name in _NAME.findall(fold(self.raw)) if len(name) > 1)


def _hashes(text: str) -> NDArray[np.uint64]:
    """Polynomial hash of every run of five characters, in order; empty for a shorter text."""
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    count = len(codes) - _SHINGLE + 1
    if count <= 0:
        return np.empty(0, dtype=np.uint64)
    hashes = np.zeros(count, dtype=np.uint64)
    for offset in range(_SHINGLE):
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + codes[offset : offset + count]
    # The low bits of a polynomial are weak; MinHash wants all of them mixed.
    hashes ^= hashes >> np.uint64(31)
    hashes *= np.uint64(0xBF58476D1CE4E5B9)
    return hashes ^ (hashes >> np.uint64(29))


def _same(ranked: Sequence[Article], texts: Sequence[_Text], dropped: dict[int, Duplicate]) -> None:
    """Same address, then same stored text, then same bare text; of texts too short to mean anything the title counts
    too.
    """
    addresses: dict[str, int] = {}
    bodies: dict[str, int] = {}
    for i, article in enumerate(ranked):
        # Two folders may hold a file of one name: only an address of the web names one article.
        address = article.url if is_web(article.url) else article.id
        first = addresses.setdefault(address, i)
        if first != i:
            dropped[i] = Duplicate(article.id, ranked[first].id, 1.0, "address")
            continue
        key = texts[i].bare if texts[i].length >= _TINY else f"{article.title}\n{article.text}"
        first = bodies.setdefault(key, i)
        if first != i:
            addresses.pop(address)
            addresses[address] = first
            dropped[i] = Duplicate(article.id, ranked[first].id, 1.0, "text")


def _candidates(left: Sequence[int], texts: Sequence[_Text]) -> Iterable[tuple[int, list[int]]]:
    """For each text, in keeping order, the earlier ones that share a band of its MinHash."""
    usable = [i for i in left if len(texts[i].set)]
    if len(usable) < 2:
        return []
    signatures = _signatures([texts[i].set for i in usable])
    near: list[set[int]] = [set() for _ in usable]
    rows = _PERMUTATIONS // _BANDS
    for band in range(_BANDS):
        columns = np.ascontiguousarray(signatures[:, band * rows : (band + 1) * rows])
        keys = columns.view(np.dtype((np.void, columns.dtype.itemsize * rows))).ravel()
        _, inverse, found = np.unique(keys, return_inverse=True, return_counts=True)
        busy = np.flatnonzero(found[inverse] > 1)
        groups: dict[int, list[int]] = {}
        for place, key in zip(busy.tolist(), inverse[busy].tolist(), strict=True):
            group = groups.setdefault(key, [])
            # A crowd in one band is boilerplate; its first members and its latest are enough to find copies by.
            near[place].update(group if len(group) <= 40 else group[:10] + group[-30:])
            group.append(place)
    return ((usable[i], _likely(i, near[i], signatures, usable)) for i in range(len(usable)))


def _signatures(sets: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint32]:
    starts = np.concatenate(([0], np.cumsum([len(s) for s in sets]))).astype(np.uint64)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(np.concatenate(sets), starts, _PERMUTATIONS, _SEED)
    return np.asarray(matrix.to_rows(), dtype=np.uint32)


def _likely(place: int, near: Iterable[int], signatures: NDArray[np.uint32], usable: Sequence[int]) -> list[int]:
    """Candidates whose signatures agree in a fifth of their places at least, which every pair worth keeping does."""
    others = np.fromiter(sorted(near), dtype=np.int64)
    if not len(others):
        return []
    agreed = (signatures[others] == signatures[place]).mean(axis=1)
    return [usable[i] for i in others[agreed >= 0.2].tolist()]


def _copy(a: _Text, b: _Text) -> float:
    """How much of the shorter text the longer one holds, when they are copies; else 0."""
    small, large = sorted((len(a.set), len(b.set)))
    common = len(np.intersect1d(a.set, b.set, assume_unique=True))
    jaccard = common / (small + large - common)
    contained = common / small
    if jaccard < _JACCARD and (contained < _CONTAINED or small < _LENGTHS * large):
        return 0.0
    return 0.0 if _another_event(a, b) else contained


def _another_event(a: _Text, b: _Text) -> bool:
    """Whether what differs is what an event is told by: figures, names, or one word replaced throughout."""
    flash = min(a.length, b.length) < _FLASH
    if _disagree(a.numbers, b.numbers, flash) or _disagree(a.names, b.names, flash):
        return True
    ours, theirs = _only(a, b, flash), _only(b, a, flash)
    shortest = 1 if flash else 2
    if _repeated(ours, shortest) and _repeated(theirs, shortest):
        return True
    # Edits of single characters leave single characters over; a name put in another's place leaves words on both sides.
    return flash and any(len(bit) > 1 for bit in ours) and any(len(bit) > 1 for bit in theirs)


def _disagree(a: Counter[str], b: Counter[str], flash: bool) -> bool:
    """Both hold something that the other lacks; a long text must lack most of it, because edits cost a few of many."""
    if not a - b or not b - a:
        return False
    least, common = min(a.total(), b.total()), (a & b).total()
    return flash or (common < 0.5 * least and common <= least - 4)


def _only(a: _Text, b: _Text, ends: bool) -> list[str]:
    """The stretches of ``a`` inside it that ``b`` does not hold: characters that no shared shingle covers.

    Without ``ends`` those before the first and after the last shared one are left out: headers and footers are no
    difference in what is told. A flash may begin with the name that it is about.
    """
    shared = np.isin(a.shingles, b.set)
    if not shared.any():
        return [a.bare]
    covered = np.zeros(a.length, dtype=bool)
    for offset in range(_SHINGLE):
        covered[offset : offset + len(shared)] |= shared
    # No shingle fits between an edit and an end that is nearer than its length, though the characters there are shared.
    covered[: _common_start(a.bare, b.bare)] = True
    covered[a.length - _common_start(a.bare[::-1], b.bare[::-1]) :] = True
    inside = np.flatnonzero(covered)
    bits = []
    start = None
    first, last = (0, a.length - 1) if ends else (int(inside[0]), int(inside[-1]))
    for place in range(first, last + 1):
        if not covered[place]:
            start = place if start is None else start
        elif start is not None:
            bits.append(a.bare[start:place])
            start = None
    if start is not None:
        bits.append(a.bare[start : last + 1])
    return bits


def _common_start(a: str, b: str) -> int:
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _repeated(bits: Sequence[str], shortest: int) -> bool:
    """Whether one word of ``shortest`` characters or more differs in several places: random edits do not repeat
    themselves.
    """
    return any(count > 1 for bit, count in Counter(bits).items() if len(bit) >= shortest)
