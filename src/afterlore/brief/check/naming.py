# A pattern or a word list is read as a whole: breaking it over lines hides what it matches.
"""Names of a claim: do they occur in the sources, and with the number that they have there?"""

import re
from collections.abc import Sequence
from functools import lru_cache

from afterlore.brief.check.lexicon import english_words
from afterlore.brief.check.reading import Reading
from afterlore.brief.check.verdict import Problem
from afterlore.text.names import Name, aliases, occurs

__all__ = ["check_names", "check_versions"]


def check_names(claim: Reading, sources: Sequence[Reading]) -> tuple[list[Problem], int]:
    """Names that the sources do not have."""
    plain = " \n ".join(source.plain for source in sources).lower()
    compact = re.sub(r"[\s-]", "", plain)
    latin = frozenset().union(*(source.latin for source in sources)) if sources else frozenset()
    theirs = {name.key for source in sources for name in source.names}
    same_script = any(source.chinese for source in sources)
    problems: list[Problem] = []
    checked = 0
    for name in claim.names:
        spelt = re.sub(r"[\s-]", "", name.text.lower())
        loose = any(char.isdigit() for char in spelt) and re.search(
            rf"(?<![a-z0-9]){re.escape(spelt)}(?![0-9])", compact
        )
        if name.key in theirs or loose or occurs(name, plain, latin) or _at_home(name, plain):
            checked += 1
            continue
        if not name.strong:
            near = _altered(name, sources)
            if near:
                checked += 1
                problems.append(Problem(kind="entity", claim_says=name.text, source_says=near))
            continue
        if (
            not same_script
            and name.kind in {"word", "person", "org", "place"}
            and not name.text.isascii()
            and name.key == name.text
            and not _rival_known(name, sources)
        ):
            continue  # a Chinese name beside English sources: only the table could tell
        if not same_script and not name.text.isascii() and name.key not in _known_keys():
            continue
        if name.kind in {"org", "word"} and name.key not in _known_keys() and _mostly_known(name.key, plain):
            continue
        near = _altered(name, sources)
        if name.kind in {"word", "person", "org"} and not _one_letter(name.text, near) and _miscut(name.text, plain):
            continue
        if same_script and not claim.chinese and _may_translate(name, sources):
            continue
        if same_script and not claim.chinese and name.kind == "latin" and name.key in _words_en():
            continue
        if same_script and name.kind == "latin" and not _latin_testable(name, sources):
            continue
        if _stands_for(name, sources):
            continue
        checked += 1
        problems.append(Problem(kind="entity", claim_says=name.text, source_says=near))
    return problems, checked


_HOME = re.compile(r"我国|国内|国产|本土|全国")


def _at_home(name: Name, plain: str) -> bool:
    """Whether a Chinese source means the country by a word for its own: 我国 is 中国."""
    return name.kind == "place" and name.key == "中国" and bool(_HOME.search(plain))


_HE = re.compile(r"(?<!其)[他她](?!们)|\b(?:he|she|his|her)\b", re.I)

_IT = re.compile(r"该公司|这家公司|这家企业|该企业|这家机构|\bthe company\b", re.I)


def _stands_for(name: Name, sources: Sequence[Reading]) -> bool:
    """Whether a pronoun of the sources could mean nobody there: the claim may put a name in its place."""
    if name.kind not in {"person", "org"} or not sources:
        return False
    for source in sources:
        found = (_HE if name.kind == "person" else _IT).search(source.plain)
        if found:
            before = [n for s in sources for n in s.names if s is not source or n.end <= found.start()]
            kinds = {"person", "latin"} if name.kind == "person" else {"org", "word", "latin"}
            return not any(n.kind in kinds for n in before)
    return False


_VERSION = re.compile(r"(?P<word>[A-Za-z][A-Za-z]+)[\s-]?(?P<number>\d+(?:\.\d+)*)(?![\d.]*[\d万亿%％])")


