"""Which outlet an article is from, when the label that was stored with it is an author or a section, and where a repost
was first published.

The label comes from the collector and stands unless two things hold at once: it does not look like an outlet (a
person's name, the name of a section or a column), and the article names its own outlet in a form made for that (its
title, a line such as 本文为某某系列第二篇, the byline). A name is believed only when it is known, or when the text
gives it in a repost's own form. 据财联社报道, or （来源：IT之家） behind an item, is a citation and no such form.
"""

import re
from collections.abc import Collection, Iterator
from functools import cache
from importlib import resources
from typing import NamedTuple

__all__ = ["Outlet", "builtin", "resolve"]

_EDGE = 12
"""Lines at either end of a text in which an article says where it comes from."""
_CJK = "\u4e00-\u9fff"
_SECTION_NAME = re.compile(
    r"^(?:生成式AI|AIGC|AI|人工智能|大模型|具身智能|机器人|科技|财经|互联网|前沿(?:科技)?|产业|行业|综合|快讯|资讯|要闻|头条|原创|专栏|专题|首页|频道|栏目|"
    r"报告观点|深度|观点|评论|编辑部|小编|管理员|未知|佚名|匿名|转载|来源|公众号|微信公众号|微信公众平台|新闻|推荐|热点|速递|日报|"
    r"admin|unknown|none|null|source\s*\d*|author|editor|staff|news|home|blog|index|rss|feed|default|untitled)$",
    re.I,
)
# The hundred most frequent surnames and some two-character ones (public statistics of the Ministry of Public Security).
_SURNAME = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石"
    "金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文洪温樊"
)
_PERSON = re.compile(
    rf"^(?:[{_SURNAME}]|欧阳|司马|上官|诸葛|东方|皇甫|令狐|慕容)[{_CJK}]{{1,2}}$"
    r"|^[A-Z][a-z]+(?: [A-Z]\.?)? [A-Z][a-z]+$"
)
_VAGUE = re.compile(
    r"(?:网络|互联网|网上|官网|作者|原作者|本人|公开资料|网友|微信|微博|知乎|公众号|"
    r"others?|the internet|the|.*[获经已被])\W*",
    re.I,
)
"""What is no outlet's name though it stands where one could."""
_OUTLET_WORD = re.compile(
    r"(?:报|网|社|刊|台|传媒|新闻|日报|周刊|杂志|时报|研究院|研究社|研究所|实验室|科技|财经|公园|观察|评论|智库|之家|在线|"
    r"频道|视点|前线|参考|News|Times|Post|Daily|Journal|Weekly|Magazine|Review|Media|Press|Tech|Blog)$",
    re.I,
)
_NAME = rf"[“\"「『【《]?\s*(?P<name>[A-Za-z0-9{_CJK}][A-Za-z0-9{_CJK}·.’' \-]{{1,24}}?)\s*[”\"」』】》]?"
_STOP = r"(?=\s*(?:$|[，。；;,（(）)|｜/]|ID[:：]|作者|编辑|原标题|原文|已获|授权|，|:|：))"
_ENGLISH_NAME = r"(?P<name>[A-Z][\w.’'& ]{1,30}?)(?=[.,;()]|\s+(?:and|on|in|under|with)\b|$)"
_REPOSTS = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"(?:本文|文章|内容|本稿|本篇)?(?:系|为|由)?(?:转载自|转自|转载于|来自|来源于|摘自|节选自|首发于|首发自|首发在|"
        rf"原载于|原载|原刊于|最初发表于|最早发布于)\s*"
        rf"(?:微信)?(?:公众号|公号|网站|平台|微博)?\s*[:：]?\s*{_NAME}{_STOP}",
        rf"(?:本文|文章)(?:已)?(?:经|获)\s*{_NAME}\s*(?:公众号)?\s*(?:授权|许可)(?:转载|发布|刊载)",
        rf"(?:本文|文章)?(?:由|系)\s*{_NAME}\s*(?:公众号)?\s*授权\S{{0,10}}(?:转载|发布|刊载)",
        rf"(?:originally|first) (?:published|appeared) (?:on|in|by|at)\s+{_ENGLISH_NAME}",
        rf"(?:republished|reprinted|reposted|syndicated) (?:with permission )?from\s+{_ENGLISH_NAME}",
    )
)
_SELF = re.compile(
    r"^[\W_]*[（(]?(?:本文|文章|内容|本稿|本篇|转载|转自|来源于|首发|原载|"
    r"this|originally|first|republished|reprinted|reposted|syndicated)",
    re.I,
)
_SOURCE_LINE = re.compile(
    r"^[\W_]*(?P<whole>文章|本文|稿件)?(?:来源|出处|source)\s*[|｜丨:：/]\s*"
    r"(?P<name>[^|｜，。；（）()]{2,24}?)\s*(?:[（(|｜].{0,30})?[）)]?$",
    re.I,
)
_TRANSLATED = re.compile(r"^\W*(?:编译|译者|翻译)\s*[|｜丨:：/]")


