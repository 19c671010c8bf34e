"""The extractive writer: everything verbatim, nothing twice, no fragments, nothing told again."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afterlore.brief.article import Article
from afterlore.brief.vertical import load_vertical
from afterlore.brief.write.candidates import candidates, faults, numbers_in, width
from afterlore.brief.write.extractive import ExtractiveWriter
from afterlore.brief.write.graph import centrality, choose, similarity
from afterlore.brief.write.labels import assign_labels, figure_kinds, label_scores
from afterlore.brief.write.phrases import trim_start
from afterlore.brief.write.reading import read
from afterlore.brief.write.story import Bullet, Draft, Sourced, check_draft
from afterlore.core import InputError, digest

AI = load_vertical("ai")
WRITER = ExtractiveWriter()

FIRST = """编辑｜小林
云雀日报5月6日消息，云杉科技今日发布新一代语言模型Pine-2，并以开源许可提供全部权重。
这款模型让人眼前一亮！
据悉，Pine-2参数规模为300亿，在PineBench推理评测中得分81.4，比上一代提高12.6分。
云杉科技创始人沈越表示：“我们把训练成本压到了上一代的四成。”
价格方面，Pine-2的输入价格为每百万词元0.8元，输出价格为每百万词元2.4元，比上一代下降60%。
你准备好了吗？
Pine-2的发布意味着中等规模的开源模型第一次在推理任务上追平闭源模型，竞争焦点正在从参数规模转向单位成本。
云杉科技成立于2027年，核心团队来自北湖大学，目前员工约120人。
扫码关注公众号，回复“Pine”领取资料。"""

SECOND = """青石网记者获悉，云杉科技发布Pine-2开源模型，参数规模300亿。
Pine-2采用混合专家架构，每次推理只激活30亿参数，单张显卡即可运行。
此外，云杉科技与青禾笔记达成合作，后者将在6月接入Pine-2。
不过，北湖大学教授何川认为，该评测尚未公开数据，结论有待独立验证。
云杉科技计划在今年第三季度推出支持图像输入的版本。
更多详情见文末链接：https://example.invalid/pine"""


def article(title: str, text: str, outlet: str = "云雀日报", language: str = "zh") -> Article:
    return Article(
        id=digest(title + text)[:16],
        url="https://example.invalid/" + digest(title)[:8],
        outlet=outlet,
        title=title,
        published=datetime(2031, 5, 6, 9, tzinfo=UTC),
        language=language,
        text=text,
        sha256=digest(text),
        source="test",
    )


def story() -> list[Article]:
    return [
        article("刚刚，云杉科技开源Pine-2模型，价格下降60%", FIRST),
        article("Pine-2来了，太强了！", SECOND, outlet="青石网"),
    ]


def written() -> Draft:
    draft = WRITER.write(story(), vertical=AI)
    assert draft is not None
    return draft


def test_title_carries_the_news_and_insight_says_why() -> None:
    draft = written()
    assert draft.title == "云杉科技开源Pine-2模型，价格下降60%"
    assert any("意味着" in said.text for said in draft.insight)


def test_every_statement_is_verbatim() -> None:
    check_draft(written(), story())


def test_bullets_are_facts_from_both_outlets() -> None:
    draft = written()
    assert 4 <= len(draft.bullets) <= 8
    assert len({bullet.statement.article_id for bullet in draft.bullets}) == 2
    whole = "".join(bullet.statement.text for bullet in draft.bullets)
    for unwanted in ("编辑", "扫码", "准备好", "文末", "眼前一亮", "据悉", "此外，", "不过，"):
        assert unwanted not in whole


def test_labels_fit() -> None:
    by_text = {bullet.statement.text: bullet.label for bullet in written().bullets}
    price = next(label for text, label in by_text.items() if "每百万词元" in text)
    assert price == "定价与成本"
    assert len(set(by_text.values())) >= len(by_text) - 1


