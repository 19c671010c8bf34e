"""A second vertical is configuration alone: the games brief, from shipped samples, in the exact form."""

import json
import subprocess
from pathlib import Path

import pytest

from afterlore.app import cli
from afterlore.brief.article import Article
from afterlore.brief.group.cluster import cluster, fitted
from afterlore.brief.vertical import load_vertical, shipped
from afterlore.core import digest

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples" / "games"
# Each event by the files that tell it, and the category that an editor would give it.
TRUTH = {
    ("shoubing-zhuchaoji", "yeyou-zhuchaoji"): "产品情报",
    ("jingji-canglan", "yeyou-canglan"): "公司动态",
    ("shuju-xiaoyouxi",): "市场分析",
    ("jishu-yanliu",): "技术前沿",
    ("zhengce-gailv",): "行业政策与环境",
    ("ledger-halyard",): "公司动态",
    ("yeyou-chuhai",): "市场分析",
    ("duli-jixiang",): "产品情报",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("games") / "out"
    words = ["brief", "build", str(SAMPLES), "--out", str(out), "--date", "2026-03-10", "--offline", "--quiet"]
    assert cli.run([*words, "--vertical", "games"]) == 0
    return out


def names() -> dict[str, str]:
    """Address → file name."""
    lines = {path.stem: path.read_text(encoding="utf-8").splitlines() for path in SAMPLES.glob("*.md")}
    return {next(line[5:] for line in text if line.startswith("url: ")): stem for stem, text in lines.items()}


def test_the_games_brief_has_the_form_and_stands(built: Path) -> None:
    page = built / "2026-03-10" / "brief.md"
    assert page.read_text(encoding="utf-8").startswith("# 🎮 游戏行业速递 - 2026年03月10日\n")
    assert cli.run(["brief", "lint", str(page), "--roundtrip"]) == 0
    assert cli.run(["brief", "verify", str(built)]) == 0


def test_events_and_categories_are_the_planted_ones(built: Path) -> None:
    ledger = json.loads((built / "2026-03-10" / "brief.json").read_text(encoding="utf-8"))
    file = names()
    address = {article["id"]: article["url"] for article in ledger["articles"]}
    found = {
        tuple(sorted(file[address[a]] for a in story["articles"])): story["category"] for story in ledger["stories"]
    }
    assert set(found) == set(TRUTH)
    right = sum(found[event] == category for event, category in TRUTH.items())
    assert right >= 0.8 * len(TRUTH)
    labels = [bullet["label"] for story in ledger["stories"] for bullet in story["bullets"]]
    known = {label.name for label in load_vertical("games").labels}
    assert sum(label in known for label in labels) >= 0.8 * len(labels)


def test_no_code_knows_of_games() -> None:
    """What is particular to this field stands in its file alone."""
    done = subprocess.run(
        ["grep", "-rlE", "抽卡|版号|手游|畅销榜|买量", "--include=*.py", str(ROOT / "src")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""
    assert shipped() == ["ai", "games"]


def test_words_that_a_field_calls_common_make_no_event() -> None:
    def article(name: str, firm: str, rest: str) -> Article:
        text = f"{firm}{rest}，主打潮汐玩法与航线经营，潮汐航线每周轮换。"
        return Article(
            id=digest(name)[:16],
            url=name,
            outlet=name,
            title=f"{firm}：潮汐航线轮换",
            published=None,
            language="zh",
            text=text,
            sha256=digest(text),
            source="test",
        )

    pair = [article("a", "云帆社", "更新"), article("b", "白鸥坊", "改版")]
    assert len(cluster(pair, fitted(())).clusters) == 1
    assert len(cluster(pair, fitted(("潮汐", "航线", "轮换", "经营", "每周"))).clusters) == 2
