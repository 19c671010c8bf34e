# A pattern is read as a whole: breaking it over lines hides what it matches.
"""Two names that changed places: the words right beside a name of the claim stand beside another name in the source."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from afterlore.brief.check.reading import Reading
from afterlore.brief.check.verdict import Problem
from afterlore.text.names import Name

__all__ = ["check_swaps"]

_JOIN = re.compile(r"(?:[、,，/\s]|和|与|及|以及|、?and|、?or)*")
_STOP = re.compile(r"[。；;！？!?\n]|，|,\s|：|:|——|…")
_SAYS = re.compile(r"^(?:表示|宣布|发布|推出|认为|指出|透露|介绍|强调|说|称|的)")
_LEAST = 4
"""Characters of context that tell names apart; fewer (发布了, 表示) stand beside anybody."""


_MUTUAL = re.compile(
    r"(?:与|和|同|跟|\bwith\b)[^，。]{1,24}(?:合作|签|联手|携手|共同|谈判|洽谈|竞争|达成|并肩|partner)"
)
"""What two do with each other may be told from either side."""


class _Place(NamedTuple):
    """Names that stand side by side, with what comes before and after all of them."""

    keys: frozenset[str]
    start: int
    end: int
    before: str
    after: str


@lru_cache(maxsize=8192)
def _places(reading: Reading) -> tuple[_Place, ...]:
    named = [n for n in reading.names if n.kind in {"org", "person", "product", "latin", "word", "place"}]
    runs: list[list[Name]] = []
    for name in named:
        if runs and _JOIN.fullmatch(reading.plain[runs[-1][-1].end : name.start]):
            runs[-1].append(name)
        else:
            runs.append([name])
    return tuple(
        _Place(
            frozenset(n.key for n in run),
            run[0].start,
            run[-1].end,
            _context(reading, run[0].start, -1),
            _context(reading, run[-1].end, 1),
        )
        for run in runs
    )


def _context(reading: Reading, at: int, way: int) -> str:
    """The words beside a name up to the next stop, spaces gone and other names masked."""
    chars = list(reading.plain)
    for name in reading.names:
        if name.kind != "quoted":
            chars[name.start : name.end] = ["□"] + [""] * (name.end - name.start - 1)
    if way > 0:
        stretch = "".join(chars[at : at + 60])
        stop = _STOP.search(stretch)
        stretch = stretch[: stop.start()] if stop else stretch
    else:
        stretch = "".join(chars[max(0, at - 60) : at])
        stops = list(_STOP.finditer(stretch))
        stretch = stretch[stops[-1].end() :] if stops else stretch
    return re.sub(r"[\s“”\"《》()]", "", stretch)


def _shared(a: _Place, b: _Place) -> int:
    """How many characters the two have in common right beside them, after and before."""
    after = before = 0
    for x, y in zip(a.after, b.after, strict=False):
        if x != y:
            break
        after += 1
    if re.match(r"\D{0,2}\d", a.after[after:]) and re.match(r"\D{0,2}\d", b.after[after:]):
        after = 0  # rows of one table share their heads
    for x, y in zip(reversed(a.before), reversed(b.before), strict=False):
        if x != y:
            break
        before += 1
    if after and _SAYS.match(a.after[:after]):
        after -= 2
    return max(after, 0) + (before if before >= 2 else 0)


def check_swaps(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """A name of the sources that stands where they have another one."""
    theirs = [(source, place) for source in sources for place in _places(source)]
    if not theirs or len(sources) > 8:
        return []
    known = frozenset().union(*(place.keys for _, place in theirs))
    for ours in _places(claim):
        if not ours.keys & known:
            continue
        scored = [(_shared(ours, place), source, place) for source, place in theirs]
        own = max((score for score, _, place in scored if place.keys & ours.keys), default=0)
        best, source, place = max(scored, key=lambda item: item[0])
        if best < _LEAST or own >= 2 or place.keys & ours.keys or _linked(source, place, ours.keys):
            continue
        clause = next((c for c in claim.clauses if c.start <= ours.start < c.end), None)
        if (
            clause
            and _MUTUAL.search(claim.plain[clause.start : clause.end])
            and ours.keys <= {n.key for n in source.names}
        ):
            continue
        return [
            Problem(
                kind="subject",
                claim_says=claim.text[max(0, ours.start - 8) : ours.end + 12],
                source_says=source.text[max(0, place.start - 8) : place.end + 12],
            )
        ]
    return []


def _linked(source: Reading, place: _Place, keys: frozenset[str]) -> bool:
    """Whether one of the names stands close by: OpenAI 旗下的 Codex may be told as either."""
    return any(
        name.key in keys
        and (0 <= place.start - name.end <= 5 or 0 <= name.start - place.end <= 2)
        and not re.search(
            r"[，。；、]|比|被|与|和|对|向|超|收购|投资",
            source.plain[min(name.end, place.end) : max(name.start, place.start)],
        )
        for name in source.names
    )
