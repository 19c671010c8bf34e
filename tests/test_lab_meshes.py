"""Computed shapes: closed, facing outwards, as large as they should be."""

import math
from collections import Counter

import mujoco
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.core import InputError
from afterlore.lab.instruments.finish import finish
from afterlore.lab.instruments.prints import Print
from afterlore.lab.meshes import Mesh, holed, joined, lofted, outline, pierced, revolved, rounded_box, skinned
from afterlore.lab.parts.part import Array

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


SQUARE = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]


def scaled(x: float, y: float) -> list[tuple[float, float]]:
    return [(x * a, y * b) for a, b in SQUARE]


def area(edge: Array) -> float:
    x, y = edge.T
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)


@given(sizes, sizes, st.floats(0, 0.9), st.floats(0, 0.9), st.integers(1, 7))
def test_an_outline_encloses_a_rectangle_without_its_corners(
    x: float, y: float, share: float, within: float, steps: int
) -> None:
    radius, inset = share * min(x, y), within * min(x, y)
    edge = outline(scaled(x, y), radius, inset=inset, segments=40, steps=steps)
    assert len(edge) == 4 * (41 + steps - 1)
    left = max(radius - inset, 0)
    assert area(edge) == pytest.approx(4 * (x - inset) * (y - inset) - (4 - math.pi) * left**2, rel=1e-3)
    assert edge.max(axis=0) == pytest.approx([x - inset, y - inset])
    # What is inset lies as far within everywhere, also where corners are round.
    if inset <= radius:
        whole = outline(scaled(x, y), radius, segments=40, steps=steps)
        apart = np.linalg.norm(edge[:41] - whole[:41], axis=1)
        assert apart == pytest.approx(inset, abs=1e-12)


def test_corners_may_have_radii_of_their_own() -> None:
    edge = outline([(0, 0), (4, 0), (0, 3)], (0.0, 0.1, 0.2))
    assert edge.min(axis=0) == pytest.approx([0, 0])
    assert np.linalg.norm(edge - (4, 0), axis=1).min() > 0.1
    assert area(outline([(0, 0), (4, 0), (0, 3)], 0)) == pytest.approx(6)
    # The inner circle of a 3-4-5 triangle has radius 1: nothing is left inset by it.
    assert area(outline([(0, 0), (4, 0), (0, 3)], 0, inset=1)) == pytest.approx(0, abs=1e-12)


@given(sizes, sizes, sizes, st.floats(0.05, 0.9), st.floats(0.1, 0.9))
def test_a_prism_with_a_bevel_is_closed_and_lacks_the_bevel(
    x: float, y: float, z: float, share: float, cut: float
) -> None:
    radius = share * min(x, y)
    bevel = cut * min(radius, z)
    mesh = lofted(scaled(x, y), radius, [(0, 0), (0, z - bevel), (bevel, z)], segments=24)
    assert closed(mesh)

    def flat(inset: float) -> float:
        return 4 * (x - inset) * (y - inset) - (4 - math.pi) * (radius - inset) ** 2

    # Areas are quadratic in the height, for which Simpson's rule is exact.
    top = bevel * (flat(0) + 4 * flat(bevel / 2) + flat(bevel)) / 6
    assert mesh.volume == pytest.approx(flat(0) * (z - bevel) + top, rel=1e-3)
    assert mesh.vertices.max(axis=0) == pytest.approx([x, y, z])


def test_a_skin_over_circles_is_what_is_turned() -> None:
    profile = [(2.0, 0.0), (3.0, 1.0), (1.0, 4.0)]
    turns = np.linspace(0, 2 * math.pi, 60, endpoint=False)
    circle = np.stack([np.cos(turns), np.sin(turns)], -1)
    rings = [np.column_stack([radius * circle, np.full(60, height)]) for radius, height in profile]
    mesh = skinned(rings)
    assert closed(mesh)
    assert mesh.volume == pytest.approx(revolved([(0, 0), *profile, (0, 4)], sides=60).volume)
    assert not closed(skinned(rings, caps=False))
    hollow = [(2.0, 0.0), (3.0, 0.0), (3.0, 1.0), (2.0, 1.0)]
    ring = skinned([np.column_stack([radius * circle, np.full(60, level)]) for radius, level in hollow], loop=True)
    assert closed(ring)
    assert ring.volume == pytest.approx(5 * math.pi, rel=0.01)


