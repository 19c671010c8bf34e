"""Budgets: what a run may consume, and the ledger that its workers share.

Reserve, act, commit: what is about to be sent is reserved before it is sent, so that workers in parallel together never
go beyond a limit; afterwards what was really consumed is committed. Running out is a truncation, not a failure:
``BudgetExhausted`` carries which limit it was, and a run turns it into ``Truncated``.

What it does not cover: a single call may consume more tokens than were reserved for it. That is put down as it came,
and the next reservation is refused.
"""

import threading
import time
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Literal, Self

from pydantic import Field, ValidationError

from afterlore.core.errors import BudgetExhausted, InputError
from afterlore.core.record import Record

__all__ = ["Budget", "Ledger", "Limit", "Reservation"]

Limit = Literal["calls", "tokens", "cost", "seconds", "depth"]


class Budget(Record):
    """Limits; None is no limit."""

    calls: int | None = Field(default=None, ge=0)
    """Requests sent to models, failed and repeated ones included."""
    tokens: int | None = Field(default=None, ge=0)
    """Sent and received."""
    cost: Decimal | None = Field(default=None, ge=0)
    """US dollars."""
    seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Of wall time, from when the ledger was opened."""
    depth: int | None = Field(default=None, ge=0)
    """Turns of one loop, a model's reply each."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """``calls=40,tokens=200000,cost=0.50,seconds=600``. Raises InputError that names the valid limits."""
        values: dict[str, object] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if not equals or name not in cls.model_fields or name in values:
                raise InputError(f"{part!r} is no limit; give each once, of: {', '.join(cls.model_fields)} (calls=40)")
            try:
                values[name] = Decimal(value) if name in ("cost", "seconds") else int(value)
            except (ValueError, InvalidOperation) as error:
                raise InputError(f"{part!r}: the limit is no number; write {name}=40") from error
        try:
            return cls(**values)
        except ValidationError as error:
            raise InputError(f"{text!r} is no budget: a limit is a finite number, 0 or more") from error


class Ledger:
    """What was consumed of a budget and what is reserved; safe to share between threads and tasks."""

    def __init__(
        self,
        budget: Budget | None = None,
        *,
        calls: int = 0,
        tokens: int = 0,
        cost: Decimal = Decimal(0),
        seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Of a run that is resumed: what it had consumed before."""
        self.budget = budget or Budget()
        self._clock = clock
        self._began = clock() - seconds
        self._lock = threading.Lock()
        self._set_aside: Reservation | None = None
        self.calls = calls
        """Consumed, what carved-out ledgers consumed included once they are closed."""
        self.tokens = tokens
        self.cost = cost
        self._held_calls = 0
        self._held_tokens = 0
        self._held_cost = Decimal(0)

    @property
    def seconds(self) -> float:
        """Since the ledger was opened."""
        return self._clock() - self._began

    def left(self) -> Budget:
        """What can still be reserved."""
        with self._lock:
            return self._left()

    def _left(self) -> Budget:
        b = self.budget
        return Budget(
            calls=None if b.calls is None else max(0, b.calls - self.calls - self._held_calls),
            tokens=None if b.tokens is None else max(0, b.tokens - self.tokens - self._held_tokens),
            cost=None if b.cost is None else max(Decimal(0), b.cost - self.cost - self._held_cost),
            seconds=None if b.seconds is None else max(0.0, b.seconds - self.seconds),
            depth=b.depth,
        )

    def reserve(self, *, calls: int = 0, tokens: int = 0, cost: Decimal = Decimal(0)) -> "Reservation":
        """Set so much aside. Raises BudgetExhausted with the limit that does not allow it."""
        with self._lock:
            left = self._left()
            if left.seconds is not None and left.seconds <= 0:
                raise BudgetExhausted("seconds", self.budget.seconds)
            if left.calls is not None and calls > left.calls:
                raise BudgetExhausted("calls", self.budget.calls)
            if left.tokens is not None and tokens > left.tokens:
                raise BudgetExhausted("tokens", self.budget.tokens)
            if left.cost is not None and cost > left.cost:
                raise BudgetExhausted("cost", self.budget.cost)
            self._held_calls += calls
            self._held_tokens += tokens
            self._held_cost += cost
        return Reservation(self, calls, tokens, cost)

    def carve(self, *, calls: int = 0, tokens: int = 0, cost: Decimal = Decimal(0)) -> "Ledger":
        """A ledger of its own over a part that nobody else can consume; ``close`` it to give back the rest.

        A limit that this ledger does not have, the part does not have either. Raises BudgetExhausted.
        """
        held = self.reserve(calls=calls, tokens=tokens, cost=cost)
        b = self.budget
        part = Ledger(
            Budget(
                calls=None if b.calls is None else calls,
                tokens=None if b.tokens is None else tokens,
                cost=None if b.cost is None else cost,
                seconds=b.seconds,
                depth=b.depth,
            ),
            clock=self._clock,
        )
        part._began = self._began
        part._set_aside = held
        return part

    def split(self, shares: int) -> "tuple[Ledger, ...]":
        """All that is left, in so many parts as equal as whole numbers allow: together exactly what was left."""
        if shares < 1:
            raise InputError(f"a budget is split into 1 part or more, not {shares}")
        left = self.left()

        def share(amount: int | None, at: int) -> int:
            return 0 if amount is None else amount // shares + (at < amount % shares)

        coin = Decimal(0) if left.cost is None else (left.cost / shares).quantize(Decimal("1e-9"), "ROUND_DOWN")
        rest = Decimal(0) if left.cost is None else left.cost - coin * shares
        return tuple(
            self.carve(calls=share(left.calls, at), tokens=share(left.tokens, at), cost=coin + (rest if at == 0 else 0))
            for at in range(shares)
        )

    def close(self) -> None:
        """Of a carved-out ledger: put down what it consumed, give back the rest. Again does nothing."""
        held, self._set_aside = self._set_aside, None
        if held is not None:
            held.commit(calls=self.calls, tokens=self.tokens, cost=self.cost)


class Reservation:
    """A part of a ledger that is set aside. ``commit`` or ``release`` it, once."""

    def __init__(self, ledger: Ledger, calls: int, tokens: int, cost: Decimal) -> None:
        self._ledger = ledger
        self._open = True
        self.calls = calls
        self.tokens = tokens
        self.cost = cost

    def commit(self, *, calls: int | None = None, tokens: int | None = None, cost: Decimal | None = None) -> None:
        """Put down what was consumed; where that is not known, all that was reserved."""
        self._settle(
            self.calls if calls is None else calls,
            self.tokens if tokens is None else tokens,
            self.cost if cost is None else cost,
        )

    def release(self) -> None:
        """Nothing was consumed."""
        self._settle(0, 0, Decimal(0))

    def _settle(self, calls: int, tokens: int, cost: Decimal) -> None:
        ledger = self._ledger
        with ledger._lock:
            if not self._open:
                return
            self._open = False
            ledger._held_calls -= self.calls
            ledger._held_tokens -= self.tokens
            ledger._held_cost -= self.cost
            ledger.calls += calls
            ledger.tokens += tokens
            ledger.cost += cost
