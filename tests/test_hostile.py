"""Hostile articles through the real pipeline into a real browser: no script, no foreign address, no broken layout."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import hostile
from afterlore.app.cli import run
from afterlore.brief.publish.document import safe_address
from afterlore.brief.publish.edition import Edition, decode
from afterlore.web.urls import is_web
from conftest import ROOT
from test_feeds_out import ATOM, check_atom, check_json_feed, check_mail

DAY = "2026-03-10"
OWN = re.compile(
    r"(?:\.\./)?(?:index\.html|feed\.(?:xml|json)|\d{4}-\d\d-\d\d/brief\.html(?:#[\w-]+)?)|brief\.(?:md|json|eml)|#[\w-]+|data:,"
)


# The fixture is dear: one worker runs them all.
pytestmark = pytest.mark.xdist_group("hostile")


@pytest.fixture(scope="module", params=["samples", "generated"])
def out(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hostile sample among its neighbours; fifty generated articles, which are nearly all told."""
    root = tmp_path_factory.mktemp("hostile")
    source = ROOT / "samples" / DAY
    if request.param == "generated":
        source = root / "articles"
        source.mkdir()
        hostile.write(source)
    words = ["brief", "build", str(source), "--out", str(root / "out"), "--date", DAY, "--offline", "--quiet"]
    assert run([*words, "--top", "50"]) == 0
    return root / "out"


@pytest.fixture(scope="module")
def edition(out: Path) -> Edition:
    return decode((out / DAY / "brief.json").read_text(encoding="utf-8"))


def allowed(edition: Edition) -> set[str]:
    return {address for a in edition.articles if is_web(address := safe_address(a.url))}


def test_the_attacks_arrive(edition: Edition, out: Path) -> None:
    """What never reached a page would prove nothing."""
    if edition.vertical and len(edition.stories) < 20:
        return
    page = (out / DAY / "brief.html").read_text(encoding="utf-8")
    for sign in ("&lt;script&gt;canary()", "onerror=canary()", "{{ 7*7 }}", "javascript:canary", "W" * 500, "]]&gt;"):
        assert sign in page, sign
    assert any("canary" in story.title for story in edition.stories)
    assert any("foreign.test" in claim.text for claim in edition.claims)


@pytest.mark.parametrize("name", [f"{DAY}/brief.html", "index.html", "mail"])
def test_nothing_runs_and_nothing_is_asked_for(browser: Browser, out: Path, edition: Edition, name: str) -> None:
    if name == "mail":
        html = check_mail((out / DAY / "brief.eml").read_bytes()).get_body(("html",)).get_content()  # type: ignore[union-attr]
        (out / "mail.html").write_text(html, encoding="utf-8")
        name = "mail.html"
    context = browser.new_context(viewport={"width": 360, "height": 800})
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.add_init_script("window.canary = () => { window.canaryRan = true; }")
    page.goto((out / name).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    for link in page.locator("a, summary, input, button").all()[:400:7]:
        link.dispatch_event("mouseover")
        link.dispatch_event("focus")
    assert page.evaluate("window.canaryRan") is None
    assert asked == [(out / name).as_uri()]
    assert said == []
    hrefs = page.evaluate(
        "[...document.querySelectorAll('[href], [src], [action], [cite]')].map((e) => "
        "e.getAttribute('href') ?? e.getAttribute('cite') ?? e.getAttribute('src') ?? 'action')"
    )
    assert {href for href in hrefs if href not in allowed(edition) and not OWN.fullmatch(href)} == set()
    handlers = "[...document.querySelectorAll('*')].flatMap((e) => e.getAttributeNames()).filter((n) => /^on/.test(n))"
    assert page.evaluate(handlers) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.querySelectorAll('iframe, object, embed, base, form, svg, math, img').length") == 0
    seen = page.locator("body").inner_text()
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff\x00-\x08]", seen)
    context.close()


class _Text(HTMLParser):
    """Collects tags, to see that text stayed text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.add(tag)


def test_feeds_and_mail_stay_well_formed(out: Path, edition: Edition) -> None:
    root = check_atom((out / "feed.xml").read_text(encoding="utf-8"))
    links = {str(link.get("href")) for link in root.iter(f"{ATOM}link")}
    assert {link for link in links if link not in allowed(edition) and not OWN.fullmatch(link)} == set()
    feed = check_json_feed((out / "feed.json").read_text(encoding="utf-8"))
    for item in json.loads(json.dumps(feed))["items"]:
        parser = _Text()
        parser.feed(item["content_html"])
        assert parser.tags <= {"p", "ul", "li", "b", "em", "a", "span"}
    message = check_mail((out / DAY / "brief.eml").read_bytes())
    assert "\n" not in str(message["Subject"])
    assert message["Bcc"] is None


def test_the_folder_verifies(out: Path) -> None:
    assert run(["brief", "verify", str(out)]) == 0
