"""What a deed must be to be written: possible in the day as it is, and doing what it says."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from afterlore.brief.desk.apply import match
from afterlore.brief.desk.edits import (
    Drop,
    Edit,
    Forget,
    Merge,
    Move,
    Pin,
    Promote,
    Published,
    Recategorise,
    Reject,
    Relabel,
    Retitle,
    Split,
    Undo,
    live,
    undone,
)
from afterlore.brief.pipeline import Drafted
from afterlore.brief.publish.edition import StoryEntry
from afterlore.core import DeedRefused

__all__ = ["REFUSALS", "Kind", "effective", "made", "possible", "refused"]

Kind = TypeVar(
    "Kind", Forget, Merge, Split, Pin, Promote, Drop, Move, Retitle, Recategorise, Relabel, Reject, Undo, Published
)


REFUSALS = {
    "two": "choose two or more stories to merge",
    "part": "choose some of the story's articles to take out, and leave some",
    "untold": "only a story that is told has a place to move from; take it in first",
    "nothing_learned": "there is nothing to forget; this desk has learned nothing yet",
    "story": "that story is not there any more; this is the day as it is now",
    "last_story": "that would leave nothing to publish; take another story in first",
    "nothing": "nothing would change",
    "statement": "that statement is not there any more; this is the day as it is now",
    "last_statement": "it is the last thing the story says; drop the story instead",
    "retold": "it adds nothing to what an earlier day told",
    "silent": "its articles hold no sentence that can be told",
    "top": "it is the first story already",
    "bottom": "it is the last story already",
    "event": "there is no such event to undo",
    "undone": "that event does not count already",
    "draft": "the day has changed since you looked; look again, then publish",
    "published": "what was published cannot be undone; publish the day as it should be",
}
"""Why a deed is not done, by ``DeedRefused.reason``; beside these, the lapses of ``apply`` and the names of fields."""


def refused(reason: str) -> DeedRefused:
    """The error of one of ``REFUSALS``."""
    return DeedRefused(reason, REFUSALS[reason])


def made(kind: type[Kind], events: Sequence[Edit], now: datetime, fields: dict[str, Any]) -> Kind:
    """The event that comes next. Raises DeedRefused that names the field at fault; its reason is ``empty``, ``hidden``,
    or begins with the field's name.
    """
    try:
        return kind(seq=len(events) + 1, at=now, **fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = first["loc"][0] if first["loc"] else kind.__name__.lower()
        reasons = {"empty": "empty", "hidden": "hidden", "long": "category" if where == "category" else f"{where}_long"}
        reason = reasons.get(first["type"], str(where))
        raise DeedRefused(reason, f"{where}: {first['msg'].removeprefix('Value error, ')}") from error


def possible(event: Edit, events: Sequence[Edit], before: Drafted) -> None:
    """Whether what the event speaks of is there. Raises InputError."""
    if isinstance(event, Undo):
        if not 0 < event.of < event.seq:
            raise refused("event")
        if isinstance(events[event.of - 1], Published):
            raise refused("published")
        if event.of in undone(events):
            raise refused("undone")
    if isinstance(event, Retitle | Recategorise) and (story := _story(before, event.story)):
        same = story.title == event.title if isinstance(event, Retitle) else story.category == event.category
        if same:
            raise refused("nothing")
    if isinstance(event, Relabel | Reject):
        story = _story(before, event.story)
        claims = {bullet.claim for bullet in story.bullets} if story else set()
        if isinstance(event, Reject) and story:
            claims |= set(story.insight)
        if event.claim not in claims:
            raise refused("statement")


def effective(event: Edit, events: Sequence[Edit], before: Drafted, after: Drafted) -> None:
    """Whether the event, which follows ``events``, does what it says. Raises InputError that says why it cannot."""
    outcome = next((one for one in after.outcomes if one.edit == event), None)
    if outcome and not outcome.holds:
        raise DeedRefused(outcome.lapse, outcome.why)
    if _shown(before) == _shown(after) and not _unseen(event, events, before):
        raise refused("nothing")
    if isinstance(event, Pin | Promote | Reject):
        candidates = after.telling.candidates
        place = match(event.story, [one.group.ids for one in candidates])
        state = candidates[place].state if place is not None else "silent"
        if isinstance(event, Reject) and state != "told":
            raise refused("last_statement")
        if state == "retold":
            raise refused("retold")
        if state != "told":
            raise refused("silent")


def _shown(drafted: Drafted) -> tuple[object, ...]:
    """What an editor sees of the day."""
    return drafted.edition, [(one.group.ids, one.mark) for one in drafted.telling.candidates]


def _unseen(event: Edit, events: Sequence[Edit], before: Drafted) -> bool:
    """Whether the event does something that today's draft need not show: to what is learned, or by undoing what no
    longer applies, or what two events do alike (as after two stories became one), so that each can be taken back.
    """
    of = event
    while isinstance(of, Undo):
        of = events[of.of - 1]
    if isinstance(of, Forget) or event == of:
        return isinstance(of, Forget)
    if any(one.edit == of and not one.holds for one in before.outcomes):
        return True
    if not isinstance(of, Pin | Promote | Drop):
        return False
    ids = [one.group.ids for one in before.telling.candidates]
    alike = [one for one in live(events) if type(one) is type(of) and one.seq != of.seq]
    return any(match(one.story, ids) == match(of.story, ids) for one in alike if isinstance(one, Pin | Promote | Drop))


def _story(drafted: Drafted, ids: Sequence[str]) -> StoryEntry | None:
    stories = drafted.edition.stories
    place = match(ids, [frozenset((*story.articles, *story.reposts)) for story in stories])
    return stories[place] if place is not None else None
