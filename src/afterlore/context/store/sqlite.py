"""The embedded engine: one SQLite file for one account, with a folder beside it for large contents."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection

from afterlore.context.records import Document, Draft, Filter, Finding, Job, Levels, Node, Statistics, Tombstone
from afterlore.context.store import audit, index
from afterlore.context.store.blobs import Blobs
from afterlore.context.store.database import Database, Transaction, raw
from afterlore.context.uri import ROOT, SCOPES, Uri, key_of
from afterlore.core import ConflictError, InputError, NotFoundError, digest

__all__ = ["INLINE", "LARGEST", "SqliteStore"]

INLINE = 1024 * 1024
"""Bytes of the largest content that stands in the database itself."""
LARGEST = 256 * 1024 * 1024
"""Bytes of the largest content that is kept."""
FOLDER = "inode/directory"
_TRACES = 1000
_ROOT_ID = 1
_NODE = (
    "node.id, node.parent, node.name, node.kind, node.title, node.type, node.version, node.created, node.modified,"
    " node.source, node.origin, node.hash, node.size, node.tags, node.position"
)


class _Row(NamedTuple):
    """A row of ``node``, its columns as _NODE names them."""

    id: int
    parent: int
    name: str
    kind: Any
    title: str
    type: str
    version: int
    created: str
    modified: str
    source: str
    origin: str
    hash: str
    size: int
    tags: str
    position: int | None


class SqliteStore:
    """A Store in one file. Threads may share it; so may processes, each with its own."""

    def __init__(self, path: Path) -> None:
        """Open ``path``, making it when it is not there. Raises InputError when it is no store, or a newer one's."""
        if path.is_dir():
            raise InputError(f"{str(path)!r} is a folder; name a file in it")
        self._db = Database(path)
        self._blobs = Blobs(path.with_name(path.name + ".blobs"))
        with self._db.reading() as connection:
            seeded = connection.exec_driver_sql("SELECT 1 FROM node").first()
        if not seeded:
            self._seed()

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    @property
    def database(self) -> Database:
        """The file; for upkeep, tests and benchmarks."""
        return self._db

    def _seed(self) -> None:
        with self._db.writing() as transaction:
            if transaction.connection.exec_driver_sql("SELECT 1 FROM node").first():
                return
            for number, name in enumerate(("", *SCOPES), start=_ROOT_ID):
                parent = 0 if number == _ROOT_ID else _ROOT_ID
                made = self._insert(transaction, parent, name, Draft(None, type=FOLDER))
                assert made == number

    def transaction(self) -> AbstractContextManager[None]:
        """See Store."""
        return self._transaction()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._db.writing():
            yield

    def snapshot(self) -> AbstractContextManager[None]:
        """See Store."""
        return self._snapshot()

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        with self._db.reading():
            yield

    # ---- looking up

    def find_node(self, uri: Uri) -> Node | None:
        """See Store."""
        with self._db.reading() as connection:
            row, _ = _resolve(connection, uri)
            return None if row is None else _node(row, uri)

    def get(self, uri: Uri) -> Node:
        """See Store."""
        with self._db.reading() as connection:
            return _required(connection, uri)

    def nodes(self, ids: Iterable[int]) -> dict[int, Node]:
        """See Store."""
        with self._db.reading() as connection:
            rows = _rows(connection, ids)
            above = dict(rows)
            missing = {row.parent for row in rows.values()} - above.keys() - {0}
            while missing:
                found = _rows(connection, missing)
                above |= found
                missing = {row.parent for row in found.values()} - above.keys() - {0}
            known: dict[int, Uri] = {_ROOT_ID: ROOT}

            def place(id: int) -> Uri | None:
                if id not in known:
                    row = above.get(id)
                    parent = place(row.parent) if row is not None else None
                    if row is None or parent is None:
                        return None
                    known[id] = Uri((*parent.parts, row.name))
                return known[id]

            return {id: _node(row, uri) for id, row in rows.items() if (uri := place(id)) is not None}

    def children(self, node: Node, *, limit: int | None = None) -> list[Node]:
        """See Store."""
        with self._db.reading() as connection:
            rows = raw(
                connection,
                f"SELECT {_NODE} FROM node WHERE parent = ? ORDER BY position IS NULL, position, key LIMIT ?",
                (node.id, -1 if limit is None else limit),
            )
            return [_node(row, Uri((*node.uri.parts, row.name))) for row in map(_Row._make, rows)]

    def count_children(self, node: Node) -> int:
        """See Store."""
        with self._db.reading() as connection:
            counted: int = connection.exec_driver_sql(
                "SELECT count(*) FROM node WHERE parent = ?", (node.id,)
            ).scalar_one()
            return counted

    def walk(self, node: Node) -> Iterator[Node]:
        """See Store."""
        pending = [node]
        while pending:
            one = pending.pop()
            yield one
            if one.is_directory:
                pending.extend(reversed(self.children(one)))

    def sources(self) -> list[Node]:
        """See Store."""
        with self._db.reading() as connection:
            rows = connection.exec_driver_sql("SELECT id FROM node WHERE source <> ''")
            return list(self.nodes([row[0] for row in rows]).values())

    # ---- changing

    def put(self, uri: Uri, draft: Draft, *, if_match: str | None = None, new: bool = False) -> Node:
        """See Store."""
        uri.refuse_reserved()
        content = draft.content
        if content is not None and len(content) > LARGEST:
            raise InputError(
                f"{str(uri)!r}: a content of {len(content):,} bytes; at most {LARGEST:,} are kept: split it"
            )
        if content is not None and len(content) > INLINE:
            self._blobs.write(content, digest(content))
        with self._db.writing() as transaction:
            if not uri.parts:
                raise InputError("the root is always there; write below one of " + ", ".join(SCOPES))
            parent = self._folder(transaction, uri.parent)
            row = _child(transaction.connection, parent, uri.name, uri)
            if row is None:
                if if_match is not None:
                    raise ConflictError(f"{str(uri)!r} is gone, so its etag {if_match!r} no longer holds; read again")
                id = self._insert(transaction, parent, uri.name, draft)
            else:
                id = row.id
                _match(row, uri, if_match)
                if new:
                    raise ConflictError(f"{str(uri)!r} is there already; write without 'new' to replace it")
                if (row.kind == "dir") != (content is None):
                    was, asked = ("folder", "file") if row.kind == "dir" else ("file", "folder")
                    raise ConflictError(f"{str(uri)!r} is a {was}, not a {asked}; remove it or choose another name")
                self._update(transaction, row, draft)
            return _node(_rows(transaction.connection, [id])[id], uri)

    def _folder(self, transaction: Transaction, uri: Uri) -> int:
        """The id of a folder, made with those above it."""
        at = _ROOT_ID
        for depth, name in enumerate(uri.parts, start=1):
            here = Uri(uri.parts[:depth])
            row = _child(transaction.connection, at, name, here)
            if row is None:
                at = self._insert(transaction, at, name, Draft(None, type=FOLDER))
            elif row.kind != "dir":
                raise ConflictError(f"{str(here)!r} is a file and holds nothing; choose another address")
            else:
                at = row.id
        return at

    def _insert(self, transaction: Transaction, parent: int, name: str, draft: Draft) -> int:
        now = _now()
        content = draft.content
        title = draft.title or ("" if parent in (0, _ROOT_ID) and content is None else name)
        values = (
            *(parent, name, key_of(name), "file" if content is not None else "dir", title),
            *(draft.type if content is not None else FOLDER, 1),
            *(_utc(draft.created) if draft.created else now, _utc(draft.modified) if draft.modified else now),
            *(draft.source, draft.origin, digest(content) if content is not None else "", len(content or b"")),
            *(_tags(draft.tags or ()), draft.position),
        )
        result = raw(
            transaction.connection,
            "INSERT INTO node (parent, name, key, kind, title, type, version, created, modified, source, origin, hash,"
            " size, tags, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )
        id = int(result.lastrowid or 0)
        if content is not None:
            _write_body(transaction, id, content)
        if draft.levels is not None:
            _write_levels(transaction, id, draft.levels)
        index.add_document(transaction, id, _text(draft, title))
        return id

    def _update(self, transaction: Transaction, row: Any, draft: Draft) -> None:
        content = draft.content
        sha256 = digest(content) if content is not None else ""
        title = draft.title or row.title
        facts = (
            *(title, draft.type if content is not None else FOLDER, draft.source, draft.origin),
            row.tags if draft.tags is None else _tags(draft.tags),
            row.position if draft.position is None else draft.position,
        )
        same = (row.title, row.type, row.source, row.origin, row.tags, row.position) == facts and row.hash == sha256
        levels = _levels(transaction.connection, [row.id]).get(row.id)
        if same and draft.text is None and draft.levels in (None, levels) and not draft.modified:
            return
        run = transaction.connection.exec_driver_sql
        run(
            "UPDATE node SET title = ?, type = ?, source = ?, origin = ?, tags = ?, position = ?,"
            " version = version + 1, modified = ?, hash = ?, size = ? WHERE id = ?",
            (*facts, _utc(draft.modified) if draft.modified else _now(), sha256, len(content or b""), row.id),
        )
        if content is not None and sha256 != row.hash:
            run("DELETE FROM body WHERE node = ?", (row.id,))
            _write_body(transaction, row.id, content)
            # A vector of what is no longer there must not find it.
            transaction.vectors += run("DELETE FROM vector WHERE node = ?", (row.id,)).rowcount
        new = draft.levels or levels
        if draft.levels is not None:
            _write_levels(transaction, row.id, draft.levels)
        elif content is not None and sha256 != row.hash:
            run("DELETE FROM level WHERE node = ?", (row.id,))
        if content is not None:
            index.add_document(transaction, row.id, _text(draft, title))
        else:
            index.add_document(transaction, row.id, f"{title}\n{new.abstract if new else ''}")

    def move(self, source: Uri, target: Uri, *, if_match: str | None = None) -> Node:
        """See Store."""
        target.refuse_reserved()
        with self._db.writing() as transaction:
            row = _required_row(transaction.connection, source)
            _match(row, source, if_match)
            _movable(source)
            if target == source:
                return _node(row, source)
            if target.within(source):
                raise InputError(f"{str(source)!r} cannot move below itself; choose an address outside it")
            parent = self._folder(transaction, target.parent)
            _free(transaction.connection, target, but=row.id)
            transaction.connection.exec_driver_sql(
                "UPDATE node SET parent = ?, name = ?, key = ?, version = version + 1,"
                " position = CASE WHEN parent = ? THEN position END WHERE id = ?",
                (parent, target.name, key_of(target.name), parent, row.id),
            )
            return _node(_rows(transaction.connection, [row.id])[row.id], target)

    def copy(self, source: Uri, target: Uri) -> Node:
        """See Store."""
        target.refuse_reserved()
        with self._db.writing() as transaction:
            run = transaction.connection.exec_driver_sql
            top = _required(transaction.connection, source)
            _movable(source)
            if target.within(source):
                raise InputError(f"{str(source)!r} cannot be copied below itself; choose an address outside it")
            parent = self._folder(transaction, target.parent)
            _free(transaction.connection, target)
            made: dict[int, int] = {}
            for node in self.walk(top):
                first = node.id == top.id
                name = target.name if first else node.name
                # A copy beside the original would be its own neighbour.
                result = run(
                    "INSERT INTO node (parent, name, key, kind, title, type, version, created, modified, source,"
                    " origin, hash, size, tags, position) SELECT ?, ?, ?, kind, title, type, 1, created, modified, '',"
                    " '', hash, size, tags, CASE WHEN ? THEN NULL ELSE position END FROM node WHERE id = ?",
                    (parent if first else made[node.parent], name, key_of(name), first, node.id),
                )
                id = made[node.id] = int(result.lastrowid)
                for table in ("body", "level", "vector"):
                    columns = {"body": "data, file", "level": "abstract, overview, generator"}
                    rest = columns.get(table, "model, hash, data")
                    done = run(f"INSERT INTO {table} SELECT ?, {rest} FROM {table} WHERE node = ?", (id, node.id))
                    transaction.vectors += done.rowcount if table == "vector" else 0
                index.copy_document(transaction, node.id, id)
            return _node(_rows(transaction.connection, [made[top.id]])[made[top.id]], target)

    def remove(self, uri: Uri, *, recursive: bool = False, if_match: str | None = None) -> int:
        """See Store."""
        with self._db.writing() as transaction:
            run = transaction.connection.exec_driver_sql
            row = _required_row(transaction.connection, uri)
            _match(row, uri, if_match)
            _movable(uri)
            ids = [
                found[0]
                for found in run(
                    "WITH RECURSIVE scope (id) AS (SELECT ? UNION ALL SELECT node.id FROM node JOIN scope"
                    " ON node.parent = scope.id) SELECT id FROM scope",
                    (row.id,),
                )
            ]
            if len(ids) > 1 and not recursive:
                raise InputError(f"{str(uri)!r} holds {len(ids) - 1} nodes; remove it with all below: rm --recursive")
            index.remove_documents(transaction, ids)
            for lot, marks in index.batches(ids):
                for table in ("body", "level"):
                    run(f"DELETE FROM {table} WHERE node IN ({marks})", lot)
                transaction.vectors += run(f"DELETE FROM vector WHERE node IN ({marks})", lot).rowcount
                run(f"DELETE FROM node WHERE id IN ({marks})", lot)
            run("INSERT INTO tombstone VALUES (?, ?, ?, ?)", (row.id, str(uri), _now(), len(ids)))
            return len(ids)

    def set_tags(self, uri: Uri, tags: Sequence[str], *, if_match: str | None = None) -> Node:
        """See Store."""
        with self._db.writing() as transaction:
            row = _required_row(transaction.connection, uri)
            _match(row, uri, if_match)
            written = _tags(tags)
            if written != row.tags:
                transaction.connection.exec_driver_sql(
                    "UPDATE node SET tags = ?, version = version + 1 WHERE id = ?", (written, row.id)
                )
            return _node(_rows(transaction.connection, [row.id])[row.id], uri)

    def tombstones(self, *, since: str = "") -> list[Tombstone]:
        """See Store."""
        with self._db.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT node, uri, removed, nodes FROM tombstone WHERE removed >= ? ORDER BY removed, node",
                (_utc(since) if since else "",),
            )
            return [Tombstone(*row) for row in rows]

    # ---- content

    def body(self, node: Node) -> bytes:
        """See Store."""
        with self._db.reading() as connection:
            row = raw(connection, "SELECT data, file FROM body WHERE node = ?", (node.id,)).fetchone()
        if row is None:
            raise NotFoundError(f"{str(node.uri)!r} has no content" + (": it is a folder" * node.is_directory))
        data, file = row
        return bytes(data) if file is None else self._blobs.read(file)

    def levels(self, ids: Iterable[int]) -> dict[int, Levels]:
        """See Store."""
        with self._db.reading() as connection:
            return _levels(connection, ids)

    def abstracts(self, ids: Iterable[int]) -> dict[int, str]:
        """See Store."""
        with self._db.reading() as connection:
            return {
                row[0]: row[1]
                for lot, marks in index.batches(ids)
                for row in raw(connection, f"SELECT node, abstract FROM level WHERE node IN ({marks})", lot)
            }

    def set_levels(self, id: int, levels: Levels) -> None:
        """See Store."""
        with self._db.writing() as transaction:
            row = _rows(transaction.connection, [id]).get(id)
            if row is None:
                raise NotFoundError(f"node {id} is gone; nothing was written")
            _write_levels(transaction, id, levels)
            if row.kind == "dir":
                index.add_document(transaction, id, f"{row.title}\n{levels.abstract}")

    # ---- the index

    def statistics(self) -> Statistics:
        """See Store."""
        with self._db.reading() as connection:
            return index.statistics(connection)

    def frequencies(self, terms: Iterable[str]) -> dict[str, int]:
        """See Store."""
        with self._db.reading() as connection:
            return index.frequencies(connection, terms)

    def candidates(self, terms: Sequence[str], keep: Filter, limit: int) -> list[int]:
        """See Store."""
        condition = index.conditions(_normal(keep))
        with self._db.reading() as connection:
            found = index.ranked(connection, terms, condition, None, limit)
            if not keep.target.parts:
                return found
            passed = self.passing(found, Filter(target=keep.target))
            kept = [id for id in found if id in passed]
            if len(found) < limit or 2 * len(kept) >= limit:
                return kept
            # The best of the whole store lie elsewhere; ask again for those of the target alone.
            scope = _required_row(connection, keep.target).id
            return index.ranked(connection, terms, condition, scope, limit)

    def passing(self, ids: Iterable[int], keep: Filter) -> set[int]:
        """See Store."""
        sql, values = index.conditions(_normal(keep))
        with self._db.reading() as connection:
            found = set(ids)
            if sql:
                found = {
                    row[0]
                    for lot, marks in index.batches(found)
                    for row in connection.exec_driver_sql(
                        f"SELECT id FROM node WHERE id IN ({marks}) AND {sql}", (*lot, *values)
                    )
                }
            if keep.target.parts:
                found = {id for id, node in self.nodes(found).items() if node.uri.within(keep.target)}
        return found

    def documents(self, ids: Iterable[int], terms: Sequence[str]) -> dict[int, Document]:
        """See Store."""
        with self._db.reading() as connection:
            return index.documents(connection, ids, terms)

    def neighbours(self, ids: Iterable[int]) -> dict[int, tuple[int | None, int | None]]:
        """See Store."""
        beside = "SELECT n.id FROM node AS n WHERE n.parent = node.parent AND n.position {} node.position"
        sql = (
            f"SELECT id, ({beside.format('<')} ORDER BY n.position DESC LIMIT 1),"
            f" ({beside.format('>')} ORDER BY n.position LIMIT 1) FROM node WHERE position IS NOT NULL AND id IN "
        )
        with self._db.reading() as connection:
            return {
                row[0]: (row[1], row[2])
                for lot, marks in index.batches(ids)
                for row in raw(connection, f"{sql}({marks})", lot)
            }

    # ---- vectors

    def put_vectors(self, model: str, rows: Iterable[tuple[int, str, bytes]]) -> int:
        """See Store."""
        written = 0
        with self._db.writing() as transaction:
            for node, sha256, data in rows:
                done = transaction.connection.exec_driver_sql(
                    "INSERT OR REPLACE INTO vector SELECT id, ?, ?, ? FROM node WHERE id = ? AND hash = ?",
                    (model, sha256, data, node, sha256),
                )
                written += done.rowcount
            transaction.vectors += written
        return written

    def vectors(self, model: str, *, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """See Store."""
        with self._db.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT node, data FROM vector WHERE model = ? AND node > ? ORDER BY node", (model, after)
            )
            for row in rows:
                yield row[0], row[1]

    def vector_state(self) -> int:
        """See Store."""
        with self._db.reading() as connection:
            state: int = connection.exec_driver_sql("SELECT vectors FROM statistics").scalar_one()
            return state

    def without_vector(self, model: str) -> list[int]:
        """See Store."""
        with self._db.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT id FROM node WHERE kind = 'file' AND size > 0 AND NOT EXISTS"
                " (SELECT 1 FROM vector WHERE vector.node = node.id AND vector.model = ? AND vector.hash = node.hash)",
                (model,),
            )
            return [row[0] for row in rows]

    # ---- jobs and traces

    def enqueue(self, kind: str, jobs: Mapping[str, str]) -> int:
        """See Store."""
        with self._db.writing() as transaction:
            done = 0
            for key, payload in jobs.items():
                done += transaction.connection.exec_driver_sql(
                    "INSERT OR IGNORE INTO job (kind, key, payload) VALUES (?, ?, ?)", (kind, key, payload)
                ).rowcount
            return done

    def lease(self, kind: str, *, seconds: float, limit: int) -> list[Job]:
        """See Store."""
        now = time.time()
        with self._db.writing() as transaction:
            rows = transaction.connection.exec_driver_sql(
                "UPDATE job SET leased_until = ?, attempts = attempts + 1 WHERE id IN"
                " (SELECT id FROM job WHERE kind = ? AND leased_until <= ? ORDER BY id LIMIT ?)"
                " RETURNING id, kind, key, payload, attempts",
                (now + seconds, kind, now, limit),
            )
            return sorted((Job(*row) for row in rows), key=lambda job: job.id)

    def finish(self, jobs: Iterable[Job]) -> None:
        """See Store."""
        with self._db.writing() as transaction:
            for lot, marks in index.batches(job.id for job in jobs):
                transaction.connection.exec_driver_sql(f"DELETE FROM job WHERE id IN ({marks})", lot)

    def fail(self, jobs: Iterable[Job], error: str) -> None:
        """See Store."""
        with self._db.writing() as transaction:
            for lot, marks in index.batches(job.id for job in jobs):
                transaction.connection.exec_driver_sql(
                    f"UPDATE job SET leased_until = 0, error = ? WHERE id IN ({marks})", (error[:1000], *lot)
                )

    def save_trace(self, id: str, query: str, body: str) -> None:
        """See Store."""
        with self._db.writing() as transaction:
            run = transaction.connection.exec_driver_sql
            run("INSERT OR REPLACE INTO trace VALUES (?, ?, ?, ?)", (id, _now(), query[:1000], body))
            run(
                "DELETE FROM trace WHERE made < (SELECT made FROM trace ORDER BY made DESC LIMIT 1 OFFSET ?)",
                (_TRACES - 1,),
            )

    def load_trace(self, id: str = "") -> str:
        """See Store."""
        with self._db.reading() as connection:
            row = connection.exec_driver_sql(
                "SELECT body FROM trace WHERE ? IN ('', id) ORDER BY made DESC, rowid DESC LIMIT 1", (id,)
            ).first()
        if row is None:
            raise NotFoundError(f"no trace {id!r}; run a find first" if id else "no trace is kept; run a find first")
        body: str = row[0]
        return body

    # ---- upkeep

    def check(self) -> list[Finding]:
        """See Store."""
        with self._db.reading() as connection:
            return audit.check(connection, self._blobs)

    def collect(self, *, grace: float = 3600) -> int:
        """See Store."""
        with self._db.writing() as transaction:
            rows = transaction.connection.exec_driver_sql("SELECT DISTINCT file FROM body WHERE file IS NOT NULL")
            used = {row[0] for row in rows}
            old = [name for name, age in self._blobs.names() if name not in used and age > grace]
            for name in old:
                self._blobs.delete(name)
            return len(old)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _utc(moment: str) -> str:
    """The same moment in the one form in which moments are compared. Raises InputError."""
    try:
        read = datetime.fromisoformat(moment)
    except ValueError as error:
        raise InputError(f"{moment!r} is no time; write it as 2026-03-10T08:00:00+08:00") from error
    if read.tzinfo is None:
        raise InputError(f"{moment!r} has no offset; write it as 2026-03-10T08:00:00+08:00")
    return read.astimezone(UTC).isoformat(timespec="microseconds")


