"""From what ``ingest`` reads to the tree: one document, one transaction; what has not changed is not written again.

An import that was stopped goes on where it was: each document carries the digest of its source. A source that is gone
from a folder that is imported again is removed from the tree.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from afterlore.context.context import Context
from afterlore.context.ingest import VERSION, Document, Drop, Limits, Unchanged, ingest
from afterlore.context.ingest.walk import Ingested
from afterlore.context.levels import tree_levels
from afterlore.context.records import Draft, Levels, Node
from afterlore.context.uri import Uri
from afterlore.core import ConflictError, InputError, Progress, Silent
from afterlore.web.fetch import Fetcher

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
    fetcher: Fetcher | None = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    progress: Progress = Silent(),  # noqa: B008 - it holds nothing
) -> Added:
    """Import a file, folder, archive or web address below ``to``. Raises InputError when it cannot be begun."""
    target = context.uri(to)
    if not target.parts:
        raise InputError("the root holds no files; add below one of resources, user, agent")
    # Others may have written what came from the same place; only an import's own is replaced or removed.
    there = {
        node.source: node
        for node in context.store.sources()
        if node.uri.within(target) and node.uri != target and _ORIGIN.fullmatch(node.origin)
    }
    known = {source: node.origin for source, node in there.items()}
    done = Added()
    seen: set[str] = set()
    pieces = ingest(
        source,
        known=lambda label, sha256: known.get(label) == _origin(sha256),
        fetcher=fetcher,
        limits=limits,
        progress=progress,
    )
    while lot := list(islice(pieces, _BATCH)):
        with context.batch():
            for piece in lot:
                _one(context, piece, target, tags, there, done)
                seen.add(piece.item if isinstance(piece, Drop) else piece.source)
    if Path(source).is_dir():
        _sweep(context, Path(source), there, seen, done)
    return done


def _origin(sha256: str) -> str:
    return f"{sha256}:{VERSION}"


def _one(
    context: Context, piece: Ingested, target: Uri, tags: tuple[str, ...], there: dict[str, Node], done: Added
) -> None:
    if isinstance(piece, Unchanged):
        done.unchanged += 1
        done.tops.append(there[piece.source].uri)
    elif isinstance(piece, Drop):
        done.drops.append(piece)
    else:
        try:
            with context.store.transaction():
                done.nodes += _write(context, piece, target, tags, there.get(piece.source))
        except ConflictError as error:
            detail = f"it was not written: {error}"
            done.drops.append(
                Drop(source=piece.source, item=piece.source, reason="taken", detail=detail, fix="rename it")
            )
        else:
            done.documents += 1
            done.tops.append(Uri((*target.parts, *piece.path)))


def _write(context: Context, piece: Document, target: Uri, tags: tuple[str, ...], before: Node | None) -> int:
    """The document's tree as it is now; what it held before and holds no more goes."""
    store = context.store
    top = Uri.of((*target.parts, *piece.path))
    if before is not None and (before.uri != top or before.is_directory != piece.node.is_directory):
        store.remove(before.uri, recursive=True)
    levels = dict(tree_levels(piece.node))
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
            origin=_origin(piece.sha256) if len(path) == 1 else "",
            tags=tuple(dict.fromkeys((*tags, *piece.tags))),
            position=position if len(path) > 1 else None,
            levels=Levels(made.abstract, made.overview),
            modified=piece.modified.isoformat() if piece.modified else "",
        )
        store.put(uri, draft)
    if before is not None:
        _prune(context, top, kept)
    context.touch(top.parent)
    return len(kept)


def _prune(context: Context, top: Uri, kept: set[Uri]) -> None:
    node = context.store.find_node(top)
    for one in list(context.store.walk(node)) if node is not None else ():
        if one.uri not in kept and one.uri.parent in kept:
            context.store.remove(one.uri, recursive=True)


def _sweep(context: Context, folder: Path, there: dict[str, Node], seen: set[str], done: Added) -> None:
    name = folder.name or folder.resolve().name
    gone = [node for source, node in there.items() if source.startswith(f"{name}/") and source not in seen]
    for lot in _lots(gone):
        with context.batch():
            for node in lot:
                if context.store.find_node(node.uri) is not None:
                    context.rm(node.uri, recursive=True)
                    done.removed += 1


def _lots(nodes: list[Node]) -> Iterator[list[Node]]:
    return (nodes[at : at + _BATCH] for at in range(0, len(nodes), _BATCH))
