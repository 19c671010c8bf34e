"""Picking up a centrifuge tube from its rack."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from afterlore.lab.bench import Bench
from afterlore.lab.parts.part import Array, State
from afterlore.lab.robots.arm import Arm
from afterlore.lab.robots.arms import UR5E
from afterlore.lab.robots.gripper import Gripper
from afterlore.lab.scene import GRIPPER, Scene
from afterlore.lab.tasks.task import Level
from afterlore.lab.ware.rack import Rack
from afterlore.lab.ware.tube import tube

__all__ = ["PickUpTube"]

_UPRIGHT = math.radians(15)
_LIFTED = 0.05
"""Metres above where it stood."""
_PADS = (f"{GRIPPER}left_pad", f"{GRIPPER}right_pad")
_HELD = 1.0
"""Newtons of each pad."""
_FALLEN = 0.001
"""Metres above the bench, below which a cap touches it."""


@dataclass(frozen=True, slots=True)
class PickUpTube:
    """One tube of 15 ml in a rack of eight places, each time in another one."""

    id: str = "PickUpTube"
    level: Level = "easy"
    says: str = "the tube lifted by 5 cm, held by both fingers, upright, its cap never on the bench"
    prompts: Sequence[str] = (
        "Pick up the centrifuge tube from the rack.",
        "Take the 15 ml tube out of its rack.",
        "Lift the tube with the blue cap and hold it upright.",
        "Please grasp the tube and raise it above the rack.",
    )
    seconds: float = 12.0
    arm: Arm = UR5E
    ready: tuple[float, float, float, float] = (0.0, -0.08, 0.3, -1.25)
    loose: Sequence[str] = ("tube/tube",)
    thin: Sequence[str] = ("tube/wall",)
    last: str = "held by both fingers"

    @property
    def rack(self) -> Rack:
        """Of the tube."""
        return Rack(tube("15ml"))

    def scene(self) -> Scene:
        """See ``Task``."""
        made = Scene(self.arm, Gripper(), (-0.12, -0.6, 0.02), (-0.42, -0.3, 0.36), (0, -0.02, 0.1))
        rack = self.rack
        rack.build(made.spec, made.body("rack", (0, 0, 0)), "rack/")
        rack.tube.build(made.spec, made.loose("tube", (0, 0, 0.3)), "tube/", volume=8)
        return made

    def memory(self, n: int) -> State:
        """``stood``: how high; ``dropped``: whether the cap was on the bench."""
        return {"stood": np.zeros(n), "dropped": np.zeros(n, dtype=bool)}

    def begin(self, lab: Bench, world: int, noise: np.random.Generator) -> None:
        """See ``Task``."""
        rack = self.rack
        slot = np.array(rack.slot(int(noise.integers(rack.rows * rack.columns))))
        body = lab.model.body("rack").id
        place = lab.worlds.expand("body_pos")[world, body]
        w, _, _, z = lab.worlds.expand("body_quat")[world, body]
        turn = 2 * math.atan2(z, w)
        c, s = math.cos(turn), math.sin(turn)
        start = int(lab.model.joint("tube").qposadr[0])
        turned = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
        lab.worlds.bind("qpos")[world, start : start + 3] = place + turned @ slot + (0, 0, 0.0005)
        lab.memory["stood"][world] = place[2] + slot[2]

    def act(self, lab: Bench) -> None:
        """See ``Task``."""
        lab.memory["dropped"] |= self._lowest(lab) < _FALLEN

    def conditions(self, lab: Bench) -> Mapping[str, Array]:
        """See ``Task``."""
        number = lab.model.body("tube").id
        height = lab.worlds.bind("xpos")[:, number, 2]
        upright = lab.worlds.bind("xmat")[:, number].reshape(-1, 3, 3)[:, 2, 2]
        return {
            "lifted": height > lab.memory["stood"] + _LIFTED,
            "upright": upright > math.cos(_UPRIGHT),
            "cap untouched by the table": ~lab.memory["dropped"],
        }

    def contact_holds(self, lab: Bench, world: int) -> bool:
        """Both pads press on it."""
        return all(lab.pressing(world, pad, "tube") > _HELD for pad in _PADS)

    def _lowest(self, lab: Bench) -> Array:
        """Of the cap's lower rim, a circle about the tube's axis, and of its upper one; metres above the bench."""
        one, number = self.rack.tube, lab.model.geom("tube/cap_wall").id
        middle = lab.worlds.bind("geom_xpos")[:, number, 2]
        axis = lab.worlds.bind("geom_xmat")[:, number].reshape(-1, 3, 3)[:, 2, 2]
        lean = np.sqrt(np.clip(1 - axis**2, 0, 1))
        return np.asarray(middle - np.abs(axis) * one.cap_height / 2 - lean * one.cap_radius)
