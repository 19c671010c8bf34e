"""The arms that there are.

Kinematics, masses and limits are those that the makers publish: Universal Robots, "DH Parameters for calculations of
kinematics and dynamics" and the UR5e's data sheet; Franka Robotics, "Robot and interface specifications". Franka
publishes no masses: they are those that Gaz, Cognetti, Oliva, Robuffo Giordano and De Luca identified ("Dynamic
Identification of the Franka Emika Panda Robot With Retrieval of Feasible Parameters Using Penalty-Based
Optimization", IEEE Robotics and Automation Letters, 2019), table III.

Shapes are in the proportions of the real arms, by eye: housings of a joint stand beside each other along its axis.
"""

from functools import cache
from math import pi

from afterlore.core import InputError
from afterlore.lab.meshes import Mesh
from afterlore.lab.robots.arm import Arm, Link
from afterlore.lab.robots.shapes import Rod, Shape, can, joined, ring, shell, turned

__all__ = ["ARMS", "PANDA", "UR5E", "arm"]

_PALE = (0.80, 0.81, 0.82, 1.0)
_BLUE = (0.36, 0.60, 0.76, 1.0)
_DARK = (0.17, 0.18, 0.20, 1.0)
_WHITE = (0.94, 0.94, 0.93, 1.0)
_STEEL = (0.56, 0.58, 0.61, 1.0)


@cache
def _ur5e() -> tuple[Shape, ...]:
    """Tubes beside the joints' axes: the upper arm 0.138 m to the side, the forearm 0.131 m back."""
    up, low = 0.138, 0.007
    pale, blue, dark = _PALE, _BLUE, _DARK
    foot = [(0, 0), (0.0745, 0), (0.0745, 0.010), (0.0715, 0.013), (0.066, 0.020), (0.0625, 0.034), (0.0615, 0.088)]
    foot += [(0.058, 0.091), (0, 0.091)]

    def tube(start: tuple[float, float, float], end: tuple[float, float, float], radius: float) -> Mesh:
        length = abs(end[0] - start[0])
        wide = radius + 0.006
        rows = [(wide, 0), (wide, 0.085), (radius, 0.092), (radius, length - 0.092), (wide, length - 0.085)]
        return turned(start, end, [*rows, (wide, length)])

    return (
        Shape(
            (
                (joined(turned((0, 0, 0), (0, 0, 1), foot), can((0, 0.05, 0.045), (0, 0.082, 0.045), 0.016)), pale),
                (ring((0, 0, 0.085), (0, 0, 0.102), 0.0585), dark),
            )
        ),
        Shape(
            (
                (
                    joined(
                        can((0, 0, 0.098), (0, 0, 0.17), 0.060), can((0, 0.078, 0.1625), (0, -0.066, 0.1625), 0.060)
                    ),
                    pale,
                ),
                (can((0, 0.070, 0.1625), (0, 0.087, 0.1625), 0.0565), blue),
                (ring((0, -0.060, 0.1625), (0, -0.080, 0.1625), 0.0575), dark),
            )
        ),
        Shape(
            (
                (
                    joined(
                        can((0, 0, 0.073), (0, 0, 0.201), 0.060),
                        tube((-0.02, 0, up), (-0.405, 0, up), 0.0445),
                        can((-0.425, 0, 0.075), (-0.425, 0, 0.195), 0.056),
                    ),
                    pale,
                ),
                (
                    joined(
                        can((0, 0, 0.19), (0, 0, 0.210), 0.0565), can((-0.425, 0, 0.18), (-0.425, 0, 0.204), 0.0525)
                    ),
                    blue,
                ),
                (ring((-0.425, 0, 0.06), (-0.425, 0, 0.08), 0.0535), dark),
            )
        ),
        Shape(
            (
                (
                    joined(
                        can((0, 0, -0.050), (0, 0, 0.068), 0.056),
                        tube((-0.02, 0, low), (-0.375, 0, low), 0.0370),
                        can((-0.3922, 0, -0.038), (-0.3922, 0, 0.056), 0.0445),
                    ),
                    pale,
                ),
                (
                    joined(
                        can((0, 0, -0.058), (0, 0, -0.04), 0.0525),
                        can((-0.3922, 0, -0.045), (-0.3922, 0, -0.03), 0.041),
                    ),
                    blue,
                ),
                (ring((-0.3922, 0, 0.05), (-0.3922, 0, 0.07), 0.0425), dark),
            ),
            (
                Rod((0, 0, -0.058), (0, 0, 0.068), 0.056),
                Rod((0, 0, low), (-0.3922, 0, low), 0.043),
                Rod((-0.3922, 0, -0.045), (-0.3922, 0, 0.056), 0.0445),
            ),
        ),
        *(_wrist(middle, side) for middle, side in ((0.1333, -1), (0.0997, 1))),
        Shape(
            (
                (
                    joined(can((0, 0, 0.055), (0, 0, 0.0885), 0.0375), can((0, 0.03, 0.072), (0, 0.045, 0.072), 0.010)),
                    pale,
                ),
                (can((0, 0, 0.082), (0, 0, 0.0996), 0.0315, 0.001), _STEEL),
            ),
            (Rod((0, 0, 0.055), (0, 0, 0.0996), 0.0375),),
        ),
    )


