"""Changes of the tree inside one transaction: each keeps node, content, levels, index and statistics together."""

import json
from collections.abc import Sequence

from afterlore.context.records import Draft, Levels, Node, decoded, utc
from afterlore.context.store import index
from afterlore.context.store.database import Transaction, raw
from afterlore.context.store.rows import (
    ROOT_ID,
    Row,
    below,
    child,
    levels_of,
    now,
    require_depth,
    require_free,
    require_match,
    require_movable,
    required_row,
    rows_of,
    to_node,
)
from afterlore.context.uri import Uri, key_of
from afterlore.core import ConflictError, InputError, digest

__all__ = ["FOLDER", "INLINE", "copy", "folder", "insert", "move", "remove", "tag_list", "update", "write_levels"]

INLINE = 1024 * 1024
"""Bytes of the largest content that stands in the database itself."""
FOLDER = "inode/directory"


def folder(transaction: Transaction, uri: Uri) -> int:
    """The id of a folder, made with those above it."""
    at = ROOT_ID
    for depth, name in enumerate(uri.parts, start=1):
        here = Uri(uri.parts[:depth])
        row = child(transaction.connection, at, name, here)
        if row is None:
            at = insert(transaction, at, name, Draft(None, type=FOLDER))
        elif row.kind != "dir":
            raise ConflictError(f"{str(here)!r} is a file and holds nothing; choose another address")
        else:
            at = row.id
    return at


