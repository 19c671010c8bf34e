"""How important a story is, and why: a sum of features that saturate, each kept with its reason.

Nothing is learnt here; weights are an editor's judgement and can be set by the vertical (``ranking.weights``). What is
learned from a desk's editors (``brief.desk.taste``) is handed in, and is one more term with its reason. Whatever
an article's body says counts at most a bounded amount, and sentences that ask to be ranked, placed or chosen are taken
out before anything is counted, so asking changes nothing. Not covered: an article that states invented news.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from afterlore.brief.article import Article
from afterlore.brief.desk.proposed import TASTE, proposed
from afterlore.brief.desk.taste import Taste
from afterlore.brief.vertical import Vertical
from afterlore.brief.write import phrases
from afterlore.brief.write.candidates import entities_in, numbers_in, terms, width
from afterlore.brief.write.titles import clean_title, vagueness
from afterlore.core import ConfigError, Record
from afterlore.text.quantities import quantities

__all__ = ["FEATURES", "Feature", "Ranked", "rank"]

FEATURES: dict[str, float] = {
    "outlets": 1.0,
    "entities": 0.7,
    "words": 0.6,
    "numbers": 0.4,
    "rarity": 0.3,
    "telling": 0.3,
    "fullness": 0.6,
    "consequence": 0.6,
    "stakes": 0.4,
    "action": 0.5,
    "substance": 0.4,
    "source": 2.0,
    "freshness": 0.3,
    "novelty": 1.0,
    "kind": 1.0,
}
"""Features and their weights unless the vertical gives others. Each feature's value before weighting lies within ±3."""

_LEAD_CHARACTERS = 240
_FULL_LENGTH = 2500
# A headline above this vagueness (``titles.vagueness``) is read together with so much of the lead.
_VAGUE = 0.3
_OPENING_CHARACTERS = 80
# A headline that says this much of its subject says all that a headline can.
_FULL_HEADLINE = 30
# Money of the first amount begins to count, of the second counts in full.
_STAKES = (1e7, 1e11)
# Lines of a program, calls and paths in prose, and what tells the reader to do something: a manual has many of them.
_CODE = re.compile(r"[{};]\s*$|[A-Za-z_.]\([^)\u4e00-\u9fff]*\)|==|=>|::|</?\w+>|\w_\w|\w/\w{1,60}\.\w{1,4}\b")
_CODE_SHARE = 0.07
_MANUAL_LINES = 30
_HALF_LIFE_HOURS = 24.0


class Feature(Record):
    """One term of a story's score."""

    name: str
    value: float
    """What it adds to the score, weight included."""
    why: str


class Ranked(Record):
    """A story's place."""

    story: int
    """Index into the stories that were ranked."""
    score: float
    reasons: tuple[Feature, ...]
    """Terms that are not zero, largest first."""


def rank(
    stories: Sequence[Sequence[Article]],
    vertical: Vertical,
    *,
    earlier: Sequence[str] = (),
    now: datetime | None = None,
    taste: Taste | None = None,
) -> list[Ranked]:
    """The stories, best first; ties keep their order.

    ``earlier`` are titles that earlier days told: what repeats one loses its novelty. ``now`` is what freshness is
    counted from; without it, the latest article's time. ``taste`` adds what this desk's editors tend to choose; one
    that has learned nothing changes nothing. Raises ConfigError when the vertical weighs a feature that does not exist.
    """
    weights = _weights(vertical)
    told = [terms(title) for title in earlier]
    latest = now or max((a.published for story in stories for a in story if a.published), default=None)
    titles = [[phrases.without_begging(clean_title(a.title)) for a in story] for story in stories]
    common = Counter(name for group in titles for name in {n for title in group for n in entities_in(title)})
    ranked = []
    for index, story in enumerate(stories):
        reasons = []
        for name, (value, why) in _features(story, titles[index], vertical, told, latest, common, len(stories)).items():
            worth = round(weights[name] * value, 4)
            if worth:
                reasons.append(Feature(name=name, value=worth, why=why))
        reasons.sort(key=lambda feature: (-abs(feature.value), feature.name))
        score = round(sum(feature.value for feature in reasons), 4)
        ranked.append(Ranked(story=index, score=score, reasons=tuple(reasons)))
    if taste is not None and taste.days:
        ranked = _tasted(ranked, stories, vertical, taste)
    return sorted(ranked, key=lambda one: (-one.score, one.story))


def _tasted(
    ranked: Sequence[Ranked], stories: Sequence[Sequence[Article]], vertical: Vertical, taste: Taste
) -> list[Ranked]:
    """The same stories with taste as one more reason."""
    candidates = [proposed(stories[one.story], vertical, ((r.name, r.value) for r in one.reasons)) for one in ranked]
    told = []
    for one, verdict in zip(ranked, taste.judge(candidates, vertical.language), strict=True):
        learned = (Feature(name=TASTE, value=verdict.value, why=verdict.why),) if verdict.value else ()
        reasons = sorted((*one.reasons, *learned), key=lambda feature: (-abs(feature.value), feature.name))
        told.append(Ranked(story=one.story, score=round(one.score + verdict.value, 4), reasons=tuple(reasons)))
    return told


def _weights(vertical: Vertical) -> dict[str, float]:
    unknown = sorted(set(vertical.ranking.weights) - set(FEATURES))
    if unknown:
        raise ConfigError(
            f"unknown key {'ranking.weights.' + unknown[0]!r} in vertical {vertical.name!r}; "
            f"valid keys there: {', '.join(sorted(FEATURES))}"
        )
    return {**FEATURES, **vertical.ranking.weights}


