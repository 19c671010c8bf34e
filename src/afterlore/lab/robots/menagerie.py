"""What arms look like in a checkout of the MuJoCo Menagerie, which a user may have; nothing of it comes with this.

Its frames, zeros and directions are others. What they must have in common with ours are the lines that joints turn
about: the file's first link is laid on two of them, and each joint is then turned until the next line falls on ours.
Two things no line tells. Zeros of the first and of the last joint are taken to be the maker's in both. And where a
link lies on its lines either way round, the way is taken in which all look most like ours.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.meshes import Mesh
from afterlore.lab.parts.part import Array, blank
from afterlore.lab.robots.arm import Arm
from afterlore.lab.robots.shapes import Colour, Shape, joined

__all__ = ["menagerie"]

_FILES = {"ur5e": "universal_robots_ur5e/ur5e.xml", "panda": "franka_emika_panda/panda.xml"}
_HOW = "git clone https://github.com/google-deepmind/mujoco_menagerie, and give that folder"
_ASIDE, _ASKEW = 0.002, np.radians(0.5)
"""By which an axis is at most beside ours: metres, radians."""
_SEEN = 2
"""The group of geoms that are only looked at, in every model of the Menagerie."""
_UNSAID = np.array([0.5, 0.5, 0.5, 1], dtype=np.float32)
"""A geom's colour where its material's counts."""


@dataclass(frozen=True, slots=True)
class _Chain:
    """An arm's joints at zero: points (n, 3) that their axes go through and directions (n, 3), in the base's frame."""

    points: Array
    ways: Array


def menagerie(path: str | Path, arm: Arm) -> Arm:
    """The same arm with the meshes that a checkout of the MuJoCo Menagerie at ``path`` has of it.

    What it touches stays as it was. Raises InputError where there are none, or where they are another arm's.
    """
    if arm.name not in _FILES:
        raise InputError(f"no arm of the Menagerie goes with {arm.name!r}; there are: {', '.join(_FILES)}")
    file = Path(path) / _FILES[arm.name]
    if not file.is_file():
        raise InputError(f"{str(path)!r} has no file {_FILES[arm.name]!r}; to get one: {_HOW}")
    try:
        model = mujoco.MjSpec.from_file(str(file)).compile()
    except (ValueError, mujoco.FatalError) as error:
        raise InputError(f"{str(file)!r} is no model that MuJoCo can read ({' '.join(str(error).split())})") from error
    data, links = _unfolded(model), _links(model, len(arm.links))
    if not links:
        raise InputError(
            f"{str(file)!r} is another arm: {arm.name!r} has {len(arm.links)} hinges in a row; to get it: {_HOW}"
        )
    parts = _parts(model, data, links)
    if not any(parts):
        raise InputError(f"{str(file)!r} shows no meshes in group {_SEEN}; to get it as it was: {_HOW}")
    hinges = _hinges(model, len(arm.links))
    ours, frames = _ours(arm)
    shapes = arm.shapes() if arm.shapes else [Shape(())] * len(frames)
    places = _places(_Chain(data.xanchor[hinges], data.xaxis[hinges]), ours, str(file), arm.name)
    moved = [
        [
            [(_put(np.linalg.inv(frame) @ at, mesh), rgba) for mesh, rgba in part]
            for frame, at, part in zip(frames, place, parts, strict=True)
        ]
        for place in places
    ]
    best = min(moved, key=lambda choice: _unlike(choice, shapes))
    made = [Shape(tuple(part), shape.touched) for part, shape in zip(best, shapes, strict=True)]
    return replace(arm, shapes=lambda: made)


def _unfolded(model: Any) -> Any:
    """All hinges at zero, which is not always how a file draws them."""
    data = mujoco.MjData(model)
    data.qpos[model.jnt_qposadr[model.jnt_type == mujoco.mjtJoint.mjJNT_HINGE]] = 0
    mujoco.mj_kinematics(model, data)
    return data


def _hinges(model: Any, count: int) -> Array:
    return np.flatnonzero(model.jnt_type == mujoco.mjtJoint.mjJNT_HINGE)[:count]


def _links(model: Any, count: int) -> dict[int, int]:
    """Which link a body is part of, 0 for the foot; nothing without ``count`` hinges in a row.

    Bodies beside that row are no links: hands and fingers hang from the last.
    """
    bodies = [int(model.jnt_bodyid[hinge]) for hinge in _hinges(model, count)]
    row = []
    at = bodies[-1] if len(bodies) == count else 0
    while at:
        row.append(at)
        at = int(model.body_parentid[at])
    if not set(bodies) <= set(row):
        return {}
    return {body: sum(row.index(body) <= row.index(hinged) for hinged in bodies) for body in row}


def _parts(model: Any, data: Any, links: dict[int, int]) -> list[list[tuple[Mesh, Colour]]]:
    """Of each link, a mesh a colour, in the base's frame."""
    found: list[dict[Colour, list[Mesh]]] = [{} for _ in range(max(links.values()) + 1)]
    for geom in np.flatnonzero((model.geom_group == _SEEN) & (model.geom_type == mujoco.mjtGeom.mjGEOM_MESH)):
        if int(model.geom_bodyid[geom]) in links:
            rgba, material = model.geom_rgba[geom], model.geom_matid[geom]
            if material >= 0 and np.array_equal(rgba, _UNSAID):
                rgba = model.mat_rgba[material]
            pose = np.eye(4)
            pose[:3, :3], pose[:3, 3] = data.geom_xmat[geom].reshape(3, 3), data.geom_xpos[geom]
            mesh = _put(pose, _mesh(model, int(model.geom_dataid[geom])))
            red, green, blue, alpha = map(float, rgba)
            found[links[int(model.geom_bodyid[geom])]].setdefault((red, green, blue, alpha), []).append(mesh)
    return [[(joined(*meshes), rgba) for rgba, meshes in colours.items()] for colours in found]