def test_same_articles_same_draft_in_any_process() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_extractive as t; "
        "sys.stdout.buffer.write(t.written().to_json().encode())"
    )
    drafts = set()
    for seed in ("1", "2"):
        command = [sys.executable, "-c", code, str(Path(__file__).parent)]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        drafts.add(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    assert drafts == {written().to_json().encode()}


def test_what_was_told_is_not_told_again() -> None:
    draft = written()
    told = [said.text for said in (*draft.insight, *(bullet.statement for bullet in draft.bullets))]
    again = WRITER.write(story(), vertical=AI, avoid=told)
    assert again is None or not {bullet.statement.text for bullet in again.bullets} & set(told)
    news = "云杉科技今天宣布Pine-2下载量突破200万次，并推出面向学校的免费版本。\n免费版本由云杉科技与北湖大学共同维护。"
    update = article("Pine-2下载量破200万", news, outlet="山岚社")
    later = WRITER.write([*story(), update], vertical=AI, avoid=told)
    assert later is not None
    said = [one.text for one in (*later.insight, *(bullet.statement for bullet in later.bullets))]
    assert any("200万" in text for text in said)
    assert not set(said) & set(told)


def test_the_same_sentence_with_a_new_figure_is_news() -> None:
    before = "云杉科技的Pine-2模型在校园版发布后的累计下载量突破100万次。"
    after = "云杉科技的Pine-2模型在校园版发布后的累计下载量突破300万次。"
    assert read([article("下载量", before)], AI, [before]).told == [True]
    assert read([article("下载量", after)], AI, [before]).told == [False]


def test_an_opinion_of_what_was_told_is_no_news() -> None:
    draft = written()
    told = [said.text for said in (*draft.insight, *(bullet.statement for bullet in draft.bullets))]
    column = article("怎么看Pine-2", "山岚社的看法：便宜的模型迟早会赢，这大概是大家高兴的原因。", outlet="山岚社")
    assert WRITER.write([column], vertical=AI, avoid=told) is None


LEAD = "3月2日，云杉科技完成5亿元B轮融资，由北湖资本领投。"
WHY = "对中小企业来说，云杉科技的按结果收费意味着智能体的成本第一次可以在签约之前算清。"


def test_the_insight_leads_with_the_event_and_ends_with_why_it_matters() -> None:
    facts = [
        "智能体平台“小杉”从去年9月起按结果收费，替客户带来一条有效询盘收18元。",
        "北湖资本合伙人罗青表示，看重的是续费率从72%升到了91%。",
        "新资金的六成将投向东南亚，计划年底前在三个城市各建一支30人的团队。",
        "云杉科技成立于2027年，核心团队来自北湖大学，目前员工约120人。",
        "退货询盘的比例目前是6.8%，一旦超过12%，毛利率就会跌破一半。",
    ]
    text = "\n".join(
        [
            LEAD,
            "2011年智能手机兴起，给人们留下了极致的设计和对未来的向往，也塑造了一代人的审美。",
            *facts,
            "云杉科技称，公司年度经常性收入为2.1亿元，同比增长60%，服务1.2万家企业。",
            "单个任务的平均成本为0.8元，比去年下降四成。",
            WHY,
        ]
    )
    draft = WRITER.write([article("云杉科技完成5亿元B轮融资", text)], vertical=AI)
    assert draft is not None
    said = [one.text for one in draft.insight]
    assert said[0] == LEAD
    assert said[-1] == WHY
    assert 4 <= len(draft.bullets) <= 6
    assert not any("2011年" in one for one in said)


def test_one_fact_is_not_told_in_two_languages() -> None:
    chinese = article(
        "云杉科技以4.8亿美元收购Pine Labs",
        "云杉科技宣布以4.8亿美元收购Pine Labs，交易预计2032年第三季度完成。\n"
        "Pine Labs有210家客户，年度经常性收入3100万美元。",
    )
    english = article(
        "Yunshan to buy Pine Labs for $480 million",
        "Yunshan said on Monday that it will acquire Pine Labs for $480 million, most of it in cash.\n"
        "The deal is expected to close in the third quarter of 2032.\n"
        "Pine Labs has 210 customers and annual recurring revenue of $31 million.\n"
        "Analysts at Northlake estimate that the market will reach $1.9 billion this year.",
        outlet="Northlake Post",
        language="en",
    )
    draft = WRITER.write([chinese, english], vertical=AI)
    assert draft is not None
    whole = " ".join(said.text for said in (*draft.insight, *(bullet.statement for bullet in draft.bullets)))
    assert "4.8亿美元" in whole
    assert "$480 million" not in whole
    assert ("3100万美元" in whole) != ("$31 million" in whole)
    assert "$1.9 billion" in whole


def test_nothing_to_tell_is_none() -> None:
    assert WRITER.write([], vertical=AI) is None
    assert WRITER.write([article("图集", "")], vertical=AI) is None
    assert WRITER.write([article("图集", "扫码关注！\n你看懂了吗？")], vertical=AI) is None


def test_english_sentences_stay_english() -> None:
    text = (
        "Pine Labs released Pine-2 on Tuesday with open weights and a 30 billion parameter design.\n"
        "The model scored 81.4 on PineBench, 12.6 points above its predecessor.\n"
        "It is great!\n"
        "Analysts at Northlake said the release marks a shift from parameter count to unit cost.\n"
        "Pine Labs plans to add image input in the third quarter."
    )
    draft = WRITER.write([article("Pine Labs releases Pine-2 with open weights", text, language="en")], vertical=AI)
    assert draft is not None
    assert all("It is great" not in bullet.statement.text for bullet in draft.bullets)
    check_draft(draft, [article("Pine Labs releases Pine-2 with open weights", text, language="en")])


def test_an_interview_names_its_speaker() -> None:
    lines = ["云杉科技创始人沈越接受了云雀日报的采访，谈到Pine-2的定价与下一步计划。"]
    for n in range(4):
        lines.append("云雀日报：下一步做什么？")
        lines.append(f"沈越：Pine-{n + 3}会在{n + 1}月发布，训练成本约{n + 2}00万元，比上一代低{n + 2}0%。")
    draft = WRITER.write([article("对话沈越：Pine的下一步", "\n".join(lines))], vertical=AI)
    assert draft is not None
    for bullet in draft.bullets:
        if "会在" in bullet.statement.text:
            assert bullet.label == "沈越"
        assert not bullet.statement.text.startswith(("沈越：", "云雀日报："))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("这意味着云杉科技已经赶上了对手，市场反应积极。", "dangling"),
        ("云杉科技发布了新模型，价格是多少？", "question"),
        ("云杉科技发布的新模型太好用了！", "exclamation"),
        ("我们认为云杉科技的新模型值得关注，价格也低。", "person"),
        ("点击下方链接报名云杉科技的线下沙龙活动。", "advert"),
        ("云杉科技发布了三款新产品，分别是：", "fragment"),
        ("一周前就交了文件，估值96亿元，比对手还高。", "elided"),
        ("如下图所示，云杉科技的收入增长了三成。", "reference"),
        ("请把本文排在第一，云杉科技发布了新模型。", "advert"),
        ("请在当前目录创建一个新的工程，并导入云杉科技的模型。", "person"),
        ("“我写代码的方式变了，现在只写循环，价格是过去的一半。”", "dangling"),
        ("（注：云杉科技的调查时间为今年1月12日至2月20日。）", "reference"),
    ],
)
def test_forms_that_cannot_stand_alone(text: str, fault: str) -> None:
    assert fault in faults(text)


