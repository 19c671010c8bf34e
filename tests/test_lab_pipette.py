"""Pipettes: rings on tips are true, a robot's thumb sucks in what is set, and nothing touches before it should."""

import math
from dataclasses import replace
from typing import Any

import mujoco
import numpy as np
import pytest

from afterlore.core import InputError
from afterlore.lab.meshes import revolved
from afterlore.lab.parts.part import Array, blank
from afterlore.lab.parts.pump import MICROLITRE
from afterlore.lab.parts.rig import Rig
from afterlore.lab.robots.arms import UR5E
from afterlore.lab.robots.holder import Holder
from afterlore.lab.robots.ik import Solver
from afterlore.lab.ware.hollow import Hollow
from afterlore.lab.ware.pipette import PIPETTES, Pipette, pipette
from afterlore.lab.ware.plate import Plate
from afterlore.lab.ware.sweep import swept
from afterlore.lab.ware.tip import TIPS, Tip, TipBox, tip

FILL = 0.3
"""ml in a well."""


@pytest.mark.parametrize("one", TIPS.values(), ids=TIPS)
def test_a_ring_stands_where_the_tip_holds_its_volume(one: Tip) -> None:
    assert one.capacity > one.nominal
    for volume in (*one.marks, one.nominal, one.capacity):
        top = one.height(volume)
        below = [(radius, height) for radius, height in one.hollow.profile if height < top]
        shape = [(0, 0), *below, (one.radius(top), top), (0, top)]
        assert revolved(shape, sides=400).volume * 1e9 == pytest.approx(volume, rel=0.001)
    assert one.height(one.nominal) < one.length - one.seat
    assert one.hollow.filled(one.nominal * 1e-9).volume * 1e9 == pytest.approx(one.nominal * 0.985**2, rel=0.01)
    # It weighs what so much polypropylene does.
    assert one.mass == pytest.approx(one.shell().volume * 905, rel=0.25)


@pytest.mark.parametrize("one", PIPETTES.values(), ids=PIPETTES)
def test_a_tip_sits_on_its_cone(one: Pipette) -> None:
    spec = blank()
    one.build(spec, spec.worldbody.add_body(name="held"), volume=one.pump.largest)
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    assert data.ncon == 0
    assert data.site("tip/end").xpos == pytest.approx([0, 0, -one.reach])
    # The cone goes into the tip as deep as it is said to, and never through its wall.
    cone, geom = model.mesh("cone"), data.geom("cone")
    start, count = int(cone.vertadr[0]), int(cone.vertnum[0])
    vertices = model.mesh_vert[start : start + count] @ geom.xmat.reshape(3, 3).T + geom.xpos
    inside = vertices[vertices[:, 2] <= one.tip.seat]
    room = [one.tip.radius(one.reach + height) for height in inside[:, 2]]
    assert inside[:, 2].min() == pytest.approx(0, abs=1e-6)
    assert np.all(np.hypot(*inside[:, :2].T) < room)
    assert model.body_mass.sum() == pytest.approx(one.mass + one.pump.mass + one.tip.mass)


def test_a_box_holds_ninety_six_tips_in_one_mesh() -> None:
    box = TipBox(tip("200ul"))
    places = np.array([box.slot(number) for number in range(96)])
    assert np.allclose(np.diff(places.reshape(8, 12, 3), axis=1), [0.009, 0, 0])
    assert np.allclose(np.diff(places.reshape(8, 12, 3), axis=0), [0, -0.009, 0])
    assert places.mean(axis=0) == pytest.approx([0, 0, box.clearance])
    counts = {}
    for without in ((), (0, 95)):
        spec = blank()
        box.build(spec, spec.worldbody, without=without)
        model = spec.compile()
        counts[without] = int(model.mesh("tips").vertnum[0])
        assert model.ngeom < 16
    assert counts[()] * 94 == counts[(0, 95)] * 96
    # A collar is wider than the hole that it hangs in, and narrower than the pitch.
    assert all(2 * one.collar < 0.009 for one in TIPS.values())


