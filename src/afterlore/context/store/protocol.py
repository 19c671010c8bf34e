"""What a store can do, whatever engine keeps it. ``tests/store_suite.py`` holds every engine to it.

Each method is one transaction: all of it happens or nothing does, tree and index together. Inside ``transaction``
several are one. Errors: NotFoundError (nothing is there), ConflictError (an etag that no longer holds, a place that is
taken), InputError (anything else that the caller can mend).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from afterlore.context.records import Document, Draft, Filter, Finding, Job, Levels, Node, Statistics, Tombstone
from afterlore.context.uri import Uri

__all__ = ["Store"]


class Store(Protocol):
    """The tree of one account with its index."""

    def close(self) -> None:
        """Give back what it holds."""

    def transaction(self) -> AbstractContextManager[None]:
        """What is written inside happens at its end, or not at all. Within another one, it can fail by itself."""

    def snapshot(self) -> AbstractContextManager[None]:
        """What is read inside is of one moment, whatever others write meanwhile."""

    # the tree

    def get(self, uri: Uri) -> Node:
        """The node there. Raises NotFoundError, which shows a look-alike that is there instead."""

    def find_node(self, uri: Uri) -> Node | None:
        """The node there, or None."""

    def nodes(self, ids: Iterable[int]) -> dict[int, Node]:
        """Nodes by id; those that are gone are left out."""

    def children(self, node: Node, *, limit: int | None = None) -> list[Node]:
        """In order: by position, then by name."""

    def count_children(self, node: Node) -> int:
        """How many."""

    def walk(self, node: Node) -> Iterator[Node]:
        """The node and all below it, parents first, children in order."""

    def sources(self) -> list[Node]:
        """Nodes that came from somewhere."""

    def put(self, uri: Uri, draft: Draft, *, if_match: str | None = None, new: bool = False) -> Node:
        """Write a file, or make a folder, and the folders above it. ``if_match`` is the etag that must still hold;
        ``new`` refuses to replace. What is there with the same content and facts is left as it is, etag included.
        """

    def move(self, source: Uri, target: Uri, *, if_match: str | None = None) -> Node:
        """To another address, which must be free; one row changes however much lies below."""

    def copy(self, source: Uri, target: Uri) -> Node:
        """With all below, to an address that must be free."""

    def remove(self, uri: Uri, *, recursive: bool = False, if_match: str | None = None) -> int:
        """Take out of tree and index; how many nodes went. A folder that holds something needs ``recursive``."""

    def set_tags(self, uri: Uri, tags: Sequence[str], *, if_match: str | None = None) -> Node:
        """Replace the tags."""

    def tombstones(self, *, since: str = "") -> list[Tombstone]:
        """What was removed, oldest first."""

    # content

    def body(self, node: Node) -> bytes:
        """The content, whole. Raises InputError where a file of the store is missing."""

    def levels(self, ids: Iterable[int]) -> dict[int, Levels]:
        """L0 and L1 by id, of those that have them."""

    def abstracts(self, ids: Iterable[int]) -> dict[int, str]:
        """L0 alone, which is much cheaper than both."""

    def set_levels(self, id: int, levels: Levels) -> None:
        """Replace L0 and L1. What a folder is found by is its title and L0."""

    def unwritten(self, model: str = "") -> list[int]:
        """Files with content, and folders that hold something, whose levels no model wrote; of ``model``, if it is
        given, also those that another one wrote.
        """

    # the index

    def statistics(self) -> Statistics:
        """Of all documents."""

    def frequencies(self, terms: Iterable[str]) -> dict[str, int]:
        """In how many documents each term occurs; terms in none are left out."""

    def candidates(self, terms: Sequence[str], keep: Filter, limit: int) -> list[int]:
        """Ids of nodes that hold one of the terms and pass the filter, those that the engine ranks best first."""

    def passing(self, ids: Iterable[int], keep: Filter) -> set[int]:
        """Those ids that the filter lets through."""

    def documents(self, ids: Iterable[int], terms: Sequence[str]) -> dict[int, Document]:
        """Lengths and counts of these terms."""

    def neighbours(self, ids: Iterable[int]) -> dict[int, tuple[int | None, int | None]]:
        """The nodes before and after each that has a position."""

    # vectors

    def put_vectors(self, model: str, rows: Iterable[tuple[int, str, bytes]]) -> int:
        """Store (node, content hash, little-endian float32) where the node still has that content; how many were."""

    def vectors(self, model: str, ids: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Of one model, of these nodes."""

    def vector_hashes(self, model: str) -> dict[int, str]:
        """By id, the hash of the content that the vector was made of."""

    def vector_state(self) -> int:
        """Changes whenever a vector is written or removed."""

    def vector_width(self, model: str) -> int | None:
        """Numbers of a vector of this model; None where there is none."""

    def drop_vectors(self, model: str) -> int:
        """Remove those of this model; how many."""

    def without_vector(self, model: str) -> list[int]:
        """Files whose content has no vector of this model."""

    # jobs and traces

    def enqueue(self, kind: str, jobs: Mapping[str, str]) -> int:
        """Payloads by key; a key that waits already is left alone. How many are new."""

    def lease(self, kind: str, *, seconds: float, limit: int) -> list[Job]:
        """Take jobs that nobody holds; after ``seconds`` others may."""

    def finish(self, jobs: Iterable[Job]) -> None:
        """They are done and go."""

    def fail(self, jobs: Iterable[Job], error: str, *, tried: bool = True) -> None:
        """They wait again, with what went wrong; ``tried`` False takes the attempt back."""

    def save_trace(self, id: str, query: str, body: str) -> bool:
        """Keep a trace; the oldest beyond a thousand go. It waits for no writer: False where one is at work, and the
        trace is not kept.
        """

    def load_trace(self, id: str = "") -> str:
        """One trace, or the latest. Raises NotFoundError."""

    # upkeep

    def check(self) -> list[Finding]:
        """What does not hold of tree, index, vectors and files; empty when all is well."""

    def collect(self, *, grace: float = 3600) -> int:
        """Delete files of the store that no node has and that are older than ``grace`` seconds; how many."""
