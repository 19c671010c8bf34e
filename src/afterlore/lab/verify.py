"""Every law of the laboratory, by name, and what came of measuring it.

::

    afterlore lab verify --all
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from afterlore.core import InputError
from afterlore.lab.laws.arms import fk
from afterlore.lab.laws.displays import panel
from afterlore.lab.laws.flows import ledger, liquid, thermal
from afterlore.lab.laws.knobs import button, detent, energy
from afterlore.lab.laws.law import Law
from afterlore.lab.laws.lids import latch, lid
from afterlore.lab.laws.rotors import rotor
from afterlore.lab.laws.screws import helix

__all__ = ["LAWS", "Verdict", "verify"]

LAWS: dict[str, Callable[[], Law]] = {
    "helix": helix,
    "detent": detent,
    "button": button,
    "energy": energy,
    "lid": lid,
    "latch": latch,
    "rotor": rotor,
    "thermal": thermal,
    "liquid": liquid,
    "ledger": ledger,
    "panel": panel,
    "fk": fk,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one law."""

    name: str
    law: Law
    seconds: float
    """That it took."""


def verify(names: Sequence[str]) -> Iterator[Verdict]:
    """Measure the laws of these names, one after the other. Raises InputError for names that are none, before any."""
    for name in names:
        if name not in LAWS:
            raise InputError(f"no law {name!r}; there are: {', '.join(LAWS)}")
    for name in dict.fromkeys(names):
        start = time.perf_counter()
        law = LAWS[name]()
        yield Verdict(name, law, time.perf_counter() - start)
