"""What subscribers get: Atom and JSON Feed against their specifications, read back by our own reader, and the mail."""

import email
import json
import re
from email.message import EmailMessage
from email.policy import SMTP, default
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from lxml import etree

from afterlore.app.cli import run
from afterlore.brief.gather.feeds import Feed, kind_of, parse_feed, parse_json_feed
from afterlore.brief.publish.edition import Edition, decode
from afterlore.brief.publish.feeds import FEED_DAYS, atom, json_feed
from conftest import ROOT

ATOM = "{http://www.w3.org/2005/Atom}"
DATA = ROOT / "tests" / "data"
DAYS = ("2026-03-10", "2026-03-11")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("feeds") / "out"
    for day in DAYS:
        words = ["brief", "build", str(ROOT / "samples" / day), "--out", str(folder), "--date", day]
        assert run([*words, "--offline", "--quiet"]) == 0
    return folder


@pytest.fixture(scope="module")
def editions(out: Path) -> list[Edition]:
    return [decode((out / day / "brief.json").read_text(encoding="utf-8")) for day in DAYS[::-1]]


def check_atom(text: str) -> etree._Element:
    """The feed, if RFC 4287 lets it be one: its structure, ids that differ, no entry without a way to its text."""
    root = etree.fromstring(text.encode())
    etree.RelaxNG(file=str(DATA / "atom.rng")).assertValid(root)
    ids = [node.text for node in root.iter(f"{ATOM}id")]
    assert len(set(ids)) == len(ids)
    for parent in (root, *root.iter(f"{ATOM}entry")):
        links = [(link.get("rel"), link.get("type"), link.get("hreflang")) for link in parent.findall(f"{ATOM}link")]
        alternates = [link for link in links if link[0] in {None, "alternate"}]
        assert len(set(alternates)) == len(alternates) == 1
    for content in root.iter(f"{ATOM}content"):
        assert content.get("type") == "html"
        well_formed_html(content.text or "")
    return root


def check_json_feed(text: str) -> dict[str, object]:
    """The feed, if JSON Feed 1.1 lets it be one."""
    feed: dict[str, object] = json.loads(text)
    schema = json.loads((DATA / "jsonfeed.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(feed, schema, cls=jsonschema.Draft202012Validator)
    items = feed["items"]
    assert isinstance(items, list)
    assert len({item["id"] for item in items}) == len(items)
    return feed


class _Balance(HTMLParser):
    """Every element is closed, in order; nothing but what we write stands there."""

    ALLOWED = frozenset({"p", "ul", "li", "b", "em", "a", "span"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.ALLOWED, tag
        for name, value in attrs:
            assert name in {"lang", "href"}, name
            assert name != "href" or str(value).startswith(("http://", "https://")), value
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def well_formed_html(text: str) -> None:
    """A piece of HTML as our entries have it."""
    parser = _Balance()
    parser.feed(text)
    parser.close()
    assert parser.open == []


def check_mail(data: bytes) -> EmailMessage:
    """The message, if it is one that mail programs read alike: its parts, its headers, its styles on its elements."""
    message = email.message_from_bytes(data, policy=default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    names = ["Subject", "From", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Language", "X-Unsent"]
    assert sorted(message.keys()) == sorted(names)
    assert message.as_bytes(policy=SMTP) == data
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    tags = set(re.findall(r"<([a-z0-9]+)", html))
    assert not tags & {"style", "script", "link", "img", "div", "svg", "iframe", "form", "object", "base"}
    assert not re.search(r"<[^>]* class=", html)
    assert not [style for style in re.findall(r'style="([^"]*)"', html) if "url(" in style or "position" in style]
    return message


def test_atom_is_valid(out: Path, editions: list[Edition]) -> None:
    root = check_atom((out / "feed.xml").read_text(encoding="utf-8"))
    titles = [node.findtext(f"{ATOM}title") for node in root.findall(f"{ATOM}entry")]
    assert titles == [story.title for edition in editions for story in edition.stories]
    for link in root.findall(f"{ATOM}entry/{ATOM}link[@rel='alternate']"):
        page, _, anchor = str(link.get("href")).partition("#")
        assert f'id="{anchor}"' in (out / page).read_text(encoding="utf-8")


def test_json_feed_is_valid(out: Path, editions: list[Edition]) -> None:
    feed = check_json_feed((out / "feed.json").read_text(encoding="utf-8"))
    assert isinstance(feed["items"], list)
    assert [item["title"] for item in feed["items"]] == [s.title for edition in editions for s in edition.stories]


def test_a_broken_feed_is_found(out: Path) -> None:
    text = (out / "feed.xml").read_text(encoding="utf-8")
    for old, new in (
        ("<updated>2026", "<updated>20 26"),
        ("<id>urn:uuid:", "<id>"),
        ('type="html"', 'type="xhtml"'),
        ("<author>", "<autor>"),
    ):
        with pytest.raises((etree.DocumentInvalid, etree.XMLSyntaxError)):
            check_atom(text.replace(old, new, 1))
    with pytest.raises(jsonschema.ValidationError):
        check_json_feed((out / "feed.json").read_text(encoding="utf-8").replace('"id"', '"guid"', 1))


def test_our_own_reader_reads_both(out: Path, editions: list[Edition]) -> None:
    base, zone = "https://daily.example/ai/feed.xml", ZoneInfo("Asia/Shanghai")
    texts = [(out / name).read_text(encoding="utf-8") for name in ("feed.xml", "feed.json")]
    assert [kind_of(text) for text in texts] == ["feed", "json_feed"]
    read: list[Feed] = [parse_feed(texts[0], base, zone), parse_json_feed(texts[1], base, zone)]
    stories = [(edition, story) for edition in editions for story in edition.stories]
    for feed in read:
        assert feed.title == editions[0].title
        for entry, (edition, story) in zip(feed.entries, stories, strict=True):
            published = {a.id: a.published for a in edition.articles}
            claims = {claim.id: claim.text for claim in edition.claims}
            assert entry.title == story.title
            assert entry.published == max(filter(None, (published[article] for article in story.articles)))
            assert not entry.summary_only
            assert all(claims[bullet.claim] in unescape(entry.html) for bullet in story.bullets)
    edition, story = stories[0]
    page = f"https://daily.example/ai/{edition.date}/brief.html#s-{story.id}"
    assert read[0].entries[0].url == page, "relative links lead to where the feed came from"


def test_feeds_hold_a_week(editions: list[Edition]) -> None:
    days = [editions[0].model_copy(update={"date": editions[0].date.replace(day=n)}) for n in range(1, FEED_DAYS + 1)]
    ids = {node.text for node in check_atom(atom(days)).findall(f"{ATOM}entry/{ATOM}id")}
    assert len(ids) == FEED_DAYS * len(editions[0].stories), "the same story on another day is another entry"
    assert atom(days) == atom(days)
    assert json_feed(days) == json_feed(days)


def test_the_mail_is_a_message(out: Path, editions: list[Edition]) -> None:
    for edition in editions:
        message = check_mail((out / str(edition.date) / "brief.eml").read_bytes())
        text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
        assert str(message["Subject"]).startswith(f"{edition.title} {edition.date} | {edition.stories[0].title}")
        for story in edition.stories:
            assert story.title in text
            assert story.title in html
        addresses = {a.url for a in edition.articles}
        assert set(re.findall(r'href="([^"]+)"', html)) <= addresses
