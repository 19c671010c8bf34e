"""Which language a text is in, as far as the brief needs to know."""

import re

__all__ = ["cjk_share", "language"]

_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]+")


def cjk_share(text: str) -> float:
    """Share of Han characters among Han characters and Latin words, 0 to 1; 0 for a text with neither."""
    han = len(_HAN.findall(text))
    words = len(_LATIN_WORD.findall(text))
    return han / (han + words) if han + words else 0.0


def language(text: str) -> str:
    """``zh`` or ``en``: Chinese technology news is full of Latin names, so a quarter of Han is Chinese."""
    return "zh" if cjk_share(text) >= 0.25 else "en"
