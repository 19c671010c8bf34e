"""The sentences of a story that could stand in a brief: found, trimmed at the front, and judged by their form."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import rjieba

from afterlore.brief.article import Article
from afterlore.brief.write import phrases
from afterlore.text.dates import dates
from afterlore.text.quantities import quantities
from afterlore.text.sentences import sentences

__all__ = ["Candidate", "candidates", "entities_in", "faults", "figures_in", "numbers_in", "terms", "width"]

_NUMBER = re.compile(
    r"(?<![A-Za-z0-9.-])\d[\d,]*(?:\.\d+)?"
    r"\s*(?:%|％|个百分点|倍|折|[BMKTG]\b|[余多]?(?:万亿|千亿|百亿|亿|千万|百万|万|千|百)?[余多]?(?:美元|欧元|日元"
    r"|港元|元|[张款家人名次篇件台枚项个])?)"
)
_DATE_UNIT = re.compile(r"\s*[年月日号点时]")
_LATIN_NAME = re.compile(r"(?<![A-Za-z0-9])[A-ZΑ-Ωα-ω][A-Za-z0-9+.\-]*[A-Za-z0-9+](?:\s[A-Z0-9][A-Za-z0-9+.\-]*)*")
_TERM = re.compile(r"[「《]([^」》\n，。！？：；我你他她]{2,16})[」》]")
_SPEAKER = re.compile(
    r"([^\s，。！？：:；“”「」]{1,10}(?:\s[A-Z][A-Za-z]+)?|[A-Z][a-z]+(?:\s[A-Z][a-z]+){0,2})\s*[：:]\s*(.*)"
)
_UNNAMED = re.compile(r"(?:Q|A|问|答|记者|主持人|提问|观众|采访者|编者|注|导语|摘要)\d*$", re.IGNORECASE)
_CONTENT_TAGS = ("n", "v", "a", "eng", "m", "i", "j", "l", "z")
# fmt: off
_EMPTY = frozenset((
    "表示", "认为", "进行", "可以", "能够", "成为", "已经", "没有", "不是", "就是",
    "还是", "开始", "需要", "目前", "通过", "实现", "包括", "以及", "相关", "其中",
    "使用", "问题", "情况", "方面", "方式", "时候", "时间", "今天", "一个", "一种",
    "这种", "这个", "称", "说", "是", "有", "会", "能", "让", "将",
    "做", "要", "去", "来", "到", "使", "给", "把", "被", "在",
    "从", "对", "为", "与", "和", "的", "了", "上", "中", "下",
    "里", "后", "前", "个", "年", "月", "日", "大", "小", "多",
    "更", "最",
))
# fmt: on


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span of an article that reads as a statement. ``text == article.text[start:end]``."""

    article: int
    """Index into the story's articles."""
    start: int
    end: int
    text: str
    paragraph: int
    """Number of its paragraph in the article, from 0; ``order`` is the number of its sentence."""
    order: int
    position: float
    """How far into the article it begins, 0 to 1."""
    terms: frozenset[str]
    numbers: frozenset[str]
    entities: frozenset[str]
    faults: frozenset[str]
    """What is wrong with its form; see ``faults``. Empty means that it can stand alone."""
    speaker: str
    """Who says it, in a printed interview; empty otherwise."""
    heading: str
    """The short heading that its paragraph opens with (``价格：…``), left out of ``text``; empty otherwise."""
    aspect: str
    """The side of the matter that it says it is about (``硬件方面，…``), left out of ``text``; empty otherwise."""
    figures: frozenset[str]
    """Its telling figures in base units, the same in Chinese and English; see ``figures_in``."""


def width(text: str) -> float:
    """Length as a reader feels it: a Chinese character counts 1, any other 0.4."""
    wide = sum(1 for char in text if "\u2e80" <= char <= "\uffef")
    return wide + 0.4 * (len(text) - wide)


def numbers_in(text: str) -> frozenset[str]:
    """Figures with their units, without white space and thousands separators; plain dates do not count."""
    found = set()
    for match in _NUMBER.finditer(text):
        figure = re.sub(r"[\s,]", "", match.group())
        if not _DATE_UNIT.match(text, match.end()) and not re.fullmatch(r"(?:19|20)\d\d", figure):
            found.add(figure)
    return frozenset(found)


