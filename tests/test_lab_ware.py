"""Labware: what it holds, where its marks are, and that it stands where it is put."""

from pathlib import Path

import mujoco
import numpy as np
import pytest
from PIL import Image

from afterlore.app import cli
from afterlore.core import InputError
from afterlore.lab.meshes import revolved
from afterlore.lab.parts.part import blank
from afterlore.lab.sheet import WARE
from afterlore.lab.ware.hollow import Hollow
from afterlore.lab.ware.plate import Plate
from afterlore.lab.ware.rack import Rack
from afterlore.lab.ware.tube import TUBES, Tube, tube


def held_below(hollow: Hollow, top: float) -> float:
    """What the inside holds, m³, by the mesh that is made of it and not by the formula."""
    below = [(radius, height) for radius, height in hollow.profile if height < top]
    return revolved([(0, below[0][1]), *below, (hollow.radius(top), top), (0, top)], sides=400).volume


@pytest.mark.parametrize("one", TUBES.values(), ids=TUBES)
def test_a_mark_stands_where_the_shape_holds_its_volume(one: Tube) -> None:
    assert one.capacity > one.nominal
    assert one.height(one.nominal) < one.length
    heights = [one.height(mark) for mark in one.marks]
    assert heights == sorted(heights)
    for mark, top in zip(one.marks, heights, strict=True):
        held = held_below(one.hollow, top) * 1e6
        assert held == pytest.approx(mark, rel=0.001)


@pytest.mark.parametrize("one", TUBES.values(), ids=TUBES)
@pytest.mark.parametrize("share", [0.1, 0.6, 1.0])
def test_a_liquid_is_seen_as_large_as_it_is(one: Tube, share: float) -> None:
    seen = one.hollow.filled(share * one.nominal * 1e-6).volume * 1e6
    # It is drawn a hair narrower than the inside, with forty sides.
    assert seen == pytest.approx(share * one.nominal * 0.985**2, rel=0.01)


@pytest.mark.parametrize("one", TUBES.values(), ids=TUBES)
def test_a_tube_rests_in_its_rack(one: Tube) -> None:
    spec = blank()
    spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=[1, 1, 0.1])
    rack = Rack(one, rows=1, columns=2)
    rack.build(spec, spec.worldbody.add_body(name="rack"))
    body = spec.worldbody.add_body(name="stands", pos=rack.slot(1))
    body.add_freejoint()
    one.build(spec, body, "t", volume=one.nominal / 2)
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    assert min([0.0, *data.contact.dist]) > -5e-4
    heights = []
    for _ in range(1000):
        mujoco.mj_step(model, data)
        heights.append(data.body("stands").xpos.copy())
    assert np.linalg.norm(heights[-1] - heights[500]) < 2e-4
    assert np.linalg.norm(heights[-1] - rack.slot(1)) < 2e-3
    assert data.body("stands").xmat[8] > 0.999
    assert model.body("ttube").mass[0] == pytest.approx(one.mass + one.nominal / 2 * 1e-3)


@pytest.mark.parametrize("one", TUBES.values(), ids=TUBES)
@pytest.mark.parametrize("full", [0.0, 1.0], ids=["empty", "full"])
def test_a_tube_that_falls_into_its_rack_stays_on_the_floor(one: Tube, full: float) -> None:
    rack = Rack(one, rows=1, columns=2)
    lowest = []
    for height in np.arange(1, 14) / 100:
        # There is no table below: nothing else would hold it up.
        spec = blank(0.002)
        rack.build(spec, spec.worldbody.add_body(name="rack"))
        body = spec.worldbody.add_body(name="falls", pos=np.add(rack.slot(1), (0, 0, height)))
        body.add_freejoint()
        one.build(spec, body, "t", volume=full * one.nominal)
        model = spec.compile()
        data = mujoco.MjData(model)
        for _ in range(500):
            mujoco.mj_step(model, data)
            lowest.append(data.body("falls").xpos[2] - rack.slot(1)[2])
        assert data.body("falls").xpos == pytest.approx(rack.slot(1), abs=1e-3)
        assert data.body("falls").xmat[8] > 0.999
    # The floor is 6 mm thick, and is pushed out of downwards from its middle on.
    assert -0.003 < min(lowest) < 0


def test_a_plate_is_as_the_standard_has_it() -> None:
    plate = Plate()
    assert plate.volume == pytest.approx(0.395, rel=0.02)
    first, last = np.array(plate.well("A1")), np.array(plate.well("H12"))
    assert last[0] - first[0] == pytest.approx(11 * 0.009)
    assert first[1] - last[1] == pytest.approx(7 * 0.009)
    # The wells lie in the middle of the plate.
    assert (first + last)[:2] == pytest.approx([0, 0], abs=1e-5)
    spec = blank()
    plate.build(spec, spec.worldbody)
    assert spec.compile().ngeom < 10


def test_labware_is_drawn_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "ware.png"
    assert cli.run(["lab", "render", *WARE, "vortex mixer", "--out", str(out), "--width", "90"]) == 0
    with Image.open(out) as drawn:
        picture = np.asarray(drawn).astype(int)
    for number, name in enumerate(WARE):
        row, column = divmod(number, 3)
        one = picture[row * 88 :][:70, column * 90 :][:, :90]
        # The thing reaches near to an edge of its picture, and over none.
        ground = np.abs(one - one[0, 0]).max(axis=-1) < 40
        across, down = np.flatnonzero(~ground.all(axis=0)), np.flatnonzero(~ground.all(axis=1))
        assert max(np.ptp(across) / 90, np.ptp(down) / 70) > 0.7, name
        assert across[0] > 0, name
        assert across[-1] < 89, name
        assert down[0] > 0, name
        assert down[-1] < 69, name
    assert cli.run(["lab", "render", "beaker", "--out", str(out)]) == 2
    assert "no instrument 'beaker', no labware and no task; there are: mini centrifuge" in capsys.readouterr().err


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match=r"no tube '2ml'; there are: 1\.5ml, 15ml, 50ml"):
        tube("2ml")
    with pytest.raises(InputError, match=r"holds 0 to 1[67]\.\d+ ml, not 20"):
        tube("15ml").height(20)
    with pytest.raises(InputError, match="the rack has places 0 to 7, not 8"):
        Rack(tube("15ml")).slot(8)
    with pytest.raises(InputError, match="a rack has a row and a column at least"):
        Rack(tube("15ml"), rows=0)
    for name in ("I1", "A13", "A0", "", "1A"):
        with pytest.raises(InputError, match="there are A1 to H12"):
            Plate().well(name)
