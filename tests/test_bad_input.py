"""Bad input, as a user would meet it: one line each that says which source, why and what to do; the rest goes on."""

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from afterlore.app.cli import run
from conftest import ROOT
from loopback import HTML, Headers, Reply, Site, serve

DAY = "2026-03-10"
BODY = (
    "澜舟机器人3月10日宣布完成1.2亿元A轮融资，由远山资本领投。公司称资金将用于扩建常州工厂，年产能将达到1.2万台。\n\n"
    "这意味着国内人形机器人的产能竞赛从样机走到了产线。创始人陆行舟表示，首批300台将在6月交付给三家汽车零部件厂。\n\n"
    "公司去年收入8600万元，同比增长140%。行业机构预计，今年国内人形机器人出货量将超过3万台。"
)
CHIP = (
    "北辰半导体3月10日宣布，无锡封测厂投产，一期月产能8000片，总投资32亿元，主要封装车规级芯片。\n\n"
    "这是当地首座面向车规产品的先进封测厂，投产后客户的交付周期有望从11周缩短到6周。厂长秦越说，良率已达98.7%。"
)
WECHAT = '<html><body><div id="js_article"><div class="rich_media">{}</div></div></body></html>'


def page(title: str, body: str, published: str | None = f"{DAY}T09:00:00+08:00") -> str:
    time = f'<meta property="article:published_time" content="{published}">' if published else ""
    paragraphs = "".join(f"<p>{line}</p>" for line in body.split("\n\n"))
    head = f'<meta charset="utf-8"><title>{title}</title>{time}<meta property="og:site_name" content="某报">'
    return f"<html><head>{head}</head><body><article><h1>{title}</h1>{paragraphs}</article></body></html>"


def build(sources: list[str], out: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    code = run(["brief", "build", *sources, "--out", str(out), "--date", DAY, "--json", *more])
    said = capsys.readouterr()
    assert code == 0, said.err
    report: dict[str, Any] = json.loads(said.out)
    return report


def reasons(report: dict[str, Any]) -> dict[str, str]:
    return {drop["item"]: drop["reason"] for drop in report["dropped"]}


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    head = ["---", "url: https://a.example/good", "title: 澜舟机器人完成1.2亿元A轮融资", "outlet: 某报"]
    good = "\n".join([*head, f"published: {DAY}T09:00:00+08:00", "---", ""])
    (folder / "good.md").write_text(good + BODY, encoding="utf-8")
    (folder / "future.html").write_text(page("未来的消息", BODY, "2027-01-01T00:00:00+08:00"), encoding="utf-8")
    (folder / "undated.html").write_text(
        page("鹤鸣科技发布新一代语音芯片", BODY.replace("澜舟机器人", "鹤鸣科技"), None), "utf-8"
    )
    (folder / "gbk.html").write_bytes(
        page("北辰半导体无锡封测厂投产", CHIP).encode("gbk")  # and says utf-8
    )
    (folder / "untitled.txt").write_text(BODY, encoding="utf-8")
    (folder / "deleted.html").write_text(WECHAT.format("<p>该内容已被发布者删除</p>"), encoding="utf-8")
    (folder / "verify.html").write_text(WECHAT.format("<p>环境异常</p><p>完成验证后即可继续访问</p>"), encoding="utf-8")
    image = '<div id="js_content"><img data-src="https://mmbiz.example/1.png"></div>'
    (folder / "image.html").write_text(WECHAT.format(image), encoding="utf-8")
    (folder / "huge.html").write_bytes(b"<html><p>" + b"x" * (40 << 20) + b"</p></html>")
    (folder / "bomb.html.gz").write_bytes(gzip.compress(b"\0" * (60 << 20)))
    (folder / "broken.xml").write_text("this is no feed", encoding="utf-8")
    (folder / "front.md").write_text("---\ntitle: a: b: c\n---\nbody\n", encoding="utf-8")
    (folder / "photo.png").write_bytes(b"\x89PNG")
    return folder


def test_a_folder_of_troubles_gives_a_brief_of_the_rest(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = build([str(mixed)], tmp_path / "out", capsys, "--offline")
    said = reasons(report)
    due = {
        "future.html": "future",
        "undated.html": "undated",
        "untitled.txt": "no_title",
        "deleted.html": "deleted",
        "verify.html": "verification",
        "image.html": "image_only",
        "huge.html": "size",
        "bomb.html.gz": "size",
        "front.md": "front-matter",
    }
    assert {name: said.get(name) for name in due} == due
    assert all(drop["detail"] for drop in report["dropped"])
    failed = [source for source in report["sources"] if source["state"] == "failed"]
    assert [source["source"] for source in failed] == ["inbox/broken.xml"]
    assert failed[0]["fix"]
    titles = " ".join(story["title"] for story in report["stories"])
    assert "澜舟机器人" in titles
    assert "北辰半导体" in titles, "a page that names the wrong charset is still read"
    assert report["counts"]["articles"] == 4
    assert str(tmp_path) not in json.dumps(report["dropped"]), "no path of this machine in what is published"


def test_two_articles_of_one_title_are_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    other = (
        "鹤鸣科技3月10日发布第二代语音芯片HM-20，单颗售价18元，比上一代便宜四成，第三季度量产。\n\n"
        "这是国内首款在0.3瓦功耗下支持离线翻译的芯片。首席执行官林知微说，首批20万颗已被两家耳机厂订走。"
    )
    (folder / "a.html").write_text(page("今天的大消息", BODY), encoding="utf-8")
    (folder / "b.html").write_text(page("今天的大消息", other), encoding="utf-8")
    report = build([str(folder)], tmp_path / "out", capsys, "--offline")
    assert report["counts"]["events"] == 2
    assert report["counts"]["duplicates"] == 0


def test_an_empty_folder_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    arguments = ["brief", "build", str(tmp_path / "empty"), "--out", str(tmp_path / "out"), "--date", DAY, "--offline"]
    assert run(arguments) == 2
    error = capsys.readouterr().err
    assert "empty" in error
    assert "put files of these kinds into it" in error


def test_a_missing_source_beside_a_good_one_is_a_line_in_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = [str(tmp_path / "nowhere"), str(ROOT / "samples" / DAY)]
    report = build(sources, tmp_path / "out", capsys, "--offline")
    assert [s["state"] for s in report["sources"] if s["source"] == "nowhere"] == ["failed"]
    assert report["counts"]["stories"] == 10


def test_an_unknown_key_of_a_vertical_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('name = "mine"\ntitle = "Mine"\ncolour = "red"\n[[categories]]\nname = "all"\n', encoding="utf-8")
    arguments = ["brief", "build", str(ROOT / "samples" / DAY), "--out", str(tmp_path / "out"), "--vertical", str(file)]
    assert run([*arguments, "--offline"]) == 2
    error = capsys.readouterr().err
    assert "'colour'" in error
    assert "timezone" in error, "the valid keys are named"


@pytest.fixture
def site() -> Iterator[Site]:
    yield from serve()


def test_addresses_that_must_not_be_fetched_are_refused_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], site: Site
) -> None:
    refused = [site.url("/feed"), "http://169.254.169.254/latest/meta-data/"]
    report = build([*refused, str(ROOT / "samples" / DAY)], tmp_path / "out", capsys)
    failed = [source for source in report["sources"] if source["source"] in refused]
    assert [source["state"] for source in failed] == ["failed", "failed"]
    assert all("--allow-host" in source["fix"] for source in failed)
    assert site.seen == []


