"""The words that pages are made of besides the news, in the languages that a brief can be in. One table, two columns.

A word with ``|`` has a singular and a plural; ``{n}`` is the number.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

__all__ = ["LANGUAGES", "counted", "full_date", "month_name", "short_date", "weekdays", "words_of"]

_TABLE: dict[str, tuple[str, str]] = {
    # key: (zh, en)
    "skip": ("跳到正文", "Skip to the stories"),
    "dark": ("深色", "Dark"),
    "archive": ("往期", "Archive"),
    "previous": ("前一期", "Previous issue"),
    "next": ("后一期", "Next issue"),
    "days": ("前后各期", "Other issues"),
    "contents": ("本期目录", "In this issue"),
    "stories": ("{n}则要闻", "1 story|{n} stories"),
    "claims": ("{n}条陈述，逐条附原句", "1 statement with its source|{n} statements, each with its source"),
    "articles": ("引自{n}篇报道", "from 1 article|from {n} articles"),
    "outlets": ("{n}家媒体", "1 outlet|{n} outlets"),
    "extractive": ("摘录生成", "Extractive"),
    "extractive_why": (
        "文中每一句都是来源的原话，由程序选出，没有经过模型改写。",
        "Every sentence is a source's own, chosen by a program; no model has reworded it.",
    ),
    "written_by": ("撰写方式：{n}", "Written by: {n}"),
    "how": ("点按任一句，就地展开它的原文出处。", "Select any sentence to open the source it rests on."),
    "sources_of": ("来源", "Sources"),
    "repost_of": ("转载", "Reposted by"),
    "insight": ("核心洞察", "What it means"),
    "bullets": ("内容简介", "The facts"),
    "agree": ("{n}家媒体一致", "{n} outlets agree"),
    "differ": ("媒体说法不一", "Outlets differ"),
    "show_quotes": ("查看各家原句", "See what each says"),
    "outlet": ("媒体", "Outlet"),
    "figure": ("数字", "Figure"),
    "new_since_yesterday": ("较昨日新增", "New since yesterday"),
    "new_since": ("较{n}新增", "New since {n}"),
    "follows": ("接续{n}", "Continues {n}"),
    "continued": ("后续{n}", "Continued {n}"),
    "why": ("为何入选", "Why it is here"),
    "filed_under": ("归入“{n}”的依据", "Filed under “{n}” for"),
    "read": ("阅读原文", "Read the article"),
    "undated": ("未注明时间", "no date"),
    "local": ("本地文件", "a local file"),
    "notes": ("出处", "Sources of the statements"),
    "others": ("其他相关资讯", "Also in the news"),
    "health": ("来源状况", "State of the sources"),
    "health_items": ("{n}条", "1 item|{n} items"),
    "health_newest": ("最新", "newest"),
    "dropped": ("未采用的{n}条及其原因", "1 item left out, and why|{n} items left out, and why"),
    "remark": ("仍采用", "used all the same"),
    "rejected": (
        "另有{n}句未通过核对，没有刊出。",
        "1 sentence did not pass the check and is not shown.|{n} sentences did not pass the check and are not shown.",
    ),
    "search": ("检索本期", "Search this issue"),
    "all": ("全部", "All"),
    "category": ("分类", "Category"),
    "found": ("显示{n}则", "1 story shown|{n} stories shown"),
    "nothing_found": ("没有相符的内容", "Nothing matches"),
    "open_all": ("展开全部原句", "Open every source"),
    "machine": ("本期数据", "This issue as data"),
    "ledger": ("账本", "Ledger"),
    "digest": ("账本摘要", "Digest of the ledger"),
    "mail": ("邮件版", "For e-mail"),
    "subscribe": ("订阅", "Subscribe"),
    "archive_title": ("往期目录", "Archive"),
    "calendar": ("日历", "Calendar"),
    "earlier": ("更早", "Earlier"),
    "issues": ("共{n}期", "1 issue|{n} issues"),
    "issue_list": ("各期要闻", "Issue by issue"),
    "more": ("其余{n}则", "1 more story|{n} more stories"),
    "threads": ("连续报道", "Stories that went on"),
    "search_archive": ("检索历次标题", "Search the titles"),
    "plain_note": (
        "每句的原文出处见 brief.html 与 brief.json。",
        "The source of every sentence: brief.html, brief.json.",
    ),
    "colon": ("：", ": "),
    "comma": ("、", ", "),
    "space": ("", " "),
    "state_ok": ("正常", "ok"),
    "state_empty": ("无内容", "empty"),
    "state_stale": ("久未更新", "stale"),
    "state_failed": ("失败", "failed"),
    # Why an item was left out: the reasons of docs/brief.md.
    "why_told": ("此前已报道", "told before"),
    "why_old": ("早于时间窗", "before the window"),
    "why_future": ("晚于当日", "after the day"),
    "why_undated": ("没有日期", "no date"),
    "why_roundup": ("综述", "roundup"),
    "why_notice": ("通知或广告", "notice"),
    "why_deleted": ("已删除", "deleted"),
    "why_verification": ("验证页", "verification page"),
    "why_image_only": ("只有图片", "pictures only"),
    "why_empty": ("没有正文", "empty"),
    "why_not_article": ("不是文章", "not an article"),
    "why_no_title": ("没有标题", "no title"),
    "why_too_short": ("太短", "too short"),
    "why_unreadable": ("无法读取", "unreadable"),
    "why_damaged": ("已损坏", "damaged"),
    "why_binary": ("不是文本", "not text"),
    "why_front-matter": ("文首信息有误", "front matter"),
    "why_size": ("过大", "too large"),
    "why_limit": ("超出数量", "over the limit"),
    "why_link": ("链接文件", "a link"),
    "why_unreachable": ("无法访问", "unreachable"),
    "why_address": ("地址不允许", "address refused"),
    "why_robots": ("站点不许抓取", "robots.txt"),
    "why_offline": ("离线未取", "offline"),
    "why_redirects": ("跳转过多", "redirects"),
    "why_scheme": ("协议不允许", "scheme"),
    "why_type": ("类型不符", "type"),
}
LANGUAGES = ("zh", "en")
_WORDS = {
    language: MappingProxyType({key: column[place] for key, column in _TABLE.items()})
    for place, language in enumerate(LANGUAGES)
}
_WEEKDAYS = {
    "zh": ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
# fmt: off
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")
# fmt: on


def weekdays(language: str) -> list[tuple[str, str]]:
    """From Monday, each short and in full."""
    if language.startswith("zh"):
        return [(name[-1], name) for name in _WEEKDAYS["zh"]]
    return [(name[:2], name) for name in _WEEKDAYS["en"]]


def words_of(language: str) -> Mapping[str, str]:
    """The words of that language (``zh-CN`` is ``zh``); English where we have no others."""
    return _WORDS.get(language.partition("-")[0].lower(), _WORDS["en"])


def counted(form: str, n: object) -> str:
    """The form for that number: ``1 story|{n} stories``."""
    one, _, many = form.partition("|")
    return (one if not many or n == 1 else many).replace("{n}", str(n))


def full_date(day: date, language: str) -> str:
    """With weekday and year."""
    if language.startswith("zh"):
        return f"{day.year}年{day.month}月{day.day}日 {_WEEKDAYS['zh'][day.weekday()]}"
    return f"{_WEEKDAYS['en'][day.weekday()]}, {day.day} {_MONTHS[day.month - 1]} {day.year}"


def short_date(day: date, language: str) -> str:
    """Day and month."""
    return f"{day.month}月{day.day}日" if language.startswith("zh") else f"{day.day} {_MONTHS[day.month - 1]}"


def month_name(day: date, language: str) -> str:
    """Month and year."""
    return f"{day.year}年{day.month}月" if language.startswith("zh") else f"{_MONTHS[day.month - 1]} {day.year}"
