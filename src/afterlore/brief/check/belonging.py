# ruff: noqa: E501
# A pattern or a word list is read as a whole: breaking it over lines hides what it matches.
"""Whether an equal figure of the source is of the thing that the claim gives it to."""

import re
from collections.abc import Sequence

from afterlore.brief.check.affinity import figure_margin
from afterlore.brief.check.binding import heads, subject_of, tail
from afterlore.brief.check.derived import each_and_all
from afterlore.brief.check.lexicon import groups
from afterlore.brief.check.reading import Reading, located_name, speakers
from afterlore.brief.check.report import problem
from afterlore.brief.check.values import same_unit, same_value
from afterlore.brief.check.verdict import Problem
from afterlore.text.names import Name
from afterlore.text.normalize import skeleton
from afterlore.text.quantities import Quantity

__all__ = ["Found", "belongs"]

_CLEARLY = 0.0
"""Share of a figure's company by which a rival must be more like it."""

Found = tuple[int, int, Quantity]
"""(source, index in it, figure)."""


def belongs(
    claim: Reading, at: int, q: Quantity, f: Found, sources: Sequence[Reading], everything: list[Found]
) -> Problem | None:
    """Whether the source's figure is of something else than the claim's.

    The claim's words around the figure are set against those around the equal figure and those around its rivals:
    figures of the same unit and another value near by. When the words that tell the two apart all point to the rival,
    the claim gives one thing the figure of another.
    """
    if q.dimension == "ordinal" or (q.small and q.dimension in {"", "time"}):
        return None
    if _glossed(claim, at) or _in_quotation(claim, q, sources):
        return None
    plain = _plainly_another(claim, at, q, f, sources)
    if plain:
        return plain
    for rival in everything:
        if not _may_rival(claim, q, f, rival, sources):
            continue
        away = _pull(claim, at, q, f, rival, sources)
        if away == "names" or (away and figure_margin(claim, q, sources) > _CLEARLY):
            return problem("subject", q.text, rival[2].text, claim, q, sources[rival[0]], rival[2])
    return None


def _plainly_another(claim: Reading, at: int, q: Quantity, f: Found, sources: Sequence[Reading]) -> Problem | None:
    """What can be told from the two figures' own clauses, without a rival. Some of it only beside a few sentences."""
    s, i, theirs = f
    source = sources[s]
    few = len(sources) <= 8
    if (
        (few and (_other_pair(claim, at, q, source, i) or _comparator(claim, q, source, theirs)))
        or _reversed(claim, q, source, i)
        or (few and _part_for_whole(claim, q, source, i))
    ):
        return problem("subject", q.text, theirs.text, claim, q, source, theirs)
    if each_and_all(claim, q, source, theirs):
        return problem("number", q.text, theirs.text, claim, q, source, theirs)
    if _exclusive(claim, at, q, source, i, theirs):
        return problem("subject", q.text, theirs.text, claim, q, source, theirs)
    if few and _was(source, theirs) and not _EARLIER.search(claim.plain):
        alike = [r for r in source.quantities if r.dimension == theirs.dimension and r.unit == theirs.unit]
        now = [r for r in alike if not _was(source, r)]
        if now:
            return problem("subject", q.text, now[0].text, claim, q, source, now[0])
    if _stranger(claim, q, source, theirs, sources):
        return problem("subject", q.text, theirs.text, claim, q, source, theirs)
    return None


def _may_rival(claim: Reading, q: Quantity, f: Found, other: Found, sources: Sequence[Reading]) -> bool:
    """Whether another figure stands near enough to the equal one, and could be what the claim's words are of."""
    s, i, theirs = f
    t, j, rival = other
    if (
        abs(t - s) > (1 if len(sources) <= 8 else 0)
        or (t == s and j == i)
        or (q.small and not (rival.small and rival.dimension == "count" and q.text[-1:] == rival.text[-1:]))
        or not (_rivals(sources[s], theirs, sources[t], rival) or _same_counted(claim, q, sources[t], rival))
        or same_value(q, rival)
    ):
        return False
    ends = {rival.bound, theirs.bound} == {"low", "high"} or {rival.form, theirs.form} == {"from", "to"}
    return not ends and not _both_ends(claim, q, rival)


