# ruff: noqa: E501
# A pattern is read as a whole: breaking it over lines hides what it matches.
"""Figures that a claim works out from those of a source: a difference, a sum, a rest, a share, a ratio, what was before.

Figures are intervals: 三倍多 is 3 to 4, 近六成 is 54 to 60. A step of arithmetic over the source's intervals bears the
claim's figure out when the two meet, and when the claim's words speak of such a step. What is not covered: means over
lists, calendars, more than one step at a time.
"""

import math
import re
from collections.abc import Iterator, Sequence
from itertools import combinations, product

from afterlore.brief.check.reading import Reading
from afterlore.brief.check.values import digits_told, same_unit, same_value
from afterlore.text.quantities import Quantity

__all__ = ["each_and_all", "worked_out"]

Interval = tuple[float, float]

_GAP = re.compile(
    r"提前|推迟|早|晚|高出|多出|低出|少了|多了|相差|差距|差了|差|领先|落后|提高|提升|抬升|增加|上升|上涨|下降|降低|减少|缩短|缩小|缩至|扩大|涨|降|增|减|升|跌|掉|高|低|多|少|快|慢|长|短|省|便宜|贵|优于|不及|胜|超过|提价|加价|加收|拉开|延长|拉长|压缩|收窄|改善|"
    r"more|less|fewer|higher|lower|ahead|behind|lead|gap|gain|rose|rise|up|down|fell|drop|cut|increase|decrease|improv|points?|short|long|faster|slower|cheaper",
    re.I,
)
_SUM = re.compile(
    r"合计|共计|总计|一共|总共|加起来|合共|共|总[额量数]?|累计|两者|合起来|两期|两家|三家|四家|三地|两地|全部|整体|都|头两|前两|前三|total|combined|altogether|together|sum|between them|in all|all told",
    re.I,
)
_REST = re.compile(
    r"留存|投前|错误|误[判报差]|余下|剩|其余|其他|另外|另有|另|扣除|除去|除了|没有?|未|无|不(?!到|足|及|过|仅|断|少|低)|淘汰|失败|难分|差不多|国内|本土|非|"
    r"remaining|rest|other|without|not|no longer|fail|never|n't",
    re.I,
)
_BEFORE = re.compile(
    r"此前|之前|以前|原来|原本|原先|原价|过去|先前|上代|前代|上一[代年季月]|上年|去年|前一|同期|旧|老款|曾|当时|当初|起初|年初|[一二三四五六七八九十\d]月|更早|本来|竞|对手|后者|前者|基线|对照|比|than|from|previous|earlier|last|was|were|before|prior|baseline|rival",
    re.I,
)
_ESTIMATED = re.compile(
    r"约|大概|估|算|折合|相当|左右|来|多|近|roughly|about|around|some|approx|estimated|equivalent|implies", re.I
)
_EACH = re.compile(
    r"各(?:自|投|砸|出|占|有|为|拿|获|得|增|减|派|买|给)?[^，。；\d]{0,4}$|分别为?[^，。；\d]{0,4}$|每(?:家|人|个|台|款)[^，。；\d]{0,6}$|\beach\b[^,.;\d]{0,14}$",
    re.I,
)
_TOTAL = re.compile(
    r"(?:合计|共计|总计|一共|总共|加起来|合共|in total|combined|together|altogether)[^，。；,;\d]{0,8}$", re.I
)
_MOST = 14
"""Figures of neighbouring sentences above which chance would make anything of them."""


def worked_out(claim: Reading, q: Quantity, sources: Sequence[Reading], *, anew: bool = False) -> bool:
    """Whether one step over figures of neighbouring sources gives the claim's, and the claim's words speak of the step."""
    clause = _clause(claim, q)
    free = (_REST.search(claim.plain) or _BEFORE.search(clause)) and not _REST.search(_ahead(claim, q))
    if not free and _told_otherwise(claim, q, sources):
        return False
    target = span(q)
    spoken = {feature.key for feature in claim.features}
    for k in range(len(sources)):
        near = [(s, i, f) for s in sources[k : k + 2] for i, f in enumerate(s.quantities) if f.dimension != "ordinal"]
        pool = [
            f
            for _, _, f in near
            if not (f.dimension == q.dimension and same_value(q, f) and (anew or f.ratio is not None))
        ]
        strange = [f for s, i, f in near if not _spoken_of(f, i, s, spoken, claim)]
        if len(pool) <= _MOST and any(
            _meet(target, value) for value in _steps(q, clause, claim.plain, pool, strange, sources)
        ):
            return True
    return False


def _spoken_of(f: Quantity, i: int, source: Reading, spoken: set[str], claim: Reading) -> bool:
    """Whether the claim speaks of what the source's figure is of; another figure takes no part in its arithmetic."""
    if claim.chinese != source.chinese:
        return True
    clause = next((c for c in source.clauses if c.start <= f.start < c.end), None)
    if any(same_unit(q, f) and abs(q.value - f.value) <= 0.02 * abs(f.value) for q in claim.quantities):
        return True
    words = set(source.words(source.windows[i])) | (set(clause.features) if clause else set())
    return not words or bool(words & spoken)