def figures_in(text: str) -> frozenset[str]:
    """Figures as ``kind value`` in base units, so that 4.8亿美元 and $480 million are one; small counts are left out.

    Days and quarters are among them, as ``date …``.
    """
    found = set()
    for one in quantities(text):
        if one.small or one.dimension == "ordinal" or (not one.dimension and 1900 <= one.value <= 2100):
            continue
        kind = one.dimension if one.dimension not in ("", "count") else "n"
        found.add(f"{kind} {one.unit if kind == 'money' else ''} {one.value:.3g}")
    for day in dates(text):
        if (day.month and day.day) or day.quarter:
            found.add(f"date {day.month} {day.day} {day.quarter}")
    return frozenset(found)


def entities_in(text: str) -> frozenset[str]:
    """Latin names and quoted terms, case-folded."""
    names = {match.group().casefold() for match in _LATIN_NAME.finditer(text)}
    return frozenset(names | {match.group(1).casefold() for match in _TERM.finditer(text)})


@lru_cache(maxsize=20_000)
def terms(text: str) -> frozenset[str]:
    """Content words, case-folded: nouns, verbs, adjectives, Latin words and figures."""
    found = set()
    for word, tag in rjieba.tag(text):
        low = word.strip().casefold()
        if low and tag.startswith(_CONTENT_TAGS) and low not in _EMPTY and (len(low) > 1 or low.isdigit()):
            found.add(low)
    return frozenset(found)


# A heading or caption is shorter; a paragraph that ends without a mark was broken off where the page had its layout.
_LONG_LINE = 40
_UNENDED = re.compile(r"[\u4e00-\u9fffA-Za-z0-9，、]$")


def candidates(articles: Sequence[Article], chatter: Sequence[str] = ()) -> list[Candidate]:
    """Every sentence of the articles as a candidate, in reading order, article by article."""
    found: list[Candidate] = []
    for index, article in enumerate(articles):
        found.extend(_of_article(index, article, chatter))
    return found


def _of_article(index: int, article: Article, chatter: Sequence[str]) -> Iterable[Candidate]:
    speakers = _speakers(article.text)
    speaker = ""
    length = max(1, len(article.text))
    order = 0
    for number, line in enumerate(re.finditer(r"[^\n]+", article.text)):
        said = _SPEAKER.match(line.group()) if speakers else None
        offset = line.start()
        if said and said.group(1).strip() in speakers:
            speaker = said.group(1).strip()
            offset += said.start(2)
        for sentence in sentences(article.text[offset : line.end()]):
            start, end = _span(article.text, offset + sentence.start, offset + sentence.end)
            heading = _heading(article.text[start:end]) if sentence.start == 0 else ""
            if heading:
                start, end = _span(article.text, start + len(heading) + 1, end)
            aspect, skip = _aspect(article.text[start:end])
            start += skip
            text = article.text[start:end]
            if not text:
                continue
            order += 1
            # A sentence cut at its semicolon is whole, it only lacks the mark.
            cut = end < offset + sentence.end and text[-1] not in "。；;"
            wrong = faults(text + "。" if cut else text, (article.outlet,), chatter)
            if _opens_like(text, article.title):
                # A name that the tagger takes for a verb opens the headline too.
                wrong -= {"elided"}
            if sentence.start == 0 and _broken_off(article.text, line.start()):
                wrong |= {"fragment"}
            if speaker and (_UNNAMED.match(speaker) or speaker in article.outlet or article.outlet in speaker):
                wrong |= {"dialogue"}
            yield Candidate(
                article=index,
                start=start,
                end=end,
                text=text,
                paragraph=number,
                order=order,
                position=start / length,
                terms=terms(text),
                numbers=numbers_in(text),
                entities=entities_in(text),
                faults=wrong,
                speaker=speaker,
                heading=heading,
                aspect=aspect,
                figures=figures_in(text),
            )


def _broken_off(text: str, start: int) -> bool:
    """Whether the line before breaks off in mid sentence, so that this one begins in the middle of a word or clause."""
    before = text[:start].rstrip("\n").rpartition("\n")[2]
    if not _UNENDED.search(before):
        return False
    if len(before) >= _LONG_LINE and "，" in before:
        return True
    # 持续学 / 习成为: a word of the dictionary lies across the break.
    tail, head = before[-3:], text[start : start + 3]
    at = 0
    for word in rjieba.cut(tail + head):
        if at < len(tail) < at + len(word):
            return True
        at += len(word)
    return False


def _opens_like(text: str, title: str) -> bool:
    return len(text) > 3 and not text[0].isascii() and text[:3] in re.split(r"[，。！？：:|｜\s]+", title)[0][:8]


