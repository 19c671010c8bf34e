"""Figures of a claim against those of its sources."""

import re
from collections.abc import Sequence

from afterlore.brief.check.lexicon import groups
from afterlore.brief.check.reading import Reading
from afterlore.brief.check.values import same_unit, same_value, unlike
from afterlore.brief.check.verdict import Kind, Problem
from afterlore.text.quantities import Quantity

__all__ = ["around", "check_figures"]

_KIND: dict[str, Kind] = {"per": "unit", "form": "number", "direction": "comparison", "role": "comparison"}
_Found = tuple[int, int, Quantity]
"""(source, index in it, figure)."""


def check_figures(claim: Reading, sources: Sequence[Reading]) -> tuple[list[Problem], int]:
    """Problems of the claim's figures, and how many figures could be judged."""
    problems: list[Problem] = []
    checked = 0
    everything = [(s, i, q) for s, source in enumerate(sources) for i, q in enumerate(source.quantities)]
    for at, q in enumerate(claim.quantities):
        matched = [f for f in everything if _equal(q, f[2])]
        if not matched:
            problem = _missing(claim, at, q, sources, everything)
            if problem:
                problems.append(problem)
                checked += 1
            elif not q.small:
                checked += 1
            continue
        checked += 1
        why = [(unlike(q, f[2]), f) for f in matched]
        fine = [f for reason, f in why if not reason]
        if not fine:
            reason, f = why[0]
            problems.append(_problem(_KIND[reason], q.text, f[2].text, claim, q, sources[f[0]], f[2]))
            continue
        wrong = [_belongs(claim, at, q, f, sources, everything) for f in fine]
        if all(wrong):
            problems.append(next(p for p in wrong if p))
        elif q.bound == "" and not q.small and all(f[2].bound in {"most"} for f in fine):
            problems.append(
                _problem(
                    "bound", q.text, f"最高 {fine[0][2].text}", claim, q, sources[fine[0][0]], fine[0][2], minor=True
                )
            )
    return problems, checked


def _problem(
    kind: Kind,
    says: str,
    source_says: str,
    claim: Reading,
    q: Quantity,
    source: Reading,
    f: Quantity,
    minor: bool = False,
) -> Problem:
    return Problem(
        kind=kind,
        claim_says=around(claim.text, q.start, q.end) or says,
        source_says=around(source.text, f.start, f.end) or source_says,
        minor=minor,
    )


def around(text: str, start: int, end: int) -> str:
    """The figure with a few characters to either side, for a reader."""
    return text[max(0, start - 12) : end + 8].strip()


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
        # A tenth of the parameters: the other is ten times as large.
        if abs(percent.value / 100 * multiple.value - 1) < 0.02 and percent.value < 60:
            return True
        return (rises and abs(multiple.value - percent.value / 100) < 1e-6) or (
            ratio is not None
            and (multiple.ratio is not None and abs(multiple.ratio - ratio) < 0.011 * max(ratio, 0.01))
        )
    if claim.dimension == source.dimension == "percent" and abs(claim.value + source.value - 100) < 0.6:
        by, other = (claim, source) if claim.form == "by" else (source, claim)
        # 降低73% beside 是…的27%: the complement, when exactly one of them speaks of a fall.
        return by.form == "by" and by.direction < 0 and other.form == "to"
    return False


