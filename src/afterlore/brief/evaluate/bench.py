"""What a day costs after extraction: ``afterlore brief bench``. Seconds by stage, peak memory, and how both grow.

The articles are generated (``afterlore.brief.evaluate.generate``), about 1,500 characters each. Each size runs in a
process of its own, so that its peak memory is its own; growth is the slope of log seconds over log articles, for the
whole and for each stage, beside each stage's share of the time. Beside it: what learning a desk's taste anew from its
log costs, by days of ``_CHOICES`` titles.
"""

import math
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date as Date
from itertools import pairwise
from pathlib import Path
from typing import Any

from afterlore.brief.desk.experience import Candidate, Day, Decision
from afterlore.brief.desk.taste import Taste
from afterlore.brief.evaluate.generate import day
from afterlore.brief.library import Library
from afterlore.brief.pipeline import Report, Request, edit
from afterlore.brief.publish.folder import Folder
from afterlore.brief.vertical import load_vertical
from afterlore.brief.write.extractive import ExtractiveWriter
from afterlore.journal import Journal

__all__ = ["measure"]

_SEED = 0
_LENGTH = 1500
_STAGES = ("select", "dedupe", "cluster", "rank", "write", "keep", "publish", "index")
_LEAST = 0.01
"""Seconds below which a stage's growth says nothing."""
_DAYS = (30, 120)
_CHOICES = 35
_EPOCH = Date(2031, 1, 1).toordinal()


def measure(sizes: Sequence[int]) -> dict[str, Any]:
    """One row a size, each stage's share of the seconds and its growth from the smallest size to the largest, the
    steepest growth of the whole from one size to the next (``slope``), and the seconds that learning takes by days.
    """
    context = multiprocessing.get_context("spawn")
    rows = {}
    for size in sizes:
        with context.Pool(1) as pool:
            rows[str(size)] = pool.apply(_run, (size,))
    points = [(math.log(int(size)), math.log(row["seconds"])) for size, row in rows.items()]
    steps = [(b - y) / (a - x) for (x, y), (a, b) in pairwise(points) if a != x]
    return {
        **rows,
        "share": {size: _shares(row) for size, row in rows.items()},
        "growth": _growth(list(rows.values())),
        "learning": {str(days): {"seconds": _learning(days)} for days in _DAYS},
        "slope": max(steps) if steps else None,
    }


def _shares(row: dict[str, Any]) -> dict[str, float]:
    total = sum(row[stage] for stage in _STAGES)
    return {stage: round(row[stage] / total, 3) for stage in _STAGES}


def _growth(rows: Sequence[dict[str, Any]]) -> dict[str, float | None]:
    """Per stage: the slope of log seconds over log articles between the ends; None for what takes no time."""
    few, many = rows[0], rows[-1]
    apart = math.log(many["articles"] / few["articles"])
    return {
        stage: round(math.log(many[stage] / few[stage]) / apart, 2)
        if apart and min(few[stage], many[stage]) >= _LEAST
        else None
        for stage in _STAGES
    }


def _learning(days: int) -> float:
    """Seconds to learn a taste anew from a log of so many days."""
    titles = [article.title for article in day(days * _CHOICES, _SEED, length=200).articles]
    log = [
        Day(
            date=Date.fromordinal(_EPOCH + number),
            decisions=tuple(
                Decision(candidate=Candidate(title=title), decision="promoted" if place % 3 == 0 else "dropped")
                for place, title in enumerate(titles[number::days])
            ),
        )
        for number in range(days)
    ]
    begun = time.perf_counter()
    Taste.of(log).judge([decision.candidate for decision in log[-1].decisions])
    return round(time.perf_counter() - begun, 3)


class _Stopwatch:
    """A Progress that keeps the seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._begun = time.perf_counter()
        self._name = "select"

    def stage(self, name: str, total: int) -> None:
        """The stage before ends here."""
        del total
        now = time.perf_counter()
        self.seconds[self._name] = self.seconds.get(self._name, 0.0) + now - self._begun
        self._name, self._begun = name, now

    def advance(self, items: int = 1) -> None:
        """Not counted."""


def _run(size: int) -> dict[str, Any]:
    articles = day(size, _SEED, length=_LENGTH).articles
    first = max(article.published for article in articles if article.published)
    watch = _Stopwatch()
    with tempfile.TemporaryDirectory() as name:
        request = Request.of(
            (), out=Path(name) / "out", vertical=load_vertical("ai"), date=first.date().isoformat(), window="999d"
        )
        folder = Folder(request.out)
        folder.claim()
        begun = time.perf_counter()
        with Journal(folder.journal) as journal, Library(folder, journal) as library:
            built = edit(articles, request, Report(), journal, library, watch, ExtractiveWriter())
        seconds = time.perf_counter() - begun
        watch.stage("", 0)
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    stages = {name: round(value, 3) for name, value in watch.seconds.items()}
    return {
        "articles": len(articles),
        "events": built.edition.counts.events,
        "stories": built.edition.counts.stories,
        "seconds": round(seconds, 2),
        **stages,
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6),
    }