def _normal(keep: Filter) -> Filter:
    since, until = (_utc(moment) if moment else "" for moment in (keep.since, keep.until))
    return Filter(keep.target, keep.tags, keep.types, since, until)


def _tags(tags: Sequence[str]) -> str:
    for tag in tags:
        if not tag.strip() or len(tag) > 100 or not tag.isprintable():
            raise InputError(f"the tag {tag[:40]!r} is empty, longer than 100 characters or not printable; change it")
    return json.dumps(sorted({tag.strip() for tag in tags}), ensure_ascii=False)


def _text(draft: Draft, title: str) -> str:
    text = draft.text
    if draft.content is None:
        text = draft.levels.abstract if draft.levels else ""
    elif text is None:
        try:
            text = draft.content.decode()
        except UnicodeDecodeError:
            text = ""
        if "\x00" in text:
            text = ""
    return text if text.lstrip("# \n").startswith(title) and title else f"{title}\n{text}"


def _rows(connection: Connection, ids: Iterable[int]) -> dict[int, Any]:
    return {
        row.id: row
        for lot, marks in index.batches(ids)
        for row in map(_Row._make, raw(connection, f"SELECT {_NODE} FROM node WHERE id IN ({marks})", lot))
    }


def _node(row: Any, uri: Uri) -> Node:
    return Node(
        id=row.id,
        parent=row.parent,
        uri=uri,
        kind=row.kind,
        title=row.title,
        type=row.type,
        etag=f"{row.id}.{row.version}",
        created=row.created,
        modified=row.modified,
        source=row.source,
        origin=row.origin,
        hash=row.hash,
        size=row.size,
        tags=() if row.tags == "[]" else tuple(json.loads(row.tags)),
        position=row.position,
    )


