"""The words that say what a figure measures, and which of them exclude each other (``text/data/concepts.tsv``)."""

import re
from functools import lru_cache
from importlib.resources import files

__all__ = ["concepts", "english_words", "groups"]


@lru_cache(maxsize=1)
def _lexicon() -> tuple[dict[str, list[tuple[str, str]]], dict[str, str], dict[str, str], int]:
    """(first character → [(Chinese form, key)] longest first, English form → key, key → group, longest
    English form in words)."""
    han: dict[str, list[tuple[str, str]]] = {}
    english: dict[str, str] = {}
    group_of: dict[str, str] = {}
    for line in files("afterlore.text").joinpath("data/concepts.tsv").read_text("utf-8").splitlines():
        if line.startswith("#") or line.count("\t") != 2:
            continue
        group, key, forms = line.split("\t")
        key = "#" + key
        if group != "-":
            group_of[key] = group
        for form in forms.split("|"):
            if form.isascii():
                english.setdefault(form.lower(), key)
            else:
                han.setdefault(form[0], []).append((form, key))
    for listed in han.values():
        listed.sort(key=lambda item: -len(item[0]))
    return han, english, group_of, max(form.count(" ") + 1 for form in english)


def groups() -> dict[str, str]:
    """Concept key → the group whose keys exclude each other."""
    return _lexicon()[2]


def english_words() -> frozenset[str]:
    """The single English words of the table, in lower case."""
    return frozenset(form for form in _lexicon()[1] if form.isalpha())


def concepts(plain: str) -> list[tuple[int, int, str]]:
    """(start, end, key) of the known words of a normalised sentence, longest match first."""
    han, english, _, longest = _lexicon()
    found: list[tuple[int, int, str]] = []
    i = 0
    while i < len(plain):
        step = 1
        for form, key in han.get(plain[i], ()):
            if plain.startswith(form, i):
                found.append((i, i + len(form), key))
                step = len(form)
                break
        i += step
    tokens = [(m.start(), m.end(), m[0].lower()) for m in re.finditer(r"[A-Za-z]+(?:-[A-Za-z]+)*", plain)]
    i = 0
    while i < len(tokens):
        step = 1
        for size in range(min(longest, len(tokens) - i), 0, -1):
            phrase = " ".join(token[2] for token in tokens[i : i + size])
            hit = english.get(phrase) or (english.get(phrase[:-1]) if phrase.endswith("s") else None)
            if hit:
                found.append((tokens[i][0], tokens[i + size - 1][1], hit))
                step = size
                break
        i += step
    return sorted(found)
