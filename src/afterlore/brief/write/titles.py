"""The title of a story: the article title that carries the news, or the sentence that does when no title will.

Nothing is rewritten: a title is a piece of an article's title, or of its text, cut at interjections and commas.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import rjieba

from afterlore.brief.article import Article
from afterlore.brief.vertical import Vertical
from afterlore.brief.write import phrases
from afterlore.brief.write.candidates import Candidate, entities_in, numbers_in, terms, width

__all__ = ["Title", "best_title", "clean_title", "short_title", "vagueness"]

# A title whose vagueness is above this tells the news worse than an ordinary lead sentence would.
_TOO_VAGUE = 0.3
# What keeps a sentence from giving its opening as a title.
_SERIOUS = frozenset(
    {
        "advert",
        "chatty",
        "conditional",
        "dangling",
        "dialogue",
        "elided",
        "exclamation",
        "forecast",
        "fragment",
        "outlet",
        "person",
        "question",
        "reference",
    }
)
# Above the first it says next to nothing, above the second it is only a cry.
_BLANK = 1.8
_CRY = 2.8
_LONGEST = 48

_OPENING = re.compile(
    r"(?:【[^】]{0,14}】|[\[［][^\]］]{0,10}[\]］]|[「『](?:独家|深度)[」』]"
    r"|(?:就在)?(?:刚刚|刚|突发|重磅|快讯|独家|官宣|定了|最新|炸了|炸裂|沸腾|重大突破|震撼|紧急|早报|晚报|日报|早知道"
    r"|实锤|首发|深度|专访|热点|号外|降维打击|终于)"
    r"\s*[，,！!：:丨｜|—-]+"
    r"|(?:专栏|评论|社论|随笔|独家|早报|深度|首发|专访|快讯|焦点|观察|一线|对话)\s*[丨｜|]"
    r"|(?:ICML|ICLR|CVPR|NeurIPS|ACL|AAAI|ECCV|ICCV|KDD|SIGGRAPH|EMNLP|Nature"
    r"|Science)(?:\s*['’]?\d{2,4})?(?:\s*(?:Oral|Spotlight|Best Paper))?\s*[丨｜|]"
    r"|(?:Breaking|Exclusive|Update|Live)\s*:\s*"
    r"|[!！#\s]+)\s*"
)
_CLOSING = re.compile(
    r"\s*(?:[丨｜|]\s*[^丨｜|，。！？]{2,16}|\s[-–—]\s[^-–—，。！？]{2,18}|[（(](?:附[^）)]{0,12}"
    r"|文末[^）)]{0,12})[)）]|[！!。]+)$"
)
_BAIT = re.compile(
    r"[？?！!]|急急|来了$|杀疯|炸裂|炸场|沸腾|王炸|疯了|离谱|震惊|逆天|封神|太(?:强|猛|狠|卷|香|绝)|竟然?|居然|没想到"
    r"|真相|秘密武器|背后|为什么|为何|如何|怎么|什么|谁|哪|吗|呢|你|我|咱|他|她|它|这[个位家款种项]|那[个位]"
    r"|底牌|秃|熬|颤抖|慌了|急了|傻了|哭了|笑了|坐不住|杀手锏|新人|舞|谢幕|告别|走了|变天|认输|逆袭|黑马|神器|大佬"
    r"|天才|狂飙|暴涨|末日|已死|杀死|不在|只剩|长出|野心|逆天|再次|史诗|天花板|…|\.\.\."
)
_SCARE = re.compile(r"“[^”]{1,8}”")
_PIECE = re.compile(r"[！!？?：:]\s*")


class Title(NamedTuple):
    """``text`` stands in the title of ``articles[article]``, or at ``span`` of its text."""

    text: str
    article: int
    span: tuple[int, int] | None


def clean_title(title: str) -> str:
    """The title without interjections before it and outlet tags behind it; always a piece of ``title``."""
    kept = title.strip()
    for _ in range(3):
        opening = _OPENING.match(kept)
        if opening is None or width(kept[opening.end() :]) < 6:
            break
        kept = kept[opening.end() :]
    for _ in range(2):
        closing = _CLOSING.search(kept)
        if closing is None or width(kept[: closing.start()]) < 6:
            break
        kept = kept[: closing.start()]
    return kept.strip()


def _nameless(title: str) -> bool:
    """Whether a headline names nobody: no Latin name, no person, firm or place that the tagger knows."""
    if entities_in(title) - {"ai"}:
        return False
    return not any(tag in ("nr", "nrt", "nrfg", "nt", "nz", "ns") for _, tag in rjieba.tag(title))


def vagueness(title: str) -> float:
    """How little of the news a headline tells, from about -3 (who did what, with figures) to +3 (a cry)."""
    bait = len(_BAIT.findall(title))
    size = width(title)
    return (
        0.75 * min(bait, 3)
        + (0.3 if _SCARE.search(title) else 0.0)
        - (0.9 if phrases.DEED.search(title) else 0.0)
        - 0.6 * min(2, len(entities_in(title) - {"ai"}))
        - 0.5 * min(2, len(numbers_in(title)))
        + (0.8 if size < 12 else 0.0)
        + (0.5 if size > 42 else 0.0)
        + (0.7 if _nameless(title) else 0.0)
        + (1.5 if phrases.FIRST_PERSON.search(title) else 0.0)
        + 0.6
    )


def best_title(
    articles: Sequence[Article], found: Sequence[Candidate], vertical: Vertical, centre: dict[str, float]
) -> Title:
    """The most telling title. ``centre`` gives each term's share of the story, so that the title is about its event."""
    options: list[tuple[float, int, Title]] = []
    native = any(article.language == vertical.language for article in articles)
    for index, article in enumerate(articles):
        if native and article.language != vertical.language:
            continue
        for piece, cost in _pieces(clean_title(article.title)):
            worth = _worth(piece, vertical, centre) - cost
            options.append((worth, -index, Title(piece, index, None)))
    best = max(options, key=lambda option: option[:2])
    told = best[2].text
    news = any(article.kind == "news" for article in articles)
    if news and (vagueness(told) > _TOO_VAGUE or not phrases.DEED.search(told)):
        headline = frozenset(term for article in articles for term in terms(article.title) if width(term) >= 1.5)
        from_text = _from_text(found, vertical, centre, headline, vagueness(told))
        if from_text and from_text[0] > best[0] + 0.4:
            return from_text[1]
    return best[2]


