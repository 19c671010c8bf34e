"""Parts: each does in its scene what it is for, its state is all there is, and wrong parameters are named."""

import io
import math
from collections.abc import Callable
from typing import Any

import mujoco
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mujoco.batch import Batch

from afterlore.core import InputError
from afterlore.lab.parts import rotation
from afterlore.lab.parts.button import Button
from afterlore.lab.parts.detent import Detent
from afterlore.lab.parts.latch import Latch
from afterlore.lab.parts.lid import Lid
from afterlore.lab.parts.liquid import Liquid, oscillate
from afterlore.lab.parts.panel import Field, Panel
from afterlore.lab.parts.part import One, blank, ident, massive, reset, upload
from afterlore.lab.parts.pump import MICROLITRE, Pump
from afterlore.lab.parts.rig import Rig, motor, servo, table
from afterlore.lab.parts.rotor import Rotor
from afterlore.lab.parts.scenes import SCENES, play
from afterlore.lab.parts.solid import Solid, share_below
from afterlore.lab.parts.thermal import Thermal
from afterlore.lab.parts.thread import GRIP, Thread

VESSEL = ((0.004, 0.0), (0.02, 0.01), (0.009, 0.03), (0.011, 0.05))


def column(states: list[dict[str, Any]], name: str, part: str = "") -> list[Any]:
    """One entry of a part's state at the tenths of a scene."""
    return [state[part][name][0].tolist() for state in states]


# What happens in each scene, read from the states at its tenths and the rig at its end.


def thread_is_unscrewed(rig: Rig, states: list[dict[str, Any]]) -> None:
    assert column(states, "engaged")[0]
    assert not column(states, "engaged")[-1]
    turns = column(states, "turns")
    assert turns == sorted(turns)
    assert rig.batch.bind("xpos")[0, rig.model.body("cap").id, 2] > 0.05 + Thread().rest + 0.01


def knob_clicks_once_for_each_push(_: Rig, states: list[dict[str, Any]]) -> None:
    assert column(states, "position")[-1] == 4


def button_is_pressed_twice(_: Rig, states: list[dict[str, Any]]) -> None:
    assert column(states, "presses") == [1] * 5 + [2] * 5
    assert not column(states, "pressed")[-1]


def lid_opens_when_the_interlock_gives_way(rig: Rig, states: list[dict[str, Any]]) -> None:
    assert column(states, "closed") == [True] * 5 + [False] * 5
    assert rig.joint("lid")[0][0] == pytest.approx(Lid().opening, abs=0.01)


def latch_catches_and_lets_go(rig: Rig, states: list[dict[str, Any]]) -> None:
    engaged = column(states, "engaged", "latch/")
    assert not engaged[0]
    assert all(engaged[3:6])
    assert not engaged[-1]
    assert rig.joint("lid/lid")[0][0] > math.radians(70)


def counterweight_quiets_the_rotor(_: Rig, states: list[dict[str, Any]]) -> None:
    assert column(states, "balanced") == [False] * 5 + [True] * 5
    force = column(states, "force")
    assert force[4] == pytest.approx(0.01 * 0.05 * 60**2)
    assert force[-1] < 1e-12


def block_follows_its_target(_: Rig, states: list[dict[str, Any]]) -> None:
    temperature = column(states, "temperature")
    assert temperature[4] == pytest.approx(25, abs=0.1)
    assert temperature[-1] == pytest.approx(27, abs=0.1)
    assert column(states, "values", "panel/")[-1] == pytest.approx([temperature[-1], 27], abs=0.1)


def liquid_sloshes_and_stays(rig: Rig, states: list[dict[str, Any]]) -> None:
    slopes = [slope[0] for slope in column(states, "slope")]
    assert max(slopes) > 0.05
    assert min(slopes) < -0.05
    bound: Any = rig.bound[""]
    for state in states:
        own = state[""]
        assert bound.solid.below(own["normal"], bound.heights(own)) == pytest.approx(own["volume"], rel=1e-12)


def pump_moves_a_tenth_of_a_millilitre(_: Rig, states: list[dict[str, Any]]) -> None:
    assert column(states, "tip")[4] == pytest.approx(100 * MICROLITRE, rel=0.01)
    first, second = column(states, "wells")[-1]
    assert first + second == 1000 * MICROLITRE
    assert second == pytest.approx(100 * MICROLITRE, rel=0.01)
    assert not any(column(states, "air"))


def panel_counts_down(rig: Rig, _: list[dict[str, Any]]) -> None:
    bound: Any = rig.bound[""]
    bound.draw(rig.model, rig.state[""], 0)
    wide, tall = bound.part.pixels
    pixels = rig.model.tex_data[: wide * tall * 3].reshape(tall, wide, 3)[::-1]
    assert bound.part.read(pixels).tolist() == [37, 71, 1500]


