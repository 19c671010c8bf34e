"""A desk: one day of one folder, open for an editor.

It shows the day as a build would publish it now, with the editor's events, and publishes it. Until then nothing in the
folder changes but ``edits.jsonl``. An event that would do nothing, or leave nothing to publish, is refused before it
is written. All is made from what the last build left in the folder's library; a build that runs meanwhile is noticed.
"""

import threading
from collections.abc import Iterable, Sequence
from datetime import date as Date
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Self

from afterlore.brief.article import Article
from afterlore.brief.check import Problem, check
from afterlore.brief.desk.before import before_last
from afterlore.brief.desk.changes import Changes, changes
from afterlore.brief.desk.edits import (
    Drop,
    Edit,
    EditLog,
    Forget,
    Merge,
    Move,
    Pin,
    Promote,
    Published,
    Recategorise,
    Reject,
    Relabel,
    Retitle,
    Split,
    Undo,
    live,
)
from afterlore.brief.desk.learned import NOTHING, Learned, forgets, learned, stamp
from afterlore.brief.desk.rules import Kind, effective, made, possible, refused
from afterlore.brief.desk.standing import Standing
from afterlore.brief.desk.state import State, key_of
from afterlore.brief.group.cluster import DEFAULT, Clustering
from afterlore.brief.library import Inputs, Library
from afterlore.brief.pipeline import Built, Drafted, Grouped, Report, Request, draft, group, issue
from afterlore.brief.publish.edition import decode
from afterlore.brief.publish.folder import Folder
from afterlore.brief.stories import Candidate, Memory
from afterlore.brief.write.extractive import ExtractiveWriter
from afterlore.core import AfterloreError, InputError, Silent, digest
from afterlore.journal import FileLock, Journal

__all__ = ["Desk"]

_KEPT = 6
"""Drafts and rankings that are remembered: what the editor may soon come back to."""


