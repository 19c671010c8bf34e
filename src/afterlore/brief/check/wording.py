# ruff: noqa: E501
# A pattern or a word list is read as a whole: breaking it over lines hides what it matches.
"""Quotations, and words that turn a statement round: direction, negation, plans told as done, lost sources."""

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from afterlore.brief.check.reading import Clause, Reading
from afterlore.brief.check.verdict import Problem
from afterlore.text.normalize import skeleton

__all__ = ["check_attribution", "check_polarity", "check_quotes", "quotations"]

_QUOTE = re.compile(r"“([^“”]+)”|\"([^\"]+)\"|(?<![A-Za-z0-9])'([^']{12,})'(?![A-Za-z0-9])")
_SAID_BEFORE = re.compile(
    r"(?:说|称|表示|直言|坦言|强调|指出|认为|写道|回应|透露|宣布|介绍|补充|解释|道|告诉\S{0,8}|said|says|told \w+(?: \w+)?|wrote|added|insisted|argued|warned|noted|explained)\s*(?:道|过)?\s*[:：,，]?\s*$"
)
_SAID_AFTER = re.compile(
    r"^\s*[,，]?\s*(?:[\u4e00-\u9fffA-Za-z·\s-]{0,40}?)(?:说|表示|称|直言|强调|指出|写道|补充|said|says|told|wrote|added|argued|warned|noted)"
)


def quotations(plain: str) -> list[tuple[str, bool]]:
    """(words in quotation marks, whether the sentence says that somebody said them)."""
    out = []
    for match in _QUOTE.finditer(plain):
        words = next(group for group in match.groups() if group)
        said = bool(_SAID_BEFORE.search(plain[max(0, match.start() - 30) : match.start()])) or bool(
            _SAID_AFTER.match(plain[match.end() : match.end() + 70])
        )
        out.append((words, said))
    return out


def check_quotes(claim: Reading, sources: Sequence[Reading]) -> tuple[list[Problem], int]:
    """Quotations must be verbatim. A quoted term of a few characters, said by nobody, is a term, not a quotation."""
    found = quotations(claim.plain)
    if not found:
        return [], 0
    problems: list[Problem] = []
    checked = 0
    body = [skeleton(source.plain) for source in sources]
    whole = "".join(body)
    theirs: list[str] | None = None
    for words, said in found:
        pieces = [piece for piece in re.split(r"…+|\.{3,}|\[[^\]]*\]", words) if skeleton(piece)]
        if all(skeleton(piece) in whole for piece in pieces):
            checked += 1
            continue
        chinese = bool(re.search(r"[\u4e00-\u9fff]", words))
        if theirs is None:
            theirs = [text for source in sources for text, _ in quotations(source.plain)]
        if not chinese and _nearest(words, theirs):
            checked += 1
            problems.append(Problem(kind="quote", claim_says=words, source_says=_nearest(words, theirs)))
            continue
        if chinese != any(source.chinese for source in sources) and not any(
            source.chinese == chinese for source in sources
        ):
            continue  # a translated quotation: nothing here can tell
        length = len(skeleton(words)) if chinese else len(words.split())
        near = _nearest(words, theirs)
        if not near and len(sources) <= 4:
            # Beside a whole article a term in quotation marks is more often the writer's own.
            near = (_dropped(words, theirs, claim) if chinese else "") or _scrambled(words, sources)
        # Beside a few sentences whatever is quoted is quoted from them; a term of a few characters may be a word's.
        least = (5 if chinese else 3) if len(sources) <= 4 else (6 if chinese else 4)
        if near or ((said or len(sources) <= 4) and length >= least):
            checked += 1
            problems.append(Problem(kind="quote", claim_says=words, source_says=near))
    return problems, checked


def _dropped(words: str, theirs: Sequence[str], claim: Reading) -> str:
    """A quotation of the sources, of like length, that the claim has not: the claim's words stand in its place."""
    mine, ours = len(skeleton(words)), skeleton(claim.plain)
    for text in theirs:
        other = skeleton(text)
        chinese = bool(re.search(r"[\u4e00-\u9fff]", other))
        if mine >= 3 and chinese and other not in ours and 0.4 <= mine / max(1, len(other)) <= 2.5:
            return text
    return ""


def _scrambled(words: str, sources: Sequence[Reading]) -> str:
    """A stretch of the sources of which a quotation is an altered copy: as long, and of nearly the same characters."""
    mine = skeleton(words)
    if len(mine) < 6 or mine.isascii():
        return ""
    for source in sources:
        body = skeleton(source.plain)
        for at in range(max(0, len(body) - len(mine) + 1)):
            stretch = body[at : at + len(mine)]
            if sum((Counter(mine) & Counter(stretch)).values()) >= 0.8 * len(mine):
                return stretch
    return ""