HAPPENS: dict[str, Callable[[Rig, list[dict[str, Any]]], None]] = {
    "thread": thread_is_unscrewed,
    "detent": knob_clicks_once_for_each_push,
    "button": button_is_pressed_twice,
    "lid": lid_opens_when_the_interlock_gives_way,
    "latch": latch_catches_and_lets_go,
    "rotor": counterweight_quiets_the_rotor,
    "thermal": block_follows_its_target,
    "liquid": liquid_sloshes_and_stays,
    "pump": pump_moves_a_tenth_of_a_millilitre,
    "panel": panel_counts_down,
}


@pytest.mark.parametrize("name", SCENES)
def test_a_part_does_what_it_is_for(name: str) -> None:
    HAPPENS[name](*play(name))


@pytest.mark.parametrize("name", SCENES)
def test_the_state_is_all_there_is(name: str) -> None:
    """A scene that is saved half-way and goes on elsewhere ends bit for bit as the one that was never stopped."""
    scene = SCENES[name]()
    whole = Rig(scene.spec, scene.parts)
    scene.begin(whole)
    steps = round(scene.seconds / whole.dt)
    saved = io.BytesIO()
    for step in range(steps):
        if step == steps // 2:
            flat = {f"{part}|{key}": value for part, own in whole.state.items() for key, value in own.items()}
            np.savez(saved, **flat, simulation=whole.batch.state)
        scene.act(whole, step * whole.dt)
        whole.step()

    resumed = Rig(SCENES[name]().spec, scene.parts)
    saved.seek(0)
    with np.load(saved) as kept:
        resumed.batch.state[:] = kept["simulation"]
        for part, own in resumed.state.items():
            for key in own:
                own[key][:] = kept[f"{part}|{key}"]
    resumed.forward()
    for step in range(steps // 2, steps):
        scene.act(resumed, step * resumed.dt)
        resumed.step()
    np.testing.assert_array_equal(resumed.batch.bind("qpos"), whole.batch.bind("qpos"))
    for part, own in whole.state.items():
        for key, value in own.items():
            np.testing.assert_array_equal(resumed.state[part][key], value, err_msg=f"{part}{key}")


def test_worlds_do_not_touch_each_other() -> None:
    spec, mount = table(gravity=False)
    part = Detent()
    part.build(spec, mount)
    angles = [0.05, 0.2, -0.4]
    together = Rig(spec, {"": part}, 3)
    together.joint("knob")[0][:] = angles
    together.forward()
    together.step(300)
    for world, angle in enumerate(angles):
        alone = Rig(spec, {"": part})
        alone.joint("knob")[0][:] = angle
        alone.forward()
        alone.step(300)
        assert alone.joint("knob")[0][0] == together.joint("knob")[0][world]


def test_one_world_is_like_a_batch_of_one() -> None:
    spec, mount = table(gravity=False)
    part = Detent()
    part.build(spec, mount)
    rig = Rig(spec, {"": part})
    rig.joint("knob")[0][:] = 0.2
    rig.forward()
    rig.step(200)

    model = spec.compile()
    data = mujoco.MjData(model)
    data.joint("knob").qpos[:] = 0.2
    bound = part.bind(model)
    state = bound.initial(1)
    worlds = One(model, data)
    for _ in range(200):
        mujoco.mj_step1(model, data)
        bound.step(worlds, state, 0.002)
        mujoco.mj_step2(model, data)
    assert data.joint("knob").qpos[0] == pytest.approx(rig.joint("knob")[0][0], abs=1e-12)


def test_some_worlds_are_reset() -> None:
    bound = Thermal().bind(None)
    state = bound.initial(4)
    state["temperature"][:] = 90
    reset(bound, state, np.array([False, True, False, True]))
    assert state["temperature"].tolist() == [90, 23, 90, 23]


def test_an_instrument_is_attached_with_a_prefix() -> None:
    cycler = blank()
    lid, latch = Lid(), Latch(holds="lid/lid")
    base = cycler.worldbody.add_body(name="base")
    lid.build(cycler, base, "lid/")
    latch.build(cycler, base, "latch/")
    scene, _ = table()
    scene.attach(cycler, prefix="cycler/", frame=scene.worldbody.add_frame(pos=[0.1, 0, 0.2]))
    rig = Rig(scene, {"cycler/lid/": lid, "cycler/latch/": latch})
    rig.joint("cycler/lid/lid")[0][:] = 1.0
    rig.forward()
    rig.step(1000)
    assert rig.state["cycler/latch/"]["engaged"][0]


def test_a_body_that_is_moved_keeps_its_centre_of_mass() -> None:
    spec, mount = table()
    moved = massive(mount, "moved", 1.0, [1e-3] * 3, pos=[0.3, 0, 0])
    moved.add_joint()
    assert spec.compile().body("moved").ipos.tolist() == [0, 0, 0]


def test_a_cap_stands_on_the_start_and_is_not_caught_unturned() -> None:
    part = Thread()
    spec, mount = table()
    part.build(spec, mount)
    rig = Rig(spec, {"": part})
    bound: Any = rig.bound[""]
    bound.place(rig.batch, rig.state[""], part.turns + 0.1)
    rig.forward()
    rig.step(500)
    assert not rig.state[""]["engaged"][0]
    height = rig.batch.bind("xpos")[0, rig.model.body("cap").id, 2] - 0.05
    assert height == pytest.approx(part.rest, abs=2e-4)


@pytest.mark.parametrize("turn", [-3.0, 3.0])
def test_only_turning_in_catches(turn: float) -> None:
    part = Thread()
    spec, mount = table(gravity=False)
    part.build(spec, mount)
    rig = Rig(spec, {"": part})
    joint = rig.model.joint("cap")
    pose = rig.batch.bind("qpos")[0, joint.qposadr[0] : joint.qposadr[0] + 7]
    pose[:] = [0, 0, 0.05 + part.rest + 1e-4, 1, 0, 0, 0]
    rig.batch.bind("qvel")[0, joint.dofadr[0] + 5] = turn
    rig.forward()
    rig.step(30)
    assert rig.state[""]["engaged"][0] == (turn < 0)


@pytest.mark.parametrize(("grip", "holds"), [(GRIP, True), ({}, False)])
def test_two_fingers_seat_a_cap(grip: dict[str, Any], holds: bool) -> None:
    """By friction alone, from half a turn above the seat; with the contacts that geoms have by themselves they slip."""
    part = Thread()
    spec, mount = table()
    spec.option.cone, spec.option.impratio = mujoco.mjtCone.mjCONE_ELLIPTIC, 10 if grip else 1
    cap = part.build(spec, mount)
    cap.add_geom(type=mujoco.mjtGeom.mjGEOM_CYLINDER, size=[0.014, 0.006, 0], pos=[0, 0, -0.004], mass=0, **grip)
    hand = massive(spec.worldbody, "hand", 0.5, [1e-3] * 3, pos=[0, 0, 0.05], gravcomp=1)
    hand.add_joint(name="lift", type=mujoco.mjtJoint.mjJNT_SLIDE, axis=[0, 0, 1])
    hand.add_joint(name="wrist", axis=[0, 0, 1])
    for side in (-1, 1):
        finger = massive(hand, f"finger{side}", 0.05, [1e-5] * 3, gravcomp=1)
        finger.add_joint(name=f"finger{side}", type=mujoco.mjtJoint.mjJNT_SLIDE, axis=[-side, 0, 0], damping=5)
        place = [side * 0.022, 0, -0.004]
        finger.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, size=[0.004, 0.01, 0.008], pos=place, mass=0)
        motor(spec, f"finger{side}")
    servo(spec, "lift", 10_000, 200)
    servo(spec, "wrist", 50, 1)
    rig = Rig(spec, {"": part})
    bound: Any = rig.bound[""]
    bound.place(rig.batch, rig.state[""], 0.5)
    rig.joint("lift")[0][:] = part.pitch / 2
    rig.forward()
    rig.control("finger-1")[:] = rig.control("finger1")[:] = 30

    def turn(degrees: float) -> None:
        """Half a turn above the seat is 180°."""
        rig.control("wrist")[:] = math.radians(degrees - 180)
        rig.control("lift")[:] = part.pitch * max(0.0, degrees) / 360
        rig.step()

    for step in range(2000):
        turn(180 - 190 * max(0, step - 200) / 1800)
    assert rig.state[""]["tight"][0] == holds
    for step in range(1000):
        turn(-10 + 100 * step / 1000)
    assert (0.2 < rig.state[""]["turns"][0] < 0.3) == holds


