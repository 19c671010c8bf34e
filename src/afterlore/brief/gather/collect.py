"""From sources to items: feeds, lists of feeds, sitemaps, pages, folders and files, each with a line on its health.

The order of what comes out depends on the sources and their contents alone, not on which answer came first, though
sources and pages are fetched by several threads. What fails is told and the rest goes on: a document that became no
item is a Drop, a source that gave nothing a SourceHealth with state ``failed`` or ``empty``.

Reasons of drops: ``old`` and ``future`` (outside the window), ``limit``, ``empty``, ``size``, ``binary``, ``damaged``,
``unreadable``, ``link``, ``front-matter``, ``unreachable``, and those of FetchRefused (``address``, ``robots``,
``offline``, ``redirects``, ``scheme``, ``type``).
"""

import os
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta, tzinfo
from functools import partial
from itertools import chain
from pathlib import Path

from afterlore.brief.article import Drop
from afterlore.brief.gather.item import Item, SourceHealth
from afterlore.brief.gather.local import EXTENSIONS, FEED_EXTENSIONS, extension, find, read_item, shown
from afterlore.brief.gather.sources import (
    Context,
    Opened,
    Page,
    Step,
    failure,
    fetch_page,
    open_file,
    open_url,
    steps_of,
)
from afterlore.web.fetch import Fetcher
from afterlore.web.urls import canonical, is_web, redact

__all__ = ["Item", "SourceHealth", "collect"]

_Job = Callable[[], Opened]

_HARMLESS = ("old", "future", "limit")
_AHEAD = 4
"""Pages per thread that are fetched before they are asked for; bounds the bodies held in memory."""


