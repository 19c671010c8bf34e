"""What the context database costs, and how that grows: import, find (with vectors), single writes, memory.

::

    python benchmarks/context.py --n 1000,10000,100000
    python benchmarks/context.py --files 200
    python benchmarks/context.py --files 200 --endpoint

Documents are made of 60,000 words in Zipf's proportions, 60 to 180 words each, 100 to a folder; queries are 3 to 8
words of a document. Vectors are random, 384 numbers each. Times are of one process, on the clock; ``find_cpu_ms`` is
what the processor worked. The database lies in a temporary folder. ``--endpoint`` also counts what vectors and levels
by a model ask of an endpoint: a scripted one on loopback, so nothing is shown of what a model would write.
"""

import argparse
import asyncio
import itertools
import json
import random
import re
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy

from afterlore.context.add import add
from afterlore.context.context import Context
from afterlore.context.records import Levels
from afterlore.context.search.embedding import embed
from afterlore.context.upgrade import Upgraded, estimate, upgrade
from afterlore.core import Budget, Ledger
from afterlore.llm.chat import Chat
from afterlore.llm.embeddings import Embeddings
from afterlore.llm.endpoint import Endpoint as Configured
from afterlore.llm.scripted import Body, ScriptedEndpoint, Turn

_WORDS = 60_000
_DIMENSIONS = 384
_QUERIES = 200
_BUDGET = 100_000
"""Tokens."""


