"""A draft's statements become claims: rejected, quoted, corroborated or disputed, each for a reason that is shown."""

from datetime import UTC, date, datetime

import pytest

from afterlore.brief.article import Article
from afterlore.brief.claims import DISPUTED, Entered, enter
from afterlore.brief.disputes import disputes, undisputed
from afterlore.brief.write.story import Bullet, Draft, Sourced
from afterlore.core import Rung, digest

DAY = date(2026, 3, 10)


def article(outlet: str, text: str, origin: str | None = None) -> Article:
    return Article(
        id=digest(outlet + text)[:16],
        url=f"https://{digest(outlet)[:6]}.example/1",
        outlet=outlet,
        origin=origin,
        title="某公司发布新品",
        published=datetime(2026, 3, 10, 9, tzinfo=UTC),
        language="zh",
        text=text,
        sha256=digest(text),
        source="test",
    )


def told(first: Article, *others: Article, text: str | None = None) -> Entered:
    """The first article's whole text as one bullet (said as ``text``), entered beside the others."""
    statement = Sourced(text=text or first.text, article_id=first.id, start=0, end=len(first.text))
    lead = Sourced(text=others[0].text, article_id=others[0].id, start=0, end=len(others[0].text))
    bullets = (Bullet(label="要点", statement=statement),)
    draft = Draft(title="某公司发布新品", title_from=first.id, insight=(lead,), bullets=bullets)
    return enter(draft, [first, *others], DAY)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("澜舟机器人宣布完成1.2亿元A轮融资，由远山资本领投。", "由远山资本领投，澜舟机器人拿到1.2亿元的A轮融资。"),
        ("新模型在长文基准上得分88.6%，推理成本降低73%。", "在长文基准上，新模型得分为88.6%，推理成本降低了73%。"),
    ],
)
def test_an_independent_outlet_that_says_the_same_corroborates(one: str, two: str) -> None:
    entered = told(article("甲报", one), article("乙报", two))
    rungs = {claim.rung for claim in entered.claims.values()}
    assert rungs == {Rung.CORROBORATED}
    assert all(set(claim.outlets_for) == {"甲报", "乙报"} for claim in entered.claims.values())
    assert all(len(claim.evidence) == 2 for claim in entered.claims.values())


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("澜舟机器人宣布完成1.2亿元A轮融资，由远山资本领投。", "澜舟机器人的新工厂在常州投产，年产能1.2万台。"),
        ("新模型在长文基准上得分88.6%。", "新模型的上下文窗口为100万token。"),
        ("首批12家企业参加试点，涉及出行、外贸和政务三类场景。", "首批12家企业参与试点。"),
        ("公司创始人认为行业即将进入整合期。", "公司总部位于杭州，成立于2021年。"),
    ],
)
def test_another_fact_or_half_of_it_does_not(one: str, two: str) -> None:
    entered = told(article("甲报", one), article("乙报", two))
    (claim,) = [claim for claim in entered.claims.values() if claim.text == one]
    assert claim.rung is Rung.QUOTED


def test_a_repost_and_the_same_outlet_do_not_corroborate() -> None:
    text = "澜舟机器人宣布完成1.2亿元A轮融资，由远山资本领投。"
    copies = article("转载站", text + "欢迎转发。", origin="甲报"), article("甲报", text + "快讯。")
    entered = told(article("甲报", text), *copies)
    assert {claim.rung for claim in entered.claims.values()} == {Rung.QUOTED}


def test_a_statement_that_its_quote_does_not_bear_out_is_left_out() -> None:
    first = article("甲报", "澜舟机器人宣布完成1.2亿元A轮融资，由远山资本领投。")
    other = article("乙报", "澜舟机器人成立于2021年，总部位于杭州。")
    entered = told(first, other, text="澜舟机器人宣布完成12亿元A轮融资。")
    assert entered.rejected == 1
    assert entered.bullets == []


def test_outlets_that_differ_are_quoted_side_by_side() -> None:
    one = article("甲报", "澜舟机器人完成B轮融资，本轮投后估值约85亿元。")
    two = article("乙报", "知情人士称，澜舟机器人这一轮的投后估值为90亿元。")
    entered = told(one, two)
    (disagreement,) = entered.disagreements
    claim = entered.claims[disagreement.claim]
    assert claim.rung is Rung.DISPUTED
    sides = ["甲报：“本轮投后估值约85亿元”", "乙报：“澜舟机器人这一轮的投后估值为90亿元”"]
    assert sorted(claim.text.split("；")) == sorted(sides)
    assert [bullet.label for bullet in entered.bullets] == [DISPUTED]
    assert dict(disagreement.values) == {"甲报": "85亿元", "乙报": "90亿元"}


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("澜舟机器人完成6亿元B轮融资，投后估值85亿元", "澜舟机器人完成6亿元B轮融资"),
        ("澜舟机器人B轮融资：估值90亿元，远山资本领投", "澜舟机器人B轮融资"),
        ("澜舟机器人完成6亿元B轮融资，远山资本领投", "澜舟机器人完成6亿元B轮融资，远山资本领投"),
        ("估值85亿元，澜舟完成B轮", "估值85亿元，澜舟完成B轮"),
    ],
)
def test_a_title_does_not_take_sides(title: str, kept: str) -> None:
    one = article("甲报", "澜舟机器人完成B轮融资，本轮投后估值约85亿元。")
    two = article("乙报", "知情人士称，澜舟机器人这一轮的投后估值为90亿元。")
    assert undisputed(title, disputes([one, two])) == kept


@pytest.mark.parametrize(
    ("one", "two", "why"),
    [
        ("本轮投后估值约85亿元。", "上一轮投后估值为90亿元。", "another time"),
        ("甲公司获投，Nimbus的投后估值为85亿元。", "Orchid宣布，投后估值为90亿元。", "another name"),
        ("总收入12.1亿元。", "其中大模型相关收入9.1亿元。", "a part of it"),
        ("成本为上一代的36%。", "成本比上一代降低64%。", "the same told from the other end"),
        ("投后估值约85亿元。", "投后估值约85.2亿元。", "rounding"),
        ("投后估值85亿元，也有说法称投后估值90亿元。", "投后估值90亿元。", "told by both"),
        ("年产能1.2万台。", "年产能120台。", "too far apart to be one thing"),
    ],
)
def test_no_dispute_is_invented(one: str, two: str, why: str) -> None:
    assert disputes([article("甲报", one), article("乙报", two)]) == [], why