def _nearest(words: str, theirs: Sequence[str]) -> str:
    """The source's quotation of which these words are an altered copy: more than half of them in the same order."""
    mine = skeleton(words)
    best, best_share = "", 0.0
    if len(mine) < 4:
        return ""
    for text in theirs:
        other = skeleton(text)
        if not other:
            continue
        matcher = SequenceMatcher(None, mine, other, autojunk=False)
        if matcher.real_quick_ratio() < 0.2:
            continue
        if len(mine) < 8 and len(mine) != len(other):
            continue
        share = sum(block.size for block in matcher.get_matching_blocks() if block.size > 1 or len(mine) < 8) / len(
            mine
        )
        if share > best_share:
            best, best_share = text, share
    return best if best_share >= (0.6 if len(mine) >= 8 else 0.5) else ""


_ABOVE = re.compile(r"高于|超过|领先|优于|多于|快于|above|exceed[a-z]*|ahead of|more than|beats?\b|faster than", re.I)
_OPPOSITES = [
    (re.compile(r"上调|提价|提高|涨价|上涨|增长|上升|增加|攀升|扩大|提升|多出|走高|raise[sd]?|rais[a-z]+|increas[a-z]+|ris(?:e|es|ing)\b|rose|grew|climb[a-z]*|higher", re.I),
     re.compile(r"下调|降价|降低|降价|下跌|下降|下滑|减少|削减|缩减|缩小|缩短|回落|收窄|走低|少了|\bcut(?:s|ting)?\b|lower[a-z]*|fall(?:s|en|ing)?\b|fell|drop[a-z]*|declin[a-z]*|decreas[a-z]*|reduc[a-z]*|slash[a-z]*", re.I)),
    (re.compile(r"首次|第一次|first time", re.I), re.compile(r"再次|再度|第二次|again|once more", re.I)),
    (_ABOVE, re.compile(r"低于|落后|不及|逊于|少于|慢于|below|behind|less than|trail[a-z]*|slower than", re.I)),
    (re.compile(r"支持|赞成|同意|批准|通过了?|support[a-z]*|approv[a-z]*|back(?:s|ed)\b", re.I), re.compile(r"反对|否决|拒绝|驳回|oppos[a-z]*|reject[a-z]*|refus[a-z]*", re.I)),
    (re.compile(r"允许|解禁|allow[a-z]*|permit[a-z]*", re.I), re.compile(r"禁止|封禁|ban(?:s|ned)?\b|prohibit[a-z]*|forbid[a-z]*", re.I)),
    (re.compile(r"(?<!非)盈利|扭亏|profit(?!\s*warning)", re.I), re.compile(r"亏损|loss(?:es)?\b", re.I)),
    (re.compile(r"增持|加仓"), re.compile(r"减持|抛售|清仓")),
    (re.compile(r"(?<!不再)开源|open[- ]sourc[a-z]*", re.I), re.compile(r"闭源|closed[- ]sourc[a-z]*|proprietary", re.I)),
    (re.compile(r"加入|入职|加盟|join[a-z]*", re.I), re.compile(r"离开|离职|退出|left\b|leav[a-z]+|quit\b|depart[a-z]*", re.I)),
    (re.compile(r"推迟|延后|延期|delay[a-z]*|postpon[a-z]*", re.I), re.compile(r"提前|brought forward|ahead of schedule|early", re.I)),
    (re.compile(r"恢复|重启|resum[a-z]*|restart[a-z]*", re.I), re.compile(r"暂停|中止|停止|suspend[a-z]*|halt[a-z]*|paus[a-z]*", re.I)),
    (re.compile(r"最高|最多|最大|highest|most|largest|biggest", re.I), re.compile(r"最低|最少|最小|lowest|least|smallest", re.I)),
    (re.compile(r"承认|证实|确认|confirm[a-z]*|admit[a-z]*", re.I), re.compile(r"否认|den(?:y|ied|ies)\b", re.I)),
    (re.compile(r"扩招|招聘|hir(?:e|es|ed|ing)\b", re.I), re.compile(r"裁员|裁减|layoffs?|laid off|lay off", re.I)),
    (re.compile(r"缓解|改善|eas(?:e|ed|es)\b|improv[a-z]*", re.I), re.compile(r"加剧|恶化|worsen[a-z]*|deteriorat[a-z]*", re.I)),
]  # fmt: skip
_STANCE = re.compile(r"承认|否认|支持|反对|允许|禁止")
_NOT = re.compile(
    r"(?:(?<!有)没(?!收)|不(?!仅|但|过|同|断|止|少|久|错|得不|到|足|超|低|高于|管|论|妨|可或缺|菲|等)|没有|(?<!而)非(?=[\u4e00-\u9fff])(?!常|洲|凡|典|得|同|要)|未(?!来)|并非|无法|无需|从未|尚未|不再|不会|拒绝|\bnot\b|n't\b|\bnever\b|\bno longer\b|\bcannot\b|\bwithout\b)",
    re.I,
)
_PLAN = re.compile(
    r"计划|拟|打算|目标是|有望|将(?=[于在会把从以对向与]|[\u4e00-\u9fff]{2})|正在寻求|寻求|洽谈|考虑|预计|或将|可能|准备|\b(?:plans?|planning|aims?|aiming|will|would|may|might|could|expect[a-z]*|considering|in talks|seek[a-z]*|intends?|targets?|hopes?)\b",
    re.I,
)
_DONE = re.compile(
    r"已经?(?=[\u4e00-\u9fff])(?!知|有|故)|完成了?|\b(?:has|have)\s+(?:already\s+)?\w+(?:ed|en|t)\b|\balready\b|\bcompleted\b",
    re.I,
)
_DONE_STRONG = re.compile(
    r"已经|已(?=以|于|将|把|完成|正式|获|从|向|开始|启|收|上|发|推|建|投|回|达成|经|实现|签|关|裁|交|被|落|量|全面)|\b(?:has|have)\s+(?:already\s+)?(?:\w+ed|bought|sold|built|cut|begun|made)\b|\balready\b",
    re.I,
)


