# A pattern is read as a whole: breaking it over lines hides what it matches.
"""What each figure of a sentence is of: the words of its own clause, or of the one it leans on.

"训练时间从30天缩短到9天，总成本降低约70%" has two heads; "亏损1.3亿元，同比下降25%" has one, since 同比下降 measures
nothing by itself. A claim that puts a figure under another figure's head is told from one that merely uses
other words: the words that decide stand in the source, but with another figure.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from afterlore.brief.check.lexicon import concepts
from afterlore.brief.check.reading import Clause, Reading
from afterlore.text.quantities import Quantity

__all__ = ["heads", "stolen", "subject_of", "tail"]

_FILL = re.compile(
    r"同比|环比|增长|下降|上升|上涨|下跌|减少|增加|提升|提高|降低|缩短|缩减|缩窄|收窄|扩大|翻倍|达到|高达|已达|最高|最多|最低|最快|至少|超过|突破|不到|不足|接近|大约|"
    r"增速|增幅|涨幅|降幅|跌幅|相当于|折合|约合|也就是|也即|进一步|大幅|直接|仅为|仅需|只有|只需|分别|平均|目前|现在|今年|去年|明年|年内|只能|仅能|已经|其中|此外|同时|左右|以上|升至|降至|增至|跌至|涨至|"
    r"提升到|缩短到|下降到|增加到|有望|预计|将|已|则|也|还|更|近|约|超|逾|达|为|至|到|仅|只|的|了|是|有|和|与|而|但|并|或|可|从|由|在|于|其|即|合|占|比|较|高出|低出|高|低|多|少|快|慢|出|增|降|升|跌|涨|减"
)
_MOVED = frozenset(
    [
        "增长",
        "下降",
        "上升",
        "上涨",
        "下跌",
        "减少",
        "增加",
        "提升",
        "提高",
        "降低",
        "缩短",
        "缩减",
        "缩窄",
        "收窄",
        "扩大",
        "达到",
        "高达",
        "超过",
        "突破",
        "不到",
        "接近",
        "大约",
        "增幅",
        "涨幅",
        "降幅",
        "大幅",
        "直接",
        "仅为",
        "只有",
        "目前",
        "已经",
        "左右",
        "以上",
        "升至",
        "降至",
        "增至",
        "最高",
        "最多",
        "平均",
        "完成",
        "实现",
        "获得",
        "拥有",
        "预计",
        "计划",
        "显示",
        "数据",
    ]
)
_COMPARED = re.compile(
    r"^\s*(?:而|但)?(?:略|也|又|更|远|大幅|明显)?(?:高于|低于|超过|优于|落后|领先|不及|高出|多于|少于|仅次于|快于|比|较|相比|是|相当于|约合|折合|也就是|即)"
)


@lru_cache(maxsize=8192)
def heads(reading: Reading) -> tuple[tuple[dict[str, float], bool], ...]:
    """For each figure (its words with their weights, whether they are its own and not leant from the clause before)."""
    out: list[tuple[dict[str, float], bool]] = []
    for i, q in enumerate(reading.quantities):
        clause = next((c for c in reading.clauses if c.start <= q.start < c.end), None)
        if clause is None:
            out.append(({}, False))
            continue
        left, right = _stretch(reading, i, q, clause)
        found = {
            f.key: f.weight
            for f in reading.features
            if left <= f.at < right and f.key[0] != "@" and f.key not in _MOVED and not q.start <= f.at < q.end
        }
        whole = _whole(reading, q, left)
        if not whole:
            before = [k for k in range(i) if reading.quantities[k].end <= left + 1]
            if before and _sentence(reading, reading.quantities[before[-1]].end, q.start):
                found = {**out[before[-1]][0], **found}
            else:
                found |= _earlier(reading, clause)
        out.append((found, whole))
    return tuple(out)


def _sentence(reading: Reading, a: int, b: int) -> bool:
    return not re.search(r"[。！？；;\n]", reading.plain[a:b])


def _earlier(reading: Reading, clause: Clause) -> dict[str, float]:
    """The words of the clause before, when no stop lies between."""
    before = [c for c in reading.clauses if c.end <= clause.start]
    if not before or not _sentence(reading, before[-1].end, clause.start):
        return {}
    last = before[-1]
    return {
        f.key: f.weight
        for f in reading.features
        if last.start <= f.at < last.end and f.key[0] != "@" and f.key not in _MOVED
    }


def _stretch(reading: Reading, i: int, q: Quantity, clause: Clause) -> tuple[int, int]:
    """Where the words of a figure begin and end within its clause."""
    left, right = clause.start, clause.end
    for other in reversed(reading.quantities[:i]):
        if other.end <= left:
            break
        gap = reading.plain[other.end : q.start]
        if len(_FILL.sub("", re.sub(r"[^\u4e00-\u9fffA-Za-z]", "", gap))) >= 2:
            left = max(left, other.end)
            break
    for other in reading.quantities[i + 1 :]:
        if other.start < right:
            gap = reading.plain[q.end : other.start]
            cut = re.search(r"、|和|与|而|及", gap)
            right = q.end + (cut.start() if cut else min(6, len(gap)) if reading.chinese else len(gap))
        break
    return left, right


def _whole(reading: Reading, q: Quantity, left: int) -> bool:
    """Whether the stretch before a figure says by itself what is measured."""
    ahead = reading.plain[left : q.start]
    if _COMPARED.match(ahead) or re.search(r"(?:这一|该|这个|上述)(?:数字|比例|数据|指标|占比|数值)", ahead):
        return False
    for name in reading.names:
        if left <= name.start and name.end <= q.start:
            ahead = ahead.replace(reading.plain[name.start : name.end], "")
    if not reading.chinese:
        return True
    return len(_FILL.sub("", re.sub(r"[^\u4e00-\u9fffA-Za-z]", "", ahead))) >= 2


def tail(reading: Reading, i: int) -> str:
    """The last word before a figure that says what is measured, "" when its clause has none of its own."""
    q = reading.quantities[i]
    clause = next((c for c in reading.clauses if c.start <= q.start < c.end), None)
    if clause is None or not reading.chinese:
        return ""
    left, _ = _stretch(reading, i, q, clause)
    if not _whole(reading, q, left):
        return ""
    if (
        q.form == "to"
        and i
        and reading.quantities[i - 1].form == "from"
        and reading.quantities[i - 1].start >= left - 1
    ):
        return tail(reading, i - 1)
    ahead = reading.plain[left : q.start]
    for name in reading.names:
        if left <= name.start and name.end <= q.start and name.kind != "quoted":
            ahead = ahead.replace(reading.plain[name.start : name.end], " ")
    ahead = _FILL.sub("", re.sub(r" \s*[上中里]", " ", ahead))
    found = re.search(r"([A-Za-z0-9]{2,}|[\u4e00-\u9fff]{2,})[^\u4e00-\u9fffA-Za-z0-9]*$", ahead)
    return (found[1] if found[1].isascii() else found[1][-4:]) if found else ""


def subject_of(reading: Reading, i: int) -> str:
    """What stands before the measure in a figure's own clause: 乙二科技 in 乙二科技收入增长40%."""
    q = reading.quantities[i]
    clause = next((c for c in reading.clauses if c.start <= q.start < c.end), None)
    if clause is None:
        return ""
    left, _ = _stretch(reading, i, q, clause)
    ahead = re.sub(r"[^\u4e00-\u9fffA-Za-z]", "", _FILL.sub("", reading.plain[left : q.start]))
    rest = ahead[: -max(2, len(tail(reading, i)))]
    return rest if len(rest) >= 2 else ""


