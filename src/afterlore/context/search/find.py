"""Find: candidates from the index, scores of our own, propagation over folders, and a trace of it all.

1. The full-text index names the few hundred nodes that its own rank likes best; with an embedder, the nearest vectors
   join them. 2. Each is scored with BM25 from stored statistics, fused with its cosine. 3. Scores flow down the tree.
4. The best are taken, as many as were asked for or as fit a token budget.

What it does not cover: a node that only the commonest terms of a long query would find (the rarest terms choose the
candidates), and everything beyond ``CANDIDATES`` of them.
"""

import time
import uuid
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from afterlore.context.records import Document, Filter, Node, decoded
from afterlore.context.search.bm25 import K1, B, bm25
from afterlore.context.search.embedding import SENT, Embedder, Mirror
from afterlore.context.search.propagate import Folder, Ranked, Step, Weights, propagate
from afterlore.context.search.trace import Decision, Evidence, FolderScore, HitScore, Parameters, Trace, Visit, scaled
from afterlore.context.store.protocol import Store
from afterlore.context.tokens import count_tokens, query_terms, terms
from afterlore.context.uri import Uri
from afterlore.core import InputError, ServiceError

__all__ = ["CANDIDATES", "LONGEST_QUERY", "Found", "Hit", "Searcher", "excerpt"]

