"""Vectors: who makes them, the mirror that searches them, and the work of keeping them up to date.

An embedder is asked outside every transaction. A vector is stored only if its node still has the content that it was
made of, so doing the work twice, or while others write, gives the same. Contents are sent by their beginning alone
(``SENT`` characters), which is what such models read.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from afterlore.context.records import Node
from afterlore.context.store.protocol import Store
from afterlore.context.tokens import count_tokens, terms
from afterlore.core import Progress, ServiceError, Silent

if TYPE_CHECKING:
    import numpy

__all__ = ["SENT", "Embedded", "Embedder", "Mirror", "ScriptedEmbedder", "embed"]

SENT = 4_000
_BATCH = 64
_LEASE_SECONDS = 120.0


class Embedder(Protocol):
    """Makes vectors of texts."""

    @property
    def model(self) -> str:
        """Vectors of two models are never compared."""

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text, all of one length. Raises ServiceError."""


@dataclass(slots=True)
class ScriptedEmbedder:
    """An embedder without a model: texts that share terms are near each other. The same text gives the same vector."""

    dimensions: int = 64
    model: str = "scripted"
    failing: bool = False
    """Answer every call with a ServiceError."""
    calls: int = 0
    sent: list[str] = field(default_factory=list)

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """See Embedder."""
        self.calls += 1
        if self.failing:
            raise ServiceError("the embedding endpoint answered 500 (scripted)")
        self.sent.extend(texts)
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> list[float]:
        vector = [0.0] * self.dimensions
        for term in terms(text):
            mixed = hashlib.blake2b(term.encode(), digest_size=4).digest()
            vector[int.from_bytes(mixed[:3], "big") % self.dimensions] += 1.0 if mixed[3] & 1 else -1.0
        return vector


class _Table(NamedTuple):
    """The vectors at one state of the store. Row ``n`` of the matrix is that of ``ids[n]``."""

    state: int
    ids: tuple[int, ...]
    hashes: dict[int, str]
    matrix: "numpy.ndarray"


class Mirror:
    """All vectors of one model and length in one matrix; when the store's have changed, what changed is read. Threads
    may share it. 4 bytes a number.
    """

    def __init__(self, store: Store, model: str) -> None:
        self._store = store
        self._model = model
        self._table: _Table | None = None

    def nearest(self, query: Sequence[float], limit: int) -> dict[int, float]:
        """Cosine by node id, of the ``limit`` nearest. Vectors of another length than the query's are left out."""
        import numpy

        table = self._current(len(query))
        if not table.ids:
            return {}
        cosines = table.matrix @ numpy.asarray(_unit(query), dtype="f4")
        few = len(cosines) <= limit
        chosen = numpy.arange(len(cosines)) if few else numpy.argpartition(cosines, -limit)[-limit:]
        return {table.ids[int(at)]: float(cosines[at]) for at in chosen}

    def _current(self, width: int) -> _Table:
        import numpy

        table, state = self._table, self._store.vector_state()
        if table is None or table.matrix.shape[1] != width:
            table = _Table(-1, (), {}, numpy.empty((0, width), dtype="f4"))
        if table.state == state:
            return table
        hashes = self._store.vector_hashes(self._model)
        stay = [at for at, id in enumerate(table.ids) if hashes.get(id) == table.hashes[id]]
        known = {table.ids[at] for at in stay}
        ids = [table.ids[at] for at in stay]
        matrix = numpy.empty((len(hashes), width), dtype="f4")
        matrix[: len(ids)] = table.matrix if len(stay) == len(table.ids) else table.matrix[stay]
        for id, data in self._store.vectors(self._model, [id for id in hashes if id not in known]):
            row = numpy.frombuffer(data, dtype="<f4")
            if len(row) == width:
                matrix[len(ids)] = row
                ids.append(id)
        # One assignment, so that another thread sees the whole of one state or of the other.
        self._table = table = _Table(state, tuple(ids), hashes, matrix[: len(ids)])
        return table


def _unit(vector: Sequence[float]) -> list[float]:
    length = math.sqrt(math.fsum(value * value for value in vector)) or 1.0
    return [value / length for value in vector]


@dataclass(frozen=True, slots=True)
class Embedded:
    """What one run did, or would do."""

    nodes: int
    calls: int
    tokens: int
    """Sent, by our own estimate."""
    left: int
    """Contents that still have no vector of this model."""


def embed(
    store: Store,
    embedder: Embedder,
    *,
    max_tokens: int | None = None,
    dry_run: bool = False,
    progress: Progress = Silent(),  # noqa: B008 - it holds nothing
) -> Embedded:
    """Give every content a vector, in lots, up to ``max_tokens`` sent.

    Raises ServiceError when the embedder fails; what was done is kept, and the rest waits.
    """
    import numpy

    missing = store.without_vector(embedder.model)
    if dry_run:
        tokens = sum(count_tokens(_sent(store, node)) for node in _nodes(store, missing))
        return Embedded(len(missing), -(-len(missing) // _BATCH), tokens, len(missing))
    hashes = {node.id: node.hash for node in _nodes(store, missing)}
    kind = f"embed {embedder.model}"
    store.enqueue(kind, {f"{id}:{sha256}": str(id) for id, sha256 in hashes.items()})
    progress.stage("embed", len(missing))
    done = calls = spent = 0
    while jobs := store.lease(kind, seconds=_LEASE_SECONDS, limit=_BATCH):
        with store.snapshot():
            nodes = store.nodes(int(job.payload) for job in jobs)
            texts = {id: _sent(store, node) for id, node in nodes.items() if not node.is_directory}
        cost = sum(map(count_tokens, texts.values()))
        if max_tokens is not None and spent + cost > max_tokens:
            store.fail(jobs, "")
            break
        if texts:
            try:
                vectors = embedder.embed(list(texts.values()))
                if len(vectors) != len(texts):
                    raise ServiceError(f"{embedder.model!r} gave {len(vectors)} vectors for {len(texts)} texts")
            except ServiceError as error:
                store.fail(jobs, str(error))
                raise
            calls += 1
            spent += cost
            rows = [
                (id, nodes[id].hash, numpy.asarray(_unit(vector), dtype="<f4").tobytes())
                for id, vector in zip(texts, vectors, strict=True)
            ]
            with store.transaction():
                done += store.put_vectors(embedder.model, rows)
                store.finish(jobs)
        else:
            store.finish(jobs)
        progress.advance(len(jobs))
    return Embedded(done, calls, spent, len(store.without_vector(embedder.model)))


def _nodes(store: Store, ids: Sequence[int]) -> list[Node]:
    return list(store.nodes(ids).values())


def _sent(store: Store, node: Node) -> str:
    text = store.body(node).decode("utf-8", "replace")
    return f"{node.title}\n{text}"[:SENT]
