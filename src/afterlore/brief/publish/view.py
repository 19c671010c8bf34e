"""From a day's ledger and its stored sources to what a page shows, still without any markup."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, timedelta, tzinfo

from afterlore.brief.publish.almanac import Place, Telling
from afterlore.brief.publish.document import safe_address
from afterlore.brief.publish.edition import ArticleEntry, Disagreement, Edition, Reason, StoryEntry
from afterlore.core import Claim, Evidence, Rung
from afterlore.text.language import language
from afterlore.text.sentences import Sentence, sentences
from afterlore.web.urls import is_web

__all__ = [
    "ArticleView",
    "ClaimView",
    "DayView",
    "Differing",
    "Earlier",
    "EvidenceView",
    "Side",
    "StoryView",
    "around",
    "view",
]

_NEAR = 180
"""Characters of the neighbouring sentences that are shown on each side of a quote."""


@dataclass(frozen=True, slots=True)
class ArticleView:
    """An article as readers are sent to it."""

    outlet: str
    title: str
    language: str
    address: str | None
    """http or https; None for a local file that names no address."""
    published: datetime | None
    """Where the brief lives."""


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """A quote among its neighbours."""

    article: ArticleView
    before: str
    quote: str
    after: str


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A statement that opens its sources."""

    number: int
    """Within its story, from 1: what its note in print is called."""
    label: str
    """Empty in the insight."""
    text: str
    language: str
    agreeing: int
    """Independent outlets that say so, when there are at least two; else 0."""
    differing: "Differing | None"
    evidence: tuple[EvidenceView, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the values that outlets give for the same thing."""

    figure: str
    """As its first outlet writes it."""
    outlets: tuple[tuple[str, str], ...]
    """(outlet, figure as it stands there when that is written otherwise, else "")."""


@dataclass(frozen=True, slots=True)
class Differing:
    """A disagreement with the outlets of one value side by side: 3200亿 and 320B are one."""

    metric: str
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The story of an earlier day that this one continues."""

    date: Date
    story: str | None
    """None when it is no longer there to link to."""
    title: str
    yesterday: bool


@dataclass(frozen=True, slots=True)
class StoryView:
    """One story."""

    id: str
    entry: str
    """Its id in feeds."""
    number: int
    title: str
    titled: bool
    """Whether an editor wrote the title."""
    language: str
    category: str
    category_reason: str
    sources: tuple[ArticleView, ...]
    reposts: tuple[ArticleView, ...]
    outlets: int
    insight: tuple[ClaimView, ...]
    bullets: tuple[ClaimView, ...]
    follows: Earlier | None
    continued: tuple[Telling, ...]
    reasons: tuple[Reason, ...]
    newest: datetime | None
    """When the latest of its articles was published."""

    @property
    def claims(self) -> tuple[ClaimView, ...]:
        """In the order of the page."""
        return (*self.insight, *self.bullets)

    @property
    def differs(self) -> bool:
        """Whether outlets differ on something in it."""
        return any(claim.differing for claim in self.bullets)

    @property
    def agreeing(self) -> int:
        """The most outlets that agree on one of its statements; 0 when none do."""
        return max((claim.agreeing for claim in self.claims), default=0)


@dataclass(frozen=True, slots=True)
class DayView:
    """One day."""

    edition: Edition
    stories: tuple[StoryView, ...]
    others: tuple[tuple[str, str, ArticleView], ...]
    """Title, its language, article."""
    categories: tuple[tuple[str, int], ...]
    """With the number of stories, in the order of the page."""
    outlets: int
    moment: datetime
    """When the newest of its articles was published: the day's age, and no clock of ours."""


def view(
    edition: Edition, place: Place | None = None, text_of: Callable[[str], str | None] = lambda _: None
) -> DayView:
    """What a page shows. ``text_of`` gives a stored source by digest; without it quotes stand without neighbours."""
    made = _Maker(edition, place, text_of)
    stories = tuple(made.story(entry, number) for number, entry in enumerate(edition.stories, 1))
    names = [story.category for story in stories]
    moments = [story.newest for story in stories if story.newest]
    return DayView(
        edition=edition,
        stories=stories,
        others=tuple((o.title, language(o.title), made.article(o.article)) for o in edition.others),
        categories=tuple((name, names.count(name)) for name in dict.fromkeys(names)),
        outlets=len({made.articles[a].outlet for entry in edition.stories for a in entry.articles}),
        moment=max(moments, default=edition.window_end - timedelta(days=1)),
    )


class _Maker:
    def __init__(self, edition: Edition, place: Place | None, text_of: Callable[[str], str | None]) -> None:
        self.edition = edition
        self.place = place
        self.text_of = text_of
        self.zone: tzinfo | None = edition.window_end.tzinfo
        self.articles: dict[str, ArticleEntry] = {article.id: article for article in edition.articles}
        self.claims: dict[str, Claim] = {claim.id: claim for claim in edition.claims}
        self.sentences: dict[str, list[Sentence]] = {}

    def article(self, id: str) -> ArticleView:
        entry = self.articles[id]
        address = safe_address(entry.url)
        return ArticleView(
            outlet=entry.outlet,
            title=entry.title,
            language=entry.language,
            address=address if is_web(address) else None,
            published=entry.published.astimezone(self.zone) if entry.published else None,
        )

    def story(self, entry: StoryEntry, number: int) -> StoryView:
        disagreements = {disagreement.claim: disagreement for disagreement in entry.disagreements}
        told = [("", claim) for claim in entry.insight] + [(bullet.label, bullet.claim) for bullet in entry.bullets]
        claims = [
            self._claim(claim, label, place, disagreements.get(claim)) for place, (label, claim) in enumerate(told, 1)
        ]
        sources = tuple(self.article(article) for article in entry.articles)
        dates = [source.published for source in sources if source.published]
        return StoryView(
            id=entry.id,
            entry=entry.entry or entry.id,
            number=number,
            title=entry.title,
            titled=entry.title_by == "editor",
            language=language(entry.title),
            category=entry.category,
            category_reason=entry.category_reason,
            sources=sources,
            reposts=tuple(self.article(article) for article in entry.reposts),
            outlets=len({source.outlet for source in sources}),
            insight=tuple(claims[: len(entry.insight)]),
            bullets=tuple(claims[len(entry.insight) :]),
            follows=self._follows(entry),
            continued=self.place.continued.get(entry.id, ()) if self.place else (),
            reasons=tuple(entry.reasons),
            newest=max(dates, default=None),
        )

    def _follows(self, entry: StoryEntry) -> Earlier | None:
        if entry.follows is None:
            return None
        day, story = entry.follows.date, entry.follows.story
        standing = self.place is not None and (day, story) in self.place.standing
        return Earlier(
            date=day,
            story=story if standing else None,
            title=entry.follows.title,
            yesterday=self.edition.date - day == timedelta(days=1),
        )

    def _claim(self, id: str, label: str, number: int, disagreement: Disagreement | None) -> ClaimView:
        claim = self.claims[id]
        outlets = len(set(claim.outlets_for))
        return ClaimView(
            number=number,
            label=label,
            text=claim.text,
            language=claim.language,
            agreeing=outlets if claim.rung is Rung.CORROBORATED and outlets > 1 else 0,
            differing=_differing(disagreement, agreed=len(claim.outlets_for)) if disagreement else None,
            evidence=tuple(self._evidence(evidence) for evidence in claim.evidence),
        )

    def _evidence(self, evidence: Evidence) -> EvidenceView:
        before, after = "", ""
        text = self.text_of(evidence.sha256)
        if text is not None:
            if evidence.sha256 not in self.sentences:
                self.sentences[evidence.sha256] = sentences(text)
            before, after = around(text, self.sentences[evidence.sha256], evidence.start, evidence.end)
        return EvidenceView(article=self.article(evidence.article), before=before, quote=evidence.quote, after=after)


def around(text: str, found: list[Sentence], start: int, end: int) -> tuple[str, str]:
    """The rest of the quote's own sentence and the sentence beside it, on each side, cut where they are long."""
    touched = [place for place, sentence in enumerate(found) if sentence.end > start and sentence.start < end]
    if not touched:
        return "", ""
    first, last = found[max(touched[0] - 1, 0)], found[min(touched[-1] + 1, len(found) - 1)]
    before, after = text[min(first.start, start) : start], text[end : max(last.end, end)]
    return (
        f"…{before[-_NEAR:]}" if len(before) > _NEAR else before,
        f"{after[:_NEAR]}…" if len(after) > _NEAR else after,
    )


def _differing(disagreement: Disagreement, agreed: int) -> Differing:
    """The ledger lists the outlets of the first value first; of the rest, those that write the same figure are one."""
    sides = [list(disagreement.values[:agreed])]
    others: dict[str, list[tuple[str, str]]] = {}
    for outlet, figure in disagreement.values[agreed:]:
        others.setdefault(figure, []).append((outlet, figure))
    sides += others.values()
    return Differing(
        metric=disagreement.metric,
        sides=tuple(
            Side(side[0][1], tuple((outlet, figure if figure != side[0][1] else "") for outlet, figure in side))
            for side in sides
            if side
        ),
    )
