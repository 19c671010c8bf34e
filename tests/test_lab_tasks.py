"""Tasks: false until they are done, each condition can fail, the same for a seed, and otherwise for another one."""

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from afterlore.app import cli
from afterlore.core import InputError
from afterlore.lab.experts.all import Crew
from afterlore.lab.experts.hand import Hand
from afterlore.lab.laboratory import Laboratory
from afterlore.lab.randomise import FIXED, Randomisation
from afterlore.lab.robots.arms import UR5E
from afterlore.lab.scene import aimed
from afterlore.lab.tasks.all import TASKS, task
from afterlore.lab.tasks.lids import NAME
from afterlore.lab.trials import trials

READY = [entry.id for entry in TASKS.values() if entry.task]
SEEDS = [1, 22, 333]


def test_there_are_sixteen(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["lab", "tasks", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["tasks"]
    assert [row["id"] for row in rows] == list(TASKS)
    assert {level: sum(row["level"] == level for row in rows) for level in ("easy", "medium", "hard")} == {
        "easy": 9,
        "medium": 4,
        "hard": 3,
    }
    assert [row["id"] for row in rows if row["ready"]] == [row["id"] for row in rows if row["level"] == "easy"]
    for row in rows:
        assert row["says"]
        assert (len(set(row["prompts"])) > 3) == row["ready"]
    assert cli.run(["lab", "tasks"]) == 0
    assert "PickUpTube" in capsys.readouterr().out


def test_tasks_that_are_none_are_named() -> None:
    with pytest.raises(InputError, match=r"no task 'PickUp'; there are: OpenCyclerLid, .*PickUpTube$"):
        task("PickUp")
    with pytest.raises(InputError, match="'ScrewCap' is not there yet; there are: OpenCyclerLid"):
        task("ScrewCap")


@pytest.mark.parametrize("name", READY)
def test_nothing_and_chance_do_no_task(name: str) -> None:
    lab = Laboratory(task(name), len(SEEDS))
    lab.reset(seeds=SEEDS)
    assert not lab.success.any()
    assert not np.logical_and.reduce(list(lab.task.conditions(lab).values())).any()
    assert trials(task(name), "noop", SEEDS, steps=1000).successes == 0
    assert trials(task(name), "random", SEEDS, steps=1000).successes == 0
    assert trials(task(name), "random", SEEDS[:1], steps=200, mode="ee_delta").successes == 0


@pytest.mark.parametrize("name", ["OpenBenchCentrifugeLid", "PickUpTube"])
def test_a_world_is_the_same_whatever_the_threads_and_the_others_are(name: str) -> None:
    def digests(seeds: list[int], threads: int) -> list[str]:
        lab = Laboratory(task(name), len(seeds), threads=threads)
        lab.reset(seeds=seeds)
        noises = [np.random.default_rng(seed) for seed in seeds]
        for _ in range(150):
            lab.step(np.stack([noise.uniform(lab.action.low, lab.action.high) for noise in noises]))
        return lab.digest()

    alone = [digests([seed], 1)[0] for seed in SEEDS]
    assert digests(SEEDS, 1) == digests(SEEDS, 2) == alone
    assert len(set(alone)) == len(SEEDS)


def test_a_reset_leaves_nothing_behind() -> None:
    lab = Laboratory(task("OpenBenchCentrifugeLid"), 2)
    lab.reset(seeds=[5, 6])
    first = lab.digest()
    noise = np.random.default_rng(0)
    for _ in range(100):
        lab.step(noise.uniform(lab.action.low, lab.action.high, (2, 7)))
    other = Laboratory(task("OpenBenchCentrifugeLid"))
    other.reset(seeds=[6])
    noise = np.random.default_rng(0)
    for _ in range(100):
        other.step(noise.uniform(lab.action.low, lab.action.high, (2, 7))[1:])
    lab.reset([0], [7])
    fresh = Laboratory(task("OpenBenchCentrifugeLid"))
    fresh.reset(seeds=[7])
    assert lab.digest() == [*fresh.digest(), *other.digest()]
    assert fresh.digest() != first[:1]
    # What is reset beside it changes nothing afterwards either.
    for _ in range(50):
        action = noise.uniform(lab.action.low, lab.action.high, (2, 7))
        lab.step(action)
        fresh.step(action[:1])
        other.step(action[1:])
    assert lab.digest() == [*fresh.digest(), *other.digest()]
    for seeds, said in (([-1, 3], "not -1"), ([3, 1.5], "not 1.5")):
        before = lab.digest()
        with pytest.raises(InputError, match=f"a seed is a whole number from 0 on, {said}"):
            lab.reset(seeds=seeds)  # type: ignore[arg-type]
        assert lab.digest() == before
    # What a world has for itself is part of what it is.
    assert Laboratory(task("PickUpTube"), randomisation=FIXED).digest() != Laboratory(task("PickUpTube")).digest()
    with pytest.raises(InputError, match="a seed for each world: 2 worlds, 1 seeds"):
        lab.reset(seeds=[5])


def test_what_is_random_is_within_its_ranges() -> None:
    ranges = Randomisation(place=0.03, clearance=0.0004, friction=0.1, mass=0.3)
    lab = Laboratory(task("PickUpTube"), 40, randomisation=ranges)
    rack = lab.worlds.bind("xpos")[:, lab.model.body("rack").id]
    assert 0.02 < np.abs(rack[:, :2]).max() <= 0.03
    wall = lab.worlds.expand("geom_size")[:, lab.model.geom("tube/wall").id, 0]
    assert np.ptp(wall) > 2e-4
    assert wall.max() <= 0.0085
    assert wall.min() >= 0.0085 - 0.0004
    mass = lab.worlds.expand("body_mass")[:, lab.model.body("tube/tube").id]
    assert mass.max() / mass.min() > 1.4
    assert (lab.worlds.expand("geom_friction") / lab.model.geom_friction).min() >= 0.9
    assert len({tuple(row) for row in lab.worlds.expand("cam_pos")[:, lab.model.camera("front").id].tolist()}) == 40
    assert len(set(lab.prompts)) > 2
    tube = lab.worlds.bind("xpos")[:, lab.model.body("tube").id]
    assert np.ptp(tube[:, 0]) > 0.05

    still = Laboratory(task("PickUpTube"), 8, randomisation=FIXED)
    assert (still.worlds.expand("geom_friction") == still.model.geom_friction).all()
    assert np.ptp(still.worlds.bind("xpos")[:, still.model.body("rack").id], axis=0).max() == 0


def test_what_differs_is_seen() -> None:
    ranges = Randomisation.of(dict.fromkeys(("place", "turn", "camera", "light"), 0.0))
    with Laboratory(task("OpenCyclerLid"), 12, randomisation=ranges, size=64) as lab:
        pictures = [lab.frame("front", world).astype(int) for world in range(12)]
        again = lab.frame("front", 0).astype(int)
    # Only the bench's own look is left, of which there are three.
    assert len({picture.tobytes() for picture in pictures}) == 3
    assert (again == pictures[0]).all()


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        ({"place": -0.01}, "the randomisation of place is a number from 0 to 0.05, not -0.01"),
        ({"friction": math.nan}, "friction is a number from 0 to 0.5, not nan"),
        ({"clearance": 0.01}, "clearance is a number from 0 to 0.0005"),
        ({"colour": 1.0}, "no randomisation of 'colour'; there is: place, turn"),
    ],
)
def test_impossible_ranges_are_refused(ranges: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Randomisation.of(ranges)


def test_laboratories_that_cannot_be_are_refused() -> None:
    for bad, said in (
        ({"n": 0}, "a laboratory has 1 to 4096 worlds, not 0"),
        ({"n": 1.5}, "worlds, not 1.5"),
        ({"threads": 0}, "1 to 256 threads, not 0"),
        ({"size": 20_000}, "16 to 2048 pixels, not 20000"),
    ):
        with pytest.raises(InputError, match=said):
            Laboratory(task("PickUpTube"), **bad)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="'OpenCyclerLid' has no place for an arm 'mine'; it has for: ur5e, panda"):
        Laboratory(task("OpenCyclerLid", replace(UR5E, name="mine")))
    with pytest.raises(InputError, match="no action mode 'torque'; there are: joint_abs, ee_delta"):
        Laboratory(task("PickUpTube"), mode="torque")  # type: ignore[arg-type]


