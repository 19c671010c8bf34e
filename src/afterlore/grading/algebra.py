r"""Answers that say the same by algebra: ``x+1`` and ``1+x``, ``2\sqrt{2}`` and ``\sqrt{8}``, by math-verify.

The rule: keys that are equal are the same; two that are numbers are then two; for others math-verify must say so in
both directions, since alone it is not symmetric. Sameness is carried on: where a is b and b is c, a is c.

Answers are a model's output, and some would keep sympy busy for ever. So it works in a process of its own, with a limit
of time and memory; one that does not answer in time is ended, and what it was asked is not the same. Long answers,
towers of powers and factorials are not asked at all.
"""

import multiprocessing
import re
import threading
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from afterlore.core import InputError

__all__ = ["representatives", "same"]

SECONDS = 2.0
"""That one comparison may take,"""
STARTING = 60.0
"""and the start of the process."""
_MEMORY = 4 * 2**30
_LONGEST = 200
_TOWER = re.compile(r"\^[^+\-]*\^|!\s*!|\d{25}|\^\{?\d{4}|\d{4}!")


def representatives(answers: Sequence[str]) -> list[str]:
    """For each answer, given as its key, one that stands for all that say the same, whatever the order; '' for ''.

    Cost grows with the square of the *different* answers. Raises InputError without math-verify.
    """
    distinct = sorted(set(answers) - {""}, key=lambda one: (len(one), one))
    chosen = {one: one for one in distinct}
    for one, other in combinations(distinct, 2):
        if chosen[one] != chosen[other] and same(one, other):
            kept, lost = sorted((chosen[one], chosen[other]), key=distinct.index)
            chosen = {name: kept if stands == lost else stands for name, stands in chosen.items()}
    return [chosen.get(answer, "") for answer in answers]


def same(one: str, other: str) -> bool:
    """Whether two keys say the same. Never hangs; raises InputError without math-verify."""
    if one == other:
        return bool(one)
    # A pair is a pair in either order.
    return _same(*sorted((one, other)))


@lru_cache(maxsize=65_536)
def _same(one: str, other: str) -> bool:
    if not (one and other) or (_number(one) and _number(other)) or _hopeless(one) or _hopeless(other):
        return False
    return _judge.ask(one.replace(";", ","), other.replace(";", ","))


def _number(key: str) -> bool:
    try:
        Fraction(key)
    except (ValueError, ZeroDivisionError):
        return False
    return True


def _hopeless(key: str) -> bool:
    return len(key) > _LONGEST or key.count("^") > 8 or bool(_TOWER.search(key))


class _Judge:
    """The process that is asked; begun when it is first needed, and anew after it was ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: tuple[BaseProcess, Connection] | None = None

    def ask(self, one: str, other: str) -> bool:
        with self._lock:
            _, line = self._running = self._running or self._begun()
            with suppress(OSError, EOFError):
                line.send((one, other))
                if line.poll(SECONDS):
                    return bool(line.recv())
            self._end()
            return False

    def _begun(self) -> tuple[BaseProcess, Connection]:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        if not ours.poll(STARTING) or ours.recv() != "ready":
            process.kill()
            raise InputError("to compare answers by algebra: pip install 'afterlore[train]'")
        return process, ours

    def _end(self) -> None:
        if self._running:
            process, line = self._running
            process.kill()
            process.join()
            line.close()
        self._running = None


_judge = _Judge()


def _work(line: Connection) -> None:
    """In the process: answer pairs until nobody asks any more."""
    import logging
    import resource

    try:
        from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify
    except ImportError:
        line.send("missing")
        return
    # It warns that its own timeouts are off; ours is the end of this process.
    logging.disable(logging.CRITICAL)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    line.send("ready")
    config = [LatexExtractionConfig(), ExprExtractionConfig()]
    with suppress(EOFError):
        while True:
            pair = line.recv()
            one, other = (parse(f"${text}$", config, parsing_timeout=None) for text in pair)
            both = ((one, other), (other, one))
            line.send(bool(one and other) and all(verify(*order, timeout_seconds=None) for order in both))
