"""Spellings that mean the same made the same, one character for one, so that offsets stay those of the text."""

from functools import lru_cache

__all__ = ["normalize", "skeleton"]

_TABLE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_TABLE |= {ord("\u3000"): 32, ord("\u00a0"): 32, ord("\u202f"): 32, ord("\u2009"): 32, ord("￥"): ord("¥")}
_TABLE |= {ord(a): ord(b) for a, b in zip("‘’‚‛", "''''", strict=True)}
_TABLE |= {ord(a): ord(b) for a, b in zip("「」『』＂„", '“”“”"“', strict=True)}
_TABLE |= {ord(a): ord(b) for a, b in zip("–—−‐‑﹣〜～∼", "-----" + "-~~~", strict=True)}
_TABLE |= {ord("％"): ord("%"), ord("﹪"): ord("%"), ord("×"): ord("x"), ord("✕"): ord("x")}
# These full-width marks divide Chinese clauses; their ASCII twins are also parts of numbers and addresses.
for _mark in "，。；：？！（）":
    _TABLE.pop(ord(_mark), None)
_TABLE[ord("（")] = ord("(")
_TABLE[ord("）")] = ord(")")


def normalize(text: str) -> str:
    """Full width to half width, one kind of quote, dash and space. Always as long as ``text``."""
    return text.translate(_TABLE)


@lru_cache(maxsize=8192)
def skeleton(text: str) -> str:
    """Only letters, digits and what changes a figure, lower case: what must agree when words are called verbatim."""
    plain = normalize(text).lower()
    last = len(plain) - 1
    return "".join(
        char
        for i, char in enumerate(plain)
        if char.isalnum()
        or char in "%$¥€£"
        or (char == "." and 0 < i < last and plain[i - 1].isdigit() and plain[i + 1].isdigit())
    )
