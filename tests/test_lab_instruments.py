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
def test_a_lid_is_held_until_its_lever_is_moved(name: str) -> None:
    one: Any = LIDS[name]
    made = rig(one, "lid", "latch/lever")
    angle, _ = made.joint("lid")
    lifting = 1.6 * one.lid.mass * 9.81 * one.lid.length / 2
    for _ in range(500):
        made.control("lid")[:] = min(lifting, 0.8 * one.latch.hold)
        made.step()
    assert made.state["latch/"]["engaged"].all()
    assert angle[0] < one.latch.slack
    for _ in range(2000):
        made.control("latch/lever")[:] = 0.2
        made.control("lid")[:] = lifting
        made.step()
    assert not made.state["latch/"]["engaged"].any()
    assert angle[0] == pytest.approx(one.lid.opening, abs=math.radians(2))
    # Let go and pressed down, it is caught again.
    for _ in range(2000):
        made.control("latch/lever")[:] = -0.2
        made.control("lid")[:] = -0.5 - 0.1 * one.lid.mass
        made.step()
    assert made.state["latch/"]["engaged"].all()


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
