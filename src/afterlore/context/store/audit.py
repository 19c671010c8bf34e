"""Whether tree, index, vectors and files agree. Reads all of it; changes nothing."""

import json
from collections import Counter

from sqlalchemy import Connection

from afterlore.context.records import Finding
from afterlore.context.store.blobs import Blobs

__all__ = ["check"]

_RESTORE = "restore the last export: afterlore context import"


def check(connection: Connection, blobs: Blobs) -> list[Finding]:
    """What does not hold; empty when all is well."""
    return [
        *_file(connection),
        *_tree(connection),
        *_rows(connection),
        *_statistics(connection),
        *_large(connection, blobs),
    ]


def _file(connection: Connection) -> list[Finding]:
    said = [row[0] for row in connection.exec_driver_sql("PRAGMA quick_check(5)")]
    return [] if said == ["ok"] else [Finding("damaged", f"SQLite says: {'; '.join(said)}", _RESTORE)]


def _count(connection: Connection, sql: str) -> int:
    counted: int = connection.exec_driver_sql(sql).scalar_one()
    return counted


def _tree(connection: Connection) -> list[Finding]:
    total = _count(connection, "SELECT count(*) FROM node")
    reached = _count(
        connection,
        "WITH RECURSIVE reached (id) AS (SELECT 1 UNION SELECT node.id FROM node JOIN reached"
        " ON node.parent = reached.id) SELECT count(*) FROM reached",
    )
    if reached != total:
        return [Finding("orphans", f"{total - reached} of {total} nodes hang on no folder", _RESTORE)]
    return []


def _rows(connection: Connection) -> list[Finding]:
    """Each node has one document and one full-text row; each file a body; nothing has any of them without a node."""
    found = []
    for table, column in (("document", "node"), ("fulltext_docsize", "id")):
        missing = _count(connection, f"SELECT count(*) FROM node WHERE id NOT IN (SELECT {column} FROM {table})")
        extra = _count(connection, f"SELECT count(*) FROM {table} WHERE {column} NOT IN (SELECT id FROM node)")
        if missing or extra:
            detail = f"{table}: {missing} nodes without a row, {extra} rows without a node"
            found.append(Finding("index", detail, _RESTORE))
    missing = _count(connection, "SELECT count(*) FROM node WHERE kind = 'file' AND id NOT IN (SELECT node FROM body)")
    if missing:
        found.append(Finding("content", f"{missing} files without content", _RESTORE))
    for table in ("body", "level", "vector"):
        extra = _count(connection, f"SELECT count(*) FROM {table} WHERE node NOT IN (SELECT id FROM node)")
        if extra:
            found.append(Finding("index", f"{table}: {extra} rows without a node", _RESTORE))
    stale = _count(
        connection, "SELECT count(*) FROM vector JOIN node ON node.id = vector.node WHERE vector.hash <> node.hash"
    )
    if stale:
        found.append(Finding("vectors", f"{stale} vectors of contents that have changed", _RESTORE))
    stale = _count(
        connection,
        "SELECT count(*) FROM level JOIN node ON node.id = level.node"
        " WHERE node.kind = 'file' AND level.basis NOT IN ('', node.hash)",
    )
    if stale:
        found.append(Finding("levels", f"{stale} levels of contents that have changed", _RESTORE))
    if _count(connection, "SELECT EXISTS (SELECT 1 FROM vector)"):
        missing = _count(connection, "SELECT count(*) FROM node WHERE size > 0 AND id NOT IN (SELECT node FROM vector)")
        if missing:
            detail = f"{missing} contents have none yet; words find them"
            found.append(Finding("vectors", detail, "they are made by the next run that has a model", harmless=True))
    waiting = _count(connection, "SELECT count(*) FROM job")
    if waiting:
        failed = _count(connection, "SELECT count(*) FROM job WHERE error <> ''")
        detail = f"{waiting} jobs wait, {failed} of them after a failure"
        found.append(Finding("jobs", detail, "they are done by the next run that has a model", harmless=True))
    return found


def _statistics(connection: Connection) -> list[Finding]:
    terms: Counter[str] = Counter()
    documents = length = 0
    for row in connection.exec_driver_sql("SELECT length, counts FROM document"):
        counts = json.loads(row[1])
        if sum(counts.values()) != row[0]:
            return [Finding("statistics", "a document's length is not that of its terms", _RESTORE)]
        terms.update(counts.keys())
        documents += row[0] > 0
        length += row[0]
    said = connection.exec_driver_sql("SELECT documents, terms FROM statistics").one()
    stored = {row[0]: row[1] for row in connection.exec_driver_sql("SELECT term, documents FROM term")}
    if (said[0], said[1]) != (documents, length) or stored != terms:
        different = len(set(stored.items()) ^ set(terms.items()))
        detail = (
            f"{said[0]} documents of {said[1]} terms are said, {documents} of {length} counted; "
            f"{different} terms differ"
        )
        return [Finding("statistics", detail, _RESTORE)]
    return []


def _large(connection: Connection, blobs: Blobs) -> list[Finding]:
    found = []
    rows = connection.exec_driver_sql(
        "SELECT body.file, node.size, node.name FROM body JOIN node ON node.id = body.node WHERE body.file IS NOT NULL"
    ).all()
    for name, size, title in rows:
        if blobs.size(name) != size:
            detail = f"the content of {title!r} ({name[:12]}…) is missing or cut short"
            found.append(Finding("content", detail, _RESTORE))
    used = {row[0] for row in rows}
    unused = sum(name not in used for name, _ in blobs.names())
    if unused:
        detail = f"{unused} files that no node has"
        found.append(Finding("unused files", detail, "they go with: afterlore context check --collect", harmless=True))
    return found