_MEASURE = re.compile(
    r"(?:率|量|额|费|价|度|成本|时间|收入|利润|营收|估值|市值|规模|份额|得分|人数|数|频|速|时长|期限|价格|面积|寿命|续航|延迟|功耗|显存|内存|体积|重|薪|产能|预算|投入|支出)$"
)


def stolen(claim: Reading, at: int, matched: Sequence[tuple[Reading, int]], sources: Sequence[Reading]) -> str:
    """The source's figure whose measure the claim gives to another figure, or "".

    ``matched`` are the figures of the sources that equal the claim's. Judged only when the very word before the claim's
    figure stands before another figure there, and a different one, of its own clause, before the equal figure.
    """
    ours = tail(claim, at)
    if not ours or not claim.chinese:
        return ""
    why = ""
    meant = {key for _, _, key in concepts(ours)}
    for source, i in matched:
        mine, known = tail(source, i), heads(source)[i][0]
        clause = next((c for c in source.clauses if c.start <= source.quantities[i].start < c.end), None)
        beside = source.plain[clause.start : clause.end] if clause else source.plain
        if (
            not mine
            or _same_word(ours, mine)
            or ours[-2:] in beside
            or any(ours.endswith(k[-2:]) for k in known)
            or any(key in known or key in {k for _, _, k in concepts(beside)} for key in meant)
        ):
            return ""
        found = _owner(ours, source, i, sources)
        if not found:
            return ""
        why = why or found
    return why


def _same_word(a: str, b: str) -> bool:
    if a.isascii() or b.isascii():
        return a.lower() == b.lower()
    return a[-2:] == b[-2:] or any(a[k : k + 2] in b for k in range(max(0, len(a) - 3), len(a) - 1))


def _owner(ours: str, home: Reading, i: int, sources: Sequence[Reading]) -> str:
    for source in sources:
        for j, g in enumerate(source.quantities):
            f = home.quantities[i]
            if (source is home and j == i) or g.value == f.value:
                continue
            alike = g.dimension == f.dimension and g.unit == f.unit
            theirs = tail(source, j)
            if (alike or _MEASURE.search(ours)) and theirs and theirs[-2:] == ours[-2:]:
                return source.text[max(0, g.start - 14) : g.end]
    return ""