CANDIDATES = 300
"""Nodes that are scored, unless a find asks for another number."""
_NEAREST = 100
LONGEST_QUERY = 10_000
"""Characters."""
_TERMS = 48
"""Terms of a query that count: its rarest."""
_EXCERPT = 280
_STEPS = 20
"""Files that are not taken, and folders that are passed over, are left out of the trace beyond this many of each."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A node that answers."""

    node: Node
    score: float
    abstract: str
    """L0."""
    excerpt: str
    """Where the text says most of what was asked."""
    text: str = ""
    """The whole text, with a token budget or neighbours; else empty."""
    tokens: int = 0
    """Of the text; with a budget or neighbours, of what this hit adds to the context. An estimate."""
    before: tuple[Node, ...] = ()
    after: tuple[Node, ...] = ()

    @property
    def uri(self) -> Uri:
        """Where it is."""
        return self.node.uri


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, best first, and how they were found."""

    hits: tuple[Hit, ...]
    trace: Trace
    context: tuple[tuple[Node, str], ...] = ()
    """With a budget or neighbours: the nodes to read, with their texts, in the order of the hits, each once."""
    unkept: str = ""
    """Why the trace was not kept in the store; empty where it was, or was not to be."""

    @property
    def tokens(self) -> int:
        """Of the context."""
        return sum(count_tokens(text) for _, text in self.context)


@dataclass(slots=True)
class _Scores:
    documents: Mapping[int, Document]
    frequencies: Mapping[str, int]
    lexical: dict[int, float]
    own: dict[int, float]
    cosines: dict[int, float]
    between: tuple[float, float] | None
    highest: int | None


class Searcher:
    """Finds in one store."""

    def __init__(self, store: Store, *, embedder: Embedder | None, mirror: Mirror | None, weights: Weights) -> None:
        self._store = store
        self._embedder = embedder
        self._mirror = mirror
        self._weights = weights

    def find(
        self,
        query: str,
        keep: Filter,
        *,
        limit: int = 10,
        max_tokens: int | None = None,
        neighbours: int = 0,
        weights: Weights | None = None,
        candidates: int = CANDIDATES,
        save: bool = True,
    ) -> Found:
        """The best ``limit`` files. ``max_tokens`` takes of them, with ``neighbours`` before and after each, what fits.

        Raises InputError for a query that holds no term or more than ``LONGEST_QUERY`` characters, NotFoundError for
        a target that is not there. An embedder that fails is said in the trace; words find all the same.
        """
        began = time.perf_counter()
        if len(query) > LONGEST_QUERY:
            raise InputError(f"a query of {len(query):,} characters; at most {LONGEST_QUERY:,}: ask for its main point")
        if min(limit, candidates) < 1 or neighbours < 0 or (max_tokens is not None and max_tokens < 1):
            raise InputError("limit, candidates and max_tokens begin at 1, neighbours at 0")
        asked = query_terms(query)
        if not asked:
            raise InputError("the query holds no word; ask with letters, digits or Chinese characters")
        # The endpoint is asked before anything is locked.
        vector, degraded = self._vector(query)
        given = weights or self._weights
        with self._store.snapshot():
            self._store.get(keep.target)
            scores, nodes, unknown, vectors_used = self._score(asked, keep, vector, candidates)
            beside = self._beside(nodes) if given.neighbour else {}
            ranked, steps, folders = propagate(nodes, scores.own, beside, keep.target, given, limit)
            opened = {step.uri for step in steps if step.id is None and step.opened}
            ids = _ids_of(opened, nodes) if opened else {}
            levels = self._store.abstracts([*(one.id for one in ranked), *ids.values()])
            hits, context = self._take(ranked, nodes, levels, asked, max_tokens, neighbours)
            statistics = self._store.statistics()
        taken = {hit.node.id: hit for hit in hits}
        said = {uri: count_tokens(levels[id]) for uri, id in ids.items() if id in levels}
        kept = [one for one in ranked if one.id in taken]
        evidence, above, scored = _explained(kept, nodes, scores, folders)
        trace = Trace(
            id=uuid.uuid4().hex[:12],
            query=query[:1000],
            target=str(keep.target),
            made=datetime.now(UTC).isoformat(timespec="milliseconds"),
            documents=statistics.documents,
            terms=statistics.terms,
            frequencies=dict(scores.frequencies),
            unknown=tuple(unknown),
            parameters=Parameters(k1=K1, b=B, own=given.own, neighbour=given.neighbour, best=given.best),
            model=self._embedder.model if self._embedder is not None and vectors_used else "",
            degraded=degraded,
            highest_lexical=scores.highest,
            cosines=scores.between,
            candidates=len(nodes),
            evidence=evidence,
            folders=above,
            hits=scored,
            visits=_visits(steps, taken, said, began),
            ms=round((time.perf_counter() - began) * 1000, 3),
        )
        return Found(hits, trace, context, self._kept(trace) if save else "")

    def _kept(self, trace: Trace) -> str:
        """Empty, or why not: a reader is answered whether or not anything can be written."""
        try:
            kept = self._store.save_trace(trace.id, trace.query, trace.to_json())
        except InputError as error:
            return str(error)
        return "" if kept else "another is writing to the database"

    def _vector(self, query: str) -> tuple[Sequence[float] | None, str]:
        if self._embedder is None:
            return None, ""
        try:
            vector = self._embedder.embed([query[:SENT]])[0]
        except ServiceError as error:
            return None, str(error)
        lacks = self._mirror.lacks(vector) if self._mirror is not None else ""
        return (None, lacks) if lacks else (vector, "")

    def _score(
        self, asked: list[str], keep: Filter, vector: Sequence[float] | None, candidates: int
    ) -> tuple[_Scores, dict[int, Node], list[str], bool]:
        store = self._store
        known = store.frequencies(asked)
        unknown = [term for term in asked if term not in known]
        chosen = sorted(known, key=lambda term: (known[term], term))[:_TERMS]
        frequencies = {term: known[term] for term in asked if term in set(chosen)}
        ids = store.candidates(list(frequencies), keep, candidates) if frequencies else []
        cosines: dict[int, float] = {}
        if vector is not None and self._mirror is not None:
            near = self._mirror.nearest(vector, _NEAREST)
            passed = store.passing(near, keep)
            cosines = {id: cosine for id, cosine in near.items() if id in passed}
        nodes = store.nodes([*ids, *cosines])
        documents = store.documents(nodes, list(frequencies))
        statistics = store.statistics()
        lexical = {id: bm25(documents[id], frequencies, statistics) for id in nodes}
        highest = max(lexical, key=lambda id: (lexical[id], -id), default=None)
        if highest is not None and lexical[highest] == 0:
            highest = None
        most = lexical[highest] if highest is not None else 0.0
        between = (min(cosines.values()), max(cosines.values())) if cosines else None
        own = {}
        for id, score in lexical.items():
            own[id] = score / most if most else 0.0
            if between is not None:
                own[id] = (own[id] + scaled(cosines.get(id), between)) / 2
        scores = _Scores(documents, frequencies, lexical, own, cosines, between, highest)
        return scores, nodes, unknown, between is not None

    def _beside(self, nodes: Mapping[int, Node]) -> dict[int, tuple[int, ...]]:
        placed = [id for id, node in nodes.items() if node.position is not None and not node.is_directory]
        return {
            id: tuple(other for other in pair if other is not None and other in nodes)
            for id, pair in self._store.neighbours(placed).items()
        }

    def _take(
        self,
        ranked: list[Ranked],
        nodes: Mapping[int, Node],
        levels: Mapping[int, str],
        asked: list[str],
        max_tokens: int | None,
        neighbours: int,
    ) -> tuple[tuple[Hit, ...], tuple[tuple[Node, str], ...]]:
        whole = max_tokens is not None or neighbours > 0
        wanted = set(asked)
        texts: dict[int, tuple[Node, str]] = {}
        left = max_tokens
        hits = []
        for one in ranked:
            node = nodes[one.id]
            text = self._text(node)
            hit = Hit(
                node, one.final, levels.get(node.id) or node.title, excerpt(text, wanted), tokens=count_tokens(text)
            )
            if not whole:
                hits.append(hit)
                continue
            before, after = self._around(node, neighbours)
            pieces = {near.id: (near, self._text(near)) for near in before} | {node.id: (node, text)}
            pieces |= {near.id: (near, self._text(near)) for near in after}
            new = {id: piece for id, piece in pieces.items() if id not in texts}
            cost = sum(count_tokens(piece) for _, piece in new.values())
            if left is not None and cost > left:
                # Alone, where it does not fit with those around it.
                new = {node.id: (node, text)} if node.id not in texts else {}
                cost = sum(count_tokens(piece) for _, piece in new.values())
                if cost > left:
                    continue
                before = after = ()
            texts |= new
            left = None if left is None else left - cost
            hits.append(replace(hit, text=text, tokens=cost, before=before, after=after))
        return tuple(hits), tuple(texts.values())

    def _around(self, node: Node, count: int) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
        before: list[Node] = []
        after: list[Node] = []
        if node.position is None:
            return (), ()
        for side, found in ((0, before), (1, after)):
            at = node.id
            for _ in range(count):
                near = self._store.neighbours([at]).get(at, (None, None))[side]
                beside = self._store.nodes([near] if near is not None else []).get(near or 0)
                # A section of sections is no text; what lies behind it does not stand beside this one.
                if beside is None or beside.is_directory:
                    break
                found.append(beside)
                at = beside.id
        return tuple(reversed(before)), tuple(after)

    def _text(self, node: Node) -> str:
        return "" if node.is_directory else decoded(self._store.body(node))


def _ids_of(folders: Set[Uri], nodes: Mapping[int, Node]) -> dict[Uri, int]:
    """Ids of those folders that hold a candidate themselves."""
    return {node.uri.parent: node.parent for node in nodes.values() if node.uri.parent in folders}


def excerpt(text: str, wanted: set[str]) -> str:
    """The lines around the place where most different terms of the query stand, at most some 280 characters."""
    best, at = 0, 0
    lines = [line for line in text.split("\n") if line.strip()][:2000]
    for number, line in enumerate(lines if len(lines) > 1 else ()):
        found = len(wanted.intersection(terms(line[:2000])))
        if found > best:
            best, at = found, number
    if not lines:
        return ""
    line = " ".join(lines[at].split())
    if len(line) <= _EXCERPT:
        return line
    folded = line.lower()
    first = min((place for term in wanted if (place := folded.find(term)) >= 0), default=0)
    start = max(0, first - 60)
    return ("…" if start else "") + line[start : start + _EXCERPT - 2] + "…"


def _explained(
    ranked: list[Ranked], nodes: Mapping[int, Node], scores: _Scores, folders: Mapping[Uri, Folder]
) -> tuple[tuple[Evidence, ...], tuple[FolderScore, ...], tuple[HitScore, ...]]:
    """All that the hits' scores rest on, and nothing else."""
    needed = {one.id for one in ranked}
    if scores.highest is not None:
        needed.add(scores.highest)
    shown: dict[Uri, Folder] = {}
    for one in ranked:
        needed.update(one.beside)
        place = one.parent
        while place is not None and place not in shown:
            shown[place] = folders[place]
            needed.update(shown[place].support, shown[place].highest)
            place = shown[place].parent
    evidence = tuple(
        Evidence(
            id=id,
            uri=str(nodes[id].uri),
            length=scores.documents[id].length,
            counts=dict(scores.documents[id].counts),
            cosine=scores.cosines.get(id),
        )
        for id in sorted(needed)
    )
    above = tuple(
        FolderScore(
            uri=str(one.uri),
            parent=None if one.parent is None else str(one.parent),
            support=one.support,
            highest=one.highest,
            final=one.final,
        )
        for one in sorted(shown.values(), key=lambda one: one.uri.parts)
    )
    hits = tuple(
        HitScore(
            id=one.id,
            uri=str(nodes[one.id].uri),
            parent=None if one.parent is None else str(one.parent),
            beside=one.beside,
            lexical=scores.lexical[one.id],
            own=scores.own[one.id],
            final=one.final,
        )
        for one in ranked
    )
    return evidence, above, hits


def _visits(steps: list[Step], taken: Mapping[int, Hit], said: Mapping[Uri, int], began: float) -> tuple[Visit, ...]:
    """The walk in order; of the files that were not taken, the first few."""
    found: list[Visit] = []
    files = folders = 0
    for step in steps:
        if step.id is None:
            decision: Decision = "opened" if step.opened else "passed over"
            folders += not step.opened
            if folders > _STEPS and not step.opened:
                continue
            tokens = said.get(step.uri, 0) if step.opened else 0
        elif step.id in taken:
            decision, tokens = "taken", taken[step.id].tokens
        else:
            decision, tokens = "below the rest", 0
            files += 1
            if files > _STEPS:
                continue
        found.append(
            Visit(
                visit=len(found) + 1,
                uri=str(step.uri),
                own=step.own,
                parent=step.parent,
                final=step.final,
                decision=decision,
                tokens=tokens,
                ms=round((step.at - began) * 1000, 3),
            )
        )
    return tuple(found)
