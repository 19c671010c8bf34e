# ruff: noqa: E501
# A pattern or a word list is read as a whole: breaking it over lines hides what it matches.
"""Who does what to whom: who led a round, acquired, sued, beat, followed, paid whom."""

import re
from collections.abc import Sequence

from afterlore.brief.check.reading import Reading
from afterlore.brief.check.verdict import Problem
from afterlore.text.names import Name

__all__ = ["check_backers", "check_roles", "check_rounds", "check_yardsticks"]

_BACKERS = re.compile(r"(?:(?P<lead>领投)|(?P<join>[跟参]投))")

_BACKERS_EN = re.compile(
    r"\bled by (?P<led>(?:[A-Z][\w.&'-]*(?:\s+(?:and\s+)?|,\s+)?){1,8})|(?P<who>(?:[A-Z][\w.&'-]*\s+){1,4})(?:is\s+)?(?:led|leading) (?:the|a|an|its)\s+(?:\S+\s+)?(?:round|investment|financing|funding)"
    r"|(?P<also>(?:[A-Z][\w.&'-]*\s+(?:and\s+)?){1,6})(?:also\s+)?(?:taking part|took part|participat\w+|join(?:ed|ing)(?: the round)?)"
)


def check_backers(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """Who led a round and who joined it: the name right before the word."""
    ours = _backers(claim)
    theirs = frozenset().union(*(_backers(source) for source in sources)) if sources else frozenset()
    for name, role in sorted(ours):
        others = {n for n, r in theirs if r == role}
        if others and name not in others and any(n == name for n, _ in theirs):
            return [Problem(kind="subject", claim_says=claim.text, source_says=f"{role}: {'、'.join(sorted(others))}")]
    return []


def _backers(reading: Reading) -> frozenset[tuple[str, str]]:
    out: set[tuple[str, str]] = set()
    for match in _BACKERS.finditer(reading.plain):
        end = match.start()
        for name in reversed([n for n in reading.names if n.end <= match.start()]):
            if (
                re.fullmatch(
                    r"(?:[、和与及\s]|[A-Z][a-z]+|联合|共同|继续|独家|等|参与|也)*", reading.plain[name.end : end]
                )
                is None
            ):
                break
            out.add((name.key, "领投" if match["lead"] else "跟投"))
            end = name.start
    for match in _BACKERS_EN.finditer(reading.plain):
        span = match.span("led") if match["led"] else match.span("also") if match["also"] else match.span("who")
        out |= {
            (name.key, "领投" if match["led"] or match["who"] else "跟投")
            for name in reading.names
            if span[0] <= name.start < span[1]
        }
    return frozenset(out)


_ROUND = re.compile(r"\bSeries ([A-H])\b|(?<![A-Za-z])([A-H])\+{0,2}\s?轮")


def check_rounds(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """B轮 and Series B are one, B and C are not."""
    theirs = {a or b for source in sources for a, b in _ROUND.findall(source.plain)}
    ours = {a or b for a, b in _ROUND.findall(claim.plain)}
    if ours and theirs and not ours <= theirs:
        return [
            Problem(
                kind="entity",
                claim_says=f"{min(ours - theirs)}轮",
                source_says="、".join(f"{r}轮" for r in sorted(theirs)),
            )
        ]
    return []


_ACTIVE = re.compile(
    r"收购|并购|买下|起诉|状告|击败|领先|反超|超过|超越|高于|优于|胜过|打败|战胜|小胜|险胜|完胜|力压|力克|压过|碾压|赶超|落后|低于|不及|投资|入股|委托|租用|租下|接替|取代|顶替|换成|换为|手中接过|手里接过|称为|称作|称赞|形容|押注|"
    r"\b(?:acquir(?:e|es|ed|ing)|buy(?:s|ing)?|bought|sue[sd]?|suing|beat(?:s|ing|en)?|outperform\w*|surpass\w*|overt(?:akes?|ook|aking)|ahead of|above|behind|trail(?:s|ed|ing)?|invest(?:s|ed|ing)? in|lead(?:s|ing)?|led|pays?|paid|paying|rents?|succeed(?:s|ed)|replac(?:es|ed|ing))\b",
    re.I,
)

_REVERSED = {"落后", "低于", "不及", "behind", "trails", "trailed", "trailing", "trail"}

_GROUP = {
    "收购": "acquire", "并购": "acquire", "买下": "acquire", "起诉": "sue", "状告": "sue", "投资": "invest", "入股": "invest",
    "押注": "invest", "委托": "order", "租用": "pay", "租下": "pay", "接替": "succeed", "取代": "succeed", "顶替": "succeed", "换成": "give way",
    "换为": "give way", "手中接过": "succeed", "手里接过": "succeed", "称为": "call", "称作": "call", "称赞": "call", "形容": "call",
}  # fmt: skip

_FRAMES = (
    (re.compile(r"(?:向|给)[^，。；]{1,20}?(?:下达|下了?订单|下单|订购|采购)"), "order"),
    (re.compile(r"(?:向|给|为)[^，。；]{1,20}?(?:支付|付费|付款|付)"), "pay"),
    (re.compile(r"交给了?[^，。；]{1,12}"), "order"),
)
"""Verbs whose object stands before them or far behind."""

_BY = re.compile(
    r"由(?P<who>[^，。；由]{2,16}?)(?:独家|最终|成功|正式|来)?(?P<verb>中标|承建|拿下|收购|并购|接任|接替)"
)

_WON = {"中标", "承建", "拿下"}

_WIN = re.compile(r"中标|承建|拿下|揽获|揽下|赢得|斩获")
"""甲银行的项目由乙公司中标 and 乙公司拿下甲银行的项目 are one: who wins, and of whom."""

_RANKED = re.compile(
    r"(?:排在|位居|位于|位列|落在|在|、|和)?(?P<high>[^，。；、的]{2,16}?)(?:之(?P<above>上|前)|(?P<below>之下|之后|后面)(?![，、]?(?:，|推|发|又|再)))"
)


def _verb(text: str) -> str:
    lower = text.lower()
    if lower in _GROUP:
        return _GROUP[lower]
    if lower.startswith(("acqui", "buy", "bought")):
        return "acquire"
    if lower.startswith(("sue", "suing")):
        return "sue"
    if lower.startswith("invest"):
        return "invest"
    if lower.startswith(("pay", "paid", "rent")):
        return "pay"
    if lower.startswith(("succeed", "replac")):
        return "succeed"
    return "beat"


_OWNER = re.compile(r"^\s*(?P<who>[\u4e00-\u9fff]{2,10}?)的[^，。；\d]{2,}\d")

_AGAINST = re.compile(r"(?:比|较|高于|低于|超过|优于|领先于?|落后于?|不及)\s*$")


def check_yardsticks(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """A figure given to what the source only compares with: 比放射科医生高3点 does not tell the doctors' own rate."""
    if len(sources) > 8:
        return []
    for clause in claim.clauses:
        text = claim.plain[clause.start : clause.end]
        found = _OWNER.match(text)
        if not found or _AGAINST.search(text[: found.end()]) or re.search(r"[比较]", text):
            continue
        who = found["who"]
        spots = [(source, m.start()) for source in sources for m in re.finditer(re.escape(who), source.plain)]
        told = {q.value for q in claim.quantities if clause.start <= q.start < clause.end}
        if any(q.value in told and at < q.start < at + 24 for source, at in spots for q in source.quantities):
            continue  # 高于市场隐含的7.4% does tell the market's
        if spots and all(_AGAINST.search(source.plain[max(0, at - 4) : at]) for source, at in spots):
            return [
                Problem(
                    kind="subject",
                    claim_says=text.strip(),
                    source_says=spots[0][0].plain[max(0, spots[0][1] - 16) : spots[0][1] + 14],
                )
            ]
    return []


def _triples(reading: Reading) -> set[tuple[str, str, str]]:
    """(who, what, whom) for the verbs that turn the meaning round when their ends are swapped."""
    out: set[tuple[str, str, str]] = set()
    for pattern, verb in _FRAMES:
        for match in pattern.finditer(reading.plain):
            low = max(c.start for c in reading.clauses if c.start <= match.start()) if reading.clauses else 0
            left = [n for n in reading.names if low <= n.start and n.end <= match.start()]
            mid = [n for n in reading.names if match.start() <= n.start and n.end <= match.end()]
            agents = _run(reading, left, len(left) - 1) if left else _carried(reading, match.start())
            before = [c.own for c in reading.clauses if c.end <= low and c.own]
            if not agents and before and len(before[-1]) == 1:
                agents = sorted(before[-1])  # 甲的用户，同时在为乙付费
            out |= {(a, verb, b.key) for a in agents for b in mid}
    for match in _BY.finditer(reading.plain):
        done = [n for n in reading.names if match.start("who") <= n.start and n.end <= match.end("who")]
        low = max((c.start for c in reading.clauses if c.start <= match.start()), default=0)
        left = [n for n in reading.names if low <= n.start and n.end <= match.start()]
        verb = "win" if match["verb"] in _WON else _verb(match["verb"])
        out |= {(a.key, verb, b) for a in done for b in _run(reading, left, 0)}
    for match in _WIN.finditer(reading.plain):
        low, end = next(((c.start, c.end) for c in reading.clauses if c.start <= match.start() < c.end), (0, 0))
        left = [n for n in reading.names if low <= n.start and n.end <= match.start()]
        right = [n for n in reading.names if match.end() <= n.start < end]
        if left and "由" not in reading.plain[low : match.start()]:
            out |= {(a, "win", b) for a in _run(reading, left, 0) for b in _run(reading, right, 0)}
    for match in _RANKED.finditer(reading.plain):
        high = [n for n in reading.names if match.start("high") <= n.start and n.end <= match.end("high")]
        left = [n for n in reading.names if n.end <= match.start() and match.start() - n.end <= 12]
        agents = [left[-1].key] if left else _carried(reading, match.start())
        for n in high:
            pairs = {(a, "beat", n.key) for a in agents}
            out |= {(c, v, a) for a, v, c in pairs} if match["below"] else pairs
    for match in _ACTIVE.finditer(reading.plain):
        clause = next((c for c in reading.clauses if c.start <= match.start() < c.end), None)
        if clause is None:
            continue
        inside = [name for name in reading.names if clause.start <= name.start < clause.end]
        left = [name for name in inside if name.end <= match.start()]
        right = [name for name in inside if name.start >= match.end()]
        verb = _verb(match[0])
        passive = re.search(
            r"被|遭|\b(?:is|are|was|were|been|being|be)\s+(?:\w+ly\s+)?$", reading.plain[clause.start : match.start()]
        )
        by = re.match(r"\s+by\b", reading.plain[match.end() : match.end() + 4])
        agents, patients = _run(reading, left, 0), _run(reading, right, 0)
        if passive and "被" in passive[0] and len(left) >= 2:
            agents, patients = _run(reading, left, len(left) - 1), agents
        elif passive and by:
            agents, patients = patients, agents
        elif passive:
            continue
        elif not left:
            agents = sorted(clause.carried)
        if match[0].lower() in _REVERSED:
            agents, patients = patients, agents
        if verb == "give way":
            agents, patients, verb = patients, _run(reading, left, len(left) - 1) if left else [], "succeed"
        if verb == "succeed" and "接过" in match[0]:
            # B从A手中接过: the one before 从 takes over.
            agents, patients = _run(reading, left, 0), [n.key for n in left[-1:]]
        out |= {(a, verb, b) for a in agents for b in patients}
    return out


def _carried(reading: Reading, at: int) -> list[str]:
    clause = next((c for c in reading.clauses if c.start <= at < c.end), None)
    return sorted(clause.carried) if clause else []


def _run(reading: Reading, found: list[Name], at: int) -> list[str]:
    """Keys of the name at ``at`` with those that stand directly behind it: Sable Robotics is one name in two words."""
    if not found:
        return []
    keys, end = [found[at].key], found[at].end
    for name in found[at + 1 :]:
        if reading.plain[end : name.start].strip():
            break
        keys.append(name.key)
        end = name.end
    return keys


def _told(triple: tuple[str, str, str], theirs: set[tuple[str, str, str]]) -> bool:
    """Whether the sources say so, however much of a name they spell: 火麟 is 火麟动力."""

    def same(a: str, b: str) -> bool:
        return a == b or (not a.isascii() and min(len(a), len(b)) > 1 and (a.startswith(b) or b.startswith(a)))

    return any(verb == triple[1] and same(who, triple[0]) and same(whom, triple[2]) for who, verb, whom in theirs)


def check_roles(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """Who acquired, sued, beat whom."""
    ours = _triples(claim)
    if not ours:
        return []
    theirs: set[tuple[str, str, str]] = set()
    for source in sources:
        theirs |= _triples(source)
    problems = []
    for who, verb, whom in sorted(ours):
        if who != whom and _told((whom, verb, who), theirs) and not _told((who, verb, whom), theirs):
            problems.append(Problem(kind="subject", claim_says=claim.text, source_says=f"{whom} → {who}"))
    return problems[:1]
