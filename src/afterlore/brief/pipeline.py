"""One day's build: ``collect → extract → dedupe → cluster → classify → rank → write → verify → publish``.

Each stage is a function of what the one before gave, reports its progress, and can be called alone. What is dear to do
again (extraction, writing) is recorded in the journal as it is done, under the digest of all that it depends on: a run
that was killed goes on where it stopped and publishes the same bytes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from afterlore.brief.article import Article, Drop
from afterlore.brief.desk.apply import Outcome, regroup
from afterlore.brief.desk.before import remember
from afterlore.brief.desk.edits import Edit, EditLog, live
from afterlore.brief.desk.learned import NOTHING, Learned, forgets, learned
from afterlore.brief.gather.collect import Item, SourceHealth, collect
from afterlore.brief.gather.responses import JournalCache
from afterlore.brief.group.cluster import Clustering, cluster, fitted
from afterlore.brief.group.dedupe import dedupe
from afterlore.brief.library import Inputs, Library
from afterlore.brief.library.inputs import EXTRACTED, bare, hand_over, recalled, recorded
from afterlore.brief.publish.archive import Archive, read_archive
from afterlore.brief.publish.edition import Counts, Edition, encode
from afterlore.brief.publish.entries import Named, handed_on, named, standing
from afterlore.brief.publish.folder import Folder
from afterlore.brief.publish.site import prepare
from afterlore.brief.read.extract import VERSION, extract
from afterlore.brief.stories import Group, Memory, Telling, tell
from afterlore.brief.vertical import Vertical
from afterlore.brief.window import Window
from afterlore.brief.write.extractive import ExtractiveWriter
from afterlore.brief.write.writer import Writer
from afterlore.core import InputError, Progress, ServiceError, digest
from afterlore.journal import FileLock, Journal
from afterlore.web.fetch import Fetcher
from afterlore.web.urls import is_web

__all__ = ["Built", "Drafted", "Grouped", "Report", "Request", "build", "day_of", "draft", "edit", "group", "issue"]

_BATCH = 20
"""Extractions recorded at once: what a killed run does again at most."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to build."""

    sources: tuple[str, ...]
    out: Path
    vertical: Vertical
    day: Date
    window: timedelta
    top: int
    offline: bool
    allow_hosts: tuple[str, ...]

    @classmethod
    def of(
        cls,
        sources: Sequence[str],
        *,
        out: Path,
        vertical: Vertical,
        date: str | None = None,
        window: str = "48h",
        top: int | None = None,
        offline: bool = False,
        allow_hosts: Sequence[str] = (),
    ) -> Self:
        """From what a user wrote. Raises InputError that names the valid form."""
        day = day_of(date) if date else datetime.now(vertical.zone).date()
        return cls(
            sources=tuple(sources),
            out=out,
            vertical=vertical,
            day=day,
            window=_window(window),
            top=top or vertical.top,
            offline=offline,
            allow_hosts=tuple(allow_hosts),
        )

    @property
    def span(self) -> Window:
        """The time that the day's articles come from."""
        return Window.of(self.day, self.window, self.vertical.zone)

    @property
    def end(self) -> datetime:
        """Midnight after the day, where the vertical lives."""
        return self.span.end

    @property
    def start(self) -> datetime:
        """Articles published before it are too old."""
        return self.span.start


def day_of(text: str) -> Date:
    """The day that a user wrote. Raises InputError that names the valid form."""
    try:
        day = Date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"--date takes YYYY-MM-DD, not {text!r}") from error
    if day.isoformat() != text or not 1970 <= day.year < 9999:
        raise InputError(f"--date takes YYYY-MM-DD from 1970 on, not {text!r}")
    return day


def _window(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,4})([hd])", text)
    if match is None or not int(match[1]):
        raise InputError(f"--window takes hours or days, such as 48h or 3d, not {text!r}")
    return timedelta(hours=int(match[1]) * (24 if match[2] == "d" else 1))


@dataclass(frozen=True, slots=True)
class Built:
    """What a build published."""

    edition: Edition
    files: tuple[Path, ...]
    later_days: tuple[Date, ...]
    """Days after this one that were built before it, and so do not know what it told."""
    outcomes: tuple[Outcome, ...] = ()
    """Whether each of the editor's edits still applies."""

    def summary(self) -> dict[str, Any]:
        """The run's report, for machines."""
        report = {"date", "title", "writer", "counts", "sources", "dropped"}
        content = self.edition.model_dump(mode="json", include=report)
        stories = [{"title": story.title, "articles": len(story.articles)} for story in self.edition.stories]
        return {
            **content,
            "stories": stories,
            "files": [str(file) for file in self.files],
            "later_days": [str(day) for day in self.later_days],
            "edits": {
                "applied": sum(outcome.holds for outcome in self.outcomes),
                "lapsed": [
                    {"seq": outcome.edit.seq, "verb": outcome.edit.verb, "why": outcome.why}
                    for outcome in self.outcomes
                    if not outcome.holds
                ],
            },
        }


