"""WeChat pages: saved ones of one real day, where the data is, and variants that a generator makes of our own text."""

import html as entities
import random
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afterlore.web import wechat
from afterlore.web.extract import extract

DAY = Path(__file__).parents[1].parent / "shared" / "data" / "day-2026-06-09" / "html"

BODY = [
    "星河算力6月3日宣布完成4.2亿元B轮融资，由远帆资本领投，老股东青岚基金跟投。",
    "这笔钱用来做什么",
    "公司创始人陆一舟表示，资金将用于建设位于云州的第二座智算中心，预计2027年一季度投入使用，规划算力为3000P。",
    "“我们不追求规模最大，而是要让每一度电都算得值。”陆一舟说。",
    "公开资料显示，星河算力成立于2021年，已为全国140家工业企业提供推理服务，2025年营收2.6亿元，同比增长88%。",
    "扫码支付也能跑在端侧：星河算力还演示了一台离线收银机，用户扫码后0.3秒内完成识别。",
    "有用户在评论区留言称，希望公司尽快开放接口。陆一舟回应说，公测版将在8月上线。",
    "该公司同时透露，正在与三家车企洽谈合作，最快年底量产。",
]
FOOTERS: dict[str, list[str]] = {
    "none": [],
    "read_on": ["点击阅读原文，了解更多详情"],
    "three": ["一键三连", "「点赞」「在看」「转发」", "欢迎到评论区聊聊"],
    "scan": ["长按识别下方二维码", "关注我们，不错过每一条科技新闻", "添加小助手微信，邀你进读者交流群"],
    "end": ["— END —", "转载前请联系本公众号授权", "投稿请发：news@example.com"],
    "like": ["如果觉得不错，点个「赞」和「在看」吧 👇", "设为星标，第一时间收到推送"],
    "more": ["推荐阅读", "蓝鲸机器人拿下十亿订单", "晨光大模型首次开源", "点击下方卡片，关注星河观察"],
    "recruit": ["招聘启事", "我们正在招聘科技记者两名", "岗位职责：采写人工智能产业报道", "简历投递：hr@example.com"],
    "arrows": ["↓↓↓", "👇点击关注，获取每日推送", "分享、点赞、在看，就是最大的支持"],
    "group": ["扫码添加小助手，备注", "「姓名+城市」", "邀你进群～"],
}
CT = 1780477200


@dataclass
class Variant:
    """One way to build a page. The defaults are the usual page."""

    body: list[str] = field(default_factory=lambda: list(BODY))
    footer: list[str] = field(default_factory=list)
    footer_style: str = "section"  # section | paragraphs | same | wrapped
    card: bool = True
    splits: int = 3
    time: str = "ct"  # ct | create_time | createTime | publish_time | none
    account: str = "nickname"  # nickname | js_name
    title: str = "msg_title"  # msg_title | og | activity
    image: str = "data-src"
    seed: int = 0
    pretty: bool = False


