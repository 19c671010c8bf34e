"""Parts on a table, and the loop that steps them: what laws are measured on, and what demo scenes show."""

from collections.abc import Mapping
from typing import Any

import mujoco
from mujoco.batch import Batch

from afterlore.lab.parts.part import Array, Part, State, Views, blank

__all__ = ["Rig", "motor", "servo", "table"]


def table(timestep: float = 0.002, *, gravity: bool = True) -> tuple[Any, Any]:
    """A blank spec with a table top, a light and a camera, and the body at its middle on which a part is mounted."""
    spec = blank(timestep)
    if not gravity:
        spec.option.gravity = [0, 0, 0]
    spec.visual.headlight.ambient = [0.35, 0.35, 0.35]
    spec.visual.headlight.diffuse = [0.25, 0.25, 0.25]
    world = spec.worldbody
    world.add_light(pos=[-0.2, -0.3, 0.6], dir=[0.3, 0.45, -0.85], diffuse=[0.45, 0.45, 0.45])
    world.add_geom(
        name="table",
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=[2, 2, 0.01],
        pos=[0, 0, -0.01],
        rgba=[0.5, 0.55, 0.58, 1],
    )
    mount = world.add_body(name="mount", pos=[0, 0, 0.05])
    world.add_camera(
        name="front",
        pos=[0.1, -0.26, 0.2],
        mode=mujoco.mjtCamLight.mjCAMLIGHT_TARGETBODY,
        targetbody="mount",
        fovy=36,
    )
    return spec, mount


def motor(spec: Any, joint: str) -> None:
    """An actuator that bears the joint's name and puts out its control, N or N·m."""
    spec.add_actuator(name=joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)


def servo(spec: Any, joint: str, stiffness: float, damping: float) -> None:
    """An actuator that bears the joint's name and holds it at its control; ``damping`` in N·s/m or N·m·s/rad."""
    spec.add_actuator(name=joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT).set_to_position(
        kp=stiffness, kv=damping
    )


class Rig:
    """n worlds of one model with parts in it, named by their prefix."""

    def __init__(self, spec: Any, parts: Mapping[str, Part], n: int = 1, *, threads: int = 1) -> None:
        self.model = spec.compile()
        self.batch = Batch(self.model, n, threads, persistent=True)
        self.worlds = Views(self.batch)
        self.n = n
        self.bound = {name: part.bind(self.model, name) for name, part in parts.items()}
        self.state: dict[str, State] = {name: bound.initial(n) for name, bound in self.bound.items()}
        self.dt = float(self.model.opt.timestep)
        self.forward()

    def forward(self) -> None:
        """Make positions follow ``qpos`` that was written."""
        self.batch.forward(stage=mujoco.mjtStage.mjSTAGE_VEL)

    def tick(self) -> None:
        """Parts see where everything is and act; then physics moves on by one time step."""
        for name, bound in self.bound.items():
            bound.step(self.worlds, self.state[name], self.dt)
        self.batch.step(stage=mujoco.mjtStage.mjSTAGE_VEL)

    def step(self, steps: int = 1) -> None:
        """So many ticks."""
        for _ in range(steps):
            self.tick()

    def joint(self, name: str) -> tuple[Array, Array]:
        """Live views (n,) of a slide's or hinge's position and velocity."""
        joint = self.model.joint(name)
        qpos, qvel = self.batch.bind("qpos"), self.batch.bind("qvel")
        return qpos[:, joint.qposadr[0]], qvel[:, joint.dofadr[0]]

    def control(self, name: str) -> Array:
        """Live view (n,) of an actuator's control."""
        view: Array = self.batch.bind("ctrl")[:, self.model.actuator(name).id]
        return view

    def effort(self, name: str) -> Array:
        """Live view (n,) of an actuator's force or torque, that of the last step."""
        view: Array = self.batch.bind("actuator_force")[:, self.model.actuator(name).id]
        return view
