"""Keeps a folder's context database in line with what its runs read and with what stands published in it.

``hold`` takes in what a day is made of, before it is published; ``sync`` makes the stories from the ledgers, after it.
Each is one transaction a day, so whatever is killed leaves either the old or the new. Each day's folder names the
ledger that it was made of, so the next ``sync`` finds what is missing: after a kill, in a folder of an older version,
where the database was deleted.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Generic, NamedTuple, Self, TypeVar

from afterlore.brief.article import Article
from afterlore.brief.library.inputs import EXTRACTED, FORMAT, Inputs, bare, hand_over, recalled
from afterlore.brief.library.nodes import (
    ARTICLES,
    BRIEFS,
    VERSION,
    article_draft,
    day_draft,
    label,
    place,
    story_drafts,
)
from afterlore.brief.publish.edition import ArticleEntry, Edition, decode
from afterlore.brief.publish.folder import Folder
from afterlore.context.context import Context
from afterlore.context.records import Draft, Levels, Node
from afterlore.context.uri import Uri, check_name
from afterlore.core import InputError, Progress, Silent, digest
from afterlore.journal import Journal

__all__ = ["Library", "Synced", "index"]

_DAYS = Uri(("agent", "brief"))
"""What each day was made of: ``inputs.json``, and ``articles.json`` with the places of the articles that it holds."""
_OLD_INPUTS = "day"

T = TypeVar("T", Article, ArticleEntry)


class _Placed(NamedTuple, Generic[T]):
    uri: Uri
    article: T
    node: Node | None
    """What stands there; None where nothing does."""


@dataclass(slots=True)
class Synced:
    """What a ``sync`` did."""

    days: list[date] = field(default_factory=list)
    """Made anew, oldest first."""
    stories: int = 0
    removed: list[date] = field(default_factory=list)
    """Whose ledger is gone."""
    unreadable: dict[date, str] = field(default_factory=dict)
    """Whose ledger was changed or cannot be read, with what is wrong; they stay as they were."""


class Library:
    """A folder's library. A context manager; closing it gives the database back. Threads may share it."""

    def __init__(self, folder: Folder, journal: Journal) -> None:
        """Open the folder's database, making it when it is not there, and take over what an older version left in the
        journal. Raises InputError when it cannot be used.
        """
        self._folder = folder
        self._context = Context.open(folder.context)
        try:
            for key in journal.keys(_OLD_INPUTS):
                self._take_over(key, journal)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the database back."""
        self._context.close()

    # ---- what days are made of

    def hold(self, inputs: Inputs, articles: Sequence[Article]) -> None:
        """Take in what a day is made of, all or nothing; ``articles`` are those of ``inputs``, with their texts. What
        the day held before stays until ``sync``.
        """
        day, window = inputs.day, inputs.window
        with self._context.batch():
            held = set(self._held(day))
            for one in self._standing(article for article in articles if not window.refuses(article)):
                self._put_article(one, one.article.text, inputs.vertical.name, day, whole=False)
                held.add(str(one.uri))
            self._keep(day, "inputs.json", inputs.to_json())
            self._keep(day, "articles.json", json.dumps(sorted(held)))
            if self._context.store.find_node(BRIEFS / str(day)) is not None:
                # Without the name of a ledger it is due, whether or not this day is published.
                self._context.store.put(BRIEFS / str(day), Draft(None))

    def inputs(self, day: date) -> str | None:
        """The day's inputs as JSON; None when nothing, or something of another version, is kept."""
        text = self._kept(day, "inputs.json")
        return text if text.startswith(FORMAT) else None

    def articles(self, inputs: Inputs) -> list[Article] | None:
        """The articles of a day, those that it may not use without their texts; None when one of the others is not
        there, or not as it was.
        """
        window = inputs.window
        texts = self.texts(article for article in inputs.articles if not window.refuses(article))
        found = []
        for article in inputs.articles:
            if not window.refuses(article):
                if article.sha256 not in texts:
                    return None
                article = article.model_copy(update={"text": texts[article.sha256]})
            found.append(article)
        return found

    def texts(self, articles: Iterable[Article]) -> dict[str, str]:
        """The texts of these articles that are here as they were read, by digest."""
        with self._context.store.snapshot():
            return {
                one.article.sha256: self._context.store.body(one.node).decode()
                for one in self._standing(articles)
                if one.node is not None and one.node.hash == one.article.sha256
            }

    # ---- what is published

    def sync(
        self, known: Mapping[str, Edition] | None = None, *, again: bool = False, progress: Progress | None = None
    ) -> Synced:
        """Make the days whose ledger is not the one they were made of, or all of them ``again``, each in one
        transaction; those whose ledger is gone go. ``known`` are editions by the digest of their ledger.
        """
        progress = progress or Silent()
        done = Synced()
        days = self._folder.days()
        there = self._context.store.find_node(BRIEFS)
        made = {node.name: node.origin for node in self._context.store.children(there)} if there else {}
        due = [day for day in days if again or made.get(str(day)) != _stamp(_read(self._folder.ledger(day)))]
        progress.stage("index", len(due))
        for day in due:
            with self._context.batch():
                # Read inside the transaction: of two runs at once the last one sees what stands published.
                data = _read(self._folder.ledger(day))
                try:
                    edition = (known or {}).get(digest(data)) or decode(data.decode())
                    drafts = _drafts(edition, day)
                except (InputError, UnicodeDecodeError) as error:
                    done.unreadable[day] = str(error)
                else:
                    self._index(edition, drafts, _stamp(data))
                    done.days.append(day)
                    done.stories += len(edition.stories)
            progress.advance()
        for name in made:
            day_gone = _day(name)
            if day_gone is not None and day_gone not in days:
                with self._context.batch():
                    self._remove(day_gone)
                done.removed.append(day_gone)
        return done

    def _index(self, edition: Edition, drafts: Sequence[tuple[str, Draft]], stamp: str) -> None:
        """The day's stories in place of those that were there, and the articles that they cite."""
        store, day, home = self._context.store, edition.date, BRIEFS / str(edition.date)
        before = store.find_node(home)
        names = {name for name, _ in drafts}
        for node in store.children(before) if before is not None else ():
            if node.name not in names or node.is_directory:
                store.remove(node.uri, recursive=True)
        for name, draft in drafts:
            store.put(home / name, draft)
        store.put(home, day_draft(edition, drafts, stamp))
        self._context.touch(BRIEFS)
        keep = set(self._cite(edition))
        text = self.inputs(day)
        if text is not None:
            inputs = Inputs.from_json(text)
            window = inputs.window
            keep |= {str(place(article)) for article in inputs.articles if not window.refuses(article)}
        self._release(day, set(self._held(day)) - keep)
        self._keep(day, "articles.json", json.dumps(sorted(keep)))

    def _cite(self, edition: Edition) -> Iterator[str]:
        """The cited articles, found by every word; one whose text is nowhere any more is left to ``verify`` to name."""
        told = {id for story in edition.stories for id in story.articles}
        cited = told | {other.article for other in edition.others}
        for one in list(self._standing(entry for entry in edition.articles if entry.id in cited)):
            entry = one.article
            if one.node is not None and one.node.hash == entry.sha256:
                text = self._context.store.body(one.node).decode()
            else:
                data = _read(self._folder.source(entry.sha256)) if entry.id in told else b""
                if digest(data) != entry.sha256:
                    continue
                text = data.decode()
            self._put_article(one, text, edition.vertical, edition.date, whole=True)
            yield str(one.uri)

    def _remove(self, day: date) -> None:
        store = self._context.store
        self._release(day, self._held(day))
        for uri in (BRIEFS / str(day), _DAYS / str(day)):
            if store.find_node(uri) is not None:
                store.remove(uri, recursive=True)
                self._context.touch(uri.parent)

    # ---- nodes

    def _put_article(
        self, one: _Placed[Article] | _Placed[ArticleEntry], text: str, vertical: str, day: date, *, whole: bool
    ) -> None:
        """Have the article there, held by ``day`` besides the days that hold it."""
        uri, article, node = one
        days = _days(node.tags) if node is not None else set()
        tags = sorted({label(vertical), label(article.outlet), *days, str(day)} - {""})
        # What is found by every word for another day's sake stays so.
        draft = article_draft(article, text, tags, whole=whole or node is not None)
        if node is not None and not whole and _same(node, draft, article.sha256):
            if set(node.tags) != set(tags):
                self._context.store.set_tags(uri, tags)
            return
        self._context.store.put(uri, draft)
        self._context.touch(uri.parent)

    def _release(self, day: date, uris: Iterable[str]) -> None:
        """The day holds these articles no more; those that no day holds go."""
        store = self._context.store
        for uri in sorted(uris):
            node = store.find_node(self._context.uri(uri))
            if node is None or not node.uri.within(ARTICLES):
                continue
            tags = [tag for tag in node.tags if tag != str(day)]
            if _days(tags):
                store.set_tags(node.uri, tags)
                continue
            store.remove(node.uri)
            above = store.get(node.uri.parent)
            if store.count_children(above):
                self._context.touch(above.uri)
            else:
                store.remove(above.uri)
                self._context.touch(ARTICLES)

    def _standing(self, articles: Iterable[T]) -> Iterator[_Placed[T]]:
        """Each article with its node. One look at each folder."""
        ordered = sorted(((place(article), article) for article in articles), key=lambda one: one[0].parts)
        for above, group in groupby(ordered, key=lambda one: one[0].parent):
            folder = self._context.store.find_node(above)
            nodes = {node.uri: node for node in self._context.store.children(folder)} if folder is not None else {}
            for uri, article in group:
                yield _Placed(uri, article, nodes.get(uri))

    def _held(self, day: date) -> list[str]:
        text = self._kept(day, "articles.json")
        held: list[str] = json.loads(text) if text else []
        return held

    def _kept(self, day: date, name: str) -> str:
        node = self._context.store.find_node(_DAYS / str(day) / name)
        return self._context.store.body(node).decode() if node is not None else ""

    def _keep(self, day: date, name: str, content: str) -> None:
        uri = _DAYS / str(day) / name
        # Found by its name alone: it is for machines.
        draft = Draft(content.encode(), text="", title=name, type="application/json", levels=Levels(name, name))
        self._context.store.put(uri, draft)
        self._context.touch(uri.parent)

    def _take_over(self, key: str, journal: Journal) -> None:
        """Inputs that an older version kept in the journal, with keys in the articles' place, become the library's."""
        try:
            value = json.loads(journal.recall(_OLD_INPUTS, [key])[key])
            keys = value.pop("keys")
            found = {one: recalled(text) for one, text in journal.recall(EXTRACTED, keys).items()}
            rows = {one: article for one in keys if isinstance(article := found[one], Article)}
            value |= {"format": "afterlore.day/2"}
            value["articles"] = [bare(article).model_dump(mode="json") for article in rows.values()]
            inputs = Inputs.from_json(json.dumps(value))
        except (KeyError, TypeError, ValueError, InputError):
            # Not whole: no desk could open it either, and the next build of the day makes it again. Or another run has
            # taken it over just now.
            inputs, rows = None, {}
        if inputs is not None:
            # A day that was taken over before may have handed over what this one shares with it.
            texts = self.texts(article for article in rows.values() if not article.text)
            whole = [
                article if article.text else article.model_copy(update={"text": texts.get(article.sha256, "")})
                for article in rows.values()
            ]
            if all(article.text or inputs.window.refuses(article) for article in whole):
                self.hold(inputs, whole)
                hand_over(rows, inputs.window, journal)
        journal.forget(_OLD_INPUTS, key)


