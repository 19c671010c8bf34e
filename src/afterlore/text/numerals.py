# ruff: noqa: E501
# A pattern is read as a whole: breaking it over lines hides what it matches.
"""The numerals of a sentence with their units, before anything is made of the words around them."""

import re
from typing import NamedTuple

from afterlore.text.number_patterns import (
    BARE_SCALE,
    COMPOUND,
    DENOMINATORS,
    DIGITS,
    DISCOUNT,
    DOUBLING,
    EITHER,
    EITHER_TENTHS,
    EN_MULTIPLE,
    ENGLISH,
    FRACTION_EN,
    FRACTION_ZH,
    HALF_MONTH,
    HALF_ZH,
    HAN,
    HAN_RANGE,
    MAIN,
    NUMBER_SIGN,
    ONE_IN,
    ORD,
    ORD_EN,
    ORDINALS,
    SCALE,
    SCALE_EN,
    SCALE_ZH,
    SLASHED,
    STREAK,
    TENS,
    TENTHS,
    UNIT,
    UNIT_EN,
    WORDS,
)
from afterlore.text.units import CURRENCIES, DIMENSIONS, UNITS, WORDS_OF_UNITS

__all__ = [
    "Raw",
    "chinese_number",
    "join_times",
    "read_english",
    "read_fractions",
    "read_han",
    "read_main",
    "read_multiples",
    "share_units",
]


def chinese_number(text: str) -> float | None:
    """The value of a numeral in Chinese characters, 点 for the point: 一百二十 → 120, 两千 → 2000; None if it is none."""
    whole, _, fraction = text.partition("点")
    if not whole or any(c not in DIGITS and c not in TENS for c in whole):
        return None
    total = 0.0
    if any(c in TENS for c in whole):
        last, unit = 0, 1
        for char in whole:
            if char in TENS:
                unit = TENS[char]
                total += (last or (1 if char == "十" and last == 0 else last)) * unit
                last = 0
            else:
                last = DIGITS[char]
        # 一百二 is 120, while 一百零二 is 102.
        trailing = unit // 10 if whole[-1] not in TENS and len(whole) > 2 and whole[-2] in "百千" else 1
        total += last * trailing
    else:
        for char in whole:
            total = total * 10 + DIGITS[char]
    for place, char in enumerate(fraction, 1):
        if char not in DIGITS:
            return None
        total += DIGITS[char] / 10**place
    return total


def _compound(text: str) -> float | None:
    """一万八千 → 18,000, 一亿五千万 → 150 million, 一万五 → 15,000."""
    total, scale, rest = 0.0, 0.0, text
    for letter, worth in (("亿", 1e8), ("万", 1e4)):
        head, found, tail = rest.partition(letter)
        if found:
            value = chinese_number(head)
            if value is None:
                return None
            total, scale, rest = total + value * worth, worth, tail
    if not rest:
        return total
    if not scale:
        return chinese_number(rest)
    value = chinese_number(rest)
    if value is None:
        return None
    return total + value * (scale / 10 if len(rest) == 1 else 1.0)


_ENGLISH_COUNT = re.compile(
    r"\s(?:paying |monthly |daily |active |weekly )*(?:users?|people|customers?|downloads|subscribers|members|tokens|visits|views)"
)
"""Behind 1.7m these make it millions."""


class Raw(NamedTuple):
    start: int
    end: int
    value: float
    dimension: str
    unit: str
    decimals: int
    flag: str = ""


def _unit_of(spelt: str | None) -> tuple[str, str, float]:
    if not spelt:
        return "", "", 1.0
    return UNITS.get(spelt) or UNITS.get(spelt.lower()) or ("", "", 1.0)


