"""Paragraphs put together again, and what of a page is an article's text. All companies and people are fictional."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afterlore.brief.read import clean
from afterlore.text.paragraphs import rejoin

PIECES = st.sampled_from(
    [
        "星河算力", "S-1草案", "，", "。", "这标志着", "U2", "云舟智能6月3日消息，公司宣布完成", "4.2亿元",
        "。这笔钱将用于", "“", "”", "（", "）", "01", ".", "结语：下一步", "作者 |", "陆一舟",
        "▲图源：星河算力", "https://a.example/x", "[1]", "—", "完", "的", "Agent", "「", "」", "在",
        "它既能看，也能写；还能说。", "三大变化——", "参考链接：", "# 标题", "- 一项", "Built to last", "U", "ber 事件",
        "10", "月", "！", "👇",
    ]
)  # fmt: skip


def squash(text: str) -> str:
    """The text without white space."""
    return re.sub(r"\s", "", text)


@given(st.lists(st.one_of(PIECES, st.text(max_size=30)), max_size=25))
@settings(max_examples=300, deadline=None)
def test_rejoining_loses_nothing_and_does_it_all_at_once(lines: list[str]) -> None:
    joined = rejoin(lines)
    assert squash("".join(joined)) == squash("".join(lines))
    assert rejoin(joined) == joined
    assert all(line and line == line.strip() and "\n" not in line for line in joined)


@pytest.mark.parametrize(
    "broken",
    [
        "星河算力6月3日消息，公司已向交易所秘密提交了|A-1草案|。这标志着|公司启动上市|。",
        "今天，|“北岸|AI|第一股”|云舟智能发布其最新模型|K2|，该模型由公司|自研|，参数量约|300|亿|。",
        "在|智慧矿山|领域，其产品已在近200座矿井部署，覆盖调度与巡检等场景。",
        "港口去年吞吐|860万箱|，比前年|多了17%|；泊位利用率约七成。",
        "那么，这套|「武器」|是怎么造出来的呢？",
        "还有一个叫|「云上训练岛」|的技能，一周有三千人用过。",
        "值得注意的是，作为战略的一部分，|公司已备好名为CoreX的新系统|。开发者可将模型接入应用。",
        "陆一舟：|我们不追求规模最大，而是要让每一度电都算得值。",
        "它给出的答案只有一句话——|让机器替人值夜班。",
        "上周开源的K 3.7，接口按Ag|ent的习惯重写过，文档也换了新的。",
    ],
)
def test_a_broken_sentence_is_one_paragraph(broken: str) -> None:
    pieces = broken.split("|")
    before, after = "上一段到此为止。", "下一段从这里开始，说的是另一件事。"
    joined = rejoin([before, *pieces, after])
    assert [squash(line) for line in joined] == [before, squash("".join(pieces)), after]


@pytest.mark.parametrize(
    "heading",
    [
        "一个授权，百万商家接入",
        "U2有多能打？实测一下",
        "结语：下一站是工厂",
        "01",
        "## 第二座智算中心",
        "▲智算中心效果图",
        "一、云舟智能发布K2",
        "作者 | 李四",
        "港口调度的新机房，产能逐步释放",
        "钱从哪里来的",
    ],
)
def test_a_heading_stays_a_line_of_its_own(heading: str) -> None:
    body = "公司创始人表示，资金将用于建设位于云州的第二座智算中心，预计2027年一季度投入使用，规划算力为3000P。"
    assert rejoin(["上一段到此为止。", heading, body]) == ["上一段到此为止。", heading, body]


def test_spaces_follow_the_text() -> None:
    assert rejoin(["我们把 K2 模型接入了", "Orbit", "平台，速度翻倍。"]) == [
        "我们把 K2 模型接入了 Orbit 平台，速度翻倍。"
    ]
    assert rejoin(["我们把K2模型接入了", "Orbit", "平台，速度翻倍。"]) == ["我们把K2模型接入了Orbit平台，速度翻倍。"]
    assert rejoin(["公司发布了", "Agent", "Harness", "框架。"]) == ["公司发布了Agent Harness框架。"]
    assert rejoin(["新版调度器参考了 GL", "M5.1、", "显存占用24GB。"]) == ["新版调度器参考了 GLM5.1、显存占用24GB。"]
    assert rejoin(["他们换了新机（AI", "M5芯片），速度翻倍。"]) == ["他们换了新机（AI M5芯片），速度翻倍。"]


TITLE = "星河算力完成4.2亿元B轮融资"
NEWS = [
    "星河算力6月3日宣布完成4.2亿元B轮融资，由远帆资本领投。",
    "公司创始人陆一舟表示，资金将用于建设第二座智算中心。",
    "“来源单一是行业通病。”陆一舟说。",
    "编辑部门也能用上这套系统：记者写稿、编辑审稿都在同一页面完成。",
    "点击率下降了20%，公司计划在8月的开发者大会上公布改进方案。",
    "扫码支付已接入，用户关注的隐私问题由端侧模型解决。（来源：云州日报）",
    "下一步，公司将招聘200名工程师。",
]
NOISE_HEAD = [
    "作者 | 李四",
    "编辑｜王五、赵六",
    "小舟 发自 云州寺",
    "北岸观察 | 公众号 BeianAI",
    "北岸观察编辑部",
    "> 原文链接：https://a.example/s/1",
    "▲头图由AI生成",
    "# " + TITLE,
    "文|",
    "孙七",
]
NOISE_MIDDLE = [
    "▲星河算力发布会现场（图源：星河算力）",
    "图 1：智算中心规划",
    "https://a.example/report",
    "论文链接：https://a.example/paper",
    "02.",
    "![图](https://a.example/1.png)",
    "#算力 #融资",
    "向下滑动查看所有内容",
    "—",
    "7月2-3日，北岸观察主办的2026算力大会将在云州举行，设有开幕式和3场论坛。公众号后台回复“算力”报名参会。",
]
NOISE_TAIL = [
    "参考链接：",
    "[1]https://a.example/a",
    "https://b.example/b",
    "*本文由北岸观察经许可刊发，文中看法归作者本人。",
    "一键三连",
    "「点赞」「转发」「小心心」",
    "欢迎在评论区留下你的想法！",
    "— 完 —",
    "港口从业者交流群，扫码添加小助手",
    "🌟 点亮星标 🌟",
    "科技前沿进展每日见",
]


@given(
    st.lists(st.sampled_from(NOISE_HEAD), max_size=4, unique=True),
    st.lists(st.sampled_from(NOISE_MIDDLE), max_size=3, unique=True),
    st.booleans(),
    st.integers(1, len(NEWS) - 1),
)
@settings(max_examples=150, deadline=None)
def test_noise_goes_and_news_stays(head: list[str], middle: list[str], tail: bool, at: int) -> None:
    if "文|" in head:
        head = [*(line for line in head if line not in ("文|", "孙七")), "文|", "孙七"]
    head = [line for line in head if line != "孙七" or "文|" in head]
    lines = [*head, *NEWS[:at], *middle, *NEWS[at:], *(NOISE_TAIL if tail else [])]
    assert clean.clean("\n".join(lines), title=TITLE, outlet="北岸观察").split("\n") == NEWS


@given(
    st.lists(
        st.one_of(st.sampled_from(NOISE_HEAD + NOISE_MIDDLE + NOISE_TAIL + NEWS), st.text(max_size=40)), max_size=20
    )
)
@settings(max_examples=200, deadline=None)
def test_cleaning_twice_is_cleaning_once(lines: list[str]) -> None:
    once = clean.clean("\n".join(lines), title=TITLE, outlet="北岸观察")
    assert clean.clean(once, title=TITLE, outlet="北岸观察") == once


def test_a_lead_keeps_its_sentence_and_loses_its_label() -> None:
    text = (
        "北岸报道\n【北岸导读】\n星河算力拿到新钱，第二座智算中心开建。\n【导读】陆一舟说，目标是3000P。\n"
        + "\n".join(NEWS)
    )
    lines = clean.clean(text, title=TITLE, outlet="北岸").split("\n")
    assert lines[:2] == ["星河算力拿到新钱，第二座智算中心开建。", "陆一舟说，目标是3000P。"]


def test_marks_become_plain_text() -> None:
    text = (
        "## 看点\n**星河算力**完成[4.2亿元](https://a.example/(x))融资 &amp; "
        "新建中心。\n[点我](javascript:alert(1))看`K2`模型的表现，结果相当不错。"
    )
    assert clean.clean(text, title="", outlet="") == (
        "看点\n星河算力完成4.2亿元融资 & 新建中心。\n点我看K2模型的表现，结果相当不错。"
    )


@pytest.mark.parametrize(
    ("title", "text", "kind"),
    [
        (TITLE, "\n".join(NEWS), "news"),
        ("云舟早知道：K2发布", "\n".join(NEWS), "roundup"),
        ("北岸AI速递 20260608", "\n".join(NEWS), "roundup"),
        ("K2发布；星河融资；远帆资本换帅 | 云舟早知道", "\n".join(NEWS), "roundup"),
        ("今日看点", "\n".join(f"公司{c}发布新品，售价下降。（来源：云州日报）" for c in "甲乙丙丁"), "roundup"),
        ("AI帮你写周报，星河算力新功能上线", "\n".join(NEWS), "news"),
        ("《云州日报》获奖；两名记者到场", "\n".join(NEWS), "news"),
        ("北岸观察招一名AI冲浪编辑", "我们是谁？\n岗位职责：写稿\n薪资：面议\n发简历到：hr@a.example", "notice"),
        ("星河算力裁员后重启招聘", "\n".join(NEWS), "news"),
        (
            "大模型工程实践｜算力大会 云州",
            "大会将在云州举行。\n演讲提纲：一、背景\n听众收益：了解架构\n更多议程见大会官网，联系票务经理咨询。",
            "notice",
        ),
        (
            "5门课0元学，限时优惠",
            "零基础也能学。\n训练营今日开抢，低至5折。\n立即报名，还送好礼。\n讲师在线答疑。",
            "notice",
        ),
        (
            "云州银行大模型项目",
            "招标编号：YZ-01\n招标代理机构：某公司\n投标文件须在6月30日前递交。\n资格要求：有类似经验。",
            "notice",
        ),
    ],
)
def test_kind(title: str, text: str, kind: str) -> None:
    assert clean.kind(title, text) == kind


@pytest.mark.parametrize("text", ["", "  \n", "[unavailable] 暂时无法查看", "该内容已被发布者删除", "图片"])
def test_unusable_texts_say_why(text: str) -> None:
    assert clean.unusable(text)


def test_usable_texts_say_nothing() -> None:
    assert clean.unusable("星河算力6月3日宣布完成4.2亿元B轮融资，由远帆资本领投。") is None
    assert clean.unusable("暂时无法查看订单的问题已经修复，云舟智能表示将向受影响的用户补偿。" * 8) is None


def test_to_text_of_each_kind_of_item() -> None:
    stored = (
        "# 标题\n\n> "
        "公众号：北岸观察\n\n星河算力已提交了\n\n**A-1草案**\n\n。这标志着\n\n公司启动上市\n\n，最快今年秋季挂牌。\n"
    )
    page = clean.to_text(stored, "markdown", "https://a.example/1")
    assert page.title == "标题"
    assert page.text.endswith("星河算力已提交了A-1草案。这标志着公司启动上市，最快今年秋季挂牌。")
    assert page.url == "https://a.example/1"
    fragment = (
        "<p>星河<b>算力</b>宣布完成4.2亿元B轮融资，由远帆资本领投。</p><p>老股东跟投。<img src='/1.png'></p>"
        "<script>x()</script>"
    )
    page = clean.to_text(fragment, "html", "https://a.example/1")
    assert page.text == "星河算力宣布完成4.2亿元B轮融资，由远帆资本领投。\n老股东跟投。"
    assert page.images == ("https://a.example/1.png",)
    assert (
        clean.to_text("一句话。\r\n\r\n另一句话，说的是星河算力完成了新一轮融资。", "text", None).text.count("\n") == 1
    )
    assert clean.to_text("[unavailable] 暂时无法查看", "markdown", None).problem == "deleted"
    assert clean.to_text("", "text", None).problem == "empty"
    assert clean.to_text("<img src='https://a.example/1.png'>", "html", None).problem == "image_only"


@pytest.mark.parametrize(
    "title",
    [
        "活动预告｜3月28日杭州，开源之夜等你来，早鸟票限时8折",
        "直播预告：今晚聊聊智能体",
        "招聘｜星河实验室招研究员",
        "【招聘】编辑部招记者",
        "三小时入门智能体公开课报名",
        "大模型训练营第五期开营",
        "诚邀参加技术沙龙，名额有限",
        "编辑部招聘启事",
        "Webinar: scaling agents in the enterprise",
    ],
)
def test_titles_that_invite_recruit_or_sell_are_notices_whatever_the_text(title: str) -> None:
    assert clean.kind(title, "") == clean.kind(title, "本期内容见正文。") == "notice"


@pytest.mark.parametrize(
    "title",
    [
        "星河算力招聘前苹果高管负责硬件",
        "全球开发者大会召开，星河发布新品",
        "大会报名人数破万，创历史新高",
        "青穹-3限时免费，全员可用",
        "发布会倒计时：六大看点预告",
        "霁川开放接口公测，价格打八折",
        "训练营里的年轻人：他们为什么花三万学AI",
        "星河推出认证课程，计划覆盖千万人",
        "字节启动史上最大规模校招，AI岗位占六成",
        "折叠屏手机销量增长三成",
        "秒杀上一代！开源模型登顶",
    ],
)
def test_news_of_courses_jobs_and_events_is_news(title: str) -> None:
    assert clean.kind(title, "") == "news"


def test_wrapped_english_markdown_is_unwrapped() -> None:
    stored = (
        "# Title\n\nOrbit Labs raised 40 million dollars on\nMonday, the company said in a statement.\n\n- "
        "one item\n- two items\n"
    )
    page = clean.to_text(stored, "markdown", None)
    assert page.text.split("\n") == [
        "Title",
        "Orbit Labs raised 40 million dollars on Monday, the company said in a statement.",
        "one item",
        "two items",
    ]
    assert page.language == "en"
