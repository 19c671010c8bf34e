"""Meshes of a Menagerie on our arms. The folders are written here, with our kinematics in frames that are not ours."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest
from PIL import Image

from afterlore.app import cli
from afterlore.core import InputError
from afterlore.lab.parts.part import Array, blank
from afterlore.lab.robots.arm import Arm
from afterlore.lab.robots.arms import ARMS, PANDA, UR5E
from afterlore.lab.robots.gripper import Gripper
from afterlore.lab.robots.menagerie import menagerie

FILES = {"ur5e": "universal_robots_ur5e/ur5e.xml", "panda": "franka_emika_panda/panda.xml"}
ROD = np.array([[0, 0, 0], [0.06, 0, 0], [0, 0.04, 0], [0, 0, 0.02]]) - [0.03, 0.02, 0.01]
"""A tetrahedron that looks another way from each side."""
FACES = np.array([[1, 3, 2], [1, 2, 4], [2, 3, 4], [3, 1, 4]])


def standing(one: Arm, angles: Array) -> tuple[Any, Any]:
    spec = blank()
    one.build(spec, spec.worldbody)
    model = spec.compile()
    data = mujoco.MjData(model)
    data.qpos[:] = angles
    mujoco.mj_forward(model, data)
    return model, data


def poses(data: Any, bodies: list[int]) -> Array:
    found = np.tile(np.eye(4), (len(bodies), 1, 1))
    found[:, :3, :3], found[:, :3, 3] = data.xmat[bodies].reshape(-1, 3, 3), data.xpos[bodies]
    return found


def anywhere(rng: Any) -> Array:
    pose, quaternion, matrix = np.eye(4), rng.normal(size=4), np.zeros(9)
    mujoco.mju_quat2Mat(matrix, quaternion / np.linalg.norm(quaternion))
    pose[:3, :3], pose[:3, 3] = matrix.reshape(3, 3), rng.uniform(-0.2, 0.2, 3)
    return pose


def said(pose: Array) -> str:
    quaternion = np.zeros(4)
    mujoco.mju_mat2Quat(quaternion, pose[:3, :3].ravel())
    return f'pos="{numbers(pose[:3, 3])}" quat="{numbers(quaternion)}"'


def numbers(row: Array) -> str:
    return " ".join(f"{number:.12g}" for number in row)


def obj(points: Array, *, sharp: bool) -> str:
    lines = [f"v {numbers(point)}" for point in points]
    for number, face in enumerate(FACES, 1):
        if sharp:
            a, b, c = points[face - 1]
            normal = np.cross(b - a, c - a)
            lines.append(f"vn {numbers(normal / np.linalg.norm(normal))}")
        lines.append("f " + " ".join(f"{at}//{number}" if sharp else str(at) for at in face))
    return "\n".join(lines)


def rods(one: Arm) -> list[Array]:
    """In the middle of each of our shapes, in our frames."""
    assert one.shapes
    boxes = [np.concatenate([mesh.vertices for mesh, _ in shape.seen]) for shape in one.shapes()]
    return [ROD + (box.min(axis=0) + box.max(axis=0)) / 2 for box in boxes]


def written(path: Path, one: Arm, seed: int, like: Arm | None = None) -> Path:
    """A folder with the file of ``like`` and the kinematics of ``one``; all that need not be ours is drawn by lot."""
    like, rng, count = like or one, np.random.default_rng(seed), len(one.links)
    file = path / FILES[like.name]
    (file.parent / "assets").mkdir(parents=True)
    drawn = rng.uniform(-2, 2, count)
    signs = rng.choice([-1, 1], count)
    # The first zero and the last are the maker's, wherever a file draws its arm; the others are anybody's.
    zeros = rng.uniform(-3, 3, count)
    zeros[[0, -1]] = signs[[0, -1]] * drawn[[0, -1]]
    model, data = standing(replace(one, shapes=None), drawn)
    base = anywhere(rng)
    links = base @ poses(data, [0, *model.jnt_bodyid])
    bodies = np.array([anywhere(rng) @ link for link in links])
    assets, ahead, behind = "", "", ""
    for number, (link, body, rod) in enumerate(zip(links, bodies, rods(like), strict=True)):
        before = np.eye(4) if number == 0 else np.linalg.inv(bodies[number - 1])
        ahead += f'<body name="link{number}" {said(before @ body)}>'
        if number:
            into = np.linalg.inv(body) @ base
            axis = into[:3, :3] @ data.xaxis[number - 1] * signs[number - 1]
            point = into[:3, :3] @ data.xanchor[number - 1] + into[:3, 3]
            ahead += f'<joint pos="{numbers(point)}" axis="{numbers(axis)}" ref="{zeros[number - 1]:.12g}"/>'
        looks = ('class="visual" material="blue"', 'class="visual" rgba="0.5 0.25 0 1"', 'class="collision"')
        for part, look in enumerate(looks):
            at, name = anywhere(rng), f"link{number}_{part}"
            into = np.linalg.inv(body @ at) @ link
            points = (rod @ into[:3, :3].T + into[:3, 3]) * 1000
            (file.parent / "assets" / f"{name}.obj").write_text(obj(points, sharp=part == 0), encoding="utf-8")
            assets += f'<mesh file="{name}.obj"/>'
            ahead += f'<geom mesh="{name}" {look} {said(at)}/>'
        behind += "</body>"
    # What hangs from the last link is a hand, which is no part of the arm.
    hand = '<body name="hand"><geom class="visual" mesh="link1_0"/><body><joint type="slide"/>'
    hand += '<geom class="visual" mesh="link2_0"/></body></body>'
    file.write_text(
        '<mujoco><compiler angle="radian" meshdir="assets"/><default><mesh scale="0.001 0.001 0.001"/>'
        '<default class="visual"><geom type="mesh" group="2" contype="0" conaffinity="0"/></default>'
        '<default class="collision"><geom type="mesh" group="3"/></default></default>'
        f'<asset><material name="blue" rgba="0 0.5 1 1"/>{assets}</asset>'
        '<worldbody><geom name="floor" type="plane" size="1 1 1" group="2"/>'
        f"{ahead}{hand}{behind}</worldbody></mujoco>",
        encoding="utf-8",
    )
    return path


def changed(one: Arm, number: int, **more: float) -> Arm:
    """Another arm: one of its links is longer, or bent."""
    link = one.links[number]
    link = replace(link, **{name: getattr(link, name) + by for name, by in more.items()})
    return replace(one, links=(*one.links[:number], link, *one.links[number + 1 :]))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("one", ARMS.values(), ids=ARMS)
def test_meshes_lie_where_the_links_are(one: Arm, seed: int, tmp_path: Path) -> None:
    drawn = menagerie(written(tmp_path, one, seed), one)
    assert drawn.shapes
    for shape, rod in zip(drawn.shapes(), rods(one), strict=True):
        assert [rgba for _, rgba in shape.seen] == [pytest.approx((0, 0.5, 1, 1)), pytest.approx((0.5, 0.25, 0, 1))]
        # A sharp edge stays so: its ends are there once for each face that they are on.
        assert [len(mesh.vertices) for mesh, _ in shape.seen] == [12, 4]
        for mesh, _ in shape.seen:
            apart = np.linalg.norm(mesh.vertices[:, None] - rod, axis=-1)
            assert apart.min(axis=1).max() < 1e-6
            assert apart.min(axis=0).max() < 1e-6
            assert mesh.volume == pytest.approx(0.06 * 0.04 * 0.02 / 6, rel=1e-4)


@pytest.mark.parametrize("one", ARMS.values(), ids=ARMS)
def test_meshes_turn_with_the_joints(one: Arm, tmp_path: Path) -> None:
    drawn = menagerie(written(tmp_path, one, 3), one)
    rng = np.random.default_rng(4)
    for angles in (np.array(one.home), *rng.uniform(-2, 2, (4, len(one.links)))):
        model, data = standing(drawn, angles)
        for name, frame, rod in zip(
            (f"{one.name}_foot", *one.joints), poses(data, [0, *model.jnt_bodyid]), rods(one), strict=True
        ):
            geom = next(at for at in range(model.ngeom) if model.geom_dataid[at] == model.mesh(f"{name}_shape0").id)
            middle = frame[:3, :3] @ rod.mean(axis=0) + frame[:3, 3]
            # MuJoCo puts a shell's frame at the middle of its skin.
            assert np.linalg.norm(data.geom_xpos[geom] - middle) < 0.01
            start, count = model.mesh_vertadr[model.geom_dataid[geom]], model.mesh_vertnum[model.geom_dataid[geom]]
            points = (
                model.mesh_vert[start : start + count] @ data.geom_xmat[geom].reshape(3, 3).T + data.geom_xpos[geom]
            )
            there = rod @ frame[:3, :3].T + frame[:3, 3]
            assert np.linalg.norm(points[:, None] - there, axis=-1).min(axis=0).max() < 1e-5


@pytest.mark.parametrize("one", ARMS.values(), ids=ARMS)
def test_all_but_looks_stays(one: Arm, tmp_path: Path) -> None:
    drawn = menagerie(str(written(tmp_path, one, 5)), one)
    assert replace(drawn, shapes=one.shapes) == one
    (ours, _), (theirs, _) = (standing(which, np.array(one.home)) for which in (one, drawn))
    for name in ("body_mass", "body_inertia", "body_ipos", "body_pos", "body_quat", "jnt_range", "actuator_gainprm"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name))
    solid, same = ([at for at in range(model.ngeom) if model.geom_conaffinity[at]] for model in (ours, theirs))
    assert len(solid) == len(same)
    for name in ("geom_size", "geom_pos", "geom_quat", "geom_bodyid", "geom_contype", "geom_group"):
        assert np.array_equal(getattr(ours, name)[solid], getattr(theirs, name)[same])
    # An arm that nobody sees or touches is then seen, and still not touched.
    assert (standing(menagerie(tmp_path, replace(one, shapes=None)), np.array(one.home))[0].geom_conaffinity == 0).all()


@pytest.mark.parametrize(
    ("one", "number", "more"),
    [
        (UR5E, 1, {"a": 0.0015}),
        (UR5E, 3, {"d": 0.0007}),
        (PANDA, 2, {"d": -0.0015}),
        (PANDA, 5, {"alpha": 0.005}),
    ],
)
def test_an_arm_that_is_almost_alike_is_the_same(one: Arm, number: int, more: dict[str, float], tmp_path: Path) -> None:
    drawn = menagerie(written(tmp_path, changed(one, number, **more), 6), one)
    assert drawn.shapes
    for shape, rod in zip(drawn.shapes(), rods(one), strict=True):
        apart = np.linalg.norm(shape.seen[0][0].vertices[:, None] - rod, axis=-1)
        assert apart.min(axis=0).max() < 0.004
    # Each link sits on its joint as closely as in the file: nothing of it wobbles when that turns.
    for shape, rod in list(zip(drawn.shapes(), rods(one), strict=True))[1:]:
        away = np.hypot(*shape.seen[1][0].vertices.T[:2])
        assert np.sort(away) == pytest.approx(np.sort(np.hypot(*rod.T[:2])), abs=1e-6)


@pytest.mark.parametrize(
    ("one", "number", "more", "wrong"),
    [
        (UR5E, 1, {"a": 0.003}, "axis 3 is 3.0 mm and 0.0° beside that of 'ur5e'"),
        (UR5E, 3, {"d": 0.004}, "axis 5 is 4.0 mm and 0.0° beside that of 'ur5e'"),
        (UR5E, 3, {"alpha": 0.012}, "axis 5 is 0.0 mm and 0.7° beside that of 'ur5e'"),
        (PANDA, 2, {"d": -0.003}, "axis 4 is 3.0 mm and 0.0° beside that of 'panda'"),
        (PANDA, 6, {"a": 0.005}, "axis 7 is 5.0 mm and 0.0° beside that of 'panda'"),
        (PANDA, 1, {"alpha": 0.02}, "axis 2 is 0.0 mm and 1.1° beside that of 'panda'"),
    ],
)
def test_another_arm_is_refused(one: Arm, number: int, more: dict[str, float], wrong: str, tmp_path: Path) -> None:
    written(tmp_path, changed(one, number, **more), 7)
    with pytest.raises(InputError, match=f"is another arm: {wrong}, and may be 2 mm and 0.5°; to get that one"):
        menagerie(tmp_path, one)


def test_an_arm_with_other_joints_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "six", UR5E, 0, like=replace(PANDA, shapes=UR5E.shapes))
    with pytest.raises(InputError, match=r"is another arm: 'panda' has 7 hinges in a row; to get it: git clone"):
        menagerie(tmp_path / "six", PANDA)
    hinge = '<body><joint axis="{}"/><geom type="sphere" size="0.1"/>{}</body>'
    (tmp_path / "universal_robots_ur5e").mkdir()
    file = tmp_path / FILES["ur5e"]
    for bodies in (hinge.format("0 0 1", "") * 6, ""):
        file.write_text(f"<mujoco><worldbody>{bodies}</worldbody></mujoco>", encoding="utf-8")
        with pytest.raises(InputError, match=r"is another arm: 'ur5e' has 6 hinges in a row"):
            menagerie(tmp_path, UR5E)
    inner = ""
    for _ in range(6):
        inner = hinge.format("0 0 1", inner)
    file.write_text(f"<mujoco><worldbody>{inner}</worldbody></mujoco>", encoding="utf-8")
    with pytest.raises(InputError, match=r"shows no meshes in group 2; to get it as it was: git clone"):
        menagerie(tmp_path, UR5E)
    # All axes on one line, which tells nothing of where anything is.
    (tmp_path / "rod.obj").write_text(obj(ROD, sharp=False), encoding="utf-8")
    mesh = '<geom type="mesh" group="2" mesh="rod"/>'
    text = f'<mujoco><asset><mesh file="../rod.obj"/></asset><worldbody><body>{mesh}{inner}</body></worldbody></mujoco>'
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"is another arm: axis 2 is \S+ mm and 90.0° beside that of 'ur5e'"):
        menagerie(tmp_path, UR5E)


def test_what_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(
            InputError, match=r"has no file 'universal_robots_ur5e/ur5e.xml'; to get one: git clone https"
        ):
            menagerie(path, UR5E)
    with pytest.raises(InputError, match="no arm of the Menagerie goes with 'ur10'; there are: ur5e, panda"):
        menagerie(tmp_path, replace(UR5E, name="ur10"))
    written(tmp_path, PANDA, 1)
    (tmp_path / "franka_emika_panda/assets/link3_0.obj").unlink()
    with pytest.raises(InputError, match=r"panda.xml' is no model that MuJoCo can read \(.*link3_0.obj"):
        menagerie(tmp_path, PANDA)
    (tmp_path / FILES["panda"]).write_text("<html>", encoding="utf-8")
    with pytest.raises(InputError, match=r"panda.xml' is no model that MuJoCo can read \(XML"):
        menagerie(tmp_path, PANDA)


def test_arms_are_drawn_with_its_meshes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, UR5E, 2)
    out = tmp_path / "arm.png"
    call = ["lab", "render", "--width", "240", "--out", str(out), "--menagerie", str(tmp_path)]
    assert cli.run([*call, "ur5e"]) == 0
    with Image.open(out) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    # The rods of both colours lie in each other.
    assert ((pixels[..., 2] - pixels[..., 0] > 60) | (pixels[..., 0] - pixels[..., 2] > 40)).sum() > 20
    assert cli.run([*call, "panda"]) == 2
    assert "has no file 'franka_emika_panda/panda.xml'" in capsys.readouterr().err
    assert cli.run([*call, "rack"]) == 2
    assert "the Menagerie has meshes of arms, and none is among the names; there are: ur5e, panda" in (
        capsys.readouterr().err
    )


def test_an_arm_with_its_meshes_carries_a_gripper(tmp_path: Path) -> None:
    spec = blank()
    for number in range(2):
        foot = spec.worldbody.add_body(pos=[number, 0, 0])
        prefix = f"{number}/"
        Gripper().build(
            spec, menagerie(written(tmp_path / prefix, UR5E, number), UR5E).build(spec, foot, prefix), prefix
        )
    model = spec.compile()
    data = mujoco.MjData(model)
    data.qpos[:6] = UR5E.home
    mujoco.mj_forward(model, data)
    assert model.nu == 14
