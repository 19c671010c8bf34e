"""Names: do they do in the sources what the claim says they do?"""

from collections.abc import Sequence

from afterlore.brief.check.reading import Clause, Reading, located_name
from afterlore.brief.check.verdict import Problem

__all__ = ["check_subjects"]

_CLASS = {"place": "place"}


def check_subjects(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """A name of the claim that stands in the sources, but with other words than the claim's.

    Each clause of the claim is laid beside every clause of the sources. When the clause that shares
    most of its words has
    another name in its place, and the clauses that do have the claim's name share little, the deed has
    been given to another.
    """
    weights: dict[str, float] = {feature.key: feature.weight for feature in claim.features}
    rows: list[tuple[Reading, Clause]] = []
    for source in sources:
        before: frozenset[str] = frozenset()
        for clause in source.clauses:
            # "…, $85 billion at Microsoft": what is measured was said once, in the clause before.
            said = sum(1 for key in clause.features if key[0] != "=")
            figured = said < len(clause.features)
            elliptical = clause.own and figured and said <= (0 if source.chinese else 2)
            full = clause._replace(features=clause.features | before) if elliptical else clause
            rows += [(source, row) for row in _owners(source, clause)] or [(source, full)]
            before = full.features
    if not rows:
        return []
    theirs_all = frozenset().union(*(clause.own for _, clause in rows))
    kinds = {
        name.key: _CLASS.get(name.kind, "other")
        for reading in (claim, *sources)
        for name in reading.names
        if name.kind != "quoted" or name.key in theirs_all
    }
    problems: list[Problem] = []
    for clause in claim.clauses:
        weights |= {key: 2.0 for key in clause.features if key[0] == "="}
        total = sum(weights.get(key, 1.0) for key in clause.features)
        if total < 2 or not clause.own:
            continue
        scored = [
            (sum(weights.get(key, 1.0) for key in clause.features & other.features), source, other)
            for source, other in rows
        ]
        best = max(score for score, _, _ in scored)
        # Among hundreds of clauses some share words by chance; among a few they are the clause that the claim retells.
        if best < (max(2.0, 0.4 * total) if len(rows) <= 24 else max(5.0, 0.7 * total)):
            continue
        located = {name.key for name in claim.names if located_name(claim.plain, name)}
        for name in sorted((clause.own & theirs_all) - located):
            kind = kinds.get(name)
            having = max(
                (score + 0.1 for score, _, other in scored if name in other.own or name in other.carried), default=0.0
            )
            if having > 0.5 * best:
                continue
            tops = [(source, other) for score, source, other in scored if score >= 0.95 * best]
            rivals = [
                {key for key in other.own | _topic(other) if kinds.get(key) == kind} - clause.own - located
                for _, other in tops
            ]
            if all(rivals) and not any(_speaks(source, name) for source, _ in tops):
                rival = sorted(rivals[0])[0]
                source, other = tops[0]
                problems.append(
                    Problem(
                        kind="subject",
                        claim_says=claim.text[clause.start : clause.end].strip(),
                        source_says=source.text[other.start : other.end].strip() or rival,
                    )
                )
                break
    return problems


def _owners(source: Reading, clause: Clause) -> list[Clause]:
    """依托甲的网络及乙的客流 as one row for each owner; empty when a clause has fewer than two."""
    inside = [n for n in source.names if clause.start <= n.start < clause.end and n.kind != "quoted"]
    if len(inside) < 2 or len(inside) > 4 or any(source.plain[n.end : n.end + 1] != "的" for n in inside):
        return []
    ends = [n.start for n in inside[1:]] + [clause.end]
    out = []
    for name, end in zip(inside, ends, strict=True):
        words = frozenset(f.key for f in source.features if name.start <= f.at < end and f.key[0] != "@")
        out.append(Clause(name.start, end, words, frozenset({name.key}), frozenset()))
    return out


def _topic(clause: Clause) -> frozenset[str]:
    """Whom a clause speaks of that names only things in brackets: 段级写入（SSW）效果最好."""
    short = bool(clause.own) and all(key.isascii() and key.isalpha() and len(key) <= 4 for key in clause.own)
    return clause.carried if short else frozenset()


def _speaks(source: Reading, name: str) -> bool:
    """Whether the name opens the source's sentence: then what follows may be its own doing under another name."""
    first = source.clauses[0].own if source.clauses else frozenset()
    return name in first and len(first) == 1 and not _listing(source)


def _listing(source: Reading) -> bool:
    """Whether the sentence puts several subjects side by side, so that the first is not the subject of all."""
    openers = 0
    for clause in source.clauses:
        stretch = source.plain[clause.start : clause.start + 14]
        if any(
            name.start - clause.start <= 3 + len(stretch) - len(stretch.lstrip())
            for name in source.names
            if clause.start <= name.start < clause.end
        ):
            openers += 1
    return openers > 1
