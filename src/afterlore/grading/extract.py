r"""The answer in a worked solution: the last ``\boxed{…}`` that is closed, else what follows the last phrase that
announces an answer, in English or Chinese.
"""

import re

__all__ = ["boxes", "final_answer"]

# Braces behind a backslash are signs of a set.
_SIGN = re.compile(r"\\(?:boxed|fbox)\s*\{|\\.|[{}]", re.DOTALL)
_PHRASE = re.compile(
    r"\b(?:final\s+)?answer(?:\s+is|\s*[:：=])\s*[:：]?\s*|(?:最终)?(?:答案|结果)\s*(?:是|为|[:：=])\s*[:：]?\s*",
    re.IGNORECASE,
)
# A full stop ends it, one within a number does not.
_END = re.compile(r"\n|。|；|;|\.(?!\d)|，(?!\d)")
_AROUND = " \t\r*$`'\"“”"


def boxes(text: str) -> list[str]:
    r"""What stands in each ``\boxed{…}`` or ``\fbox{…}`` that is closed, in order; of nested ones the outer."""
    open_: list[tuple[bool, int]] = []
    closed: list[tuple[int, int]] = []
    for sign in _SIGN.finditer(text):
        if sign[0] == "}":
            if open_ and (place := open_.pop())[0]:
                closed.append((place[1], sign.start()))
        elif sign[0].endswith("{") and sign[0] != r"\{":
            open_.append((sign[0] != "{", sign.end()))
    outer: list[tuple[int, int]] = []
    for start, end in sorted(closed):
        if not outer or start > outer[-1][1]:
            outer.append((start, end))
    return [text[start:end].strip() for start, end in outer]


def final_answer(text: str) -> str:
    """The answer as it stands there, without the signs around it; empty when there is none."""
    found = [box for box in boxes(text) if box]
    if found:
        return found[-1]
    announced = list(_PHRASE.finditer(text))
    if not announced:
        return ""
    rest = text[announced[-1].end() :]
    end = _END.search(rest)
    return rest[: end.start() if end else None].strip(_AROUND)