def _features(
    story: Sequence[Article],
    titles: Sequence[str],
    vertical: Vertical,
    told: Sequence[frozenset[str]],
    latest: datetime | None,
    common: Counter[str],
    total: int,
) -> dict[str, tuple[float, str]]:
    """Each feature's value and reason. The reasons are shown to readers, so they are in the brief's language."""
    # A repost speaks for the outlet that it was taken from.
    outlets = sorted({article.origin or article.outlet for article in story})
    bodies = [phrases.without_begging(article.text) for article in story]
    heads = [f"{title}\n{body[:_LEAD_CHARACTERS]}" for title, body in zip(titles, bodies, strict=True)]
    names: dict[str, float] = {}
    words: dict[str, float] = {}
    said = [_said(title, body) for title, body in zip(titles, bodies, strict=True)]
    for line, article in zip(said, story, strict=True):
        names.update(vertical.ranking.entity_cues.found(line))
        words.update(vertical.ranking.word_cues.found(f"{phrases.without_begging(article.title)}\n{line}"))
    top_names = sorted(names, key=lambda name: (-names[name], name))[:3]
    figures = sorted({figure for head in heads for figure in numbers_in(head)})
    rare = {n for title in titles for n in entities_in(title) if common[n] == 1}
    length = max((len(body) for body in bodies), default=0)
    weights = [vertical.sources.get(outlet, 1.0) for outlet in outlets]
    age = _age_hours(story, latest)
    repeat = max((_overlap(terms(title), earlier) for title in titles for earlier in told), default=0.0)
    kinds = [article.kind for article in story]
    vague = min((vagueness(title) for title in titles), default=0.0)
    return {
        "outlets": (min(3.0, math.log2(len(outlets))) if outlets else 0.0, f"{len(outlets)}家媒体报道"),
        "entities": (min(1.5, sum(names[name] for name in top_names)), "涉及" + "、".join(top_names)),
        "words": (max(-1.5, min(1.5, sum(words.values()))), "标题含" + "、".join(sorted(words))),
        "numbers": (min(4, len(figures)) / 4, f"标题与导语有{len(figures)}个数字"),
        "rarity": (min(2, len(rare)) / 2 if total > 1 else 0.0, "当日独有：" + "、".join(sorted(rare)[:3])),
        "telling": (max(-1.5, min(1.5, -vague)), "标题说清了事" if vague <= 0 else "标题含糊"),
        "fullness": (max((_fullness(title) for title in titles), default=0.0), "标题交代完整"),
        "consequence": (max((_consequence(line) for line in said), default=0.0), "标题点明意义"),
        "stakes": (max((_stakes(line) for line in said), default=0.0), "涉及金额大"),
        "action": (_action(said, vertical), "知名主体的新动作"),
        "substance": (min(1.0, length / _FULL_LENGTH), f"最长一篇{length}字"),
        "source": (max(weights, default=1.0) - 1.0, "来源：" + "、".join(outlets[:3])),
        "freshness": (0.5 ** (age / _HALF_LIFE_HOURS) if age is not None else 0.0, f"距今{age or 0:.0f}小时"),
        "novelty": (-2.0 * repeat if repeat >= 0.5 else 0.0, "此前已报道过"),
        "kind": _kind(kinds, bodies),
    }


def _fullness(title: str) -> float:
    """How much a headline says of its subject, 0 to 1: what follows its colon, or all but about a name's length."""
    _, colon, said = title.partition("：")
    return min(1.0, max(0.0, width(said) if colon else width(title) - 12) / _FULL_HEADLINE)


def _consequence(title: str) -> float:
    """Whether a headline gives a first, a turn or an effect, 0 to 1."""
    return min(1.0, math.fsum(weight for pattern, weight in phrases.SIGNIFICANCE if pattern.search(title)))


def _action(titles: Sequence[str], vertical: Vertical) -> float:
    """1 when a headline tells a deed of a name that readers follow."""
    return float(any(phrases.DEED.search(t) and vertical.ranking.entity_cues.found(t) for t in titles))


def _stakes(title: str) -> float:
    """The greatest sum of money in a headline on a logarithmic scale, 0 to 1, whatever the currency."""
    low, high = _STAKES
    sums = [one.value for one in quantities(title) if one.dimension == "money" and one.value >= low]
    return min(1.0, 0.3 + 0.7 * math.log10(max(sums) / low) / math.log10(high / low)) if sums else 0.0


def _said(title: str, body: str) -> str:
    """The headline, or with the opening of the lead when the headline alone does not tell the news."""
    return title if vagueness(title) <= _VAGUE else f"{title}\n{body[:_OPENING_CHARACTERS]}"


def _kind(kinds: Sequence[str], bodies: Sequence[str]) -> tuple[float, str]:
    if "news" in kinds:
        lines = [line for body in bodies for line in body.split("\n") if line]
        coded = sum(bool(_CODE.search(line)) for line in lines)
        return (
            (-1.0, "教程或代码讲解") if len(lines) >= _MANUAL_LINES and coded > _CODE_SHARE * len(lines) else (0.0, "")
        )
    return (-3.0, "活动、招聘或推广") if "notice" in kinds else (-2.0, "多事件汇总")


def _age_hours(story: Sequence[Article], latest: datetime | None) -> float | None:
    times = [article.published for article in story if article.published]
    if latest is None or not times:
        return None
    return max(0.0, (latest - max(times)).total_seconds() / 3600)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    short = min(len(one), len(other))
    return len(one & other) / short if short >= 3 else 0.0
