"""How lids are opened and closed: pressed keys, a finger under a grip, a finger behind an edge; and again if it slips.

All places are read from the model: a lid turns about -x of its instrument, its grip is the geom ``grip_solid``.
"""

import math
from collections.abc import Callable

import numpy as np

from afterlore.lab.experts.hand import Actions, GaveUp, Hand, Unreachable
from afterlore.lab.parts.part import Array
from afterlore.lab.scene import aimed
from afterlore.lab.tasks.lids import NAME, LidTask

__all__ = ["close_lid", "open_lid"]

_HALF = 0.011
"""Of closed fingers across, and how far before the tool their tip is, metres."""
_TIP = 0.018
_PRESS = -0.7
"""Up, rad, at which a finger looks that presses a key,"""
_PULL = -0.65
"""one that pulls a lid from behind,"""
_PUSH = -0.5
"""one that pushes a lever down,"""
_HOOKS = (-0.3, -0.6, -0.1, -0.45)
"""and one that lifts it, try after try: where a wrist is too weak or in the way, another way may do."""


class _Lid:
    """Where a lid is, in a vertical plane across its hinge: (out, up), metres, out being away from the hinge."""

    def __init__(self, task: LidTask, hand: Hand) -> None:
        self.task, self.hand, self.one = task, hand, task.one
        model, lab = hand.lab.model, hand.lab
        self.frame = lab.pose(NAME, hand.world)
        self.yaw = math.atan2(self.frame[1, 0], self.frame[0, 0])
        self._joint = model.joint(f"{NAME}/lid")
        self.hinge = self._local(lab.worlds.bind("xanchor")[hand.world, self._joint.id])
        grip = model.geom(f"{NAME}/grip_solid")
        self.middle, self.half = grip.pos.copy(), grip.size.copy()

    @property
    def angle(self) -> float:
        """Rad; closed is 0."""
        return float(self.hand.lab.worlds.bind("qpos")[self.hand.world, self._joint.qposadr[0]])

    @property
    def latched(self) -> bool:
        """Whether the latch holds it."""
        return bool(self.hand.lab.state[f"{NAME}/latch/"]["engaged"][self.hand.world])

    @property
    def locked(self) -> bool:
        """Whether its interlock holds it."""
        return bool(self.hand.lab.state[f"{NAME}/"]["interlock"][self.hand.world])

    def _local(self, place: Array) -> Array:
        """A place of the room in the instrument's frame."""
        return np.asarray(self.frame[:3, :3].T @ (place - self.frame[:3, 3]))

    def place(self, out: float, up: float, angle: float) -> Array:
        """(out, up) on the lid at ``angle``, in the instrument's frame: (y, z)."""
        c, s = math.cos(angle), math.sin(angle)
        return np.array([self.hinge[1] - c * out + s * up, self.hinge[2] + s * out + c * up])

    def tool(self, x: float, y: float, z: float, pitch: float, *, ahead: float, side: float) -> Array:
        """The pose at which a point of the fingers is at (x, y, z) of the instrument: ``ahead`` of the tool's place
        along its z, and ``side`` along its x.
        """
        pose = self.frame @ aimed(x, y, z, pitch)
        pose[:3, 3] -= ahead * pose[:3, 2] + side * pose[:3, 0]
        return np.asarray(pose)


def open_lid(task: LidTask, hand: Hand) -> Actions:
    """The expert of the ``Open…Lid`` tasks."""
    yield from _persist(_Lid(task, hand), _open_once)


def close_lid(task: LidTask, hand: Hand) -> Actions:
    """The expert of the ``Close…Lid`` tasks."""
    yield from _persist(_Lid(task, hand), _close_once)


def _persist(lid: _Lid, once: Callable[[_Lid, float], Actions]) -> Actions:
    """Try until it is done, each time another way. Raises GaveUp after the last one."""
    hand = lid.hand
    yield from hand.grip(0.0, 0.5)
    beyond: Unreachable | None = None
    for pitch in _HOOKS:
        try:
            yield from once(lid, pitch)
        except Unreachable as error:
            beyond = error
        if not hand.missing:
            break
    else:
        raise beyond or GaveUp(f"{len(_HOOKS)} tries, and still not: {', '.join(hand.missing)}")
    while True:
        yield np.array(hand.command)


def _open_once(lid: _Lid, pitch: float) -> Actions:
    """Let go, and lifted; or not, and a look at the lid tells."""
    hand, keyed, levered = lid.hand, f"{NAME}/open/" in lid.hand.lab.state, lid.one.latch.lever
    # While the rotor runs down nothing opens, and who pulls breaks the lock.
    yield from _until(hand.wait(8.0), lambda: not lid.locked)
    if levered:
        yield from _move_lever(lid, pitch, up=True)
    elif keyed and lid.latched:
        yield from _press_key(lid)
    if (keyed or levered) and lid.latched:
        return
    # Beside the lever, which would be in the way.
    yield from _lift(lid, pitch, x=0.036 if levered else 0.0)
    yield from _away(lid, back=0.1, up=0.02)
    # Over its crossover it goes on by itself; short of that it comes down again.
    low, high = 2 * lid.one.lid.cushion, lid.one.lid.opening - 0.02
    yield from _until(hand.wait(4.0), lambda: not low < lid.angle < high)


def _close_once(lid: _Lid, pitch: float) -> Actions:
    """The lever down where there is one, the lid pulled over, and pressed shut."""
    del pitch
    if lid.one.latch.lever:
        yield from _move_lever(lid, _PUSH, up=False)
    if lid.angle > 0.3:
        yield from _pull(lid)
    yield from _push_down(lid)
    yield from _away(lid, back=0.02, up=0.1)


