"""Instruments: what moves moves as it should, nothing touches at rest, and they are seen."""

import math

import mujoco
import pytest

from afterlore.core import InputError
from afterlore.lab.instruments.centrifuge import CENTRIFUGES, Centrifuge, centrifuge
from afterlore.lab.parts.part import blank
from afterlore.lab.parts.rig import Rig, motor


def rig(one: Centrifuge) -> Rig:
    spec = blank()
    one.build(spec, spec.worldbody.add_body(name="instrument"))
    motor(spec, "lid")
    motor(spec, "latch/lever")
    return Rig(spec, one.parts)


@pytest.mark.parametrize("one", CENTRIFUGES.values(), ids=CENTRIFUGES)
def test_nothing_touches_at_rest(one: Centrifuge) -> None:
    spec = blank()
    one.build(spec, spec.worldbody.add_body(name="instrument"))
    model = spec.compile()
    data = mujoco.MjData(model)
    for angle in (0.0, one.lid.opening / 2, one.lid.opening):
        data.joint("lid").qpos = angle
        mujoco.mj_forward(model, data)
        assert data.ncon == 0


@pytest.mark.parametrize("one", CENTRIFUGES.values(), ids=CENTRIFUGES)
def test_a_lid_is_held_until_its_lever_is_moved(one: Centrifuge) -> None:
    made = rig(one)
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


def test_unknown_centrifuges_are_named() -> None:
    with pytest.raises(InputError, match="no centrifuge 'spinner'; there are: mini centrifuge, bench"):
        centrifuge("spinner")
