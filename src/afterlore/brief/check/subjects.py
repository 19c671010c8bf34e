"""Names: do they occur in the sources, and do they do there what the claim says they do?"""

import re
from collections.abc import Sequence

from afterlore.brief.check.reading import Clause, Reading, located_name
from afterlore.brief.check.verdict import Problem
from afterlore.text.names import Name, occurs

__all__ = ["check_backers", "check_names", "check_roles", "check_rounds", "check_subjects"]

_CLASS = {"place": "place"}


def check_names(claim: Reading, sources: Sequence[Reading]) -> tuple[list[Problem], int]:
    """Names that the sources do not have."""
    plain = " \n ".join(source.plain for source in sources).lower()
    compact = re.sub(r"[\s-]", "", plain)
    latin = frozenset().union(*(source.latin for source in sources)) if sources else frozenset()
    theirs = {name.key for source in sources for name in source.names}
    same_script = any(source.chinese for source in sources)
    problems: list[Problem] = []
    checked = 0
    for name in claim.names:
        spelt = re.sub(r"[\s-]", "", name.text.lower())
        loose = any(char.isdigit() for char in spelt) and re.search(
            rf"(?<![a-z0-9]){re.escape(spelt)}(?![0-9])", compact
        )
        if name.key in theirs or loose or occurs(name, plain, latin):
            checked += 1
            continue
        if not name.strong:
            near = _altered(name, sources)
            if near:
                checked += 1
                problems.append(Problem(kind="entity", claim_says=name.text, source_says=near))
            continue
        if (
            not same_script
            and name.kind in {"word", "person", "org", "place"}
            and not name.text.isascii()
            and name.key == name.text
            and not _rival_known(name, sources)
        ):
            continue  # a Chinese name beside English sources: only the table could tell
        if not same_script and not name.text.isascii() and name.key not in _known_keys():
            continue
        if name.kind in {"org", "word"} and name.key not in _known_keys() and _mostly_known(name.key, plain):
            continue
        if same_script and name.kind == "latin" and not _latin_testable(name, sources):
            continue
        checked += 1
        problems.append(Problem(kind="entity", claim_says=name.text, source_says=_altered(name, sources)))
    return problems, checked


def _mostly_known(key: str, plain: str) -> bool:
    """Whether half of a recognised name's pairs of characters stand in the sources: then it is a known
    name cut wrongly."""
    pairs = [key[i : i + 2] for i in range(len(key) - 1)]
    return len(key) > 2 and sum(pair in plain for pair in pairs) * 2 >= len(pairs)


def _known_keys() -> set[str]:
    from afterlore.text.names import aliases

    return set(aliases()[1])


def _rival_known(name: Name, sources: Sequence[Reading]) -> bool:
    return name.key in _known_keys() and bool(sources)


def _latin_testable(name: Name, sources: Sequence[Reading]) -> bool:
    """A Latin name beside a Chinese source that has no Latin name at all may be the translation of a Chinese one."""
    return (
        any(other.text.isascii() for source in sources for other in source.names)
        or name.key in _known_keys()
        or any(char.isdigit() for char in name.text)
    )


def _altered(name: Name, sources: Sequence[Reading]) -> str:
    """A name of the sources that is spelt almost the same."""
    for source in sources:
        for other in source.names:
            if other.key != name.key and len(other.text) == len(name.text) and len(other.text) >= 2:
                same = sum(a == b for a, b in zip(other.text, name.text, strict=True))
                if same * 3 >= 2 * len(name.text) if name.kind == "quoted" else same * 2 >= len(name.text):
                    return other.text
    return ""


