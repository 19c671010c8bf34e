"""From what ``ingest`` reads to the tree: one document, one transaction; what has not changed is not written again.

An import that was stopped goes on where it was: each document carries the digest of its source. A source that is gone
from a folder or archive that is imported again is removed from the tree; one that cannot be looked at is not. What
came from another folder of the same name, or was written by hand, is not touched unless that is asked for.
"""

import os
import re
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from afterlore.context.context import Context
from afterlore.context.ingest import VERSION, Document, Drop, Limits, Unchanged, ingest
from afterlore.context.ingest.walk import Ingested, root_name
from afterlore.context.levels import tree_levels
from afterlore.context.records import Draft, Levels, Node
from afterlore.context.uri import MAX_DEPTH, Uri
from afterlore.core import ConflictError, InputError, Progress, Silent, digest
from afterlore.web.fetch import Fetcher
from afterlore.web.urls import is_web

__all__ = ["Added", "add"]

_ORIGIN = re.compile(r"[0-9a-f]{64}:.*")
_BATCH = 32
"""Documents of one transaction. Folders are summed up once in each."""


@dataclass(slots=True)
class Added:
    """What an import did."""

    documents: int = 0
    """Read and written."""
    nodes: int = 0
    unchanged: int = 0
    removed: int = 0
    """Documents whose source is gone."""
    drops: list[Drop] = field(default_factory=list)
    tops: list[Uri] = field(default_factory=list)
    """Where the documents stand."""


def add(
    context: Context,
    source: str,
    *,
    to: str | Uri = "ctx://resources",
    tags: tuple[str, ...] = (),
    replace: bool = False,
    fetcher: Fetcher | None = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    progress: Progress = Silent(),  # noqa: B008 - it holds nothing
) -> Added:
    """Import a file, folder, archive or web address below ``to``.

    ``replace`` lets it take the place of what came from elsewhere or was written by hand. Raises InputError when it
    cannot be begun.
    """
    target = context.uri(to)
    if not target.parts:
        raise InputError("the root holds no files; add below one of resources, user, agent")
    # Others may have written what came from the same place; only an import's own is replaced or removed.
    there = {
        node.source: node
        for node in context.store.sources()
        if node.uri.within(target) and node.uri != target and _ORIGIN.fullmatch(node.origin)
    }
    run = _Run(context, target, tags, replace, _place(source), there)
    pieces = ingest(source, known=run.known, fetcher=fetcher, limits=limits, progress=progress)
    prefixes: tuple[str, ...] = ()
    if not is_web(source):
        name = root_name(Path(source))
        prefixes = (f"{name}/", f"{name}!/")
        run.require_same_place(name, prefixes)
    while lot := list(islice(pieces, _BATCH)):
        with context.batch():
            for piece in lot:
                run.one(piece)
    if prefixes:
        run.sweep(prefixes)
    return run.done


def _place(source: str) -> str:
    """Tells two folders of one name apart without naming either."""
    return "" if is_web(source) or "\0" in source else digest(os.fsencode(os.path.realpath(source)))[:12]


