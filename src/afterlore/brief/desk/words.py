"""How taste speaks: the traits of a title in a reader's words."""

import re
from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise

from afterlore.brief.desk.experience import Candidate
from afterlore.brief.desk.traits import TEXT, Trait, grams, read, readable
from afterlore.core import Record

__all__ = ["Part", "explain", "named", "reason", "within"]

_SMALLEST = 0.02
"""Points of score below which a trait is not worth a word."""

# For each trait that is not a word of the title: how it is said when a title has much of it, and when it has little.
_NAMES: dict[tuple[str, str], tuple[tuple[str, str], tuple[str, str]]] = {
    ("reason", "outlets"): (("多家报道", "单家报道"), ("several outlets", "a single outlet")),
    ("reason", "entities"): (("知名主体", "无知名主体"), ("known names", "no known name")),
    ("reason", "words"): (("关键词多", "关键词少"), ("keywords", "few keywords")),
    ("reason", "numbers"): (("数字多", "数字少"), ("figures", "few figures")),
    ("reason", "rarity"): (("当日独有", "当日常见"), ("names of its own", "names told elsewhere")),
    ("reason", "telling"): (("标题说清了事", "标题含糊"), ("a clear title", "a vague title")),
    ("reason", "fullness"): (("标题交代完整", "标题简短"), ("a full title", "a scant title")),
    ("reason", "consequence"): (("点明意义", "未点明意义"), ("why it matters", "not why it matters")),
    ("reason", "stakes"): (("涉及金额大", "不涉及大额"), ("large sums", "no large sum")),
    ("reason", "action"): (
        ("知名主体的新动作", "并非知名主体的动作"),
        ("a deed of a known name", "no known name's deed"),
    ),
    ("reason", "substance"): (("报道详尽", "报道简短"), ("long reports", "short reports")),
    ("reason", "source"): (("来源权重高", "来源权重低"), ("trusted outlets", "lesser outlets")),
    ("reason", "freshness"): (("新近", "较早"), ("fresh news", "older news")),
    ("reason", "novelty"): (("未曾报道", "此前报道过"), ("not told before", "told before")),
    ("reason", "kind"): (("新闻报道", "教程或推广"), ("news", "a manual or promotion")),
    ("form", "length"): (("标题较长", "标题较短"), ("a long title", "a short title")),
    ("form", "colon"): (("冒号式标题", "非冒号式标题"), ("a colon in the title", "no colon in the title")),
    ("form", "figures"): (("标题有数字", "标题无数字"), ("figures in the title", "no figure in the title")),
    ("form", "quoted"): (("标题有引号", "标题无引号"), ("quotation marks", "no quotation marks")),
    ("form", "question"): (("提问式标题", "非提问式标题"), ("a question", "no question")),
    ("kin", "told"): (("与近日所选相近", "与近日所选不同"), ("like recent picks", "unlike recent picks")),
    ("kin", "passed"): (
        ("与近日未选相近", "与近日未选不同"),
        ("like what was passed over", "unlike what was passed over"),
    ),
}


class Part(Record):
    """What of a story spoke for or against it."""

    text: str
    """In the brief's language: a word or phrase of the title, the category, or a feature of the ranker."""
    effect: float
    """Points of score that it added, beside the day's other candidates; negative when it spoke against."""


def named(trait: Trait, language: str, *, much: bool = True) -> str:
    """The trait as a reader would call it; empty for one that tells a reader nothing."""
    if trait.kind in ("word", "pair"):
        words = trait.name.split(" ")
        return _joined(words) if all(map(readable, words)) else ""
    chinese = language == "zh"
    if trait.kind == "category":
        return (f"“{trait.name}”类" if chinese else f"category {trait.name}") if much else ""
    names = _NAMES.get((trait.kind, trait.name))
    return names[0 if chinese else 1][0 if much else 1] if names else trait.name


def within(trait: Trait) -> tuple[Trait, ...]:
    """The runs of characters that a word or phrase brings along."""
    return tuple(Trait("gram", gram) for gram in grams(_joined(trait.name.split(" ")))) if trait.kind in TEXT else ()


def explain(
    candidate: Candidate,
    beside: Mapping[Trait, float],
    effect: Mapping[Trait, float],
    weights: Mapping[Trait, float],
    language: str,
) -> tuple[Part, ...]:
    """What spoke for or against a candidate, largest first. ``beside`` is each trait's effect less its mean over the
    day, ``effect`` what the candidate itself has of it.

    What runs of characters did is credited to the words that they stand in. A phrase says what its two words and their
    pair did together; a word that a phrase said is not said again.
    """
    alone = _credited(candidate, beside, effect)
    words = [word for word, _ in read(candidate.title).words]
    said = [(value, named(Trait("word", word), language), frozenset((word,))) for word, value in alone.items()]
    for a, b in pairwise(words):
        pair = Trait("pair", f"{a} {b}")
        if pair in effect and a != b:
            said.append((alone[a] + alone[b] + beside[pair], named(pair, language), frozenset((a, b))))
    for trait, value in beside.items():
        if trait.kind not in TEXT:
            much = value * weights[trait] > 0
            said.append((value, named(trait, language, much=much), frozenset()))
    said.sort(key=lambda one: (-abs(one[0]), one[1]))
    parts: list[Part] = []
    used: set[str] = set()
    for value, text, told in said:
        if text and abs(value) >= _SMALLEST and not told & used:
            used |= told
            parts.append(Part(text=text, effect=round(value, 4)))
    return tuple(parts)


def _credited(candidate: Candidate, beside: Mapping[Trait, float], effect: Mapping[Trait, float]) -> dict[str, float]:
    """What each word of the title did, with its share of the runs of characters that it holds."""
    text, placed = read(candidate.title)
    owner: dict[int, str] = {}
    did: dict[str, float] = defaultdict(float)
    for word, at in placed:
        owner.update(dict.fromkeys(range(at, at + len(word)), word))
        did[word] = beside.get(Trait("word", word), 0.0)
    for trait in effect:
        if trait.kind == "gram":
            at = text.find(trait.name)
            for place in range(at, at + len(trait.name)):
                if place in owner:
                    did[owner[place]] += beside[trait] / len(trait.name)
    return did


def reason(value: float, parts: tuple[Part, ...], language: str) -> str:
    """One line that says why; empty when there is nothing to say."""
    if not value:
        return ""
    ours = [part.text for part in parts if part.effect * value > 0][:3]
    if language == "zh":
        return ("编辑常选：" if value > 0 else "编辑少选：") + ("、".join(ours) or "综合各项")
    return ("editors here pick: " if value > 0 else "editors here pass over: ") + (", ".join(ours) or "all in all")


def _joined(words: list[str]) -> str:
    """Words as they stand in a title: with a space between two Latin ones."""
    text = words[0]
    for word in words[1:]:
        text += (" " if re.match(r"[\x00-\x7f]", word) and re.search(r"[\x00-\x7f]$", text) else "") + word
    return text