def test_a_plunger_pushed_under_the_surface_blows_no_liquid_away() -> None:
    """What is pushed out over no well at all is spilled, and counted."""
    spec, mount = table()
    part = Pump()
    part.build(spec, mount)
    rig = Rig(spec, {"": part})
    state = rig.state[""]
    state["tip"][:], state["at"][:] = 5 * MICROLITRE, -1
    place, _ = rig.joint("plunger")
    place[:] = part.travel
    rig.forward()
    rig.step()
    assert (state["tip"][0], state["spilled"][0]) == (0, 5 * MICROLITRE)


@given(
    st.lists(
        st.tuples(st.floats(0, 0.016), st.sampled_from([-1, 0, 1]), st.floats(-0.01, 0.01)), min_size=1, max_size=30
    )
)
def test_the_ledger_conserves_whatever_is_done(moves: list[tuple[float, int, float]]) -> None:
    part = Pump(wells=2, leak=0.1)
    spec, mount = table()
    part.build(spec, mount)
    model = spec.compile()
    bound = part.bind(model)
    worlds = One(model, mujoco.MjData(model))
    state = bound.initial(1)
    state["wells"][:] = [[150 * MICROLITRE, 3]]
    total = 150 * MICROLITRE + 3
    for depth, at, under in moves:
        worlds.data.joint("plunger").qpos[:] = depth
        state["at"][:], state["depth"][:] = at, under
        bound.step(worlds, state, 0.002)
        assert state["wells"].sum() + state["tip"].sum() + state["spilled"].sum() == total
        assert min(state["wells"].min(), state["tip"].min(), state["air"].min(), state["spilled"].min()) >= 0


