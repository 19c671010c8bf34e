"""What an editor did, as events in a file that only grows: ``DIR/<day>/edits.jsonl``.

An event names a story by the ids of its articles, copies included, never by its place: the same day built again with
more articles still knows which story was meant. Undoing is an event too, so nothing that was done is ever erased, and
undoing an undo does it again.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError, from_json

from afterlore.brief.desk.experience import Decision
from afterlore.core import InputError, Record
from afterlore.report import clean

__all__ = [
    "LONGEST_LABEL",
    "LONGEST_TITLE",
    "Articles",
    "Deed",
    "Drop",
    "Edit",
    "EditLog",
    "Event",
    "Forget",
    "Merge",
    "Move",
    "Pin",
    "Promote",
    "Published",
    "Recategorise",
    "Reject",
    "Relabel",
    "Retitle",
    "Split",
    "Undo",
    "decode_edit",
    "line_of_text",
    "live",
    "undone",
]

LONGEST_TITLE = 120
"""Characters of a title that an editor writes; those of the outlets reach about 60."""
LONGEST_LABEL = 12
"""Characters of a bullet's label."""


_JOINER = "\u200d"


def line_of_text(text: str) -> str:
    """The text on one line, spaces trimmed. Raises ValueError when nothing is left (``empty``), and for what cannot be
    seen (``hidden``: controls, text direction, zero width): a title must be what it looks like. What joins two emoji
    into one is seen.
    """
    line = " ".join(text.split())
    if not line:
        raise PydanticCustomError("empty", "it is empty; write something")
    hidden = {char for char in line if not char.isprintable()}
    if clean(line).count(_JOINER) == line.count(_JOINER):
        hidden.discard(_JOINER)
    if hidden:
        said = ", ".join(f"U+{ord(char):04X}" for char in sorted(hidden))
        raise PydanticCustomError(
            "hidden", "it holds characters that cannot be seen ({said}); write it without them", {"said": said}
        )
    return line


def _short(longest: int) -> Callable[[str], str]:
    def measured(text: str) -> str:
        if len(text) > longest:
            raise PydanticCustomError("long", "it is longer than {longest} characters", {"longest": longest})
        return text

    return measured


def _label(text: str) -> str:
    label = line_of_text(text)
    if any(mark in label for mark in "：:。，"):
        raise ValueError("a label holds none of ： : 。 ，; the page sets the colon itself")
    return label


def _in_order(ids: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(ids)))


Articles = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=64)], ...], AfterValidator(_in_order)]
"""Ids of a story's articles and their copies: distinct, in order, so that one set has one spelling."""
Story = Annotated[Articles, Field(min_length=1)]
Line = Annotated[str, AfterValidator(line_of_text), AfterValidator(_short(LONGEST_TITLE))]


class Event(Record):
    """What all events say."""

    seq: int = Field(ge=1)
    """The event's line in the file, from 1."""
    at: AwareDatetime
    """When it was done."""


class Merge(Event):
    """These stories tell of one event."""

    verb: Literal["merge"] = "merge"
    stories: tuple[Story, ...] = Field(min_length=2)
    similarity: float | None = None
    """How alike the clusterer held them to be, as ``experience.Correction`` wants it; None when it cannot tell."""


class Split(Event):
    """``out`` tells of another event than the rest of ``story``."""

    verb: Literal["split"] = "split"
    story: Story
    out: Story
    similarity: float | None = None
    """As in ``Merge``."""

    @model_validator(mode="after")
    def _part(self) -> "Split":
        if not set(self.out) < set(self.story):
            raise ValueError("a split takes out some of the story's articles, and leaves some")
        return self


class Pin(Event):
    """Told whatever its rank, and first, behind what was pinned before it."""

    verb: Literal["pin"] = "pin"
    story: Story


class Promote(Event):
    """Told whatever its rank, in the order of the ranks."""

    verb: Literal["promote"] = "promote"
    story: Story


class Drop(Event):
    """Not told and not listed."""

    verb: Literal["drop"] = "drop"
    story: Story


class Move(Event):
    """Put right above or below another story."""

    verb: Literal["move"] = "move"
    story: Story
    side: Literal["above", "below"]
    anchor: Story


class Retitle(Event):
    """The title is the editor's own; the ledger says so (``title_by``)."""

    verb: Literal["retitle"] = "retitle"
    story: Story
    title: Line


class Recategorise(Event):
    """Another of the vertical's categories."""

    verb: Literal["recategorise"] = "recategorise"
    story: Story
    category: Line


