# ruff: noqa: E501
# A pattern or a word list is read as a whole: breaking it over lines hides what it matches.
"""Dates as far as sentences give them: year, month, day, quarter, half, weekday; relative words are kept as such."""

import re
from functools import lru_cache
from typing import NamedTuple

from afterlore.text.normalize import normalize

__all__ = ["Date", "dates"]


class Date(NamedTuple):
    """What of a date is said; None for what is not. ``relative`` holds a word such as 上周 that only the day of writing fixes."""

    start: int
    end: int
    text: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    quarter: int | None = None
    half: int | None = None
    weekday: int | None = None
    relative: str = ""

    @property
    def parts(self) -> tuple[int | None, ...]:
        """Year, month, day, quarter, half, weekday."""
        return (self.year, self.month, self.day, self.quarter, self.half, self.weekday)


_MONTHS = {
    m: i for i, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?)"
)
_HAN = {c: i for i, c in enumerate("一二三四五六七八九十", 1)}
_WEEKDAYS = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}
_HAN_WEEK = {c: i for i, c in enumerate("一二三四五六日", 1)} | {"天": 7}
_HAN_MONTHS = {
    "正": 1,
    "一": 1,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
    "十一": 11,
    "十二": 12,
}
_PATTERNS = [
    re.compile(
        r"(?P<year>(?:19|20)\d\d)\s?(?:年|(?P<mark>[./-]))\s?(?P<month>1[0-2]|0?[1-9])\s?(?(mark)[./-]|月)\s?(?P<day>3[01]|[12]\d|0?[1-9])(?!\d)\s?[日号]?"
    ),
    re.compile(r"(?P<year>(?:19|20)\d\d)\s?年\s?(?P<month>1[0-2]|0?[1-9])\s?月(?!\s?\d+\s?[日号])(?:份)?"),
    re.compile(
        r"(?P<year>(?:19|20)\d\d)\s?年?\s?(?:第?(?P<q>[一二三四1-4])季度|Q(?P<q2>[1-4])|(?P<h>[上下])半年|H(?P<h2>[12]))"
    ),
    re.compile(r"(?<!\d)(?<!\d\.)(?P<month>1[0-2]|0?[1-9])\s?月\s?(?P<day>3[01]|[12]\d|0?[1-9])\s?[日号]"),
    re.compile(
        rf"(?P<mname>{_MONTH})\s+(?P<day>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?(?!\d)(?:,?\s+(?P<year>(?:19|20)\d\d))?"
    ),
    re.compile(
        rf"(?<!\d)(?P<day>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<mname>{_MONTH})(?:,?\s+(?P<year>(?:19|20)\d\d))?"
    ),
    re.compile(rf"(?P<mname>{_MONTH})\s+(?:of\s+)?(?P<year>(?:19|20)\d\d)"),
    re.compile(
        r"(?:第(?P<q>[一二三四1-4])(?:个)?季度?|(?P<q3>[一二三四])季度|(?<![A-Za-z0-9])Q(?P<q2>[1-4])(?![A-Za-z0-9])|(?P<q4>first|second|third|fourth|final)[\s-]quarter)(?:\s+(?:of\s+)?(?P<year>(?:19|20)\d\d))?",
        re.I,
    ),
    re.compile(
        r"(?P<h>[上下])半年|(?<![A-Za-z0-9])H(?P<h2>[12])(?![A-Za-z0-9])(?:\s+(?:of\s+)?(?P<year2>20\d\d))?|(?P<h3>first|second)[\s-]half(?=\s+of\s+(?:the\s+year|20))(?:\s+of\s+(?P<year>20\d\d))?",
        re.I,
    ),
    re.compile(r"(?<!\d)(?:FY)?(?P<year>(?:19[5-9]|20[0-4])\d)\s?(?:财年|年度|年)(?!来|间|期|龄)"),
    re.compile(
        r"(?:(?<![\d.个前后近第约满\-~至到])|(?<=截至)|(?<=截止到)|(?<=截至到))(?<!\d)(?P<month>1[0-2]|[1-9])\s?月(?!\s?\d+\s?[日号])(?:份|底|初|末|中旬|上旬|下旬)?"
    ),
    re.compile(
        r"(?<![一二三四五六七八九十个前几])(?P<hmonth>十[一二]|[一二三四五六七八九十])月(?:(?P<hday>三十一?|二?十[一二三四五六七八九]?|[一二三四五六七八九])[日号]|份|底|初|末|中旬)?"
    ),
    re.compile(
        r"(?<![\d.个近满月\-~至到第])(?<!\d)(?P<day>3[01]|[12]\d|[1-9])\s?[日号](?!内|后|之内|元|均|线|前|楼|员工|机|馆|店|货|角|活|耳|\w?位)(?:晚间?|上午|下午|凌晨|早间?)?"
    ),
    re.compile(
        r"(?P<mname>\b(?:January|February|March|April|June|July|August|September|October|November|December)\b|(?<=\bin )May\b|(?<=of )May\b|(?<=[Ss]ince )May\b)"
    ),
    re.compile(
        r"(?<![一二两三四每\d])(?:周|星期|礼拜)(?P<wd>[一二三四五六日天])(?!次|期|个)|\b(?P<wde>Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
    ),
    re.compile(
        r"(?<![\d.,$¥€£A-Za-z])(?<![A-Za-z]-)(?P<year>(?:19[5-9]|20[0-4])\d)(?![A-Za-z0-9])(?![\d,.]*\d)(?!\s?(?:[块张件颗只位卡次篇行股辆套枚座所场]|万|亿|元|美元|名|人|家|台|个|款|%|倍|小时|公里|年|people|units|tokens|GB|MB|employees|hours|users|km|kg|点|分|[Kk]\b))"
    ),
]
_RELATIVE = re.compile(
    r"今[天日晚早年]|昨[天日晚]|前[天日](?!起)|明[天日年]|去年|前年|后年|上年|上一(?:年(?!级)|季度)|本[周月年季]|上(?:个)?[周月]|下(?:个)?[周月]|上(?:个)?季度|当[天日月年]|年[初底末中]|月[初底末]|日前|近日|"
    r"\b(?:today|yesterday|tomorrow|tonight|(?:last|next|this) (?:week|month|year|quarter)|recently|year-earlier|(?:a|one) year (?:earlier|ago))\b",
    re.I,
)
_MONTH_RANGE = re.compile(r"(?<!\d)1\s?月?\s?[-~至到]\s?(?P<n>1[0-2]|[2-9])\s?月(?!\s?\d+\s?[日号])")


