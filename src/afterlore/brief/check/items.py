# A pattern is read as a whole: breaking it over lines hides what it matches.
"""Things told side by side: what a list, a pair of brackets or a ranking says of one of them must not go to another."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from afterlore.brief.check.reading import Clause, Reading, located_name
from afterlore.brief.check.values import same_unit, same_value
from afterlore.brief.check.verdict import Problem
from afterlore.text.names import Name
from afterlore.text.quantities import Quantity

__all__ = ["check_items"]


def check_items(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """What the sources say of one item of several and the claim of another. Judged beside a few sentences only."""
    if len(sources) > 8:
        return []
    for step in (_bracketed, _attached, _settings, _respectively, _states, _merged, _won, _ranks, _careers):
        found = step(claim, sources)
        if found:
            return found
    return []


def _problem(claim: Reading, a: int, b: int, source: Reading, c: int, d: int) -> list[Problem]:
    return [Problem(kind="subject", claim_says=claim.text[a:b].strip(), source_says=source.text[c:d].strip())]


def _clause(reading: Reading, at: int) -> Clause | None:
    return next((c for c in reading.clauses if c.start <= at < c.end), None)


def _equal(a: Quantity, b: Quantity) -> bool:
    return same_unit(a, b) and a.dimension == b.dimension and same_value(a, b)


_NOTED = re.compile(r"(?P<what>[A-Za-z][A-Za-z0-9.+-]*|[\u4e00-\u9fff]{2,8})\s?\((?P<note>[^()]{2,40})\)")


def _notes(reading: Reading) -> Iterator[tuple[re.Match[str], Quantity]]:
    """(word, figure) of 甲版（20美元/月）: the word right before a bracket, the first figure in it."""
    for match in _NOTED.finditer(reading.plain):
        inside = [q for q in reading.quantities if match.start("note") <= q.start < match.end("note")]
        if inside:
            yield match, inside[0]


def _says(text: str, word: str) -> bool:
    word = word if word.isascii() else word[-3:]  # 涉及标准版 is 标准版
    return bool(re.search(rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])", text) if word.isascii() else word in text)


def _bracketed(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """A figure that stands in brackets behind one name, given to another that has a bracket of its own."""
    for source in sources:
        noted = list(_notes(source))
        for match, f in noted:
            for q in claim.quantities:
                clause = _clause(claim, q.start)
                if clause is None or not _equal(q, f):
                    continue
                text = claim.plain[clause.start : clause.end]
                said = [g for other, g in noted if _says(text, other["what"])]
                rivals = [g for g in said if same_unit(f, g) and not _equal(f, g)]
                if rivals and not _says(text, match["what"]) and not any(_equal(q, g) for g in said):
                    return _problem(claim, clause.start, clause.end, source, *match.span())
    return []


_ATTACHED = re.compile(r"的(?P<what>[A-Za-z0-9\u4e00-\u9fff]{2,10}?)(?=[、，。；和与及]|$)")


def _attached(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """2999元的眼镜、1299元的音箱: a figure that stands before one thing, given to another that has its own."""
    for source in sources:
        pairs = [(f, m["what"]) for f in source.quantities if (m := _ATTACHED.match(source.plain, f.end))]
        for f, what in pairs:
            for q in claim.quantities:
                clause = _clause(claim, q.start)
                if clause is None or not _equal(q, f):
                    continue
                text = claim.plain[clause.start : clause.end]
                rival = next((n for g, n in pairs if same_unit(f, g) and not _equal(f, g) and n in text), None)
                if rival and what not in text:
                    return _problem(claim, clause.start, clause.end, source, f.start, f.end + len(what) + 1)
    return []


_SETTING = re.compile(r"在(?P<what>[A-Za-z0-9\u4e00-\u9fff\s-]{2,12}?)(?:上|中|里|方面|任务|测试)")


def _settings(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """得分89.1在中文理解上 told as 在代码生成上: both settings are the source's, and the figure is of one alone."""
    theirs = [(s, f, _setting(s, f)) for s in sources for f in s.quantities]
    known = {what for _, _, what in theirs if what}
    for q in claim.quantities:
        mine = _setting(claim, q)
        same = [(s, f, what) for s, f, what in theirs if _equal(q, f)]
        if mine in known and same and all(what and what != mine for _, _, what in same):
            source, f, _ = same[0]
            return _problem(claim, max(0, q.start - 12), q.end, source, max(0, f.start - 16), f.end)
    return []


