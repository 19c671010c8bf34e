"""Headings as queries: is the section found that stood below a heading, once the heading is taken away?

Documents are Markdown or text in Chinese. A heading is what a reader takes for one: ``marked`` (``#``, or a bold line),
a ``line`` of its own without a stop between two paragraphs, as articles have that lost their markup, or ``run-in`` (a
bold label with a colon that opens its paragraph). Each heading with Han characters whose own text is long enough and
that no other section has is a query, and all those sections, without their headings, are what is searched. A section
that holds the one asked for, or is held by it, counts neither way. The baselines are the tokenizers of SQLite's FTS5
(``unicode61``, ``trigram``) and pairs of characters alone, ranked by the same BM25.

The weight of a single character is the one number that was chosen on headings. So it is also chosen anew, on every
second document for the others and the other way round (``cross_fitted``), and only that is compared with the baselines.
Intervals resample documents, whose headings are not independent.

::

    afterlore context eval headings --data PATH --data PATH --json
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from afterlore.context.records import Document, Statistics
from afterlore.context.search.bm25 import ONE_CHARACTER, bm25
from afterlore.context.tokens import is_cjk, terms
from afterlore.core import InputError
from afterlore.stats import bootstrap
from afterlore.text.ngrams import fold

__all__ = ["TOKENIZERS", "Asked", "measure", "sections"]

_HAN = re.compile(r"[\u3400-\u9fff]")
_MARKED = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$|^\*\*([^*\n]{4,60})\*\*\s*[:：]?\s*$", re.MULTILINE)
_RUN_IN = re.compile(r"^[-*\d.、\s]*\*\*([^*\n]{2,60}?)(?:[:：]\*\*|\*\*[:：])(.+)$", re.MULTILINE)
# What ends as a sentence or a quotation does, opens as one, or is a list, a picture or a link is no heading.
_LINE = re.compile(r"(?![#>\-*|!\[(（“「—…])\S.{2,38}[^\s。！？!?；;，,、：:…”\"』」)）—|]")
_SHORTEST = 60
"""Characters of a section that is worth asking for."""
_PARAGRAPH = 40
"""Characters of a line, at least, on either side of a heading that nothing marks."""
_WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
_SUFFIXES = (".md", ".markdown", ".txt")
_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def _unicode61(text: str) -> list[str]:
    """Runs of letters and digits: a Chinese clause is one word."""
    return re.findall(r"[^\W_]+", fold(text))


def _trigram(text: str) -> list[str]:
    folded = fold(text)
    return [folded[i : i + 3] for i in range(len(folded) - 2)]


def _bigram(text: str) -> list[str]:
    return [term for term in terms(text) if not (is_cjk(term) and len(term) == 1)]


TOKENIZERS: Mapping[str, Callable[[str], list[str]]] = {
    "unicode61": _unicode61,
    "trigram": _trigram,
    "bigram": _bigram,
    "unigram+bigram": terms,
}


class Asked(NamedTuple):
    """A query and where its answer stands."""

    heading: str
    body: str
    document: int
    kind: str = "marked"
    span: tuple[int, int] = (0, 0)
    """Of the body, in characters of the document."""

    def overlaps(self, other: "Asked") -> bool:
        """Whether one of the two holds the other, or a part of it."""
        return self.document == other.document and self.span[0] < other.span[1] and other.span[0] < self.span[1]


def sections(places: Sequence[Path]) -> list[Asked]:
    """Each heading with the text below it, of every document, in order, each text once."""
    files = [file for place in places for file in _files(place)]
    found: dict[str, Asked] = {}
    for number, file in enumerate(files):
        try:
            text = _FRONT.sub("", file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read {str(file)!r}: {error}; give documents in UTF-8") from error
        for kind, heading, start, end in _headings(text):
            body = text[start:end].strip()
            if _HAN.search(heading) and len(body) >= _SHORTEST and _HAN.search(body):
                found.setdefault(body, Asked(heading, body, number, kind, (start, end)))
    # A heading that stands over many sections (key points, summary) asks for none of them.
    often = Counter(one.heading for one in found.values())
    return [one for one in found.values() if often[one.heading] == 1]


def _headings(text: str) -> Iterator[tuple[str, str, int, int]]:
    """Kind, heading, and where the text below it begins and ends."""
    marked = [("marked", mark[1] or mark[2], mark.start(), mark.end()) for mark in _MARKED.finditer(text)]
    for (kind, heading, _, start), end in zip(marked, _ends(marked, len(text)), strict=True):
        yield kind, heading, start, end
    # A line of its own ends where the next one begins, and never beyond what is marked.
    both = sorted([*marked, *_lines(text)], key=itemgetter(2))
    for (kind, heading, _, start), end in zip(both, _ends(both, len(text)), strict=True):
        if kind == "line":
            yield kind, heading, start, end
    for mark in _RUN_IN.finditer(text):
        yield "run-in", mark[1], mark.start(2), mark.end(2)


def _ends(marks: Sequence[tuple[str, str, int, int]], last: int) -> list[int]:
    return [*(start for _, _, start, _ in marks), last][1:] if marks else []


def _lines(text: str) -> Iterator[tuple[str, str, int, int]]:
    """Short lines between two paragraphs."""
    lines = [(match.start(), match[0].strip()) for match in re.finditer(r"\S.*", text)]
    for (_, before), (at, line), (_, after) in zip(lines, lines[1:], lines[2:], strict=False):
        if len(before) >= _PARAGRAPH <= len(after) and _LINE.fullmatch(line):
            yield "line", line, at, at + len(line)


def _files(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.suffix in _SUFFIXES)


def measure(places: Sequence[Path]) -> dict[str, Any]:
    """hit@1 and hit@5 of each tokenizer, and how far ours is above the others. Raises InputError without headings."""
    asked = sections(places)
    if len(asked) < 2:
        named = ", ".join(repr(str(place)) for place in places)
        raise InputError(f"{named} holds no Chinese sections below headings; give a folder of Markdown or text")
    ranks = {name: _ranks(asked, tokenize) for name, tokenize in TOKENIZERS.items()}
    chosen, ranks["cross_fitted"] = _cross_fitted(asked)
    table: dict[str, Any] = {
        name: {"hit@1": fmean(rank < 1 for rank in found), "hit@5": fmean(rank < 5 for rank in found)}
        for name, found in ranks.items()
    }
    for name in ("unicode61", "trigram", "bigram"):
        table[f"above_{name}"] = _above(asked, ranks["cross_fitted"], ranks[name])
    kinds = Counter(one.kind for one in asked)
    for kind in kinds:
        own = [at for at, one in enumerate(asked) if one.kind == kind]
        table[kind] = {f"hit@5 {name}": fmean(found[at] < 5 for at in own) for name, found in ranks.items()}
    documents = len({one.document for one in asked})
    return {"queries": len(asked), "kinds": dict(kinds), "documents": documents, "weights": chosen, **table}


def _above(asked: Sequence[Asked], ours: Sequence[int], theirs: Sequence[int]) -> dict[str, float]:
    """By how much more ours finds among the first five, with an interval over documents."""
    gains: dict[int, list[float]] = {}
    for one, a, b in zip(asked, ours, theirs, strict=True):
        gains.setdefault(one.document, []).append(float(a < 5) - float(b < 5))

    def mean(documents: Sequence[list[float]]) -> float:
        return fmean(chain.from_iterable(documents))

    low, high = bootstrap(list(gains.values()), mean)
    return {"mean": mean(list(gains.values())), "low": low, "high": high}


def _cross_fitted(asked: Sequence[Asked]) -> tuple[list[float], list[int]]:
    """The weights of a single character that either half of the documents prefers, and the ranks with the other's."""
    tried = {weight: _ranks(asked, terms, one_character=weight) for weight in _WEIGHTS}
    chosen = []
    for half in (0, 1):
        own = [at for at, one in enumerate(asked) if one.document % 2 == half]
        # Of weights that find the same, the one that is in use.
        chosen.append(max(_WEIGHTS, key=lambda weight: (_found(tried[weight], own), -abs(weight - ONE_CHARACTER))))
    return chosen, [tried[chosen[1 - one.document % 2]][at] for at, one in enumerate(asked)]


