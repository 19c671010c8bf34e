"""What earlier days told, so that no story is told twice without something new."""

from dataclasses import dataclass
from datetime import date, timedelta

from afterlore.brief.publish.folder import Folder

__all__ = ["Archive", "ToldStory", "read_archive"]

_MEMORY = timedelta(days=14)
"""How far back a story can be continued: the longest gap between repeats seen in 241 days of the reference was days."""


@dataclass(frozen=True, slots=True)
class ToldStory:
    """A story of an earlier day."""

    date: date
    id: str
    title: str
    sentences: tuple[str, ...]
    """Its insight and bullets, and those of the stories that it continued."""


@dataclass(frozen=True, slots=True)
class Archive:
    """Earlier days, newest first."""

    stories: tuple[ToldStory, ...]
    articles: dict[str, date]
    """Digest of each cited text, and each cited address, with the day that cited it."""


def read_archive(folder: Folder, day: date) -> Archive:
    """The days before ``day``. Raises InputError when one of them was changed since it was published."""
    told: dict[tuple[date, str], ToldStory] = {}
    articles: dict[str, date] = {}
    for earlier in folder.days():
        if not day - _MEMORY <= earlier < day:
            continue
        edition = folder.edition(earlier)
        claims = {claim.id: claim.text for claim in edition.claims}
        for entry in edition.articles:
            articles.setdefault(entry.url, earlier)
            articles.setdefault(entry.sha256, earlier)
        for story in edition.stories:
            before = told.get((story.follows.date, story.follows.story)) if story.follows else None
            own = [claims[claim] for claim in (*story.insight, *(bullet.claim for bullet in story.bullets))]
            told[earlier, story.id] = ToldStory(
                date=earlier,
                id=story.id,
                title=story.title,
                sentences=(*own, *(before.sentences if before else ())),
            )
    newest_first = sorted(told.values(), key=lambda story: (-story.date.toordinal(), story.id))
    return Archive(stories=tuple(newest_first), articles=articles)
