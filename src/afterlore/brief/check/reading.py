# ruff: noqa: E501, SIM905
# A pattern or a word list is read as a whole: breaking it over lines hides what it matches.
"""A sentence read once: its figures, dates, names, and the words around each that say what it is of."""

import re
from functools import lru_cache
from typing import NamedTuple

from afterlore.brief.check.lexicon import concepts
from afterlore.brief.check.windows import WEAK, spans, windows
from afterlore.text.dates import Date, dates
from afterlore.text.names import Name, names
from afterlore.text.normalize import normalize
from afterlore.text.quantities import Quantity, quantities
from afterlore.text.wordlists import ORG_SUFFIX

__all__ = ["Clause", "Feature", "Reading", "located_name", "read", "speakers"]


class Feature(NamedTuple):
    """A word as far as it can tell one figure from another: ``@name``, ``#concept``, a Han bigram or an English stem."""

    at: int
    key: str
    weight: float


class Clause(NamedTuple):
    """A stretch between commas, with the names that it has or carries over."""

    start: int
    end: int
    features: frozenset[str]
    own: frozenset[str]
    """Keys of the names in it."""
    carried: frozenset[str]
    """Keys that a clause without a name of its own takes over, and of who is speaking."""


class Reading(NamedTuple):
    """All that the verifier asks of one sentence."""

    text: str
    plain: str
    quantities: tuple[Quantity, ...]
    dates: tuple[Date, ...]
    names: tuple[Name, ...]
    features: tuple[Feature, ...]
    clauses: tuple[Clause, ...]
    windows: tuple[tuple[tuple[int, int], ...], ...]
    """For each quantity the spans whose words belong to it."""
    latin: frozenset[str]
    chinese: bool

    def __hash__(self) -> int:
        # Readings are keys of caches, and hashing all their parts would cost more than most look-ups save.
        return hash(self.text)

    def words(self, spans: tuple[tuple[int, int], ...]) -> dict[str, float]:
        """Features in the spans with their weights; the caller may change the answer."""
        return dict(_words(self, spans))


_STOP_EN = frozenset(
    "the a an of in on at to for and or but with by from its it is was were are be been being that this these those as than which who will would has have had not no said says their they he she his her him also into over about after before per more most now new one two up down out year years month so far any such each all while when where what only just some other both own under during since until".split()
)
_STOP_HAN = frozenset(
    "公司 表示 其中 同时 目前 已经 进行 以及 可以 我们 他们 这个 一个 达到 超过 约为 分别 方面 通过 成为 没有 就是 不是 此前 此次 本次 今年 去年 同比 环比 同期 相比 较上".split()
)
_SAYS = re.compile(
    r"(?:表示|称|宣布|透露|指出|认为|强调|说|介绍|公告|显示|披露|预计|公布|估算|推算|测算|统计|评测|估计|预测|设想|看来|的说法|said|says|announced|reported|told \w+|expects|estimates?|estimated|finds|found)\s*$"
)


@lru_cache(maxsize=16384)
def _words(reading: Reading, spans: tuple[tuple[int, int], ...]) -> dict[str, float]:
    return {f.key: f.weight for f in reading.features if any(a <= f.at < b for a, b in spans)}


@lru_cache(maxsize=8192)
def speakers(reading: Reading) -> frozenset[str]:
    """Keys of the names whose clause does no more than say that they said it."""
    return frozenset(
        key for c in reading.clauses if c.own and _SAYS.search(reading.plain[c.start : c.end]) for key in c.own
    )


def _stem(word: str) -> str:
    for suffix in ("ings", "ing", "ies", "ed", "es", "s"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)]
    return word


def located_name(plain: str, name: Name) -> bool:
    """Whether a Latin name is where something was measured, not whom it is of: 在 MathGrid 上."""
    before, after = plain[max(0, name.start - 4) : name.start], plain[name.end : name.end + 2].lstrip()
    return name.kind == "latin" and bool(
        re.search(r"(?<![A-Za-z])(?:on|in)\s$", before, re.I)
        or after[:1] in {"上", "中", "里"}
        or (before.rstrip()[-1:] == "在" and re.match(r"\s?[^，。A-Z]{0,6}(?:上|中|里|下|方面)", plain[name.end :]))
    )


def _features(plain: str, found: tuple[Name, ...], figures: tuple[tuple[int, int], ...]) -> tuple[Feature, ...]:
    out: list[Feature] = []
    chinese = bool(re.search(r"[\u4e00-\u9fff]", plain))
    covered = [False] * len(plain)
    for name in found:
        out.append(
            Feature(name.start, ("@@" if name.kind == "place" or located_name(plain, name) else "@") + name.key, 3.0)
        )
        covered[name.start : name.end] = [True] * (name.end - name.start)
    for a, b in figures:
        covered[a:b] = [True] * (b - a)
    for start, end, key in concepts(plain):
        if not covered[start]:
            out.append(Feature(start, key, 2.0))
            if plain[start].isascii():
                covered[start:end] = [True] * (end - start)
    for match in re.finditer(r"[\u4e00-\u9fff]{2,}", plain):
        run = match[0]
        for k in range(len(run) - 1):
            at = match.start() + k
            pair = run[k : k + 2]
            if (
                not covered[at]
                and not covered[at + 1]
                and pair not in _STOP_HAN
                and not re.search(r"[的了是在为将被把与和及其这那个]", pair)
            ):
                out.append(Feature(at, pair, 1.0))
    for match in re.finditer(r"[A-Za-z]{3,}", plain):
        word = match[0].lower()
        if not covered[match.start()] and word not in _STOP_EN:
            out.append(Feature(match.start(), _stem(word), 2.0 if chinese else 1.0))
    if chinese:
        for match in re.finditer(r"(?<![A-Za-z0-9])[A-Z][A-Z0-9](?![A-Za-z0-9])", plain):
            if not covered[match.start()] and match[0] != "AI":
                out.append(Feature(match.start(), match[0].lower(), 2.0))
    return tuple(sorted(out))


