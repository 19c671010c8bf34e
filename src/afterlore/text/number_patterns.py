# ruff: noqa: E501
# A pattern is read as a whole: breaking it over lines hides what it matches.
"""The patterns by which figures are read: numerals, scales, bounds, changes, rates."""

import re

from afterlore.text.units import UNITS

__all__ = [
    "ABOUT",
    "AFTER_ABOUT",
    "AFTER_OVER",
    "AFTER_UNDER",
    "BARE_SCALE",
    "BASE_AFTER",
    "CHANGE_AFTER",
    "COMPOUND",
    "DENOMINATORS",
    "DIGITS",
    "DISCOUNT",
    "DOUBLING",
    "EITHER",
    "EITHER_TENTHS",
    "ENGLISH",
    "EN_MULTIPLE",
    "EN_WORD",
    "FAR_BOUNDS",
    "FRACTION_EN",
    "FRACTION_ZH",
    "FROM_BEFORE",
    "HALF_MONTH",
    "HALF_ZH",
    "HAN",
    "HAN_DIGIT",
    "HAN_RANGE",
    "LEAST",
    "MAIN",
    "MOST",
    "MOVES",
    "NUMBER_SIGN",
    "ONE_IN",
    "ORD",
    "ORDINALS",
    "ORD_EN",
    "OVER",
    "PER",
    "PER_ANY",
    "SCALE",
    "SCALE_EN",
    "SCALE_ZH",
    "SKIP",
    "SLASHED",
    "STOP",
    "STREAK",
    "TENS",
    "TENTHS",
    "UNDER",
    "UNIT",
    "UNIT_EN",
    "WORDS",
]

DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
TENS = {"十": 10, "百": 100, "千": 1000}
SCALE = {
    "个亿": 1e8, "万亿": 1e12, "千亿": 1e11, "百亿": 1e10, "十亿": 1e9, "亿": 1e8, "千万": 1e7, "百万": 1e6, "十万": 1e5, "万": 1e4,
    "千": 1e3, "百": 1e2, "兆": 1e12,
    "trillion": 1e12, "billion": 1e9, "million": 1e6, "thousand": 1e3, "hundred": 1e2, "tn": 1e12, "bn": 1e9, "mn": 1e6,
    "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12,
}  # fmt: skip
WORDS = {
    "zero": 0.0, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0, "eight": 8.0, "nine": 9.0,
    "ten": 10.0, "eleven": 11.0, "twelve": 12.0, "thirteen": 13.0, "fourteen": 14.0, "fifteen": 15.0, "sixteen": 16.0,
    "seventeen": 17.0, "eighteen": 18.0, "nineteen": 19.0, "twenty": 20.0, "thirty": 30.0, "forty": 40.0, "fifty": 50.0,
    "sixty": 60.0, "seventy": 70.0, "eighty": 80.0,
}  # fmt: skip
WORDS |= {"ninety": 90.0, "dozen": 12.0}
ORDINALS = {
    "first": 1.0, "second": 2.0, "third": 3.0, "fourth": 4.0, "fifth": 5.0, "sixth": 6.0, "seventh": 7.0, "eighth": 8.0, "ninth": 9.0,
    "tenth": 10.0, "eleventh": 11.0, "twelfth": 12.0,
}  # fmt: skip

