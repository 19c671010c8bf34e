"""Whether an article tells one piece of news, many in one (a roundup), or advertises, recruits or invites (a notice).

Rules over the title and the text; no score is learned. A title decides alone only when it is a form of its own
(早报, a list of items between semicolons, 活动预告, 早鸟票). Otherwise a notice needs two kinds of evidence, because
news is about courses, events and jobs too. The numbers are those at which a reader would call it so (four items with a
source each; two cues of selling in every thousand characters); they were set before the rules were run on real
articles, and are checked in the tests on our own.
"""

import re
from itertools import combinations
from statistics import fmean
from typing import Literal

from afterlore.web.footer import recruits

__all__ = ["kind"]

_ROUNDUP_TITLE = re.compile(
    r"早知道|早报(?!道)|晚报(?!道)|早读课|早餐(?:会|$)|要闻(?:速览|汇总|精选|回顾|$|\W)|一周(?:大事|要闻|回顾|"
    r"盘点|热点|速览|AI)|本周(?:要闻|热点|回顾|盘点|值得)|"
    r"速递(?=\W|\d|_|$)|日报(?=\s*[|｜·:：#\d]|\s*$)|周报(?=\s*[|｜·:：#\d]|\s*$)|月报(?=\s*[|｜·:：#\d]|\s*$)|"
    r"简报(?=\s*[|｜·:：#\d]|\s*$)|资讯(?:汇总|速览|精选)|"
    r"新闻(?:汇总|速览|早班车|联播)|融资(?:汇总|周报|日报)|\b(?:roundup|round-up|digest|this week in|weekly|"
    r"daily brief|week in review|the download|morning brief)\b",
    re.I,
)
_QUOTED = re.compile(r"《[^》]*》|“[^”]*”|「[^」]*」")
_SOURCED = re.compile(r"[（(](?:来源|消息来源|via|source)\s*[:：]\s*[^（）()]{1,24}[）)]\W*$", re.I)
_HAN_NUMERALS = (
    "一",
    "二",
    "三",
    "四",
    "五",
    "六",
    "七",
    "八",
    "九",
    "十",
    "十一",
    "十二",
    "十三",
    "十四",
    "十五",
    "十六",
    "十七",
    "十八",
    "十九",
    "二十",
)
_SECTION = re.compile(r"^((?:十[一二三四五六七八九]?|二十|[一二三四五六七八九])(?=、)|\d{1,2}(?=\s*[、.．](?!\d)))")
_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9.\-]+|(?<=[《「“])[^》」”]{2,20}(?=[》」”])")

_JOB_TITLE = re.compile(
    r"招聘|诚聘|招人|内推|校招|社招|招募(?:令|中|启事|$|\W)|加入我们|期待你的加入|急招|招.{0,14}(?:选手|编辑|"
    r"记者|实习生|搭子|合伙人|工程师|研究员|运营|小伙伴|主笔)(?:$|\W|啦|了)|we.re hiring|join our team",
    re.I,
)
_JOB_TEXT = re.compile(
    r"简历|岗位|薪资|任职要求|投递|招聘邮箱|加分项|工作地点|实习生|你需要做什么|我们希望你|我们能给你|"
    r"base\s*[:：]|apply (?:now|at)|send your (?:cv|resume)",
    re.I,
)
_EVENT_TITLE = re.compile(
    r"报名|预告|议程|邀请函|诚邀|倒计时|开票|早鸟|直播间|今晚\d*点?直播|等你来|训练营|公开课|开课|沙龙|研讨会|"
    r"(?:大会|峰会|论坛)(?:来了|来袭|开启|启动|$)|[｜|]\s*[^｜|]{2,24}(?:大会|峰会|上海|北京|深圳|杭州|"
    r"广州)(?:站)?$|"
    r"补贴计划|福利|免费领|限时|优惠|抽奖|送书|赠书|秒杀|元拿|狂欢节|618|双11|webinar|register now|early bird",
    re.I,
)
# Titles that nothing but a notice has: they name their own form.
_NOTICE_TITLE = re.compile(
    r"^\W*(?:(?:活动|直播|讲座|课程|沙龙|会议|论坛|线下|线上|公开课|分享会|招聘|展会)(?:活动)?(?:预告|报名|招募|邀请|上新)|"
    r"(?:招聘|诚聘|急聘|热招|社招|校招|内推|招人|招募|招生|福利|特惠|课程|训练营|报名|邀请函)\s*[】\]｜|丨：:·!！])|"
    r"早鸟(?:票|报名)|(?:招聘|招募)(?:启事|信息|公告|令)\W*$|(?:正在|持续|火热)招聘|招聘(?:中|进行中)\W*$|"
    r"报名(?:通道|入口|即将截止|倒计时|进行中)|(?:课程|训练营|特训营|公开课|研修班|认证班|实战营).{0,12}"
    r"(?:报名|招生|开营|开班|早鸟|立减|免费领|限时|优惠)|"
    r"^\W*(?:we.re hiring|join our team|register now|webinar|save the date)\b",
    re.I,
)
# Words that ask the reader to take part; two of them in one title are an invitation.
_TAKE_PART = re.compile(
    r"报名|早鸟|等你来|诚邀|邀请函|开票|抢票|购票|沙龙|训练营|公开课|招募|席位|名额|扫码|免费领|先到先得|虚位以待|"
    r"限时.{0,4}折|[一二三四五六七八九\d.]+折(?![叠射损旧戟腾磨])|优惠券|优惠码|立减|拼团"
)
_EVENT_TEXT = re.compile(
    r"报名(?:方式|链接|通道|参会|地址|入口|即|请)|立即报名|免费报名|扫码(?:报名|参会|购票|预约|咨询|领取)|票务|"
    r"购票|议程|演讲提纲|听众收益|演讲嘉宾|参会(?:方式|报名|嘉宾)|"
    r"(?:将于|将在|在)[^。]{0,24}(?:举办|举行|召开|开幕)|专题论坛|分论坛|出品人|大会官网|直播间|锁定直播|"
    r"预约直播|联系(?:票务|工作人员|组委会)|register (?:now|here|at)|tickets",
    re.I,
)
_SALE_TEXT = re.compile(
    r"0元(?:报名|领|学)?|[1-9]元秒杀|低至.{0,4}折|[1-9]折|限时(?:优惠|抢|免费|特惠|秒杀|开抢)|秒杀|好礼|福利|"
    r"优惠券|立即(?:领取|购买|报名|抢购|扫码)|免费(?:领取|试听|刷题)|零基础|学员|"
    r"训练营|精品(?:班|课)|课程(?:共|大纲|围绕|介绍|亮点|适合|链接|均可|内容|详情)|这堂课|本课程|讲师|报名链接|"
    r"报名方式|补贴|认证领取|适合人群|你将(?:收获|学到|获得)|开抢|sign up today|limited[- ]time offer|"
    r"discount code",
    re.I,
)
_TENDER = re.compile(
    r"招标(?:编号|代理机构|文件|人|范围)|采购(?:编号|人|需求书|公告|内容)|投标(?:人|文件|截止)|开标(?:时间|"
    r"地点)|中标候选人|资格要求|供应商须"
)


