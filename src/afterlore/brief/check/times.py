"""Dates of a claim against those of its sources."""

import re
from collections.abc import Sequence

from afterlore.brief.check.reading import Reading
from afterlore.brief.check.report import around
from afterlore.brief.check.values import same_unit, same_value
from afterlore.brief.check.verdict import Problem
from afterlore.text.dates import Date

__all__ = ["check_dates", "check_spans"]

_SPANS = {
    "minute": r"分钟|minute",
    "hour": r"小时|hour",
    "day": r"天|日|\bday|daily|24小时",
    "week": r"周|星期|week",
    "month": r"月|month",
    "quarter": r"季|quarter|\bQ[1-4]",
    "year": r"年|year|annual|20\d\d",
}
_ONE = re.compile(
    r"(?<![第同有某另每新近几十百零\d.])(?:一|(?<![\d.,])1)\s?(?:个|整)?\s?(?:(?P<minute>分钟)|(?P<hour>小时)|(?P<day>天|日)|(?P<week>周|星期)|(?P<month>月)|(?P<quarter>季度)|(?P<year>年))"
    r"(?!前|年|天|级|轮|内|度|周年|后|起|多|半)"
    r"|\b(?:in|over|of|within|for|takes?|an?|one)\s(?:(?:a|an|one)\s)?(?:(?P<minute2>minute)|(?P<hour2>hour)|(?P<day2>day)|(?P<week2>week)|(?P<month2>month)|(?P<quarter2>quarter)|(?P<year2>year))\b(?!\s+(?:ago|earlier|later))",
    re.I,
)


def check_spans(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """一年 told as 一个月: a span of one that the sources do not speak of, beside one that the claim lost."""
    ours = _spans_of(claim.plain)
    if not ours:
        return []
    text = " ".join(source.plain for source in sources)
    theirs = _spans_of(text)
    for name, said in ours.items():
        lost = [words for other, words in theirs.items() if not re.search(_SPANS[other], claim.plain, re.I)]
        if name not in theirs and not re.search(_SPANS[name], text, re.I) and lost:
            return [Problem(kind="unit", claim_says=said, source_says=lost[0])]
    return []


def _spans_of(plain: str) -> dict[str, str]:
    return {
        name.rstrip("2"): match[0]
        for match in _ONE.finditer(plain)
        for name, value in match.groupdict().items()
        if value
    }


def check_dates(claim: Reading, sources: Sequence[Reading]) -> tuple[list[Problem], int]:
    """Problems of the claim's dates. A relative date (上周) is not judged: only the day of writing would tell."""
    problems: list[Problem] = []
    checked = 0
    theirs = [(s, date) for s, source in enumerate(sources) for date in source.dates]
    relative = any(date.relative for _, date in theirs)
    for date in claim.dates:
        if date.relative or not any(date.parts):
            continue
        agree = [(s, d) for s, d in theirs if _agree(date, d)]
        if agree:
            checked += 1
            problem = _other_time(claim, date, sources)
            if problem:
                problems.append(problem)
            continue
        late = _other_time(claim, date, sources)
        if late:
            checked += 1
            problems.append(late)
            continue
        if date.year and not any(date.parts[1:]) and (relative or not any(d.year for _, d in theirs)):
            text = " ".join(source.plain for source in sources)
            if str(date.year) in text or relative:
                continue
        if _range_covers(date, sources):
            continue
        same_kind = [(s, d) for s, d in theirs if any(a and b for a, b in zip(date.parts, d.parts, strict=True))]
        if not same_kind and relative:
            continue
        checked += 1
        near = same_kind[0][1].text if same_kind else ""
        problems.append(Problem(kind="date", claim_says=around(claim.text, date.start, date.end), source_says=near))
    return problems, checked


def _agree(claim: Date, source: Date) -> bool:
    both = [(a, b) for a, b in zip(claim.parts, source.parts, strict=True) if a and b]
    if claim.half and not source.half and source.month:
        return claim.half == (1 if source.month <= 6 else 2) and (
            not claim.year or not source.year or claim.year == source.year
        )
    if not both or any(a != b for a, b in both):
        return False
    if claim.quarter and source.month and not source.quarter:
        return (source.month + 2) // 3 == claim.quarter
    # A claim of day and month is not borne out by the month alone.
    finest = max(k for k, part in enumerate(claim.parts[:3]) if part) if any(claim.parts[:3]) else None
    return finest is None or source.parts[finest] is not None or (finest == 0)


def _range_covers(date: Date, sources: Sequence[Reading]) -> bool:
    """Whether the year or month stands in the sources in some other spelling, as in 2024-2026 or 24-26日."""
    wanted = [str(part) for part in date.parts[:3] if part]
    plain = " ".join(source.plain for source in sources)
    return bool(wanted) and date.day is None and all(f"{part}-" in plain or f"-{part}" in plain for part in wanted)


def _other_time(claim: Reading, date: Date, sources: Sequence[Reading]) -> Problem | None:
    """A figure put at a time at which the source has another figure."""
    if not date.year and not date.quarter:
        return None
    for at, q in enumerate(claim.quantities):
        if _time_of(claim, at) is not date:
            continue
        same = [
            (source, i, f)
            for source in sources
            for i, f in enumerate(source.quantities)
            if q.dimension == f.dimension and same_unit(q, f)
        ]
        times = [(f, _time_of(source, i)) for source, i, f in same]
        at_time = [f for f, when in times if when and _agree(date, when)]
        if any(same_value(q, f) for f, when in times if not when or _agree(date, when)):
            continue
        equal = [when for f, when in times if same_value(q, f)]
        years = {d.year for d in claim.dates if d.year}
        known = {d.year for source in sources for d in source.dates if d.year}
        dated = (
            len(sources) <= 8
            and len(years) == 1
            and date.year not in known
            and all(when and when.year and when.year != date.year for when in equal)
        )
        if equal and (at_time or dated):
            return Problem(
                kind="date",
                claim_says=around(claim.text, q.start, q.end),
                source_says=at_time[0].text if at_time else "",
            )
    return None


def _time_of(reading: Reading, at: int) -> Date | None:
    """The year or quarter that a figure is of: the last one before it in the sentence, with no figure
    of its kind between."""
    q = reading.quantities[at]
    left = reading.windows[at][0][0]
    before = [d for d in reading.dates if (d.year or d.quarter) and left - 1 <= d.start and d.end <= q.start]
    between = reading.plain[before[-1].end : q.start] if before else ""
    if re.search(r"上一?年|去年|前一年|(?:year|quarter) (?:earlier|before)", between):
        return None  # 2026年预计由上年的3.8%升到5%
    return before[-1] if before else None
