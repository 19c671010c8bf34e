"""The full-text index with its own statistics, inside the transaction that changes the tree.

SQLite's FTS5 finds candidates; scores are made from ``document`` (terms of each node, with their counts), ``term`` (in
how many documents) and ``statistics``. The text that FTS5 is given is written out from the counts, so the same text can
be given again to take the row out: a contentless table needs exactly that.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection

from afterlore.context.records import Document, Filter, Statistics
from afterlore.context.store.database import Transaction, raw
from afterlore.context.tokens import is_cjk, term_counts

__all__ = [
    "INDEXED",
    "add_document",
    "batches",
    "conditions",
    "copy_document",
    "documents",
    "frequencies",
    "ranked",
    "remove_documents",
    "statistics",
]

INDEXED = 1_000_000
"""Characters of one text that are searched; what follows is kept and read, but not found."""
_POSTINGS = 8_000
"""Rows that one query ranks at most, as long as its rarest term has fewer. Common terms still count in the score."""
_POSTINGS_EACH = 27
"""The same for each row that is wanted: who wants few rows ranks fewer."""
_BATCH = 500


def batches(ids: Iterable[int]) -> Iterator[tuple[tuple[int, ...], str]]:
    """Ids in lots that one statement takes, with the question marks for them."""
    wanted = tuple(dict.fromkeys(ids))
    for at in range(0, len(wanted), _BATCH):
        lot = wanted[at : at + _BATCH]
        yield lot, ",".join("?" * len(lot))


def _columns(counts: dict[str, int]) -> tuple[str, str]:
    words: list[str] = []
    cjk: list[str] = []
    for term, count in counts.items():
        column = words if term.isascii() or not is_cjk(term) else cjk
        column.append(term if count == 1 else " ".join([term] * count))
    return " ".join(words), " ".join(cjk)


def _put(transaction: Transaction, node: int, counts: dict[str, int]) -> None:
    length = sum(counts.values())
    text = json.dumps(counts, ensure_ascii=False, separators=(",", ":"))
    run = partial(raw, transaction.connection)
    run("INSERT INTO document VALUES (?, ?, ?)", (node, length, text))
    run("INSERT INTO fulltext (rowid, words, cjk) VALUES (?, ?, ?)", (node, *_columns(counts)))
    transaction.terms.update(counts.keys())
    transaction.documents += length > 0
    transaction.length += length


def add_document(transaction: Transaction, node: int, text: str) -> None:
    """Make a node's text findable; what it had before is taken out. The same terms again change nothing."""
    counts: Counter[str] = term_counts(text[:INDEXED])
    row = raw(transaction.connection, "SELECT counts FROM document WHERE node = ?", (node,)).fetchone()
    if row is not None:
        if json.loads(row[0]) == counts:
            return
        remove_documents(transaction, [node])
    _put(transaction, node, dict(counts))


def copy_document(transaction: Transaction, source: int, target: int) -> None:
    """Index ``target`` with the terms of ``source``."""
    run = transaction.connection.exec_driver_sql
    _put(transaction, target, json.loads(run("SELECT counts FROM document WHERE node = ?", (source,)).scalar_one()))


def remove_documents(transaction: Transaction, ids: Iterable[int]) -> None:
    """Take nodes out of the index and the statistics."""
    run = transaction.connection.exec_driver_sql
    for lot, marks in batches(ids):
        rows = run(f"SELECT node, length, counts FROM document WHERE node IN ({marks})", lot).all()
        gone = []
        for node, length, text in rows:
            counts = json.loads(text)
            gone.append(("delete", node, *_columns(counts)))
            transaction.terms.subtract(counts.keys())
            transaction.documents -= length > 0
            transaction.length -= length
        if gone:
            run("INSERT INTO fulltext (fulltext, rowid, words, cjk) VALUES (?, ?, ?, ?)", gone)
        run(f"DELETE FROM document WHERE node IN ({marks})", lot)


