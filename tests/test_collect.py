"""Collecting: feeds, lists of feeds, sitemaps, pages, folders and files, good and bad."""

import gzip
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.brief.article import Drop
from afterlore.brief.gather.collect import Item, SourceHealth, collect
from afterlore.brief.gather.feed_outlets import Byline, looks_like_person, outlets
from afterlore.brief.gather.feeds import kind_of, parse_feed, parse_json_feed
from afterlore.brief.gather.listings import parse_opml, parse_sitemap
from afterlore.brief.gather.markdown_files import read_markdown, read_plain
from afterlore.brief.gather.moments import moment
from afterlore.core import InputError
from afterlore.web.cache import MemoryCache
from afterlore.web.fetch import Fetcher, Limits
from loopback import HTML, Headers, Reply, Site, serve

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 6, 8, tzinfo=ZONE)
END = datetime(2026, 6, 9, 23, 59, 59, tzinfo=ZONE)
SENTENCE = "星舟科技今天发布了第三代推理芯片，功耗只有上一代的一半，首批客户已经拿到样片。"
LONG = "".join(f"<p>{SENTENCE}</p>" for _ in range(16))
PAGE = f"<!DOCTYPE html><html><head><title>芯片</title></head><body><article>{LONG}</article></body></html>"
QUICK = Limits(host_delay=0.0, read_seconds=5.0, total_seconds=20.0)


@pytest.fixture
def site() -> Iterator[Site]:
    yield from serve()


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(allow_hosts=["127.0.0.1"], limits=QUICK, sleep=lambda _: None) as made:
        yield made


class Result:
    """What one run collected, sorted by type."""

    def __init__(self, sources: Sequence[str | Path], fetcher: Fetcher | None = None, **options: object) -> None:
        self.all = list(
            collect(
                [str(source) for source in sources],
                fetcher=fetcher,
                window_start=START,
                window_end=END,
                **options,  # type: ignore[arg-type]
            )
        )
        self.items = [found for found in self.all if isinstance(found, Item)]
        self.drops = [found for found in self.all if isinstance(found, Drop)]
        self.health = [found for found in self.all if isinstance(found, SourceHealth)]

    @property
    def reasons(self) -> Counter[str]:
        return Counter(drop.reason for drop in self.drops)


def rss(*items: str, title: str = "星舟新闻", link: str = "https://news.example/") -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>{title}</title><link>{link}</link>{''.join(items)}</channel></rss>"
    )


def entry(
    url: str = "https://news.example/1",
    title: str = "新芯片",
    date: str = "Tue, 09 Jun 2026 09:00:00 +0800",
    description: str = "",
    content: str = "",
    author: str = "",
    source: str = "",
) -> str:
    return (
        f"<item><title>{title}</title><link>{url}</link><pubDate>{date}</pubDate>"
        f"<description><![CDATA[{description}]]></description>"
        + (f"<content:encoded><![CDATA[{content}]]></content:encoded>" if content else "")
        + (f"<dc:creator>{author}</dc:creator>" if author else "")
        + (f'<source url="https://s.example/feed">{source}</source>' if source else "")
        + "</item>"
    )


def feed_reply(text: str) -> Reply:
    return 200, {"Content-Type": "application/rss+xml"}, text.encode()


# -- feeds ---------------------------------------------------------------------------------------


def test_rss_with_whole_contents() -> None:
    feed = parse_feed(rss(entry(content=LONG, description="提要", author="李明")), "", ZONE)
    (found,) = feed.entries
    assert feed.title == "星舟新闻"
    assert (found.url, found.title, found.author, found.outlet) == (
        "https://news.example/1",
        "新芯片",
        "李明",
        "星舟新闻",
    )
    assert found.published == datetime(2026, 6, 9, 9, tzinfo=timezone(timedelta(hours=8)))
    assert found.html == LONG
    assert not found.summary_only


def test_markup_is_neither_sanitised_nor_rewritten() -> None:
    markup = f'<section data-x="1"><img data-src="/a.png"><span style="color:red">甲</span><br>乙</section>{LONG}'
    feed = parse_feed(rss(entry(content=markup)), "https://news.example/feed", ZONE)
    assert feed.entries[0].html == markup


def test_a_long_description_is_the_text_and_a_short_one_a_teaser() -> None:
    feed = parse_feed(rss(entry(description=LONG), entry(description=f"<p>{SENTENCE}</p>")), "", ZONE)
    assert [found.summary_only for found in feed.entries] == [False, True]


@pytest.mark.parametrize("end", ["……", "[…]", "阅读全文", "Read more »", "The post Chips appeared first on Starboat."])
def test_a_cut_text_is_a_teaser(end: str) -> None:
    feed = parse_feed(rss(entry(content=f"<p>{SENTENCE * 3}</p><p>{end}</p>")), "", ZONE)
    assert feed.entries[0].summary_only