def check_subjects(claim: Reading, sources: Sequence[Reading]) -> list[Problem]:
    """A name of the claim that stands in the sources, but with other words than the claim's.

    Each clause of the claim is laid beside every clause of the sources. When the clause that shares
    most of its words has
    another name in its place, and the clauses that do have the claim's name share little, the deed has
    been given to another.
    """
    weights: dict[str, float] = {feature.key: feature.weight for feature in claim.features}
    rows: list[tuple[Reading, Clause]] = []
    for source in sources:
        before: frozenset[str] = frozenset()
        for clause in source.clauses:
            # "…, $85 billion at Microsoft": what is measured was said once, in the clause before.
            elliptical = clause.own and len(clause.features) <= 3 and any(key[0] == "=" for key in clause.features)
            full = clause._replace(features=clause.features | before) if elliptical else clause
            rows.append((source, full))
            before = full.features
    if not rows:
        return []
    theirs_all = frozenset().union(*(clause.own for _, clause in rows))
    kinds = {
        name.key: _CLASS.get(name.kind, "other")
        for reading in (claim, *sources)
        for name in reading.names
        if name.kind != "quoted" or name.key in theirs_all
    }
    problems: list[Problem] = []
    for clause in claim.clauses:
        weights |= {key: 2.0 for key in clause.features if key[0] == "="}
        total = sum(weights.get(key, 1.0) for key in clause.features)
        if total < 2 or not clause.own:
            continue
        scored = [
            (sum(weights.get(key, 1.0) for key in clause.features & other.features), source, other)
            for source, other in rows
        ]
        best = max(score for score, _, _ in scored)
        # Among hundreds of clauses some share words by chance; among a few they are the clause that the claim retells.
        if best < (max(2.0, 0.4 * total) if len(rows) <= 24 else max(5.0, 0.7 * total)):
            continue
        located = {name.key for name in claim.names if located_name(claim.plain, name)}
        for name in sorted((clause.own & theirs_all) - located):
            kind = kinds.get(name)
            having = max(
                (score + 0.1 for score, _, other in scored if name in other.own or name in other.carried), default=0.0
            )
            if having > 0.5 * best:
                continue
            tops = [(source, other) for score, source, other in scored if score >= 0.95 * best]
            rivals = [{key for key in other.own if kinds.get(key) == kind} - clause.own for _, other in tops]
            if all(rivals) and not any(_speaks(source, name) for source, _ in tops):
                rival = sorted(rivals[0])[0]
                source, other = tops[0]
                problems.append(
                    Problem(
                        kind="subject",
                        claim_says=claim.text[clause.start : clause.end].strip(),
                        source_says=source.text[other.start : other.end].strip() or rival,
                    )
                )
                break
    return problems


def _speaks(source: Reading, name: str) -> bool:
    """Whether the name opens the source's sentence: then what follows may be its own doing under another name."""
    first = source.clauses[0].own if source.clauses else frozenset()
    return name in first and len(first) == 1 and not _listing(source)


def _listing(source: Reading) -> bool:
    """Whether the sentence puts several subjects side by side, so that the first is not the subject of all."""
    openers = 0
    for clause in source.clauses:
        stretch = source.plain[clause.start : clause.start + 14]
        if any(
            name.start - clause.start <= 3 + len(stretch) - len(stretch.lstrip())
            for name in source.names
            if clause.start <= name.start < clause.end
        ):
            openers += 1
    return openers > 1


_BACKERS = re.compile(r"(?:(?P<lead>领投)|(?P<join>[跟参]投))")


_BACKERS_EN = re.compile(
    r"\bled by (?P<led>(?:[A-Z][\w.&'-]*(?:\s+(?:and\s+)?|,\s+)?){1,8})|(?P<who>(?:[A-Z][\w.&'-]*\s+){1,4})(?:is\s+)?(?:led|leading) (?:the|a|an|its)\s+(?:\S+\s+)?(?:round|investment|financing|funding)"  # noqa: E501
    r"|(?P<also>(?:[A-Z][\w.&'-]*\s+(?:and\s+)?){1,6})(?:also\s+)?(?:taking part|took part|participat\w+|join(?:ed|ing)(?: the round)?)"  # noqa: E501
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
            if re.fullmatch(r"(?:[、和与及\s]|联合|共同|继续|独家|等|参与|也)*", reading.plain[name.end : end]) is None:
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
    r"收购|并购|买下|起诉|状告|击败|领先|超过|高于|优于|胜过|打败|反超|落后|低于|不及|投资|入股|"
    r"\b(?:acquir(?:e|es|ed|ing)|buy(?:s|ing)?|bought|sue[sd]?|suing|beat(?:s|ing|en)?|outperform\w*|surpass\w*|overt(?:akes?|ook)|ahead of|above|behind|trail(?:s|ed|ing)?|invest(?:s|ed|ing)? in|lead(?:s|ing)?|led)\b",  # noqa: E501
    re.I,
)
_REVERSED = {"落后", "低于", "不及", "behind", "trails", "trailed", "trailing", "trail"}
_GROUP = {
    "收购": "acquire", "并购": "acquire", "买下": "acquire", "起诉": "sue", "状告": "sue", "投资": "invest", "入股": "invest",  # noqa: E501
}  # fmt: skip


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
    return "beat"


def _triples(reading: Reading) -> set[tuple[str, str, str]]:
    """(who, what, whom) for the verbs that turn the meaning round when their ends are swapped."""
    out: set[tuple[str, str, str]] = set()
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
        out |= {(a, verb, b) for a in agents for b in patients}
    return out


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
        if who != whom and (whom, verb, who) in theirs and (who, verb, whom) not in theirs:
            problems.append(Problem(kind="subject", claim_says=claim.text, source_says=f"{whom} → {who}"))
    return problems[:1]