class Relabel(Event):
    """Another label in front of a bullet. A claim's id is made of its words and their places in the sources."""

    verb: Literal["relabel"] = "relabel"
    story: Story
    claim: str = Field(min_length=1, max_length=64)
    label: Annotated[str, AfterValidator(_label), AfterValidator(_short(LONGEST_LABEL))]


class Reject(Event):
    """A statement that the brief shall not make."""

    verb: Literal["reject"] = "reject"
    story: Story
    claim: str = Field(min_length=1, max_length=64)


class Forget(Event):
    """What earlier days taught does not count from this day on."""

    verb: Literal["forget"] = "forget"


class Undo(Event):
    """An earlier event does not count; when that is an undo, what it undid counts again."""

    verb: Literal["undo"] = "undo"
    of: int = Field(ge=1)


class Published(Event):
    """The day was published as the desk showed it. What became of each candidate is what the desk learns from."""

    verb: Literal["published"] = "published"
    edition: str = Field(pattern="^[0-9a-f]{64}$")
    """SHA-256 of the ``brief.json`` that was written."""
    decisions: tuple[Decision, ...]


Deed = Merge | Split | Pin | Promote | Drop | Move | Retitle | Recategorise | Relabel | Reject
"""What is done to a story."""
Edit = Deed | Forget | Undo | Published
_EDIT: TypeAdapter[Edit] = TypeAdapter(Annotated[Edit, Field(discriminator="verb")])


def decode_edit(line: str | bytes) -> Edit:
    """The event that a line spells. Raises InputError that says what is wrong with it."""
    try:
        return _EDIT.validate_json(line)
    except ValidationError as error:
        raise InputError(_first(error)) from error


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return f"{where}: {first['msg']}" if where else first["msg"]


def live(events: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits that count, in order: what was not undone, without the undoing itself and what was published."""
    known = tuple(events)
    out = undone(known)
    return tuple(event for event in known if event.seq not in out and not isinstance(event, Undo | Published))


def undone(events: Iterable[Edit]) -> frozenset[int]:
    """The events that an undo took back which itself still counts, by ``seq``."""
    out: set[int] = set()
    for event in reversed(tuple(events)):
        if isinstance(event, Undo) and event.seq not in out:
            out.add(event.of)
    return frozenset(out)


class EditLog:
    """The file. Reading never changes it; a line counts once it is whole and on the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> tuple[Edit, ...]:
        """All events, oldest first. Without a file there are none; a last line that was cut off in writing is none, but
        one that only lacks its newline is.

        Raises InputError that names the line when the file is damaged.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise InputError(f"cannot read {str(self.path)!r}: {error.strerror}; make it readable") from error
        events: list[Edit] = []
        *lines, tail = data.split(b"\n")
        if not _torn(tail):
            lines.append(tail)
        for number, line in enumerate(lines, start=1):
            try:
                event = decode_edit(line)
                _fits(event, events)
            except InputError as error:
                raise InputError(
                    f"{self.path.parent.name}/{self.path.name} line {number} is damaged ({error}); restore the file "
                    "from a copy, or move it away to go on without edits"
                ) from error
            events.append(event)
        return tuple(events)

    def append(self, event: Edit, known: Sequence[Edit]) -> None:
        """Write the event behind ``known``, all that ``read`` gave; it is on the disk when this returns.

        Raises InputError when it does not come next or undoes what it cannot; OSError when the disk refuses it, and
        then the file is as it was.
        """
        _fits(event, known)
        data = (json.dumps(event.model_dump(mode="json"), ensure_ascii=False) + "\n").encode()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = not self.path.exists()
        with self.path.open("r+b" if not fresh else "x+b") as file:
            there = file.read()
            whole = there.rfind(b"\n") + 1
            if not _torn(there[whole:]):
                whole, data = len(there), b"\n" + data
            try:
                file.truncate(whole)
                file.seek(whole)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                file.truncate(whole)
                raise
        if fresh:
            _sync(self.path.parent)


def _torn(tail: bytes) -> bool:
    """Whether what stands behind the last newline is the beginning of a line, or nothing: no part of an event is JSON,
    so what is JSON was written whole, by an editor that puts no newline at the end.
    """
    try:
        from_json(tail)
    except ValueError:
        return True
    return False


def _fits(event: Edit, before: Sequence[Edit]) -> None:
    if event.seq != len(before) + 1:
        raise InputError(f"it says seq {event.seq}, and {len(before) + 1} comes next")
    if isinstance(event, Undo):
        if event.of >= event.seq:
            raise InputError(f"it undoes {event.of}, which is not before it")
        if isinstance(before[event.of - 1], Published):
            raise InputError(f"it undoes {event.of}, which published the day; that cannot be undone")


def _sync(folder: Path) -> None:
    """A new file's name is on the disk once its folder is; Windows opens no folders."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