def collect(
    sources: Sequence[str],
    *,
    fetcher: Fetcher | None,
    window_start: datetime,
    window_end: datetime,
    zone: tzinfo | None = None,
    limit_per_source: int = 200,
    stale_after: timedelta = timedelta(days=14),
    workers: int = 4,
) -> Iterator[Item | Drop | SourceHealth]:
    """The items and drops of each source, followed by the health of that source, in the order of the sources.

    A source is an http(s) address (feed, OPML, sitemap or page) or a path (folder, or file of HTML, Markdown, text or a
    feed). ``fetcher`` None means that nothing is fetched. Dates without an offset are taken in ``zone`` (that of
    ``window_start`` by default). ``limit_per_source`` bounds what a feed or sitemap may give, the latest first; folders
    are read whole. A feed whose newest entry is older than ``stale_after`` at the end of the window is stale.

    Nothing is raised for a source that cannot be used; a caller that wants to stop when all of them fail looks at the
    states. Closing the generator early cancels what is not yet under way; ``fetcher.close()`` ends the rest.
    """
    local = zone or window_start.tzinfo
    if local is None or window_end.tzinfo is None:
        raise ValueError("window_start and window_end need an offset")
    context = Context(fetcher, window_start, window_end, local, limit_per_source, stale_after)
    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="afterlore-collect")
    places = _Places()
    listed: list[str] = []
    try:
        for opened in _opened(_jobs(sources, places, context), pool, workers):
            listed += [feed.url for feed in opened.feeds]
            yield from _taken(opened, pool, context, workers * _AHEAD)
        # A list that is itself listed is not followed, so that there are no loops.
        for opened in _opened(_jobs(listed, places, context), pool, workers):
            yield from _taken(opened, pool, context, workers * _AHEAD)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class _Places:
    """What was given already, so that nothing is read twice and no two labels are the same."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._names: Counter[str] = Counter()

    def new(self, source: str) -> bool:
        """Whether the source was not given before."""
        # The system does not accept a NUL in a path, and such a path is told as missing further on.
        key = canonical(source) if is_web(source) else os.path.realpath(source.replace("\0", "\ufffd"))
        known = key in self._seen
        self._seen.add(key)
        return not known

    def label(self, name: str) -> str:
        """The name, numbered when an earlier source has it."""
        self._names[name] += 1
        return name if self._names[name] == 1 else f"{name} ({self._names[name]})"


def _jobs(sources: Iterable[str], places: _Places, context: Context) -> Iterator[_Job]:
    for source in sources:
        source = source.strip()
        if not places.new(source):
            continue
        if is_web(source):
            yield partial(open_url, source, context)
        elif re.match(r"(?i)[a-z][a-z0-9+.-]*://", source):
            scheme = source.partition("://")[0]
            fix = "give an http or https address, or a path"
            yield partial(failure, redact(source), "unknown", f"{scheme!r} addresses are not fetched", fix)
        else:
            yield from _local_jobs(Path(source), source, places, context)


def _local_jobs(path: Path, source: str, places: _Places, context: Context) -> list[_Job]:
    label = places.label(path.name or path.absolute().name or "folder")
    try:
        is_folder, is_file, exists = path.is_dir(), path.is_file(), path.exists()
    except (OSError, ValueError):
        is_folder = is_file = exists = False
    if is_folder:
        return _folder_jobs(path, label, context)
    if is_file and extension(path) in EXTENSIONS:
        items = (read_item(file, path.parent, label, context.zone) for file in (path,))
        return [partial(_same, Opened(label, "file", steps_of(items, context)))]
    if is_file and (extension(path) in FEED_EXTENSIONS or extension(path) == ".json"):
        return [partial(open_file, path, label, context)]
    if exists:
        detail = f"files of kind {extension(path)!r} are not read" if is_file else "it is no file and no folder"
        return [partial(failure, label, "file", detail, f"give a folder, an address, or a file of kind {_kinds()}")]
    # What the health says is published with the brief, so that an absolute path stays out of it.
    given = path.name if path.is_absolute() else source
    return [partial(failure, label, "unknown", f"no such file or folder: {given!r}", "check the path")]


def _folder_jobs(path: Path, label: str, context: Context) -> list[_Job]:
    found = find(path, label)
    items = (read_item(file, path, label, context.zone) for file in found.documents)
    opened = Opened(label, "folder", steps_of(chain(found.drops, items), context))
    if found.passed_over:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(found.passed_over.items()))
        opened.detail = f"{sum(found.passed_over.values())} files of other kinds were passed over ({kinds})"
    if not found.documents and not found.feeds and not found.drops:
        opened.state, opened.fix = "empty", f"put files of these kinds into it: {_kinds()}"
        opened.detail = opened.detail or "the folder has no files in it"
    jobs: list[_Job] = [partial(open_file, feed, f"{label}/{shown(feed, path)}", context) for feed in found.feeds]
    return jobs if jobs and not found.documents and not found.drops else [partial(_same, opened), *jobs]


def _opened(jobs: Iterable[_Job], pool: ThreadPoolExecutor, ahead: int) -> Iterator[Opened]:
    waiting: deque[Future[Opened]] = deque()
    for job in jobs:
        waiting.append(pool.submit(job))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _results(
    steps: Iterable[Step], pool: ThreadPoolExecutor, context: Context, ahead: int
) -> Iterator[tuple[bool, Item | Drop]]:
    """What the steps come to, in their order, and whether a page had to be fetched for it."""
    waiting: deque[Future[Item | Drop] | Item | Drop] = deque()
    for step in steps:
        waiting.append(pool.submit(fetch_page, step, context) if isinstance(step, Page) else step)
        while waiting and (len(waiting) > ahead or not isinstance(waiting[0], Future)):
            yield _done(waiting.popleft())
    while waiting:
        yield _done(waiting.popleft())


def _done(result: Future[Item | Drop] | Item | Drop) -> tuple[bool, Item | Drop]:
    return (True, result.result()) if isinstance(result, Future) else (False, result)


def _taken(
    opened: Opened, pool: ThreadPoolExecutor, context: Context, ahead: int
) -> Iterator[Item | Drop | SourceHealth]:
    items = pages = fallbacks = lost = bad = 0
    newest = opened.newest
    for fetched, result in _results(opened.steps, pool, context, ahead):
        pages += fetched
        if isinstance(result, Item):
            items += 1
            fallbacks += fetched and result.summary_only
            if result.published is not None:
                newest = max(newest or result.published, result.published)
        else:
            lost += fetched
            bad += result.reason not in _HARMLESS
        yield result
    health = SourceHealth(
        source=opened.label,
        kind=opened.kind,
        state=opened.state,
        title=opened.title,
        detail=opened.detail,
        fix=opened.fix,
        items=items,
        newest=newest,
    )
    if fallbacks or lost:
        told = f"{fallbacks + lost} of {pages} pages could not be fetched"
        told += f", {fallbacks} of them are told from the feed's summary" if fallbacks else ""
        health = health.model_copy(update={"detail": f"{health.detail}; {told}" if health.detail else told})
    if bad and not items and health.state == "ok":
        fix = "look at the reasons of its dropped items"
        detail = health.detail or f"none of its {bad} items could be used"
        health = health.model_copy(update={"state": "failed", "detail": detail, "fix": fix})
    yield health


def _same(opened: Opened) -> Opened:
    return opened


def _kinds() -> str:
    return ", ".join(sorted({*EXTENSIONS, *FEED_EXTENSIONS}))
