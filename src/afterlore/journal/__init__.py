"""Durable state on one machine: what has been done, so that work resumes instead of starting over."""

from afterlore.journal.lock import FileLock
from afterlore.journal.pieces import mend, read_pieces, work_pieces
from afterlore.journal.runs import Event, Run, RunRow, Runs
from afterlore.journal.store import Journal
from afterlore.journal.trajectory import Head, fold

__all__ = [
    "Event",
    "FileLock",
    "Head",
    "Journal",
    "Run",
    "RunRow",
    "Runs",
    "fold",
    "mend",
    "read_pieces",
    "work_pieces",
]
