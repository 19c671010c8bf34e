"""The trace of a find: every number that a score is made of, from the statistics of terms on.

``recompute`` makes each hit's score again from the trace alone. The formulas:

    lexical  = BM25 over terms (see ``bm25``)
    own      = lexical / highest lexical                          without vectors
             = (lexical / highest lexical + (cosine - lowest) / (highest - lowest)) / 2    with them
    support  = sum of the ``best`` highest own scores below a folder (and its own, for what it says itself)
    share    = support / highest support of a folder at the same depth
    final    = own_weight * share + (1 - own_weight) * final of the parent   for a folder; share at the top
    final    = own_weight * own + (1 - own_weight) * final of the parent     for a file; own at the top
             + neighbour_weight * the higher own of the files before and after it
"""

from typing import Literal

from afterlore.context.records import Document, Statistics
from afterlore.context.search.bm25 import bm25
from afterlore.core import Record

__all__ = ["Decision", "Evidence", "FolderScore", "HitScore", "Parameters", "Trace", "Visit", "recompute", "scaled"]


Decision = Literal["opened", "passed over", "taken", "below the rest"]


class Parameters(Record):
    """What the formulas take."""

    k1: float
    b: float
    own: float
    neighbour: float
    best: int


class Evidence(Record):
    """One document that a score rests on."""

    id: int
    uri: str
    length: int
    """Terms in it, duplicates counted."""
    counts: dict[str, int]
    """Of the terms that were asked for."""
    cosine: float | None = None
    """None without vectors, or for a document that is not among the nearest."""


class FolderScore(Record):
    """How a folder's final score came about."""

    uri: str
    parent: str | None
    """None at the top of what was searched."""
    support: tuple[int, ...]
    """Ids of the documents whose own scores are added."""
    highest: tuple[int, ...]
    """The same of the folder with the highest support at this depth."""
    final: float


class HitScore(Record):
    """How a hit's final score came about."""

    id: int
    uri: str
    parent: str | None
    beside: tuple[int, ...]
    """Ids of the documents before and after it that were candidates."""
    lexical: float
    own: float
    final: float


class Visit(Record):
    """One step of the walk, best first. Of the files below the rest and the folders passed over, the first ones."""

    visit: int
    uri: str
    own: float
    parent: float | None
    final: float
    decision: Decision
    """A folder is opened, or passed over because nothing below can reach the hits; a file is taken or not."""
    tokens: int
    """What a reader of this step reads: L0 of a folder, the text of a file that is taken. An estimate."""
    ms: float
    """Since the search began."""


class Trace(Record):
    """How a find went."""

    schema_version: Literal[1] = 1
    id: str
    query: str
    target: str
    made: str
    documents: int
    terms: int
    """In all documents, duplicates counted."""
    frequencies: dict[str, int]
    """In how many documents each term of the query occurs."""
    unknown: tuple[str, ...] = ()
    """Terms of the query that no document holds."""
    parameters: Parameters
    model: str = ""
    """Whose vectors took part; empty for none."""
    degraded: str = ""
    """Why vectors took no part although they should have."""
    highest_lexical: int | None = None
    """The document with the highest lexical score; None when no document has one."""
    cosines: tuple[float, float] | None = None
    """Lowest and highest of the nearest."""
    candidates: int
    evidence: tuple[Evidence, ...]
    folders: tuple[FolderScore, ...]
    hits: tuple[HitScore, ...]
    visits: tuple[Visit, ...]
    ms: float


def recompute(trace: Trace) -> dict[int, float]:
    """The final score of each hit by its id, made from the evidence and the statistics alone."""
    statistics = Statistics(trace.documents, trace.terms)
    evidence = {one.id: one for one in trace.evidence}
    given = trace.parameters

    def lexical(one: Evidence) -> float:
        document = Document(one.length, one.counts)
        return bm25(document, trace.frequencies, statistics, k1=given.k1, b=given.b)

    highest = lexical(evidence[trace.highest_lexical]) if trace.highest_lexical is not None else 0.0

    def own(id: int) -> float:
        one = evidence[id]
        words = lexical(one) / highest if highest else 0.0
        if trace.cosines is None:
            return words
        return (words + scaled(one.cosine, trace.cosines)) / 2

    folders = {one.uri: one for one in trace.folders}
    finals: dict[str, float] = {}

    def final(uri: str) -> float:
        if uri not in finals:
            one = folders[uri]
            most = sum(own(id) for id in one.highest)
            share = sum(own(id) for id in one.support) / most if most else 0.0
            above = final(one.parent) if one.parent is not None else share
            finals[uri] = given.own * share + (1 - given.own) * above
        return finals[uri]

    found = {}
    for hit in trace.hits:
        above = final(hit.parent) if hit.parent is not None else own(hit.id)
        beside = max((own(id) for id in hit.beside), default=0.0)
        found[hit.id] = given.own * own(hit.id) + (1 - given.own) * above + given.neighbour * beside
    return found


def scaled(cosine: float | None, between: tuple[float, float]) -> float:
    """A cosine from 0, the lowest, to 1, the highest; 0 for None."""
    low, high = between
    if cosine is None:
        return 0.0
    return (cosine - low) / (high - low) if high > low else 1.0
