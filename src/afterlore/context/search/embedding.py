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

from afterlore.context.records import Job, Node, decoded
from afterlore.context.store.protocol import Store
from afterlore.context.tokens import count_tokens, terms
from afterlore.core import BudgetExhausted, InputError, Ledger, Progress, ServiceError, Silent

if TYPE_CHECKING:
    import numpy

__all__ = ["LOT", "SENT", "Embedded", "Embedder", "Mirror", "ScriptedEmbedder", "embed"]

SENT = 4_000
"""Characters."""
LOT = 64
"""Contents in one call, where the embedder takes so many."""
_LEASE_SECONDS = 120.0


class Embedder(Protocol):
    """Makes vectors of texts."""

    @property
    def model(self) -> str:
        """Vectors of two models are never compared."""

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text, all of one length. Raises ServiceError, and BudgetExhausted where what it may
        consume is limited.
        """


@dataclass(slots=True)
class ScriptedEmbedder:
    """An embedder without a model: texts that share terms are near each other. The same text gives the same vector."""

    dimensions: int = 64
    model: str = "scripted"
    failing: bool = False
    """Answer every call with a ServiceError."""
    calls: int = 0
    sent: list[str] = field(default_factory=list)
    ledger: Ledger | None = None

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """See Embedder."""
        self.calls += 1
        if self.failing:
            raise ServiceError("the embedding endpoint answered 500 (scripted)")
        if self.ledger is not None:
            self.ledger.reserve(calls=1, tokens=sum(map(count_tokens, texts))).commit()
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

    def lacks(self, query: Sequence[float]) -> str:
        """Why no vector can be near this one; empty when some can."""
        width = self._store.vector_width(self._model)
        if width is None:
            return f"no content has a vector of {self._model!r}; make them: afterlore context embed"
        if width != len(query):
            return (
                f"{self._model!r} gives vectors of {len(query)} numbers, those that are here have {width}; make all of "
                "them anew: afterlore context embed --replace"
            )
        return ""

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
    exhausted: str = ""
    """The limit of the budget that ended the run; empty for none."""


def embed(
    store: Store,
    embedder: Embedder,
    *,
    lot: int = LOT,
    replace: bool = False,
    dry_run: bool = False,
    progress: Progress = Silent(),  # noqa: B008 - it holds nothing
) -> Embedded:
    """Give every content a vector, ``lot`` of them a call. The embedder's ledger, if it has one, is the budget: when
    it is used up the run ends, and the rest waits.

    A store keeps one vector of a content: that of another model is replaced. Vectors of one model have one length;
    with ``replace`` those that are there go first, where the embedder now gives another.

    Raises ServiceError when the embedder fails, InputError for vectors of another length than those that are there;
    what was done is kept, and the rest waits.
    """
    missing = store.without_vector(embedder.model)
    if dry_run:
        tokens = sum(count_tokens(_sent(store, node)) for node in store.nodes(missing).values())
        return Embedded(len(missing), -(-len(missing) // lot), tokens, len(missing))
    run = _Run(store, embedder, lot)
    exhausted = ""
    try:
        if replace and (width := store.vector_width(embedder.model)) is not None:
            (probe,) = run.asked([embedder.model])
            if len(probe) != width:
                store.drop_vectors(embedder.model)
        run.plan()
        progress.stage("embed", len(missing))
        while (jobs := run.step()) is not None:
            progress.advance(jobs)
    except BudgetExhausted as error:
        exhausted = error.limit
    return Embedded(run.nodes, run.calls, run.tokens, len(store.without_vector(embedder.model)), exhausted)


class _Run:
    def __init__(self, store: Store, embedder: Embedder, lot: int) -> None:
        self.nodes = self.calls = self.tokens = 0
        self._store = store
        self._embedder = embedder
        self._lot = lot
        self._kind = f"embed {embedder.model}"

    def plan(self) -> None:
        """A job for each content that has no vector."""
        # One transaction: between looking and writing, another run could finish a job, which would then be done again.
        with self._store.transaction():
            nodes = self._store.nodes(self._store.without_vector(self._embedder.model))
            self._store.enqueue(self._kind, {f"{id}:{node.hash}": str(id) for id, node in nodes.items()})

    def step(self) -> int | None:
        """Do one lot: how many jobs; None when none is free. Whatever ends it, what is not done waits again."""
        jobs = self._store.lease(self._kind, seconds=_LEASE_SECONDS, limit=self._lot)
        if not jobs:
            return None
        try:
            while True:
                try:
                    self._do(jobs)
                    return len(jobs)
                except BudgetExhausted:
                    if len(jobs) == 1:
                        raise
                    # Less may still fit.
                    half = len(jobs) // 2
                    self._store.fail(jobs[half:], "", tried=False)
                    jobs = jobs[:half]
        except BaseException as error:
            # Interrupted runs too: who resumes need not wait until the lease is over.
            self._store.fail(jobs, str(error) if isinstance(error, ServiceError) else "", tried=False)
            raise

    def _do(self, jobs: list[Job]) -> None:
        import numpy

        store, model = self._store, self._embedder.model
        with store.snapshot():
            nodes = store.nodes(int(job.payload) for job in jobs)
            # What has changed since has another job, or gets one from the next run.
            keys = {job.key for job in jobs}
            texts = {id: _sent(store, node) for id, node in nodes.items() if f"{id}:{node.hash}" in keys}
        if not texts:
            store.finish(jobs)
            return
        vectors = self.asked(list(texts.values()))
        rows = [
            (id, nodes[id].hash, numpy.asarray(_unit(vector), dtype="<f4").tobytes())
            for id, vector in zip(texts, vectors, strict=True)
        ]
        with store.transaction():
            width = store.vector_width(model)
            if width is not None and width != len(vectors[0]):
                raise InputError(
                    f"{model!r} now gives vectors of {len(vectors[0])} numbers, those that are here have {width}; make "
                    "all of them anew: afterlore context embed --replace"
                )
            self.nodes += store.put_vectors(model, rows)
            store.finish(jobs)

    def asked(self, texts: list[str]) -> list[list[float]]:
        """Their vectors, all of one length."""
        vectors = self._embedder.embed(texts)
        if len(vectors) != len(texts) or len({len(vector) for vector in vectors}) > 1:
            raise ServiceError(
                f"{self._embedder.model!r} gave {len(vectors)} vectors for {len(texts)} texts, or not all of one length"
            )
        self.calls += 1
        self.tokens += sum(map(count_tokens, texts))
        return vectors


def _sent(store: Store, node: Node) -> str:
    """What is no text goes by its title alone."""
    return f"{node.title}\n{decoded(store.body(node))}"[:SENT]
