"""What the desk's log teaches from: the choices that editors made, and the groups that they corrected.

A ``Day`` is written when a brief is published; a ``Correction`` when stories are merged or split. Both hold all that
learning needs, so that it can be done again from the log alone: as a title stood when it was decided, as the features
were worth then. Nothing here is taken from an article's body.
"""

from collections.abc import Iterable
from datetime import date as Date
from typing import Literal

from pydantic import Field

from afterlore.core import Record

__all__ = ["Candidate", "Choice", "Correction", "Day", "Decision", "lasting"]

Choice = Literal["kept", "pinned", "promoted", "dropped", "left"]
"""``kept``: told, as proposed; ``pinned``: told, and held there by the editor; ``promoted``: told, though the ranker
had it among the others; ``dropped``: taken out by the editor; ``left``: among the others, and nobody fetched it.
"""

_CHOSEN = ("kept", "pinned", "promoted")


class Candidate(Record):
    """A story as it was proposed to the editor: what may speak for or against it, and nothing else."""

    title: str
    """The title that the ranker read (an article's own, not one that the editor wrote)."""
    category: str = ""
    """As the classifier gave it, not as an editor changed it: at prediction there is no other."""
    features: dict[str, float] = Field(default_factory=dict)
    """Reason of the untrained ranker → what it added to the score, weight included. Without ``taste``."""
    articles: tuple[str, ...] = ()
    """Ids of the articles, for whoever reads the log; learning does not use them."""


class Decision(Record):
    """What became of a candidate."""

    candidate: Candidate
    decision: Choice

    @property
    def chosen(self) -> bool:
        """Whether the story was told in full."""
        return self.decision in _CHOSEN


class Day(Record):
    """The decisions of one published day."""

    date: Date
    decisions: tuple[Decision, ...]


class Correction(Record):
    """An editor put two stories together, or took one apart."""

    kind: Literal["merge", "split"]
    similarity: float | None = None
    """How alike the clusterer held the two sides to be (0 to 1, less what it adds to the threshold on a large day:
    ``Settings.raised``); None when it did not compare them, and then nothing is learned.
    """


def lasting(days: Iterable[Day]) -> tuple[Day, ...]:
    """The days in date order. A day that was published again teaches once, as it was published last."""
    last = {day.date: day for day in days}
    return tuple(last[date] for date in sorted(last))
