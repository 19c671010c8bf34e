"""Asking until it is answered: each attempt is reserved in the ledger, sent, and put down as it came.

Between two attempts stands a pause of random length below a bound that doubles (full jitter; Brooker, "Exponential
backoff and jitter", 2015), or what the endpoint asked for. An endpoint that asks for a longer pause than
``LONGEST_PAUSE`` is not waited for.
"""

import asyncio
import logging
import math
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from afterlore.core import BudgetExhausted, Ledger, ModelError
from afterlore.llm.endpoint import Endpoint
from afterlore.llm.faults import Trouble
from afterlore.llm.gate import Gate
from afterlore.llm.prices import require_prices

__all__ = ["LONGEST_PAUSE", "Attempt", "Attempts", "Timing"]

LONGEST_PAUSE = 60.0
"""Seconds."""
_FIRST_PAUSE = 0.5
_LONGEST_JITTER = 30.0
_NO_TIME = 0.001

_log = logging.getLogger("afterlore.llm")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timing:
    """The clock (seconds, rising), the wait and the chance (0 to 1) of a client; tests put their own in."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    chance: Callable[[], float] = random.random


@dataclass(slots=True)
class Attempt:
    """One of them, under way."""

    number: int
    """Of those sent, from 1."""
    seconds: float
    """That may pass until a whole answer is there, or the next piece of a stream."""
    longest: float
    """Seconds that a stream may take in all."""
    tokens: int | None = None
    """Consumed, once known; until then what was reserved is taken to be."""
    cost: Decimal | None = None


class Attempts:
    """Of one endpoint. What was reserved is put down however an attempt ends, by cancelling too."""

    def __init__(self, endpoint: Endpoint, timing: Timing) -> None:
        self.endpoint = endpoint
        self.timing = timing
        self.gate = Gate(endpoint.max_concurrency, endpoint.requests_per_minute, clock=timing.clock, sleep=timing.sleep)

    async def run(
        self,
        once: Callable[[Attempt], AsyncGenerator[T, None]],
        *,
        ledger: Ledger | None,
        tokens: int,
        cost: Decimal | None,
    ) -> AsyncGenerator[T, None]:
        """What ``once`` gives, from as many attempts as it takes. ``tokens`` and ``cost`` (US dollars) are estimates.

        ``once`` makes one attempt, or raises Trouble; what it gave before that is given nevertheless. Raises
        ModelError, BudgetExhausted, or ConfigError when the ledger limits a cost that is not known.
        """
        if ledger is not None:
            require_prices(self.endpoint, ledger.budget)
        tried = sent = 0
        while True:
            async with self.gate.turn():
                left = _seconds_left(ledger)
                held = None
                if ledger is not None:
                    held = ledger.reserve(calls=1, tokens=tokens, cost=cost or Decimal(0))
                tried += 1
                attempt = Attempt(sent + 1, min(self.endpoint.timeout, left), min(self.endpoint.longest, left))
                trouble: Trouble | None = None
                try:
                    async with aclosing(once(attempt)) as items:
                        async for item in items:
                            yield item
                    return
                except Trouble as error:
                    trouble = error
                finally:
                    sent += trouble is None or trouble.sent
                    if held is not None and trouble is not None and not trouble.sent:
                        held.release()
                    elif held is not None and trouble is not None and not trouble.billed:
                        held.commit(tokens=0, cost=Decimal(0))
                    elif held is not None:
                        held.commit(tokens=attempt.tokens, cost=attempt.cost)
            await self._pause(trouble, tried, sent, ledger)

    def error(self, trouble: Trouble, sent: int) -> ModelError:
        """What callers are told, of so many attempts that were sent."""
        return ModelError(
            self.endpoint.name,
            trouble.kind,
            trouble.detail,
            status=trouble.status,
            attempts=sent,
            recoverable=trouble.kind not in ("refused", "context_overflow"),
        )

    async def _pause(self, trouble: Trouble, tried: int, sent: int, ledger: Ledger | None) -> None:
        """Wait before the next attempt. Raises the error when there is none."""
        name, retries, left = self.endpoint.name, self.endpoint.retries, _seconds_left(ledger)
        if ledger is not None and left <= _NO_TIME:
            raise BudgetExhausted("seconds", ledger.budget.seconds)
        pause = trouble.wait
        if pause is None:
            pause = self.timing.chance() * min(_LONGEST_JITTER, _FIRST_PAUSE * 2.0 ** (tried - 1))
        if not trouble.retry or tried > retries or pause > LONGEST_PAUSE:
            detail = trouble.detail
            if trouble.retry and tried <= retries:
                detail += f"; it asks to wait {pause:.0f} s, which is longer than {LONGEST_PAUSE:.0f} s"
            elif tried > 1:
                detail += f" ({tried} attempts)"
            trouble.detail = detail
            raise self.error(trouble, sent) from trouble.__cause__
        if ledger is not None and pause >= left:
            raise BudgetExhausted("seconds", ledger.budget.seconds)
        if trouble.wait:
            self.gate.hold(trouble.wait)
        _log.info("model %r: %s; attempt %d of %d in %.1f s", name, trouble.detail, tried + 1, retries + 1, pause)
        if pause > 0:
            await self.timing.sleep(pause)


def _seconds_left(ledger: Ledger | None) -> float:
    """Of the run's wall time; infinite where nothing limits it, never quite 0, for a time-out must be something."""
    limit = None if ledger is None else ledger.budget.seconds
    return math.inf if ledger is None or limit is None else max(_NO_TIME, limit - ledger.seconds)
