"""From ranked events to the day's stories, claims and article table."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date as Date
from datetime import datetime
from typing import Literal

from afterlore.brief.article import Article
from afterlore.brief.claims import Entered, enter
from afterlore.brief.classify import classify_story
from afterlore.brief.desk.apply import Mark, Outcome, Wording, arrange, match, reword
from afterlore.brief.desk.edits import Edit, Reject, Relabel
from afterlore.brief.desk.taste import Taste
from afterlore.brief.group import followup
from afterlore.brief.publish.archive import ToldStory
from afterlore.brief.publish.edition import ArticleEntry, Followed, Other, Reason, StoryEntry
from afterlore.brief.publish.entries import story_id
from afterlore.brief.rank import Ranked, rank
from afterlore.brief.vertical import Vertical
from afterlore.brief.write.story import Draft
from afterlore.brief.write.titles import short_title
from afterlore.brief.write.writer import Writer
from afterlore.core import Claim, Progress, digest
from afterlore.journal import Journal

__all__ = ["Candidate", "Group", "Memory", "Telling", "tell"]

_TELLING = 12
"""Characters from which on a sentence is nobody's stock phrase."""
_REPEATED = 2
"""Sentences in common by which an article is known to tell an earlier story again."""


_WORDS = {
    "zh": {"pinned": "编辑置顶", "promoted": "编辑选入", "category": "编辑选定"},
    "en": {"pinned": "pinned by the editor", "promoted": "taken in by the editor", "category": "set by the editor"},
}
"""What the ledger says, in the brief's language, of what an editor decided."""


@dataclass(frozen=True, slots=True)
class Group:
    """One event: its reports, and copies of them under other addresses."""

    articles: tuple[Article, ...]
    reposts: tuple[Article, ...]

    @property
    def ids(self) -> frozenset[str]:
        """What an editor's events know it by."""
        return frozenset(article.id for article in (*self.articles, *self.reposts))


State = Literal["told", "listed", "below", "retold", "silent", "dropped"]
"""``listed``: only linked; ``below``: ranked below what is listed; ``retold``: it adds nothing to what an earlier day
told; ``silent``: it was to be told, and its articles hold nothing that can be; ``dropped``: by the editor.
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An event, and what became of it."""

    group: Group
    ranked: Ranked
    place: int
    """By rank alone, from 1."""
    mark: Mark | None
    state: State


@dataclass(frozen=True, slots=True)
class _Told:
    """A group as it can be told."""

    draft: Draft
    entered: Entered
    before: ToldStory | None


@dataclass(slots=True)
class Memory:
    """What one process remembers between drafts of a day, so that an edit redoes only what it changes."""

    ranked: dict[tuple[tuple[str, ...], ...], tuple[list[Ranked], dict[int, ToldStory]]] = field(default_factory=dict)
    told: dict[tuple[tuple[str, ...], ToldStory | None], _Told | None] = field(default_factory=dict)


@dataclass(slots=True)
class Telling:
    """The day's stories and all that they rest on."""

    writer: str
    stories: list[StoryEntry] = field(default_factory=list)
    others: list[Other] = field(default_factory=list)
    claims: dict[str, Claim] = field(default_factory=dict)
    articles: dict[str, ArticleEntry] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    """Texts of the cited articles, by digest."""
    left_out: list[tuple[Article, str, str]] = field(default_factory=list)
    """Article, reason, detail."""
    rejected: int = 0
    made: dict[str, Claim] = field(default_factory=dict)
    """All claims of the told stories, with those that an editor rejected."""
    titles: dict[str, str] = field(default_factory=dict)
    """What the sources call each told story, by its id, whatever an editor calls it."""
    candidates: list[Candidate] = field(default_factory=list)
    """Every event in the order of the day, then the dropped ones."""
    outcomes: list[Outcome] = field(default_factory=list)
    """Whether each of the editor's events on order and wording still applies."""


