"""Articles of WeChat public accounts (mp.weixin.qq.com).

Generic extractors return the page's QR-code boilerplate: the body ``#js_content`` is hidden until a script
shows it, times are written by a script, and pictures load late. What is read here is what the page's own
scripts read.
"""

import html as entities
import re
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from afterlore.text.language import language
from afterlore.web.blocks import MAX_CHARS, Block, blocks, http_url, images, parse, squeeze
from afterlore.web.footer import decoration, footer_start, tells
from afterlore.web.page import Page, Problem

__all__ = ["body_lines", "extract", "is_wechat", "problem_of"]

_CHINA = timezone(timedelta(hours=8))
_IMAGE_ONLY = 20
"""Characters below which a body with pictures is a picture post: shorter than any news flash."""
_GAP = 2
"""Short lines that may stand between two lines of a footer without being calls themselves."""
_DELETED = re.compile(
    r"已被发布者删除|因违规无法查看|违规.{0,12}(?:无法查看|已被屏蔽)|已停止访问|内容无法查看|此内容发送失败|"
    r"(?:帐号|账号|公众号)已(?:被屏蔽|自主注销|注销|迁移|冻结)|涉嫌(?:违反|侵权|过度).{0,30}(?:查看|访问)|"
    r"被.{0,6}投诉.{0,20}(?:查看|删除)|"
    r"链接已过期|该内容(?:已删除|不存在)|文章(?:已删除|不存在)|暂时无法查看"
)
_VERIFICATION = re.compile(
    r"当前环境异常|环境异常|完成验证后即可继续|访问过于频繁|请输入验证码|请在微信客户端打开|去验证|操作频繁"
)
_QUOTED = r"""\s*(?:(?:htmlDecode|JsDecode|String)\(\s*)?(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)')"""
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))")
_EPOCH = r"""\s*[=:]\s*(?:JsDecode\(\s*)?["']?(\d{10})(?:\d{3})?["')\s;,*]"""
_ABSOLUTE = re.compile(
    r"(20\d\d)\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[ T]*(\d{1,2})\s*[:：]\s*(\d{2})(?:\s*[:：]\s*(\d{2}))?)?"
)


def is_wechat(html: str, url: str | None = None) -> bool:
    """Whether the page is one of a WeChat public account, by its address or its own marks."""
    if url is not None and (urlsplit(url).hostname or "").lower() == "mp.weixin.qq.com":
        return True
    head = html[:MAX_CHARS]
    if re.search(r"""\bid\s*=\s*["']?js_content\b""", head):
        return True
    return bool(re.search(r"""og:site_name["'][^>]{0,80}微信公众平台|微信公众平台["'][^>]{0,80}og:site_name""", head))


def extract(html: str, url: str | None = None) -> Page:
    """The article of a WeChat page. Never raises for what the page holds: see ``Page.problem``."""
    root = parse(html)
    if root is None:
        return Page(url=url, problem="empty", detail="the page holds no markup")
    script = "\n".join(node.text or "" for node in root.iter("script"))
    found = root.xpath('//*[@id="js_content"]')
    body: HtmlElement | None = found[0] if found else None
    lines = body_lines(body) if body is not None else []
    pictures = list(dict.fromkeys(images(body, url))) if body is not None else []
    if not pictures and "picture_page_info_list" in script:
        pictures = _picture_post(script)
    text = "\n".join(lines)
    account, author = _account(root, script), _author(root)
    problem, detail = problem_of(root, text, pictures)
    if problem in ("deleted", "verification"):
        text, pictures = "", []
    return Page(
        title=_title(root, script),
        outlet=account,
        author=author if author != account else None,
        published=_published(root, script),
        text=text,
        images=tuple(pictures),
        language=language(text) if text else "",
        url=_address(root, script, url),
        problem=problem,
        detail=detail,
    )


def problem_of(root: HtmlElement, text: str, pictures: list[str]) -> tuple[Problem | None, str]:
    """Why a page gives no article. Its notices are believed only where there is no body: news quotes them too."""
    if len(text) >= 80:
        return None, ""
    notice = squeeze(" ".join(" ".join(block.lines) for block in blocks(_without_scripts(root))))
    if len(notice) < 1500:
        if match := _DELETED.search(notice):
            return "deleted", f"the page says {match[0]!r}"
        if match := _VERIFICATION.search(notice):
            return "verification", f"the page asks for a check: {match[0]!r}"
    letters = sum(char.isalnum() for char in text)
    if letters < _IMAGE_ONLY and pictures:
        return "image_only", f"{len(pictures)} pictures and {letters} characters of text"
    if not letters:
        return "empty", "the page has no article body"
    return None, ""


def _without_scripts(root: HtmlElement) -> HtmlElement:
    found = root.xpath("//body")
    return found[0] if found else root


def body_lines(body: HtmlElement) -> list[str]:
    """Paragraphs of the body without the account's footer.

    Two cases. A footer that is built unlike the article (another style, or behind a profile card) is cut where it
    begins; sign-offs in the article's own style before it are left to the reader of the text. Where everything is
    styled alike, the last lines go as long as each of them asks the reader for something.
    """
    parts = blocks(body)
    kept = _cut_parts(parts)
    lines = [line for part in kept for line in part.lines]
    if len(kept) == len(parts):
        lines = lines[: footer_start(lines)]
        while lines and decoration(lines[-1]) and len(lines) < sum(len(part.lines) for part in parts):
            lines.pop()
    return lines