def statistics(connection: Connection) -> Statistics:
    """Of all documents."""
    row = connection.exec_driver_sql("SELECT documents, terms FROM statistics").one()
    return Statistics(row[0], row[1])


def frequencies(connection: Connection, terms: Iterable[str]) -> dict[str, int]:
    """In how many documents each term occurs."""
    wanted = list(dict.fromkeys(terms))
    found: dict[str, int] = {}
    for at in range(0, len(wanted), _BATCH):
        lot = tuple(wanted[at : at + _BATCH])
        marks = ",".join("?" * len(lot))
        rows = raw(connection, f"SELECT term, documents FROM term WHERE term IN ({marks})", lot)
        found.update((row[0], row[1]) for row in rows)
    return found


def documents(connection: Connection, ids: Iterable[int], terms: Sequence[str]) -> dict[int, Document]:
    """Lengths and counts."""
    # A term holds letters and digits alone, so it stands in the JSON as it is, and looking is cheaper than parsing.
    looked = [(term, f'"{term}":') for term in terms]
    found: dict[int, Document] = {}
    for lot, marks in batches(ids):
        rows = raw(connection, f"SELECT node, length, counts FROM document WHERE node IN ({marks})", lot)
        for node, length, text in rows:
            counts = {}
            for term, sign in looked:
                at = text.find(sign)
                if at >= 0:
                    at += len(sign)
                    end = at
                    while text[end].isdigit():
                        end += 1
                    counts[term] = int(text[at:end])
            found[node] = Document(length, counts)
    return found


def ranked(
    connection: Connection, terms: Sequence[str], condition: tuple[str, tuple[Any, ...]], scope: int | None, limit: int
) -> list[int]:
    """Ids by FTS5's own rank, through the rarest terms of the query. ``scope`` is the node to stay below."""
    known = frequencies(connection, terms)
    chosen: list[str] = []
    postings, most = 0, min(_POSTINGS, _POSTINGS_EACH * limit)
    for term in sorted(known, key=lambda term: (known[term], term)):
        postings += known[term]
        if chosen and postings > most:
            break
        chosen.append(f'"{term}"')
    if not chosen:
        return []
    sql, values = condition
    head = tail = ""
    first: tuple[Any, ...] = ()
    if scope is not None:
        head = (
            "WITH RECURSIVE scope (id) AS (SELECT ? UNION ALL SELECT node.id FROM node JOIN scope"
            " ON node.parent = scope.id) "
        )
        first = (scope,)
        # The plus keeps SQLite from asking the index once for every row of the scope.
        tail = " AND +fulltext.rowid IN (SELECT id FROM scope)"
    if sql:
        head += (
            "SELECT fulltext.rowid FROM fulltext CROSS JOIN node ON node.id = fulltext.rowid WHERE fulltext MATCH ?"
            f"{tail} AND {sql}"
        )
    else:
        head += f"SELECT fulltext.rowid FROM fulltext WHERE fulltext MATCH ?{tail}"
    rows = raw(connection, f"{head} ORDER BY fulltext.rank LIMIT ?", (*first, " OR ".join(chosen), *values, limit))
    return [row[0] for row in rows]


def conditions(keep: Filter) -> tuple[str, tuple[Any, ...]]:
    """The filter's own part as SQL over ``node``; empty when it asks for nothing but a target."""
    parts: list[str] = []
    values: list[Any] = []
    for tag in keep.tags:
        parts.append("EXISTS (SELECT 1 FROM json_each(node.tags) WHERE json_each.value = ?)")
        values.append(tag)
    if keep.types:
        parts.append("(" + " OR ".join("node.type GLOB ?" for _ in keep.types) + ")")
        values.extend(kind.replace("[", "[[]").replace("?", "[?]") for kind in keep.types)
    if keep.since:
        parts.append("node.modified >= ?")
        values.append(keep.since)
    if keep.until:
        parts.append("node.modified < ?")
        values.append(keep.until)
    return " AND ".join(parts), tuple(values)