finite = st.floats(-1, 1)
corners = st.lists(finite, min_size=4, max_size=4)


@given(corners)
def test_what_is_not_below_is_above(heights: list[float]) -> None:
    assume(any(heights))
    here = np.array(heights)
    assert share_below(here) + share_below(-here) == pytest.approx(1, abs=1e-12)


@given(corners, st.floats(0, 0.5))
def test_a_higher_plane_has_more_below_it(heights: list[float], up: float) -> None:
    here = np.array(heights)
    assert share_below(here - up) >= share_below(here) - 1e-12


def test_a_prism_has_its_volume() -> None:
    solid = Solid.of(((0.01, 0.0), (0.01, 0.05)), 24)
    face = 12 * math.sin(2 * math.pi / 24) * 0.01**2
    assert solid.volume == pytest.approx(face * 0.05, rel=1e-12)
    # A plane that leaves bottom and top alone cuts at its height on the axis, however it is tilted.
    normal = np.array([[0.3, -0.2, math.sqrt(1 - 0.13)]])
    height = solid.surface(normal, np.array([face * 0.02]))
    assert height / normal[:, 2] == pytest.approx(0.02, rel=1e-12)


@given(st.floats(0, 1), st.floats(-1, 1), st.floats(0, 7))
def test_a_surface_has_its_volume_below_it(filled: float, lean: float, way: float) -> None:
    solid = Solid.of(VESSEL, 16)
    across = math.sqrt(1 - lean**2)
    normal = np.array([[across * math.cos(way), across * math.sin(way), lean]])
    volume = np.array([filled * solid.volume])
    found = solid.below(normal, solid.surface(normal, volume))
    assert found == pytest.approx(volume, abs=1e-12 * solid.volume)


def test_a_vessel_says_when_it_spills() -> None:
    part = Liquid(VESSEL)
    spec, mount = table()
    part.build(spec, mount)
    rig = Rig(spec, {"": part}, 2)
    bound: Any = rig.bound[""]
    state = rig.state[""]
    state["volume"][:] = [0.3 * bound.solid.volume, 0.95 * bound.solid.volume]
    state["normal"][:] = [math.sin(0.6), 0, math.cos(0.6)]
    assert bound.spilling(state).tolist() == [False, True]


@given(finite, finite, st.floats(1, 60), st.floats(0, 0.9), st.floats(0.001, 0.1))
def test_two_half_steps_of_a_wave_are_one(place: float, speed: float, omega: float, damping: float, dt: float) -> None:
    here, pace, tempo = np.array([place]), np.array([speed]), np.array([omega])
    once = oscillate(here, pace, tempo, damping, dt)
    twice = oscillate(*oscillate(here, pace, tempo, damping, dt / 2), tempo, damping, dt / 2)
    np.testing.assert_allclose(once, twice, atol=1e-9)


@given(st.lists(finite, min_size=4, max_size=4), st.lists(finite, min_size=4, max_size=4))
def test_turns_are_those_of_mujoco(first: list[float], second: list[float]) -> None:
    a, b = np.array(first), np.array(second)
    a[0], b[0] = a[0] + 2, b[0] + 2
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    product, turned = np.zeros(4), np.zeros(3)
    mujoco.mju_mulQuat(product, a, b)
    np.testing.assert_allclose(rotation.multiply(a[None], b[None])[0], product, atol=1e-12)
    mujoco.mju_rotVecQuat(turned, b[1:], a)
    np.testing.assert_allclose(rotation.rotate(a[None], b[None, 1:])[0], turned, atol=1e-12)


