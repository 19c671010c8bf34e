# ruff: noqa: E501
# A pattern is read as a whole: breaking it over lines hides what it matches.
"""Figures of a claim against those of its sources."""

import re
from collections.abc import Sequence

from afterlore.brief.check.belonging import Found, belongs
from afterlore.brief.check.binding import stolen
from afterlore.brief.check.derived import worked_out
from afterlore.brief.check.reading import Reading
from afterlore.brief.check.report import around, problem
from afterlore.brief.check.values import same_unit, same_value, unlike
from afterlore.brief.check.verdict import Kind, Problem
from afterlore.text.quantities import Quantity

__all__ = ["check_figures"]

_KIND: dict[str, Kind] = {"per": "unit", "form": "number", "direction": "comparison", "role": "comparison"}


def check_figures(claim: Reading, sources: Sequence[Reading]) -> tuple[list[Problem], int]:
    """Problems of the claim's figures, and how many figures could be judged."""
    problems: list[Problem] = []
    checked = 0
    everything = [(s, i, q) for s, source in enumerate(sources) for i, q in enumerate(source.quantities)]
    for at, q in enumerate(claim.quantities):
        matched = [f for f in everything if _equal(q, f[2])]
        if not matched:
            missing = _missing(claim, at, q, sources, everything)
            if missing:
                problems.append(missing)
                checked += 1
            elif not q.small:
                checked += 1
            continue
        checked += 1
        why = [(unlike(q, f[2], _rates(sources[f[0]], f[2])), f) for f in matched]
        fine = [f for reason, f in why if not reason]
        if not fine:
            reason, f = why[0]
            problems.append(problem(_KIND[reason], q.text, f[2].text, claim, q, sources[f[0]], f[2]))
            continue
        apart = [f for f in fine if _other_side(claim, q, sources[f[0]], f[2])]
        if apart and len(apart) == len(fine) and not worked_out(claim, q, sources, anew=True):
            f = apart[0]
            problems.append(problem("bound", q.text, f[2].text, claim, q, sources[f[0]], f[2]))
            continue
        wrong = [belongs(claim, at, q, f, sources, everything) for f in fine]
        theft = "" if q.small or len(sources) > 8 else stolen(claim, at, [(sources[f[0]], f[1]) for f in fine], sources)
        exact = any(abs(f[2].value - q.value) <= 1e-6 * abs(q.value) for f in fine)
        if not exact and (theft or all(wrong)) and worked_out(claim, q, sources):
            continue  # equal only after rounding, while a difference of theirs fits as well
        if all(wrong):
            problems.append(next(p for p in wrong if p))
        elif theft:
            problems.append(Problem(kind="subject", claim_says=around(claim.text, q.start, q.end), source_says=theft))
        elif q.bound == "" and not q.small and all(f[2].bound in {"most"} for f in fine):
            problems.append(
                problem(
                    "bound", q.text, f"最高 {fine[0][2].text}", claim, q, sources[fine[0][0]], fine[0][2], minor=True
                )
            )
    return problems, checked


def _rates(source: Reading, f: Quantity) -> frozenset[str]:
    """What the other amounts of money of a sentence are a rate over, when they agree."""
    said = {g.per for g in source.quantities if f.dimension == g.dimension == "money" and g.per}
    return frozenset(next(iter(said))) if len(said) == 1 else frozenset()


_BELOW = re.compile(
    r"(?:不到|不足|未到|不及|(?<!不)(?<!不得)低于|(?<!不)(?<!不得)少于|(?<!不)小于|不满|未满|没到|没有?超过|未超过|从未超过|不超过|接近|逼近|将近|差不多|近|nearly|almost|close to|under|below|less than|fewer than|short of|shy of|not quite)"
    r"(?:[^，。；,;\d]{1,12}的)?\s*$",
    re.I,
)
_NEVER = re.compile(r"没有?(?:一|任何)|无一|从未|若|如果|一旦|none|never|\bif\b")
_ABOVE = re.compile(
    r"(?<!不)(?<!没)(?<!没有)(?<!未)(?:超过?了?|逾|突破|多于|高于|大于|不止|刚过|越过|站上|破|至少|不低于|不少于|over|above|more than|exceed\w*|topped|past|at least|no fewer than)"
    r"\s*(?:了|约|US|[$€£¥])*\s*$",
    re.I,
)
_ABOVE_AFTER = re.compile(r"^\s?(?:\+|多|余|以上|有余|开外)")
_BELOW_AFTER = re.compile(r"^\s?(?:以下|以内|之内|不到)")


def _side(reading: Reading, q: Quantity) -> int:
    """1 when the figure is told as exceeded, -1 when as not reached, 0 when neither or either."""
    clause = next((c for c in reading.clauses if c.start <= q.start < c.end), None)
    before = reading.plain[max(q.start - 18, clause.start if clause else 0) : q.start]
    after = reading.plain[q.end : q.end + 4]
    told = reading.plain[q.start : q.end]
    if _NEVER.search(before):
        return 0
    if _BELOW.search(before) or _BELOW_AFTER.match(after):
        return -1
    if q.bound == "over" or _ABOVE.search(before) or _ABOVE_AFTER.match(after) or re.search(r"[多余+]|过半", told):
        return 1
    return 0


