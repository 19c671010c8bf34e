"""Searchers and readers: a local corpus in one context database, web services by their protocols, pages, a stand-in."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from afterlore.app.research_eval import app
from afterlore.context.context import Context
from afterlore.core import (
    ConfigError,
    FetchFailed,
    FetchRefused,
    Hit,
    InputError,
    NotFoundError,
    Reader,
    Searcher,
    ServiceError,
    Silent,
)
from afterlore.research.evaluate import retrieval
from afterlore.research.search.corpus import Corpus, open_context, open_corpus
from afterlore.research.search.pages import PageReader
from afterlore.research.search.scripted import ScriptedSearcher, scripted_page
from afterlore.research.search.services import Brave, SearXNG, Serper, Service, Tavily
from afterlore.text.quotes import locate
from afterlore.web.fetch import Fetcher, Limits
from conftest import ROOT
from loopback import HTML, Site, serve
from search_services import KEY, Services, services

PASSAGES = [
    {"title": "Stefan Żeromski", "text": "Stefan Żeromski was a Polish novelist.\n\nHe was born in Strawczyn."},
    {"title": "Łódź", "text": "Łódź is a city; its øre, đ and ß are made up."},
    {"title": "北京大学", "text": "北京大学创办于1898年，是一所大学。", "url": "https://example.org/pku"},
    {"title": "Ferry", "text": "The ferry to Harrowgate leaves at 10:30."},
]


def lines(path: Path, passages: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in passages), encoding="utf-8")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def passages(tmp_path: Path) -> Path:
    return lines(tmp_path / "passages.jsonl", PASSAGES)


def first(corpus: Corpus, query: str) -> str:
    return asyncio.run(corpus.search(query))[0].title


# ---- a corpus


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("zeromski", "Stefan Żeromski"),
        ("ŻEROMSKI", "Stefan Żeromski"),
        ("lodz", "Łódź"),
        ("大学", "北京大学"),
        ("北京大学", "北京大学"),
        ("When does the ferry leave?", "Ferry"),
    ],
)
def test_names_are_found_however_they_are_typed(passages: Path, data: Path, query: str, title: str) -> None:
    with open_corpus(passages, data=data) as corpus:
        assert first(corpus, query) == title


def test_a_page_is_the_exact_text_and_quotes_of_it_are_found(passages: Path, data: Path) -> None:
    with open_corpus(passages, data=data) as corpus:
        (hit, *_) = asyncio.run(corpus.search("Polish novelist", limit=1))
        page = asyncio.run(corpus.read(hit.address))
    assert page.text == PASSAGES[0]["text"]
    assert page.sha256 == hashlib.sha256(page.text.encode()).hexdigest()
    assert locate("novelist. He was born in Strawczyn.", page.text) is not None


def test_the_second_use_writes_only_what_has_changed(passages: Path, data: Path) -> None:
    with open_corpus(passages, data=data) as corpus:
        assert (corpus.imported.documents, corpus.imported.unchanged) == (4, 0)
    with open_corpus(passages, data=data) as corpus:
        assert (corpus.imported.documents, corpus.imported.unchanged) == (0, 4)
    lines(passages, [*PASSAGES[1:], {"title": "Tram", "text": "The tram to Harrowgate."}, PASSAGES[3]])
    with open_corpus(passages, data=data) as corpus:
        done = corpus.imported
        assert (done.documents, done.unchanged, done.removed) == (1, 3, 1)
        assert first(corpus, "tram") == "Tram"
        assert asyncio.run(corpus.search("zeromski")) == ()


def test_an_import_that_was_stopped_goes_on_where_it_was(tmp_path: Path, data: Path) -> None:
    class Stops(Silent):
        def advance(self, items: int = 1) -> None:
            raise KeyboardInterrupt(items)

    many = lines(tmp_path / "many.jsonl", [{"title": f"{n}", "text": f"Lantern {n}."} for n in range(700)])
    with pytest.raises(KeyboardInterrupt):
        open_corpus(many, data=data, progress=Stops())
    with open_corpus(many, data=data) as corpus:
        assert (corpus.imported.documents, corpus.imported.unchanged) == (200, 500)
        assert first(corpus, "lantern 699") == "699"


def test_a_folder_is_searched_and_its_changes_are_picked_up(tmp_path: Path, data: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "ferry.md").write_text("# Ferry\n\nThe ferry leaves at ten.\n", encoding="utf-8")
    (folder / "page.html").write_text("<html><body><article><p>" + "Łódź has trams. " * 20, encoding="utf-8")
    (folder / "broken.pdf").write_bytes(b"\0\1\2")
    with open_corpus(folder, data=data) as corpus:
        assert corpus.imported.documents == 2
        assert [drop.item for drop in corpus.imported.drops] == ["notes/broken.pdf"]
        (hit,) = asyncio.run(corpus.search("ferry"))
        assert asyncio.run(corpus.read(hit.address)).text == "# Ferry\n\nThe ferry leaves at ten.\n"
        assert asyncio.run(corpus.search("lodz trams"))
        # What was imported stays what it is while it is searched.
        (folder / "ferry.md").write_text("# Ferry\n\nThe ferry leaves at noon.\n", encoding="utf-8")
        (folder / "page.html").unlink()
        assert "ten" in asyncio.run(corpus.read(hit.address)).text
        assert asyncio.run(corpus.search("lodz"))
    with open_corpus(folder, data=data) as corpus:
        assert (corpus.imported.documents, corpus.imported.removed) == (1, 1)
        assert "noon" in asyncio.run(corpus.read(hit.address)).text
        assert asyncio.run(corpus.search("lodz")) == ()


def test_a_long_document_is_read_by_section_and_whole(tmp_path: Path, data: Path) -> None:
    parts = (f"## Part {n}\n\n" + f"Sentence {n} of the guide. " * 150 + "\n\n" for n in range(12))
    text = "# Guide\n\n" + "".join(parts)
    (tmp_path / "guide.md").write_text(text, encoding="utf-8")
    with open_corpus(tmp_path / "guide.md", data=data) as corpus:
        (hit, *_) = asyncio.run(corpus.search("sentence 7"))
        section = asyncio.run(corpus.read(hit.address))
        whole = asyncio.run(corpus.read(hit.address.rpartition("/")[0]))
    assert section.text in whole.text
    assert whole.text == text


def test_a_context_database_is_searched_as_it_is(tmp_path: Path) -> None:
    with Context.open(tmp_path / "context.sqlite") as context:
        context.write("ctx://user/default/note.md", "# Note\n\nThe lantern is green.")
    with open_context(tmp_path) as corpus:
        (hit,) = asyncio.run(corpus.search("lantern"))
        assert asyncio.run(corpus.read(hit.address)).title == "Note"


def test_many_searches_at_once(passages: Path, data: Path) -> None:
    async def all_of_them(corpus: Corpus) -> list[str]:
        found = await asyncio.gather(*(corpus.search(query) for query in ["zeromski", "lodz", "大学", "ferry"] * 25))
        return [hits[0].title for hits in found]

    with open_corpus(passages, data=data) as corpus:
        assert asyncio.run(all_of_them(corpus)) == ["Stefan Żeromski", "Łódź", "北京大学", "Ferry"] * 25


def test_a_list_of_passages_or_of_questions_is_a_corpus_of_passages(tmp_path: Path, data: Path) -> None:
    hotpot = [{"question": "?", "context": [[one["title"], [one["text"]]] for one in PASSAGES]}]
    musique = [{"paragraphs": [{"title": one["title"], "paragraph_text": one["text"]} for one in PASSAGES]}]
    with open_corpus(lines(tmp_path / "lines.jsonl", PASSAGES), data=data) as corpus:
        wanted = {(page.title, page.text) for page in corpus.pages()}
    assert wanted == {(one["title"], one["text"]) for one in PASSAGES}
    for name, rows in {"plain": [*PASSAGES, PASSAGES[0], 7], "hotpot": hotpot, "musique": musique}.items():
        place = tmp_path / f"{name}.json"
        place.write_text(json.dumps(rows), encoding="utf-8")
        with open_corpus(place, data=data) as corpus:
            assert {(page.title, page.text) for page in corpus.pages()} == wanted
            assert first(corpus, "zeromski") == "Stefan Żeromski"
    other = tmp_path / "other.json"
    other.write_text(json.dumps([{"name": "Ferry"}]), encoding="utf-8")
    with open_corpus(other, data=data) as corpus:
        assert "Ferry" in "".join(page.text for page in corpus.pages())


def test_each_page_of_a_corpus_comes_once(tmp_path: Path, data: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "short.md").write_text("# Short\n\nA page.", encoding="utf-8")
    long = "# Long\n\n" + "".join(f"## Part {n}\n\n{'A sentence of the long page. ' * 200}\n\n" for n in range(8))
    (folder / "long.md").write_text(long, encoding="utf-8")
    with open_corpus(folder, data=data) as corpus:
        pages = list(corpus.pages())
        assert sorted(page.title for page in pages) == ["Long", "Short"]
        assert next(page for page in pages if page.title == "Long").text == long


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing", None, "no such corpus"),
        ("folder", {}, "it is empty"),
        ("folder", {"a.bin": b"\0\0\0\1" * 100}, "folder/a.bin: it is no text"),
        ("folder", {"a.md": b""}, "there is nothing in it"),
        ("a.jsonl", b"", "holds no passage"),
        ("a.jsonl", b"\n\n", "holds no passage"),
        (
            "a.jsonl",
            b'{"text": "  "}\n[1]\n{"text"\n\xff\n{"text": "a\\u0000b"}\n{"text": "\\ud800"}\n',
            "line 1 has no 'text'",
        ),
        ("a.md", b"\x7fELF" + b"\0" * 50, "a program"),
    ],
)
def test_a_corpus_that_cannot_be_used_is_one_clear_line(
    tmp_path: Path, data: Path, name: str, content: dict[str, bytes] | bytes | None, said: str
) -> None:
    place = tmp_path / name
    if isinstance(content, dict):
        place.mkdir()
        for inner, body in content.items():
            (place / inner).write_bytes(body)
    elif content is not None:
        place.write_bytes(content)
    with pytest.raises(InputError) as caught:
        open_corpus(place, data=data)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bad_lines_are_told_and_the_rest_is_kept(tmp_path: Path, data: Path) -> None:
    place = tmp_path / "a.jsonl"
    place.write_bytes(b'{"text": "One lantern."}\nnot json\n{"title": 5, "text": "Two lanterns."}\r\n')
    with open_corpus(place, data=data) as corpus:
        assert [drop.detail for drop in corpus.imported.drops] == ["line 2 is not JSON in UTF-8"]
        assert {hit.title for hit in asyncio.run(corpus.search("lantern"))} == {"One lantern.", "Two lanterns."}


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("ctx://resources/nothing.txt", NotFoundError),
        ("https://example.org/", InputError),
        ("ctx://agent", InputError),
        ("", InputError),
    ],
)
def test_an_address_that_is_none(passages: Path, data: Path, address: str, error: type[Exception]) -> None:
    with open_corpus(passages, data=data) as corpus, pytest.raises(error):
        asyncio.run(corpus.read(address))


@pytest.mark.parametrize("query", ["", " ", "?!", "x" * 10_001])
def test_a_query_that_asks_for_nothing(passages: Path, data: Path, query: str) -> None:
    with open_corpus(passages, data=data) as corpus, pytest.raises(InputError):
        asyncio.run(corpus.search(query))


@pytest.mark.parametrize(("place", "said"), [("missing", "no context database"), ("empty", "holds no text")])
def test_a_context_database_that_is_none(tmp_path: Path, place: str, said: str) -> None:
    if place == "empty":
        Context.open(tmp_path / place).close()
    with pytest.raises(InputError, match=said):
        open_context(tmp_path / place)


def test_the_samples_answer_in_chinese(data: Path) -> None:
    with open_corpus(ROOT / "samples", data=data) as corpus:
        assert asyncio.run(corpus.search("大学"))


# ---- web services


@pytest.fixture
def fake() -> Iterator[Services]:
    with services() as state:
        yield state


MAKERS: dict[str, Callable[..., Service]] = {
    "searxng": SearXNG,
    "serper": lambda url, key=KEY, **options: Serper(key, url=url, **options),
    "brave": lambda url, key=KEY, **options: Brave(key, url=url, **options),
    "tavily": lambda url, key=KEY, **options: Tavily(key, url=url, **options),
}
KEYED = ["serper", "brave", "tavily"]


def ask(service: Service, query: str = "ferry  times", limit: int = 10) -> tuple[Hit, ...]:
    async def once() -> tuple[Hit, ...]:
        async with service:
            return await service.search(query, limit=limit)

    return asyncio.run(once())


@pytest.mark.parametrize("name", MAKERS)
def test_a_service_is_asked_by_its_protocol(fake: Services, name: str) -> None:
    service = MAKERS[name](fake.url + "/")
    assert service.name == name
    hits = ask(service)
    assert [(hit.address, hit.title, hit.snippet) for hit in hits] == [
        ("https://example.org/ferry", "Ferry times", "The ferry & the tram: 10:30."),
        ("https://example.org/tram?a=1&b=2", "Tram", "Runs hourly."),
    ]
    (asked,) = fake.asked
    said = asked.query.get("q", [asked.body.get("q", asked.body.get("query"))])[0]
    assert said == "ferry times"
    assert KEY not in str((asked.path, asked.query, asked.body))
    if name in ("searxng", "tavily"):
        assert [hit.score for hit in hits] == sorted((hit.score or 0 for hit in hits), reverse=True)
    published = {"searxng": "2024-05-01T00:00:00", "brave": "2024-05-01T08:00:00", "serper": ""}
    assert hits[0].published == published.get(name, "2024-05-01T08:00:00+00:00")


@pytest.mark.parametrize("name", MAKERS)
def test_no_more_is_asked_for_than_the_service_gives(fake: Services, name: str) -> None:
    assert len(ask(MAKERS[name](fake.url), limit=1)) == 1
    assert len(ask(MAKERS[name](fake.url), limit=500)) == 2


@pytest.mark.parametrize("name", MAKERS)
def test_nothing_found_is_no_error(fake: Services, name: str) -> None:
    fake.results = []
    assert ask(MAKERS[name](fake.url)) == ()


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (401, {}, "refused the key|JSON|answer"),
        (403, {}, "refused the key|search.formats"),
        (402, {}, "credit is used up"),
        (429, {"Retry-After": "30"}, "30 s of rest"),
        (429, {}, "wait a while"),
        (500, {}, "failed .HTTP 500."),
        (503, {}, "failed .HTTP 503."),
        (422, {}, "did not accept the query"),
        (302, {"Location": "https://u:secret@example.org/?key=abc"}, "which is not followed"),
    ],
)
def test_a_refusal_is_one_clear_line(
    fake: Services, name: str, status: int, headers: dict[str, str], said: str
) -> None:
    # Some services say the key in their answer; we must not.
    fake.status, fake.headers, fake.body = status, headers, f"no such key {KEY}".encode()
    with pytest.raises(ServiceError, match=said) as caught:
        ask(MAKERS[name](fake.url))
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)
    assert KEY not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert len(fake.asked) == 1


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!doctype html><title>Sign in</title>", "a web page that is not JSON"),
        (b"", "not JSON"),
        (b'{"results": [', "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"message": "welcome"}', "holds no results"),
        (b'{"results": null, "organic": {}, "web": []}', "holds no results"),
        (
            b'{"results": [{"url": "javascript:alert(1)"}, 7], "organic": [{"title": "x"}, {"link": "file:///etc"}],'
            b' "web": {"results": [null, {"url": ["x"]}]}}',
            "none of its 2 results has a web address",
        ),
        (b" " * (6 * 1024 * 1024), "over 5 MiB"),
    ],
)
def test_a_reply_that_is_none(fake: Services, name: str, body: bytes, said: str) -> None:
    fake.body = body
    with pytest.raises(ServiceError, match=said):
        ask(MAKERS[name](fake.url))


@pytest.mark.parametrize("name", MAKERS)
def test_a_service_that_does_not_answer(fake: Services, name: str) -> None:
    fake.hangs = True
    with pytest.raises(ServiceError, match=r"no answer within 0.2 s"):
        ask(MAKERS[name](fake.url, seconds=0.2))
    with pytest.raises(ServiceError, match="no connection"):
        ask(MAKERS[name]("http://127.0.0.1:1"))


@pytest.mark.parametrize("name", KEYED)
def test_a_wrong_key_is_refused_and_shown_nowhere(
    fake: Services, name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    with pytest.raises(ServiceError, match="check the key") as caught:
        ask(MAKERS[name](fake.url, key="wrong-key-Qy77"))
    ask(service := MAKERS[name](fake.url))
    shown = "".join((caplog.text, *capfd.readouterr(), repr(service), str(caught.value), repr(caught.value.__cause__)))
    assert "wrong-key-Qy77" not in shown
    assert KEY not in shown


@pytest.mark.parametrize("name", KEYED)
@pytest.mark.parametrize("key", ["", "  ", "two words", "schlüssel", "line\nbreak"])
def test_a_key_that_is_none_is_refused_at_once(name: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        MAKERS[name]("http://127.0.0.1:1", key=key)
    assert not key.strip() or key not in str(caught.value)


def test_what_an_answer_says_is_data(fake: Services) -> None:
    rows = [
        {"url": "https://example.org/1", "title": "\ud800<script>x()</script>", "content": 7, "score": 10**400},
        {"url": "https://example.org/2 \n3", "title": None, "content": "a < b &lt;i&gt; \u202e c", "score": True},
        {"url": "https://example.org/3", "publishedDate": "yesterday", "score": float("nan")},
        {"url": "https://example.org/1", "title": "again"},
    ]
    fake.body = json.dumps({"results": rows}).encode()
    assert [(hit.address, hit.title, hit.snippet, hit.published) for hit in ask(SearXNG(fake.url))] == [
        ("https://example.org/1", "x()", "", ""),
        ("https://example.org/2 3", "https://example.org/2 3", "a < b <i> c", ""),
        ("https://example.org/3", "https://example.org/3", "", ""),
    ]


def test_a_searxng_that_asked_nobody_is_not_one_that_found_nothing(fake: Services) -> None:
    fake.results, fake.silent = [], [["google", "CAPTCHA"], ["brave", "too many requests"]]
    with pytest.raises(ServiceError, match=r"none of its engines answered \(google, brave\)"):
        ask(SearXNG(fake.url))


def test_a_login_of_a_searxng_is_sent_and_not_shown(fake: Services) -> None:
    fake.status = 500
    with pytest.raises(ServiceError) as caught:
        ask(SearXNG(fake.url.replace("://", "://user:pass-Wv33@") + "/search"))
    assert "pass-Wv33" not in str(caught.value)
    assert fake.asked[0].headers["authorization"].startswith("Basic ")
    assert fake.asked[0].path == "/search"


@pytest.mark.parametrize("url", ["", "localhost:8080", "ftp://example.org", "file:///etc/passwd"])
def test_an_address_of_a_service_that_is_none(url: str) -> None:
    with pytest.raises(ConfigError):
        SearXNG(url)


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("query", ["", " \n", "x" * 2001])
def test_a_query_that_a_service_cannot_take(fake: Services, name: str, query: str) -> None:
    with pytest.raises(InputError):
        ask(MAKERS[name](fake.url), query)
    assert fake.asked == []


# ---- pages


@pytest.fixture
def site() -> Iterator[Site]:
    yield from serve()


@pytest.fixture
def reader(site: Site) -> Iterator[PageReader]:
    # The text of a page that says less would be taken for a notice.
    body = "<p>The ferry to Harrowgate leaves at 10:30 and comes back at dusk.</p>" * 8
    page = f"<html><head><title>Ferry times</title></head><body><article>{body}</article></body></html>"
    site.routes |= {
        "/ferry": (200, HTML, page.encode()),
        "/plain": (200, {"Content-Type": "text/plain; charset=latin-1"}, "caf\xe9".encode("latin-1")),
        "/empty": (200, HTML, b""),
        "/binary": (200, {"Content-Type": "text/plain"}, b"a\0b"),
        "/pdf": (200, {"Content-Type": "application/pdf"}, b"%PDF-1.7"),
        "/huge": (200, HTML, b"<p>" + b"x" * 20_000),
        "/error": (500, {}, b""),
        "/moved": (302, {"Location": "/ferry"}, b""),
        "/inward": (302, {"Location": "http://169.254.169.254/latest"}, b""),
        "/robots.txt": (200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /private"),
    }
    limits = Limits(max_bytes=10_000, host_delay=0, retries=0)
    with Fetcher(allow_hosts=["127.0.0.1"], limits=limits) as fetcher:
        yield PageReader(fetcher)


def test_a_page_is_read_as_its_main_text(site: Site, reader: PageReader) -> None:
    page = asyncio.run(reader.read(site.url("/moved")))
    assert (page.address, page.title) == (site.url("/ferry"), "Ferry times")
    assert locate("leaves at 10:30", page.text) is not None
    assert "<" not in page.text
    assert page.sha256 == hashlib.sha256(page.text.encode()).hexdigest()
    plain = asyncio.run(reader.read(site.url("/plain")))
    assert (plain.text, plain.title) == ("café", site.url("/plain"))


@pytest.mark.parametrize(
    ("path", "error", "said"),
    [
        ("/missing", FetchFailed, "404"),
        ("/error", FetchFailed, "500"),
        ("/pdf", FetchRefused, "application/pdf"),
        ("/huge", FetchRefused, "limit of 10,000"),
        ("/empty", ServiceError, "nothing to read"),
        ("/binary", ServiceError, "no text"),
        ("/private/x", FetchRefused, "robots"),
        ("/inward", FetchRefused, "169.254.169.254"),
    ],
)
def test_a_page_that_cannot_be_read(
    site: Site, reader: PageReader, path: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said) as caught:
        asyncio.run(reader.read(site.url(path)))
    assert isinstance(caught.value, ServiceError)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ctx://resources/a", "", "http://"])
def test_an_address_that_is_no_page(reader: PageReader, address: str) -> None:
    with pytest.raises(FetchRefused):
        asyncio.run(reader.read(address))


# ---- the stand-in


def test_the_scripted_searcher_answers_from_its_script() -> None:
    hit = Hit(address="https://example.org/a", title="A", snippet="a")
    page = scripted_page("https://example.org/a", "The ferry.")
    searcher: Searcher = (
        scripted := ScriptedSearcher(
            {"ferry": [hit, hit], "down": ServiceError("it is down")},
            {page.address: page, "gone": FetchFailed("gone", "404", 404)},
        )
    )
    reader: Reader = scripted
    assert asyncio.run(searcher.search("ferry", limit=1)) == (hit,)
    assert asyncio.run(searcher.search("tram")) == ()
    with pytest.raises(ServiceError, match="down"):
        asyncio.run(searcher.search("down"))
    assert asyncio.run(reader.read(page.address)) == page
    with pytest.raises(FetchFailed):
        asyncio.run(reader.read("gone"))
    with pytest.raises(NotFoundError):
        asyncio.run(reader.read("nowhere"))
    assert scripted.queries == ["ferry", "tram", "down"]
    assert scripted.addresses == [page.address, "gone", "nowhere"]


# ---- the measure of the searcher


def questions(folder: Path) -> Path:
    """Six questions in the form of MuSiQue, whose support no title tells."""
    nouns = ["ferry", "tram", "lantern", "bridge", "harbour", "market"]
    rows = [
        {
            "question": f"Who keeps the {noun} at night?",
            "paragraphs": [
                {"title": f"Notes {at}", "paragraph_text": f"Keeper {at} keeps the {noun}.", "is_supporting": True},
                *(
                    {"title": f"Page {at}-{n}", "paragraph_text": f"Filler {n} of {at}.", "is_supporting": False}
                    for n in range(10)
                ),
            ],
        }
        for at, noun in enumerate(nouns)
    ]
    (folder / "questions.json").write_text(json.dumps(rows), encoding="utf-8")
    return folder / "questions.json"


def test_the_searcher_is_measured_beside_its_baselines(tmp_path: Path) -> None:
    result = retrieval.measure(questions(tmp_path))
    rows = result["recall"]["questions"]
    assert rows["corpus"]["recall@10"] == 1
    assert rows["titles"]["recall@10"] == 0
    assert rows["by lot"]["recall@10"] == pytest.approx(10 / 66)
    assert all(row["found"] for row in result["names"].values())
    assert result["passages"] == 66 + len(retrieval.NAMES)
    done = CliRunner().invoke(app, ["retrieval", "--data", str(tmp_path)])
    assert done.exit_code == 0
    assert "questions in all corpus" in done.stdout


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.json", None, "no such file"),
        ("a.json", "{", "no list of MuSiQue"),
        ("a.json", '[{"question": 1}]', "no list of MuSiQue"),
        ("a.json", "[]", "no passages"),
        ("a.json", '[{"title": "A", "text": "a"}]', "no questions"),
    ],
)
def test_data_that_cannot_be_measured(tmp_path: Path, name: str, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        retrieval.measure(tmp_path / name)


def test_real_questions_find_their_support(shared: Path) -> None:
    result = retrieval.measure(shared / "multihop" / "hotpotqa_100.json")
    assert result["above titles"]["hotpotqa_100"]["low"] > 0
    assert result["recall"]["hotpotqa_100"]["corpus"]["recall@10"] > 0.85
    assert all(row["found"] for row in result["names"].values())