def _pull(claim: Reading, at: int, q: Quantity, f: Found, other: Found, sources: Sequence[Reading]) -> str:
    """What of the claim's words points to the rival: "names", "words" or ""."""
    s, i, theirs = f
    t, j, rival = other
    source = sources[s]
    said = _without_others(claim, at, claim.words(claim.windows[at]))
    for key in speakers(claim) & speakers(source):
        said.pop("@" + key, None)
    near, far = source.words(source.windows[i]), sources[t].words(sources[t].windows[j])
    if t == s:
        later, earlier = (i, j) if j < i else (j, i)
        leant, full = (near, far) if j < i else (far, near)
        part = re.search(r"其中[^，。]*$", source.plain[: source.quantities[later].start])
        if part or (later == i and heads(source)[i][1] and _told_as(claim, at, source, j, i)):
            # Words of its own: it leans on what the sentence opened with, not on the other figure's clause.
            full = _outside(source, earlier, full)
        _inherit(leant, full)
    _carry(source, theirs, near)
    _carry(sources[t], rival, far)
    place, first = _first_name(claim, q, claim.windows[at]) if any("@" in k for k in said) else (0, "")
    if t != s and _goes_on(claim, at, sources[t]):
        # 把毛利率从三成提到五成, told over two sentences: who did it stands in the other one.
        said = {key: weight for key, weight in said.items() if key[0] != "@"}
    if first not in said or re.search(r"(?:在|于|\b(?:on|in|at)\s)$", claim.plain[max(0, place - 3) : place]):
        first = ""
    if _same_counted(claim, q, sources[t], rival) and not _rivals(source, theirs, sources[t], rival):
        # 104个 for 104场, where the source has 300个: the word behind the figure speaks for the other.
        said, far = {**said, "^counted": 1.0}, {**far, "^counted": 1.0}
    shared = len(sources) <= 8 and (claim.chinese == source.chinese or _measured(said, near, far))
    least = (2 if shared else 4) - (1 if q.bound and q.bound == rival.bound != theirs.bound else 0)
    ours = tail(claim, at)
    # Words of the clause before may be the subject of both, when both are told by the same word.
    topical = t == s and j < i and not subject_of(source, i) and bool(ours) and ours[-2:] == tail(source, i)[-2:]
    return _points_away(said, near, far, first, least, topical)


def _glossed(claim: Reading, at: int) -> bool:
    """Whether the figure only rounds the one in brackets behind it: 过半（52%）."""
    following = claim.quantities[at + 1 : at + 2]
    return bool(following) and claim.plain[claim.quantities[at].end : following[0].start].strip() in {"(", "，即", "即"}


def _in_quotation(claim: Reading, q: Quantity, sources: Sequence[Reading]) -> bool:
    """Whether the figure is quoted, and the quotation stands in a source word for word."""
    for match in re.finditer(r"“([^“”]+)”|\"([^\"]+)\"", claim.plain):
        if match.start() < q.start and q.end <= match.end():
            bare = skeleton(match[1] or match[2])
            return len(bare) > len(skeleton(q.text)) + 2 and any(bare in skeleton(s.plain) for s in sources)
    return False


def _without_others(claim: Reading, at: int, words: dict[str, float]) -> dict[str, float]:
    """The words of a figure without the names that another figure is joined to: B in 3亿参数的A力压9亿参数的B."""
    q = claim.quantities[at]
    for name in claim.names:
        for other in claim.quantities:
            gap = claim.plain[other.end : name.start]
            alike = other.dimension == q.dimension or {other.dimension, q.dimension} == {"", "count"}
            if other is not q and alike and re.fullmatch(r"[^，。；、\d]{0,6}的\s?", gap):
                words.pop(_mark(claim, name), None)
    return words


