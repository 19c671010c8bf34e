"""What stands published of a day: its ledger, and whether all that is made of ledgers is as it should be."""

from itertools import chain
from pathlib import Path

from afterlore.brief.pipeline import Drafted
from afterlore.brief.publish.almanac import read_almanac
from afterlore.brief.publish.edition import Edition, decode
from afterlore.brief.publish.folder import Folder
from afterlore.brief.publish.site import FEED_DAYS, day_files, root_files
from afterlore.core import InputError

__all__ = ["Standing"]

_Stamp = tuple[tuple[Path, int, int], ...]


class Standing:
    """Looks at one day of a folder, and at a file again only when it has changed."""

    def __init__(self) -> None:
        self._ledger: tuple[str, Edition | None] = "", None
        self._files: tuple[_Stamp, bool] = (), False

    def look(self, folder: Folder, drafted: Drafted) -> tuple[Edition | None, bool]:
        """The day's edition, None when it cannot be read, and whether it is the draft in all its files."""
        try:
            ledger = folder.ledger(drafted.edition.date).read_bytes().decode()
        except (OSError, UnicodeDecodeError):
            ledger = ""
        if ledger == drafted.encoded:
            return drafted.edition, self._whole(folder, drafted)
        if self._ledger[0] != ledger:
            try:
                self._ledger = ledger, decode(ledger)
            except InputError:
                self._ledger = ledger, None
        return self._ledger[1], False

    def _whole(self, folder: Folder, drafted: Drafted) -> bool:
        stamp = _stamp(folder, drafted)
        if self._files[0] != stamp:
            self._files = stamp, _due(folder, drafted)
        return self._files[1]


def _stamp(folder: Folder, drafted: Drafted) -> _Stamp:
    """Changes whenever one of the files does, or what it is made of."""
    paths = [*folder.files(drafted.edition.date), *map(folder.ledger, folder.days())]
    found = []
    for path in paths:
        try:
            stat = path.stat()
        except OSError:
            continue
        found.append((path, stat.st_mtime_ns, stat.st_size))
    return tuple(found)


def _due(folder: Folder, drafted: Drafted) -> bool:
    """Whether page, Markdown, mail, archive and feeds are what the ledgers make them."""
    edition, texts = drafted.edition, drafted.telling.texts
    try:
        almanac = read_almanac(folder)
        newest = [folder.edition(day.date) for day in almanac.days[: -FEED_DAYS - 1 : -1]]
        made = chain(day_files(folder, almanac, edition, texts.get), root_files(folder, almanac, newest))
        return all(path.read_bytes() == due.encode() for path, due in made)
    except (InputError, OSError):
        return False
