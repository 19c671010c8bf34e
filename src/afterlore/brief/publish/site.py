"""Publishes a day, and brings what the folder shows in line with its ledgers: pages, archive, feeds, mail.

Each day's page carries a stamp of what it was made of. Publishing looks at every stamp and makes anew only the pages
whose stamp is not due any more: the day itself, the days beside it, the days whose stories it continues or no longer
does; after an upgrade that changed how pages look, all of them, once. Whatever was interrupted is put right by the next
run for the same reason.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

from afterlore.brief.publish.almanac import Almanac, read_almanac
from afterlore.brief.publish.edition import Edition
from afterlore.brief.publish.feeds import FEED_DAYS, atom, json_feed
from afterlore.brief.publish.folder import Folder, write_whole
from afterlore.brief.publish.mail import message
from afterlore.brief.publish.markdown import markdown
from afterlore.brief.publish.pages import archive_page, day_page, stamp, stamp_of
from afterlore.core import digest

__all__ = ["FEED_DAYS", "day_files", "publish", "root_files"]

_DIGEST = re.compile(rb'"digest": "([0-9a-f]{64})"\s*\}\s*$')
_HEAD = 4096
"""Bytes of a page in which its stamp stands."""


def publish(edition: Edition, encoded: str, texts: dict[str, str], folder: Folder) -> None:
    """Write the day: sources first, so that no ledger ever points at a text that is not there; then the ledger; then
    what is made of ledgers. Raises InputError when another day's ledger, which that needs, was changed.
    """
    folder.store_sources(texts)
    write_whole(folder.ledger(edition.date), encoded)
    _refresh(folder, edition, texts)


def _refresh(folder: Folder, edition: Edition, texts: Mapping[str, str]) -> None:
    almanac = read_almanac(folder)
    editions = {edition.date: edition}

    def ledger(day: date) -> Edition:
        if day not in editions:
            editions[day] = folder.edition(day)
        return editions[day]

    newest = [day.date for day in almanac.days[: -FEED_DAYS - 1 : -1]]
    for day in almanac.days:
        own = day.date == edition.date
        due = stamp(day.sha256, almanac.place(day.date))
        there = folder.markdown(day.date).is_file() and folder.mail(day.date).is_file()
        if not own and there and _stamped(folder.page(day.date)) == due:
            continue
        text_of = texts.get if own else _stored(folder, ledger(day.date))
        # A page whose source is gone is left for verify to name; it could only be made wrong.
        if text_of is not None:
            for path, content in day_files(folder, almanac, ledger(day.date), text_of):
                write_whole(path, content)
        if not own and day.date not in newest:
            editions.pop(day.date)
    for path, content in root_files(folder, almanac, [ledger(day) for day in newest]):
        write_whole(path, content)


def day_files(
    folder: Folder, almanac: Almanac, edition: Edition, text_of: Callable[[str], str | None]
) -> Iterator[tuple[Path, str]]:
    """What is made of one day's ledger, as it should be."""
    found = _DIGEST.search(folder.ledger(edition.date).read_bytes())
    said = found[1].decode() if found else ""
    place = almanac.place(edition.date)
    marked = stamp(almanac.day(edition.date).sha256, place)
    yield folder.markdown(edition.date), markdown(edition)
    yield folder.mail(edition.date), message(edition, said)
    yield folder.page(edition.date), day_page(edition, said, marked, place, text_of)


def root_files(folder: Folder, almanac: Almanac, newest: list[Edition]) -> Iterator[tuple[Path, str]]:
    """Archive and feeds, as they should be; ``newest`` are the feeds' days, newest first."""
    yield folder.archive, archive_page(almanac)
    yield folder.atom, atom(newest)
    yield folder.json_feed, json_feed(newest)


def _stamped(page: Path) -> str | None:
    try:
        with page.open("rb") as file:
            return stamp_of(file.read(_HEAD).decode(errors="replace"))
    except OSError:
        return None


def _stored(folder: Folder, edition: Edition) -> Callable[[str], str | None] | None:
    """The stored sources that a day quotes, by digest; None when one is missing or was changed."""
    texts: dict[str, str] = {}
    for sha256 in {evidence.sha256 for claim in edition.claims for evidence in claim.evidence}:
        try:
            data = folder.source(sha256).read_bytes()
        except OSError:
            return None
        if digest(data) != sha256:
            return None
        texts[sha256] = data.decode()
    return texts.get