def page(variant: Variant) -> tuple[str, list[str]]:
    """A page and the addresses of its pictures."""
    rng = random.Random(variant.seed)
    pictures: list[str] = []
    newline = "\n      " if variant.pretty else ""

    def picture() -> str:
        pictures.append(
            f"https://mmbiz.qpic.cn/mmbiz_png/FICTION{variant.seed}{len(pictures)}/640?wx_fmt=png&from=appmsg"
        )
        address = entities.escape(pictures[-1])
        lazy = f'src="data:image/svg+xml,%3Csvg/%3E" {variant.image}="{address}"'
        return f'<section nodeleaf=""><img class="rich_pages wxw-img" {lazy} data-w="1080"></section>'

    def spans(line: str) -> str:
        cuts = sorted(rng.sample(range(1, len(line)), min(variant.splits, len(line) - 1))) if len(line) > 1 else []
        parts = [line[a:b] for a, b in zip([0, *cuts], [*cuts, len(line)], strict=True)]
        tags = ["<span>{}</span>", "<strong><span>{}</span></strong>", '<span leaf="">{}</span>', "{}"]
        return "".join(rng.choice(tags).format(entities.escape(part)) for part in parts)

    def paragraph(line: str, style: str = "margin: 0px 8px;") -> str:
        return f'<section style="{style}">{newline}<p style="text-align: justify;">{spans(line)}</p>{newline}</section>'

    inner = [picture()]
    for line in variant.body:
        inner.append(paragraph(line))
        if rng.random() < 0.4:
            kind = rng.choice(["picture", "<p><br></p>", '<p style="display:none">隐藏的字</p>'])
            inner.append(picture() if kind == "picture" else kind)
    if variant.card:
        inner.append(
            '<section class="mp_profile_iframe_wrp"><mp-common-profile data-nickname="别的号">'
            "</mp-common-profile></section>"
        )
    if variant.footer_style == "section":
        inner.append(
            '<section style="text-align:center">' + "".join(f"<p>{spans(x)}</p>" for x in variant.footer) + "</section>"
        )
    elif variant.footer_style == "paragraphs":
        inner.extend(f'<p style="text-align: center;color:#888">{spans(x)}</p>' for x in variant.footer)
    else:
        inner.extend(paragraph(line) for line in variant.footer)
    if variant.footer:
        inner.append(picture())
    content = "\n".join(inner)
    if variant.footer_style == "wrapped":
        content = f'<section data-tool="editor"><section>{content}</section></section>'
    title = "星河算力完成4.2亿元B轮融资 & 第二座智算中心开建"
    moment = datetime.fromtimestamp(CT + 8 * 3600, UTC)
    script = {
        "ct": f'var ct = "{CT}";',
        "create_time": f'var create_time = "{CT}" * 1;',
        "createTime": f"var createTime = '{moment:%Y-%m-%d %H:%M}';",
    }.get(variant.time, "")
    shown = f"{moment:%Y年%m月%d日 %H:%M}" if variant.time == "publish_time" else "昨天 17:00"
    nickname = 'var nickname = htmlDecode("星河观察");' if variant.account == "nickname" else ""
    escaped = title.replace("&", "&amp;amp;")
    msg_title = f"var msg_title = '{escaped}'.html(false);" if variant.title == "msg_title" else ""
    og = f'<meta property="og:title" content="{entities.escape(title)}">' if variant.title != "activity" else ""
    return (
        f"""<!DOCTYPE html><html><head><meta charset="utf-8"><meta name="author" content="李记者">{og}
<meta property="og:site_name" content="微信公众平台"><title></title></head><body id="activity-detail">
<h1 class="rich_media_title" id="activity-name">
{entities.escape(title)}
</h1><span id="copyright_logo">原创</span><span class="rich_media_meta rich_media_meta_text">李记者</span>
<a href="javascript:void(0);" id="js_name">
      星河观察   </a><em id="publish_time">{shown}</em>
<div class="rich_media_content" id="js_content" style="visibility: hidden; opacity: 0;">{content}</div>
<div id="js_pc_qr_code"><p>微信扫一扫<br>关注该公众号</p></div>
<script>var svr_time = "1799999999";
{nickname} {msg_title} {script} var user_name = "gh_fiction";</script></body></html>""",
        pictures,
    )


def share(expected: str, got: str) -> float:
    """Share of the expected characters that come back in order, white space aside."""
    from afterlore.brief.evaluate.extract import characters

    return characters(expected, got)


def squash(text: str) -> str:
    """The text without white space."""
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("footer", FOOTERS)
@pytest.mark.parametrize("style", ["section", "paragraphs", "same", "wrapped"])
@pytest.mark.parametrize("card", [True, False])
def test_no_footer_comes_back_and_nothing_else_is_lost(footer: str, style: str, card: bool) -> None:
    markup, _ = page(Variant(footer=FOOTERS[footer], footer_style=style, card=card, seed=len(footer)))
    assert wechat.extract(markup).text.split("\n") == BODY


