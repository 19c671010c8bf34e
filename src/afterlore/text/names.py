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
from importlib.resources import files
from typing import NamedTuple

import rjieba

from afterlore.text.normalize import normalize
from afterlore.text.wordlists import (
    COMMON_CAPITALS,
    GENERIC_PREFIX,
    NEWS_VERBS,
    NOT_NAMES,
    ORG_SUFFIX,
    PERSON_VERBS,
    SURNAMES,
    TITLES,
    TITLES_AHEAD,
)

__all__ = ["Name", "aliases", "names", "occurs", "words"]


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
def _cutter() -> rjieba.Jieba:
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
    for token, tag in _cutter().tag(normalize(text)):
        out.append(Word(at, token, tag))
        at += len(token)
    return tuple(out)


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


_CLAUSE_START = re.compile(
    r"(?:^|[，。；：、,;:“”\"(]|据悉|据了解|其中|而|但|以及|同时|由|被|向|与|和|对|据|竞争对手|对手|竞品|里|中)\s*$"
)
_BOUNDARY_TAGS = {"x", "v", "p", "c", "u", "ul", "uj", "d", "r", "t", "m", "ud", "uv", "uz", "vg", "y"}


def _chinese(plain: str, tokens: tuple[Word, ...]) -> list[Name]:
    forms = aliases()[0]
    found: list[Name] = []
    used = [False] * len(tokens)
    for i, word in enumerate(tokens):
        bare = re.sub(r"(?<=..)(?:地区|省|市|州)$", "", word.text)
        known = forms.get(word.text.lower()) or forms.get(bare)
        if known and not word.text.isascii():
            found.append(Name(word.start, word.start + len(word.text), word.text, *known, len(word.text) > 1))
            used[i] = True
    for i, word in enumerate(tokens):
        if used[i] or word.text.isascii():
            continue
        name = (
            _organisation(plain, tokens, used, i)
            or _person(plain, tokens, used, i)
            or _subject(plain, tokens, used, i)
            or _labelled(plain, tokens, used, i)
        )
        if name:
            found.append(name)
        elif (
            word.tag == "ns"
            and len(word.text) >= 3
            and word.text[-1] in "市省县州镇岛"
            and not re.search(r"^非|[上城股超都楼门夜集后入]市$", word.text)
        ):
            found.append(Name(word.start, word.start + len(word.text), word.text, word.text, "place", True))
    return found


def _organisation(plain: str, tokens: tuple[Word, ...], used: list[bool], i: int) -> Name | None:
    word = tokens[i]
    suffix = next((s for s in ORG_SUFFIX if word.text.endswith(s)), None) if word.text.endswith(ORG_SUFFIX) else None
    if suffix is None or (
        suffix == "云" and word.text == "云" and i + 1 < len(tokens) and tokens[i + 1].text[0] in "科智计"
    ):
        return None
    acts = bool(
        NEWS_VERBS.match(plain[word.start + len(word.text) :][:10])
        or TITLES_AHEAD.match(plain[word.start + len(word.text) :][:10])
    )
    own = word.text[: -len(suffix)]
    if own in GENERIC_PREFIX or (
        word.text in GENERIC_PREFIX and i + 1 < len(tokens) and tokens[i + 1].tag == "n" and not acts
    ):
        return None
    start, j, core = word.start, i, own
    while j > 0 and len(core) < 8 and not used[j - 1]:
        before = tokens[j - 1]
        lone = len(before.text) == 1
        opens = acts and before.tag not in {"v", "vn", "m", "q", "d"} and _opens(plain, before.start)
        if (
            before.text.isascii()
            or (before.text in GENERIC_PREFIX and not lone)
            or (before.tag in _BOUNDARY_TAGS and not lone and not opens)
        ):
            break
        if before.text in "个款家种项条名位台张次块" or (before.tag in {"v", "vn"} and not lone):
            break
        if (
            before.tag in {"x", "p", "c", "u", "ul", "uj", "m", "r", "d", "t", "y"}
            or before.text in "的了在与和及由将被为里中上下向对据这那该此获从把于给让是为有"
            or re.search(r"(?:季度|[月日年底末初]|半年)$", before.text)
        ):
            break
        if not lone and before.tag in {"v", "vn", "ad", "a", "b"} and _cutter().has_word(before.text) and not opens:
            break
        core = before.text + core
        start, j = before.start, j - 1
    if len(core) < 2 or core in GENERIC_PREFIX or core[0] in "这那该此本每某另":
        return None
    if suffix == "创投" and j == i - 1 and not own and len(core) == 2:
        acts = True
        opened = True
    else:
        opened = _opens(plain, start)
    institute = own and core == own and suffix in {"大学", "学院", "医院", "银行", "研究院", "科学院", "证券"}
    if (
        not institute
        and _generic(tokens[j:i], own)
        and not (acts and opened and not all(t.text in GENERIC_PREFIX for t in tokens[j:i]))
    ):
        return None
    if plain[start] in "年月日" and start and plain[start - 1].isdigit():
        start += 1  # 2026年云翎 cut in the wrong place
    end = word.start + len(word.text)
    for k in range(j, i + 1):
        used[k] = True
    return Name(start, end, plain[start:end], _core(plain[start:end]), "org", True)