def span(q: Quantity) -> Interval:
    """The values that a figure may stand for, as it is told: its last digit is a step wide, 多 and 近 a step to one side."""
    value = abs(q.value)
    step = step_of(q)
    if q.bound in {"over", "least"}:
        return value, value + max(step, 0.12 * value)
    if q.bound in {"under", "most"}:
        share = re.search(r"[半成]|分之|half|third|quarter", q.text)
        return value - (0.25 * value if share else max(min(step, 0.5 * value), 0.12 * value)), value
    if q.bound == "about":
        wide = max(0.5 * step, 0.04 * value) if digits_told(q) > 1 and q.dimension != "time" else 0.1 * value
        return value - wide, value + min(wide, 0.1 * value)
    if q.bound in {"low", "high"}:
        return value, value
    wide = min(0.5 * step, (0.03 if digits_told(q) == 1 else 0.02) * value)
    return value - wide, value + wide


def step_of(q: Quantity) -> float:
    """One unit of the last digit that carries the value."""
    value = abs(q.value)
    return float(10.0 ** (math.floor(math.log10(value) + 1e-9) - digits_told(q) + 1)) if value else 0.0


def _meet(target: Interval, value: Interval) -> bool:
    low, high = value
    slack = 1e-6 * max(abs(high), 1e-9)
    return low > 0 and target[0] <= high + slack and low - slack <= target[1]


def _clause(claim: Reading, q: Quantity) -> str:
    clause = next((c for c in claim.clauses if c.start <= q.start < c.end), None)
    return claim.plain[clause.start : clause.end] if clause else claim.plain


def _told_otherwise(claim: Reading, q: Quantity, sources: Sequence[Reading]) -> bool:
    """Whether the very words before the claim's figure stand before a figure of theirs: then that one is meant."""
    before = _ahead(claim, q)
    return bool(before) and any(
        same_unit(q, f) and f.dimension == q.dimension and _ahead(source, f) == before and f.form == q.form
        for source in sources
        for f in source.quantities
    )


def _ahead(reading: Reading, q: Quantity) -> str:
    bare = re.sub(r"[约近超逾的达为了\s]+$", "", reading.plain[max(0, q.start - 10) : q.start])
    word = bare[-2:]
    return (
        "" if len(word) < 2 or _GAP.search(word) or _BEFORE.search(word) or re.search(r"[，。、其有是]", word) else word
    )


def _exact(f: Quantity) -> Interval:
    """A source's figure: what it says, or as much as its own 近 and 逾 leave open."""
    return span(f) if f.bound in {"over", "under", "about"} else (abs(f.value), abs(f.value))


def _steps(
    q: Quantity,
    clause: str,
    whole: str,
    pool: Sequence[Quantity],
    strange: Sequence[Quantity],
    sources: Sequence[Reading],
) -> Iterator[Interval]:
    """Every value that one step speaks for."""
    gap, total, rest = _GAP.search(clause), _SUM.search(whole), _REST.search(whole)
    before, about = _BEFORE.search(clause), _ESTIMATED.search(clause)
    like = [f for f in pool if _alike(q, f)]
    if gap or rest:
        for a, b in combinations(like, 2):
            yield _minus(*sorted((_exact(a), _exact(b)), reverse=True))
    if rest:
        for a, b, c in combinations(like, 3):
            high, mid, low = sorted((_exact(a), _exact(b), _exact(c)), reverse=True)
            yield _minus(_minus(high, mid), low)
    if total:
        for n in range(2, min(6, len(like)) + 1):
            for run in combinations(like, n) if n == 2 else (like[k : k + n] for k in range(len(like) - n + 1)):
                yield sum(_exact(f)[0] for f in run), sum(_exact(f)[1] for f in run)
        for f in like:
            if any(f in s.quantities and _EACH.search(s.plain[max(0, f.start - 14) : f.start]) for s in sources):
                yield from ((n * f.value, n * f.value) for n in (2, 3, 4))
    if q.dimension == "percent" and q.form != "by":
        shares = [f for f in pool if f.dimension == "percent" and f.form not in {"by", "from"}]
        for f in shares if rest else ():
            yield _minus((100.0, 100.0), _exact(f))
        for a, b in combinations(shares, 2) if rest else ():
            yield _minus(_minus((100.0, 100.0), _exact(a)), _exact(b))
    elif len(like) > 2:
        yield sum(_exact(f)[0] for f in like), sum(_exact(f)[1] for f in like)
    if q.dimension in {"percent", "multiple"}:
        yield from _ratios(q, pool, strange, bool(gap))
    if q.dimension == "percent":
        for a, f in product(pool, pool):
            if a.dimension == "percent" and f.dimension == "points":
                yield a.value + f.value, a.value + f.value
                yield a.value - f.value, a.value - f.value
    elif q.dimension != "points" and (before or about or gap or total):
        yield from _moved(q, pool)
        for a, f in product(pool, pool):
            if q.dimension == a.dimension == "money" and f.dimension == "count" and not f.small:
                yield a.value * f.value, a.value * f.value
    if q.dimension != "percent":
        for a, f in product(like, like):
            if f.form == "by" and a.form != "by":
                yield a.value + f.value, a.value + f.value
                yield abs(a.value - f.value), abs(a.value - f.value)


