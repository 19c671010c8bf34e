"""The day's page and the archive in a real browser: what opens, what is found, what prints, who can read it."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from afterlore.app.cli import run
from afterlore.brief.publish.edition import Edition, decode
from browser import serious
from conftest import ROOT

DAYS = ("2026-03-10", "2026-03-11")
pytestmark = pytest.mark.xdist_group("page")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page") / "out"
    for day in DAYS:
        words = ["brief", "build", str(ROOT / "samples" / day), "--out", str(folder), "--date", day]
        assert run([*words, "--offline", "--quiet"]) == 0
    return folder


@pytest.fixture(scope="module")
def editions(out: Path) -> list[Edition]:
    return [decode((out / day / "brief.json").read_text(encoding="utf-8")) for day in DAYS]


def address(out: Path, name: str) -> str:
    return (out / name).as_uri()


def contexts(browser: Browser) -> list[BrowserContext]:
    return [browser.new_context(java_script_enabled=scripts) for scripts in (True, False)]


def test_a_claim_opens_its_sentence_with_and_without_scripts(
    browser: Browser, out: Path, editions: list[Edition]
) -> None:
    edition = editions[0]
    story = edition.stories[0]
    articles = {article.id: article for article in edition.articles}
    claims = {claim.id: claim for claim in edition.claims}
    told = (*story.insight, *(bullet.claim for bullet in story.bullets))
    for context in contexts(browser):
        page = context.new_page()
        page.goto(address(out, f"{DAYS[0]}/brief.html"))
        for number, claim in ((n, claims[c]) for n, c in enumerate(told, 1)):
            shown = page.locator(f"#c-{story.id}-{number}")
            marks = shown.locator("mark")
            assert not marks.first.is_visible()
            shown.locator("summary").click()
            assert [mark.inner_text() for mark in marks.all()] == [evidence.quote for evidence in claim.evidence]
            for figure, evidence in zip(shown.locator("figure").all(), claim.evidence, strict=True):
                source = articles[evidence.article]
                assert figure.is_visible()
                assert figure.locator("figcaption b").inner_text() == source.outlet
                assert figure.get_by_role("link").get_attribute("href") == source.url
                assert "+08:00" in figure.locator("time").inner_text()
                # The neighbours are those of the stored text, on both sides of the quote.
                text = (out / "sources" / f"{evidence.sha256}.txt").read_text(encoding="utf-8")
                around = figure.locator("blockquote").inner_text().replace("…", "")
                assert "".join(around.split()) in "".join(text.split())
                assert len(around) > len(evidence.quote) or text.strip() == evidence.quote
            shown.locator("summary").first.click()
            assert not marks.first.is_visible()
        context.close()


def test_keys_open_a_claim_too(page: Page, out: Path) -> None:
    page.goto(address(out, f"{DAYS[0]}/brief.html"))
    first = page.locator(".claim").first
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(first.locator("mark").first).to_be_visible()


def test_outlets_that_differ_stand_side_by_side(page: Page, out: Path, editions: list[Edition]) -> None:
    page.goto(address(out, f"{DAYS[0]}/brief.html"))
    tables = page.locator(".dispute table")
    due = [d for story in editions[0].stories for d in story.disagreements]
    assert due
    for table, disagreement in zip(tables.all(), due, strict=True):
        heads, figures = table.locator("th").all_inner_texts(), table.locator("td").all_inner_texts()
        assert len(heads) == len(figures) > 1
        for outlet, figure in disagreement.values:
            (at,) = [i for i, head in enumerate(heads) if outlet in head]
            assert figure == figures[at] or f"({figure})" in heads[at]
        assert len({(cell.bounding_box() or {})["y"] for cell in table.locator("td").all()}) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [f"{DAYS[0]}/brief.html", f"{DAYS[1]}/brief.html", "index.html"])
def test_everybody_can_read_it(browser: Browser, out: Path, scheme: str, name: str) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900})  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address(out, name))
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    assert serious(page) == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) < 200) is (scheme == "dark")
    context.close()


def test_the_toggle_carries_from_page_to_page(page: Page, out: Path) -> None:
    page.goto(address(out, f"{DAYS[0]}/brief.html"))
    scheme = "getComputedStyle(document.body).colorScheme"
    assert page.evaluate(scheme) == "light"
    page.get_by_role("button", name="深色").click()
    assert page.evaluate(scheme) == "dark"
    assert serious(page) == []
    page.get_by_role("link", name="后一期").click()
    expect(page).to_have_url(address(out, f"{DAYS[1]}/brief.html"))
    expect(page.locator("body")).to_have_css("color-scheme", "dark")


def test_from_the_archive_to_a_story_and_back_along_its_thread(
    browser: Browser, out: Path, editions: list[Edition]
) -> None:
    followed = next(story for story in editions[1].stories if story.follows)
    assert followed.follows
    for context in contexts(browser):
        page = context.new_page()
        page.goto(address(out, "index.html"))
        page.get_by_role("table").get_by_role("link", name="2026年3月11日").click()
        expect(page).to_have_url(address(out, f"{DAYS[1]}/brief.html"))
        page.get_by_role("link", name="前一期").click()
        expect(page).to_have_url(address(out, f"{DAYS[0]}/brief.html"))
        page.get_by_role("link", name="后一期").click()
        article = page.locator(f"#s-{followed.id}")
        expect(article).to_contain_text("较昨日新增")
        article.locator(".thread.back").get_by_role("link").click()
        expect(page).to_have_url(address(out, f"{DAYS[0]}/brief.html") + f"#s-{followed.follows.story}")
        earlier = page.locator(f"#s-{followed.follows.story}")
        expect(earlier.locator("h2")).to_have_text(followed.follows.title)
        expect(earlier.locator("h2")).to_be_in_viewport()
        earlier.locator(".thread.on").get_by_role("link").click()
        expect(page).to_have_url(address(out, f"{DAYS[1]}/brief.html") + f"#s-{followed.id}")
        page.get_by_role("link", name="往期").click()
        page.locator(".thread-line").get_by_role("link", name=followed.title).click()
        expect(page.locator(f"#s-{followed.id} h2")).to_be_in_viewport()
        context.close()


def test_search_and_categories_narrow_the_page_and_say_so(page: Page, out: Path, editions: list[Edition]) -> None:
    page.goto(address(out, f"{DAYS[0]}/brief.html"))
    story, n = page.locator(".story:visible"), len(editions[0].stories)
    field, said = page.get_by_role("searchbox"), page.get_by_role("status")
    field.fill("jichuan-4 霁川")
    expect(story).to_have_count(1)
    expect(said).to_have_text("显示1则")
    expect(page.locator(".contents ol li:visible")).to_have_count(1)
    field.fill("没有这样的词")
    expect(story).to_have_count(0)
    expect(said).to_have_text("没有相符的内容")
    field.fill("")
    expect(story).to_have_count(n)
    market = [s for s in editions[0].stories if s.category == "市场动态"]
    page.get_by_role("button", name=f"市场动态{len(market)}").click()
    expect(story).to_have_count(len(market))
    # A link to a story that is hidden shows it.
    hidden = next(s for s in editions[0].stories if s.category != "市场动态")
    page.evaluate("(id) => { location.hash = id; }", f"s-{hidden.id}")
    expect(page.locator(f"#s-{hidden.id} h2")).to_be_in_viewport()
    page.get_by_role("button", name="展开全部原句").click()
    expect(page.locator(".claim:not([open])")).to_have_count(0)


def test_search_in_the_archive_finds_titles_that_are_folded_away(
    page: Page, out: Path, editions: list[Edition]
) -> None:
    page.goto(address(out, "index.html"))
    last = editions[0].stories[-1]
    link = page.get_by_role("link", name=last.title)
    assert not link.is_visible()
    page.get_by_role("searchbox").fill(last.title[:6])
    expect(link).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("显示1则")


def test_without_scripts_nothing_is_missing_but_what_needs_them(browser: Browser, out: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address(out, f"{DAYS[0]}/brief.html"))
    assert page.locator(".story:visible").count() == page.locator(".story").count()
    assert page.locator("button:visible, input:visible").count() == 0
    context.close()


def test_print_holds_every_quote_and_address(page: Page, out: Path, editions: list[Edition]) -> None:
    page.goto(address(out, f"{DAYS[0]}/brief.html"))
    page.emulate_media(media="print")
    seen = page.locator("body").inner_text()
    for claim in editions[0].claims:
        for evidence in claim.evidence:
            assert evidence.quote in seen
    cited = {evidence.article for claim in editions[0].claims for evidence in claim.evidence}
    for article in editions[0].articles:
        assert article.id not in cited or article.url in seen
    assert page.locator("button:visible, input:visible, nav:visible").count() == 0
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_an_english_brief_speaks_english(page: Page, tmp_path: Path) -> None:
    shipped = (ROOT / "src" / "afterlore" / "brief" / "verticals" / "ai.toml").read_text(encoding="utf-8")
    vertical = tmp_path / "en.toml"
    vertical.write_text(shipped.replace('language = "zh"', 'language = "en"', 1), encoding="utf-8")
    for day in DAYS:
        words = ["brief", "build", str(ROOT / "samples" / day), "--out", str(tmp_path / "out"), "--date", day]
        assert run([*words, "--offline", "--quiet", "--vertical", str(vertical)]) == 0
    page.goto(address(tmp_path / "out", f"{DAYS[1]}/brief.html"))
    assert page.locator("html").get_attribute("lang") == "en"
    assert "Wednesday, 11 March 2026" in page.locator("header").first.inner_text()
    assert page.get_by_text("New since yesterday").count() > 0
    assert serious(page) == []
    ours = page.locator(".bar, .facts, .how, .badge, .tag, .why > summary, .state, .colophon, .health h2, .note")
    assert not [text for text in ours.all_inner_texts() if any("\u4e00" <= char <= "\u9fff" for char in text)]


@pytest.mark.parametrize("width", [320, 360, 768, 1024])
@pytest.mark.parametrize("name", [f"{DAYS[0]}/brief.html", "index.html"])
def test_nothing_sticks_out(browser: Browser, out: Path, width: int, name: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(address(out, name))
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    context.close()