def _measured(ours: dict[str, float], mine: dict[str, float], other: dict[str, float]) -> bool:
    """Whether a word for what is measured tells for the rival; across languages few other words can be shared."""
    group_of = groups()
    return any(key in group_of and key in other and key not in mine for key in ours)


def _goes_on(claim: Reading, at: int, source: Reading) -> bool:
    """Whether the claim's clause tells another figure too, and the source has that one."""
    q = claim.quantities[at]
    clause = next((c for c in claim.clauses if c.start <= q.start < c.end), None)
    return clause is not None and any(
        other is not q
        and clause.start <= other.start < clause.end
        and any(same_unit(other, f) and same_value(other, f) for f in source.quantities)
        for other in claim.quantities
    )


_COMPARED_WITH = re.compile(
    r"(?:高于|低于|超过|反超|超越|优于|领先于?|落后于?|不及|多于|少于|快于|慢于|强于|(?<![占同环])比|(?<!相)较)(?P<with>[^，。；\d]{1,18}?)(?:的|为)?\s*(?:约|近)?\s*$"
    r"|\b(?:behind|below|above|than|overtaking|ahead of|versus|vs\.?|against)\s+(?P<whom>[^,.;\d]{1,40}?)(?:'s|\bof|\bat)?\s*$",
    re.I,
)


def _comparator(claim: Reading, q: Quantity, source: Reading, f: Quantity) -> bool:
    """Whether the figure is in the source that of what something is compared with, which the claim does not mention."""
    clause = next((c for c in source.clauses if c.start <= f.start < c.end), None)
    mine = next((c for c in claim.clauses if c.start <= q.start < c.end), None)
    if clause is None or mine is None or not claim.chinese or not source.chinese:
        return False
    found = _COMPARED_WITH.search(source.plain[clause.start : f.start])
    if not found or found["whom"] or f.form == "by" or not found[0].rstrip("约近 ").endswith("的"):
        return False
    if _COMPARED_WITH.search(claim.plain[mine.start : q.start]) or _EARLIER.search(claim.plain):
        return False
    told = found["with"].rstrip("的")
    main = [
        o
        for o in source.quantities
        if o.end <= clause.start + found.start() and same_unit(o, f) and o.dimension == f.dimension
    ]
    pairs = [told[k : k + 2].lower() for k in range(len(told) - 1)] or [told.lower()]
    named = any(n.key in clause.own for n in claim.names)
    return bool(main) and not named and not any(pair in claim.plain.lower() for pair in pairs)


def _other_pair(claim: Reading, at: int, q: Quantity, source: Reading, i: int) -> bool:
    """Whether the claim pairs the end of one change with the beginning of another."""
    if i == 0 or at == 0 or q.form != "to" or source.quantities[i].form != "to":
        return False
    ours, theirs = claim.quantities[at - 1], source.quantities[i - 1]
    if ours.form != "from" or theirs.form != "from" or ours.dimension != q.dimension:
        return False
    return not (same_unit(ours, theirs) and same_value(ours, theirs))


def _part_for_whole(claim: Reading, q: Quantity, source: Reading, i: int) -> bool:
    """Whether the claim gives the whole the figure of a part: 覆盖6.5万亿的市场 for 市场28.5万亿，其中机器人占6.5万亿."""
    f = source.quantities[i]
    clause = next((c for c in source.clauses if c.start <= f.start < c.end), None)
    mine = next((c for c in claim.clauses if c.start <= q.start < c.end), None)
    if clause is None or mine is None or not source.chinese or not claim.chinese:
        return False
    ahead = source.plain[clause.start : f.start].strip()
    if not ahead.startswith("其中") or "其中" in claim.plain[mine.start : q.start]:
        return False
    whole = [o for o in source.quantities[:i] if same_unit(o, f) and o.dimension == f.dimension]
    theirs = {key for key in clause.features if key[0] != "="}
    said = {key for key in mine.features if key[0] != "="}
    if not whole or not theirs or said & theirs or mine.own & clause.own:
        return False
    above = next((c for c in source.clauses if c.start <= whole[-1].start < c.end), None)
    return above is not None and bool(said & above.features)


