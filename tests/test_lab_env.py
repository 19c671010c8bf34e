"""Environments: what Gymnasium asks of them, the same one by one and together, and bad actions refused."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector.utils import batch_space

from afterlore.core import InputError
from afterlore.lab.actions import MODES
from afterlore.lab.env import Environment, Environments, register
from afterlore.lab.experts.all import Crew
from afterlore.lab.laboratory import Laboratory
from afterlore.lab.randomise import FIXED
from afterlore.lab.robots.arms import UR5E
from afterlore.lab.tasks.all import TASKS, task

READY = [entry.id for entry in TASKS.values() if entry.task]


@pytest.mark.filterwarnings("ignore:.*symmetric and normalized space")
def test_gymnasium_finds_nothing_wrong() -> None:
    env = gymnasium.make("afterlore/PickUpTube-v0", size=32, render_mode="rgb_array")
    check_env(env.unwrapped, skip_render_check=True)
    observation, info = env.reset(seed=3)
    assert env.observation_space.contains(observation)
    assert not info["success"]
    assert info["holds: upright"]
    assert env.render().shape == (32, 32, 3)  # type: ignore[union-attr]
    env.close()


@pytest.mark.parametrize("name", READY)
def test_every_task_has_one(name: str) -> None:
    register()
    env = gymnasium.make(f"afterlore/{name}-v0", cameras=())
    observation, _ = env.reset(seed=1)
    assert set(observation) == {"state", "prompt"}
    assert observation["prompt"] in task(name).prompts
    action = np.array([*observation["state"][:-1], 0.05], dtype=np.float32)
    _, reward, terminated, truncated, _ = env.step(action)
    assert (reward, terminated, truncated) == (0.0, False, False)


def test_pictures_are_copies() -> None:
    env = Environment("OpenCyclerLid", size=48)
    first, info = env.reset(seed=1)
    # What its display shows needs not be read from pixels.
    assert info["shows: temperature"] == 23
    kept = {name: np.array(first[name]) for name in ("state", "front", "wrist")}
    for _ in range(10):
        second, *_ = env.step(np.array([*UR5E.home, 0.0]))
    for name, before in kept.items():
        assert (first[name] == before).all()
        assert not np.shares_memory(first[name], second[name])
        assert (second[name] != before).any()
    env.close()


def test_an_episode_ends_by_success_or_by_time() -> None:
    env = Environment("PickUpTube", cameras=())
    observation, _ = env.reset(seed=2)
    crew = Crew(env.lab)
    steps = 0
    while True:
        observation, reward, terminated, truncated, info = env.step(crew.actions()[0])
        steps += 1
        if terminated or truncated:
            break
    assert terminated
    assert reward == 1
    assert not truncated
    assert info["success"]
    assert steps < env.lab.limit
    assert all(value for name, value in info.items() if name.startswith("holds"))
    # Gymnasium's own wrapper keeps the time.
    limited = gymnasium.make("afterlore/PickUpTube-v0", cameras=())
    limited.reset(seed=2)
    still = env.lab.action.nothing(limited.unwrapped.lab.command)[0]  # type: ignore[attr-defined]
    ends = [limited.step(still)[2:4] for _ in range(env.lab.limit)]
    assert ends[-1] == (False, True)
    assert not any(any(end) for end in ends[:-1])
    del observation


@pytest.mark.parametrize("threads", [1, 2])
def test_together_is_like_one_by_one(threads: int) -> None:
    envs: Any = gymnasium.make_vec(
        "afterlore/OpenMiniCentrifugeLid-v0", num_envs=3, cameras=("front",), size=32, threads=threads
    )
    assert isinstance(envs, Environments)
    together, _ = envs.reset(seed=7)
    assert batch_space(envs.single_observation_space, 3).contains(together)
    assert together["front"].shape == (3, 32, 32, 3)
    ones = [Environment("OpenMiniCentrifugeLid", cameras=("front",), size=32) for _ in range(3)]
    alone = [one.reset(seed=7 + number)[0] for number, one in enumerate(ones)]
    noise = np.random.default_rng(0)
    for _ in range(40):
        actions = noise.uniform(ones[0].lab.action.low, ones[0].lab.action.high, (3, 7))
        together, *_ = envs.step(actions)
        alone = [one.step(action)[0] for one, action in zip(ones, actions, strict=True)]
    for number, one in enumerate(alone):
        assert (together["state"][number] == one["state"]).all()
        assert (together["front"][number] == one["front"]).all()
        assert together["prompt"][number] == one["prompt"]
    envs.close()


def test_a_world_that_ended_begins_anew_in_the_next_step() -> None:
    envs = Environments(2, "PickUpTube", cameras=())
    envs.reset(seed=[11, 12])
    crew = Crew(envs.lab)
    ended = None
    for _ in range(600):
        _, rewards, done, late, _ = envs.step(crew.actions())
        if done.any():
            ended = done.copy()
            assert (rewards == done).all()
            assert not late.any()
            break
    assert ended is not None
    which = int(np.flatnonzero(ended)[0])
    other = 1 - which
    steps = envs.lab.steps[other]
    _, rewards, done, late, info = envs.step(envs.lab.action.nothing(envs.lab.command))
    assert envs.lab.steps[which] == 0
    assert rewards[which] == 0
    assert not done[which]
    assert not info["success"][which]
    assert ended[other] or envs.lab.steps[other] == steps + 1


@pytest.mark.parametrize("seed", [7, [11, 12]])
def test_what_follows_a_seed_follows_for_each_world(seed: Any) -> None:
    def second(envs: Environments, which: list[bool]) -> list[str]:
        """After an episode of some worlds was ended, as if by time."""
        envs.reset(seed=seed)
        still = envs.lab.action.nothing(envs.lab.command)
        envs.lab.steps[which] = envs.lab.limit - 1
        assert envs.step(still)[3].tolist() == which
        envs.step(still)
        return envs.lab.digest()

    def made() -> Environments:
        return Environments(2, "PickUpTube", cameras=())

    both = second(made(), [True, True])
    assert both == second(made(), [True, True])
    # It does not matter whether the other one ended too.
    assert second(made(), [False, True])[1] == both[1]
    assert second(made(), [False, True])[0] != both[0]
    again, other = made(), made()
    for envs in (again, other):
        envs.reset(seed=seed)
        envs.reset()
    assert again.lab.digest() == other.lab.digest()
    # It is what environments that stand alone would have had.
    alone = Environment("PickUpTube", cameras=())
    alone.reset(seed=7 if seed == 7 else 11)
    alone.reset()
    assert alone.lab.digest() == again.lab.digest()[:1]


def test_what_is_no_action_is_refused_and_nothing_moves() -> None:
    lab = Laboratory(task("PickUpTube"), 2)
    good = lab.action.nothing(lab.command)
    before = lab.digest()
    bad, far = good.copy(), good.copy()
    bad[1, 2], far[0, -1] = np.nan, 0.2
    for action, said in (
        (good[0], r"actions have the shape \(2, 7\), not \(7,\): ur5e1, .*width"),
        (good[:, :-1], r"not \(2, 6\)"),
        (bad, "'ur5e3' of the action is nan, no finite number"),
        (far, "'width' of the action is 0.2, out of its limits 0 to 0.085"),
        ([["a"]], "an action is an array of 7 numbers"),
    ):
        with pytest.raises(InputError, match=said):
            lab.step(action)  # type: ignore[arg-type]
        envs = Environments(2, "PickUpTube", cameras=())
        envs.reset(seed=1)
        envs._ended[0] = True
        with pytest.raises(InputError, match=said):
            envs.step(action)  # type: ignore[arg-type]
    assert lab.digest() == before
    with pytest.raises(InputError, match="out of its limits"):
        Environment("PickUpTube", cameras=()).step(np.full(7, 99.0))


def test_a_tool_moves_as_it_is_told() -> None:
    lab = Laboratory(task("OpenCyclerLid"), 2, mode="ee_delta", randomisation=FIXED)

    def tools() -> list[Any]:
        for _ in range(25):
            lab.step(lab.action.nothing(lab.command))
        return [lab.pose("gripper/grasp", world) for world in range(2)]

    angles, first = lab.command.copy(), tools()
    assert (lab.command == angles).all()
    for _ in range(20):
        move = lab.action.nothing(lab.command)
        move[0, :3] = 0.004, 0.002, -0.003
        move[1, 3:6] = 0, 0, 0.02
        lab.step(move)
    last = tools()
    assert last[0][:3, 3] - first[0][:3, 3] == pytest.approx([0.08, 0.04, -0.06], abs=3e-3)
    assert np.allclose(last[0][:3, :3], first[0][:3, :3], atol=1e-2)
    # It turns about itself.
    assert last[1][:3, 3] == pytest.approx(first[1][:3, 3], abs=3e-3)
    turned = last[1][:3, :3] @ first[1][:3, :3].T
    assert np.arctan2(turned[1, 0], turned[0, 0]) == pytest.approx(0.4, abs=0.02)


def test_a_tool_stays_where_the_arm_cannot_follow() -> None:
    lab = Laboratory(task("OpenCyclerLid"), mode="ee_delta", randomisation=FIXED)
    first = lab.task.arm.reference(lab.command[:, :-1])[0]
    places = []
    for _ in range(150):
        move = lab.action.nothing(lab.command)
        move[:, 1] = 0.02
        lab.step(move)
        places.append(lab.task.arm.reference(lab.command[:, :-1])[0])
    assert places[-1][1, 3] > first[1, 3] + 0.2
    # At the end of its reach it neither turns nor sinks.
    assert np.allclose(places[-1], places[-20], atol=1e-9)
    assert np.allclose(places[-1][:3, :3], first[:3, :3], atol=0.1)
    assert places[-1][2, 3] == pytest.approx(first[2, 3], abs=0.05)


def test_modes_know_their_limits() -> None:
    for name, make in MODES.items():
        action = make(UR5E, 0.085)
        assert len(action.names) == len(action.low) == len(action.high), name
        assert (action.low < action.high).all()


def test_cameras_and_ranges_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="no camera 'top'; there are: front, wrist"):
        Environment("PickUpTube", cameras=("top",))
    with pytest.raises(InputError, match="no camera 'top'"), Laboratory(task("PickUpTube"), size=16) as lab:
        lab.frame("top")
    with pytest.raises(InputError, match="no camera None"), Laboratory(task("PickUpTube"), size=16) as lab:
        lab.frame(None)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no randomisation of 'colour'"):
        Environment("PickUpTube", randomisation={"colour": 1})
    with pytest.raises(InputError, match="no randomisation 'wild'; there are: usual, fixed, widest"):
        Environment("PickUpTube", randomisation="wild")
    with pytest.raises(InputError, match="no render mode 'human'"):
        Environment("PickUpTube", render_mode="human")
    with pytest.raises(TypeError, match="randomization"):
        gymnasium.make_vec("afterlore/PickUpTube-v0", num_envs=2, randomization={"place": 0})
    for seed in (1.5, "5"):
        with pytest.raises(InputError, match="a seed is a whole number from 0 on, or one for each environment"):
            Environments(1, "PickUpTube", cameras=()).reset(seed=seed)  # type: ignore[arg-type]
    assert Environment("PickUpTube", cameras="front").observation_space["front"].shape == (224, 224, 3)  # type: ignore[index]
    Environment("PickUpTube", cameras=(), randomisation={"place": np.float32(0.01)})
    with pytest.raises(InputError, match="a seed for each of 2 environments, not 3"):
        Environments(2, "PickUpTube", cameras=()).reset(seed=[1, 2, 3])


def test_where_nothing_can_draw_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afterlore.lab.render._BACKENDS", ("afterlore.none",))
    env = Environment("PickUpTube")
    with pytest.raises(InputError, match="install libegl1 and libgl1-mesa-dri, or libosmesa6"):
        env.reset(seed=1)
    # Without cameras it needs none.
    Environment("PickUpTube", cameras=()).reset(seed=1)


def test_tasks_with_one_arm_share_their_spaces() -> None:
    one, other = Environment("PickUpTube", cameras=()), Environment("OpenCyclerLid", cameras=())
    assert one.observation_space == other.observation_space
    assert one.action_space == other.action_space
    assert Environment("PickUpTube", arm="panda", cameras=()).action_space != one.action_space
    assert gymnasium.spec("afterlore/PickUpTube-v0").max_episode_steps == one.lab.limit
    envs: Any = gymnasium.make_vec("afterlore/PickUpTube-v0", num_envs=2, cameras=(), max_episode_steps=3)
    envs.reset(seed=1)
    ends = [envs.step(envs.lab.action.nothing(envs.lab.command))[3].tolist() for _ in range(4)]
    assert ends == [[False, False], [False, False], [True, True], [False, False]]


def test_graphics_are_of_one_process_and_one_thread() -> None:
    with Laboratory(task("PickUpTube"), size=16) as lab:
        lab.frame("front")
        with ThreadPoolExecutor(1) as pool, pytest.raises(InputError, match="by the thread that drew the first one"):
            pool.submit(lab.frame, "front").result()
        lab.frame("front")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = ""
            Laboratory(task("PickUpTube"), size=16).frame("front")
        except InputError as error:
            said = str(error)
        finally:
            os.write(writing, said.encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert "context='spawn'" in pipe.read()
    assert os.waitpid(child, 0)[1] == 0
