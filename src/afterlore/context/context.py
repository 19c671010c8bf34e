"""The context database as its users have it: files and folders, their levels kept up to date, and find.

Every change also renews L0 and L1 of the folders above it, in the same transaction. A store can be any engine's.
"""

import fnmatch
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import NamedTuple, Self

import regex

from afterlore.context.ingest.node import Node as Parsed
from afterlore.context.levels import Child, directory_levels, file_levels
from afterlore.context.records import Draft, Filter, Levels, Node, decoded
from afterlore.context.search.embedding import Embedder, Mirror
from afterlore.context.search.find import CANDIDATES, Found, Searcher
from afterlore.context.search.propagate import Weights
from afterlore.context.store import SqliteStore, Store
from afterlore.context.uri import Uri
from afterlore.core import InputError, canonical_json, digest

__all__ = ["Context", "Match", "Matches", "TreeLine"]

_SHOWN_CHILDREN = 200
"""Children from which a folder's levels are made; L1 holds no more."""
_GREP_SECONDS = 10.0
_TYPES = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".txt": "text/plain",
    ".html": "text/html",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".csv": "text/csv",
    ".py": "text/x-python",
}


class TreeLine(NamedTuple):
    """One line of ``tree``."""

    depth: int
    node: Node


class Match(NamedTuple):
    """A line that a pattern was found in; ``line`` counts from 1."""

    uri: Uri
    line: int
    text: str


class Matches(NamedTuple):
    """What ``grep`` found. ``complete`` is false where it stopped at its limit."""

    matches: tuple[Match, ...]
    files: int
    complete: bool


