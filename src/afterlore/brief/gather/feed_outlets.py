"""Who published each entry of a feed.

The same two elements mean different things: in the feed of one outlet the item's author is a person and the outlet is
the feed's title; in a feed that gathers many accounts (wewe-rss, RSSHub, a planet, a folder of a reader) the author is
the account and the feed's title is nobody who publishes. Taking the one for the other is how an author comes to stand
where the outlet should.

Decided, in this order, by reasoning about how such feeds are made (not measured on a corpus): the item's ``source``
element names the outlet; a feed whose items lie on its own site is one outlet's, named by the title; so is the feed of
one account of a platform; else (items on several sites, or of several accounts) the authors are the outlets, unless
most of them look like people.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from afterlore.web.urls import hostname

__all__ = ["Byline", "looks_like_person", "outlets"]


class Byline(NamedTuple):
    """What one entry says of where it comes from."""

    url: str
    author: str | None
    source: str
    """Text of its ``source`` element; empty when there is none."""


# Sites on which many outlets publish under one host.
_PLATFORMS = frozenset(
    {
        "mp.weixin.qq.com",
        "weixin.qq.com",
        "weixin.sogou.com",
        "toutiao.com",
        "baijiahao.baidu.com",
        "sohu.com",
        "163.com",
        "new.qq.com",
        "news.qq.com",
        "zhihu.com",
        "zhuanlan.zhihu.com",
        "weibo.com",
        "m.weibo.cn",
        "bilibili.com",
        "xiaohongshu.com",
        "juejin.cn",
        "jianshu.com",
        "medium.com",
        "substack.com",
        "reddit.com",
        "x.com",
        "twitter.com",
        "youtube.com",
        "t.me",
        "feedburner.com",
        "news.google.com",
        "flipboard.com",
    }
)
_GATHERS = re.compile(
    r"(?i)合集|合辑|聚合|汇总|全部|所有|合并|订阅|收藏|公众号$|^公众号|精选源|我的|\ball\b|\bplanet\b|aggregat|\bcombined\b|"
    r"wewe.?rss|rsshub|\b(?:my|news|rss) ?feeds?\b|\breader\b|\bsubscriptions?\b"
)
_SEPARATOR = re.compile(r"\s+[-–—|｜·»:：]+\s+|\s*[|｜»]\s*|[:：]\s+")
_GENERIC = re.compile(
    r"(?i)(?:(?:最新|全部|所有|热门|推荐|头条|首页|官方|实时|今日|每日|微信|公众号|博客|人工智能|科技|行业|产业|频道|栏目|专栏|文章|新闻|资讯|快讯|动态|要闻|"
    r"订阅|更新|列表|的)|\s|(?:rss|atom|feed|feeds|latest|all|top|recent|posts?|articles?|stories|news|blog|front|page|home|"
    r"main|updates?|official|ai|artificial|intelligence|tech|technology|channel|category|tag|archives?)\b)+"
)
# The hundred commonest family names, which cover some 85% of people in China (public census figures), and the commonest
# of two characters.
_FAMILY = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾"
    "夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_SECOND_LEVEL = ("com", "net", "org", "gov", "edu", "co", "ac")
_FAMILY_TWO = ("欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐")
_ORG_CHINESE = re.compile(
    r"[网社报刊号台局厅部院所会家组室闻讯媒体日晚周财经科技技术研究智能实验编辑观察评论速递头条早报晚报数据汽车资本财]|AI|之[心家]"
)
_ORG_ENGLISH = re.compile(
    r"(?i)\b(?:the|news|times|post|journal|review|daily|weekly|blog|labs?|tech|media|press|wire|magazine|research|team|"
    r"staff|editors?|institute|university|inc|ai|io|report|network|today|insider|hub|group|studio|official)\b|\.\w{2,4}$"
)
_ENGLISH_NAME = re.compile(r"[A-Z][\w'’-]+(?: [A-Z]\.?)?(?: (?:de|van|von|der|la|bin|al))*(?: [A-Z][\w'’-]+){1,2}")
_PREFIX = re.compile(r"(?i)^(?:by|作者|编辑|记者|责编|撰文|文|编译)\s*(?:[:：|｜/]\s*|\s)")


def outlets(title: str, site: str, entries: Sequence[Byline]) -> list[str | None]:
    """The outlet of each entry. ``site`` is the address that the feed gives as its site, or its own.

    None stands where the feed gathers outlets and the entry does not name its own: its page may.
    """
    names = [_clean(entry.author) for entry in entries]
    mode = _mode(title, site, entries, names)
    own = _own_name(title, site)
    found: list[str | None] = []
    for entry, name in zip(entries, names, strict=True):
        if entry.source and not _same(entry.source, title):
            found.append(entry.source)
        elif mode == "one":
            found.append(name if name and _within(name, title) else own or None)
        else:
            by_person = mode == "unknown" or _PREFIX.match(entry.author or "")
            found.append(None if by_person else name or None)
    return found


def looks_like_person(name: str) -> bool:
    """Whether the name is more likely a person's (or several people's) than an outlet's."""
    if re.search(r"[、,，;；&]|\band\b", name):
        return all(looks_like_person(part) for part in re.split(r"[、,，;；&]|\band\b", name) if part.strip())
    name = name.strip()
    compact = name.replace(" ", "").replace("·", "")
    if re.fullmatch(r"[\u4e00-\u9fff]{2,4}", compact):
        if _ORG_CHINESE.search(compact[1:]):
            return False
        return compact.startswith(_FAMILY_TWO) or (len(compact) <= 3 and compact[0] in _FAMILY)
    if _ORG_ENGLISH.search(name):
        return False
    return _ENGLISH_NAME.fullmatch(name) is not None


