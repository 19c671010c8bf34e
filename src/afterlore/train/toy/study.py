"""What the experiment asks: every method side by side, and where each one breaks.

``headline`` is all methods. ``trigger`` plants the shortcut's trigger weaker and stronger. ``elements`` takes R1's four
elements one by one (arXiv 2501.12948): the strength of the base, on-policy sampling, rules without noise, and ample
sampling. ``rate`` takes smaller steps; it was added after Co-rewarding-I had been seen to collapse in the headline.
Each of them is run whole, and told whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from afterlore.core import InputError
from afterlore.train.methods import METHODS
from afterlore.train.toy.experiment import HEADLINE, SEEDS, Cell, Setting

__all__ = ["GROUPS", "Point", "points"]


@dataclass(frozen=True, slots=True)
class Point:
    """One setting of a group, with the methods and seeds that run in it."""

    group: str
    label: str
    setting: Setting
    methods: tuple[str, ...]
    seeds: tuple[int, ...]

    def cells(self, method: str) -> list[Cell]:
        """Of one method, by seed; of the base with an empty name."""
        return [Cell(self.setting, seed, method) for seed in self.seeds]


_FEW = SEEDS[:3]
_VOTES = ("gold", "majority", "co-rewarding-i", "co-rewarding-ii", "co-rewarding-i+ii")


def _trigger() -> list[Point]:
    corpus = HEADLINE.corpus
    settings = [(share, replace(HEADLINE, corpus=replace(corpus, triggered=share))) for share in (0.25, 0.45, 0.6, 0.8)]
    return [Point("trigger", f"triggered {share:.2f}", setting, _VOTES, _FEW) for share, setting in settings]


def _elements() -> list[Point]:
    changes: list[tuple[str, dict[str, Any]]] = [("as in the headline", {})]
    changes += [(f"base of {steps} steps", {"pretraining": steps}) for steps in (300, 600, 900, 2400)]
    changes += [(f"roll-outs up to {stale} steps old", {"stale": stale}) for stale in (2, 4, 8)]
    changes += [(f"{noise:.0%} of the rules wrong", {"noise": noise}) for noise in (0.1, 0.3, 0.5)]
    # Equally many roll-outs: fewer for each question are more questions.
    changes += [
        (f"groups of {group}", {"group": group, "questions": HEADLINE.questions * HEADLINE.group // group})
        for group in (2, 4, 16)
    ]
    return [Point("elements", label, replace(HEADLINE, **change), ("gold",), _FEW) for label, change in changes]


def _rate() -> list[Point]:
    rates = (1e-4, 3e-4, HEADLINE.learning_rate)
    settings = [(rate, replace(HEADLINE, learning_rate=rate)) for rate in rates]
    return [Point("rate", f"learning rate {rate:.0e}", setting, _VOTES, _FEW) for rate, setting in settings]


GROUPS = {
    "headline": [Point("headline", "all methods", HEADLINE, tuple(METHODS), SEEDS)],
    "trigger": _trigger(),
    "elements": _elements(),
    "rate": _rate(),
}


def points(group: str, *, methods: Sequence[str] = (), seeds: int = 0) -> list[Point]:
    """Those of a group, with fewer methods or the first so many seeds, for a look.

    Raises InputError that names what there is.
    """
    if group not in GROUPS:
        raise InputError(f"there is no group of cells {group!r}; there are: {', '.join(GROUPS)}")
    if wrong := [name for name in methods if name not in METHODS]:
        raise InputError(f"there is no method {wrong[0]!r}; there are: {', '.join(METHODS)}")
    chosen = [
        replace(
            point,
            methods=tuple(name for name in point.methods if not methods or name in methods),
            seeds=point.seeds[: seeds or None],
        )
        for point in GROUPS[group]
    ]
    if not any(point.methods for point in chosen):
        raise InputError(f"none of {', '.join(methods)} runs in {group!r}")
    return chosen
