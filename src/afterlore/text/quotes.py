"""The quote gate: whether a text says, word for word, what is quoted of it, and where.

Both sides are folded: Unicode NFKC (compared in its decomposed form, which keeps the places of characters), every run
of white space as one space and none beside a Chinese or Japanese character, characters that cannot be seen taken out
(soft hyphen, zero-width space, word joiner, byte order mark, direction marks). Of punctuation only what is spelt in two
ways with one meaning is one: curly and straight quotation marks, and the short dashes (hyphens, minus, figure and en
dash). None of that touches a letter or digit, so none accepts another word. Case counts: ``US`` is not ``us``.

NFKC itself would accept another number: it turns ``10⁶`` into ``106`` and ``1½`` into ``11⁄2``. A superscript,
subscript, fraction or circled digit beside a digit therefore stays what it is.

A quote must begin and end where words and numbers do: ``5 people`` is not a quote of ``25 people`` nor of ``1.5
people``, ``he can`` not of ``he can't``. What this does not cover: a quote that leaves out the negation before it, one
that is cut inside a Chinese, Japanese or Thai word (which are not divided) or inside a number whose thousands stand
apart by plain spaces, and whether a claim follows from its quote.
"""

import unicodedata
from array import array
from functools import lru_cache
from typing import NamedTuple

import regex

__all__ = ["QuoteIndex", "Span", "locate"]

_UNSEEN = "\u00ad\u200b\u200e\u200f\u2060\ufeff"
_ALIKE = str.maketrans("\u2018\u2019\u201b\u201c\u201d\u201f\u2010\u2011\u2012\u2013\u2212", "'''\"\"\"-----")
# Pieces that fold each in one way; the single character at the end is looked up.
_PIECE = regex.compile(
    rf"(?P<plain>[!-~\u3400-\u9fff]+(?: [!-~\u3400-\u9fff]+)*)|(?P<unseen>[{_UNSEEN}]+)|(?P<space>\s)|(?P<other>.)",
    regex.DOTALL,
)
_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}]"
_BESIDE = regex.compile(rf"(?<={_UNSPACED}) | (?={_UNSPACED})")
_WORD = r"[[\p{L}\p{M}\p{N}_]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]"
# A word or number with what belongs to it: -5, <5, A$1,500.20, 10:30, 35%, 20°C, C++, can't, man-eating, AT&T, U.S.
_TOKEN = regex.compile(
    rf"(?:(?<!{_WORD})[-+±<>≤≥~≈]+(?=[\p{{Sc}}\p{{N}}]))?(?:{_WORD}*\p{{Sc}}(?=\p{{N}}))?"
    rf"{_WORD}+(?:(?:['&-]|(?<=\p{{N}})[.,:/⁄](?=\p{{N}})|(?<=(?<!{_WORD})\p{{L}})\.(?=\p{{L}})){_WORD}+)*"
    rf"(?:[%‰+]+|°{_WORD}?)?",
    regex.V1,
)
_INSIDE = regex.compile(_WORD + _WORD, regex.V1)
_LONGEST_TOKEN = 100
"""Characters on either side of a place that are looked at for the word it may stand in."""
_TRIES = 10_000
"""Places that are looked at. A text in which a quote stands more often inside of words is made to keep us busy."""
_DIGIT_FORMS = ("<super>", "<sub>", "<fraction>", "<circle>", "<compat>")
_IN_NUMBERS = "\u00a0\u2009\u202f"
"""Spaces that divide the thousands of a number."""
_THOUSANDS = regex.compile(rf"(?<!{_WORD})\d{{1,3}} \d{{3}}(?!\d)", regex.V1)
_JAMO = range(0x1160, 0x1200)
"""Vowels and final consonants of Korean: the second and third part of a syllable."""


class Span(NamedTuple):
    """Code points of the text as it was given: ``text[start:end]``."""

    start: int
    end: int