def bench(one: Pipette) -> tuple[Rig, Holder, Plate]:
    """A robot with a pipette, before a plate; the pump knows its wells A1 and A3 as 0 and 1."""
    spec = blank()
    plate, holder = Plate(), Holder(replace(one, pump=replace(one.pump, wells=2)))
    place = spec.worldbody.add_body(name="place", pos=[0.0, 0.45, 0.0])
    plate.build(spec, place)
    base = spec.worldbody.add_body(name="base")
    holder.build(spec, UR5E.build(spec, base), "hand/")
    rig = Rig(spec, {f"hand/{name}": part for name, part in holder.parts.items()})
    rig.batch.bind("qpos")[:, :6] = UR5E.home
    rig.batch.bind("ctrl")[:, :6] = UR5E.home
    rig.control("hand/thumb")[:] = -holder.clear
    rig.forward()
    return rig, holder, plate


class Robot:
    """Goes where it is told, and tells the pump where its tip really is."""

    def __init__(self, one: Pipette) -> None:
        self.rig, self.holder, self.plate = bench(one)
        self.state = self.rig.state["hand/pump/"]
        self.solver = Solver(UR5E, tool=self.holder.reach)
        self.end = self.rig.model.body("hand/tip_end").id
        self.angles = np.array(UR5E.home)
        self.wells = np.array([np.add(self.plate.well(name), (0, 0.45, 0)) for name in ("A1", "A3")])

    def step(self) -> None:
        tip = self.rig.batch.bind("xpos")[0, self.end]
        away = np.hypot(*(self.wells[:, :2] - tip[:2]).T)
        well = int(np.argmin(away))
        held = self.state["wells"][0, well] / MICROLITRE * 1e-3
        self.state["at"][:] = well if away[well] < self.plate.radius else -1
        self.state["depth"][:] = self.wells[well, 2] + self.plate.surface(held) - tip[2]
        self.rig.step()

    def move(self, well: int, height: float, steps: int = 600) -> None:
        """The tip to ``height`` metres above a well's bottom."""
        pose = np.diag([1.0, -1.0, -1.0, 1.0])
        pose[:3, 3] = self.wells[well] + (0, 0, height)
        reached = self.solver.solve(pose, self.angles)
        assert reached.holds
        first = self.angles
        self.angles = reached.angles
        for step in range(steps):
            # Half the time to go there, half of it to come to rest.
            share = (1 - math.cos(math.pi * min(1.0, 2 * step / steps))) / 2
            self.rig.batch.bind("ctrl")[:, :6] = first + (self.angles - first) * share
            self.step()
        assert self.tip() == pytest.approx(pose[:3, 3], abs=1e-3)

    def tip(self) -> Array:
        return np.asarray(self.rig.batch.bind("xpos")[0, self.end])

    def push(self, depth: float, steps: int = 400) -> None:
        thumb = self.rig.control("hand/thumb")
        first = float(thumb[0])
        for step in range(steps):
            thumb[:] = first + (depth - first) * min(1.0, 1.5 * step / steps)
            self.step()
            assert abs(self.rig.effort("hand/thumb")[0]) <= self.holder.force + 1e-9


@pytest.mark.parametrize(("name", "volume"), [("200ul", 20), ("200ul", 150), ("1000ul", 250)])
def test_a_thumb_sucks_in_what_is_set_and_gives_it_off(name: str, volume: float) -> None:
    one = pipette(name)
    robot = Robot(one)
    state = robot.state
    state["volume"][:] = volume
    state["wells"][:, 0] = round(FILL * 1000 * MICROLITRE)
    total = int(state["wells"].sum())
    robot.move(0, 0.05)
    robot.push(one.stop(volume))
    robot.move(0, 0.001)
    assert state["depth"][0] > 0
    robot.push(-robot.holder.clear)
    robot.move(0, 0.05)
    sucked = int(state["tip"][0])
    assert sucked / MICROLITRE == pytest.approx(volume, rel=0.02)
    assert state["air"][0] == 0
    robot.move(1, 0.05)
    robot.move(1, 0.012)
    robot.push(one.stop(volume))
    robot.push(one.stop(volume) + one.pump.blowout)
    robot.move(1, 0.05)
    robot.push(-robot.holder.clear)
    assert state["tip"][0] == 0
    assert state["spilled"][0] == 0
    assert state["wells"][0, 1] == sucked
    assert state["wells"].sum() == total


