"""The journal: one SQLite file that remembers what a run has done, so that the next one need not do it again.

Rows are written in a transaction before the run goes on, so a run that was killed resumes at the first items that are
not there. Keys are digests of everything that the result depends on: a changed input or a changed stage finds
no row and is done anew. What it does not cover: two runs at once over one file (the second waits up to 30 seconds for
each write and both get the same rows).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlalchemy import Column, LargeBinary, MetaData, Table, Text, delete, insert, select

from afterlore.journal.database import open_journal

__all__ = ["Journal"]

_META = MetaData()
_DONE = Table(
    "done",
    _META,
    Column("stage", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)
_RESPONSE = Table(
    "response",
    _META,
    Column("url", Text, primary_key=True),
    Column("head", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
_BATCH = 500


class Journal:
    """Results by (stage, key), and HTTP responses by address. A context manager; closing it frees the file."""

    def __init__(self, path: Path) -> None:
        """Open ``path``, making it when it is not there. Raises InputError when the file is no journal of ours."""
        self._engine = open_journal(path)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()

    def recall(self, stage: str, keys: Iterable[str]) -> dict[str, str]:
        """The stored values of those keys that this stage has done."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, str] = {}
        with self._engine.connect() as connection:
            for at in range(0, len(wanted), _BATCH):
                chosen = _DONE.c.key.in_(wanted[at : at + _BATCH])
                rows = connection.execute(select(_DONE.c.key, _DONE.c.value).where(_DONE.c.stage == stage, chosen))
                found.update((row.key, row.value) for row in rows)
        return found

    def record(self, stage: str, values: Mapping[str, str]) -> None:
        """Store results, all or none; the first value of a key stands."""
        if not values:
            return
        rows = [{"stage": stage, "key": key, "value": value} for key, value in values.items()]
        with self._engine.begin() as connection:
            connection.execute(insert(_DONE).prefix_with("OR IGNORE"), rows)

    def replace(self, stage: str, values: Mapping[str, str]) -> None:
        """Store results that may change, all or none; the last value of a key stands."""
        if not values:
            return
        rows = [{"stage": stage, "key": key, "value": value} for key, value in values.items()]
        with self._engine.begin() as connection:
            connection.execute(insert(_DONE).prefix_with("OR REPLACE"), rows)

    def keys(self, stage: str) -> list[str]:
        """What this stage has done, in order."""
        with self._engine.connect() as connection:
            return list(connection.execute(select(_DONE.c.key).where(_DONE.c.stage == stage)).scalars())

    def forget(self, stage: str, key: str) -> None:
        """Take a result out; one that is not there is no error."""
        with self._engine.begin() as connection:
            connection.execute(delete(_DONE).where(_DONE.c.stage == stage, _DONE.c.key == key))

    def load_response(self, url: str) -> tuple[str, bytes] | None:
        """Head (JSON) and body of the response stored for an address."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(_RESPONSE.c.head, _RESPONSE.c.body).where(_RESPONSE.c.url == url)
            ).one_or_none()
        return None if row is None else (row.head, row.body)

    def store_response(self, url: str, head: str, body: bytes) -> None:
        """Store or replace the response of an address."""
        with self._engine.begin() as connection:
            statement = insert(_RESPONSE).prefix_with("OR REPLACE")
            connection.execute(statement, {"url": url, "head": head, "body": body})
