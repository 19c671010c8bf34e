"""Stories go on across days, and only what is new is told again."""

import pytest

from afterlore.brief.evaluate.generate import Month, month
from afterlore.brief.evaluate.generate_hard import hard_day
from afterlore.brief.group.followup import Story, link, new_sentences
from afterlore.text.sentences import sentences


@pytest.fixture(scope="module")
def made() -> Month:
    return month(16, 12, seed=21)


def stories(made: Month, number: int) -> list[Story]:
    by_id = {article.id: article for article in made.days[number].articles}
    return [Story(ids[0], by_id[ids[0]].title, tuple(by_id[i].text for i in ids)) for ids in made.days[number].clusters]


def test_a_month_links_most_follow_ups_and_little_else(made: Month) -> None:
    root = {(d, k): (d, k) for d, one in enumerate(made.days) for k in range(len(one.clusters))}
    for later, earlier in made.followups:
        root[later] = root[earlier]
    right = wrong = 0
    continued = {later for later, _ in made.followups}
    linked = set()
    for number in range(1, len(made.days)):
        places = [(d, k) for d in range(max(0, number - 14), number) for k in range(len(made.days[d].clusters))]
        earlier = [story for d in range(max(0, number - 14), number) for story in stories(made, d)]
        for found in link(stories(made, number), earlier):
            if root[number, found.today] == root[places[found.earlier]]:
                right += 1
                linked.add((number, found.today))
            else:
                wrong += 1
    assert right / (right + wrong) >= 0.9
    assert len(linked & continued) / len(continued) >= 0.7


def test_no_story_of_a_month_is_told_twice_without_something_new(made: Month) -> None:
    """Of a follow-up, each sentence that returns holds a sentence's worth of what was not told."""
    for later, earlier in made.followups:
        told = [s.text for text in stories(made, earlier[0])[earlier[1]].texts for s in sentences(text)]
        again = [s.text for text in stories(made, later[0])[later[1]].texts for s in sentences(text)]
        returned = [again[new.index] for new in new_sentences(again, told)]
        assert not set(returned) & set(told)
        assert any(mark in text for text in returned for mark in ("最新进展", "知情人士", "随后补充")), returned
        assert new_sentences(told, told) == []


def test_what_makes_a_sentence_new() -> None:
    told = ["星澜科技发布青穹-3，调用价格为每百万词元2元。", "陆知远说，训练用了六周，团队约300人。"]
    candidates = [
        "星澜科技发布青穹-3，调用价格为每百万词元2元。",
        "3月2日，星澜科技发布青穹-3，每百万词元2元。",
        "星澜科技把青穹-3的调用价格降到每百万词元1元。",
        "顾南乔接替陆知远，管理这个300人的团队。",
        "监管部门要求行业在秋季之前补交安全评估材料。",
        "",
    ]
    found = {new.index: new for new in new_sentences(candidates, told)}
    assert set(found) == {2, 3, 4}
    assert found[2].what == ("1",)
    assert [found[i].why for i in (2, 3, 4)] == ["figure", "name", "wording"]


def test_with_nothing_told_all_is_new_and_nothing_links() -> None:
    assert [new.index for new in new_sentences(["青穹-3发布。", ""], [])] == [0]
    story = Story("a", "青穹-3发布", ("星澜科技发布青穹-3。",))
    assert link([story], []) == []
    assert link([], [story]) == []


def test_another_product_of_the_vendor_is_another_story() -> None:
    linked = pairs = 0
    for seed in range(6):
        for case in ("conference", "versions", "lab"):
            made = hard_day(9200 + seed, (case,))
            by_id = {article.id: article for article in made.articles}
            told = [Story(ids[0], by_id[ids[0]].title, tuple(by_id[i].text for i in ids)) for ids in made.clusters]
            linked += len(link(told[::2], told[1::2]))
            pairs += len(told[::2]) * len(told[1::2])
    assert pairs > 60
    assert linked <= 0.07 * pairs


def test_a_story_goes_on_in_another_language() -> None:
    deal = (
        "云服务商Harrow Cloud宣布以4.8亿美元收购模型评测公司Tessary Labs，其中六成为现金。"
        "Tessary Labs现有210家客户，年度经常性收入3100万美元。"
    )
    paused = (
        "Three customers of Tessary Labs have paused their contracts since Harrow Cloud said it would buy the company "
        "for $480 million. They account for about 11% of Tessary's $31 million in annual recurring revenue."
    )
    office = "Harrow Cloud opened an office in Port Ellery on Monday and plans to hire 40 people there."
    told = [Story("a", "Harrow Cloud拟收购Tessary Labs", (deal,))]
    today = [
        Story("b", "Customers pause Tessary contracts", (paused,)),
        Story("c", "Harrow opens an office", (office,)),
    ]
    assert [(found.today, found.earlier) for found in link(today, told)] == [(0, 0)]
