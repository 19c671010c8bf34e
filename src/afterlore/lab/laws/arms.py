"""The law of robot arms: the model stands where the maker's kinematics say."""

import mujoco
import numpy as np

from afterlore.lab.laws.law import Check, Law
from afterlore.lab.parts.part import blank
from afterlore.lab.robots.arm import Arm
from afterlore.lab.robots.arms import ARMS

__all__ = ["fk"]

POSES = 1000


def fk() -> Law:
    """Both arms, at angles drawn from their whole ranges."""
    return Law(
        "a flange is where the product of the matrices of Denavit and Hartenberg says, whatever the angles",
        tuple(check for one in ARMS.values() for check in _poses(one)),
    )


def _poses(one: Arm) -> list[Check]:
    spec = blank()
    one.build(spec, spec.worldbody)
    model = spec.compile()
    data = mujoco.MjData(model)
    flange = model.body(f"{one.name}_flange").id
    rng = np.random.default_rng(1)
    low, high = ([getattr(link, end) for link in one.links] for end in ("low", "high"))
    angles = rng.uniform(low, high, (POSES, len(one.links)))
    places, turns = np.empty((POSES, 3)), np.empty((POSES, 3, 3))
    for at, pose in enumerate(angles):
        data.qpos[:] = pose
        mujoco.mj_kinematics(model, data)
        places[at], turns[at] = data.xpos[flange], data.xmat[flange].reshape(3, 3)
    expected = one.reference(angles)
    return [
        Check(f"{one.name}: place", float(np.linalg.norm(places - expected[:, :3, 3], axis=1).max()), 1e-9, "m"),
        Check(f"{one.name}: orientation", float(np.abs(turns - expected[:, :3, :3]).max()), 1e-9, ""),
    ]
