"""Stories that go on across days: which earlier story one of today continues, and what in it was not told yet.

Stories are compared like articles (``afterlore.brief.group.vectors``; across languages ``bridge``), with rarity counted
over all days at hand together, so that a name which is in the news every week links nothing. A sentence is new when it
brings a figure or a name that no told sentence holds, or when most of its wording is new.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from afterlore.brief.group.bridge import Bridge, Written
from afterlore.brief.group.subjects import Subjects
from afterlore.brief.group.vectors import Document, similarity, vectors
from afterlore.text.language import language
from afterlore.text.ngrams import bare, fold, nameness, ngrams, versions, words

__all__ = ["Link", "New", "Story", "link", "new_sentences"]

# Set on generated months (tests/test_followup.py): higher than the threshold for articles of one day, because a wrong
# link hides a story as told, and a missed one only shows a story without its history.
_THRESHOLD = 0.28
_TERMS = 60
# Titles and leads count for three tenths beside the whole: stories of one kind share their background, not their
# subject.
_HEAD = 0.3
_HEAD_TERMS = 30
_HEAD_CAP = 0.15
_OPENING = 160
_POOL = 60.0
_EVENT = 8.0
_CAP = 0.08
_TITLE = 3.0
_LEAD = 300
_BODY = 1500
# A word counts as a name when a general dictionary knows it hardly or not at all.
_NAME = 0.9
# Stories in different languages are compared by names and figures, on the scale of one day's articles (0.17 is one
# event); this takes it to the scale of stories.
_BRIDGED = 1.5
# A product's next version is another story.
_OTHER_VERSION = 0.5
# So is another product of the same vendor. Milder than within a day, because a story's news has names of its own.
_OTHER_SUBJECT = 0.7
# Share of a sentence's character pairs that the told sentences do not hold.
_NEW_WORDING = 0.65
_RETOLD = 0.25

_DATE = re.compile(
    r"(?:\d{2,4}年)?\d{1,2}月(?:\d{1,2}[日号])?|\d{1,2}[日号]|\d{4}年|\d{1,2}[:：]\d{2}|\d{1,2}[点时](?!代)"
)
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*\s*(?:万亿|[万亿%bkmtx倍])?", re.ASCII)
_QUOTED = re.compile(r"[《「『]([^》」』]{2,20})[》」』]")


@dataclass(frozen=True, slots=True)
class Story:
    """A story as it is told: its id, its title and the texts of its articles (or its told sentences)."""

    id: str
    title: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """``today`` and ``earlier`` are places in the two sequences given to ``link``."""

    today: int
    earlier: int
    score: float


@dataclass(frozen=True, slots=True)
class New:
    """A sentence that says something not told before."""

    index: int
    """Its place among the candidates."""
    why: str
    """``figure``, ``name`` or ``wording``."""
    what: tuple[str, ...]
    """The figures or names that are new; empty for wording."""


def link(today: Sequence[Story], earlier: Sequence[Story], *, threshold: float = _THRESHOLD) -> list[Link]:
    """For each story of today the earlier ones that it continues, most alike first. Both may be empty."""
    stories = [*today, *earlier]
    table = vectors([_document(story) for story in stories], terms=_TERMS, pool=_POOL, house=1.0, event=_EVENT)
    heads = vectors([_head(story) for story in stories], terms=_HEAD_TERMS, pool=_POOL, house=1.0, event=_EVENT)
    subjects = [_subjects(story) for story in stories]
    titled = Subjects([(story.title, "\n".join(story.texts)) for story in stories], lead_length=_LEAD)
    numbered = [versions(story.title) for story in stories]
    bridge = Bridge([_written(story) for story in stories], body_length=_BODY, lead_length=_LEAD)
    holders: dict[int, list[int]] = {}
    for place in range(len(today), len(stories)):
        for term in table.rows[place]:
            holders.setdefault(term, []).append(place)
    crossing: dict[int, set[int]] = {}
    for place, i in bridge.pairs():
        # Today's stories stand first, so the later of a pair is the earlier day's.
        if i < len(today) <= place:
            crossing.setdefault(i, set()).add(place)
    found = []
    for i in range(len(today)):
        row = table.rows[i]
        scored = []
        near = {place for term in row for place in holders.get(term, ())} | crossing.get(i, set())
        for place in sorted(near):
            score = _BRIDGED * bridge.score(place, i)
            if _same_subject(subjects[i], subjects[place]):
                head = similarity(heads.rows[i], heads.rows[place], _HEAD_CAP)
                score = max(score, (1 - _HEAD) * similarity(row, table.rows[place], _CAP) + _HEAD * head)
            if titled.missing(i, place) == 2:
                score *= _OTHER_SUBJECT
            if _other_version(numbered[i], numbered[place]):
                score *= _OTHER_VERSION
            if score >= threshold:
                scored.append(Link(i, place - len(today), round(score, 4)))
        found += sorted(scored, key=lambda one: (-one.score, one.earlier))
    return found


def _other_version(a: Mapping[str, frozenset[str]], b: Mapping[str, frozenset[str]]) -> bool:
    return any(a[family].isdisjoint(b[family]) for family in a.keys() & b.keys())


def _written(story: Story) -> Written:
    text = "\n".join(story.texts)
    return Written(language(text), story.title, text)


def _document(story: Story) -> Document:
    parts = [(_TITLE, story.title)]
    share = 1 / max(1, len(story.texts))
    for text in story.texts:
        parts += [(share, text[:_BODY]), (share, text[:_LEAD])]
    # Every story is a house of its own: what outlets repeat was dealt with when its articles were grouped.
    return Document("", tuple(parts))


def _head(story: Story) -> Document:
    share = 1 / max(1, len(story.texts))
    return Document("", ((_TITLE, story.title), *((share, text[:_OPENING]) for text in story.texts)))


def _subjects(story: Story) -> tuple[frozenset[str], frozenset[str]]:
    """Names in the title, and names in title and leads."""
    title = frozenset(_names(fold(story.title)))
    return title, title.union(*(_names(fold(text[:_LEAD])) for text in story.texts))


def _same_subject(a: tuple[frozenset[str], frozenset[str]], b: tuple[frozenset[str], frozenset[str]]) -> bool:
    """Whether a name of one title stands at the head of the other story."""
    return not a[0].isdisjoint(b[1]) or not b[0].isdisjoint(a[1])


def new_sentences(candidates: Sequence[str], told: Sequence[str]) -> list[New]:
    """The candidates that carry something not told before, in order.

    Dates and times alone are not news. A candidate repeats nothing of an earlier candidate's judgement: each is
    compared with ``told`` only. With nothing told, every candidate that is not empty is new.
    """
    folded = [fold(text) for text in told]
    figures = {figure for text in folded for figure in _figures(text)}
    names = {name for text in folded for name in _names(text)}
    bare_told = [bare(text) for text in told]
    pairs = {pair for text in bare_told for pair in ngrams(text, 2)}
    whole = "\n".join(bare_told)
    found = []
    for index, candidate in enumerate(candidates):
        text = bare(candidate)
        if not text or text in whole:
            continue
        own = set(ngrams(text, 2))
        fresh = len(own - pairs) / len(own)
        spelled = fold(candidate)
        new_figures = tuple(dict.fromkeys(f for f in _figures(spelled) if f not in figures))
        new_names = tuple(dict.fromkeys(n for n in _names(spelled) if n not in names and bare(n) not in whole))
        if new_figures:
            found.append(New(index, "figure", new_figures))
        elif new_names and fresh >= _RETOLD:
            found.append(New(index, "name", new_names))
        elif fresh >= _NEW_WORDING:
            found.append(New(index, "wording", ()))
    return found


def _figures(folded: str) -> list[str]:
    """Figures with their unit; dates and clock times taken out."""
    return [re.sub(r"[\s,]", "", match) for match in _FIGURE.findall(_DATE.sub(" ", folded))]


def _names(folded: str) -> list[str]:
    """Latin tokens, quoted titles and words that a general dictionary does not know."""
    named = [word for word in words(folded) if not word[0].isdigit() and nameness(word) > _NAME]
    return named + _QUOTED.findall(folded)
