"""A trace for people: a tree in the terminal, and one self-contained page that says why each hit was found."""

from functools import cache
from typing import Any

from afterlore.context.records import Document, Statistics
from afterlore.context.search.bm25 import bm25
from afterlore.context.search.trace import Evidence, Trace, recompute
from afterlore.report import Page, asset, environment, one_line

__all__ = ["page", "tree"]

_PACKAGE = "afterlore.context.search"
_WORDS = {"skip": "Skip to the hits", "dark": "Dark"}


def tree(trace: Trace) -> str:
    """The walk as an indented tree, one line for each folder and file, best first as it was walked."""
    base = trace.target.removesuffix("/").count("/") if trace.target != "ctx://" else 2
    lines = [
        f"{one_line(trace.query)}",
        f"{trace.target}  {trace.candidates} candidates of {trace.documents} documents, {trace.ms:.0f} ms"
        + (f", vectors of {trace.model}" if trace.model else "")
        + (f", without vectors: {one_line(trace.degraded)}" if trace.degraded else ""),
    ]
    below: dict[str, list[Any]] = {}
    for visit in trace.visits:
        below.setdefault(visit.uri.rpartition("/")[0], []).append(visit)
    shown: set[int] = set()

    def draw(visit: Any) -> None:
        if visit.visit in shown:
            return
        shown.add(visit.visit)
        depth = visit.uri.count("/") - base
        above = f" parent {visit.parent:.3f}" if visit.parent is not None else ""
        name = one_line(visit.uri.rpartition("/")[2])
        lines.append(
            f"{'  ' * depth}{name}  {visit.final:.3f} = own {visit.own:.3f}{above}  {visit.decision}"
            + (f", {visit.tokens} tokens" if visit.tokens else "")
        )
        for inner in sorted(below.get(visit.uri, ()), key=lambda inner: (-inner.final, inner.visit)):
            draw(inner)

    for visit in sorted(trace.visits, key=lambda visit: (visit.uri.count("/"), -visit.final)):
        draw(visit)
    return "\n".join(lines)


@cache
def _template() -> Page:
    return Page(environment(_PACKAGE), "trace.html", css=asset(_PACKAGE, "trace.css"))


def page(trace: Trace) -> str:
    """One HTML file; everything from texts is escaped, nothing is loaded."""
    statistics = Statistics(trace.documents, trace.terms)
    evidence = {one.id: one for one in trace.evidence}
    folders = {one.uri: one for one in trace.folders}
    again = recompute(trace)
    shares = {visit.uri: visit for visit in trace.visits}

    def shown_terms(one: Evidence) -> list[dict[str, Any]]:
        rows = []
        for term, count in one.counts.items():
            part = bm25(
                Document(one.length, {term: count}),
                {term: trace.frequencies[term]},
                statistics,
                k1=trace.parameters.k1,
                b=trace.parameters.b,
            )
            rows.append(
                {"term": term.replace("\u01c0", "-"), "count": count, "in": trace.frequencies[term], "part": part}
            )
        return sorted(rows, key=lambda row: -row["part"])

    hits = []
    for number, hit in enumerate(trace.hits, 1):
        path = []
        place = hit.parent
        while place is not None:
            path.append(folders[place])
            place = folders[place].parent
        parent = folders[hit.parent].final if hit.parent is not None else hit.own
        beside = hit.final - trace.parameters.own * hit.own - (1 - trace.parameters.own) * parent
        rows = shown_terms(evidence[hit.id])
        hits.append(
            {
                "number": number,
                "uri": hit.uri,
                "final": hit.final,
                "again": again[hit.id],
                "own": hit.own,
                "lexical": hit.lexical,
                "from_own": trace.parameters.own * hit.own,
                "from_parent": (1 - trace.parameters.own) * parent,
                "from_beside": beside if hit.beside else 0.0,
                "parent": parent,
                "path": [
                    {
                        "uri": one.uri,
                        "final": one.final,
                        "share": shares[one.uri].own if one.uri in shares else None,
                        "support": [evidence[id].uri for id in one.support],
                    }
                    for one in reversed(path)
                ],
                "beside": [evidence[id].uri for id in hit.beside],
                "terms": rows,
                "most": max((row["part"] for row in rows), default=1.0),
                "length": evidence[hit.id].length,
                "cosine": evidence[hit.id].cosine,
            }
        )
    return _template().render(
        lang="en",
        title=f"Why: {one_line(trace.query)[:80]}",
        words=_WORDS,
        trace=trace,
        hits=hits,
        average=statistics.average,
    )