def _mesh(model: Any, number: int) -> Mesh:
    """A compiled mesh; points are one where their normals are, so that edges which were sharp stay so."""

    def rows(array: Array, start: Array, count: Array) -> Array:
        return np.asarray(array[start[number] : start[number] + count[number]])

    at = rows(model.mesh_face, model.mesh_faceadr, model.mesh_facenum).ravel()
    normal = rows(model.mesh_facenormal, model.mesh_faceadr, model.mesh_facenum).ravel()
    points = rows(model.mesh_vert, model.mesh_vertadr, model.mesh_vertnum)[at].astype(float)
    normals = rows(model.mesh_normal, model.mesh_normaladr, model.mesh_normalnum)[normal].astype(float)
    corners = np.round(np.concatenate([points / 1e-7, normals / 1e-2], axis=1)).astype(np.int64)
    _, first, faces = np.unique(corners, axis=0, return_index=True, return_inverse=True)
    faces = faces.reshape(-1, 3)
    a, b, c = np.moveaxis(points[first][faces], 1, 0)
    solid = np.linalg.norm(np.cross(b - a, c - a), axis=1) > 1e-18
    return Mesh(points[first], faces[solid], np.empty((0, 2)))


def _put(pose: Array, mesh: Mesh) -> Mesh:
    return replace(mesh, vertices=mesh.vertices @ pose[:3, :3].T + pose[:3, 3])


def _unlike(choice: Sequence[Sequence[tuple[Mesh, Any]]], shapes: Sequence[Shape]) -> float:
    """How far links are from ours, m²: the middles of the boxes around them."""
    total = 0.0
    for part, shape in zip(choice, shapes, strict=True):
        if part and shape.seen:
            one, other = (joined(*(mesh for mesh, _ in meshes)).vertices for meshes in (part, shape.seen))
            gap = one.min(axis=0) + one.max(axis=0) - other.min(axis=0) - other.max(axis=0)
            total += float(gap @ gap) / 4
    return total


def _ours(arm: Arm) -> tuple[_Chain, Array]:
    """At zero, with the frames (links + 1, 4, 4) of its foot and of what each joint turns."""
    spec = blank()
    replace(arm, shapes=None).build(spec, spec.worldbody)
    model = spec.compile()
    data = _unfolded(model)
    bodies = [0, *model.jnt_bodyid]
    frames = np.tile(np.eye(4), (len(bodies), 1, 1))
    frames[:, :3, :3], frames[:, :3, 3] = data.xmat[bodies].reshape(-1, 3, 3), data.xpos[bodies]
    return _Chain(data.xanchor.copy(), data.xaxis.copy()), frames