class RandomEmbedder:
    """A vector for a query at once, so that what is timed is our own work."""

    model = "random"

    def __init__(self) -> None:
        self._random = numpy.random.default_rng(2)

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Random directions."""
        return [row.tolist() for row in self._random.standard_normal((len(texts), _DIMENSIONS))]


def measure(n: int) -> dict[str, float]:
    """Figures for ``n`` documents."""
    rng = random.Random(n)
    vocabulary = [f"w{rank}" for rank in range(_WORDS)]
    weights = list(itertools.accumulate(1 / (rank + 1) ** 0.9 for rank in range(_WORDS)))
    embedder = RandomEmbedder()
    queries: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "context.sqlite"
        with Context.open(path, embedder=embedder) as context:
            began = time.perf_counter()
            made = 0
            while made < n:
                with context.batch():
                    for _ in range(min(1000, n - made)):
                        words = rng.choices(vocabulary, cum_weights=weights, k=rng.randint(60, 180))
                        text = " ".join(words)
                        if made % max(1, n // _QUERIES) == 0:
                            queries.append(" ".join(rng.sample(words, rng.randint(3, 8))))
                        levels = Levels(text[:100], text[:400])
                        context.write(f"ctx://resources/b{made // 100}/{made}.txt", text, levels=levels)
                        made += 1
            imported = time.perf_counter() - began
            missing = context.store.without_vector("random")
            for at in range(0, len(missing), 5000):
                nodes = context.store.nodes(missing[at : at + 5000])
                vectors = numpy.random.default_rng(1).standard_normal((len(nodes), _DIMENSIONS)).astype("<f4")
                vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
                rows = zip(nodes.values(), vectors, strict=True)
                context.store.put_vectors("random", [(node.id, node.hash, row.tobytes()) for node, row in rows])
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            context.find(queries[0], save=False)
            busy = time.process_time()
            finds = sorted(_time(lambda query=query: context.find(query)) for query in queries[:_QUERIES])
            busy = time.process_time() - busy
            writes = sorted(
                _time(lambda at=at: context.write(f"ctx://resources/b{at}/new.txt", "a new text of the harbour"))
                for at in range(min(100, -(-n // 100)))
            )
            moved = _time(lambda: context.mv("ctx://resources/b0", "ctx://user/b0"))
            size = sum(file.stat().st_size for file in Path(folder).glob("context.sqlite*"))
        began = time.perf_counter()
        with Context.open(path) as context:
            context.find(queries[0])
        opened = time.perf_counter() - began
    return {
        "documents": n,
        "import_s": round(imported, 2),
        "documents_per_s": round(n / imported),
        "find_p50_ms": round(finds[len(finds) // 2] * 1000, 1),
        "find_p95_ms": round(finds[int(len(finds) * 0.95)] * 1000, 1),
        "find_cpu_ms": round(busy / len(finds) * 1000, 1),
        "write_p50_ms": round(writes[len(writes) // 2] * 1000, 1),
        "move_ms": round(moved * 1000, 1),
        "open_and_find_ms": round(opened * 1000, 1),
        "file_mb": round(size / 1e6, 1),
        "peak_rss_mb_before_find": round(before / 1024),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def files(count: int, *, endpoint: bool) -> dict[str, float]:
    """Import ``count`` Markdown files of some 12 kB, eight sections each, in folders of 20; then import them again."""
    rng = random.Random(count)
    vocabulary = [f"w{rank}" for rank in range(5000)]
    weights = list(itertools.accumulate(1 / (rank + 1) ** 0.9 for rank in range(5000)))
    with tempfile.TemporaryDirectory() as folder:
        size = 0
        for number in range(count):
            parts = [f"# Document {number}\n"]
            for section in range(8):
                lines = [" ".join(rng.choices(vocabulary, cum_weights=weights, k=18)).capitalize() for _ in range(18)]
                parts.append(f"## Section {section}\n\n" + ". ".join(lines) + ".\n")
            path = Path(folder) / "docs" / f"d{number // 20}" / f"{number}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(parts), encoding="utf-8")
            size += path.stat().st_size
        with Context.open(Path(folder) / "context.sqlite") as context:
            busy, began = time.process_time(), time.perf_counter()
            done = add(context, str(Path(folder) / "docs"))
            took, busy = time.perf_counter() - began, time.process_time() - busy
            again = _time(lambda: add(context, str(Path(folder) / "docs")))
            lines = [line.node for line in context.tree("ctx://resources") if line.node.is_directory]
            bare = sum(node.id not in context.store.levels([node.id]) for node in lines)
            asked = ask(context) if endpoint else {}
    return {
        "files": done.documents,
        "mb": round(size / 1e6, 2),
        "nodes": done.nodes,
        "import_s": round(took, 2),
        "import_cpu_s": round(busy, 2),
        "again_s": round(again, 2),
        "folders": len(lines),
        "folders_without_levels": bare,
        **asked,
    }


def ask(context: Context) -> dict[str, float]:
    """Vectors for all contents; then levels by a model for all nodes, in two runs, the first with a budget."""
    shown = re.compile(r"^<data \w+> (\d+) ", re.M)

    def write(body: Body) -> Turn:
        numbers = shown.findall(body["messages"][-1]["content"])
        return Turn(text="\n".join(f"@@ {number}\n{'abstract ' * 20}\n{'overview ' * 100}" for number in numbers))

    with ScriptedEndpoint(write) as server:
        configured = Configured(name="scripted", base_url=server.base_url, model="scripted")
        with Embeddings(configured) as embedder:
            began = time.perf_counter()
            embedded = embed(context.store, embedder)
            took = time.perf_counter() - began

        async def upgraded(ledger: Ledger) -> Upgraded:
            async with Chat(configured) as model:
                return await upgrade(context, model, ledger=ledger, workers=configured.max_concurrency)

        would = estimate(context)
        first = asyncio.run(upgraded(Ledger(Budget(tokens=_BUDGET))))
        began = time.perf_counter()
        rest = asyncio.run(upgraded(Ledger()))
        return {
            "embedded": embedded.nodes,
            "embedding_calls": server.count("/v1/embeddings"),
            "embedding_tokens": embedded.tokens,
            "embed_s": round(took, 1),
            "estimated_calls": would.calls,
            "estimated_sent": would.sent,
            "estimated_written": would.written,
            "budget": _BUDGET,
            "budget_nodes": first.nodes,
            "budget_calls": first.calls,
            "budget_tokens": first.tokens,
            "chat_nodes": first.nodes + rest.nodes,
            "chat_calls": server.count(),
            "chat_tokens": first.tokens + rest.tokens,
            "rest_s": round(time.perf_counter() - began, 1),
        }


def _time(act: object) -> float:
    began = time.perf_counter()
    act()  # type: ignore[operator]
    return time.perf_counter() - began


def main() -> None:
    """Print one JSON object a size."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n", default="1000,10000,100000", help="numbers of documents, separated by commas")
    parser.add_argument("--files", type=int, help="import so many Markdown files instead")
    parser.add_argument("--endpoint", action="store_true", help="with --files: count what an endpoint is asked, too")
    given = parser.parse_args()
    if given.files:
        print(json.dumps(files(given.files, endpoint=given.endpoint)))
        return
    for size in given.n.split(","):
        print(json.dumps(measure(int(size))), flush=True)


if __name__ == "__main__":
    main()
