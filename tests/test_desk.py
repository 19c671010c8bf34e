"""The desk without its web pages: a real day, edited, built again, published and verified."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from afterlore.app.cli import run
from afterlore.brief.desk.changes import changes
from afterlore.brief.desk.edits import EditLog, Published
from afterlore.brief.desk.session import Desk
from afterlore.brief.desk.state import State, key_of
from afterlore.brief.publish.edition import Edition, StoryEntry, decode
from afterlore.core import InputError
from conftest import ROOT

DAY = date(2026, 3, 10)
SAMPLES = ROOT / "samples" / "2026-03-10"


def build(out: Path, source: Path = SAMPLES, *more: str) -> None:
    words = ["brief", "build", str(source), "--out", str(out), "--date", str(DAY), "--offline", *more]
    assert run([*words, *(() if "--json" in more else ("--quiet",))]) == 0


def published(out: Path) -> dict[str, bytes]:
    """Every file but the journal and the log."""
    files = (path for path in sorted(out.rglob("*")) if path.is_file())
    kept = (path for path in files if ".afterlore" not in path.parts and path.name != "edits.jsonl")
    return {str(path.relative_to(out)): path.read_bytes() for path in kept}


def ledger(out: Path) -> Edition:
    return decode((out / str(DAY) / "brief.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("desk") / "out"
    build(out)
    return out


@pytest.fixture
def out(built: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "out"
    shutil.copytree(built, copy)
    return copy


def keys(state: State) -> list[str]:
    return [key_of(one) for one in state.told]


def story(state: State, key: str) -> StoryEntry:
    return next(one for one in state.drafted.edition.stories if one.id == key)


def tellable(state: State) -> str:
    return next(key_of(one) for one in state.waiting if len(one.group.articles[0].text) > 300 and one.state != "silent")


def everything(desk: Desk) -> dict[str, Any]:
    """One of each deed, and what it should make of the day."""
    before = desk.state()
    first = keys(before)
    last = story(before, first[-1])
    desk.pin(first[-1])
    merged = desk.merge([first[1], first[2]])
    desk.drop(first[3])
    desk.move(first[5], "up")
    desk.retitle(first[4], "编辑改过的标题")
    category = next(c for c in before.request.vertical.category_names if c != story(before, first[4]).category)
    desk.recategorise(first[4], category)
    rejected = story(before, first[4]).bullets[-1].claim
    desk.reject(first[4], rejected)
    relabelled = story(before, first[4]).bullets[0].claim
    desk.relabel(first[4], relabelled, "新标签")
    return {
        "first": last.title,
        "one": {article for ids in merged.stories for article in ids},
        "dropped": story(before, first[3]).title,
        "edited": first[4],
        "category": category,
        "rejected": rejected,
        "relabelled": relabelled,
    }


def test_deeds_do_what_they_say_and_only_publishing_publishes(out: Path) -> None:
    stood = published(out)
    with Desk.open(out) as desk:
        assert desk.state().fresh
        assert not desk.changes()
        due = everything(desk)
        state = desk.state()
        edition = state.drafted.edition
        assert edition.stories[0].title == due["first"]
        assert edition.stories[0].reasons[0].name == "pinned"
        assert any({*one.articles, *one.reposts} == due["one"] for one in edition.stories)
        assert due["dropped"] not in {*(one.title for one in edition.stories), *(one.title for one in edition.others)}
        edited = story(state, due["edited"])
        assert (edited.title, edited.title_by, edited.category) == ("编辑改过的标题", "editor", due["category"])
        assert due["rejected"] not in {claim.id for claim in edition.claims}
        assert {one.claim: one.label for one in edited.bullets}[due["relabelled"]] == "新标签"
        assert all(one.holds for one in state.drafted.outcomes)
        assert not state.fresh
        assert published(out) == stood
        desk.publish()
        assert desk.state().fresh
        assert ledger(out) == edition
    assert run(["brief", "verify", str(out)]) == 0


def test_a_build_keeps_the_edits_and_publishes_what_the_desk_did(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Desk.open(out) as desk:
        everything(desk)
        desk.publish()
    stood = published(out)
    build(out, SAMPLES, "--json")
    assert json.loads(capsys.readouterr().out)["edits"] == {"applied": 8, "lapsed": []}
    assert published(out) == stood
    fresh = out.parent / "fresh"
    (fresh / str(DAY)).mkdir(parents=True)
    shutil.copy(out / str(DAY) / "edits.jsonl", fresh / str(DAY))
    build(fresh)
    alone = {name: data for name, data in stood.items() if name in published(fresh)}
    assert published(fresh) == alone, "the log alone makes the same edition, whatever else was lost"
    assert all(name.startswith("sources/") for name in stood.keys() - alone.keys())


def test_undoing_everything_is_the_day_as_it_was(built: Path, out: Path) -> None:
    with Desk.open(out) as desk:
        everything(desk)
        for event in reversed(EditLog(desk.folder.edits(DAY)).read()):
            desk.undo(event.seq)
        assert desk.state().fresh
        desk.publish()
    assert published(out) == published(built)


def test_splitting_what_was_merged_restores_both(out: Path) -> None:
    with Desk.open(out) as desk:
        stood = desk.state().drafted.edition
        first, second = desk.state().told[:2]
        merged = desk.merge([key_of(first), key_of(second)])
        whole = next(one for one in desk.state().told if one.group.ids == set(sum(merged.stories, ())))
        desk.split(key_of(whole), [article.id for article in second.group.articles])
        assert desk.state().drafted.edition == stood


def test_a_deed_that_takes_the_ground_from_another_says_so(out: Path) -> None:
    with Desk.open(out) as desk:
        first, second = desk.state().told[:2]
        merge = desk.merge([key_of(first), key_of(second)])
        whole = next(one for one in desk.state().told if one.group.ids == set(sum(merge.stories, ())))
        titled = desk.retitle(key_of(whole), "合并后的标题")
        assert desk.lapsed_by(titled.seq) == ()
        part = whole.group.articles[0].id
        kept = desk.split(key_of(whole), [part])
        assert desk.lapsed_by(kept.seq) == (), "the title stays with the side that stays"
        assert sum(one.title == "合并后的标题" for one in desk.state().drafted.edition.stories) == 1
        desk.undo(kept.seq)
        undone = desk.undo(merge.seq)
        lost = desk.lapsed_by(undone.seq)
        assert set(lost) == {one.edit for one in desk.state().drafted.outcomes if not one.holds}


def test_what_is_promoted_takes_the_last_place_and_what_is_dropped_gives_its_own(out: Path) -> None:
    with Desk.open(out) as desk:
        before = desk.state()
        chosen = tellable(before)
        desk.promote(chosen)
        assert keys(desk.state()) == [*keys(before)[:-1], chosen]
        desk.drop(keys(before)[0])
        assert keys(desk.state()) == [*keys(before)[1:], chosen], "the one that had to go comes back"


def test_an_edit_whose_story_is_gone_is_reported_and_lands_on_no_other(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = json.loads((SAMPLES.parent / "truth.json").read_text(encoding="utf-8"))["days"][str(DAY)]
    file = {one["url"]: one["file"] for one in truth["articles"]}
    with Desk.open(out) as desk:
        gone = next(
            one
            for one in desk.state().told
            if all(file[a.url] != f"{DAY}/feed.xml" for a in (*one.group.articles, *one.group.reposts))
        )
        desk.pin(key_of(gone))
    less = tmp_path / "less"
    shutil.copytree(SAMPLES, less)
    for article in (*gone.group.articles, *gone.group.reposts):
        (less / Path(file[article.url]).name).unlink()
    bare = tmp_path / "bare"
    build(bare, less)
    build(out, less, "--json")
    report = json.loads(capsys.readouterr().out)["edits"]
    assert report["applied"] == 0
    assert [one["seq"] for one in report["lapsed"]] == [1]
    assert ledger(out).stories == ledger(bare).stories
    with Desk.open(out) as desk:
        assert not desk.state().drafted.outcomes[0].holds


REFUSED: dict[str, tuple[Any, str]] = {
    "a story that is not there": (lambda d, _: d.pin("0" * 12), "not there any more"),
    "one story merged": (lambda d, s: d.merge([keys(s)[0]]), "two or more"),
    "all of a story split off": (
        lambda d, s: d.split(keys(s)[0], [a.id for a in s.told[0].group.articles]),
        "leave some",
    ),
    "above the first": (lambda d, s: d.move(keys(s)[0], "up"), "first story already"),
    "no such category": (lambda d, s: d.recategorise(keys(s)[0], "园艺"), "no such category"),
    "the same category": (
        lambda d, s: d.recategorise(keys(s)[0], story(s, keys(s)[0]).category),
        "nothing would change",
    ),
    "an empty title": (lambda d, s: d.retitle(keys(s)[0], "  "), "title"),
    "a long title": (lambda d, s: d.retitle(keys(s)[0], "长" * 121), "title"),
    "a title that hides": (lambda d, s: d.retitle(keys(s)[0], "a\u202eb"), "cannot be seen"),
    "a label with a colon": (
        lambda d, s: d.relabel(keys(s)[0], story(s, keys(s)[0]).bullets[0].claim, "标：签"),
        "label",
    ),
    "another story's claim": (
        lambda d, s: d.reject(keys(s)[0], story(s, keys(s)[1]).bullets[0].claim),
        "not there any more",
    ),
    "no such event": (lambda d, _: d.undo(1), "no such event"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_deed_that_cannot_be_done_is_refused_and_nothing_is_written(out: Path, what: str) -> None:
    deed, said = REFUSED[what]
    with Desk.open(out) as desk:
        with pytest.raises(InputError, match=said):
            deed(desk, desk.state())
        assert not desk.folder.edits(DAY).exists()
        assert desk.state().fresh


@pytest.mark.parametrize("verb", ["drop", "pin", "promote", "undo", "redo"])
def test_a_deed_done_twice_is_done_once(out: Path, verb: str) -> None:
    with Desk.open(out) as desk:
        state = desk.state()
        stood, key = state.drafted.edition, tellable(state) if verb == "promote" else keys(state)[2]
        # A second click names the story as the page showed it when the first one was made.
        deed = {"pin": desk.pin, "promote": desk.promote}.get(verb, desk.drop)
        done = deed(key)
        if verb in ("undo", "redo"):
            back = desk.undo(done.seq)
            if verb == "redo":
                desk.undo(back.seq)
        log = desk.folder.edits(DAY).read_bytes()
        again: Callable[[], object]
        again = {"undo": lambda: desk.undo(1), "redo": lambda: desk.undo(2)}.get(verb, lambda: deed(key))
        with pytest.raises(InputError, match=r"nothing would change|not count already"):
            again()
        assert desk.folder.edits(DAY).read_bytes() == log
        if verb != "undo":
            desk.undo(len(log.splitlines()))
        assert desk.state().drafted.edition == stood


def test_an_undo_that_changes_nothing_is_refused_unless_it_takes_two(out: Path) -> None:
    with Desk.open(out) as desk:
        stood, key = desk.state().drafted.edition, keys(desk.state())[2]
        first = desk.retitle(key, "第一个标题")
        desk.retitle(key, "第二个标题")
        with pytest.raises(InputError, match="nothing would change"):
            desk.undo(first.seq)
        drop = desk.drop(key)
        path = desk.folder.edits(DAY)
        twice = drop.model_copy(update={"seq": drop.seq + 1})
        EditLog(path).append(twice, EditLog(path).read())
        desk.undo(drop.seq)
        desk.undo(twice.seq)
        desk.undo(2)
        desk.undo(1)
        assert desk.state().drafted.edition == stood


def test_a_story_keeps_at_least_one_statement(out: Path) -> None:
    with Desk.open(out) as desk:
        key = keys(desk.state())[0]
        one = story(desk.state(), key)
        first, *rest = dict.fromkeys((*one.insight, *(bullet.claim for bullet in one.bullets)))
        for claim in rest:
            desk.reject(key, claim)
        with pytest.raises(InputError, match="drop the story instead"):
            desk.reject(key, first)
        left = story(desk.state(), key)
        assert len([*left.insight, *left.bullets]) == 1
        assert left.insight == (first,)


def test_an_editors_title_is_held_against_the_sources_and_only_warned_of(out: Path) -> None:
    with Desk.open(out) as desk:
        one = next(x for x in desk.state().told if "Jichuan-4" in x.group.articles[0].title)
        articles = one.group.articles
        assert desk.warnings("霁川智能发布Jichuan-4，输出价3.2元", articles) == ()
        assert [problem.kind for problem in desk.warnings("霁川智能发布Jichuan-4，输出价9.9元", articles)] == ["number"]
        desk.retitle(key_of(one), "霁川智能发布Jichuan-4，输出价9.9元")
        desk.publish()
    assert run(["brief", "verify", str(out)]) == 0
    tampered = (out / str(DAY) / "brief.json").read_text(encoding="utf-8").replace('"title_by": "editor",', "")
    (out / str(DAY) / "brief.json").write_text(tampered, encoding="utf-8")
    assert run(["brief", "verify", str(out)]) == 1


def test_publishing_writes_down_what_became_of_each_candidate(out: Path) -> None:
    with Desk.open(out) as desk:
        before = desk.state()
        pinned, dropped, chosen = keys(before)[2], keys(before)[4], tellable(before)
        desk.pin(pinned)
        desk.drop(dropped)
        desk.promote(chosen)
        desk.publish()
        event = EditLog(desk.folder.edits(DAY)).read()[-1]
    assert isinstance(event, Published)
    known = {key_of(one): {article.id for article in one.group.articles} for one in before.drafted.telling.candidates}
    became = {frozenset(one.candidate.articles): one.decision for one in event.decisions}
    due = {pinned: "pinned", dropped: "dropped", chosen: "promoted", keys(before)[0]: "kept"}
    assert {key: became[frozenset(known[key])] for key in due} == due
    for one in event.decisions:
        assert one.candidate.title
        assert one.candidate.features
        assert not {"pinned", "promoted"} & one.candidate.features.keys()


def test_a_build_while_the_desk_is_open_is_noticed(out: Path, tmp_path: Path) -> None:
    less = tmp_path / "less"
    shutil.copytree(SAMPLES, less)
    with Desk.open(out) as desk:
        stood = desk.state().drafted.edition
        desk.pin(keys(desk.state())[3])
        assert desk.last_changes() is None
        (less / "wechat-jichuan4.html").unlink()
        build(out, less)
        state = desk.state()
        assert state.fresh
        assert state.drafted.edition.counts.articles == stood.counts.articles - 1
        change = desk.last_changes()
        assert change is not None
        assert any(one.articles_removed for one in change.stories)
        assert any(one.moved and one.now == 1 for one in change.stories)


def test_changes_tell_what_moved_and_not_what_was_pushed_along(out: Path) -> None:
    edition = ledger(out)
    assert not changes(edition, edition)
    stories = [*edition.stories]
    stories.insert(0, stories.pop(6))
    moved = changes(edition, edition.model_copy(update={"stories": tuple(stories)}))
    assert [(one.title, one.was, one.now) for one in moved.stories] == [(stories[0].title, 7, 1)]
    shorter = changes(edition, edition.model_copy(update={"stories": edition.stories[1:]}))
    assert [(one.was, one.now, one.moved) for one in shorter.stories] == [(1, None, False)]


def test_only_one_desk_at_a_time(out: Path) -> None:
    with Desk.open(out), pytest.raises(InputError, match="a desk is open"):
        Desk.open(out)
    Desk.open(out).close()


def test_a_desk_says_what_it_lacks(out: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="build one with"):
        Desk.open(tmp_path / "nothing")
    with pytest.raises(InputError, match="its last days are 2026-03-10"):
        Desk.open(out, date(2026, 3, 9))
    shutil.rmtree(out / ".afterlore")
    with pytest.raises(InputError, match="once more"):
        Desk.open(out)
    assert not (out / ".afterlore").exists(), "a desk that cannot open leaves nothing behind"
    build(out)
    Desk.open(out).close()


def test_a_damaged_log_stops_desk_and_build_and_harms_nothing(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stood = published(out)
    (out / str(DAY) / "edits.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 1 is damaged"):
        Desk.open(out)
    assert run(["brief", "build", str(SAMPLES), "--out", str(out), "--date", str(DAY), "--offline"]) == 2
    assert "line 1 is damaged" in capsys.readouterr().err
    assert published(out) == stood


def test_what_was_decided_teaches_the_days_after_and_can_be_forgotten(out: Path) -> None:
    def next_day() -> Edition:
        words = ["brief", "build", str(SAMPLES.parent / "2026-03-11"), "--out", str(out), "--date", "2026-03-11"]
        assert run([*words, "--offline", "--quiet"]) == 0
        return decode((out / "2026-03-11" / "brief.json").read_text(encoding="utf-8"))

    def taught(edition: Edition) -> bool:
        return any(reason.name == "taste" for one in edition.stories for reason in one.reasons)

    with Desk.open(out, DAY) as desk:
        everything(desk)
        for key in keys(desk.state())[-3:]:
            desk.drop(key)
        assert not desk.learned().anything
        state = desk.state()
        desk.publish()
        assert desk.state().drafted.edition == state.drafted.edition, "a day does not learn from itself"
    edition = next_day()
    assert taught(edition)
    with Desk.open(out, date(2026, 3, 11)) as desk:
        assert desk.state().fresh
        assert desk.learned().taste.days
        forgotten = desk.forget()
        assert not taught(desk.state().drafted.edition)
        with pytest.raises(InputError, match="nothing to forget"):
            desk.forget()
        desk.undo(forgotten.seq)
        assert desk.state().drafted.edition == edition
        desk.undo(forgotten.seq + 1)
    assert not taught(next_day())
    (out / str(DAY) / "edits.jsonl").unlink()
    (out / "2026-03-11" / "edits.jsonl").unlink()
    assert not taught(next_day())


KILLED = """
import os, pathlib, signal, sys
from afterlore.brief.pipeline import Request, build
from afterlore.brief.vertical import load_vertical

class Killer:
    def stage(self, name, total):
        if name == sys.argv[3]:
            os.kill(os.getpid(), signal.SIGKILL)
    def advance(self, items=1):
        pass

source, out, _ = sys.argv[1:]
vertical = load_vertical("ai")
request = Request.of([source], out=pathlib.Path(out), vertical=vertical, date="2026-03-10", offline=True)
build(request, Killer())
"""


@pytest.mark.parametrize("stage", ["write", "publish"])
def test_a_killed_run_keeps_edits_and_goes_on_to_the_same_bytes(out: Path, tmp_path: Path, stage: str) -> None:
    with Desk.open(out) as desk:
        everything(desk)
        desk.publish()
    other = tmp_path / "other"
    (other / str(DAY)).mkdir(parents=True)
    shutil.copy(out / str(DAY) / "edits.jsonl", other / str(DAY))
    command = [sys.executable, "-c", KILLED, str(SAMPLES), str(other), stage]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=os.environ)
    assert done.returncode == -signal.SIGKILL, done.stderr
    build(other)
    due = published(out)
    assert published(other).keys() <= due.keys()
    assert published(other) == {name: due[name] for name in published(other)}
