"""Instruments: what moves moves as it should, nothing touches at rest, and they are seen."""

import math
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest
from PIL import Image

from afterlore.app import cli
from afterlore.core import InputError
from afterlore.lab.instruments.all import INSTRUMENTS, instrument
from afterlore.lab.instruments.centrifuge import CENTRIFUGES, STILL
from afterlore.lab.instruments.mixers import ThermalMixer
from afterlore.lab.parts.part import blank
from afterlore.lab.parts.rig import Rig, motor
from afterlore.lab.render import Eye, Renderer

LIDS = {name: one for name, one in INSTRUMENTS.items() if "latch/" in one.parts}


def rig(one: Any, *motors: str) -> Rig:
    spec = blank()
    one.build(spec, spec.worldbody.add_body(name="instrument"))
    for name in motors:
        motor(spec, name)
    return Rig(spec, one.parts)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_nothing_touches_at_rest(name: str) -> None:
    one: Any = instrument(name)
    model = rig(one).model
    data = mujoco.MjData(model)
    openings = [0.0, one.lid.opening / 2, one.lid.opening] if name in LIDS else [0.0]
    for angle in openings:
        if name in LIDS:
            data.joint("lid").qpos = angle
        mujoco.mj_forward(model, data)
        assert data.ncon == 0


@pytest.mark.parametrize("name", LIDS)
def test_a_lid_is_held_until_it_is_let_go(name: str) -> None:
    one: Any = LIDS[name]
    opener = {"mini centrifuge": [], "thermal cycler": ["latch/lever"]}.get(name, ["open/button"])
    made = rig(one, "lid", *opener)
    angle, _ = made.joint("lid")
    latch = made.state["latch/"]
    weight = one.lid.mass * 9.81 * one.lid.length / 2
    for _ in range(500):
        made.control("lid")[:] = 0.5 * one.latch.hold
        made.step()
    assert latch["engaged"].all()
    assert angle[0] < one.latch.slack

    for step in range(2500):
        for lever in opener:
            made.control(lever)[:] = {"latch/lever": 0.2, "open/button": 3.0}[lever] if step < 500 else 0
        # The mini one's snap gives way to force.
        made.control("lid")[:] = (0 if opener else 1.1 * one.latch.hold) if step < 500 else 0.6 * weight
        if step == 499 and opener:
            # On its gasket it stands ajar.
            assert math.radians(1) < angle[0] < one.lid.cushion
        made.step()
        if name in CENTRIFUGES:
            one.act(made.state)
    assert not latch["engaged"].any()
    assert latch["torn"].any() == (not opener)
    assert angle[0] == pytest.approx(one.lid.opening, abs=math.radians(2))

    # It stays open, and falls ajar when it is pushed over; pressed, it is caught again.
    made.control("lid")[:] = 0
    made.step(500)
    assert angle[0] == pytest.approx(one.lid.opening, abs=math.radians(1))
    for _ in range(4000):
        made.control("lid")[:] = -0.6 * weight if angle[0] > math.radians(30) else 0
        for lever in opener:
            made.control(lever)[:] = -0.2 if lever == "latch/lever" else 0
        made.step()
    assert not latch["engaged"].any()
    for _ in range(500):
        made.control("lid")[:] = -weight
        made.step()
    assert latch["engaged"].all()


def test_a_turning_rotor_keeps_its_lid_shut() -> None:
    one = CENTRIFUGES["bench centrifuge"]
    made = rig(one, "lid", "open/button")
    made.step()
    made.state["rotor/"]["target"][:] = 20
    angle, speed = made.joint("lid")[0], made.joint("rotor/rotor")[1]
    for _ in range(500):
        made.control("lid")[:], made.control("open/button")[:] = 5, 3
        made.step()
        one.act(made.state)
    assert speed[0] == pytest.approx(20, abs=0.1)
    assert made.state[""]["locked"].all()
    assert made.state["latch/"]["engaged"].all()
    made.state["rotor/"]["target"][:] = 0
    for _ in range(500):
        made.step()
        one.act(made.state)
    assert angle[0] > math.radians(20)
    # With its lid open it is not driven.
    made.state["rotor/"]["target"][:] = 20
    for _ in range(500):
        one.act(made.state)
        made.step()
    assert abs(speed[0]) < STILL


def test_a_key_of_the_thermal_mixer_is_pressed() -> None:
    made = rig(ThermalMixer(), "up/button")
    for pushing, pressed in ((0.0, False), (3.0, True), (0.0, False)):
        for _ in range(200):
            made.control("up/button")[:] = pushing
            made.step()
        assert bool(made.state["up/"]["pressed"][0]) is pressed
        assert not made.state["down/"]["pressed"].any()


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_an_instrument_is_seen_and_stands_on_the_table(name: str) -> None:
    spec = blank()
    body = spec.worldbody.add_body(name="instrument")
    instrument(name).build(spec, body)
    spec.worldbody.add_light(pos=[0, -0.5, 1], dir=[0, 0.4, -1])
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    with Renderer(model) as renderer:
        picture = renderer.frame(data, Eye(distance=1.2))
        again = renderer.frame(data, Eye(distance=2.4))
        with pytest.raises(InputError, match="no camera 'wrist'; there are: none"):
            renderer.frame(data, "wrist")
    assert picture.shape == (224, 224, 3)
    assert not np.shares_memory(picture, again)
    assert (picture != again).any()
    lit = picture.max(axis=-1) > 20
    assert 0.01 < lit.mean() < 0.9
    assert len({tuple(pixel) for pixel in picture[lit][::7].tolist()}) > 20


def test_unknown_instruments_are_named() -> None:
    with pytest.raises(InputError, match="no instrument 'spinner'; there are: mini centrifuge, bench"):
        instrument("spinner")


def test_a_sheet_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "sheet.png"
    assert cli.run(["lab", "render", "vortex mixer", "thermal cycler", "--out", str(out), "--width", "120"]) == 0
    assert str(out) in capsys.readouterr().out
    with Image.open(out) as picture:
        assert picture.size == (240, 112)
    assert cli.run(["lab", "render", "--out", str(tmp_path / "sheet.jpg")]) == 2
    assert "a picture is written as .png" in capsys.readouterr().err
    assert cli.run(["lab", "render", "spinner", "--out", str(out)]) == 2
    assert "no instrument 'spinner'" in capsys.readouterr().err
