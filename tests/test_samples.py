"""The shipped samples are what ``samples/truth.json`` says they are: files, addresses, dates, facts, special cases."""

import html
import json
import re
from collections import Counter
from datetime import date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
import yaml

SAMPLES = Path(__file__).parents[1] / "samples"
TRUTH: dict[str, Any] = json.loads((SAMPLES / "truth.json").read_text(encoding="utf-8"))
DAYS: dict[str, dict[str, Any]] = TRUTH["days"]
ARTICLES: list[dict[str, Any]] = [article for day in DAYS.values() for article in day["articles"]]
BY_URL = {article["url"]: article for article in ARTICLES}
ZONE = ZoneInfo(TRUTH["time_zone"])
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
# The samples are fiction: none of these may be what a story is about. Latin names are matched as words: `\b` would not
# part them from Han characters.
REAL_FIRMS = re.compile(
    r"(?<![A-Za-z])(?:OpenAI|Anthropic|Google|DeepMind|Microsoft|NVIDIA|Nvidia|Apple"
    r"|Amazon|Tesla|DeepSeek|Mistral|Intel|Qualcomm)(?![A-Za-z])"
    r"|谷歌|微软|英伟达|苹果|亚马逊|特斯拉|腾讯|阿里|百度|字节跳动|华为|小米|京东|美团"
    r"|智谱|月之暗面|宇树|优必选|寒武纪|商汤|科大讯飞|快手|台积电|量子位|机器之心|新智元|极客公园"
)


def items(file: str) -> dict[str, ElementTree.Element]:
    """Items of a feed file by their link."""
    found = ElementTree.parse(SAMPLES / file).getroot().iter("item")
    return {item.findtext("link", ""): item for item in found}


def visible(text: str) -> str:
    """Markup with its scripts, styles and tags taken off and its white space removed: enough to look for a phrase."""
    text = re.sub(r"<(script|style)\b.*?</\1>", "", text, flags=re.S | re.I)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", text))).replace("**", "")


def text_of(article: dict[str, Any]) -> str:
    """Title and body of an article, as a reader would see them."""
    if article["format"] == "feed":
        item = items(article["file"])[article["url"]]
        body = item.findtext(CONTENT) or item.findtext("description", "")
        return visible(item.findtext("title", "") + "\n" + body)
    return visible((SAMPLES / article["file"]).read_text(encoding="utf-8"))


def shingles(text: str) -> set[str]:
    """Runs of five characters that hold no white space."""
    text = re.sub(r"\s+", "", text)
    return {text[i : i + 5] for i in range(len(text) - 4)}


def events() -> list[dict[str, Any]]:
    """Events of both days, in order."""
    return [event for day in DAYS.values() for event in day["events"]]


def test_there_is_enough_of_everything() -> None:
    first, second = (day["articles"] for day in DAYS.values())
    assert len(first) >= 18
    assert len(second) >= 12
    assert sum(article["language"] == "en" for article in ARTICLES) >= 4
    assert len({article["outlet"] for article in ARTICLES}) >= 7
    outlets = [{BY_URL[url]["outlet"] for url in event["articles"]} for event in events()]
    assert sum(len(names) >= 2 for names in outlets) >= 6
    assert {article["format"] for article in ARTICLES} == {"feed", "wechat", "html", "md", "txt"}
    assert {article["kind"] for article in ARTICLES} == {"news", "roundup", "notice"}
    categories = {event["categories"][0] for event in events()}
    assert categories == {"产品与商业模式", "技术前沿解读", "市场动态", "深度行业分析", "观点洞察"}
    assert len(TRUTH["disagreements"]) >= 2
    assert len(TRUTH["follow_ups"]) >= 2


def test_size_is_fit_to_ship() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) < 400_000


@pytest.mark.parametrize("day", DAYS)
def test_every_file_is_told_of_and_exists(day: str) -> None:
    told = {article["file"] for article in DAYS[day]["articles"]} | {lost["file"] for lost in DAYS[day]["unusable"]}
    assert told == {str(path.relative_to(SAMPLES)) for path in (SAMPLES / day).iterdir()}


def test_addresses_are_unique_and_invented() -> None:
    assert len(BY_URL) == len(ARTICLES)
    for url in BY_URL:
        host, path = urlsplit(url).hostname or "", urlsplit(url).path
        assert host.endswith(".example") or (host == "mp.weixin.qq.com" and path.startswith("/s/SAMPLE-")), url