def read_main(text: str, taken: list[bool]) -> list[Raw]:
    found = []
    for match in MAIN.finditer(text):
        start, end = match.start("num"), match.end()
        if any(taken[start : match.end("num")]):
            continue
        after = text[match.end("num") : match.end("num") + 1]
        if after.isascii() and after.isalpha() and not match["scale"] and not match["uniten"] and not match["unit"]:
            watts = after == "W" and not re.match(r"W[A-Za-z0-9]", text[match.end("num") :])
            if not watts:
                continue  # 3D, 5G, 2C: the letter makes it a name; 118W are watts, or ten thousands
        if (
            match["scale"] in {"m", "b", "t"}
            and not match["sign"]
            and not _ENGLISH_COUNT.match(text[match.end("scale") :])
        ):
            continue  # 85m is millions behind a currency sign, and metres or a name elsewhere
        number = match["num"]
        value = float(number.replace(",", ""))
        scale = match["scale"]
        value *= SCALE.get(scale, SCALE.get((scale or "").lower(), 1.0)) if scale else 1.0
        if match["half"]:
            value += 0.5
        spelt = match["unit"] or match["uniten"]
        behind = text[end : end + 1]
        if spelt and behind and behind in WORDS_OF_UNITS.get(spelt, ""):
            spelt, end = None, match.start("unit")  # Fold 3起步价: the first letter of a word is no unit
        if spelt == "重" and behind.isdigit():
            continue  # Air 2重38克: the number of a name, and its weight
        if spelt in {"周", "日"} and behind == "活":
            spelt, end = None, match.start("unit")  # 9亿周活用户 are no weeks
        dimension, unit, factor = _unit_of(spelt)
        if match["sign"] and dimension not in {"percent", "points", "multiple"}:
            dimension, unit, factor = (
                "money",
                CURRENCIES[match["sign"].upper()],
                1.0 if dimension != "money" else factor,
            )
        decimals = len(number.partition(".")[2])
        begin = match.start("sign") if match["sign"] else start
        flag = "over" if match["more"] or match["plus"] else ""
        if scale and scale.isascii() and scale in "BMKT" and dimension == "" and not match["sign"]:
            flag = flag or "letter"
        found.append(Raw(begin, _rstrip(text, begin, end), value * factor, dimension, unit, decimals, flag))
    return found


def _rstrip(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1].isspace():
        end -= 1
    return end


def _either(text: str, taken: list[bool]) -> list[Raw]:
    """两三个小时, 七八成: the two ends of a range written as one numeral."""
    found = []
    for match in EITHER.finditer(text):
        low, high = DIGITS[match["low"]], DIGITS[match["high"]]
        if (
            high - low != 1
            or any(taken[match.start() : match.end()])
            or text[match.start() - 1 : match.start()] in DIGITS
        ):
            continue
        dimension, unit, factor = _unit_of(match["unit"])
        scale = {"十": 10.0, "百": 100.0, "千": 1000.0}.get(match["scale"] or "") or SCALE.get(
            match["scale"] or "", 1.0
        )
        for at, value, flag in ((match.start(), low, "low"), (match.start() + 1, high, "high")):
            end = at + 1 if flag == "low" else match.end()
            found.append(Raw(at, end, value * scale * factor, dimension, unit, 0, flag))
    return found