@lru_cache(maxsize=8192)
def dates(text: str) -> tuple[Date, ...]:
    """All dates of a sentence, in order."""
    plain = normalize(text)
    if not re.search(
        r"\d|[月年周日天季]|day|week|month|year|quarter|half|recent|night|(?:Jan|Febr)uary|March|April|June|July|August|ber\b|May",
        plain,
    ):
        return ()
    taken = [False] * len(plain)
    found: list[Date] = []
    for match in _MONTH_RANGE.finditer(plain):
        taken[match.start() : match.end()] = [True] * (match.end() - match.start())
        found.append(
            Date(match.start(), match.end(), text[match.start() : match.end()], relative=f"前{match['n']}个月")
        )
    for pattern in _PATTERNS:
        for match in pattern.finditer(plain):
            if any(taken[match.start() : match.end()]):
                continue
            groups = match.groupdict()
            date = _date(match.start(), match.end(), text[match.start() : match.end()], groups)
            found.append(date)
            taken[match.start() : match.end()] = [True] * (match.end() - match.start())
    for match in _RELATIVE.finditer(plain):
        if not any(taken[match.start() : match.end()]):
            found.append(Date(match.start(), match.end(), text[match.start() : match.end()], relative=match[0].lower()))
    return tuple(sorted(found, key=lambda date: date.start))


def _date(start: int, end: int, text: str, groups: dict[str, str | None]) -> Date:
    def number(name: str) -> int | None:
        value = groups.get(name)
        return int(value) if value else None

    month = number("month")
    if groups.get("mname"):
        month = _MONTHS[str(groups["mname"]).lower()[:3]]
    if groups.get("hmonth"):
        month = _HAN_MONTHS[str(groups["hmonth"])]
    day = number("day")
    if groups.get("hday"):
        tens, _, ones = str(groups["hday"]).rpartition("十")
        many = 0 if "十" not in str(groups["hday"]) else _HAN.get(tens, 1)
        day = many * 10 + _HAN.get(ones, 0)
    quarter: int | None = None
    for name in ("q", "q2", "q3", "q4"):
        value = groups.get(name)
        if value:
            words = {"first": 1, "second": 2, "third": 3, "fourth": 4, "final": 4}
            quarter = int(value) if value.isdigit() else words.get(value.lower()) or _HAN[value]
    half: int | None = None
    for name in ("h", "h2", "h3"):
        value = groups.get(name)
        if value:
            half = 1 if value in {"上", "1"} or value.lower() == "first" else 2
    weekday: int | None = None
    if groups.get("wd"):
        weekday = _HAN_WEEK[str(groups["wd"])]
    if groups.get("wde"):
        weekday = _WEEKDAYS[str(groups["wde"]).lower()[:3]]
    return Date(start, end, text, number("year") or number("year2"), month, day, quarter, half, weekday)
