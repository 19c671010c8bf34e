"""The figures of a sentence as facts: value, unit, what is measured, of whom, when."""

from afterlore.brief.check.lexicon import groups
from afterlore.brief.check.reading import Reading, read
from afterlore.core import Record
from afterlore.text.quantities import Quantity

__all__ = ["Fact", "facts"]


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
