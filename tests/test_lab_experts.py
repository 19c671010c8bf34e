"""Experts: they succeed, try again when something slips, and say what they cannot reach."""

import builtins
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from afterlore.app import cli
from afterlore.core import InputError
from afterlore.lab.experts.all import Crew, expert
from afterlore.lab.experts.hand import Hand, Unreachable, between
from afterlore.lab.laboratory import Laboratory
from afterlore.lab.scene import aimed
from afterlore.lab.tasks.all import TASKS, task
from afterlore.lab.tasks.lids import NAME
from afterlore.lab.trials import trials

READY = [entry.id for entry in TASKS.values() if entry.task]


@pytest.mark.parametrize("name", READY)
def test_an_expert_succeeds(name: str) -> None:
    found = trials(task(name), "expert", [3, 14, 15, 92, 65], threads=2)
    assert found.successes == 5, [episode.failed for episode in found.episodes]
    assert all(0.5 < episode.seconds < task(name).seconds for episode in found.episodes)
    assert found.interval.low > 0.5


@pytest.mark.parametrize("name", ["OpenLargeCentrifugeLid", "CloseCyclerLid", "PickUpTube"])
def test_another_arm_succeeds_too(name: str) -> None:
    assert trials(task(name, "panda"), "expert", [2000, 2014], threads=2).successes == 2


@pytest.mark.slow
@pytest.mark.parametrize("arm", ["ur5e", "panda"])
@pytest.mark.parametrize("name", READY)
def test_an_expert_succeeds_nearly_always(name: str, arm: str) -> None:
    found = trials(task(name, arm), "expert", range(10_000, 10_050), threads=2)
    assert found.rate >= 0.95
    assert found.interval.low >= 0.85


def test_a_tube_that_slips_is_picked_up_again() -> None:
    lab = Laboratory(task("PickUpTube"))
    lab.reset(seeds=[4])
    crew = Crew(lab)
    start = int(lab.model.joint("tube").qposadr[0])
    qpos, qvel = lab.worlds.bind("qpos"), lab.worlds.bind("qvel")
    stood = qpos[0, start : start + 7].copy()
    slips = 0
    for _ in range(lab.limit):
        lab.step(crew.actions())
        if slips < 2 and qpos[0, start + 2] > stood[2] + 0.03:
            # Back to where it was, as if it had slipped through.
            qpos[0, start : start + 7], qvel[0, -6:] = stood, 0
            slips += 1
        if lab.success.all():
            break
    assert slips == 2
    assert lab.success.all()


@pytest.mark.parametrize("name", ["OpenBenchCentrifugeLid", "OpenCyclerLid", "OpenMiniCentrifugeLid"])
def test_a_lid_that_slips_is_opened_again(name: str) -> None:
    lab = Laboratory(task(name))
    lab.reset(seeds=[8])
    crew = Crew(lab)
    angle, speed = lab.rig.joint(f"{NAME}/lid")
    slipped = False
    for _ in range(lab.limit):
        lab.step(crew.actions())
        if not slipped and angle[0] > 0.3:
            # It slips off the finger, which is then above it, and is shut by somebody.
            lab.command[0, :-1] = lab.task.arm.home
            lab.worlds.bind("qpos")[0, lab._joints] = lab.task.arm.home
            angle[:], speed[:] = 0.0, 0.0
            lab.rig.forward()
            slipped = True
        if lab.success.all():
            break
    assert slipped
    assert lab.success.all()


def test_a_lid_that_springs_back_is_closed_again() -> None:
    lab = Laboratory(task("CloseCyclerLid"))
    lab.reset(seeds=[8])
    crew = Crew(lab)
    lever, angle = lab.rig.joint(f"{NAME}/latch/lever")[0], lab.rig.joint(f"{NAME}/lid")[0]
    sprung = 0
    for _ in range(lab.limit):
        lab.step(crew.actions())
        if not sprung and lever[0] < 0.1 and angle[0] < 0.5:
            # Somebody lifts the lever again before the lid is shut.
            lever[:] = 1.0
            lab.rig.forward()
            sprung += 1
        if lab.success.all():
            break
    assert sprung == 1
    assert lab.success.all()


def test_an_expert_waits_for_the_rotor() -> None:
    lab = Laboratory(task("OpenMiniCentrifugeLid"))
    lab.reset(seeds=[8])
    lab.rig.joint(f"{NAME}/rotor/rotor")[1][:] = lab.state[f"{NAME}/rotor/"]["target"][:] = 75
    crew = Crew(lab)
    while not lab.success.all() and lab.steps[0] < lab.limit:
        lab.step(crew.actions())
    assert lab.success.all()
    assert lab.steps[0] > 5 * 50


def test_experts_that_cannot_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afterlore.lab.experts.lids._close_once", lambda lid, _: lid.hand.wait(0.1))
    lab = Laboratory(task("CloseMiniCentrifugeLid"))
    crew = Crew(lab)
    for _ in range(60):
        lab.step(crew.actions())
    assert crew.said == ["4 tries, and still not: lid at its stop, latch engaged"]
    # A reset begins anew, and forgets.
    lab.reset(seeds=[3])
    crew.actions()
    assert crew.said == [""]


def test_a_hand_goes_where_it_is_told_and_says_where_it_cannot() -> None:
    lab = Laboratory(task("PickUpTube"))
    hand = Hand(lab, 0)
    goal = aimed(0.1, -0.2, 0.4, -1.2, 0.3)
    for action in hand.go(goal, width=0.02):
        lab.step(action[None])
    assert np.allclose(hand.aim, goal, atol=2e-3)
    for _ in range(20):
        lab.step(lab.action.nothing(lab.command))
    assert np.allclose(lab.pose("gripper/grasp", 0), goal, atol=6e-3)
    assert hand.width == pytest.approx(0.02, abs=1e-3)
    with pytest.raises(Unreachable, match=r"'ur5e' cannot reach \("):
        list(hand.go(aimed(0, 3, 0.4, 0)))


