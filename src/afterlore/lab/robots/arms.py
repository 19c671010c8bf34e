"""The arms that there are.

Kinematics, masses and limits are those that the makers publish: Universal Robots, "DH Parameters for calculations of
kinematics and dynamics" and the UR5e's data sheet; Franka Robotics, "Robot and interface specifications". Franka
publishes no masses: they are those that Gaz, Cognetti, Oliva, Robuffo Giordano and De Luca identified ("Dynamic
Identification of the Franka Emika Panda Robot With Retrieval of Feasible Parameters Using Penalty-Based
Optimization", IEEE Robotics and Automation Letters, 2019), table III.
"""

from math import pi

from afterlore.core import InputError
from afterlore.lab.robots.arm import Arm, Link

__all__ = ["ARMS", "PANDA", "UR5E", "arm"]


def _ur(
    a: float, d: float, alpha: float, mass: float, centre: tuple[float, float, float], torque: float, radius: float
) -> Link:
    return Link(a, d, alpha, mass, centre, -2 * pi, 2 * pi, pi, torque, radius)


UR5E = Arm(
    "ur5e",
    "classic",
    (
        _ur(0, 0.1625, pi / 2, 3.761, (0, -0.02561, 0.00193), 150, 0.06),
        _ur(-0.425, 0, 0, 8.058, (0.2125, 0, 0.11336), 150, 0.06),
        _ur(-0.3922, 0, 0, 2.846, (0.15, 0, 0.0265), 150, 0.05),
        _ur(0, 0.1333, pi / 2, 1.37, (0, -0.0018, 0.01634), 28, 0.045),
        _ur(0, 0.0997, -pi / 2, 1.3, (0, 0.0018, 0.01634), 28, 0.045),
        _ur(0, 0.0996, 0, 0.365, (0, 0, -0.001159), 28, 0.04),
    ),
    home=(-pi / 2, -pi / 2, pi / 2, -pi / 2, -pi / 2, 0),
    source="Universal Robots",
)


def _franka(
    a: float,
    d: float,
    alpha: float,
    mass: float,
    centre: tuple[float, float, float],
    low: float,
    high: float,
    *,
    wrist: bool = False,
) -> Link:
    speed, torque = (2.61, 12) if wrist else (2.175, 87)
    return Link(a, d, alpha, mass, centre, low, high, speed, torque, 0.045 if wrist else 0.055)


PANDA = Arm(
    "panda",
    "modified",
    (
        _franka(0, 0.333, 0, 4.970684, (0.003875, 0.002081, -0.04762), -2.8973, 2.8973),
        _franka(0, 0, -pi / 2, 0.646926, (-0.003141, -0.02872, 0.003495), -1.7628, 1.7628),
        _franka(0, 0.316, pi / 2, 3.228604, (0.027518, 0.039252, -0.066502), -2.8973, 2.8973),
        _franka(0.0825, 0, pi / 2, 3.587895, (-0.05317, 0.104419, 0.027454), -3.0718, -0.0698),
        _franka(-0.0825, 0.384, -pi / 2, 1.225946, (-0.011953, 0.041065, -0.038437), -2.8973, 2.8973, wrist=True),
        _franka(0, 0, pi / 2, 1.666555, (0.060149, -0.014117, -0.010517), -0.0175, 3.7525, wrist=True),
        _franka(0.088, 0, pi / 2, 0.735522, (0.010517, -0.004252, 0.061597), -2.8973, 2.8973, wrist=True),
    ),
    home=(0, -pi / 4, 0, -3 * pi / 4, 0, pi / 2, pi / 4),
    flange=0.107,
    rgba=(0.94, 0.94, 0.93, 1),
    source="Franka Robotics",
)

ARMS = {one.name: one for one in (UR5E, PANDA)}
"""By name."""


def arm(name: str) -> Arm:
    """The arm of a name. Raises InputError for another one."""
    if name not in ARMS:
        raise InputError(f"no arm {name!r}; there are: {', '.join(ARMS)}")
    return ARMS[name]
