"""Robot arms and the gripper: published poses, limits, holding still, and a grip that holds."""

from dataclasses import replace
from pathlib import Path

import mujoco
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from afterlore.app import cli
from afterlore.core import InputError
from afterlore.lab.parts.part import blank
from afterlore.lab.robots.arm import Arm
from afterlore.lab.robots.arms import ARMS, PANDA, UR5E, arm
from afterlore.lab.robots.gripper import Gripper
from afterlore.lab.robots.holder import Holder
from afterlore.lab.robots.ik import Solver
from afterlore.lab.robots.shapes import Rod, shell
from afterlore.lab.verify import verify
from afterlore.lab.ware.pipette import pipette


def standing(one: Arm, gripper: Gripper | Holder | None = None) -> tuple[mujoco.MjModel, mujoco.MjData]:
    spec = blank()
    flange = one.build(spec, spec.worldbody)
    if gripper:
        gripper.build(spec, flange)
    model = spec.compile()
    data = mujoco.MjData(model)
    data.qpos[: len(one.home)] = data.ctrl[: len(one.home)] = one.home
    return model, data


def test_the_law_of_kinematics_holds() -> None:
    (verdict,) = verify(["fk"])
    assert verdict.law.holds
    assert len(verdict.law.checks) == 4


def test_flanges_are_where_their_makers_say() -> None:
    # Universal Robots' own table, and Franka's ready pose.
    assert UR5E.reference(np.zeros(6))[0, :3, 3] == pytest.approx([-0.8172, -0.2329, 0.0628], abs=1e-4)
    ready = PANDA.reference(np.array(PANDA.home))[0]
    assert ready[:3, 3] == pytest.approx([0.3069, 0, 0.5903], abs=1e-4)
    assert ready[:3, 2] == pytest.approx([0, 0, -1], abs=1e-9)


@given(st.sampled_from(list(ARMS.values())), st.integers(0, 2**32 - 1))
def test_poses_are_rigid_and_within_reach(one: Arm, seed: int) -> None:
    pose = one.reference(np.random.default_rng(seed).uniform(-3, 3, len(one.links)))[0]
    assert np.allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-12)
    assert np.linalg.det(pose[:3, :3]) == pytest.approx(1)
    assert np.linalg.norm(pose[:3, 3]) < sum(abs(link.a) + abs(link.d) for link in one.links) + one.flange


@pytest.mark.parametrize("one", ARMS.values(), ids=ARMS)
def test_an_arm_holds_still_and_keeps_its_limits(one: Arm) -> None:
    model, data = standing(one, Gripper())
    for _ in range(1000):
        mujoco.mj_step(model, data)
    assert data.qpos[: len(one.home)] == pytest.approx(one.home, abs=2e-3)
    data.ctrl[: len(one.home)] = 100
    for _ in range(2000):
        mujoco.mj_step(model, data)
        assert np.all(np.abs(data.actuator_force[: len(one.home)]) <= [link.torque + 1e-9 for link in one.links])
    assert np.all(data.qpos[: len(one.home)] <= np.array([link.high for link in one.links]) + 0.02)
    assert model.body_mass.sum() == pytest.approx(sum(link.mass for link in one.links) + Gripper().mass)


