"""Vectors of texts over the OpenAI wire protocol, in batches, from code that does not await.

The context database works without an event loop, and may itself be called from within one; so this client keeps a loop
in a thread of its own. Retries, ledger, limits and recordings are those of chat.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self

from afterlore.core import Ledger, Usage, canonical_json
from afterlore.llm.attempts import Attempt, Attempts, Timing
from afterlore.llm.endpoint import Endpoint
from afterlore.llm.faults import Trouble
from afterlore.llm.incoming import counts, load
from afterlore.llm.prices import cost, prices_of
from afterlore.llm.wire import Wire
from afterlore.text.tokens import count_tokens

__all__ = ["Embeddings"]

_PATH = "/embeddings"
_LARGEST = 1e300


class Embeddings:
    """Makes vectors with one endpoint; safe to share between threads. Close it.

    ``ledger`` is charged for each request. Raises ConfigError when the key is not at hand.
    """

    def __init__(self, endpoint: Endpoint, *, ledger: Ledger | None = None, timing: Timing | None = None) -> None:
        self.endpoint = endpoint
        self.usage = Usage()
        """Of all requests so far."""
        self._ledger = ledger
        self._prices = prices_of(endpoint)
        timing = timing or Timing()
        self._wire = Wire(endpoint, timing)
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"embeddings {endpoint.name}", daemon=True)
        self._thread.start()
        self._attempts = Attempts(endpoint, timing)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def model(self) -> str:
        """Vectors of two models are never compared."""
        return self.endpoint.model

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text, all of one length. Raises ModelError, BudgetExhausted or ConfigError."""
        vectors: list[list[float]] = []
        size = self.endpoint.batch
        for start in range(0, len(texts), size):
            work = asyncio.run_coroutine_threadsafe(self._batch(texts[start : start + size]), self._loop)
            try:
                batch, usage = work.result()
            except BaseException:
                # An interrupted wait must not leave the request under way.
                work.cancel()
                raise
            with self._lock:
                self.usage += usage
            vectors += batch
        if len({len(vector) for vector in vectors}) > 1:
            detail = "its vectors are not all of one length; use one model a name"
            raise self._attempts.error(Trouble("malformed", detail), 1)
        return vectors

    def close(self) -> None:
        """End all connections and the thread. Again does nothing."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._wire.aclose(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _batch(self, texts: Sequence[str]) -> tuple[list[list[float]], Usage]:
        request: dict[str, Any] = {"model": self.endpoint.model, "input": list(texts)} | self.endpoint.extra
        body = canonical_json(request).encode()
        tokens = sum(map(count_tokens, texts))

        async def once(attempt: Attempt) -> AsyncGenerator[tuple[list[list[float]], Usage], None]:
            answer = await self._wire.whole(_PATH, body, seconds=attempt.seconds)
            value = load(answer)
            vectors = _vectors(value, len(texts))
            counted = counts(value["usage"] if isinstance(value.get("usage"), dict) else None)
            price = cost(self._prices, counted.sent, 0)
            attempt.tokens = tokens if counted.sent is None else counted.sent
            attempt.cost = cost(self._prices, attempt.tokens, 0)
            self._wire.tape.keep(_PATH, body, 200, answer)
            written = None if counted.sent is None else 0
            yield (
                vectors,
                Usage(
                    requests=1,
                    attempts=attempt.number,
                    input_tokens=counted.sent,
                    output_tokens=written,
                    cached_tokens=counted.cached,
                    cost=price,
                ),
            )

        estimate = cost(self._prices, tokens, 0)
        run = self._attempts.run(once, ledger=self._ledger, tokens=tokens, cost=estimate)
        async with aclosing(run) as items:
            async for item in items:
                return item
        raise AssertionError("an attempt ends with vectors or an error")


def _vectors(value: dict[str, Any], expected: int) -> list[list[float]]:
    """In the order asked. Raises Trouble unless there is one vector of finite numbers for each text."""
    rows = value.get("data")
    if not isinstance(rows, list) or len(rows) != expected or not all(isinstance(row, dict) for row in rows):
        found = len(rows) if isinstance(rows, list) else "no list"
        raise Trouble("malformed", f"its answer holds {found} vectors for {expected} texts")
    if all(isinstance(row.get("index"), int) for row in rows):
        rows = sorted(rows, key=lambda row: int(row["index"]))
    vectors = [row.get("embedding") for row in rows]
    for vector in vectors:
        if not isinstance(vector, list) or not vector or not all(map(_finite, vector)):
            raise Trouble("malformed", "its answer holds a vector that is no list of numbers")
    return [[float(number) for number in vector] for vector in vectors if isinstance(vector, list)]


def _finite(number: object) -> bool:
    return isinstance(number, int | float) and not isinstance(number, bool) and abs(number) < _LARGEST
