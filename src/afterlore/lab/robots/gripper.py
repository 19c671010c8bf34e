"""A gripper of two parallel fingers: one command, the width between them."""

from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np

from afterlore.lab.instruments.housing import solid
from afterlore.lab.meshes import Mesh, rounded_box, seen
from afterlore.lab.parts.part import massive
from afterlore.lab.robots.arm import carried
from afterlore.lab.robots.shapes import can, joined, turned

__all__ = ["TOOL", "Gripper"]

_STEEL = (0.62, 0.64, 0.67, 1.0)
_PALE = (0.34, 0.36, 0.39, 1.0)
_DARK = (0.15, 0.16, 0.18, 1.0)
_RUBBER = (0.07, 0.07, 0.08, 1.0)
_PALM = 0.058
"""From the flange to where the fingers begin."""


@dataclass(frozen=True, slots=True)
class Gripper:
    """Sizes are near those of common electric grippers; metres, kilograms, newtons."""

    width: float = 0.085
    """Between open fingers."""
    force: float = 60.0
    """That a finger presses with, at most."""
    length: float = 0.09
    """From the flange to where the pads end, less the body."""
    pad: tuple[float, float, float] = (0.011, 0.004, 0.018)
    """Half sizes of a pad: across, thick, along."""
    friction: float = 1.0
    mass: float = 0.9

    @property
    def reach(self) -> float:
        """From the flange to the middle of its pads."""
        return _PALM + self.length - self.pad[2]

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Add it at the origin of ``body``, which it leaves along z; gives the body between the pads, for tools' poses.

        The actuator ``<prefix>gripper`` takes the width, from 0 to ``width``. It also makes the whole model's friction
        stiffer, without which anything held creeps.
        """
        spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
        spec.option.impratio = 10
        palm = massive(body, f"{prefix}palm", self.mass * 0.8, (1e-3, 1e-3, 5e-4), (0, 0, 0.03), gravcomp=1)
        self._housing(spec, palm, prefix)
        for name, side in (("left", 1), ("right", -1)):
            self._finger(spec, palm, prefix + name, side)
        carried(palm)
        spec.add_exclude(bodyname1=f"{prefix}left", bodyname2=f"{prefix}right")
        # The fingers are one mechanism: what one does the other mirrors, and both push.
        mirrored = spec.add_equality(type=mujoco.mjtEq.mjEQ_JOINT, name1=f"{prefix}right", name2=f"{prefix}left")
        mirrored.data[1] = 1
        width = spec.add_tendon(name=f"{prefix}width")
        width.wrap_joint(f"{prefix}left", 1)
        width.wrap_joint(f"{prefix}right", 1)
        servo = spec.add_actuator(name=f"{prefix}gripper", target=f"{prefix}width", trntype=mujoco.mjtTrn.mjTRN_TENDON)
        servo.set_to_position(kp=2000, kv=60)
        servo.ctrlrange = [0, self.width]
        servo.forcerange = [-self.force, self.force]
        return palm.add_body(name=f"{prefix}grasp", pos=[0, 0, self.reach])

    def _housing(self, spec: Any, palm: Any, prefix: str) -> None:
        """A coupling, the motor's housing, and the rails that the fingers run on."""
        wide = self.width / 2 + 0.026
        coupling = [(0, 0), (0.0355, 0), (0.0365, 0.001), (0.0365, 0.008), (0.0340, 0.009), (0.0340, 0.014), (0, 0.014)]
        bolts = [can((x, y, 0.004), (1.7 * x, 1.7 * y, 0.004), 0.002, 0.0005, sides=10) for x, y in _round(0.0215, 6)]
        rails = [_box((0.0030, wide - 0.002, 0.0022), (x, 0, _PALM - 0.003), 0.0008) for x in (-0.0115, 0.0115)]
        steel = joined(turned((0, 0, 0), (0, 0, 1), coupling), *bolts, *rails)
        dark = joined(
            _box((0.0240, wide, 0.0120), (0, 0, 0.0410), 0.004),
            _box((0.0050, wide - 0.004, 0.0016), (0, 0, 0.0535), 0.001),
        )
        pale = joined(
            _box((0.0285, 0.0360, 0.0130), (0, 0, 0.0265), 0.009),
            *(_box((0.0245, 0.0050, 0.0125), (0, side * (wide - 0.0045), 0.0410), 0.004) for side in (1, -1)),
        )
        for name, mesh, rgba in (("steel", steel, _STEEL), ("body", dark, _DARK), ("shell", pale, _PALE)):
            seen(palm, mesh.add(spec, f"{prefix}palm_{name}"), rgba)
        solid(palm, f"{prefix}palm_disc", (0.032, 0.036, 0.014), (0, 0, 0.014))
        solid(palm, f"{prefix}palm_solid", (0.0240, wide, 0.0135), (0, 0, 0.0425))

    def _finger(self, spec: Any, palm: Any, name: str, side: int) -> None:
        finger = massive(palm, name, self.mass * 0.1, (2e-4, 2e-4, 2e-5), (0, side * 0.01, self.length / 2), gravcomp=1)
        finger.pos = [0, 0, _PALM]
        finger.add_joint(
            name=name,
            type=mujoco.mjtJoint.mjJNT_SLIDE,
            axis=[0, side, 0],
            range=[0, self.width / 2],
            armature=0.1,
            damping=5.0,
        )
        across, thick, along = self.pad
        back, low = 2 * thick + 0.006, self.length - 2 * along
        bar = joined(
            # A carriage on the rails, the finger, and a heel that stiffens it.
            _box((0.0185, 0.0105, 0.0075), (0, side * 0.0135, 0.0070), 0.0025),
            _box((across * 0.8, 0.006, self.length / 2 - 0.003), (0, side * back, self.length / 2 + 0.003), 0.0022),
            _box((across * 0.55, 0.0045, low * 0.36), (0, side * (back + 0.0060), 0.010 + low * 0.36), 0.0022),
        )
        seen(finger, bar.add(spec, f"{name}_bar"), _STEEL)
        ridges = 7
        levels = low + along * (2 * np.arange(ridges) + 1) / ridges
        ridge = rounded_box((across, 0.0010, along / ridges * 0.72), 0.0006, segments=1)
        pad = joined(
            _box((across, thick - 0.0005, along), (0, side * (thick + 0.0005), self.length - along), 0.0008),
            ridge.repeated(np.array([(0, side * 0.0010, level) for level in levels])),
        )
        seen(finger, pad.add(spec, f"{name}_rubber"), _RUBBER)
        solid(finger, f"{name}_solid", (across * 0.8, 0.006, self.length / 2), (0, side * back, self.length / 2))
        finger.add_geom(
            name=f"{name}_pad",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=[across, thick, along],
            pos=[0, side * thick, self.length - along],
            rgba=[0, 0, 0, 0],
            group=3,
            friction=[self.friction, 0.005, 0.0001],
            condim=4,
        )


def _box(half: tuple[float, float, float], centre: tuple[float, float, float], radius: float) -> Mesh:
    return rounded_box(half, radius, segments=2).repeated(np.array([centre]))


def _round(radius: float, count: int) -> list[tuple[float, float]]:
    angles = 2 * np.pi * np.arange(count) / count
    return [(float(radius * np.cos(angle)), float(radius * np.sin(angle))) for angle in angles]


TOOL = Gripper().reach
"""From an arm's flange to the middle between the pads of the usual gripper, metres."""
