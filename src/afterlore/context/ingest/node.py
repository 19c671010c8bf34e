"""What ingestion hands over: trees of named nodes, one for each file or page, and the pieces that never became one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from afterlore.core import Record

__all__ = ["DIRECTORY", "Document", "Drop", "Heading", "Limits", "Node", "Unchanged"]

DIRECTORY = "inode/directory"
"""Media type of a node with children."""


@dataclass(frozen=True, slots=True)
class Heading:
    """One line of an outline. ``depth`` counts from 1 within the node."""

    depth: int
    title: str
    lead: str = ""
    """As ``Node.lead``."""


@dataclass(frozen=True, slots=True)
class Node:
    """One directory or file of a parsed tree. A directory has children and no text; a file has text and no children.

    The texts of a tree's files, joined in their order, are the text of the document that was parsed.
    """

    name: str
    """Safe as one part of a path, NFC, at most 255 bytes of UTF-8, unique among its siblings."""
    title: str
    """For people: one line, no markup."""
    text: str = ""
    """L2: what the source says, with ``\\n`` at the end of lines; empty for a directory."""
    media_type: str = "text/markdown"
    """``text/markdown``, ``text/plain``, ``text/x-python`` and the like, or DIRECTORY."""
    children: tuple[Self, ...] = ()
    """In the order of the document, which need not be that of the names."""
    lead: str = ""
    """What the source itself says that the node is about (a docstring, a description in front matter)."""
    outline: tuple[Heading, ...] = ()
    """The headings or symbols within a file, without its title; empty for a directory, whose children say it."""

    @property
    def is_directory(self) -> bool:
        """Whether it has children."""
        return self.media_type == DIRECTORY

    def walk(self, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Self]]:
        """Each node with its path, its own name last, parents before children, in document order."""
        path = (*above, self.name)
        yield path, self
        for child in self.children:
            yield from child.walk(path)


@dataclass(frozen=True, slots=True)
class Document:
    """One file or page that was read; one unit to write in one transaction."""

    path: tuple[str, ...]
    """Names from the root of the import down to ``node.name``. The first is the name of what was given: importing a
    folder ``docs`` gives ``("docs", "guide.md")``, a file ``("guide.md",)``. A file in an archive lies below the name
    of the archive."""
    node: Node
    source: str
    """Where it came from: the path below what was given, with ``/`` (``docs/guide.md``), ``archive.zip!/a/b.md`` for a
    file in an archive, or a web address. The same for the same source on every import; never a path of this machine."""
    sha256: str
    """Of the bytes that were read, 64 hexadecimal digits."""
    size: int
    """Bytes that were read."""
    modified: datetime | None = None
    """With offset: of the file, the archive's entry, or what the page or its front matter says."""
    tags: tuple[str, ...] = ()
    """From front matter, in order, each once."""
    front_matter: str = ""
    """The YAML block as it stood, without its fences; not part of any node's text."""
    url: str | None = None
    """The web address that front matter or the page names, or that it was fetched from."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A source whose bytes are known to the caller: it was not parsed, and it is still there."""

    path: tuple[str, ...]
    source: str
    sha256: str


class Drop(Record):
    """What was given and could not be used, or a remark about what was used (``kept``)."""

    source: str
    """Label of what was given: a feed, folder, file or address."""
    item: str
    """The file, entry or address in it."""
    reason: str
    """One word of the list in the docs."""
    detail: str
    """What was found, in one sentence."""
    fix: str = ""
    """What the reader can do about it; empty when nothing is wrong."""
    kept: bool = False
    """Whether it was used all the same (it has no date, say) and this is only a remark."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one import may take. Sizes are checked before anything is read or unpacked."""

    file_bytes: int = 32 * 1024 * 1024
    """Of one file, page or archive entry."""
    archive_bytes: int = 512 * 1024 * 1024
    """Of an archive itself, and of all that is unpacked from one, archives inside it included."""
    archive_entries: int = 20_000
    """Files in one archive, archives inside it included."""
    archive_ratio: int = 200
    """Unpacked bytes to packed bytes of one entry above 1 MiB; text reaches some 20."""
    archive_depth: int = 2
    """Archives within archives: 1 opens no archive that lies in another."""
    path_depth: int = 32
    """Folders above a file."""
    nodes: int = 2_000
    """Of one document; sections beyond it stay together in larger files."""
