"""Levels: what a reader sees before the text itself.

L0 (``abstract``, at most 256 characters) is the title and the one sentence that says most; L1 (``overview``, at most
4,000) the outline, the sentences that carry most, and for a directory what lies below it.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from afterlore.context.ingest.node import Node

__all__ = ["ABSTRACT", "OVERVIEW", "Child", "Levels", "directory_levels", "file_levels", "tree_levels"]

ABSTRACT = 256
"""Characters of an L0."""
OVERVIEW = 4_000
"""Characters of an L1."""


class Levels(NamedTuple):
    """L0 and L1 of one node. Neither is ever empty."""

    abstract: str
    overview: str


class Child(NamedTuple):
    """What a directory's levels need to know of one node in it."""

    name: str
    title: str
    abstract: str
    """Its L0."""
    files: int = 0
    """Files below it; 0 for a file."""
    titles: tuple[str, ...] = ()
    """Titles of what lies directly below it, or of its outline; the first dozen are enough."""


def file_levels(node: Node) -> Levels:
    """The levels of a file, from its text alone."""
    return Levels(node.title[:ABSTRACT], node.text[:OVERVIEW])


def directory_levels(title: str, children: Sequence[Child], *, lead: str = "") -> Levels:
    """The levels of a directory, from those of its children, in their order: no text is read again.

    ``lead`` is what the directory's source says of itself (``Node.lead``).
    """
    lines = [f"- {child.name}: {child.abstract}" for child in children]
    return Levels(f"{title}: {lead}"[:ABSTRACT], "\n".join([f"# {title}", "", *lines])[:OVERVIEW])


def tree_levels(node: Node) -> Iterator[tuple[tuple[str, ...], Levels]]:
    """The levels of every node of a tree with its path (``node.name`` first), children before their parents."""
    yield from _levels(node, ())


def _levels(node: Node, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Levels]]:
    path = (*above, node.name)
    if not node.is_directory:
        yield path, file_levels(node)
        return
    children = []
    for child in node.children:
        for below, levels in _levels(child, path):
            yield below, levels
        children.append(Child(child.name, child.title, levels.abstract))
    yield path, directory_levels(node.title, children, lead=node.lead)