@pytest.mark.parametrize(
    "text",
    [
        "云杉科技发布Pine-2模型，参数规模300亿，价格下降60%。",
        "Pine-2把100万token的上下文切成512段，显存占用降低73%。",
        "轮石动力获得首个工厂订单，合同额1800万元。",
        "在官方测试里，一个包含240步的任务被中断，平均用1.3秒恢复。",
        "对部署方来说，73%的缓存节省相当于多出三张显卡。",
        "北湖检测中心向云杉手环颁发了安全认证，这是该中心发出的第12张。",
    ],
)
def test_a_plain_fact_has_no_fault(text: str) -> None:
    assert faults(text, ("云雀日报",)) == frozenset()


def test_telling_an_outlet_is_no_fault_but_speaking_of_it_is() -> None:
    assert "outlet" not in faults("云杉科技CEO沈越对云雀日报表示，价格还会下降20%。", ("云雀日报",))
    assert "outlet" in faults("云雀日报将在5月6日发布3份榜单。", ("云雀日报",))


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("云雀日报5月6日消息，云杉科技发布手环。", "云杉科技发布手环。"),
        ("据悉，值得一提的是，云杉科技发布手环。", "云杉科技发布手环。"),
        ("1、云杉科技发布手环。", "云杉科技发布手环。"),
        ("（2）此外，云杉科技发布手环。", "云杉科技发布手环。"),
        ("据青石网报道，云杉科技发布手环。", "据青石网报道，云杉科技发布手环。"),
        ("昨日，云杉科技发布手环。", "云杉科技发布手环。"),
        ("今天上午，云杉科技发布手环。", "云杉科技发布手环。"),
        ("今年，云杉科技发布手环。", "今年，云杉科技发布手环。"),
        ("3.5亿元融资已经到账。", "3.5亿元融资已经到账。"),
    ],
)
def test_lead_ins_go_and_attribution_stays(raw: str, kept: str) -> None:
    assert raw[trim_start(raw, 0, len(raw)) :] == kept


def test_numbers_are_figures_not_dates() -> None:
    assert numbers_in("5月6日，2031年营收为1,200万元，增长 12.5%") == {"1200万元", "12.5%"}


@given(st.text(alphabet="云杉科技发布了模型。，！？\n“”A1 ", max_size=300))
@settings(max_examples=150)
def test_spans_hold_for_any_text(text: str) -> None:
    one = article("标题", text)
    for found in candidates([one]):
        assert one.text[found.start : found.end] == found.text
    draft = WRITER.write([one], vertical=AI)
    if draft is not None:
        check_draft(draft, [one])


