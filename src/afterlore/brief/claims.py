"""From a writer's draft to claims in the ledger: each checked against its source, then held against the other outlets.

A statement that the verifier does not find supported by its own quote is left out and counted. One that a second,
independent outlet also makes climbs from *quoted* to *corroborated*. Where outlets give different figures for the same
thing, they are quoted side by side and the claim is *disputed*; nothing is averaged and none is chosen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date as Date

from afterlore.brief.article import Article
from afterlore.brief.check import check
from afterlore.brief.disputes import Dispute, disputes, undisputed
from afterlore.brief.publish.edition import BulletEntry, Disagreement
from afterlore.brief.write.story import Draft, Sourced
from afterlore.core import Change, Claim, Evidence, Rung, digest
from afterlore.text.language import language
from afterlore.text.names import names
from afterlore.text.ngrams import words
from afterlore.text.quantities import quantities
from afterlore.text.sentences import Sentence, sentences

__all__ = ["DISPUTED", "Entered", "enter", "side_by_side"]

DISPUTED = "说法不一"
"""Label of a bullet that quotes outlets which differ."""

# Another sentence says the same when it holds this share of the statement's words, so that a part of it does not
# speak for the whole; where all figures agree, fewer will do. Set on invented pairs (tests/test_claims.py): paraphrases
# of one fact, half of a fact, different facts about one company.
_SHARED_WITH_FIGURES = 0.5
_SHARED_WITHOUT = 0.7
_MOST_DISPUTES = 2


@dataclass(slots=True)
class Entered:
    """What a draft became."""

    title: str
    """Without a figure on which outlets differ."""
    insight: list[str] = field(default_factory=list)
    bullets: list[BulletEntry] = field(default_factory=list)
    disagreements: list[Disagreement] = field(default_factory=list)
    claims: dict[str, Claim] = field(default_factory=dict)
    rejected: int = 0
    """Statements that the verifier would not let through."""


@dataclass(frozen=True, slots=True)
class _Read:
    """An article with its sentences and their words, read once."""

    article: Article
    sentences: list[Sentence]
    words: list[frozenset[str]]


def enter(draft: Draft, articles: Sequence[Article], day: Date) -> Entered:
    """Check the draft's statements and enter them as the day's claims. ``articles`` are the story's, no reposts."""
    read = [_read(article) for article in articles]
    by_id = {one.article.id: one for one in read}
    differ = disputes(articles)[:_MOST_DISPUTES]
    entered = Entered(title=undisputed(draft.title, differ))
    for disagreement, dispute in _disputes(differ, day):
        entered.disagreements.append(disagreement)
        entered.claims[dispute.id] = dispute
    disputed = [evidence for dispute in entered.claims.values() for evidence in dispute.evidence]
    shown = [BulletEntry(label=DISPUTED, claim=dispute) for dispute in entered.claims]
    for statement in draft.insight:
        claim = _claim(statement, by_id[statement.article_id], read, day)
        if claim is None:
            entered.rejected += 1
        elif claim.id not in entered.claims:
            entered.claims[claim.id] = claim
            entered.insight.append(claim.id)
    for bullet in draft.bullets:
        claim = _claim(bullet.statement, by_id[bullet.statement.article_id], read, day)
        if claim is None:
            entered.rejected += 1
        elif claim.id not in entered.claims and not _repeats(claim.evidence[0], disputed):
            entered.claims[claim.id] = claim
            entered.bullets.append(BulletEntry(label=bullet.label, claim=claim.id))
    entered.bullets.extend(shown)
    return entered


def side_by_side(quotes: Sequence[tuple[str, str]]) -> str:
    """The text of a disputed claim, from (outlet, quote) pairs; made of nothing but these, so it can be checked."""
    return "；".join(f"{outlet}：“{quote}”" for outlet, quote in quotes)


def _read(article: Article) -> _Read:
    found = sentences(article.text)
    return _Read(article, found, [frozenset(words(sentence.text)) for sentence in found])