def _mode(
    title: str, site: str, entries: Sequence[Byline], names: Sequence[str]
) -> Literal["one", "authors", "unknown"]:
    """Whether the feed is one outlet's, or gathers outlets that its authors name, or that nothing names."""
    present = {name for name in names if name}
    own, hosts = _site(site), [_site(entry.url) for entry in entries if entry.url]
    on_platform = any(host in _PLATFORMS for host in hosts)
    gathers = _GATHERS.search(title) is not None
    if not on_platform:
        at_home = sum(host == own for host in hosts)
        if hosts and 2 * at_home >= len(hosts):
            return "one"
        if len(set(hosts)) <= 1 and not gathers:
            # One outlet's site, republished by a service: its authors are its people.
            return "one"
    elif not gathers and (len(present) <= 1 or any(_same(name, title) for name in present)):
        # The feed of one account. Its author field may hold a slogan or a desk, so that the title is the better name.
        return "one"
    people = sum(looks_like_person(name) for name in present)
    if present and 2 * people < len(present):
        return "authors"
    return "one" if on_platform and not gathers else "unknown"


def _own_name(title: str, site: str) -> str:
    """The outlet in a feed's title: without the section, the slogan and the word RSS that stand beside it."""
    parts = [part.strip() for part in _SEPARATOR.split(title) if part.strip()]
    telling = [part for part in parts if not _GENERIC.fullmatch(part)]
    if not telling:
        return title.strip()
    label = _bare(hostname(site).split(".")[0]) if site else ""
    for part in telling:
        if len(label) >= 3 and (label in _bare(part) or (len(_bare(part)) >= 3 and _bare(part) in label)):
            return part
    return telling[0]


def _site(url: str) -> str:
    host = hostname(url)
    if host in _PLATFORMS:
        return host
    parts = host.split(".")
    # Good enough to tell sites apart: `news.example.com` and `example.com` are one, so are hosts below `com.cn`.
    second_level = len(parts) > 2 and len(parts[-1]) == 2 and parts[-2] in _SECOND_LEVEL
    return ".".join(parts[-3 if second_level else -2 :])


def _clean(author: str | None) -> str:
    name = _PREFIX.sub("", (author or "").strip())
    # RSS wants an e-mail address there: "news@a.example (Name)".
    address = re.fullmatch(r"\S+@\S+\s*\((.+)\)|\S+@\S+", name)
    return (address[1] or "").strip() if address else name


def _within(name: str, title: str) -> bool:
    inner, outer = _bare(name), _bare(title)
    return len(inner) >= 2 and inner in outer


def _same(one: str, other: str) -> bool:
    return _bare(one) == _bare(other)


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()