@given(
    splits=st.integers(0, 12),
    seed=st.integers(0, 10**6),
    footer=st.sampled_from(sorted(FOOTERS)),
    style=st.sampled_from(["section", "paragraphs", "same"]),
    image=st.sampled_from(["data-src", "data-original", "data-backsrc"]),
    pretty=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_spans_never_break_a_paragraph(
    splits: int, seed: int, footer: str, style: str, image: str, pretty: bool
) -> None:
    variant = Variant(footer=FOOTERS[footer], footer_style=style, splits=splits, seed=seed, image=image, pretty=pretty)
    markup, pictures = page(variant)
    found = wechat.extract(markup, "https://mp.weixin.qq.com/s/fiction")
    assert [squash(line) for line in found.text.split("\n")] == [squash(line) for line in BODY]
    assert list(found.images) == pictures


@pytest.mark.parametrize("time", ["ct", "create_time", "createTime", "publish_time"])
def test_time_is_read_where_it_stands(time: str) -> None:
    found = wechat.extract(page(Variant(time=time))[0])
    assert found.published == datetime.fromtimestamp(CT, UTC)
    assert found.published is not None
    assert found.published.utcoffset() is not None


def test_yesterday_is_not_believed() -> None:
    assert wechat.extract(page(Variant(time="none"))[0]).published is None


@pytest.mark.parametrize("account", ["nickname", "js_name"])
@pytest.mark.parametrize("title", ["msg_title", "og", "activity"])
def test_account_and_title(account: str, title: str) -> None:
    found = extract(page(Variant(account=account, title=title))[0], None)
    assert found.outlet == "星河观察"
    assert found.title == "星河算力完成4.2亿元B轮融资 & 第二座智算中心开建"
    assert found.author == "李记者"


@pytest.mark.parametrize(
    ("markup", "problem"),
    [
        ("<html><body><div class='weui-msg'><h2>该内容已被发布者删除</h2></div></body></html>", "deleted"),
        ("<html><body><p>此内容因违规无法查看</p><p>由用户投诉并经平台审核</p></body></html>", "deleted"),
        ("<html><body><h2>已停止访问该网页</h2></body></html>", "deleted"),
        (
            "<html><body><h2>环境异常</h2><p>当前环境异常，完成验证后即可继续访问。</p><a>去验证</a></body></html>",
            "verification",
        ),
        ("<html><body><div id='js_content'><p><br></p></div></body></html>", "empty"),
        ("<html><body><div id='js_content'><img data-src='https://a.example/1.png'></div></body></html>", "image_only"),
        ("", "empty"),
    ],
)
def test_pages_without_an_article_say_why(markup: str, problem: str) -> None:
    found = extract(markup, "https://mp.weixin.qq.com/s/fiction")
    assert found.problem == problem
    assert found.detail
    assert found.text == "" or problem == "image_only"


def test_an_article_about_deleted_pages_is_an_article() -> None:
    body = ["多位用户反映，打开部分文章时看到“该内容已被发布者删除”或“环境异常，完成验证后即可继续访问”的提示。", *BODY]
    found = wechat.extract(page(Variant(body=body))[0])
    assert found.problem is None
    assert found.text.split("\n") == body


def test_a_card_in_the_middle_ends_nothing() -> None:
    markup, _ = page(Variant(card=False))
    card = '<section><mp-common-profile data-nickname="别的号"></mp-common-profile></section>'
    middle = markup.replace('<section style="margin: 0px 8px;">', card + '<section style="margin: 0px 8px;">')
    assert wechat.extract(middle).text.split("\n") == BODY


@given(st.text(alphabet="<>/=\"' divspnmgjs_content&;#x0中文\n\x00\ud800", max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_markup_gives_a_page(markup: str) -> None:
    found = extract(f"<div id='js_content'>{markup}", None)
    assert "\r" not in found.text
    assert found.text == "\n".join(line.strip() for line in found.text.split("\n"))


@pytest.mark.skipif(not DAY.is_dir(), reason="the evaluation day is not on this machine")
@pytest.mark.parametrize("name", ["018", "020", "027", "040", "041"])
def test_saved_pages_of_a_real_day(name: str) -> None:
    markup = (DAY / f"{name}.html").read_text(encoding="utf-8")
    expected = (DAY / f"{name}.expected.txt").read_text(encoding="utf-8")
    found = extract(markup, None)
    assert share(expected, found.text) >= 0.99
    assert not re.search("扫码关注我们|查看更多内容|转发给朋友 👇", found.text)
    assert len(found.images) == markup.count("data-src=")
    assert found.published is not None
    assert str(int(found.published.timestamp())) in markup
    assert found.outlet
    assert found.title
