"""What the store hands out and takes. Frozen; times are ISO 8601 with offset; sizes are bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from afterlore.context.uri import ROOT, Uri
from afterlore.core import InputError

__all__ = [
    "Document",
    "Draft",
    "Filter",
    "Finding",
    "Job",
    "Kind",
    "Levels",
    "Node",
    "Statistics",
    "Tombstone",
    "decoded",
    "utc",
]

Kind = Literal["dir", "file"]


def utc(moment: str) -> str:
    """The same moment in the one form in which moments are compared. Raises InputError."""
    try:
        read = datetime.fromisoformat(moment)
    except ValueError as error:
        raise InputError(f"{moment[:80]!r} is no time; write it as 2026-03-10T08:00:00+08:00") from error
    if read.tzinfo is None:
        raise InputError(f"{moment!r} has no offset; write it as 2026-03-10T08:00:00+08:00")
    return read.astimezone(UTC).isoformat(timespec="microseconds")


def decoded(content: bytes) -> str:
    """The text of a content, empty for one that is none."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return ""
    return "" if "\x00" in text else text


@dataclass(frozen=True, slots=True)
class Levels:
    """L0 and L1 of a node."""

    abstract: str
    """L0, at most 256 characters."""
    overview: str
    """L1, at most 4,000 characters."""
    generator: str = "extractive"
    """``extractive``, or the model that wrote them."""
    basis: str = ""
    """SHA-256 of what a model wrote them of; empty for what is extractive. They hold as long as it does: of a file the
    hash of its content, of a folder see ``Context.basis``.
    """


@dataclass(frozen=True, slots=True)
class Node:
    """A folder or file that is there."""

    id: int
    """Never given twice, and kept by a move."""
    parent: int
    uri: Uri
    kind: Kind
    title: str
    type: str
    """Media type; ``inode/directory`` for a folder."""
    etag: str
    """Another after every change of the node itself; pass it as ``if_match``."""
    created: str
    modified: str
    source: str
    """Where the content came from; empty when it was written here."""
    origin: str
    """What the source was when it was read: digests of its bytes, how they were read, and where it lay; empty like
    ``source``."""
    hash: str
    """SHA-256 of the content, 64 hexadecimal digits; empty for a folder."""
    size: int
    tags: tuple[str, ...] = ()
    position: int | None = None
    """Place among its siblings where they follow on each other (turns of a talk, sections of a text); None where they
    do not. Neighbours are looked for only among nodes that have one."""

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.uri.name

    @property
    def is_directory(self) -> bool:
        """Whether it can hold others."""
        return self.kind == "dir"


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to stand at an address."""

    content: bytes | None
    """None for a folder."""
    text: str | None = None
    """What is searched; None takes the content itself where it is UTF-8."""
    title: str = ""
    type: str = "text/plain"
    source: str = ""
    origin: str = ""
    tags: tuple[str, ...] | None = None
    """None keeps those that are there."""
    position: int | None = None
    """None keeps the one that is there."""
    levels: Levels | None = None
    created: str = ""
    """Kept when given (an import), else now."""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of all documents of the store; BM25 starts here."""

    documents: int
    terms: int
    """Terms in all documents, duplicates counted."""

    @property
    def average(self) -> float:
        """Terms of a document; 1 where there is none, so that nothing divides by zero."""
        return self.terms / self.documents if self.documents and self.terms else 1.0


@dataclass(frozen=True, slots=True)
class Document:
    """What a score needs of one document."""

    length: int
    """Terms, duplicates counted."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Of the terms that were asked for and occur."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which nodes may be found. All that is given must hold."""

    target: Uri = ROOT
    tags: tuple[str, ...] = ()
    """All of them."""
    types: tuple[str, ...] = ()
    """One of these media types; ``text/*`` stands for all that begin so."""
    since: str = ""
    """Modified at or after, ISO 8601 with offset."""
    until: str = ""
    """Modified before."""

    def __post_init__(self) -> None:
        """Raises InputError for what is no time."""
        for name in ("since", "until"):
            if said := getattr(self, name):
                object.__setattr__(self, name, utc(said))


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is leased: who holds it does it again if the holder dies. Doing it twice gives the same."""

    id: int
    kind: str
    key: str
    payload: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What was removed."""

    id: int
    uri: str
    removed: str
    nodes: int
    """How many nodes went with it, itself included."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that ``check`` found."""

    problem: str
    detail: str
    fix: str
    harmless: bool = False
    """Whether reading and finding are right all the same (space to be reclaimed, work that waits)."""
