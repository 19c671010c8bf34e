"""Opening and closing lids: of a thermal cycler, and of three centrifuges."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from afterlore.core import InputError
from afterlore.lab.bench import Bench
from afterlore.lab.instruments.all import instrument
from afterlore.lab.instruments.centrifuge import STILL, Centrifuge
from afterlore.lab.parts.part import Array, State
from afterlore.lab.robots.arm import Arm
from afterlore.lab.robots.arms import UR5E
from afterlore.lab.robots.gripper import Gripper
from afterlore.lab.scene import Scene
from afterlore.lab.tasks.task import Level

__all__ = ["LIDS", "LidTask"]

_AT_STOP = math.radians(2)
_SHUT, _FLUNG = 1.0, 2.0
"""The fastest that a lid may come to its stop, closed and open, rad/s: about twice as fast as it goes by itself."""
_BRAKE = 15.0
"""By which a rotor that runs down is slower after a second, rad/s."""
_RUNNING = 75.0
"""The fastest that one may still be at the beginning: it stands still after five seconds."""
NAME = "instrument"
"""Of the body on the bench."""


@dataclass(frozen=True, slots=True)
class LidTask:
    """One lid, from one of its stops to the other."""

    id: str
    instrument: str
    opens: bool
    prompts: Sequence[str]
    stands: Mapping[str, tuple[float, float, float]]
    """Where each arm's base is."""
    ready: tuple[float, float, float, float]
    eye: tuple[float, float, float]
    at: tuple[float, float, float]
    """Of the fixed camera, and what it looks at."""
    seconds: float = 30.0
    arm: Arm = UR5E
    level: Level = "easy"
    loose: Sequence[str] = ()
    thin: Sequence[str] = ()
    last: str = "released"

    @property
    def one(self) -> Any:
        """The instrument."""
        return instrument(self.instrument)

    @property
    def says(self) -> str:
        """See ``Task``."""
        stop, latch = ("open", "free") if self.opens else ("closed", "engaged")
        said = [f"the lid{' and its lever' if self._lever else ''} at the {stop} stop", f"latch {latch}"]
        said.append("not slammed" if self._snaps else "nothing forced or slammed")
        if isinstance(self.one, Centrifuge):
            said.append("interlock respected")
        return ", ".join([*said, "released"])

    @property
    def _lever(self) -> bool:
        return bool(self.one.latch.lever)

    @property
    def _snaps(self) -> bool:
        """Whether it is opened by force, having neither a lever nor a key."""
        return not (self._lever or self.one.key)

    def scene(self) -> Scene:
        """See ``Task``."""
        if self.arm.name not in self.stands:
            raise InputError(
                f"{self.id!r} has no place for an arm {self.arm.name!r}; it has for: {', '.join(self.stands)}"
            )
        made = Scene(self.arm, Gripper(), self.stands[self.arm.name], self.eye, self.at)
        made.instrument(NAME, self.one, (0, 0, 0))
        return made

    def memory(self, n: int) -> State:
        """``trespassed``: the lid was open while the rotor turned."""
        return {"trespassed": np.zeros(n, dtype=bool)}

    def begin(self, lab: Bench, world: int, noise: np.random.Generator) -> None:
        """See ``Task``. Half of the rotors under a closed lid are still running down."""
        running = noise.uniform(-1, 1) * _RUNNING
        lever, lid = self._joint(lab, "latch/lever") if self._lever else -1, self._joint(lab, "lid")
        qpos = lab.worlds.bind("qpos")[world]
        state = lab.state[f"{NAME}/latch/"]
        if self.opens:
            state["engaged"][world] = True
            lab.state[f"{NAME}/"]["closed"][world] = True
            if isinstance(self.one, Centrifuge) and running > 0:
                rotor = lab.model.joint(f"{NAME}/rotor/rotor").dofadr[0]
                lab.worlds.bind("qvel")[world, rotor] = lab.state[f"{NAME}/rotor/"]["target"][world] = running
                lab.state[f"{NAME}/rotor/"]["speed"][world] = running
        else:
            qpos[lid] = self.one.lid.opening
            if self._lever:
                qpos[lever] = self.one.latch.stop
        # Displays show what is so from the first picture on; for the other worlds this was done already.
        self.one.act(lab.state, f"{NAME}/")

    def act(self, lab: Bench) -> None:
        """See ``Task``."""
        self.one.act(lab.state, f"{NAME}/")
        if isinstance(self.one, Centrifuge):
            rotor = lab.state[f"{NAME}/rotor/"]
            rotor["target"][:] = np.maximum(rotor["target"] - _BRAKE * lab.seconds, 0)
            ajar = self._angle(lab) > self.one.lid.cushion
            lab.memory["trespassed"] |= ajar & (np.abs(rotor["speed"]) > STILL)

    def conditions(self, lab: Bench) -> Mapping[str, Array]:
        """See ``Task``."""
        one, lid, latch = self.one, lab.state[f"{NAME}/"], lab.state[f"{NAME}/latch/"]
        angle = self._angle(lab)
        there = angle > one.lid.opening - _AT_STOP if self.opens else angle < one.latch.slack
        found = {
            "lid at its stop": there,
            "latch free" if self.opens else "latch engaged": latch["engaged"] ^ self.opens,
            "not slammed": (lid["shut"] <= _SHUT) & (lid["flung"] <= _FLUNG),
        }
        if isinstance(one, Centrifuge):
            found["interlock respected"] = ~lab.memory["trespassed"]
        if self._lever:
            lever = lab.worlds.bind("qpos")[:, self._joint(lab, "latch/lever")]
            stop = one.latch.stop if self.opens else 0.0
            found["lever at its stop"] = np.abs(lever - stop) < 2 * _AT_STOP
        if not self._snaps:
            found["nothing forced"] = ~latch["torn"]
        return found

    def contact_holds(self, lab: Bench, world: int) -> bool:
        """See ``Task``."""
        return not lab.touching(world, NAME)

    def _joint(self, lab: Bench, name: str) -> int:
        return int(lab.model.joint(f"{NAME}/{name}").qposadr[0])

    def _angle(self, lab: Bench) -> Array:
        return np.asarray(lab.worlds.bind("qpos")[:, self._joint(lab, "lid")])


