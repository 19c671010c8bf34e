"""The editor's events: what they are, how they are kept, and the laws by which they apply."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.brief.article import Article
from afterlore.brief.desk.apply import arrange, match, regroup, reword
from afterlore.brief.desk.edits import (
    Drop,
    Edit,
    EditLog,
    Merge,
    Move,
    Pin,
    Promote,
    Published,
    Recategorise,
    Reject,
    Relabel,
    Retitle,
    Split,
    Undo,
    decode_edit,
    live,
)
from afterlore.core import InputError, digest

NOW = datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
IDS = [f"{number:016x}" for number in range(12)]
CLUSTERS = [(IDS[0], IDS[1]), (IDS[2],), (IDS[3], IDS[4], IDS[5]), (IDS[6],), (IDS[7], IDS[8])]
COPIES = {IDS[2]: [IDS[9]], IDS[4]: [IDS[10], IDS[11]]}


def article(number: int) -> Article:
    text = f"第{number}条新闻。"
    return Article(
        id=IDS[number],
        url=f"https://news.example/{number}",
        outlet="甲报",
        title=f"第{number}条",
        published=NOW + timedelta(minutes=number),
        language="zh",
        text=text,
        sha256=digest(text),
        source="feed",
    )


ARTICLES = [article(number) for number in range(9)]


def whole(ids: Sequence[str]) -> frozenset[str]:
    return frozenset(ids).union(*(COPIES.get(one, ()) for one in ids))


def event(kind: Any, seq: int, **fields: Any) -> Any:
    return kind(seq=seq, at=NOW, **fields)


STORIES = st.sampled_from([tuple(sorted(whole(ids))) for ids in CLUSTERS])
VERBS = st.one_of(
    st.builds(lambda a, b: (Merge, {"stories": (a, b)}), STORIES, STORIES),
    st.builds(
        lambda a, n: (Split, {"story": a, "out": a[: 1 + n % (len(a) - 1)]} if len(a) > 1 else {}),
        STORIES,
        st.integers(0, 3),
    ),
    st.builds(lambda a: (Pin, {"story": a}), STORIES),
    st.builds(lambda a: (Promote, {"story": a}), STORIES),
    st.builds(lambda a: (Drop, {"story": a}), STORIES),
    st.builds(
        lambda a, b, s: (Move, {"story": a, "anchor": b, "side": s}),
        STORIES,
        STORIES,
        st.sampled_from(["above", "below"]),
    ),
    st.builds(lambda a, t: (Retitle, {"story": a, "title": t}), STORIES, st.sampled_from(["一", "二"])),
    st.builds(lambda a, c: (Recategorise, {"story": a, "category": c}), STORIES, st.sampled_from(["甲类", "乙类"])),
    st.builds(lambda a, c: (Relabel, {"story": a, "claim": c, "label": "标签"}), STORIES, st.sampled_from("xyz")),
    st.builds(lambda a, c: (Reject, {"story": a, "claim": c}), STORIES, st.sampled_from("xyz")),
)


@st.composite
def logs(draw: st.DrawFn) -> tuple[Edit, ...]:
    events: list[Edit] = []
    for kind, fields in draw(st.lists(VERBS.filter(lambda one: bool(one[1])), max_size=8)):
        events.append(event(kind, len(events) + 1, **fields))
        if draw(st.booleans()):
            events.append(event(Undo, len(events) + 1, of=draw(st.integers(1, len(events)))))
    return tuple(events)


def outcome(edits: Sequence[Edit]) -> Any:
    """Everything that edits make of the day."""
    clusters, grouped = regroup(CLUSTERS, ARTICLES, COPIES, edits)
    stories = [whole(ids) for ids in clusters]
    arranged = arrange(stories, edits)
    wordings, worded = reword(stories, edits, ["甲类"])
    holds = [(one.edit.seq, one.holds) for one in (*grouped, *arranged.outcomes, *worded)]
    return clusters, arranged.order, arranged.marks, wordings, holds


@given(logs(), VERBS.filter(lambda one: bool(one[1])))
def test_doing_and_undoing_is_doing_nothing(log: tuple[Edit, ...], more: Any) -> None:
    kind, fields = more
    done = event(kind, len(log) + 1, **fields)
    undone = event(Undo, len(log) + 2, of=done.seq)
    assert outcome(live((*log, done, undone))) == outcome(live(log))
    again = event(Undo, len(log) + 3, of=undone.seq)
    assert live((*log, done, undone, again)) == live((*log, done))


@given(logs())
def test_nothing_is_lost_or_doubled(log: tuple[Edit, ...]) -> None:
    clusters, order, marks, _, holds = outcome(live(log))
    assert sorted(one for ids in clusters for one in ids) == [one.id for one in ARTICLES]
    assert sorted((*order, *(at for at, mark in marks.items() if mark == "dropped"))) == list(range(len(clusters)))
    assert sorted(seq for seq, _ in holds) == [edit.seq for edit in live(log)], "each edit is accounted for once"


@given(logs())
def test_regrouping_twice_is_regrouping_once(log: tuple[Edit, ...]) -> None:
    once, _ = regroup(CLUSTERS, ARTICLES, COPIES, [edit for edit in live(log) if isinstance(edit, Split)])
    twice, _ = regroup(once, ARTICLES, COPIES, [edit for edit in live(log) if isinstance(edit, Split)])
    assert twice == once
    merges = [edit for edit in live(log) if isinstance(edit, Merge)]
    once, _ = regroup(CLUSTERS, ARTICLES, COPIES, merges)
    twice, after = regroup(once, ARTICLES, COPIES, merges[:1])
    assert twice == once
    assert all(one.holds for one in after)


@pytest.mark.parametrize(("a", "b"), [(0, 1), (1, 2), (0, 4), (2, 3)])
def test_merging_and_splitting_restores(a: int, b: int) -> None:
    one, other = (tuple(sorted(whole(CLUSTERS[at]))) for at in (a, b))
    merge = event(Merge, 1, stories=(one, other))
    merged, _ = regroup(CLUSTERS, ARTICLES, COPIES, [merge])
    assert any(set(ids) == {*CLUSTERS[a], *CLUSTERS[b]} for ids in merged)
    split = event(Split, 2, story=(*one, *other), out=other)
    restored, outcomes = regroup(CLUSTERS, ARTICLES, COPIES, [merge, split])
    assert restored == CLUSTERS
    assert all(one.holds for one in outcomes)


def test_copies_go_where_their_article_goes() -> None:
    split = event(Split, 1, story=tuple(whole(CLUSTERS[2])), out=(IDS[4],))
    assert (IDS[4],) in regroup(CLUSTERS, ARTICLES, COPIES, [split])[0]


@given(st.sets(st.sampled_from(IDS), min_size=1), st.permutations(IDS), st.integers(1, 12))
def test_a_story_is_found_again_or_not_at_all(named: set[str], ids: list[str], size: int) -> None:
    stories = [frozenset(ids[at : at + size]) for at in range(0, len(ids), size)]
    found = match(named, stories)
    if found is not None:
        assert stories[found] >= named or len(stories[found] & named) * 2 >= len(stories[found] | named)
    if found is None:
        assert not any(story >= named for story in stories)


def test_a_story_that_has_grown_much_is_not_dropped_unseen() -> None:
    grown = [frozenset(IDS[:3]), frozenset(IDS[3:5])]
    assert match(IDS[:1], grown) == 0
    dropped = arrange(grown, [event(Drop, 1, story=IDS[:1])])
    assert dropped.order == (0, 1)
    assert not dropped.outcomes[0].holds
    assert arrange(grown, [event(Drop, 1, story=IDS[:2])]).order == (1,)


def test_pins_come_first_in_the_order_of_pinning_and_moves_after_that() -> None:
    stories = [frozenset({one}) for one in IDS[:5]]
    pins = [event(Pin, 1, story=(IDS[3],)), event(Pin, 2, story=(IDS[1],))]
    assert arrange(stories, pins).order == (3, 1, 0, 2, 4)
    moved = [*pins, event(Move, 3, story=(IDS[4],), side="above", anchor=(IDS[3],))]
    assert arrange(stories, moved).order == (4, 3, 1, 0, 2)
    assert arrange(stories, [*moved, event(Drop, 4, story=(IDS[3],))]).order == (4, 1, 0, 2)


@pytest.mark.parametrize("out", [0, 1])
def test_what_was_done_to_a_story_stays_with_the_side_that_stays(out: int) -> None:
    pair, other = tuple(CLUSTERS[0]), tuple(CLUSTERS[3])
    done = [
        event(Pin, 1, story=pair),
        event(Retitle, 2, story=pair, title="编辑的标题"),
        event(Move, 3, story=other, side="above", anchor=pair),
        event(Reject, 4, story=pair, claim="x"),
        event(Split, 5, story=pair, out=(pair[out],)),
    ]
    clusters, _ = regroup(CLUSTERS, ARTICLES, COPIES, done)
    stories = [whole(ids) for ids in clusters]
    stayed, went = stories.index(frozenset({pair[1 - out]})), stories.index(frozenset({pair[out]}))
    arranged = arrange(stories, done)
    assert arranged.order[:2] == (stories.index(frozenset(other)), stayed)
    wordings, worded = reword(stories, done, [])
    assert wordings[stayed].title == "编辑的标题"
    assert wordings[went].title is None
    assert wordings[stayed].rejected == wordings[went].rejected == {"x"}, "a sentence that was rejected stays out"
    assert all(one.holds for one in (*arranged.outcomes, *worded))
    whole_again = [*done, event(Merge, 6, stories=((pair[0],), (pair[1],)))]
    clusters, _ = regroup(CLUSTERS, ARTICLES, COPIES, whole_again)
    assert arrange([whole(ids) for ids in clusters], whole_again).marks == {0: "pinned"}


@given(logs())
def test_the_log_round_trips(tmp_path_factory: pytest.TempPathFactory, log: tuple[Edit, ...]) -> None:
    file = EditLog(tmp_path_factory.mktemp("log") / "2026-03-11" / "edits.jsonl")
    assert file.read() == ()
    for place, one in enumerate(log):
        file.append(one, log[:place])
    assert file.read() == log
    assert all(decode_edit(one.to_json()) == one for one in log)


def test_a_line_that_was_cut_off_is_none_and_is_written_over(tmp_path: Path) -> None:
    file = EditLog(tmp_path / "2026-03-11" / "edits.jsonl")
    first, second = event(Pin, 1, story=(IDS[0],)), event(Drop, 2, story=(IDS[1],))
    file.append(first, ())
    whole_line = file.path.read_bytes()
    for cut in range(1, len(whole_line) - 1):
        file.path.write_bytes(whole_line + whole_line[:cut].replace(b"\n", b""))
        assert file.read() == (first,)
    file.append(second, (first,))
    assert file.read() == (first, second)


def test_a_whole_line_without_its_newline_counts_and_is_kept(tmp_path: Path) -> None:
    file = EditLog(tmp_path / "2026-03-11" / "edits.jsonl")
    first, second, third = event(Pin, 1, story=(IDS[0],)), event(Drop, 2, story=(IDS[1],)), event(Undo, 3, of=1)
    file.append(first, ())
    file.append(second, (first,))
    bare = file.path.read_bytes().removesuffix(b"\n")
    file.path.write_bytes(bare)
    assert file.read() == (first, second)
    assert file.path.read_bytes() == bare, "reading changes nothing"
    file.append(third, (first, second))
    assert file.read() == (first, second, third)
    assert file.path.read_bytes().startswith(bare + b"\n")
    file.path.write_bytes(bare + b"\n" + bare.splitlines()[0])
    with pytest.raises(InputError, match="line 3 is damaged"):
        file.read()


DAMAGE = {
    "not JSON": ["{"],
    "unknown verb": [{"verb": "promise", "seq": 1, "at": "2026-03-11T09:30:00+08:00"}],
    "unknown field": [{"verb": "pin", "seq": 1, "at": "2026-03-11T09:30:00+08:00", "story": ["a"], "rank": 1}],
    "no offset": [{"verb": "pin", "seq": 1, "at": "2026-03-11T09:30:00", "story": ["a"]}],
    "a line is missing": [{"verb": "pin", "seq": 2, "at": "2026-03-11T09:30:00+08:00", "story": ["a"]}],
    "undoes what comes": [{"verb": "undo", "seq": 1, "at": "2026-03-11T09:30:00+08:00", "of": 1}],
    "splits all": [{"verb": "split", "seq": 1, "at": "2026-03-11T09:30:00+08:00", "story": ["a"], "out": ["a"]}],
    "a character that cannot be seen": [
        {"verb": "retitle", "seq": 1, "at": "2026-03-11T09:30:00+08:00", "story": ["a"], "title": "a\u202eb"}
    ],
    "bytes": [b"\xff\xfe"],
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_line_is_one_error_that_names_it(tmp_path: Path, what: str) -> None:
    path = tmp_path / "2026-03-11" / "edits.jsonl"
    path.parent.mkdir()
    lines = [
        line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()
        for line in DAMAGE[what]
    ]
    path.write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(InputError, match=r"edits\.jsonl line 1 is damaged .*move it away"):
        EditLog(path).read()


def test_what_was_published_cannot_be_undone(tmp_path: Path) -> None:
    file = EditLog(tmp_path / "edits.jsonl")
    done = event(Published, 1, edition="0" * 64, decisions=())
    file.append(done, ())
    with pytest.raises(InputError, match="cannot be undone"):
        file.append(event(Undo, 2, of=1), (done,))
    assert file.read() == (done,)


@pytest.mark.parametrize("title", ["👩\u200d💻写代码", "👩🏽\u200d🚀", "🏳️\u200d🌈旗", "👨\u200d👩\u200d👧"])
def test_joined_emoji_are_seen(title: str) -> None:
    assert event(Retitle, 1, story=("a",), title=title).title == title


@pytest.mark.parametrize(
    "title", ["a\u200db", "👩\u200d", "\u200d👩", "👩\u200da", "甲\u200d乙", "👩\u200d\u200d💻", "\u200b"]
)
def test_a_joiner_elsewhere_hides(title: str) -> None:
    with pytest.raises(ValueError, match="cannot be seen"):
        event(Retitle, 1, story=("a",), title=title)


@pytest.mark.parametrize("label", ["", "标：签", "a" * 13, "一，二", "\u200b"])
def test_a_label_is_a_short_word(label: str) -> None:
    with pytest.raises(ValueError, match="label"):
        event(Relabel, 1, story=("a",), claim="x", label=label)
