# ruff: noqa: E501
# A pattern is read as a whole: breaking it over lines hides what it matches.
"""Whose words a quotation is said to be, against whose they are."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from afterlore.brief.check.reading import Reading
from afterlore.brief.check.verdict import Problem
from afterlore.text.names import Name
from afterlore.text.normalize import skeleton

__all__ = ["check_speakers"]

_MARKED = re.compile(r"“([^“”]{4,})”|\"([^\"]{4,})\"")
_BEHIND = re.compile(
    r"^\s*[,，。]?\s*(?P<who>[^“”\"。；;!?！？]{0,40}?)(?:说|表示|称|直言|坦言|强调|指出|写道|写|补充|问|答|断言|said|says|told|wrote|added|argued|warned|noted)"
)
"""“……”，甲说: who speaks stands behind the quotation."""
_SPOKEN = re.compile(
    r"说|称|表示|直言|坦言|强调|指出|认为|写|回应|透露|宣布|介绍|补|解释|道|告诉|原话|的话|评价|形容|调侃|感叹|发[帖文推]|总结|比喻|分享|感慨|吐槽|声明|反问|提出|讲|问|答|担心|"
    r"posted|tweeted|quipped|joked|stated|declared|said|says|told|wrote|added|insisted|argued|warned|noted|explained|put it|called"
)
_STOP = re.compile(r"[。！？；;\n”]|[.!?]\s|\" ")
_TITLES = re.compile(
    r"董事长|首席执行官|首席财务官|首席技术官|首席科学家|财务总监|总经理|总裁|负责人|律师|工作人员|会长|院长|校长|教授|专家|分析师|发言人|主任|经理|老板|员工|导演|编剧|制作人|投资人|用户|客户|家长|院士|法官|议员|"
    r"CEO|CFO|CTO|COO"
)
_SAME_TITLE = {"首席执行官": "CEO", "首席财务官": "CFO", "首席技术官": "CTO", "财务总监": "CFO"}


class _Said(NamedTuple):
    words: str
    who: frozenset[str]
    """Keys of the names that may have said it; none when that is not clear."""
    titles: frozenset[str]


def check_speakers(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """A quotation that the sources put into another mouth."""
    told = {n.text: n for source in sources for n in source.names if n.kind == "person" and n.text in claim.plain}
    ours = _quoted(_knowing(claim, told))
    if not ours or len(sources) > 8:
        return []
    theirs = [said for source in sources for said in _quoted(source)]
    everyone = {key for source in sources for name in source.names for key in _keys(name)}
    for said in ours:
        same = [other for other in theirs if _same_words(said.words, other.words)]
        wrong = next((other for other in same if _another(said, other, everyone)), None)
        if wrong and not any(said.who & other.who for other in same):
            return [
                Problem(
                    kind="attribution",
                    claim_says=f"{'、'.join(sorted(said.who or said.titles))}：{said.words}",
                    source_says="、".join(sorted(wrong.who or wrong.titles)),
                )
            ]
    return []


def _another(said: _Said, other: _Said, everyone: set[str]) -> bool:
    """Whether a quotation is given to somebody whom the sources know, and who does not say it there."""
    if said.who and other.who:
        return not (said.who <= other.who or other.who <= said.who) and bool(said.who & everyone)
    return bool(said.titles and other.titles) and not said.titles & other.titles and not said.who


def _knowing(claim: Reading, people: dict[str, Name]) -> Reading:
    """The claim with the people of its sources among its names, however little shows there that they are people."""
    more = [
        name._replace(start=at, end=at + len(text))
        for text, name in people.items()
        if (at := claim.plain.find(text)) >= 0
        and not any(n.start < at + len(text) and at < n.end for n in claim.names if n.kind != "quoted")
    ]
    return claim._replace(names=tuple(sorted((*claim.names, *more)))) if more else claim


def _same_words(a: str, b: str) -> bool:
    x, y = skeleton(a), skeleton(b)
    return x in y or y in x or (min(len(x), len(y)) >= 6 and SequenceMatcher(None, x, y, autojunk=False).ratio() > 0.6)


def _keys(name: Name) -> set[str]:
    return {name.key} if name.kind in {"person", "org", "word", "latin", "product"} else set()


def _quoted(reading: Reading) -> list[_Said]:
    out = []
    for match in _MARKED.finditer(reading.plain):
        stops = [m.end() for m in _STOP.finditer(reading.plain, 0, match.start())]
        span = (stops[-1] if stops else 0, match.start())
        behind = _BEHIND.match(reading.plain[match.end() :])
        who = _speaker(reading, *span)
        if behind and not who:
            span = (match.end(), match.end() + behind.end())
            who = _speaker(reading, *span)
        found = {_SAME_TITLE.get(t, t) for t in _TITLES.findall(reading.plain[span[0] : span[1]])}
        out.append(_Said(match[1] or match[2], who, frozenset(found)))
    return out


def _speaker(reading: Reading, start: int, end: int) -> frozenset[str]:
    """The names of the last clause of a stretch that has any, people alone when there are some."""
    for clause in reversed([c for c in reading.clauses if c.start < end and start < c.end]):
        inside = [
            n
            for n in reading.names
            if max(start, clause.start) <= n.start and n.end <= min(end, clause.end) and _keys(n)
        ]
        if not inside:
            continue
        # 他被张三称为“…”: the one behind 被 speaks.
        chosen = [n for n in inside if "被" in reading.plain[clause.start : n.start]] or inside
        persons = [n for n in chosen if n.kind == "person"]
        if not persons and not _SPOKEN.search(reading.plain[start:end]):
            return frozenset()  # “…” in the midst of a sentence is nobody's words
        persons = persons or [n for n in chosen if n.kind == "latin"] or chosen
        return frozenset(n.key for n in persons)
    return frozenset()
