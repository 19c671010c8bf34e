"""Accuracy of the lexicon classifier on labelled titles, beside the majority and a linear character n-gram model.

The n-gram row is a ridge classifier on hashed character 1- to 3-grams, cross-validated over whole days (so that no day
is both learnt and tested). It shows what training on the labels would bring; it is not part of the product.
"""

import json
import math
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from afterlore.brief.classify import classify
from afterlore.brief.vertical import Vertical, load_vertical
from afterlore.core import InputError
from afterlore.stats.intervals import wilson

__all__ = ["evaluate"]

_BUCKETS = 4096
_RIDGE = 3.0
_FOLDS = 6


def evaluate(data: Path, vertical: Vertical | None = None) -> dict[str, Any]:
    """Figures for a ``days.jsonl`` (title and category a line's item) or a day's folder with ``categories.json``.

    Returns ``{"n", "ours": {"accuracy", "low", "high", "by_category"}, "majority": {...}, "ngram": {...} | None,
    "skipped"}``. Labels that the vertical does not have are skipped and counted. Raises InputError without any label.
    """
    field = vertical or load_vertical("ai")
    rows = _rows(data)
    known = set(field.category_names)
    kept = [row for row in rows if row[3] in known]
    if not kept:
        raise InputError(f"{str(data)!r} holds no title with a category of {field.name!r}: {', '.join(known)}")
    guesses = [classify(title, text, field).name for _, title, text, _ in kept]
    gold = [label for *_, label in kept]
    most = Counter(gold).most_common(1)[0][0]
    days = [day for day, *_ in kept]
    return {
        "n": len(kept),
        "skipped": len(rows) - len(kept),
        "ours": {**_share([g == y for g, y in zip(guesses, gold, strict=True)]), "by_category": _each(guesses, gold)},
        "majority": {"category": most, **_share([label == most for label in gold])},
        "ngram": _ngram([f"{title}\n{text[:300]}" for _, title, text, _ in kept], gold, days),
    }


def _share(hits: list[bool]) -> dict[str, float]:
    low, high = wilson(sum(hits), len(hits))
    return {"accuracy": round(sum(hits) / len(hits), 4), "low": round(low, 4), "high": round(high, 4)}


def _each(guesses: list[str], gold: list[str]) -> dict[str, dict[str, float]]:
    table = {}
    for name in sorted(set(gold)):
        right = sum(g == y == name for g, y in zip(guesses, gold, strict=True))
        said = guesses.count(name)
        table[name] = {
            "n": gold.count(name),
            "precision": round(right / said, 4) if said else math.nan,
            "recall": round(right / gold.count(name), 4),
        }
    return {
        name: {key: (0.0 if math.isnan(value) else value) for key, value in row.items()} for name, row in table.items()
    }


def _rows(data: Path) -> list[tuple[str, str, str, str]]:
    """(day, title, text, label) of each labelled item."""
    if data.is_dir():
        labels_file = data / "categories.json"
        if not labels_file.is_file():
            raise InputError(f"{str(data)!r} has no categories.json; give a day's folder or a days.jsonl file")
        rows = []
        for name, entry in json.loads(labels_file.read_text(encoding="utf-8")).items():
            title, text = _article(data / "articles" / f"{name}.md")
            rows.append((str(entry.get("story", name)), title, text, entry["category"]))
        return rows
    if not data.is_file():
        raise InputError(f"no file or folder {str(data)!r}; give a day's folder or a days.jsonl file")
    rows = []
    for line in data.read_text(encoding="utf-8").splitlines():
        if line.strip():
            day = json.loads(line)
            rows += [
                (day["date"], item["title"], "", item["category"]) for item in day["items"] if item.get("category")
            ]
    return rows


def _article(path: Path) -> tuple[str, str]:
    """Title and body of a Markdown file with front matter; two empty strings when there is none."""
    if not path.is_file():
        return "", ""
    raw = path.read_text(encoding="utf-8")
    body = raw.split("\n---\n", 1)[-1] if raw.startswith("---\n") else raw
    lines = [line.strip() for line in body.splitlines()]
    title = next((line[2:] for line in lines if line.startswith("# ")), "")
    return title, "\n".join(line for line in lines if line and not line.startswith(("# ", "> ")))


def _ngram(texts: list[str], gold: list[str], days: list[str]) -> dict[str, float] | None:
    """Cross-validated accuracy of the linear model; None with fewer than 60 titles or 6 days."""
    order = sorted(set(days))
    if len(texts) < 60 or len(order) < _FOLDS:
        return None
    names = sorted(set(gold))
    matrix = np.stack([_hashed(text) for text in texts])
    target = np.array([[1.0 if label == name else -1.0 for name in names] for label in gold])
    fold = np.array([order.index(day) % _FOLDS for day in days])
    hits: list[bool] = []
    for held in range(_FOLDS):
        train, test = fold != held, fold == held
        # The dual form: as many unknowns as titles, not as buckets.
        kernel = matrix[train] @ matrix[train].T + _RIDGE * np.eye(int(train.sum())) / 10
        mean = target[train].mean(axis=0)
        scores = matrix[test] @ matrix[train].T @ np.linalg.solve(kernel, target[train] - mean) + mean
        hits += [bool(a == b) for a, b in zip(scores.argmax(axis=1), target[test].argmax(axis=1), strict=True)]
    return _share(hits)


def _hashed(text: str) -> NDArray[np.float64]:
    row = np.zeros(_BUCKETS)
    low = text.casefold()
    for size in (1, 2, 3):
        for start in range(len(low) - size + 1):
            row[zlib.crc32(low[start : start + size].encode()) % _BUCKETS] += 1.0
    row = np.log1p(row)
    norm = float(np.linalg.norm(row))
    return row / norm if norm else row