def _claim(statement: Sourced, home: _Read, read: Sequence[_Read], day: Date) -> Claim | None:
    """The claim of one statement, or None when its own quote does not bear it out."""
    evidence = _evidence(home.article, statement.start, statement.end)
    if any(not problem.minor for problem in check(statement.text, [evidence.quote]).problems):
        return None
    also = list(_corroborations(statement.text, home.article, read))
    outlets = (home.article.outlet, *(article.outlet for article, _ in also))
    history = [Change(date=day.isoformat(), rung=Rung.QUOTED, reason=f"{home.article.outlet} says so")]
    if also:
        reason = f"{'、'.join(outlets[1:])} says the same independently"
        history.append(Change(date=day.isoformat(), rung=Rung.CORROBORATED, reason=reason))
    return Claim(
        id=_identity(statement.text, (evidence,)),
        text=statement.text,
        language=language(statement.text),
        subject=_subject(statement.text),
        evidence=(evidence, *(item for _, item in also)),
        rung=history[-1].rung,
        outlets_for=outlets,
        first_seen=min((a.published for a in (home.article, *(x for x, _ in also)) if a.published), default=None),
        history=tuple(history),
    )


def _corroborations(text: str, home: Article, read: Sequence[_Read]) -> Iterator[tuple[Article, Evidence]]:
    """For each other, independent outlet the sentence that says the same, if it has one."""
    mine = frozenset(words(text))
    figures = bool(quantities(text))
    heard = {home.outlet, home.origin or home.outlet}
    for other in read:
        article = other.article
        if article.outlet in heard or (article.origin or article.outlet) in heard or len(mine) < 4:
            continue
        shared = [len(mine & theirs) / len(mine) for theirs in other.words]
        for at in sorted(range(len(shared)), key=lambda i: (-shared[i], i))[:3]:
            if shared[at] < (_SHARED_WITH_FIGURES if figures else _SHARED_WITHOUT):
                break
            sentence = other.sentences[at]
            verdict = check(text, [sentence.text])
            if verdict.state == "supported" and not verdict.problems and (verdict.checked or not figures):
                heard |= {article.outlet, article.origin or article.outlet}
                yield article, _evidence(article, sentence.start, sentence.end)
                break


def _disputes(found: Sequence[Dispute], day: Date) -> Iterator[tuple[Disagreement, Claim]]:
    """Figures on which outlets differ: one claim for each thing measured, with one quote for each value."""
    for dispute in found:
        first = [given[0] for given in dispute.values]
        evidence = tuple(_evidence(side.article, side.start, side.end) for side in first)
        text = side_by_side([(side.article.outlet, e.quote) for side, e in zip(first, evidence, strict=True)])
        outlets = [tuple(side.article.outlet for side in given) for given in dispute.values]
        claim = Claim(
            id=_identity(text, evidence),
            text=text,
            language=language(text),
            subject=dispute.head,
            evidence=evidence,
            rung=Rung.DISPUTED,
            outlets_for=outlets[0],
            outlets_against=tuple(name for names in outlets[1:] for name in names),
            first_seen=min((side.article.published for side in first if side.article.published), default=None),
            history=(Change(date=day.isoformat(), rung=Rung.DISPUTED, reason="outlets give different figures"),),
        )
        values = tuple((side.article.outlet, side.quantity.text) for given in dispute.values for side in given)
        yield Disagreement(metric=dispute.head, values=values, claim=claim.id), claim


def _evidence(article: Article, start: int, end: int) -> Evidence:
    return Evidence(article=article.id, sha256=article.sha256, start=start, end=end, quote=article.text[start:end])


def _repeats(evidence: Evidence, disputed: Sequence[Evidence]) -> bool:
    """Whether a quote holds a disputed clause; telling one side as a fact beside the dispute would choose it."""
    return any(e.article == evidence.article and evidence.start <= e.start and e.end <= evidence.end for e in disputed)


def _subject(text: str) -> str:
    """The name that comes first; "" when the statement names nobody that we know for a name."""
    return next((name.text for name in names(text)), "")


def _identity(text: str, evidence: Sequence[Evidence]) -> str:
    """The same statement of the same sources has the same id on every day."""
    places = [f"{item.sha256}:{item.start}:{item.end}" for item in evidence]
    return digest("\n".join((text, *places)))[:12]