@dataclass(slots=True)
class Report:
    """What the run has to say of its sources and of what it left out."""

    sources: list[SourceHealth] = field(default_factory=list)
    dropped: list[Drop] = field(default_factory=list)

    def drop(self, article: Article, reason: str, detail: str, fix: str = "", *, kept: bool = False) -> None:
        """An article was left out, or (``kept``) there is something to say of it."""
        self.dropped.append(
            Drop(source=article.source, item=article.url, reason=reason, detail=detail, fix=fix, kept=kept)
        )


def build(request: Request, progress: Progress, writer: Writer | None = None) -> Built:
    """Build and publish one day.

    Raises InputError when there is nothing to publish (ServiceError when that is because nothing answered); what is
    published already stays as it is.
    """
    folder = Folder(request.out)
    folder.claim()
    _one_vertical(folder, request)
    report = Report()
    with Journal(folder.journal) as journal, Library(folder, journal) as library:
        cache = JournalCache(journal)
        with Fetcher(cache=cache, allow_hosts=request.allow_hosts, offline=request.offline) as fetcher:
            items = _collect(request, fetcher, report, progress)
        articles = _extract(items, request.vertical, journal, library, report, progress)
        report.sources[:] = [_dated(health, list(articles.values())) for health in report.sources]
        built = edit(list(articles.values()), request, report, journal, library, progress, writer or ExtractiveWriter())
        hand_over(articles, request.span, journal)
        return built


def edit(
    articles: Sequence[Article],
    request: Request,
    report: Report,
    journal: Journal,
    library: Library,
    progress: Progress,
    writer: Writer,
) -> Built:
    """All that comes after extraction: choose, group, rank, write, verify and publish. Raises as ``build`` does."""
    inputs = Inputs(
        day=request.day,
        hours=request.window // timedelta(hours=1),
        top=request.top,
        vertical=request.vertical,
        articles=tuple(map(bare, articles)),
        sources=tuple(report.sources),
        dropped=tuple(report.dropped),
    )
    drafted = _drafted(articles, request, report, journal, progress, writer)
    progress.stage("keep", len(articles))
    # Before publishing, so that a desk never shows what is published as a change of older inputs.
    library.hold(inputs, articles)
    progress.advance(len(articles))
    return issue(drafted, Folder(request.out), journal, library, progress)


@dataclass(frozen=True, slots=True)
class Grouped:
    """What a day's edition is made of before an editor or the ranker chooses."""

    read: int
    """Articles, before the window and duplicates were taken off."""
    in_window: int
    articles: tuple[Article, ...]
    """Of the window, without copies."""
    copies: dict[str, tuple[Article, ...]]
    """By the article that they copy."""
    clustering: Clustering
    archive: Archive
    learned: Learned
    """From what editors did with earlier days."""
    report: Report


@dataclass(frozen=True, slots=True)
class Drafted:
    """An edition that is not published yet."""

    edition: Edition
    encoded: str
    """The text of its ``brief.json``."""
    telling: Telling
    outcomes: tuple[Outcome, ...]


def group(
    articles: Sequence[Article], request: Request, report: Report, progress: Progress, known: Learned = NOTHING
) -> Grouped:
    """Choose the day's articles and group them by event, as far as is ``known`` how editors here group them."""
    archive = read_archive(Folder(request.out), request.day)
    chosen = _select(articles, request, archive.articles, report)
    progress.stage("dedupe", len(chosen))
    copies: dict[str, list[Article]] = {}
    by_id = {article.id: article for article in chosen}
    for duplicate in dedupe(chosen):
        copies.setdefault(duplicate.of, []).append(by_id.pop(duplicate.article))
    progress.advance(len(chosen))
    progress.stage("cluster", len(by_id))
    settings = fitted(request.vertical.common, known.threshold.value)
    clustering = cluster(list(by_id.values()), settings)
    progress.advance(len(by_id))
    return Grouped(
        read=len(articles),
        in_window=len(chosen),
        articles=tuple(by_id.values()),
        copies={of: tuple(found) for of, found in copies.items()},
        clustering=clustering,
        archive=archive,
        learned=known,
        report=report,
    )


