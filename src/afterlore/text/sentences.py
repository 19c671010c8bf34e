"""Sentences of Chinese and English text, with exact offsets into the text they came from."""

import re
from typing import NamedTuple

__all__ = ["Sentence", "sentences"]


class Sentence(NamedTuple):
    """``text == source[start:end]``, with no white space at either end."""

    start: int
    end: int
    text: str


_CLOSERS = "”’」』）)】》〉]\"'"
# A sentence ends at 。！？… and their runs with the closing quotes behind them, at ; between long clauses never, at an
# English full stop only before white space and an opening capital, digit, quote or Chinese character.
_END = re.compile(
    rf"(?:[。！？!?]|……|\.{{3,}})+[{re.escape(_CLOSERS)}]*"
    rf"|(?<![A-Z])(?<!\b[A-Z][a-z])(?<!\bvs)(?<!\bNo)(?<!\bInc)(?<!\bCorp)(?<!\betc)\.[{re.escape(_CLOSERS)}]*(?=\s+[“‘\"'(]*[A-Z0-9\u4e00-\u9fff]|\s*$)"
)
_OPEN = {"“": "”", "「": "」", "『": "』", "（": "）", "《": "》"}


def sentences(text: str) -> list[Sentence]:
    """Split into sentences; a newline always ends one. A quotation of several sentences stays with the words around it
    as long as it is closed in the same paragraph within 200 characters.
    """
    found: list[Sentence] = []
    for line in re.finditer(r"[^\n]+", text):
        start = line.start()
        for match in _END.finditer(text, line.start(), line.end()):
            if match.end() <= start or _inside_quotation(text, start, match.end(), line.end()):
                continue
            _add(found, text, start, match.end())
            start = match.end()
        _add(found, text, start, line.end())
    return found


def _add(found: list[Sentence], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        found.append(Sentence(start, end, text[start:end]))


def _inside_quotation(text: str, start: int, at: int, line_end: int) -> bool:
    """Whether a bracket opened since ``start`` is still open at ``at`` and closes soon after."""
    open_at: list[tuple[str, int]] = []
    for i in range(start, at):
        char = text[i]
        if char in _OPEN:
            open_at.append((_OPEN[char], i))
        elif open_at and char == open_at[-1][0]:
            open_at.pop()
    if not open_at:
        return False
    closer, opened = open_at[0]
    return text.find(closer, at, min(line_end, opened + 200)) >= 0