def short_title(articles: Sequence[Article], vertical: Vertical) -> tuple[str, Article]:
    """The most telling cleaned title of an event's articles, and the article that has it. There must be an article."""
    native = [article for article in articles if article.language == vertical.language] or list(articles)
    count = Counter(term for article in native for term in terms(article.title))
    total = sum(sorted(count.values(), reverse=True)[:8]) or 1
    centre = {term: number / total for term, number in count.items()}
    options = [
        (_worth(piece, vertical, centre) - cost, -place, piece)
        for place, article in enumerate(native)
        for piece, cost in _pieces(clean_title(article.title))
    ]
    _, place, title = max(options, key=lambda option: option[:2])
    return title, native[-place]


def _worth(text: str, vertical: Vertical, centre: dict[str, float]) -> float:
    about = sum(sorted((centre.get(term, 0.0) for term in terms(text)), reverse=True)[:6])
    known = min(1.0, sum(vertical.ranking.entity_cues.found(text).values()))
    return 2.5 * min(1.0, about) + 0.5 * known - vagueness(text)


def _pieces(title: str) -> list[tuple[str, float]]:
    """The title, and what follows its first cry or colon when that is a headline of its own."""
    pieces = [(title, 0.0)]
    for mark in _PIECE.finditer(title):
        rest = title[mark.end() :].strip()
        if width(rest) >= 10 and mark.group()[0] in "！!？?" and phrases.DEED.search(rest):
            pieces.append((rest, 0.35))
    first = re.split(r"[！!]", title)[0].strip()
    if first != title and width(first) >= 10 and phrases.DEED.search(first):
        pieces.append((first, 0.35))
    head, comma, tail = title.rpartition("，")
    if (
        comma
        and width(head) >= 10
        and re.search(r"[？?]|[吗么呢]$", tail)
        and phrases.DEED.search(head)
        and not _BAIT.search(head)
    ):
        pieces.append((head, 0.2))
    return pieces


