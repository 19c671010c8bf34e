"""A feed's entry stays the same entry while its story is the same story."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.app.cli import run
from afterlore.brief.publish.edition import StoryEntry
from afterlore.brief.publish.entries import Named, handed_on, standing, story_id
from afterlore.brief.publish.folder import Folder
from conftest import ROOT

DAY = "2026-03-10"


def story(*articles: str) -> StoryEntry:
    return StoryEntry(
        id=story_id(articles),
        title="t",
        title_from=articles[0],
        category="c",
        category_reason="",
        articles=articles,
        reposts=(),
        insight=(),
        bullets=(),
        disagreements=(),
        follows=None,
        score=0.0,
        reasons=(),
    )


def published(stories: tuple[StoryEntry, ...]) -> tuple[Named, ...]:
    return tuple(Named.model_validate_json(one.to_json()) for one in stories)


def entries(stories: tuple[StoryEntry, ...]) -> list[str]:
    return [one.entry or one.id for one in stories]


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        (["a"], ["ab"], [0]),
        (["a"], ["abcd"], [0]),
        (["abcd"], ["a"], [0]),
        (["abc"], ["abx"], [0]),
        (["abc"], ["axy"], [None]),
        (["ab", "c"], ["abc"], [0]),
        (["ab", "cd"], ["abcd"], [None]),
        (["abc"], ["a", "bc"], [None, 0]),
        (["ab"], ["a", "b"], [None, None]),
        ([], ["a"], [None]),
    ],
)
def test_the_same_story_keeps_its_entry(before: list[str], after: list[str], kept: list[int | None]) -> None:
    standing = published(tuple(story(*articles) for articles in before))
    found = handed_on([story(*articles) for articles in after], standing)
    assert entries(found) == [one.id if at is None else standing[at].id for one, at in zip(found, kept, strict=True)]


DAYS = st.lists(st.integers(0, 3), min_size=1, max_size=8).map(
    lambda where: tuple(
        story(*(letter for letter, place in zip("abcdefgh", where, strict=False) if place == one))
        for one in sorted(set(where))
    )
)


@given(st.lists(DAYS, min_size=1, max_size=4))
def test_entries_differ_and_a_rerun_changes_none(days: list[tuple[StoryEntry, ...]]) -> None:
    stands: tuple[Named, ...] = ()
    for day in days:
        made = handed_on(day, stands)
        assert len(set(entries(made))) == len(made)
        stands = published(made)
        assert handed_on(day, stands) == made


@given(DAYS, DAYS, DAYS, st.integers(1, 4))
def test_the_same_edits_give_the_same_entries_in_any_folder(
    day: tuple[StoryEntry, ...], edited: tuple[StoryEntry, ...], stood: tuple[StoryEntry, ...], top: int
) -> None:
    """Whether the day was published before its editor went to work, or after; and again when it is built again."""

    def build(stands: tuple[StoryEntry, ...], told: tuple[StoryEntry, ...]) -> tuple[StoryEntry, ...]:
        return handed_on(told[:top], handed_on(published(day), published(stands)))

    fresh = build((), edited)
    assert build(build((), day), edited) == fresh
    assert entries(build(fresh, day)) == entries(build((), day)), "and what is undone is as it was"
    grown = build(stood, edited)
    assert build(grown, edited) == grown
    assert len(set(entries(grown))) == len(grown)


def test_a_ledger_that_cannot_be_read_hands_nothing_on(tmp_path: Path) -> None:
    (tmp_path / DAY).mkdir()
    (tmp_path / DAY / "brief.json").write_text("{", encoding="utf-8")
    assert standing(Folder(tmp_path), date.fromisoformat(DAY)) == ()


def test_one_report_more_is_no_new_entry(tmp_path: Path) -> None:
    """The sample day without one report of a story told by several, and then with it."""
    inbox, out = tmp_path / "inbox", tmp_path / "out"
    shutil.copytree(ROOT / "samples" / DAY, inbox)
    late = inbox / "latent-jichuan4.html"
    text = late.read_text(encoding="utf-8")
    late.unlink()
    words = ["brief", "build", str(inbox), "--out", str(out), "--date", DAY, "--offline", "--quiet"]

    def built() -> tuple[dict[str, str], set[str]]:
        assert run(words) == 0
        feed = json.loads((out / "feed.json").read_text(encoding="utf-8"))
        ids = {item["external_url"]: item["id"] for item in feed["items"]}
        ledger = json.loads((out / DAY / "brief.json").read_text(encoding="utf-8"))
        return ids, {one["id"] for one in ledger["stories"]}

    before, stories = built()
    late.write_text(text, encoding="utf-8")
    after, more = built()
    assert stories != more
    assert set(after.values()) == set(before.values())
    assert run(["brief", "verify", str(out)]) == 0
