"""Dates as feeds, pages and people write them, read without guessing what is not there.

A date without an offset is taken in the time zone of the vertical. A feed or server in China that writes ``CST`` means
China's time, though the mail standard (RFC 5322, section 4.3) reads it as the American one: an abbreviation that is
the vertical's own zone is taken as that.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime

__all__ = ["moment"]

_CHINESE = re.compile(
    r"(\d{4})\s*[年/.-]\s*(\d{1,2})\s*[月/.-]\s*(\d{1,2})\s*日?"
    r"(?:[\sT]*(?:星期[一二三四五六日天]|周[一二三四五六日天])?\s*(上午|下午|晚上|凌晨|中午)?\s*"
    r"(\d{1,2})\s*[:：时点]\s*(\d{1,2})?\s*分?(?:[:：]?\s*(\d{1,2}))?(?:\.\d+)?\s*秒?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?\s*"
)
_JAVA = re.compile(r"(?:\w{3},? )?(\w{3}) (\d{1,2}) (\d{2}:\d{2}:\d{2}) (\w{1,5}) (\d{4})")
_DAY = re.compile(r"(?:\w{3}, )?\d{1,2} \w{3} \d{4}")


def moment(text: str, zone: tzinfo) -> datetime | None:
    """The moment that the text names, with offset; None when it names none (or a day that does not exist)."""
    text = re.sub(r"\s+", " ", text).strip()
    if not 8 <= len(text) <= 64:
        return None
    try:
        found = _iso(text) or _mail(text, zone) or _chinese(text)
    except (ValueError, OverflowError):
        return None
    if found is None:
        return None
    found = found if found.tzinfo else found.replace(tzinfo=zone)
    try:
        # Years at the edge of the calendar cannot be moved to another zone, and no article is from then.
        found.astimezone(UTC)
    except OverflowError:
        return None
    return found


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _mail(text: str, zone: tzinfo) -> datetime | None:
    java = _JAVA.fullmatch(text)
    if java:
        text = f"{java[2]} {java[1]} {java[5]} {java[3]} {java[4]}"
    elif _DAY.fullmatch(text):
        text += " 00:00"
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return None
    word = text.rpartition(" ")[2]
    local = found.replace(tzinfo=zone)
    if word.isalpha() and word not in ("GMT", "UTC", "UT", "Z") and word == local.tzname():
        return local
    # The standard's "-0000" means a time in UTC whose zone is unknown, and comes back without one.
    return found.replace(tzinfo=UTC) if found.tzinfo is None and word == "-0000" else found


def _chinese(text: str) -> datetime | None:
    match = _CHINESE.fullmatch(text)
    if not match:
        return None
    year, month, day, half, hour, minute, second, offset = match.groups()
    hours = int(hour or 0)
    if half in ("下午", "晚上") and hours < 12:
        hours += 12
    found = datetime(int(year), int(month), int(day), hours, int(minute or 0), int(second or 0))
    return found.replace(tzinfo=_offset(offset)) if offset else found


def _offset(text: str) -> tzinfo:
    if not text.startswith(("+", "-")):
        return UTC
    digits = text[1:].replace(":", "")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-size if text[0] == "-" else size)