def read_han(text: str, taken: list[bool]) -> list[Raw]:
    found = _either(text, taken)
    taken = list(taken)
    for raw in found:
        taken[raw.start : raw.end] = [True] * (raw.end - raw.start)
    for match in HALF_MONTH.finditer(text):
        value = float(match["num"]) if match["num"].isdigit() else chinese_number(match["num"])
        if value is not None and not any(taken[match.start() : match.end()]):
            found.append(Raw(match.start(), match.end(), (value + 0.5) * UNITS["个月"][2], "time", "", 1))
            taken[match.start() : match.end()] = [True] * (match.end() - match.start())
    for match in BARE_SCALE.finditer(text):
        dimension, unit, factor = _unit_of(match["unit"])
        if not any(taken[match.start() : match.end()]):
            found.append(Raw(match.start(), match.end(), SCALE[match["scale"]] * factor, dimension, unit, 0))
            taken[match.start() : match.end()] = [True] * (match.end() - match.start())
    for match in STREAK.finditer(text):
        value = float(match["num"]) if match["num"].isdigit() else chinese_number(match["num"])
        if value is not None:
            found.append(Raw(match.start(), match.end(), value * _unit_of(match["unit"])[2], "time", "", 0))
            taken[match.start() : match.end()] = [True] * (match.end() - match.start())
    for match in COMPOUND.finditer(text):
        value = _compound(match["num"])
        if value is not None and not any(taken[match.start() : match.end()]):
            dimension, unit, factor = _unit_of(match["unit"])
            flag = "over" if match["more"] else ""
            found.append(Raw(match.start(), match.end(), value * factor, dimension, unit, 0, flag))
            taken[match.start() : match.end()] = [True] * (match.end() - match.start())
    for match in HAN.finditer(text):
        if any(taken[match.start() : match.end()]):
            continue
        value = chinese_number(match["num"])
        if value is not None and match["num"] in {"百", "千"} and match["more"] in {"多", "余"}:
            value = float(TENS[match["num"]])  # 百余家
        elif value is None or re.fullmatch(r"[百千]+", match["num"]):
            continue
        dimension, unit, factor = _unit_of(match["unit"])
        if match["ord"]:
            found.append(Raw(match.start(), match.end(), value, "ordinal", "", 0))
            continue
        scale = SCALE.get(match["scale"] or "", 1.0)
        if match["half"] or match["half2"] or match["halfafter"]:
            value += 0.5
        if value == 1 and not match["scale"] and not match["half2"] and dimension in {"count", ""}:
            continue  # 一个, 一家: an article, not a figure
        if (
            value == 1
            and match["unit"] in {"天", "日", "次", "代", "周", "度", "倍", "分", "层", "年", "月", "秒", "克"}
            and not match["halfafter"]
            and not match["scale"]
            and match["unit"] != "年"
        ):
            continue
        flag = "over" if match["more"] or match["plus"] else ""
        found.append(Raw(match.start(), match.end(), value * scale * factor, dimension, unit, 0, flag))
    for match in HAN_RANGE.finditer(text):
        value = chinese_number(match["num"])
        if value is not None and not any(taken[match.start() : match.end()]):
            found.append(Raw(match.start(), match.end(), value, "", "", 0))
    for match in ORD.finditer(text):
        number = match["num"]
        if any(taken[match.start() : match.end()]):
            continue
        value = float(number) if number.isdigit() else chinese_number(number)
        if value is not None and value > 1:
            found.append(Raw(match.start(), match.end(), value, "ordinal", "", 0))
    return found


