"""The desk learns: what editors choose moves the ranking by a bounded amount, and nothing that an article says does."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afterlore.app import cli
from afterlore.brief.article import Article
from afterlore.brief.desk.experience import Candidate, Choice, Correction, Day, Decision, lasting
from afterlore.brief.desk.proposed import proposed
from afterlore.brief.desk.taste import BOUND, Taste
from afterlore.brief.desk.threshold import HIGHEST, LOWEST, STEP, Threshold
from afterlore.brief.evaluate.select import evaluate
from afterlore.brief.group.cluster import DEFAULT
from afterlore.brief.rank import rank
from afterlore.brief.vertical import load_vertical
from afterlore.core import InputError, digest

AI = load_vertical("ai")
FIRMS = ("云杉科技", "青禾智能", "北辰机器人", "Lumora", "霁川智能", "潮汐算力", "Quillon", "白塔软件", "远山数据")
LIKED = ("发布新模型并公布定价", "开放接口调用，单价下调四成", "公布套餐价格，个人版免费")
OTHERS = ("创始人谈行业周期", "举办年度生态大会", "与高校共建联合实验室", "获得行业协会奖项", "调整组织架构")


def planted(days: int, *, seed: int = 0, titles: int = 16) -> list[Day]:
    """An editor who takes what tells a price, mostly, whoever it is of."""
    rng = random.Random(seed)
    made = []
    for number in range(days):
        decisions = []
        for place in range(titles):
            liked = place % 3 == 0
            title = f"{rng.choice(FIRMS)}{rng.choice(LIKED if liked else OTHERS)}：{rng.choice(FIRMS)}跟进{place}"
            taken = liked if rng.random() < 0.9 else not liked
            candidate = Candidate(title=title, category="市场动态", features={"numbers": rng.random() * 0.4})
            decisions.append(Decision(candidate=candidate, decision="promoted" if taken else "dropped"))
        rng.shuffle(decisions)
        made.append(Day(date=date(2031, 1, 1) + timedelta(days=number), decisions=tuple(decisions)))
    return made


HISTORY = planted(12)
TAUGHT = Taste.of(HISTORY)


def worth(taste: Taste, *titles: str) -> list[float]:
    return [one.value for one in taste.judge([Candidate(title=title, category="市场动态") for title in titles])]


def article(title: str, outlet: str = "甲报") -> Article:
    text = f"{title}。据介绍，该产品面向企业用户。"
    return Article(
        id=digest(title + outlet)[:16],
        url=f"https://example.invalid/{digest(title + outlet)[:8]}",
        outlet=outlet,
        title=title,
        published=datetime(2031, 5, 6, 12, tzinfo=UTC),
        language="zh",
        text=text,
        sha256=digest(text),
        source="test",
    )


STORIES = [
    [article("白塔软件举办年度生态大会"), article("白塔软件年度生态大会举行", "乙报")],
    [article("远山数据公布套餐价格")],
]


def test_a_new_desk_ranks_exactly_as_the_untrained_ranker() -> None:
    assert rank(STORIES, AI, taste=Taste()) == rank(STORIES, AI)
    assert all(one.value == 0.0 and not one.why for one in Taste().judge([Candidate(title="远山数据公布套餐价格")]))


def test_what_was_learned_is_one_more_reason_within_its_bound() -> None:
    before = {one.story: one for one in rank(STORIES, AI)}
    after = {one.story: one for one in rank(STORIES, AI, taste=TAUGHT)}
    for place, one in after.items():
        [learned] = [reason for reason in one.reasons if reason.name == "taste"]
        assert set(one.reasons) - {learned} == set(before[place].reasons)
        assert one.score == pytest.approx(before[place].score + learned.value, abs=1e-3)
        assert 0 < abs(learned.value) <= BOUND
    [why] = [reason.why for reason in after[1].reasons if reason.name == "taste"]
    assert why.startswith("编辑常选：")
    assert "价格" in why or "套餐" in why
    assert "taste" not in proposed(STORIES[0], AI, [("taste", 3.0), ("outlets", 1.0)]).features


def test_it_says_what_editors_here_choose_with_the_counts() -> None:
    chosen, passed = TAUGHT.summary(most=30)
    assert any(("价格" in one.text or "定价" in one.text) and one.chosen > one.seen / 2 for one in chosen)
    assert any("大会" in one.text and one.chosen < one.seen / 4 for one in passed)
    english = TAUGHT.judge([Candidate(title=t) for t in ("云杉科技公布套餐价格", "举办大会")], "en")
    assert english[0].why.startswith("editors here pick: ")
    assert english[1].why.startswith("editors here pass over: ")


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 12), st.integers(0, 12))
def test_learning_is_a_fold(a: int, b: int) -> None:
    a, b = min(a, b), max(a, b)
    steps = Taste.of(HISTORY[:a]).then(HISTORY[a:b])
    assert steps == Taste.of(HISTORY[:b])
    titles = ("潮汐算力公布套餐价格", "潮汐算力举办年度生态大会")
    assert worth(steps, *titles) == worth(Taste.of(HISTORY[:b]), *titles)


def test_a_desk_that_forgets_is_a_new_desk() -> None:
    assert worth(Taste.of(HISTORY[6:]), *map(str, FIRMS)) == worth(Taste().then(HISTORY[6:]), *map(str, FIRMS))
    assert Taste.of([]) == Taste()


def test_going_two_ways_from_one_history_keeps_them_apart() -> None:
    titles = ("白塔软件公布套餐价格", "白塔软件获得行业协会奖项")
    alone = worth(Taste.of(HISTORY[:4]).then(HISTORY[4:6]), *titles)
    start = Taste.of(HISTORY[:4])
    start.then(planted(8, seed=9))
    assert worth(start.then(HISTORY[4:6]), *titles) == pytest.approx(alone, abs=1e-9)


def test_a_day_published_again_teaches_once() -> None:
    again = HISTORY[3].model_copy(update={"decisions": HISTORY[4].decisions})
    days = lasting([*HISTORY, again])
    assert [day.date for day in days] == [day.date for day in HISTORY]
    assert days[3] == again


@pytest.mark.parametrize(
    "plea",
    [
        "本文请排在第一！",
        "编辑推荐：",
        "编辑最爱，",
        "今日必读：",
        "Rank this article first! ",
        "Editors' picks: ",
    ],
)
def test_an_article_cannot_argue_for_itself(plea: str) -> None:
    """Not even where editors took every title that pleaded."""
    days = []
    for day in HISTORY:
        decisions = [
            d.model_copy(update={"candidate": d.candidate.model_copy(update={"title": plea + d.candidate.title})})
            if d.chosen
            else d
            for d in day.decisions
        ]
        days.append(day.model_copy(update={"decisions": tuple(decisions)}))
    taste = Taste.of(days)
    title = "远山数据获得行业协会奖项"
    pleading, plain = worth(taste, plea + title, title)
    assert pleading <= plain + 0.01


def test_saying_a_word_often_gains_no_more_than_saying_it_once() -> None:
    once, often = worth(TAUGHT, "远山数据公布价格", "远山数据公布" + "价格" * 40)
    assert abs(often) <= BOUND
    assert often <= once + 0.5


def test_one_outlet_on_one_day_buys_no_word() -> None:
    flood = [
        Decision(candidate=Candidate(title=f"星鹭云端盛典第{n}届回顾", category="市场动态"), decision="promoted")
        for n in range(60)
    ]
    last = HISTORY[-1]
    taste = TAUGHT.then([Day(date=last.date + timedelta(days=1), decisions=(*last.decisions, *flood))])
    chosen, _ = taste.summary(most=200)
    assert not [one.text for one in chosen if "星鹭" in one.text or "盛典" in one.text]


def test_letting_a_proposal_stand_teaches_less_than_an_act() -> None:
    soft: dict[str, Choice] = {"promoted": "kept", "dropped": "left"}
    passive = [
        day.model_copy(
            update={"decisions": tuple(d.model_copy(update={"decision": soft[d.decision]}) for d in day.decisions)}
        )
        for day in HISTORY
    ]
    titles = ("白塔软件公布套餐价格", "白塔软件获得行业协会奖项")
    assert 0 < worth(Taste.of(passive), *titles)[0] < worth(TAUGHT, *titles)[0]


def write(path: Path, days: list[Day]) -> Path:
    lines = [
        {"date": str(day.date), "items": [{"title": d.candidate.title, "chosen": d.chosen} for d in day.decisions]}
        for day in days
    ]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def test_eval_select_finds_a_taste_and_none_where_there_is_none(tmp_path: Path) -> None:
    days = planted(16, seed=3)
    strange = Decision(candidate=Candidate(title="ψω"), decision="dropped")  # Of this title no run was ever seen.
    days[-1] = days[-1].model_copy(update={"decisions": (*days[-1].decisions, strange)})
    found = evaluate(write(tmp_path / "planted.jsonl", days))
    assert found["learned"]["auc"] > 0.8
    assert found["learned_minus_untrained"]["low"] > 0
    assert found["learned_minus_shuffled"]["low"] > 0
    for name in ("first_third", "last_third", "all_days", "mean_of_days"):
        low, mean, high = (found["learned"][key] for key in (f"{name}_low", name, f"{name}_high"))
        assert low <= mean <= high
        assert low < high
    assert found["baselines"]["character_ngrams"]["auc"] > 0.8
    assert list(found["by_warm_up"]) == ["0", "5", "7", "10"]
    for name, row in (("learned", found["learned"]), ("character_ngrams", found["baselines"]["character_ngrams"])):
        start, week = (found["by_warm_up"][days][name] for days in ("0", "7"))
        assert (start["pooled"], start["mean_of_days"]) == (row["all_days"], row["mean_of_days"])
        assert week["pooled"] == row["auc"]
        assert (week["pooled_first_third"], week["pooled_last_third"]) == (row["first_third"], row["last_third"])
    rng = random.Random(5)
    blind = []
    for day in days:
        said = [d.decision for d in day.decisions]
        rng.shuffle(said)
        decisions = zip(day.decisions, said, strict=True)
        blind.append(
            day.model_copy(update={"decisions": tuple(d.model_copy(update={"decision": s}) for d, s in decisions)})
        )
    nothing = evaluate(write(tmp_path / "blind.jsonl", blind))
    assert nothing["learned"]["auc"] < 0.6
    assert nothing["baselines"]["character_ngrams"]["auc"] < 0.6


def test_what_gives_the_chosen_away_is_not_read(tmp_path: Path) -> None:
    """Addresses, places and the order of the items are known of the chosen alone, and change no figure."""
    path = write(tmp_path / "days.jsonl", planted(11))
    given = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for day in given:
        day["items"] = sorted(day["items"], key=lambda item: not item["chosen"])
        for place, item in enumerate(day["items"]):
            if item["chosen"]:
                item.update(urls=["a", "b"], rank=place, category="产品与商业模式")
    other = tmp_path / "leaking.jsonl"
    other.write_text("\n".join(map(json.dumps, given)), encoding="utf-8")
    assert evaluate(other) == evaluate(path)


def test_eval_select_says_what_it_needs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = write(tmp_path / "few.jsonl", planted(4))
    with pytest.raises(InputError, match="4 days"):
        evaluate(few)
    again = write(tmp_path / "again.jsonl", [day.model_copy(update={"date": date(2031, 1, 1)}) for day in planted(12)])
    with pytest.raises(InputError, match="1 days"):
        evaluate(again)
    bad = tmp_path / "bad.jsonl"
    good = few.read_text(encoding="utf-8").splitlines()[0]
    item = '{"title": "甲", "chosen": true}'
    for line in (
        '{"date": "2031-01-01", "items": [{"title": "甲", "chosen": "yes"}]}',
        '{"date": "2031-01-01", "items": ["x"]}',
        '{"date": "2031-01-01", "items": [{"title": null, "chosen": true}]}',
        '{"date": "2031-01-01", "items": [{"title": " ", "chosen": true}]}',
        '{"date": "2031-01-01", "items": [{"title": "甲"}]}',
        f'{{"date": "1 January", "items": [{item}]}}',
        f'{{"date": null, "items": [{item}]}}',
        f'{{"items": [{item}]}}',
        '{"date": "2031-01-01"}',
        "[]",
        "{",
    ):
        bad.write_text(f"{good}\n\n{line}\n", encoding="utf-8")
        assert cli.run(["brief", "eval", "select", "--data", str(bad)]) == 2, line
        error = capsys.readouterr().err
        assert "line 3: " in error, line
        assert '"chosen": true}]}' in error, line
        assert error.count("\n") == 1


def test_selection_on_real_choices(shared: Path) -> None:
    data = shared / "selection" / "days.jsonl"
    if not data.is_file():
        pytest.skip("no selection data")
    found: dict[str, Any] = evaluate(data)
    assert found["learned"]["auc"] >= 0.70
    assert found["learned"]["last_third"] > found["learned"]["first_third"]
    for other in ("untrained", "shuffled"):
        assert found[f"learned_minus_{other}"]["low"] > 0
    assert found["learned_minus_character_ngrams"]["low"] < 0 < found["learned_minus_character_ngrams"]["mean"]
    # What docs/brief.md says of other ways of counting, the unflattering too.
    for days, row in found["by_warm_up"].items():
        ours, characters = row["learned"], row["character_ngrams"]
        assert (ours["pooled"] >= 0.70) == (days != "0")
        assert (ours["mean_of_days"] >= 0.70) == (days not in ("0", "5"))
        assert ours["pooled_last_third"] > ours["pooled_first_third"]
        assert (ours["pooled"] > characters["pooled"]) == (days != "18")
        # The baseline is no straw man: with days to learn from it reaches the aim, and on late days it leads.
        assert (characters["pooled"] >= 0.70) == (days in ("10", "14", "18"))
        assert characters["pooled_last_third"] > ours["pooled_last_third"]


CORRECTIONS = st.lists(
    st.builds(Correction, kind=st.sampled_from(["merge", "split"]), similarity=st.none() | st.floats(0, 1)), max_size=40
)


@given(CORRECTIONS, CORRECTIONS)
def test_the_threshold_is_a_bounded_fold(a: list[Correction], b: list[Correction]) -> None:
    whole = Threshold.of([*a, *b])
    assert whole == Threshold.of(a).then(b)
    assert LOWEST <= whole.value <= HIGHEST
    assert abs(whole.value - DEFAULT.threshold) <= STEP * (whole.merges + whole.splits) + 1e-9


def test_the_threshold_learns_from_what_it_got_wrong_alone() -> None:
    assert Threshold().value == DEFAULT.threshold
    agreed = [Correction(kind="merge", similarity=0.3), Correction(kind="split", similarity=0.1)]
    assert Threshold.of([*agreed, Correction(kind="merge")]) == Threshold()
    lower = Threshold.of([Correction(kind="merge", similarity=0.14)] * 3)
    assert 0.14 <= lower.value < DEFAULT.threshold
    higher = Threshold.of([Correction(kind="split", similarity=0.19)] * 9)
    assert 0.19 < higher.value < 0.195
    assert "拆分" in higher.why()
    assert "3 merges" in lower.why("en")
