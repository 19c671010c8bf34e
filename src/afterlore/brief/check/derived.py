# A pattern is read as a whole: breaking it over lines hides what it matches.
"""Figures that a claim works out from two of a source: a difference, a sum, a share, a change."""

import re
from collections.abc import Sequence
from itertools import combinations

from afterlore.brief.check.reading import Reading
from afterlore.brief.check.values import same_unit
from afterlore.text.quantities import Quantity

__all__ = ["each_and_all", "worked_out"]

_GAP = re.compile(
    r"高出|多出|低出|少了|多了|相差|差距|差了|差|领先|落后|提高|提升|增加|上升|上涨|下降|降低|减少|缩短|缩小|扩大|涨|降|增|减|升|跌|高|低|多|少|快|慢|长|短|省|便宜|贵|余下|剩|其余|另外|"
    r"more|less|fewer|higher|lower|ahead|behind|lead|gap|gain|rose|rise|up|down|fell|drop|cut|increase|decrease|remaining|points?",
    re.I,
)
_SUM = re.compile(
    r"合计|共计|总计|一共|总共|加起来|合共|共|总额|累计|两者|合起来|total|combined|altogether|together|sum", re.I
)
_RATIO = re.compile(r"倍|翻|%|成|分之|一半|半|times|double|triple|half|third|quarter|percent", re.I)
_EACH = re.compile(
    r"各(?:自|投|砸|出|占|有|为|拿|获|得|增|减|派|买|给)?[^，。；\d]{0,4}$|分别为?[^，。；\d]{0,4}$|每(?:家|人|个|台|款)[^，。；\d]{0,6}$|\beach\b[^,.;\d]{0,14}$",
    re.I,
)
_TOTAL = re.compile(
    r"(?:合计|共计|总计|一共|总共|加起来|合共|in total|combined|together|altogether)[^，。；,;\d]{0,8}$", re.I
)


def worked_out(claim: Reading, q: Quantity, sources: Sequence[Reading]) -> bool:
    """Whether two figures of neighbouring sources give the claim's by one step that the claim's words speak of."""
    ahead = claim.plain[max(0, q.start - 16) : q.start]
    near = ahead + claim.plain[q.start : q.end + 14]
    if q.dimension == "percent" and _complement(claim, q, sources):
        return True
    # Where the sources tell a change of this kind themselves, it is what the claim tells.
    told = any(
        f.dimension == q.dimension and (f.form == "by" or f.dimension in {"points", "multiple"})
        for source in sources
        for f in source.quantities
    )
    before = re.sub(r"[约近超逾的达为了]+$", "", claim.plain[max(0, q.start - 8) : q.start])[-2:]
    if any(
        same_unit(q, f)
        and before
        and re.sub(r"[约近超逾的达为了]+$", "", source.plain[max(0, f.start - 8) : f.start])[-2:] == before
        for source in sources
        for f in source.quantities
    ):
        return False  # the very words stand before a figure of theirs
    for k in range(len(sources)):
        pool = [f for source in sources[k : k + 2] for f in source.quantities if f.dimension != "ordinal"]
        if len(pool) > 14:
            continue
        for f in pool:
            if (
                _SUM.search(near)
                and same_unit(q, f)
                and any(_close(q, n * f.value, f) for n in (2, 3, 4))
                and _each_of(f, sources)
            ):
                return True
        for a, b in combinations(pool, 2):
            if not same_unit(a, b) or a.dimension != b.dimension:
                continue
            points = q.dimension == "points" and not any(
                f.dimension == "points" for source in sources for f in source.quantities
            )
            if _step(q, a, b, near, told and not points):
                return True
    return False


_NOT = re.compile(
    r"没有?|未|无|(?<!差)不(?!到|足|及|过|仅|断|少)|\b(?:no|not|none|without|never|fail\w*|lack\w*|yet to)\b|n't",
    re.I,
)


def _complement(claim: Reading, q: Quantity, sources: Sequence[Reading]) -> bool:
    """Whether 5% have what 95% of the source have not: the rest, with a negation on one side alone."""
    said = bool(_NOT.search(_around(claim, q)))
    return any(
        f.dimension == "percent"
        and abs(f.value + q.value - 100) < 0.05
        and not {q.form, f.form} & {"by", "from"}
        and bool(_NOT.search(_around(source, f))) != said
        for source in sources
        for f in source.quantities
    )


def _around(reading: Reading, q: Quantity) -> str:
    clause = next((c for c in reading.clauses if c.start <= q.start < c.end), None)
    return reading.plain[clause.start : clause.end] if clause else reading.plain


def _step(q: Quantity, a: Quantity, b: Quantity, near: str, told: bool) -> bool:
    low, high = sorted((a.value, b.value))
    if _GAP.search(near) and not told:
        unit_ok = (
            q.dimension != "percent"
            and same_unit(q, a)
            and (q.dimension == a.dimension or not {q.dimension, a.dimension} - {"", "count"})
        )
        if (unit_ok or (q.dimension == "points" and a.dimension == "percent")) and _close(q, high - low, a):
            return True
    if _SUM.search(near) and same_unit(q, a) and _close(q, low + high, a):
        return True
    paired = b.form == "to" or a.form == "to" or {a.form, b.form} == {"from", ""}
    if (
        low > 0
        and paired
        and not told
        and q.dimension in {"percent", "multiple"}
        and a.dimension not in {"percent", "points"}
        and _RATIO.search(near)
    ):
        if q.dimension == "multiple":
            return _close(q, high / low, a) or (q.form == "by" and _close(q, high / low - 1, a))
        options = (low / high * 100, (high - low) / low * 100, (high - low) / high * 100)
        return any(_close(q, value, a) for value in options)
    return False


def _close(q: Quantity, value: float, source: Quantity) -> bool:
    """Equal after rounding to the digits told; 多 and 近 allow for a little more."""
    if q.value <= 0 or value <= 0:
        return False
    if q.bound in {"over", "least"}:
        return 0 <= value - q.value <= 0.12 * q.value
    if q.bound in {"under", "most"}:
        return 0 <= q.value - value <= 0.12 * q.value
    slack = 0.03 if q.bound == "about" else 0.012 if q.dimension in {"percent", "multiple"} else 0.004
    del source
    return abs(q.value - value) <= slack * value


def _each_of(f: Quantity, sources: Sequence[Reading]) -> bool:
    return any(
        f in source.quantities and _EACH.search(source.plain[max(0, f.start - 14) : f.start]) for source in sources
    )


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
