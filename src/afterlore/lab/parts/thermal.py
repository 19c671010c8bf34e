"""A block that is heated and cooled: C·dT/dt = P - G (T - T_amb), advanced exactly for constant power.

The thermostat sets the power that holds the target plus a share of what is missing, within what the element can do.
The steady state is the target itself, so nothing has to be integrated and nothing winds up.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from afterlore.core import InputError
from afterlore.lab.parts.part import Array, Rate, State, Worlds

__all__ = ["Thermal"]


@dataclass(frozen=True, slots=True)
class Thermal:
    """Temperatures in °C, power in W."""

    capacity: float = 150.0
    """C, J/K."""
    conductance: float = 1.5
    """G, W/K."""
    ambient: float = 23.0
    heating: float = 400.0
    """The most that it can heat,"""
    cooling: float = 300.0
    """and cool."""
    gain: float = 100.0
    """Of the thermostat, W/K."""

    def __post_init__(self) -> None:
        if min(self.capacity, self.conductance) <= 0:
            raise InputError(f"a thermal block needs capacity and conductance above 0, not {self!r}")

    @property
    def constant(self) -> float:
        """Time constant C/G, s."""
        return self.capacity / self.conductance

    def reference(self, first: float, power: float, time: Array) -> Array:
        """Temperature after ``time`` seconds of constant power from ``first``."""
        rest = self.ambient + power / self.conductance
        return np.asarray(rest + (first - rest) * np.exp(-np.asarray(time) / self.constant))

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Nothing moves: gives ``body``."""
        del spec, prefix
        return body

    def bind(self, model: Any, prefix: str = "") -> "_Bound":
        """Needs nothing of the model."""
        del model, prefix
        return _Bound(self)


@dataclass(frozen=True, slots=True)
class _Bound:
    part: Thermal
    rate: ClassVar[Rate] = "control"

    def initial(self, n: int) -> State:
        """``temperature`` and ``power``; ``target`` and ``on`` are commands. Off, no power flows."""
        return {
            "temperature": np.full(n, self.part.ambient),
            "power": np.zeros(n),
            "target": np.full(n, self.part.ambient),
            "on": np.zeros(n, dtype=bool),
        }

    def step(self, worlds: Worlds, state: State, dt: float) -> None:
        """Hold the power over ``dt``, which may be of any length."""
        del worlds
        part = self.part
        # A gain that would overshoot within one step is held back to what arrives at the target exactly.
        decay = math.exp(-dt / part.constant)
        gain = min(part.gain, part.conductance * decay / (1 - decay))
        wanted = part.conductance * (state["target"] - part.ambient) + gain * (state["target"] - state["temperature"])
        state["power"][:] = np.where(state["on"], np.clip(wanted, -part.cooling, part.heating), 0.0)
        rest = part.ambient + state["power"] / part.conductance
        state["temperature"][:] = rest + (state["temperature"] - rest) * decay