class Desk:
    """Open with ``Desk.open``, close when done. Methods may be called from several threads, one at a time works."""

    def __init__(self, folder: Folder, day: Date, journal: Journal, library: Library, lock: FileLock) -> None:
        self.folder = folder
        self.day = day
        self._journal = journal
        self._library = library
        self._lock = lock
        self._log = EditLog(folder.edits(day))
        self._busy = threading.RLock()
        self._writer = ExtractiveWriter()
        self._inputs = ""
        self._archive: tuple[object, ...] = ()
        self._request: Request | None = None
        self._grouped: Grouped | None = None
        self._memory = Memory()
        self._drafts: dict[tuple[Edit, ...], Drafted] = {}
        self._standing = Standing()
        self._warned: dict[tuple[str, tuple[str, ...]], tuple[Problem, ...]] = {}

    @classmethod
    def open(cls, path: Path, day: Date | None = None) -> Self:
        """The desk of ``day``, by default the last one. Raises InputError that names the fix when there is no such
        day, when another desk is open on the folder, and when the library cannot make the day again.
        """
        folder = Folder(path)
        days = folder.days()
        if not days:
            raise InputError(f"no brief in {str(path)!r}; build one with: afterlore brief build SOURCE... --out {path}")
        if day is not None and day not in days:
            known = ", ".join(str(one) for one in days[-5:])
            raise InputError(f"no brief of {day} in {str(path)!r}; its last days are {known}")
        day = day or days[-1]
        # Looking writes nothing: a folder that remembers nothing stays so.
        if not folder.context.is_file() and not folder.journal.is_file():
            raise _forgotten(folder, day)
        held = FileLock(folder.journal.with_name("desk.lock"))
        if not held.take():
            raise InputError(f"a desk is open on {str(path)!r} already; use that one, or stop it first")
        try:
            journal = Journal(folder.journal)
            try:
                desk = cls(folder, day, journal, Library(folder, journal), held)
            except BaseException:
                journal.close()
                raise
        except BaseException:
            held.free()
            raise
        try:
            desk.state()
        except BaseException:
            desk.close()
            raise
        return desk

    def close(self) -> None:
        """Give the folder back."""
        self._library.close()
        self._journal.close()
        self._lock.free()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def state(self) -> State:
        """The day now. Raises InputError when the log is damaged or the day can no longer be made."""
        with self._busy:
            return self._state(self._log.read())

    def _state(self, events: tuple[Edit, ...]) -> State:
        drafted = self._draft(live(events))
        request = self._request
        assert request is not None
        published, fresh = self._standing.look(self.folder, drafted)
        return State(request, events, drafted, published, fresh)

    def _draft(self, edits: tuple[Edit, ...]) -> Drafted:
        self._refresh(forgotten=forgets(edits))
        assert self._grouped is not None
        assert self._request is not None
        if edits not in self._drafts:
            _forget(self._drafts)
            _forget(self._memory.ranked)
            self._drafts[edits] = draft(
                self._grouped,
                self._request,
                edits,
                journal=self._journal,
                progress=Silent(),
                writer=self._writer,
                memory=self._memory,
            )
        return self._drafts[edits]

    def _refresh(self, *, forgotten: bool) -> None:
        """Read the day's inputs when they, or an earlier day, or what is learned from those, are not what the desk
        works on.
        """
        text = self._library.inputs(self.day) or ""
        archive = (
            *(
                (earlier, self.folder.ledger(earlier).stat().st_mtime_ns)
                for earlier in self.folder.days()
                if earlier < self.day
            ),
            stamp(self.folder, self.day),
            forgotten,
        )
        if text and (text, archive) == (self._inputs, self._archive):
            return
        inputs = Inputs.from_json(text) if text else None
        articles = self._library.articles(inputs) if inputs else None
        if inputs is None or articles is None:
            raise _forgotten(self.folder, self.day)
        self._request = Request(
            sources=(),
            out=self.folder.path,
            vertical=inputs.vertical,
            day=self.day,
            window=timedelta(hours=inputs.hours),
            top=inputs.top,
            offline=True,
            allow_hosts=(),
        )
        report = Report(list(inputs.sources), list(inputs.dropped))
        known = NOTHING if forgotten else learned(self.folder, self.day)
        self._grouped = group(articles, self._request, report, Silent(), known)
        self._inputs, self._archive = text, archive
        self._memory, self._drafts = Memory(), {}

    def merge(self, keys: Sequence[str]) -> Merge:
        """Two or more stories become one."""
        with self._busy:
            found = [self._found(key) for key in dict.fromkeys(keys)]
            if len(found) < 2:
                raise refused("two")
            likeness = self._likeness([one.group.articles for one in found])
            return self._do(Merge, stories=tuple(_ids(one) for one in found), similarity=likeness)

    def split(self, key: str, articles: Iterable[str]) -> Split:
        """Some of a story's articles become a story of their own; copies go with what they copy."""
        with self._busy:
            one = self._found(key)
            chosen = set(articles)
            out = [article for article in one.group.articles if article.id in chosen]
            rest = [article for article in one.group.articles if article.id not in chosen]
            if not out or not rest:
                raise refused("part")
            assert self._grouped is not None
            copies = [copy.id for article in out for copy in self._grouped.copies.get(article.id, ())]
            ids = tuple(sorted([*(article.id for article in out), *copies]))
            return self._do(Split, story=_ids(one), out=ids, similarity=self._likeness([out, rest]))

    def pin(self, key: str) -> Pin:
        """Tell it first."""
        with self._busy:
            return self._do(Pin, story=_ids(self._found(key)))

    def promote(self, key: str) -> Promote:
        """Tell it, in its rank's order."""
        with self._busy:
            return self._do(Promote, story=_ids(self._found(key)))

    def drop(self, key: str) -> Drop:
        """Tell and list it not."""
        with self._busy:
            return self._do(Drop, story=_ids(self._found(key)))

    def move(self, key: str, way: Literal["up", "down"]) -> Move:
        """One place up or down among the told stories."""
        with self._busy:
            told = self._state(self._log.read()).told
            at = next((at for at, one in enumerate(told) if key_of(one) == key), None)
            if at is None:
                raise refused("untold")
            to = at - 1 if way == "up" else at + 1
            if not 0 <= to < len(told):
                raise refused("top" if way == "up" else "bottom")
            side: Literal["above", "below"] = "above" if way == "up" else "below"
            return self._do(Move, story=_ids(told[at]), side=side, anchor=_ids(told[to]))

    def retitle(self, key: str, title: str) -> Retitle:
        """Give it a title of the editor's own."""
        with self._busy:
            return self._do(Retitle, story=_ids(self._found(key)), title=" ".join(title.split()))

    def recategorise(self, key: str, category: str) -> Recategorise:
        """Put it into another category of the vertical."""
        with self._busy:
            return self._do(Recategorise, story=_ids(self._found(key)), category=category)

    def relabel(self, key: str, claim: str, label: str) -> Relabel:
        """Put another label before a bullet."""
        with self._busy:
            return self._do(Relabel, story=_ids(self._found(key)), claim=claim, label=" ".join(label.split()))

    def reject(self, key: str, claim: str) -> Reject:
        """Make the brief not say it."""
        with self._busy:
            return self._do(Reject, story=_ids(self._found(key)), claim=claim)

    def forget(self) -> Forget:
        """Let what earlier days taught not count from this day on."""
        with self._busy:
            if not self.learned().anything:
                raise refused("nothing_learned")
            return self._do(Forget)

    def learned(self) -> Learned:
        """What earlier days taught, as this day's draft uses it."""
        with self._busy:
            self._draft(live(self._log.read()))
            assert self._grouped is not None
            return self._grouped.learned

    def undo(self, seq: int) -> Undo:
        """Let an event not count; undoing an undo lets what it undid count again."""
        with self._busy:
            return self._do(Undo, of=seq)

    def lapsed_by(self, seq: int) -> tuple[Edit, ...]:
        """The live edits that no longer apply since that event, the last one, was written."""
        with self._busy:
            events = self._log.read()
            if seq != len(events):
                return ()
            lapsed = [one.edit for one in self._draft(live(events)).outcomes if not one.holds]
            if not lapsed:
                return ()
            before = {one.edit for one in self._draft(live(events[:-1])).outcomes if one.holds}
            return tuple(edit for edit in lapsed if edit in before)

    def publish(self, seen: str | None = None) -> Built:
        """Publish what the desk shows, and write down what became of each candidate, unless that stands there already.

        ``seen`` is the digest of the encoded draft that the editor looked at. Raises DeedRefused when it is another
        by now.
        """
        with self._busy:
            state = self._state(self._log.read())
            edition = digest(state.drafted.encoded)
            if seen is not None and seen != edition:
                raise refused("draft")
            built = issue(state.drafted, self.folder, self._journal, self._library, Silent())
            fields = {"edition": edition, "decisions": state.decisions()}
            event = made(Published, state.events, self._now(), fields)
            last = next((one for one in reversed(state.events) if isinstance(one, Published)), None)
            if last is None or (last.edition, last.decisions) != (event.edition, event.decisions):
                self._log.append(event, state.events)
            return built

    def last_published(self) -> int:
        """The event that published last, by ``seq``; 0 when none did."""
        return max((one.seq for one in self._log.read() if isinstance(one, Published)), default=0)

    def changes(self) -> Changes | None:
        """What the desk shows that is not published so; None when nothing readable is published."""
        state = self.state()
        return changes(state.published, state.drafted.edition) if state.published else None

    def last_changes(self) -> Changes | None:
        """What the last publication, by a build or a desk, changed; None when it was the first."""
        with self._busy:
            state = self._state(self._log.read())
            before = before_last(self._journal, self.day)
            try:
                return changes(decode(before), state.published) if before and state.published else None
            except InputError:
                # Written by another version; that there is no comparison harms nothing.
                return None

    def warnings(self, title: str, articles: Sequence[Article]) -> tuple[Problem, ...]:
        """What of an editor's title no source of the story bears out."""
        known = (title, tuple(article.id for article in articles))
        with self._busy:
            if known not in self._warned:
                texts = [f"{article.title}。\n{article.text}" for article in articles]
                found = check(title, texts).problems
                self._warned[known] = tuple(problem for problem in found if not problem.minor)
            return self._warned[known]

    def _found(self, key: str) -> Candidate:
        candidates = self._draft(live(self._log.read())).telling.candidates
        found = next((one for one in candidates if key_of(one) == key), None)
        if found is None:
            raise refused("story")
        return found

    def _do(self, kind: type[Kind], **fields: Any) -> Kind:
        """Make the event, see that it does what it says, and write it."""
        events: tuple[Edit, ...] = self._log.read()
        event = made(kind, events, self._now(), fields)
        before = self._draft(live(events))
        possible(event, events, before)
        try:
            after = self._draft(live((*events, event)))
        except AfterloreError as error:
            raise refused("last_story") from error
        effective(event, events, before, after)
        self._log.append(event, events)
        return event

    def _now(self) -> datetime:
        assert self._request is not None
        return datetime.now(self._request.vertical.zone).replace(microsecond=0)

    def _likeness(self, sides: Sequence[Sequence[Article]]) -> float | None:
        assert self._grouped is not None
        return _likeness(self._grouped.clustering, sides, len(self._grouped.articles))


def _forgotten(folder: Folder, day: Date) -> InputError:
    return InputError(
        f"what {day} was made of is not remembered; run 'afterlore brief build SOURCE... --out {folder.path} "
        f"--date {day}' once more, with the day's sources"
    )


def _forget(remembered: dict[Any, Any]) -> None:
    while len(remembered) >= _KEPT:
        del remembered[next(iter(remembered))]


def _ids(candidate: Candidate) -> tuple[str, ...]:
    return tuple(sorted(candidate.group.ids))


def _likeness(clustering: Clustering, sides: Sequence[Sequence[Article]], total: int) -> float | None:
    """The highest score of a pair across the sides that the clusterer was unsure of; None when it was sure of all."""
    side = {article.id: number for number, articles in enumerate(sides) for article in articles}
    scores = [
        doubt.score
        for doubt in clustering.unsure
        if doubt.a in side and doubt.b in side and side[doubt.a] != side[doubt.b]
    ]
    return round(max(scores) - DEFAULT.raised(total), 4) if scores else None