def _alike(q: Quantity, f: Quantity) -> bool:
    """Whether a difference or sum of such figures is told in the claim's unit."""
    if q.dimension in {"points", "percent"} or f.dimension == "percent":
        # 26% to 76% is 50 points, and 50 per cent of nothing.
        return f.dimension in {"percent", "points"} and (
            q.dimension == "points" or (q.dimension in {"", "count"} and bool(q.decimals) and not q.unit)
        )
    if {q.dimension, f.dimension} == {"", "money"}:
        return same_unit(q, f)
    return same_unit(q, f) and (q.dimension == f.dimension or not {q.dimension, f.dimension} - {"", "count"})


def _minus(a: Interval, b: Interval) -> Interval:
    return a[0] - b[1], a[1] - b[0]


def _over(a: Interval, b: Interval) -> Interval:
    return a[0] / b[1], a[1] / b[0]


def _ratios(q: Quantity, pool: Sequence[Quantity], strange: Sequence[Quantity], moved: bool) -> Iterator[Interval]:
    """Of two figures of one unit the quotient and the relative change; of one multiple or change the same told the other way."""
    for f in pool:
        if f.ratio is not None and f.ratio > 0:
            # The ratio of a figure like 近三成 is as wide as the figure.
            low, high = (x / f.value * f.ratio if f.form != "by" else f.ratio for x in _exact(f))
            for r in ((low, high), (1 / high, 1 / low)):
                yield from _as_told(q, r, moved)
    for a, b in combinations(pool, 2):
        if a in strange and b in strange:
            continue
        if (a.small or b.small) and a.unit != b.unit and not 0 <= b.start - a.end <= 8:
            continue
        if not same_unit(a, b) or not a.value or not b.value:
            continue
        if a.dimension != b.dimension and not {a.dimension, b.dimension} <= {"", "count", "money"}:
            continue
        if a.dimension == "percent" and q.dimension == "percent" and q.form != "by":
            continue  # a share of a share is nobody's way of telling
        more, less = sorted((_exact(a), _exact(b)), reverse=True)
        if less[0] > 0:
            yield from _as_told(q, _over(more, less), moved)


def _as_told(q: Quantity, ratio: Interval, moved: bool) -> Iterator[Interval]:
    """A quotient in the claim's way of telling: times as much, times more, per cent of it, per cent more or less."""
    low, high = ratio
    if high < 1:
        low, high = 1 / high, 1 / low
    if q.dimension == "multiple":
        if q.form != "by" or q.value < 2:
            yield low, high
        if q.form == "by" or q.direction:
            yield low - 1, high - 1
        return
    if q.form != "by":
        yield 100 / high, 100 / low
    if q.form == "by" or (q.form != "to" and moved):
        if q.direction >= 0:
            yield (low - 1) * 100, (high - 1) * 100
        if q.direction <= 0:
            yield (1 - 1 / low) * 100, (1 - 1 / high) * 100


def _moved(q: Quantity, pool: Sequence[Quantity]) -> Iterator[Interval]:
    """An amount taken with a change or a share of the sources: what was before, what came after, so much of it."""
    amounts = [
        f
        for f in pool
        if same_unit(q, f) and (f.dimension == q.dimension or {f.dimension, q.dimension} <= {"", "money", "count"})
    ]
    for a in amounts:
        for f in pool:
            if f is a:
                continue
            if f.dimension == "percent":
                share = _exact(f)
                yield a.value * share[0] / 100, a.value * share[1] / 100
                yield a.value * 100 / share[1], a.value * 100 / share[0]
                if f.form == "by" and f.direction and f.ratio:
                    yield a.value / f.ratio, a.value / f.ratio
                    yield a.value * f.ratio, a.value * f.ratio
            elif f.dimension == "multiple" and f.value:
                yield a.value / f.value, a.value / f.value
                yield a.value * f.value, a.value * f.value
            elif f in amounts and f.form == "by":
                yield abs(a.value - f.value), abs(a.value - f.value)
                yield a.value + f.value, a.value + f.value


def each_and_all(claim: Reading, q: Quantity, source: Reading, f: Quantity) -> bool:
    """Whether the claim calls the figure a total that the source gives for each of several."""
    if q.dimension in {"percent", "points", "ordinal"} or q.value != f.value:
        return False
    total = bool(_TOTAL.search(claim.plain[max(0, q.start - 20) : q.start]))
    each = re.search(
        r"各(?:自|投|砸|出|占|有|为|拿|获|得)?[^，。；\d]{0,4}$|\beach\b[^,.;\d]{0,14}$",
        source.plain[max(0, f.start - 14) : f.start],
        re.I,
    )
    return total and bool(each)
