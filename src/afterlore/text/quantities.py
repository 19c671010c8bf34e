# ruff: noqa: E501
# A pattern is read as a whole: breaking it over lines hides what it matches.
"""Numbers as quantities: value, unit, bound, and how the value relates to what it is compared with.

Figures are read from Chinese and English: full width, thousands separators, 万/亿/K/M/B/T, numerals in words, ranges, per cent
and percentage points, multiples, fractions, currencies and the units of technology news. Names such as GPT-5.4 or H20 are not
numbers. What is not covered: sums ("3 + 2"), Roman numerals, mixed fractions, dates (``afterlore.text.dates``).
"""

import re
from functools import lru_cache
from typing import NamedTuple

from afterlore.text.dates import dates
from afterlore.text.normalize import normalize
from afterlore.text.number_patterns import (
    ABOUT,
    AFTER_ABOUT,
    AFTER_OVER,
    AFTER_UNDER,
    BASE_AFTER,
    CHANGE_AFTER,
    EN_WORD,
    FAR_BOUNDS,
    FROM_BEFORE,
    HAN_DIGIT,
    LEAST,
    MOST,
    MOVES,
    OVER,
    PER,
    PER_ANY,
    SKIP,
    STOP,
    UNDER,
)
from afterlore.text.numerals import (
    Raw,
    chinese_number,
    join_times,
    read_english,
    read_fractions,
    read_han,
    read_main,
    read_multiples,
    share_units,
)
from afterlore.text.units import NOUNS

__all__ = ["Quantity", "chinese_number", "quantities"]


class Quantity(NamedTuple):
    """One figure. ``text == source[start:end]``; a range gives two, with ``bound`` low and high."""

    start: int
    end: int
    text: str
    value: float
    """In the base unit of ``dimension`` (seconds, metres, bytes, watt hours, one dollar, one per cent)."""
    dimension: str
    """``percent``, ``points``, ``multiple``, ``ordinal``, ``time``, ``bytes``, …, ``money``, ``count`` or "" for a bare number."""
    unit: str
    """Within money the currency, within count the group of things counted (person, org, machine, …), else ""."""
    bound: str
    """"" | over | under | most (up to) | least | about | low | high (ends of a range)."""
    form: str
    """by (changed by it), to (ended at it, or is this share of what was), from, or ""."""
    direction: int
    """1 up, -1 down, 0 not said."""
    per: tuple[str, ...]
    """What it is a rate over: day, month, year, user, 1e6, …"""
    small: bool
    """A count below eleven: prose counts small things freely, so that its absence proves nothing."""
    decimals: int
    """Digits after the point as written: how far a rounded figure may differ."""

    @property
    def ratio(self) -> float | None:
        """New over old, when the figure says so: down 73% and "27% of what it was" are both 0.27."""
        if self.dimension == "percent" and self.form == "by" and self.direction:
            return 1 + self.direction * self.value / 100
        if self.dimension == "percent" and self.form == "to":
            return self.value / 100
        if self.dimension == "multiple":
            if self.form == "by" and self.direction > 0 and self.value >= 2:
                return self.value + 1
            # 降低5倍 is how a fifth is told, and 提升1.3倍 how 1.3 times is.
            return 1 / self.value if self.direction < 0 and self.value else self.value
        return None


def _bound(before: str, after: str, clause: str, flag: str) -> str:
    if flag == "over":
        return "over"
    for name, pattern in (("most", MOST), ("least", LEAST), ("over", OVER), ("under", UNDER), ("about", ABOUT)):
        if pattern.search(before):
            return name
    for name, pattern in FAR_BOUNDS:
        if pattern.search(clause):
            return name
    for name, pattern in (("over", AFTER_OVER), ("under", AFTER_UNDER), ("about", AFTER_ABOUT)):
        if pattern.search(after):
            return name
    return ""