def _press_key(lid: _Lid) -> Actions:
    """With the fingertips, until it clicks."""
    hand = lid.hand
    cap = lid.hand.pose(f"{NAME}/open/button")
    x, y, z = lid._local(cap[:3, 3])
    pressed = hand.lab.state[f"{NAME}/open/"]["pressed"]

    def at(out: float) -> Array:
        return lid.tool(x, y - out, z, _PRESS, ahead=_TIP, side=0)

    yield from hand.go(at(0.07))
    yield from hand.go(at(0.016), speed=0.2)
    yield from _until(hand.go(at(-0.004), speed=0.02), lambda: bool(pressed[hand.world]))
    yield from hand.wait(0.1)
    yield from hand.go(at(0.05), speed=0.2)


def _move_lever(lid: _Lid, pitch: float, *, up: bool) -> Actions:
    """To its stop, from below or from above."""
    hand, latch = lid.hand, lid.one.latch
    joint = hand.lab.model.joint(f"{NAME}/latch/lever")
    handle = hand.lab.model.geom(f"{NAME}/handle_solid")
    hinge = lid._local(hand.lab.worlds.bind("xanchor")[hand.world, joint.id])
    angle = float(hand.lab.worlds.bind("qpos")[hand.world, joint.qposadr[0]])
    goal = latch.stop + 0.06 if up else -0.06
    if abs(angle - (latch.stop if up else 0.0)) < 0.03:
        return
    reach = handle.pos[0] + 0.3 * handle.size[0]
    side = handle.size[2] + 0.002

    def at(turn: float, off: float, back: float = 0.0) -> Array:
        c, s = math.cos(turn), math.sin(turn)
        sign = -1 if up else 1
        y = hinge[1] - c * reach + s * sign * (side + off) - back
        z = hinge[2] + s * reach + c * sign * (side + off)
        return lid.tool(hinge[0], y, z, pitch, ahead=0.004, side=-_HALF if up else _HALF)

    yield from hand.go(at(angle, 0.03, 0.1), at(angle, 0.03), speed=0.3)
    turns = np.linspace(angle, goal, 8)
    yield from hand.go(*(at(float(turn), 0.0) for turn in turns), speed=0.12)
    yield from hand.go(at(goal, 0.02, 0.1), speed=0.3)


def _lift(lid: _Lid, pitch: float, x: float) -> Actions:
    """A finger under the grip, along its arc until the lid goes on by itself."""
    hand, one = lid.hand, lid.one.lid
    start = lid.angle
    out, under = lid.middle[0] + 0.2 * lid.half[0], lid.middle[2] - lid.half[2]

    def at(angle: float, off: float, back: float = 0.0) -> Array:
        y, z = lid.place(out, under - off, angle)
        return lid.tool(x, y - back, z, pitch, ahead=0.010, side=-_HALF)

    yield from hand.go(at(start, 0.012, 0.09), at(start, 0.012), speed=0.3)
    turns = np.linspace(start, 0.88 * one.opening, 10)
    rising = hand.go(at(start, 0.0), *(at(float(turn), -0.004) for turn in turns), speed=0.18)
    free = not lid.latched
    # It is over, or it fell and was caught again.
    yield from _until(rising, lambda: lid.angle > 0.8 * one.opening or (free and lid.latched))


def _pull(lid: _Lid) -> Actions:
    """A finger behind the edge, along its arc until the lid falls by itself."""
    hand = lid.hand
    start = lid.angle
    out, over = lid.middle[0] + lid.half[0], lid.middle[2] + lid.half[2]

    def at(angle: float, off: float, above: float = 0.0) -> Array:
        y, z = lid.place(out - 0.006, over + off, angle)
        return lid.tool(0.0, y, z + above, _PULL, ahead=0.0, side=_HALF)

    yield from hand.go(at(start, 0.035, 0.1), at(start, 0.02), speed=0.35)
    turns = np.linspace(start, 0.5 * start, 10)
    yield from hand.go(*(at(float(turn), -0.002) for turn in turns), speed=0.2)
    # It comes down at no more than half a radian a second.
    yield from hand.go(at(0.5 * start, 0.04, 0.06), speed=0.3)
    yield from _until(hand.wait(4.0), lambda: lid.angle < 2 * lid.one.lid.cushion)


def _push_down(lid: _Lid) -> Actions:
    """With the fingertips on the grip, until the latch catches."""
    hand = lid.hand
    out, over = lid.middle[0], lid.middle[2] + lid.half[2]

    def at(up: float) -> Array:
        y, z = lid.place(out, over, 0.0)
        return lid.tool(0.0, y, z + up, -1.3, ahead=_TIP, side=0.0)

    yield from hand.go(at(0.1), at(0.04), speed=0.35)
    yield from _until(hand.go(at(-0.012), speed=0.04), lambda: lid.latched)
    yield from hand.wait(0.1)


def _away(lid: _Lid, *, back: float, up: float) -> Actions:
    """Out of the way of what was done."""
    pose = lid.hand.aim
    pose[:3, 3] += lid.frame[:3, :3] @ (0, -back, up)
    yield from lid.hand.go(pose, speed=0.3)


def _until(skill: Actions, done: Callable[[], bool]) -> Actions:
    """A skill that is broken off when it has done what it is for."""
    for action in skill:
        yield action
        if done():
            return
