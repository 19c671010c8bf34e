"""What a local corpus costs: import, second use, an edited line, searches one by one and many at once, reads.

::

    python benchmarks/search.py --n 9000

Passages are made of 30,000 words in Zipf's proportions, 40 to 160 words each; a query is 3 to 12 words of a passage.
``wall`` is the clock, ``cpu`` what this process worked, both in milliseconds. On real passages and questions:
``afterlore research eval retrieval``. Everything lies in a temporary folder.
"""

import argparse
import asyncio
import itertools
import json
import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from afterlore.research.search.corpus import Corpus, open_corpus

_WORDS = 30_000
_QUERIES = 300
_AT_ONCE = 200


def passages(n: int, rng: random.Random) -> list[dict[str, str]]:
    """So many, each with a title of its own."""
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(3, 10))) for _ in range(_WORDS)]
    weights = list(itertools.accumulate(1 / rank for rank in range(1, _WORDS + 1)))
    return [
        {"title": f"Passage {at}", "text": " ".join(rng.choices(words, cum_weights=weights, k=rng.randint(40, 160)))}
        for at in range(n)
    ]


def timed(act: Callable[[], Any]) -> tuple[Any, float, float]:
    """What ``act`` gives, and milliseconds of the clock and of the processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    made = act()
    return made, (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000


async def searched(corpus: Corpus, queries: list[str]) -> tuple[list[float], list[float], list[str]]:
    """Clock and processor of each search, one after the other, and the best address of each."""
    walls, cpus, best = [], [], []
    for query in queries:
        wall, cpu = time.perf_counter(), time.process_time()
        hits = await corpus.search(query)
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
        best.append(hits[0].address)
    return walls, cpus, best


async def at_once(act: Callable[[str], Any], given: list[str]) -> None:
    """All of them together."""
    await asyncio.gather(*(act(one) for one in given))


def quantile(values: list[float], share: float) -> float:
    """By rank."""
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))], 2)


def measure(n: int) -> dict[str, float]:
    """Figures for ``n`` passages."""
    rng = random.Random(n)
    rows = passages(n, rng)
    queries = [" ".join(rng.sample(rng.choice(rows)["text"].split(), rng.randint(3, 12))) for _ in range(_QUERIES)]
    with tempfile.TemporaryDirectory() as name:
        file, data = Path(name) / "passages.jsonl", Path(name) / "data"

        def opened() -> Corpus:
            return open_corpus(file, data=data)

        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        corpus, imported, imported_cpu = timed(opened)
        corpus.close()
        corpus, again, _ = timed(opened)
        corpus.close()
        rows[n // 2]["text"] += " edited"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        corpus, edited, _ = timed(opened)
        with corpus:
            asyncio.run(searched(corpus, queries[:20]))
            walls, cpus, best = asyncio.run(searched(corpus, queries))
            _, together, together_cpu = timed(lambda: asyncio.run(at_once(corpus.search, queries[:_AT_ONCE])))
            _, reads, _ = timed(lambda: asyncio.run(at_once(corpus.read, best[:_AT_ONCE])))
    return {
        "passages": n,
        "import_s": round(imported / 1000, 2),
        "import_cpu_s": round(imported_cpu / 1000, 2),
        "second_use_ms": round(again, 1),
        "one_line_edited_ms": round(edited, 1),
        "search_wall_p50": quantile(walls, 0.5),
        "search_wall_p95": quantile(walls, 0.95),
        "search_cpu_p50": quantile(cpus, 0.5),
        "search_cpu_p95": quantile(cpus, 0.95),
        "at_once_wall_each": round(together / _AT_ONCE, 2),
        "at_once_cpu_each": round(together_cpu / _AT_ONCE, 2),
        "read_wall_each": round(reads / _AT_ONCE, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n", type=int, default=9000, help="number of passages")
    print(json.dumps(measure(parser.parse_args().n), indent=1))


if __name__ == "__main__":
    main()