def check_versions(claim: Reading, sources: Sequence[Reading]) -> tuple[list[Problem], int]:
    """iOS 26 beside sources that know iOS 27: a name whose number is another one."""
    measured = [(q.start, q.end) for q in claim.quantities if q.dimension]
    ours = [
        match
        for match in _VERSION.finditer(claim.plain)
        if any(char.isupper() for char in match["word"])
        and not any(a <= match.start("number") < b for a, b in measured)
        and not any(d.start <= match.start("number") < d.end for d in claim.dates)
    ]
    if not ours:
        return [], 0
    plain = "\n".join(source.plain for source in sources)
    numbers = set(re.findall(r"\d+(?:\.\d+)*", plain))
    known: dict[str, set[str]] = {}
    for match in re.finditer(r"(?P<word>[A-Za-z][A-Za-z]+)[\s-]?(?:[A-Za-z]+[\s-])?(?P<number>\d+(?:\.\d+)*)", plain):
        known.setdefault(match["word"].lower(), set()).add(match["number"])
    problems = []
    for match in ours:
        word, number = match["word"].lower(), match["number"]
        listed = known.get(word, set())
        if number in listed or (not listed and number in numbers) or word not in plain.lower():
            continue
        if "." in number and re.search(rf"(?<![A-Za-z\d.])(?<![A-Za-z][\s-]){re.escape(number)}[\s-]?[A-Z]", plain):
            continue  # 比 Lumo 3 便宜的 3.1 Pro: the family's name was said once
        near = f"{match['word']} {min(listed)}" if listed else ""
        problems.append(Problem(kind="entity", claim_says=match[0], source_says=near))
    return problems[:1], len(ours)


def _may_translate(name: Name, sources: Sequence[Reading]) -> bool:
    """Whether an unknown name of an English claim may be what a Chinese name of the sources is called in English."""
    known = _known_keys()
    return (
        name.key not in known
        and not _altered(name, sources)
        and any(other.key not in known and not other.text.isascii() for source in sources for other in source.names)
    )


def _mostly_known(key: str, plain: str) -> bool:
    """Whether half of a recognised name's pairs of characters stand in the sources: then it is a known
    name cut wrongly."""
    pairs = [key[i : i + 2] for i in range(len(key) - 1)]
    return len(key) > 2 and sum(pair in plain for pair in pairs) * 2 >= len(pairs)


@lru_cache(maxsize=1)
def _words_en() -> frozenset[str]:
    """English words of trade and industry that the table of concepts knows: with a capital they are part of a title."""
    return english_words() | {
        "index",
        "composite",
        "semiconductor",
        "conference",
        "summit",
        "report",
        "award",
        "state",
        "national",
    }


def _one_letter(a: str, b: str) -> bool:
    """Whether two names differ in one letter, 顾长林 and 顾长风: then the one is the other misspelt."""
    return len(a) == len(b) > 2 and sum(x != y for x, y in zip(a, b, strict=True)) == 1


def _miscut(text: str, plain: str) -> bool:
    """Whether a supposed name is a name of the sources with a letter too many: 薛凯则."""
    if text.isascii() or len(text) < 3:
        return False
    if text[:2] in plain:
        return True  # 星桥这颗, beside sources that speak of 星桥
    bare = re.sub(r"^(?:这位|一位|[项这向方则被与和对在给是])|[则也已将还又曾却均都就]$", "", text)
    return len(bare) >= 2 and bare != text and bare.lstrip("是") in plain


def _known_keys() -> set[str]:
    return set(aliases()[1])


def _rival_known(name: Name, sources: Sequence[Reading]) -> bool:
    return name.key in _known_keys() and bool(sources)


def _latin_testable(name: Name, sources: Sequence[Reading]) -> bool:
    """A Latin name beside a Chinese source that has no Latin name at all may be the translation of a Chinese one."""
    return (
        any(other.text.isascii() for source in sources for other in source.names)
        or name.key in _known_keys()
        or any(char.isdigit() for char in name.text)
    )


def _altered(name: Name, sources: Sequence[Reading]) -> str:
    """A name of the sources that is spelt almost the same."""
    for source in sources:
        for other in source.names:
            if other.key != name.key and len(other.text) == len(name.text) and len(other.text) >= 2:
                same = sum(a == b for a, b in zip(other.text, name.text, strict=True))
                if same * 3 >= 2 * len(name.text) if name.kind == "quoted" else same * 2 >= len(name.text):
                    return other.text
    return ""