def _wrist(middle: float, side: int) -> Shape:
    """Two housings in one: about this joint's axis, and, at ``middle`` of it, about the next one's."""
    body, end = (
        Rod((0, 0, 0.058), (0, 0, middle + 0.046), 0.0445),
        Rod((0, 0, middle), (0, side * 0.050, middle), 0.0445),
    )
    return Shape(
        (
            (joined(can(body.start, body.end, 0.0445), can(end.start, end.end, 0.0445)), _PALE),
            (can((0, 0, middle + 0.03), (0, 0, middle + 0.053), 0.041), _BLUE),
            (ring((0, side * 0.045, middle), (0, side * 0.064, middle), 0.0425 if side < 0 else 0.036), _DARK),
        ),
        (body, end),
    )


@cache
def _panda() -> tuple[Shape, ...]:
    """Bent shells: a column runs into a drum beside a joint's axis, and leaves room for the next one's drum."""
    foot = shell(
        [
            Rod((0, 0, 0), (0, 0, 0.141), 0.058, 0.012),
            Rod((0, 0, 0), (0, 0, 0.036), 0.088, 0.014),
            Rod((-0.082, 0, 0), (-0.082, 0, 0.066), 0.056, 0.014),
        ],
        soft=0.05,
    )
    return (
        Shape(((foot, _WHITE), (ring((0, 0, 0.133), (0, 0, 0.149), 0.052), _DARK))),
        _bend(
            [
                Rod((0, 0, -0.191), (0, 0, -0.064), 0.055, 0.012),
                Rod((0, -0.012, -0.09), (0, -0.05, -0.01), 0.050, 0.015),
                Rod((0, -0.113, 0), (0, -0.002, 0), 0.055, 0.013),
            ],
            Rod((0, 0, 0), (0, 0.13, 0), 0.061),
            ring((0, -0.012, 0), (0, 0.012, 0), 0.050),
        ),
        _bend(
            [
                Rod((0, -0.064, 0), (0, -0.193, 0), 0.055, 0.012),
                Rod((0, -0.09, 0.012), (0, -0.01, 0.05), 0.050, 0.015),
                Rod((0, 0, 0.002), (0, 0, 0.113), 0.055, 0.013),
            ],
            Rod((0, 0, -0.13), (0, 0, 0), 0.061),
            ring((0, -0.185, 0), (0, -0.203, 0), 0.050),
        ),
        _bend(
            [
                Rod((0, 0, -0.121), (0, 0, -0.062), 0.055, 0.012),
                Rod((0, 0.008, -0.085), (0.075, 0.045, -0.005), 0.050, 0.02),
                Rod((0.0825, 0.002, 0), (0.0825, 0.113, 0), 0.055, 0.013),
            ],
            Rod((0.0825, -0.13, 0), (0.0825, 0, 0), 0.061),
            ring((0.0825, -0.012, 0), (0.0825, 0.012, 0), 0.050),
            Rod((0, 0, -0.121), (0, 0, -0.05), 0.055),
            Rod((0.0825, 0.002, 0), (0.0825, 0.113, 0), 0.055),
        ),
        _bend(
            [
                Rod((-0.0825, 0.062, 0), (-0.0825, 0.123, 0), 0.055, 0.012),
                Rod((-0.0825, 0.085, 0.008), (-0.0075, 0.005, 0.045), 0.050, 0.02),
                Rod((0, 0, 0.002), (0, 0, 0.113), 0.055, 0.013),
            ],
            Rod((0, 0, -0.13), (0, 0, 0), 0.061),
            ring((-0.0825, 0.115, 0), (-0.0825, 0.133, 0), 0.050),
            Rod((-0.0825, 0.05, 0), (-0.0825, 0.123, 0), 0.055),
            Rod((0, 0, 0.002), (0, 0, 0.113), 0.055),
        ),
        _bend(
            [
                Rod((0, 0, -0.259), (0, 0, -0.205), 0.055, 0.012),
                Rod((0, 0.006, -0.225), (0, 0.068, -0.07), 0.052, 0.02, 0.038),
                Rod((-0.014, 0.081, -0.10), (-0.014, 0.081, 0), 0.030, 0.02),
                Rod((0.014, 0.081, -0.10), (0.014, 0.081, 0), 0.030, 0.02),
                Rod((0, 0.058, 0), (0, 0.112, 0), 0.050, 0.013),
            ],
            Rod((0, -0.10, 0), (0, 0.056, 0), 0.058),
            ring((0, 0.045, 0), (0, 0.068, 0), 0.045),
            Rod((0, 0, -0.259), (0, 0.02, -0.15), 0.055),
            Rod((0, 0.075, -0.17), (0, 0.082, 0), 0.032),
            Rod((0, 0.058, 0), (0, 0.112, 0), 0.050),
        ),
        _bend(
            [
                Rod((0, 0, -0.054), (0, 0, 0.050), 0.050, 0.013),
                Rod((0, 0, -0.002), (0.088, 0, -0.002), 0.036),
                Rod((0.088, 0.042, 0), (0.088, -0.048, 0), 0.046, 0.013),
            ],
            None,
            ring((0.088, -0.040, 0), (0.088, -0.060, 0), 0.041),
            Rod((0, 0, -0.054), (0, 0, 0.050), 0.050),
            Rod((0.088, 0.042, 0), (0.088, -0.048, 0), 0.046),
        ),
        _tip(),
    )


