"""From a page's text to an article's text: what is news stays, what the outlet says about itself goes.

Dropped are bylines and lead-in labels at the head, captions, marks of Markdown, addresses and lists of
references, calls to the reader, notices of the outlet's own events, courses and jobs, end marks and whatever
stands behind them. A line goes only when its whole form says what it is; a sentence of the article that merely
holds such a word stays. The patterns are general ones of Chinese and English news sites, and were checked by
reading one real day.
"""

import html
import re
from collections.abc import Callable
from typing import Literal

from afterlore.brief.read.kind import kind
from afterlore.text.language import cjk_share
from afterlore.text.paragraphs import rejoin
from afterlore.web import wechat
from afterlore.web.blocks import blocks, images, parse, squeeze
from afterlore.web.extract import extract
from afterlore.web.footer import MORE, asks, decoration, recruits
from afterlore.web.page import Page

__all__ = ["clean", "kind", "markdown_lines", "to_text", "unusable"]

_HEAD = 14
"""Lines from the start in which bylines and lead-ins stand."""
_ROLE = (
    r"(?:作者|编辑|编译|撰文|采写|采编|记者|责编|责任编辑|责任主编|校对|审校|译者|翻译|策划|出品|出品人|整理|"
    r"监制|制图|采访|主编|统筹|实习生|"
    r"编译整理|整理编辑|内容编辑|文字|本文作者|原文作者|供稿|排版|校\s*审|编\s*辑|来源|文|图|by|author|editor|"
    r"text|words)"
)
_BYLINE = re.compile(
    rf"^[\W_]*{_ROLE}(?:\s*[/、&和与]\s*{_ROLE})*\s*[|｜丨/／:：]\s*\S.{{0,40}}$"
    r"|^\S.{0,30}\s+发自\s+\S{1,20}$"
    r"|^\S{1,14}\s*[|｜丨]\s*(?:公众号|微信公众号|ID)\s*\S.{0,30}$"
    r"|^(?:公众号|微信公众号|微信号|原文链接|原文地址|阅读原文|发布时间|发表时间|字数|阅读时长|"
    r"预计阅读时间)\s*[:：].{0,120}$"
    r"|^\S{2,14}(?:编辑部|综合报道|综合整理|原创|出品|独家)$"
    r"|^\W*(?:文|图)\s*[|｜丨/／:：]\s*\S{1,20}$"
    r"|^by\s+[A-Z][\w.’'-]+(?:\s+[A-Z][\w.’'-]+){0,4}$",
    re.I,
)
_BYLINE_HEAD = re.compile(r"^\S{2,10}(?:发布|报道|讯|导读)$|^阿?\S{2,4}导读$")
_LEAD_LABEL = re.compile(
    r"^(?:【[^】]{0,10}(?:导读|导语|摘要|编者按|编者的话|编译)】|(?:导读|导语|摘要|编者按|核心提示)\s*[:：丨|])\s*"
)
_CAPTION = re.compile(
    r"^[△▲▼◎↑]\s?\S.{0,90}$|^[△▲▼◎↑]$"
    r"|^\W*(?:头图|封面图?|题图|配图|图片|首图|图|插图|视频|动图|资料图|截图)(?:片|中|内)?\s*(?:来源|源自|来自|"
    r"由|出处|提供|版权|作者|[:：|｜/]).{0,40}$"
    r"|^\W*(?:图|表|Figure|Fig\.?|Table)\s*\d{1,2}\s*[:：.、丨|｜]\s*\S.{0,160}$"
    # （来源：…） behind a sentence is a citation and stays; behind a bar it is a caption.
    r"|^.{0,40}(?:[（(](?:图源|图片来源|供图|图)|[｜|]\s*(?:图源|图片来源|来源|"
    r"图))\s*[:：｜|].{1,30}[)）]?$(?<![。！？])"
    r"|^(?:图源|供图|摄影|图片|来源)\s*[:：|｜/／]\s*.{1,40}$"
    r"|^(?:向[下上左右]滑动|左右滑动|上下滑动|点击(?:放大|图片|查看大图)).{0,16}$"
    r"|^\s*(?:image|photo|picture|credit)s?\s*(?:credits?|by|via|courtesy)?\s*[:：].{0,80}$",
    re.I,
)
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s，。；、（）()【】「」“”<>]+", re.I)
_ADDRESS_LABEL = re.compile(
    r"^[\W_\d]*[^，。]{0,22}(?:链接|地址|官网|主页|仓库|论文|代码|报告|博客|原文|体验|来源|参考|资料|网址|项目|"
    r"权重|下载|入口|直达|GitHub|Hugging\s?Face|arXiv|"
    r"Twitter|Paper|Code|Blog|Demo|Website|ModelScope)[^，。]{0,16}\s*[:：]?\s*(?=$|https?|www)",
    re.I,
)
_REFERENCES = re.compile(
    r"^\W*(?:参考(?:链接|资料|文献|来源|内容|文章|连接|阅读|信息)?|引用(?:链接|来源)|相关链接|资料来源|信息来源|"
    r"原文链接|原文地址|查看(?:英文)?原文|素材来源|"
    r"references?|sources?|further reading|links?)\W*$",
    re.I,
)
_REFERENCE_ITEM = re.compile(r"^\W*(?:\[?\d{1,2}\]?[.、)\]]?\s*)?(?:(?:https?://|www\.)\S+\s*)+$|^\[\d{1,2}\]")
_END = re.compile(r"^[\W_]*(?:完|END|The\s+End|全文完|本文完|正文完)[\W_]*$", re.I)
_SECTION = re.compile(
    r"^(?:0\d|[1-9]|1\d)\s*[.、/|]?$|^(?:PART|Part|CHAPTER)\s*\.?\s*\d{1,2}$|^[IVX]{1,4}[.、]?$|^[①-⑳]$|"
    r"^[一二三四五六七八九十]、?$"
)
_HASHTAGS = re.compile(r"^(?:[#＃][^#＃\s]{1,24}[#＃]?\s*)+$")
_TRAILING_TAGS = re.compile(r"(?:\s+[#＃][^#＃\s，。]{1,24}[#＃]?)+$")
_EVENT = re.compile(
    r"(?:\d{1,2}月\d{1,2}|大会|峰会|论坛|沙龙|直播|公开课|训练营|课程|门票|展会).{0,220}"
    r"(?:(?:公众号|微信|本号)?后台回复.{0,24}(?:报名|参会|领取|获取|预约|入群)|扫码(?:报名|参会|购票|预约|咨询|"
    r"了解|入群)|报名参会|免费报名|立即报名|"
    r"(?:限时|早鸟)(?:优惠|票|折扣)|购票.{0,10}(?:享|优惠)|咨询.{0,12}(?:票务|报名)|票务经理|点击.{0,8}报名)"
)
_OWN_EVENT = re.compile(
    r"^.{2,30}(?:大会|峰会|论坛|沙龙|公开课|直播)\s*(?:预告|报名|来了|开启|议程|门票)?\W*(?:预告|报名通道.{0,6}|"
    r"限时.{0,8})\W*$"
)
_MARKDOWN_IMAGE = re.compile(r"!\[[^\]]*\]\([^)\s]*(?:\s+[\"'][^\"']*[\"'])?\)")
_MARKDOWN_LINK = re.compile(
    r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\((?:<[^>]*>|[^()\s]*(?:\([^()]*\)[^()\s]*)*)(?:\s+[\"'][^\"']*[\"'])?\)"
)
_EMPHASIS = re.compile(r"(\*\*\*|\*\*|___|__|~~)(?=\S)(.{1,400}?)(?<=\S)\1")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>|<!--.*?-->")
_RIGHTS = re.compile(
    r"^[\W_]*(?:本文|本篇|文章|声明|©|版权|未经|转载).{0,40}(?:转载请|请联系|禁止转载|不得转载|谢绝转载|"
    r"授权转载|获得授权|原创文章|版权所有|侵权必究|注明出处)",
)
_BARE_LABEL = re.compile(rf"^[\W_]*(?:{_ROLE}|公众号|微信公众号)\s*[|｜丨:：]$", re.I)
_PAPER = re.compile(
    r"^\W*(?:论文(?:标题|题目|名称|作者|链接|地址|单位)|(?:全部|共同|第一|通讯)?作者(?:信息|单位|列表|团队|"
    r"机构)?|发表(?:会议|期刊)|会议|单位|机构|title|authors?|affiliations?)\s*[:：]",
    re.I,
)
_UNAVAILABLE = re.compile(
    r"^\W*(?:\[?unavailable\]?|暂时无法查看|内容(?:暂)?不可用|正文缺失|无法(?:获取|查看|访问)|抓取失败|获取失败|"
    r"该内容已被发布者删除|此内容因违规无法查看|"
    r"环境异常|完成验证后即可继续访问|page not found|access denied|404)",
    re.I,
)
_SHORTEST = 24
"""Letters and digits below which a text is too short to say anything: a one-sentence flash has more."""


def clean(text: str, *, title: str, outlet: str) -> str:
    """The article's text: one paragraph a line, plain, without what is not news. Cleaning it again changes nothing."""
    while True:
        # What one pass takes away can bring a byline to the top or a call to the end, where the next one sees it.
        after = _clean_once(text, title, outlet)
        if after == text:
            return after
        text = after


def _clean_once(text: str, title: str, outlet: str) -> str:
    lines = [line for raw in text.split("\n") if (line := _plain(raw))]
    lines = _cut_tail(lines)
    lines = _cut_references(lines)
    lines = _cut_head(lines, title, outlet)
    return "\n".join(_without_noise(lines))


def _without_noise(lines: list[str]) -> list[str]:
    kept: list[str] = []
    for line in lines:
        if _PAPER.match(line) and len(line) <= 200:
            continue
        if _is_noise(line):
            # An address takes the label with it that introduced it.
            if _ADDRESS.match(line) and kept and len(kept[-1]) <= 16 and kept[-1].endswith(("：", ":")):
                kept.pop()
            continue
        kept.append(line)
    return kept


def _plain(line: str) -> str:
    """The line without marks: Markdown, tags, entities, loose addresses."""
    line = html.unescape(line) if "&" in line else line
    line = _MARKDOWN_IMAGE.sub("", line)
    line = _MARKDOWN_LINK.sub(r"\1", line)
    line = _TAG.sub("", line)
    line = re.sub(r"^\s*(?:#{1,6}\s+|>+\s?|[-*+•●▪■◆]\s+|```.*$)", "", line)
    while (bare := _EMPHASIS.sub(r"\2", line)) != line:
        line = bare
    line = _TRAILING_TAGS.sub("", re.sub(r"`([^`]{1,80})`", r"\1", line))
    return squeeze(line)


def _cut_tail(lines: list[str]) -> list[str]:
    """The lines before the end mark, closing calls, lists of other articles and the outlet's own events."""
    third = max(len(lines) * 2 // 3, 1)
    for i in range(third, len(lines)):
        if _END.match(lines[i]) or (lines[i] == "完" and decoration(lines[i - 1])):
            lines = lines[:i]
            break
    for i in range(third, len(lines)):
        if _RIGHTS.match(lines[i]) and len(lines[i]) <= 90:
            lines = lines[:i]
            break
    for i in range(max(len(lines) // 2, 1), len(lines)):
        if MORE.match(lines[i]) and len(lines) - i <= max(24, len(lines) // 3):
            lines = lines[:i]
            break
    end, gap = len(lines), 0
    for i in range(len(lines) - 1, 0, -1):
        if _closes(lines[i]):
            end, gap = i, 0
        elif not decoration(lines[i]):
            gap += 1
            # A short piece between two calls belongs to them; a sentence is the article's.
            if gap > 2 or len(lines[i]) > 60 or lines[i][-1] in "。！？…":
                break
    lines = lines[:end]
    while lines and decoration(lines[-1]):
        lines.pop()
    return lines


def _closes(line: str) -> bool:
    return (
        asks(line)
        or recruits(line)
        or bool(MORE.match(line))
        or bool(_BYLINE.match(line))
        or bool(_CAPTION.match(line))
        or bool(_OWN_EVENT.match(line))
        or _is_event(line)
        or _is_promotion(line)
        or bool(
            re.match(r"^\W*(?:本文|本系列|本篇|本文系|本稿).{0,60}(?:授权|征文|系列|原创|转载|首发|作者|整理自)", line)
            and len(line) <= 80
        )
    )


def _is_promotion(line: str) -> bool:
    """The outlet presents one of its own products: a knowledge base, a community, a column."""
    return len(line) <= 120 and bool(
        re.match(
            r"^\W*(?:欢迎\S{0,14}(?:共建|加入|入驻)|.{0,12}(?:知识库|社群|星球|智库).{0,10}是.{2,40}推出的|"
            r"秒追\S{1,8}$|专属.{2,20}社群)",
            line,
        )
    )


def _is_event(line: str) -> bool:
    return bool(_EVENT.search(line)) and not re.search(r"(?:记者|据|称|表示|宣布).{0,6}[，：:“]", line[:40])


def _cut_references(lines: list[str]) -> list[str]:
    """Without the list behind 参考链接: addresses and the titles between them, up to the next paragraph."""
    kept: list[str] = []
    inside = False
    for i, line in enumerate(lines):
        if _REFERENCES.match(line):
            inside = True
        elif inside and (_REFERENCE_ITEM.match(line) or _ADDRESS.search(line) or _untold(line, i / len(lines))):
            continue
        else:
            inside = False
            kept.append(line)
    return kept


def _untold(line: str, place: float) -> bool:
    """Whether a line of a reference list, ``place`` of the way down the text, is the title of a source."""
    return place > 0.6 and len(line) < 60 and line[-1] not in "。！？"


def _cut_head(lines: list[str], title: str, outlet: str) -> list[str]:
    head, rest = lines[:_HEAD], lines[_HEAD:]
    kept: list[str] = []
    labelled = False
    for i, line in enumerate(head):
        if labelled and len(line) <= 16 and line[-1] not in "。！？":
            labelled = False
            continue
        labelled = _BARE_LABEL.match(line) is not None
        if labelled:
            continue
        if (i < 4 and _same(line, title)) or line == outlet:
            continue
        if _BYLINE.match(line) or (i < 6 and _BYLINE_HEAD.match(line) and line[-1] not in "。！？"):
            continue
        line = _LEAD_LABEL.sub("", line)
        if line:
            kept.append(line)
    return kept + rest


def _same(line: str, title: str) -> bool:
    def bare(text: str) -> str:
        return re.sub(r"[\W_]", "", text).casefold()

    return bool(bare(line)) and bare(line) == bare(title)


def _is_noise(line: str) -> bool:
    """Whether the line is surely no news wherever it stands: a caption, address, section number, event…"""
    if decoration(line) or _CAPTION.match(line) or _HASHTAGS.match(line) or _SECTION.match(line):
        return True
    if _is_event(line) or re.match(r"^\W*(?:本文|文中).{0,6}(?:图片|配图).{0,16}(?:来自|来源|由)", line):
        return True
    if _ADDRESS.search(line):
        rest = _ADDRESS.sub("", line).strip()
        return (
            not re.search(r"\w", rest)
            or bool(_ADDRESS_LABEL.fullmatch(rest))
            or bool(re.fullmatch(r"[^，。]{0,24}[:：]\W*", rest))
        )
    return (
        bool(_BYLINE.match(line))
        and len(line) <= 40
        and not re.match(r"(?:文|图|来源)\W", line)
        and "：" not in line[6:]
    )


def unusable(text: str) -> str | None:
    """Why a text gives no article, in one sentence; None when it does."""
    if not text.strip():
        return "the text is empty"
    first = text.strip().split("\n", 1)[0]
    letters = sum(char.isalnum() for char in text)
    if letters < 200 and _UNAVAILABLE.match(first):
        return f"the source has no body: {first[:40]!r}"
    if letters < _SHORTEST:
        return f"only {letters} letters and digits of text"
    return None


def to_text(body: str, kind: Literal["html", "markdown", "text"], url: str | None) -> Page:
    """A collected item as a page whose ``text`` is plain, one paragraph a line.

    ``html`` is a whole page or a fragment out of a feed, ``markdown`` what stands behind the front matter.
    Lines that were broken at a change of style are put together again in Chinese texts.
    """
    page = _READERS[kind](body, url)
    if page.problem in ("deleted", "verification", "not_article"):
        return page
    lines = page.text.split("\n") if page.text else []
    if lines and cjk_share(page.text) >= 0.25:
        lines = rejoin(lines)
    text = "\n".join(lines)
    reason = unusable(text)
    if page.problem is None and reason is not None:
        gone = not text or not _UNAVAILABLE.match(text)
        return page.model_copy(update={"text": text, "problem": "empty" if gone else "deleted", "detail": reason})
    return page.model_copy(update={"text": text})


def _from_html(body: str, url: str | None) -> Page:
    if wechat.is_wechat(body, url) and "<body" in body.lower():
        return extract(body, url)
    if re.search(r"<(?:!doctype|html|head|body)\b", body[:4000], re.I):
        return extract(body, url)
    # A feed's fragment is the article already; looking for its main part would lose some of it.
    root = parse(f"<div>{body}</div>")
    if root is None:
        return Page(url=url, problem="empty", detail="the fragment holds no text")
    lines = [line for block in blocks(root) for line in block.lines]
    return _page("\n".join(lines), url, tuple(dict.fromkeys(images(root, url))))


def _from_markdown(body: str, url: str | None) -> Page:
    lines = markdown_lines(body)
    title = next((line.lstrip("# ") for line in body.split("\n") if re.match(r"#\s+\S", line)), "")
    return _page("\n".join(lines), url).model_copy(update={"title": _plain(title)})


def markdown_lines(body: str) -> list[str]:
    """Paragraphs of stored Markdown: blank lines part them, marks are taken off, a quoted source block at the top goes.

    In Chinese stored Markdown each line is taken as it stands; in English ones lines of one paragraph are joined.
    """
    lines: list[str] = []
    paragraph: list[str] = []

    def close() -> None:
        if paragraph:
            lines.append(" ".join(paragraph))
            paragraph.clear()

    joins = cjk_share(body) < 0.25
    fenced = False
    for raw in body.split("\n"):
        if raw.strip().startswith(("```", "~~~")):
            fenced = not fenced
            close()
            continue
        starts = re.match(r"\s*(?:#{1,6}\s|>|[-*+]\s|\d{1,2}[.)]\s|\||={3,}$|-{3,}$)", raw) is not None
        line = squeeze(raw) if fenced else _plain(raw)
        if not line or starts or fenced or not joins:
            close()
        if line and not re.fullmatch(r"[-=*_|: ]{3,}", line):
            paragraph.append(line)
        if starts:
            close()
    close()
    return lines


def _from_text(body: str, url: str | None) -> Page:
    return _page("\n".join(line for raw in body.splitlines() if (line := squeeze(raw))), url)


def _page(text: str, url: str | None, pictures: tuple[str, ...] = ()) -> Page:
    language = ("zh" if cjk_share(text) >= 0.25 else "en") if text else ""
    problem: Literal["empty", "image_only"] | None = None
    if not text:
        problem = "image_only" if pictures else "empty"
    detail = "no text" if problem else ""
    return Page(text=text, url=url, images=pictures, language=language, problem=problem, detail=detail)


_READERS: dict[str, Callable[[str, str | None], Page]] = {
    "html": _from_html,
    "markdown": _from_markdown,
    "text": _from_text,
}
