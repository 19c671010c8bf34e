"""The page of a run: self-contained, readable by everybody, and never half written."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from afterlore.train.monitor import Observation, alarm
from afterlore.train.page import write
from browser import serious
from test_train_monitor import COLLAPSES, run

TITLE = "多数投票 <script>alert(1)</script>\u202e"


@pytest.fixture(scope="module")
def collapsing() -> list[Observation]:
    return run(5, COLLAPSES["one answer, reasoning skipped"], gold=True)


def test_it_shows_what_is_known_and_the_alarm_where_it_rang(tmp_path: Path, collapsing: list[Observation]) -> None:
    rang = alarm(collapsing)
    assert rang is not None
    html = write(tmp_path / "new" / "run", collapsing, rang, TITLE).read_text(encoding="utf-8")
    assert f"Alarm at step {rang.step}" in html
    svg = ET.parse(tmp_path / "new" / "run" / "plot.svg").getroot()
    words = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}tspan")]
    for sign in rang.found:
        assert sign.words in html
        assert sign.words.split()[0] in " ".join(map(str, words)), "its reason stands in the picture of its field"
    assert len(svg.findall(".//*[@class='rule']")) == html.count('class="rule"') == 9
    assert "Teacher" not in html, "a run without a teacher shows none"
    blind = [replace(one, label_accuracy=None) for one in collapsing]
    assert "Label accuracy" not in write(tmp_path, blind, None, "x").read_text(encoding="utf-8")
    assert not list(tmp_path.rglob("*.part"))


def test_a_run_without_a_step_has_a_page(tmp_path: Path) -> None:
    assert "No step is done yet" in write(tmp_path, [], None, "x").read_text(encoding="utf-8")
    one = write(tmp_path, run(0, {})[:1], None, "x").read_text(encoding="utf-8")
    assert "No alarm" in one
    assert "fewer than" not in one
    few = write(tmp_path, [replace(one, questions=2) for one in run(0, {})[:9]], None, "x").read_text(encoding="utf-8")
    assert "fewer than 8 different questions" in few
    assert " dot" in one, "one step is a point"


def test_the_same_history_is_the_same_page(tmp_path: Path, collapsing: list[Observation]) -> None:
    one, other = (write(tmp_path / name, collapsing, None, TITLE) for name in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()
    assert (tmp_path / "one" / "plot.svg").read_bytes() == (tmp_path / "other" / "plot.svg").read_bytes()


def test_a_long_run_is_no_large_file(tmp_path: Path) -> None:
    history = run(5, COLLAPSES["loops"], gold=True)
    long = [replace(one, step=step) for step, one in enumerate(history * 25, 1)]
    assert write(tmp_path, long, None, "x").stat().st_size < 200_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_it_can_be_read(
    browser: Browser, tmp_path: Path, collapsing: list[Observation], scheme: str, width: int
) -> None:
    html = write(tmp_path, collapsing, alarm(collapsing), TITLE).read_text(encoding="utf-8")
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.route("http://page.test/", lambda route: route.fulfill(body=html, content_type="text/html"))
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto("http://page.test/")
    assert page.locator("h1").inner_text() == "多数投票 <script>alert(1)</script>"
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    assert (asked, said) == (["http://page.test/"], []), "nothing is loaded, and its own policy forbids nothing of it"
    line = page.locator("path.line").first
    assert line.evaluate("path => getComputedStyle(path).stroke") == (
        "rgb(74, 82, 196)" if scheme == "light" else "rgb(63, 122, 184)"
    )
    context.close()


def test_a_running_page_reads_itself_again_unless_it_is_held(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context()
    running = write(tmp_path, run(0, {})[:9], None, "x").read_text(encoding="utf-8")
    ended = write(tmp_path, run(0, {})[:9], None, "x", ended=True).read_text(encoding="utf-8")
    shown, asked = {"html": running}, [0]

    def answer(route: object) -> None:
        asked[0] += 1
        route.fulfill(body=shown["html"], content_type="text/html")  # type: ignore[attr-defined]

    context.route("http://page.test/", answer)
    page = context.new_page()
    page.clock.install()
    page.goto("http://page.test/")
    with page.expect_navigation():
        page.clock.run_for(15_000)
    assert asked[0] == 2
    follow = page.get_by_role("button", name="Follow")
    follow.click()
    assert follow.get_attribute("aria-pressed") == "false"
    page.clock.run_for(60_000)
    assert asked[0] == 2, "held still"
    follow.click()
    shown["html"] = ended
    with page.expect_navigation():
        page.clock.run_for(15_000)
    assert page.get_by_role("button", name="Follow").count() == 0
    page.clock.run_for(60_000)
    assert asked[0] == 3, "what has ended rests"
    context.close()
