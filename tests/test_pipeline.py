"""The build, on the shipped samples: what it publishes, that it repeats, resumes, and never loses what stands."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from afterlore.app.cli import run
from afterlore.brief.desk.edits import Drop, EditLog
from afterlore.brief.publish.document import lint, render
from afterlore.brief.publish.edition import Edition, decode
from afterlore.brief.publish.folder import Folder
from afterlore.core import Rung
from conftest import ROOT

SAMPLES = ROOT / "samples"
TRUTH: dict[str, Any] = json.loads((SAMPLES / "truth.json").read_text(encoding="utf-8"))
DAYS = ("2026-03-10", "2026-03-11")


def build(out: Path, *days: str) -> None:
    for day in days:
        words = ["brief", "build", str(SAMPLES / day), "--out", str(out), "--date", day, "--offline", "--quiet"]
        assert run(words) == 0


def published(out: Path) -> dict[str, bytes]:
    """Every file but the journal, whose pages may lie in another order."""
    files = (path for path in sorted(out.rglob("*")) if path.is_file() and ".afterlore" not in path.parts)
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples") / "out"
    build(folder, *DAYS)
    return folder


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first day alone: its page does not know of a second."""
    folder = tmp_path_factory.mktemp("first") / "out"
    build(folder, DAYS[0])
    return folder


@pytest.fixture(scope="module")
def editions(out: Path) -> dict[str, Edition]:
    return {day: decode((out / day / "brief.json").read_text(encoding="utf-8")) for day in DAYS}


def test_the_page_is_in_the_reference_form(out: Path) -> None:
    for day in DAYS:
        text = (out / day / "brief.md").read_text(encoding="utf-8")
        document, found = lint(text)
        assert document is not None
        assert found == []
        assert render(document) == text


@pytest.mark.parametrize("day", DAYS)
def test_stories_are_the_events(editions: dict[str, Edition], day: str) -> None:
    events = [set(event["articles"]) for event in TRUTH["days"][day]["events"]]
    url = {article.id: article.url for article in editions[day].articles}
    for story in editions[day].stories:
        cited = {url[article] for article in story.articles}
        assert any(cited <= event for event in events), story.title


@pytest.mark.parametrize("day", DAYS)
def test_every_statement_points_at_its_sentence(out: Path, editions: dict[str, Edition], day: str) -> None:
    edition = editions[day]
    used = {claim for s in edition.stories for claim in (*s.insight, *(b.claim for b in s.bullets))}
    assert used == {claim.id for claim in edition.claims}
    for claim in edition.claims:
        for evidence in claim.evidence:
            text = (out / "sources" / f"{evidence.sha256}.txt").read_bytes().decode()
            assert text[evidence.start : evidence.end] == evidence.quote
        if claim.rung is not Rung.DISPUTED:
            assert claim.text in claim.evidence[0].quote


@pytest.mark.parametrize("day", DAYS)
def test_outlets_are_the_collectors(editions: dict[str, Edition], day: str) -> None:
    outlet = {article["url"]: article["outlet"] for article in TRUTH["days"][day]["articles"]}
    assert {a.url: a.outlet for a in editions[day].articles} == {a.url: outlet[a.url] for a in editions[day].articles}


def test_the_hostile_page_changes_nothing(out: Path, editions: dict[str, Edition]) -> None:
    for day in DAYS:
        page = (out / day / "brief.md").read_text(encoding="utf-8")
        for forbidden in (*TRUTH["hostile"]["forbidden"], *TRUTH["hostile"]["orders"]):
            assert forbidden not in page
        known = {article.url for article in editions[day].articles}
        assert set(re.findall(r"\]\(([^)]*)\)", page)) <= known
    titles = [story.title for story in editions[DAYS[0]].stories]
    assert not titles or "灵雀" not in titles[0]


def test_nothing_is_told_twice(editions: dict[str, Edition]) -> None:
    first, second = (editions[day] for day in DAYS)
    told = {claim.text for claim in first.claims}
    assert not [claim.text for claim in second.claims if claim.text in told]
    assert not {a.url for a in first.articles} & {a.url for a in second.articles}
    url = {article.id: article.url for article in second.articles}
    links = {(url[story.articles[0]], story.follows.title) for story in second.stories if story.follows}
    assert len(links) >= 2


def test_figures_on_which_outlets_differ_stand_side_by_side(editions: dict[str, Edition]) -> None:
    shown = {
        frozenset(outlet for outlet, _ in disagreement.values)
        for edition in editions.values()
        for story in edition.stories
        for disagreement in story.disagreements
    }
    due = {frozenset(value["outlet"] for value in each["values"]) for each in TRUTH["disagreements"]}
    assert shown
    assert all(any(outlets <= whole for whole in due) for outlets in shown)


