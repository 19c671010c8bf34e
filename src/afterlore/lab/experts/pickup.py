"""How a tube is picked up: from above, by its cap; and again, from where it is now, if it slips."""

import math

import numpy as np

from afterlore.lab.experts.hand import Actions, GaveUp, Hand
from afterlore.lab.scene import aimed
from afterlore.lab.tasks.pickup import PickUpTube

__all__ = ["pick_up"]

_TRIES = 4
_ABOVE, _LIFT = 0.09, 0.12
"""Metres over the cap before, and over the rack afterwards."""


def pick_up(task: PickUpTube, hand: Hand) -> Actions:
    """The expert of ``PickUpTube``."""
    tube = task.rack.tube
    for _ in range(_TRIES):
        pose, rack = hand.pose("tube"), hand.pose("rack")
        yaw = math.atan2(rack[1, 0], rack[0, 0])
        # Pads reach over the lower half of the cap, where it is widest against their edge.
        x, y, z = pose[:3, 3] + pose[:3, 2] * (tube.length - 0.25 * tube.cap_height)
        at = aimed(x, y, z, -math.pi / 2, yaw)
        yield from hand.go(aimed(x, y, z + _ABOVE, -math.pi / 2, yaw), width=0.05)
        yield from hand.go(at, speed=0.2)
        yield from hand.grip(0.0, 0.5)
        up = at.copy()
        up[:3, 3] += (0, 0, _LIFT)
        yield from hand.go(up, speed=0.25)
        yield from hand.wait(0.1)
        if not hand.missing:
            break
        yield from hand.grip(0.06, 0.3)
    else:
        raise GaveUp(f"{_TRIES} tries, and still not: {', '.join(hand.missing)}")
    while True:
        yield np.array(hand.command)
