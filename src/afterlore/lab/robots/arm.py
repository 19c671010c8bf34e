"""An arm: links turned by hinges, from the parameters of Denavit and Hartenberg that its maker publishes.

``build`` adds it to a model and ``reference`` is the same arm as the textbook has it, a product of matrices, which
the law ``fk`` compares it with. What is seen are meshes. What is touched are plain cylinders beside them, on links from
the third on: they touch what has collision bit 1, never each other, and never what ``carried`` marked.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.meshes import seen
from afterlore.lab.parts.part import Array, massive
from afterlore.lab.robots.shapes import Shape

__all__ = ["Arm", "Link", "carried"]

Convention = Literal["classic", "modified"]
"""Classic: a link's frame is behind it, Rz(θ) Tz(d) Tx(a) Rx(α). Modified (Craig's): Rx(α) Tx(a) Rz(θ) Tz(d), a and α
being those of the link before."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link and the hinge that turns it; metres, radians, kilograms, newton metres."""

    a: float
    d: float
    alpha: float
    mass: float
    centre: tuple[float, float, float]
    """Of mass, in the link's own frame."""
    low: float
    high: float
    """Of the joint's angle."""
    speed: float
    """At most, rad/s."""
    torque: float
    """At most."""
    radius: float = 0.05
    """Of the cylinder whose inertia it has."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A serial arm."""

    name: str
    convention: Convention
    links: tuple[Link, ...]
    home: tuple[float, ...]
    """Angles at which it waits."""
    flange: float = 0.0
    """From the last frame along its z to where a tool is mounted."""
    facing: float = 0.0
    """Where it reaches at home: the angle from its base's x, about z."""
    source: str = ""
    """Of the figures."""
    shapes: Callable[[], Sequence[Shape]] | None = None
    """Gives those of its foot and of each link; None for an arm that nobody sees or touches."""

    @property
    def joints(self) -> tuple[str, ...]:
        """Names, without the prefix."""
        return tuple(f"{self.name}{number}" for number in range(1, len(self.links) + 1))

    def reference(self, angles: Array) -> Array:
        """Pose of the flange in the base's frame: (n, joints) angles to (n, 4, 4) matrices."""
        angles = np.atleast_2d(np.asarray(angles, dtype=float))
        if angles.shape[-1] != len(self.links):
            raise InputError(f"{self.name!r} has {len(self.links)} joints, not {angles.shape[-1]}")
        pose = np.broadcast_to(np.eye(4), (len(angles), 4, 4))
        for link, angle in zip(self.links, angles.T, strict=True):
            pose = pose @ (_classic if self.convention == "classic" else _modified)(link, angle)
        return pose @ _shift(0, 0, self.flange)

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Add it at the origin of ``body``, with a position servo for each joint; gives the flange's body."""
        foot, *shapes = self.shapes() if self.shapes else [Shape(())] * (len(self.links) + 1)
        _show(spec, body, f"{prefix}{self.name}_foot", foot)
        parent, place = body, np.eye(4)
        for name, link, shape in zip(self.joints, self.links, shapes, strict=True):
            ahead = _modified(link, np.zeros(1))[0] if self.convention == "modified" else np.eye(4)
            parent = self._link(parent, prefix + name, link, place @ ahead)
            _show(spec, parent, prefix + name, shape)
            place = np.eye(4) if self.convention == "modified" else _classic(link, np.zeros(1))[0]
            self._servo(spec, prefix + name, link)
        return parent.add_body(name=f"{prefix}{self.name}_flange", **_placed(place @ _shift(0, 0, self.flange)))

    def _link(self, parent: Any, name: str, link: Link, place: Array) -> Any:
        # The frame that turns is the one before the fixed part of a classic link, so is its centre of mass.
        fixed = _classic(link, np.zeros(1))[0] if self.convention == "classic" else np.eye(4)
        centre = fixed[:3, :3] @ np.asarray(link.centre) + fixed[:3, 3]
        # Its controller bears its weight, as a real one's does.
        made = massive(parent, name, link.mass, _inertia(link), tuple(centre), gravcomp=1, **_placed(place))
        made.add_joint(
            name=name,
            type=mujoco.mjtJoint.mjJNT_HINGE,
            axis=[0, 0, 1],
            range=[link.low, link.high],
            armature=0.1,
            damping=1.0,
        )
        return made

    def _servo(self, spec: Any, name: str, link: Link) -> None:
        stiffness = 20 * link.torque
        servo = spec.add_actuator(name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        servo.set_to_position(kp=stiffness, kv=2 * math.sqrt(stiffness))
        servo.ctrlrange = [link.low, link.high]
        servo.forcerange = [-link.torque, link.torque]


def carried(body: Any) -> None:
    """What is in ``body`` now, and in those that hang from it, touches the world but no arm, nor itself."""
    for geom in body.find_all(mujoco.mjtObj.mjOBJ_GEOM):
        geom.contype = 0


def _show(spec: Any, body: Any, name: str, shape: Shape) -> None:
    for number, (mesh, rgba) in enumerate(shape.seen):
        seen(body, mesh.add(spec, f"{name}_shape{number}"), rgba)
    for number, rod in enumerate(shape.touched):
        body.add_geom(
            name=f"{name}_solid{number}",
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            fromto=[*rod.start, *rod.end],
            size=[rod.radius, 0, 0],
            rgba=[0, 0, 0, 0],
            group=3,
            mass=0,
            contype=0,
        )


def _classic(link: Link, angle: Array) -> Array:
    return _turn_z(angle) @ _shift(0, 0, link.d) @ _shift(link.a, 0, 0) @ _turn_x(link.alpha)


def _modified(link: Link, angle: Array) -> Array:
    return _turn_x(link.alpha) @ _shift(link.a, 0, 0) @ _turn_z(angle) @ _shift(0, 0, link.d)


def _shift(x: float, y: float, z: float) -> Array:
    matrix = np.eye(4)
    matrix[:3, 3] = x, y, z
    return matrix


def _turn_x(angle: float) -> Array:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[1, 0, 0, 0], [0, c, -s, 0], [0, s, c, 0], [0, 0, 0, 1]])


def _turn_z(angle: Array) -> Array:
    matrix = np.zeros((len(angle), 4, 4))
    matrix[:, 0, 0] = matrix[:, 1, 1] = np.cos(angle)
    matrix[:, 1, 0] = np.sin(angle)
    matrix[:, 0, 1] = -matrix[:, 1, 0]
    matrix[:, 2, 2] = matrix[:, 3, 3] = 1
    return matrix


def _placed(pose: Array) -> dict[str, Sequence[float]]:
    quaternion = np.zeros(4)
    mujoco.mju_mat2Quat(quaternion, pose[:3, :3].ravel())
    return {"pos": pose[:3, 3].tolist(), "quat": quaternion.tolist()}


def _inertia(link: Link) -> tuple[float, float, float]:
    """Of a solid cylinder of the link's mass, as wide as its shape and as long as its reach."""
    length = max(math.hypot(link.a, link.d), 2 * link.radius)
    across = link.mass * (3 * link.radius**2 + length**2) / 12
    along = link.mass * link.radius**2 / 2
    return (across, along, across) if abs(link.a) < abs(link.d) else (along, across, across)