def index(folder: Folder, progress: Progress) -> Synced:
    """Make every day of the folder anew from its ledger. Raises InputError when there is none."""
    if not folder.days():
        raise InputError(f"no brief in {str(folder.path)!r}; build one with: afterlore brief build SOURCE... --out DIR")
    folder.claim()
    with Journal(folder.journal) as journal, Library(folder, journal) as library:
        return library.sync(again=True, progress=progress)


def _drafts(edition: Edition, day: date) -> list[tuple[str, Draft]]:
    """The day's nodes. Raises InputError for a ledger of which none can be made, before anything is changed."""
    if edition.date != day:
        raise InputError(f"the ledger is of {edition.date}, not of {day}; move its folder to its own day")
    for article in edition.articles:
        place(article)
    return [(check_name(name), draft) for name, draft in story_drafts(edition)]


def _same(node: Node, draft: Draft, sha256: str) -> bool:
    """Whether the node is what the draft would make it, but for the tags."""
    return (node.title, node.source, node.origin, node.hash) == (draft.title, draft.source, draft.origin, sha256)


def _days(tags: Iterable[str]) -> set[str]:
    return {tag for tag in tags if _day(tag) is not None}


def _day(name: str) -> date | None:
    try:
        day = date.fromisoformat(name)
    except ValueError:
        return None
    return day if day.isoformat() == name else None


def _stamp(ledger: bytes) -> str:
    return f"{digest(ledger)}:{VERSION}"


def _read(path: Path) -> bytes:
    """The file; nothing when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
