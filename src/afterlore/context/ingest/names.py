"""Names that are safe as one part of a path, and unique among siblings.

A file keeps its name whenever it can. Two spellings of one name (composed and decomposed, upper and lower case, Latin
"a" and Cyrillic "а") are two files on disk and stay two nodes: the second carries six digits of its raw name's hash, so
that it is found under the same name on the next import.
"""

import re
import unicodedata
from collections.abc import Iterable

from afterlore.context.uri import MAX_NAME, UNSEEN, key_of
from afterlore.core import digest

__all__ = ["Names", "one_line", "safe_name", "section_name", "siblings"]

_SECTION = 60
"""Characters of a name that is made from a heading."""
# Controls, and format characters that show nothing or turn the reading direction; zero-width joiners among them, which
# are spelling in some scripts, but never what tells two files apart on purpose.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_NOT_IN_HEADINGS = re.compile(r"[^\w.+@&·-]+")


def safe_name(raw: str) -> str:
    """The name with what is unsafe taken out: separators, controls, invisible characters, white space at its ends.

    ``.``, ``..`` and names that come out empty become ``_``; a name that is too long keeps its beginning, its extension
    and six digits of its hash. ``safe_name(safe_name(n)) == safe_name(n)``.
    """
    text = unicodedata.normalize("NFC", raw).replace("/", "_").replace("\\", "_")
    text = "".join(char for char in UNSEEN.sub("", text) if unicodedata.category(char) not in _INVISIBLE)
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    if not text.strip(". "):
        return "_"
    if len(text.encode()) <= MAX_NAME:
        return text
    stem, dot, extension = text.rpartition(".")
    if not stem or len(extension) > 12 or not extension.isalnum():
        stem, dot, extension = text, "", ""
    tail = f"~{digest(text)[:6]}{dot}{extension}"
    return _cut(stem, MAX_NAME - len(tail.encode())) + tail


def one_line(text: str, size: int = 500) -> str:
    """A title as it can be shown anywhere: one line of at most ``size`` characters, without controls, lone surrogates
    and marks that turn the reading direction.
    """
    if not text.isprintable():
        text = _UNSHOWN.sub(" ", text)
    return " ".join(text.split())[:size].rstrip()


def section_name(title: str, extension: str = "") -> str:
    """A readable name for a section, from its heading: words joined by ``-``, at most 60 characters before the
    extension.
    """
    text = _NOT_IN_HEADINGS.sub("-", unicodedata.normalize("NFC", title))
    text = re.sub(r"-{2,}", "-", text).strip("-.")
    if len(text) > _SECTION:
        text = text[:_SECTION].rpartition("-")[0] if "-" in text[_SECTION // 2 : _SECTION] else text[:_SECTION]
    return safe_name((text.strip("-.") or "section") + extension)


class Names:
    """Gives names that are unique among siblings, in the order that they are asked for: ``a.md``, ``a-2.md``,
    ``A-3.md``.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def take(self, name: str) -> str:
        """``name``, numbered if it is taken."""
        found, key = name, key_of(name)
        if key in self._taken:
            stem, dot, extension = name.rpartition(".") if "." in name[1:] else (name, "", "")
            number = self._next.get(key, 2)
            while key_of(found := _numbered(stem, number, dot + extension)) in self._taken:
                number += 1
            self._next[key] = number + 1
        self._taken.add(key_of(found))
        return found


def siblings(raw: Iterable[str]) -> dict[str, str]:
    """The safe name of each raw name of one folder. A name that is safe already is kept unless one that looks the same
    or differs in case alone comes before it.
    """
    names = sorted(set(raw), key=lambda name: (safe_name(name) != name, name))
    given: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        safe = safe_name(name)
        if key_of(safe) in taken:
            stem, dot, extension = safe.rpartition(".") if "." in safe[1:] else (safe, "", "")
            safe = _cut(stem, MAX_NAME - 7 - len((dot + extension).encode())) + f"~{digest_raw(name)}{dot}{extension}"
        taken.add(key_of(safe))
        given[name] = safe
    return given


def digest_raw(name: str) -> str:
    """Six hexadecimal digits of a raw name, whatever bytes it holds."""
    return digest(name.encode("utf-8", "surrogateescape"))[:6]


def _numbered(stem: str, number: int, extension: str) -> str:
    tail = f"-{number}{extension}"
    return _cut(stem, MAX_NAME - len(tail.encode())) + tail


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode("utf-8", "ignore").rstrip(" .")