def tell(
    groups: Sequence[Group],
    archive: Sequence[ToldStory],
    writer: Writer,
    vertical: Vertical,
    *,
    day: Date,
    end: datetime,
    top: int,
    journal: Journal,
    progress: Progress,
    edits: Sequence[Edit] = (),
    taste: Taste | None = None,
    memory: Memory | None = None,
) -> Telling:
    """Tell the ``top`` most important events, and list the next ones. Freshness is counted from ``end``.

    What an editor pinned or promoted is told whatever its rank, and takes the place of the last of the others.
    """
    progress.stage("rank", len(groups))
    memory = memory or Memory()
    key = tuple(tuple(article.id for article in group.articles) for group in groups)
    if key not in memory.ranked:
        ranking = rank([group.articles for group in groups], vertical, now=end, taste=taste)
        memory.ranked[key] = ranking, _followed(groups, archive)
    ranked, followed = memory.ranked[key]
    teller = _Teller(groups, followed, archive, writer, vertical, day, journal, memory)
    progress.advance(len(groups))
    progress.stage("write", min(top, len(groups)))
    telling = Telling(writer=writer.name)
    stories = [groups[one.story].ids for one in ranked]
    arranged = arrange(stories, edits)
    wordings, outcomes = reword(stories, edits, vertical.category_names)
    marked = [place for place in arranged.order if place in arranged.marks]
    held = {place: teller.told(ranked[place], wordings.get(place)) for place in marked}
    waiting = sum(one is not None for one in held.values())
    for place in arranged.order:
        one, mark = ranked[place], arranged.marks.get(place)
        group = groups[one.story]
        waiting -= held.get(place) is not None
        wanted = place in held or len(telling.stories) + waiting < top
        found = held[place] if place in held else teller.told(one, wordings.get(place)) if wanted else None
        state: State = "silent" if wanted else "below"
        if found:
            _add_story(telling, group, found, one, vertical, mark, wordings.get(place))
            progress.advance()
            state = "told"
        elif before := teller.before(one, thorough=wanted):
            said = f"{before.title!r} was told on {before.date}, and this adds nothing"
            telling.left_out += [(article, "told", said) for article in group.articles]
            state = "retold"
        elif len(telling.others) < vertical.max_others:
            _add_other(telling, group, vertical)
            state = "silent" if wanted else "listed"
        telling.candidates.append(Candidate(group, one, place + 1, mark, state))
    dropped = sorted(place for place, mark in arranged.marks.items() if mark == "dropped")
    telling.candidates += [
        Candidate(groups[ranked[place].story], ranked[place], place + 1, "dropped", "dropped") for place in dropped
    ]
    telling.outcomes = [*arranged.outcomes, *(_still_made(outcome, telling) for outcome in outcomes)]
    return telling


@dataclass(frozen=True, slots=True)
class _Teller:
    """The day's groups, and how each of them would be told."""

    groups: Sequence[Group]
    followed: dict[int, ToldStory]
    archive: Sequence[ToldStory]
    writer: Writer
    vertical: Vertical
    day: Date
    journal: Journal
    memory: Memory

    def before(self, one: Ranked, *, thorough: bool) -> ToldStory | None:
        """The earlier story that this one continues; ``thorough``: or repeats word for word."""
        found = self.followed.get(one.story)
        return found or (_quoted(self.groups[one.story], self.archive) if thorough else None)

    def told(self, one: Ranked, wording: Wording | None) -> _Told | None:
        """The group as a story, or None when nothing of it can be told, or nothing that was not."""
        group, before = self.groups[one.story], self.before(one, thorough=True)
        key = (tuple(article.id for article in group.articles), before)
        if key not in self.memory.told:
            self.memory.told[key] = self._tell(group, before)
        found = self.memory.told[key]
        return _reworded(found, wording) if found and wording else found

    def _tell(self, group: Group, before: ToldStory | None) -> _Told | None:
        known = frozenset(sentence for story in self.archive for sentence in story.sentences)
        draft = _draft(self.writer, group, self.vertical, before.sentences if before else (), self.journal)
        draft = _untold(draft, known) if draft else None
        entered = enter(draft, group.articles, self.day) if draft else None
        if not draft or not entered or not entered.insight or (before and not _has_news(entered, before)):
            return None
        return _Told(draft, entered, before)


def _reworded(told: _Told, wording: Wording) -> _Told | None:
    """The story without the claims that an editor rejected and with the editor's labels; None when nothing is left."""
    entered, out = told.entered, wording.rejected
    insight = [claim for claim in entered.insight if claim not in out]
    bullets = [
        bullet.model_copy(update={"label": wording.labels.get(bullet.claim, bullet.label)})
        for bullet in entered.bullets
        if bullet.claim not in out
    ]
    if not insight and bullets:
        insight = [bullets.pop(0).claim]
    disagreements = [one for one in entered.disagreements if one.claim not in out]
    revised = replace(entered, insight=insight, bullets=bullets, disagreements=disagreements)
    return _Told(told.draft, revised, told.before) if insight else None


def _still_made(outcome: Outcome, telling: Telling) -> Outcome:
    """Labels and rejections hold where their story is not told; where it is, the claim must be one of its own."""
    edit = outcome.edit
    if not outcome.holds or not isinstance(edit, Relabel | Reject) or edit.claim in telling.made:
        return outcome
    told = [candidate.group.ids for candidate in telling.candidates if candidate.state == "told"]
    if match(edit.story, told) is None:
        return outcome
    return Outcome(edit, "claim")