def settle(lab: Laboratory, steps: int) -> dict[str, bool]:
    for _ in range(steps):
        lab.step(lab.action.nothing(lab.command))
    return {name: bool(value[0]) for name, value in lab.task.conditions(lab).items()}


def lid(lab: Laboratory, part: str = "lid") -> Any:
    return lab.rig.joint(f"{NAME}/{part}")


def test_a_lid_that_is_torn_open_is_not_opened() -> None:
    lab = Laboratory(task("OpenBenchCentrifugeLid"))
    angle, speed = lid(lab)
    angle[:], speed[:] = 0.016, 4.0
    lab.rig.forward()
    settle(lab, 5)
    angle[:], speed[:] = lab.task.one.lid.opening, 0  # type: ignore[attr-defined]
    held = settle(lab, 60)
    assert held["lid at its stop"]
    assert held["latch free"]
    assert held["not slammed"]
    assert not held["nothing forced"]
    assert not lab.success.any()


def test_a_lid_that_is_flung_open_is_not_opened() -> None:
    lab = Laboratory(task("OpenMiniCentrifugeLid"))
    angle, speed = lid(lab)
    angle[:], speed[:] = 1.2, 12.0
    lab.rig.forward()
    held = settle(lab, 60)
    assert held["lid at its stop"]
    assert not held["not slammed"]
    assert not lab.success.any()


def test_a_lid_that_is_slammed_is_not_closed() -> None:
    lab = Laboratory(task("CloseMiniCentrifugeLid"))
    angle, speed = lid(lab)
    angle[:], speed[:] = 0.08, -6.0
    lab.rig.forward()
    held = settle(lab, 100)
    assert held["lid at its stop"]
    assert held["latch engaged"]
    assert not held["not slammed"]
    # Laid down gently it counts, and only after half a second.
    lab.reset()
    angle[:] = 0.0
    lab.rig.forward()
    assert all(settle(lab, 24).values())
    assert not lab.success.any()
    settle(lab, 2)
    assert lab.success.all()


