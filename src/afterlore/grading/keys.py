r"""One key for answers that say the same, so that ``0.5``, ``\frac12``, ``1/2`` and ``50\%`` are one vote.

The rule, in order. Signs that only set type are dropped (``$``, ``\left``, ``\,``, ``\text``, a degree, a final stop),
and so are words behind a value, as its unit, and ``x =`` before one. A number is its exact value: decimals, fractions
and mixed numbers, per cent as hundredths, thousands apart by commas. In brackets of either kind order counts; in
braces, and in a bare list, it does not. Whatever else is the text without spaces, words in lower case. A key is its
own key.

What this does not cover: algebra. ``x+1`` and ``1+x`` are two keys.
"""

import re
import unicodedata
from fractions import Fraction

__all__ = ["key"]

_FULL_WIDTH_STOPS = str.maketrans("，；（）｛｝。", ",;(){}.")
_UNIT = re.compile(r"(?<=[\d.}])\s+[^\W\d_]{2,}(?:\s+[^\W\d_]{2,})*$")
_RAISED = re.compile("[⁰¹²³⁴-⁹]+")
_LOWERED = re.compile("[₀-₉]+")
_ROOT = re.compile(r"\\sqrt\s*([0-9a-zA-Z])")
_ONE_RAISED = re.compile(r"([\^_])\{([0-9a-zA-Z])\}")
_DROPPED = re.compile(r"\\(?:left|right|displaystyle|mathrm|!|,|;|:|quad|qquad)(?![a-zA-Z])|\$|\\ |~")
_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mbox|mathbf)\s*\{([^{}]*)\}")
_NAMED = re.compile(r"^[a-zA-Z](?:_\w+|_\{\w+\})?=(?=.)")
_FRACTION = re.compile(r"\\frac(?:\{(-?[\d.]+)\}|(\d))(?:\{(-?[\d.]+)\}|(\d))")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?%?")
_NUMBER = re.compile(r"([-+]?)(?:(\d+)\s+)?(\d+|\d*\.\d+|\d+\.)(?:/(\d+(?:\.\d+)?))?(%?)")
_LONGEST = 400
"""Digits of a number that is read as one; what is longer stays text."""
_PASSES = 20
_DEEPEST = 20
"""Brackets within brackets that are looked into."""
_PLAIN = {
    **{r"\dfrac": r"\frac", r"\tfrac": r"\frac"},
    **{"{,}": ",", r"\{": "{", r"\}": "}", r"\%": "%", r"\$": "", r"^\circ": "", "°": "", "−": "-", "⁄": "/"},
}
_OPEN, _SHUT = "([{", ")]}"


def key(answer: str) -> str:
    """The key of an answer; empty for one that says nothing. Never raises."""
    # What one sign hid from another comes to light once it is gone: until nothing changes, so that a key is its own.
    for _ in range(_PASSES):
        before, answer = answer, _once(answer)
        if answer == before:
            break
    return answer


def _once(answer: str) -> str:
    text = unicodedata.normalize("NFKC", _raised(answer)).translate(_FULL_WIDTH_STOPS).strip()
    for sign, plain in _PLAIN.items():
        text = text.replace(sign, plain)
    text = _ONE_RAISED.sub(r"\1\2", _ROOT.sub(r"\\sqrt{\1}", _TEXT.sub(r" \1 ", text)))
    text = _DROPPED.sub("", text).strip().rstrip(".").strip()
    # Words behind a value are its unit; what is all there is, or stands between values, says something.
    return _key(_NAMED.sub("", re.sub(r"\s*=\s*", "=", _UNIT.sub("", text))), _DEEPEST)


def _raised(text: str) -> str:
    """What NFKC would set beside a number as if it were its figures: powers, indices, and fractions in one sign."""
    if text.isascii():
        return text
    text = _LOWERED.sub(r"_{\g<0>}", _RAISED.sub(r"^{\g<0>}", text))
    parts = (f" {one} " if unicodedata.decomposition(one).startswith("<fraction>") else one for one in text)
    return "".join(parts)


def _key(text: str, deep: int) -> str:
    text = text.strip()
    number = _number(text)
    if number is not None:
        return str(number)
    inner = _bracketed(text) if deep else None
    if inner is not None:
        parts = [_key(part, deep - 1) for part in _split(inner)]
        if text[0] == "{":
            return "{" + ";".join(sorted(set(parts))) + "}"
        return text[0] + ";".join(parts) + text[-1]
    parts = _split(text)
    if deep and len(parts) > 1 and all(parts):
        return ";".join(sorted(_key(part, deep - 1) for part in parts))
    plain = re.sub(r"\s+", "", _FRACTION.sub(_written, text))
    return plain.lower() if len(plain) > 1 and plain.isalpha() else plain


def _number(text: str) -> Fraction | None:
    """The exact value; None for what is no number."""
    if len(text) > _LONGEST:
        return None
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    text = re.sub(r"(?<=\d)(?=\\frac)", " ", text)
    whole = _FRACTION.sub(_written, text)
    match = _NUMBER.fullmatch(whole.replace("- ", "-").replace("+ ", "+"))
    if match is None:
        return None
    sign, mixed, above, below, percent = match.groups()
    if mixed is not None and below is None:
        return None
    try:
        value = Fraction(above) / (Fraction(below) if below else 1)
    except ZeroDivisionError:
        return None
    value = (value + int(mixed or 0)) / (100 if percent else 1)
    return -value if sign == "-" else value


def _written(match: re.Match[str]) -> str:
    """A fraction of figures as it is written in a line, the sign in front."""
    above, below = match[1] or match[2], match[3] or match[4]
    negative = (above[0] == "-") != (below[0] == "-")
    return ("-" if negative else "") + f"{above.lstrip('-')}/{below.lstrip('-')}"


def _bracketed(text: str) -> str | None:
    """What stands within one pair of brackets around all of it."""
    if len(text) < 2 or text[0] not in _OPEN or text[-1] not in _SHUT or "\\" in text[:1]:
        return None
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign in _OPEN) - (sign in _SHUT)
        if depth == 0:
            return text[1:-1] if at == len(text) - 1 and (text[0] == "{") == (text[-1] == "}") else None
    return None


def _split(text: str) -> list[str]:
    """At commas and semicolons outside of brackets; a thousand's comma parts nothing."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in _OPEN) - (sign in _SHUT)
        if sign in ",;" and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]
