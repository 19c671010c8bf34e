"""Keeping a key out of what is shown and stored, also where an endpoint says it back."""

import json
from urllib.parse import quote, quote_plus

__all__ = ["STRUCK", "Scrubber", "plain"]

STRUCK = "***"
_SHORTEST = 8
"""Characters; what is shorter (``EMPTY``, ``ollama``) is a placeholder, and a word that texts may hold."""


class Scrubber:
    """Strikes one key out, as it is and as URLs and JSON spell it. Not covered: a key in pieces or encoded."""

    def __init__(self, key: str) -> None:
        spelled = {key, quote(key, safe=""), quote_plus(key), json.dumps(key)[1:-1]} if len(key) >= _SHORTEST else set()
        self._texts = sorted(spelled, key=len, reverse=True)
        self._bytes = [text.encode() for text in self._texts]

    def text(self, value: str) -> str:
        """Without the key."""
        for secret in self._texts:
            value = value.replace(secret, STRUCK)
        return value

    def bytes(self, value: bytes) -> bytes:
        """Without the key."""
        for secret in self._bytes:
            value = value.replace(secret, STRUCK.encode())
        return value


def plain(text: str, limit: int = 300) -> str:
    """One line that a terminal shows as it is, cut to ``limit`` characters."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[: 4 * limit]).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