def _bend(rods: list[Rod], room: Rod | None, seam: Mesh, *touched: Rod) -> Shape:
    return Shape(((shell(rods, [room] if room else []), _WHITE), (seam, _DARK)), touched)


def _tip() -> Shape:
    """The last link, with its flange."""
    rods = [
        Rod((0, 0, 0.052), (0, 0, 0.094), 0.044, 0.009),
        Rod((0.032, 0.032, 0.058), (0.032, 0.032, 0.090), 0.026, 0.009),
    ]
    white = shell(rods, cell=0.0085)
    return Shape(
        (
            (white, _WHITE),
            (can((0, 0, 0.09), (0, 0, 0.107), 0.0315, 0.001), _STEEL),
            (can((0.034, 0.034, 0.08), (0.034, 0.034, 0.0912), 0.015, 0.001), _DARK),
        ),
        (Rod((0, 0, 0.052), (0, 0, 0.107), 0.044),),
    )


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
    facing=pi / 2,
    source="Universal Robots",
    shapes=_ur5e,
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
    source="Franka Robotics",
    shapes=_panda,
)

ARMS = {one.name: one for one in (UR5E, PANDA)}
"""By name."""


def arm(name: str) -> Arm:
    """The arm of a name. Raises InputError for another one."""
    if name not in ARMS:
        raise InputError(f"no arm {name!r}; there are: {', '.join(ARMS)}")
    return ARMS[name]