def _found(ranks: Sequence[int], own: Sequence[int]) -> float:
    return sum((ranks[at] < 1) + (ranks[at] < 5) for at in own)


def _ranks(
    asked: Sequence[Asked], tokenize: Callable[[str], list[str]], *, one_character: float = ONE_CHARACTER
) -> list[int]:
    """At which place, from 0, each heading's own section comes."""
    postings: dict[str, list[tuple[int, int]]] = {}
    lengths = []
    for at, one in enumerate(asked):
        counts: dict[str, int] = {}
        found = tokenize(one.body)
        for term in found:
            counts[term] = counts.get(term, 0) + 1
        lengths.append(len(found))
        for term, count in counts.items():
            postings.setdefault(term, []).append((at, count))
    statistics = Statistics(len(asked), sum(lengths))
    ranks = []
    for own, one in enumerate(asked):
        scores: dict[int, float] = {}
        for term in set(tokenize(one.heading)):
            held = postings.get(term, [])
            for at, count in held:
                document = Document(lengths[at], {term: count})
                part = bm25(document, {term: len(held)}, statistics, one_character=one_character)
                scores[at] = scores.get(at, 0.0) + part
        mine = scores.get(own, 0.0)
        # Those that score the same come first, so that nothing is found by chance.
        above = [at for at, score in scores.items() if score >= mine and not one.overlaps(asked[at])]
        ranks.append(len(above) if mine else len(asked))
    return ranks
