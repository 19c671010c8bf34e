"""The desk in a real Chromium: an editor's whole day, with and without JavaScript, and whether everybody can use it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from afterlore.app.cli import run
from afterlore.app.desk.words import words_of
from afterlore.brief.publish.edition import Edition, decode
from browser import serious
from conftest import ROOT
from desk_server import served

# On one worker, one after the other: each of them would start a browser.
pytestmark = pytest.mark.xdist_group("desk")

DAY = "2026-03-10"
WORDS = words_of("zh")


def build(out: Path) -> None:
    words = ["brief", "build", str(ROOT / "samples" / DAY), "--out", str(out), "--date", DAY, "--offline", "--quiet"]
    assert run(words) == 0


def ledger(out: Path) -> Edition:
    return decode((out / DAY / "brief.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("browser") / "out"
    build(out)
    return out


@pytest.fixture
def out(built: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "out"
    shutil.copytree(built, copy)
    return copy


@pytest.fixture
def address(out: Path) -> Iterator[str]:
    with served(out, DAY) as found:
        yield found


def titles(page: Page) -> list[str]:
    return page.locator("ol.rows .row-title").all_inner_texts()


def shows(page: Page, stories: list[str]) -> None:
    """The page tells these stories, in this order, once it has come to rest."""
    expect(page.locator("ol.rows .row-title")).to_have_text(stories)


def said(page: Page, verb: str) -> None:
    """The status line tells that it was done."""
    expect(page.locator("#status")).to_contain_text(WORDS[f"did_{verb}"].partition("{")[0])


def row(page: Page, title: str) -> str:
    """Id of the row with this title."""
    found = page.locator(".row", has=page.get_by_text(title, exact=True)).get_attribute("id")
    assert found
    return found.removeprefix("s-")


def test_a_double_click_is_one_deed(page: Page, out: Path, address: str) -> None:
    page.goto(address)
    stood = titles(page)
    page.dblclick(f"#drop-{row(page, stood[2])}")
    said(page, "drop")
    expect(page.locator("#alert")).to_be_empty()
    assert (out / DAY / "edits.jsonl").read_bytes().count(b"\n") == 1
    page.click("#undo-last")
    said(page, "undo")
    shows(page, stood)


def test_an_editors_day(page: Page, out: Path, address: str) -> None:
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(address)
    stood = titles(page)
    assert len(stood) == 10

    # Merge the second and the third.
    for title in stood[1:3]:
        page.check(f"#tick-{row(page, title)}")
    page.click("#merge-go")
    said(page, "merge")
    expect(page.locator("ol.rows .row-title")).to_have_count(10)
    merged = page.locator(".row", has=page.locator(".tag-merged")).locator(".row-title").inner_text()

    # Split one report off again: a story more.
    page.locator(".reports .tick").last.check()
    page.click("#split-go")
    said(page, "split")
    page.click("#undo-last")
    said(page, "undo")
    expect(page.locator(".tag-split")).to_have_count(0)

    # Pin the last, move it down by keyboard; the focus stays on the button.
    last = row(page, stood[8])
    page.click(f"#pin-{last}")
    said(page, "pin")
    expect(page.locator("ol.rows .row-title").nth(0)).to_have_text(stood[8])
    page.focus(f"#down-{last}")
    page.keyboard.press("Enter")
    said(page, "move_below")
    expect(page.locator("ol.rows .row-title").nth(1)).to_have_text(stood[8])
    expect(page.locator(f"#down-{last}")).to_be_focused()

    # Drop one, take it back, drop another.
    page.click(f"#drop-{row(page, stood[4])}")
    said(page, "drop")
    dropped = page.locator("ol.rows .row-title", has_text=stood[4])
    expect(dropped).to_have_count(0)
    page.click("#undo-last")
    said(page, "undo")
    expect(dropped).to_have_count(1)
    page.click(f"#drop-{row(page, stood[5])}")
    said(page, "drop")

    # Rename, with a warning for a figure that no source has; another category; a statement out; a label.
    page.get_by_role("link", name=stood[6], exact=True).click()
    page.fill("#f-title", "镜屿Air 2发布，售价77777元")
    page.click("#retitle-go")
    said(page, "retitle")
    expect(page.locator("#warning")).to_contain_text("77777")
    page.fill("#f-title", "编辑起的标题")
    page.click("#retitle-go")
    expect(page.locator("#status")).to_contain_text("编辑起的标题")
    expect(page.locator("#warning")).to_have_count(0)
    page.select_option("#f-category", "观点洞察")
    page.click("#recategorise-go")
    said(page, "recategorise")
    bullets = page.locator(".claims li:has(.label)")
    count = bullets.count()
    rejected = bullets.last.locator(".claim-text").inner_text()
    bullets.last.get_by_role("button", name=WORDS["reject"]).click()
    said(page, "reject")
    expect(bullets).to_have_count(count - 1)
    bullets.first.locator("input[name=label]").fill("改标签")
    bullets.first.get_by_role("button", name=WORDS["save"]).click()
    said(page, "relabel")

    # Why it ranks here is on the page, and a statement opens its source.
    expect(page.locator(".reasons tbody tr").first).to_be_visible()
    page.locator(".claim-tools summary").first.click()
    expect(page.locator("blockquote mark").first).to_be_visible()
    shown = titles(page)

    # Nothing is published so far; a build keeps the edits.
    assert [story.title for story in ledger(out).stories] == stood
    page.get_by_role("link", name=WORDS["changes"], exact=True).click()
    expect(page.locator("#draft .tag-went")).not_to_have_count(0)
    build(out)
    assert [story.title for story in ledger(out).stories] == shown
    page.reload()
    expect(page.locator("#draft .change")).to_have_count(0)
    expect(page.locator("#run .change")).not_to_have_count(0)
    page.get_by_role("link", name=WORDS["stories"], exact=True).click()
    shows(page, shown)
    assert merged in shown

    # Undo the last from the history, publish, verify.
    page.get_by_role("link", name=WORDS["history"], exact=True).click()
    page.locator(".history button").first.click()
    said(page, "undo")
    page.get_by_role("link", name=WORDS["review"]).click()
    page.click("#publish-go")
    said(page, "published")
    expect(page.locator(".freshness")).to_have_text(WORDS["fresh"])
    edited = next(story for story in ledger(out).stories if story.title == "编辑起的标题")
    assert (edited.title_by, edited.category) == ("editor", "观点洞察")
    assert "改标签" not in {bullet.label for bullet in edited.bullets}
    assert rejected not in {claim.text for claim in ledger(out).claims}
    assert run(["brief", "verify", str(out)]) == 0
    assert wrong == []

    # Readers see that the title is no source's.
    page.goto((out / DAY / "brief.html").as_uri())
    told = page.locator("article.story", has=page.get_by_role("heading", name="编辑起的标题"))
    expect(told.locator(".kicker")).to_contain_text("编辑拟题")


def test_without_javascript(browser: Browser, out: Path, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    stood = titles(page)
    page.click(f"#pin-{row(page, stood[3])}")
    said(page, "pin")
    expect(page.locator("ol.rows .row-title").nth(0)).to_have_text(stood[3])
    page.click("#undo-last")
    shows(page, stood)
    for title in stood[:2]:
        page.check(f"#tick-{row(page, title)}")
    page.click("#merge-go")
    said(page, "merge")
    page.get_by_role("link", name=WORDS["review"]).click()
    page.click("#publish-go")
    said(page, "published")
    shows(page, [story.title for story in ledger(out).stories])
    context.close()


def test_a_refused_deed_is_said_where_it_is_heard(page: Page, address: str) -> None:
    page.goto(address)
    page.check(f"#tick-{row(page, titles(page)[0])}")
    page.click("#merge-go")
    expect(page.get_by_role("alert")).to_contain_text(WORDS["no_two"])
    page.reload()
    expect(page.locator("ol.rows .row-title")).to_have_count(10)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_everybody_can_use_it(browser: Browser, address: str, scheme: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address)
    assert serious(page) == []
    page.locator(".row-title").nth(2).click()
    page.fill("#f-title", "标题77777元")
    page.click("#retitle-go")
    said(page, "retitle")
    page.click(f"#drop-{row(page, titles(page)[5])}")
    said(page, "drop")
    assert serious(page) == []
    for path in ("changes", "history", "learned"):
        page.goto(f"{address}{path}")
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    context.close()