_BEFOREHAND = re.compile(r"(?:此前|之前|以前|原来|原本|原先|过去|先前|previously|formerly)[^，。；\d]{0,6}$", re.I)


def _reversed(claim: Reading, q: Quantity, source: Reading, i: int) -> bool:
    """Whether the claim calls the end of a change what was before: 此前则要4个月 for 从7个月缩至4个月."""
    f = source.quantities[i]
    start = max((q.start - 14, *(c.start for c in claim.clauses if c.start <= q.start)))
    ends = f.form == "to" and i > 0 and source.quantities[i - 1].form == "from"
    return ends and bool(_BEFOREHAND.search(claim.plain[start : q.start]))


_EARLIER = re.compile(
    r"较|相比|前(?!三|五|十|景|沿|端|往|列|后|所|置|述)|去年|上年|前年|此前|之前|以前|原[来价本先]|从前|同期|上[一个]?[轮季月年代]|前[一次]代|曾|过去|当时|当年|起初|最初|早[前先期]|初期|不到|20\d\d|19\d\d|由|从|先前|原|基[数础]|自|旧|老|往|比|"
    r"earlier|previous|prior|last|was|were|from|former|ago|had|compared|than|instead|rather|up|against|20\d\d",
    re.I,
)

_BASE = re.compile(
    r"(?:较|相比|比)(?:去年同期|上年同期|去年|上年|此前|之前|20\d\d年)?(?:全年|同期)?(?:的|为)\s*(?:约|近)?\s*$"
)


def _was(reading: Reading, q: Quantity) -> bool:
    """Whether a figure is what something was before: in a source only on clear words, in a claim on any hint."""
    if q.form == "from":
        at = reading.quantities.index(q)
        return any(r.form == "to" and r.dimension == q.dimension for r in reading.quantities[at + 1 : at + 2])
    clause = next((c for c in reading.clauses if c.start <= q.start < c.end), None)
    left = clause.start if clause else 0
    ahead = reading.plain[left : q.start]
    return bool(_BASE.search(ahead))


def _first_name(claim: Reading, q: Quantity, spans: tuple[tuple[int, int], ...]) -> tuple[int, str]:
    """The first name of the figure's clause, or else of its window."""
    inside = [n for n in claim.names if any(a <= n.start < b for a, b in spans)]
    clause = next((c for c in claim.clauses if c.start <= q.start < c.end), None)
    near = [n for n in inside if clause and clause.start <= n.start < clause.end]
    return min(((n.start, "@" + n.key) for n in near or inside), default=(0, ""))


def _stranger(claim: Reading, q: Quantity, source: Reading, f: Quantity, sources: Sequence[Reading]) -> bool:
    """Whether the claim gives the figure to one name and the source's clause to another, and the source knows both."""
    ours = next((c for c in claim.clauses if c.start <= q.start < c.end), None)
    theirs = next((c for c in source.clauses if c.start <= f.start < c.end), None)
    if ours is None or theirs is None or len(sources) > 8:
        return False
    actors = {n.key for reading in (claim, *sources) for n in reading.names if n.kind in {"org", "person", "word"}}
    actors |= {
        n.key for r in sources for n in r.names if n.kind == "latin" and n.strong and not located_name(r.plain, n)
    }
    mine, other = ours.own & actors, theirs.own & actors
    if len(mine) != 1 or not other or mine & (theirs.own | theirs.carried):
        return False
    (name,) = mine
    first = source.clauses[0].own
    return (
        name not in first and any(name == n.key for n in source.names) and not any(n.key in other for n in claim.names)
    )


def _same_counted(claim: Reading, q: Quantity, other: Reading, rival: Quantity) -> bool:
    """Whether claim and rival count by the same word."""
    if not {q.dimension, rival.dimension} <= {"count"} or q.small:
        return False
    return bool(_counted(claim, q)) and _counted(claim, q) == _counted(other, rival)