def test_halfway_is_halfway() -> None:
    one, other = aimed(0, 0, 0, 0.2, 0.1), aimed(1, 2, 3, -1.0, 0.9)
    middle = between(one, other, 0.5)
    assert np.allclose(middle[:3, 3], (0.5, 1, 1.5))
    assert np.allclose(one[:3, :3].T @ middle[:3, :3], middle[:3, :3].T @ other[:3, :3], atol=1e-9)
    assert np.allclose(between(one, other, 1), other, atol=1e-9)


def test_an_expert_that_gives_up_says_why() -> None:
    lab = Laboratory(task("PickUpTube"), 2)
    start = int(lab.model.joint("tube").qposadr[0])
    lab.worlds.bind("qpos")[1, start : start + 3] = 0, 5, 0.2
    lab.rig.forward()
    crew = Crew(lab)
    for _ in range(lab.limit):
        lab.step(crew.actions())
        if lab.success[0]:
            break
    assert lab.success.tolist() == [True, False]
    assert crew.said[0] == ""
    assert "cannot reach" in crew.said[1]


def test_who_is_no_expert() -> None:
    with pytest.raises(InputError, match="nobody is an expert of 7"):
        expert(type("Nothing", (), {"id": 7})())  # type: ignore[arg-type]
    with pytest.raises(InputError, match="the expert acts in the mode 'joint_abs', not in 'ee_delta'"):
        trials(task("PickUpTube"), "expert", [1], mode="ee_delta")
    with pytest.raises(InputError, match="no policy 'best'; there are: expert, noop, random"):
        trials(task("PickUpTube"), "best", [1])  # type: ignore[arg-type]
    with pytest.raises(InputError, match="an episode and a step at least"):
        trials(task("PickUpTube"), "noop", [])


def test_commands_say_what_came_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        cli.run(
            ["lab", "run", "PickUpTube", "--policy", "noop", "--episodes", "2", "--steps", "40", "--ranges", "fixed"]
        )
        == 0
    )
    out = capsys.readouterr().out
    assert "10000  not done after 0.8 s: not lifted; not held by both fingers" in out
    assert "PickUpTube: noop 0 of 2 [0.00, 0.66]" in out
    assert cli.run(["lab", "run", "PickUpTube", "--policy", "expert", "--episodes", "1", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["successes"] == 1
    assert row["episodes"][0]["seconds"] == row["mean_seconds"]
    assert cli.run(["lab", "expert", "PickUpTube", "--episodes", "3", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["holds"]
    assert made["tasks"][0]["rate"] == 1
    for words, said in (
        (["lab", "expert"], "name a task, or give --all; there are: OpenCyclerLid"),
        (["lab", "expert", "Juggle"], "no task 'Juggle'"),
        (["lab", "run", "PickUpTube", "--policy", "best"], "no policy 'best'"),
        (["lab", "run", "PickUpTube", "--mode", "torque"], "no action mode 'torque'"),
        (["lab", "bench", "Juggle"], "no task 'Juggle'"),
        (["lab", "expert", "PickUpTube", "--arm", "ur3"], "no arm 'ur3'; there are: ur5e, panda"),
        (
            ["lab", "expert", "PickUpTube", "--ranges", "wild"],
            "no randomisation 'wild'; there are: usual, fixed, widest",
        ),
    ):
        assert cli.run(words) == 2
        assert said in capsys.readouterr().err


def test_an_expert_that_fails_is_an_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afterlore.lab.experts.all.pick_up", lambda _, hand: hand.wait(0.1))
    assert cli.run(["lab", "expert", "PickUpTube", "--episodes", "1"]) == 1


def test_speed_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["lab", "bench", "PickUpTube", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["tasks"]
    assert row["peer_ratio"] == pytest.approx(row["real_time"] / 1.1, abs=0.1)
    assert row["sets_peer_ratio"] == pytest.approx(row["sets_a_second"] / 17.5, abs=0.1)
    assert cli.run(["lab", "bench", "PickUpTube", "--no-draw", "--worlds", "2"]) == 0
    assert "–" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("module", "error", "said"),
    [
        ("mink", ImportError("no mink"), r"pip install 'afterlore\[lab\]' \(no mink\)"),
        ("mujoco", AttributeError("no glGetError"), "cannot draw by MUJOCO_GL='osmesa'.*libosmesa6"),
    ],
)
def test_what_is_missing_is_named(
    module: str, error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name == module:
            raise error
        return usual(name, *rest)

    monkeypatch.setenv("MUJOCO_GL", "osmesa")
    monkeypatch.setattr(builtins, "__import__", refuse)
    code = cli.run(["lab", "tasks"])
    monkeypatch.undo()
    assert code == 2
    assert re.search(said, capsys.readouterr().err)


def test_where_a_film_cannot_go_is_said_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("afterlore.lab.trials.trials", lambda *_, **__: pytest.fail("it had begun"))
    (tmp_path / "file").write_text("")
    assert cli.run(["lab", "expert", "PickUpTube", "--out", str(tmp_path / "file" / "sub")]) == 2
    assert "is no folder that can be written to" in capsys.readouterr().err


def test_what_is_interrupted_says_that_nothing_is_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("afterlore.lab.trials.trials", stop)
    assert cli.run(["lab", "expert", "PickUpTube"]) == 130
    assert "interrupted; nothing of it was kept" in capsys.readouterr().err
