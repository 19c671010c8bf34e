"""The verifier: what it must catch, what it must let pass."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.brief.check import Verdict, check, disagreements, facts
from afterlore.brief.evaluate.claims import article_text
from afterlore.text.sentences import sentences

DAY = Path(__file__).parents[1].parent / "shared" / "data" / "day-2026-06-09"

FAITHFUL = [
    ("延迟仅为原来的27%", "青梧模型的延迟降低73%。"),
    ("The model has 100 million users", "该模型有1亿用户。"),
    ("出货量是去年的三倍", "Shipments were 3x last year's."),
    ("谷歌持股8%", "Google holds 8% of the company."),
    ("一期工程用时60分钟", "一期工程用时1小时。"),
    ("增长200%", "增至三倍。"),
    ("融资额为8520亿元左右", "融资额超过8520亿元。"),
]
WRONG = [
    ("青梧模型的延迟降低37%", "青梧模型的延迟降低73%。", "number"),
    ("营收12亿美元", "营收12亿元。", "unit"),
    ("利润率上升3%", "利润率上升3个百分点。", "unit"),
    ("甲一科技收入增长40%", "甲一科技收入增长30%，乙二科技收入增长40%。", "subject"),
    ("输入价格为每百万token 8元", "每百万token输入价格2元、输出价格8元。", "subject"),
    ("推理成本降低47%", "推理时间缩短了47.4%。", "subject"),
    ("腾讯发布新模型", "阿里发布新模型，腾讯没有跟进。", "subject"),
    ("Pallas Semi 收购 Norvik Cloud", "Norvik Cloud will acquire Pallas Semi.", "subject"),
    ("周牧野说：“我们会为了上市牺牲节奏。”", "“我们不会为了上市牺牲节奏，”周牧野说。", "quote"),
    ("微软宣布涨价", "谷歌宣布涨价。", "entity"),
    ("新规2027年10月1日施行", "新规2026年10月1日施行。", "date"),
    ("股价下跌7%", "股价上涨7%。", "comparison"),
    ("泽川股份已完成回购股份", "泽川股份拟回购股份。", "comparison"),
]


@pytest.mark.parametrize(("claim", "source"), FAITHFUL)
def test_faithful(claim: str, source: str) -> None:
    assert not [p for p in check(claim, [source]).problems if not p.minor]


@pytest.mark.parametrize(("claim", "source", "kind"), WRONG)
def test_wrong(claim: str, source: str, kind: str) -> None:
    verdict = check(claim, [source])
    assert verdict.state in {"contradicted", "unsupported"}
    assert kind in {problem.kind for problem in verdict.problems}


def test_a_lost_bound_is_minor() -> None:
    verdict = check("系统每秒可击落30只", ["系统最高每秒可以击落30只。"])
    assert verdict.state == "supported"
    assert [problem.kind for problem in verdict.problems] == ["bound"]


def test_nothing_to_check_is_its_own_answer() -> None:
    assert check("这是行业的一大进步", ["会议在早上举行。"]).state == "cannot_tell"
    assert check("", ["会议在早上举行。"]).state == "cannot_tell"
    assert check("融资12亿元", []).state == "cannot_tell"


def test_verdict_round_trip() -> None:
    verdict = check("营收12亿美元", ["营收12亿元。"])
    assert Verdict.from_json(verdict.to_json()) == verdict


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=3))
def test_never_fails(claim: str, sources: list[str]) -> None:
    check(claim, sources)


@given(st.text(min_size=1, max_size=60))
def test_a_text_never_contradicts_itself(text: str) -> None:
    assert check(text, [text]).state in {"supported", "cannot_tell"}


def test_facts() -> None:
    (fact,) = facts("2026年云翎科技估值达到52亿美元。")
    assert (fact.value, fact.dimension, fact.unit, fact.metric[0]) == (52e8, "money", "USD", "valuation")
    assert fact.subject == ("云翎",)
    assert fact.date == ("2026年",)


def test_disagreements() -> None:
    found = disagreements(["云翎科技估值达到8520亿美元。"], ["云翎科技估值为8500亿美元，员工1200人。"])
    assert [(d.a.value, d.b.value) for d in found] == [(8520e8, 8500e8)]
    same = [
        (["云翎科技估值达到8520亿美元。"], ["云翎科技估值超过8500亿美元。"]),
        (["云翎科技估值达到8520亿美元。"], ["松果智能估值达到8500亿美元。"]),
        (["云翎科技2025年收入80亿元。"], ["云翎科技2026年收入90亿元。"]),
        (["云翎科技收入80亿元。"], ["云翎科技净利润70亿元。"]),
        (["云翎科技估值达到8520亿美元。"], ["云翎科技估值达到8520亿元。"]),
    ]
    assert [disagreements(a, b) for a, b in same] == [[]] * len(same)


@pytest.mark.skipif(not DAY.is_dir(), reason="the evaluation day is not beside this checkout")
def test_no_alarm_on_verbatim_sentences() -> None:
    alarms, checked = [], 0
    for path in sorted((DAY / "articles").glob("*.md")):
        body = [s.text for s in sentences("\n".join(article_text(path).split("\n")))]
        for at, sentence in enumerate(body):
            # The words around it keep the shortcut for verbatim text from answering.
            verdict = check(f"要点：{sentence}（见原文）", [sentence, *body[at + 1 : at + 2]])
            checked += 1
            if any(not problem.minor for problem in verdict.problems):
                alarms.append(sentence)
    assert checked > 1000
    assert alarms == []


def test_speed() -> None:
    source = ["云翎科技周一宣布完成4.8亿美元融资，估值52亿美元。", "该公司有1200名员工，去年收入3.1亿美元。"]
    claims = [f"云翎科技完成{n / 10}亿美元融资，员工{n}人" for n in range(200)]
    started = time.perf_counter()
    for claim in claims:
        check(claim, source)
    # 2,000 a second on an idle core; the bound leaves room for a busy machine.
    assert time.perf_counter() - started < 1.0
