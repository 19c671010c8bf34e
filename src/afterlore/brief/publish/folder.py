"""The folder that briefs are published in, and how a file gets there whole.

::

    DIR/.afterlore/context.sqlite      the library (``afterlore.brief.library``): articles, stories, past briefs
    DIR/.afterlore/journal.sqlite      what runs have done (both may be deleted: the next run makes them again)
    DIR/sources/<sha256>.txt           the stored text of each cited article
    DIR/<YYYY-MM-DD>/brief.json        the ledger of one day
    DIR/<YYYY-MM-DD>/brief.html        the same day, for readers; brief.md, brief.eml: as Markdown, as a mail
    DIR/index.html                     the archive
    DIR/feed.xml, DIR/feed.json        the newest days, for feed readers
    DIR/<YYYY-MM-DD>/edits.jsonl       what an editor did with it; it is nowhere else, so keep it
"""

import os
import tempfile
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from afterlore.brief.publish.edition import Edition, decode
from afterlore.core import InputError, digest

__all__ = ["Folder", "write_whole"]


class _Ledger(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    vertical: str


class Folder:
    """A publication folder. Nothing is made or changed before ``claim`` or a write."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.path / ".afterlore" / "journal.sqlite"

    @property
    def context(self) -> Path:
        """The context database's file."""
        return self.path / ".afterlore" / "context.sqlite"

    def claim(self) -> None:
        """Make the folder ours. Raises InputError when it holds something else, or cannot be made."""
        try:
            if self.path.exists() and not self.path.is_dir():
                raise InputError(f"{str(self.path)!r} is a file; name a folder with --out")
            # An editor's log that outlived all else is worth a build; it cannot be made again.
            ours = self.journal.parent.is_dir() or bool(self.days()) or any(self.path.glob("????-??-??/edits.jsonl"))
            if self.path.is_dir() and not ours and any(self.path.iterdir()):
                raise InputError(
                    f"{str(self.path)!r} is not empty and not made by afterlore; name a new or empty folder with --out"
                )
            self.journal.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"cannot make {str(self.path)!r}: {error.strerror}; name another folder with --out"
            ) from error

    def days(self) -> list[date]:
        """Days that have a ledger, oldest first."""
        found = []
        for ledger in self.path.glob("*/brief.json"):
            try:
                day = date.fromisoformat(ledger.parent.name)
            except ValueError:
                continue
            if day.isoformat() == ledger.parent.name:
                found.append(day)
        return sorted(found)

    def vertical(self) -> str | None:
        """Whose briefs these are, as the newest ledger that can be read says; None when there is none."""
        for day in reversed(self.days()):
            try:
                return _Ledger.model_validate_json(self.ledger(day).read_bytes()).vertical
            except (OSError, ValidationError):
                continue
        return None

    def ledger(self, day: date) -> Path:
        """Where a day's ``brief.json`` lies."""
        return self.path / day.isoformat() / "brief.json"

    def markdown(self, day: date) -> Path:
        """Where a day's ``brief.md`` lies."""
        return self.path / day.isoformat() / "brief.md"

    def edits(self, day: date) -> Path:
        """Where what an editor did with a day is kept."""
        return self.path / day.isoformat() / "edits.jsonl"

    def page(self, day: date) -> Path:
        """Where a day's ``brief.html`` lies."""
        return self.path / day.isoformat() / "brief.html"

    def mail(self, day: date) -> Path:
        """Where a day's ``brief.eml`` lies."""
        return self.path / day.isoformat() / "brief.eml"

    @property
    def archive(self) -> Path:
        """The index of all days."""
        return self.path / "index.html"

    @property
    def atom(self) -> Path:
        """The Atom feed."""
        return self.path / "feed.xml"

    @property
    def json_feed(self) -> Path:
        """The JSON Feed."""
        return self.path / "feed.json"

    def files(self, day: date) -> tuple[Path, ...]:
        """What publishing a day makes, besides stored sources: what readers open first comes first."""
        own = (self.page(day), self.markdown(day), self.ledger(day), self.mail(day))
        return (*own, self.archive, self.atom, self.json_feed)

    def source(self, sha256: str) -> Path:
        """Where the stored text of that digest lies."""
        return self.path / "sources" / f"{sha256}.txt"

    def edition(self, day: date) -> Edition:
        """The day's ledger. Raises InputError when it is not there or not as it was written."""
        try:
            return decode(self.ledger(day).read_bytes().decode())
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{day}/brief.json cannot be read: {error}; build {day} again") from error
        except InputError as error:
            raise InputError(f"{day}/brief.json: {error}; build {day} again, or move its folder away") from error

    def store_sources(self, texts: dict[str, str]) -> None:
        """Write the texts, by digest, that are not there yet."""
        for sha256, text in texts.items():
            if digest(text) != sha256:
                raise InputError(f"the text stored as {sha256[:12]}… has another digest; run the build again")
        for sha256 in texts:
            target = self.source(sha256)
            if not target.is_file() or digest(target.read_bytes()) != sha256:
                write_whole(target, texts[sha256])


def write_whole(path: Path, text: str) -> None:
    """Write the file so that, whatever happens, either the old or the new content is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    if path.is_file() and path.read_bytes() == data:
        return
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