def _speakers(text: str) -> frozenset[str]:
    """Names that open at least three lines with a colon, when there are two such names: a printed interview."""
    opened = Counter(match.group(1).strip() for line in text.split("\n") if (match := _SPEAKER.match(line)) is not None)
    often = {name: count for name, count in opened.items() if count >= 3}
    return frozenset(often) if len(often) >= 2 and sum(often.values()) >= 8 else frozenset()


def _span(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence without its lead-ins, and without what follows its last semicolon when it is very long."""
    start = phrases.trim_start(text, start, end)
    # The number of the next item of a list, run into the end of this one.
    stray = re.search(r"(?<=[。；;])\s*\d{1,2}\s*[.、．)）]$", text[start:end])
    if stray:
        end = start + stray.start()
    if width(text[start:end]) > 150:
        cut = max(text.rfind(mark, start, start + 150) for mark in "；;")
        if cut > start and width(text[start:cut]) >= 40 and _balanced(text[start:cut]):
            end = cut
    return start, end


def _unresolved(text: str, pronoun: re.Match[str]) -> bool:
    """Whether what a pronoun stands for is not in the sentence before it, as far as form can tell."""
    before, word = text[: pronoun.start()], pronoun.group()
    if word[0] in "它其" and width(before) >= 12:
        # So late, what it stands for is in the sentence nearly always.
        return False
    if word[0] in "它他她其":
        return width(before) < 5 or not (_LATIN_NAME.search(before) or _named(before))
    if word[0] == "那":
        # 那个被许诺了两年的新系统: the description follows.
        return "的" not in text[pronoun.end() : pronoun.end() + 30]
    if word == "该":
        # 检测中心…该中心
        return text[pronoun.end() : pronoun.end() + 2] not in before
    if word == "这":
        # ，而这… and ——这… take up the clause before them.
        return width(before) < 16 or not before.rstrip("而也").endswith(("，", "—", "："))
    return True


def _named(text: str) -> bool:
    return any(tag in ("nr", "nrt", "nrfg", "nt", "nz", "ns") for _, tag in rjieba.tag(text[-40:]))


_CIRCUMSTANCE = re.compile(
    r"对[^，]{1,14}(?:来说|而言|来讲)[，,]\s*"
    r"|(?:把|将|与|和|经过|去掉|取消|使用|采用|接入|引入|相比)[^，。：]{2,24}(?:后|之后|以后|时|前|相比)[，,]\s*|(?:据|根据|按照?|从|在|自|到|至|随着|对于|针对|为了?|通过|基于|除了?|当|截至|作为|面对|继)[^，,：]*[，,：]\s*"
)
_BARE_VERBS = frozenset("让把将被使有做据以与向由给从对为用靠按像比能会可需占约超达含获")
_SKIPPED_TAGS = ("t", "m", "q", "d", "f", "x", "c", "u", "y")


def _subjectless(text: str) -> bool:
    """Whether a Chinese sentence, circumstances aside, opens with its verb, or with 与, 将, 被 and the like."""
    circumstance = _CIRCUMSTANCE.match(text)
    if circumstance and circumstance.end() < len(text):
        text = text[circumstance.end() :]
    if phrases.ELIDED_START.match(text):
        return True
    if re.match(r"[一两数多每各几](?:个|种|款|家|名|位|项|套|段|份|篇|台|张|批|组|条|部|座|只|场|类)", text):
        # 一个包含240步的任务: the noun comes behind its description.
        return False
    for place, (word, tag) in enumerate(rjieba.tag(text[:24])):
        if word in ("的", "之"):
            # What 的 has described is a noun, whatever the tagger takes it for.
            return False
        if tag in ("v", "vd", "p") and word not in ("是", "在"):
            # The tagger takes names that it does not know for verbs: one character of them, or a word of no dictionary.
            return word in _BARE_VERBS or place > 0 if len(word) == 1 else len(rjieba.cut(word, False)) == 1
        if not tag.startswith(_SKIPPED_TAGS):
            return False
    return False


_HEADING = re.compile(r"([\u4e00-\u9fff]{2,6})[：:](?=\S)")


def _heading(text: str) -> str:
    """The noun that a list's item opens with; not a speaker, not a clause."""
    found = _HEADING.match(text)
    if (
        found is None
        or phrases.SPEECH.search(found.group())
        or re.search(r"[道说问答称有]$|包括|如下|[是为]", found.group(1))
    ):
        return ""
    tags = [tag for _, tag in rjieba.tag(found.group(1))]
    plain = all(tag.startswith(("n", "v", "a", "b", "j", "l")) and not tag.startswith("nr") for tag in tags)
    return found.group(1) if plain and (len(tags) > 1 or tags[0].startswith(("n", "vn", "l", "j"))) else ""


_ASPECT = re.compile(
    r"(?:在|从|就)?([\u4e00-\u9fff]{2,6}|[A-Z][A-Za-z]{1,8})(?:方面|层面|维度)[，,]\s*"
    r"|在?(硬件|软件|价格|技术|产品|性能|功能|成本|安全|架构|训练|数据|政策|市场|组织|应用|生态|效率|资金|部署|算法|商业|业绩|体验"
    r"|设计|外观|续航|影像|收入|服务|渠道|供应|人事|交互)上[，,]\s*"
)


def _aspect(text: str) -> tuple[str, int]:
    """The side of the matter that opens a sentence and how long its words are; ("", 0) where it cannot be left out."""
    found = _ASPECT.match(text)
    if found is None:
        return "", 0
    name = found[1] or found[2]
    rest = text[found.end() :]
    leans = phrases.DANGLING_START.match(rest) or _subjectless(rest)
    if leans or re.search(r"[这那该其各某两三一几每另]", name):
        return "", 0
    return name, found.end()


_PAIRS = {"“": "”", "「": "」", "『": "』", "（": "）", "《": "》", "【": "】", "(": ")"}


def _balanced(text: str) -> bool:
    return all(text.count(left) == text.count(right) for left, right in _PAIRS.items())


def _speaks_of(text: str, outlet: str) -> bool:
    """Whether a sentence speaks of the outlet otherwise than as the one that somebody told something."""
    heard = re.compile(rf"(?:对|向|告诉|接受了?|told|tell|by|to)\s*{re.escape(outlet)}")
    return outlet in heard.sub("", text)


def faults(text: str, outlets: Sequence[str] = (), chatter: Sequence[str] = ()) -> frozenset[str]:
    """What keeps ``text`` from standing alone as a fact, one word each.

    ``fragment`` (no end, or a bracket left open), ``advert``, ``question``, ``exclamation``, ``person`` (speaks as I,
    we or you), ``dangling`` (needs the sentence before, or is a quotation without its speaker), ``reference`` (to a
    figure or another place, or a note in brackets), ``outlet`` (the outlet speaks of itself), ``short``, ``long``; and
    the milder ``chatty``, ``elided`` (no subject), ``conditional``, ``forecast`` (nobody is named who makes it),
    ``pronoun`` (unresolved, after the first words), ``vague`` (no figure, no name, no deed, nobody who says it).
    """
    found = set()
    bare = phrases.QUOTED.sub("“”", text)
    size = width(text)
    if not phrases.TERMINAL.search(text) or not _balanced(text) or bare.rstrip("”").endswith(("：", ":")):
        found.add("fragment")
    if phrases.BOILERPLATE.search(text) or phrases.BEGGING.search(text):
        found.add("advert")
    if "？" in bare or "?" in bare:
        found.add("question")
    if re.search(r"[！!](?!=)|……|\.\.\.|~", bare):
        found.add("exclamation")
    if phrases.FIRST_PERSON.search(bare):
        found.add("person")
    early = phrases.PRONOUN.search(bare)
    if phrases.DANGLING_START.match(text) or (early and early.start() < 9 and _unresolved(bare, early)):
        found.add("dangling")
    elif re.fullmatch(r"“”[。；]?", bare):
        # A quotation without its speaker.
        found.add("dangling")
    elif any(_unresolved(bare, match) for match in phrases.PRONOUN.finditer(bare)):
        found.add("pronoun")
    if phrases.REFERENCE.search(text) or re.fullmatch(r"[（(].*[)）]。?", text):
        found.add("reference")
    if any(len(outlet) > 2 and _speaks_of(bare, outlet) for outlet in outlets):
        found.add("outlet")
    if size < 16:
        found.add("short")
    elif size > 165:
        found.add("long")
    if phrases.CHATTY.search(bare) or any(word in text for word in chatter):
        found.add("chatty")
    if _subjectless(text) or text.endswith(("；", ";")):
        found.add("elided")
    if phrases.CONDITIONAL.match(text):
        found.add("conditional")
    if phrases.FORECAST.search(bare) and not phrases.SPEECH.search(bare):
        found.add("forecast")
    named = {name for name in entities_in(text) if len(name) > 2 or not name.isalpha()}
    if not (numbers_in(text) or named or phrases.DEED.search(bare) or phrases.SPEECH.search(bare)):
        found.add("vague")
    return frozenset(found)