def test_text_without_tags_becomes_paragraphs() -> None:
    feed = parse_feed(rss(entry(content=f"{SENTENCE}\n\n功耗 < 5 瓦\n{SENTENCE * 2}")), "", ZONE)
    assert feed.entries[0].html == f"<p>{SENTENCE}</p>\n<p>功耗 &lt; 5 瓦</p>\n<p>{SENTENCE * 2}</p>"


ATOM = f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">Starboat &amp;amp; Co</title>
<link rel="self" href="https://b.example/feed.xml"/><link href="/blog/" />
<entry><title>New <![CDATA[<b>chip</b>]]></title><id>tag:b.example,2026:1</id><link rel="edit" href="https://b.example/edit"/>
<link href="/blog/chip"/><updated>2026-06-09T02:00:00Z</updated><author><name>Ann Lee</name></author>
<content type="html">{LONG.replace("<", "&lt;")}</content></entry></feed>"""


def test_atom() -> None:
    feed = parse_feed(ATOM, "https://b.example/feed.xml", ZONE)
    (found,) = feed.entries
    assert feed.title == "Starboat & Co"
    assert (found.url, found.title, found.author) == ("https://b.example/blog/chip", "New chip", "Ann Lee")
    assert found.outlet == "Starboat & Co"
    assert found.published == datetime(2026, 6, 9, 2, tzinfo=UTC)
    assert found.html == LONG


def test_rdf() -> None:
    text = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Old News</title>
    <link>https://o.example/</link></channel><item><title>A</title><link>https://o.example/a</link>
    <dc:date>2026-06-09T10:00:00+08:00</dc:date></item></rdf:RDF>"""
    (found,) = parse_feed(text, "", ZONE).entries
    assert (found.outlet, found.published) == ("Old News", datetime(2026, 6, 9, 2, tzinfo=UTC))


def test_json_feed() -> None:
    text = json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Starboat",
            "home_page_url": "https://b.example/",
            "items": [
                {
                    "id": 1,
                    "url": "/a",
                    "title": "A",
                    "content_html": LONG,
                    "date_published": "2026-06-09T10:00:00+08:00",
                },
                {"id": "https://b.example/b", "content_text": "短\n讯", "authors": [{"name": "Ann"}, {}]},
            ],
        }
    )
    assert kind_of(text) == "json_feed"
    feed = parse_json_feed(text, "https://b.example/feed.json", ZONE)
    assert [(found.url, found.outlet, found.summary_only) for found in feed.entries] == [
        ("https://b.example/a", "Starboat", False),
        ("https://b.example/b", "Starboat", True),
    ]
    assert feed.entries[1].html == "<p>短</p>\n<p>讯</p>"
    assert feed.entries[1].author == "Ann"


@pytest.mark.parametrize("text", ["", "hello", "<html><body>Not a feed</body></html>", "<a>", "<rss", "{}", "<x/>"])
def test_what_is_no_feed_is_an_input_error(text: str) -> None:
    with pytest.raises(InputError, match="not"):
        parse_feed(text, "", ZONE)
    with pytest.raises(InputError, match="JSON Feed"):
        parse_json_feed(text, "", ZONE)


def test_entities_of_its_own_are_refused() -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    with pytest.raises(InputError, match="entities"):
        parse_feed(
            f'<?xml version="1.0"?>{laughs}<rss version="2.0"><channel><title>&b;</title></channel></rss>', "", ZONE
        )
    with pytest.raises(InputError, match="entities"):
        parse_sitemap(f"{laughs}<urlset><url><loc>&b;</loc></url></urlset>", ZONE)
    with pytest.raises(InputError, match="entities"):
        parse_opml(f'{laughs}<opml><body><outline xmlUrl="https://a.example/"/></body></opml>')


def test_what_feeds_really_send_is_repaired() -> None:
    broken = f"""<?xml version="1.0"?>
    <rss version="2.0"><channel><title>R&D &mdash; 星舟\x0b</title><link>https://news.example/</link>
    <item><title>A &lt; B&nbsp;& C</title><link>https://news.example/1?a=1&b=2</link><dc:creator>Ann</dc:creator>
    <content:encoded><![CDATA[<p>甲 &amp; 乙</p>{LONG}]]></content:encoded></item>
    <item><title>二</title><link>https://news.example/2</link><description>cut off in the mid"""
    feed = parse_feed(broken, "", ZONE)
    assert feed.title == "R&D — 星舟"
    first, second = feed.entries
    assert (first.title, first.url, first.author) == ("A < B & C", "https://news.example/1?a=1&b=2", "Ann")
    assert first.html == f"<p>甲 &amp; 乙</p>{LONG}"
    assert second.title == "二"