def _child(connection: Connection, parent: int, name: str, uri: Uri) -> Any | None:
    found = raw(connection, f"SELECT {_NODE} FROM node WHERE parent = ? AND key = ?", (parent, key_of(name))).fetchone()
    row = None if found is None else _Row._make(found)
    if row is not None and row.name != name:
        raise ConflictError(
            f"{str(uri)!r} is not there, but {row.name!r} is, which looks the same or differs in case alone; use that "
            "name"
        )
    return row


def _resolve(connection: Connection, uri: Uri) -> tuple[Any | None, Uri]:
    """The row at an address, or None with the part of the address that is there."""
    row = _rows(connection, [_ROOT_ID])[_ROOT_ID]
    for depth, name in enumerate(uri.parts, start=1):
        try:
            below = _child(connection, row.id, name, Uri(uri.parts[:depth]))
        except ConflictError:
            return None, Uri(uri.parts[: depth - 1])
        if below is None:
            return None, Uri(uri.parts[: depth - 1])
        row = below
    return row, uri


def _free(connection: Connection, uri: Uri, *, but: int = 0) -> None:
    """Raises ConflictError when something stands at the address or looks as if it did."""
    parent, _ = _resolve(connection, uri.parent)
    if parent is None:
        return
    row = connection.exec_driver_sql(
        "SELECT id, name FROM node WHERE parent = ? AND key = ?", (parent.id, key_of(uri.name))
    ).first()
    if row is not None and row.id != but:
        if row.name == uri.name:
            raise ConflictError(f"{str(uri)!r} is taken; remove what is there or choose another name")
        raise ConflictError(
            f"{str(uri)!r} looks the same as {row.name!r}, which is there, or differs in case alone; use that name, or "
            "another"
        )


