"""Pages as entities, and where their names stand in a sentence.

A page is about what its title names. What has no page is named in sentences all the same: such a name can stand at the
end of a question, and nothing further is known of it.

A name is found under its exact spelling, letters and digits alone compared, and only whole: not where it is part of a
longer name (*York* in *New York*). A name that several pages bear counts as a link to each of them, so that a check for
rivals sees them all, but states no fact.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from afterlore.core import Page
from afterlore.text.language import language
from afterlore.text.sentences import Sentence, sentences
from afterlore.text.wordlists import COMMON_CAPITALS

__all__ = ["RANKS", "Entity", "Mention", "Names", "body", "entity", "plain", "unpaged"]

_QUALIFIER = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")
_HAN_RUN = re.compile(r"[\u3400-\u9fff][\u3400-\u9fff·0-9]*[\u3400-\u9fff0-9]|[\u3400-\u9fff]")
_WORD = re.compile(r"[^\W_]+")
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_MARKS = re.compile(r"\*\*|__|`")
_CAPITALS = re.compile(
    r"(?<=[a-z,] )[A-Z][\w'.-]+(?: (?:(?:of|de|del|von|van|da|di|la|the|and the) )?[A-Z][\w'.-]+){0,5}(?!\w)"
)
"""A name within a sentence: words with a capital, with what joins them."""
_NO_NAME = re.compile(
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|(?:Mon|Tues|Wednes|Thurs"
    r"|Fri|Satur|Sun)day|[A-Z][\w'.-]*(?:ish|ese|ian|ean)|Tamil|Telugu|Hindi|Malayalam|Kannada|Marathi|Punjabi|Urdu|French|German|Dutch|Greek|Swiss|[IVXLC]+|(?:[A-Z]\.)+[A-Z]?|The|His|Her|Its)"
)
_LONGEST = 12
"""Words of a name."""
_RANK_LIST = """
King Queen Emperor Empress Prince Princess Duke Duchess Archduke Count Countess Sir Lord Lady Dame Pope Bishop
Archbishop Saint St President Professor Dr Mr Mrs Margrave Landgrave Elector Tsar Sultan Baron Baroness
"""
RANKS = frozenset(_RANK_LIST.split())
"""Before a name they belong to it; other words with a capital make it another name."""


@dataclass(frozen=True)
class Entity:
    """What a page is about, or a name without one."""

    at: int
    """Its place among the entities of the corpus."""
    address: str
    """Of its page; empty where it has none."""
    title: str
    name: str
    """The title without what tells it from others of the name: ``Scandal`` for ``Scandal (2012 film)``."""
    aliases: tuple[str, ...]
    """Other spellings in the title: ``Merganser`` and ``秋沙鸭号``. The name is not among them."""
    language: Literal["en", "zh"]
    text: str
    sha256: str

    @property
    def shown(self) -> str:
        """The name as it stands in a sentence: with its article, where its own page writes one."""
        article = self.language == "en" and re.search(rf"^The {re.escape(self.name)}\b", self.text, re.M)
        return f"the {self.name}" if article else self.name


class Mention(NamedTuple):
    """A name in a sentence: ``sentence[start:end]``, of these entities."""

    start: int
    end: int
    entities: tuple[int, ...]


def entity(at: int, page: Page) -> Entity | None:
    """What a page is about; None where its title names nothing, or it has no text."""
    title = plain(page.title).strip()
    name = _QUALIFIER.sub("", title).strip(" \"'“”《》")
    if not any(map(str.isalpha, name)) or not page.text.strip():
        return None
    latin = _HAN_RUN.sub(" ", name)
    parts = [_HAN_RUN.sub(" ", part) for part in (latin,)] + _HAN_RUN.findall(name)
    spellings = [part.strip(" ()（）·-") for part in parts if len(part.strip(" ()（）·-")) > 1]
    mixed = len(spellings) > 1 and any(char.isalpha() for char in latin)
    own = "zh" if language(page.text) == "zh" else "en"
    aliases = tuple(spellings) if mixed else ()
    if mixed:
        # A page in Chinese is asked for by its Chinese name.
        name = next((one for one in spellings if language(one) == own), name)
    others = tuple(dict.fromkeys(one for one in aliases if one != name))
    return Entity(at, page.address, title, name, others, "zh" if own == "zh" else "en", page.text, page.sha256)


def unpaged(entities: Sequence[Entity]) -> list[Entity]:
    """The names in English sentences that no page is about, numbered after ``entities``."""
    names = Names(entities)
    found: dict[str, None] = {}
    for one in entities:
        for sentence in body(one.text) if one.language == "en" else ():
            text = plain(sentence.text)
            taken = [(mention.start, mention.end) for mention in names.find(text)]
            for match in _CAPITALS.finditer(text, 1):
                apart = all(match.end() <= start or end <= match.start() for start, end in taken)
                name = match[0].removesuffix("'s").rstrip(".'-")
                if apart and len(name) > 2 and not _NO_NAME.fullmatch(name):
                    found[name] = None
    return [Entity(at, "", name, name, (), "en", "", "") for at, name in enumerate(found, start=len(entities)) if name]


def body(text: str) -> Iterator[Sentence]:
    """The sentences of a page; headings, tables and front matter are none."""
    for one in sentences(text):
        if one.text[0] not in "#|-*>=`" and len(one.text) <= 1_000:
            yield one


def plain(text: str) -> str:
    """Without Markdown's links and marks, and with the spaces that some corpora have around brackets mended."""
    text = _MARKS.sub("", _LINK.sub(r"\1", text))
    text = re.sub(r"(?<=\w)\((?=\s)", " (", text)
    text = re.sub(r"([(\[])\s+", r"\1", text)
    text = re.sub(r"\s+([)\],;.’])", r"\1", text)
    text = re.sub(r"(?<=\w)- (?=[A-Za-z])(?!and\b|or\b|to\b)", "-", text)
    text = re.sub(r"(?<=\b[DLO])' (?=[A-Z])", "'", text)
    return re.sub(r"\s+", " ", text)


