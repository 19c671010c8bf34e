"""What runs of the research loop cost: CPU for each request, memory, and how both grow with runs at a time.

::

    python benchmarks/research.py
    python benchmarks/research.py --runs 50,200 --connections 32

Each run asks five times: three searches, two pages, an answer with a quote. The endpoint answers in another process
over loopback, so what is measured is the client's process alone: the loop, the journal in a real file, the HTTP client.
Beside it stands a bare loop of httpx2 that sends the last request of a run as often and reads the answer: what the wire
alone costs. ``--connections`` is how many requests are under way at a time. CPU time is user and system time of all
threads; the machine should have nothing else to do. ``peak_rss_mb`` is of the whole process, Python and its libraries
included; ``resting_rss_mb`` before the first run.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from afterlore.core import Budget, Hit, Page, digest
from afterlore.journal import Runs
from afterlore.llm.chat import Chat
from afterlore.llm.endpoint import Endpoint
from afterlore.research.browse import browsing
from afterlore.research.loop import Loop, begin

_SERVE = """
import sys
from afterlore.llm.scripted import ScriptedEndpoint, Turn, call
QUOTE = {"address": "page/1", "quote": "Sentence 7 of the page says something."}
PART = (
    Turn(calls=(call("search", queries=["first words"]),)),
    Turn(calls=(call("visit", urls=["page/1"], goal="what it says"),)),
    Turn(calls=(call("search", queries=["second words", "third words"]),)),
    Turn(calls=(call("visit", urls=["page/2"]),)),
    Turn(calls=(call("answer", answer="Something.", evidence=[QUOTE]),)),
)
with ScriptedEndpoint(lambda body: PART[sum(m["role"] == "assistant" for m in body["messages"])], keep=False) as served:
    print(served.base_url, flush=True)
    sys.stdin.read()
"""
_REQUESTS = 5
_TEXT = "\n".join(f"Sentence {number} of the page says something." for number in range(120))


class Shelf:
    """Pages of 5,000 characters at once, so that what is timed is our own work."""

    name = "shelf"

    async def search(self, query: str, *, limit: int = 10) -> tuple[Hit, ...]:
        """Eight hits."""
        return tuple(Hit(address=f"page/{n}", title=f"Page {n}", snippet=query * 8) for n in range(min(8, limit)))

    async def read(self, address: str) -> Page:
        """The same text."""
        now = datetime(2026, 3, 1, tzinfo=UTC)
        return Page(address=address, title=address, text=_TEXT, sha256=digest(_TEXT), retrieved=now)


def _rss() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def loops(base_url: str, runs: Runs, number: int, connections: int) -> None:
    """So many runs at once."""
    shelf = Shelf()
    endpoint = Endpoint(name="bench", base_url=base_url, model="scripted", max_concurrency=connections)
    async with Chat(endpoint) as model:
        loop = Loop(model, browsing(shelf, shelf))

        async def one() -> str:
            with begin(
                runs, "What does the page say?", budget=Budget(calls=20), agent_version="bench", settings={}
            ) as run:
                return (await loop.run(run)).stop_reason

        ends = Counter(await asyncio.gather(*(one() for _ in range(number))))
    if ends["answered"] < number:
        raise SystemExit(f"of {number} runs at once {number - ends['answered']} were not answered: {dict(ends)}")


async def bare(base_url: str, body: dict[str, Any], number: int, connections: int) -> None:
    """As many requests, as many at a time."""
    limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
    async with httpx2.AsyncClient(limits=limits, timeout=600) as client:

        async def one() -> None:
            for _ in range(_REQUESTS):
                answer = await client.post(f"{base_url}/chat/completions", json=body)
                answer.raise_for_status()
                answer.json()

        await asyncio.gather(*(one() for _ in range(number)))


async def last_body(base_url: str, runs: Runs) -> dict[str, Any]:
    """The largest request that a run sends."""
    kept: list[bytes] = []

    class Keeping(Chat):
        async def _whole(self, body: bytes, attempt: Any) -> Any:
            kept.append(body)
            return await super()._whole(body, attempt)

    shelf = Shelf()
    async with Keeping(Endpoint(name="bench", base_url=base_url, model="scripted")) as model:
        with begin(runs, "What does the page say?", budget=Budget(), agent_version="bench", settings={}) as run:
            await Loop(model, browsing(shelf, shelf)).run(run)
    body: dict[str, Any] = json.loads(kept[-1])
    return body


def measure(base_url: str, number: int, connections: int) -> dict[str, float]:
    """Figures for so many runs at once."""
    with tempfile.TemporaryDirectory() as folder, Runs(Path(folder) / "runs.sqlite") as runs:
        body = asyncio.run(last_body(base_url, runs))
        resting = _rss()
        began, busy = time.perf_counter(), time.process_time()
        asyncio.run(loops(base_url, runs, number, connections))
        seconds, cpu = time.perf_counter() - began, time.process_time() - busy
        peak = _rss()
        size = sum(path.stat().st_size for path in Path(folder).iterdir() if path.is_file())
        busy = time.process_time()
        asyncio.run(bare(base_url, body, number, connections))
        wire = time.process_time() - busy
    requests = number * _REQUESTS
    return {
        "runs": number,
        "connections": connections,
        "requests": requests,
        "cpu_ms_per_request": cpu / requests * 1000,
        "bare_cpu_ms_per_request": wire / requests * 1000,
        "ratio": cpu / wire,
        "seconds": seconds,
        "resting_rss_mb": resting,
        "peak_rss_mb": peak,
        "kb_per_run": max(0.0, peak - resting) * 1024 / number,
        "journal_kb_per_run": size / 1024 / number,
    }


def _one(base_url: str, number: int, connections: int) -> dict[str, float]:
    """In a process of its own: peak memory never goes down again."""
    words = [sys.executable, __file__, "--at", base_url, "--runs", str(number), "--connections", str(connections)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    row: dict[str, float] = json.loads(done.stdout)
    return row


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one row for each number of runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", default="50,200", help="runs at a time")
    parser.add_argument("--connections", type=int, default=200, help="requests at a time")
    parser.add_argument("--at", default="", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    numbers = [int(number) for number in chosen.runs.split(",")]
    if chosen.at:
        print(json.dumps(measure(chosen.at, numbers[0], chosen.connections)))
        return
    server = subprocess.Popen([sys.executable, "-c", _SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        base_url = server.stdout.readline().strip()
        for number in numbers:
            row = _one(base_url, number, min(number, chosen.connections))
            print("  ".join(f"{name} {value:,.2f}".replace(".00", "") for name, value in row.items()), flush=True)
    finally:
        server.communicate()


if __name__ == "__main__":
    main()
