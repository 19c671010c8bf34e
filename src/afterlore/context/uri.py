"""Addresses of the context tree: ``ctx://resources/guide/setup.md``, also written ``viking://…``.

A name has one identity. It is kept in Unicode NFC, so the two normal forms of "é" are one name. Names that differ only
by case, width, compatibility form or by a letter of another script that looks the same (Cyrillic "а", Greek "ο") share
a ``key``: a folder holds at most one of them, and asking for one under the spelling of another is an error that shows
the spelling that is there. Characters that cannot be seen are refused. What it does not do: percent-decoding (``%2e``
is three characters of a name), and telling apart look-alikes within one script (``rn`` and ``m``, ``l`` and ``1``).
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from afterlore.core import InputError

__all__ = ["MAX_DEPTH", "MAX_NAME", "ROOT", "SCOPES", "UNSEEN", "Uri", "check_name", "key_of"]

SCOPES = ("resources", "user", "agent")
"""The top of the tree; nothing else stands there."""
MAX_NAME = 255
"""Bytes of a name in UTF-8, as file systems have it."""
MAX_DEPTH = 64
_SCHEME = re.compile(r"(?:ctx|viking)://", re.IGNORECASE)
_RESERVED = frozenset({".abstract.md", ".overview.md"})
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\ufdd0-\ufdef\U000e0000-\U000e0fff]"
)
"""Characters that no name holds: they cannot be seen, or are none."""
# Between a text and an emoji form of one character.
_SELECTORS = re.compile("[\ufe00-\ufe0f]")
# Letters of Cyrillic and Greek that print as Latin ones do, after case folding.
_ALIKE = str.maketrans(
    "аеорсухіјѕһԁԛԝвкмнтгбзіїґοανικρτυχγ",
    "aeopcyxijshdqwbkmhtr63iïroavikptuxy",
)


def key_of(name: str) -> str:
    """What names of one folder must differ in."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    folded = _SELECTORS.sub("", folded)
    return folded if folded.isascii() else unicodedata.normalize("NFC", folded.translate(_ALIKE))


def check_name(name: str) -> str:
    """The name in NFC. Raises InputError that says what is wrong with it."""
    unseen = UNSEEN.search(name)
    if unseen:
        shown = f"U+{ord(unseen[0]):04X}"
        raise InputError(f"the name {name[:80]!r} holds {shown}, which cannot be seen; take it out")
    name = unicodedata.normalize("NFC", name)
    if name in {"", ".", ".."}:
        raise InputError(f"{name!r} is not a name; write the whole address without '.', '..' and empty parts")
    if name != name.strip() or "/" in name or "\\" in name:
        raise InputError(f"the name {name[:80]!r} holds a slash, a backslash or space at an end; take it out")
    size = len(name.encode())
    if size > MAX_NAME:
        raise InputError(
            f"the name {name[:40] + '…'!r} has {size} bytes in UTF-8; at most {MAX_NAME} are kept: shorten it"
        )
    return name


@dataclass(frozen=True, slots=True)
class Uri:
    """A place in the tree, whether or not something is there. ``str`` gives the ``ctx://`` form."""

    parts: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: "str | Uri", *, user: str = "default") -> "Uri":
        """Read an address. ``ctx://`` and ``viking://`` are the same, ``~`` is ``user/{user}``, one slash at the end is
        allowed, and without a scheme the address starts at the root. Raises InputError.
        """
        return text if isinstance(text, Uri) else _parse(text, user)

    def __str__(self) -> str:
        return "ctx://" + "/".join(self.parts)

    def __truediv__(self, name: str) -> "Uri":
        return Uri.of((*self.parts, name))

    @classmethod
    def of(cls, parts: tuple[str, ...]) -> "Uri":
        """The address of these names, each checked. Raises InputError."""
        parts = tuple(check_name(part) for part in parts)
        if parts and parts[0] not in SCOPES:
            raise InputError(f"{parts[0]!r} is not at the top of the tree; start with one of {', '.join(SCOPES)}")
        if len(parts) > MAX_DEPTH:
            raise InputError(f"an address of {len(parts)} names; at most {MAX_DEPTH} are kept: make the tree flatter")
        return cls(parts)

    @property
    def name(self) -> str:
        """The last name; empty for the root."""
        return self.parts[-1] if self.parts else ""

    @property
    def parent(self) -> "Uri":
        """One up; the root's parent is the root."""
        return Uri(self.parts[:-1])

    def within(self, other: "Uri") -> bool:
        """Whether this is ``other`` or stands below it."""
        return self.parts[: len(other.parts)] == other.parts

    def refuse_reserved(self) -> None:
        """Raises InputError for names that are views of a folder's levels."""
        for name in self.parts:
            if key_of(name) in _RESERVED:
                raise InputError(f"{name!r} is a view of its folder's level; write the folder's content instead")


@lru_cache(maxsize=4096)
def _parse(text: str, user: str) -> Uri:
    scheme = _SCHEME.match(text)
    if not scheme and "://" in text:
        raise InputError(f"{text[:80]!r} has another scheme; write ctx://… or viking://…")
    rest = text[scheme.end() if scheme else 0 :]
    rest = rest.removeprefix("/") if not scheme else rest
    rest = rest.removesuffix("/")
    if not rest:
        return ROOT
    parts = tuple(rest.split("/"))
    if parts[0] == "~":
        parts = ("user", user, *parts[1:])
    return Uri.of(parts)


ROOT = Uri()
