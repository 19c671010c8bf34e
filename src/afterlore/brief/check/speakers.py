# ruff: noqa: E501
# A pattern is read as a whole: breaking it over lines hides what it matches.
"""Whose words a quotation is said to be, against whose they are."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from afterlore.brief.check.reading import Reading
from afterlore.brief.check.verdict import Problem
from afterlore.text.names import Name
from afterlore.text.normalize import skeleton

__all__ = ["check_speakers"]

_MARKED = re.compile(r"“([^“”]{4,})”|\"([^\"]{4,})\"")
_BEFORE = re.compile(
    r"(?:说|称为?|称作|表示|直言|坦言|强调|指出|认为|写道|回应|透露|宣布|介绍|补充|解释|道|告诉|原话是?|的话|评价|形容|调侃|感叹|发帖|发文|发推|写下|总结|打趣|打比方|比喻|分享|自嘲|感慨|吐槽|声明|重申|反问|提出|posted|tweeted|quipped|joked|stated|declared|said|says|told|wrote|added|insisted|argued|warned|noted|explained|put it|called)"
)
_AFTER = re.compile(
    r"^\s*[,，。]?\s*[\u4e00-\u9fffA-Za-z·\s-]{0,24}?(?:说|表示|称|直言|强调|指出|写道|补充|said|says|told|wrote|added|argued|warned|noted)"
)


def check_speakers(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """A quotation that the sources put into another mouth."""
    told = {n.text: n for source in sources for n in source.names if n.kind == "person" and n.text in claim.plain}
    ours = _quoted(_knowing(claim, told))
    if not ours or len(sources) > 8:
        return []
    theirs = [item for source in sources for item in _quoted(source)]
    everyone = {key for source in sources for name in source.names for key in _keys(name)}
    for words, who in ours:
        if not who:
            continue
        for other, speakers in theirs:
            if not speakers or not _same_words(words, other):
                continue
            if not (who <= speakers or speakers <= who) and who & everyone:
                return [
                    Problem(
                        kind="attribution",
                        claim_says=f"{'、'.join(sorted(who))}：{words}",
                        source_says="、".join(sorted(speakers)),
                    )
                ]
    return []


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


def _quoted(reading: Reading) -> list[tuple[str, frozenset[str]]]:
    """(quotation, keys of the names that may have said it; none when that is not clear)."""
    out = []
    for match in _MARKED.finditer(reading.plain):
        words = match[1] or match[2]
        start = max(reading.plain.rfind(stop, 0, match.start()) for stop in "。！？\n；") + 1
        ahead = reading.plain[start : match.start()]
        verbs = list(_BEFORE.finditer(ahead))
        who: frozenset[str] = frozenset()
        if verbs:
            # 他被张三称为“…”: the name right before the verb speaks; else the one that opens the sentence does.
            who = _speaker(reading, start, start + verbs[-1].start())
        elif _AFTER.match(reading.plain[match.end() :]):
            after = _AFTER.match(reading.plain[match.end() :])
            end = match.end() + (after.end() if after else 0)
            who = frozenset(key for n in reading.names if match.end() <= n.start < end for key in _keys(n))
        out.append((words, who))
    return out


def _speaker(reading: Reading, start: int, end: int) -> frozenset[str]:
    """The names of the clause of a verb of saying, people alone when there are any."""
    for clause in reversed([c for c in reading.clauses if c.start < end]):
        inside = [
            n for n in reading.names if max(start, clause.start) <= n.start and n.end <= end and n.start < clause.end
        ]
        if clause.end < start:
            break
        spoken = [n for n in inside if _keys(n)]
        if not spoken:
            continue
        passive = [n for n in spoken if "被" in reading.plain[clause.start : n.start]]
        chosen = passive or spoken
        persons = [n for n in chosen if n.kind == "person"] or [n for n in chosen if n.kind == "latin"] or chosen
        return frozenset(n.key for n in persons)
    return frozenset()