def kind(title: str, text: str) -> Literal["news", "roundup", "notice"]:
    """``roundup``, ``notice`` or ``news``; the last when nothing speaks for the others.

    Give the text as the page has it, before ``clean``: the calls to apply and to book that it drops are evidence here.
    """
    bare = _QUOTED.sub("", title)
    lines = [line for line in text.split("\n") if line]
    if _is_roundup(bare, lines):
        return "roundup"
    return "notice" if _is_notice(bare, text, lines) else "news"


def _is_roundup(title: str, lines: list[str]) -> bool:
    if _ROUNDUP_TITLE.search(title) or len(re.findall(r"[；;]", title)) >= 2:
        return True
    if sum(bool(_SOURCED.search(line)) for line in lines) >= 4:
        return True
    sections = _sections(lines)
    return len(sections) >= 5 and 60 <= fmean(map(len, sections)) <= 450 and _unrelated(sections)


def _sections(lines: list[str]) -> list[str]:
    """Texts of sections numbered through, 一、二、三 or 1. 2. 3.; none when a number is missing or repeated."""
    sections: list[str] = []
    han: bool | None = None
    for line in lines:
        match = _SECTION.match(line)
        if match and (han is None or (match[1] in _HAN_NUMERALS) == han):
            han = match[1] in _HAN_NUMERALS
            number = _HAN_NUMERALS.index(match[1]) + 1 if han else int(match[1])
            if number != len(sections) + 1:
                return []
            sections.append(line)
        elif sections:
            sections[-1] += line
    return sections


def _unrelated(sections: list[str]) -> bool:
    """Whether the sections name different things: hardly a name is shared by two of them."""
    names = [{token.casefold() for token in _TOKEN.findall(section)} for section in sections]
    named = [found for found in names if len(found) >= 2]
    if len(named) < 5:
        return False
    return fmean(len(a & b) / len(a | b) for a, b in combinations(named, 2)) < 0.06


def _is_notice(title: str, text: str, lines: list[str]) -> bool:
    if _NOTICE_TITLE.search(title) or len(set(_TAKE_PART.findall(title))) >= 2:
        return True
    thousand = max(len(text) / 1000, 1.0)
    jobs = len(set(_JOB_TEXT.findall(text))) + sum(recruits(line) for line in lines)
    if (_JOB_TITLE.search(title) and jobs >= 2) or jobs >= 5 * thousand:
        return True
    events = len(_EVENT_TEXT.findall(text))
    if _EVENT_TITLE.search(title) and events >= 3 and events >= thousand:
        return True
    if events >= 3 * thousand and re.search(r"扫码|票务|报名(?:链接|方式)|购票", text):
        return True
    sales = len(_SALE_TEXT.findall(text))
    kinds = len({found.lower() for found in _SALE_TEXT.findall(text)})
    if kinds >= 3 and (sales >= 4 * thousand or (_EVENT_TITLE.search(title) and sales >= 2 * thousand)):
        return True
    return len(set(_TENDER.findall(text))) >= 3
