"""The file of a journal: how it is opened, and its numbered migrations."""

from pathlib import Path

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError, OperationalError

from afterlore.core import InputError

__all__ = ["open_journal"]

_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE done (stage TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (stage, key))"
        " WITHOUT ROWID",
        "CREATE TABLE response (url TEXT PRIMARY KEY, head TEXT NOT NULL, body BLOB NOT NULL)",
    ),
    (
        "CREATE TABLE run (id TEXT PRIMARY KEY, began TEXT NOT NULL, head TEXT NOT NULL)",
        "CREATE TABLE event (run TEXT NOT NULL REFERENCES run, seq INTEGER NOT NULL, at TEXT NOT NULL,"
        " kind TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run, seq)) WITHOUT ROWID",
        "CREATE TABLE blob (sha256 TEXT PRIMARY KEY, body BLOB NOT NULL)",
        "CREATE TABLE cancel (run TEXT PRIMARY KEY REFERENCES run, at TEXT NOT NULL)",
    ),
)
"""Append-only: a migration that has landed is never changed. Number = place in the tuple, from 1."""


def open_journal(path: Path) -> Engine:
    """The file at ``path``, made and brought up to date. Raises InputError when it is no journal of ours."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})
    event.listen(engine, "connect", _durable)
    try:
        _migrate(engine, path)
    except OperationalError as error:
        engine.dispose()
        raise InputError(
            f"{path.name!r} cannot be opened for writing ({error.orig}); check the folder and its permissions"
        ) from error
    except DatabaseError as error:
        engine.dispose()
        raise InputError(f"{path.name!r} is not a journal that can be read ({error.orig}); move it away") from error
    except InputError:
        engine.dispose()
        raise
    return engine


def _durable(connection: object, _: object) -> None:
    """Write-ahead log with full sync at each checkpoint: a killed process loses nothing that it recorded."""
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _migrate(engine: Engine, path: Path) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)"))
        done = connection.execute(text("SELECT coalesce(max(version), 0) FROM schema_version")).scalar_one()
        if done > len(_MIGRATIONS):
            raise InputError(f"{path.name!r} was written by a newer afterlore (schema {done}); upgrade this one")
        for number, statements in enumerate(_MIGRATIONS[done:], start=done + 1):
            for statement in statements:
                connection.execute(text(statement))
            connection.execute(text("INSERT INTO schema_version VALUES (:version)"), {"version": number})