class Context:
    """A context database. A context manager; closing it gives the store back."""

    def __init__(
        self, store: Store, *, embedder: Embedder | None = None, user: str = "default", weights: Weights | None = None
    ) -> None:
        self.store = store
        self._user = user
        self._local = threading.local()
        mirror = Mirror(store, embedder.model) if embedder is not None else None
        self._searcher = Searcher(store, embedder=embedder, mirror=mirror, weights=weights or Weights())

    @classmethod
    def open(cls, path: Path, *, embedder: Embedder | None = None, user: str = "default") -> "Context":
        """The database in ``path`` (made when it is not there), or ``context.sqlite`` in that folder."""
        if path.is_dir() or (not path.exists() and not path.suffix):
            path.mkdir(parents=True, exist_ok=True)
            path = path / "context.sqlite"
        elif not path.parent.is_dir():
            raise InputError(f"no such folder: {str(path.parent)!r}; make it, or name another")
        return cls(SqliteStore(path), embedder=embedder, user=user)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the store back."""
        self.store.close()

    def uri(self, text: str | Uri) -> Uri:
        """An address as this user writes it; ``~`` is the user's own folder."""
        return Uri.parse(text, user=self._user)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Many changes as one: all or none, and folders are summed up once, at the end."""
        if getattr(self._local, "touched", None) is not None:
            yield
            return
        with self.store.transaction():
            touched: set[Uri] = set()
            self._local.touched = touched
            try:
                yield
                self._renew(touched)
            finally:
                self._local.touched = None

    # ---- changing

    def mkdir(self, uri: str | Uri, *, title: str = "", tags: Sequence[str] | None = None) -> Node:
        """Have a folder there, with those above it."""
        place = self.uri(uri)
        with self.batch():
            node = self.store.put(place, Draft(None, title=title, tags=None if tags is None else tuple(tags)))
            self.touch(place)
        return node

    def write(
        self,
        uri: str | Uri,
        content: str | bytes,
        *,
        title: str = "",
        type: str = "",
        source: str = "",
        origin: str = "",
        tags: Sequence[str] | None = None,
        position: int | None = None,
        levels: Levels | None = None,
        modified: str = "",
        if_match: str | None = None,
        new: bool = False,
    ) -> Node:
        """Have this content there; see ``Store.put``. Title, type and levels are made from it where they are not given.

        Raises ConflictError when ``if_match`` no longer holds, or with ``new`` when something is there.
        """
        place = self.uri(uri)
        data = content.encode() if isinstance(content, str) else content
        text = decoded(data)
        title = title or _title(text, place.name)
        if levels is None and text:
            made = file_levels(Parsed(place.name, title, text))
            levels = Levels(made.abstract, made.overview)
        draft = Draft(
            data,
            title=title,
            type=type
            or _TYPES.get(
                PurePosixPath(place.name).suffix.lower(), "text/plain" if text else "application/octet-stream"
            ),
            source=source,
            origin=origin,
            tags=None if tags is None else tuple(tags),
            position=position,
            levels=levels,
            modified=modified,
        )
        with self.batch():
            node = self.store.put(place, draft, if_match=if_match, new=new)
            self.touch(place.parent)
        return node

    def mv(self, source: str | Uri, target: str | Uri, *, if_match: str | None = None) -> Node:
        """Move or rename; below ``target`` when that is a folder."""
        here, there = self.uri(source), self._into(source, target)
        with self.batch():
            node = self.store.move(here, there, if_match=if_match)
            self.touch(here.parent)
            self.touch(there.parent)
        return node

    def cp(self, source: str | Uri, target: str | Uri) -> Node:
        """Copy with all below; below ``target`` when that is a folder."""
        here, there = self.uri(source), self._into(source, target)
        with self.batch():
            node = self.store.copy(here, there)
            self.touch(there.parent)
        return node

    def rm(self, uri: str | Uri, *, recursive: bool = False, if_match: str | None = None) -> int:
        """Remove; how many nodes went."""
        place = self.uri(uri)
        with self.batch():
            gone = self.store.remove(place, recursive=recursive, if_match=if_match)
            self.touch(place.parent)
        return gone

    def tag(self, uri: str | Uri, tags: Sequence[str], *, if_match: str | None = None) -> Node:
        """Replace the tags."""
        return self.store.set_tags(self.uri(uri), tags, if_match=if_match)

    def _into(self, source: str | Uri, target: str | Uri) -> Uri:
        here, there = self.uri(source), self.uri(target)
        node = self.store.find_node(there)
        return there / here.name if node is not None and node.is_directory and there != here else there

    # ---- reading

    def stat(self, uri: str | Uri) -> Node:
        """What is known of a node. Raises NotFoundError."""
        return self.store.get(self.uri(uri))

    def ls(self, uri: str | Uri = "ctx://") -> list[Node]:
        """What a folder holds, in order; a file is listed itself."""
        node = self.stat(uri)
        return self.store.children(node) if node.is_directory else [node]

    def tree(self, uri: str | Uri = "ctx://", *, depth: int | None = None) -> Iterator[TreeLine]:
        """A node and all below it, parents first, down to ``depth``."""
        top = self.stat(uri)
        pending = [TreeLine(0, top)]
        while pending:
            line = pending.pop()
            yield line
            if line.node.is_directory and (depth is None or line.depth < depth):
                below = self.store.children(line.node)
                pending.extend(TreeLine(line.depth + 1, node) for node in reversed(below))

    def read(self, uri: str | Uri, *, offset: int = 0, limit: int | None = None) -> str:
        """The text of a file; ``limit`` lines after the first ``offset``. ``.abstract.md`` and ``.overview.md`` of a
        folder give its levels. Raises InputError for what is no text.
        """
        place = self.uri(uri)
        if place.name in (".abstract.md", ".overview.md"):
            levels = self.levels(place.parent)
            text = levels.abstract if place.name == ".abstract.md" else levels.overview
        else:
            node = self.store.get(place)
            if node.is_directory:
                raise InputError(f"{str(place)!r} is a folder; read its overview, or a file below it")
            try:
                text = self.store.body(node).decode()
            except UnicodeDecodeError as error:
                raise InputError(f"{str(place)!r} is no UTF-8 text ({node.type}); take it as bytes") from error
        if offset < 0 or (limit is not None and limit < 0):
            raise InputError("offset and limit count lines from 0 on; give whole numbers that are not negative")
        if not offset and limit is None:
            return text
        lines = text.splitlines(keepends=True)
        return "".join(lines[offset : None if limit is None else offset + limit])

    def download(self, uri: str | Uri) -> bytes:
        """The content, whole."""
        return self.store.body(self.stat(uri))

    def abstract(self, uri: str | Uri) -> str:
        """L0."""
        return self.levels(uri).abstract

    def overview(self, uri: str | Uri) -> str:
        """L1."""
        return self.levels(uri).overview

    def levels(self, uri: str | Uri) -> Levels:
        """L0 and L1; made on the spot where none are stored."""
        node = self.stat(uri)
        stored = self.store.levels([node.id]).get(node.id)
        if stored is not None:
            return stored
        if node.is_directory:
            return self._summary(node)
        made = file_levels(Parsed(node.name, node.title, decoded(self.store.body(node))))
        return Levels(made.abstract, made.overview)

    # ---- looking for

    def find(
        self,
        query: str,
        *,
        target: str | Uri = "ctx://",
        tags: Sequence[str] = (),
        types: Sequence[str] = (),
        since: str = "",
        until: str = "",
        limit: int = 10,
        max_tokens: int | None = None,
        neighbours: int = 0,
        weights: Weights | None = None,
        candidates: int = CANDIDATES,
        save: bool = True,
    ) -> Found:
        """The nodes that answer a query best, with the trace of how they were found; see ``search.find``. ``save``
        keeps the trace in the store; ``candidates`` nodes are scored, and fewer cost less.
        """
        keep = Filter(self.uri(target), tuple(tags), tuple(types), since, until)
        return self._searcher.find(
            query,
            keep,
            limit=limit,
            max_tokens=max_tokens,
            neighbours=neighbours,
            weights=weights,
            candidates=candidates,
            save=save,
        )

    def glob(self, pattern: str, *, target: str | Uri = "ctx://") -> list[Node]:
        """Nodes below ``target`` whose path matches: ``*`` and ``?`` within a name, ``**`` across names."""
        base = self.uri(target)
        parts = pattern.removeprefix("ctx://").removeprefix("viking://").strip("/").split("/")
        if pattern.startswith(("ctx://", "viking://")):
            base = Uri()
        skip = len(base.parts)
        with self.store.snapshot():
            nodes = list(self.store.walk(self.store.get(base)))
        return [node for node in nodes[1:] if _globbed(parts, node.uri.parts[skip:])]

    def grep(
        self,
        pattern: str,
        *,
        target: str | Uri = "ctx://",
        ignore_case: bool = False,
        limit: int = 1000,
        seconds: float = _GREP_SECONDS,
    ) -> Matches:
        """Lines of texts below ``target`` that a regular expression is found in. Raises InputError for a pattern that
        is none, or that takes longer than ``seconds`` in all.
        """
        try:
            compiled = regex.compile(pattern, regex.IGNORECASE if ignore_case else 0)
        except regex.error as error:
            raise InputError(f"{pattern[:80]!r} is no regular expression: {error}; mend it") from error
        end = time.monotonic() + seconds
        found: list[Match] = []
        files = 0
        for node in self.store.walk(self.stat(target)):
            if node.is_directory:
                continue
            text = decoded(self.store.body(node))
            files += bool(text) or not node.size
            for number, line in enumerate(text.splitlines(), start=1):
                left = end - time.monotonic()
                try:
                    hit = left > 0 and compiled.search(line, timeout=left)
                except TimeoutError:
                    left = 0
                if left <= 0:
                    raise InputError(
                        f"{pattern[:80]!r} took longer than {seconds:g} s; make it simpler, or search below one folder"
                    )
                if hit:
                    found.append(Match(node.uri, number, line))
                    if len(found) >= limit:
                        return Matches(tuple(found), files, False)
        return Matches(tuple(found), files, True)

    # ---- levels of folders

    def touch(self, folder: Uri) -> None:
        """Have the levels of a folder, and of those above it, renewed at the end of the batch that is open."""
        self._local.touched.add(folder)

    def _renew(self, folders: set[Uri]) -> None:
        """L0 and L1 of these folders, deepest first, and of those above as long as an L0 changes."""
        pending = {uri for uri in folders if len(uri.parts) > 0}
        while pending:
            place = max(pending, key=lambda uri: (len(uri.parts), uri.parts))
            pending.discard(place)
            node = self.store.find_node(place)
            if node is None:
                continue
            before = self.store.levels([node.id]).get(node.id)
            if before is not None and before.basis and before.basis == self.basis(node):
                continue
            after = self._summary(node)
            if before is None or (before.abstract, before.overview) != (after.abstract, after.overview):
                self.store.set_levels(node.id, after)
            if (before is None or before.abstract != after.abstract) and len(place.parts) > 1:
                pending.add(place.parent)

    def basis(self, node: Node) -> str:
        """What levels are made of, as 64 hexadecimal digits: a file's content, or a folder's title and what its
        children say.
        """
        if not node.is_directory:
            return node.hash
        rows, more = self.below(node)
        return digest(canonical_json([node.title or node.name, [list(row) for row in rows], more]))

    def below(self, node: Node) -> tuple[list[Child], int]:
        """The first children of a folder with their L0, and how many more there are."""
        children = self.store.children(node, limit=_SHOWN_CHILDREN)
        abstracts = self.store.abstracts(child.id for child in children)
        rows = []
        for child in children:
            files = None if child.is_directory else 0
            title = child.title or child.name
            rows.append(Child(child.name, title, abstracts.get(child.id, title), files))
        more = self.store.count_children(node) - len(children) if len(children) == _SHOWN_CHILDREN else 0
        return rows, more

    def _summary(self, node: Node) -> Levels:
        rows, more = self.below(node)
        made = directory_levels(node.title or node.name or "ctx://", rows, more=more)
        return Levels(made.abstract, made.overview)


def _title(text: str, name: str) -> str:
    for line in text[:4000].splitlines():
        if line.startswith("# ") and line[2:].strip():
            return " ".join(line[2:].split())[:200]
    return PurePosixPath(name).stem


def _globbed(pattern: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a path matches. At each part of the pattern: how many names what stands before it can have taken."""
    taken = {0}
    for at, part in enumerate(pattern):
        if part == "**":
            # At the end it stands for something below.
            least = int(at == len(pattern) - 1)
            taken = {after for before in taken for after in range(before + least, len(names) + 1)}
        else:
            taken = {one + 1 for one in taken if one < len(names) and fnmatch.fnmatchcase(names[one], part)}
    return len(names) in taken