@pytest.mark.parametrize(
    "text",
    [
        '<rss version="2.0"><channel>' + "<item>" * 200_000,
        '<rss version="2.0"><channel>' + "<a " * 500_000,
        '<rss version="2.0"><channel><item><title>' + "<" * 1_000_000 + "</title></item></channel></rss>",
        '<rss version="2.0"><channel>' + "<a/>" * 500_000 + "</channel></rss>",
        rss(entry(content="<script" * 300_000)),
        rss(entry(content="<" * 1_000_000, title="&lt;" * 100_000)),
    ],
    ids=["open", "attributes", "angles", "elements", "scripts", "content"],
)
def test_hostile_feeds_take_no_time(text: str) -> None:
    before = time.process_time()
    with suppress(InputError):
        parse_feed(text, "", ZONE)
    # Generous: each takes well under a second, and took minutes where the time grew with the square of the length.
    assert time.process_time() - before < 10


def test_nothing_outside_is_read_through_a_doctype(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    text = f'<!DOCTYPE r SYSTEM "{secret.as_uri()}"><urlset><url><loc>https://a.example/</loc></url></urlset>'
    assert "hunter2" not in repr(parse_sitemap(text, ZONE))


@given(st.text(st.sampled_from("<>/!?[]&;=\"'abrsfeditmlinkCDATA-: \n中{}"), max_size=120))
def test_hostile_feeds_raise_nothing_but_input_errors(rubbish: str) -> None:
    for text in (rubbish, rss(rubbish), rss(entry(content=rubbish, title=rubbish, date=rubbish)), f"<opml>{rubbish}"):
        for parse in (
            lambda text: parse_feed(text, "https://a.example/", ZONE),
            lambda text: parse_json_feed(text, "", ZONE),
            parse_opml,
            lambda text: parse_sitemap(text, ZONE),
        ):
            with suppress(InputError):
                parse(text)


# -- outlets -------------------------------------------------------------------------------------

WECHAT = "https://mp.weixin.qq.com/s/{}"


def named(title: str, site: str, *entries: tuple[str, str | None] | tuple[str, str | None, str]) -> list[str | None]:
    return outlets(title, site, [Byline(each[0], each[1], each[2] if len(each) > 2 else "") for each in entries])


def test_a_feed_of_many_accounts_names_them_by_author() -> None:
    entries = [(WECHAT.format(n), name) for n, name in enumerate(["星舟观察", "量子日报", "机器时报", "雷锋"])]
    for title in ("公众号合集", "WeWe-RSS All", "我的订阅", "AI 阅读"):
        assert named(title, "https://rss.home.example/", *entries) == ["星舟观察", "量子日报", "机器时报", "雷锋"]


def test_the_feed_of_one_account_is_named_by_its_title() -> None:
    home = "https://rss.home.example/"
    assert named("星舟观察", home, (WECHAT.format(1), "李明"), (WECHAT.format(2), "王芳")) == ["星舟观察"] * 2
    assert named("星舟观察", home, (WECHAT.format(1), "星舟观察"), (WECHAT.format(2), "看见下一程")) == ["星舟观察"] * 2
    assert named("星舟观察", home, (WECHAT.format(1), "看见下一程")) == ["星舟观察"]
    assert named("星舟观察 - 微信公众号", home, (WECHAT.format(1), "星舟观察")) == ["星舟观察"]


def test_people_are_no_outlets() -> None:
    entries = [("https://news.example/1", "Ann Lee"), ("https://news.example/2", "Bo Chen")]
    assert named("Starboat News", "https://www.news.example/", *entries) == ["Starboat News"] * 2
    assert named("Starboat News", "https://proxy.example/", *entries) == ["Starboat News"] * 2
    assert named("公众号合集", "", (WECHAT.format(1), "李明"), (WECHAT.format(2), "王小芳")) == [None, None]


def test_the_source_element_wins() -> None:
    entries = [("https://news.google.com/1", None, "星舟网"), ("https://news.google.com/2", None, "Daily Boat")]
    assert named("chips - Search", "https://news.google.com/search", *entries) == ["星舟网", "Daily Boat"]


def test_links_to_many_sites_without_names_leave_the_outlet_to_the_page() -> None:
    entries = [("https://a.example/1", None), ("https://b.test/2", None)]
    assert named("Link list", "https://list.invalid/", *entries) == [None, None]


@pytest.mark.parametrize(
    ("title", "site", "expected"),
    [
        ("星舟 - 最新资讯", "https://starboat.example/", "星舟"),
        ("最新文章 | 星舟网", "https://starboat.example/", "星舟网"),
        ("AI | The Boat", "https://www.theboat.example/ai", "The Boat"),
        ("Starboat » Feed", "https://starboat.example", "Starboat"),
        ("RSS", "https://starboat.example", "RSS"),
        ("Boat-News", "https://starboat.example", "Boat-News"),
    ],
)
def test_sections_and_slogans_are_no_part_of_the_name(title: str, site: str, expected: str) -> None:
    assert named(title, site, (f"{site}/1", None)) == [expected]


@pytest.mark.parametrize(
    "name", ["张三", "李小明", "欧阳锋", "Ann Lee", "Ann M. Lee", "杜明、陈萍", "Ann Lee and Bo Chen"]
)
def test_people(name: str) -> None:
    assert looks_like_person(name)


@pytest.mark.parametrize(
    "name", ["智能周报", "星舟科技", "雷锋网", "钱塘日报", "The Boat", "Boat Review", "boat.example", "36号"]
)
def test_outlets_are_no_people(name: str) -> None:
    assert not looks_like_person(name)


# -- dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tue, 09 Jun 2026 11:30:49 +0800", "2026-06-09T11:30:49+08:00"),
        ("Tue, 09 Jun 2026 03:30:49 GMT", "2026-06-09T03:30:49+00:00"),
        ("Tue, 09 Jun 2026 11:30:49 CST", "2026-06-09T11:30:49+08:00"),
        ("Tue Jun 09 11:30:49 CST 2026", "2026-06-09T11:30:49+08:00"),
        ("Tue, 09 Jun 2026 11:30:49 -0000", "2026-06-09T11:30:49+00:00"),
        ("9 Jun 2026", "2026-06-09T00:00:00+08:00"),
        ("2026-06-09", "2026-06-09T00:00:00+08:00"),
        ("2026-06-09T03:30:49Z", "2026-06-09T03:30:49+00:00"),
        ("2026年6月9日 下午3:05", "2026-06-09T15:05:00+08:00"),
        ("2026/6/9 11:30:02", "2026-06-09T11:30:02+08:00"),
        ("31 Feb 2026 10:00:00 GMT", None),
        ("昨天", None),
        ("", None),
        ("0001-01-01", None),
    ],
)
def test_moments(text: str, expected: str | None) -> None:
    found = moment(text, ZONE)
    assert (found.isoformat() if found else None) == expected