@pytest.mark.parametrize("day", DAYS)
def test_articles_are_of_their_day_or_of_the_evening_before(day: str) -> None:
    midnight = datetime.combine(date.fromisoformat(day), time(), ZONE)
    for article in DAYS[day]["articles"]:
        published = datetime.fromisoformat(article["published"])
        assert midnight - timedelta(hours=6) <= published < midnight + timedelta(days=1), article["url"]


@pytest.mark.parametrize("day", DAYS)
def test_each_article_is_in_one_place(day: str) -> None:
    places = Counter(url for event in DAYS[day]["events"] for url in event["articles"])
    places.update(duplicate["url"] for duplicate in DAYS[day]["duplicates"])
    places.update(article["url"] for article in DAYS[day]["articles"] if article["kind"] != "news")
    assert places == Counter(article["url"] for article in DAYS[day]["articles"])
    kept = {url for event in DAYS[day]["events"] for url in event["articles"]}
    assert {duplicate["of"] for duplicate in DAYS[day]["duplicates"]} <= kept


@pytest.mark.parametrize("day", DAYS)
def test_feed_is_xml_and_says_what_the_truth_says(day: str) -> None:
    told = {article["url"]: article for article in DAYS[day]["articles"] if article["format"] == "feed"}
    found = items(f"{day}/feed.xml")
    assert set(found) == set(told)
    assert 6 <= len(found) <= 9
    for url, item in found.items():
        assert item.findtext("guid") == url
        assert item.findtext("title") == told[url]["title"]
        assert item.findtext(CREATOR) == told[url]["outlet"]
        assert parsedate_to_datetime(item.findtext("pubDate", "")) == datetime.fromisoformat(told[url]["published"])
    assert sum(item.findtext(CONTENT) is not None for item in found.values()) > len(found) / 2


@pytest.mark.parametrize("article", [a for a in ARTICLES if a["format"] == "md"], ids=lambda a: a["file"])
def test_front_matter_says_what_the_truth_says(article: dict[str, Any]) -> None:
    _, head, body = (SAMPLES / article["file"]).read_text(encoding="utf-8").split("---\n", 2)
    front = yaml.safe_load(head)
    assert front["url"] == article["url"]
    assert front["title"] == article["title"]
    assert front["outlet"] == article.get("outlet_stored", article["outlet"])
    assert front["published"] == datetime.fromisoformat(article["published"])
    assert body.startswith(f"# {article['title']}\n")


@pytest.mark.parametrize("article", [a for a in ARTICLES if a["format"] == "html"], ids=lambda a: a["file"])
def test_pages_carry_address_outlet_and_time(article: dict[str, Any]) -> None:
    page = (SAMPLES / article["file"]).read_text(encoding="utf-8")
    assert f'"{article["url"]}"' in page
    assert article["outlet"] in page
    assert article["published"] in page
    assert f"<h1>{article['title']}</h1>" in re.sub(r"<h1[^>]*>", "<h1>", page)


@pytest.mark.parametrize("article", [a for a in ARTICLES if a["format"] == "wechat"], ids=lambda a: a["file"])
def test_wechat_pages_have_the_structure_of_saved_ones(article: dict[str, Any]) -> None:
    page = (SAMPLES / article["file"]).read_text(encoding="utf-8")
    for mark in (
        'id="activity-name"',
        'id="js_name"',
        'id="js_content" style="visibility: hidden',
        "data-src=",
        "<title></title>",
    ):
        assert mark in page
    assert f'var nickname = htmlDecode("{article["outlet"]}");' in page
    assert f'var msg_link = "{article["url"]}";' in page
    seconds = int(datetime.fromisoformat(article["published"]).timestamp())
    assert f'var ct = "{seconds}";' in page
    assert any(f"</span>{tag}" in page for tag in ("<strong>", "<span")), "no sentence is split into spans"
    assert all(address in page.replace("&amp;", "&") for address in TRUTH["images"][article["file"]])


def test_unusable_pages_have_no_body() -> None:
    assert "该内容已被发布者删除" in visible((SAMPLES / "2026-03-10/wechat-deleted.html").read_text(encoding="utf-8"))
    page = (SAMPLES / "2026-03-11/wechat-image-only.html").read_text(encoding="utf-8")
    content = page.partition('id="js_content"')[2].partition("</div>")[0].partition(">")[2]
    assert not visible(content).strip()
    assert content.count("data-src=") == len(TRUTH["images"]["2026-03-11/wechat-image-only.html"]) == 5