def _form(raw: Raw, before: str, after: str, clause: str) -> tuple[str, int]:
    """How the figure relates to a change: (form, direction)."""
    rate = re.search(r"(?:(?P<up>增速|增幅|涨幅|增长率)|降幅|跌幅)[^，。\d]{0,10}(?:[至到为是达]|高达)?\s*$", before)
    if rate and raw.dimension == "percent":
        return "by", 1 if rate["up"] else -1
    moves = list(MOVES.finditer(before))
    direction = 0
    gap = ""
    if moves:
        direction = 1 if moves[-1]["up"] else -1
        gap = before[moves[-1].end() :]
        if moves[-1][0][-1] in "至到":
            return "to", direction
    if raw.flag == "doubling" and raw.dimension == "multiple" and not (moves and moves[-1]["down"]):
        return "", 1
    changed = CHANGE_AFTER.match(after)
    beside = re.search(
        r"(?:(?P<up>[高多大贵长重快])|(?P<down>[低少小短轻慢]))(?:出|了)?(?:约|近|超过?|大约|不到)?(?:后者|前者)?\s*$",
        before,
    )
    if (
        beside
        and raw.dimension in {"percent", "points", "multiple", "money", "count", ""}
        and re.search(r"比|较|于|相比|同期|后者|高出|多出|[价费本量率]\w{0,2}[高低多少]", before)
    ):
        return "by", 1 if beside["up"] else -1 if beside["down"] else 0
    if FROM_BEFORE.search(before) and not changed:
        return "from", direction
    if BASE_AFTER.match(after):
        return "to", 0
    if re.search(
        r"(?:至|到|\bto)\s*(?:了|约|大约|近|超过?|about|roughly|around|between)?\s*(?:US\$|\$|¥|€|£)?(?:(?:原[来先本]|此前|以前)的?)?\s*$",
        before,
        re.I,
    ):
        return "to", direction
    if changed and raw.dimension in {"percent", "points", "multiple"}:
        return ("by" if raw.dimension != "multiple" else ""), 1 if changed["up"] else -1
    if (
        direction
        and len(gap) <= 8
        and re.fullmatch(
            r"(?:\s|了|约|近|超过?|逾|幅度?|达到?|为|高?达|大约|以上|by|about|nearly|roughly|over|more than|almost|around|as much as|up to|最高|最多|其?(?:价格|成本))*",
            gap,
            re.I,
        )
    ):
        return "by", direction
    if re.search(
        r"(?:原来|此前|之前|前代|上一代|传统方案|原价|同类\w*|去年同期|上年同期)的\s*(?:约|大约|近|不到)?\s*$", before
    ):
        return "to", 0
    if raw.dimension == "multiple" and re.search(
        r"(?:是|为|相当于)[^，。；的]{1,14}的\s*(?:约|近|超过?|逾|整整)?\s*$", clause
    ):
        return "to", 0
    if raw.flag == "fraction" and re.search(r"(?:以|用|仅|只)[^，。；\d]{0,8}$", before) and after.lstrip()[:1] == "的":
        return "to", 0  # 以1/10的成本
    if raw.dimension in {"percent", "multiple"} and re.search(
        r"(?:原[来先本价]|此前|之前|以前|年前|当初|去年|上年|上一?年|前一年|同期|过去|先前|(?:19|20)\d\d年|[前上]一?代|旧[款版]|竞品|对手|后者|前者)[^，。；\d]{0,6}(?:\d[\d.,]*[^，。；\d的]{1,3})?的\s*(?:约|大约|近|不到|逾|超过)?\s*$",
        clause,
    ):
        return "to", 0
    if raw.dimension == "percent" and re.search(
        r"(?:仅|只)(?:(?:需|剩|要|用)(?:[一-龥]{0,10}的)?|(?:有|为|是|相当于)?[一-龥A-Za-z0-9.\s-]{0,14}的)(?:约|大约|不到)?\s*$",
        before,
    ):
        return "to", 0
    return "", direction if len(gap) <= 24 else 0


def _per(text: str, start: int, end: int, left: int, right: int) -> tuple[str, ...]:
    ahead = text[left:start]
    window = ahead[-48 if ahead.isascii() else -24 :] + "\x00" + text[end : min(right, end + 26)]
    return tuple(name for name, pattern in PER if pattern.search(window))


@lru_cache(maxsize=8192)
def quantities(text: str) -> tuple[Quantity, ...]:
    """All quantities of a sentence, in order. Dates are left out where ``afterlore.text.dates`` finds them."""
    plain = normalize(text)
    if not re.search(
        rf"\d|[{HAN_DIGIT}半倍番成俩亿]|(?i:doubl|tripl|quadr|twice|fold|half|halv|third|quarter|{EN_WORD}|fifth|tenth)",
        plain,
    ):
        return ()
    taken = [False] * len(plain)
    for date in dates(text):
        taken[date.start : date.end] = [True] * (date.end - date.start)
    for pattern in (SKIP, PER_ANY):
        for match in pattern.finditer(plain):
            if pattern is SKIP and re.fullmatch(r"\d+(?:st|nd|rd|th)", match[0]):
                continue
            taken[match.start() : match.end()] = [True] * (match.end() - match.start())
    raws: list[Raw] = []
    for reader in (read_fractions, read_multiples, read_main, read_han, read_english):
        for raw in sorted(reader(plain, taken)):
            if not any(taken[raw.start : raw.end]):
                raws.append(raw)
                taken[raw.start : raw.end] = [True] * (raw.end - raw.start)
    raws.sort()
    return tuple(_finish(plain, text, share_units(plain, join_times(plain, raws))))


