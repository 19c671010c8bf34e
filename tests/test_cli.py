"""The command line: the figures that machines read have the names that the docs promise, and wrong use says how."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from afterlore.app import config
from afterlore.app.cli import run
from afterlore.brief.evaluate.generate import day
from afterlore.core import ConfigError
from conftest import ROOT

EXAMPLE = ROOT / "docs" / "example" / "2026-03-10" / "brief.md"


def figures(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    assert run([*words, "--json"]) == code
    read: dict[str, Any] = json.loads(capsys.readouterr().out)
    return read


def test_lint(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (row,) = figures(capsys, "brief", "lint", str(EXAMPLE), "--roundtrip")["documents"]
    assert row["path"] == str(EXAMPLE)
    assert (row["stories"], row["problems"], row["roundtrip"]) == (10, 0, True)
    assert row["bullets"] >= 30
    assert row["source_links"] >= 10
    broken = tmp_path / "broken.md"
    broken.write_text(EXAMPLE.read_text(encoding="utf-8").replace("**核心洞察：**", "**洞察：**", 1), encoding="utf-8")
    (row,) = figures(capsys, "brief", "lint", str(broken), code=1)["documents"]
    assert row["problems"] == 1
    assert row["findings"][0].startswith("line 8: expected")
    broken.write_text("# nothing\n", encoding="utf-8")
    (row,) = figures(capsys, "brief", "lint", str(broken), code=1)["documents"]
    assert row["findings"] == ["line 1: the heading is not '# <title> - YYYY年MM月DD日'"]


def test_eval_cluster(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    made = day(40, 3, roundups=False)
    folder = tmp_path / "articles"
    folder.mkdir()
    number = {article.id: f"{n:03d}" for n, article in enumerate(made.articles, 1)}
    for article in made.articles:
        head = f"---\nurl: {article.url}\noutlet: {article.outlet}\ntitle: '{article.title}'\n"
        head += f"published: {article.published}\n---\n"
        (folder / f"{number[article.id]}.md").write_text(head + article.text.replace("\n", "\n\n"), encoding="utf-8")
    gold = [{"event": ids[0], "articles": [number[i] for i in ids], "outlets": []} for ids in made.clusters]
    (tmp_path / "clusters.json").write_text(json.dumps(gold), encoding="utf-8")
    read = figures(capsys, "brief", "eval", "cluster", "--data", str(tmp_path))
    for system in ("ours", "singletons", "tfidf"):
        assert read[system].keys() >= {"pair_precision", "pair_recall", "pair_f1", "b3_f1"}
    assert read["ours"]["pair_f1"] > read["singletons"]["pair_f1"] == 0


def test_eval_extract(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = "澜舟机器人宣布完成1.2亿元A轮融资，由远山资本领投，资金将用于扩建常州工厂。"
    body = f'<div id="js_content"><p><span>{text[:9]}</span><span>{text[9:]}</span></p><p>点击阅读原文</p></div>'
    (tmp_path / "001.html").write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    (tmp_path / "001.expected.txt").write_text(text + "\n", encoding="utf-8")
    read = figures(capsys, "brief", "eval", "extract", "--data", str(tmp_path))
    for system in ("ours", "trafilatura"):
        assert read[system].keys() >= {"precision", "recall", "f1"}
    assert read["ours"]["f1"] == 1.0


def test_eval_mutate(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    case = {
        "id": "1",
        "article": "a",
        "source": ["澜舟机器人宣布完成1.2亿元A轮融资，由远山资本领投。"],
        "faithful": "远山资本领投了澜舟机器人1.2亿元的A轮融资。",
        "wrong": "远山资本领投了澜舟机器人12亿元的A轮融资。",
        "kind": "number",
    }
    (tmp_path / "cases.json").write_text(json.dumps([case]), encoding="utf-8")
    read = figures(capsys, "brief", "eval", "mutate", "--data", str(tmp_path / "cases.json"))
    assert (read["caught"], read["false_alarms"]) == (1.0, 0.0)
    assert read["by_kind"]["number"]["caught"] == 1.0


@pytest.mark.parametrize("stage", ["extract", "cluster", "classify", "mutate", "claims"])
def test_data_of_another_form_is_refused(stage: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no data", encoding="utf-8")
    for data in (tmp_path, tmp_path / "notes.txt", tmp_path / "absent"):
        assert run(["brief", "eval", stage, "--data", str(data)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert run(["brief", "eval", stage]) == 2
    assert "--data PATH" in capsys.readouterr().err


def test_bench(capsys: pytest.CaptureFixture[str]) -> None:
    read = figures(capsys, "brief", "bench", "--n", "30,60")
    assert read["30"]["articles"] == 30
    assert read["60"]["peak_rss_mb"] > 0
    assert isinstance(read["slope"], float)
    assert sum(read["share"]["60"].values()) == pytest.approx(1, abs=0.01)
    assert read["growth"].keys() == read["share"]["60"].keys()
    assert read["learning"]["30"]["seconds"] > 0


def test_an_error_is_also_an_object_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["brief", "verify", "nowhere", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["exit_code"] == 2


def test_settings_come_from_option_then_variable_then_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = config.config_file()
    assert tmp_path in file.parents, "the user's own settings are never read in tests"
    file.parent.mkdir(parents=True)
    file.write_text('log_level = "debug"\nallow_hosts = ["a.example"]\n', encoding="utf-8")
    assert config.load().log_level == "debug"
    assert config.load().allow_hosts == ("a.example",)
    monkeypatch.setenv("AFTERLORE_ALLOW_HOSTS", "b.example, c.example")
    assert config.load().allow_hosts == ("b.example", "c.example")
    assert config.load(allow_hosts=("d.example",)).allow_hosts == ("d.example",)
    file.write_text('colour = "red"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="valid settings"):
        config.load()


def test_logs_are_objects_and_hold_no_secret(tmp_path: Path) -> None:
    words = ["brief", "build", "http://user:hunter2@127.0.0.1/feed?token=hunter2", "--out", str(tmp_path / "out")]
    environment = {**os.environ, "AFTERLORE_LOG_FORMAT": "json"}
    done = subprocess.run(
        [sys.executable, "-m", "afterlore.app", *words], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "hunter2" not in done.stderr
    logged = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert logged
    assert {"level", "name", "message"} <= logged[0].keys()
