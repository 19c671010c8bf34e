"""Does a claim follow, in the parts that can be checked, from given source sentences? No model is asked.

Compared are figures as (value, unit, metric, subject), dates, names, quotations, directions. What is not covered:
inference, cause, scope ("the core team" told as "the team"), names made of common words, quotations in translation,
sums over a list.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from afterlore.brief.check.affinity import check_swapped_names
from afterlore.brief.check.comparisons import check_comparisons
from afterlore.brief.check.figures import check_figures
from afterlore.brief.check.items import check_items
from afterlore.brief.check.naming import check_names, check_versions
from afterlore.brief.check.reading import Clause, Reading, read
from afterlore.brief.check.roles import check_backers, check_roles, check_rounds, check_yardsticks
from afterlore.brief.check.speakers import check_speakers
from afterlore.brief.check.subjects import check_subjects
from afterlore.brief.check.swaps import check_swaps
from afterlore.brief.check.times import check_dates, check_spans
from afterlore.brief.check.verdict import Problem, Verdict
from afterlore.brief.check.wording import check_attribution, check_polarity, check_quotes
from afterlore.text.names import words
from afterlore.text.normalize import skeleton
from afterlore.text.sentences import Sentence, sentences

__all__ = ["Problem", "Verdict", "check"]


def check(claim: str, sources: Sequence[str]) -> Verdict:
    """Check one claim (a sentence or a bullet, Chinese or English) against its sources (sentences, or longer text)."""
    readings = [read(text) for text in _sentences(sources)]
    if not readings or not claim.strip():
        return Verdict(state="cannot_tell")
    if _verbatim(claim, sources):
        return Verdict(state="supported", checked=1)
    problems: list[Problem] = []
    checked = 0
    parts, readings = _mutual([read(text) for text in _sentences([claim])], readings)
    if 1 < len(readings) <= 8:
        readings = _linked(readings)
    for part in parts:
        for step in (check_figures, check_dates, check_names, check_versions, check_quotes):
            found, count = step(part, readings)
            problems += found
            checked += count
        if not any(p.kind == "subject" for p in problems):
            problems += (
                check_backers(part, readings)
                or check_roles(part, readings)
                or check_yardsticks(part, readings)
                or check_swaps(part, readings)
                or check_swapped_names(part, readings)
                or check_items(part, readings)
                or check_subjects(part, readings)
            )
        if not any(not p.minor for p in problems):
            problems += check_polarity(part, readings) or check_comparisons(part, readings)
        problems += check_rounds(part, readings) + check_attribution(part, readings)
        problems += check_speakers(part, readings) + check_spans(part, readings)
    unique = tuple(dict.fromkeys(problems))
    grave = [problem for problem in unique if not problem.minor]
    if grave:
        return Verdict(
            state="contradicted" if any(p.source_says for p in grave) else "unsupported",
            problems=unique,
            checked=checked,
        )
    if not checked and not _overlaps(parts, readings):
        return Verdict(state="cannot_tell", problems=unique)
    return Verdict(state="supported", problems=unique, checked=checked)


def _sentences(texts: Sequence[str]) -> list[str]:
    return [sentence.text for text in texts for sentence in _split(text)]


@lru_cache(maxsize=4096)
def _split(text: str) -> tuple[Sentence, ...]:
    return tuple(sentences(text))


def _mutual(parts: list[Reading], sources: list[Reading]) -> tuple[list[Reading], list[Reading]]:
    """Both sides read again with the Chinese names that the other side, or another sentence, showed to be names."""
    spoken = [name for reading in parts for name in reading.names]
    ours = "".join(reading.plain for reading in parts)
    heard = [name for reading in sources for name in reading.names if name.key in ours]
    known = {
        name.key: name
        for name in (*spoken, *heard)
        if (name.strong or name.kind == "word") and name.kind in {"org", "person", "word"} and not name.key.isascii()
    }
    if not known:
        return parts, sources

    def again(reading: Reading) -> Reading:
        keys = {name.key for name in reading.names}
        missing = tuple(name for key, name in sorted(known.items()) if key not in keys and key in reading.plain)
        return read(reading.text, tuple(name._replace(start=0, end=0) for name in missing)) if missing else reading

    return [again(part) for part in parts], [again(source) for source in sources]


_ANAPHOR = re.compile(
    r"^[“\"\s]*(?:这[一款家个种项次]|该|其中|其(?![他中实余])|它|他|她|此次|上述|本次|当时|同时|另有|另外|此外|It\b|Its\b|The\b|He\b|She\b|They\b|This\b)"
)


_PERSONAL = re.compile(r"(?<!其)[他她](?!们)|\b(?:he|she|his|her)\b", re.I)


def _elided(reading: Reading) -> bool:
    """Whether a Chinese sentence opens with what somebody did, and does not say who: 收购甲科技、与乙科技合作."""
    first = next(iter(words(reading.text)), None)
    return first is not None and first.tag == "v" and not any(n.start == first.start for n in reading.names)


def _linked(sources: list[Reading]) -> list[Reading]:
    """Sentences that speak of whom the one before spoke of carry its name."""
    out: list[Reading] = []
    person: frozenset[str] = frozenset()
    for reading in sources:
        first = reading.clauses[0] if reading.clauses else None
        before = next((c.own for c in out[-1].clauses if c.own), frozenset[str]()) if out else frozenset[str]()
        if person and (pronoun := _PERSONAL.search(reading.plain)):
            known = any(n.kind == "person" and n.start < pronoun.start() for n in reading.names)
            if not known:
                reading = reading._replace(
                    clauses=tuple(
                        c._replace(carried=c.carried | (person - c.own))
                        if _PERSONAL.search(reading.plain[c.start : c.end])
                        else c
                        for c in reading.clauses
                    )
                )
                first = reading.clauses[0] if reading.clauses else None
        people = [n.key for n in reading.names if n.kind == "person"]
        person = frozenset(people[:1]) or person
        if first and before and (not first.own or _ANAPHOR.match(reading.plain) or _elided(reading)):
            clauses: list[Clause] = []
            for clause in reading.clauses:
                if clause.own and clauses and not _elided(reading):
                    break
                clauses.append(clause._replace(carried=clause.carried | (before - clause.own)))
            reading = reading._replace(clauses=(*clauses, *reading.clauses[len(clauses) :]))
        out.append(reading)
    return out


def _verbatim(claim: str, sources: Sequence[str]) -> bool:
    """Whether the claim is a stretch of one source: then it follows whatever it says."""
    bare = skeleton(claim)
    return bool(bare) and any(bare in skeleton(source) for source in sources)


def _overlaps(parts: Sequence[Reading], sources: Sequence[Reading]) -> bool:
    """Whether most words of a claim without figures or names stand in its sources."""
    ours = {feature.key for part in parts for feature in part.features}
    theirs = {feature.key for source in sources for feature in source.features}
    return bool(ours) and len(ours & theirs) >= 0.6 * len(ours)
