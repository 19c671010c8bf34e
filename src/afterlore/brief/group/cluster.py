"""Which articles tell of the same event.

Articles are read in time order against an inverted index of their heaviest terms; only pairs that share such terms and
lie within the window are compared. The pairs are then merged from the most alike downwards, a merge asking that the
two groups agree *as wholes* (average linkage over capped term weights, Sokal and Michener 1958): one article between
two events cannot chain them together. Roundups and notices stand alone, because they tell of many events or of none.

How the settings were set: threshold, growth and unsure band on the synthetic days of
``afterlore.brief.evaluate.generate`` (``python benchmarks/cluster.py``), the factors for what tells events of one
vendor apart on those of ``generate_hard``, the others by the reasons given with each. One real day was at hand while
this was built; which features to have, and that the words of the field are common, was learned from it too (its
articles cut, thinned out and without titles), so it is no untouched test.
"""

import heapq
import math
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from afterlore.brief.article import Article
from afterlore.brief.group.bridge import Bridge, Written
from afterlore.brief.group.subjects import Subjects
from afterlore.brief.group.vectors import Document, Vectors, similarity, vectors
from afterlore.text.ngrams import versions

__all__ = ["DEFAULT", "Clustering", "Settings", "Unsure", "cluster", "fitted"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides. Similarities run from 0 to 1; reports of one event by different outlets usually reach 0.2 to
    0.5.
    """

    threshold: float = 0.17
    """Two groups merge when their articles are this much alike on average, on a day of up to 50 articles."""
    growth: float = 0.01
    """Added to the threshold per e-fold of articles beyond 50: the odds that two articles taken at random report one
    event fall as their number grows, and chance likeness has more tries.
    """
    unsure: tuple[float, float] = (0.14, 0.23)
    """Below it two articles differ, above it they belong together; inside, the decision is reported as unsure."""
    window: timedelta = timedelta(hours=72)
    """Articles further apart in time report different events. An article without a time fits anywhere."""
    title: float = 3.0
    """Weight of a word of the title beside one of the body."""
    lead: float = 1.0
    """Extra weight of a word of the first ``lead_length`` characters."""
    lead_length: int = 300
    """Characters: the two or three paragraphs in which Chinese news tells its event."""
    body_length: int = 3000
    """Characters read of an article; what stands further down is background."""
    terms: int = 60
    """Terms kept of an article."""
    pool: float = 60.0
    """Imagined articles of general usage beside the day's, about one day of one field."""
    house: float = 4.0
    """Imagined articles of an outlet without its house words."""
    event: float = 8.0
    """Imagined articles that hold any one term: the usual size of an event, below which rarity says nothing more."""
    little: float = 160.0
    """Squared weight below which a text counts as a fragment: about that of a flash of two sentences. A bare title has
    half of it, a report five times as much.
    """
    cap: float = 0.08
    """The most that one shared term can add: a merge needs at least three."""
    same_outlet: float = 0.8
    """Factor for two articles of one outlet, which seldom reports an event twice."""
    same_outlet_flash: float = 0.4
    """The same for two flashes: they are alike by their template."""
    flash: int = 400
    """Characters below which a text is a flash."""
    preview: float = 0.5
    """Factor for a preview and a later report: before the event it is another story."""
    other_version: float = 0.5
    """Factor for titles that name different versions of one product."""
    other_subject: float = 0.5
    """Factor for two articles each of whose titles names something that the other mentions in
    passing at most.
    """
    one_subject: float = 0.85
    """Factor when that holds for one of the two titles."""
    common: frozenset[str] = frozenset()
    """Words that this field uses in stories of all kinds (``Vertical.common``), in lower case."""
    fanout: int = 64
    """A term links an article to so many of the latest that hold it; bounds the work on a huge day."""

    def raised(self, articles: int) -> float:
        """What is added to the threshold and to both ends of the unsure band on a day of so many articles."""
        return self.growth * math.log(max(articles, 50) / 50)


DEFAULT = Settings()


def fitted(common: Sequence[str], threshold: float = DEFAULT.threshold) -> Settings:
    """The settings for a field with these common words, and for a desk that has learned this threshold."""
    return replace(DEFAULT, common=frozenset(word.casefold() for word in common), threshold=threshold)


@dataclass(frozen=True, slots=True)
class Unsure:
    """A decision near the threshold, for a reader to look at. ``a`` and ``b`` are article ids, ``a < b``."""

    a: str
    b: str
    score: float
    why: str
    """``together: ...`` or ``apart: ...`` and the terms they share."""


@dataclass(frozen=True, slots=True)
class Clustering:
    """Every article's id stands in exactly one cluster, singletons included.

    Members in time order, clusters by their first member's place in the input.
    """

    clusters: tuple[tuple[str, ...], ...]
    unsure: tuple[Unsure, ...]


_SEVERAL = re.compile(r"[；;]")
_AHEAD = re.compile(
    r"今晚|明晚|明天|明日|下周|即将|将于|将在|有望|预计|预测|或将|前瞻|拉开帷幕|倒计时|爆料|猜测|悬念|值得期待|拭目以待"
)
_DONE = re.compile(
    r"正式(?:发布|推出|上线|宣布)|刚刚|官宣|今天凌晨|今日凌晨|昨晚|昨夜|昨日|今天发布|如期|落下帷幕|谢幕|亮相|登场"
    r"|已(?:经)?发布"
)


def cluster(articles: Sequence[Article], settings: Settings = DEFAULT) -> Clustering:
    """Group the articles by event. Ids must differ. The result does not depend on the order of the input, save for
    the order of the clusters themselves.
    """
    order = sorted(range(len(articles)), key=lambda i: (_time(articles[i]), articles[i].id))
    ordered = [articles[i] for i in order]
    table = vectors(
        [_document(article, settings) for article in ordered],
        terms=settings.terms,
        pool=settings.pool,
        house=settings.house,
        event=settings.event,
        little=settings.little,
        common=settings.common,
    )
    factor = _Factor(ordered, settings)
    bridge = Bridge(
        [Written(article.language, article.title, article.text) for article in ordered],
        body_length=settings.body_length,
        lead_length=settings.lead_length,
        fanout=settings.fanout,
    )
    groups = _Groups(ordered, table, factor, bridge, settings)
    for score, i, j in _pairs(table, factor, bridge, settings):
        groups.offer(score, i, j)
    groups.merge()
    place = {article.id: i for i, article in enumerate(articles)}
    found = [tuple(ordered[i].id for i in sorted(members)) for members in groups.members.values()]
    found.sort(key=lambda ids: min(place[i] for i in ids))
    return Clustering(tuple(found), groups.doubts())


def _time(article: Article) -> datetime:
    return article.published or datetime.max.replace(tzinfo=UTC)


def _document(article: Article, settings: Settings) -> Document:
    body = article.text[: settings.body_length]
    return Document(
        article.outlet,
        ((settings.title, article.title), (settings.lead, body[: settings.lead_length]), (1.0, body)),
    )


def _alone(article: Article) -> bool:
    """Roundups and notices, and titles that are a list of several stories."""
    return article.kind != "news" or len(_SEVERAL.findall(article.title)) >= 2


def _is_preview(article: Article) -> bool:
    head = article.title + article.text[:400]
    ahead = len(_AHEAD.findall(head))
    return ahead >= 3 and ahead > 2 * len(_DONE.findall(head))


def _pairs(table: Vectors, factor: "_Factor", bridge: Bridge, settings: Settings) -> Iterator[tuple[float, int, int]]:
    """Pairs (j before i) that reach the unsure band, each once."""
    low = settings.unsure[0] + settings.raised(len(table.rows))
    bridged = {}
    for i, j in bridge.pairs():
        if factor.alone[i] or factor.alone[j]:
            continue
        score = max(bridge.score(i, j), similarity(table.rows[i], table.rows[j], settings.cap)) * factor(i, j)
        if score >= low:
            bridged[i, j] = score
            yield score, i, j
    for score, i, j in _worded(table, factor, settings):
        if (i, j) not in bridged:
            yield score, i, j


def _worded(table: Vectors, factor: "_Factor", settings: Settings) -> Iterator[tuple[float, int, int]]:
    """Pairs (j before i) that reach the unsure band by their words, found in one pass in time order."""
    spread = Counter(term for row in table.rows for term in row)
    postings = {
        term: _Posting(settings.fanout if found <= 4 * settings.fanout else settings.fanout // 8)
        for term, found in spread.items()
        if found > 1
    }
    cap, low = settings.cap, settings.unsure[0] + settings.raised(len(table.rows))
    for i, row in enumerate(table.rows):
        if factor.alone[i]:
            continue
        who, theirs = array("l"), array("d")
        ours, sizes = [], []
        for term, weight in row.items():
            posting = postings.get(term)
            if posting is None:
                continue
            ours.append(weight)
            sizes.append(posting.tell(who, theirs))
            posting.add(i, weight)
        if not who:
            continue
        products = np.minimum(np.repeat(ours, sizes) * np.frombuffer(theirs), cap)
        votes = np.bincount(np.frombuffer(who, dtype=np.dtype("l")), products)
        # Terms that half the field uses link few articles to few, so a vote is a lower bound; they weigh little.
        for j in np.flatnonzero(votes >= 0.7 * low).tolist():
            score = similarity(row, table.rows[j], cap)
            if score >= low and (score := score * factor(i, j)) >= low:
                yield score, i, j


class _Posting:
    """The latest articles that hold a term, with its weight in each: packed, so that reading them is a copy."""

    __slots__ = ("_articles", "_most", "_weights")

    def __init__(self, most: int) -> None:
        self._most = most
        self._articles = array("l")
        self._weights = array("d")

    def add(self, article: int, weight: float) -> None:
        self._articles.append(article)
        self._weights.append(weight)
        if len(self._articles) >= 4 * self._most:
            del self._articles[: -self._most]
            del self._weights[: -self._most]

    def tell(self, articles: "array[int]", weights: "array[float]") -> int:
        """Append the posting to these, and say how much was appended."""
        articles.extend(self._articles[-self._most :])
        weights.extend(self._weights[-self._most :])
        return min(self._most, len(self._articles))


class _Factor:
    """What time, outlet, tense and versions make of a pair's similarity."""

    def __init__(self, articles: Sequence[Article], settings: Settings) -> None:
        self._articles = articles
        self._settings = settings
        self._preview = [_is_preview(article) for article in articles]
        self._versions = [versions(article.title) for article in articles]
        titled = [(article.title, article.text[: settings.body_length]) for article in articles]
        self._subjects = Subjects(titled, lead_length=settings.lead_length)
        self.alone = [_alone(article) for article in articles]

    def __call__(self, i: int, j: int) -> float:
        a, b = self._articles[i], self._articles[j]
        if a.published and b.published and abs(a.published - b.published) > self._settings.window:
            return 0.0
        factor = 1.0
        if a.outlet == b.outlet:
            brief = max(len(a.text), len(b.text)) < self._settings.flash
            factor *= self._settings.same_outlet_flash if brief else self._settings.same_outlet
        if self._preview[i] != self._preview[j] and self._earlier(i, j):
            factor *= self._settings.preview
        ours, theirs = self._versions[i], self._versions[j]
        if any(ours[family].isdisjoint(theirs[family]) for family in ours.keys() & theirs.keys()):
            factor *= self._settings.other_version
        elif a.language == b.language:
            missing = self._subjects.missing(i, j)
            factor *= (1.0, self._settings.one_subject, self._settings.other_subject)[missing]
        return factor

    def _earlier(self, i: int, j: int) -> bool:
        """Whether the preview of the two came first; without times it is taken to."""
        first, second = (i, j) if self._preview[i] else (j, i)
        a, b = self._articles[first].published, self._articles[second].published
        return a is None or b is None or a < b


def _added(a: Mapping[int, float], b: Mapping[int, float]) -> dict[int, float]:
    return {term: a.get(term, 0.0) + b.get(term, 0.0) for term in sorted(a.keys() | b.keys())}


class _Groups:
    """Agglomeration over the sparse graph of candidate pairs, best first, ties by place: deterministic."""

    def __init__(
        self, articles: Sequence[Article], table: Vectors, factor: "_Factor", bridge: Bridge, settings: Settings
    ) -> None:
        self._articles = articles
        self._table = table
        self._bridge = bridge
        self._settings = settings
        self._factor = factor
        self._raised = settings.raised(len(articles))
        self._threshold = settings.threshold + self._raised
        self.members: dict[int, list[int]] = {i: [i] for i in range(len(articles))}
        self._sums: dict[int, dict[str, Mapping[int, float]]] = {
            i: {article.language if bridge.spans else "": row}
            for i, (article, row) in enumerate(zip(articles, table.rows, strict=True))
        }
        self._near: dict[int, set[int]] = defaultdict(set)
        self._heap: list[tuple[float, int, int]] = []
        self._scores: dict[tuple[int, int], float] = {}
        self._crossed: dict[tuple[int, int], float] = {}

    def offer(self, score: float, i: int, j: int) -> None:
        """A candidate pair of articles."""
        self._near[i].add(j)
        self._near[j].add(i)
        self._scores[min(i, j), max(i, j)] = score
        heapq.heappush(self._heap, (-score, min(i, j), max(i, j)))

    def merge(self) -> None:
        """Merge until no two groups reach the threshold."""
        fresh = len(self._articles)
        while self._heap and -self._heap[0][0] >= self._threshold:
            _, i, j = heapq.heappop(self._heap)
            if i not in self.members or j not in self.members:
                continue
            self.members[fresh] = self.members.pop(i) + self.members.pop(j)
            a, b = self._sums.pop(i), self._sums.pop(j)
            self._sums[fresh] = {
                lang: _added(a[lang], b[lang]) if lang in a and lang in b else (a.get(lang) or b.get(lang) or {})
                for lang in sorted(a.keys() | b.keys())
            }
            near = sorted((self._near.pop(i) | self._near.pop(j)) - {i, j})
            for k in near:
                self._near[k] -= {i, j}
                self._near[k].add(fresh)
                score = self._linkage(fresh, k)
                if score >= self._threshold:
                    heapq.heappush(self._heap, (-score, k, fresh))
            self._near[fresh] = set(near)
            fresh += 1

    def _linkage(self, a: int, b: int) -> float:
        ours, theirs = self.members[a], self.members[b]
        pairs = len(ours) * len(theirs)
        alike = 0.0
        for lang, row in self._sums[a].items():
            for other, theirs_row in self._sums[b].items():
                if lang == other:
                    # The capped product of the two sums stands for the sum of the capped products: never smaller, and
                    # far cheaper.
                    alike += similarity(
                        row, theirs_row, self._settings.cap * self._count(ours, lang) * self._count(theirs, lang)
                    )
        if self._bridge.spans:
            alike += sum(self._across(i, j) for i in ours for j in theirs if self._bridge.across(i, j))
        return alike / pairs * sum(self._factor(i, j) for i in ours for j in theirs) / pairs

    def _count(self, members: Sequence[int], language: str) -> int:
        if not self._bridge.spans:
            return len(members)
        return sum(self._articles[i].language == language for i in members)

    def _across(self, i: int, j: int) -> float:
        key = (i, j) if i < j else (j, i)
        score = self._crossed.get(key)
        if score is None:
            worded = similarity(self._table.rows[i], self._table.rows[j], self._settings.cap)
            score = self._crossed[key] = max(self._bridge.score(i, j), worded)
        return score

    def doubts(self) -> tuple[Unsure, ...]:
        """Pairs of articles inside the unsure band, and pairs that their own score and their groups decide
        differently.
        """
        low, high = (end + self._raised for end in self._settings.unsure)
        owner = {i: group for group, members in self.members.items() for i in members}
        found = []
        for (i, j), score in self._scores.items():
            together = owner[i] == owner[j]
            if (score <= high if together else score >= low) and self._decides(i, j, owner):
                a, b = sorted((self._articles[i].id, self._articles[j].id))
                bridged = self._bridge.spans and self._bridge.across(i, j)
                shared = self._bridge.shared(i, j)[:8] if bridged else self._shared(i, j)
                terms = "、".join(shared)
                found.append(Unsure(a, b, round(score, 4), f"{'together' if together else 'apart'}: {terms}"))
        return tuple(sorted(found, key=lambda doubt: (-doubt.score, doubt.a, doubt.b)))

    def _shared(self, i: int, j: int) -> list[str]:
        return self._table.shared(self._table.rows[i], self._table.rows[j])

    def _decides(self, i: int, j: int, owner: Mapping[int, int]) -> bool:
        """A weak pair inside a group that holds together without it is no doubt worth telling."""
        if owner[i] != owner[j]:
            return True
        ours = self.members[owner[i]]
        high = self._settings.unsure[1] + self._raised
        return not all(self._strongest(k, ours) > high for k in (i, j))

    def _strongest(self, i: int, ours: Sequence[int]) -> float:
        return max(self._scores.get((min(i, k), max(i, k)), 0.0) for k in ours if k != i)