def _setting(reading: Reading, q: Quantity) -> str:
    """The last 在…上 before a figure in its sentence."""
    start = max((reading.plain.rfind(stop, 0, q.start) for stop in "。！？"), default=-1) + 1
    found = list(_SETTING.finditer(reading.plain, start, q.start))
    return found[-1]["what"].strip() if found else ""


_RESPECTIVELY = re.compile(r"分别|依次")
_LIKE = re.compile(r"级别|级的|水平|那样|一样|同款|式的")
_JOINED = re.compile(r"\s*(?:、|和|与|及|以及|,|，)\s*")


def _respectively(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """甲、乙……分别为1和2, however far the names are from the word."""
    for source in sources:
        for match in _RESPECTIVELY.finditer(source.plain):
            figures = [q for q in source.quantities if match.end() <= q.start < match.end() + 48]
            last = figures[-1:]
            figures = [
                q for q in figures if same_unit(q, last[0]) or (q.dimension == "" and last[0].dimension == "money")
            ]
            rows: list[list[Name]] = []
            for name in [n for n in source.names if n.end <= match.start() and n.kind != "quoted"]:
                if rows and _JOINED.fullmatch(source.plain[rows[-1][-1].end : name.start]):
                    rows[-1].append(name)
                else:
                    rows.append([name])
            listed = [
                row
                for row in rows
                if len(row) == len(figures) and not _LIKE.match(source.plain[row[-1].end : row[-1].end + 4])
            ]
            if len(figures) < 2 or len(listed) != 1:
                continue
            row = listed[0]
            for clause in claim.clauses:
                said = [n for n in row if n.key in clause.own]
                told = [q for q in claim.quantities if clause.start <= q.start < clause.end and same_unit(q, last[0])]
                if len(said) != 1 or len(told) != 1:
                    continue
                mine = figures[row.index(said[0])]
                # 225亿和75亿美元: the unit is said once, so the amounts decide.
                values = [abs(told[0].value - f.value) <= 1e-6 * abs(f.value) for f in figures]
                if sum(values) == 1 and not values[figures.index(mine)]:
                    return _problem(claim, clause.start, clause.end, source, match.start(), figures[-1].end)
    return []


_NEGATED = re.compile(r"[未没不尚待]|除外|以外|之外")


def _states(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """甲、乙、丙已完成，丁、戊还在进行: what is said of one list, told of an item of the other."""
    for source in sources:
        lists = [_listed(source, c) for c in source.clauses if source.plain.count("、", c.start, c.end)]
        for mine, state in lists:
            for theirs, other in lists:
                if theirs is mine or not state or not other:
                    continue
                only, rival = _pairs(state) - _pairs(other), _pairs(other) - _pairs(state)
                for clause in claim.clauses:
                    text = claim.plain[clause.start : clause.end]
                    if _NEGATED.search(text):
                        continue
                    has = any(item in text for item in theirs) and not any(item in text for item in mine)
                    if has and len(only & _pairs(text)) >= 1 and not rival & _pairs(text):
                        return _problem(claim, clause.start, clause.end, source, 0, len(source.text))
    return []


def _listed(source: Reading, clause: Clause) -> tuple[tuple[str, ...], str]:
    """(items of at least four characters, what is said of them) of a clause that lists; the state "" when unclear."""
    pieces = source.plain[clause.start : clause.end].strip().split("、")
    last = re.match(r"(?P<item>.{2,16}?)(?P<state>(?:已|还|仍|尚|正|将|均|都|也|则|则已|未|没).*)$", pieces[-1])
    if not last:
        return (), ""
    items = [re.sub(r"^.{1,8}的", "", piece) for piece in pieces[:-1]] + [last["item"]]
    return tuple(item for item in items if len(item) >= 4), last["state"]


def _pairs(text: str) -> set[str]:
    return {
        text[k : k + 2]
        for k in range(len(text) - 1)
        if re.fullmatch(r"[\u4e00-\u9fff]{2}", text[k : k + 2])
        and not re.search(r"[已还仍尚正将均都也则未的在了]", text[k : k + 2])
    }


_MAKER = re.compile(
    r"\s*(?!旗下|其|该|此外|另外|同时|而|新作)(?P<who>[\u4e00-\u9fffA-Za-z]{2,10}?)(?:近日|宣布|旗下|的|也|则|将|正式)*(?:《|公布|发布|推出|上线|定档|宣布|开启|公测|带来)"
)
"""Whose news an item of a list is: what it opens with, whether or not that is known for a name."""

_WINNER = re.compile(r"由(?P<who>[^，。；、由的]{2,10}?)(?:独家|最终|成功|正式)?(?:中标|承建|承接|收购|代工|承办)")


def _won(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """甲的项目由乙中标 told as 甲拿下乙的项目, when 乙 is not known for a name."""
    for source in sources:
        for match in _WINNER.finditer(source.plain):
            who = re.escape(match["who"])
            turned = re.search(
                rf"(?:拿下|中标|承建|承接|赢得|揽获|揽下|收购|代工|承办)了?{who}(?:的|$|[，。])", claim.plain
            )
            if turned:
                return _problem(claim, 0, len(claim.plain), source, *match.span())
    return []


_ITEM = re.compile(r"[；;]")


def _merged(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """甲公司《星港》定档；乙公司公布《云渡》: a claim whose clause gives 《星港》 to 乙公司."""
    for source in sources:
        cuts = [0, *(m.end() for m in _ITEM.finditer(source.plain)), len(source.plain)]
        parts = [[n for n in source.names if a <= n.start < b] for a, b in pairwise(cuts)]
        if len(parts) < 2:
            continue
        for i, mine in enumerate(parts):
            works = {n.key for n in mine if source.plain[n.start - 1 : n.start] == "《"}
            makers = {n.key for n in mine if n.kind in {"org", "word"}}
            titles = {n.text for n in mine if source.plain[n.start - 1 : n.start] == "《"}
            made = _MAKER.match(source.plain[cuts[i] : cuts[i + 1]])
            for j, theirs in enumerate(parts):
                if i == j or not works:
                    continue
                others = {n.key for n in theirs if n.kind in {"org", "word"}} - makers
                mine_keys = {n.key for n in theirs}
                rival = _MAKER.match(source.plain[cuts[j] : cuts[j + 1]])
                for clause in claim.clauses:
                    text = claim.plain[clause.start : clause.end]
                    if (
                        made
                        and rival
                        and rival["who"] in text
                        and made["who"] not in text
                        and rival["who"] not in source.plain[cuts[i] : cuts[i + 1]]
                        and any(f"《{t}》" in text and t not in source.plain[cuts[j] : cuts[j + 1]] for t in titles)
                    ):
                        return _problem(claim, clause.start, clause.end, source, cuts[i], cuts[i + 1])
                    work, maker = (clause.own & works) - mine_keys, clause.own & others
                    opens = source.plain[cuts[i] : cuts[i + 1]].lstrip().startswith("《")
                    if work and maker and makers and not clause.own & makers and not opens:
                        return _problem(claim, clause.start, clause.end, source, cuts[i], cuts[i + 1])
    return []


_RANK = re.compile(
    r"第\s?(?P<n>[一二三四五六七八九十\d]+)(?!季|次|代|批|轮|天|年|个月|方)|(?P<first>榜首|居首|登顶|首位|冠军|夺冠|率先|\bfirst\b)|(?P<en>\bsecond\b|\bthird\b)|前(?P<top>[三五十\d]+)(?![\d]|年|个月|[月天日季])",
    re.I,
)
_ORDER = {"一": "1", "二": "2", "三": "3", "四": "4", "五": "5", "second": "2", "third": "3"}


_AHEAD = re.compile(r"率先|最先|抢先|\b(?:was|were|is|became) (?:the )?first\b", re.I)


def _ranked(reading: Reading) -> list[tuple[str, Clause]]:
    out = []
    for match in _RANK.finditer(reading.plain):
        clause = _clause(reading, match.start())
        if clause is not None:
            said = "1" if match["first"] else (match["n"] or match["en"] or match["top"]).lower()
            out.append(("≤" * bool(match["top"]) + _ORDER.get(said, said), clause))
    return out


def _ranks(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """A place in one ranking told of another ranking, or of another contestant; both must be ranked in the sources."""
    theirs = [(n, clause, source) for source in sources for n, clause in _ranked(source)]
    held: dict[str, set[str]] = {}
    for n, clause, _ in theirs:
        for key in clause.own:
            held.setdefault(key, set()).add(n)
    for n, clause in _ranked(claim):
        mine = {
            name.key
            for name in claim.names
            if clause.start <= name.start < clause.end
            and (name.kind == "latin" or located_name(claim.plain, name) or claim.plain[name.start - 1] == "《")
        }
        settings = {n.key for n in claim.names if n.key in mine and located_name(claim.plain, n)}
        mine = settings or mine  # a contestant may stand in several rankings
        ahead = _AHEAD.search(claim.plain, clause.start, clause.end)
        if ahead and len(clause.own) == 1:
            # 率先: being first at something, which all others of the sources are not.
            known = {name.key for source in sources for name in source.names if name.kind == "org"}
            them = [(s, c) for s in sources for c in s.clauses if _AHEAD.search(s.plain, c.start, c.end)]
            if (
                len(them) == 1
                and clause.own <= known
                and them[0][1].own & known
                and not clause.own & (them[0][1].own | them[0][1].carried)
            ):
                source, first = them[0]
                return _problem(claim, clause.start, clause.end, source, first.start, first.end)
        same = [c for m, c, _ in theirs if m == n]
        elsewhere = {key for key in mine if key in held and n not in held[key]}
        shared = any(mine & c.own for c in same)
        if elsewhere and same and not shared:
            source = next(s for m, _, s in theirs if m == n)
            return _problem(claim, clause.start, clause.end, source, same[0].start, same[0].end)
    return []


_JOIN = re.compile(r"(?:加入|加盟|入职|转投|投奔|跳槽(?:到|至)?|\bjoin(?:ed|s)?|\bmoved to)了?\s?", re.I)
_LEFT = re.compile(r"(?:早年|此前|曾经?|原|离开|来自|出身|毕业|前|之前)[^，。；]{0,16}$")
_WORKED = re.compile(r"任|职|工作|效力|离开|来自|供职")
_FROM = re.compile(r"^[^，。；、的]{0,5}(?:人才|出身|老将|旧部|前员工|老兵|元老|离职)")


def _careers(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """A former employer told as the new one."""
    firms = {"org", "word", "latin", "product"}
    to: set[str] = set()
    left: set[str] = set()
    spot: Reading | None = None
    joined = False
    for source in sources:
        moved = [m.end() for m in _JOIN.finditer(source.plain)]
        joined = joined or bool(moved)
        to |= {n.key for n in source.names if n.start in moved}
        for name in source.names:
            if name.kind not in firms or name.start in moved:
                continue
            clause = _clause(source, name.start)
            low = clause.start if clause else 0
            worked = _LEFT.search(source.plain[low : name.start]) and _WORKED.search(source.plain[low : name.end + 10])
            if worked or (moved and _FROM.match(source.plain[name.end :])):
                left.add(name.key)
                spot = source
    for match in _JOIN.finditer(claim.plain):
        whom = [n for n in claim.names if n.start == match.end() and n.key in left - to]
        clause = _clause(claim, match.start())
        if clause is not None and _LEFT.search(claim.plain[clause.start : match.start()]):
            continue  # 早年曾加入 tells the former one as such
        if whom and joined and spot is not None:
            return _problem(claim, max(0, match.start() - 8), whom[0].end, spot, 0, len(spot.text))
    return []
