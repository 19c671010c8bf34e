"""Take the pictures of the docs: build what they show from the samples and look at it with the browser of the tests.

Run it as ``make screenshots``. A further picture is a line in ``SHOTS``; what is served rather than lying in the folder
brings its own address (``Shot.serve``).
"""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, ViewportSize, sync_playwright

from afterlore.brief.pipeline import Request, build
from afterlore.brief.vertical import load_vertical
from afterlore.core import Silent

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
DAYS = ("2026-03-10", "2026-03-11")
WIDE: ViewportSize = {"width": 1180, "height": 880}
PHONE: ViewportSize = {"width": 390, "height": 844}
LIMIT = 400_000
"""Bytes of a picture at most."""


@dataclass(frozen=True)
class Shot:
    """One picture: where to look, how, and what to do first."""

    name: str
    page: str
    """Relative to the publication folder, or to the address that ``serve`` gives."""
    window: ViewportSize
    scheme: Literal["light", "dark"] = "light"
    prepare: Callable[[Page], None] = lambda _: None
    serve: Callable[[Path], AbstractContextManager[str]] = lambda folder: nullcontext(f"{folder.as_uri()}/")


def _open_second(page: Page) -> None:
    page.locator(".insight .claim > summary").nth(1).click()
    page.mouse.move(0, 0)


def _to_thread(page: Page) -> None:
    story = page.locator(".story:has(.thread.back)").first
    story.locator(".bullets .claim > summary").first.click()
    page.mouse.move(0, 0)
    page.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
    story.evaluate("(element) => { scrollTo(0, element.getBoundingClientRect().top + scrollY - 16); }")


def _to_dispute(page: Page) -> None:
    page.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
    page.locator(".story").first.evaluate(
        "(element) => { scrollTo(0, element.getBoundingClientRect().top + scrollY - 16); }"
    )


@contextmanager
def _desk(folder: Path) -> Iterator[str]:
    words = ["brief", "review", str(folder), "--date", DAYS[0], "--port", "0", "--no-open"]
    command = [sys.executable, "-m", "afterlore.app", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield next(word for word in process.stdout.readline().split() if word.startswith("http"))
        process.send_signal(signal.SIGINT)


def _edit(page: Page) -> None:
    rows = page.locator("ol.rows .row")
    rows.nth(4).get_by_role("button", name="置顶").click()
    page.locator("#status", has_text="置顶").wait_for()
    rows.nth(7).get_by_role("button", name="移除").click()
    page.locator("#status", has_text="移除").wait_for()
    rows.nth(1).locator(".row-title").click()
    page.fill("#f-title", "霁川智能推出Jichuan-4，API降价73%")
    page.click("#retitle-go")
    page.locator("#status", has_text="改标题").wait_for()
    page.mouse.move(0, 0)


@contextmanager
def _replay(folder: Path) -> Iterator[str]:
    """A search of the shipped corpus in rounds, and its replay."""
    question = "In which town was the founder of the company that makes the Lumen-4 buoy born?"
    corpus = str(ROOT / "samples" / "research" / "corpus")
    rounds = ["--rounds", "4", "--budget", "calls=40,depth=3"]
    data = ["--data-dir", str(folder / "research")]
    afterlore = [sys.executable, "-m", "afterlore.app"]
    asked = subprocess.run(
        [*afterlore, "ask", question, "--corpus", corpus, "--model", "scripted", *rounds, *data, "--json"],
        stdout=subprocess.PIPE,
        check=True,
    )
    page = ["--out", str(folder / "replay.html"), "--json"]
    subprocess.run(
        [*afterlore, "runs", "replay", json.loads(asked.stdout)["run"], *data, *page],
        stdout=subprocess.DEVNULL,
        check=True,
    )
    yield f"{folder.as_uri()}/"


SHOTS = (
    Shot("brief-light", f"{DAYS[0]}/brief.html", WIDE, prepare=_open_second),
    Shot("brief-dark", f"{DAYS[1]}/brief.html", WIDE, scheme="dark", prepare=_to_thread),
    Shot("brief-phone", f"{DAYS[0]}/brief.html", PHONE, prepare=_to_dispute),
    Shot("desk", "", {"width": 1260, "height": 760}, prepare=_edit, serve=_desk),
    Shot("replay", "replay.html", {"width": 1180, "height": 1000}, serve=_replay),
)


def main() -> int:
    """Take the pictures named on the command line, or all."""
    browser_path = next(
        (path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None
    )
    if browser_path is None:
        sys.stderr.write("no browser: install the packages chromium, fonts-noto-cjk and fonts-noto-color-emoji\n")
        return 2
    wanted = [shot for shot in SHOTS if not sys.argv[1:] or shot.name in sys.argv[1:]]
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name) / "out"
        for day in DAYS:
            source = str(ROOT / "samples" / day)
            build(Request.of([source], out=folder, vertical=load_vertical("ai"), date=day, offline=True), Silent())
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for shot in wanted:
            with shot.serve(folder) as address:
                context = browser.new_context(
                    viewport=shot.window,
                    color_scheme=shot.scheme,
                    device_scale_factor=2 if shot.window is PHONE else 1.25,
                )
                page = context.new_page()
                page.goto(address + shot.page)
                shot.prepare(page)
                path = IMAGES / f"{shot.name}.png"
                page.screenshot(path=path)
                context.close()
            size = path.stat().st_size
            sys.stdout.write(f"{path.relative_to(ROOT)}: {size:,} bytes\n")
            if size > LIMIT:
                sys.stderr.write(f"{path.name} is larger than {LIMIT:,} bytes\n")
                return 1
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
