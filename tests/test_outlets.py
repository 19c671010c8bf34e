"""Outlet labels: wrong ones are recognised, right ones are never touched, reposts name where they come from."""

import re
from pathlib import Path

import pytest

from afterlore.brief.read import clean
from afterlore.brief.read.outlets import builtin, resolve

DAY = Path(__file__).parents[1].parent / "shared" / "data" / "day-2026-06-09"
BODY = "\n".join(f"星河算力在第{i}季度完成了交付，客户数增长{i}成。" for i in range(2, 30))


def test_the_shipped_list_has_no_name_twice_under_two_outlets() -> None:
    names = builtin()
    assert names["QbitAI"] == "量子位"
    assert len(names) > 200
    assert all(names[first] == first for first in names.values())


@pytest.mark.parametrize(
    ("line", "origin"),
    [
        ("本文转载自公众号“蓝鲸深读”（ID：lanjing），作者：李四", "蓝鲸深读"),
        ("（转载自公众号机器之心）", "机器之心"),
        ("本文首发于36氪", "36氪"),
        ("来源：澎湃新闻", "澎湃新闻"),
        ("文章来源：远帆商报", "远帆商报"),
        ("本文来自微信公众号“海象新声”（ID：hx），作者：陆一", "海象新声"),
        ("本文经QbitAI授权转载", "量子位"),
        ("转自：虎嗅", "虎嗅"),
        ("This article was originally published on TechCrunch.", "TechCrunch"),
        ("据财联社报道，该公司完成融资。", None),
        ("该公司完成融资。（来源：IT之家）", None),
        ("来源：星河算力官网", None),
        ("来自量子位的报道显示，增长三成。", None),
        ("*本文由量子位经许可刊发，文中看法归作者本人。", None),
        ("转载前请先与本号联系", None),
        ("图片来源：远帆视觉", None),
        ("转载自网络", None),
        ("公司来自杭州。", None),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_reposts(line: str, origin: str | None, first: bool) -> None:
    text = f"{line}\n{BODY}" if first else f"{BODY}\n{line}"
    found = resolve("晨光观察", title="星河算力完成新一轮融资", text=text, known=["晨光观察"])
    assert found.name == "晨光观察"
    assert found.stored_wrong is None
    assert found.origin == origin


def test_a_translation_from_a_named_paper_is_no_repost() -> None:
    text = f"编译 | 王五\n{BODY}\n来源：金融时报"
    assert resolve("智东西", title="某公司上市", text=text, known=[]).origin is None


@pytest.mark.parametrize(
    ("stored", "title", "text", "name"),
    [
        ("生成式AI", "甲子光年速递 20260608", BODY, "甲子光年"),
        ("陈一帆", "智能体走进工厂｜甲子光年", f"陈一帆\n{BODY}", "甲子光年"),
        ("陈一帆", "智能体走进工厂", f"陈一帆\n{BODY}\n本文为腾讯研究院「夏日」系列第三篇。", "腾讯研究院"),
        ("Source 2", "智能体走进工厂", f"小舟 发自 凹非寺\n量子位 | 公众号 QbitAI\n{BODY}", "量子位"),
    ],
)
def test_an_author_or_section_in_the_outlets_place_is_recognised(stored: str, title: str, text: str, name: str) -> None:
    found = resolve(stored, title=title, text=text, known=[stored])
    assert (found.name, found.stored_wrong, found.origin) == (name, stored, None)


@pytest.mark.parametrize(
    ("stored", "title", "text"),
    [
        ("银帆科技研究社", "36氪获悉一轮融资", BODY),
        ("晨光观察", "智能体走进工厂｜甲子光年", BODY),
        ("陈一帆", "智能体走进工厂", BODY),
        ("陈一帆", "智能体走进工厂", f"{BODY}\n本文转载自量子位"),
        ("生成式AI", "一周新闻", f"{BODY}\n据量子位报道，增长三成。"),
        ("量子位", "腾讯研究院AI速递 20260608", BODY),
    ],
)
def test_a_label_stands_without_proof(stored: str, title: str, text: str) -> None:
    found = resolve(stored, title=title, text=text, known=[])
    assert (found.name, found.stored_wrong) == (stored, None)


@pytest.mark.skipif(not DAY.is_dir(), reason="the evaluation day is not on this machine")
def test_the_real_day_gets_no_wrong_label_from_us() -> None:
    wrong = made = recognised = 0
    for path in sorted([*(DAY / "articles").glob("*.md"), *(DAY / "extra").glob("*.md")]):
        head, body = path.read_text(encoding="utf-8").split("\n---\n", 1)

        def field(name: str, head: str = head) -> str:
            match = re.search(rf'^{name}: "?(.*?)"?$', head, re.M)
            return match[1] if match else ""

        stored = field("outlet_as_stored") or field("outlet")
        text = clean.to_text(body, "markdown", None).text
        found = resolve(stored, title=field("title"), text=text, known=[])
        wrong += stored != field("outlet")
        recognised += stored != field("outlet") and found.name == field("outlet")
        made += found.name != field("outlet") and found.name != stored
        assert found.origin is None, path.name
    assert (made, recognised, wrong) == (0, 3, 3)