def test_a_grip_holds_what_is_not_too_heavy() -> None:
    spec = blank()
    hand = spec.worldbody.add_body(name="hand", pos=[0, 0, 0.4], quat=[0, 1, 0, 0])
    gripper = Gripper()
    gripper.build(spec, hand)
    tube = spec.worldbody.add_body(name="tube", pos=[0, 0, 0.4 - 0.058 - gripper.length + gripper.pad[2]])
    tube.add_freejoint()
    tube.add_geom(type=mujoco.mjtGeom.mjGEOM_CYLINDER, size=[0.008, 0.03, 0], mass=0.02)
    model = spec.compile()
    data = mujoco.MjData(model)
    data.joint("left").qpos = data.joint("right").qpos = 0.009
    heights = []
    for _ in range(2000):
        data.actuator("gripper").ctrl = 0
        mujoco.mj_step(model, data)
        heights.append(float(data.body("tube").xpos[2]))
    # It falls until it is held, and then stays for 3 s.
    assert heights[500] == pytest.approx(0.4 - 0.058 - gripper.length + gripper.pad[2], abs=0.01)
    assert heights[-1] == pytest.approx(heights[500], abs=0.0005)
    assert data.joint("left").qpos[0] == pytest.approx(data.joint("right").qpos[0], abs=1e-3)
    data.actuator("gripper").ctrl = gripper.width
    for _ in range(500):
        mujoco.mj_step(model, data)
    assert data.body("tube").xpos[2] < 0.1
    assert data.joint("left").qpos[0] == pytest.approx(gripper.width / 2, abs=1e-3)


def test_unknown_arms_and_wrong_angles() -> None:
    with pytest.raises(InputError, match="no arm 'ur10'; there are: ur5e, panda"):
        arm("ur10")
    with pytest.raises(InputError, match="'panda' has 7 joints, not 6"):
        PANDA.reference(np.zeros(6))


@pytest.mark.parametrize("one", ARMS.values(), ids=ARMS)
def test_poses_that_an_arm_can_take_are_found_again(one: Arm) -> None:
    solver, rng = Solver(one, tool=0.15), np.random.default_rng(3)
    low, high = (np.array([getattr(link, end) for link in one.links]) for end in ("low", "high"))
    shift = np.eye(4)
    shift[2, 3] = 0.15
    found = 0
    for _ in range(40):
        angles = np.clip(np.array(one.home) + rng.uniform(-0.6, 0.6, len(one.links)), low, high)
        reached = solver.solve(one.reference(angles)[0] @ shift)
        assert np.all((low - 1e-6 <= reached.angles) & (reached.angles <= high + 1e-6))
        there = one.reference(reached.angles)[0] @ shift
        assert np.linalg.norm(there[:3, 3] - (one.reference(angles)[0] @ shift)[:3, 3]) == pytest.approx(
            reached.distance, abs=1e-9
        )
        found += reached.holds
    assert found >= 39


def test_what_is_out_of_reach_is_said_to_be() -> None:
    far = np.eye(4)
    far[:3, 3] = 3, 0, 0
    assert not Solver(UR5E).solve(far).holds
    with pytest.raises(InputError, match="a pose is a matrix of 4 x 4"):
        Solver(UR5E).solve(np.ones((4, 4)))


@pytest.mark.parametrize("tool", [Gripper(), Holder(pipette("200ul"))], ids=["gripper", "holder"])
@pytest.mark.parametrize("one", ARMS.values(), ids=ARMS)
def test_an_arm_never_touches_itself_or_what_it_carries(one: Arm, tool: Gripper | Holder) -> None:
    model, data = standing(one, tool)
    rng = np.random.default_rng(5)
    low, high = (np.array([getattr(link, end) for link in one.links]) for end in ("low", "high"))
    fingers = [model.joint(number).qposadr[0] for number in range(model.njnt)][len(one.links) :]
    for pose in (np.array(one.home), *rng.uniform(low, high, (300, len(one.links)))):
        data.qpos[: len(one.links)] = pose
        data.qpos[fingers] = rng.uniform(*model.jnt_range[len(one.links) :].T)
        mujoco.mj_forward(model, data)
        # A thumb that is drawn so far may push its own plunger, which is what it is there for.
        touching = {model.geom(number).name for pair in data.contact.geom for number in pair}
        assert touching <= {"press", "push"}


@pytest.mark.parametrize("one", ARMS.values(), ids=ARMS)
def test_links_from_the_third_on_stop_at_a_wall(one: Arm) -> None:
    model, _ = standing(one, Gripper())
    solid = [model.geom(number) for number in range(model.ngeom) if model.geom(number).conaffinity[0]]
    touched = {model.body(int(geom.bodyid[0])).name for geom in solid}
    assert touched == {*one.joints[2:], "palm", "left", "right"}
    assert all(geom.group[0] == 3 and geom.contype[0] == 0 for geom in solid)


