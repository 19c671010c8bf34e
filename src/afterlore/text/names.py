# ruff: noqa: E501
# A pattern or a word list is read as a whole: breaking it over lines hides what it matches.
"""Names in Chinese and English sentences, and which names are the same thing.

A name is taken for one only on evidence: the table of public names (``data/aliases.tsv``), Latin spelling with capitals or
digits, an organisation's suffix behind a word that is no common noun, a person beside a title or a verb of saying, or an
unknown word that stands as the subject of a verb of news. Everything else is ordinary language. What is not covered: names made
of common words only, and transliterations that the table does not hold.
"""

import re
from functools import lru_cache

from afterlore.text.chinese_names import chinese_names, people
from afterlore.text.lexis import Name, aliases, words
from afterlore.text.normalize import normalize
from afterlore.text.wordlists import COMMON_CAPITALS, NOT_NAMES

__all__ = ["Name", "aliases", "names", "occurs", "words"]

_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f][A-Za-z0-9\u00c0-\u024f]*(?:[-.+&_'/][A-Za-z0-9\u00c0-\u024f]+)*\+*")


def _is_chinese(text: str) -> bool:
    return bool(re.search(r"[\u4e00-\u9fff]", text))


@lru_cache(maxsize=1)
def _latin_aliases() -> re.Pattern[str]:
    forms = sorted((form for form in aliases()[0] if form.isascii() and len(form) > 1), key=len, reverse=True)
    first = [form for form in forms if " " in form or "." in form or "-" in form or "'" in form]
    return re.compile(r"(?<![A-Za-z0-9])(?:" + "|".join(map(re.escape, first)) + r")(?![A-Za-z0-9])", re.I)


def _latin(text: str, plain: str) -> list[Name]:
    found: list[Name] = []
    chinese = _is_chinese(text)
    forms = aliases()[0]
    covered = [False] * len(plain)
    for match in _latin_aliases().finditer(plain):
        if not any(char.isupper() for char in match[0]):
            continue
        key, kind = forms[match[0].lower()]
        found.append(Name(match.start(), match.end(), match[0], key, kind, True))
        covered[match.start() : match.end()] = [True] * (match.end() - match.start())
    initial = _initials(plain)
    for match in _LATIN.finditer(plain):
        if covered[match.start()]:
            continue
        word = match[0]
        start, end = match.span()
        if word.endswith("'s"):
            word, end = word[:-2], end - 2
        word = word.rstrip(".'/")
        end = start + len(word)
        lower = word.lower()
        known = forms.get(lower)
        upper = sum(char.isupper() for char in word)
        if known and (upper or known[1] != "place") and (upper or lower in {"vivo", "oppo"}):
            found.append(Name(start, end, word, *known, True))
            continue
        if (
            not upper
            or lower in NOT_NAMES
            or all(piece in NOT_NAMES for piece in lower.split("-"))
            or (len(word) == 1)
            or (start > 0 and plain[start - 1].isdigit())
        ):
            continue
        solid = upper > 1 or any(char.isdigit() for char in word) or not word[0].isupper()
        if (
            not chinese
            and not solid
            and (lower in COMMON_CAPITALS or (start in initial and _common(lower, plain, end)))
        ):
            continue
        if chinese and lower in COMMON_CAPITALS:
            continue
        # An acronym may stand for words that the sources spell out.
        acronym = chinese and word.isupper() and word.isalpha() and len(word) <= 5
        found.append(Name(start, end, word, lower, "latin", not acronym))
    return found


def _initials(plain: str) -> set[int]:
    """Where a capital says nothing: at the start of a sentence, a quotation or a title."""
    return {match.end() for match in re.finditer(r"(?:^|[.!?:;。：]\s+|[\"“”(•-]\s*)", plain)}


def _common(lower: str, plain: str, end: int) -> bool:
    if re.match(r"\s+[A-Z][a-z]*[^.]", plain[end:]):
        return lower in {
            "the",
            "a",
            "an",
            "in",
            "on",
            "at",
            "and",
            "but",
            "for",
            "from",
            "with",
            "this",
            "that",
            "its",
            "his",
            "her",
            "their",
            "our",
            "by",
            "as",
            "after",
            "since",
            "under",
            "over",
        }
    if re.search(
        r"(?:ing|ed|ly|tion|sion|ment|ness|ity|ers|ies|ists|ance|ence|ous|ive|able|als|ors|ants|ents|ics)$", lower
    ):
        return True
    return lower in COMMON_CAPITALS


@lru_cache(maxsize=8192)
def names(text: str) -> tuple[Name, ...]:
    """All names of a sentence, in order."""
    plain = normalize(text)
    found = _latin(text, plain)
    if _is_chinese(plain):
        found += chinese_names(plain, words(text))
        found += people(plain, words(text), found)
        for match in re.finditer(r"[“《]([^“”《》，。]{2,10})[”》]", plain):
            if not any(name.start < match.end(1) and match.start(1) < name.end for name in found):
                found.append(Name(match.start(1), match.end(1), match[1], match[1].lower(), "quoted", False))
    return tuple(sorted(found))


def occurs(name: Name, plain: str, latin: frozenset[str]) -> bool:
    """Whether a name occurs in normalised lower-case text whose Latin words are ``latin``, under any spelling."""
    for form in aliases()[1].get(name.key, ()):
        if (form in latin) if form.isascii() and form.isalnum() else (form in plain):
            return True
    lower = name.text.lower()
    if name.kind == "latin" or lower.isascii():
        if lower in latin or lower.replace("-", "") in latin or lower.replace("-", " ") in plain:
            return True
        if len(lower) > 3 and (lower.rstrip("s") in latin or lower + "s" in latin):
            return True
        pieces = [piece for piece in re.split(r"[-/.'_&]", lower) if piece]
        if len(pieces) > 1 and all(piece in latin for piece in pieces):
            return True
        return len(lower) >= 4 and re.search(rf"(?<![a-z0-9]){re.escape(lower)}", plain) is not None
    return lower in plain or name.key.lower() in plain
