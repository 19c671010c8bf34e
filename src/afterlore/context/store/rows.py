"""Rows of ``node`` read as what they stand for: by id, by address, with what is refused on the way."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection

from afterlore.context.records import Kind, Levels, Node
from afterlore.context.store import index
from afterlore.context.store.database import raw
from afterlore.context.uri import MAX_DEPTH, Uri, key_of
from afterlore.core import ConflictError, InputError, NotFoundError

__all__ = [
    "COLUMNS",
    "ROOT_ID",
    "Row",
    "below",
    "child",
    "levels_of",
    "now",
    "require_depth",
    "require_free",
    "require_match",
    "require_movable",
    "required",
    "required_row",
    "resolve",
    "rows_of",
    "to_node",
]

ROOT_ID = 1
COLUMNS = (
    "node.id, node.parent, node.name, node.kind, node.title, node.type, node.version, node.created, node.modified,"
    " node.source, node.origin, node.hash, node.size, node.tags, node.position"
)


class Row(NamedTuple):
    """A row of ``node``, its columns as COLUMNS names them."""

    id: int
    parent: int
    name: str
    kind: Kind
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


def rows_of(connection: Connection, ids: Iterable[int]) -> dict[int, Row]:
    """Rows by id; those that are gone are left out."""
    return {
        row.id: row
        for lot, marks in index.batches(ids)
        for row in map(Row._make, raw(connection, f"SELECT {COLUMNS} FROM node WHERE id IN ({marks})", lot))
    }


def below(connection: Connection, id: int) -> list[Row]:
    """A node and all below it, parents first."""
    found = raw(
        connection,
        "WITH RECURSIVE scope (at) AS (SELECT ? UNION ALL SELECT node.id FROM node JOIN scope"
        f" ON node.parent = scope.at) SELECT {COLUMNS} FROM scope CROSS JOIN node ON node.id = scope.at",
        (id,),
    )
    return list(map(Row._make, found))


def to_node(row: Row, uri: Uri) -> Node:
    """The record of a row that stands at ``uri``."""
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


def levels_of(connection: Connection, ids: Iterable[int]) -> dict[int, Levels]:
    """L0 and L1 by id, of those that have them."""
    return {
        row[0]: Levels(row[1], row[2], row[3], row[4])
        for lot, marks in index.batches(ids)
        for row in connection.exec_driver_sql(
            f"SELECT node, abstract, overview, generator, basis FROM level WHERE node IN ({marks})", lot
        )
    }


def child(connection: Connection, parent: int, name: str, uri: Uri) -> Row | None:
    """The row of that name below a parent. Raises ConflictError when one that looks the same is there instead."""
    sql = f"SELECT {COLUMNS} FROM node WHERE parent = ? AND key = ?"
    found = raw(connection, sql, (parent, key_of(name))).fetchone()
    row = None if found is None else Row._make(found)
    if row is not None and row.name != name:
        raise ConflictError(
            f"{str(uri)!r} is not there, but {row.name!r} is, which looks the same or differs in case alone; use that "
            "name"
        )
    return row


def resolve(connection: Connection, uri: Uri) -> tuple[Row | None, Uri]:
    """The row at an address, or None with the part of the address that is there."""
    row = rows_of(connection, [ROOT_ID])[ROOT_ID]
    for depth, name in enumerate(uri.parts, start=1):
        try:
            below = child(connection, row.id, name, Uri(uri.parts[:depth]))
        except ConflictError:
            return None, Uri(uri.parts[: depth - 1])
        if below is None:
            return None, Uri(uri.parts[: depth - 1])
        row = below
    return row, uri


def required_row(connection: Connection, uri: Uri) -> Row:
    """The row at an address. Raises NotFoundError, which shows a look-alike that is there instead."""
    row, there = resolve(connection, uri)
    if row is None:
        name = uri.parts[len(there.parts)]
        # Raises with the spelling that is there.
        parent, _ = resolve(connection, there)
        assert parent is not None
        try:
            child(connection, parent.id, name, Uri((*there.parts, name)))
        except ConflictError as error:
            raise NotFoundError(str(error)) from None
        raise NotFoundError(f"nothing is at {str(uri)!r}; see: afterlore context ls {str(there)!r}")
    return row


def required(connection: Connection, uri: Uri) -> Node:
    """The node at an address. Raises NotFoundError."""
    return to_node(required_row(connection, uri), uri)


def require_free(connection: Connection, uri: Uri, *, but: int = 0) -> None:
    """Raises ConflictError when something stands at the address or looks as if it did."""
    parent, _ = resolve(connection, uri.parent)
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


def require_depth(connection: Connection, id: int, source: Uri, target: Uri) -> None:
    """Raises InputError when what lies below would have an address that cannot be written."""
    left = MAX_DEPTH - len(target.parts)
    if len(target.parts) <= len(source.parts):
        return
    deeper = raw(
        connection,
        "WITH RECURSIVE scope (at, depth) AS (SELECT ?, 0 UNION ALL SELECT node.id, depth + 1 FROM node JOIN scope"
        " ON node.parent = scope.at WHERE node.kind = 'dir' AND depth < ?)"
        " SELECT 1 FROM scope JOIN node ON node.parent = scope.at WHERE depth = ? LIMIT 1",
        (id, left, left),
    ).fetchone()
    if deeper is not None:
        raise InputError(
            f"what is below {str(source)!r} would be more than {MAX_DEPTH} names deep at {str(target)!r}; choose an "
            "address further up"
        )


def require_match(row: Row, uri: Uri, if_match: str | None) -> None:
    """Raises ConflictError when the etag no longer holds."""
    if if_match is not None and if_match != f"{row.id}.{row.version}":
        raise ConflictError(
            f"{str(uri)!r} has changed: its etag is {f'{row.id}.{row.version}'!r}, not {if_match!r}; read it again"
        )


def require_movable(uri: Uri) -> None:
    """Raises InputError for the top of the tree."""
    if len(uri.parts) < 2:
        raise InputError(f"{str(uri)!r} always stays; name something below it")


def now() -> str:
    """This moment, in the form of ``records.utc``."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
