"""Where a line of a Chinese headline may break: between words, as a typesetter would, not within them.

Browsers break Chinese anywhere. What it does not do: weigh one place against another.
"""

from afterlore.text.lexis import cutter

__all__ = ["phrases"]

_CLOSING = "，。！？；：、”’」』）》】〉…—·,.!?;:)]}%％/"
_OPENING = "“‘「『（《【〈([{$¥￥#@/"


def phrases(text: str) -> list[str]:
    """The text in pieces between which a line may break; joined they are the text."""
    pieces: list[str] = []
    for word in cutter().cut(text):
        if pieces and not _parts(pieces[-1][-1], word[0]):
            pieces[-1] += word
        else:
            pieces.append(word)
    return pieces


def _parts(before: str, after: str) -> bool:
    """Whether a line may end between two characters; a space is a place of its own, which browsers know."""
    if after in _CLOSING or before in _OPENING or before.isspace() or after.isspace():
        return False
    if before in _CLOSING:
        return not before.isascii()
    # A figure stays with its unit and a name with its version; and a place to break would part Latin letters from the
    # space that browsers set between them and Chinese ones.
    return not (before.isascii() or after.isascii())
