"""Where outlets give different figures for the same thing.

A figure is taken as *the same thing* only when both sentences name what is measured by the same words right before
it (投后估值为90亿元, 投后估值约85亿元), in the same unit, of the same time, of no different name, and neither outlet
also gives the other's value. Recall is given up for precision: a false dispute would hide two facts behind an invented
quarrel. Not covered: figures in different languages, figures named after them (2,000 robots), and what is measured in
other words.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from afterlore.brief.article import Article
from afterlore.text.names import names
from afterlore.text.ngrams import words
from afterlore.text.quantities import Quantity, quantities
from afterlore.text.sentences import Sentence, sentences

__all__ = ["Dispute", "Side", "disputes", "undisputed"]

_CLAUSE = re.compile(r"[，,；;。！？!?：:]")
_FILLER = re.compile(
    r"(?:大约|约为|约|将近|接近|近|超过|超|逾|达到了|达到|高达|达|为|是|共有|共计|共|至|仅|有|了|的|已|将|可|\s)+$"
)
_HEAD = re.compile(r"[\u3400-\u9fff]{2,8}$")
# Verbs and adverbs that stand before any figure and so name none.
_NO_HEAD = re.compile(
    r"(?:增长|提升|提高|下降|降低|减少|缩短|节省|降|涨|升|增|减|获得|完成|发布|推出|拥有|提供|包括|分别|平均|其中|实现|支持|覆盖|投入|使用|采用"
    r"|每天|每月|每年|每个|目前|此前|以及|或者|不到|不足|至少|最多|最高|最低|一次|卖出|售出|签下|订购|采购|宣布|花|用|在|到|比|从|和|与|及|约合|折合)$"
)
# Another time, another subject of comparison, a wish: the figure is then another one.
_QUALIFIER = re.compile(
    r"上一轮|上一代|前代|前一|上一|去年|前年|今年|明年|同期|此前|当时|早前|预计|预期|目标|计划|有望|最多|最高|上限|累计|单日|首日|季度|上半年|下半年|全年|竞品|对手"
    r"|[一二三四1-4]季度|\d{4}年|\d{1,2}月"
)
_DETERMINER = re.compile(r"^(?:本轮|这一轮|此轮|这轮|新一轮|本次|此次|这次|公司|该公司|其|的|本|该)*")
_LARGE = 1000
"""A figure without a unit is compared from here on; smaller ones are scores, versions and counts of anything."""
_SHORTEST_TITLE = 8
_SAME = 0.03
"""Values closer than this are one value rounded."""
_RATIO = 2.0
"""Values further apart than this measure different things, or one is a slip."""


@dataclass(frozen=True)
class Side:
    """One figure in one article. ``start`` and ``end`` bound its clause in the article's text."""

    article: Article
    sentence: Sentence
    quantity: Quantity
    head: str
    """The words that name what is measured."""
    start: int
    end: int

    @property
    def value(self) -> float:
        """In the base unit."""
        return self.quantity.value

    @cached_property
    def names(self) -> frozenset[str]:
        """Who and what the sentence is about."""
        return frozenset(name.key for name in names(self.sentence.text))

    @cached_property
    def qualifiers(self) -> frozenset[str]:
        """Times and comparisons before the figure; what follows it (when it ships, say) is another matter."""
        before = self.article.text[self.start : self.sentence.start + self.quantity.start]
        return frozenset(_QUALIFIER.findall(before))

    @cached_property
    def words(self) -> frozenset[str]:
        """The sentence's words."""
        return frozenset(words(self.sentence.text))


@dataclass(frozen=True, slots=True)
class Dispute:
    """What is measured, and for each value the sides that give it, the value of most outlets first."""

    head: str
    values: tuple[tuple[Side, ...], ...]


