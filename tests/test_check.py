"""The verifier: what it must catch, what it must let pass."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.brief.check import Verdict, check
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
    ("算力只剩原先的五分之一", "近期优化将所需算力降低约5倍。"),
    ("抓取率提高了40个百分点，升至71%", "抓取率一年内从31%升至71%。"),
    ("磐石创投与云杉创投合计投了6亿元", "磐石创投和云杉创投各投3亿元。"),
    ("排查资料要两三个小时", "排查资料需要2-3小时。"),
    ("一期用时106分钟", "一期用时1小时46分钟。"),
    ("林以南创办了玉衡智能", "2019年，他创办了玉衡智能。"),
    ("磐石创投正与朱雀科技合作", "朱雀科技正与磐石创投合作。"),
    ("中国的潮汐电站已有41座", "我国潮汐电站已达41座。"),
    ("达到同样水平，Lumo 3.1 Pro的花费只有Lumo 3 Max的十分之一", "与Lumo 3 Max相比，3.1 Pro成本只要其十分之一。"),
    ("林以南要把净利率从21%提到38%", "2030年，玉衡智能净利率21%。接下来，林以南的目标是，净利率达到38%。"),
    ("参数量仅42亿的Olva力压910亿参数的Brant", "Olva以42亿参数击败了910亿参数的Brant。"),
    ("朱雀科技收购了青梧，还与玉衡智能合作", "这一年对朱雀科技很要紧。收购青梧、与玉衡智能合作都有了解释。"),
    ("评审意见过半（53.1%）有用，出错的占3.2%", "经专门训练，错误意见率3.2%，有用意见占比53.1%。"),
    ("程砚之发帖称，自己“用30元换来了310元的算力”", "程砚之发帖：“20元买甲、10元买乙，等于用30元换来了310元的算力。”"),
    ("霍启文将于9月1日卸任", "霍启文上台告别。今年，玉衡智能已宣布他将于9月1日卸任。"),
    ("磐石创投领投朱雀科技", "朱雀科技完成新一轮融资，由磐石创投领投。"),
    ("风场调度平台尚未上线", "潮位预报平台、船期查询平台已经上线，风场调度平台、水闸值守平台还在测试。"),
    ("玄龟电池《灯塔》定档", "玄龟电池发布年报；旗下《灯塔》定档6月。"),
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
    ("估值约1.77万亿元", "估值约1.75万亿元。", "number"),
    ("调用量暴涨10%", "调用量暴涨10倍。", "unit"),
    ("下载量突破三十万", "下载量超300万。", "number"),
    ("成本一个月降了八成", "成本一年降了八成。", "unit"),
    ("新系统 Lumo 15 秋季推送", "新系统 Lumo 14 秋季推送。", "entity"),
    ("命中率由42.3%升到63.6%", "命中率从42.3%升至49.4%，召回率从56.0%升至63.6%。", "subject"),
    ("总成本从30天缩短到9天", "训练时间从30天缩短到9天，总成本降低约70%。", "subject"),
    ("火麟动力的占比已达约27%", "火麟动力的占比已达约40%，反超玄龟电池的27%。", "subject"),
    ("如今每7个月翻一番，此前是4个月", "翻倍周期从7个月缩至4个月。", "subject"),
    ("玉衡智能首席技术官由程砚之换成潘以宁", "程砚之从潘以宁手中接过玉衡智能首席技术官一职。", "subject"),
    ("两家共投，磐石创投和云杉创投合计投3亿元", "磐石创投和云杉创投各投3亿元。", "number"),
    ("资深医师的检出率达96.4%", "检出率达96.4%，比资深医师高3.1个百分点。", "subject"),
    ("霍启文称“每一分钱都算过”", "霍启文说“随手写的数”，林以南说“每一分钱都算过”。", "attribution"),
    ("他说行业到了“充满希望的路口”", "在他看来，行业正站在“没有退路的路口”。", "quote"),
    ("泽川股份已完成回购股份", "泽川股份拟回购股份。", "comparison"),
    ("一位店主说生意“价格不变、分量翻倍”", "店主感叹「价格翻倍、分量不变」。", "quote"),
    ("霍启文说，花“一张地铁票的价格”就能用上", "“一碗素面的价格，就能用上全套工具。”霍启文说。", "quote"),
    ("林以南发帖称“三年之内不会再盖新厂”", "霍启文发帖：“三年之内不会再盖新厂。”林以南认为行业会回暖。", "attribution"),
    ("海州银行拿下了白桦数科的客服项目", "海州银行客服项目由白桦数科中标。", "subject"),
    ("风场调度平台已经上线", "潮位预报平台、船期查询平台已经上线，风场调度平台、水闸值守平台还在测试。", "subject"),
    ("标准版每月30美元", "涉及标准版（3美元/月）和专业版（30美元/月）的用户。", "subject"),
    ("霍启文2019年转投玉衡智能", "霍启文2019年加入朱雀科技，此前在玉衡智能任职。", "subject"),
    ("五年后，玉衡智能收入要达460亿元", "朱雀科技、玉衡智能要在五年后分别做到460亿和90亿元的收入。", "subject"),
    ("白桦互娱开启《星港》公测", "青梧游戏《星港》4月2日公测；白桦互娱公布《云渡：远征》。", "subject"),
    ("2月5日登顶的是《星港》", "《星港》稳居畅销榜前3，《云渡：远征》曾于2月5日登顶畅销榜。", "subject"),
    ("在TideBench上Olva排名第二", "Olva在ReefArena中排名第二，TideBench位居榜首。", "subject"),
    ("玉衡智能率先落实合作", "玉衡智能、朱雀科技都通过认证，但朱雀科技率先落实合作。", "subject"),
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


@given(st.integers(11, 9999), st.integers(1, 9))
def test_about_admits_only_the_figure_that_it_rounds(value: int, step: int) -> None:
    """Another figure of as many digits is another figure, with 约 or without."""
    told = f"估值约{value + step}亿元" if (value + step) % 10 else f"估值约{value + step + 1}亿元"
    assert check(told, [f"估值约{value}亿元。"]).state == "contradicted"
    assert check(f"估值约{value}亿元", [f"公司估值约{value}亿元。"]).state == "supported"


@given(st.integers(11, 98), st.integers(1, 80))
def test_a_difference_may_be_worked_out(low: int, gap: int) -> None:
    source = [f"得分从{low}.5分提高到{low + gap}.5分。"]
    assert check(f"得分提高了{gap}分", source).state != "contradicted"


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=3))
def test_never_fails(claim: str, sources: list[str]) -> None:
    check(claim, sources)


@given(st.text(min_size=1, max_size=60))
def test_a_text_never_contradicts_itself(text: str) -> None:
    assert check(text, [text]).state in {"supported", "cannot_tell"}


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
