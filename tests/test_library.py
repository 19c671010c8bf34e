"""The library: what a folder of briefs has said and read is found in its context database, once, as it is now."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from afterlore.app.cli import run
from afterlore.brief.desk.session import Desk
from afterlore.brief.desk.state import key_of
from afterlore.brief.library import Inputs, Library
from afterlore.brief.library.nodes import place
from afterlore.brief.publish.edition import Edition, decode
from afterlore.brief.publish.folder import Folder
from afterlore.context.context import Context
from afterlore.core import InputError
from afterlore.journal import Journal
from conftest import ROOT

SAMPLES = ROOT / "samples"
DAYS = ("2026-03-10", "2026-03-11")
BRIEFS = "ctx://resources/brief"
ARTICLES = "ctx://resources/articles"

FERRY = (
    "青屿轮渡公司3月10日宣布，电动渡轮“鹭江七号”投入运营，单次充电可航行42海里，票价定为18元。"
    "公司运营总监贺岚说，首批3艘渡轮将在6月底前全部下水，年内再增加5艘。\n\n"
    "“鹭江七号”长38米，载客299人，电池容量2.6兆瓦时，充电时间为50分钟。"
    "贺岚表示，与同级柴油船相比，它每年可节省燃料费用约210万元，二氧化碳排放减少1400吨。"
)
BRIDGE = (
    "临岸市3月10日开通跨海大桥智能巡检系统，26架无人机每天飞行4次，检查全长11.3公里的桥面和拉索。"
    "系统由岚图科技承建，合同金额为3200万元，识别裂缝的准确率为96.4%。\n\n"
    "岚图科技总经理顾一舟说，过去人工巡检一次需要9天，现在每次只要40分钟，全年可节省养护费用860万元。"
)


def words(out: Path, *days: str) -> list[list[str]]:
    return [
        ["brief", "build", str(SAMPLES / day), "--out", str(out), "--date", day, "--offline", "--quiet"] for day in days
    ]


def build(out: Path, *days: str) -> None:
    assert [run(one) for one in words(out, *days)] == [0] * len(days)


def small(source: Path, out: Path) -> None:
    assert run(["brief", "build", str(source), "--out", str(out), "--date", DAYS[0], "--offline", "--quiet"]) == 0


def told(folder: Path, name: str, title: str, body: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    head = f"title: {json.dumps(title, ensure_ascii=False)}\noutlet: 海港日报\npublished: 2026-03-10T09:00:00+08:00"
    (folder / name).write_text(f"---\n{head}\n---\n\n{body}\n", encoding="utf-8")


def published(out: Path) -> dict[str, bytes]:
    files = (path for path in sorted(out.rglob("*")) if path.is_file() and ".afterlore" not in path.parts)
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


def ledger(out: Path, day: str) -> Edition:
    return decode((out / day / "brief.json").read_text(encoding="utf-8"))


@contextmanager
def opened(out: Path) -> Iterator[Context]:
    with Context.open(Folder(out).context) as context:
        yield context


def tree(out: Path) -> dict[str, tuple[str, str, str, tuple[str, ...], str, str]]:
    """Everything below resources: title, content, source, tags, L0, L1, by address."""
    with opened(out) as context:
        nodes = [line.node for line in context.tree("ctx://resources")]
        levels = context.store.levels(node.id for node in nodes)
        return {
            str(node.uri): (
                node.title,
                node.hash,
                node.source,
                node.tags,
                *((levels[node.id].abstract, levels[node.id].overview) if node.id in levels else ("", "")),
            )
            for node in nodes
        }


def find(out: Path, query: str, capsys: pytest.CaptureFixture[str], *more: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert run(["context", "find", query, "--in", str(out), "--json", *more]) == 0
    hits: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["hits"]
    return hits


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library") / "out"
    build(folder, *DAYS)
    return folder


@pytest.fixture
def out(built: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "out"
    shutil.copytree(built, copy)
    return copy


def test_what_was_said_and_read_is_found_across_days(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = find(out, "霁川", capsys)
    uris = [hit["uri"] for hit in found]
    for day in DAYS:
        assert any(uri.startswith(f"{BRIEFS}/{day}/") for uri in uris), uris
        assert any(uri.startswith(f"{ARTICLES}/{day}/") for uri in uris), uris
    assert all("霁川" in f"{hit['abstract']}{hit['excerpt']}" for hit in found[:6])
    only = find(out, "霁川", capsys, "--below", BRIEFS, "--tag", DAYS[0])
    assert only
    assert all(hit["uri"].startswith(f"{BRIEFS}/{DAYS[0]}/") for hit in only)
    assert run(["context", "find", "霁川", "--in", str(out), "--limit", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("       ") and "霁川" in line]
    assert not [line for line in lines if "**" in line or line.strip().startswith("#")]


def test_a_story_stands_there_as_it_was_published(out: Path) -> None:
    with opened(out) as context:
        for day in DAYS:
            edition = ledger(out, day)
            claims = {claim.id: claim.text for claim in edition.claims}
            page = (out / day / "brief.md").read_text(encoding="utf-8")
            nodes = {node.name: node for node in context.ls(f"{BRIEFS}/{day}")}
            others = {"others.md"} if edition.others else set()
            assert nodes.keys() == {*(f"{story.id}.md" for story in edition.stories), *others}
            for name, node in nodes.items():
                assert context.read(node.uri) in page, name
            for story in edition.stories:
                uri = f"{BRIEFS}/{day}/{story.id}.md"
                assert story.title in context.abstract(uri)
                assert claims[story.insight[0]][:40] in context.abstract(uri)
                overview = context.overview(uri)
                assert day in overview
                assert all(claims[bullet.claim] in overview for bullet in story.bullets)
                assert {day, "ai", story.category} <= set(context.stat(uri).tags)
            listed = context.overview(f"{BRIEFS}/{day}")
            places = [listed.index(f"- {story.id}.md") for story in edition.stories]
            assert places == sorted(places), "the day's overview lists the stories in the day's order"


def test_each_reference_of_a_story_leads_to_the_words_it_rests_on(out: Path) -> None:
    with opened(out) as context:
        seen = 0
        for day in DAYS:
            edition = ledger(out, day)
            quotes = {(e.article, e.start, e.end): e.quote for claim in edition.claims for e in claim.evidence}
            for story in edition.stories:
                overview = context.overview(f"{BRIEFS}/{day}/{story.id}.md")
                sources = dict(re.findall(r"^\[(\d+)\] .* · (ctx://\S+) · ", overview, re.M))
                for number, start, end in re.findall(r"\[(\d+):(\d+)-(\d+)\]", overview):
                    text = context.download(sources[number]).decode()
                    article = sources[number].rsplit("/", 1)[-1].split("-")[0]
                    assert text[int(start) : int(end)] == quotes[article, int(start), int(end)]
                    seen += 1
    assert seen > 100


def test_an_article_is_kept_exactly_and_once(out: Path) -> None:
    with opened(out) as context:
        for day in DAYS:
            for entry in ledger(out, day).articles:
                node = context.stat(place(entry))
                assert node.hash == entry.sha256
                assert (node.source, node.origin) == (entry.url, entry.outlet)
                assert {day, "ai", entry.outlet} <= set(node.tags)
                stored = out / "sources" / f"{entry.sha256}.txt"
                assert not stored.exists() or context.download(node.uri) == stored.read_bytes()
        held = {node.hash for node in context.glob("**/*.txt", target=ARTICLES)}
    with sqlite3.connect(out / ".afterlore" / "journal.sqlite") as connection:
        rows = [json.loads(value) for (value,) in connection.execute("SELECT value FROM done WHERE stage = 'extract'")]
        assert not connection.execute("SELECT 1 FROM done WHERE stage = 'day'").fetchone()
    connection.close()
    articles = [json.loads(record) for kind, record in rows if kind == "Article"]
    assert {article["sha256"] for article in articles if not article["text"]} == held
    assert not {article["sha256"] for article in articles if article["text"]} & held


def test_a_second_build_changes_nothing(out: Path) -> None:
    before, stood = tree(out), published(out)
    build(out, *DAYS)
    assert tree(out) == before
    assert published(out) == stood
    with opened(out) as context:
        assert context.store.check() == []


def test_what_no_day_tells_is_found_by_title_and_lead_alone(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def articles(folder: Path, query: str) -> set[str]:
        hits = find(folder, query, capsys, "--below", ARTICLES)
        return {hit["uri"] for hit in hits if query in f"{hit['abstract']}{hit['excerpt']}"}

    folder, other = Folder(out), Folder(tmp_path / "read alone")
    other.claim()
    with Journal(folder.journal) as journal, Library(folder, journal) as library:
        inputs = Inputs.from_json(library.inputs(date.fromisoformat(DAYS[0])) or "")
        with Journal(other.journal) as second, Library(other, second) as reading:
            reading.hold(inputs, library.articles(inputs) or ())
    assert articles(out, "舟合智能") >= articles(other.path, "舟合智能") != set()
    assert articles(out, "许闻笛")
    assert not articles(other.path, "许闻笛"), "he is named below the first sentence"


def test_what_a_build_no_longer_tells_or_reads_is_gone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    told(tmp_path / "a", "1.md", "电动渡轮鹭江七号投入运营", FERRY)
    told(tmp_path / "a", "2.md", "跨海大桥开通智能巡检系统", BRIDGE)
    small(tmp_path / "a", out)
    assert len(find(out, "鹭江七号", capsys)) == 2, "the story and its article"
    shutil.move(tmp_path / "a" / "1.md", tmp_path / "1.md")
    small(tmp_path / "a", out)
    assert not [hit for hit in find(out, "鹭江七号", capsys) if "鹭江" in f"{hit['abstract']}{hit['excerpt']}"]
    assert len(find(out, "无人机", capsys)) == 2
    shutil.move(tmp_path / "1.md", tmp_path / "a" / "1.md")
    small(tmp_path / "a", out)
    assert len(find(out, "鹭江七号", capsys, "--below", BRIEFS)) == 1


def test_a_story_dropped_at_the_desk_is_gone_when_published(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Desk.open(out, date.fromisoformat(DAYS[0])) as desk:
        key = next(key_of(one) for one in desk.state().told if "舟合智能" in one.group.articles[0].title)
        uri = f"{BRIEFS}/{DAYS[0]}/{key}.md"
        desk.drop(key)
        assert uri in [hit["uri"] for hit in find(out, "舟合智能融资", capsys)], "only publishing publishes"
        desk.publish()
    found = find(out, "舟合智能融资", capsys)
    assert uri not in [hit["uri"] for hit in found]
    assert not [hit for hit in found if hit["uri"].startswith(f"{BRIEFS}/{DAYS[0]}/") and "舟合" in hit["abstract"]]


def test_a_desk_needs_the_library_alone(out: Path) -> None:
    (out / ".afterlore" / "journal.sqlite").unlink()
    with Desk.open(out) as desk:
        assert desk.state().fresh


def test_deleting_the_database_loses_nothing_published(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, stood = tree(out), published(out)
    shutil.rmtree(out / ".afterlore")
    assert run(["brief", "verify", str(out)]) == 0
    capsys.readouterr()
    assert run(["context", "find", "霁川", "--in", str(out)]) == 2
    error = capsys.readouterr().err
    assert "afterlore brief index" in error
    assert error.count("\n") == 1
    assert not (out / ".afterlore").exists(), "looking makes nothing"
    assert run(["brief", "index", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"days": list(DAYS), "stories": 20, "unreadable": {}}
    after = tree(out)
    stories = {uri: row for uri, row in before.items() if uri.startswith(f"{BRIEFS}/")}
    assert {uri: row for uri, row in after.items() if uri.startswith(f"{BRIEFS}/")} == stories
    cited = {a for day in DAYS for story in ledger(out, day).stories for a in story.articles}
    files = {uri for uri in after if uri.startswith(f"{ARTICLES}/") and uri.endswith(".txt")}
    assert {uri.rsplit("/", 1)[-1].split("-")[0] for uri in files} == cited
    assert all(after[uri][:4] == before[uri][:4] for uri in files)
    assert published(out) == stood
    shutil.rmtree(out / ".afterlore")
    build(out, DAYS[1])
    assert {uri for uri in tree(out) if uri.startswith(f"{BRIEFS}/")} == set(stories), "the other day came back too"


def test_a_day_whose_folder_is_gone_is_gone(out: Path) -> None:
    shutil.move(out / DAYS[0], out.parent / DAYS[0])
    build(out, DAYS[1])
    uris = list(tree(out))
    assert not [uri for uri in uris if uri.startswith(f"{BRIEFS}/{DAYS[0]}")]
    with opened(out) as context:
        assert {tag for node in context.glob("**/*.txt") for tag in node.tags if tag in DAYS} == {DAYS[1]}
        assert [node.name for node in context.ls("ctx://agent/brief")] == [DAYS[1]]


def older(out: Path) -> None:
    """The folder as the version before the library left it: everything in the journal."""
    folder = Folder(out)
    with Journal(folder.journal) as journal, Library(folder, journal) as library:
        for day in DAYS:
            inputs = Inputs.from_json(library.inputs(date.fromisoformat(day)) or "")
            articles = library.articles(inputs)
            assert articles is not None
            keys = [f"key of {article.id}" for article in articles]
            rows = zip(keys, articles, strict=True)
            journal.replace("extract", {key: json.dumps(["Article", one.to_json()]) for key, one in rows})
            content = inputs.model_dump(mode="json", exclude={"articles", "format"})
            old = {"format": "afterlore.day/1", **content, "keys": keys}
            journal.replace("day", {day: json.dumps(old, ensure_ascii=False, separators=(",", ":"))})
    for file in folder.context.parent.glob("context.sqlite*"):
        file.unlink()


@pytest.mark.parametrize("first", ["desk", "build"])
def test_a_folder_of_an_older_version_is_taken_over(out: Path, first: str, capsys: pytest.CaptureFixture[str]) -> None:
    before, stood = tree(out), published(out)
    older(out)
    if first == "desk":
        with Desk.open(out, date.fromisoformat(DAYS[0])) as desk:
            assert desk.state().fresh
    build(out, DAYS[1])
    assert capsys.readouterr().out == ""
    assert tree(out) == before
    assert published(out) == stood
    with Desk.open(out, date.fromisoformat(DAYS[0])) as desk:
        assert desk.state().fresh, "days that no build touched are taken over as well"
    with Journal(Folder(out).journal) as journal:
        assert journal.keys("day") == []


def test_days_that_share_an_article_are_taken_over_together(out: Path) -> None:
    older(out)
    folder, days = Folder(out), [date.fromisoformat(day) for day in DAYS]
    with Journal(folder.journal) as journal:
        first, second = (json.loads(journal.recall("day", [day])[day]) for day in DAYS)
        shared = next(key for key in first["keys"] if json.loads(recall(journal, key)[1])["text"])
        second["keys"].append(shared)
        journal.replace("day", {DAYS[1]: json.dumps(second, ensure_ascii=False, separators=(",", ":"))})
        with Library(folder, journal) as library:
            found = [library.articles(Inputs.from_json(library.inputs(day) or "")) for day in days]
        assert all(any(f"key of {one.id}" == shared and one.text for one in articles or ()) for articles in found)
        assert json.loads(recall(journal, shared)[1])["text"] == "", "each text has one home"


def recall(journal: Journal, key: str) -> list[str]:
    kind_and_record: list[str] = json.loads(journal.recall("extract", [key])[key])
    return kind_and_record


def test_what_an_older_version_left_broken_is_forgotten(out: Path) -> None:
    before = tree(out)
    older(out)
    with Journal(Folder(out).journal) as journal:
        journal.replace("day", {DAYS[0]: "{", DAYS[1]: '{"format":"afterlore.day/1","keys":["gone"]}'})
    with pytest.raises(InputError, match="once more"):
        Desk.open(out, date.fromisoformat(DAYS[0]))
    build(out, *DAYS)
    assert tree(out) == before


KILLED = """
import os, signal, sys
from afterlore.app.cli import run
from afterlore.brief.library.library import Library