def _from_text(
    found: Sequence[Candidate],
    vertical: Vertical,
    centre: dict[str, float],
    headline: frozenset[str],
    vague: float,
) -> tuple[float, Title] | None:
    """The opening clauses of an early sentence that name an agent and a deed, short enough for a title.

    They must speak of what the headline speaks of, or stand in the very lead of an article whose headline says nothing.
    """
    best: tuple[float, Title] | None = None
    for candidate in found:
        if candidate.position > 0.5 or candidate.order > 14 or candidate.faults & _SERIOUS or candidate.speaker:
            continue
        blank = vague > _BLANK and candidate.order <= (14 if vague > _CRY else 4)
        if _GUESS.search(candidate.text):
            continue
        when = _WHEN.match(candidate.text)
        shift = when.end() if when else 0
        text = candidate.text[shift:]
        for mark in re.finditer(r"[，。；：,;](?!\d)|\.(?!\d|\S)|——|$", text):
            clause = text[: mark.start()].rstrip("。；.")
            if not 12 <= width(clause) <= _LONGEST or not _whole(clause):
                continue
            shared = len(terms(clause) & headline) / max(1, len(headline))
            if not blank and shared < 0.35:
                continue
            # The lead tells the event, what comes later tells of it.
            late = 0.2 * min(candidate.order - 1, 4)
            worth = _worth(clause, vertical, centre) - late - 0.01 * abs(width(clause) - 30)
            if best is None or worth > best[0]:
                begin = candidate.start + shift
                place = (begin, begin + len(clause))
                best = (worth, Title(clause, candidate.article, place))
    return best


# A clause of time alone goes; one of place or cause is part of the news.
_WHEN = re.compile(
    r"(?:(?:北京时间|当地时间|美东时间)?(?:今天|今日|昨天|昨日|今晨|今早|昨晚|近日|日前|最近|刚刚"
    r"|自?今年\d{1,2}\s*月以来|(?:\d{4}\s*年)?\s*\d{1,2}\s*月\s*\d{1,2}\s*日)(?:凌晨|清晨|早间|上午|中午|下午|晚间"
    r"|晚)?)\s*[，,]?\s*"
)
_GUESS = re.compile(r"预测|预计|猜测|传闻|或将|据传|有消息称")
_HANGING = re.compile(
    r"^(?:在|随着|作为|对于|针对|为了|据|根据|当|从|自|除|通过|基于|面对|按照|过去|今年|近日|近期|目前)[^，]*$"
)


def _whole(clause: str) -> bool:
    """Whether a clause can be a headline: it tells a deed of somebody, and its brackets close."""
    before, colon, _ = clause.partition("：")
    if (
        (colon and (not phrases.DEED.search(before) or phrases.SPEECH.search(before) or width(before) < 8))
        or "——" in clause
        or any(clause.count(left) != clause.count(right) for left, right in ("“”", "「」", "（）", "《》", "()"))
    ):
        return False
    if re.search(r"(?:情况下|之?后|之?前|时|中|上|下|期间|以来|的|和|与|及|为|是|在|将|因)$", clause):
        return False
    if phrases.PRONOUN.search(clause):
        return False
    return (
        bool(phrases.DEED.search(clause))
        and not _HANGING.match(clause)
        and bool(entities_in(clause) or re.match(r"[\u4e00-\u9fff]{2}", clause))
    )
