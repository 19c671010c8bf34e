"""What earlier days told, so that no story is told twice without something new."""

from dataclasses import dataclass
from datetime import date, timedelta

from afterlore.brief.publish.folder import Folder
from afterlore.web.urls import is_web

__all__ = ["Archive", "ToldStory", "read_archive"]

_MEMORY = timedelta(days=14)
"""How far back a story can be continued."""


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
    """What the days before ``day`` cited, and the stories of the last two weeks.

    Raises InputError when one of the days was changed since it was published.
    """
    told: dict[tuple[date, str], ToldStory] = {}
    articles: dict[str, date] = {}
    for earlier in folder.days():
        if earlier >= day:
            continue
        edition = folder.edition(earlier)
        claims = {claim.id: claim.text for claim in edition.claims}
        for entry in edition.articles:
            if is_web(entry.url):
                articles.setdefault(entry.url, earlier)
            articles.setdefault(entry.sha256, earlier)
        for story in edition.stories if earlier >= day - _MEMORY else ():
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