def _other_side(claim: Reading, q: Quantity, source: Reading, f: Quantity) -> bool:
    """Whether one tells as exceeded what the other tells as not reached: 450家以上 for 近450家."""
    if q.form == "from" or f.form == "from" or q.bound in {"low", "high"} or f.bound in {"low", "high"}:
        return False
    same = abs(abs(q.value) - abs(f.value)) <= 1e-6 * abs(f.value)
    return same and _side(claim, q) * _side(source, f) < 0


def _equal(claim: Quantity, source: Quantity) -> bool:
    if same_unit(claim, source) and same_value(claim, source):
        return True
    a, b = claim.ratio, source.ratio
    told_alike = claim.dimension == source.dimension and claim.form == source.form
    if (
        a is not None
        and b is not None
        and a > 0
        and not told_alike
        and abs(a - b) < 0.011 * max(a, b)
        and (claim.form or source.form)
    ):
        return True
    if {claim.dimension, source.dimension} == {"percent", "multiple"}:
        percent, multiple = (claim, source) if claim.dimension == "percent" else (source, claim)
        ratio = percent.ratio
        rises = percent.form == "by" and percent.direction > 0
        # 翻了一番还多: 112% more is that.
        change = percent.ratio
        if multiple.bound == "over" and multiple.value >= 2 and rises and change is not None:
            return 0 <= change - multiple.value <= 0.15 * multiple.value
        # A tenth of the parameters: the other is ten times as large. "10%" for 10倍 is a unit lost.
        if (
            abs(percent.value / 100 * multiple.value - 1) < 0.02
            and percent.value < 60
            and (percent.form == "to" or re.search(r"分之|成|tenth|third|quarter|half|fifth|半", percent.text))
        ):
            return True
        return (rises and multiple.form != "to" and abs(multiple.value - percent.value / 100) < 1e-6) or (
            ratio is not None
            and (multiple.ratio is not None and abs(multiple.ratio - ratio) < 0.011 * max(ratio, 0.01))
        )
    if claim.dimension == source.dimension == "percent" and abs(claim.value + source.value - 100) < 0.6:
        by, other = (claim, source) if claim.form == "by" else (source, claim)
        # 降低73% beside 是…的27%: the complement, when exactly one of them speaks of a fall.
        return by.form == "by" and by.direction < 0 and other.form == "to"
    return False


def _missing(
    claim: Reading, at: int, q: Quantity, sources: Sequence[Reading], everything: list[Found]
) -> Problem | None:
    """A figure that no source has: the nearest one of theirs, unless nothing can be concluded."""
    alike = [f for f in everything if same_unit(q, f[2]) and f[2].dimension == q.dimension]
    if q.small:
        if q.bound in {"low", "high"}:
            return None
        alike = [
            f
            for f in alike
            if f[2].small and f[2].dimension == q.dimension and _counts_same(claim, q, sources[f[0]], f[2])
        ]
        if not alike:
            return None
    other_unit = [f for f in everything if not same_unit(q, f[2]) and abs(f[2].value - q.value) <= 1e-6 * abs(q.value)]
    number = _digits(q.text)
    if _in_a_name(q, sources):
        return None
    if worked_out(claim, q, sources):
        return None
    if q.dimension == "time" and not alike and not (number and any(_digits(f[2].text) == number for f in everything)):
        return None  # January to May is five months; nothing here adds up calendars
    respelt = [f for f in everything if _digits(f[2].text) == number and number and f[2].value != q.value]
    nearest: tuple[tuple[Kind, list[Found]], ...] = (("unit", other_unit), ("unit", respelt), ("number", alike))
    for kind, found in nearest:
        if found:
            best = max(found, key=lambda f: _shared(claim, at, sources[f[0]], f[1]))
            return problem(kind, q.text, best[2].text, claim, q, sources[best[0]], best[2])
    return Problem(kind="number", claim_says=around(claim.text, q.start, q.end), source_says="")


def _in_a_name(q: Quantity, sources: Sequence[Reading]) -> bool:
    """Whether the figure, 30B, is the size in the name of a source, Zeta-30B."""
    if q.dimension == "" and re.fullmatch(r"\d+(?:\.\d+)?", q.text):
        bare = rf"(?<![\d.]){re.escape(q.text)}(?![\d.]|\s?[万亿%])"
        return any(re.search(bare, source.plain) for source in sources)
    size = re.fullmatch(r"\d+(?:\.\d+)?[BMK]", q.text)
    wanted = rf"(?<=[A-Za-z0-9]-){re.escape(q.text)}(?![A-Za-z0-9])"
    return bool(size) and any(re.search(wanted, source.plain) for source in sources)


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit() or char == ".")


def _counts_same(claim: Reading, q: Quantity, source: Reading, f: Quantity) -> bool:
    """Whether two small counts count the same thing: the same word behind them, or for ordinals any."""
    if q.dimension == "ordinal":
        ours, theirs = claim.plain[q.end : q.end + 1], source.plain[f.end : f.end + 1]
        return ours == theirs or claim.chinese != source.chinese
    if q.text[-1:] != f.text[-1:]:
        return False
    ours, theirs = claim.plain[q.end :].lstrip()[:2], source.plain[f.end :].lstrip()[:2]
    return bool(ours) and (ours == theirs or bool(set(ours) & set(theirs) & set(ours[-1:] + theirs[-1:])))


def _shared(claim: Reading, at: int, source: Reading, i: int) -> float:
    ours, theirs = claim.words(claim.windows[at]), source.words(source.windows[i])
    return sum(weight for key, weight in ours.items() if key in theirs)
