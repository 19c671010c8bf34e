"""What a desk has learned by a day: a fold over the logs of the days before it, and over nothing else.

So a day that is built again is ranked as it was, whatever its own editor did since; and to forget is an event like
any other, which can be undone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from afterlore.brief.desk.edits import Edit, EditLog, Forget, Merge, Published, Split, live
from afterlore.brief.desk.experience import Correction, Day, lasting
from afterlore.brief.desk.taste import Taste
from afterlore.brief.desk.threshold import Threshold
from afterlore.brief.publish.folder import Folder

__all__ = ["NOTHING", "Learned", "forgets", "learned", "stamp"]


@dataclass(frozen=True, slots=True)
class Learned:
    """What editors' choices taught the ranker, and their corrections the clusterer."""

    taste: Taste
    threshold: Threshold

    @property
    def anything(self) -> bool:
        """Whether anything was learned."""
        return bool(self.taste.days or self.threshold.merges or self.threshold.splits)


NOTHING = Learned(Taste(), Threshold())


def learned(folder: Folder, day: date) -> Learned:
    """What the logs before ``day`` teach, from the last day on whose editor let the desk forget.

    Raises InputError when one of the logs is damaged.
    """
    logs = [(one, EditLog(folder.edits(one)).read()) for one in folder.edited() if one < day]
    since = max((one for one, log in logs if forgets(live(log))), default=None)
    logs = [(one, log) for one, log in logs if since is None or one >= since]
    days = (Day(date=one, decisions=e.decisions) for one, log in logs for e in log if isinstance(e, Published))
    return Learned(
        taste=Taste.of(lasting(days)),
        threshold=Threshold.of(correction for _, log in logs for correction in _corrections(log)),
    )


def forgets(edits: Iterable[Edit]) -> bool:
    """Whether one of a day's live edits lets it start from nothing."""
    return any(isinstance(edit, Forget) for edit in edits)


def stamp(folder: Folder, day: date) -> tuple[tuple[str, int, int], ...]:
    """Changes whenever ``learned`` may: the logs that it reads, by time and size."""
    files = (folder.edits(one) for one in folder.edited() if one < day)
    return tuple((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files)


def _corrections(log: tuple[Edit, ...]) -> Iterator[Correction]:
    for edit in live(log):
        if isinstance(edit, Merge | Split):
            yield Correction(kind=edit.verb, similarity=edit.similarity)
