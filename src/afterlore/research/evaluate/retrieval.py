"""Is what supports an answer found? Recall@10 of supporting passages by the question as it is asked, and how fast.

Each file's questions are asked of the passages of that file, and of all passages at hand. Baselines: the titles alone
under the same BM25, and ten passages drawn by lot. One search does not answer a question in several steps: this
measures the searcher, not the agent. Beside it, names that are typed otherwise than they are written must be found.

::

    afterlore research eval retrieval --data PATH --json
"""

import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from afterlore.context.records import Document, Statistics
from afterlore.context.search.bm25 import bm25
from afterlore.context.tokens import query_terms, terms
from afterlore.core import InputError, Searcher
from afterlore.research.evaluate.questions import Question, read_material
from afterlore.research.search.corpus import Corpus, open_corpus
from afterlore.research.search.passages import Passage
from afterlore.stats import bootstrap

__all__ = ["NAMES", "measure"]

_TEN = 10
_ROUNDS = 20
"""How often each name is asked for, so that a p95 says something."""
NAMES = {
    "zeromski": Passage("Stefan Żeromski", "Stefan Żeromski was a novelist of the Young Poland movement."),
    "lodz": Passage("Łódź", "Łódź lies in the middle of Poland and grew with its cotton mills."),
    "北京大学": Passage("北京大学", "北京大学的前身是京师大学堂，创办于1898年，校园在海淀区。"),
    "大学": Passage("江畔的校园", "这座城市有三所大学，最老的一所靠近江边的码头。"),
}
"""Written for this evaluation and added to all passages: what is typed, and the passage that must be among the ten."""


class _Pool(NamedTuple):
    passages: Sequence[Passage]
    corpus: Corpus
    places: dict[str, Passage]

    @classmethod
    def of(cls, passages: Sequence[Passage], folder: Path, name: str) -> "_Pool":
        file = folder / f"{name}.jsonl"
        with file.open("w", encoding="utf-8") as lines:
            lines.writelines(json.dumps({"title": one.title, "text": one.text}) + "\n" for one in passages)
        return cls(passages, open_corpus(file, data=folder), {str(one.uri): one for one in passages})


def measure(place: Path) -> dict[str, Any]:
    """The figures for a file or folder of questions. Raises InputError when it holds none."""
    materials = read_material(place)
    if not any(material.questions for material in materials):
        raise InputError(f"{str(place)!r} holds passages but no questions; give a MuSiQue or HotpotQA file")
    everything = list(dict.fromkeys((*(one for each in materials for one in each.passages), *NAMES.values())))
    recall: dict[str, Any] = {}
    above: dict[str, Any] = {}
    times: list[_Time] = []
    with tempfile.TemporaryDirectory(prefix="afterlore-") as temporary:
        folder = Path(temporary)
        whole = _Pool.of(everything, folder, "all passages")
        with whole.corpus:
            for material in materials:
                if not material.questions:
                    continue
                own = _Pool.of(material.passages, folder, material.name)
                with own.corpus:
                    table, gain, _ = _compared(own, material.questions)
                recall[material.name], above[material.name] = table, gain
                table, gain, taken = _compared(whole, material.questions)
                recall[f"{material.name} in all"], above[f"{material.name} in all"] = table, gain
                times += taken
            names, taken = asyncio.run(_names(whole))
    return {
        "passages": len(everything),
        "recall": recall,
        "above titles": above,
        "names": names,
        "ms": {"questions": _quantiles(times), "names": _quantiles(taken)},
    }


class _Time(NamedTuple):
    """Seconds of one search: on the clock, and of the processor."""

    wall: float
    cpu: float


def _compared(pool: _Pool, questions: Sequence[Question]) -> tuple[dict[str, Any], dict[str, float], list[_Time]]:
    ours, times = asyncio.run(_asked(pool, questions))
    titles = _titles(pool.passages, questions)
    table = {"corpus": _row(ours), "titles": _row(titles)}
    table["by lot"] = {"recall@10": min(1.0, _TEN / len(pool.passages)), "low": None, "high": None, "all found": None}
    for row in table.values():
        row |= {"questions": len(questions), "passages": len(pool.passages)}
    gains = [a - b for a, b in zip(ours, titles, strict=True)]
    interval = bootstrap(gains, fmean)
    return table, {"mean": fmean(gains), "low": interval.low, "high": interval.high}, times


def _row(shares: Sequence[float]) -> dict[str, Any]:
    interval = bootstrap(shares, fmean)
    found = fmean(share == 1 for share in shares)
    return {"recall@10": fmean(shares), "low": interval.low, "high": interval.high, "all found": found}


async def _asked(pool: _Pool, questions: Sequence[Question]) -> tuple[list[float], list[_Time]]:
    shares, times = [], []
    for question in questions:
        addresses, taken = await _timed(pool.corpus, question.text)
        found = {pool.places[address] for address in addresses}
        shares.append(len(found & question.support) / len(question.support))
        times.append(taken)
    return shares, times


async def _timed(searcher: Searcher, query: str) -> tuple[list[str], _Time]:
    wall, cpu = time.perf_counter(), time.process_time()
    hits = await searcher.search(query, limit=_TEN)
    taken = _Time(time.perf_counter() - wall, time.process_time() - cpu)
    return [hit.address for hit in hits], taken


async def _names(pool: _Pool) -> tuple[dict[str, Any], list[_Time]]:
    rows, times = {}, []
    for query, passage in NAMES.items():
        for _ in range(_ROUNDS):
            addresses, taken = await _timed(pool.corpus, query)
            times.append(taken)
        place = addresses.index(str(passage.uri)) + 1 if str(passage.uri) in addresses else None
        rows[query] = {"found": place is not None, "place": place}
    return rows, times


def _titles(passages: Sequence[Passage], questions: Sequence[Question]) -> list[float]:
    """Recall@10 of each question by BM25 over titles; ties by the order of the passages."""
    counts = [Counter(terms(passage.title)) for passage in passages]
    holders: dict[str, list[int]] = {}
    for at, held in enumerate(counts):
        for term in held:
            holders.setdefault(term, []).append(at)
    statistics = Statistics(len(passages), sum(held.total() for held in counts))
    shares = []
    for question in questions:
        frequencies = {term: len(holders[term]) for term in query_terms(question.text) if term in holders}
        candidates = {at for term in frequencies for at in holders[term]}
        scores = {at: bm25(Document(counts[at].total(), counts[at]), frequencies, statistics) for at in candidates}
        best = sorted(scores, key=lambda at: (-scores[at], at))[:_TEN]
        shares.append(len({passages[at] for at in best} & question.support) / len(question.support))
    return shares


def _quantiles(times: Sequence[_Time]) -> dict[str, float]:
    def at(values: list[float], share: float) -> float:
        return round(sorted(values)[min(len(values) - 1, int(share * len(values)))] * 1000, 2)

    wall, cpu = [one.wall for one in times], [one.cpu for one in times]
    return {"p50": at(wall, 0.5), "p95": at(wall, 0.95), "cpu p50": at(cpu, 0.5), "cpu p95": at(cpu, 0.95)}