def read_fractions(text: str, taken: list[bool]) -> list[Raw]:
    found = []
    for match in EITHER_TENTHS.finditer(text):
        low, high = DIGITS[match["low"]], DIGITS[match["high"]]
        if high - low == 1:
            found.append(Raw(match.start(), match.start() + 1, low * 10.0, "percent", "", 0, "low"))
            found.append(Raw(match.start() + 1, match.end(), high * 10.0, "percent", "", 0, "high"))
    for match in FRACTION_ZH.finditer(text):
        den = (
            float(match["den"])
            if match["den"].isdigit()
            else {"百": 100.0, "千": 1000.0, "万": 1e4}.get(match["den"]) or _compound(match["den"])
        )
        num = float(match["num"]) if match["num"][0].isdigit() else chinese_number(match["num"])
        if den and num is not None:
            found.append(Raw(match.start(), match.end(), num / den * 100, "percent", "", 0, "fraction"))
    for match in ONE_IN.finditer(text):
        whole, part = (
            float(match[name]) if match[name].isdigit() else chinese_number(match[name]) for name in ("den", "num")
        )
        if whole and part and part < whole:
            found.append(Raw(match.start(), match.end(), part / whole * 100, "percent", "", 0, "fraction"))
    for match in TENTHS.finditer(text):
        num = float(match["num"]) if match["num"][0].isdigit() else chinese_number(match["num"])
        if num is None or (num == 10 and not match["half"]):
            continue
        half = 0.5 if match["half"] == "半" else DIGITS.get(match["half"] or "", 0) / 10
        found.append(Raw(match.start(), match.end(), (num + half) * 10, "percent", "", 0, "tenths"))
    for match in SLASHED.finditer(text):
        share = float(match["num"]) / float(match["den"])
        if share < 1:
            found.append(Raw(match.start(), match.end(), share * 100, "percent", "", 0, "fraction"))
    for match in DISCOUNT.finditer(text):
        told = match["num"]
        num = float(told) if told[0].isdigit() else chinese_number(told.replace("点", ""))
        if num:
            left = num * (10 if num < 10 else 1)
            found.append(Raw(match.start(), match.end(), left, "percent", "", 0, "discount"))
    for match in HALF_ZH.finditer(text):
        flag = "over" if match[0] == "过半" else "half"
        found.append(Raw(match.start(), match.end(), 50.0, "percent", "", 0, flag))
    for match in FRACTION_EN.finditer(text):
        den = DENOMINATORS.get((match["den"] or "half").lower()[:3], 2)
        word = (match["num"] or "a").lower()
        num = 1.0 if word in {"a", "an"} else WORDS[word]
        if den == 4 and word in {"a", "an", "one"} and not re.match(r"\s+(?:of|less|more|as)\b", text[match.end() :]):
            continue  # "a quarter" is more often three months
        found.append(Raw(match.start(), match.end(), num / den * 100, "percent", "", 0, "fraction"))
    return [raw for raw in found if not any(taken[raw.start : raw.end])]


def read_multiples(text: str, taken: list[bool]) -> list[Raw]:
    found = []
    for match in DOUBLING.finditer(text):
        if any(taken[match.start() : match.end()]):
            continue
        if match["en"]:
            value = EN_MULTIPLE[match["en"].lower()[:4]]
        else:
            value = 2.0 ** (chinese_number(match["han"]) or 1) if match["han"] else 2.0
        if match[0] == "成倍":
            continue
        found.append(Raw(match.start(), match.end(), value, "multiple", "", 0, "doubling"))
    return found


def read_english(text: str, taken: list[bool]) -> list[Raw]:
    found = []
    for match in ENGLISH.finditer(text):
        if any(taken[match.start() : match.end()]):
            continue
        parts = match["num"].lower().split("-")
        value = sum(WORDS[part] for part in parts)
        scale = SCALE[match["scale"].lower()] if match["scale"] else 1.0
        dimension, unit, factor = _unit_of(match["uniten"])
        if value == 1 and not match["scale"]:
            continue  # "one of", "no one": a pronoun more often than a figure
        found.append(Raw(match.start(), match.end(), value * scale * factor, dimension, unit, 0))
    for match in ORD_EN.finditer(text):
        value = ORDINALS[match["word"].lower()] if match["word"] else float(match["num"])
        if value > 1 and not any(taken[match.start() : match.end()]) and (match["word"] or "").lower() != "second":
            found.append(Raw(match.start(), match.end(), value, "ordinal", "", 0))
    for match in NUMBER_SIGN.finditer(text):
        found.append(Raw(match.start(), match.end(), float(match["num"]), "ordinal", "", 0))
    return found


