"""Under which id feeds have a story. A story's own id names its articles, so that it changes with the first report that
comes or goes; a subscriber's entry must not (RFC 4287, section 4.2.6). A day that is published again therefore hands
its entries on to the stories that are still the same: from what stands published to the events as they are grouped
today, and from those to the stories as an editor regrouped them. So the same edits give the same entries in any folder.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from afterlore.brief.publish.edition import StoryEntry
from afterlore.brief.publish.folder import Folder
from afterlore.core import digest

__all__ = ["Named", "handed_on", "named", "standing", "story_id"]

_SAME = 0.5
"""From this share of common articles on (Jaccard) two stories are one, unless one holds the other whole."""


class Named(BaseModel):
    """A story by its articles, with its entry where that is not its id."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str = Field(pattern="^[0-9a-f]{12}$")
    entry: str | None = Field(default=None, pattern="^[0-9a-f]{12}$")
    articles: tuple[str, ...]
    reposts: tuple[str, ...]


class _Ledger(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    stories: tuple[Named, ...]


T = TypeVar("T", Named, StoryEntry)


def story_id(articles: Iterable[str]) -> str:
    """The id of the story that these articles make."""
    return digest("\n".join(sorted(articles)))[:12]


def named(articles: Sequence[str], reposts: Sequence[str]) -> Named:
    """A story that nothing was handed on to."""
    return Named(id=story_id(articles), articles=tuple(articles), reposts=tuple(reposts))


def standing(folder: Folder, day: date) -> tuple[Named, ...]:
    """The stories that stand published of that day; none when there is no ledger, or one that cannot be read."""
    try:
        return _Ledger.model_validate_json(folder.ledger(day).read_bytes()).stories
    except (OSError, ValidationError):
        return ()


def handed_on(stories: Sequence[T], before: Sequence[Named]) -> tuple[T, ...]:
    """The stories with the entries of those ``before`` that they are still: each the other's nearest, none as near.

    The relation is symmetric, so what an editor does and undoes gives back the entries too; and a day handed on to
    itself stays as it is, so a run that was killed and goes on publishes the same bytes.
    """
    new, old = _articles(stories), _articles(before)
    own = {story.id for story in stories}
    made = []
    for place, story in enumerate(stories):
        at = _nearest(new[place], old)
        entry = None
        if at is not None and _nearest(old[at], new) == place:
            entry = before[at].entry or before[at].id
        # An id that another story has by its articles is that one's: no two entries of a feed may share one.
        kept = entry if entry not in own else None
        made.append(story.model_copy(update={"entry": kept}))
    return tuple(made)


def _articles(stories: Sequence[Named | StoryEntry]) -> list[frozenset[str]]:
    return [frozenset((*story.articles, *story.reposts)) for story in stories]


def _nearest(one: frozenset[str], others: Sequence[frozenset[str]]) -> int | None:
    near = sorted(
        (
            (len(one & other) / len(one | other), place)
            for place, other in enumerate(others)
            if one & other and (one <= other or other <= one or len(one & other) >= _SAME * len(one | other))
        ),
        reverse=True,
    )
    if not near or (len(near) > 1 and near[1][0] == near[0][0]):
        return None
    return near[0][1]