class Outlet(NamedTuple):
    """``name`` is the article's outlet; ``stored_wrong`` what stood in its place when that was wrong; ``origin`` the
    outlet that the text was first published by, when it says that it is a repost.
    """

    name: str
    stored_wrong: str | None
    origin: str | None


@cache
def builtin() -> dict[str, str]:
    """The names of the shipped list and their other names, each with the name the list begins the line with."""
    names: dict[str, str] = {}
    text = resources.files("afterlore.brief.read.data").joinpath("outlets.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            first, *others = line.split("\t")
            for name in (first, *others):
                names.setdefault(name, first)
    return names


def resolve(stored: str, *, title: str, text: str, known: Collection[str]) -> Outlet:
    """The outlet of an article that was stored under ``stored``.

    ``text`` is the page's text before ``clean`` (which drops the lines that are read here). ``known`` are names of
    outlets beyond the shipped list, of the vertical or the feeds; whether ``stored`` is among them does not matter.
    """
    stored = " ".join(stored.split())
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    ends = lines if len(lines) <= 2 * _EDGE else lines[:_EDGE] + lines[-_EDGE:]
    names = {**{name: name for name in known if name != stored and len(name) >= 2}, **builtin()}
    origins = list(_origins(ends, names))
    own = None
    # What a repost says of itself was said by the outlet that it was taken from.
    if not origins and not _is_outlet(stored, names, ends):
        own = _own_name(title, ends, names)
    name = own or stored
    origin = next((found for found in origins if not _alike(found, name, names)), None)
    return Outlet(name, stored if stored and name != stored else None, origin)


def _is_outlet(stored: str, names: dict[str, str], ends: list[str]) -> bool:
    if stored in names:
        return True
    if not stored or _SECTION_NAME.match(stored):
        return False
    if _OUTLET_WORD.search(stored):
        return True
    if _PERSON.match(stored):
        return False
    # A name that the article itself gives as its author's.
    signed = any(
        re.match(rf"^\W*(?:作者|文|撰文|by)\s*[|｜丨:：/／]?\s*{re.escape(stored)}\W*$", line, re.I)
        for line in ends[:8]
    )
    return not (signed or stored in ends[:4])


def _own_name(title: str, ends: list[str], names: dict[str, str]) -> str | None:
    """The outlet that title, series line or byline name as the article's own; None for none or for two."""
    found: list[str] = []
    parts = [part.strip() for part in re.split(r"[|｜丨]", title)]
    for name in sorted(names, key=len, reverse=True):
        if len(name) < 3 and not re.search(r"\d", name):
            continue
        quoted = re.escape(name)
        column = rf"^{quoted}\s*(?:AI)?(?:速递|日报|周报|早报|晚报|快讯|观察|报告|专栏|早知道|周刊|独家|出品)"
        series = (
            rf"^[\W_]*(?:本文|本系列|本篇|本期|本栏目)(?:为|系|是|由)\s*[“「]?{quoted}[”」]?.{{0,24}}"
            "(?:系列|原创|专栏|出品|征文|独家|团队|发布|编辑部)"
        )
        byline = rf"^{quoted}\s*[|｜丨]\s*公众号|^{quoted}(?:报道|编辑部|讯)$|^[（(【]?{quoted}\s*(?:记者|讯)"
        if (
            re.match(column, title)
            or (len(parts) > 1 and name in (parts[-1], parts[0]))
            or any(re.match(series, line) or re.match(byline, line) for line in ends)
        ):
            found.append(names[name])
    return found[0] if len(set(found)) == 1 else None


def _origins(ends: list[str], names: dict[str, str]) -> Iterator[str]:
    """Outlets that the article's own lines give as the one that published it first."""
    translated = any(_TRANSLATED.match(line) for line in ends)
    for line in ends:
        if len(line) > 160:
            continue
        if _SELF.match(line):
            for pattern in _REPOSTS:
                if (match := pattern.search(line)) and (name := _tidy(match["name"])) and not _VAGUE.fullmatch(name):
                    yield names.get(name, name)
        match = _SOURCE_LINE.match(line)
        # A lone 来源：X under a picture names the picture's source; only an outlet can have published an article.
        if match is None or translated:
            continue
        name = _tidy(match["name"])
        if name in names or (match["whole"] and not _VAGUE.fullmatch(name)):
            yield names.get(name, name)


def _tidy(name: str) -> str:
    return re.sub(r"^(?:微信)?公众号\s*[:：]?\s*|(?:微信)?公众号$", "", name).strip(' “”"「」『』【】《》·.')


def _alike(a: str, b: str, names: dict[str, str]) -> bool:
    """Whether two names are of one outlet."""
    first, second = names.get(a, a).casefold(), names.get(b, b).casefold()
    return first == second or first.startswith(second) or second.startswith(first)