def killing(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(Library, sys.argv[1], killing)
run(sys.argv[2:])
"""


@pytest.mark.parametrize("where", ["hold", "_keep", "sync", "_cite", "_release"])
def test_a_run_that_was_killed_is_put_right_by_the_next(built: Path, tmp_path: Path, where: str) -> None:
    out = tmp_path / "out"
    build(out, DAYS[0])
    assert run([*words(out, DAYS[0])[0], "--top", "3"]) == 0
    few = published(out)
    [again] = words(out, DAYS[0])
    done = subprocess.run([sys.executable, "-c", KILLED, where, *again], capture_output=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert (published(out) == few) == (where in {"hold", "_keep"})
    if where in {"hold", "_keep"}:
        build(out, DAYS[0])
    # A build of another day puts the first one right as well.
    build(out, DAYS[1])
    assert tree(out) == tree(built)
    assert published(out) == published(built)
    with opened(out) as context:
        assert context.store.check() == []


def test_two_builds_at_once_leave_one_truth(built: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(out, DAYS[0])
    commands = [[sys.executable, "-m", "afterlore.app", *one] for one in words(out, *DAYS, DAYS[1])]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for command in commands]
    for process in running:
        _, error = process.communicate(timeout=180)
        assert process.returncode == 0, error
    assert published(out) == published(built)
    assert tree(out) == tree(built)
    assert run(["brief", "verify", str(out)]) == 0


POWERLESS = """
import os, sys
from afterlore.app.cli import run

elsewhere, *words = sys.argv[1:]
# What is imported late must be there before root's powers, where there are any, are given up.
assert run([elsewhere if word == words[words.index("--out") + 1] else word for word in words]) == 0
if os.geteuid() == 0:
    os.seteuid(65534)
sys.exit(run(words))
"""


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_a_folder_that_cannot_be_written_is_left_as_it_is(out: Path, tmp_path: Path) -> None:
    for above in tmp_path.parents:
        if above.stat().st_uid == os.geteuid() and tmp_path.is_relative_to(above) and above.parent != above:
            above.chmod(above.stat().st_mode | 0o055)
    tmp_path.chmod(0o755)
    stood = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    for path in (*out.rglob("*"), out):
        path.chmod(0o555 if path.is_dir() else 0o444)
    [again] = words(out, DAYS[0])
    command = [sys.executable, "-c", POWERLESS, str(tmp_path / "elsewhere"), *again]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2, done.stderr
    assert "check the folder and its permissions" in done.stderr
    assert done.stderr.count("\n") == 1
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == stood


def test_text_of_articles_is_shown_as_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    told(
        tmp_path / "a",
        "1.md",
        "电动渡轮\x1b[31m鹭江七号\u202e投入[bold red]运营",
        f"[link=evil]渡轮\x1b]0;x\x07。{FERRY}",
    )
    small(tmp_path / "a", out)
    capsys.readouterr()
    for command in (["find", "鹭江七号"], ["overview", f"{BRIEFS}/{DAYS[0]}"], ["tree"], ["grep", "鹭江"]):
        assert run(["context", *command, "--in", str(out)]) == 0
    with opened(out) as context:
        [article] = context.glob("**/*.txt", target=ARTICLES)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run(["context", "read", str(article.uri), "--in", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "[bold red]" in shown
    assert "[link=evil]" in shown
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)


def test_an_import_leaves_the_briefs_articles_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    told(tmp_path / "a", "1.md", "电动渡轮鹭江七号投入运营", FERRY)
    small(tmp_path / "a", out)
    before = {uri for uri in tree(out) if uri.startswith((BRIEFS, ARTICLES))}
    assert run(["context", "add", str(tmp_path / "a" / "1.md"), "--in", str(out), "--quiet"]) == 0
    assert run(["context", "add", str(tmp_path / "a"), "--in", str(out), "--quiet"]) == 0
    assert before <= set(tree(out))
    assert not (out / "context.sqlite").exists()
    with Desk.open(out) as desk:
        assert desk.state().fresh
    small(tmp_path / "a", out)
    assert "ctx://resources/1.md" in tree(out), "and a build leaves the imports alone"


def test_a_ledger_that_was_changed_is_named_and_not_believed(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = out / DAYS[0] / "brief.json"
    path.write_text(path.read_text(encoding="utf-8").replace("霁川", "霁山", 1), encoding="utf-8")
    before = tree(out)
    capsys.readouterr()
    assert run(["brief", "index", str(out)]) == 1
    shown = capsys.readouterr()
    assert f"{DAYS[0]}/brief.json: the ledger was changed" in shown.err
    assert shown.out == "1 days, 10 stories\n"
    assert tree(out) == before
    assert run(["brief", "index", str(out.parent / "nothing")]) == 2
