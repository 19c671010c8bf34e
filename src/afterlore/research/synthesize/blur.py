# ruff: noqa: E501
# A pattern is read as a whole.
"""Numbers and dates made vague: 1996 becomes the 1990s, 213 a little over 200. What is blurred stays true."""

import re

__all__ = ["TIME", "blur", "without_times"]

_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_DATE = re.compile(
    rf"\b(?:on |in |around )?(?:early |late )?(?:\d{{1,2}}(?:st|nd|rd|th)? {_MONTH},? |{_MONTH} (?:\d{{1,2}}(?:st|nd|rd|th)?,? )?)(?P<year>1\d{{3}}|20\d{{2}})\b"
)
_IN_YEAR = re.compile(
    r"\b(?P<word>in|of|since|from|until|by|after|before|during|to|around) (?P<year>1[0-9]\d{2}|20\d{2})\b(?!s)"
)
_YEAR = re.compile(r"\b(?P<year>1[5-9]\d{2}|20\d{2})\b(?!s|%|[-.,]\d| (?:metres|meters|feet|people|km|miles))")
_NUMBER = re.compile(
    r"(?:\b(?P<word>about|around|approximately|some|over|nearly|almost) )?(?<![\w.,-])(?P<number>\d{1,3}(?:,\d{3})+|\d{2,})(?P<part>\.\d+)?(?![\w,.-]?\w)(?! ?%)"
)
_HAN_YEAR = re.compile(r"(?P<year>1\d{3}|20\d{2})年(?:\d{1,2}月)?(?:\d{1,2}日)?")
_HAN_NUMBER = re.compile(r"(?<![\d.年])(?P<number>\d{2,})(?P<part>\.\d+)?(?![\d年月日.世])")
TIME = re.compile(
    rf" (?:in|on|since|around|during) (?:the )?(?:(?:early|late) )?(?:\d{{1,2}} )?(?:{_MONTH} )?(?:\d{{1,2}}, )?\d{{4}}s?"
)
"""When something was, with the space before it."""
_TIMES = re.compile(rf"{TIME.pattern}\b")
_HAN_TIMES = re.compile(r"(?:于|在)?(?:1\d{3}|20\d{2})年(?:\d{1,2}月)?(?:\d{1,2}日)?(?:于|在(?!于))?")


def blur(text: str, language: str) -> str:
    """Years become decades, other numbers of two digits and more are said about."""
    if language == "zh":
        text = _HAN_NUMBER.sub(lambda match: _han_about(int(match["number"]), bool(match["part"])), text)
        return _HAN_YEAR.sub(lambda match: _han_decade(int(match["year"])), text)
    text = _DATE.sub(lambda match: f"in the {_decade(match['year'])}", text)
    text = _IN_YEAR.sub(lambda match: f"{match['word']} the {_decade(match['year'])}", text)
    text = _YEAR.sub(lambda match: _decade(match["year"]), text)
    return _NUMBER.sub(_number, text)


def without_times(text: str, language: str) -> str:
    """The words without when it was."""
    if language == "zh":
        return _HAN_TIMES.sub(lambda match: "于" if match[0].endswith("于") else "", text)
    return _TIMES.sub("", re.sub(r"^\d{4}s? ", "", text))


def _decade(year: str) -> str:
    return f"{year[:3]}0s"


def _han_decade(year: int) -> str:
    return f"{year // 10 * 10}年代" if year >= 2000 else f"{year // 100 + 1}世纪{year % 100 // 10 * 10}年代"


def _round(number: int) -> int:
    return number // _step(number) * _step(number)


def _step(number: int) -> int:
    """The value of one in the first figure."""
    return int(10 ** (len(str(number)) - 1))


def _number(match: re.Match[str]) -> str:
    number = int(match["number"].replace(",", ""))
    if match["word"] == "over":
        return f"over {_round(number):,}"
    if match["word"] in ("nearly", "almost"):
        return f"less than {_round(number) + _step(number):,}"
    return _about(number, bool(match["part"]))


def _about(number: int, part: bool) -> str:
    low = _round(number)
    step = _step(number)
    if number == low and not part:
        return f"about {low:,}"
    if number - low <= 0.3 * step:
        return f"a little over {low:,}"
    return f"nearly {low + step:,}" if number - low >= 0.7 * step else f"over {low:,}"


def _han_about(number: int, part: bool) -> str:
    low = _round(number)
    return f"约{low}" if number == low and not part else f"{low}多"
