"""Searchers and readers: a local corpus in one context database, web services by their protocols, pages, a stand-in."""

import asyncio
import hashlib
import json
from pathlib import Path

import pytest

from afterlore.context.context import Context
from afterlore.core import InputError, NotFoundError
from afterlore.research.search.corpus import Corpus, open_context, open_corpus
from afterlore.text.quotes import locate
from conftest import ROOT

__all__: list[str] = []

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
