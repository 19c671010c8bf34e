"""The embedded engine: one SQLite file for one account, with a folder beside it for large contents."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from afterlore.context.records import Document, Draft, Filter, Finding, Job, Levels, Node, Statistics, Tombstone, utc
from afterlore.context.store import audit, index, tree
from afterlore.context.store.blobs import Blobs
from afterlore.context.store.database import Database, Occupied, raw
from afterlore.context.store.rows import (
    COLUMNS,
    ROOT_ID,
    Row,
    child,
    levels_of,
    now,
    require_match,
    required,
    required_row,
    resolve,
    rows_of,
    to_node,
)
from afterlore.context.uri import ROOT, SCOPES, Uri
from afterlore.core import ConflictError, InputError, NotFoundError, digest

__all__ = ["LARGEST", "SqliteStore"]

LARGEST = 256 * 1024 * 1024
"""Bytes of the largest content that is kept."""
FOLDER = "inode/directory"
_TRACES = 1000


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
            for number, name in enumerate(("", *SCOPES), start=ROOT_ID):
                parent = 0 if number == ROOT_ID else ROOT_ID
                made = tree.insert(transaction, parent, name, Draft(None, type=tree.FOLDER))
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
            row, _ = resolve(connection, uri)
            return None if row is None else to_node(row, uri)

    def get(self, uri: Uri) -> Node:
        """See Store."""
        with self._db.reading() as connection:
            return required(connection, uri)

    def nodes(self, ids: Iterable[int]) -> dict[int, Node]:
        """See Store."""
        with self._db.reading() as connection:
            rows = rows_of(connection, ids)
            above = dict(rows)
            missing = {row.parent for row in rows.values()} - above.keys() - {0}
            while missing:
                found = rows_of(connection, missing)
                above |= found
                missing = {row.parent for row in found.values()} - above.keys() - {0}
            known: dict[int, Uri] = {ROOT_ID: ROOT}

            def place(id: int) -> Uri | None:
                if id not in known:
                    row = above.get(id)
                    parent = place(row.parent) if row is not None else None
                    if row is None or parent is None:
                        return None
                    known[id] = Uri((*parent.parts, row.name))
                return known[id]

            return {id: to_node(row, uri) for id, row in rows.items() if (uri := place(id)) is not None}

    def children(self, node: Node, *, limit: int | None = None) -> list[Node]:
        """See Store."""
        with self._db.reading() as connection:
            rows = raw(
                connection,
                f"SELECT {COLUMNS} FROM node WHERE parent = ? ORDER BY position IS NULL, position, key LIMIT ?",
                (node.id, -1 if limit is None else limit),
            )
            return [to_node(row, Uri((*node.uri.parts, row.name))) for row in map(Row._make, rows)]

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
        large = content if content is not None and len(content) > tree.INLINE else None
        if large is not None:
            self._blobs.write(large, digest(large))
        with self._db.writing() as transaction:
            # What collects unused files writes as well, so from here on none goes that is there.
            if large is not None and self._blobs.size(digest(large)) is None:
                self._blobs.write(large, digest(large))
            if not uri.parts:
                raise InputError("the root is always there; write below one of " + ", ".join(SCOPES))
            parent = tree.folder(transaction, uri.parent)
            row = child(transaction.connection, parent, uri.name, uri)
            if row is None:
                if if_match is not None:
                    raise ConflictError(f"{str(uri)!r} is gone, so its etag {if_match!r} no longer holds; read again")
                id = tree.insert(transaction, parent, uri.name, draft)
            else:
                id = row.id
                require_match(row, uri, if_match)
                if new:
                    raise ConflictError(f"{str(uri)!r} is there already; write without 'new' to replace it")
                if (row.kind == "dir") != (content is None):
                    was, asked = ("folder", "file") if row.kind == "dir" else ("file", "folder")
                    raise ConflictError(f"{str(uri)!r} is a {was}, not a {asked}; remove it or choose another name")
                tree.update(transaction, row, draft)
            return to_node(rows_of(transaction.connection, [id])[id], uri)

    def move(self, source: Uri, target: Uri, *, if_match: str | None = None) -> Node:
        """See Store."""
        target.refuse_reserved()
        with self._db.writing() as transaction:
            return tree.move(transaction, source, target, if_match)

    def copy(self, source: Uri, target: Uri) -> Node:
        """See Store."""
        target.refuse_reserved()
        with self._db.writing() as transaction:
            return tree.copy(transaction, source, target)

    def remove(self, uri: Uri, *, recursive: bool = False, if_match: str | None = None) -> int:
        """See Store."""
        with self._db.writing() as transaction:
            return tree.remove(transaction, uri, recursive, if_match)

    def set_tags(self, uri: Uri, tags: Sequence[str], *, if_match: str | None = None) -> Node:
        """See Store."""
        with self._db.writing() as transaction:
            row = required_row(transaction.connection, uri)
            require_match(row, uri, if_match)
            written = tree.tag_list(tags)
            if written != row.tags:
                transaction.connection.exec_driver_sql(
                    "UPDATE node SET tags = ?, version = version + 1 WHERE id = ?", (written, row.id)
                )
            return to_node(rows_of(transaction.connection, [row.id])[row.id], uri)

    def tombstones(self, *, since: str = "") -> list[Tombstone]:
        """See Store."""
        with self._db.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT node, uri, removed, nodes FROM tombstone WHERE removed >= ? ORDER BY removed, node",
                (utc(since) if since else "",),
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
            return levels_of(connection, ids)

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
            row = rows_of(transaction.connection, [id]).get(id)
            if row is None:
                raise NotFoundError(f"node {id} is gone; nothing was written")
            tree.write_levels(transaction, id, levels, row.hash)
            if row.kind == "dir":
                index.add_document(transaction, id, f"{row.title}\n{levels.abstract}")

    def unwritten(self, model: str = "") -> list[int]:
        """See Store."""
        with self._db.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT node.id FROM node LEFT JOIN level ON level.node = node.id WHERE node.parent <> 0"
                " AND (node.size > 0 OR EXISTS (SELECT 1 FROM node AS inner WHERE inner.parent = node.id))"
                " AND (coalesce(level.basis, '') = '' OR ? NOT IN ('', level.generator))",
                (model,),
            )
            return [row[0] for row in rows]

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
        condition = index.conditions(keep)
        with self._db.reading() as connection:
            found = index.ranked(connection, terms, condition, None, limit)
            if not keep.target.parts:
                return found
            passed = self.passing(found, Filter(target=keep.target))
            kept = [id for id in found if id in passed]
            if len(found) < limit or 2 * len(kept) >= limit:
                return kept
            # The best of the whole store lie elsewhere; ask again for those of the target alone.
            scope = required_row(connection, keep.target).id
            return index.ranked(connection, terms, condition, scope, limit)

    def passing(self, ids: Iterable[int], keep: Filter) -> set[int]:
        """See Store."""
        sql, values = index.conditions(keep)
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

    def vectors(self, model: str, ids: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """See Store."""
        for lot, marks in index.batches(ids):
            with self._db.reading() as connection:
                sql = f"SELECT node, data FROM vector WHERE model = ? AND node IN ({marks})"
                found = raw(connection, sql, (model, *lot)).fetchall()
            yield from found

    def vector_hashes(self, model: str) -> dict[int, str]:
        """See Store."""
        with self._db.reading() as connection:
            return dict(raw(connection, "SELECT node, hash FROM vector WHERE model = ?", (model,)).fetchall())

    def vector_state(self) -> int:
        """See Store."""
        with self._db.reading() as connection:
            state: int = connection.exec_driver_sql("SELECT vectors FROM statistics").scalar_one()
            return state

    def vector_width(self, model: str) -> int | None:
        """See Store."""
        with self._db.reading() as connection:
            row = connection.exec_driver_sql(
                "SELECT length(data) / 4 FROM vector WHERE model = ? LIMIT 1", (model,)
            ).first()
            return None if row is None else int(row[0])

    def drop_vectors(self, model: str) -> int:
        """See Store."""
        with self._db.writing() as transaction:
            gone = transaction.connection.exec_driver_sql("DELETE FROM vector WHERE model = ?", (model,)).rowcount
            transaction.vectors += gone
            return gone

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
                " (SELECT id FROM job WHERE kind = ? AND leased_until <= ? ORDER BY attempts, id LIMIT ?)"
                " RETURNING id, kind, key, payload, attempts",
                (now + seconds, kind, now, limit),
            )
            return sorted((Job(*row) for row in rows), key=lambda job: job.id)

    def finish(self, jobs: Iterable[Job]) -> None:
        """See Store."""
        with self._db.writing() as transaction:
            for lot, marks in index.batches(job.id for job in jobs):
                transaction.connection.exec_driver_sql(f"DELETE FROM job WHERE id IN ({marks})", lot)

    def fail(self, jobs: Iterable[Job], error: str, *, tried: bool = True) -> None:
        """See Store."""
        with self._db.writing() as transaction:
            for lot, marks in index.batches(job.id for job in jobs):
                transaction.connection.exec_driver_sql(
                    "UPDATE job SET leased_until = 0, error = ?, attempts = max(0, attempts - ?)"
                    f" WHERE id IN ({marks})",
                    (error[:1000], int(not tried), *lot),
                )

    def save_trace(self, id: str, query: str, body: str) -> bool:
        """See Store."""
        try:
            with self._db.noting() as transaction:
                run = transaction.connection.exec_driver_sql
                run("INSERT OR REPLACE INTO trace VALUES (?, ?, ?, ?)", (id, now(), query[:1000], body))
                run(
                    "DELETE FROM trace WHERE made < (SELECT made FROM trace ORDER BY made DESC LIMIT 1 OFFSET ?)",
                    (_TRACES - 1,),
                )
        except Occupied:
            return False
        return True

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
