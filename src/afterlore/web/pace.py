"""How fast one host is asked: a few requests at a time, with a pause between their starts."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock

__all__ = ["Pace"]


class _Host:
    def __init__(self, connections: int) -> None:
        self.slots = BoundedSemaphore(connections)
        self.next_start = 0.0


class Pace:
    """Shared by all threads of one fetcher. ``sleep`` takes seconds."""

    def __init__(self, connections: int, sleep: Callable[[float], object]) -> None:
        self._connections = connections
        self._sleep = sleep
        self._lock = Lock()
        self._hosts: dict[str, _Host] = {}

    @contextmanager
    def turn(self, host: str, delay: float) -> Iterator[float]:
        """Wait for a turn at the host and keep it for the block; the value is the seconds that were waited.

        The next turn at this host starts at least ``delay`` seconds after this one.
        """
        asked = time.monotonic()
        place = self._place(host)
        with place.slots:
            with self._lock:
                now = time.monotonic()
                start = max(now, place.next_start)
                place.next_start = start + delay
            if start > now:
                self._sleep(start - now)
            yield time.monotonic() - asked

    def hold(self, host: str, seconds: float) -> None:
        """Nobody asks the host again for so many seconds: it said so."""
        place = self._place(host)
        with self._lock:
            place.next_start = max(place.next_start, time.monotonic() + seconds)

    def _place(self, host: str) -> _Host:
        with self._lock:
            return self._hosts.setdefault(host, _Host(self._connections))