@dataclass(slots=True)
class _Run:
    context: Context
    target: Uri
    tags: tuple[str, ...]
    replace: bool
    place: str
    there: dict[str, Node]
    """What was imported below the target before, by its source."""
    done: Added = field(default_factory=Added)
    seen: set[str] = field(default_factory=set)
    shut: list[str] = field(default_factory=list)
    """Beginnings of sources that could not be looked at, and so may be there still."""

    def origin(self, sha256: str) -> str:
        return f"{sha256}:{VERSION}:{self.place}"

    def known(self, source: str, sha256: str) -> bool:
        node = self.there.get(source)
        return node is not None and node.origin == self.origin(sha256)

    def require_same_place(self, name: str, prefixes: tuple[str, ...]) -> None:
        for source, node in self.there.items():
            if (source == name or source.startswith(prefixes)) and not node.origin.endswith(f":{self.place}"):
                if self.replace:
                    return
                raise InputError(
                    f"{str(node.uri)!r} came from another {name!r}, or from another place; choose another address "
                    "with --to, or let this one take its place with --replace"
                )

    def one(self, piece: Ingested) -> None:
        self.seen.add(piece.item if isinstance(piece, Drop) else piece.source)
        if isinstance(piece, Unchanged):
            node = self.there[piece.source]
            self._tag(node)
            self.done.unchanged += 1
            self.done.tops.append(node.uri)
        elif isinstance(piece, Drop):
            self.done.drops.append(piece)
            if not piece.kept:
                self._shut(piece)
        else:
            try:
                with self.context.store.transaction():
                    self._write(piece)
            except ConflictError as error:
                detail = f"it was not written: {error}"
                self.done.drops.append(
                    Drop(source=piece.source, item=piece.source, reason="taken", detail=detail, fix="see --replace")
                )

    def _shut(self, drop: Drop) -> None:
        self.shut.append(f"{drop.item}!/")
        if drop.reason in ("unreadable", "depth"):
            self.shut.append(f"{drop.item}/")
        if drop.reason == "limit":
            self.shut.append(drop.item.rpartition("!/")[0] + "!/")

    def _tag(self, top: Node) -> None:
        if not set(self.tags) <= set(top.tags):
            for node in self.context.store.walk(top):
                self.context.store.set_tags(node.uri, (*node.tags, *self.tags))

    def _write(self, piece: Document) -> None:
        """The document's tree as it is now; what it held before and holds no more goes. It stays where it was moved."""
        store = self.context.store
        before = self.there.get(piece.source)
        if before is not None:
            before = store.nodes([before.id]).get(before.id)
        # Checked name by name when it is written: what is too deep must not end the whole import.
        top = before.uri if before is not None else Uri((*self.target.parts, *piece.path))
        levels = dict(tree_levels(piece.node))
        deepest = len(top.parts) - 1 + max(map(len, levels))
        if deepest > MAX_DEPTH:
            raise ConflictError(f"{str(top)!r} would be {deepest} names deep; at most {MAX_DEPTH} are kept")
        self._make_room(piece, top, before)
        kept = set()
        position: int | None = None
        places: dict[tuple[str, ...], int] = {}
        for path, node in piece.node.walk():
            uri = Uri.of((*top.parts, *path[1:]))
            kept.add(uri)
            if len(path) > 1:
                position = places.get(path[:-1], 0)
                places[path[:-1]] = position + 1
            made = levels[path]
            draft = Draft(
                None if node.is_directory else node.text.encode(),
                title=node.title,
                type=node.media_type,
                source=piece.source if len(path) == 1 else "",
                origin=self.origin(piece.sha256) if len(path) == 1 else "",
                tags=tuple(dict.fromkeys((*self.tags, *piece.tags))),
                position=position if len(path) > 1 else None,
                levels=Levels(made.abstract, made.overview),
                modified=piece.modified.isoformat() if piece.modified else "",
            )
            store.put(uri, draft)
        if before is not None:
            _prune(self.context, top, kept)
        self.context.touch(top.parent)
        self.done.nodes += len(kept)
        self.done.documents += 1
        self.done.tops.append(top)

    def _make_room(self, piece: Document, top: Uri, before: Node | None) -> None:
        store = self.context.store
        other = store.find_node(top)
        if other is None:
            return
        if before is None and not self.replace:
            whence = f"came from {other.source!r}" if other.source else "was not imported"
            raise ConflictError(f"{str(top)!r} is there and {whence}; move it away, or put this in its place")
        if before is None or other.is_directory != piece.node.is_directory:
            store.remove(top, recursive=True)

    def sweep(self, prefixes: tuple[str, ...]) -> None:
        """Take out what the source holds no more."""
        shut = tuple(self.shut)
        gone = [
            node
            for source, node in self.there.items()
            if source.startswith(prefixes) and source not in self.seen and not source.startswith(shut)
        ]
        for at in range(0, len(gone), _BATCH):
            with self.context.batch():
                for node in self.context.store.nodes([one.id for one in gone[at : at + _BATCH]]).values():
                    self.context.rm(node.uri, recursive=True)
                    self.done.removed += 1


def _prune(context: Context, top: Uri, kept: set[Uri]) -> None:
    node = context.store.find_node(top)
    for one in list(context.store.walk(node)) if node is not None else ():
        if one.uri not in kept and one.uri.parent in kept:
            context.store.remove(one.uri, recursive=True)