class Names:
    """All names of a corpus, looked for at once."""

    def __init__(self, entities: Sequence[Entity]) -> None:
        self._latin: dict[tuple[str, ...], list[int]] = {}
        self._han: dict[str, list[int]] = {}
        self._lengths: dict[str, list[int]] = {}
        for one in entities:
            for name in (one.name, *one.aliases):
                self._add(name, one.at)
        for name in self._han:
            self._lengths.setdefault(name[:2], []).append(len(name))
        for lengths in self._lengths.values():
            lengths.sort(reverse=True)

    def _add(self, name: str, at: int) -> None:
        if _HAN_RUN.search(name):
            if len(name) > 1:
                self._han.setdefault(name, []).append(at)
            return
        words = tuple(_WORD.findall(name))
        common = len(words) == 1 and (len(words[0]) < 3 or words[0].lower() in COMMON_CAPITALS)
        if words and len(words) <= _LONGEST and words[0][:1].isupper() and not common:
            self._latin.setdefault(words, []).append(at)

    def find(self, text: str) -> list[Mention]:
        """The names in a sentence, the longest where several begin; none overlap."""
        return sorted(_apart([*self._find_latin(text), *self._find_han(text)]))

    def _find_latin(self, text: str) -> Iterator[Mention]:
        words = list(_WORD.finditer(text))
        spelt = [word[0] for word in words]
        at = 0
        while at < len(words):
            if spelt[at][0].isupper():
                for length in range(min(_LONGEST, len(words) - at), 0, -1):
                    found = self._latin.get(tuple(spelt[at : at + length]))
                    if found and (span := _whole(text, words, at, at + length)):
                        yield Mention(*span, tuple(found))
                        at += length - 1
                        break
            at += 1

    def _find_han(self, text: str) -> Iterator[Mention]:
        at = 0
        while at < len(text) - 1:
            for length in self._lengths.get(text[at : at + 2], ()):
                found = self._han.get(text[at : at + length])
                if found:
                    yield Mention(at, at + length, tuple(found))
                    at += length - 1
                    break
            at += 1


def _whole(text: str, words: list[re.Match[str]], first: int, end: int) -> tuple[int, int] | None:
    """Where the name stands, a rank before it included; None where it is part of a longer one."""
    start, stop = words[first].start(), words[end - 1].end()
    if first and text[words[first - 1].end() : start] in (" ", "-"):
        before = words[first - 1][0]
        if before in RANKS:
            start = words[first - 1].start()
            if first > 1 and text[words[first - 2].end() : start] == " " and words[first - 2][0][0].isupper():
                return None
        elif before[0].isupper() and (first > 1 or before.lower() not in COMMON_CAPITALS):
            return None
    if end < len(words):
        gap, after = text[stop : words[end].start()], words[end][0]
        if gap == "-" or (gap == " " and after[0].isupper()):
            return None
        if gap == " " and after in ("of", "de", "von", "van", "di") and _capital(words, end + 1) and end - first < 3:
            return None
    return start, stop


def _capital(words: list[re.Match[str]], at: int) -> bool:
    return at < len(words) and words[at][0][0].isupper()


def _apart(found: Iterable[Mention]) -> list[Mention]:
    out: list[Mention] = []
    for one in sorted(found, key=lambda mention: (mention.start - mention.end, mention.start)):
        if all(one.end <= other.start or other.end <= one.start for other in out):
            out.append(one)
    return out
