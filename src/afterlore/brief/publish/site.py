"""Publishes a day, and brings what the folder shows in line with its ledgers: pages, archive, feeds, mail.

Each day's page carries a stamp of what it was made of. Publishing looks at every stamp and makes anew only the pages
whose stamp is not due any more: the day itself, the days beside it, the days whose stories it continues or no longer
does; after an upgrade that changed how pages look, all of them, once. Whatever was interrupted is put right by the next
run for the same reason. What can be refused is refused before the first file is written.
"""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path

from afterlore.brief.publish.almanac import Almanac, read_almanac
from afterlore.brief.publish.edition import Edition
from afterlore.brief.publish.feeds import FEED_DAYS, atom, json_feed
from afterlore.brief.publish.folder import Folder, write_whole
from afterlore.brief.publish.mail import message
from afterlore.brief.publish.markdown import markdown
from afterlore.brief.publish.pages import archive_page, day_page, stamp, stamp_of
from afterlore.core import digest

__all__ = ["FEED_DAYS", "day_files", "prepare", "root_files"]

_HEAD = 4096
"""Bytes of a page in which its stamp stands."""


def prepare(edition: Edition, encoded: str, texts: dict[str, str], folder: Folder) -> Callable[[], None]:
    """What publishes the day when it is called. Raises InputError when another day's ledger, which that needs, was
    changed; nothing is written then.
    """
    almanac = read_almanac(folder, coming={edition.date: encoded})
    newest = [
        edition if day.date == edition.date else folder.edition(day.date) for day in almanac.days[: -FEED_DAYS - 1 : -1]
    ]
    others = [day for day in _due(folder, almanac) if day != edition.date]
    for day in others:
        # Read, and not kept: after an upgrade all days of a long archive are due at once.
        folder.edition(day)
    own = tuple(day_files(folder, almanac, edition, texts.get))
    root = tuple(root_files(folder, almanac, newest))
    return partial(_publish, folder, almanac, ((folder.ledger(edition.date), encoded), *own), root, others, texts)


def _publish(
    folder: Folder,
    almanac: Almanac,
    own: tuple[tuple[Path, str], ...],
    root: tuple[tuple[Path, str], ...],
    others: list[date],
    texts: dict[str, str],
) -> None:
    """Sources first, so that no ledger ever points at a text that is not there; then the ledger; then what is made of
    ledgers.
    """
    folder.store_sources(texts)
    for path, content in own:
        write_whole(path, content)
    for day in others:
        edition = folder.edition(day)
        text_of = _stored(folder, edition)
        # A page whose source is gone is left for verify to name; it could only be made wrong.
        if text_of is not None:
            for path, content in day_files(folder, almanac, edition, text_of):
                write_whole(path, content)
    for path, content in root:
        write_whole(path, content)


def _due(folder: Folder, almanac: Almanac) -> Iterator[date]:
    """The days whose files are not there, or not what they should be."""
    for day in almanac.days:
        there = folder.markdown(day.date).is_file() and folder.mail(day.date).is_file()
        if not there or _stamped(folder.page(day.date)) != stamp(day.sha256, almanac.place(day.date)):
            yield day.date


def day_files(
    folder: Folder, almanac: Almanac, edition: Edition, text_of: Callable[[str], str | None]
) -> Iterator[tuple[Path, str]]:
    """What is made of one day's ledger, as it should be."""
    day, place = almanac.day(edition.date), almanac.place(edition.date)
    yield folder.markdown(edition.date), markdown(edition)
    yield folder.mail(edition.date), message(edition, day.said)
    yield folder.page(edition.date), day_page(edition, day.said, stamp(day.sha256, place), place, text_of)


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
