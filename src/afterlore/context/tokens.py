"""From text to terms, the same for what is stored and for what is asked.

Chinese, Japanese and Korean runs give each character and each pair of neighbours; other letters and digits give words,
folded (NFKC, lower case, without accents, ``ł`` as ``l``), English endings taken off. A name with a version is also one
term: ``GPT-5.4`` gives ``gpt``, ``5``, ``4`` and ``gptǀ5ǀ4``, so that it is found as it is written. A term holds
letters and digits alone, so the ``unicode61`` tokenizer of SQLite leaves it whole.

The endings follow the S-stemmer of Harman, "How effective is suffixing?", 1991, and also take off -ed and -ing. Other
languages than English are not stemmed.
"""

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from afterlore.text.tokens import CJK as _CJK
from afterlore.text.tokens import count_tokens

__all__ = ["STOP_WORDS", "count_tokens", "is_cjk", "query_terms", "term_counts", "terms"]

_RUN = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+(?:[-._][^\W_{_CJK}]+)*")
_ASCII_RUN = re.compile("[a-z0-9]+(?:[-._][a-z0-9]+)*")
_PART = re.compile(r"[-._]")
_ONE_CJK = re.compile(f"[{_CJK}]")
_MARK = re.compile("[\u0300-\u036f]")
# Letters that Unicode does not take apart, as they are written where a keyboard lacks them.
_PLAIN = str.maketrans(
    dict(zip("łŁøØđĐħĦıŧŦðÐ", "lLoOdDhHitTdD", strict=True))
    | {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "þ": "th", "Þ": "Th"}
)
_JOIN = "\u01c0"
"""A letter to SQLite (category Lo), and no letter of a word."""
_LONGEST = 64
"""Characters of a term; what is longer is no word."""
_STOP_WORD_LIST = """
a an the of to in on for and or is are was were be been by as at from that this it its has have had will would can not
but we you they he she his her their our i if so than then also do does did what when where who whom which how why with
about into me my your there these those
"""
STOP_WORDS = frozenset(_STOP_WORD_LIST.split())
"""English words that say nothing of what is asked; left out of a query that holds others."""


def is_cjk(term: str) -> bool:
    """Whether a term is of the second column: characters and pairs rather than words."""
    return _ONE_CJK.match(term) is not None


def terms(text: str) -> list[str]:
    """The terms in order, duplicates kept."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        if not text.isascii():
            text = unicodedata.normalize("NFC", _MARK.sub("", unicodedata.normalize("NFD", text)).translate(_PLAIN))
    found: list[str] = []
    # Strings alone cost half of what matches do, and most texts of any length are ASCII.
    runs = _ASCII_RUN.findall(text.lower()) if text.isascii() else (match[0] for match in _RUN.finditer(text.lower()))
    for run in runs:
        if run.isascii() and run.isalnum():
            found.append(_stem(run[:_LONGEST]))
        elif is_cjk(run):
            found.extend(run)
            found.extend(run[i : i + 2] for i in range(len(run) - 1))
        elif run.isalnum():
            found.append(_stem(run[:_LONGEST]))
        else:
            parts = _PART.split(run)
            found.extend(_stem(part[:_LONGEST]) for part in parts)
            if any(char.isdigit() for char in run):
                found.append(_JOIN.join(parts)[:_LONGEST])
    return found


def term_counts(text: str) -> Counter[str]:
    """How often each term occurs."""
    return Counter(terms(text))


def query_terms(text: str) -> list[str]:
    """What a query asks for, each once, in order. Stop words count only when there is nothing else."""
    found = list(dict.fromkeys(terms(text)))
    said = [term for term in found if term not in STOP_WORDS]
    return said or found


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    if len(word) < 4 or not (word.isascii() and word.isalpha()):
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("s") and word[-2] not in "su":
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and re.search("[aeiouy]", word[: -len(ending)]):
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if len(word) > 4 and word.endswith("e") else word