def test_who_is_quick_is_not_hidden_by_a_rebound() -> None:
    lab = Laboratory(task("OpenBenchCentrifugeLid"), 20)
    angle, speed = lid(lab)
    angle[:], speed[:] = np.linspace(0.6, 1.2, 20), 20.0
    lab.rig.forward()
    settle(lab, 60)
    assert (lab.state[f"{NAME}/"]["flung"] > 2).all()
    assert not lab.success.any()


@pytest.mark.parametrize("name", ["OpenBenchCentrifugeLid", "OpenMiniCentrifugeLid"])
def test_a_lid_that_is_open_over_a_turning_rotor_is_a_trespass(name: str) -> None:
    lab = Laboratory(task(name))
    lab.reset(seeds=[1])
    rotor = lab.rig.joint(f"{NAME}/rotor/rotor")[1]
    rotor[:] = lab.state[f"{NAME}/rotor/"]["target"][:] = 30
    settle(lab, 2)
    assert lab.conditions["interlock respected"].all()
    # Nobody can do that: the interlock holds it.
    lid(lab)[0][:] = 0.3
    lab.rig.forward()
    settle(lab, 2)
    assert not lab.conditions["interlock respected"].any()
    settle(lab, 200)
    assert not lab.conditions["interlock respected"].any()


def test_some_rotors_run_until_after_anybody_can_be_there() -> None:
    lab = Laboratory(task("OpenMiniCentrifugeLid"), 60)
    for _ in range(4 * 50):
        lab.step(lab.action.nothing(lab.command))
    turning = lab.state[f"{NAME}/"]["interlock"]
    assert 0 < turning.sum() < 15
    for _ in range(60):
        lab.step(lab.action.nothing(lab.command))
    assert not lab.state[f"{NAME}/"]["interlock"].any()


def test_a_lever_belongs_to_its_lid() -> None:
    lab = Laboratory(task("CloseCyclerLid"))
    lid(lab)[0][:] = 0.0
    lab.rig.forward()
    held = settle(lab, 60)
    assert not held["lever at its stop"]
    assert not held["latch engaged"]
    lid(lab, "latch/lever")[0][:] = 0.0
    lid(lab)[0][:] = 0.0
    lab.rig.forward()
    assert all(settle(lab, 60).values())
    assert lab.success.all()


def test_a_lid_that_is_leant_on_is_not_released() -> None:
    lab = Laboratory(task("CloseBenchCentrifugeLid"), randomisation=FIXED)
    lid(lab)[0][:] = 0.0
    hand = Hand(lab, 0)
    top = lab.task.one.height + 0.02  # type: ignore[attr-defined]
    for action in hand.go(aimed(0, -0.05, top + 0.05, -1.5), aimed(0, -0.05, top + 0.015, -1.5), width=0.0):
        lab.step(action[None])
    assert all(settle(lab, 60).values())
    assert lab.touching(0, NAME) >= {"gripper/left"}
    assert not lab.success.any()
    for action in hand.go(aimed(0, -0.05, top + 0.08, -1.5)):
        lab.step(action[None])
    settle(lab, 25)
    assert lab.success.all()


def test_a_tube_that_fell_is_not_picked_up() -> None:
    lab = Laboratory(task("PickUpTube"))
    start = int(lab.model.joint("tube").qposadr[0])
    qpos = lab.worlds.bind("qpos")[0]
    qpos[start : start + 7] = 0.25, 0.1, 0.012, math.sqrt(0.5), math.sqrt(0.5), 0, 0
    lab.rig.forward()
    held = settle(lab, 50)
    assert not held["cap untouched by the table"]
    assert not held["upright"]
    assert not held["lifted"]
    # In the air, and upright, but in nobody's hand; once on the bench, it stays so.
    qpos[start : start + 7] = 0.25, 0.1, 0.3, 1, 0, 0, 0
    lab.rig.forward()
    held = settle(lab, 2)
    assert held["lifted"]
    assert held["upright"]
    assert not held["cap untouched by the table"]
    assert not lab.task.contact_holds(lab, 0)


def test_held_is_pressed_by_both_pads() -> None:
    lab = Laboratory(task("PickUpTube"), randomisation=FIXED)
    crew = Crew(lab)
    while not lab.success.all():
        lab.step(crew.actions())
    pads = [f"gripper/{side}_pad" for side in ("left", "right")]
    assert all(lab.pressing(0, pad, "tube") > 5 for pad in pads)
    # Around the cap, and no longer on it: it falls between them.
    loose = lab.command.copy()
    loose[:, -1] = 0.024
    for _ in range(8):
        lab.step(loose)
    assert lab.conditions["lifted"].all()
    assert not lab.conditions["held by both fingers"].any()
    assert not lab.success.any()
    assert min(lab.pressing(0, pad, "tube") for pad in pads) <= 1
