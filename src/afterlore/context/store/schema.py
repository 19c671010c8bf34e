"""The tables of a store in SQLite, as numbered migrations."""

__all__ = ["MIGRATIONS"]

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE node (id INTEGER PRIMARY KEY AUTOINCREMENT, parent INTEGER NOT NULL, name TEXT NOT NULL,"
        " key TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('dir', 'file')), title TEXT NOT NULL,"
        " type TEXT NOT NULL, version INTEGER NOT NULL, created TEXT NOT NULL, modified TEXT NOT NULL,"
        " source TEXT NOT NULL, origin TEXT NOT NULL, hash TEXT NOT NULL, size INTEGER NOT NULL, tags TEXT NOT NULL,"
        " position INTEGER,"
        " UNIQUE (parent, key))",
        "CREATE INDEX node_order ON node (parent, position) WHERE position IS NOT NULL",
        "CREATE INDEX node_source ON node (source) WHERE source <> ''",
        # A small body stands in the row, a large one in a file that is named by its content.
        "CREATE TABLE body (node INTEGER PRIMARY KEY, data BLOB, file TEXT)",
        "CREATE INDEX body_file ON body (file) WHERE file IS NOT NULL",
        "CREATE TABLE level (node INTEGER PRIMARY KEY, abstract TEXT NOT NULL, overview TEXT NOT NULL,"
        " generator TEXT NOT NULL)",
        # One row for each node. The counts are what the full-text row was made from, so that it can be taken out again.
        "CREATE TABLE document (node INTEGER PRIMARY KEY, length INTEGER NOT NULL, counts TEXT NOT NULL)",
        "CREATE VIRTUAL TABLE fulltext USING fts5 (words, cjk, content='', tokenize='unicode61 remove_diacritics 0')",
        "CREATE TABLE term (term TEXT PRIMARY KEY, documents INTEGER NOT NULL) WITHOUT ROWID",
        # `vectors` counts the changes of the vectors, so that a mirror of them knows when it is out of date.
        "CREATE TABLE statistics (one INTEGER PRIMARY KEY CHECK (one = 1), documents INTEGER NOT NULL,"
        " terms INTEGER NOT NULL, vectors INTEGER NOT NULL)",
        "INSERT INTO statistics VALUES (1, 0, 0, 0)",
        "CREATE TABLE vector (node INTEGER PRIMARY KEY, model TEXT NOT NULL, hash TEXT NOT NULL, data BLOB NOT NULL)",
        "CREATE TABLE job (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT NOT NULL,"
        " payload TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, leased_until REAL NOT NULL DEFAULT 0,"
        " error TEXT NOT NULL DEFAULT '', UNIQUE (kind, key))",
        "CREATE TABLE trace (id TEXT PRIMARY KEY, made TEXT NOT NULL, query TEXT NOT NULL, body TEXT NOT NULL)",
        "CREATE INDEX trace_made ON trace (made)",
        "CREATE TABLE tombstone (node INTEGER PRIMARY KEY, uri TEXT NOT NULL, removed TEXT NOT NULL,"
        " nodes INTEGER NOT NULL)",
    ),
    # Which vectors there are, without reading one: what a mirror compares itself with.
    ("CREATE INDEX vector_made ON vector (model, node, hash)",),
    # What a model wrote levels of.
    ("ALTER TABLE level ADD COLUMN basis TEXT NOT NULL DEFAULT ''",),
)
"""Append-only: a migration that has landed is never changed. Number = place in the tuple, from 1."""
