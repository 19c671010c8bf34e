"""The figures of a sentence as facts, and where two outlets give different figures for one thing."""

from collections.abc import Sequence

from afterlore.brief.check.lexicon import groups
from afterlore.brief.check.reading import Reading, read
from afterlore.core import Record
from afterlore.text.quantities import Quantity

__all__ = ["Disagreement", "Fact", "disagreements", "facts"]


class Fact(Record):
    """One figure of a sentence. ``text == sentence[start:end]``."""

    start: int
    end: int
    text: str
    value: float
    """In the base unit of the dimension, as in ``afterlore.text.quantities.Quantity``."""
    dimension: str
    unit: str
    bound: str
    form: str
    direction: int
    per: tuple[str, ...]
    metric: tuple[str, ...]
    """What it measures, as keys of the lexicon (valuation, revenue, latency …), nearest first; empty when not said."""
    subject: tuple[str, ...]
    """Keys of the names that it may be of; empty when the sentence names none."""
    date: tuple[str, ...]
    """Dates said with it."""
    sentence: str


class Disagreement(Record):
    """Two sentences that give different values for the same subject, metric and unit."""

    a: Fact
    b: Fact


def facts(sentence: str) -> list[Fact]:
    """Every figure of a sentence with its unit, metric, subject and date."""
    reading = read(sentence)
    return [_fact(reading, i, q) for i, q in enumerate(reading.quantities)]


def _fact(reading: Reading, i: int, q: Quantity) -> Fact:
    spans = reading.windows[i]
    clause = next((c for c in reading.clauses if c.start <= q.start < c.end), None)
    subject = (clause.own or clause.carried) if clause else frozenset()
    group_of = groups()
    measured = sorted(
        (abs(f.at - q.start), f.key[1:])
        for f in reading.features
        if f.key in group_of and any(a <= f.at < b for a, b in spans) and abs(f.at - q.start) <= 28
    )
    when = tuple(sorted({d.text for d in reading.dates if any(a - 1 <= d.start <= b for a, b in spans)}))
    return Fact(
        start=q.start, end=q.end, text=q.text, value=q.value, dimension=q.dimension, unit=q.unit,
        bound=q.bound, form=q.form,
        direction=q.direction, per=q.per, metric=tuple(dict.fromkeys(key for _, key in measured)),
        subject=tuple(sorted(subject)),
        date=when, sentence=reading.text,
    )  # fmt: skip


def disagreements(a: Sequence[str], b: Sequence[str]) -> list[Disagreement]:
    """Pairs of facts, one of each side, that cannot both be right.

    Both must name the same subject and nothing else, measure the same metric in the same unit, be of
    the same time, be single
    values (no range, no bound that admits the other), and be close enough to be the same fact told
    differently: within a factor
    of two. One side must not hold the other's value as well.
    """
    ours, theirs = [f for s in a for f in facts(s)], [f for s in b for f in facts(s)]
    out: list[Disagreement] = []
    seen: set[tuple[object, ...]] = set()
    for one in ours:
        for two in theirs:
            if not _same_thing(one, two) or _compatible(one, two):
                continue
            if any(_same_thing(f, two) and _compatible(f, two) for f in ours) or any(
                _same_thing(one, f) and _compatible(one, f) for f in theirs
            ):
                continue
            key = (one.subject, one.metric[:1], one.value, two.value)
            if key not in seen:
                seen.add(key)
                out.append(Disagreement(a=one, b=two))
    return out


def _same_thing(a: Fact, b: Fact) -> bool:
    if not a.metric or not b.metric or a.metric[0] != b.metric[0] or a.dimension != b.dimension or a.unit != b.unit:
        return False
    if a.dimension in {"", "ordinal", "multiple"} or not a.subject or a.subject != b.subject:
        return False
    if (a.form != b.form and "from" in {a.form, b.form}) or set(a.per) != set(b.per):
        return False
    if a.date and b.date and set(a.date) != set(b.date):
        return False
    if a.bound in {"low", "high"} or b.bound in {"low", "high"} or a.direction * b.direction < 0:
        return False
    return max(abs(a.value), abs(b.value)) <= 2 * min(abs(a.value), abs(b.value))


def _compatible(a: Fact, b: Fact) -> bool:
    """Whether both may be true: equal, or one of them rounded or open-ended."""
    if abs(a.value - b.value) <= 1e-6 * max(abs(a.value), abs(b.value)):
        return True
    for one, two in ((a, b), (b, a)):
        slack = 0.03 * abs(two.value) if one.bound in {"about", "over", "least", "under", "most"} else 0.0
        if one.bound in {"over", "least"} and 0 <= two.value - one.value <= 0.08 * two.value:
            return True
        if one.bound in {"under", "most"} and 0 <= one.value - two.value <= 0.08 * one.value:
            return True
        if abs(a.value - b.value) <= slack:
            return True
    return False
