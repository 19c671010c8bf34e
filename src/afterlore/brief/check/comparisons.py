# A pattern is read as a whole: breaking it over lines hides what it matches.
"""More or less than what: 比瑞典的GDP还多 and 低于瑞典的GDP say the opposite of one yardstick."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from afterlore.brief.check.reading import Reading
from afterlore.brief.check.verdict import Problem

__all__ = ["check_comparisons"]

_MORE = "高多大贵快强难长重好早远热亮厚"
_LESS = "低少小便慢弱易短轻差晚近冷暗薄"
_THAN = re.compile(
    rf"(?<![占同环对])比(?P<whom>[^，。；：比]{{1,16}}?)(?:还|更|要|都|又|略|稍|明显|大幅|仍|也|的)*(?:(?P<more>[{_MORE}])|(?P<less>[{_LESS}]))"
)
_OVER = re.compile(
    r"(?<!不)(?:(?P<more>高于|多于|大于|超过|超越|领先于?|优于|快于|强于|贵于|高过|胜过)|(?P<less>低于|少于|小于|落后于?|不及|慢于|逊于|弱于|不敌|不如))了?(?P<whom>[^，。；：\d]{1,14})"
)
_NOT = re.compile(r"没有?|不(?!到|足|仅|断|及|敌|如)|未|并非|无法")


class _Comparison(NamedTuple):
    start: int
    end: int
    way: int
    """1 when more than the yardstick, -1 when less."""
    whom: str


def check_comparisons(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """A comparison that the sources make the other way round, with the same yardstick and of nothing else."""
    if len(sources) > 8 or not claim.chinese:
        return []
    theirs = [(source, c) for source in sources for c in _comparisons(source)]
    for ours in _comparisons(claim):
        same = [(source, c) for source, c in theirs if _same_yardstick(claim, ours, source, c)]
        told = {n.key for n in claim.names if n.start < ours.start} - _names(claim, ours)
        turned = any(told & _names(source, c) for source, c in theirs)  # 甲领先乙 is 乙落后于甲
        if same and not turned and all(c.way != ours.way for _, c in same):
            source, c = same[0]
            return [
                Problem(
                    kind="comparison",
                    claim_says=claim.text[max(0, ours.start - 8) : ours.end],
                    source_says=source.text[max(0, c.start - 8) : c.end],
                )
            ]
    return []


def _comparisons(reading: Reading) -> Iterator[_Comparison]:
    for pattern in (_THAN, _OVER):
        for match in pattern.finditer(reading.plain):
            clause = next((c for c in reading.clauses if c.start <= match.start() < c.end), None)
            before = reading.plain[clause.start if clause else 0 : match.start()]
            if not _NOT.search(before + match[0].replace(match["whom"], "")):
                yield _Comparison(*match.span(), 1 if match["more"] else -1, match["whom"].strip())


def _same_yardstick(claim: Reading, ours: _Comparison, source: Reading, theirs: _Comparison) -> bool:
    """Whether both compare with the same name, and the claim's clause names nobody whom the source's does not."""
    mine, other = _names(claim, ours), _names(source, theirs)
    return bool(mine) and mine == other


def _names(reading: Reading, one: _Comparison) -> frozenset[str]:
    return frozenset(n.key for n in reading.names if one.start <= n.start < one.end and n.kind != "quoted")