def disputes(articles: Sequence[Article]) -> list[Dispute]:
    """The disputes among articles about one event, in the order in which they are first met."""
    sides = [list(_sides(article)) for article in articles]
    found: dict[str, list[Side]] = {}
    for i, mine in enumerate(sides):
        for other in sides[i + 1 :]:
            for a in mine:
                for b in other:
                    head = _common(a, b)
                    if head and not _agree(a, b) and not _also(a, other, head) and not _also(b, mine, head):
                        known = found.setdefault(head, [])
                        known += [side for side in (a, b) if side not in known]
    return [_dispute(head, known, sides) for head, known in found.items()]


def undisputed(title: str, found: Sequence[Dispute]) -> str:
    """The title up to the clause that tells one side of a dispute as a fact; whole when too little would be left."""
    told = {side.value for dispute in found for given in dispute.values for side in given}
    for q in quantities(title):
        cuts = [m.start() for m in _CLAUSE.finditer(title, 0, q.start)]
        if q.value in told and cuts and cuts[-1] >= _SHORTEST_TITLE:
            return title[: cuts[-1]]
    return title


def _sides(article: Article) -> Iterator[Side]:
    for sentence in sentences(article.text):
        for q in quantities(sentence.text):
            plain = not q.form and not q.direction and q.bound in {"", "about"}
            bare = not q.dimension and q.value < _LARGE
            if not plain or q.small or bare or q.dimension in {"ordinal", "multiple"}:
                continue
            cuts = [0, *(m.end() for m in _CLAUSE.finditer(sentence.text)), len(sentence.text) + 1]
            start = max(cut for cut in cuts if cut <= q.start)
            end = min(cut for cut in cuts if cut > q.end) - 1
            head = _HEAD.search(_FILLER.sub("", sentence.text[start : q.start]))
            if head and not _NO_HEAD.search(head[0]):
                yield Side(article, sentence, q, head[0], sentence.start + start, sentence.start + end)


def _common(a: Side, b: Side) -> str:
    """The words that name what both measure, or "" when they do not measure the same."""
    if a.article.outlet == b.article.outlet or (a.article.origin or "") == b.article.outlet:
        return ""
    p, q = a.quantity, b.quantity
    if (p.dimension, p.unit, p.per) != (q.dimension, q.unit, q.per) or a.qualifiers != b.qualifiers:
        return ""
    if a.names and b.names and not a.names & b.names:
        return ""
    length = 0
    while length < min(len(a.head), len(b.head)) and a.head[-1 - length] == b.head[-1 - length]:
        length += 1
    head = a.head[len(a.head) - length :]
    if length < 2 or _NO_HEAD.search(head):
        return ""
    # 总收入 and 大模型相关收入 end alike and are two things.
    if _DETERMINER.sub("", a.head) != head and _DETERMINER.sub("", b.head) != head:
        return ""
    # Two characters (首批) name little by themselves: the sentences must share something else.
    return head if length >= 4 or {w for w in a.words & b.words if w not in head} else ""


def _agree(a: Side, b: Side) -> bool:
    low, high = sorted((abs(a.value), abs(b.value)))
    return high - low <= _SAME * high or high > _RATIO * low


def _also(one: Side, others: Sequence[Side], head: str) -> bool:
    """Whether the other outlet gives this value too."""
    return any(side.head.endswith(head) and abs(side.value - one.value) <= _SAME * abs(one.value) for side in others)


def _dispute(head: str, known: Sequence[Side], sides: Sequence[Sequence[Side]]) -> Dispute:
    """Sides by value; outlets that give one of the values without having been paired are added to it."""
    values: dict[float, list[Side]] = {}
    for side in known:
        values.setdefault(side.value, []).append(side)
    for value, given in values.items():
        for mine in sides:
            unit = given[0].quantity.unit
            same = [s for s in mine if s.head.endswith(head) and s.value == value and s.quantity.unit == unit]
            if same and all(s.article.outlet != same[0].article.outlet for s in given):
                given.append(same[0])
    unique = [tuple({s.article.outlet: s for s in reversed(given)}.values())[::-1] for given in values.values()]
    return Dispute(head, tuple(sorted(unique, key=lambda given: (-len(given), given[0].article.id))))