def pressed(*, ghost: bool) -> float:
    """How far a UR5e's tool comes to a table that its command goes through."""
    spec = blank()
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX, size=[0.5, 0.4, 0.05], pos=[0, 0.6, 0.05], contype=int(not ghost)
    )
    Gripper().build(spec, UR5E.build(spec, spec.worldbody.add_body(name="base", pos=[0, 0, 0.1])))
    model = spec.compile()
    data = mujoco.MjData(model)
    data.qpos[:6] = data.ctrl[:6] = UR5E.home
    lowest = np.inf
    for step in range(1500):
        data.ctrl[1] = UR5E.home[1] + 0.9 * min(1, step / 1000)
        mujoco.mj_step(model, data)
        ends = [data.geom(f"{side}_pad").xpos[2] for side in ("left", "right")]
        lowest = min(lowest, *ends)
    return float(lowest)


def test_fingers_do_not_go_through_a_table() -> None:
    assert pressed(ghost=True) < 0.02
    assert pressed(ghost=False) > 0.1 - 0.005


@pytest.mark.parametrize("one", ARMS.values(), ids=ARMS)
def test_shapes_are_few_and_do_not_weigh(one: Arm) -> None:
    assert one.shapes
    shapes = one.shapes()
    assert len(shapes) == len(one.links) + 1
    assert all(len(shape.seen) <= 3 for shape in shapes)
    assert sum(len(mesh.faces) for shape in shapes for mesh, _ in shape.seen) < 15_000
    bare = replace(one, shapes=None)
    for model, same in zip((standing(one)[0],), (standing(bare)[0],), strict=True):
        for name in ("body_mass", "body_inertia", "body_ipos", "body_pos", "body_quat"):
            assert np.array_equal(getattr(model, name), getattr(same, name))
    # Two arms stand in one model, each with meshes of its own.
    spec = blank()
    for number in range(2):
        one.build(spec, spec.worldbody.add_body(pos=[number, 0, 0]), f"{number}/")
    assert spec.compile().nmesh == 2 * standing(one)[0].nmesh


def test_a_shell_is_closed_and_encloses_its_rods() -> None:
    rod = Rod((0, 0, 0), (0, 0.1, 0.2), 0.05, 0.01)
    length = float(np.hypot(0.1, 0.2))
    made = shell([rod], cell=0.006)
    assert made.volume == pytest.approx(np.pi * 0.05**2 * length, rel=0.03)
    assert np.abs(rod.distance(made.vertices)).max() < 5e-4
    sides = np.sort(made.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    assert set(np.unique(sides, axis=0, return_counts=True)[1]) == {2}
    fork = shell([rod, Rod((0, 0, 0), (0, 0, 0.2), 0.05, 0.01)], [Rod((-0.1, 0, 0), (0.1, 0, 0), 0.03)], cell=0.006)
    assert made.volume < fork.volume < 2 * made.volume
    assert np.hypot(*fork.vertices[:, 1:].T).min() > 0.03 - 1e-3
    with pytest.raises(InputError, match="a shell is made of one rod or more"):
        shell([])


def test_arms_are_drawn_by_their_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "arms.png"
    assert cli.run(["lab", "render", *ARMS, "--out", str(out), "--width", "120"]) == 0
    with Image.open(out) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert pixels.shape[1] == 240
    left, right = pixels[:94, :120], pixels[:94, 120:]
    # Only a UR5e has blue caps.
    assert [int((half[..., 2] - half[..., 0] > 60).sum() > 20) for half in (left, right)] == [1, 0]
    assert cli.run(["lab", "render", "ur10", "--out", str(out)]) == 2
    assert "plate, tip box, pipette, large pipette, pipette holder, ur5e, panda" in capsys.readouterr().err
