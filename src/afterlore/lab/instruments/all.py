"""Every instrument by its name."""

from afterlore.core import InputError
from afterlore.lab.instruments.centrifuge import CENTRIFUGES
from afterlore.lab.instruments.cycler import Cycler
from afterlore.lab.instruments.housing import Instrument
from afterlore.lab.instruments.mixers import ThermalMixer, VortexMixer

__all__ = ["INSTRUMENTS", "instrument"]

INSTRUMENTS: dict[str, Instrument] = {
    **CENTRIFUGES,
    "thermal cycler": Cycler(),
    "thermal mixer": ThermalMixer(),
    "vortex mixer": VortexMixer(),
}


def instrument(name: str) -> Instrument:
    """The instrument of a name. Raises InputError for another one."""
    if name not in INSTRUMENTS:
        raise InputError(f"no instrument {name!r}; there are: {', '.join(INSTRUMENTS)}")
    return INSTRUMENTS[name]
