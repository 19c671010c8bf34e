"""A real Chromium for tests of pages: the machine's own, driven by Playwright."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

__all__ = ["browser", "chromium", "page", "serious"]

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str:
    """Path of the browser. Without one the test fails rather than skips: a page that nobody looked at is not tested."""
    found = next((path for path in map(shutil.which, _NAMES) if path), None)
    if found is None:
        pytest.fail("no browser: install the packages chromium and fonts-noto-cjk (Debian, Ubuntu), or Google Chrome")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a module; make a context of your own for another scheme, width or no scripts.

    While it is open its driver's event loop runs in this thread, where no other can: it does not outlive the module.
    """
    with sync_playwright() as playwright:
        # In a container there is no user that its own sandbox could run as, and /dev/shm is small.
        started = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page of 1280 by 900 pixels, light, with scripts."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    yield context.new_page()
    context.close()


def serious(page: Page) -> list[str]:
    """What axe finds on the page that is at least moderate: rule and the first element, one line each."""
    violations: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{found['impact']} {found['id']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for found in violations
        if found["impact"] in {"moderate", "serious", "critical"}
        for node in found["nodes"][:2]
    ]