@given(st.integers(1, 4), st.integers(1, 4), st.floats(0.1, 0.95), st.just(0.0) | st.floats(1e-4, 0.02))
def test_a_plate_lacks_what_was_in_its_holes(columns: int, rows: int, share: float, margin: float) -> None:
    pitch, z = 0.01, 0.003
    half = (columns * pitch / 2 + margin, rows * pitch / 2 + margin, z)
    places = [[(at - (count - 1) / 2) * pitch for at in range(count)] for count in (columns, rows)]
    hole = share * pitch / 2
    mesh = pierced(half, *places, hole, sides=80)
    assert closed(mesh)
    whole = 4 * half[0] * half[1] - columns * rows * math.pi * hole**2
    assert mesh.volume == pytest.approx(whole * 2 * z, rel=0.01)
    assert mesh.vertices.max(axis=0) == pytest.approx(half)
    # Holes are open: nothing is nearer to the middle of one than its wall.
    away = np.linalg.norm(mesh.vertices[:, :2] - (places[0][0], places[1][0]), axis=1)
    assert away.min() == pytest.approx(hole, rel=1e-3)


@given(st.tuples(*[st.floats(-3, 3)] * 3), st.tuples(*[st.floats(-1, 1)] * 3))
def test_what_is_placed_keeps_its_shape(euler: tuple[float, ...], place: tuple[float, ...]) -> None:
    box = rounded_box([0.1, 0.2, 0.3], 0.05)
    there = box.placed(place, euler)
    assert closed(there)
    assert there.volume == pytest.approx(box.volume)
    assert there.vertices.mean(axis=0) - place == pytest.approx([0, 0, 0], abs=1e-9)


def test_euler_angles_are_as_mujoco_reads_them() -> None:
    mesh = Mesh(np.eye(3), np.array([(0, 1, 2)]), np.empty((0, 2)))
    assert mesh.placed(euler=(math.pi / 2, 0, 0)).vertices[2] == pytest.approx([0, -1, 0])
    assert mesh.placed((1, 2, 3), (math.pi / 2, math.pi / 2, 0)).vertices == pytest.approx(
        np.array([(1, 3, 3), (1, 2, 4), (2, 2, 3)])
    )


def test_what_is_joined_is_drawn_at_once() -> None:
    box, rod = rounded_box([1, 1, 1], 0.2), revolved([(0, 0), (1, 0), (1, 1), (0, 1)])
    both = joined(box, rod.placed((5, 0, 0)))
    assert closed(both)
    assert both.volume == pytest.approx(box.volume + rod.volume)
    assert len(both.faces) == len(box.faces) + len(rod.faces)


def test_what_is_welded_has_no_seams() -> None:
    rod = revolved([(0, 0), (1, 0), (1, 1), (0, 1)], sides=10)
    made = rod.welded()
    # Two middles, and two rings whose ends were two vertices each.
    assert len(made.vertices) == 2 + 2 * 10
    assert closed(made)
    assert made.volume == pytest.approx(rod.volume)


def test_a_print_is_as_large_as_its_ink() -> None:
    picture = Print(0.04, 0.02, density=10_000)
    picture.plate(-0.01, 0.004, (0.006, 0.003), 0, (0, 0, 0))
    mesh = picture.mesh()
    a, b, c = np.moveaxis(mesh.vertices[mesh.faces], 1, 0)
    normals = np.cross(b - a, c - a) / 2
    assert (normals[:, 2] > 0).all()
    assert normals[:, 2].sum() == pytest.approx(4 * 0.006 * 0.003, rel=0.05)
    middle = (mesh.vertices.max(axis=0) + mesh.vertices.min(axis=0)) / 2
    assert middle == pytest.approx([-0.01, 0.004, 0], abs=1e-4)
    for kind in ("power", "plus", "up"):
        picture.symbol(0.01, -0.004, 0.003, kind)
    assert len(picture.mesh().faces) > len(mesh.faces)


def test_finishes_are_made_once() -> None:
    spec = mujoco.MjSpec()
    assert finish(spec, "metal") == finish(spec, "metal")
    assert len(spec.materials) == 1
    with pytest.raises(InputError, match="no finish 'wood'; there are: plastic, rubber, metal, glass, ink"):
        finish(spec, "wood")


def test_what_is_no_outline() -> None:
    with pytest.raises(InputError, match="three corners"):
        outline(SQUARE[:2], 0.1)
    with pytest.raises(InputError, match="convex and runs anticlockwise"):
        outline(SQUARE[::-1], 0.1)
    with pytest.raises(InputError, match=r"a side is too short for corners of radius 1\.1 and an inset of 0"):
        outline(SQUARE, 1.1)
    with pytest.raises(InputError, match="two rings or more"):
        skinned([np.zeros((4, 3))])
    for hole, sides in ((0.6, 24), (0.0, 24), (0.2, 22)):
        with pytest.raises(InputError, match="need room in half sizes"):
            pierced([1, 1, 1], [-0.5, 0.5], [0.0], hole, sides=sides)