def _both_ends(claim: Reading, q: Quantity, rival: Quantity) -> bool:
    """Whether the claim tells the rival as the other end of the same change, 从49%升到七成: then it knows both."""
    for other in claim.quantities:
        low, high = sorted((q, other), key=lambda one: one.start)
        if other is not q and same_unit(other, rival) and same_value(other, rival):
            gap = claim.plain[low.end : high.start]
            if not re.search(r"[，。；、,;]", gap) and re.search(r"[至到为]|\bto\b|\bfrom\b", gap):
                return True
    return False


def _rivals(one: Reading, a: Quantity, two: Reading, b: Quantity) -> bool:
    """Whether one figure could stand in the other's place: the same unit, and things counted by the same word."""
    if not same_unit(a, b) or (a.dimension != b.dimension and {a.dimension, b.dimension} != {"", "count"}):
        return False
    if a.dimension not in {"", "count"} or (a.unit and a.unit == b.unit):
        return True
    if {a.unit, b.unit} == {"", "score"}:
        return True
    if a.unit != b.unit and (a.dimension == b.dimension or one.chinese or two.chinese):
        return False
    return _counted(one, a) == _counted(two, b) or not _counted(one, a) or not _counted(two, b)


_FUNCTION = {"in", "and", "of", "for", "at", "to", "on", "from", "by", "with", "as", "per", "respectively", "a", "the"}


def _counted(reading: Reading, q: Quantity) -> str:
    """The classifier of a Chinese count, the noun of an English one, "" when neither is there."""
    if q.unit:
        return q.unit
    last = q.text[-1]
    if "\u4e00" <= last <= "\u9fff":
        return last if last not in "万亿千百" else ""
    match = re.match(r"\s*([A-Za-z]+|[\u4e00-\u9fff])", reading.plain[q.end :])
    return match[1].lower() if match and match[1].lower() not in _FUNCTION else ""


def _carry(reading: Reading, q: Quantity, words: dict[str, float]) -> None:
    """Gives a figure whose words name nobody the name that its clause carries over."""
    clause = next((c for c in reading.clauses if c.start <= q.start < c.end), None)
    if clause is None:
        return
    named = any(key[0] == "@" for key in words)
    found = _COMPARED_WITH.search(reading.plain[clause.start : q.start])
    compared = found and (found["whom"] or found[0].rstrip("约近 ").endswith("的"))
    for name in reading.names:
        if named or not clause.start <= name.start < q.start:
            continue
        # "A 30%、B 80%、70%": a name before another figure of the kind is that one's.
        if not any(
            name.end <= o.start < q.start and o.dimension == q.dimension and "、" in reading.plain[o.end : q.start]
            for o in reading.quantities
        ):
            words[_mark(reading, name)] = 3.0
    marks = {name.key: _mark(reading, name) for name in reading.names}
    for key in clause.carried if not compared else ():
        words.setdefault(marks.get(key, "@" + key), 3.0)


def _mark(reading: Reading, name: Name) -> str:
    """The key of a name among the words of a figure; places and settings have one of their own."""
    return ("@@" if name.kind == "place" or located_name(reading.plain, name) else "@") + name.key


def _told_as(claim: Reading, at: int, source: Reading, j: int, i: int) -> bool:
    """Whether the word before the claim's figure stands before the rival ``j`` and not before the equal figure ``i``."""
    ours, theirs, mine = tail(claim, at), tail(source, j), tail(source, i)
    return bool(ours) and ours[-2:].lower() == theirs[-2:].lower() and ours[-2:].lower() != mine[-2:].lower()


def _outside(reading: Reading, i: int, words: dict[str, float]) -> dict[str, float]:
    """The words of a figure that do not stand in its own clause."""
    q = reading.quantities[i]
    clause = next((c for c in reading.clauses if c.start <= q.start < c.end), None)
    if clause is None:
        return words
    inside = {f.key for f in reading.features if clause.start <= f.at < clause.end}
    return {key: weight for key, weight in words.items() if key not in inside}


