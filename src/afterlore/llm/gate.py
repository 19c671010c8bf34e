"""How much is asked of one endpoint: so many requests at a time, so many a minute, none while it said to wait."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

__all__ = ["Gate"]


class Gate:
    """Shared by all that asks one endpoint, within one event loop.

    The rate is a token bucket that holds one second's worth (one request at least): in any span of T seconds at most
    ``1 + per_minute / 60 · (T + 1)`` requests begin.
    """

    def __init__(
        self,
        concurrency: int,
        per_minute: float | None,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]],
    ) -> None:
        self._slots = asyncio.Semaphore(concurrency)
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._slack = max(0.0, 1.0 - self._interval)
        self._clock = clock
        self._sleep = sleep
        self._due = 0.0
        """When the next request would begin if all kept the interval."""
        self._held_until = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and keep it for the block."""
        async with self._slots:
            now = self._clock()
            due = max(self._due, now)
            start = max(due - self._slack, self._held_until, now)
            self._due = max(due, start) + self._interval
            if start > now:
                await self._sleep(start - now)
            # Another may have been told to wait while this one slept.
            while (more := self._held_until - self._clock()) > 0:
                await self._sleep(more)
            yield

    def hold(self, seconds: float) -> None:
        """Nobody asks for so many seconds: the endpoint said so."""
        self._held_until = max(self._held_until, self._clock() + seconds)
