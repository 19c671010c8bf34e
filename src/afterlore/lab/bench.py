"""n worlds of a scene, and what can be asked of them: what tasks see of a laboratory."""

from typing import Any

import mujoco
import numpy as np

from afterlore.lab.parts.part import Array, State
from afterlore.lab.parts.rig import Rig
from afterlore.lab.scene import Scene

__all__ = ["RATE", "SUBSTEPS", "Bench"]

RATE = 50.0
"""Control steps a second,"""
SUBSTEPS = 10
"""and steps of physics in one."""


class Bench:
    """Worlds of one scene."""

    def __init__(self, scene: Scene, n: int, threads: int) -> None:
        self.rig = Rig(scene.spec, scene.parts, n, threads=threads)
        self.n, self.model, self.worlds, self.state = n, self.rig.model, self.rig.worlds, self.rig.state
        self.memory: State = {}
        """What a task remembers."""
        self.seconds = SUBSTEPS * self.rig.dt
        """Of a control step."""
        self._robot = _under(self.model, self.model.body("stand").id)
        self._data: dict[int, Any] = {}

    def pose(self, body: str, world: int) -> Array:
        """Of a body: (4, 4), in the room's frame."""
        number = self.model.body(body).id
        made = np.eye(4)
        made[:3, 3] = self.worlds.bind("xpos")[world, number]
        made[:3, :3] = self.worlds.bind("xmat")[world, number].reshape(3, 3)
        return made

    def touching(self, world: int, body: str) -> set[str]:
        """Bodies of the robot that touch a body or what hangs on it."""
        others = _under(self.model, self.model.body(body).id)
        owner = self.model.geom_bodyid
        found: set[str] = set()
        for one, two in self.data(world).contact.geom:
            for mine, its in ((owner[one], owner[two]), (owner[two], owner[one])):
                if self._robot[mine] and others[its]:
                    found.add(self.model.body(int(mine)).name)
        return found

    def pressing(self, world: int, geom: str, body: str) -> float:
        """Newtons with which a geom presses on a body or what hangs on it."""
        others = _under(self.model, self.model.body(body).id)
        owner, mine = self.model.geom_bodyid, self.model.geom(geom).id
        data, total, force = self.data(world), 0.0, np.zeros(6)
        for number, (one, two) in enumerate(data.contact.geom):
            if (one == mine and others[owner[two]]) or (two == mine and others[owner[one]]):
                mujoco.mj_contactForce(self.model, data, number, force)
                total += float(force[0])
        return total

    def data(self, world: int) -> Any:
        """``MjData`` of a world as it is now, to read: the next call for this world writes over it."""
        self._data[world] = self.rig.batch.get_data(world, self._data.get(world))
        return self._data[world]


def _under(model: Any, root: int) -> Array:
    """Which bodies hang on ``root``: (bodies,) of bool. A body's parent comes before it."""
    found = np.zeros(model.nbody, dtype=bool)
    found[root] = True
    for body in range(root + 1, model.nbody):
        found[body] |= found[model.body_parentid[body]]
    return found