def _cut_parts(parts: list[Block]) -> list[Block]:
    own: set[str] = set()
    for part in parts:
        if part.signature not in own and any(tells(line) for line in part.lines):
            own.add(part.signature)
    end = _last_card(parts)
    gap = 0
    for i in range(end - 1, -1, -1):
        part = parts[i]
        if not part.card and part.signature in own:
            break
        if part.card or (_is_footer(part.lines) and not _bare(part.lines)):
            end, gap = i, 0
        elif not _bare(part.lines):
            gap += len(part.lines)
            if gap > _GAP or any(tells(line) for line in part.lines):
                break
    while 0 < end < len(parts) and parts[end - 1].signature not in own and _bare(parts[end - 1].lines):
        end -= 1
    return parts[:end]


def _last_card(parts: list[Block]) -> int:
    """Where the first card stands that has no article behind it; a card in the middle advertises in passing."""
    end = len(parts)
    behind: list[str] = []
    for i in range(len(parts) - 1, -1, -1):
        if parts[i].card and _is_footer(behind):
            end = i
        behind[:0] = parts[i].lines
        if len(behind) > 200:
            break
    return end


def _bare(lines: list[str]) -> bool:
    return all(decoration(line) for line in lines)


def _is_footer(lines: list[str]) -> bool:
    return _bare(lines[: footer_start(lines)])


def _decoded(script: str, name: str) -> str:
    """The string that the script gives to a variable or key, with its escapes and entities undone."""
    match = re.search(rf"(?<![\w.$\-]){name}\s*[=:]{_QUOTED}", script)
    if match is None:
        return ""
    raw = match[1] if match[1] is not None else match[2] or ""

    def plain(found: re.Match[str]) -> str:
        if found[1] or found[2]:
            return chr(int(found[1] or found[2], 16))
        return {"n": "\n", "t": "\t", "r": ""}.get(found[3], found[3])

    text = _ESCAPE.sub(plain, raw)
    # The page escapes twice where it decodes twice (htmlDecode, then .html(false)).
    return squeeze(entities.unescape(entities.unescape(text)))


def _meta(root: HtmlElement, *names: str) -> str:
    for name in names:
        for node in root.iter("meta"):
            if name in (node.get("property"), node.get("name")) and (value := squeeze(node.get("content") or "")):
                return value
    return ""


def _by_id(root: HtmlElement, identifier: str) -> str:
    for node in root.xpath(f'//*[@id="{identifier}"]'):
        if value := squeeze("".join(node.itertext())):
            return value
    return ""


def _title(root: HtmlElement, script: str) -> str:
    return (
        _decoded(script, "msg_title")
        or _meta(root, "og:title", "twitter:title")
        or _by_id(root, "activity-name")
        or squeeze("".join(root.xpath("//title//text()")))
    )


def _account(root: HtmlElement, script: str) -> str:
    named = _decoded(script, "nickname") or _by_id(root, "js_name") or _decoded(script, "nick_name")
    if not named:
        for node in root.xpath(
            '//*[contains(@class, "profile_nickname") or contains(@class, "rich_media_meta_nickname")]'
        ):
            named = named or squeeze("".join(node.itertext()))
    return named


def _author(root: HtmlElement) -> str | None:
    return _by_id(root, "js_author_name") or _meta(root, "author", "article:author") or None


def _published(root: HtmlElement, script: str) -> datetime | None:
    for name in ("ct", "create_time", "createTime", "oriCreateTime", "ori_create_time", "publish_time"):
        for match in re.finditer(rf"(?<![\w.$\-])[\"']?{name}[\"']?{_EPOCH}", script):
            if (moment := _epoch(int(match[1]))) is not None:
                return moment
    for name in ("createTime", "create_time", "publish_time", "publishTime", "ct"):
        if (moment := _absolute(_decoded(script, name))) is not None:
            return moment
    meta = _meta(root, "article:published_time", "og:article:published_time", "weibo:article:create_at")
    return _iso(meta) or _absolute(meta) or _absolute(_by_id(root, "publish_time"))


def _epoch(seconds: int) -> datetime | None:
    # Public accounts exist since 2012; anything else is a counter or an identifier.
    return datetime.fromtimestamp(seconds, UTC).astimezone(_CHINA) if 1_325_000_000 <= seconds < 4_000_000_000 else None


def _iso(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=_CHINA)


def _absolute(text: str) -> datetime | None:
    """A full date as WeChat writes it, in China's time. 昨天 or 3天前 say nothing once the page is stored."""
    match = _ABSOLUTE.search(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=_CHINA)
    except ValueError:
        return None


def _address(root: HtmlElement, script: str, url: str | None) -> str | None:
    if url is not None and http_url(url) is not None:
        return url
    link = _decoded(script, "msg_link") or _meta(root, "og:url")
    found = http_url(link.replace("http://", "https://", 1))
    return found if found is not None and urlsplit(found).hostname == "mp.weixin.qq.com" else url


def _picture_post(script: str) -> list[str]:
    found = re.findall(rf"(?<!\w)cdn_url\s*:{_QUOTED}", script)
    plain = (_ESCAPE.sub(lambda m: chr(int(m[1] or m[2], 16)) if m[1] or m[2] else m[3], a or b) for a, b in found)
    return list(dict.fromkeys(address for text in plain if (address := http_url(entities.unescape(text))) is not None))
