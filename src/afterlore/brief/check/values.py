"""Whether two figures say the same: value, unit, rate, bound, and the way they relate to a change."""

import math

from afterlore.text.quantities import Quantity

__all__ = ["digits_told", "same_unit", "same_value", "unlike"]

_MONTH = 2629800.0
_ANY = {"", "count"}


def same_unit(a: Quantity, b: Quantity) -> bool:
    """Whether the figures measure in units that can be the same."""
    if a.dimension == b.dimension:
        if a.dimension == "money":
            return bool(set(a.unit.split("|")) & set(b.unit.split("|")))
        if a.dimension == "count":
            return (
                a.unit == b.unit
                or not a.unit
                or not b.unit
                or {a.unit, b.unit} <= {"person", "org"}
                or {a.unit, b.unit} <= {"machine", "times"}
            )
        return True
    pair = {a.dimension, b.dimension}
    if pair == {"multiple", "count"}:
        return "times" in {a.unit, b.unit} and any(q.text.lower().endswith("times") for q in (a, b))
    # A bare figure takes its unit from words or from a table; "1.5" beside 倍 or % happens in benchmark tables.
    if "" in pair:
        if "money" in pair:
            # 从3770亿到近4万亿美元: the currency is said once.
            bare = a if a.dimension == "" else b
            return bare.value >= 1e8 or (bare.value >= 1e4 and bare.text[-1] in "万亿多余")
        return "points" not in pair and "ordinal" not in pair
    return "count" in pair and "ordinal" in pair


def _close(claim: float, source: float, tolerance: float) -> bool:
    return abs(claim - source) <= tolerance * max(abs(claim), abs(source)) + 1e-12


def same_value(claim: Quantity, source: Quantity) -> bool:
    """Whether the claim's value is the source's, allowing rounding that the claim owns up to."""
    a, b = claim.value, source.value
    if _close(a, b, 1e-6):
        return True
    if claim.dimension == source.dimension == "bytes" and _close(a, b, 0.1) and not _close(a, b, 0.02):
        ratio = max(a, b) / min(a, b)
        return any(abs(ratio - 1.024**k) < 1e-6 for k in (1, 2, 3))
    if claim.dimension == source.dimension == "time" and max(a, b) >= 0.9 * _MONTH and _close(a, b, 0.02):
        # A year is twelve months and a month thirty days in the news.
        return True
    if claim.dimension == source.dimension == "time" and claim.bound == "about" and _close(a, b, 0.1):
        return True  # 六周左右 for 一个半月
    if claim.decimals < source.decimals and _rounded(claim, source):
        return True
    if "亿" in source.text and source.bound == "about" and not any(char.isdigit() for char in source.text):
        return claim.bound in {"about", "under"} and _close(a, b, 0.1)  # 近亿元
    if claim.bound not in {"about", "over", "least", "under", "most"}:
        return claim.dimension == "percent" and source.bound == "about" and _close(a, b, 0.006)
    # 约 admits the figure that it rounds, and no other of as many digits: 约1.77万亿 does not tell 1.75万亿.
    step = _step(claim)
    if claim.dimension in {"percent", "multiple"} and digits_told(claim) == 1 and claim.bound in {"over", "under"}:
        return 0 <= (b - a if claim.bound == "over" else a - b) < step  # 逾一成, 三倍多
    if not _coarser(claim, source):
        return False
    if claim.bound in {"over", "least"}:
        return 0 <= b - a <= max(min(step, 0.2 * abs(a)), 0.02 * abs(a))
    if claim.bound in {"under", "most"}:
        return 0 <= a - b <= max(min(step, 0.1 * abs(a)), 0.02 * abs(a))
    return abs(a - b) <= max(min(0.55 * step, 0.1 * abs(a)), 0.01 * abs(a))


def digits_told(q: Quantity) -> int:
    """How many digits carry the value: 8500亿 has two, 三分之一 one."""
    value = abs(q.value) / (abs(_written_scale(q)) or 1.0)
    told = f"{value:.10g}".replace(".", "").strip("0")
    return 1 if q.text[0] not in "0123456789" and "分" in q.text else max(1, len(told))


def _coarser(claim: Quantity, source: Quantity) -> bool:
    """Whether the claim is told in fewer digits, or the source is itself approximate and no finer."""
    spelt = not any(char.isdigit() for char in source.text)
    return spelt or digits_told(claim) < digits_told(source) or claim.dimension != source.dimension


def _step(q: Quantity) -> float:
    """One unit of the last digit that carries the value."""
    value = abs(q.value)
    if not value:
        return 0.0
    return float(10.0 ** (math.floor(math.log10(value) + 1e-9) - digits_told(q) + 1))


def _rounded(claim: Quantity, source: Quantity) -> bool:
    """Fewer decimals of the same figure, with two digits left to tell it by."""
    digits = sum(char.isdigit() for char in claim.text)
    if digits < 2 or not source.value or not claim.value:
        return False
    scale = 10.0**claim.decimals
    # Both are compared as written, in the claim's own scale.
    factor = _written_scale(claim)
    return abs(round(source.value / factor * scale) / scale - claim.value / factor) < 1e-9


def _written_scale(q: Quantity) -> float:
    digits = "".join(char for char in q.text if char.isdigit() or char == ".").strip(".")
    try:
        written = float(digits)
    except ValueError:
        return 1.0
    return q.value / written if written else 1.0


_TIMES = {"second", "minute", "hour", "day", "week", "month", "quarter", "year"}


def unlike(claim: Quantity, source: Quantity, rates: frozenset[str] = frozenset()) -> str:
    """Why figures of one value and unit still say different things: per | form | direction | role, or "".

    ``rates`` are those of the source's other figures of this unit: 输入5美元，输出25美元/百万token says the rate once.
    """
    for kind in (_TIMES | {"user"}, {"kg", "ton"}, {"1e3", "1e4", "1e6", "1e9"}):
        ours, theirs = set(claim.per) & kind, set(source.per or rates) & kind
        if ours and theirs and not ours & theirs:
            return "per"
    if claim.dimension in {"percent", "multiple"}:
        a, b = claim.ratio, source.ratio
        if a is not None and b is not None and abs(a - b) < 0.011 * max(a, b):
            return ""
        if claim.dimension == "percent" and {claim.form, source.form} == {"by", "to"}:
            return "form"
        if claim.dimension == "multiple" and a is not None and b is not None and source.dimension == "multiple":
            if max(claim.value, source.value) < 2:
                return ""  # 提升1.3倍 and 提升至1.3倍 are told alike
            definite = claim.form == "by" and (
                source.form == "to" or "番" in source.text or source.text.lower() in {"double", "doubled", "twice"}
            )
            if definite or (source.form == "by" and claim.form == "to"):
                return "form"
    if claim.form == source.form and claim.form in {"by", "to"} and claim.direction * source.direction < 0:
        return "direction"
    if {claim.form, source.form} == {"from", "to"}:
        return "role"
    return ""
