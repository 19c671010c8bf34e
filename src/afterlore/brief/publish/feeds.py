"""``feed.xml`` (Atom, RFC 4287) and ``feed.json`` (JSON Feed 1.1) over the newest days.

One entry is one story: that is what a reader's list shows, marks as read, files by category and sends on; a day as one
entry would be a page under a date. Nothing here knows where the folder will be served. Atom's links are therefore
relative, which RFC 4287 allows (they are resolved against the feed's own address); JSON Feed has no such rule, so its
items carry no ``url`` but the first source as ``external_url``. An id is made of the vertical, the day and the story:
a story of a day that is published again keeps it while it is the same story, whatever reports came or went since
(``entries``). An entry is as old as the newest article that it tells, so that the same ledgers
give the same bytes; a story that is re-edited from the same articles keeps its time.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from afterlore.brief.publish.edition import Edition
from afterlore.brief.publish.pages import templates
from afterlore.brief.publish.view import DayView, StoryView, view
from afterlore.brief.publish.words import short_date, words_of
from afterlore.report import one_line

__all__ = ["FEED_DAYS", "atom", "json_feed"]

FEED_DAYS = 7
"""Days that the feeds hold: a subscriber who looks once a week misses nothing."""
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "afterlore.brief")


@dataclass(frozen=True, slots=True)
class _Entry:
    id: str
    story: StoryView
    page: str
    """Relative to the folder."""
    updated: str
    content: str


def atom(editions: Sequence[Edition]) -> str:
    """``feed.xml``; ``editions`` are the newest days, newest first, at least one."""
    days = [view(edition) for edition in editions]
    newest = days[0].edition
    return (
        templates()
        .environment.get_template("feed.xml")
        .render(
            lang=newest.language,
            id=_id(newest.vertical),
            title=newest.title,
            updated=_moment(max(day.moment for day in days)),
            entries=_entries(days),
        )
    )


def json_feed(editions: Sequence[Edition]) -> str:
    """``feed.json``; ``editions`` are the newest days, newest first, at least one."""
    days = [view(edition) for edition in editions]
    newest = days[0].edition
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": one_line(newest.title),
        "language": newest.language,
        "authors": [{"name": one_line(newest.title)}],
        "items": [_item(entry) for entry in _entries(days)],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1) + "\n"


def _item(entry: _Entry) -> dict[str, object]:
    address = next((article.address for article in entry.story.sources if article.address), None)
    return {
        "id": entry.id,
        **({"external_url": address} if address else {}),
        "title": one_line(entry.story.title),
        "content_html": entry.content,
        "date_published": entry.updated,
        "tags": [one_line(entry.story.category)],
        "language": entry.story.language,
        # The specification's own way to say more: where the story stands in the folder.
        "_afterlore": {"about": "page is relative to the folder of this feed", "page": entry.page},
    }


def _entries(days: Sequence[DayView]) -> list[_Entry]:
    template = templates().environment.get_template("entry.html")
    return [
        _Entry(
            id=_id(day.edition.vertical, str(day.edition.date), story.entry),
            story=story,
            page=f"{day.edition.date}/brief.html#s-{story.id}",
            updated=_moment(story.newest or day.moment),
            content=template.render(
                story=story,
                words=words_of(day.edition.language),
                short=lambda date, language=day.edition.language: short_date(date, language),
            ),
        )
        for day in days
        for story in day.stories
    ]


def _id(*parts: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, ' '.join(parts))}"


def _moment(moment: datetime) -> str:
    """RFC 3339, as both formats want it: with offset, and no fractions that nobody needs."""
    return moment.replace(microsecond=0).isoformat()
