"""Every day of a folder in a few lines each: what the pages need to know of one another.

A day's page links to the days beside it, to the stories that it continues and to those that continue its own. All of
that stands in the ledgers; here it is read from them without decoding them (a millisecond a day), so that publishing
one day of a long archive costs little. It is not checked here: ``brief verify`` does that.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date as Date
from functools import cached_property

from pydantic import BaseModel, ConfigDict, ValidationError

from afterlore.brief.publish.edition import Followed
from afterlore.brief.publish.folder import Folder
from afterlore.core import InputError, canonical_json, digest

__all__ = ["Almanac", "Day", "Place", "Telling", "read_almanac"]


class _Story(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    title: str
    category: str
    follows: Followed | None


class _Ledger(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    title: str
    language: str
    stories: tuple[_Story, ...]
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Telling:
    """One story of one day."""

    date: Date
    story: str
    title: str


@dataclass(frozen=True, slots=True)
class Day:
    """One day: its stories' titles and what they follow."""

    date: Date
    title: str
    """Of the brief, with the emoji."""
    language: str
    stories: tuple[_Story, ...]
    sha256: str
    """Of the ledger's file."""
    said: str
    """The digest that the ledger gives of itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a day stands among the others: all that its page says of them."""

    previous: Date | None
    following: Date | None
    continued: dict[str, tuple[Telling, ...]]
    """Story of this day → the later stories that continue it."""
    standing: frozenset[tuple[Date, str]]
    """The earlier stories that this day's continue and that are still there to link to."""

    @property
    def digest(self) -> str:
        """Changes when the day's page must."""
        later = {story: [[str(t.date), t.story, t.title] for t in found] for story, found in self.continued.items()}
        earlier = sorted([str(day), story] for day, story in self.standing)
        return digest(canonical_json([str(self.previous), str(self.following), later, earlier]))


@dataclass(frozen=True)
class Almanac:
    """All days, oldest first."""

    days: tuple[Day, ...]

    @cached_property
    def _at(self) -> dict[Date, int]:
        return {day.date: place for place, day in enumerate(self.days)}

    @cached_property
    def _stories(self) -> frozenset[tuple[Date, str]]:
        return frozenset((day.date, story.id) for day in self.days for story in day.stories)

    @cached_property
    def _later(self) -> dict[tuple[Date, str], tuple[Telling, ...]]:
        found: dict[tuple[Date, str], list[Telling]] = {}
        for day in self.days:
            for story in day.stories:
                if story.follows:
                    told = Telling(day.date, story.id, story.title)
                    found.setdefault((story.follows.date, story.follows.story), []).append(told)
        return {key: tuple(tellings) for key, tellings in found.items()}

    def day(self, date: Date) -> Day:
        """That day. Raises KeyError when there is none."""
        return self.days[self._at[date]]

    def place(self, date: Date) -> Place:
        """Where that day stands. Raises KeyError when there is none."""
        at = self._at[date]
        day = self.days[at]
        follows = [(story.follows.date, story.follows.story) for story in day.stories if story.follows]
        return Place(
            previous=self.days[at - 1].date if at else None,
            following=self.days[at + 1].date if at + 1 < len(self.days) else None,
            continued={
                story.id: self._later[date, story.id] for story in day.stories if (date, story.id) in self._later
            },
            standing=frozenset(key for key in follows if key in self._stories),
        )

    def threads(self) -> list[tuple[Telling, ...]]:
        """Stories that went on: each thread oldest first, the threads with the newest end first."""
        own = {(d.date, s.id): Telling(d.date, s.id, s.title) for d in self.days for s in d.stories}
        before = {
            (day.date, story.id): (story.follows.date, story.follows.story)
            for day in self.days
            for story in day.stories
            if story.follows and (story.follows.date, story.follows.story) in self._stories
        }
        ends = [key for key in before if key not in self._later]
        found = []
        for end in ends:
            thread = list(_back(end, before))
            found.append(tuple(own[key] for key in reversed(thread)))
        return sorted(found, key=lambda thread: (-thread[-1].date.toordinal(), thread[-1].story))


def read_almanac(folder: Folder, *, lenient: bool = False, coming: Mapping[Date, str] | None = None) -> Almanac:
    """Every day in the folder. One that cannot be read raises InputError, or is missing when ``lenient``. ``coming``
    are ledgers that are about to be written: they count in place of what stands there.
    """
    days = []
    coming = coming or {}
    for date in sorted({*folder.days(), *coming}):
        try:
            data = coming[date].encode() if date in coming else folder.ledger(date).read_bytes()
            ledger = _Ledger.model_validate_json(data)
        except (OSError, ValidationError) as error:
            if lenient:
                continue
            raise InputError(
                f"{date}/brief.json cannot be read; build {date} again, or move its folder away"
            ) from error
        days.append(Day(date, ledger.title, ledger.language, ledger.stories, digest(data), ledger.digest))
    return Almanac(tuple(days))


def _back(key: tuple[Date, str], before: dict[tuple[Date, str], tuple[Date, str]]) -> Iterator[tuple[Date, str]]:
    """From a story to the first of its thread. A ledger made by hand may follow itself: dates must go back."""
    yield key
    while key in before and before[key][0] < key[0]:
        key = before[key]
        yield key