def _core(text: str) -> str:
    """A name without its suffix: 远帆基金 and 远帆 are one."""
    for suffix in ORG_SUFFIX:
        if text.endswith(suffix) and len(text) - len(suffix) >= 2:
            return text[: -len(suffix)]
    return text


@lru_cache(maxsize=1)
def _measures() -> frozenset[str]:
    """Chinese words that say what is measured, and so name nobody."""
    table = files("afterlore.text").joinpath("data/concepts.tsv").read_text("utf-8")
    return frozenset(
        form for line in table.splitlines() if line.count("\t") == 2 for form in line.split("\t")[2].split("|")
    )


def _labelled(plain: str, tokens: tuple[Word, ...], used: list[bool], i: int) -> Name | None:
    """白桦模型, 瑞峦眼镜: a word that is no modifier of trade in front of a kind of product, opening a clause."""
    word = tokens[i]
    if (
        len(word.text) == 1
        and i + 1 < len(tokens)
        and len(tokens[i + 1].text) == 1
        and word.tag in {"n", "nr", "ng", "zg", "a", "vg"}
    ):
        word = Word(word.start, word.text + tokens[i + 1].text, "n")
    if word.text.endswith(("额", "率", "量", "数", "费", "价", "度", "期", "期间")):
        return None
    match = re.match(
        r"\s*(?:(?:得分?|为|以|则为?|拿到|约|达)\s*)?\d|(?:大?模型|芯片|眼镜|手机|音箱|机器人|汽车|电池|无人机|平台|助手|系统|浏览器)",
        plain[word.start + len(word.text) :],
    )
    if (
        not match
        or not _opens(plain, word.start)
        or not 2 <= len(word.text) <= 4
        or word.text in GENERIC_PREFIX
        or word.text in _measures()
    ):
        return None
    if word.tag not in {"n", "nr", "nz", "ns", "nrt", "nt", "i"} or not re.fullmatch(r"[\u4e00-\u9fff]+", word.text):
        return None
    used[i] = True
    return Name(word.start, word.start + len(word.text), word.text, word.text, "word", False)


def _opens(plain: str, start: int) -> bool:
    return bool(_CLAUSE_START.search(plain[max(0, start - 4) : start]))


def _generic(tokens: tuple[Word, ...], own: str) -> bool:
    """Whether all of a prefix is common nouns: 语音公司 names nobody."""
    texts = [token.text for token in tokens] + ([own] if own else [])
    tags = {token.tag for token in tokens}
    if tags & {"nr", "nz", "ns", "nrt", "nt"} and not all(text in GENERIC_PREFIX for text in texts):
        return False
    return all(text in GENERIC_PREFIX or (len(text) > 1 and _cutter().has_word(text)) for text in texts)


