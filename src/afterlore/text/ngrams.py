"""Character n-grams, words and version tokens of Chinese and English text.

Unit of a Chinese n-gram is the code point after compatibility folding: full-width digits and letters are the same as
their ASCII twins, and letters are lower case.
"""

import math
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import rjieba

__all__ = ["bare", "family_of", "fold", "nameness", "ngrams", "rarity_prior", "versions", "words"]

_WIDE = (*((chr(ord(mark) + 0xFEE0), mark) for mark in ",:;!?()%"), ("…", "..."))
_NOT_CONTENT = re.compile(r"[\W_]+")
_HAN_WORD = re.compile(r"[\u3400-\u9fff]{2,}")
# A Latin name with what belongs to it: "GPT-5.4", "U2", "iOS27", "WorkBuddy", "s-1", "C++".
_LATIN = re.compile(r"[a-z][a-z0-9]*(?:[-.+][a-z0-9]+)*\+*", re.ASCII)
# "GPT 5.4" and "iOS 27" are versions; "OpenAI 3 名员工" and "Top 10%" are counts, because a measure follows.
_SPACED = re.compile(r"([a-z][a-z0-9.-]*) (\d+(?:\.\d+)*)(?![\d.]*\s*[\u3400-\u9fff%a-z])", re.ASCII)
# Figures that mark an event: "1.77万亿", "749b", "34.5%"; not dates, times and small counts.
_FIGURE = re.compile(r"(?<![a-z0-9.\-])\d+(?:[.,]\d+)*(?:万亿|[万亿%bkmt])?(?![\d年月日号点时:a-z])", re.ASCII)
_VERSION = re.compile(r"(?P<family>[a-z][a-z-]*?)-?(?P<number>\d+(?:\.\d+)*)(?:[a-z]{0,2})")
# The Chinese name of a version is taken by its last two characters: where it begins is not written.
_HAN_VERSION = re.compile(
    r"([\u3400-\u9fff]{2})(?:-(\d+(?:\.\d+)*)|(\d+\.\d+)(?=$|[^\w%.]|正式|发布|上线|来了|登场|开源|亮相))"
)
_FUNCTION_WORD_LIST = """
the a an of to in on for and or is are was were be been with by as at from that this it its has have had will
would can not but we you they he she his her their our i if so than then also more most over into about after
"""
_FUNCTION_WORDS = frozenset(_FUNCTION_WORD_LIST.split())


def fold(text: str) -> str:
    """NFKC, lower case: the spelling in which two texts are compared."""
    plain = text
    for wide, narrow in _WIDE:
        plain = plain.replace(wide, narrow)
    # Punctuation is nearly all that Chinese text has to fold: replacing it and looking is far cheaper than folding.
    # What is normal after that is what folding gives, since each of these folds to its twin wherever it stands.
    return (plain if unicodedata.is_normalized("NFKC", plain) else unicodedata.normalize("NFKC", text)).lower()


def bare(text: str) -> str:
    """``fold`` without white space, punctuation and symbols: letters, digits and Han characters only."""
    content = _NOT_CONTENT.sub("", text).lower()
    # Most text is in its folded spelling once its punctuation is gone, and looking is far cheaper than folding.
    if unicodedata.is_normalized("NFKC", content):
        return content
    return _NOT_CONTENT.sub("", fold(content))


def ngrams(text: str, n: int) -> list[str]:
    """All runs of ``n`` characters in order, duplicates kept; ``[text]`` for a shorter text, ``[]`` for an empty one.

    Raises ValueError for ``n < 1``.
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, not {n!r}")
    if len(text) < n:
        return [text] if text else []
    return [text[i : i + n] for i in range(len(text) - n + 1)]


def words(text: str) -> Iterator[str]:
    """Terms to compare articles by, in order, duplicates kept: Han words of two or more characters, and Latin names
    with their version as one token (``gpt-5.4``, ``u2``) followed by the name alone (``gpt``), and figures of three
    or more signs that are no date. Function words are left out.
    """
    folded = fold(text)
    for match in _SPACED.finditer(folded):
        yield f"{match[1].rstrip('-.')}-{match[2]}"
    for match in _LATIN.finditer(folded):
        token = match[0]
        if token in _FUNCTION_WORDS or len(token) < 2:
            continue
        yield token
        family = family_of(token)
        if family:
            yield family
    for match in _FIGURE.finditer(folded):
        digits = match[0].rstrip("万亿%bkmt")
        if len(digits) >= 3 and digits[:2] not in ("19", "20"):
            yield match[0].replace(",", "")
    # Most pieces are single characters, and asking their length is far cheaper than matching them.
    matches = _HAN_WORD.fullmatch
    yield from [word for word in rjieba.cut(folded) if len(word) > 1 and matches(word)]


@lru_cache(maxsize=100_000)
def family_of(token: str) -> str:
    """``gpt`` for ``gpt-5.4``; empty for a token, in lower case, without a version."""
    version = _VERSION.fullmatch(token)
    return version["family"].rstrip("-") if version and len(version["family"]) > 1 else ""


def versions(text: str) -> dict[str, frozenset[str]]:
    """Version tokens by family: ``{"gpt": {"5.4"}, "u": {"2"}}`` for "GPT-5.4 和 U2"."""
    folded = fold(text)
    found: dict[str, set[str]] = {}
    for match in _SPACED.finditer(folded):
        found.setdefault(match[1].rstrip("-."), set()).add(match[2])
    for match in _LATIN.finditer(folded):
        version = _VERSION.fullmatch(match[0])
        if version:
            found.setdefault(version["family"].rstrip("-"), set()).add(version["number"])
    for match in _HAN_VERSION.finditer(folded):
        found.setdefault(match[1], set()).add(match[2] or match[3])
    return {family: frozenset(numbers) for family, numbers in found.items()}


@lru_cache(maxsize=100_000)
def _frequency(word: str) -> int:
    """How often the dictionary's corpus of some 60 million words holds ``word``; 0 for a word that it does not know."""
    return int(rjieba.suggest_freq(word)) if rjieba.has_word(word) else 0


def rarity_prior(word: str) -> float:
    """Share of articles of some 700 words that would hold ``word`` by general usage, 0 (unknown, or Latin) to 0.4."""
    return min(0.4, 1 - math.exp(-_frequency(word) * 2e-5)) if _HAN_WORD.fullmatch(word) else 0.0


def nameness(word: str) -> float:
    """1 for Latin tokens and words that no general dictionary knows (names), down to 0.5 for the commonest words."""
    if not _HAN_WORD.fullmatch(word):
        return 1.0
    return max(0.5, 1 - 0.125 * math.log10(_frequency(word) + 1))