def _places(theirs: _Chain, ours: _Chain, file: str, name: str) -> list[Array]:
    """Where foot and links of theirs lie on ours, (links + 1, 4, 4): one for each way that all axes coincide."""
    tries = [
        _laid(replace(theirs, ways=theirs.ways * np.array(signs)[:, None]), ours)
        for signs in itertools.product((1, -1), repeat=len(ours.ways))
    ]
    fitting = [place for place, _ in tries if len(place) == len(ours.ways) + 1]
    if not fitting:
        # The way that goes farthest says best what is wrong.
        place, (aside, askew) = min(tries, key=lambda one: (-len(one[0]), max(one[1][0] / _ASIDE, one[1][1] / _ASKEW)))
        raise InputError(
            f"{file!r} is another arm: axis {len(place)} is {aside * 1000:.1f} mm and {np.degrees(askew):.1f}° beside "
            f"that of {name!r}, and may be {_ASIDE * 1000:g} mm and {np.degrees(_ASKEW):g}°; to get that one: {_HOW}"
        )
    return fitting


def _laid(theirs: _Chain, ours: _Chain) -> tuple[Array, tuple[float, float]]:
    """Poses of foot and links, as many as there are until an axis is beside ours, and by how much (m, rad) it is."""
    pose = _crossing(ours) @ np.linalg.inv(_crossing(theirs))
    poses, count = [pose, pose], len(ours.ways)
    for number in range(1, count):
        point, way = pose[:3, :3] @ theirs.points[number] + pose[:3, 3], pose[:3, :3] @ theirs.ways[number]
        there, axis = ours.points[number], ours.ways[number]
        gap = there - point - way * ((there - point) @ way)
        tilt = np.cross(way, axis)
        askew = float(np.arctan2(np.linalg.norm(tilt), way @ axis))
        if np.linalg.norm(gap) > _ASIDE or askew > _ASKEW:
            return np.array(poses[: number + 1]), (float(np.linalg.norm(gap)), askew)
        # Each link turns about our axis exactly, so that what is allowed does not add up.
        pose = _about(there, tilt, askew) @ _shift(gap) @ pose
        if number + 1 < count:
            seen, aim = (_across(chain, number) for chain in (theirs, ours))
            seen = pose[:3, :3] @ seen
            pose = _about(there, axis, float(np.arctan2(np.cross(seen, aim) @ axis, seen @ aim))) @ pose
        poses.append(pose)
    return np.array(poses), (0.0, 0.0)


def _across(chain: _Chain, number: int) -> Array:
    """What of the next axis tells how far this joint is turned: its direction or, where that is the same, its place."""
    way = chain.ways[number]
    # Axes on one line tell nothing, and then any way will do.
    hints = (chain.ways[number + 1], 0.05), (chain.points[number + 1] - chain.points[number], 1e-4)
    for what, least in (*hints, (np.eye(3)[np.abs(way).argmin()], 0.0)):
        across = what - way * (what @ way)
        if np.linalg.norm(across) > least:
            break
    return np.asarray(across)


def _crossing(chain: _Chain) -> Array:
    """A frame on the first axis, where the second is nearest to it."""
    z = chain.ways[0]
    (along, _), *_ = np.linalg.lstsq(
        np.stack([z, -chain.ways[1]], axis=-1), chain.points[1] - chain.points[0], rcond=None
    )
    x = _across(chain, 0)
    x = x / np.linalg.norm(x)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([x, np.cross(z, x), z], axis=-1)
    pose[:3, 3] = chain.points[0] + along * z
    return pose


def _shift(way: Array) -> Array:
    pose = np.eye(4)
    pose[:3, 3] = way
    return pose


def _about(point: Array, axis: Array, angle: float) -> Array:
    """A turn about a line."""
    quaternion, matrix = np.zeros(4), np.zeros(9)
    mujoco.mju_axisAngle2Quat(quaternion, axis / max(float(np.linalg.norm(axis)), 1e-12), angle)
    mujoco.mju_quat2Mat(matrix, quaternion)
    pose = np.eye(4)
    pose[:3, :3] = matrix.reshape(3, 3)
    return np.asarray(_shift(point) @ pose @ _shift(-point))
