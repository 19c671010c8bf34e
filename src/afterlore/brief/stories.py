"""From ranked events to the day's stories, claims and article table."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date as Date
from datetime import datetime

from afterlore.brief.article import Article
from afterlore.brief.claims import Entered, enter
from afterlore.brief.classify import classify_story
from afterlore.brief.desk.taste import Taste
from afterlore.brief.group import followup
from afterlore.brief.publish.archive import ToldStory
from afterlore.brief.publish.edition import ArticleEntry, Followed, Other, Reason, StoryEntry
from afterlore.brief.rank import Ranked, rank
from afterlore.brief.vertical import Vertical
from afterlore.brief.write.story import Draft
from afterlore.brief.write.titles import short_title
from afterlore.brief.write.writer import Writer
from afterlore.core import Claim, Progress, digest
from afterlore.journal import Journal

__all__ = ["Group", "Telling", "tell"]

_TELLING = 12
"""Characters from which on a sentence is nobody's stock phrase."""
_REPEATED = 2
"""Sentences in common by which an article is known to tell an earlier story again."""


@dataclass(frozen=True, slots=True)
class Group:
    """One event: its reports, and copies of them under other addresses."""

    articles: tuple[Article, ...]
    reposts: tuple[Article, ...]


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
    taste: Taste | None = None,
) -> Telling:
    """Tell the ``top`` most important events, and list the next ones. Freshness is counted from ``end``."""
    progress.stage("rank", len(groups))
    ranked = rank([group.articles for group in groups], vertical, now=end, taste=taste)
    followed = _followed(groups, archive)
    progress.advance(len(groups))
    progress.stage("write", min(top, len(groups)))
    telling = Telling(writer=writer.name)
    known = frozenset(sentence for story in archive for sentence in story.sentences)
    for one in ranked:
        group = groups[one.story]
        if len(telling.stories) < top:
            before = followed.get(one.story) or _quoted(group, archive)
            draft = _draft(writer, group, vertical, before.sentences if before else (), journal)
            draft = _untold(draft, known) if draft else None
            entered = enter(draft, group.articles, day) if draft else None
            if draft and entered and entered.insight and (not before or _has_news(entered, before)):
                _add_story(telling, group, draft, entered, one, before, vertical)
                progress.advance()
                continue
        else:
            before = followed.get(one.story)
        if before:
            said = f"{before.title!r} was told on {before.date}, and this adds nothing"
            telling.left_out += [(article, "told", said) for article in group.articles]
        elif len(telling.others) < vertical.max_others:
            _add_other(telling, group, vertical)
    return telling


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
    draft: Draft,
    entered: Entered,
    ranked: Ranked,
    before: ToldStory | None,
    vertical: Vertical,
) -> None:
    category = classify_story(group.articles, vertical, title=draft.title)
    uses = [evidence.article for claim in entered.claims.values() for evidence in claim.evidence]
    cited = sorted(group.articles, key=lambda a: (-uses.count(a.id), a.published is None, a.published, a.id))
    telling.stories.append(
        StoryEntry(
            id=digest("\n".join(sorted(article.id for article in cited)))[:12],
            title=entered.title,
            title_from=draft.title_from,
            category=category.name,
            category_reason="、".join(category.reason),
            articles=tuple(article.id for article in cited),
            reposts=tuple(article.id for article in group.reposts),
            insight=tuple(entered.insight),
            bullets=tuple(entered.bullets),
            disagreements=tuple(entered.disagreements),
            follows=Followed(date=before.date, story=before.id, title=before.title) if before else None,
            score=ranked.score,
            reasons=tuple(Reason(name=r.name, value=r.value, why=r.why) for r in ranked.reasons),
        )
    )
    used = {*entered.insight, *(bullet.claim for bullet in entered.bullets)}
    telling.claims.update({key: claim for key, claim in entered.claims.items() if key in used})
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
