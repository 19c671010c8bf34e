"""Clustering against hand-made event clusters, beside two baselines.

The folder holds ``articles/`` (files as ``brief build`` reads them), ``clusters.json`` (a list of ``{"event",
"articles": [file stems], ...}``) and perhaps ``clusters_unsure.json`` (a list of ``{"articles": [a, b]}``, pairs that
count neither way). The window is left out: what the folder holds belongs to the day.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta, timezone
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import rjieba
from numpy.typing import NDArray

from afterlore.brief.article import Article, Drop
from afterlore.brief.gather.local import EXTENSIONS, extension, read_item
from afterlore.brief.group.cluster import DEFAULT, Settings, cluster
from afterlore.brief.read.extract import extract
from afterlore.core import InputError, digest
from afterlore.stats import Agreement, PairCounts, agreement, bootstrap, pair_counts

__all__ = ["evaluate", "load_articles", "load_gold", "sensitivity", "tfidf_merges"]

_ZONE = timezone(timedelta(hours=8))
_EVER = timedelta(days=36_500)

Groups = list[list[str]]


def evaluate(data: Path) -> dict[str, Any]:
    """``ours``, ``singletons`` and ``tfidf`` (each ``pair_precision``, ``pair_recall``, ``pair_f1``, ``b3_f1``), the
    pairs that we put together wrongly or missed, and a 95% interval of our F1 over resampled events.

    ``tfidf`` is average linkage over TF-IDF of jieba words, cut where it does best *on this very data*: it is told the
    answer, we are not. Raises InputError for a folder of another form.
    """
    truth, doubtful = load_gold(data)
    known = {i for group in truth for i in group}
    articles = load_articles(data / "articles")
    missing = sorted(known - {article.id for article in articles})
    if missing:
        raise InputError(f"{data / 'clusters.json'} names articles that {data / 'articles'} lacks: {missing[:5]!r}")
    ours = _only(known, cluster(articles, replace(DEFAULT, window=_EVER)).clusters)
    labelled = [article for article in articles if article.id in known]
    together, true = _pairs(ours), _pairs(truth)
    low, high = _interval(truth, together - doubtful, true - doubtful)
    return {
        "articles": len(labelled),
        "events": len(truth),
        "ours": agreement(ours, truth, doubtful)._asdict(),
        "singletons": agreement([[i] for i in sorted(known)], truth, doubtful)._asdict(),
        "tfidf": _best_tfidf(labelled, truth, doubtful)._asdict(),
        "pair_f1_low": low,
        "pair_f1_high": high,
        "wrong_pairs": sorted(sorted(pair) for pair in together - true - doubtful),
        "missed_pairs": sorted(sorted(pair) for pair in true - together - doubtful),
    }


def sensitivity(data: Path, change: float = 0.3) -> dict[str, dict[str, float]]:
    """Pair F1 and precision with each setting ``change`` lower and higher, the others as they are."""
    truth, doubtful = load_gold(data)
    known = {i for group in truth for i in group}
    articles = load_articles(data / "articles")
    base = replace(DEFAULT, window=_EVER)
    rows: dict[str, dict[str, float]] = {}
    for name in Settings.__dataclass_fields__:
        value = getattr(base, name)
        if isinstance(value, int | float):
            rows[name] = {}
            for label, factor in (("lower", 1 - change), ("higher", 1 + change)):
                wanted: Any = type(value)(value * factor)
                changed = replace(base, **{name: wanted})
                counts = pair_counts(_only(known, cluster(articles, changed).clusters), truth, doubtful)
                rows[name] |= {f"{label}_f1": counts.f1, f"{label}_precision": counts.precision}
    return rows


def load_articles(folder: Path) -> list[Article]:
    """The folder's files as articles whose id is the file's stem. A file without a body keeps its title: it still is
    one of the day's articles. Raises InputError when there is none.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give one that holds articles/ and clusters.json")
    found = [
        _article(path, folder) for path in sorted(folder.iterdir()) if path.is_file() and extension(path) in EXTENSIONS
    ]
    if not found:
        raise InputError(f"{folder} holds no article; put Markdown, HTML or text files there")
    return found