def join_times(text: str, raws: list[Raw]) -> list[Raw]:
    """1小时46分钟 is one figure: a time, and a smaller one right behind it."""
    out: list[Raw] = []
    for raw in raws:
        last = out[-1] if out else None
        hours = last and last.dimension == "time" and text[last.end - 2 : last.end] == "小时" and raw.start == last.end
        if hours and raw.unit == "score" and text[raw.end - 1] == "分":
            raw = raw._replace(dimension="time", unit="", value=raw.value * 60)  # 2小时50分
        if (
            last
            and last.dimension == raw.dimension == "time"
            and raw.value < last.value
            and re.fullmatch(r"\s?(?:零|又|and )?", text[last.end : raw.start])
            and not text[raw.start : raw.end].endswith(("日", "周"))
        ):
            out[-1] = last._replace(end=raw.end, value=last.value + raw.value, flag=last.flag or raw.flag)
        else:
            out.append(raw)
    return out


def share_units(text: str, raws: list[Raw]) -> list[Raw]:
    """In "3到5亿元" the first figure has the unit of the second."""
    out = list(raws)
    for i in range(len(out) - 1):
        a, b = out[i], out[i + 1]
        gap = text[a.end : b.start].strip()
        if a.flag == "doubling":
            continue  # 翻倍至50.5 is no range
        if gap not in {"-", "~", "到", "至", "to", "and", "和"} or (
            gap in {"and", "和"} and not re.search(r"between\s*$|介于$|在$", text[: a.start])
        ):
            continue
        if text[max(0, a.start - 2) : a.start].strip().endswith(("从", "由")) or re.search(
            r"from\s+(?:about\s+|around\s+|roughly\s+|nearly\s+|just\s+|some\s+|over\s+)?$", text[: a.start]
        ):
            if not a.dimension and b.dimension and a.value < 1e4 and b.value < 1e4:
                out[i] = a._replace(dimension=b.dimension, unit=b.unit)
            continue
        if a.value >= 1000 and "," in text[a.start : a.end] and not b.dimension:
            out[i] = a._replace(flag="low")
            out[i + 1] = b._replace(flag="high")
            continue
        if not a.dimension and b.dimension:
            factor = 1.0
            spelt = re.search(rf"(?:{SCALE_ZH}|{SCALE_EN})", text[b.start : b.end])
            if spelt and not re.search(rf"(?:{SCALE_ZH}|{SCALE_EN})", text[a.start : a.end]):
                factor = SCALE.get(spelt[0], SCALE.get(spelt[0].lower(), 1.0))
            if DIMENSIONS.get(b.dimension):
                unit = re.search(rf"(?:{UNIT}|{UNIT_EN})$", text[b.start : b.end])
                factor *= _unit_of(unit[0])[2] if unit else 1.0
            out[i] = a._replace(value=a.value * factor, dimension=b.dimension, unit=b.unit, flag="low")
        elif a.dimension == b.dimension or not b.dimension:
            out[i] = a._replace(flag="low")
            if not b.dimension and a.dimension == "money":
                out[i + 1] = b._replace(dimension=a.dimension, unit=a.unit)
                late = re.search(rf"(?:{SCALE_ZH}|{SCALE_EN})", text[b.start : b.end])
                early = re.search(rf"(?:{SCALE_ZH}|{SCALE_EN})", text[a.start : a.end])
                if late and not early:
                    out[i] = out[i]._replace(value=a.value * SCALE.get(late[0], SCALE.get(late[0].lower(), 1.0)))
                elif b.value < a.value:
                    spelt = re.search(rf"(?:{SCALE_ZH}|{SCALE_EN})", text[a.start : a.end])
                    b_scaled = b.value * (SCALE.get(spelt[0], SCALE.get(spelt[0].lower(), 1.0)) if spelt else 1.0)
                    out[i + 1] = out[i + 1]._replace(value=b_scaled)
            else:
                scale = re.search(rf"(?:{SCALE_EN}|{SCALE_ZH})", text[b.start : b.end])
                if scale and not re.search(rf"(?:{SCALE_EN}|{SCALE_ZH})", text[a.start : a.end]):
                    out[i] = out[i]._replace(value=a.value * SCALE.get(scale[0], SCALE.get(scale[0].lower(), 1.0)))
        out[i + 1] = out[i + 1]._replace(flag="high")
    return out