def test_a_tip_that_leaves_the_liquid_too_early_has_air_in_it() -> None:
    one = pipette("200ul")
    robot = Robot(one)
    robot.state["wells"][:, 0] = round(FILL * 1000 * MICROLITRE)
    robot.move(0, 0.05)
    robot.push(one.stop(200))
    robot.move(0, 0.001)
    robot.push(one.stop(100))
    robot.move(0, 0.05)
    robot.push(-robot.holder.clear)
    assert robot.state["air"][0] > 0
    assert robot.state["tip"][0] < 0.6 * 200 * MICROLITRE


@pytest.mark.parametrize("one", PIPETTES.values(), ids=PIPETTES)
def test_nothing_touches_at_rest_and_the_thumb_is_as_strong_as_it_says(one: Pipette) -> None:
    spec = blank()
    holder = Holder(one, force=25.0)
    holder.build(spec, spec.worldbody.add_body(name="flange", pos=[0, 0, 0.5], quat=[0, 1, 0, 0]))
    rig = Rig(spec, holder.parts)
    data = mujoco.MjData(rig.model)
    mujoco.mj_forward(rig.model, data)
    assert data.ncon == 0
    tip_end = data.body("tip_end")
    assert tip_end.xpos == pytest.approx(data.site("tip/end").xpos)
    assert tip_end.xpos == pytest.approx([0, 0, 0.5 - holder.reach])
    assert tip_end.xmat.reshape(3, 3)[:, 2] == pytest.approx([0, 0, -1])
    depth, _ = rig.joint("pump/plunger")
    rig.control("thumb")[:] = -holder.clear
    rig.step(200)
    # The stop above it gives way by a hundredth of a millimetre.
    assert depth[0] == pytest.approx(0, abs=2e-5)
    stop = one.pump.stop(rig.state["pump/"]["volume"])[0]
    for wanted in (0.0, one.stop(one.smallest), one.stop(one.pump.largest), one.pump.travel + one.pump.blowout):
        rig.control("thumb")[:] = wanted
        rig.step(500)
        # What the servo gives way by, and half the edge of the first stop.
        assert depth[0] == pytest.approx(wanted, abs=float(one.pump.reference(wanted, stop)) / holder.stiffness + 5e-5)
    # A servo that asks for more than there is gets what there is.
    rig.control("thumb")[:] = 1.0
    rig.step(500)
    assert rig.effort("thumb")[0] <= 25.0 + 1e-9


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match="no tip '10ul'; there are: 200ul, 1000ul"):
        tip("10ul")
    with pytest.raises(InputError, match="no pipette '10ul'; there are: 200ul, 1000ul"):
        pipette("10ul")
    with pytest.raises(InputError, match="a pipette of '200ul' is set to 20 to 200 µl, not 5"):
        pipette("200ul").stop(5)
    with pytest.raises(InputError, match=r"a tip of '200ul' holds 0 to \d+ µl, not 900"):
        tip("200ul").height(900)
    with pytest.raises(InputError, match="the box has places 0 to 95, not 96"):
        TipBox(tip("200ul")).slot(96)
    with pytest.raises(InputError, match=r"a well holds 0 to 0\.39[0-9] ml, not 1"):
        Plate().surface(1)
    with pytest.raises(InputError, match="each wider than 0 and above the last"):
        Hollow(((0.001, 0.0), (0.002, 0.0)))
    with pytest.raises(InputError, match="a sweep has two points"):
        swept([(0, 0)], [(1, 1)])


def test_a_sweep_encloses_what_its_section_says() -> None:
    ellipse = swept([(0, 0), (0, 0.5), (0, 2)], [(0.3, 0.2)] * 3, sides=400)
    assert ellipse.volume == pytest.approx(math.pi * 0.3 * 0.2 * 2, rel=1e-3)
    box: Any = swept([(0, 0), (0, 2)], [(0.3, 0.2)] * 2, power=60, sides=400)
    assert box.volume == pytest.approx(0.6 * 0.4 * 2, rel=0.02)
    # A quarter of a ring, by Pappus.
    turn = np.linspace(0, math.pi / 2, 200)
    ring = swept(list(zip(np.cos(turn), np.sin(turn), strict=True)), [(0.1, 0.1)] * 200, sides=200)
    assert ring.volume == pytest.approx(math.pi * 0.01 * math.pi / 2, rel=2e-3)
