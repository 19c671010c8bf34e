"""Titles: cleaned, chosen, and always a piece of what a source wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.brief.write.titles import clean_title, vagueness


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("刚刚，云杉科技开源新模型", "云杉科技开源新模型"),
        ("重磅！云杉科技递交招股书", "云杉科技递交招股书"),
        ("突发！刚刚，云杉科技宣布裁员", "云杉科技宣布裁员"),
        ("独家｜云杉科技完成A轮融资", "云杉科技完成A轮融资"),
        ("云杉科技发布手环，售价999元｜甲乙观察", "云杉科技发布手环，售价999元"),
        ("云杉科技发布手环，售价999元 | 每日早知道", "云杉科技发布手环，售价999元"),
        ("【快讯】云杉科技收购青禾笔记", "云杉科技收购青禾笔记"),
        ("云杉科技发布手环", "云杉科技发布手环"),
        ("刚刚！", "刚刚！"),
    ],
)
def test_interjections_and_outlet_tags_go(raw: str, clean: str) -> None:
    assert clean_title(raw) == clean


@given(st.text(max_size=60))
def test_a_clean_title_is_a_piece_of_the_title_and_clean(raw: str) -> None:
    clean = clean_title(raw)
    assert clean in raw
    assert clean == clean.strip()


@pytest.mark.parametrize(
    ("news", "cry"),
    [
        ("云杉科技开源Pine-2模型，参数300亿", "天塌了！Pine-2来了"),
        ("青禾笔记上线订阅，每月30元", "你还在手写笔记？"),
        ("Pine Labs完成2亿元融资", "这家公司，急急急急急"),
    ],
)
def test_who_did_what_is_less_vague_than_a_cry(news: str, cry: str) -> None:
    assert vagueness(news) < vagueness(cry)
