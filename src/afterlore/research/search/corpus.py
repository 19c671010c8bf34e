"""A local corpus: a folder, a file of passages or a context database, searched and read through one context database.

What is searched is what was imported: a file that is edited or removed while a run goes on is still found and read as
it was, and the next ``open_corpus`` picks the change up. The database of a corpus lies in the data folder under a
digest of the corpus's path, so the second use writes only what has changed.

Not covered: a corpus that two processes import while a third searches it (a page may be gone: an error that says so),
scanned PDFs, and words that only a reader of meaning would connect: the search is by words, no vectors.
"""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from afterlore.context.add import Added, add
from afterlore.context.context import Context
from afterlore.context.search.propagate import FLAT, Weights
from afterlore.core import Hit, InputError, Page, Progress, Silent, digest
from afterlore.research.search.passages import add_passages, is_list

__all__ = ["Corpus", "open_context", "open_corpus"]

_CANDIDATES = 50
"""Nodes that are scored. On the questions of docs/searchers.md, 300 find nothing more among the first ten."""
_LINES = frozenset({".jsonl", ".ndjson"})
_DROPS_SHOWN = 3


class Corpus:
    """A Searcher and Reader over a context database. A context manager; closing it gives the database back.

    Searches and reads may run at the same time; each works in a thread.
    """

    name = "corpus"

    def __init__(
        self,
        context: Context,
        *,
        imported: Added | None = None,
        weights: Weights | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.imported = imported or Added()
        """What opening it read, left as it was, removed and could not use."""
        self._context = context
        self._weights = weights
        self._now = now

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the database back."""
        self._context.close()

    async def search(self, query: str, *, limit: int = 10) -> tuple[Hit, ...]:
        """The files that answer best. Raises InputError for a query that holds no word, or over 10,000 characters."""
        return await asyncio.to_thread(self.find, query, limit)

    async def read(self, address: str) -> Page:
        """The exact text at an address of the database; of a document in sections, all of it when its folder is named.

        Raises InputError for what is no such address, NotFoundError when nothing is there.
        """
        return await asyncio.to_thread(self.page, address)

    def pages(self) -> Iterator[Page]:
        """Every page, each once, in the order of their addresses; a document in sections is one."""
        seen: set[str] = set()
        for top in self._context.ls():
            with self._context.store.snapshot():
                nodes = [node for node in self._context.store.walk(top) if not node.is_directory]
            for node in nodes:
                address = str(node.uri if node.position is None else node.uri.parent)
                if address not in seen:
                    seen.add(address)
                    yield self.page(address)

    def find(self, query: str, limit: int) -> tuple[Hit, ...]:
        """``search``, in the thread of the caller."""
        candidates = max(_CANDIDATES, limit)
        found = self._context.find(query, limit=limit, weights=self._weights, candidates=candidates, save=False)
        return tuple(
            Hit(address=str(hit.uri), title=hit.node.title, snippet=hit.excerpt or hit.abstract, score=hit.score)
            for hit in found.hits
        )

    def page(self, address: str) -> Page:
        """``read``, in the thread of the caller."""
        context = self._context
        with context.store.snapshot():
            node = context.stat(address)
            if node.is_directory:
                files = [one for one in context.store.walk(node) if not one.is_directory]
                # Sections follow on each other; documents of a folder do not, and all of them are no page.
                if not files or any(one.position is None for one in files):
                    raise InputError(f"{address!r} is a folder; read what a search found, or a document in it")
                text = "".join(context.read(one.uri) for one in files)
            else:
                text = context.read(node.uri)
        return Page(address=str(node.uri), title=node.title, text=text, sha256=digest(text), retrieved=self._now())


def open_corpus(
    path: Path,
    *,
    data: Path,
    progress: Progress = Silent(),  # noqa: B008 - it holds nothing
) -> Corpus:
    """The corpus at ``path``: a folder or file of any form that ``afterlore context add`` reads, JSON lines with
    ``text`` and ``title``, or a JSON list of such passages or of MuSiQue or HotpotQA questions. ``data`` is the data
    folder, where its database is kept.

    Raises InputError when nothing is there or nothing in it can be searched.
    """
    if not path.exists():
        raise InputError(f"no such corpus: {str(path)!r}; name a folder, a document or a .jsonl file")
    lines = path.is_file() and (path.suffix.lower() in _LINES or is_list(path))
    place = data / "corpora" / digest(f"{'lines' if lines else 'files'} {path.resolve()}")[:16]
    place.mkdir(parents=True, exist_ok=True)
    context = Context.open(place)
    weights = None
    try:
        if lines:
            done, weights = add_passages(context, path, progress), FLAT
        else:
            done = add(context, str(path), progress=progress)
            if not done.tops:
                raise InputError(_nothing(path, done))
    except BaseException:
        context.close()
        raise
    return Corpus(context, imported=done, weights=weights)


def open_context(place: Path) -> Corpus:
    """An existing context database as it is. Raises InputError when none is there, or it holds no text."""
    if not (place.is_file() or (place / "context.sqlite").is_file()):
        raise InputError(
            f"no context database in {str(place)!r}; make one with: afterlore context add SOURCE --in {place}"
        )
    context = Context.open(place)
    if not context.store.statistics().documents:
        context.close()
        raise InputError(f"the context database {str(place)!r} holds no text; add some with: afterlore context add")
    return Corpus(context)


def _nothing(path: Path, done: Added) -> str:
    lost = [f"{drop.item}: {drop.detail}" for drop in done.drops if not drop.kept]
    more = f"; and {len(lost) - _DROPS_SHOWN:,} more" * (len(lost) > _DROPS_SHOWN)
    why = "; ".join(lost[:_DROPS_SHOWN]) + more if lost else "it is empty"
    return f"the corpus {str(path)!r} holds no text to search ({why}); give Markdown, HTML, PDF or text files"