class QuoteIndex:
    """One text, folded once, in which many quotes are looked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._folded, self._places = _fold(text)

    def locate(self, quote: str) -> Span | None:
        """Where the text says exactly this, the first place if several; None when it does not. A quote that holds no
        letter or digit is found nowhere.
        """
        wanted, _ = _fold(quote)
        wanted = wanted.strip(" ")
        if not any(map(str.isalnum, wanted)):
            return None
        at = self._folded.find(wanted)
        for _ in range(_TRIES):
            if at < 0:
                break
            end = at + len(wanted)
            if self._whole(at) and self._whole(end):
                return Span(self._places[at], max(self._places[at:end]) + 1)
            at = self._folded.find(wanted, at + 1)
        return None

    def _whole(self, at: int) -> bool:
        """Whether no character, word or number of the text goes on across this place."""
        text = self._folded
        if not 0 < at < len(text):
            return True
        before, after = text[at - 1], text[at]
        if _INSIDE.match(text, at - 1):
            return False
        if self._places[at - 1] == self._places[at]:
            return False
        if unicodedata.category(after)[0] == "M" or ord(after) in _JAMO:
            return False
        if before.isnumeric() and after.isnumeric():
            return False
        if before == " " or after == " ":
            gap = at - 1 if before == " " else at
            if self._text[self._places[gap]] not in _IN_NUMBERS:
                return True
            around = _THOUSANDS.finditer(text, max(0, gap - 3), gap + 5, overlapped=True)
            return not any(match.start() < gap < match.end() for match in around)
        low = max(0, at - _LONGEST_TOKEN)
        tokens = _TOKEN.finditer(text, max(low, text.rfind(" ", low, at)), at + _LONGEST_TOKEN)
        return not any(match.start() < at < match.end() for match in tokens)


def locate(quote: str, text: str) -> Span | None:
    """Where ``text`` says exactly ``quote``; see ``QuoteIndex``, which is for more than one quote of a text."""
    return QuoteIndex(text).locate(quote)


def _fold(text: str) -> tuple[str, "array[int]"]:
    """The folded text, and for each of its characters the place of the one that it came from."""
    parts: list[str] = []
    places = array("I")
    marked = False
    last = ""
    for match in _PIECE.finditer(text):
        start, kind = match.start(), match.lastgroup
        if kind == "unseen":
            continue
        if kind == "plain":
            piece = match[0]
            places.extend(range(start, match.end()))
        else:
            piece = " " if kind == "space" else _compatible(match[0])
            if kind == "other" and last.isnumeric() | _next(text, match.end()).isnumeric() and _digit_form(match[0]):
                piece = match[0]
            places.extend([start] * len(piece))
        marked |= kind == "other"
        parts.append(piece)
        last = piece[-1:] or last
    folded = "".join(parts)
    if marked:
        folded, places = _ordered(folded, places)
    return _spaced(folded, places)


@lru_cache(maxsize=8192)
def _compatible(char: str) -> str:
    return unicodedata.normalize("NFKD", char).translate(_ALIKE)


@lru_cache(maxsize=8192)
def _digit_form(char: str) -> bool:
    """Whether it is a digit that NFKC takes out of its place: ², ₂, ½, ②."""
    return char.isnumeric() and unicodedata.decomposition(char).startswith(_DIGIT_FORMS)


def _next(text: str, at: int) -> str:
    while text[at : at + 1] and text[at] in _UNSEEN:
        at += 1
    return text[at : at + 1]


def _ordered(folded: str, places: "array[int]") -> tuple[str, "array[int]"]:
    """Combining marks in canonical order, which a decomposition character by character leaves as it was."""
    if unicodedata.is_normalized("NFD", folded):
        return folded, places
    order = list(range(len(folded)))
    for run in regex.finditer(r"\P{ccc=Not_Reordered}{2,}", folded):
        order[run.start() : run.end()] = sorted(range(*run.span()), key=lambda at: unicodedata.combining(folded[at]))
    return "".join(folded[at] for at in order), array("I", (places[at] for at in order))


def _spaced(folded: str, places: "array[int]") -> tuple[str, "array[int]"]:
    """One space for each run of white space; none beside a script that is written without, but for two figures."""
    dropped = {at for run in regex.finditer("  +", folded) for at in range(run.start() + 1, run.end())}
    if dropped:
        folded, places = _without(folded, places, dropped)
    dropped = {
        at
        for at in (match.start() for match in _BESIDE.finditer(folded))
        if not (folded[at - 1 : at].isnumeric() and folded[at + 1 : at + 2].isnumeric())
    }
    return _without(folded, places, dropped) if dropped else (folded, places)


def _without(folded: str, places: "array[int]", dropped: set[int]) -> tuple[str, "array[int]"]:
    kept = [at for at in range(len(folded)) if at not in dropped]
    return "".join(folded[at] for at in kept), array("I", (places[at] for at in kept))
