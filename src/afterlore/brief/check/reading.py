# ruff: noqa: E501
# A pattern or a word list is read as a whole: breaking it over lines hides what it matches.
"""A sentence read once: its figures, dates, names, and the words around each that say what it is of."""

import re
from functools import lru_cache
from typing import NamedTuple

from afterlore.brief.check.lexicon import concepts
from afterlore.text.dates import Date, dates
from afterlore.text.names import Name, names
from afterlore.text.normalize import normalize
from afterlore.text.quantities import Quantity, quantities

__all__ = ["Clause", "Feature", "Reading", "located_name", "read"]


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

    def words(self, spans: tuple[tuple[int, int], ...]) -> dict[str, float]:
        """Features in the spans with their weights."""
        return {f.key: f.weight for f in self.features if any(a <= f.at < b for a, b in spans)}


_STRONG = re.compile(r"[；;。！？!?\n]|\.\s")
_WEAK = re.compile(
    r"[，；;。！？!?:：\n]|,(?!\d{3})|\.\s|\s-\s|--|\s(?:while|whereas|but|versus|even as|although|though|compared with)\s|(?<=[\u4e00-\u9fff])而(?=[\u4e00-\u9fffA-Za-z])(?!且|是|非|言|来|又)"
)
_SEGMENT = re.compile(
    _WEAK.pattern
    + r"|、|\s(?:and|against|vs\.?|compared with)\s|(?<=[\u4e00-\u9fff\d%])(?:和|以及|及|与)(?=[\u4e00-\u9fff\d$])"
)
_LIST = re.compile(r"、|,\s(?:and\s)?|，|\sand\s|和|与|及|以及")
_RESPECTIVELY = re.compile(r"分别|依次|respectively")
_STOP_EN = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "and",
        "or",
        "but",
        "with",
        "by",
        "from",
        "its",
        "it",
        "is",
        "was",
        "were",
        "are",
        "be",
        "been",
        "being",
        "that",
        "this",
        "these",
        "those",
        "as",
        "than",
        "which",
        "who",
        "will",
        "would",
        "has",
        "have",
        "had",
        "not",
        "no",
        "said",
        "says",
        "their",
        "they",
        "he",
        "she",
        "his",
        "her",
        "him",
        "also",
        "into",
        "over",
        "about",
        "after",
        "before",
        "per",
        "more",
        "most",
        "now",
        "new",
        "one",
        "two",
        "up",
        "down",
        "out",
        "year",
        "years",
        "month",
        "so",
        "far",
        "any",
        "such",
        "each",
        "all",
        "while",
        "when",
        "where",
        "what",
        "only",
        "just",
        "some",
        "other",
        "both",
        "own",
        "under",
        "during",
        "since",
        "until",
    ]
)
_STOP_HAN = frozenset(
    [
        "公司",
        "表示",
        "其中",
        "同时",
        "目前",
        "已经",
        "进行",
        "以及",
        "可以",
        "我们",
        "他们",
        "这个",
        "一个",
        "达到",
        "超过",
        "约为",
        "分别",
        "方面",
        "通过",
        "成为",
        "没有",
        "就是",
        "不是",
        "此前",
        "此次",
        "本次",
        "今年",
        "去年",
        "同比",
        "环比",
        "同期",
        "相比",
        "较上",
    ]
)
_SAYS = re.compile(
    r"(?:表示|称|宣布|透露|指出|认为|强调|说|介绍|公告|显示|披露|预计|said|says|announced|reported|told \w+|expects)\s*$"
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
        re.search(r"(?<![A-Za-z])(?:on|in)\s$", before) or after[:1] in {"上", "中", "里"}
    )


def _features(plain: str, found: tuple[Name, ...], figures: tuple[tuple[int, int], ...]) -> tuple[Feature, ...]:
    out: list[Feature] = []
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
            out.append(Feature(match.start(), _stem(word), 1.0))
    return tuple(sorted(out))


def _spans(plain: str, pattern: re.Pattern[str]) -> list[tuple[int, int]]:
    cuts = [0]
    for match in pattern.finditer(plain):
        cuts += [match.start(), match.end()]
    cuts.append(len(plain))
    return [(cuts[i], cuts[i + 1]) for i in range(0, len(cuts), 2) if plain[cuts[i] : cuts[i + 1]].strip()]


_REFERS = re.compile(r"\b(?:it|its|they|their|he|she|his|her)\b|其(?![他中实余])|该公司|后者|前者")


def _clauses(
    plain: str, found: tuple[Name, ...], features: tuple[Feature, ...], figures: tuple[Quantity, ...]
) -> tuple[Clause, ...]:
    out: list[Clause] = []
    carried: frozenset[str] = frozenset()
    speaking: frozenset[str] = frozenset()
    for start, end in _spans(plain, _WEAK):
        inside = [name for name in found if start <= name.start < end]
        own = frozenset(name.key for name in inside)
        keys = frozenset(f.key for f in features if start <= f.at < end and not f.key.startswith("@"))
        keys |= frozenset(
            f"={q.value:.6g}{q.dimension if q.dimension != 'count' else ''}"
            for q in figures
            if start <= q.start < end and not q.small
        )
        refers = not own or _REFERS.search(plain[start:end])
        out.append(Clause(start, end, keys, own, (carried | speaking) - own if refers else speaking - own))
        if own:
            carried = own
        if own and _SAYS.search(plain[start:end]):
            speaking = own
    return tuple(out)