HAN_DIGIT = "零〇一二两三四五六七八九十百千"
NUM = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
EN_WORD = "|".join(sorted(WORDS, key=len, reverse=True))
SCALE_ZH = "个亿|万亿|千亿|百亿|十亿|千万|百万|十万|亿|万|兆|千(?![瓦克米焦卡字])|百"
SCALE_EN = r"trillion|billion|million|thousand|hundred|(?:tn|bn|mn|[KkMBTmbt])(?![A-Za-z])"
UNIT = "|".join(re.escape(u) for u in sorted(UNITS, key=len, reverse=True) if not u.isascii() or u == "%")
UNIT_EN = "|".join(re.escape(u) for u in sorted(UNITS, key=len, reverse=True) if u.isascii())
SIGN = r"US\$|HK\$|NT\$|S\$|A\$|C\$|\$|¥|€|£|₩|₹|RMB|USD|CNY|HKD|EUR|GBP|JPY"
MAIN = re.compile(
    rf"(?P<sign>{SIGN})?\s?"
    rf"(?<![A-Za-z0-9_.])(?<![A-Za-z]-)(?P<num>{NUM})(?!个半月)(?P<more>\+?[多余几]?)(?:\s|-(?=trillion|billion|million|thousand))?(?P<scale>{SCALE_ZH}|{SCALE_EN})?(?P<plus>\+|[多余](?![年次])|-plus)?(?P<half>个半(?=小时|月|星期))?\s?"
    rf"(?:(?P<unit>{UNIT})|-?(?P<uniten>{UNIT_EN})(?![A-Za-z]))?"
)
COMPOUND = re.compile(rf"(?P<num>[{HAN_DIGIT}]+[万亿][{HAN_DIGIT}]+万?)(?P<more>[多余])?(?P<unit>{UNIT})?")
"""一万八千余个, 一亿五千万元, 一万五: a scale, and digits that go on behind it."""

SLASHED = re.compile(r"(?<![\d/.-])(?P<num>[1-9])/(?P<den>[2-9]|10|20|50|100)(?=\s?[的处以，。])")
DISCOUNT = re.compile(r"(?P<num>[一二三四五六七八九](?:点?[一二三四五六七八九])?|\d(?:\.\d)?)折(?![叠扣旧射磨腾线])")
"""八折, 七五折: what is left of a price."""

HAN = re.compile(
    rf"(?P<ord>第)?(?P<num>[{HAN_DIGIT}]+(?:点[零一二三四五六七八九]+)?)(?P<more>[多余几]?)(?P<scale>万亿|百万|千万|十亿|百亿|千亿|亿|万)?(?P<plus>[多余])?(?:(?P<half>半)|(?P<half2>个半)(?=小时|月|星期))?"
    rf"(?:(?P<unit>{UNIT})(?P<halfafter>半)?|(?P<bare>(?<=[万亿])(?!分之|富豪|富翁|一失|里)))"
)
EITHER = re.compile(
    rf"(?P<low>[一二两三四五六七八])(?P<high>[二两三四五六七八九])(?P<scale>万亿|百万|千万|十亿|百亿|千亿|亿|万|十|百|千)?(?P<unit>{UNIT})"
)
"""两三个小时: two or three."""

HAN_RANGE = re.compile(
    rf"(?P<num>[一二两三四五六七八九十]{{1,3}})(?=(?:到|至|-|~)[一二两三四五六七八九十]{{1,3}}(?:万|亿|百|千)?(?:{UNIT}))"
)
BARE_SCALE = re.compile(rf"(?<=[近约超破逾])(?P<scale>万亿|千亿|百亿|十亿|亿|千万|百万)(?P<unit>{UNIT})")
"""近亿元: a scale that stands for one of itself."""

