"""How days hang together, and what stands around a quote."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.brief.publish.almanac import read_almanac
from afterlore.brief.publish.folder import Folder
from afterlore.brief.publish.view import around
from afterlore.core import InputError
from afterlore.text.sentences import sentences

FIRST = date(2026, 3, 9)


def folder_of(path: Path, *days: dict[str, tuple[int, str] | None]) -> Folder:
    """One ledger a day, each story with the (day, story) that it follows; no more of a ledger than an almanac reads."""
    for number, stories in enumerate(days):
        day = FIRST + timedelta(days=number)
        told = [
            {
                "id": name,
                "title": f"{name} on {day}",
                "category": "c",
                "follows": before
                and {"date": str(FIRST + timedelta(days=before[0])), "story": before[1], "title": "as it was"},
            }
            for name, before in stories.items()
        ]
        (path / str(day)).mkdir(parents=True)
        ledger = json.dumps({"title": "t", "language": "zh", "stories": told})
        (path / str(day) / "brief.json").write_text(ledger, encoding="utf-8")
    return Folder(path)


def test_threads_run_from_the_first_day_to_the_last(tmp_path: Path) -> None:
    almanac = read_almanac(
        folder_of(tmp_path, {"a": None, "x": None}, {"b": (0, "a")}, {"c": (1, "b"), "d": (0, "a"), "e": (0, "gone")})
    )
    assert [[told.story for told in thread] for thread in almanac.threads()] == [["a", "b", "c"], ["a", "d"]]
    first = almanac.place(FIRST)
    assert [told.story for told in first.continued["a"]] == ["b", "d"]
    assert (first.previous, first.following) == (None, FIRST + timedelta(days=1))
    last = almanac.place(FIRST + timedelta(days=2))
    assert last.standing == {(FIRST + timedelta(days=1), "b"), (FIRST, "a")}, "what is gone is not linked"


def test_a_story_that_claims_to_follow_the_future_makes_no_circle(tmp_path: Path) -> None:
    almanac = read_almanac(folder_of(tmp_path, {"a": (1, "b")}, {"b": (0, "a")}))
    assert all(len(thread) <= 2 for thread in almanac.threads())


def test_a_ledger_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"a": None}, {"b": None})
    folder.ledger(FIRST).write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=f"build {FIRST} again"):
        read_almanac(folder)
    assert [day.date for day in read_almanac(folder, lenient=True).days] == [FIRST + timedelta(days=1)]


def test_a_quote_stands_between_its_neighbours() -> None:
    text = "第一句。第二句，有两个分句。第三句。\n第四句。"
    at = text.index("有两个分句")
    assert around(text, sentences(text), at, at + 5) == ("第一句。第二句，", "。第三句。")
    assert around(text, sentences(text), 0, 4) == ("", "第二句，有两个分句。")
    last = text.index("第四句。")
    assert around(text, sentences(text), last, last + 4) == ("第三句。\n", "")


@given(st.text(st.sampled_from("一二，。！\n A.")), st.data())
def test_neighbours_are_the_text_around_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    before, after = around(text, sentences(text), start, end)
    assert text[:start].endswith(before)
    assert text[end:].startswith(after)
