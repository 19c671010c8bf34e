"""What a day costs after extraction: ``afterlore brief bench``. Seconds by stage, peak memory, and how both grow.

The articles are generated (``afterlore.brief.evaluate.generate``), about 1,500 characters each. Each size runs in a
process of its own, so that its peak memory is its own; growth is the slope of log seconds over log articles.
"""

import math
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from afterlore.brief.evaluate.generate import day
from afterlore.brief.pipeline import Report, Request, edit
from afterlore.brief.publish.folder import Folder
from afterlore.brief.vertical import load_vertical
from afterlore.brief.write.extractive import ExtractiveWriter
from afterlore.journal import Journal

__all__ = ["measure"]

_SEED = 0
_LENGTH = 1500


def measure(sizes: Sequence[int]) -> dict[str, Any]:
    """One row a size, and the growth from each size to the next and over all."""
    context = multiprocessing.get_context("spawn")
    rows = {}
    for size in sizes:
        with context.Pool(1) as pool:
            rows[str(size)] = pool.apply(_run, (size,))
    points = [(math.log(int(size)), math.log(row["seconds"])) for size, row in rows.items()]
    steps = [(b - y) / (a - x) for (x, y), (a, b) in pairwise(points) if a != x]
    return {**rows, "slope": max(steps) if steps else None}


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
        with Journal(folder.journal) as journal:
            built = edit(articles, request, Report(), journal, watch, ExtractiveWriter())
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
