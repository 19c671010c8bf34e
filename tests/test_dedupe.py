"""Copies are found, and reports that only look alike are not."""

import random
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afterlore.brief.article import Article
from afterlore.brief.evaluate.dedupe import evaluate
from afterlore.brief.evaluate.generate import day, reposted
from afterlore.brief.evaluate.generate_hard import flashes
from afterlore.brief.group.dedupe import dedupe
from afterlore.core import digest

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
DAY = day(60, 3, roundups=False).articles


def made(text: str, **changes: object) -> Article:
    fields: dict[str, object] = {
        "id": digest(text + repr(sorted(changes.items())))[:16],
        "url": f"https://news.example/{digest(text + repr(changes))[:12]}",
        "outlet": "晨星科技报",
        "title": "测试",
        "published": NOON,
        "language": "zh",
        "text": text,
        "sha256": digest(text),
        "source": "test",
    } | changes
    return Article.model_validate(fields)


def long_article() -> Article:
    return next(article for article in DAY if len(article.text) > 1200)


def test_same_address_and_same_text_are_copies() -> None:
    first = long_article()
    twice = first.model_copy(update={"id": "0" * 16, "text": "另一篇文字" * 20, "sha256": "x"})
    spaced = made(first.text.replace("，", ", "), published=first.published and first.published + timedelta(hours=2))
    found = {d.article: (d.of, d.why) for d in dedupe([spaced, first, twice])}
    kept = {first.id, twice.id, spaced.id} - found.keys()
    assert len(kept) == 1
    assert {why for _, why in found.values()} == {"address", "text"}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 0.02), st.booleans())
def test_an_edited_or_framed_copy_is_found(seed: int, rate: float, framed: bool) -> None:
    first = long_article()
    copy = reposted(first, random.Random(seed), rate=rate, framed=framed)
    assert [(d.article, d.of) for d in dedupe([copy, first])] == [(copy.id, first.id)]


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter_and_once_is_enough(rng: random.Random) -> None:
    copies = [reposted(a, random.Random(i), rate=0.01) for i, a in enumerate(DAY[:12])]
    articles = [*DAY[:20], *copies]
    wanted = dedupe(articles)
    shuffled = articles[:]
    rng.shuffle(shuffled)
    assert dedupe(shuffled) == wanted
    dropped = {d.article for d in wanted}
    assert dedupe([a for a in articles if a.id not in dropped]) == []
    assert not dropped & {d.of for d in wanted}


def test_which_copy_is_kept() -> None:
    text = long_article().text
    late = made(text, published=NOON + timedelta(hours=1))
    undated = made(text, published=None)
    repost = made(text, origin="极光派")
    original = made(text, outlet="极光派")
    longer = made(text + "，补一句完整的话。", outlet="极光派")
    for pair, kept in (((late, repost), repost), ((undated, late), late), ((repost, original), original)):
        assert [d.of for d in dedupe(pair)] == [kept.id]
    assert [d.of for d in dedupe([original, longer])] == [longer.id]


@pytest.mark.parametrize("seed", range(5))
def test_flashes_of_one_template_about_different_events_stay_apart(seed: int) -> None:
    assert dedupe(flashes(200, seed)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("星澜科技", "云澜科技"),
        ("3亿元", "5亿元"),
        ("青穹-2", "青穹-3"),
        ("由白泽资本领投", "由玄圃基金领投"),
    ],
)
def test_one_word_can_tell_two_events_apart(one: str, other: str) -> None:
    text = (
        f"星澜科技今日宣布完成3亿元A轮融资，由白泽资本领投，老股东继续跟投。星澜科技称，资金将用于青穹-2大模型的研发与市场拓展，"
        f"预计年内推出面向制造业的新版本，并在三个城市设立研发中心。{'本轮交易由独立财务顾问协助完成。'}"
    )
    assert one in text
    assert dedupe([made(text), made(text.replace(one, other), published=NOON + timedelta(hours=1))]) == []


def test_a_flash_with_a_slip_of_the_pen_is_a_copy() -> None:
    flash = flashes(6, 1)[3]
    copy = made(flash.text.replace("谈判仍可能", "谈判乃可能"), published=NOON + timedelta(days=9))
    assert copy.text != flash.text
    assert [d.of for d in dedupe([flash, copy])] == [flash.id]


def test_a_roundup_does_not_swallow_the_flash_it_quotes() -> None:
    story = long_article()
    roundup = made(story.text + "\n" + DAY[5].text[:300], kind="roundup", published=NOON - timedelta(days=9))
    assert dedupe([story, roundup]) == []


def test_texts_too_short_to_compare_are_no_copies() -> None:
    empty = [made("", title=title, url=f"https://news.example/{title}") for title in ("甲", "乙", "丙")]
    assert dedupe(empty) == []
    assert dedupe([]) == []


def test_the_figures_hold_on_a_small_run() -> None:
    figures = evaluate(1500, seed=11)
    assert figures["wrong"] == figures["random_merges"] == figures["template_merges"] == 0
    for rate in ("0.5%", "1.0%", "2.0%", "framed"):
        assert figures["recall"][rate]["recall"] >= 0.97


def test_time_grows_about_in_step_with_the_articles() -> None:
    def spent(n: int) -> float:
        articles = day(n, 5, length=600, roundups=False).articles
        begun = time.process_time()
        dedupe(articles)
        return time.process_time() - begun

    spent(100)
    assert spent(1600) < 30 * max(spent(200), 0.02)
