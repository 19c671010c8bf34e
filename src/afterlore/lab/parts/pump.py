"""A pipette: a plunger with two stops, and a ledger of what is in wells, in the tip, and spilled.

The plunger displaces air. Between rest and the first stop lies the set volume; beyond it, against a stiffer spring,
lies the blow-out. What it gives back when it is let go is sucked in: liquid where the tip is under the
surface, air where it is not or where the well is empty. Air under liquid is a failure until it is pushed out.

Volumes are whole picolitres, and what the plunger displaces is a whole number at each of its positions: nothing is
lost to rounding, however many transfers there are.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.parts.part import Array, Rate, State, Worlds, ident, massive

__all__ = ["MICROLITRE", "Pump"]

MICROLITRE = 1_000_000
"""In picolitres, the ledger's unit."""
_EDGE = 1e-4
"""Over which the force rises at the first stop, m: less than a hand can tell."""
_NEAR, _BRAKE = 1e-3, 150.0
"""So near the first stop (m) the plunger is braked (N·s/m), or it would leap over the edge and back for ever."""


@dataclass(frozen=True, slots=True)
class Pump:
    """A plunger that is pushed along -z."""

    largest: float = 200.0
    """Volume of the whole way to the first stop, µl: the most that can be set."""
    travel: float = 0.012
    """To the first stop when ``largest`` is set, m."""
    blowout: float = 0.004
    """From there to the second stop, m."""
    stiffness: float = 250.0
    """Of the first spring, N/m,"""
    second: float = 2500.0
    """and of the second, which is felt from the first stop on and adds to it."""
    preload: float = 0.5
    """Of the first spring at rest, N."""
    step_up: float = 6.0
    """Of the second spring at the first stop, N."""
    mass: float = 0.01
    """kg. Geoms added to it weigh nothing."""
    damping: float = 8.0
    """N·s/m."""
    wells: int = 1
    """Vessels that it may be used on."""
    leak: float = 0.0
    """Share of what is in the tip that drips out in a second; a tight tip has none."""

    def __post_init__(self) -> None:
        if not 0 <= self.leak <= 1:
            raise InputError(f"a tip leaks a share from 0 to 1 in a second, not {self.leak!r}")

    def reference(self, depth: Array, stop: Array) -> Array:
        """Force that holds the plunger at ``depth`` with the first stop at ``stop``, both m, in N."""
        depth, stop = np.asarray(depth), np.asarray(stop)
        beyond = np.maximum(depth - stop, 0)
        return self.preload + self.stiffness * depth + np.where(beyond > 0, self.step_up + self.second * beyond, 0.0)

    def stop(self, microlitres: Array) -> Array:
        """Depth of the first stop for a set volume, m."""
        return np.asarray(np.asarray(microlitres) / self.largest * self.travel)

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Gives the plunger, with slide ``plunger``, which is 0 at rest and positive when pushed."""
        del spec
        plunger = massive(body, f"{prefix}plunger", self.mass, [1e-4 * self.mass] * 3)
        plunger.gravcomp = 1
        plunger.add_joint(
            name=f"{prefix}plunger",
            type=mujoco.mjtJoint.mjJNT_SLIDE,
            axis=[0, 0, -1],
            range=[0, self.travel + self.blowout],
            limited=mujoco.mjtLimited.mjLIMITED_TRUE,
            damping=self.damping,
            solimp_limit=[0.99, 0.999, 1e-4, 0.5, 2],
            solref_limit=[0.005, 1],
        )
        return plunger

    def bind(self, model: Any, prefix: str = "") -> "_Bound":
        """Raises InputError where there is no such plunger."""
        joint = ident(model, "joint", f"{prefix}plunger")
        return _Bound(self, int(model.jnt_qposadr[joint]), int(model.jnt_dofadr[joint]))


@dataclass(frozen=True, slots=True)
class _Bound:
    part: Pump
    qpos: int
    dof: int
    rate: ClassVar[Rate] = "physics"

    def initial(self, n: int) -> State:
        """Commands: ``volume`` (µl, set), ``at`` (the well that the tip is in or over, -1 for none), ``depth`` (m, of
        the tip under the surface there, negative above it).

        ``wells`` (n, wells), ``tip``, ``air`` (under liquid in the tip: the failure), ``spilled`` are the ledger, in
        picolitres; ``pushed`` is what the plunger displaces where it stands.
        """
        ledger = {name: np.zeros(n, dtype=np.int64) for name in ("tip", "air", "spilled", "pushed")}
        return {
            "volume": np.full(n, self.part.largest),
            "at": np.full(n, -1, dtype=np.int64),
            "depth": np.full(n, -1.0),
            "wells": np.zeros((n, self.part.wells), dtype=np.int64),
            **ledger,
        }

    def step(self, worlds: Worlds, state: State, dt: float) -> None:
        """Springs push back; what the plunger moved since the last step goes out of the tip or into it."""
        part = self.part
        depth = np.clip(worlds.bind("qpos")[:, self.qpos], 0, part.travel + part.blowout)
        beyond = depth - part.stop(state["volume"])
        # Behind the blow-out the way ends, wherever the first stop is set.
        second, end = beyond > 0, beyond > part.blowout
        edge = np.abs(beyond) < _EDGE / 2
        spring = part.preload + part.stiffness * depth + part.step_up * np.clip(beyond / _EDGE + 0.5, 0, 1)
        spring += part.second * (np.where(second, beyond, 0) + np.where(end, 9 * (beyond - part.blowout), 0))
        slope = part.stiffness + part.second * (second + 9 * end) + part.step_up / _EDGE * edge
        worlds.bind("qfrc_applied")[:, self.dof] = -spring
        # Damping of k·dt, which MuJoCo integrates implicitly, makes the step in the springs an implicit one.
        worlds.expand("dof_damping")[:, self.dof] = part.damping + slope * dt + _BRAKE * (np.abs(beyond) < _NEAR)

        pushed = np.rint(depth / part.travel * part.largest * MICROLITRE).astype(np.int64)
        moved = pushed - state["pushed"]
        state["pushed"][:] = pushed
        dripped = np.rint(state["tip"] * (part.leak * dt)).astype(np.int64)
        state["tip"] -= dripped
        state["spilled"] += dripped
        _out(state, np.maximum(moved, 0))
        _in(state, np.maximum(-moved, 0))


def _out(state: State, amount: Array) -> None:
    """Air that was sucked in under the liquid leaves before it; what leaves over no well is spilled."""
    air = np.minimum(amount, state["air"])
    liquid = np.minimum(amount - air, state["tip"])
    state["air"] -= air
    state["tip"] -= liquid
    here = state["at"] >= 0
    np.add.at(state["wells"], (np.flatnonzero(here), state["at"][here]), liquid[here])
    state["spilled"] += np.where(here, 0, liquid)


def _in(state: State, amount: Array) -> None:
    """Liquid while the tip is under and there is some, else air; above liquid, air is what every tip has."""
    under = np.flatnonzero((state["at"] >= 0) & (state["depth"] > 0))
    well = state["at"][under]
    liquid = np.zeros_like(amount)
    liquid[under] = np.minimum(amount[under], state["wells"][under, well])
    state["wells"][under, well] -= liquid[under]
    state["tip"] += liquid
    state["air"][:] = np.where(state["tip"] > 0, state["air"] + amount - liquid, 0)
