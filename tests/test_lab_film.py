"""Films and contact sheets of experts: whole or not there, self-contained, and showing what happens."""

import re
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from afterlore.app import cli
from afterlore.core import InputError
from afterlore.lab.filming import Filmed, page
from afterlore.lab.storyboard import storyboard
from afterlore.lab.tasks.all import task
from afterlore.lab.video import Film


def frames(count: int) -> list[np.ndarray]:
    """A bright square that wanders over a grey ground."""
    made = []
    for number in range(count):
        frame = np.full((48, 64, 3), 90, dtype=np.uint8)
        frame[10:26, 2 * number : 2 * number + 16] = 230
        made.append(frame)
    return made


def test_a_film_shows_what_was_put_into_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "film.mp4"
    with Film(path, 64, 48) as film:
        for frame in frames(20):
            film.add(frame)
    assert [one.name for one in path.parent.iterdir()] == ["film.mp4"]
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == 25
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        seen = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(stream)]
    assert len(seen) == 20
    assert max(np.abs(one - frame).mean() for one, frame in zip(seen, frames(20), strict=True)) < 6
    # The index stands before the pictures.
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_a_film_that_was_broken_off_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"the one before")

    def broken_off() -> None:
        with Film(path, 64, 48) as film:
            film.add(frames(1)[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert [one.name for one in tmp_path.iterdir()] == ["film.mp4"]
    assert path.read_bytes() == b"the one before"


def test_films_that_cannot_be_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="a film's width and height are even, not 63 x 48"):
        Film(tmp_path / "film.mp4", 63, 48)
    with (
        pytest.raises(InputError, match=r"a frame of this film is \(48, 64, 3\) of uint8, not \(48, 48, 3\)"),
        Film(tmp_path / "film.mp4", 64, 48) as film,
    ):
        film.add(np.zeros((48, 48, 3), dtype=np.uint8))
    with pytest.raises(InputError, match="was given none"), Film(tmp_path / "film.mp4", 64, 48):
        pass
    monkeypatch.setattr("av.codecs_available", set())
    with pytest.raises(InputError, match="has no 'libx264'"):
        Film(tmp_path / "film.mp4", 64, 48)
    assert list(tmp_path.iterdir()) == []


def test_a_page_holds_its_films_and_trusts_nothing(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"film")
    one = Filmed("<b>Task", "says", "<script>alert(1)</script>", "ur5e", 7, True, 2.5, 125, (("lifted", True),), path)
    other = Filmed("Other", "says", "Do it.", "panda", 8, False, 12.0, 600, (("lifted", False),), path)
    made = page([one, other])
    assert made.count("data:video/mp4;base64,ZmlsbQ==") == 2
    assert "&lt;script&gt;alert(1)" in made
    assert "<b>Task" not in made
    assert "media-src data:" in made
    assert not re.search(r'(?:src|href)="(?!data:|#)', made)
    assert "Done</b> after 2.5 s (125 steps" in made
    assert "Not done</b> after 12.0 s" in made
    assert "does not hold" in made


def test_experts_are_filmed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "lab"
    assert cli.run(["lab", "expert", "PickUpTube", "--episodes", "1", "--seed", "1", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert str(out / "index.html") in said
    assert sorted(one.name for one in out.iterdir()) == ["PickUpTube.mp4", "index.html"]
    with av.open(str(out / "PickUpTube.mp4")) as container:
        shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert shown[0].shape == (448, 896, 3)
    text = (out / "index.html").read_text(encoding="utf-8")
    seconds = float(re.search(r"after ([\d.]+) s \(\d+ steps", text)[1])  # type: ignore[index]
    assert len(shown) == pytest.approx(25 * (seconds + 0.6), abs=3)
    assert "held by both fingers" in text


def test_a_storyboard_shows_three_moments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "board.png"
    assert cli.run(["lab", "render", "PickUpTube", "--out", str(out), "--width", "96"]) == 0
    assert str(out) in capsys.readouterr().out
    with Image.open(out) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    gap, strip, step = 8, 20, 96 + 8 // 3
    assert pixels.shape == (gap * 2 + 2 * 96 + gap // 3 + strip, gap * 2 + 3 * 96 + 2 * (gap // 3), 3)
    top = [pixels[gap + strip :, gap + moment * step :][:96, :96] for moment in range(3)]
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert np.abs(top[one] - top[other]).mean() > 1
    for words, said in (
        (["PickUpTube", "rack"], "tasks are drawn by themselves: leave 'rack' out"),
        (["--tasks", "PickUpTube"], "tasks are drawn by themselves: leave '--tasks' out"),
        (["PickUpTub"], "no instrument 'PickUpTub', no labware and no task; there are"),
        (["PickUpTube", "OpenCyclrLid"], "no instrument 'OpenCyclrLid', no labware and no task; there are"),
        (["ScrewCap"], "the task 'ScrewCap' is not there yet"),
    ):
        assert cli.run(["lab", "render", *words, "--out", str(out)]) == 2
        assert said in capsys.readouterr().err


def test_a_storyboard_needs_an_expert_that_succeeds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afterlore.lab.experts.all.pick_up", lambda _, hand: hand.wait(0.1))
    with pytest.raises(InputError, match="the expert of 'PickUpTube' does not succeed from seed 3"):
        storyboard([task("PickUpTube")], 96, seed=3)
