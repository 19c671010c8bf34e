"""A gripper of two parallel fingers: one command, the width between them."""

from dataclasses import dataclass
from typing import Any

import mujoco

from afterlore.lab.parts.part import massive

__all__ = ["Gripper"]


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
        return 0.058 + self.length - self.pad[2]

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Add it at the origin of ``body``, which it leaves along z; gives the body between the pads, for tools' poses.

        The actuator ``<prefix>gripper`` takes the width, from 0 to ``width``. It also makes the whole model's friction
        stiffer, without which anything held creeps.
        """
        spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
        spec.option.impratio = 10
        palm = massive(body, f"{prefix}palm", self.mass * 0.8, (1e-3, 1e-3, 5e-4), (0, 0, 0.03), gravcomp=1)
        dark, pale = [0.16, 0.17, 0.19, 1], [0.32, 0.33, 0.36, 1]
        palm.add_geom(type=mujoco.mjtGeom.mjGEOM_CYLINDER, size=[0.036, 0.008, 0], pos=[0, 0, 0.008], rgba=pale)
        palm.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, size=[0.022, 0.052, 0.022], pos=[0, 0, 0.036], rgba=dark, group=2)
        for name, side in (("left", 1), ("right", -1)):
            self._finger(palm, prefix + name, side, dark)
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

    def _finger(self, palm: Any, name: str, side: int, rgba: list[float]) -> None:
        finger = massive(palm, name, self.mass * 0.1, (2e-4, 2e-4, 2e-5), (0, side * 0.01, self.length / 2), gravcomp=1)
        finger.pos = [0, 0, 0.058]
        finger.add_joint(
            name=name,
            type=mujoco.mjtJoint.mjJNT_SLIDE,
            axis=[0, side, 0],
            range=[0, self.width / 2],
            armature=0.1,
            damping=5.0,
        )
        across, thick, along = self.pad
        finger.add_geom(
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=[across * 0.8, 0.006, self.length / 2],
            pos=[0, side * (2 * thick + 0.006), self.length / 2],
            rgba=rgba,
            group=2,
            contype=0,
            conaffinity=0,
        )
        finger.add_geom(
            name=f"{name}_pad",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=[across, thick, along],
            pos=[0, side * thick, self.length - along],
            rgba=[0.08, 0.08, 0.09, 1],
            friction=[self.friction, 0.005, 0.0001],
            condim=4,
        )
