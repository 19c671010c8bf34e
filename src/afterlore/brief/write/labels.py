"""Which label fits a bullet: from the vertical's lexicon, else from what kind of sentence it is.

A label needs evidence of two sorts: words that speak of its matter and, where the vertical says so, a figure of the
right kind. "用户可以…" speaks of users but counts none, so it says nothing of their number. A sentence that no label
fits is named after what it is about, or else by the neutral label: a wrong label is worse than none.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import rjieba

from afterlore.brief.vertical import FigureKind, Vertical
from afterlore.brief.write import phrases
from afterlore.brief.write.candidates import Candidate, terms, width
from afterlore.text.dates import dates
from afterlore.text.quantities import quantities

__all__ = ["assign_labels", "figure_kinds", "label_scores"]

# Below this no label fits with confidence: two thirds of a decisive cue (2), or two weak ones.
_CONFIDENT = 1.3
# With less than this a label is not even a guess.
_WEAK = 0.95
# What the right kind of figure adds to a label that has a cue.
_BORNE_OUT = 0.5
# What a label loses each time the story already has it.
_REUSED = 0.45
# From here on a label is right even where the story has it already.
_SURE = 1.8
# A sentence that opens an article keeps its form label unless its topic is this clear.
_CLEAR = 3.2
_EARLIER = re.compile(
    r"此前|早在|距离?(?!离)|去年|前年|过去|曾经?|起初|最初|20[01]\d\s*年|继[^，。]{2,20}[之以]?后|就在\s*\d"
)
_SAID = re.compile(
    r"[^，。]{1,24}(?:表示|认为|指出|强调|透露|写道|坦言|直言|解释|回应|介绍|(?<!来)说|称|估算|预计|担心)\s*[，,：:「“]"
    r"|[「“][^」”]{8,}[」”]，?[^，。]{0,16}(?:表示|说|称|写道|指出)|^(?:在[^，]{2,12}看来)"
    r"|\b(?:said|says|told|wrote|argued?|according to)\b"
)

# What somebody did, and neither a wish nor an explanation.
_STEP = re.compile(
    r"(?:宣布|推出|启动|成立|引入|投入|完成|获得|上线|签署|加入|新增|推进|开放|扩大|调整|合并|建成|开通|赢得|拿下|公布|披露|归入|打造)"
    r"|\b(?:announced|launched|opened|hired|signed|won|added|closed|cut)\b"
)
# The clause before the news: when, or besides what.
_BESIDE = re.compile(
    r"^(?:在|除了?|继|随着)[^，。]{2,30}?(?:同时|之际|之后|以后|之外|以外|[后时前外])，|^(?:随着|对)[^，。]{2,30}，"
)
_SPEECH_QUOTE = re.compile(r"[“「\"]([^”」\"]{8,})[”」\"]")

_UNIT_KIND: dict[str, FigureKind] = {
    "score": "score",
    "person": "people",
    "machine": "machines",
    "token": "tokens",
    "param": "size",
}
_DIMENSION_KIND: dict[str, FigureKind] = {
    "money": "money",
    "percent": "percent",
    "points": "percent",
    "multiple": "multiple",
    "time": "time",
    "power": "power",
    "energy": "power",
    "compute": "power",
    "bytes": "size",
    "length": "size",
    "weight": "size",
    "frequency": "size",
    "bits": "size",
    "angle": "size",
    "temperature": "size",
    "pixels": "size",
    "area": "size",
}


@lru_cache(maxsize=20_000)
def figure_kinds(text: str) -> frozenset[FigureKind]:
    """The kinds of figure in a sentence. A date counts when it gives a month, a quarter or a half year."""
    kinds: set[FigureKind] = set()
    for one in quantities(text):
        kind = _DIMENSION_KIND.get(one.dimension) or _UNIT_KIND.get(one.unit)
        # Prose counts small things freely (三个方向); only named units make such a figure tell something.
        # 100% is a manner of speaking.
        if (
            one.dimension == "ordinal"
            or (one.dimension == "percent" and one.value == 100)
            or (one.small and kind != "machines" and kind != "score")
        ):
            continue
        # A small number without a unit is as often part of a name.
        if kind or one.dimension or one.value >= 1000:
            kinds.add(kind or "number")
    if any(day.month or day.quarter or day.half for day in dates(text)):
        kinds.add("date")
    return frozenset(kinds)


def label_scores(text: str, vertical: Vertical) -> dict[str, float]:
    """How much each label of the vertical is called for; labels that no cue calls for are left out.

    A cue in the first half counts in full, a later one two thirds: Chinese news sentences open with their topic. A few
    quoted words, or what happened at the same time, are not what a sentence reports: cues in them count one third.
    """
    spoken = _spoken(text)
    if spoken:
        # The label says what is said, not who says it.
        text = spoken
    bare = text if spoken else _BESIDE.sub("", phrases.QUOTED.sub("", text))
    half = bare[: max(24, len(bare) // 2)]
    kinds = figure_kinds(text)
    scores = {}
    for label in vertical.labels:
        all_of_it = label.cues.found(text)
        if not all_of_it:
            continue
        early = label.cues.found(half)
        own = label.cues.found(bare)
        score = sum(
            weight if cue in early or weight < 0 else weight * (2 / 3 if cue in own else 1 / 3)
            for cue, weight in all_of_it.items()
        )
        if label.figures and score > 0:
            score = score + _BORNE_OUT if kinds & set(label.figures) else score * label.without
        if score > 0:
            scores[label.name] = score
    return scores


def _spoken(text: str) -> str:
    """What a sentence quotes, when that is most of it; else ""."""
    quotes = _SPEECH_QUOTE.findall(text)
    said = max(quotes, key=len, default="")
    return said if 2 * len(said) > len(text) and _SAID.search(text) else ""


def assign_labels(
    said: Sequence[Candidate], vertical: Vertical, opening: int | None = None, known: frozenset[str] = frozenset()
) -> list[str]:
    """One label a sentence; ``opening`` is the number of the one that tells what happened.

    Labels go out best fit first; one that is taken loses weight, so they spread. ``known`` are the terms of the story's
    title: what all of its sentences are about labels none of them.
    """
    table = [label_scores(one.text, vertical) for one in said]
    chosen: list[str] = [""] * len(said)
    used: dict[str, int] = {}
    if opening is not None and max(table[opening].values(), default=0.0) < _CLEAR:
        chosen[opening] = vertical.form_labels.lead
        used[chosen[opening]] = 1
    while True:
        best: tuple[float, int, str] | None = None
        for row, scores in enumerate(table):
            if not chosen[row]:
                for name, score in scores.items():
                    worth = score * _REUSED ** used.get(name, 0)
                    if worth >= _CONFIDENT and (best is None or worth > best[0] + 1e-9):
                        best = (worth, row, name)
        if best is None:
            break
        _, row, name = best
        chosen[row] = name
        used[name] = used.get(name, 0) + 1
    for row, one in enumerate(said):
        if not chosen[row]:
            chosen[row] = _by_form(one, table[row], set(chosen), vertical, known)
    return chosen


def _by_form(
    one: Candidate, scores: dict[str, float], taken: set[str], vertical: Vertical, known: frozenset[str]
) -> str:
    """The first of these that fits and is free: what it says it is about, a weak topic, its kind, its subject."""
    kinds = vertical.form_labels
    options = [one.aspect] if one.aspect else []
    said = _SAID.search(one.text)
    if said:
        options.append(kinds.speech)
    # A guess at a label that wants a figure is no good without one.
    measured = figure_kinds(one.text)
    wanting = {label.name for label in vertical.labels if label.figures and not measured & set(label.figures)}
    weak = sorted((-score, name) for name, score in scores.items() if score >= _WEAK and name not in wanting)
    options += [name for _, name in weak]
    sure = [name for score, name in weak if -score >= _SURE]
    if sure and taken.issuperset(options):
        return sure[0]
    if _EARLIER.search(one.text[:30]):
        options.append(kinds.earlier)
    measured -= {"date"}
    if len(one.figures) >= 2 and measured - {"time", "number"}:
        options.append(kinds.figures)
    term = _term(one.text, known)
    if term:
        options.append(term)
    if said:
        options.append(kinds.speech)
    if measured & {"money", "percent", "multiple", "people", "machines", "score", "tokens"}:
        options.append(kinds.figures)
    if _STEP.search(one.text) and one.entities and not one.faults:
        options.append(kinds.deed)
    free = next((option for option in options if option not in taken), "")
    # Two facts of one kind may share a label; it is the right one for both.
    shared = [name for _, name in weak] + [option for option in options if option in (kinds.speech, kinds.figures)]
    return free or next(iter(shared), kinds.other)


# A noun so general that it names nothing as a label.
_GENERAL = re.compile(
    r"(?:项目|公司|平台|团队|产品|用户|企业|模型|研究|数据|官方|系统|业务|功能|技术|行业|市场|方案|双方|媒体|外界|网友|论文|作者|记者|文章"
    r"|目前|今年|人们|人类|问题|情况|时候|方式|能力|过程|结果|方法|机构|人士|内容|世界|中国|美国|全球|国内|海外|AI|Agent)$"
)


def _term(text: str, known: frozenset[str]) -> str:
    """A name for what a sentence is about, four to eight characters wide: a quoted term, or its subject; "" if none."""
    for quoted in re.findall(r"[“「《]([^”」》，。！？：；、]{2,16})[”」》]", text):
        plain = all(not tag.startswith(("v", "d", "p", "r", "c")) or tag == "vn" for _, tag in rjieba.tag(quoted))
        if plain and 4 <= width(quoted) <= 8 and not terms(quoted) <= known:
            return str(quoted).strip()
    return _subject(text, known)


def _subject(text: str, known: frozenset[str]) -> str:
    """The compound noun that opens a sentence as its subject; "" if there is none."""
    taken: list[str] = []
    following = ""
    for word, tag in rjieba.tag(text[:24]):
        if (
            tag.startswith(("n", "vn", "an", "b", "j"))
            and not tag.startswith("nr")
            and re.match(r"[\u4e00-\u9fff]", word)
        ):
            taken.append(word)
            continue
        following = tag
        break
    name = "".join(taken)
    if len(taken) < 2 or not 4 <= width(name) <= 8 or not following.startswith(("v", "d", "p", "a")):
        return ""
    if _GENERAL.search(name) or {word.casefold() for word in taken} <= known or name.casefold() in known:
        return ""
    return name