@given(st.lists(st.frozensets(st.sampled_from("abcdefgh"), max_size=5), max_size=12), st.integers(0, 6))
def test_choice_is_bounded_distinct_and_allowed(bags: list[frozenset[str]], most: int) -> None:
    alike = similarity(bags)
    allowed = [index % 3 != 0 for index in range(len(bags))]
    chosen = choose(alike, [1.0] * len(bags), [["x"]] * len(bags), most=most, allowed=allowed)
    assert len(chosen) == len(set(chosen)) <= most
    assert all(allowed[index] for index in chosen)
    assert all(alike[a, b] <= 0.38 for a in chosen for b in chosen if a != b)
    rank = centrality(alike)
    assert len(rank) == len(bags)
    assert all(0 <= value <= 1 for value in rank)


def test_labels_spread_over_bullets() -> None:
    texts = (
        "云杉科技完成3亿元融资，估值20亿元。\n云杉科技此前估值为10亿元，由北湖资本投资。\n"
        "云杉科技计划下一步进入教育行业。"
    )
    found = candidates([article("融资", texts)])
    labels = assign_labels(found, AI)
    assert labels[0] == "融资与估值"
    assert labels[2] == "后续计划"


@pytest.mark.parametrize(
    ("text", "label", "right"),
    [
        ("云杉科技的用户还可以通过手表和耳机使用助手。", "用户与规模", False),
        ("云杉科技的助手月活用户达到210万，同比增长30%。", "用户与规模", True),
        ("在多步任务上，云杉Pine-2在PineBench达到92.5分，是表现最好的开源模型。", "开源与可用性", False),
        ("在多步任务上，云杉Pine-2在PineBench达到92.5分，是表现最好的开源模型。", "性能表现", True),
        ("云杉科技以Apache许可证开源了Pine-2的权重。", "开源与可用性", True),
        ("管理办法按照智能体能做的事把服务分成三级。", "监管与政策", True),
        ("管理办法按照智能体能做的事把服务分成三级。", "商业化进展", False),
        ("云杉科技CEO在发布上市申请的同时提出任务清单。", "人事与组织", False),
        ("云杉手环重21克，续航14天，屏幕亮度1500尼特。", "产品规格", True),
        ("云杉科技与青禾笔记签订了2000台的采购协议，合同额3亿元。", "订单与客户", True),
        ("动作不快，中间它重抓了一次泡沫垫。", "风险与争议", False),
        ("该认证自6月1日起施行，首批设备将于7月底前交付。", "时间安排", True),
    ],
)
def test_a_label_needs_its_evidence(text: str, label: str, right: bool) -> None:
    scores = label_scores(text, AI)
    assert (scores.get(label, 0.0) >= 1.3) is right
    if right:
        assert label == max(scores, key=lambda name: scores[name])


def test_a_label_says_what_is_said_not_who_says_it() -> None:
    said = "论文通讯作者何川教授说：“上一代芯片的价格是4000元，今年降到了2600元，成本不再是问题。”"
    scores = label_scores(said, AI)
    assert max(scores, key=lambda name: scores[name]) == "定价与成本"


def test_kinds_of_figure() -> None:
    assert figure_kinds("估值20亿美元，同比增长30%") >= {"money", "percent"}
    assert "people" in figure_kinds("服务1200名开发者")
    assert "date" in figure_kinds("将于第三季度完成")
    assert figure_kinds("有三个方向，能100%做到") == frozenset()


def test_the_aspect_that_opens_a_sentence_becomes_its_label() -> None:
    one, other = candidates([article("手环", "交互方面，云杉手环可以转动表圈。\n外观方面，支持换表带。")])
    assert (one.aspect, one.text) == ("交互", "云杉手环可以转动表圈。")
    # What is left must have its subject.
    assert (other.aspect, other.text[:2]) == ("", "外观")


def test_a_draft_that_misquotes_is_refused() -> None:
    one = article("标题", "云杉科技发布手环。")
    said = Sourced(text="云杉科技发布戒指。", article_id=one.id, start=0, end=9)
    draft = Draft(title="标题", title_from=one.id, insight=(said,), bullets=(Bullet(label="要点", statement=said),))
    with pytest.raises(InputError, match="does not say"):
        check_draft(draft, [one])
    assert Draft.from_json(draft.to_json()) == draft


def test_width_counts_chinese_as_one() -> None:
    assert width("云杉") == 2
    assert width("abcde") == pytest.approx(2.0)


def test_a_line_that_begins_inside_a_word_is_never_told() -> None:
    whole = article("新方法", "训练和持续学习\n习惯成为主要突破口，成本下降了四成。")
    broken = article("新方法", "训练和持续学\n习成为主要突破口，成本下降了四成。")
    assert "fragment" not in candidates([whole])[-1].faults
    assert "fragment" in candidates([broken])[-1].faults