def test_an_allowed_host_is_read_and_the_second_run_fetches_no_body(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], site: Site
) -> None:
    html = page("澜舟机器人完成1.2亿元A轮融资", BODY).encode()
    sent: list[int] = []

    def news(_: Site, headers: Headers) -> Reply:
        status = 304 if headers.get("if-none-match") == '"1"' else 200
        sent.append(status)
        return status, {**HTML, "ETag": '"1"'}, html

    site.routes["/news"] = news
    ledger = tmp_path / "out" / DAY / "brief.json"
    for _ in range(2):
        report = build([site.url("/news")], tmp_path / "out", capsys, "--allow-host", "127.0.0.1")
        assert report["counts"]["stories"] == 1
        sent.append(len(ledger.read_bytes()))
    assert [status for status in sent if status in {200, 304}] == [200, 304]
    assert sent[1] == sent[3], "the same bytes"


def told(folder: Path, title: str, body: str) -> None:
    folder.mkdir()
    head = f"---\ntitle: {title}\noutlet: 某报\npublished: {DAY}T09:00:00+08:00\n---\n"
    (folder / "1.md").write_text(head + body, encoding="utf-8")


def test_files_of_one_name_in_two_folders_are_two_articles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(tmp_path / "a", "澜舟机器人完成1.2亿元A轮融资", BODY)
    told(tmp_path / "b", "北辰半导体无锡封测厂投产", CHIP)
    report = build([str(tmp_path / "a"), str(tmp_path / "b")], tmp_path / "out", capsys, "--offline")
    assert (report["counts"]["stories"], report["counts"]["duplicates"]) == (2, 0)


def test_what_runs_remember_may_be_deleted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(tmp_path / "a", "澜舟机器人完成1.2亿元A轮融资", BODY)
    out = tmp_path / "out"
    build([str(tmp_path / "a")], out, capsys, "--offline")
    before = (out / DAY / "brief.json").read_bytes()
    shutil.rmtree(out / ".afterlore")
    build([str(tmp_path / "a")], out, capsys, "--offline")
    assert (out / DAY / "brief.json").read_bytes() == before


def test_a_folder_of_briefs_is_no_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(tmp_path / "a", "澜舟机器人完成1.2亿元A轮融资", BODY)
    out = tmp_path / "a" / "briefs"
    for _ in range(2):
        report = build([str(tmp_path / "a")], out, capsys, "--offline")
        assert report["counts"]["articles"] == 1


@pytest.mark.parametrize("date", ["0001-01-01", "9999-12-31", "20260310"])
def test_a_date_out_of_range_or_form_is_refused(date: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["brief", "build", str(ROOT / "samples" / DAY), "--out", str(tmp_path / "out"), "--offline"]
    assert run([*words, "--date", date]) == 2
    assert "YYYY-MM-DD" in capsys.readouterr().err
