"""One SQLite file: connections, transactions, migrations, and what its errors mean.

Writers queue: one at a time in a process by a lock, between processes by SQLite's own, which waits up to 30 seconds.
Readers wait for nobody. What a reader would like to note (its trace) is noted only if that can be done at once.
Nothing is left behind by a process that dies: the write-ahead log is rolled back by whoever opens the file next.
"""

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from afterlore.context.store.schema import MIGRATIONS
from afterlore.core import AfterloreError, InputError

__all__ = ["Database", "Occupied", "Transaction", "raw"]

_BUSY_SECONDS = 30
_MOMENT = 0.05
"""Seconds that a note may wait for the writers."""


class Occupied(InputError):
    """Somebody else is writing, and this was not worth waiting for."""


@dataclass(slots=True)
class Transaction:
    """A write under way, with what it will add to the statistics when it ends."""

    connection: Connection
    nested: bool = False
    terms: Counter[str] = field(default_factory=Counter)
    """Change of the number of documents that hold a term."""
    documents: int = 0
    length: int = 0
    vectors: int = 0

    def add(self, other: "Transaction") -> None:
        """Take over what an inner one has changed."""
        for term, change in other.terms.items():
            self.terms[term] += change
        self.documents += other.documents
        self.length += other.length
        self.vectors += other.vectors

    def flush(self) -> None:
        """Write the changes of the statistics."""
        changed = [(term, change) for term, change in self.terms.items() if change]
        if changed:
            self.connection.exec_driver_sql(
                "INSERT INTO term VALUES (?, ?)"
                " ON CONFLICT (term) DO UPDATE SET documents = documents + excluded.documents",
                sorted(changed),
            )
            fewer = [(term,) for term, change in changed if change < 0]
            if fewer:
                self.connection.exec_driver_sql("DELETE FROM term WHERE term = ? AND documents = 0", fewer)
        if self.documents or self.length or self.vectors:
            self.connection.exec_driver_sql(
                "UPDATE statistics SET documents = documents + ?, terms = terms + ?, vectors = vectors + ?",
                (self.documents, self.length, self.vectors),
            )
        self.terms.clear()
        self.documents = self.length = self.vectors = 0