def _aligned(claim: Reading, clause: Clause, sources: Sequence[Reading]) -> tuple[Reading, Clause, float] | None:
    """The source clause that shares most of a claim clause's words, and the share."""
    keys = clause.features | {"@" + name for name in clause.own}
    if len(keys) < 2:
        return None
    # Across languages only names, known words and figures can be shared.
    neutral = {key for key in keys if key[0] in "@#="}
    best: tuple[Reading, Clause, float] | None = None
    for source in sources:
        mine = keys if source.chinese == claim.chinese else neutral
        if len(mine) < 2:
            continue
        for other in source.clauses:
            share = len(mine & (other.features | {"@" + name for name in other.own})) / len(mine)
            if share > (best[2] if best else 0.0):
                best = (source, other, share)
    return best


def check_polarity(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """Opposites, a lost or added "not", and a plan told as done, in clauses that otherwise say the same."""
    problems: list[Problem] = []
    everything = " ".join(source.plain for source in sources)
    sentence_plans = _PLAN.search(claim.plain)
    turned = [
        (pair[0] is _ABOVE, mine, against)
        for pair in _OPPOSITES
        for mine, against in (pair, pair[::-1])
        if mine.search(claim.plain) and against.search(everything) and not mine.search(everything)
    ]
    alone = [t for t in turned if (t[0] and len(claim.names) < 2) or _STANCE.search(t[1].pattern)]
    if alone and len(claim.clauses) == 1 and len(sources) <= 2 and not _NOT.search(claim.plain + everything):
        # Too short to be laid beside a clause, and what it says is denied there: 承认 for denied, above for below.
        return [Problem(kind="comparison", claim_says=claim.text, source_says=sources[-1].text)]
    for clause in claim.clauses:
        text = claim.plain[clause.start : clause.end]
        found = _aligned(claim, clause, sources)
        if found is None:
            continue
        source, other, share = found
        theirs = source.plain[other.start : other.end]
        says = {"claim_says": text.strip(), "source_says": theirs.strip()}
        if share >= 0.4:
            for ranks, mine, against in turned:
                if ranks and len(clause.own) > 1:
                    continue  # "A ahead of B" is "B behind A": who beat whom is a matter of roles
                if (
                    mine.search(text)
                    and not against.search(text)
                    and against.search(theirs)
                    and not _NOT.search(text)
                    and not _NOT.search(theirs)
                ):
                    problems.append(Problem(kind="comparison", **says))
        if (
            share >= 0.75
            and len(clause.features) >= 5
            and len(theirs) <= 1.6 * len(text)
            and bool(_NOT.search(text)) != bool(_NOT.search(theirs))
            and not _NOT.search(source.plain if _NOT.search(text) else claim.plain)
        ):
            problems.append(Problem(kind="comparison", **says))
        whole = source.plain
        if (
            share >= 0.4
            and _DONE_STRONG.search(text)
            and not sentence_plans
            and _PLAN.search(theirs)
            and not _DONE.search(whole)
        ):
            problems.append(Problem(kind="comparison", **says))
    return problems[:1]


_REPORTED = re.compile(
    r"据(?:[\u4e00-\u9fffA-Za-z《》·\s]{0,20})(?:报道|透露|消息|称|爆料)|知情人士|传闻|爆料|消息称|曝|据本人|自称|\breportedly\b|according to (?:people|sources|a report)|sources? (?:said|say)|people familiar",
    re.I,
)


def check_attribution(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """A report told as fact. Minor, because a brief names its outlets anyway."""
    if _REPORTED.search(claim.plain) or not claim.quantities:
        return []
    for clause in claim.clauses:
        found = _aligned(claim, clause, sources)
        if found and found[2] >= 0.5 and _REPORTED.search(found[0].plain):
            return [
                Problem(
                    kind="attribution",
                    claim_says=claim.text[clause.start : clause.end].strip(),
                    source_says=found[0].text,
                    minor=True,
                )
            ]
    return []