def _followed(groups: Sequence[Group], archive: Sequence[ToldStory]) -> dict[int, ToldStory]:
    """Which group continues which story of an earlier day; what all of those told counts as told."""
    today = [
        followup.Story(str(i), group.articles[0].title, tuple(article.text for article in group.articles))
        for i, group in enumerate(groups)
    ]
    earlier = [followup.Story(story.id, story.title, ("\n".join(story.sentences),)) for story in archive]
    found: dict[int, list[ToldStory]] = {}
    for link in followup.link(today, earlier) if earlier else ():
        found.setdefault(link.today, []).append(archive[link.earlier])
    return {
        place: replace(stories[0], sentences=tuple(s for story in stories for s in story.sentences))
        for place, stories in found.items()
    }


def _quoted(group: Group, archive: Sequence[ToldStory]) -> ToldStory | None:
    """The earlier story of which the articles repeat sentences word for word, whatever else they say."""
    text = "\n".join(article.text for article in group.articles)
    for story in archive:
        if sum(len(sentence) >= _TELLING and sentence in text for sentence in story.sentences) >= _REPEATED:
            return story
    return None


def _untold(draft: Draft, known: frozenset[str]) -> Draft | None:
    """The draft without what an earlier day told word for word; None when nothing is left."""
    insight = [statement for statement in draft.insight if statement.text not in known]
    bullets = [bullet for bullet in draft.bullets if bullet.statement.text not in known]
    if not insight and bullets:
        insight = [bullets.pop(0).statement]
    return draft.model_copy(update={"insight": tuple(insight), "bullets": tuple(bullets)}) if insight else None


def _draft(writer: Writer, group: Group, vertical: Vertical, told: Sequence[str], journal: Journal) -> Draft | None:
    """The writer's draft, written once: a later run over the same articles takes it from the journal."""
    texts = [f"{article.id} {article.sha256} {article.title}" for article in group.articles]
    key = digest("\n".join((writer.name, writer.version, vertical.to_json(), *texts, *told)))
    stage = f"write {writer.name}"
    known = journal.recall(stage, [key]).get(key)
    if known is not None:
        return Draft.from_json(known) if known else None
    draft = writer.write(group.articles, vertical=vertical, avoid=told)
    journal.record(stage, {key: draft.to_json() if draft else ""})
    return draft


def _has_news(entered: Entered, before: ToldStory) -> bool:
    texts = [entered.claims[claim].text for claim in (*entered.insight, *(b.claim for b in entered.bullets))]
    return bool(followup.new_sentences(texts, before.sentences))


def _add_story(
    telling: Telling,
    group: Group,
    told: _Told,
    ranked: Ranked,
    vertical: Vertical,
    mark: Mark | None,
    wording: Wording | None,
) -> None:
    draft, entered, before = told.draft, told.entered, told.before
    category = classify_story(group.articles, vertical, title=draft.title)
    words = _WORDS.get(vertical.language, _WORDS["en"])
    wording = wording or Wording()
    marked = [Reason(name=mark, value=0.0, why=words[mark])] if mark else []
    uses = [evidence.article for claim in entered.claims.values() for evidence in claim.evidence]
    cited = sorted(group.articles, key=lambda a: (-uses.count(a.id), a.published is None, a.published, a.id))
    telling.stories.append(
        StoryEntry(
            id=story_id(article.id for article in cited),
            title=wording.title or entered.title,
            title_by="editor" if wording.title else "source",
            title_from=draft.title_from,
            category=wording.category or category.name,
            category_reason=words["category"] if wording.category else "、".join(category.reason),
            articles=tuple(article.id for article in cited),
            reposts=tuple(article.id for article in group.reposts),
            insight=tuple(entered.insight),
            bullets=tuple(entered.bullets),
            disagreements=tuple(entered.disagreements),
            follows=Followed(date=before.date, story=before.id, title=before.title) if before else None,
            score=ranked.score,
            reasons=(*marked, *(Reason(name=r.name, value=r.value, why=r.why) for r in ranked.reasons)),
        )
    )
    used = {*entered.insight, *(bullet.claim for bullet in entered.bullets)}
    telling.claims.update({key: claim for key, claim in entered.claims.items() if key in used})
    telling.made.update(entered.claims)
    telling.titles[telling.stories[-1].id] = entered.title
    telling.rejected += entered.rejected
    for article in (*cited, *group.reposts):
        _cite(telling, article)
    telling.texts.update({article.sha256: article.text for article in cited})


def _add_other(telling: Telling, group: Group, vertical: Vertical) -> None:
    title, article = short_title(group.articles, vertical)
    telling.others.append(Other(title=title, article=article.id))
    _cite(telling, article)


def _cite(telling: Telling, article: Article) -> None:
    telling.articles[article.id] = ArticleEntry(
        id=article.id,
        url=article.url,
        outlet=article.outlet,
        outlet_stored=article.outlet_stored,
        origin=article.origin,
        title=article.title,
        published=article.published,
        retrieved=article.retrieved,
        language=article.language,
        sha256=article.sha256,
        characters=len(article.text),
    )
