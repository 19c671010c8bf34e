"""Titles: cleaned, chosen, and always a piece of what a source wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.brief.article import Article
from afterlore.brief.vertical import load_vertical
from afterlore.brief.write.candidates import candidates
from afterlore.brief.write.titles import best_title, clean_title, short_title, vagueness
from afterlore.core import digest

AI = load_vertical("ai")


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
        ("专栏｜云杉科技的账该算了", "云杉科技的账该算了"),
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


def article(title: str, text: str = "", language: str = "zh") -> Article:
    return Article(
        id=digest(title + text)[:16],
        url="https://example.invalid/" + digest(title)[:8],
        outlet="云雀日报",
        title=title,
        published=None,
        language=language,
        text=text,
        sha256=digest(text),
        source="test",
    )


def test_the_short_title_of_an_event_is_its_most_telling_one() -> None:
    told = article("刚刚，云杉科技发布Pine-2模型，价格下降60%")
    title, source = short_title(
        [article("这家公司，急了！"), told, article("Pine Labs cuts prices", language="en")], AI
    )
    assert title == "云杉科技发布Pine-2模型，价格下降60%"
    assert source == told
    only = article("Pine Labs cuts the price of Pine-2 by 60%", language="en")
    assert short_title([only], AI) == (only.title, only)


def test_a_vague_headline_gives_way_to_the_lead_with_its_subject() -> None:
    lead = "云雀日报5月6日消息，仓储机器人公司轮石动力获得首个工厂订单：家电企业柏禾电器采购60台N3，合同额1800万元。"
    text = f"{lead}\nN3采用轮式底盘，没有双腿。\n柏禾电器计划在9月底前完成验收。"
    one = article("机器人进厂，第一批订单来了", text)
    centre = dict.fromkeys(["机器人", "订单", "工厂", "采购"], 0.2)
    chosen = best_title([one], candidates([one]), AI, centre)
    assert chosen.text.startswith("仓储机器人公司轮石动力获得首个工厂订单：家电企业柏禾电器采购60台N3")
    assert chosen.span is not None
    assert text[slice(*chosen.span)] == chosen.text
