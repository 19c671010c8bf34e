"""Categories: the words that decided, and the figures on data that does not ship."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.brief.classify import classify
from afterlore.brief.evaluate.classify import evaluate
from afterlore.brief.vertical import load_vertical
from afterlore.core import InputError

AI = load_vertical("ai")
SHARED = Path(__file__).parents[1].parent / "shared" / "data"


@pytest.mark.parametrize(
    ("title", "category", "because"),
    [
        ("云杉科技完成3亿元A轮融资，投后估值20亿元", "市场动态", "融资"),
        ("论文提出新的注意力机制，长文本推理基准刷新", "技术前沿解读", "论文"),
        ("青禾笔记上线订阅制，企业版同步内测", "产品与商业模式", "订阅"),
        ("对话星图创始人：关于失业焦虑的反思", "观点洞察", "对话"),
        ("光模块产业链复盘：供应链格局如何变化", "深度行业分析", "供应链"),
    ],
)
def test_plain_cases_and_their_reasons(title: str, category: str, because: str) -> None:
    found = classify(title, "", AI)
    assert found.name == category
    assert because in found.reason
    assert found.margin > 0


def test_without_any_cue_the_highest_prior_takes_it() -> None:
    found = classify("", "", AI)
    assert found.name == max(AI.categories, key=lambda one: one.prior).name
    assert found.reason == ()


@given(st.text(max_size=200), st.text(max_size=400))
def test_any_text_has_one_of_the_categories(title: str, text: str) -> None:
    found = classify(title, text, AI)
    assert found.name in AI.category_names
    assert found.margin >= 0


def test_repeating_a_word_in_the_body_adds_nothing() -> None:
    once = classify("青禾笔记发布新版", "融资。", AI)
    assert classify("青禾笔记发布新版", "融资。" * 50, AI) == once


def test_evaluation_counts_what_it_skips(tmp_path: Path) -> None:
    items = [
        {"title": "云杉科技完成3亿元融资", "category": "市场动态"},
        {"title": "一道家常菜", "category": "美食"},
        {"title": "没有标签"},
    ]
    path = tmp_path / "days.jsonl"
    path.write_text(json.dumps({"date": "2031-01-01", "items": items}, ensure_ascii=False), encoding="utf-8")
    figures = evaluate(path)
    assert figures["n"] == 1
    assert figures["skipped"] == 1
    assert figures["ours"]["accuracy"] == 1.0
    assert figures["ngram"] is None


def test_evaluation_without_labels_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"categories\.json"):
        evaluate(tmp_path)
    with pytest.raises(InputError, match="no file"):
        evaluate(tmp_path / "none.jsonl")


def test_labelled_titles_beat_the_majority() -> None:
    path = SHARED / "selection" / "days.jsonl"
    if not path.exists():
        pytest.skip("the labelled titles do not ship with the project")
    figures = evaluate(path)
    assert figures["ours"]["low"] > figures["majority"]["high"]