def draft(
    grouped: Grouped,
    request: Request,
    edits: Sequence[Edit],
    *,
    journal: Journal,
    progress: Progress,
    writer: Writer,
    memory: Memory | None = None,
) -> Drafted:
    """The edition as it would be published, with the editor's ``edits`` (live ones). Raises as ``build`` does."""
    groups, regrouped = _groups(grouped, edits)
    report = Report(list(grouped.report.sources), list(grouped.report.dropped))
    told = tell(
        groups,
        grouped.archive.stories,
        writer,
        request.vertical,
        day=request.day,
        end=request.end,
        top=request.top,
        journal=journal,
        progress=progress,
        edits=edits,
        memory=memory,
        taste=grouped.learned.taste,
    )
    for article, reason, detail in told.left_out:
        report.drop(article, reason, detail)
    if not told.stories:
        dropped = sum(candidate.state == "dropped" for candidate in told.candidates)
        applied = sum(outcome.holds for outcome in (*regrouped, *told.outcomes))
        raise _nothing(request, report, grouped.read, dropped=dropped, edits=applied)
    edition = Edition(
        date=request.day,
        title=" ".join(part for part in (request.vertical.emoji, request.vertical.title) if part),
        vertical=request.vertical.name,
        language=request.vertical.language,
        writer=told.writer,
        window_start=request.start,
        window_end=request.end,
        stories=handed_on(told.stories, handed_on(_unedited(grouped), standing(Folder(request.out), request.day))),
        others=tuple(told.others),
        claims=tuple(told.claims.values()),
        articles=tuple(told.articles.values()),
        sources=tuple(report.sources),
        dropped=tuple(report.dropped),
        counts=Counts(
            articles=grouped.read,
            in_window=grouped.in_window,
            dropped=sum(not drop.kept for drop in report.dropped),
            duplicates=sum(map(len, grouped.copies.values())),
            events=len(groups),
            stories=len(told.stories),
            claims=len(told.claims),
            rejected_claims=told.rejected,
        ),
    )
    outcomes = sorted([*regrouped, *told.outcomes], key=lambda outcome: outcome.edit.seq)
    return Drafted(edition, encode(edition), told, tuple(outcomes))


def issue(drafted: Drafted, folder: Folder, journal: Journal, library: Library, progress: Progress) -> Built:
    """Publish a draft, and have the library hold what stands published now. What stood there before is remembered, so
    that a desk can show what changed.

    Raises InputError, and changes nothing, when another day's ledger that the pages need was changed.
    """
    progress.stage("publish", 1)
    edition, encoded = drafted.edition, drafted.encoded
    # Archive and feeds are made of all days: a day that another process publishes meanwhile would be missing there.
    with FileLock(folder.journal.with_name("publish.lock")):
        write = prepare(edition, encoded, drafted.telling.texts, folder)
        remember(folder.ledger(edition.date), encoded, edition.date, journal)
        write()
        progress.advance()
        library.sync({digest(encoded): edition}, progress=progress)
    return Built(
        edition=edition,
        files=folder.files(edition.date),
        later_days=tuple(day for day in folder.days() if day > edition.date),
        outcomes=drafted.outcomes,
    )


def _one_vertical(folder: Folder, request: Request) -> None:
    """Archive, feeds, what was told and what was learned are those of one vertical. Raises InputError otherwise."""
    standing, asked = folder.vertical(), request.vertical.name
    if standing not in (None, asked):
        raise InputError(
            f"{str(folder.path)!r} holds the vertical {standing!r}, not {asked!r}; name a folder of its own with --out"
        )


def _drafted(
    articles: Sequence[Article],
    request: Request,
    report: Report,
    journal: Journal,
    progress: Progress,
    writer: Writer,
) -> Drafted:
    edits = live(EditLog(Folder(request.out).edits(request.day)).read())
    known = NOTHING if forgets(edits) else learned(Folder(request.out), request.day)
    grouped = group(articles, request, report, progress, known)
    return draft(grouped, request, edits, journal=journal, progress=progress, writer=writer)


def _collect(request: Request, fetcher: Fetcher, report: Report, progress: Progress) -> list[Item]:
    progress.stage("collect", 0)
    items: list[Item] = []
    gathered = collect(
        request.sources,
        fetcher=fetcher,
        window_start=request.start,
        window_end=request.end,
        zone=request.vertical.zone,
    )
    for found in gathered:
        if isinstance(found, Item):
            items.append(found)
            progress.advance()
        elif isinstance(found, Drop):
            report.dropped.append(found)
        else:
            report.sources.append(found)
    return items