@given(st.text(max_size=40))
def test_any_text_is_a_moment_or_none(text: str) -> None:
    found = moment(text, ZONE)
    assert found is None or found.tzinfo is not None


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), st.integers(-720, 840))
def test_a_moment_survives_its_own_spelling(when: datetime, minutes: int) -> None:
    exact = when.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    assert moment(exact.isoformat(), ZONE) == exact
    assert moment(exact.strftime("%Y-%m-%d %H:%M:%S %z"), ZONE) == exact


# -- folders and files ---------------------------------------------------------------------------

NOTE = f"""---
url: https://mp.weixin.qq.com/s/abc?scene=1
title: "芯片：新的一代"
published: 2026-06-09T10:00:00+08:00
outlet: 星舟观察
---
# 芯片：新的一代

> 原文链接：https://mp.weixin.qq.com/s/abc
> 公众号：李明

{SENTENCE}
"""


def test_a_folder_of_many_kinds(tmp_path: Path) -> None:
    folder = tmp_path / "day"
    (folder / "b").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "x.md").write_text(NOTE)
    (folder / "a.md").write_text(NOTE)
    (folder / "b" / "page.html").write_bytes(PAGE.encode("gb18030"))
    (folder / "b" / "page.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    (folder / "c.txt").write_text(SENTENCE)
    (folder / "feed.xml").write_text(rss(entry(content=LONG)))
    (folder / "list.json").write_text('{"a": 1}')
    (folder / "p.png").write_bytes(b"\x89PNG")
    (folder / "q.png").write_bytes(b"\x89PNG")
    result = Result([folder])
    assert [(item.source, item.address, item.kind) for item in result.items] == [
        ("day", "https://mp.weixin.qq.com/s/abc", "markdown"),
        ("day", "b/page.html", "html"),
        ("day", "b/page.html.gz", "html"),
        ("day", "c.txt", "text"),
        ("day/feed.xml", "https://news.example/1", "feed"),
    ]
    note, page = result.items[0], result.items[1]
    assert (note.title, note.outlet, note.outlet_stored, note.path) == ("芯片：新的一代", "星舟观察", "李明", "a.md")
    assert note.published == datetime(2026, 6, 9, 2, tzinfo=UTC)
    assert note.body.startswith("# 芯片")
    assert page.body == PAGE
    assert [(health.source, health.state, health.items) for health in result.health] == [
        ("day", "ok", 4),
        ("day/feed.xml", "ok", 1),
    ]
    assert "2 .png" in result.health[0].detail
    assert str(tmp_path) not in "".join(repr(found) for found in result.all)


def test_the_bad_files_are_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "day"
    folder.mkdir()
    (folder / "1-good.md").write_text(NOTE)
    (folder / "2-big.html").write_bytes(b"<p>x</p>" * (5 * 1024 * 1024))
    (folder / "3-bomb.html.gz").write_bytes(gzip.compress(b"\0" * 50_000_000))
    (folder / "4-half.html.gz").write_bytes(gzip.compress(PAGE.encode())[:-20])
    (folder / "5-binary.txt").write_bytes(b"\x00\x01\x02" * 100)
    (folder / "6-empty.txt").write_bytes(b" \n")
    (folder / "7-matter.md").write_text("---\ntitle: 芯片: [新\n---\n正文\n")
    (folder / "8-not.xml").write_text("sorry, the server is down")
    (folder / "9-old.md").write_text("---\ndate: 2026-05-01\n---\n正文\n")
    (folder / "9-tomorrow.md").write_text("---\ndate: 2027-05-01\n---\n正文\n")
    result = Result([folder])
    assert [item.path for item in result.items] == ["1-good.md"]
    assert {drop.item: drop.reason for drop in result.drops} == {
        "2-big.html": "size",
        "3-bomb.html.gz": "size",
        "4-half.html.gz": "damaged",
        "5-binary.txt": "binary",
        "6-empty.txt": "empty",
        "7-matter.md": "front-matter",
        "9-old.md": "old",
        "9-tomorrow.md": "future",
    }
    assert all(drop.fix for drop in result.drops if drop.reason not in ("old", "future"))
    assert [(health.source, health.state) for health in result.health] == [("day", "ok"), ("day/8-not.xml", "failed")]
    assert "the server is down" in result.health[1].detail


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_links_are_not_followed_out_of_the_folder(tmp_path: Path) -> None:
    folder, outside = tmp_path / "day", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "secret.md").write_text("secret")
    (folder / "real.txt").write_text(SENTENCE)
    (folder / "inside.txt").symlink_to(folder / "real.txt")
    (folder / "leak.md").symlink_to(outside / "secret.md")
    (folder / "leaks").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.md")
    result = Result([folder])
    assert [item.path for item in result.items] == ["inside.txt", "real.txt"]
    assert [(drop.item, drop.reason) for drop in result.drops] == [("leak.md", "link")]
    assert "linked folder" in result.health[0].detail


