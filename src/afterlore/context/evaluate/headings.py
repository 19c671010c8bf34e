"""Headings as queries: is the section found that stood below a heading, once the heading is taken away?

Documents are Markdown or text in Chinese; each heading with Han characters whose own text is long enough and that no
other section has is a query, and all those sections, without their headings, are what is searched. The baselines are
the tokenizers of SQLite's FTS5 (``unicode61``, ``trigram``) and pairs of characters alone, ranked by the same BM25.

::

    afterlore context eval headings --data PATH --json
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from afterlore.context.records import Document, Statistics
from afterlore.context.search.bm25 import K1, B, bm25
from afterlore.context.tokens import is_cjk, terms
from afterlore.core import InputError
from afterlore.stats import bootstrap
from afterlore.text.ngrams import fold

__all__ = ["TOKENIZERS", "measure", "sections"]

_HAN = re.compile(r"[\u3400-\u9fff]")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$|^\*\*([^*\n]{4,60})\*\*\s*[:：]?\s*$", re.MULTILINE)
_SHORTEST = 60
"""Characters of a section that is worth asking for."""
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


def sections(folder: Path) -> list[tuple[str, str]]:
    """(heading, text below it up to the next heading) of every document, in order, each pair once."""
    files = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES)
    found: dict[str, str] = {}
    for file in files:
        try:
            text = _FRONT.sub("", file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read {str(file)!r}: {error}; give documents in UTF-8") from error
        marks = list(_HEADING.finditer(text))
        ends = [*(mark.start() for mark in marks[1:]), len(text)]
        for mark, end in zip(marks, ends[: len(marks)], strict=True):
            heading = mark[1] or mark[2]
            body = text[mark.end() : end].strip()
            if _HAN.search(heading) and len(body) >= _SHORTEST and _HAN.search(body):
                found.setdefault(body, heading)
    # A heading that stands over many sections (key points, summary) asks for none of them.
    often = Counter(found.values())
    return [(heading, body) for body, heading in found.items() if often[heading] == 1]


def measure(folder: Path) -> dict[str, Any]:
    """hit@1 and hit@5 of each tokenizer, and how far ours is above the others. Raises InputError without headings."""
    asked = sections(folder)
    if len(asked) < 2:
        raise InputError(f"{str(folder)!r} holds no Chinese sections below headings; give a folder of Markdown or text")
    ranks = {name: _ranks(asked, tokenize) for name, tokenize in TOKENIZERS.items()}
    table: dict[str, Any] = {
        name: {"hit@1": fmean(rank < 1 for rank in found), "hit@5": fmean(rank < 5 for rank in found)}
        for name, found in ranks.items()
    }
    ours = ranks["unigram+bigram"]
    for name in ("unicode61", "trigram", "bigram"):
        gains = [float(a < 5) - float(b < 5) for a, b in zip(ours, ranks[name], strict=True)]
        interval = bootstrap(gains, fmean)
        table[f"above_{name}"] = {"mean": fmean(gains), "low": interval.low, "high": interval.high}
    return {"queries": len(asked), **table}


def _ranks(asked: Sequence[tuple[str, str]], tokenize: Callable[[str], list[str]]) -> list[int]:
    """At which place, from 0, each heading's own section comes."""
    postings: dict[str, list[tuple[int, int]]] = {}
    lengths = []
    for at, (_, body) in enumerate(asked):
        counts: dict[str, int] = {}
        found = tokenize(body)
        for term in found:
            counts[term] = counts.get(term, 0) + 1
        lengths.append(len(found))
        for term, count in counts.items():
            postings.setdefault(term, []).append((at, count))
    statistics = Statistics(len(asked), sum(lengths))
    ranks = []
    for own, (heading, _) in enumerate(asked):
        scores: dict[int, float] = {}
        for term in set(tokenize(heading)):
            held = postings.get(term, [])
            for at, count in held:
                part = bm25(Document(lengths[at], {term: count}), {term: len(held)}, statistics, k1=K1, b=B)
                scores[at] = scores.get(at, 0.0) + part
        mine = scores.get(own, 0.0)
        # Those that score the same come first, so that nothing is found by chance.
        ranks.append(sum(score >= mine for at, score in scores.items() if at != own) if mine else len(asked))
    return ranks
