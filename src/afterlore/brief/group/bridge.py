"""How alike two texts in different languages are: by the names and figures that a translation leaves as they are.

Words do not meet across languages, but "78.4%", "3.86 billion yuan" (38.6亿元), "GPT-5.4" and a Latin name inside
Chinese text do. Names are Latin words of either text, public names under any of their spellings, and names that an
article of the day itself explains: "启衡云（Qiheng Cloud）" makes the two one name for all of that day's articles.
Figures are compared with their unit after 万, 亿, million and billion are worked out; a figure says the more the more
digits it has, and dates, years and small counts say nothing.

Two articles compare at all only when both begin with one name; figures alone never bring two events together, and
names alone reach no more than ``_NAMES_MOST``. Nothing here is asked about two articles of one language.
"""

import math
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from afterlore.brief.group.field_words import everyday
from afterlore.text.names import aliases
from afterlore.text.ngrams import fold
from afterlore.text.wordlists import COMMON_CAPITALS

__all__ = ["Bridge", "Written", "figures"]

# On the scale of the similarity of two articles of one language, where 0.17 is one event: a name and two exact
# figures are enough, a name and one are not.
_NAME = 0.09
_NAMES_MOST = 0.15
_FIGURE = 0.06
# A public name stands in stories of all kinds.
_PUBLIC = 0.4
# By significant digits, one to three and more.
_SPECIFIC = (0.25, 0.7, 1.0)
_POOL = 60
_EVENT = 8
# Long texts share some figure by chance; so many names and figures are those of a report of two pages.
_USUAL = 40

_HAN = "\u3400-\u9fff"
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-.+][A-Za-z0-9]+)*\+*")
_FAMILY = re.compile(r"([a-z][a-z]+)-?\d[\d.]*[a-z]{0,2}")
_GLOSS = re.compile(rf"([{_HAN}]{{2,10}})\s?[（(]\s?([A-Z][A-Za-z0-9.\- ]{{1,30}}?)\s?[，,）)]")
# It begins where a word does: without that, one word of ten thousand letters would be read from each of them.
_GLOSSED = re.compile(
    rf"((?<![A-Za-z0-9.\-])[A-Z][A-Za-z0-9.\-]*(?: [A-Z][A-Za-z0-9.\-]*){{0,3}})\s?[（(]\s?([{_HAN}]{{2,10}})\s?[）)]"
)
_SCALES = {
    "万亿": 1e12,
    "千亿": 1e11,
    "百亿": 1e10,
    "亿": 1e8,
    "千万": 1e7,
    "百万": 1e6,
    "万": 1e4,
    "trillion": 1e12,
    "billion": 1e9,
    "million": 1e6,
    "thousand": 1e3,
    "bn": 1e9,
    "t": 1e12,
    "b": 1e9,
    "m": 1e6,
    "k": 1e3,
}
_UNITS = {
    "%": "%",
    "个百分点": "%",
    "percent": "%",
    "per cent": "%",
    "percentage point": "%",
    "美元": "USD",
    "美金": "USD",
    "us dollar": "USD",
    "dollar": "USD",
    "$": "USD",
    "元": "CNY",
    "yuan": "CNY",
    "rmb": "CNY",
    "¥": "CNY",
    "欧元": "EUR",
    "euro": "EUR",
    "€": "EUR",
}
_NUMBER = re.compile(
    r"(?P<sign>[$¥€])?(?<![a-z0-9_.\-])(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?![\d.:/年月日号点时-]*[年月日号点时:/])"
    r"\+?[ -]?(?P<scale>万亿|千亿|百亿|千万|百万|亿|万|(?:trillion|billion|million|thousand|bn|[bmkt])(?![a-z]))?"
    r"(?:多|余)? ?(?P<unit>%|个百分点|percentage point|per ?cent|美元|美金|元|欧元|us dollar|dollar|yuan|rmb|euro)?"
)


def figures(text: str) -> dict[str, float]:
    """Figures of ``text`` with their unit (``"3.86e+09 CNY"``) and how much each says, 0.25 to 1."""
    found: dict[str, float] = {}
    for match in _NUMBER.finditer(fold(text)):
        digits = match["digits"].replace(",", "")
        unit = _UNITS.get(match["unit"] or match["sign"] or "", "")
        value = float(digits) * _SCALES.get(match["scale"] or "", 1.0)
        plain = not (unit or match["scale"] or "." in digits)
        if plain and (value < 100 or (1900 <= value < 2100 and "," not in match["digits"])):
            continue
        significant = len(digits.replace(".", "").strip("0"))
        found[f"{value:.6g} {unit}"] = _SPECIFIC[min(max(significant, 1), 3) - 1]
    return found


class Written(NamedTuple):
    """A text and the language that it is in."""

    language: str
    """``zh`` or ``en``."""
    title: str
    text: str