EITHER_TENTHS = re.compile(
    r"(?P<low>[一二两三四五六七八])(?P<high>[二三四五六七八九])成(?![立为功本员长熟交果都人型份])"
)
HALF_MONTH = re.compile(rf"(?P<num>\d+|[{HAN_DIGIT}]+)个半月")
STREAK = re.compile(rf"(?<=连续)第(?P<num>\d+|[{HAN_DIGIT}]+)(?P<unit>天|周|个月|个季度|年)")
"""连续第六周 is six weeks."""
ORD = re.compile(rf"第(?P<num>\d+|[{HAN_DIGIT}]+)(?!季度|一季|[一二三四]季)")
ENGLISH = re.compile(
    rf"(?<![A-Za-z-])(?P<num>(?:{EN_WORD})(?:-(?:{EN_WORD}))?)(?:[\s-](?P<scale>hundred|thousand|million|billion|trillion))?"
    rf"(?:[\s-](?P<uniten>{UNIT_EN}))?(?![A-Za-z])",
    re.I,
)
FRACTION_ZH = re.compile(rf"(?P<den>[{HAN_DIGIT}万]+|\d+)分之(?P<num>[{HAN_DIGIT}]+(?:点[{HAN_DIGIT}]+)?|[\d.]+)")
ONE_IN = re.compile(
    rf"每(?P<den>\d+|[{HAN_DIGIT}]+)(?:个|名|位|家|人|款|辆|台|次|篇)[^，。；\d每]{{0,14}}?(?:就|便|即|中|里|只|会)?有(?P<num>\d+|[{HAN_DIGIT}]+)(?:个|名|位|家|人|款|辆|台|次|篇)"
)
"""每三名用户里就有一名."""
TENTHS = re.compile(
    rf"(?P<num>[{HAN_DIGIT}]|\d(?:\.\d)?)成(?P<half>半|[一二三四五六七八九](?![年个家款次人条项位名]))?(?![立为功本员长熟交果都人型份])"
)
HALF_ZH = re.compile(
    r"(?<![另多大])一半|(?<![一另下上前后多大])(?:半数|过半|对半|减半|腰斩)|(?<![一另下上前后多大])半(?=价)"
)
FRACTION_EN = re.compile(
    r"(?<!and )\b(?P<num>an?|one|two|three|four|five)[\s-](?P<den>half|halves|thirds?|quarters?(?=\s+of|\b(?<=quarter))|fifths?|sixths?|tenths?)\b(?!\s+(?:of\s+)?(?:marathon|20\d\d|generation|party|time|year|consecutive))"
    r"|(?<!and a )\bhalf\b(?!\s+(?:year|hour|a\s+year|an\s+hour|marathon)|-)|\b(?:halved|halves|halving)\b",
    re.I,
)
DENOMINATORS = {"hal": 2, "thi": 3, "qua": 4, "fif": 5, "six": 6, "ten": 10}
DOUBLING = re.compile(
    r"翻了?(?P<han>[一两二三四])番|翻(?:了(?:一)?)?番|(?<!\d)(?<!倍)翻(?:了)?一?倍|(?<![\d一二两三四五六七八九十百千点.])一倍|成倍|"
    r"\b(?P<en>doubl(?:e|es|ed|ing)|tripl(?:e|es|ed|ing)|trebled|quadrupl(?:e|es|ed|ing)|twice|thrice|twofold|threefold|fourfold|fivefold|sixfold|tenfold)\b",
    re.I,
)
EN_MULTIPLE = {
    "doub": 2.0, "twic": 2.0, "twof": 2.0, "trip": 3.0, "treb": 3.0, "thri": 3.0, "thre": 3.0, "quad": 4.0, "four": 4.0,
    "five": 5.0, "sixf": 6.0, "tenf": 10.0,
}  # fmt: skip
SKIP = re.compile(
    r"^\s*\d{1,2}[.、](?=\s?[^\d\s])|\d+\s?[xX*/]\s?(?:24|365|7)(?!\d)|\d+\.\d+\.\d+|(?<![\d.A-Za-z])(?<![A-Za-z]-)\d+[:：]\d+(?::\d+)?(?![\d万亿])|https?://\S+|\b\d+(?:st|nd|rd|th)\b"
)
ORD_EN = re.compile(
    rf"\b(?:(?P<word>{'|'.join(ORDINALS)})|(?P<num>\d+)(?:st|nd|rd|th))\b(?!\s+quarter|\s+half|-quarter|\s+of\s+[A-Z])",
    re.I,
)
NUMBER_SIGN = re.compile(r"(?:No\.|#|№)\s?(?P<num>\d+)")

