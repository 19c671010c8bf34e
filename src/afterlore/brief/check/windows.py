# ruff: noqa: E501
# A pattern or a word list is read as a whole: breaking it over lines hides what it matches.
"""The stretch of a sentence whose words belong to a figure."""

import re

from afterlore.text.quantities import Quantity

__all__ = ["WEAK", "spans", "windows"]

_STRONG = re.compile(r"[；;。！？!?\n]|\.\s")

WEAK = re.compile(
    r"[，；;。！？!?:：\n]|,(?!\d{3})|\.\s|\s-\s|--|\s(?:while|whereas|but|versus|even as|although|though|compared with)\s|(?<=[\u4e00-\u9fff])而(?=[\u4e00-\u9fffA-Za-z])(?!且|是|非|言|来|又)"
)

_SEGMENT = re.compile(
    WEAK.pattern
    + r"|、|\s(?:and|against|vs\.?|compared with)\s|(?<=[\u4e00-\u9fff\d%])(?:和|以及|及|与)(?=[\u4e00-\u9fff\d$])"
)

_LIST = re.compile(r"、|,\s(?:and\s)?|，|\sand\s|和|与|及|以及")

_RESPECTIVELY = re.compile(r"分别|依次|respectively")


def spans(plain: str, pattern: re.Pattern[str]) -> list[tuple[int, int]]:
    cuts = [0]
    for match in pattern.finditer(plain):
        cuts += [match.start(), match.end()]
    cuts.append(len(plain))
    return [(cuts[i], cuts[i + 1]) for i in range(0, len(cuts), 2) if plain[cuts[i] : cuts[i + 1]].strip()]


# What comes behind these words is what the figure is compared with.
_AFTER_FIGURE = re.compile(
    r"落后|领先|超过|超越|高于|低于|优于|不及|胜过|击败|\b(?:than|behind|ahead of|above|below|beating|against|versus|vs)\b"
)

_NOTE = re.compile(r"\s?\([^()]{2,20}\)")
"""0.025元（缓存命中）: what stands in brackets behind a figure is about it."""


def windows(plain: str, figures: tuple[Quantity, ...]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """The words of a figure: from where the last figure of its kind ended to the end of its own segment."""
    segments = spans(plain, _SEGMENT)
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
                note = _NOTE.match(plain, other.end)
                left = max(left, min(note.end(), figure.start)) if note else left
                break
        if i + 1 < len(figures):
            following = figures[i + 1]
            if following.start < right and following.dimension == figure.dimension and following.unit == figure.unit:
                gap = plain[figure.end : following.start]
                right = figure.end + (len(gap) if re.search(r"的[^的]*$", gap) is None else 0)
                right = min(right, figure.end + 6) if re.search(r"[\u4e00-\u9fff]", gap) else right
        note = _NOTE.match(plain, figure.end)
        if note and not any(note.start() < o.start < note.end() for o in figures):
            right = max(right, note.end())
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