_BESIDE = re.compile(
    r"(?:比|较|相比|高于|低于|反超|击败|超过|超越|优于|落后于?|领先|不及|与|\bthan|\bvs\.?|behind|ahead of)了?\s*$"
)
_REFERS = re.compile(r"\b(?:it|its|they|their|he|she|his|her)\b|其(?![他中实余])|该公司|后者|前者")


def _clauses(
    plain: str, found: tuple[Name, ...], features: tuple[Feature, ...], figures: tuple[Quantity, ...]
) -> tuple[Clause, ...]:
    out: list[Clause] = []
    carried: frozenset[str] = frozenset()
    speaking: frozenset[str] = frozenset()
    for start, end in _whole_titles(plain, spans(plain, WEAK)):
        inside = [name for name in found if start <= name.start < end]
        own = frozenset(name.key for name in inside)
        keys = frozenset(f.key for f in features if start <= f.at < end and not f.key.startswith("@"))
        keys |= frozenset(
            f"={q.value:.6g}{q.dimension if q.dimension != 'count' else ''}"
            for q in figures
            if start <= q.start < end and not q.small
        )
        # Whom it is compared with, and where, is not what the clause is about.
        about = {
            name.key
            for name in inside
            if not located_name(plain, name)
            and plain[max(0, name.start - 1) : name.start] != "("
            and not _BESIDE.search(plain[max(0, name.start - 12) : name.start])
        }
        refers = not about or _REFERS.search(plain[start:end])
        out.append(Clause(start, end, keys, own, (carried | speaking) - own if refers else speaking - own))
        if about:
            carried = own
        if own and _SAYS.search(plain[start:end]):
            speaking = own
    return tuple(out)


def _whole_titles(plain: str, cut: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches with those joined again that a mark inside a title had parted: 《星港：远征》 is one name."""
    out: list[tuple[int, int]] = []
    for start, end in cut:
        if out and plain.count("《", *out[-1]) > plain.count("》", *out[-1]) and "》" in plain[start:end]:
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return out


def _extra(plain: str, found: tuple[Name, ...], known: tuple[Name, ...]) -> tuple[Name, ...]:
    """Names that another sentence made known, where this one has them unrecognised."""
    out = list(found)
    for name in known:
        for match in re.finditer(re.escape(name.key), plain):
            if not any(other.start < match.end() and match.start() < other.end for other in out):
                suffix = (
                    next((s for s in ORG_SUFFIX if plain.startswith(s, match.end())), "")
                    if name.kind != "person"
                    else ""
                )
                end = match.end() + len(suffix)
                out.append(Name(match.start(), end, plain[match.start() : end], name.key, name.kind, False))
    return tuple(sorted(out))


def _figures(plain: str, text: str, found: tuple[Name, ...]) -> tuple[Quantity, ...]:
    """The quantities that are not part of a name: iOS 27, Gemini 3.1 Pro."""
    ends = {name.end for name in found if name.text.isascii()}
    out = []
    for q in quantities(text):
        if any(name.start < q.start and q.end <= name.end for name in found):
            continue
        behind = q.dimension == "" and q.start - 1 in ends and plain[q.start - 1] == " " and q.bound == ""
        score = q.decimals and q.value >= 10  # Lumen-V 48.5
        if behind and q.value < 1000 and not score:
            continue
        out.append(q)
    return tuple(out)


@lru_cache(maxsize=16384)
def read(text: str, known: tuple[Name, ...] = ()) -> Reading:
    """Read one sentence. ``known`` are names to look for besides. Cached: a source sentence is asked about by many claims."""
    plain = normalize(text)
    found = _extra(plain, names(text), known) if known else names(text)
    figures = _figures(plain, text, found)
    when = dates(text)
    taken = tuple((q.start, q.end) for q in figures) + tuple((d.start, d.end) for d in when)
    features = _features(plain, found, taken)
    latin = frozenset(m[0].lower() for m in re.finditer(r"[A-Za-z0-9]+(?:[-.+][A-Za-z0-9]+)*", plain))
    latin |= frozenset(m[0].lower() for m in re.finditer(r"[A-Za-z0-9]+|[A-Za-z]+", plain))
    return Reading(
        text, plain, figures, when, found, features, _clauses(plain, found, features, figures), windows(plain, figures), latin,
        bool(re.search(r"[\u4e00-\u9fff]", plain)),
    )  # fmt: skip