def _pair(
    name: str,
    instrument: str,
    called: Sequence[str],
    stands: Mapping[str, tuple[float, float, float]],
    ready: tuple[float, float, float, float],
    eye: tuple[float, float, float],
    at: tuple[float, float, float],
) -> list[LidTask]:
    """To open it and to close it."""
    ways = (
        (
            "Open",
            True,
            ("Open the lid of the {}.", "Please lift the {}'s lid until it stays open.", "Get the {} open."),
        ),
        ("Close", False, ("Close the lid of the {}.", "Please press the {}'s lid shut.", "Shut the {}.")),
    )
    return [
        LidTask(
            f"{verb}{name}Lid",
            instrument,
            opens,
            tuple(way.format(word) for way in prompts for word in called),
            stands,
            ready,
            eye,
            at,
        )
        for verb, opens, prompts in ways
    ]


LIDS: list[LidTask] = [
    *_pair(
        "Cycler",
        "thermal cycler",
        ("thermal cycler", "PCR machine"),
        {"ur5e": (-0.12, -0.8, 0.1), "panda": (-0.2, -0.72, 0.1)},
        (0.0, -0.32, 0.36, -0.8),
        (-0.75, -0.55, 0.62),
        (0, -0.1, 0.18),
    ),
    *_pair(
        "BenchCentrifuge",
        "bench centrifuge",
        ("bench centrifuge", "microcentrifuge"),
        {"ur5e": (-0.12, -0.75, 0.1), "panda": (-0.2, -0.67, 0.1)},
        (0.0, -0.3, 0.42, -0.8),
        (-0.8, -0.6, 0.7),
        (0, -0.1, 0.24),
    ),
    *_pair(
        "LargeCentrifuge",
        "large centrifuge",
        ("large centrifuge", "floor-sized centrifuge"),
        {"ur5e": (-0.12, -0.78, 0.46), "panda": (-0.2, -0.74, 0.42)},
        (0.0, -0.4, 0.62, -0.8),
        (-1.15, -0.95, 1.05),
        (0, -0.15, 0.36),
    ),
    *_pair(
        "MiniCentrifuge",
        "mini centrifuge",
        ("mini centrifuge", "small centrifuge with the clear dome"),
        {"ur5e": (-0.12, -0.66, 0.02), "panda": (-0.2, -0.66, 0.02)},
        (0.0, -0.24, 0.26, -0.8),
        (-0.55, -0.4, 0.45),
        (0, -0.08, 0.1),
    ),
]
"""Eight tasks."""