def test_an_empty_folder_and_a_missing_path(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = Result([tmp_path / "empty", tmp_path / "missing", "ftp://a.example/x", tmp_path / "bad\0name"])
    assert [(health.source, health.state) for health in result.health] == [
        ("empty", "empty"),
        ("missing", "failed"),
        ("ftp://a.example/x", "failed"),
        ("bad\0name", "failed"),
    ]
    assert all(health.fix for health in result.health)
    assert str(tmp_path) not in repr(result.health)


def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (tmp_path / "a.md").write_text(NOTE)
    (tmp_path / "a.md").chmod(0)
    assert Result([tmp_path]).reasons == {"unreadable": 1}


def test_single_files(tmp_path: Path) -> None:
    note, feed, other = tmp_path / "n.md", tmp_path / "f.rss", tmp_path / "x.pdf"
    note.write_text(NOTE)
    feed.write_text(rss(entry(content=LONG)))
    other.write_bytes(b"%PDF")
    result = Result([note, feed, other, note])
    assert [item.source for item in result.items] == ["n.md", "f.rss"]
    assert [(health.kind, health.state) for health in result.health] == [
        ("file", "ok"),
        ("feed", "ok"),
        ("file", "failed"),
    ]


def test_folders_of_one_name_keep_apart(tmp_path: Path) -> None:
    for parent in "ab":
        (tmp_path / parent / "day").mkdir(parents=True)
        (tmp_path / parent / "day" / "n.txt").write_text(SENTENCE + parent)
    result = Result([tmp_path / "a" / "day", tmp_path / "b" / "day"])
    assert [item.source for item in result.items] == ["day", "day (2)"]


def test_markdown_without_front_matter() -> None:
    text = f"# 芯片\n\n> 原文链接：[看](https://a.example/1?utm_source=x)\n> 公众号：星舟观察\n\n{SENTENCE}\n"
    saved = read_markdown(text, ZONE)
    assert saved == (text, "https://a.example/1", "芯片", None, "星舟观察", None, None)


def test_an_account_that_slipped_to_the_next_line() -> None:
    saved = read_markdown(f"# 芯片\n\n> 公众号：\n\n星舟编辑室\n\n{SENTENCE}", ZONE)
    assert saved.outlet_stored == "星舟编辑室"
    assert read_markdown(f"# 芯片\n\n> 公众号：\n\n{SENTENCE}", ZONE).outlet_stored is None


def test_front_matter_keeps_words_as_they_are() -> None:
    saved = read_markdown("---\r\ntitle: No\r\ndate: 2026-06-09 10:00\r\nauthor: [甲, 乙]\r\n---\r\n正文", ZONE)
    assert (saved.title, saved.author, saved.body) == ("No", "甲, 乙", "正文")
    assert saved.published == datetime(2026, 6, 9, 10, tzinfo=ZONE)


def test_a_rule_is_no_front_matter() -> None:
    assert read_markdown("---\n一段话\n---\n正文", ZONE).body == "---\n一段话\n---\n正文"


@pytest.mark.parametrize(
    "text",
    [
        "---\na: [\n---\nx",
        "---\n" + "[" * 20000 + "\n---\nx",
        "---\na: " + "b" * 70000 + "\n---\nx",
        "---\na: !!x\n - *b\n---\n",
    ],
)
def test_bad_front_matter_is_an_input_error(text: str) -> None:
    with pytest.raises(InputError, match="front matter"):
        read_markdown(text, ZONE)


@given(st.text(max_size=200))
def test_any_markdown_is_read_or_an_input_error(text: str) -> None:
    for head in ("", "---\n", "---\ntitle: "):
        with suppress(InputError):
            read_markdown(f"{head}{text}\n---\n正文", ZONE)


# -- the web -------------------------------------------------------------------------------------


def test_a_feed_over_http_and_the_pages_of_its_teasers(site: Site, fetcher: Fetcher) -> None:
    site.routes["/feed"] = feed_reply(
        rss(
            entry(site.url("/full"), "全文", content=LONG),
            entry(site.url("/teaser?utm_source=rss"), "提要", description=f"<p>{SENTENCE}</p>"),
            entry(site.url("/gone"), "失效", description=f"<p>{SENTENCE}</p>"),
            entry(site.url("/nothing"), "空"),
            entry(site.url("/old"), "旧闻", date="Mon, 01 Jun 2026 09:00:00 +0800"),
            entry(site.url("/later"), "未来", date="Mon, 01 Jun 2027 09:00:00 +0800"),
            link=site.url("/"),
        )
    )
    site.routes["/teaser?utm_source=rss"] = (200, HTML, PAGE.encode())
    result = Result([site.url("/feed")], fetcher)
    assert [(item.title, item.kind, item.summary_only) for item in result.items] == [
        ("全文", "feed", False),
        ("提要", "html", False),
        ("失效", "feed", True),
    ]
    page = result.items[1]
    assert (page.body, page.outlet, page.url) == (PAGE, "星舟新闻", site.url("/teaser"))
    assert page.summary == f"<p>{SENTENCE}</p>"
    assert page.retrieved is not None
    assert result.reasons == {"unreachable": 1, "old": 1, "future": 1}
    (health,) = result.health
    assert (health.state, health.items, health.title) == ("ok", 3, "星舟新闻")
    assert "2 of 3 pages could not be fetched, 1 of them" in health.detail
    assert health.newest == datetime(2027, 6, 1, 9, tzinfo=ZONE)
    assert site.asked("/old") == site.asked("/later") == site.asked("/full") == 0


def test_a_second_run_against_a_304_server_fetches_no_body(site: Site) -> None:
    def tagged(body: bytes) -> Callable[[Site, Headers], Reply]:
        def route(_: Site, headers: Headers) -> Reply:
            return (304, {}, b"") if headers.get("if-none-match") == '"1"' else (200, {**HTML, "ETag": '"1"'}, body)

        return route

    site.routes["/feed"] = tagged(rss(entry(site.url("/a"), description="<p>短</p>"), link=site.url("/")).encode())
    site.routes["/a"] = tagged(PAGE.encode())
    site.routes["/robots.txt"] = (200, {}, b"User-agent: *\nAllow: /")
    cache = MemoryCache()
    runs = []
    for _ in range(2):
        with Fetcher(allow_hosts=["127.0.0.1"], limits=QUICK, cache=cache) as fetcher:
            runs.append((Result([site.url("/feed")], fetcher).all, fetcher.stats))
    assert runs[0][0] == runs[1][0]
    assert (runs[0][1].bodies, runs[0][1].not_modified) == (2, 0)
    assert (runs[1][1].bodies, runs[1][1].not_modified, runs[1][1].bytes) == (0, 2, 0)
    with Fetcher(cache=cache, offline=True) as offline:
        assert Result([site.url("/feed")], offline).all == runs[0][0]
    assert Result([site.url("/feed")]).health[0].state == "failed"


def test_opml_and_its_feeds(site: Site, fetcher: Fetcher, tmp_path: Path) -> None:
    site.routes["/a.xml"] = feed_reply(rss(entry(site.url("/1"), content=LONG), title="甲报", link=site.url("/")))
    site.routes["/b.xml"] = feed_reply(rss(title="乙报"))
    opml = tmp_path / "feeds.opml"
    opml.write_text(
        '<?xml version="1.0"?><opml version="2.0"><head/><body><outline text="AI">'
        f'<outline type="rss" xmlUrl="{site.url("/a.xml")}"/><outline xmlUrl="{site.url("/b.xml")}"/>'
        f'<outline xmlUrl="{site.url("/a.xml")}"/><outline xmlUrl="{site.url("/missing")}"/></outline></body></opml>'
    )
    result = Result([opml, site.url("/a.xml")], fetcher)
    assert [item.outlet for item in result.items] == ["甲报"]
    assert [(health.kind, health.state) for health in result.health] == [
        ("opml", "ok"),
        ("feed", "ok"),
        ("feed", "empty"),
        ("unknown", "failed"),
    ]
    assert "404" in result.health[3].detail


NEWS = "http://www.google.com/schemas/sitemap-news/0.9"


def test_sitemaps(site: Site, fetcher: Fetcher) -> None:
    def urlset(*urls: str) -> bytes:
        head = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="{NEWS}">'
        return f"{head}{''.join(urls)}</urlset>".encode()

    inner = urlset(
        f"<url><loc>{site.url('/n1')}</loc><news:news><news:publication><news:name>星舟报</news:name></news:publication>"
        "<news:publication_date>2026-06-09T08:00:00+08:00</news:publication_date><news:title>一</news:title></news:news></url>",
        f"<url><loc>{site.url('/n2')}</loc><lastmod>2026-06-09</lastmod></url>",
        f"<url><loc>{site.url('/n3')}</loc><lastmod>2026-01-09</lastmod></url>",
    )
    site.routes["/sitemap.xml"] = (
        200,
        {"Content-Type": "text/xml"},
        f"<sitemapindex><sitemap><loc>{site.url('/s1.xml.gz')}</loc><lastmod>2026-06-09</lastmod></sitemap>"
        f"<sitemap><loc>{site.url('/s0.xml')}</loc><lastmod>2026-01-01</lastmod></sitemap></sitemapindex>".encode(),
    )
    site.routes["/s1.xml.gz"] = (200, {"Content-Type": "application/gzip"}, gzip.compress(inner))
    site.routes["/n1"] = site.routes["/n2"] = (200, HTML, PAGE.encode())
    result = Result([site.url("/sitemap.xml")], fetcher)
    assert [(item.url, item.title, item.outlet) for item in result.items] == [
        (site.url("/n1"), "一", "星舟报"),
        (site.url("/n2"), None, None),
    ]
    assert result.items[0].published == datetime(2026, 6, 9, tzinfo=UTC)
    assert result.items[1].published is None
    assert result.reasons == {"old": 1}
    assert site.asked("/s0.xml") == 0


def test_a_page(site: Site, fetcher: Fetcher) -> None:
    site.routes["/p?utm_source=x"] = (200, {"Content-Type": "text/html; charset=utf-8"}, PAGE.encode("gbk"))
    (item,) = Result([site.url("/p?utm_source=x#a")], fetcher).items
    assert (item.kind, item.body, item.address) == ("html", PAGE, site.url("/p"))


@pytest.mark.parametrize(
    ("path", "reply", "words"),
    [
        ("/feed.xml", (200, HTML, b"<html><body>Sorry</body></html>"), "a feed was expected"),
        ("/x", (200, {"Content-Type": "application/rss+xml"}, b"Sorry, no"), "a feed was expected"),
        ("/x", (200, {"Content-Type": "application/json"}, b'{"error": 1}'), "JSON Feed"),
        ("/x", (200, {"Content-Type": "text/xml"}, b"<rss><chan"), "not an RSS"),
        ("/x", (200, HTML, b"\x89PNG\0\0\0"), "not text"),
        ("/x", (200, {"Content-Type": "application/gzip"}, gzip.compress(b"\0" * 50_000_000)), "after decompression"),
        ("/x", (200, {**HTML, "Content-Length": "41943040"}, b"x"), "more than the limit"),
        ("/x", (403, HTML, b""), "403"),
    ],
)
def test_bad_sources_are_told(
    site: Site, fetcher: Fetcher, path: str, reply: Reply, words: str, tmp_path: Path
) -> None:
    site.routes[path] = reply
    (tmp_path / "n.md").write_text(NOTE)
    result = Result([site.url(path), tmp_path / "n.md"], fetcher)
    assert [health.state for health in result.health] == ["failed", "ok"]
    assert words in result.health[0].detail
    assert result.health[0].fix
    assert len(result.items) == 1


def test_inside_addresses_are_refused_and_the_run_goes_on(site: Site, tmp_path: Path) -> None:
    (tmp_path / "n.md").write_text(NOTE)
    (tmp_path / "f.rss").write_text(
        rss(entry("http://169.254.169.254/x", description="<p>短</p>"), entry(site.url("/y")))
    )
    with Fetcher(limits=QUICK) as fetcher:
        result = Result([site.url("/feed"), tmp_path], fetcher)
    assert [health.state for health in result.health] == ["failed", "ok", "ok"]
    assert "--allow-host" in result.health[0].fix
    assert [item.summary_only for item in result.items] == [False, True]
    assert result.reasons == {"address": 1}
    assert not site.seen


def test_a_stale_feed_and_the_limit(site: Site, fetcher: Fetcher) -> None:
    old = [entry(f"https://news.example/{n}", date="Fri, 01 May 2026 09:00:00 +0800", content=LONG) for n in range(3)]
    new = [
        entry(f"https://news.example/{n}", date=f"Tue, 09 Jun 2026 0{n}:00:00 +0800", content=LONG) for n in range(1, 6)
    ]
    site.routes["/old"] = feed_reply(rss(*old))
    site.routes["/new"] = feed_reply(rss(*new))
    result = Result([site.url("/old"), site.url("/new")], fetcher, limit_per_source=2)
    assert [health.state for health in result.health] == ["stale", "ok"]
    assert result.reasons == {"old": 3, "limit": 3}
    assert [item.url for item in result.items] == ["https://news.example/4", "https://news.example/5"]


@pytest.mark.parametrize(("hours", "count"), [(12, 1), (0, 1), (-1, 2)])
def test_a_date_alone_stands_for_its_day(tmp_path: Path, hours: int, count: int) -> None:
    days = (entry(f"https://news.example/{day}", date=day, content=LONG) for day in ("2026-06-09", "2026-06-08"))
    (tmp_path / "f.rss").write_text(rss(*days))
    start = datetime(2026, 6, 9, tzinfo=ZONE) + timedelta(hours=hours)
    found = collect([str(tmp_path)], fetcher=None, window_start=start, window_end=END)
    assert sum(isinstance(each, Item) for each in found) == count


def test_the_order_does_not_depend_on_which_answer_comes_first(site: Site, fetcher: Fetcher) -> None:
    last_asked = threading.Event()

    def slow(_: Site, __: Headers) -> Reply:
        assert last_asked.wait(10)
        return 200, HTML, PAGE.encode()

    def quick(_: Site, __: Headers) -> Reply:
        last_asked.set()
        return 200, HTML, PAGE.encode()

    site.routes["/slow"], site.routes["/quick"] = slow, quick
    result = Result([site.url("/slow"), site.url("/quick")], fetcher)
    assert [item.url for item in result.items] == [site.url("/slow"), site.url("/quick")]


def test_a_run_that_is_given_up_leaves_no_work_behind(site: Site, tmp_path: Path) -> None:
    for number in range(30):
        site.routes[f"/{number}"] = (200, HTML, PAGE.encode())
    (tmp_path / "f.rss").write_text(rss(*(entry(site.url(f"/{n}"), description="<p>短</p>") for n in range(30))))
    with Fetcher(allow_hosts=["127.0.0.1"], limits=QUICK) as fetcher:
        run = collect([str(tmp_path / "f.rss")], fetcher=fetcher, window_start=START, window_end=END, workers=1)
        first = next(run)
        run.close()  # type: ignore[attr-defined]
    assert isinstance(first, Item)
    assert len(site.seen) < 30


def test_records_survive_json(tmp_path: Path) -> None:
    (tmp_path / "n.md").write_text(NOTE)
    result = Result([tmp_path])
    assert Item.from_json(result.items[0].to_json()) == result.items[0]
    assert SourceHealth.from_json(result.health[0].to_json()) == result.health[0]


# -- the real day --------------------------------------------------------------------------------


def test_the_real_day(shared: Path) -> None:
    day = shared / "day-2026-06-09"
    result = Result([day / "articles", day / "extra", day / "rss.xml"])
    assert [(health.source, health.state, health.items) for health in result.health] == [
        ("articles", "ok", 45),
        ("extra", "ok", 29),
        ("rss.xml", "ok", 10),
    ]
    assert not result.drops
    by_url = {item.url: item for item in result.items if item.kind == "markdown"}
    assert len(by_url) == 74
    for item in result.items[-10:]:
        assert item.outlet == by_url[item.url].outlet
        assert item.published == by_url[item.url].published
        assert not item.summary_only


def test_the_head_of_a_text_file_is_its_metadata() -> None:
    text = "某公司建成新机房，规划一千个机架\n\n来源：某快讯\n时间：2026-03-11 08:55\n链接：https://a.example/1?utm_source=x\n\n正文第一段。\n"
    saved = read_plain(text, ZoneInfo("Asia/Shanghai"))
    assert (saved.title, saved.outlet, saved.url) == (
        "某公司建成新机房，规划一千个机架",
        "某快讯",
        "https://a.example/1",
    )
    assert saved.published is not None
    assert saved.published.isoformat() == "2026-03-11T08:55:00+08:00"
    assert saved.body.strip() == "正文第一段。"


def test_a_text_file_that_begins_with_a_sentence_has_no_title() -> None:
    assert read_plain("正文第一段。\n\n正文第二段。\n", ZoneInfo("UTC")).title is None
