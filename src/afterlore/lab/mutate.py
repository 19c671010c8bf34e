"""Parts that are broken on purpose, and the laws that must notice: a check that cannot fail shows nothing.

A mutation is a part with other parameters; the law holds it against what a sound part must do.

::

    afterlore lab mutate
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from afterlore.core import InputError
from afterlore.lab.laws.displays import panel
from afterlore.lab.laws.flows import ledger, liquid, thermal
from afterlore.lab.laws.knobs import button, detent, energy
from afterlore.lab.laws.law import Check, Law
from afterlore.lab.laws.lids import latch, lid
from afterlore.lab.laws.rotors import rotor
from afterlore.lab.laws.screws import helix
from afterlore.lab.parts.button import Button
from afterlore.lab.parts.detent import Detent
from afterlore.lab.parts.latch import Latch
from afterlore.lab.parts.lid import Lid
from afterlore.lab.parts.liquid import Liquid
from afterlore.lab.parts.panel import Field, Panel
from afterlore.lab.parts.pump import Pump
from afterlore.lab.parts.rotor import Rotor
from afterlore.lab.parts.thermal import Thermal
from afterlore.lab.parts.thread import Thread

__all__ = ["MUTATIONS", "Caught", "mutate"]

_BALANCED = Lid.counterbalanced(0.7, 0.3)

MUTATIONS: dict[str, Callable[[], Law]] = {
    # The lever comes to its stop before the hook lets go.
    "stuck latch": lambda: latch(Latch(travel=math.radians(61))),
    "weak latch": lambda: latch(Latch(hold=3.5)),
    "halved pitch": lambda: helix(Thread(pitch=Thread().pitch / 2)),
    "cap without a seat": lambda: helix(Thread(seat=0)),
    "thread that catches nothing": lambda: helix(Thread(phase=0)),
    "zero detent": lambda: detent(Detent(torque=0)),
    # The gear is a soft constraint: it drains what the explicit force keeps.
    "geared detent": lambda: energy(Detent(drive="spring")),
    "detent with a click missing": lambda: detent(Detent(positions=11)),
    "leaking tip": lambda: ledger(Pump(leak=0.02)),
    "plunger with a tired spring": lambda: ledger(Pump(stiffness=200)),
    "button that chatters": lambda: button(Button(off=0.69)),
    "lid that stops short": lambda: lid(Lid(opening=math.radians(70))),
    "lid of twice the weight": lambda: lid(Lid(mass=0.8)),
    "lid without a gasket": lambda: lid(balanced=replace(_BALANCED, gasket=0)),
    "lid on a tired spring": lambda: lid(balanced=replace(_BALANCED, spring=0.9 * _BALANCED.spring)),
    "interlock that never takes hold": lambda: lid(Lid(caught=-1)),
    "slots too far out": lambda: rotor(Rotor(radius=0.052)),
    "tired motor": lambda: rotor(Rotor(torque=0.19)),
    "block that loses heat": lambda: thermal(Thermal(conductance=1.6)),
    "element that is too weak": lambda: thermal(Thermal(cooling=20)),
    "surface that hardly tilts": lambda: liquid(Liquid(steepest=math.radians(20))),
    "display that drops a digit": lambda: panel(
        Panel((Field("temperature", "°C", 3), Field("time", "s", 4), Field("speed", "rpm", 4)))
    ),
}


@dataclass(frozen=True, slots=True)
class Caught:
    """What noticed a mutation: no check, and it went by."""

    name: str
    by: tuple[Check, ...]


def mutate(names: Sequence[str] = ()) -> Iterator[Caught]:
    """Break these parts, or all, one after the other. Raises InputError for names that are none, before any."""
    for name in names:
        if name not in MUTATIONS:
            raise InputError(f"no mutation {name!r}; there are: {', '.join(MUTATIONS)}")
    for name in dict.fromkeys(names or MUTATIONS):
        yield Caught(name, tuple(check for check in MUTATIONS[name]().checks if not check.holds))
