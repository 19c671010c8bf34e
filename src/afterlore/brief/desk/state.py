"""A day as its editor sees it."""

from dataclasses import dataclass

from afterlore.brief.desk import experience
from afterlore.brief.desk.edits import Edit
from afterlore.brief.desk.proposed import proposed
from afterlore.brief.pipeline import Drafted, Request
from afterlore.brief.publish.edition import Edition
from afterlore.brief.stories import Candidate
from afterlore.core import digest

__all__ = ["SHOWN", "State", "key_of"]

SHOWN = 40
"""Events shown to the editor below those that are told."""


def key_of(candidate: Candidate) -> str:
    """A story's id, told or not: that of ``StoryEntry``."""
    return digest("\n".join(sorted(article.id for article in candidate.group.articles)))[:12]


@dataclass(frozen=True, slots=True)
class State:
    """The day as the editor sees it."""

    request: Request
    events: tuple[Edit, ...]
    drafted: Drafted
    published: Edition | None
    """None when the folder's ledger cannot be read; publishing mends that."""
    fresh: bool
    """Whether what is published, in all its files, is what the desk shows."""

    @property
    def half(self) -> bool:
        """Whether the ledger is what the desk shows, but not all that is made of it."""
        return not self.fresh and self.published == self.drafted.edition

    @property
    def told(self) -> tuple[Candidate, ...]:
        """The stories, in order."""
        return tuple(one for one in self.drafted.telling.candidates if one.state == "told")

    @property
    def waiting(self) -> tuple[Candidate, ...]:
        """The next ones, best first."""
        rest = [one for one in self.drafted.telling.candidates if one.state not in ("told", "dropped")]
        return tuple(sorted(rest, key=lambda one: (one.mark is None, one.place))[:SHOWN])

    @property
    def dropped(self) -> tuple[Candidate, ...]:
        """What the editor took out."""
        return tuple(one for one in self.drafted.telling.candidates if one.state == "dropped")

    def decisions(self) -> tuple[experience.Decision, ...]:
        """What became of each candidate that was shown, to learn from."""
        vertical = self.request.vertical
        decisions = []
        for one in (*self.told, *self.waiting, *self.dropped):
            reasons = ((reason.name, reason.value) for reason in one.ranked.reasons)
            candidate = proposed(one.group.articles, vertical, reasons)
            if one.state == "told":
                choice: experience.Choice = one.mark if one.mark in ("pinned", "promoted") else "kept"
            else:
                choice = "dropped" if one.state == "dropped" else "left"
            decisions.append(experience.Decision(candidate=candidate, decision=choice))
        return tuple(decisions)