def _inherit(elliptical: dict[str, float], full: dict[str, float]) -> None:
    """In "A 的准确率为 68%，高于 B 的 43%" the second figure has no word for what it measures: it is that of
    the first."""
    if not any(key.startswith("@@") for key in elliptical):
        elliptical |= {key: weight for key, weight in full.items() if key.startswith("@@")}
    group_of = groups()
    if any(key in group_of for key in elliptical) or sum(1 for key in elliptical if key[0] not in "@^") > 6:
        return
    for key, weight in full.items():
        if not key.startswith("@"):
            elliptical.setdefault(key, weight)


def _points_away(
    ours: dict[str, float], mine: dict[str, float], other: dict[str, float], first: str, least: float, topical: bool
) -> str:
    """Whether the claim's names or other words tell for the rival: "names", "words" or "". Names decide when there are any, since a predicate
    may be shared."""
    group_of = groups()
    measure_mine = any(key in group_of and key in mine and key not in other for key in ours)
    mine_only = {key for key in ours if key[0] == "@" and key in mine and key not in other}
    other_only = {key for key in ours if key[0] == "@" and key in other and key not in mine}
    for mark in ("@", "@@"):
        # Places and all other names answer different questions; each kind is weighed by itself.
        here = {key for key in mine_only if (key[:2] == "@@") == (mark == "@@")}
        there = {key for key in other_only if (key[:2] == "@@") == (mark == "@@")}
        if there and not here and not measure_mine:
            return "names"
    there_named = bool(other_only)
    if mine_only and first in other_only and not measure_mine:
        return "names"
    measure_other = any(key in group_of and key in other and key not in mine for key in ours)
    if topical and not measure_other and not there_named:
        least += 2
    if mine_only or (measure_mine and not measure_other):
        return ""
    for_mine = sum(w for key, w in ours.items() if key in mine and key not in other)
    for_rival = sum(w for key, w in ours.items() if key in other and key not in mine)
    return "words" if for_rival >= least and for_rival > 2 * for_mine else ""


def _exclusive(claim: Reading, at: int, q: Quantity, source: Reading, i: int, f: Quantity) -> bool:
    """Whether a word beside the claim's figure excludes the word beside the source's (输入 and 输出, 时间 and 成本)."""
    ours = _nearest(claim, at, q)
    theirs = _nearest(source, i, f)
    whole = source.words(source.windows[i])
    claimed = {feature.key for feature in claim.features}
    for group, (distance, key) in ours.items():
        if group not in theirs or theirs[group][1] == key or theirs[group][1] in claimed:
            continue
        beside = max(distance, theirs[group][0]) <= (13 if source.chinese else 24) and claim.chinese == source.chinese
        if key not in whole or beside:
            return True
    return False


_NO_PRICE = re.compile(r"代价|[销出零在]售")
"""Words with the character of another in them: what is given for something, and selling, are no price."""


def _nearest(reading: Reading, at: int, q: Quantity) -> dict[str, tuple[int, str]]:
    """Group of exclusive words → (distance in characters, the nearest of them)."""
    group_of = groups()
    best: dict[str, tuple[int, str]] = {}
    for feature in reading.features:
        group = group_of.get(feature.key)
        if group is None or not any(a <= feature.at < b for a, b in reading.windows[at]):
            continue
        if _NO_PRICE.search(reading.plain, max(0, feature.at - 1), feature.at + 2):
            continue
        low, high = sorted((feature.at, q.start))
        between = [o for o in reading.quantities if low < o.start < high]
        if between and not all(o.form == "from" and o.dimension == q.dimension for o in between):
            continue  # the word already belongs to the figure in between
        distance = q.start - feature.at if feature.at < q.start else (feature.at - q.end) * 2
        if distance <= (30 if reading.chinese else 64) and (group not in best or distance < best[group][0]):
            best[group] = (distance, feature.key)
    return best