@given(st.floats(0, 3), st.floats(-3, 3))
def test_tilt_and_twist_are_told_apart(lean: float, yaw: float) -> None:
    leaned = np.array([[math.cos(lean / 2), math.sin(lean / 2), 0, 0]])
    quat = rotation.multiply(leaned, rotation.about_z(np.array([yaw])))
    assert rotation.tilt(quat)[0] == pytest.approx(lean, abs=1e-9)
    assert rotation.twist(quat)[0] == pytest.approx(yaw, abs=1e-9)


@given(st.floats(-99.9, 999.9), st.floats(-999, 9999))
def test_what_is_shown_can_be_read(warm: float, time: float) -> None:
    panel = Panel((Field("temperature", "°C", 4, 1), Field("time", "s", 4)))
    values = np.array([warm, time])
    np.testing.assert_array_equal(panel.read(panel.picture(values)), panel.reference(values))


def test_what_has_no_room_is_not_shown_wrong() -> None:
    panel = Panel((Field("time", "s", 3),))
    assert np.isnan(panel.read(panel.picture(np.array([12345.0])))).all()
    assert np.isnan(panel.read(panel.picture(np.array([7.0]), lit=False))).all()


def test_a_display_is_uploaded_within_a_frame() -> None:
    GLContext = pytest.importorskip("mujoco.egl").GLContext
    spec, mount = table()
    part = Panel(width=0.16)
    part.build(spec, mount)
    rig = Rig(spec, {"": part})
    bound: Any = rig.bound[""]
    try:
        from mujoco.egl import GLContext

        window = GLContext(160, 120)
    except (AttributeError, RuntimeError, ImportError) as error:
        pytest.skip(f"EGL is not to be had here: {error}")
    window.make_current()
    data = rig.batch.get_data(0)
    mujoco.mj_forward(rig.model, data)
    view, option, camera = mujoco.MjvScene(rig.model, 100), mujoco.MjvOption(), mujoco.MjvCamera()
    camera.type, camera.fixedcamid = mujoco.mjtCamera.mjCAMERA_FIXED, 0
    context = mujoco.MjrContext(rig.model, mujoco.mjtFontScale.mjFONTSCALE_100)
    mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, context)
    frames = []
    for speed in (1000.0, 1000.0, 1888.0):
        rig.state[""]["values"][0, 2] = speed
        what = bound.draw(rig.model, rig.state[""], 0)
        assert (what is None) == (len(frames) == 1)
        if what is not None:
            upload(rig.model, context, what)
        pixels = np.zeros((120, 160, 3), dtype=np.uint8)
        mujoco.mjv_updateScene(rig.model, data, option, None, camera, mujoco.mjtCatBit.mjCAT_ALL, view)
        mujoco.mjr_render(mujoco.MjrRect(0, 0, 160, 120), view, context)
        mujoco.mjr_readPixels(pixels, None, mujoco.MjrRect(0, 0, 160, 120), context)
        frames.append(pixels.astype(int))
    context.free()
    window.free()
    assert np.abs(frames[1] - frames[0]).max() == 0
    assert np.abs(frames[2] - frames[1]).max() > 60


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Button(on=0.3, off=0.5), "0 < off < on < 1"),
        (lambda: Latch(catch=1.0), "catch=1.0"),
        (lambda: Liquid(((0.01, 0.0),)), "rising heights"),
        (lambda: Liquid(((0.01, 0.0), (0.01, 0.0))), "rising heights"),
        (lambda: Liquid(damping=1.5), "1.5"),
        (lambda: Panel(()), "one field"),
        (lambda: Pump(leak=2), "a share from 0 to 1"),
        (lambda: Rotor(slots=1), "two slots"),
        (lambda: Thermal(capacity=0), "above 0"),
        (lambda: play("nowhere"), "thread, detent"),
        (lambda: Solid.of(VESSEL, 8).surface(np.array([[0.0, 0, 1]]), np.array([1.0])), "holds from 0 to"),
        (lambda: ident(blank().compile(), "joint", "lid"), "no joint 'lid'"),
    ],
)
def test_bad_parameters_are_one_error(make: Callable[[], object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        make()


def test_a_detent_too_fast_for_the_step_names_what_would_do() -> None:
    spec, mount = table(0.01)
    part = Detent()
    part.build(spec, mount)
    model = spec.compile()
    with pytest.raises(InputError, match=r"inertia of .* or more, or drive='spring'"):
        part.bind(model)
    assert Batch(model, 1).nsim == 1