def _missing(
    claim: Reading, at: int, q: Quantity, sources: Sequence[Reading], everything: list[_Found]
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
    if q.dimension == "time" and not alike and not any(_digits(f[2].text) == number for f in everything):
        return None  # January to May is five months; nothing here adds up calendars
    respelt = [f for f in everything if _digits(f[2].text) == number and number and f[2].value != q.value]
    nearest: tuple[tuple[Kind, list[_Found]], ...] = (("unit", other_unit), ("unit", respelt), ("number", alike))
    for kind, found in nearest:
        if found:
            best = max(found, key=lambda f: _shared(claim, at, sources[f[0]], f[1]))
            return _problem(kind, q.text, best[2].text, claim, q, sources[best[0]], best[2])
    return Problem(kind="number", claim_says=around(claim.text, q.start, q.end), source_says="")


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


def _belongs(
    claim: Reading, at: int, q: Quantity, f: _Found, sources: Sequence[Reading], everything: list[_Found]
) -> Problem | None:
    """Whether the source's figure is of something else than the claim's.

    The claim's words around the figure are set against those around the equal figure and those around
    its rivals: figures of
    the same unit and another value near by. When the words that tell the two apart all point to the
    rival, the claim gives one
    thing the figure of another.
    """
    s, i, theirs = f
    if q.dimension == "ordinal" or (q.small and q.dimension in {"", "count", "time"}):
        return None
    source = sources[s]
    ours = claim.words(claim.windows[at])
    mine = source.words(source.windows[i])
    odd = _exclusive(claim, at, q, source, i, theirs)
    if odd:
        return _problem("subject", q.text, theirs.text, claim, q, source, theirs)
    if _stranger(claim, q, source, theirs, sources):
        return _problem("subject", q.text, theirs.text, claim, q, source, theirs)
    reach = 1 if len(sources) <= 8 else 0
    for t, j, rival in everything:
        if (
            abs(t - s) > reach
            or (t == s and j == i)
            or not _rivals(source, theirs, sources[t], rival)
            or same_value(q, rival)
        ):
            continue
        if {rival.bound, theirs.bound} == {"low", "high"} or {rival.form, theirs.form} == {"from", "to"}:
            continue
        other = sources[t].words(sources[t].windows[j])
        near = dict(mine)
        if t == s:
            _inherit(*((near, other) if j < i else (other, near)))
        _carry(source, theirs, near)
        _carry(sources[t], rival, other)
        first = (
            min((n.start, "@" + n.key) for n in claim.names if any(a <= n.start < b for a, b in claim.windows[at]))
            if any("@" in k for k in ours)
            else (0, "")
        )
        if _points_away(
            ours,
            near,
            other,
            first[1]
            if not re.search(r"(?:在|于|\b(?:on|in|at)\s)$", claim.plain[max(0, first[0] - 3) : first[0]])
            else "",
            2 if reach else 4,
        ):
            return _problem("subject", q.text, rival.text, claim, q, sources[t], rival)
    return None


def _stranger(claim: Reading, q: Quantity, source: Reading, f: Quantity, sources: Sequence[Reading]) -> bool:
    """Whether the claim gives the figure to one name and the source's clause to another, and the source knows both."""
    ours = next((c for c in claim.clauses if c.start <= q.start < c.end), None)
    theirs = next((c for c in source.clauses if c.start <= f.start < c.end), None)
    if ours is None or theirs is None or len(sources) > 8:
        return False
    actors = {n.key for reading in (claim, *sources) for n in reading.names if n.kind in {"org", "person", "word"}}
    mine, other = ours.own & actors, theirs.own & actors
    if len(mine) != 1 or not other or mine & (theirs.own | theirs.carried):
        return False
    (name,) = mine
    first = source.clauses[0].own
    return (
        name not in first and any(name == n.key for n in source.names) and not any(n.key in other for n in claim.names)
    )


def _rivals(one: Reading, a: Quantity, two: Reading, b: Quantity) -> bool:
    """Whether one figure could stand in the other's place: the same unit, and things counted by the same word."""
    if not same_unit(a, b) or (a.dimension != b.dimension and {a.dimension, b.dimension} != {"", "count"}):
        return False
    if a.dimension not in {"", "count"} or (a.unit and a.unit == b.unit):
        return True
    if {a.unit, b.unit} == {"", "score"}:
        return True
    if a.unit != b.unit and (a.dimension == b.dimension or one.chinese or two.chinese):
        return False
    return _counted(one, a) == _counted(two, b) or not _counted(one, a) or not _counted(two, b)


_FUNCTION = {"in", "and", "of", "for", "at", "to", "on", "from", "by", "with", "as", "per", "respectively", "a", "the"}


def _counted(reading: Reading, q: Quantity) -> str:
    """The classifier of a Chinese count, the noun of an English one, "" when neither is there."""
    if q.unit:
        return q.unit
    last = q.text[-1]
    if "\u4e00" <= last <= "\u9fff":
        return last if last not in "万亿千百" else ""
    match = re.match(r"\s*([A-Za-z]+|[\u4e00-\u9fff])", reading.plain[q.end :])
    return match[1].lower() if match and match[1].lower() not in _FUNCTION else ""


def _carry(reading: Reading, q: Quantity, words: dict[str, float]) -> None:
    """Gives a figure whose words name nobody the name that its clause carries over."""
    if any(key[0] == "@" for key in words):
        return
    clause = next((c for c in reading.clauses if c.start <= q.start < c.end), None)
    for key in (clause.own or clause.carried) if clause else ():
        words["@" + key] = 3.0


def _inherit(elliptical: dict[str, float], full: dict[str, float]) -> None:
    """In "A 的准确率为 68%，高于 B 的 43%" the second figure has no word for what it measures: it is that of
    the first."""
    if not any(key.startswith("@@") for key in elliptical):
        elliptical |= {key: weight for key, weight in full.items() if key.startswith("@@")}
    group_of = groups()
    if any(key in group_of for key in elliptical) or sum(1 for key in elliptical if not key.startswith("@")) > 6:
        return
    for key, weight in full.items():
        if not key.startswith("@"):
            elliptical.setdefault(key, weight)


def _points_away(
    ours: dict[str, float], mine: dict[str, float], other: dict[str, float], first: str, least: float
) -> bool:
    """Whether the claim's words tell for the rival. Names decide when there are any, since a predicate
    may be shared."""
    group_of = groups()
    measure_mine = any(key in group_of and key in mine and key not in other for key in ours)
    mine_only = {key for key in ours if key[0] == "@" and key in mine and key not in other}
    other_only = {key for key in ours if key[0] == "@" and key in other and key not in mine}
    for mark in ("@", "@@"):
        # Places and all other names answer different questions; each kind is weighed by itself.
        here = {key for key in mine_only if (key[:2] == "@@") == (mark == "@@")}
        there = {key for key in other_only if (key[:2] == "@@") == (mark == "@@")}
        if there and not here and not measure_mine:
            return True
    if mine_only and first in other_only and not measure_mine:
        return True
    measure_other = any(key in group_of and key in other and key not in mine for key in ours)
    if mine_only or (measure_mine and not measure_other):
        return False
    for_mine = sum(w for key, w in ours.items() if key in mine and key not in other)
    for_rival = sum(w for key, w in ours.items() if key in other and key not in mine)
    return for_rival >= least and for_rival > 2 * for_mine


def _exclusive(claim: Reading, at: int, q: Quantity, source: Reading, i: int, f: Quantity) -> bool:
    """Whether a word beside the claim's figure excludes the word beside the source's (输入 and 输出, 时间 and 成本)."""
    ours = _nearest(claim, at, q)
    theirs = _nearest(source, i, f)
    whole = source.words(source.windows[i])
    claimed = {feature.key for feature in claim.features}
    for group, (distance, key) in ours.items():
        if group not in theirs or theirs[group][1] == key or theirs[group][1] in claimed:
            continue
        beside = max(distance, theirs[group][0]) <= (10 if source.chinese else 24) and claim.chinese == source.chinese
        if key not in whole or beside:
            return True
    return False


def _nearest(reading: Reading, at: int, q: Quantity) -> dict[str, tuple[int, str]]:
    """Group of exclusive words → (distance in characters, the nearest of them)."""
    group_of = groups()
    best: dict[str, tuple[int, str]] = {}
    for feature in reading.features:
        group = group_of.get(feature.key)
        if group is None or not any(a <= feature.at < b for a, b in reading.windows[at]):
            continue
        low, high = sorted((feature.at, q.start))
        between = [o for o in reading.quantities if low < o.start < high]
        if between and not all(o.form == "from" and o.dimension == q.dimension for o in between):
            continue  # the word already belongs to the figure in between
        distance = q.start - feature.at if feature.at < q.start else (feature.at - q.end) * 2
        if distance <= (30 if reading.chinese else 64) and (group not in best or distance < best[group][0]):
            best[group] = (distance, feature.key)
    return best
