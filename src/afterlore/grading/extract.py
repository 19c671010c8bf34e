r"""The answer in a worked solution: the last ``\boxed{…}`` that is closed, else what follows the last phrase that
announces an answer, in English or Chinese.
"""

import re
from collections.abc import Iterator

__all__ = ["boxes", "final_answer"]

_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")
_PHRASE = re.compile(
    r"\b(?:final\s+)?answer(?:\s+is|\s*[:：=])\s*[:：]?\s*|(?:最终)?(?:答案|结果)\s*(?:是|为|[:：=])\s*[:：]?\s*",
    re.IGNORECASE,
)
# A full stop ends it, one within a number does not.
_END = re.compile(r"\n|。|；|;|\.(?!\d)|，(?!\d)")
_AROUND = " \t\r*$`'\"“”"


def boxes(text: str) -> list[str]:
    r"""What stands in each ``\boxed{…}`` or ``\fbox{…}`` that is closed, in order; of nested ones the outer."""
    return list(_boxes(text))


def _boxes(text: str) -> Iterator[str]:
    at = 0
    while (found := _BOX.search(text, at)) is not None:
        end = _closing(text, found.end())
        if end is None:
            # Cut off; a whole box may follow all the same.
            at = found.end()
            continue
        yield text[found.end() : end].strip()
        at = end + 1


def _closing(text: str, start: int) -> int | None:
    """Where the brace that was opened before ``start`` is closed; those behind a backslash are signs of a set."""
    depth, at = 1, start
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at
        at += 1
    return None


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