def insert(transaction: Transaction, parent: int, name: str, draft: Draft) -> int:
    """Make a node; its id."""
    moment = now()
    content = draft.content
    sha256 = digest(content) if content is not None else ""
    title = draft.title or ("" if parent in (0, ROOT_ID) and content is None else name)
    values = (
        *(parent, name, key_of(name), "file" if content is not None else "dir", title),
        *(draft.type if content is not None else FOLDER, 1),
        *(utc(draft.created) if draft.created else moment, utc(draft.modified) if draft.modified else moment),
        *(draft.source, draft.origin, sha256, len(content or b"")),
        *(tag_list(draft.tags or ()), draft.position),
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
        write_levels(transaction, id, draft.levels, sha256)
    index.add_document(transaction, id, _searched(draft, title))
    return id


def update(transaction: Transaction, row: Row, draft: Draft) -> None:
    """Make a node what the draft says; one that is that already keeps its etag."""
    content = draft.content
    sha256 = digest(content) if content is not None else ""
    title = draft.title or row.title
    facts = (
        *(title, draft.type if content is not None else FOLDER, draft.source, draft.origin),
        row.tags if draft.tags is None else tag_list(draft.tags),
        row.position if draft.position is None else draft.position,
    )
    same = (row.title, row.type, row.source, row.origin, row.tags, row.position) == facts and row.hash == sha256
    old = levels_of(transaction.connection, [row.id]).get(row.id)
    given = draft.levels
    if content is not None and given and not given.basis and old and old.basis == sha256 and title == row.title:
        # What a model wrote of this very content is not lost to an import that finds it unchanged.
        given = old
    created = utc(draft.created) if draft.created else row.created
    modified = utc(draft.modified) if draft.modified else row.modified
    times = (created, modified) == (row.created, row.modified)
    if same and times and draft.text is None and given in (None, old):
        return
    run = transaction.connection.exec_driver_sql
    run(
        "UPDATE node SET title = ?, type = ?, source = ?, origin = ?, tags = ?, position = ?,"
        " version = version + 1, created = ?, modified = ?, hash = ?, size = ? WHERE id = ?",
        (*facts, created, modified if draft.modified else now(), sha256, len(content or b""), row.id),
    )
    if content is not None and sha256 != row.hash:
        run("DELETE FROM body WHERE node = ?", (row.id,))
        _write_body(transaction, row.id, content)
        # A vector of what is no longer there must not find it.
        transaction.vectors += run("DELETE FROM vector WHERE node = ?", (row.id,)).rowcount
    new = given or old
    if given is not None:
        write_levels(transaction, row.id, given, sha256)
    elif content is not None and sha256 != row.hash:
        run("DELETE FROM level WHERE node = ?", (row.id,))
    if content is not None:
        index.add_document(transaction, row.id, _searched(draft, title))
    else:
        index.add_document(transaction, row.id, f"{title}\n{new.abstract if new else ''}")


def move(transaction: Transaction, source: Uri, target: Uri, if_match: str | None) -> Node:
    """Have what is at ``source`` at ``target``; see Store."""
    row = required_row(transaction.connection, source)
    require_match(row, source, if_match)
    require_movable(source)
    if target == source:
        return to_node(row, source)
    if target.within(source):
        raise InputError(f"{str(source)!r} cannot move below itself; choose an address outside it")
    require_depth(transaction.connection, row.id, source, target)
    parent = folder(transaction, target.parent)
    require_free(transaction.connection, target, but=row.id)
    transaction.connection.exec_driver_sql(
        "UPDATE node SET parent = ?, name = ?, key = ?, version = version + 1,"
        " position = CASE WHEN parent = ? THEN position END WHERE id = ?",
        (parent, target.name, key_of(target.name), parent, row.id),
    )
    return to_node(rows_of(transaction.connection, [row.id])[row.id], target)


def copy(transaction: Transaction, source: Uri, target: Uri) -> Node:
    """Have it at both; see Store."""
    run = transaction.connection.exec_driver_sql
    top = required_row(transaction.connection, source)
    require_movable(source)
    if target.within(source):
        raise InputError(f"{str(source)!r} cannot be copied below itself; choose an address outside it")
    require_depth(transaction.connection, top.id, source, target)
    parent = folder(transaction, target.parent)
    require_free(transaction.connection, target)
    made = {top.parent: parent}
    for old in below(transaction.connection, top.id):
        first = old.id == top.id
        name = target.name if first else old.name
        # A copy beside the original would be its own neighbour.
        result = run(
            "INSERT INTO node (parent, name, key, kind, title, type, version, created, modified, source,"
            " origin, hash, size, tags, position) SELECT ?, ?, ?, kind, title, type, 1, created, modified, '',"
            " '', hash, size, tags, CASE WHEN ? THEN NULL ELSE position END FROM node WHERE id = ?",
            (made[old.parent], name, key_of(name), first, old.id),
        )
        id = made[old.id] = int(result.lastrowid)
        for table in ("body", "level", "vector"):
            columns = {"body": "data, file", "level": "abstract, overview, generator, basis"}
            rest = columns.get(table, "model, hash, data")
            done = run(f"INSERT INTO {table} SELECT ?, {rest} FROM {table} WHERE node = ?", (id, old.id))
            transaction.vectors += done.rowcount if table == "vector" else 0
        index.copy_document(transaction, old.id, id)
    return to_node(rows_of(transaction.connection, [made[top.id]])[made[top.id]], target)


def remove(transaction: Transaction, uri: Uri, recursive: bool, if_match: str | None) -> int:
    """Take it out, and all below; how many nodes; see Store."""
    run = transaction.connection.exec_driver_sql
    row = required_row(transaction.connection, uri)
    require_match(row, uri, if_match)
    require_movable(uri)
    ids = [one.id for one in below(transaction.connection, row.id)]
    if len(ids) > 1 and not recursive:
        raise InputError(f"{str(uri)!r} holds {len(ids) - 1} nodes; remove it with all below: rm --recursive")
    index.remove_documents(transaction, ids)
    for lot, marks in index.batches(ids):
        for table in ("body", "level"):
            run(f"DELETE FROM {table} WHERE node IN ({marks})", lot)
        transaction.vectors += run(f"DELETE FROM vector WHERE node IN ({marks})", lot).rowcount
        run(f"DELETE FROM node WHERE id IN ({marks})", lot)
    run("INSERT INTO tombstone VALUES (?, ?, ?, ?)", (row.id, str(uri), now(), len(ids)))
    return len(ids)


def tag_list(tags: Sequence[str]) -> str:
    """As ``node.tags`` has them. Raises InputError."""
    for tag in tags:
        if not tag.strip() or len(tag) > 100 or not tag.isprintable():
            raise InputError(f"the tag {tag[:40]!r} is empty, longer than 100 characters or not printable; change it")
    return json.dumps(sorted({tag.strip() for tag in tags}), ensure_ascii=False)


def _searched(draft: Draft, title: str) -> str:
    text = draft.text
    if draft.content is None:
        text = draft.levels.abstract if draft.levels else ""
    elif text is None:
        text = decoded(draft.content)
    return text if text.lstrip("# \n").startswith(title) and title else f"{title}\n{text}"


def write_levels(transaction: Transaction, id: int, levels: Levels, sha256: str) -> None:
    """Store L0 and L1 over what was there. ``sha256`` is the hash of a file's content, which is then their basis."""
    basis = sha256 if levels.basis and sha256 else levels.basis
    raw(
        transaction.connection,
        "INSERT OR REPLACE INTO level (node, abstract, overview, generator, basis) VALUES (?, ?, ?, ?, ?)",
        (id, levels.abstract, levels.overview, levels.generator, basis),
    )


def _write_body(transaction: Transaction, id: int, content: bytes) -> None:
    row = (id, content, None) if len(content) <= INLINE else (id, None, digest(content))
    raw(transaction.connection, "INSERT INTO body VALUES (?, ?, ?)", row)