def _required_row(connection: Connection, uri: Uri) -> Any:
    row, there = _resolve(connection, uri)
    if row is None:
        name = uri.parts[len(there.parts)]
        # Raises with the spelling that is there.
        parent, _ = _resolve(connection, there)
        assert parent is not None
        try:
            _child(connection, parent.id, name, Uri((*there.parts, name)))
        except ConflictError as error:
            raise NotFoundError(str(error)) from None
        raise NotFoundError(f"nothing is at {str(uri)!r}; see: afterlore context ls {str(there)!r}")
    return row


def _required(connection: Connection, uri: Uri) -> Node:
    return _node(_required_row(connection, uri), uri)


def _match(row: Any, uri: Uri, if_match: str | None) -> None:
    if if_match is not None and if_match != f"{row.id}.{row.version}":
        raise ConflictError(
            f"{str(uri)!r} has changed: its etag is {f'{row.id}.{row.version}'!r}, not {if_match!r}; read it again"
        )


def _movable(uri: Uri) -> None:
    if len(uri.parts) < 2:
        raise InputError(f"{str(uri)!r} always stays; name something below it")


def _levels(connection: Connection, ids: Iterable[int]) -> dict[int, Levels]:
    return {
        row[0]: Levels(row[1], row[2], row[3])
        for lot, marks in index.batches(ids)
        for row in connection.exec_driver_sql(
            f"SELECT node, abstract, overview, generator FROM level WHERE node IN ({marks})", lot
        )
    }


def _write_levels(transaction: Transaction, id: int, levels: Levels) -> None:
    raw(
        transaction.connection,
        "INSERT OR REPLACE INTO level VALUES (?, ?, ?, ?)",
        (id, levels.abstract, levels.overview, levels.generator),
    )


def _write_body(transaction: Transaction, id: int, content: bytes) -> None:
    row = (id, content, None) if len(content) <= INLINE else (id, None, digest(content))
    raw(transaction.connection, "INSERT INTO body VALUES (?, ?, ?)", row)
