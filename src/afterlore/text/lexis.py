"""Words and public names: the table of names with their spellings, and the cut of a Chinese sentence into words."""

from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import rjieba

from afterlore.text.normalize import normalize

__all__ = ["Name", "Word", "aliases", "cutter", "words"]


class Name(NamedTuple):
    """``text == source[start:end]``."""

    start: int
    end: int
    text: str
    key: str
    """The same for all spellings of one thing: the table's first form, or the name in lower case."""
    kind: str
    """org | person | place | product | latin | word."""
    strong: bool
    """Whether its absence from the sources means that the claim names something they do not."""


@lru_cache(maxsize=1)
def aliases() -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, ...]]]:
    """(form in lower case → (key, kind), key → all forms in lower case) of the public names."""
    forms: dict[str, tuple[str, str]] = {}
    of_key: dict[str, tuple[str, ...]] = {}
    table = files("afterlore.text").joinpath("data/aliases.tsv").read_text("utf-8")
    for line in table.splitlines():
        if line.startswith("#") or "\t" not in line:
            continue
        kind, spelt = line.split("\t")
        listed = [form.strip().lower() for form in spelt.split("|")]
        key = listed[0]
        of_key[key] = tuple(listed)
        for form in listed:
            forms.setdefault(form, (key, kind))
    return forms, of_key


@lru_cache(maxsize=1)
def cutter() -> rjieba.Jieba:
    """The word cutter, with the public names in its dictionary."""
    cutter = rjieba.Jieba()
    for form in aliases()[0]:
        if not form.isascii() and len(form) > 1:
            cutter.add_word(form, 100000, "nz")
    for word in (
        "领投",
        "跟投",
        "参投",
        "开源",
        "闭源",
        "上线",
        "月活",
        "日活",
        "端侧",
        "云端",
        "智能体",
        "大模型",
        "具身智能",
        "算力",
    ):
        cutter.add_word(word, 20000, "n")
    return cutter


class Word(NamedTuple):
    """One token of a Chinese sentence with its part of speech."""

    start: int
    text: str
    tag: str


@lru_cache(maxsize=8192)
def words(text: str) -> tuple[Word, ...]:
    """The tokens of a sentence with offsets into it."""
    out = []
    at = 0
    for token, tag in cutter().tag(normalize(text)):
        out.append(Word(at, token, tag))
        at += len(token)
    return tuple(out)