class Database:
    """The file at ``path``, made when it is not there. Raises InputError when it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer = threading.RLock()
        self._local = threading.local()
        self._engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY_SECONDS})
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)
        try:
            self._migrate()
        except BaseException:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @property
    def engine(self) -> Engine:
        """For tests and benchmarks."""
        return self._engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment; within a transaction, that transaction's own."""
        outer: Transaction | None = getattr(self._local, "transaction", None)
        snapshot: Connection | None = getattr(self._local, "snapshot", None)
        if outer is not None:
            # What an inner one wrote here would be lost with it, and its changes taken over as written.
            if not outer.nested:
                outer.flush()
            with self._translated():
                yield outer.connection
        elif snapshot is not None:
            with self._translated():
                yield snapshot
        else:
            with self._translated(), self._engine.connect() as connection:
                self._local.snapshot = connection
                try:
                    with connection.begin():
                        yield connection
                finally:
                    self._local.snapshot = None

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """A transaction; within another one, a part of it that can fail by itself."""
        outer: Transaction | None = getattr(self._local, "transaction", None)
        if outer is not None:
            inner = Transaction(outer.connection, nested=True)
            self._require_open(outer.connection)
            with self._translated(), outer.connection.begin_nested():
                self._local.transaction = inner
                try:
                    yield inner
                finally:
                    self._local.transaction = outer
            outer.add(inner)
            return
        if getattr(self._local, "snapshot", None) is not None:
            raise InputError("a snapshot is for reading; write after it has ended")
        with self._writer, self._translated(), self._engine.connect() as connection, self._begun(connection) as begun:
            yield begun

    @contextmanager
    def noting(self) -> Iterator[Transaction]:
        """A transaction that gives up at once, with Occupied, where it would have to wait for a writer, or within a
        snapshot; within a transaction it is that of ``writing``.
        """
        if getattr(self._local, "transaction", None) is not None:
            with self.writing() as inner:
                yield inner
            return
        if getattr(self._local, "snapshot", None) is not None or not self._writer.acquire(timeout=_MOMENT):
            raise Occupied(f"{self.path.name!r} is in use; try again")
        try:
            with self._translated(), self._engine.connect() as connection:
                raw(connection, f"PRAGMA busy_timeout = {int(_MOMENT * 1000)}")
                try:
                    with self._begun(connection) as begun:
                        yield begun
                finally:
                    raw(connection, f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
        finally:
            self._writer.release()

    @contextmanager
    def _begun(self, plain: Connection) -> Iterator[Transaction]:
        connection = plain.execution_options(writing=True)
        with connection.begin():
            transaction = self._local.transaction = Transaction(connection)
            try:
                yield transaction
                self._require_open(connection)
                transaction.flush()
            finally:
                self._local.transaction = None

    def _require_open(self, connection: Connection) -> None:
        """SQLite ends a transaction by itself when the disk is full; what followed would be written piece by piece."""
        driver = connection.connection.driver_connection
        if driver is None or not driver.in_transaction:
            raise InputError(
                f"a failure has undone this change of {self.path.name!r}, all of it; free space, try again"
            )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            first = _first(error)
            if not isinstance(first, sqlite3.Error):
                raise first from error
            raise self._clear(first) from error

    def _clear(self, cause: BaseException | None) -> AfterloreError:
        # The low byte is the primary code; the rest says more than a user can use.
        code = (getattr(cause, "sqlite_errorcode", 0) or 0) & 0xFF
        name = repr(self.path.name)
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            return InputError(
                f"the disk of {name} is full or failing ({cause}); nothing of this change was kept: free space"
            )
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return Occupied(f"{name} was being written by another process for {_BUSY_SECONDS} seconds; try again")
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            return InputError(f"{name} cannot be opened for writing ({cause}); check the folder and its permissions")
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return InputError(
                f"{name} is not a context database that can be read ({cause}); move it away or restore it"
            )
        return InputError(f"{name} could not be used ({cause}); run: afterlore context check")

    def _migrate(self) -> None:
        with self.reading() as connection:
            if self._is_ours(connection) and self._version(connection) == len(MIGRATIONS):
                return
        with self.writing() as transaction:
            connection = transaction.connection
            done = self._version(connection) if self._is_ours(connection) else 0
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)")
            for number, statements in enumerate(MIGRATIONS[done:], start=done + 1):
                for statement in statements:
                    connection.exec_driver_sql(statement)
                connection.exec_driver_sql("INSERT INTO schema_version VALUES (?)", (number,))

    def _is_ours(self, connection: Connection) -> bool:
        """False for an empty file. Raises InputError for a database that holds something else."""
        tables = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and not {"schema_version", "node", "fulltext"} <= tables:
            raise InputError(f"{self.path.name!r} is a database of another kind; name another file")
        return bool(tables)

    def _version(self, connection: Connection) -> int:
        version: int = connection.exec_driver_sql("SELECT coalesce(max(version), 0) FROM schema_version").scalar_one()
        if version > len(MIGRATIONS):
            raise InputError(
                f"{self.path.name!r} was written by a newer afterlore (schema {version}, this one knows "
                f"{len(MIGRATIONS)}); upgrade this one"
            )
        return version


def _first(error: BaseException) -> BaseException:
    """What went wrong, and not that the transaction which SQLite then ended could not be ended again."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    # SQLAlchemy's own error stands between this one and the one that was on its way.
    before = error.__context__
    while before is not None and (before is cause or (isinstance(before, sqlite3.Error) and str(before) == str(cause))):
        before = before.__context__
    if "no such savepoint" in str(cause) and before is not None:
        return _first(before)
    return cause


def raw(connection: Connection, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
    """Run a statement on the driver's own connection, in the same transaction: for what runs hundreds of times a find,
    where SQLAlchemy's rows cost more than SQLite's.
    """
    driver = connection.connection.driver_connection
    assert driver is not None
    cursor: sqlite3.Cursor = driver.execute(sql, values)
    return cursor


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    # Transactions are begun by us alone, in _begin.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA cache_size=-16000")
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.close()


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