def _article(path: Path, folder: Path) -> Article:
    item = read_item(path, folder, folder.name, _ZONE)
    if isinstance(item, Drop):
        raise InputError(f"{path} cannot be read: {item.detail}; {item.fix}")
    article = extract(item, frozenset())
    if isinstance(article, Drop):
        return Article(
            id=path.stem,
            url=item.address,
            outlet=item.outlet or "",
            title=item.title or path.stem,
            published=item.published,
            language="zh",
            text="",
            sha256=digest(""),
            source=item.source,
        )
    return article.model_copy(update={"id": path.stem})


def load_gold(data: Path) -> tuple[Groups, set[frozenset[str]]]:
    """The true groups, and the pairs that count neither way. Raises InputError for a file of another form."""
    groups = [list(map(str, row["articles"])) for row in _rows(data / "clusters.json")]
    doubtful: set[frozenset[str]] = set()
    if (data / "clusters_unsure.json").is_file():
        for row in _rows(data / "clusters_unsure.json"):
            doubtful.update(frozenset(map(str, pair)) for pair in combinations(row["articles"], 2))
    return groups, doubtful


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(rows, list):
        raise InputError(f"{path} is not a list of objects with 'articles'")
    for row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("articles"), list):
            raise InputError(f"{path} holds an entry without a list 'articles': {row!r:.80}")
        yield row


def _only(known: set[str], clusters: Sequence[Sequence[str]]) -> Groups:
    """Unlabelled articles take part in the clustering and not in the figures."""
    kept = [[i for i in ids if i in known] for ids in clusters]
    return [ids for ids in kept if ids]


def _pairs(groups: Sequence[Sequence[str]]) -> set[frozenset[str]]:
    return {frozenset(pair) for ids in groups for pair in combinations(ids, 2)}


def _interval(truth: Groups, together: set[frozenset[str]], true: set[frozenset[str]]) -> tuple[float, float]:
    """Pair F1 over resampled events; a wrong pair belongs half to either event."""
    owner = {i: place for place, ids in enumerate(truth) for i in ids}
    cells = [[0.0, 0.0, 0.0] for _ in truth]
    for pair in together | true:
        kind = 0 if pair in together and pair in true else 1 if pair in together else 2
        for member in pair:
            cells[owner[member]][kind] += 0.5

    def f1(sample: Sequence[Sequence[float]]) -> float:
        right, wrong, missed = (sum(cell[i] for cell in sample) for i in range(3))
        return 2 * right / (2 * right + wrong + missed) if right + wrong + missed else 1.0

    return bootstrap(cells, f1, seed=0)


def _best_tfidf(articles: Sequence[Article], truth: Groups, doubtful: set[frozenset[str]]) -> Agreement:
    best, figures = -1.0, agreement([[a.id] for a in articles], truth, doubtful)
    groups = {i: [article.id] for i, article in enumerate(articles)}
    for i, j in tfidf_merges([f"{article.title}\n{article.text}" for article in articles]):
        groups[i] += groups.pop(j)
        counts: PairCounts = pair_counts(list(groups.values()), truth, doubtful)
        if counts.f1 > best:
            best, figures = counts.f1, agreement(list(groups.values()), truth, doubtful)
    return figures


def tfidf_merges(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The baseline's merges, most alike first: average linkage over the cosine of log-tf times idf of jieba words.

    Each merge is (kept place, place taken into it).
    """
    bags = [Counter(word for word in rjieba.cut(text) if len(word) > 1) for text in texts]
    spread = Counter(word for bag in bags for word in bag)
    columns = {word: place for place, word in enumerate(spread)}
    matrix: NDArray[np.float64] = np.zeros((len(texts), len(columns)))
    for place, bag in enumerate(bags):
        for word, count in bag.items():
            matrix[place, columns[word]] = (1 + math.log(count)) * math.log(len(texts) / spread[word])
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    matrix /= np.where(lengths > 0, lengths, 1.0)
    alike = matrix @ matrix.T
    np.fill_diagonal(alike, -1.0)
    sizes = np.ones(len(texts))
    for _ in range(len(texts) - 1):
        i, j = sorted(divmod(int(alike.argmax()), len(texts)))
        row = (alike[i] * sizes[i] + alike[j] * sizes[j]) / (sizes[i] + sizes[j])
        row[[i, j]] = -1.0
        row[alike[i] <= -1.0] = -1.0
        alike[i], alike[:, i] = row, row
        alike[j], alike[:, j] = -1.0, -1.0
        sizes[i] += sizes[j]
        yield i, j
