"""The laws hold within the bounds that were set for them, and break when a part is broken."""

import json
import math
import subprocess
import sys

import pytest

from afterlore.app import cli
from afterlore.core import InputError
from afterlore.lab.laws.law import Check, Law
from afterlore.lab.mutate import MUTATIONS, mutate
from afterlore.lab.verify import LAWS, verify

# What the laboratory promises; a bound that is widened in the code breaks here.
PROMISED = {
    ("helix", "helix over three turns"): 50e-6,
    ("helix", "jump when caught askew"): 50e-6,
    ("helix", "jump when let go"): 50e-6,
    ("detent", "torque curve, force"): 0.01,
    ("detent", "torque curve, spring"): 0.01,
    ("detent", "snap-through, force"): 0.01,
    ("energy", "knob in its detent"): 1e-3,
    ("energy", "lid on its spring"): 1e-3,
    ("liquid", "volume"): 1e-9,
    ("liquid", "tilt under acceleration"): 0.01,
    ("liquid", "frequency of the first mode"): 0.01,
    ("ledger", "lost in 1,000 transfers"): 0,
    ("thermal", "time constant"): 0.01,
    ("rotor", "m·r·ω² against a real mass"): 0.01,
}


@pytest.fixture(scope="module")
def measured() -> dict[str, Law]:
    return {verdict.name: verdict.law for verdict in verify(list(LAWS))}


@pytest.mark.parametrize("name", LAWS)
def test_a_law_holds(name: str, measured: dict[str, Law]) -> None:
    broken = [check for check in measured[name].checks if not check.holds]
    assert broken == []


def test_the_bounds_are_those_that_were_promised(measured: dict[str, Law]) -> None:
    bounds = {(name, check.name): check.bound for name, law in measured.items() for check in law.checks}
    assert {promise: bounds.get(promise) for promise in PROMISED} == PROMISED


def test_every_figure_can_be_written_down(measured: dict[str, Law]) -> None:
    for law in measured.values():
        for check in law.checks:
            assert json.loads(json.dumps([check.error, check.bound, check.holds])) == [check.error, check.bound, True]


def test_mutations_that_were_asked_for_are_there() -> None:
    assert {"stuck latch", "halved pitch", "zero detent", "leaking tip"} <= MUTATIONS.keys()


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_is_caught(name: str) -> None:
    (caught,) = mutate([name])
    assert caught.by


@pytest.mark.parametrize(("error", "holds"), [(0.0, True), (-1.0, True), (1.1, False), (math.nan, False)])
def test_a_check_holds_within_its_bound(error: float, holds: bool) -> None:
    assert Check("x", error, 1.0).holds == holds


@pytest.mark.parametrize(("run", "there"), [(verify, LAWS), (mutate, MUTATIONS)])
def test_unknown_names_are_said_before_anything_runs(run: object, there: dict[str, object]) -> None:
    assert callable(run)
    with pytest.raises(InputError) as caught:
        next(iter(run([next(iter(there)), "nope"])))
    assert "'nope'" in str(caught.value)
    assert all(name in str(caught.value) for name in there)


def test_verify_prints_errors_and_bounds(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["lab", "verify", "energy", "panel", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["holds"]
    assert list(told["laws"]) == ["energy", "panel"]
    for check in told["laws"]["energy"]["checks"]:
        assert abs(check["error"]) <= check["bound"]


def test_a_broken_law_is_exit_code_1(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LAWS, "energy", MUTATIONS["stuck latch"])
    assert cli.run(["lab", "verify", "energy"]) == 1
    assert "BROKEN" in capsys.readouterr().out
    assert cli.run(["lab", "verify", "energy", "panel", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["holds"]
    # The latch never opened: that is no number.
    assert None in [check["error"] for check in told["laws"]["energy"]["checks"]]


def test_a_mutation_that_goes_by_is_exit_code_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MUTATIONS, "sound panel", LAWS["panel"])
    assert cli.run(["lab", "mutate", "sound panel", "geared detent"]) == 1
    out = capsys.readouterr().out
    assert "MISSED  sound panel" in out
    assert "caught  geared detent" in out
    assert cli.run(["lab", "mutate", "geared detent", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["mutations"]["geared detent"][0]["check"] == "knob in its detent"


@pytest.mark.parametrize("words", [["lab", "verify"], ["lab", "verify", "nope"], ["lab", "mutate", "nope"]])
def test_wrong_usage_names_what_there_is(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(words) == 2
    assert ("helix, detent" if words[1] == "verify" else "stuck latch, weak latch") in capsys.readouterr().err


@pytest.mark.parametrize("command", ["verify", "mutate"])
def test_without_the_extra_it_is_named(command: str) -> None:
    code = (
        "import sys; sys.modules['mujoco'] = None\n"
        f"from afterlore.app.cli import run; sys.exit(run(['lab', {command!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "pip install 'afterlore[lab]'" in done.stderr