@pytest.mark.parametrize("article", ARTICLES, ids=lambda a: a["url"])
def test_bodies_begin_and_end_as_told(article: dict[str, Any]) -> None:
    text = text_of(article)
    assert 0 <= text.index(article["begins"]) < text.rindex(article["ends"])


def test_quoted_facts_stand_in_their_articles() -> None:
    quoted = [value for row in TRUTH["disagreements"] for value in row["values"]]
    quoted += [value for row in TRUTH["agreements"] for value in row["texts"]]
    quoted += [value for row in TRUTH["follow_ups"] for value in row["new"] + row["old"]]
    for value in quoted:
        article = BY_URL[value["url"]]
        assert article["outlet"] == value["outlet"]
        assert value["text"] in text_of(article), value


def test_outlets_differ_where_told_and_agree_where_told() -> None:
    members = {event["id"]: set[str]() for event in events()}
    for event in events():
        members[event["id"]] |= set(event["articles"])
    for row in TRUTH["disagreements"]:
        assert len({value["value"] for value in row["values"]}) == 2
        assert {value["url"] for value in row["values"]} <= members[row["event"]]
    for row in TRUTH["agreements"]:
        assert len({value["value"] for value in row["texts"]}) == 1
        assert len({value["outlet"] for value in row["texts"]}) >= 2
        assert {value["url"] for value in row["texts"]} <= members[row["event"]]


def test_follow_ups_come_after_and_bring_something_new() -> None:
    first, second = ({event["id"]: event for event in day["events"]} for day in DAYS.values())
    for row in TRUTH["follow_ups"]:
        before = [BY_URL[url] for url in first[row["of"]]["articles"]]
        after = [BY_URL[url] for url in second[row["event"]]["articles"]]
        assert max(a["published"] for a in before) < min(a["published"] for a in after)
        known = "\n".join(text_of(article) for article in before)
        assert all(value["text"] not in known for value in row["new"])
    for row in TRUTH["repeats"]:
        assert row["of"] in first
        assert second[row["of"]]["articles"] == [row["url"]]
        # Nothing new: every figure of the repeat was told the day before.
        known = "\n".join(text_of(BY_URL[url]) for url in first[row["of"]]["articles"])
        assert set(re.findall(r"\d[\d.,]*", text_of(BY_URL[row["url"]]).partition("茶友们早")[2])) <= set(
            re.findall(r"\d[\d.,]*", known)
        )


def test_one_title_stands_on_two_different_stories() -> None:
    titles = Counter(article["title"] for article in ARTICLES)
    assert {title for title, count in titles.items() if count > 1} == {row["title"] for row in TRUTH["same_title"]}
    for row in TRUTH["same_title"]:
        homes = [event["id"] for event in events() for url in row["urls"] if url in event["articles"]]
        assert len(set(homes)) == len(row["urls"])


def test_only_the_told_duplicates_are_nearly_the_same_text() -> None:
    bodies = {}
    for article in ARTICLES:
        text = text_of(article)
        bodies[article["url"]] = shingles(text[text.index(article["begins"]) : text.rindex(article["ends"])])
    near = set()
    for one in bodies:
        for two in bodies:
            if one < two and len(bodies[one] & bodies[two]) > 0.5 * len(bodies[one] | bodies[two]):
                near.add(frozenset((one, two)))
    assert near == {frozenset((d["url"], d["of"])) for day in DAYS.values() for d in day["duplicates"]}


def test_hostile_page_is_hostile_and_the_others_are_not() -> None:
    page = (SAMPLES / TRUTH["hostile"]["file"]).read_text(encoding="utf-8")
    assert all(attack in page for attack in TRUTH["hostile"]["forbidden"] + TRUTH["hostile"]["orders"])
    assert all(fact in page for fact in TRUTH["hostile"]["facts"])
    for article in ARTICLES:
        if article["url"] != TRUTH["hostile"]["url"]:
            assert "evil.example" not in (SAMPLES / article["file"]).read_text(encoding="utf-8")


def test_no_real_firm_is_in_the_news() -> None:
    assert REAL_FIRMS.search("昨天OpenAI发布")
    assert REAL_FIRMS.search("华为发布")
    assert not REAL_FIRMS.search("Intelligence")
    for article in ARTICLES:
        assert not REAL_FIRMS.search(text_of(article)), article["url"]


def test_readme_names_every_file() -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert "Apache-2.0" in readme
    for path in [*SAMPLES.glob("2026-*/*")]:
        assert f"`{path.name}`" in readme, path.name