def _noun(text: str, raw: Raw) -> tuple[str, str]:
    """What an English count counts: the first known noun within three words behind it."""
    words = re.match(r"[\s-]+([A-Za-z]+)(?:[\s-]+([A-Za-z]+))?(?:[\s-]+([A-Za-z]+))?", text[raw.end : raw.end + 48])
    for word in words.groups() if words else ():
        if word and word.lower() in NOUNS:
            return "count", NOUNS[word.lower()]
        if word and word.lower() in {
            "and",
            "of",
            "in",
            "from",
            "to",
            "for",
            "on",
            "with",
            "by",
            "at",
            "as",
            "than",
            "the",
            "per",
            "a",
        }:
            break
    return raw.dimension, raw.unit


_GREW_TO = re.compile(r"(?:[飙涨升增冲降跌][到至]|达到?|突?破|超过?|[、到至])(?:了|约|近)?\s*$")
_COUNTED = re.compile(r"户|人|量|数|载|粉丝|台|辆|股|活")


def _currency_left_out(plain: str, raw: Raw, dimension: str, last: Quantity | None, before: str) -> bool:
    """Whether 3600万 goes on a list of amounts of money whose first item named the currency."""
    return (
        dimension == ""
        and plain[raw.end - 1] in "万亿"
        and (plain[raw.end : raw.end + 1] in {"", "，", "。", "；", "、", ")"})
        and last is not None
        and last.dimension in {"money", "time"}
        and bool(_GREW_TO.search(before))
        and not _COUNTED.search(before)
    )


def _last_money(out: list[Quantity]) -> str:
    return next((q.unit for q in reversed(out) if q.dimension == "money"), "")


def _finish(plain: str, text: str, raws: list[Raw]) -> list[Quantity]:
    stops = [0] + [m.end() for m in STOP.finditer(plain)] + [len(plain)]
    out: list[Quantity] = []
    previous_end = 0
    for raw in raws:
        left = max(s for s in stops if s <= raw.start)
        right = min(s for s in stops if s >= raw.end) if raw.end < len(plain) else len(plain)
        before = plain[max(left, previous_end) : raw.start]
        after = plain[raw.end : right]
        dimension, unit = raw.dimension, raw.unit
        if dimension == "" and raw.flag != "letter":
            dimension, unit = _noun(plain, raw)
        form, direction = _form(raw, before, after, plain[left : raw.start])
        last = out[-1] if out else None
        if (
            last
            and last.form == "from"
            and (last.dimension == dimension or not last.dimension)
            and re.fullmatch(r"[^，。；,;]{0,10}(?:为|至|到|成)(?:了|约|近|超|超过)?\s*", plain[last.end : raw.start])
        ):
            form, direction = "to", (raw.value > last.value) - (raw.value < last.value)
        if raw.flag == "high" and last and last.bound == "low" and last.form == "by" and form == "to":
            form, direction = "by", last.direction  # 提升67%至100%: both are by how much
        if _currency_left_out(plain, raw, dimension, last, before) and _last_money(out):
            dimension, unit = "money", _last_money(out)
        flag = raw.flag if raw.flag in {"over"} else ""
        bound = raw.flag if raw.flag in {"low", "high"} else _bound(before, after, plain[left : raw.start], flag)
        if raw.flag == "fraction" or raw.flag == "tenths" or raw.flag == "half":
            bound = bound or "about"
        if raw.flag == "discount" or (raw.flag == "half" and plain[raw.end : raw.end + 1] == "价"):
            form, direction, bound = "to", 0, ""  # of the price
        if raw.flag == "half" and plain[raw.start : raw.end] in {"减半", "腰斩"}:
            form, direction = "by", -1
        if plain[raw.start : raw.end].lower().startswith("halv"):
            form, direction = "by", -1
        if dimension == "multiple" and form == "by" and text[raw.start : raw.end].isascii():
            form = ""  # "grew 14-fold" is fourteen times as much; 增长14倍 is, strictly, fifteen
        once = text[raw.start : raw.end] in {"一分钱", "一毛钱"}
        once |= dimension == "time" and text[raw.start] == "一" and raw.end - raw.start <= 4
        once |= (
            dimension == "money"
            and raw.value == 1
            and bool(re.search(r"每[^，。]{0,6}$|(?:per|every|each)\s*$", before))
        )
        small = once or (
            unit not in {"score", "token", "param"}
            and dimension in {"count", "", "ordinal"}
            and raw.value <= 10
            and raw.decimals == 0
        )
        out.append(
            Quantity(
                raw.start,
                raw.end,
                text[raw.start : raw.end],
                raw.value,
                dimension,
                unit,
                bound,
                form,
                direction,
                _per(plain, raw.start, raw.end, left, right),
                small,
                raw.decimals,
            )
        )
        if dimension != "ordinal":
            previous_end = raw.end
    return out
