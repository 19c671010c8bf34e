"""Computed shapes: closed, facing outwards, as large as they should be."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.core import InputError
from afterlore.lab.meshes import Mesh, holed, revolved, rounded_box

sizes = st.floats(0.002, 0.2)


def closed(mesh: Mesh) -> bool:
    """Every edge, by the places of its ends, is gone along once each way."""
    # Off the grid, so that no round number lies on the edge of being rounded up.
    places = np.unique((mesh.vertices * 1e9 + 0.1357).round(), axis=0, return_inverse=True)[1].ravel()
    edges = Counter()
    for face in places[mesh.faces]:
        for one, other in zip(face, np.roll(face, -1), strict=True):
            edges[(int(one), int(other))] += 1
    return all(edges[(b, a)] == count for (a, b), count in edges.items())


@given(sizes, sizes)
def test_a_turned_cylinder_has_a_cylinder_s_volume(radius: float, height: float) -> None:
    mesh = revolved([(0, 0), (radius, 0), (radius, height), (0, height)], sides=200)
    assert mesh.volume == pytest.approx(math.pi * radius**2 * height, rel=1e-3)
    assert closed(mesh)


def test_a_shell_has_the_volume_of_its_wall() -> None:
    profile = [(0, 0), (2, 0), (2, 5), (1.5, 5), (1.5, 0.5), (0, 0.5)]
    mesh = revolved(profile, sides=200)
    assert mesh.volume == pytest.approx(math.pi * (4 * 5 - 2.25 * 4.5), rel=1e-3)
    assert closed(mesh)
    assert mesh.texture.min() == 0
    assert mesh.texture.max() == 1
    assert not closed(revolved(profile, arc=1.0))


@given(st.tuples(sizes, sizes, sizes), st.floats(0.05, 1))
def test_a_rounded_box_is_closed_and_little_less_than_a_box(half: tuple[float, float, float], share: float) -> None:
    radius = share * min(half)
    mesh = rounded_box(half, radius, segments=12)
    assert closed(mesh)
    assert mesh.vertices.max(axis=0) == pytest.approx(half)
    assert mesh.vertices.min(axis=0) == pytest.approx([-one for one in half])
    x, y, z = (2 * (one - radius) for one in half)
    # Steiner's formula for the box within, grown by a ball.
    whole = x * y * z + 2 * radius * (x * y + y * z + z * x) + math.pi * radius**2 * (x + y + z)
    assert mesh.volume == pytest.approx(whole + 4 / 3 * math.pi * radius**3, rel=0.01)


@given(sizes, sizes, sizes, st.floats(0.05, 0.95))
def test_a_plate_with_a_hole_lacks_what_was_in_it(x: float, y: float, z: float, share: float) -> None:
    hole = share * min(x, y)
    mesh = holed((x, y, z), hole, sides=400)
    assert closed(mesh)
    assert mesh.volume == pytest.approx((4 * x * y - math.pi * hole**2) * 2 * z, rel=1e-3)


def test_what_is_no_shape() -> None:
    with pytest.raises(InputError, match="a profile is two points or more"):
        revolved([(0, 0)])
    with pytest.raises(InputError, match="no radius below 0"):
        revolved([(-1, 0), (1, 1)])
    with pytest.raises(InputError, match=r"are rounded by 0 to 0\.1"):
        rounded_box([0.1, 0.2, 0.3], 0.2)
    with pytest.raises(InputError, match=r"is wider than 0, and less than 0\.1"):
        holed([0.1, 0.2, 0.3], 0.1)
