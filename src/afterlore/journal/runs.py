"""Runs: what each run of an agent did, as events that are only ever appended, in a journal's file.

What is about to be done is appended before it is done, so that a run whose process was killed at any moment goes on
from its last event. A run belongs to at most one process, by a lock that dies with it. Long texts stand once, by their
SHA-256. What a run's events mean is their writer's business; here they are a word and a JSON text.

Each append is a transaction in SQLite's write-ahead log, which a killed process does not undo; a machine that loses its
power may lose the last ones, never the order.
"""

import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import IntegrityError

from afterlore.core import ConflictError, InputError, NotFoundError, digest
from afterlore.journal.database import open_journal
from afterlore.journal.lock import FileLock

__all__ = ["Event", "Run", "RunRow", "Runs"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    seq: int
    """From 0 within its run, without gaps."""
    at: datetime
    kind: str
    body: str
    """JSON."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run as a list shows it."""

    id: str
    began: datetime
    head: str
    """JSON: what was known when it began."""
    events: int
    last: Event | None
    running: bool
    """Whether a process holds it now."""


class Runs:
    """The runs in one journal. A context manager; closing it frees the file and the runs that are still held."""

    def __init__(self, path: Path) -> None:
        """Open ``path``, making it and its folder when not there. Raises InputError when it is no journal of ours."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._engine = open_journal(path)
        self._held: dict[str, Run] = {}
        # A run appends some events for each request: one connection of the driver's own costs a third of the engine's.
        self._pooled = self._engine.raw_connection()
        self._turn = threading.Lock()

    def __enter__(self) -> "Runs":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back."""
        for run in list(self._held.values()):
            run.close()
        self._pooled.close()
        self._engine.dispose()

    @contextmanager
    def _writer(self) -> Iterator[sqlite3.Connection]:
        """The driver's connection, in a transaction of its own."""
        connection = self._pooled.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        with self._turn, connection:
            yield connection

    def begin(self, head: str) -> "Run":
        """A new run, held by this process; ``head`` is JSON, and holds no secrets."""
        while True:
            now = datetime.now(UTC)
            id = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
            lock = self._lock(id)
            if not lock.take():
                continue
            try:
                with self._engine.begin() as connection:
                    connection.exec_driver_sql("INSERT INTO run VALUES (?, ?, ?)", (id, now.isoformat(), head))
            except IntegrityError:
                lock.free()
                continue
            except BaseException:
                lock.free()
                raise
            return self._hold(Run(self, id, now, head, lock, 0))

    def resume(self, id: str) -> "Run":
        """A run that is there already, held by this process from now on.

        Raises NotFoundError, and ConflictError when another process (or another part of this one) holds it.
        """
        row = self.find(id)
        lock = self._lock(row.id)
        if not lock.take():
            raise ConflictError(f"run {row.id!r} is being worked on by another process; wait for it, or stop it first")
        with self._engine.connect() as connection:
            count = connection.exec_driver_sql("SELECT count(*) FROM event WHERE run = ?", (row.id,)).scalar_one()
        return self._hold(Run(self, row.id, row.began, row.head, lock, count))

    def find(self, id: str) -> RunRow:
        """One run, by its id or the beginning of it. Raises NotFoundError that names the latest ones."""
        with self._engine.connect() as connection:
            ids = connection.exec_driver_sql("SELECT id FROM run ORDER BY began DESC, id DESC").scalars().all()
        found = [one for one in ids if one == id] or [one for one in ids if id and one.startswith(id)]
        if len(found) != 1:
            known = ", ".join(ids[:5]) or "none yet"
            what = f"{len(found)} runs begin with" if found else "there is no run"
            raise NotFoundError(f"{what} {id!r}; the latest: {known}; afterlore runs ls shows all")
        return self._rows("WHERE run.id = ?", (found[0],))[0]

    def ls(self) -> list[RunRow]:
        """All runs, the latest first."""
        return self._rows("", ())

    def _rows(self, where: str, values: tuple[str, ...]) -> list[RunRow]:
        query = (
            "SELECT run.id, run.began, head, last.seq, last.at, last.kind, last.body FROM run"
            " LEFT JOIN event AS last ON last.run = run.id"
            " AND last.seq = (SELECT max(seq) FROM event WHERE run = run.id)"
            f" {where} ORDER BY run.began DESC, run.id DESC"
        )
        with self._engine.connect() as connection:
            rows = connection.exec_driver_sql(query, values).all()
        return [
            RunRow(
                id,
                datetime.fromisoformat(began),
                head,
                0 if seq is None else seq + 1,
                None if seq is None else Event(seq, datetime.fromisoformat(at), kind, body),
                self.is_held(id),
            )
            for id, began, head, seq, at, kind, body in rows
        ]

    def is_held(self, id: str) -> bool:
        """Whether a process works on it now."""
        if id in self._held:
            return True
        if not self._lock_path(id).exists():
            return False
        lock = self._lock(id)
        if not lock.take():
            return True
        lock.free()
        return False

    def events(self, id: str) -> list[Event]:
        """All events of a run, in order."""
        with self._engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT seq, at, kind, body FROM event WHERE run = ? ORDER BY seq", (id,))
            return [Event(seq, datetime.fromisoformat(at), kind, body) for seq, at, kind, body in rows]

    def blob(self, sha256: str) -> str:
        """A text by its SHA-256. Raises NotFoundError."""
        with self._engine.connect() as connection:
            body = connection.exec_driver_sql("SELECT body FROM blob WHERE sha256 = ?", (sha256,)).scalar()
        if body is None:
            raise NotFoundError(f"the journal {self.path.name!r} holds no text {sha256!r}")
        return bytes(body).decode()

    def cancel(self, id: str) -> bool:
        """Ask whoever works on a run to end it. Whether anybody does; if not, the run simply is not going on."""
        row = self.find(id)
        with self._engine.begin() as connection:
            now = datetime.now(UTC).isoformat()
            connection.exec_driver_sql("INSERT OR REPLACE INTO cancel VALUES (?, ?)", (row.id, now))
        return row.running

    def _lock_path(self, id: str) -> Path:
        return self.path.with_name(self.path.name + ".locks") / f"{id}.lock"

    def _lock(self, id: str) -> FileLock:
        return FileLock(self._lock_path(id))

    def _hold(self, run: "Run") -> "Run":
        self._held[run.id] = run
        with self._engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM cancel WHERE run = ?", (run.id,))
        return run


class Run:
    """One run that this process holds; ``close`` lets go of it, and it can be resumed."""

    def __init__(self, runs: Runs, id: str, began: datetime, head: str, lock: FileLock, count: int) -> None:
        self._runs = runs
        self._lock = lock
        self._next = count
        self.id = id
        self.began = began
        self.head = head

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it. Again does nothing."""
        self._runs._held.pop(self.id, None)
        self._lock.free()

    def append(self, kind: str, body: str, *, blobs: Iterable[str] = ()) -> Event:
        """Put down one event with the long texts that it refers to, all or nothing. Raises InputError: a full disk."""
        event = Event(self._next, datetime.now(UTC), kind, body)
        row = (self.id, event.seq, event.at.isoformat(), kind, body)
        texts = [(digest(text), text.encode()) for text in blobs]
        try:
            with self._runs._writer() as connection:
                connection.executemany("INSERT OR IGNORE INTO blob VALUES (?, ?)", texts)
                connection.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?)", row)
        except sqlite3.OperationalError as error:
            name = repr(self._runs.path.name)
            raise InputError(f"the journal {name} cannot be written ({error}); free space, then resume") from error
        self._next += 1
        return event

    def events(self) -> list[Event]:
        """All so far, in order."""
        return self._runs.events(self.id)

    def blob(self, sha256: str) -> str:
        """A text by its SHA-256. Raises NotFoundError."""
        return self._runs.blob(sha256)

    def is_cancelled(self) -> bool:
        """Whether somebody asked for its end since it was begun or resumed."""
        with self._runs._writer() as connection:
            return connection.execute("SELECT 1 FROM cancel WHERE run = ?", (self.id,)).fetchone() is not None
