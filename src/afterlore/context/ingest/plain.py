"""Plain text: its title, the chapters it names itself, its paragraphs. Underlined headings (reStructuredText) count."""

import re

from afterlore.context.ingest.markdown import plain_title
from afterlore.context.ingest.sections import Outline, nested

__all__ = ["paragraph_starts", "read_plain"]

_CHAPTER = re.compile(
    r"^[ \t　]*((?P<part>第[零一二三四五六七八九十百千两\d]{1,7}[卷部篇]|(?:PART|Part|BOOK|Book)[ \t]+[\dIVXLC]{1,7}\b)"
    r"|第[零一二三四五六七八九十百千两\d]{1,7}[章回节]|(?:CHAPTER|Chapter)[ \t]+[\dIVXLC]{1,7}\b)[^\n。！？]{0,40}$",
    re.MULTILINE,
)
_UNDERLINED = re.compile(r"^(\S[^\n]{0,118})\n(?P<mark>[=\-~^\"'`#*+])(?P=mark){2,}[ \t]*$", re.MULTILINE)
_OVERLINE = re.compile(r"^[=\-~^\"'`#*+]{3,}[ \t]*\n\Z", re.MULTILINE)
_PARAGRAPH = re.compile(r"\n[ \t]*\n+(?=[^\n])")
_HEADLINE = re.compile(r"\S.{1,98}[^\s。！!；;，,：:]")


def read_plain(text: str, fallback: str) -> Outline:
    """The outline of a text. Its title is a first line that stands alone and reads like one, or ``fallback``."""
    found = _underlined(text) or _chapters(text)
    cuts = paragraph_starts(text)
    if len(cuts) * 20_000 < len(text):
        # No paragraphs to speak of (a log, a table): lines do.
        cuts = [match.end() for match in re.finditer(r"\n", text)]
    title = fallback
    if found and not text[: found[0][2]].strip(" \n=-~#*+") and sum(one[0] == found[0][0] for one in found) == 1:
        title = found.pop(0)[1]
    elif match := re.match(r"\s*(\S[^\n]*)\n[ \t]*\n", text):
        line = match[1].strip()
        title = line if _HEADLINE.fullmatch(line) else fallback
    root = nested(title, len(text), found)
    return Outline(text, root, cuts, "text/plain", ".txt")


def paragraph_starts(text: str) -> list[int]:
    """Offsets at which a paragraph begins, the first one's left out."""
    return [match.end() for match in _PARAGRAPH.finditer(text)]


def _chapters(text: str) -> list[tuple[int, str, int, int]]:
    found = [
        (1 if match["part"] else 2, " ".join(match[0].split()), match.start(), min(len(text), match.end() + 1))
        for match in _CHAPTER.finditer(text)
    ]
    return found if len(found) >= 2 else []


def _underlined(text: str) -> list[tuple[int, str, int, int]]:
    levels: dict[tuple[str, bool], int] = {}
    found = []
    for match in _UNDERLINED.finditer(text):
        title, under = match[1].rstrip(), match[0].rpartition("\n")[2].rstrip()
        if len(under) < len(title.encode("utf-8")) // 2 or not re.search(r"\w", title):
            continue
        over = _OVERLINE.search(text, max(0, match.start() - 130), match.start())
        level = levels.setdefault((match["mark"], over is not None), len(levels) + 1)
        title = plain_title(title) or title
        found.append((level, title, over.start() if over else match.start(), min(len(text), match.end() + 1)))
    return found