def _person(plain: str, tokens: tuple[Word, ...], used: list[bool], i: int) -> Name | None:
    """A surname with one or two characters beside a title or a verb of saying."""
    word = tokens[i]
    if word.text[0] not in SURNAMES:
        return None
    end = word.start + len(word.text)
    if len(word.text) == 1:
        if (
            i + 1 >= len(tokens)
            or used[i + 1]
            or tokens[i + 1].tag in {"x", "v", "p", "u", "uj", "ul", "m"}
            or len(tokens[i + 1].text) > 2
        ):
            return None
        end += len(tokens[i + 1].text)
    elif (
        len(word.text) == 2
        and word.tag in {"nr", "nrt"}
        and i + 1 < len(tokens)
        and len(tokens[i + 1].text) == 1
        and PERSON_VERBS.match(plain[end + 1 : end + 9])
        and not PERSON_VERBS.match(plain[end : end + 8])
        and "\u4e00" <= plain[end] <= "\u9fff"
    ):
        end += 1
    elif word.tag not in {"nr", "nrt", "nrfg"} and _cutter().has_word(word.text):
        return None
    text = plain[word.start : end]
    if not 2 <= len(text) <= 4 or not re.fullmatch(r"[\u4e00-\u9fff]+", text):
        return None
    if not (
        TITLES.search(plain[max(0, word.start - 8) : word.start])
        or PERSON_VERBS.match(plain[end : end + 8])
        or TITLES.match(plain[end : end + 6])
    ):
        return None
    if len(text) == 4 and word.tag not in {"nr", "nrt"}:
        return None
    used[i] = True
    if len(word.text) == 1:
        used[i + 1] = True
    return Name(word.start, end, text, text, "person", len(text) >= 3 or word.tag in {"nr", "nrt"})


def _subject(plain: str, tokens: tuple[Word, ...], used: list[bool], i: int) -> Name | None:
    """An unknown word that opens a clause and does something that makes news."""
    word = tokens[i]
    if not _CLAUSE_START.search(plain[max(0, word.start - 4) : word.start]):
        return None
    j, end, unknown = i, word.start, False
    while j < len(tokens) and j < i + 4 and not used[j]:
        token = tokens[j]
        if not re.fullmatch(r"[\u4e00-\u9fff]+", token.text) or NEWS_VERBS.match(plain[token.start : token.start + 6]):
            break
        if token.text in "里中上下的在这那该此获被由从向为与和及把将于则仅已也还均都" or (
            token.tag in {"p", "u", "ul", "uj", "d", "c", "r", "t", "m"} and len(token.text) <= 2 and j > i
        ):
            break
        unknown |= (
            len(token.text) >= 2
            and not _cutter().has_word(token.text)
            and token.tag in {"n", "nr", "nz", "nt", "ns", "nrt", "i"}
        )
        end = token.start + len(token.text)
        j += 1
    start = word.start + (word.text[0] in "年月日" and word.start > 0 and plain[word.start - 1].isdigit())
    text = plain[start:end]
    if not unknown or not 2 <= len(text) <= 6 or not NEWS_VERBS.match(plain[end : end + 8]):
        return None
    if any(token.text in GENERIC_PREFIX for token in tokens[i:j]):
        return None
    for k in range(i, j):
        used[k] = True
    return Name(start, end, text, _core(text), "word", len(text) >= 3)


@lru_cache(maxsize=8192)
def names(text: str) -> tuple[Name, ...]:
    """All names of a sentence, in order."""
    plain = normalize(text)
    found = _latin(text, plain)
    if _is_chinese(plain):
        found += _chinese(plain, words(text))
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