def test_a_second_run_publishes_the_same_bytes(out: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(out, again)
    build(again, *DAYS)
    assert published(again) == published(out)
    fresh = tmp_path / "fresh"
    build(fresh, *DAYS)
    assert published(fresh) == published(out)


KILLED = """
import os, pathlib, signal, sys
from afterlore.brief.pipeline import Request, build
from afterlore.brief.vertical import load_vertical

class Killer:
    def __init__(self, stage, after):
        self.wanted, self.left, self.now = stage, after, ""
    def stage(self, name, total):
        self.now = name
        self.advance(0)
    def advance(self, items=1):
        if self.now == self.wanted:
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self.left -= 1

source, out, stage, after = sys.argv[1:]
vertical, folder = load_vertical("ai"), pathlib.Path(out)
request = Request.of([source], out=folder, vertical=vertical, date="2026-03-10", offline=True)
build(request, Killer(stage, int(after)))
"""


@pytest.mark.parametrize(
    ("stage", "after"),
    [
        ("collect", 3),
        ("extract", 0),
        ("extract", 23),
        ("dedupe", 0),
        ("cluster", 0),
        ("rank", 0),
        ("write", 4),
        ("publish", 0),
    ],
)
def test_a_killed_run_resumes_to_the_same_bytes(first: Path, tmp_path: Path, stage: str, after: int) -> None:
    target = tmp_path / "out"
    command = [sys.executable, "-c", KILLED, str(SAMPLES / DAYS[0]), str(target), stage, str(after)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not (target / DAYS[0] / "brief.md").exists()
    build(target, DAYS[0])
    assert published(target) == published(first)


KILLED_WRITING = """
import os, pathlib, signal, sys
from afterlore.app.cli import run

replace, fatal = pathlib.Path.replace, sys.argv[1]

def killing(self, target):
    replace(self, target)
    if str(target).endswith(fatal):
        os.kill(os.getpid(), signal.SIGKILL)

pathlib.Path.replace = killing
run(sys.argv[2:])
"""


@pytest.mark.parametrize("last", ["11/brief.json", "11/brief.html", "10/brief.html", "index.html"])
def test_a_run_killed_between_two_files_is_put_right(out: Path, first: Path, tmp_path: Path, last: str) -> None:
    target = tmp_path / "out"
    shutil.copytree(first, target)
    words = ["brief", "build", str(SAMPLES / DAYS[1]), "--out", str(target), "--date", DAYS[1], "--offline", "--quiet"]
    command = [sys.executable, "-c", KILLED_WRITING, last, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert published(target) != published(out)
    build(target, DAYS[1])
    assert published(target) == published(out)


def test_pages_follow_whatever_is_built_again(out: Path, tmp_path: Path) -> None:
    copy = tmp_path / "out"
    shutil.copytree(out, copy)
    words = ["brief", "build", str(SAMPLES / DAYS[0]), "--out", str(copy), "--date", DAYS[0], "--offline", "--quiet"]
    assert run([*words, "--top", "1"]) == 0
    second = (copy / DAYS[1] / "brief.html").read_text(encoding="utf-8")
    assert "接续3月10日" in second
    assert f"../{DAYS[0]}/brief.html#s-" not in second, "what the first day no longer tells is not linked"
    assert run(["brief", "verify", str(copy)]) == 0
    build(copy, DAYS[0])
    assert published(copy) == published(out)


def test_a_folder_of_an_earlier_version_is_brought_up_to_date(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "out"
    shutil.copytree(out, copy)
    made = [path for path in copy.rglob("*") if path.suffix in {".html", ".eml", ".xml"} or path.name == "feed.json"]
    assert len(made) == 7
    for path in made:
        path.unlink()
    assert run(["brief", "verify", str(copy), "--json"]) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert {problem["file"] for problem in problems} == {path.relative_to(copy).as_posix() for path in made}
    assert all("build its newest day again" in problem["problem"] for problem in problems)
    build(copy, DAYS[1])
    assert published(copy) == published(out)


def test_an_interrupted_run_says_how_to_go_on(tmp_path: Path) -> None:
    code = (
        "import os, signal\nfrom afterlore.app import terminal\n"
        "terminal.Bar.advance = lambda self, items=1: os.kill(os.getpid(), signal.SIGINT)\n"
        "from afterlore.app.__main__ import main\nmain()"
    )
    out = tmp_path / "out"
    arguments = ["brief", "build", str(SAMPLES / DAYS[0]), "--out", str(out), "--date", DAYS[0], "--offline"]
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=os.environ)
    assert done.returncode == 130
    assert "run the same command again" in done.stderr
    build(tmp_path / "out", DAYS[0])


CHANGES = {
    "markdown": ("2026-03-10/brief.md", "的", "地", "brief.md"),
    "page": ("2026-03-10/brief.html", "的", "地", "2026-03-10/brief.html"),
    "page's style": ("2026-03-10/brief.html", "margin", "nargin", "2026-03-10/brief.html"),
    "page's stamp": (
        "2026-03-11/brief.html",
        'name="afterlore" content="',
        'name="afterlore" content="0',
        "brief.html",
    ),
    "mail": ("2026-03-11/brief.eml", "A", "B", "2026-03-11/brief.eml"),
    "archive": ("index.html", "3月", "4月", "index.html"),
    "atom": ("feed.xml", "的", "地", "feed.xml"),
    "json feed": ("feed.json", "的", "地", "feed.json"),
    "ledger": ("2026-03-10/brief.json", '"score": ', '"score": 1', "digest"),
    "spelling": ("2026-03-10/brief.json", '"format"', ' "format"', "spelling"),
}


@pytest.mark.parametrize("what", [*CHANGES, "source"])
def test_verify_finds_one_changed_character(
    out: Path, tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "out"
    shutil.copytree(out, copy)
    assert run(["brief", "verify", str(copy)]) == 0
    if what == "source":
        path = next((copy / "sources").glob("*.txt"))
        path.write_text(path.read_text(encoding="utf-8").replace("，", "、", 1), encoding="utf-8")
        names = path.name
    else:
        file, old, new, names = CHANGES[what]
        path = copy / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    capsys.readouterr()
    assert run(["brief", "verify", str(copy), "--json"]) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert any(names in f"{trouble['file']} {trouble['problem']}" for trouble in problems)
    assert len({trouble["file"] for trouble in problems}) == 1 or what == "source"


def test_a_folder_that_is_not_ours_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.docx").write_bytes(b"years of work")
    arguments = ["brief", "build", str(SAMPLES / DAYS[0]), "--out", str(tmp_path), "--date", DAYS[0], "--offline"]
    assert run(arguments) == 2
    assert "not made by afterlore" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["thesis.docx"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--date", "10 March"], "YYYY-MM-DD"),
        (["--window", "two days"], "48h or 3d"),
        (["--vertical", "gardening"], "shipped are ai"),
        (["--date", "2031-01-01"], "nothing to tell"),
        (["--top", "0"], "--top"),
    ],
)
def test_wrong_usage_is_one_line_that_names_the_fix(
    tmp_path: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["brief", "build", str(SAMPLES / DAYS[0]), "--out", str(tmp_path / "out"), "--offline"]
    assert run([*common, *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_what_was_published_stays_when_the_next_run_finds_nothing(out: Path, tmp_path: Path) -> None:
    copy = tmp_path / "out"
    shutil.copytree(out, copy)
    (tmp_path / "empty").mkdir()
    assert run(["brief", "build", str(tmp_path / "empty"), "--out", str(copy), "--date", DAYS[0], "--offline"]) == 2
    assert published(copy) == published(out)


@pytest.mark.parametrize("damage", ["{", "spelling"])
def test_a_publication_that_is_refused_changes_nothing(
    out: Path, tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "out"
    shutil.copytree(out, copy)
    later = copy / DAYS[1] / "brief.json"
    later.write_text(damage if damage == "{" else f" {later.read_text(encoding='utf-8')}", encoding="utf-8")
    before = published(copy)
    words = ["brief", "build", str(SAMPLES / DAYS[0]), "--out", str(copy), "--date", DAYS[0], "--offline", "--quiet"]
    assert run([*words, "--top", "1"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"build {DAYS[1]} again" in error
    assert published(copy) == before
    build(copy, DAYS[1])
    assert published(copy) == published(out), "and the fix that it names is one"


def test_a_folder_holds_one_vertical(first: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "out"
    shutil.copytree(first, copy)
    words = ["brief", "build", str(SAMPLES / "games"), "--out", str(copy), "--vertical", "games", "--offline"]
    assert run([*words, "--quiet", "--date", "2026-03-12"]) == 2
    error = capsys.readouterr().err
    assert all(name in error for name in ("'ai'", "'games'", "--out"))
    assert error.count("\n") == 1
    assert published(copy) == published(first)


def test_a_day_whose_stories_were_all_dropped_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inbox, out = tmp_path / "inbox", tmp_path / "out"
    inbox.mkdir()
    shutil.copy(SAMPLES / DAYS[0] / "kyjishi-kiteloom.md", inbox)
    words = ["brief", "build", str(inbox), "--out", str(out), "--date", DAYS[0], "--offline", "--quiet"]
    assert run(words) == 0
    [story] = decode((out / DAYS[0] / "brief.json").read_text(encoding="utf-8")).stories
    event = Drop(seq=1, at=datetime(2026, 3, 11, tzinfo=UTC), story=story.articles)
    EditLog(Folder(out).edits(date.fromisoformat(DAYS[0]))).append(event, ())
    before = published(out)
    assert run(words) == 2
    error = capsys.readouterr().err
    assert all(part in error for part in ("editor dropped 1 story", "edits.jsonl", "afterlore brief review"))
    assert error.count("\n") == 1
    assert published(out) == before