def _extract(
    items: Sequence[Item], vertical: Vertical, journal: Journal, library: Library, report: Report, progress: Progress
) -> dict[str, Article]:
    """The items' articles by their keys in the journal, one for each address: of two with the same address the longer
    text stays.
    """
    progress.stage("extract", len(items))
    # An author's name that stands in an outlet's place is recognised by the outlets that the others name.
    known = sorted({*vertical.outlets, *(item.outlet for item in items if item.outlet)})
    setting = digest("\n".join((VERSION, *known)))
    keys = [digest(f"{setting}\n{item.to_json()}") for item in items]
    done = _recalled(journal, library, keys)
    articles: dict[str, tuple[str, Article]] = {}
    for start in range(0, len(items), _BATCH):
        fresh: dict[str, str] = {}
        for item, key in zip(items[start : start + _BATCH], keys[start : start + _BATCH], strict=True):
            if key not in done:
                done[key] = extract(item, known)
                fresh[key] = recorded(done[key])
            result = done[key]
            if isinstance(result, Drop):
                report.dropped.append(result)
            elif result.id not in articles or len(result.text) > len(articles[result.id][1].text):
                articles[result.id] = key, result
            progress.advance()
        journal.replace(EXTRACTED, fresh)
    return dict(articles.values())


def _recalled(journal: Journal, library: Library, keys: Sequence[str]) -> dict[str, Article | Drop]:
    """What was extracted before, by key: texts that the journal has handed over come from the library."""
    found = {key: recalled(value) for key, value in journal.recall(EXTRACTED, keys).items()}
    handed = {key: one for key, one in found.items() if isinstance(one, Article) and not one.text}
    texts = library.texts(handed.values())
    for key, article in handed.items():
        if article.sha256 in texts:
            found[key] = article.model_copy(update={"text": texts[article.sha256]})
        else:
            del found[key]
    return found


def _dated(health: SourceHealth, articles: Sequence[Article]) -> SourceHealth:
    """Saved pages carry their dates inside, so the newest of a folder is known once they are read."""
    dates = [article.published for article in articles if article.source == health.source and article.published]
    newest = max([*dates, *([health.newest] if health.newest else [])], default=None)
    return health.model_copy(update={"newest": newest})


def _select(articles: Sequence[Article], request: Request, told: dict[str, Date], report: Report) -> list[Article]:
    """The articles of the window that are news and were not told before."""
    chosen = []
    span = request.span
    for article in articles:
        before = (told.get(article.url) if is_web(article.url) else None) or told.get(article.sha256)
        if before:
            report.drop(article, "told", f"the brief of {before} cited it")
        elif refusal := span.refuses(article):
            report.drop(article, *refusal)
        else:
            if article.published is None:
                detail = "it has no date and counts as of this day"
                report.drop(article, "undated", detail, "give its date in front matter, or leave it out", kept=True)
            chosen.append(article)
    return chosen


def _groups(grouped: Grouped, edits: Sequence[Edit]) -> tuple[list[Group], list[Outcome]]:
    """Events, each with its reports and their copies, as the clusterer and the editor put them together."""
    copies = {of: [copy.id for copy in found] for of, found in grouped.copies.items()}
    clusters, outcomes = regroup(grouped.clustering.clusters, grouped.articles, copies, edits)
    by_id = {article.id: article for article in grouped.articles}
    groups = [
        Group(
            articles=tuple(by_id[one] for one in ids),
            reposts=tuple(copy for one in ids for copy in grouped.copies.get(one, ())),
        )
        for ids in clusters
    ]
    return groups, outcomes


def _unedited(grouped: Grouped) -> list[Named]:
    """Events by their articles, as the clusterer put them together."""
    groups, _ = _groups(grouped, ())
    return [named([a.id for a in group.articles], [a.id for a in group.reposts]) for group in groups]


def _nothing(request: Request, report: Report, articles: int, *, dropped: int, edits: int) -> InputError | ServiceError:
    """Why there is nothing to publish, with the first fix."""
    if edits:
        stories = "1 story" if dropped == 1 else f"{dropped} stories"
        return InputError(
            f"nothing to tell on {request.day}, nothing was published: "
            f"the editor dropped {stories} ({edits} edits apply); undo that with "
            f"'afterlore brief review {request.out} --date {request.day}', or move "
            f"{str(Folder(request.out).edits(request.day))!r} away"
        )
    lines = [f"{health.source}: {health.state}, {health.detail}" for health in report.sources if health.state != "ok"]
    fixes = [health.fix for health in report.sources if health.fix]
    reasons: dict[str, int] = {}
    for drop in report.dropped:
        reasons[drop.reason] = reasons.get(drop.reason, 0) + 1
    counted = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    said = "; ".join([f"{articles} articles in" + (f" ({counted} dropped)" if counted else ""), *lines[:3]])
    fix = fixes[0] if fixes else "check --date and --window, or give further sources"
    message = f"nothing to tell on {request.day}, nothing was published: {said}; {fix}"
    unanswered = bool(report.sources) and all(
        health.state == "failed" and health.source.startswith(("http://", "https://")) for health in report.sources
    )
    return ServiceError(message) if unanswered and not request.offline else InputError(message)