OVER = re.compile(
    r"(?:超过?了?|逾|突破了?|多于|高于|大于|不止|以上|more than|over|above|exceed[a-z]*|surpass[a-z]*|topped|beyond|north of)\s*$",
    re.I,
)
LEAST = re.compile(r"(?:至少|最少|最低|不低于|不少于|起码|at least|no (?:fewer|less) than|minimum(?: of)?)\s*$", re.I)
UNDER = re.compile(r"(?:不到|不足|低于|少于|小于|不及|未满|less than|fewer than|under|below|shy of)\s*$", re.I)
MOST = re.compile(
    r"(?:最高|最多)(?:每|可)[^，。\d的]{0,10}$|(?:最高(?:可?达|可)?|最多(?:可?达|可)?|至多|不超过|不高于|上限为?|up to|at most|as (?:much|many) as|no more than|maximum(?: of)?|capped at)\s*(?:罚款|罚|为)?\s*$",
    re.I,
)
ABOUT = re.compile(
    r"(?:约为?|大约为?|近|将近|接近|大概|差不多|估计|roughly|about|around|approximately|nearly|almost|some|close to|an estimated|~|≈)\s*$",
    re.I,
)
FAR_BOUNDS = [
    ("under", re.compile(r"(?:不到|不足|未到|还不到)[^，。；不]{1,16}的\s*$")),
    ("over", re.compile(r"(?:超过|逾)[^，。；\d]{1,16}的\s*$")),
    ("about", re.compile(r"(?:约为?|近|接近|将近|大约|相当于)[^，。；\d]{1,16}的\s*$")),
]
"""不到对方的三分之一: the bound stands before what the share is of."""
AFTER_OVER = re.compile(r"^\s?(?:以上|有余|还多|多(?![少数家个次名位项款种轮方国地元模条])|\+|or more)")
AFTER_UNDER = re.compile(r"^\s?(?:以下|以内|之内|or less|or fewer)")
AFTER_ABOUT = re.compile(r"^\s?(?:左右|上下|or so)")
# Not \w: it would reach into the Chinese that follows an English word without a space.
UP = (
    r"多(?:消耗|花|出|用|付|耗|赚|卖|产|投|收)了?|提价|调高|增长|上涨|上升|提升|提高|增加|增幅|涨幅|上调|涨价|攀升|走高|飙升|激增|大涨|暴涨|暴增|扩大|多出|高出|加快|提速|增至|升至|涨至|涨到|升到|增到|涨|"
    r"ris(?:en|es|ing|e)\b|rose|grow(?:s|n|th|ing)?|grew|increas[a-z]*|up(?=\s|$|\s*by)|jump[a-z]*|climb[a-z]*|surg[a-z]*|soar[a-z]*|gain[a-z]*|higher|improv[a-z]*|lift[a-z]*|rais(?:e|ed|es|ing)|boost[a-z]*|expand[a-z]*|faster|more than(?=\s+the)"
)
DOWN = (
    r"精简|缩窄|瘦身|裁掉|收缩|减免|掉了?(?=\d)|跌去|砍掉|抹去|少(?:消耗|花|用|付|耗|赚|卖|产|投|收)了?|降价|调低|下降|下跌|降低|减少|下滑|降幅|跌幅|下调|降价|回落|缩小了?|缩短|缩减|削减|压缩|收窄|暴跌|大跌|缩水|少了|降至|降到|跌至|减至|缩至|低了|便宜|降|跌|省下|节省|节约|省了|减半|腰斩|"
    r"fall(?:s|en|ing)?|fell|drop[a-z]*|declin[a-z]*|decreas[a-z]*|reduc[a-z]*|cut(?:s|ting)?|down(?=\s|$)|slip[a-z]*|shrink[a-z]*|shrank|shrunk|lower[a-z]*|slash[a-z]*|plung[a-z]*|slid|halv[a-z]*|trim[a-z]*|less|fewer|cheaper|shorten[a-z]*|sav(?:e|es|ed|ing)"
)
MOVES = re.compile(rf"(?:(?<![A-Za-z])|(?=[\u4e00-\u9fff]))(?:(?P<up>{UP})|(?P<down>{DOWN}))", re.I)
BASE_AFTER = re.compile(
    r"^\s*of (?:what|its|the (?:earlier|previous|original|prior|old|former|last|usual)|that|their|previous|those)", re.I
)
FROM_BEFORE = re.compile(
    r"(?:(?<![之以])从|(?<![自之理])由|\bfrom)(?:每[^，。从由]{1,10})?\s*(?:约|about)?\s*(?:US\$|\$|¥|€|£)?\s*$", re.I
)
CHANGE_AFTER = re.compile(
    r"^\s?(?:的)?\s?(?:(?P<up>增长|增幅|涨幅|提升|上涨|加速|溢价|increase|rise|growth|jump|gain|higher|more|faster|improvement|uplift|up)|(?P<down>下降|降幅|跌幅|下滑|折扣|降价|cut|decrease|drop|decline|reduction|lower|less|cheaper|fewer|discount|fall|smaller|shorter))\b",
    re.I,
)
PER = [
    ("second", re.compile(r"每秒|/\s?(?:秒|s\b)|(?:per|a|every|each) second", re.I)),
    ("minute", re.compile(r"每分钟|/\s?(?:分钟|min)|(?:per|a|every|each) minute", re.I)),
    ("hour", re.compile(r"每(?:个)?小时|/\s?(?:小时|h\b|hour)|(?:per|an|every|each) hour|hourly|时薪", re.I)),
    ("day", re.compile(r"日(?:调用|活|交易|访问|耗|销|用)|每[天日]|平均一[天日]|日均|日产|/\s?[天日]|(?:per|a|every|each) day|daily", re.I)),
    ("week", re.compile(r"每周|平均一周|周均|/\s?周|(?:per|a|every|each) week|weekly", re.I)),
    ("month", re.compile(r"月(?:[A-Za-z]{0,8}下载|活|调用|访问|销|费|耗)(?!动)|每(?:个)?月|月均|月产|月入|月薪|月租|/\s?月|(?:per|a|every|each) month|monthly|/mo\b", re.I)),
    ("quarter", re.compile(r"每(?:个)?季度|(?:per|a|every|each) quarter|quarterly", re.I)),
    ("year", re.compile(r"每年|年均|年产|年化|年入|年薪|/\s?年|(?:per|a|every|each) year|annual(?:ly|ized|ised)?|yearly|per annum|/yr\b", re.I)),
    ("kg", re.compile(r"每(?:公斤|千克)|/\s?(?:kg|公斤)|per (?:kilo|kg)", re.I)),
    ("ton", re.compile(r"每吨|/\s?吨|(?:per|a) (?:metric )?ton(?:ne)?\b", re.I)),
    ("1e3", re.compile(r"每千(?:个)?|per (?:thousand|1,?000|1k)\b|/\s?1?k\s?tok", re.I)),
    ("1e6", re.compile(r"每(?:百万|一百万|1?00万)|每100万|/\s?百万|per (?:1\s?)?(?:million|m)\b|/\s?1?M\s?tok|/\s?million", re.I)),
    ("1e4", re.compile(r"每万(?!亿)", re.I)),
    ("1e9", re.compile(r"每十亿|per billion\b", re.I)),
]  # fmt: skip
PER_ANY = re.compile(
    r"每(?:百万|100万|一百万|千|万|十亿)(?:个)?|/\s?百万|per (?:1\s?)?(?:million|thousand|billion)\b|/\s?1?[MK](?=\s?tok)|/\s?million",
    re.I,
)
STOP = re.compile(r"[，。；、;:：!?！？\n]|,\s|\.\s|\(|\)")
