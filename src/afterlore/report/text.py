"""Text from anywhere made harmless to look at: what cannot be seen is taken out, so that it cannot reorder or hide.

Escaping is the template's affair; this is about characters that escaping lets through. Bidirectional controls turn
``gpj.exe`` into ``exe.jpg``; zero-width characters make two names look like one; controls are not allowed in XML at
all; a pile of combining marks covers the lines above and below. What it does not do: tell look-alike letters apart.
"""

import re

__all__ = ["clean", "one_line"]

# Unicode's Default_Ignorable_Code_Point, the controls, the surrogates, the noncharacters of the basic plane and the
# line and paragraph separators, less what a text needs: tab, newline, and the variation selectors (a kind of mark).
_UNSEEN = re.compile(
    "["
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad"
    "\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\ufdd0-\ufdef\u034f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
    "]"
)
_BREAK = re.compile("[\x0b\x0c\r\x1c-\x1f\x85\u2028\u2029]")
# The joiner of emoji families joins nothing else here.
_EMOJI = "\u2190-\u2bff\U0001f000-\U0001faff"
_JOINER = re.compile(f"(?<![{_EMOJI}])(?<![{_EMOJI}]\ufe0f)\u200d|\u200d(?![{_EMOJI}])")
_MARK = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f"
_PILE = re.compile(f"([{_MARK}]{{3}})[{_MARK}]+")


def clean(text: str) -> str:
    """The text without what cannot be seen; ``clean(clean(t)) == clean(t)``. Newlines and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    seen = _UNSEEN.sub("", _BREAK.sub("\n", text.replace("\r\n", "\n")))
    return _PILE.sub(r"\1", _JOINER.sub("", seen))


def one_line(text: str) -> str:
    """``clean``, with every run of white space as one space and none at the ends: for titles, names and headers."""
    return " ".join(clean(text).split())