# What comes behind these words is what the figure is compared with.
_AFTER_FIGURE = re.compile(
    r"落后|领先|超过|超越|高于|低于|优于|不及|胜过|击败|\b(?:than|behind|ahead of|above|below|beating|against|versus|vs)\b"
)


def _windows(plain: str, figures: tuple[Quantity, ...]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """The words of a figure: from where the last figure of its kind ended to the end of its own segment."""
    segments = _spans(plain, _SEGMENT)
    strong = [0] + [m.end() for m in _STRONG.finditer(plain)]
    lists = _lists(plain, figures)
    out: list[tuple[tuple[int, int], ...]] = []
    for i, figure in enumerate(figures):
        if i in lists:
            out.append(lists[i])
            continue
        segment = next(((a, b) for a, b in segments if a <= figure.start < b), (0, len(plain)))
        left = max(s for s in strong if s <= figure.start)
        right = segment[1]
        for j in range(i - 1, -1, -1):
            other = figures[j]
            if other.form == "from" and figure.form == "to":
                continue
            alike = other.dimension == figure.dimension and other.unit == figure.unit
            if alike or {figure.dimension, other.dimension} == {"", "count"}:
                theirs = next(((a, b) for a, b in segments if a <= other.start < b), segment)
                left = max(left, other.end if theirs == segment else theirs[1])
                break
        if i + 1 < len(figures):
            following = figures[i + 1]
            if following.start < right and following.dimension == figure.dimension and following.unit == figure.unit:
                gap = plain[figure.end : following.start]
                right = figure.end + (len(gap) if re.search(r"的[^的]*$", gap) is None else 0)
                right = min(right, figure.end + 6) if re.search(r"[\u4e00-\u9fff]", gap) else right
        beyond = _AFTER_FIGURE.search(plain, figure.end, right)
        if beyond:
            right = beyond.start()
        out.append(((left, max(right, figure.end)),))
    return tuple(out)


def _lists(plain: str, figures: tuple[Quantity, ...]) -> dict[int, tuple[tuple[int, int], ...]]:
    """ "A、B 分别为 1、2": the first figure belongs to the first item."""
    match = _RESPECTIVELY.search(plain)
    if not match:
        return {}
    english = match[0] == "respectively"
    listed = [i for i, q in enumerate(figures) if (q.end <= match.start() if english else q.start >= match.end())]
    if listed and not english:
        stop = _STRONG.search(plain, match.end())
        listed = [i for i in listed if not stop or figures[i].start < stop.start()]
    kind = figures[listed[-1]] if listed and english else figures[listed[0]] if listed else None
    listed = [
        i
        for i in listed
        if kind and (figures[i].dimension == kind.dimension or {figures[i].dimension, kind.dimension} == {"", "count"})
    ]
    for k in range(1, len(listed)):
        between = plain[figures[listed[k - 1]].end : figures[listed[k]].start]
        if not re.fullmatch(r"[\s、，,]*(?:和|与|及|以及|and|约|为)?\s*", between):
            listed = listed[k:] if english else listed[:k]
            break
    if len(listed) < 2:
        return {}
    before_end = figures[listed[0]].start if english else match.start()
    before_start = max([0] + [m.end() for m in _STRONG.finditer(plain, 0, before_end)])
    cuts = [before_start]
    for cut in _LIST.finditer(plain, before_start, before_end):
        cuts += [cut.start(), cut.end()]
    cuts.append(before_end)
    items = [(cuts[i], cuts[i + 1]) for i in range(0, len(cuts), 2)]
    # 价格分别为: the last piece names the measure, not an item.
    tail = items[-1]
    items = [span for span in items if span[1] - span[0] > 1]
    if len(items) > len(listed) and not english:
        items = items[-len(listed) - 1 : -1] if plain[tail[0] - 1 : tail[0]] in {"，", ","} else items[-len(listed) :]
    items = items[-len(listed) :]
    if len(items) != len(listed):
        return {}
    return {i: (span, (figures[i].start, figures[i].end)) for i, span in zip(listed, items, strict=True)}


def _extra(plain: str, found: tuple[Name, ...], known: tuple[Name, ...]) -> tuple[Name, ...]:
    """Names that another sentence made known, where this one has them unrecognised."""
    out = list(found)
    for name in known:
        for match in re.finditer(re.escape(name.key), plain):
            if not any(other.start < match.end() and match.start() < other.end for other in out):
                out.append(Name(match.start(), match.end(), match[0], name.key, name.kind, False))
    return tuple(sorted(out))


def _figures(plain: str, text: str, found: tuple[Name, ...]) -> tuple[Quantity, ...]:
    """The quantities that are not part of a name: iOS 27, Gemini 3.1 Pro."""
    ends = {name.end for name in found if name.text.isascii()}
    out = []
    for q in quantities(text):
        if q.dimension == "" and q.start - 1 in ends and plain[q.start - 1] == " " and q.bound == "" and q.value < 1000:
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
    spans = tuple((q.start, q.end) for q in figures) + tuple((d.start, d.end) for d in when)
    features = _features(plain, found, spans)
    latin = frozenset(m[0].lower() for m in re.finditer(r"[A-Za-z0-9]+(?:[-.+][A-Za-z0-9]+)*", plain))
    latin |= frozenset(m[0].lower() for m in re.finditer(r"[A-Za-z0-9]+|[A-Za-z]+", plain))
    return Reading(
        text, plain, figures, when, found, features, _clauses(plain, found, features, figures), _windows(plain, figures), latin,
        bool(re.search(r"[\u4e00-\u9fff]", plain)),
    )  # fmt: skip
