"""From files, folders, archives and web pages to trees of named nodes. Pure: nothing is stored, no model is asked."""

from afterlore.context.ingest.node import DIRECTORY, Document, Drop, Heading, Limits, Node, Unchanged
from afterlore.context.ingest.parse import VERSION, Parsed, Unreadable, parse
from afterlore.context.ingest.walk import ingest

__all__ = [
    "DIRECTORY",
    "VERSION",
    "Document",
    "Drop",
    "Heading",
    "Limits",
    "Node",
    "Parsed",
    "Unchanged",
    "Unreadable",
    "ingest",
    "parse",
]