class Bridge:
    """The texts of a day, for comparing those of different languages. Empty when all are in one."""

    def __init__(
        self, texts: Sequence[Written], *, body_length: int = 3000, lead_length: int = 300, fanout: int = 64
    ) -> None:
        """``body_length`` and ``lead_length`` in Chinese characters; ``fanout`` bounds the pairs of a huge day: a name
        links a text to so many of the latest that begin with it.
        """
        self._languages = [text.language for text in texts]
        self._fanout = fanout
        self.spans = len(set(self._languages)) > 1
        if not self.spans:
            return
        # An English character carries about a third of what a Chinese one does.
        reach = [3 if language == "en" else 1 for language in self._languages]
        heads = [f"{t.title}\n{t.text[: lead_length * k]}" for t, k in zip(texts, reach, strict=True)]
        whole = [f"{t.title}\n{t.text[: body_length * k]}" for t, k in zip(texts, reach, strict=True)]
        glossary = _glossary(whole)
        self._heads = [_names(t, glossary, lang) for t, lang in zip(heads, self._languages, strict=True)]
        self._names = [
            head | _latin(t, lang) for t, head, lang in zip(whole, self._heads, self._languages, strict=True)
        ]
        self._figures = [figures(text) for text in whole]
        self._spread = Counter(term for row in (*self._names, *self._figures) for term in row)
        self._size = len(texts) + _POOL
        self._rarest = math.log(self._size / (_EVENT + 2))

    def pairs(self) -> Iterator[tuple[int, int]]:
        """(i, j), j before i, of different languages whose heads share a name."""
        if not self.spans:
            return
        holders: dict[tuple[str, str], deque[int]] = defaultdict(lambda: deque(maxlen=self._fanout))
        kinds = sorted(set(self._languages))
        for i, head in enumerate(self._heads):
            mine = self._languages[i]
            near = {j for name in head for lang in kinds if lang != mine for j in holders[lang, name]}
            for j in sorted(near):
                yield i, j
            for name in head:
                holders[mine, name].append(i)

    def across(self, i: int, j: int) -> bool:
        """Whether the two are in different languages."""
        return self._languages[i] != self._languages[j]

    def score(self, i: int, j: int) -> float:
        """How alike texts ``i`` and ``j`` are; 0 when they are in one language or no name heads both."""
        if not self.spans or not self.across(i, j) or self._heads[i].isdisjoint(self._heads[j]):
            return 0.0
        names = sum(
            self._rarity(name) * (_PUBLIC if name in aliases()[1] else 1.0)
            for name in sorted(self._names[i] & self._names[j])
        )
        ours, theirs = self._figures[i], self._figures[j]
        told = sum(self._rarity(figure) * ours[figure] for figure in sorted(ours.keys() & theirs.keys()))
        total = min(_NAME * names, _NAMES_MOST) + _FIGURE * told
        length = math.sqrt((len(self._names[i]) + len(ours)) * (len(self._names[j]) + len(theirs)))
        return min(1.0, total * min(1.0, _USUAL / length))

    def shared(self, i: int, j: int) -> list[str]:
        """Names and figures that both texts hold, names first."""
        return [*sorted(self._names[i] & self._names[j]), *sorted(self._figures[i].keys() & self._figures[j].keys())]

    def _rarity(self, term: str) -> float:
        share = (self._spread[term] + _EVENT) / self._size
        return min(1.0, max(0.0, -math.log(share)) / self._rarest) if self._rarest > 0 else 0.0


def _names(text: str, glossary: dict[str, tuple[str, ...]], language: str) -> frozenset[str]:
    found = set(_latin(text, language))
    if language != "en":
        forms = aliases()[0]
        # Chinese is written without spaces: every run of two to six characters may be a name.
        for run in re.findall(rf"[{_HAN}]{{2,}}", text):
            for size in range(2, 7):
                for at in range(len(run) - size + 1):
                    word = run[at : at + size]
                    if word in forms:
                        found.add(forms[word][0])
                    found.update(glossary.get(word, ()))
    return frozenset(found)


def _latin(text: str, language: str) -> frozenset[str]:
    """Latin names in lower case, a version also without its number, public ones by their first spelling."""
    forms = aliases()[0]
    found: set[str] = set()
    lower = set(re.findall(r"\b[a-z]+\b", text)) if language == "en" else set()
    before = ""
    for match in _LATIN.finditer(text):
        word = match[0]
        small = word.lower()
        if language == "en" and not (word[0].isupper() or any(c.isupper() or c.isdigit() for c in word)):
            before = ""
            continue
        pair = f"{before} {small}"
        before = small
        if pair in forms:
            found.add(forms[pair][0])
        if len(small) < 2 or small in lower or small in COMMON_CAPITALS or everyday(small):
            continue
        found.add(forms[small][0] if small in forms else small)
        family = _FAMILY.fullmatch(small)
        if family:
            found.add(forms[family[1]][0] if family[1] in forms else family[1])
    return frozenset(found)


def _glossary(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Chinese names that an article explains by Latin ones, in lower case."""
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        for latin, han in _GLOSSED.findall(text):
            found.setdefault(han, _pieces(latin))
        for before, latin in _GLOSS.findall(text):
            # Where the name begins is not written: it is the longest ending that the article uses again.
            ends = (before[-size:] for size in range(min(6, len(before)), 1, -1))
            name = next((end for end in ends if text.count(end) > 1), None)
            if name:
                found.setdefault(name, _pieces(latin))
    return {han: latin for han, latin in found.items() if latin}


def _pieces(latin: str) -> tuple[str, ...]:
    small = (piece.lower() for piece in latin.split())
    return tuple(piece for piece in small if len(piece) > 1 and not everyday(piece) and piece not in COMMON_CAPITALS)
